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
	switch {
	case strings.HasSuffix(w, "sses"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "ies"):
		return w[:len(w)-3] + "y"
	}
	return w[:len(w)-1]
}

// Phrase is one phrase of knowledge of a posting's description, whether or not the taxonomy lists it.
type Phrase struct {
	Start    int     `json:"start"` // bytes of the description
	End      int     `json:"end"`
	Text     string  `json:"text"`
	Score    float64 `json:"score"`           // probability by the model
	Skill    string  `json:"skill,omitempty"` // id of the skill that the dictionary tagged at these bytes
	Unlisted bool    `json:"unlisted"`        // says nothing that the taxonomy knows, and is worth to be counted
}

// Phrases returns all phrases of knowledge of a tagged posting's description. The model decides which
// they are and where they end; the dictionary's finds tell which of them are skills of the taxonomy.
func (t *Tagger) Phrases(p posting.Posting) []Phrase {
	said := map[string]bool{Key(p.Company): true}
	for _, s := range p.Skills {
		said[Key(s.Label)], said[Key(s.Text)] = true, true
	}
	taken := listedIn(p)
	var out []Phrase
	next := 0
	for _, f := range t.find(p, Knowledge+1) {
		for next < len(taken) && taken[next].End <= f.Start {
			next++
		}
		of := Phrase{Start: f.Start, End: f.End, Text: p.Description[f.Start:f.End], Score: f.Score}
		apart := next == len(taken) || taken[next].Start >= f.End
		for _, s := range taken[next:] {
			if s.Start > f.Start {
				break
			}
			if s.Start == f.Start && s.End == f.End {
				of.Skill = s.ID
			}
		}
		key := Key(of.Text)
		of.Unlisted = apart && key != "" && !said[key] && t.worth.of(of.Text, of.Score)
		out = append(out, of)
	}
	return out
}

// Skills are the phrases that are unlisted, as skills: their id is the Key, which is no id of the
// taxonomy.
func Skills(phrases []Phrase) []posting.Skill {
	var out []posting.Skill
	for _, f := range phrases {
		if f.Unlisted {
			out = append(out, posting.Skill{
				ID: Key(f.Text), Label: f.Text, Kind: Knowledge.String(), Field: fieldDescription,
				Start: f.Start, End: f.End, Text: f.Text, Rule: "sequence model", Unlisted: true,
			})
		}
	}
	return out
}

// Tag returns the phrases of a tagged posting that the dictionary did not tag, as skills.
func (t *Tagger) Tag(p posting.Posting) []posting.Skill { return Skills(t.Phrases(p)) }

// listedIn are the dictionary's finds in the description, in order of their starts.
func listedIn(p posting.Posting) []posting.Skill {
	var out []posting.Skill
	for _, s := range p.Skills {
		if s.Field == fieldDescription && !s.Unlisted && s.Start >= 0 && s.Start < s.End && s.End <= len(p.Description) {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b posting.Skill) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

// fieldDescription is the field of a posting that is read. Titles name roles, hardly knowledge.
const fieldDescription = "description"
