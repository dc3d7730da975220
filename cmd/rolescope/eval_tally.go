package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/internal/score"
)

// tally counts right, wrong and missed skills: by posting, by posting and kind, and by skill.
type tally struct {
	units   []score.Counts
	byKind  map[string][]score.Counts // of postings that have the kind
	last    map[string]int            // by kind: the posting that its last unit is of
	bySkill map[string]*skillRates
	errs    map[[2]string]*errorGroup
}

// skillRates is a row of the answer by skill.
type skillRates struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Kind  string `json:"kind"`
	score.Rates
}

type namedRates struct {
	Name string `json:"name"`
	score.Rates
}

// evalError is one error with the words around it.
type evalError struct {
	What  string `json:"-"`
	Skill string `json:"-"`
	ID    string `json:"id"` // of the posting
	Text  string `json:"text"`
}

// errorGroup is errors of one kind about one skill, with some of them.
type errorGroup struct {
	What     string      `json:"what"`
	Skill    string      `json:"skill"`
	N        int         `json:"n"`
	Examples []evalError `json:"examples"`
}

// errorExamples is how many errors of a group are kept.
const errorExamples = 3

func newTally() *tally {
	return &tally{byKind: map[string][]score.Counts{}, last: map[string]int{}, bySkill: map[string]*skillRates{}, errs: map[[2]string]*errorGroup{}}
}

// posting begins the next posting.
func (t *tally) posting() { t.units = append(t.units, score.Counts{}) }

// add counts finds of a skill in the posting at hand.
func (t *tally) add(s enrich.SkillName, c score.Counts) {
	at := len(t.units) - 1
	t.units[at] = t.units[at].Plus(c)
	if n, ok := t.last[s.Kind]; !ok || n != at {
		t.last[s.Kind] = at
		t.byKind[s.Kind] = append(t.byKind[s.Kind], score.Counts{})
	}
	units := t.byKind[s.Kind]
	units[len(units)-1] = units[len(units)-1].Plus(c)
	row := t.bySkill[s.ID]
	if row == nil {
		row = &skillRates{ID: s.ID, Label: s.Label, Kind: s.Kind}
		t.bySkill[s.ID] = row
	}
	row.Counts = row.Counts.Plus(c)
}

func (t *tally) error(e evalError) {
	key := [2]string{e.What, e.Skill}
	g := t.errs[key]
	if g == nil {
		g = &errorGroup{What: e.What, Skill: e.Skill}
		t.errs[key] = g
	}
	if g.N++; len(g.Examples) < errorExamples {
		g.Examples = append(g.Examples, e)
	}
}

// worst are, of each sort of error, the n groups with the most: what was missed first.
func (t *tally) worst(n int) []errorGroup {
	byWhat := map[string][]errorGroup{}
	for _, g := range t.errs {
		byWhat[g.What] = append(byWhat[g.What], *g)
	}
	out := []errorGroup{}
	for _, what := range slices.Sorted(maps.Keys(byWhat)) {
		groups := byWhat[what]
		slices.SortFunc(groups, func(a, b errorGroup) int { return cmp.Or(b.N-a.N, strings.Compare(a.Skill, b.Skill)) })
		out = append(out, groups[:min(n, len(groups))]...)
	}
	return out
}

func (t *tally) kinds() []namedRates {
	out := make([]namedRates, 0, len(t.byKind))
	for kind, units := range t.byKind {
		out = append(out, namedRates{kind, score.Bootstrap(units)})
	}
	slices.SortFunc(out, func(a, b namedRates) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// skills are all skills, those with the most errors first.
func (t *tally) skills() []skillRates {
	out := make([]skillRates, 0, len(t.bySkill))
	for _, s := range t.bySkill {
		s.Rates = score.Of(s.Counts)
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b skillRates) int {
		return cmp.Or(b.FP+b.FN-a.FP-a.FN, b.TP-a.TP, strings.Compare(a.ID, b.ID))
	})
	return out
}

func printErrors(w io.Writer, groups []errorGroup) {
	if len(groups) == 0 {
		return
	}
	fmt.Fprint(w, "\nWorst errors\n")
	for _, g := range groups {
		fmt.Fprintf(w, "  %s, %s times: %s\n", g.What, count(g.N), shorten(g.Skill, 60))
		for _, e := range g.Examples {
			fmt.Fprintf(w, "      %s: %s\n", shorten(e.ID, 24), printable(e.Text))
		}
	}
}

// contextBytes is how much text is shown on each side of a find.
const contextBytes = 40

// contextOf is text[start:end] in brackets with some words on either side, on one line.
func contextOf(text string, start, end int) string {
	if start < 0 || end > len(text) || start > end {
		return ""
	}
	from, to := max(0, start-contextBytes), min(len(text), end+contextBytes)
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	s := text[from:start] + "[" + text[start:end] + "]" + text[end:to]
	if from > 0 {
		s = "..." + s
	}
	if to < len(text) {
		s += "..."
	}
	return strings.Join(strings.Fields(printable(s)), " ")
}

// printable makes a text of others harmless for a terminal: control characters, and those that turn
// the direction of writing or show nothing, become a space.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// shorten cuts a text for a table.
func shorten(s string, runes int) string {
	s = printable(s)
	if utf8.RuneCountInString(s) <= runes {
		return s
	}
	return string([]rune(s)[:runes-3]) + "..."
}

// search finds names in a posting's text, whatever their case and the white space in them.
type search struct{ text, lower string }

func newSearch(parts ...string) search {
	text := strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // offsets differ: rare letters
		text = lower
	}
	return search{text, lower}
}

// around returns the words around the first place where name stands as whole words.
func (s search) around(name string) (string, bool) {
	name = strings.ToLower(strings.Join(strings.Fields(name), " "))
	if name == "" {
		return "", false
	}
	for from := 0; ; {
		i := strings.Index(s.lower[from:], name)
		if i < 0 {
			return "", false
		}
		start, end := from+i, from+i+len(name)
		before, _ := utf8.DecodeLastRuneInString(s.lower[:start])
		after, _ := utf8.DecodeRuneInString(s.lower[end:])
		if !wordRune(before) && !wordRune(after) {
			return contextOf(s.text, start, end), true
		}
		from = start + 1
	}
}

func wordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
