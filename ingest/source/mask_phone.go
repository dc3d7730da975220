package source

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// announcers are the words that make the number after them a phone number.
var announcers = []string{
	"call", "cell", "dial", "fax", "handy", "mobil", "mobile", "phone", "ring", "tel", "telefon",
	"telephone", "text", "tél", "téléphone", "whatsapp",
}

// Bounds of a phone number. E.164 allows 15 digits; under seven is no number anyone publishes.
const (
	phoneDigitsMin = 7
	phoneDigitsMax = 15
	// announceBytes is how far before a number its word may stand ("call our office in Berlin at").
	announceBytes = 40
)

// number is a run of digit groups in a text.
type number struct {
	start, end int      // of the whole run, with its plus sign or parenthesis
	plus       bool     // begins with "+"
	area       bool     // begins with an area code in parentheses
	groups     [][2]int // where the groups of digits are
}

// maskPhones replaces phone numbers.
func maskPhones(s string) string {
	m := masker{in: s}
	for i := 0; i < len(s); {
		if c := s[i]; !isDigit(c) && c != '+' && c != '(' {
			i++
			continue
		}
		n, ok := numberAt(s, i)
		if !ok {
			i++
			continue
		}
		if end := phoneEnd(s, n); end > 0 {
			m.replace(n.start, end, phoneToken)
			i = end
			continue
		}
		i = n.end
	}
	return m.text()
}

// numberAt reads the run of digit groups that begins at i with a digit, a plus sign or a parenthesis.
func numberAt(s string, i int) (number, bool) {
	n := number{start: i}
	at := i
	switch {
	case s[i] == '+':
		n.plus = true
		at++
	case s[i] == '(':
		n.area = true
		at++
	}
	for {
		begin := at
		for at < len(s) && isDigit(s[at]) {
			at++
		}
		if at == begin {
			break
		}
		n.groups = append(n.groups, [2]int{begin, at})
		n.end = at
		if n.area && len(n.groups) == 1 {
			if at == len(s) || s[at] != ')' {
				break
			}
			at++
		}
		at += separator(s[at:], n.plus)
	}
	return n, len(n.groups) > 0
}

// separator returns the length of what stands between two groups of digits: up to three of space,
// dot, dash and slash, and parentheses in international numbers only.
func separator(s string, parentheses bool) int {
	length := 0
	for range 3 {
		n := prefixLen(s[length:], " ", ".", "-", "/", "\u00a0", "&nbsp;")
		if n == 0 && parentheses {
			n = prefixLen(s[length:], "(", ")")
		}
		length += n
	}
	return length
}

// phoneEnd returns where the phone number ends that n begins with, or 0 when it is none.
func phoneEnd(s string, n number) int {
	if partOfMore(s, n) {
		return 0
	}
	size := func(i int) int { return n.groups[i][1] - n.groups[i][0] }
	switch {
	case n.plus:
		digits, end := 0, 0
		for i, g := range n.groups {
			if digits += size(i); digits > phoneDigitsMax {
				break
			}
			if digits > phoneDigitsMin {
				end = g[1]
			}
		}
		if end == 0 || strings.HasSuffix(s[:end], "000") || wordAt(s, end) {
			return 0 // "+50 000 000" is a round number
		}
		return end
	case n.area:
		if len(n.groups) >= 3 && size(0) == 3 && size(1) == 3 && size(2) == 4 && !wordAt(s, n.groups[2][1]) {
			return n.groups[2][1]
		}
		return 0
	}
	if !wordAt(s, n.end) && announced(s, n) {
		return n.end
	}
	return 0
}

// partOfMore reports whether n goes on what stands before it, as in "C++11 14 17 20", "$1.50" or
// "R-415-555-0123", or follows a token.
func partOfMore(s string, n number) bool {
	marks := "+]$€£#_=-/."
	if n.plus {
		marks = "+]$€£#_=" // "+33 1 23 45 67 89/+33 1 23 45 67 88" are two
	}
	r, size := utf8.DecodeLastRuneInString(s[:n.start])
	return size > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(marks, r))
}

func wordAt(s string, at int) bool {
	r, size := utf8.DecodeRuneInString(s[at:])
	return size > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

// announced reports whether n, a number with nothing special about it, is a phone number because a
// word before it says so, and is neither a round number, nor years, nor a date.
func announced(s string, n number) bool {
	digits, years, short := 0, 0, 0
	for _, g := range n.groups {
		size := g[1] - g[0]
		digits += size
		if size == 4 && (s[g[0]:g[0]+2] == "19" || s[g[0]:g[0]+2] == "20") {
			years++
		}
		if size <= 2 {
			short++
		}
	}
	if digits < phoneDigitsMin || digits > phoneDigitsMax || strings.HasSuffix(s[:n.end], "000") {
		return false
	}
	if len(n.groups) == 1 {
		day := digits == 8 && (s[n.start:n.start+2] == "19" || s[n.start:n.start+2] == "20")
		return !day && announcedClosely(s[:n.start])
	}
	if years > 0 && years+short == len(n.groups) {
		return false
	}
	return slices.ContainsFunc(wordsBefore(s[:n.start]), isAnnouncer)
}

// announcedClosely reports whether s ends with an announcing word and no more than "me at" and three
// marks: a number in one piece may be an id, so the word has to stand right before it.
func announcedClosely(s string) bool {
	trimmed := strings.TrimRight(s, " \u00a0.:")
	words := wordsBefore(trimmed)
	if len(s)-len(trimmed) > 3 || len(words) == 0 || !strings.HasSuffix(trimmed, words[len(words)-1]) {
		return false
	}
	for len(words) > 1 && slices.Contains([]string{"me", "us", "at", "on"}, strings.ToLower(words[len(words)-1])) {
		words = words[:len(words)-1]
	}
	return isAnnouncer(words[len(words)-1])
}

func isAnnouncer(word string) bool { return slices.Contains(announcers, strings.ToLower(word)) }

// wordsBefore returns the whole words at the end of s, back to the nearest number, mark-up, token or
// currency sign and at most announceBytes.
func wordsBefore(s string) []string {
	from := max(0, len(s)-announceBytes)
	for from < len(s) && !utf8.RuneStart(s[from]) {
		from++
	}
	cut := from > 0 // the window may begin inside a word
	if at := strings.LastIndexAny(s[from:], "0123456789[]<>@+$€£\n"); at >= 0 {
		_, size := utf8.DecodeRuneInString(s[from+at:])
		from, cut = from+at+size, false
	}
	words := strings.FieldsFunc(s[from:], func(r rune) bool { return !unicode.IsLetter(r) })
	if r, _ := utf8.DecodeLastRuneInString(s[:from]); cut && unicode.IsLetter(r) && len(words) > 0 {
		return words[1:]
	}
	return words
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
