package unlisted

import (
	"slices"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

func TestWorth(t *testing.T) {
	t.Parallel()
	tagger, err := New(func(phrase string) bool { return phrase == "Basket weaving" })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		phrase      string
		probability float64
		want        bool
	}{
		{"Terragrunt", 0.9, true},
		{"Terragrunt", 0.4, false}, // less likely than not
		{"engineering", 0.9, false},
		{"Industry best practices", 0.9, false},
		{"software or technology solutions", 0.9, false},
		{"turbine engineering", 0.9, true},
		{"Bachelor’s degree", 0.9, false},
		{"B.S. in Hydrology", 0.9, false},
		{"PhD.", 0.9, false},
		{"Danish", 0.9, false},
		{"Basket weaving", 0.9, false}, // the taxonomy has decided
		{"care of very old roses in gardens", 0.9, false},
		{"design/engineering & testing", 0.9, false},
		{"", 0.9, false},
	} {
		if got := tagger.worth.of(c.phrase, c.probability); got != c.want {
			t.Errorf("%q at %.1f: worth %t, want %t", c.phrase, c.probability, got, c.want)
		}
	}
}

// TestGenericWordsAreWords: no word twice, all in lower case and in no need of being cut.
func TestGenericWordsAreWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for line := range strings.Lines(genericFile) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			if seen[word] || word != strings.ToLower(word) || strings.ContainsAny(word, "/&(),’") {
				t.Errorf("generic.txt: %q is there twice or can never be met", word)
			}
			seen[word] = true
		}
	}
}

// TestPhrasesKnowTheDictionary: what the dictionary tagged at the same bytes is named, and neither it
// nor what overlaps it, nor the employer, is unlisted.
func TestPhrasesKnowTheDictionary(t *testing.T) {
	t.Parallel()
	tagger := newTagger(t)
	text := "Experience with Zustand, Terragrunt and ArgoCD."
	tag := func(company string, skills ...string) (named, unlisted []string) {
		p := posting.Posting{Company: company, Description: text}
		for _, s := range skills {
			at := strings.Index(text, s)
			p.Skills = append(p.Skills, posting.Skill{ID: "id-" + s, Label: s, Kind: "tool", Field: "description", Start: at, End: at + len(s), Text: s})
		}
		for _, f := range tagger.Phrases(p) {
			if f.Skill != "" {
				named = append(named, f.Skill+"="+text[f.Start:f.End])
			}
			if f.Unlisted {
				unlisted = append(unlisted, f.Text)
			}
		}
		return named, unlisted
	}
	named, unlisted := tag("Terragrunt", "ArgoCD", "Zustand")
	if want := []string{"id-Zustand=Zustand", "id-ArgoCD=ArgoCD"}; !slices.Equal(named, want) {
		t.Errorf("named %q, want %q", named, want)
	}
	if len(unlisted) > 0 {
		t.Errorf("unlisted %q, want none: the one left is the employer", unlisted)
	}
	if named, unlisted := tag(""); len(named) != 0 || !slices.Contains(unlisted, "Terragrunt") {
		t.Errorf("without a dictionary: named %q, unlisted %q", named, unlisted)
	}
}
