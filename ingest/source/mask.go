package source

import (
	"regexp"
	"strings"
)

// What stands for personal data in texts. The tokens hold no digit and no at sign, so masking a
// masked text changes nothing.
const (
	emailToken = "[e-mail]"
	phoneToken = "[phone]"
)

var (
	// emailPattern takes an address whose at sign may be written as an HTML entity, percent-encoded,
	// or as "[at]". The top level must be letters, so that "package@1.2.3" is none.
	emailPattern = regexp.MustCompile(`(?i)[\p{L}\p{N}._%+'-]{1,64}` +
		`(?:@|&#0*64;|&#x0*40;|&commat;|%40| ?[\[(]at[\])] ?)` +
		`[\p{L}\p{N}-]{1,63}(?:(?:\.| ?[\[(]dot[\])] ?)[\p{L}\p{N}-]{1,63}){0,6}(?:\.| ?[\[(]dot[\])] ?)\p{L}{2,24}`)

	// internationalPattern is a plus sign, a country code and groups of digits.
	internationalPattern = regexp.MustCompile(`\+\d(?:(?:[ \x{00a0}.()/-]|&nbsp;){0,3}\d){6,40}`)

	// parenthesisedPattern is the North American form "(415) 555-0123".
	parenthesisedPattern = regexp.MustCompile(`\([2-9]\d{2}\)(?:[ \x{00a0}]|&nbsp;)?\d{3}[ \x{00a0}.-]\d{4}`)

	// contextPattern is a word that announces a phone number, at most a few words, and a number in
	// groups; or the word, punctuation and a number in one piece.
	contextPattern = regexp.MustCompile(`(?i)((?:^|[^\p{L}\p{N}\[])(?:tel|telephone|telefon|tél|téléphone|phone|mobile|mobil|handy|cell|fax|call|text|whatsapp|dial|ring)\b)` +
		`(?:([^\p{N}\[\]<>@$€£+]{0,24}?)(\(?\d{2,5}\)?(?:(?:[ \x{00a0}./-]|&nbsp;){1,3}\d{2,9}){1,6})|([ \x{00a0}.:]{0,3})(\d{7,15}))`)
)

// mask replaces e-mail addresses and phone numbers of a text by fixed tokens. Numbers that may be
// pay, years, ids or versions are left alone: a phone needs a plus sign with a country code, an area
// code in parentheses, or a word such as "call" before it. mask(mask(s)) is mask(s).
func mask(s string) string {
	return maskPhones(maskEmails(s))
}

func maskEmails(s string) string {
	if !strings.ContainsAny(s, "@&%[(") {
		return s
	}
	return emailPattern.ReplaceAllString(s, emailToken)
}

func maskPhones(s string) string {
	if !strings.ContainsAny(s, "0123456789") {
		return s
	}
	s = replaceNumbers(s, internationalPattern, internationalPhone)
	s = replaceNumbers(s, parenthesisedPattern, func(string) bool { return true })
	return contextPattern.ReplaceAllStringFunc(s, func(match string) string {
		m := contextPattern.FindStringSubmatch(match)
		if m == nil {
			return match
		}
		number := m[3] + m[5]
		if !announcedPhone(number) {
			return match
		}
		return m[1] + m[2] + m[4] + phoneToken
	})
}

// replaceNumbers masks each match that stands alone and that phone accepts.
func replaceNumbers(s string, pattern *regexp.Regexp, phone func(string) bool) string {
	var out strings.Builder
	end := 0
	for _, at := range pattern.FindAllStringIndex(s, -1) {
		if !alone(s, at[0], at[1]) || !phone(s[at[0]:at[1]]) {
			continue
		}
		out.WriteString(s[end:at[0]])
		out.WriteString(phoneToken)
		end = at[1]
	}
	if end == 0 {
		return s
	}
	out.WriteString(s[end:])
	return out.String()
}

// alone reports whether s[start:end] is neither part of a longer word or number nor beside a token,
// so that "C++11 14 17 20" is no phone and masking twice masks no more.
func alone(s string, start, end int) bool {
	if start > 0 && strings.IndexByte("+]$_=-/.", s[start-1]) >= 0 || wordEndsAt(s, start) {
		return false
	}
	return end == len(s) || !isWord(s[end])
}

func wordEndsAt(s string, at int) bool { return at > 0 && isWord(s[at-1]) }

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80 || c == '_'
}

// internationalPhone accepts 8 to 15 digits (ITU-T E.164) that are not a round number such as
// "+50 000 000".
func internationalPhone(s string) bool {
	d := digits(s)
	return len(d) >= 8 && len(d) <= 15 && !strings.HasSuffix(d, "000")
}

// announcedPhone accepts 7 to 15 digits that are neither a round number, nor a run of years, nor a
// pay range.
func announcedPhone(s string) bool {
	d := digits(s)
	if len(d) < 7 || len(d) > 15 || strings.HasSuffix(d, "000") {
		return false
	}
	return !years(s)
}

// years reports whether every group of digits is a year of our time.
func years(s string) bool {
	groups := strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	for _, g := range groups {
		if len(g) != 4 || g[:2] != "19" && g[:2] != "20" {
			return false
		}
	}
	return len(groups) > 0
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
