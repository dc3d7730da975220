package unlisted

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/rolescope/rolescope/posting"
)

func sortSpans(s []Span) {
	slices.SortFunc(s, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Kind, b.Kind))
	})
}

// Key is the form under which spellings of one phrase are counted together: lower case, words joined
// by hyphens, no plural (but a single word with capitals is a name) and no marks but those that belong to names ("c++", "node.js").
func Key(phrase string) string {
	words := strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(phrase, "’", "'")), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("+#.'&/", r)
	})
	out := words[:0]
	for _, w := range words {
		if w = strings.Trim(w, ".'&/"); w != "" {
			out = append(out, w)
		}
	}
	if n := len(out); n > 1 || n == 1 && phrase == strings.ToLower(phrase) {
		out[n-1] = singular(out[n-1])
	}
	return strings.Join(out, "-")
}

// singular takes off the plural of words long enough to have one, and not of "analysis" or "CSS".
func singular(w string) string {
	const shortest = 5
	if len(w) < shortest || !strings.HasSuffix(w, "s") {
		return w
	}
	for _, end := range []string{"ss", "is", "us", "ics", "ops", ".js"} {
		if strings.HasSuffix(w, end) {
			return w
		}
	}
	return w[:len(w)-1]
}

// Tag returns the knowledge phrases of a tagged posting's description that the dictionary did not
// tag, as skills marked unlisted: their id is the Key, which is no id of the taxonomy. Phrases that
// overlap a tagged skill, or say one again, are left out. The model knows English; postings in other
// languages give nothing.
func (t *Tagger) Tag(p posting.Posting) []posting.Skill {
	if p.Language != "" && p.Language != "en" {
		return nil
	}
	tagged := map[string]bool{}
	var taken []posting.Skill
	for _, s := range p.Skills {
		tagged[Key(s.Label)], tagged[Key(s.Text)] = true, true
		if s.Field == fieldDescription {
			taken = append(taken, s)
		}
	}
	slices.SortFunc(taken, func(a, b posting.Skill) int { return cmp.Compare(a.Start, b.Start) })
	var out []posting.Skill
	next := 0
	for _, f := range t.Find(p.Description) {
		if f.Kind != Knowledge {
			continue
		}
		for next < len(taken) && taken[next].End <= f.Start {
			next++
		}
		text := p.Description[f.Start:f.End]
		key := Key(text)
		if next < len(taken) && taken[next].Start < f.End || key == "" || tagged[key] {
			continue
		}
		out = append(out, posting.Skill{
			ID: key, Label: text, Kind: f.Kind.String(), Field: fieldDescription,
			Start: f.Start, End: f.End, Text: text, Rule: "sequence model", Unlisted: true,
		})
	}
	return out
}

// fieldDescription is the field of a posting that is read. Titles name roles, hardly knowledge.
const fieldDescription = "description"
