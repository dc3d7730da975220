package main

import (
	"cmp"
	"fmt"
	"html"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/enrich/unlisted"
	"github.com/rolescope/rolescope/internal/score"
)

// spanMark is one labelled span: text[start:end], of that skill if it names one.
type spanMark struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Skill string `json:"skill"`
}

// spanText is one text with its labels.
type spanText struct {
	id, text string
	marks    []spanMark // what one can know, or skills by name
	doing    []spanMark // phrases of what one can do, where the labels tell them apart
	words    [][2]int   // if the labels are of words: a find counts for the words it touches
}

// spans scores a text by its spans.
func (e *skillEval) spans(l skillLine) error {
	for _, s := range *l.Spans {
		if s.Start < 0 || s.End > len(l.Text) || s.Start >= s.End || !utf8.RuneStart(l.Text[s.Start]) || s.End < len(l.Text) && !utf8.RuneStart(l.Text[s.End]) {
			return fmt.Errorf("span %d to %d is not in its text of %d bytes", s.Start, s.End, len(l.Text))
		}
	}
	l.Description = html.EscapeString(l.Text) // so that what looks like markup stays text
	return e.spanText(l.labelledText, spanText{id: l.ID, text: l.Text, marks: *l.Spans})
}

// Names of what finds spans, as the answer has them.
const (
	finderPhrases    = "phrases"
	finderDictionary = "dictionary"
	finderBoth       = "dictionary and unlisted"
	finderDoing      = "phrases of doing, beside those of knowing"
)

// spanText scores the spans of one text, which in is made of: with --unlisted those of the trained tagger, which knows
// what the dictionary found and decides, and beside them the dictionary's and both together.
func (e *skillEval) spanText(in labelledText, t spanText) error {
	p, err := in.tag(e.tagger)
	if err != nil {
		return err
	}
	e.tally.posting()
	from := align(t.text, p.Description)
	place := func(start, end int) [2]int { return wholeWords(from.span(start, end), t.words) }
	var finds []spanFind
	for _, s := range p.Skills {
		if s.Field == "description" {
			finds = append(finds, spanFind{place(s.Start, s.End), enrich.SkillName{ID: s.ID, Label: s.Label, Kind: s.Kind}})
		}
	}
	if e.unlisted == nil {
		e.spanErrors(t, finds)
		return nil
	}
	both, phrases, doing := finds[:len(finds):len(finds)], []spanFind(nil), []spanFind(nil)
	for _, f := range e.unlisted.Phrases(p) {
		find := spanFind{place(f.Start, f.End), enrich.SkillName{ID: cmp.Or(f.Skill, "(phrase)"), Label: "(phrase)", Kind: "(phrase)"}}
		phrases = append(phrases, find)
		if f.Unlisted {
			both = append(both, find)
		}
	}
	e.finder(finderPhrases, e.spanErrors(t, phrases))
	e.finder(finderDictionary, e.compare(t.marks, finds, nil))
	e.finder(finderBoth, e.compare(t.marks, both, nil))
	if t.words != nil {
		for _, f := range e.unlisted.Find(p) {
			if f.Kind == unlisted.Skill {
				doing = append(doing, spanFind{at: place(f.Start, f.End)})
			}
		}
		e.finder(finderDoing, e.compare(t.doing, doing, nil))
	}
	return nil
}

// finder keeps the counts of one text for a row of the answer.
func (e *skillEval) finder(name string, c score.Counts) {
	if e.finders == nil {
		e.finders = map[string][]score.Counts{}
	}
	e.finders[name] = append(e.finders[name], c)
}

// finderRows are the rows of the answer, in the order they were built up in.
func (e *skillEval) finderRows() []namedRates {
	var out []namedRates
	for _, name := range []string{finderPhrases, finderDictionary, finderBoth, finderDoing} {
		if units := e.finders[name]; units != nil {
			out = append(out, namedRates{name, score.Bootstrap(units)})
		}
	}
	return out
}

// spanFind is one find at its place in the labelled text.
type spanFind struct {
	at    [2]int
	skill enrich.SkillName
}

// spanErrors scores finds, skill by skill, and keeps what was wrong and missed.
func (e *skillEval) spanErrors(t spanText, finds []spanFind) score.Counts {
	taken := make([]bool, len(t.marks))
	c := e.compare(t.marks, finds, func(f spanFind, mark int, what string) {
		if what == "" {
			taken[mark] = true
			e.tally.add(f.skill, score.Counts{TP: 1})
			return
		}
		e.tally.add(f.skill, score.Counts{FP: 1})
		e.tally.error(evalError{What: what, Skill: f.skill.ID, ID: t.id, Text: contextOf(t.text, f.at[0], f.at[1])})
	})
	for i, m := range t.marks {
		if taken[i] {
			continue
		}
		skill := enrich.SkillName{ID: "? " + strings.ToLower(t.text[m.Start:m.End]), Label: t.text[m.Start:m.End], Kind: kindUnnamed}
		if m.Skill != "" {
			skill = e.resolve(m.Skill, func(string) bool { return false })
		}
		e.tally.add(skill, score.Counts{FN: 1})
		e.tally.error(evalError{What: "missed", Skill: skill.ID, ID: t.id, Text: contextOf(t.text, m.Start, m.End)})
	}
	return c
}

// compare counts finds that hit a mark of their own and those that do not, and tells see, unless nil,
// of each: the mark it hits, or what is wrong.
func (e *skillEval) compare(marks []spanMark, finds []spanFind, see func(f spanFind, mark int, what string)) score.Counts {
	c := score.Counts{FN: len(marks)}
	taken := make([]bool, len(marks))
	for _, f := range finds {
		mark, what := e.hit(marks, taken, f)
		if what == "" {
			taken[mark] = true
			c.TP, c.FN = c.TP+1, c.FN-1
		} else {
			c.FP++
		}
		if see != nil {
			see(f, mark, what)
		}
	}
	return c
}

// hit is the free mark that a find hits, or what is wrong with it.
func (e *skillEval) hit(marks []spanMark, taken []bool, f spanFind) (mark int, what string) {
	what = "not labelled"
	for i, m := range marks {
		switch {
		case m.End <= f.at[0] || f.at[1] <= m.Start:
			continue
		case m.Start != f.at[0] || m.End != f.at[1]:
			what = "other bounds"
		case m.Skill != "" && e.resolve(m.Skill, func(id string) bool { return id == f.skill.ID }).ID != f.skill.ID:
			what = "other skill"
		case !taken[i]:
			return i, ""
		}
	}
	return -1, what
}

// wholeWords widens a span to the words it touches. words are in order; none leave it as it is.
func wholeWords(at [2]int, words [][2]int) [2]int {
	first := sort.Search(len(words), func(i int) bool { return words[i][1] > at[0] })
	last := sort.Search(len(words), func(i int) bool { return words[i][0] >= at[1] }) - 1
	if at[0] < 0 || first > last {
		return at
	}
	return [2]int{words[first][0], words[last][1]}
}
