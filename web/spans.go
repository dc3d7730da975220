package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rolescope/rolescope/trend"
)

// segment is a piece of text: plain, or one mention of a skill.
type segment struct {
	Text    string
	Mention *trend.Mention // nil: plain
	Family  string         // of a mention
	About   string         // of a mention: what a reader is told of it
}

// segments cuts text at its mentions. What cannot be shown as a piece of the text is left plain: a
// mention out of range, inside a character, empty, or over another one, of which the one that begins
// first wins and then the longer. The pieces together are the text, whatever the mentions are.
func segments(text string, mentions []trend.Mention) []segment {
	sorted := slices.Clone(mentions)
	slices.SortStableFunc(sorted, func(a, b trend.Mention) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	boundary := func(i int) bool { return i == len(text) || utf8.RuneStart(text[i]) }
	var out []segment
	at := 0
	for i := range sorted {
		m := &sorted[i]
		start, end := int(m.Start), int(m.End)
		if start < at || end <= start || end > len(text) || !boundary(start) || !boundary(end) {
			continue
		}
		if start > at {
			out = append(out, segment{Text: text[at:start]})
		}
		out = append(out, segment{text[start:end], m, kindFamily(m.Kind), about(*m)})
		at = end
	}
	if at < len(text) {
		out = append(out, segment{Text: text[at:]})
	}
	return out
}

// line is a line of a posting's text.
type line struct {
	Bullet bool // an item of a list
	Pieces []segment
}

// lines cuts pieces where plain text has a line break. A mention is never cut.
func lines(pieces []segment) []line {
	var out []line
	now := line{}
	for _, p := range pieces {
		if p.Mention != nil {
			now.Pieces = append(now.Pieces, p)
			continue
		}
		for i, text := range strings.Split(p.Text, "\n") {
			if i > 0 {
				out = append(out, now)
				now = line{Bullet: strings.HasPrefix(text, "- ")}
			} else if len(out) == 0 && len(now.Pieces) == 0 {
				now.Bullet = strings.HasPrefix(text, "- ")
			}
			if text != "" {
				now.Pieces = append(now.Pieces, segment{Text: text})
			}
		}
	}
	return append(out, now)
}

// about tells a mention in words.
func about(m trend.Mention) string {
	parts := []string{m.Label}
	for _, p := range []string{m.Kind, m.Section, m.Strength} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if m.Unlisted {
		parts = append(parts, "not in the taxonomy")
	}
	return fmt.Sprintf("%s (%s)", parts[0], strings.Join(parts[1:], ", "))
}
