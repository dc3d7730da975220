package enrich

import (
	"slices"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

// TestObserveReportsEveryStep: the names come in their order, and watching changes no tag.
func TestObserveReportsEveryStep(t *testing.T) {
	t.Parallel()
	tagger := testTagger(t)
	raw := testRaw(t, posting.Record{Title: "ML Engineer", Description: "<p>We use PyTorch.</p>"})
	var steps []string
	p, err := tagger.Observe(raw, func(step string) { steps = append(steps, step) })
	if err != nil {
		t.Fatal(err)
	}
	if want := StepNames(); !slices.Equal(steps, want) || len(want) < 10 {
		t.Errorf("steps %v, want %v", steps, want)
	}
	m, err := posting.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	if want := encoded(t, tagger, raw); string(m.Data) != string(want) {
		t.Error("watching changes what is tagged")
	}
	if n := tagger.Words("We use C++, and PyTorch."); n != 5 {
		t.Errorf("%d words, want 5", n)
	}
}

func TestSkillsNamed(t *testing.T) {
	t.Parallel()
	tagger := testTagger(t)
	for name, want := range map[string]string{
		"PyTorch": "pytorch", " python ": "python", "Large  Language Models": "llm", "k8s": "kubernetes", "Golang": "go",
		"Large Language Models (LLMs)": "llm", "Weaving (k8s)": "kubernetes", "Weaving (baskets)": "", "(": "", " (": "", "a ()": "",
		"": "", "Underwater basket weaving": "", "Python and": "", "(Python)": "",
	} {
		got := ""
		for _, s := range tagger.SkillsNamed(name) {
			got += s.ID
			if known, ok := tagger.Skill(s.ID); !ok || known != s {
				t.Errorf("Skill(%q) = %v, %v", s.ID, known, ok)
			}
		}
		if got != want {
			t.Errorf("SkillsNamed(%q) = %q, want %q", name, got, want)
		}
	}
	if _, ok := tagger.Skill("no-such-skill"); ok {
		t.Error("a skill that does not exist is found")
	}
}
