package enrich

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func loadTestTaxonomy(t testing.TB) *taxonomy {
	t.Helper()
	tax, err := loadTaxonomy()
	if err != nil {
		t.Fatal(err)
	}
	return tax
}

// TestTaxonomyEntries checks each entry alone; loadTaxonomy itself refuses an id used twice, an
// unknown kind, a broader or with that does not exist and a circle of broader terms.
func TestTaxonomyEntries(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	if len(tax.list) < 2000 {
		t.Errorf("%d skills, want at least 2000", len(tax.list))
	}
	id := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	labels := map[string]string{}
	sections := []string{"title", "about", "responsibilities", "requirements", "preferred", "benefits", "legal", "process"}
	for _, s := range tax.list {
		if !id.MatchString(s.ID) {
			t.Errorf("skill id %q is not lower case with hyphens", s.ID)
		}
		folded := strings.ToLower(s.Label)
		if other := labels[folded]; other != "" {
			t.Errorf("label %q belongs to %s and %s", s.Label, other, s.ID)
		}
		labels[folded] = s.ID
		for _, a := range s.Aliases {
			for _, sec := range a.NotIn {
				if !slices.Contains(sections, sec) {
					t.Errorf("%s: not_in %q is no section", s.ID, sec)
				}
			}
			for _, w := range slices.Concat(a.Near, a.Prev, a.Next) {
				if tokens := tokenise(nil, w, nil); len(tokens) != 1 {
					t.Errorf("%s: context %q is not one word", s.ID, w)
				}
			}
		}
		for _, owner := range s.Owner {
			if e := newEmployer(owner); e.name != owner {
				t.Errorf("%s: owner %q must be written %q", s.ID, owner, e.name)
			}
		}
	}
}

// TestTaxonomySpellings checks what no entry can see alone: one spelling without a context rule
// belongs to one skill, is no shield or cue, and is not a word that adverts use in another sense.
func TestTaxonomySpellings(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	raw, err := os.ReadFile("testdata/common_words.txt")
	if err != nil {
		t.Fatal(err)
	}
	common := map[string]bool{}
	for _, w := range strings.Fields(string(raw)) {
		common[w] = true
	}
	if len(common) < 3000 {
		t.Fatalf("only %d common words", len(common))
	}
	for _, entries := range tax.matcher.entries {
		owner := map[string]*skill{}
		for _, sp := range entries {
			if sp.kind != isSkill {
				for _, other := range entries {
					if other.kind != sp.kind {
						t.Errorf("%q is a skill and a shield or cue, or two of these", sp.text)
					}
				}
				continue
			}
			if sp.rule.guarded() {
				continue
			}
			// Case may tell two skills apart, such as "LESS" and "less".
			key := sp.exact
			for k, first := range owner {
				if first != sp.skill && (k == key || k == "" || key == "") {
					t.Errorf("%q belongs to %s and %s without a context rule", sp.text, first.ID, sp.skill.ID)
				}
			}
			owner[key] = sp.skill
			word := strings.ToLower(lettersOf(sp.text))
			acronym := sp.exact != "" && strings.ToUpper(sp.exact) == sp.exact
			if len(tokenise(nil, sp.text, nil)) == 1 && common[word] && !acronym {
				t.Errorf("%s: %q is a common word and needs a context rule", sp.skill.ID, sp.text)
			}
			if len([]rune(word)) == 1 {
				t.Errorf("%s: the letter %q needs a context rule", sp.skill.ID, sp.text)
			}
		}
	}
}

func TestTaxonomyRefuses(t *testing.T) {
	t.Parallel()
	const head = "- {id: a, label: A thing, kind: tool"
	for name, content := range map[string]string{
		"twice":          head + "}\n" + head + "}",
		"kind":           "- {id: a, label: A thing, kind: thing}",
		"broader":        head + ", broader: b}",
		"circle":         head + ", broader: b}\n- {id: b, label: B, kind: tool, broader: a}",
		"unknown key":    head + ", alias: [x]}",
		"unknown rule":   head + ", aliases: [{text: x, nears: [y]}]}",
		"unknown case":   head + ", aliases: [{text: x, case: upper}]}",
		"unknown group":  head + ", aliases: [{text: x, near: $nothing}]}",
		"unknown with":   head + ", aliases: [{text: x, with: b}]}",
		"no text":        head + ", aliases: [{near: [y]}]}",
		"edge character": head + ", aliases: [(x)]}",
	} {
		if _, err := newTaxonomy(fstest.MapFS{"a.yaml": {Data: []byte(content)}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
