package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/enrich/unlisted"
)

// knowledgeFloor and skillFloor are just below what the committed model reaches on SkillSpan's dev
// sentences, so that a change of the tagger that spoils it fails.
const (
	knowledgeFloor = 0.56
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
	if err := listAnew(dev); err != nil {
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

func TestLabels(t *testing.T) {
	t.Parallel()
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

// TestListFindsWords: the dictionary's finds are carried from the posting to the words of the
// sentences, past marks that stand apart and words that the tagger does not see.
func TestListFindsWords(t *testing.T) {
	t.Parallel()
	data := []unlisted.Sentence{
		{Document: "a", Words: []string{"•", "Experience", "with", "Python;", "(", "Kubernetes", ")"}},
		{Document: "a", Words: []string{"<ORGANIZATION>", "uses", "machine", "learning", "."}},
		{Document: "b", Words: []string{"We", "know", "PyTorch"}},
	}
	if err := listAnew(data); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{{"Python;", "Kubernetes"}, {"machine learning"}, {"PyTorch"}} {
		var got []string
		for _, f := range data[i].Listed {
			got = append(got, strings.Join(data[i].Words[f.From:f.To], " "))
			if f.Kind == "" {
				t.Errorf("%v has no kind", f)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("sentence %d: listed %q, want %q", i, got, want)
		}
	}
	file := filepath.Join(t.TempDir(), "listed.tsv")
	if err := writeListed(file, data); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if first, _, _ := strings.Cut(string(b), "\n"); first != "0\t3\t4\tlanguage" {
		t.Errorf("written %q", first)
	}
}
