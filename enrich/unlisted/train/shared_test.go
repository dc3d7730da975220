package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rolescope/rolescope/enrich/unlisted"
)

// knowledgeFloor and skillFloor are just below what the committed model reaches on SkillSpan's dev
// sentences, so that a change of the tagger that spoils it fails.
const (
	knowledgeFloor = 0.555
	skillFloor     = 0.40
)

func TestDevSentences(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs("../../../../shared")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "data/skillspan/json/dev.json")
	if _, err := os.Stat(name); err != nil {
		if os.Getenv("ROLESCOPE_REQUIRE_SHARED") == "1" {
			t.Fatalf("ROLESCOPE_REQUIRE_SHARED=1 but there are no labelled sentences: %v", err)
		}
		t.Skip("no data in ../shared beside the checkout; set ROLESCOPE_REQUIRE_SHARED=1 to fail instead")
	}
	dev, err := readSentences(name)
	if err != nil {
		t.Fatal(err)
	}
	model, err := unlisted.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	for kind, floor := range map[unlisted.Kind]float64{unlisted.Knowledge: knowledgeFloor, unlisted.Skill: skillFloor} {
		s := unlisted.Evaluate(unlisted.Gold(dev, kind), model.Predict(dev, kind))
		t.Logf("%s: P %s R %s F1 %s", kind, estimate(s.Precision), estimate(s.Recall), estimate(s.F1))
		if s.F1.Value < floor {
			t.Errorf("%s: strict F1 %.3f on the dev sentences, below %.3f", kind, s.F1.Value, floor)
		}
	}
}

func TestSpellingsAndLabels(t *testing.T) {
	t.Parallel()
	taxonomy := t.TempDir()
	const file = "- {id: go, label: Go, aliases: [golang, {text: [GO, go], case: exact}, {text: Go lang}]}\n"
	if err := os.WriteFile(filepath.Join(taxonomy, "a.yaml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readTaxonomy(taxonomy)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Go", "golang", "GO", "go", "Go lang"}
	if len(got) != len(want) {
		t.Fatalf("spellings %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("spellings %q, want %q", got, want)
		}
	}
	labels := []string{"Haskell", "web design (field)"}
	for range verbLabelsMin {
		labels = append(labels, "manage bakeries")
	}
	activity, knowledge := splitLabels(labels)
	if len(activity) != verbLabelsMin || len(knowledge) != 2 || knowledge[1] != "web design" {
		t.Fatalf("activity %q, knowledge %q", activity, knowledge)
	}
	if got := plain("<p>One &amp; two</p><ul><li>three</li></ul>"); got != "\nOne & two\n\n\nthree\n\n" {
		t.Fatalf("plain text %q", got)
	}
}
