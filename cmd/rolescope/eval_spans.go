package main

import (
	"fmt"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/internal/score"
	"github.com/rolescope/rolescope/posting"
)

// spanMark is one labelled span: text[start:end], of that skill if it names one.
type spanMark struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Skill string `json:"skill"`
}

// spans scores a text by its spans.
func (e *skillEval) spans(l skillLine) error {
	for _, s := range *l.Spans {
		if s.Start < 0 || s.End > len(l.Text) || s.Start >= s.End || !utf8.RuneStart(l.Text[s.Start]) || s.End < len(l.Text) && !utf8.RuneStart(l.Text[s.End]) {
			return fmt.Errorf("span %d to %d is not in its text of %d bytes", s.Start, s.End, len(l.Text))
		}
	}
	l.Description = html.EscapeString(l.Text) // so that what looks like markup stays text
	raw, err := l.raw()
	if err != nil {
		return err
	}
	p, err := e.tagger.Enrich(raw)
	if err != nil {
		return err
	}
	if e.unlisted != nil {
		p.Skills = append(p.Skills, e.unlisted.Tag(p)...)
	}
	e.tally.posting()
	from := align(l.Text, p.Description)
	marks := *l.Spans
	taken := make([]bool, len(marks))
	for _, f := range p.Skills {
		if f.Field == "description" {
			e.span(l, f, from.span(f.Start, f.End), marks, taken)
		}
	}
	for i, m := range marks {
		if taken[i] {
			continue
		}
		skill := enrich.SkillName{ID: "? " + strings.ToLower(l.Text[m.Start:m.End]), Label: l.Text[m.Start:m.End], Kind: kindUnnamed}
		if m.Skill != "" {
			skill = e.resolve(m.Skill, func(string) bool { return false })
		}
		e.tally.add(skill, score.Counts{FN: 1})
		e.tally.error(evalError{What: "missed", Skill: skill.ID, ID: l.ID, Text: contextOf(l.Text, m.Start, m.End)})
	}
	return nil
}

// span scores one find, whose place in the labelled text is at. It takes the mark it hits.
func (e *skillEval) span(l skillLine, f posting.Skill, at [2]int, marks []spanMark, taken []bool) {
	skill := enrich.SkillName{ID: f.ID, Label: f.Label, Kind: f.Kind}
	if f.Unlisted {
		skill = enrich.SkillName{ID: "(unlisted)", Label: "(unlisted)", Kind: "(unlisted)"}
	}
	what := "not labelled"
	for i, m := range marks {
		switch {
		case m.End <= at[0] || at[1] <= m.Start:
			continue
		case m.Start != at[0] || m.End != at[1]:
			what = "other bounds"
		case m.Skill != "" && e.resolve(m.Skill, func(id string) bool { return id == f.ID }).ID != f.ID:
			what = "other skill"
		case !taken[i]:
			taken[i] = true
			e.tally.add(skill, score.Counts{TP: 1})
			return
		}
	}
	e.tally.add(skill, score.Counts{FP: 1})
	e.tally.error(evalError{What: what, Skill: skill.ID, ID: l.ID, Text: contextOf(l.Text, at[0], at[1])})
}

// alignment tells for each byte of a canonical text where its character stands in the original, or -1.
type alignment struct {
	start []int
	end   []int
}

// span carries canonical[start:end] over to the original; what has no place there is [-1, -1].
func (a alignment) span(start, end int) [2]int {
	if start < 0 || end > len(a.start) || start >= end || a.start[start] < 0 || a.end[end-1] < 0 {
		return [2]int{-1, -1}
	}
	return [2]int{a.start[start], a.end[end-1]}
}

// alignSkip is how many characters are skipped at most to find the place where two texts agree
// again; alignAgree is how many must then be equal.
const (
	alignSkip  = 32
	alignAgree = 4
)

// character is one that is no white space, with its place.
type character struct {
	r          rune
	start, end int
}

func characters(s string) []character {
	out := make([]character, 0, len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsSpace(r) {
			out = append(out, character{r, i, i + size})
		}
		i += size
	}
	return out
}

// align finds the characters of a canonical text in the original it was read from. White space does
// not count; what one of them lacks is skipped. Time is linear for a bounded skip.
func align(original, canonical string) alignment {
	a := alignment{make([]int, len(canonical)), make([]int, len(canonical))}
	for i := range a.start {
		a.start[i], a.end[i] = -1, -1
	}
	from, to := characters(original), characters(canonical)
	for i, j := 0, 0; i < len(from) && j < len(to); {
		if from[i].r == to[j].r {
			for b := to[j].start; b < to[j].end; b++ {
				a.start[b], a.end[b] = from[i].start, from[i].end
			}
			i, j = i+1, j+1
			continue
		}
		di, dj := resume(from[i:], to[j:])
		i, j = i+di, j+dj
	}
	return a
}

// resume is how many characters of each text to skip until they agree; one of each when they do not
// within the limit.
func resume(from, to []character) (int, int) {
	for total := 1; total <= alignSkip; total++ {
		for di := 0; di <= total; di++ {
			if dj := total - di; agree(from, to, di, dj) {
				return di, dj
			}
		}
	}
	return 1, 1
}

// agree reports whether the texts go on alike after the skips; the end of both is alike too.
func agree(from, to []character, di, dj int) bool {
	if di >= len(from) || dj >= len(to) {
		return false
	}
	for k := range alignAgree {
		switch i, j := di+k, dj+k; {
		case i >= len(from) || j >= len(to):
			return k > 0 && i >= len(from) && j >= len(to)
		case from[i].r != to[j].r:
			return false
		}
	}
	return true
}
