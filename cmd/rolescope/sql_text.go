package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// runeWidth is how many cells a terminal gives a character: two to those of East Asia, none to marks.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

func textWidth(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func fillRight(s string, cells int) string {
	return s + strings.Repeat(" ", max(0, cells-textWidth(s)))
}

// cutText shortens a text to so many cells, the mark that it was cut included.
func cutText(s string, cells int) string {
	room := cells - textWidth(cutMark)
	for i, r := range s {
		if room -= runeWidth(r); room < 0 {
			return s[:i] + cutMark
		}
	}
	return s
}

// broken puts line ends into a word wherever a line is full.
func broken(s string, cells int) string {
	var b strings.Builder
	room := cells
	for _, r := range s {
		w := runeWidth(r)
		if w > room {
			b.WriteByte('\n')
			room = cells
		}
		b.WriteRune(r)
		room -= w
	}
	return b.String()
}

// wrapped breaks a text into lines of a width, between words where it can.
func wrapped(text string, cells int) string {
	var b strings.Builder
	room := cells
	for i, word := range strings.Fields(text) {
		n := textWidth(word)
		switch {
		case i == 0:
		case n+1 > room:
			b.WriteByte('\n')
			room = cells
		default:
			b.WriteByte(' ')
			room--
		}
		if n > cells { // longer than a line: broken anywhere
			word = broken(word, cells)
			n = textWidth(word[strings.LastIndexByte(word, '\n')+1:])
		}
		b.WriteString(word)
		room -= n
	}
	return b.String()
}

// steers reports whether a character does something to a terminal or to the letters around it: controls,
// what turns the direction of writing, what has no width and ends of lines. Joiners of emoji may stay.
func steers(r rune) bool {
	return r != '\u200d' && r != '\u00ad' && unicode.Is(unicode.C, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}

// plain is a value on one line that does nothing to a terminal: adverts are written by strangers.
func plain(s string) string {
	if strings.IndexFunc(s, steers) < 0 {
		return s
	}
	var b strings.Builder
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteRune('↵')
		case r == '\t':
			b.WriteByte(' ')
		case steers(r):
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plainLines is plain for each line of a text.
func plainLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = plain(line)
	}
	return strings.Join(lines, "\n")
}

// harmless passes text on to a terminal without what would steer it.
type harmless struct {
	out  io.Writer
	rest []byte // of a character whose end has not come yet
}

func (h *harmless) Write(p []byte) (int, error) {
	text := append(h.rest, p...)
	end := len(text)
	for back := 1; back <= min(utf8.UTFMax, len(text)); back++ {
		if at := len(text) - back; utf8.RuneStart(text[at]) {
			if !utf8.FullRune(text[at:]) {
				end = at
			}
			break
		}
	}
	clean := bytes.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && steers(r) {
			return '·'
		}
		return r
	}, text[:end])
	h.rest = append([]byte(nil), text[end:]...)
	if _, err := h.out.Write(clean); err != nil {
		return 0, err
	}
	return len(p), nil
}
