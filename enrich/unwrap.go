package enrich

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text whose longest line is inside these widths may have been wrapped by hand or by a mail
// program; shorter lines are a list of short things, longer ones are whole paragraphs.
const (
	wrapRunesMin = 45
	wrapRunesMax = 120
	// wrapLongShare is how rare longer lines must be: wrapping cannot break a long address.
	wrapLongShare = 20
)

// lineBreaks makes every kind of line break one.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n", "\v", "\n", "\f", "\n")

func splitLines(s string) []line {
	for _, rare := range []string{"\r", "\u2028", "\u2029", "\u0085", "\v", "\f"} {
		if strings.Contains(s, rare) {
			s = lineBreaks.Replace(s)
			break
		}
	}
	parts := strings.Split(s, "\n")
	lines := make([]line, len(parts))
	for i, p := range parts {
		lines[i].text = p
	}
	return lines
}

// unwrap splits plain text into lines and joins those that a fixed width has torn apart.
func unwrap(s string) []line { return unwrapLines(splitLines(s)) }

// unwrapLines joins hard-wrapped lines. Only text with blank lines between its paragraphs is ever
// joined: without them a line is the only paragraph there is, and canonical text has none.
func unwrapLines(lines []line) []line {
	width, long, blank, seen := 0, 0, false, false
	widths := make([]int, len(lines)) // of the lines as they stood, with the blanks they are indented by
	for i := range lines {
		indent := indentOf(lines[i].text)
		lines[i].text = cleanRunes(lines[i].text)
		widths[i] = utf8.RuneCountInString(lines[i].text)
		if widths[i] > 0 {
			widths[i] += indent
		}
		if n := widths[i]; n <= wrapRunesMax {
			width = max(width, n)
		} else {
			long++
		}
	}
	last := len(lines)
	for last > 0 && lines[last-1].text == "" {
		last--
	}
	for _, l := range lines[:last] {
		blank = blank || l.text == "" && seen
		seen = seen || l.text != ""
	}
	if !blank || width < wrapRunesMin || long > len(lines)/wrapLongShare {
		return lines
	}
	out := make([]line, 0, len(lines))
	tail := 0 // runes of the physical line that the last joined line ends with
	// A joined line grows piece by piece; pieces are collected first so the work stays linear.
	var pieces []string
	flush := func() {
		if len(pieces) > 0 {
			out[len(out)-1].text = strings.Join(pieces, " ")
		}
		pieces = pieces[:0]
	}
	for i, l := range lines {
		if len(pieces) > 0 && l.text != "" && continues(pieces[len(pieces)-1], l.text, tail, width) {
			pieces = append(pieces, l.text)
			out[len(out)-1].marked = out[len(out)-1].marked && l.marked
		} else {
			flush()
			out = append(out, l)
			if l.text != "" {
				pieces = append(pieces, l.text)
			}
		}
		tail = widths[i]
	}
	flush()
	return out
}

// indentOf is how many blanks a line begins with.
func indentOf(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

// continues reports whether next is the rest of the line prev: its first word had no room left,
// and neither the end of the one nor the beginning of the other speaks against it.
func continues(prev, next string, prevRunes, width int) bool {
	if _, bullet := cutBullet(next); bullet {
		return false
	}
	first, _, _ := strings.Cut(next, " ")
	if prevRunes+1+utf8.RuneCountInString(first) <= width {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(next); unicode.IsLower(r) {
		return true
	}
	last, _ := utf8.DecodeLastRuneInString(prev)
	return last != ':' && prevRunes >= wrapRunesMin
}
