package source

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Longest parts of an address that are looked at (RFC 5321: 64 before the at sign, 63 for a label).
const (
	localBytesMax = 64
	labelBytesMax = 63
	labelsMax     = 8
)

// maskEmails replaces e-mail addresses. The at sign may be an HTML entity, percent-encoded, or
// written "[at]"; the last label must be letters, so that "package@1.2.3" is no address.
func maskEmails(s string) string {
	if !strings.ContainsAny(s, "@&%[(") {
		return s
	}
	m := masker{in: s}
	for i := 0; i < len(s); {
		n := atSign(s[i:])
		if n == 0 {
			i++
			continue
		}
		start, end := localStart(s, m.end, i), domainEnd(s, i+n)
		if start < i && end > 0 {
			m.replace(start, end, emailToken)
			i = end
			continue
		}
		i++
	}
	return m.text()
}

// atSign returns the length of what stands for an at sign at the beginning of s, or 0.
func atSign(s string) int {
	switch s[0] {
	case '@':
		return 1
	case '&':
		return prefixLen(s, "&#64;", "&#064;", "&#x40;", "&commat;")
	case '%':
		return prefixLen(s, "%40")
	case ' ':
		if len(s) < 2 || s[1] != '[' && s[1] != '(' {
			return 0 // nearly every space of a text
		}
		fallthrough
	case '[', '(':
		return prefixLen(s, "[at] ", "[at]", "(at) ", "(at)", " [at] ", " (at) ", " [at]", " (at)")
	}
	return 0
}

// prefixLen returns the length of the first of the prefixes s begins with in any case, or 0.
func prefixLen(s string, prefixes ...string) int {
	for _, p := range prefixes {
		if len(s) >= len(p) && strings.EqualFold(s[:len(p)], p) {
			return len(p)
		}
	}
	return 0
}

// localStart walks back from the at sign over the part before it, not beyond floor.
func localStart(s string, floor, at int) int {
	start := at
	for start > floor && at-start < localBytesMax {
		r, n := utf8.DecodeLastRuneInString(s[floor:start])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._%+'-", r) {
			break
		}
		start -= n
	}
	// A quote or dot before an address belongs to the sentence.
	for start < at && strings.IndexByte(".'", s[start]) >= 0 {
		start++
	}
	return start
}

// domainEnd returns the end of the domain that begins at start, or 0 when there is none: at least
// two labels, the last of 2 to 24 letters.
func domainEnd(s string, start int) int {
	end, at := 0, start
	for n := 0; n < labelsMax; n++ {
		stop, letters := labelEnd(s, at)
		if stop == at {
			break
		}
		if count := utf8.RuneCountInString(s[at:stop]); n > 0 && letters && count >= 2 && count <= 24 {
			end = stop
		}
		dot := 0
		if stop < len(s) {
			if dot = prefixLen(s[stop:], ".", "[dot]", "(dot)", " [dot] ", " (dot) "); dot == 0 {
				break
			}
		}
		at = stop + dot
		if dot == 0 {
			break
		}
	}
	return end
}

// labelEnd walks over one label of a domain and tells whether it is letters only.
func labelEnd(s string, start int) (end int, letters bool) {
	end, letters = start, true
	for end < len(s) && end-start < labelBytesMax {
		r, n := utf8.DecodeRuneInString(s[end:])
		switch {
		case unicode.IsLetter(r):
		case unicode.IsDigit(r) || r == '-':
			letters = false
		default:
			return end, letters
		}
		end += n
	}
	return end, letters
}
