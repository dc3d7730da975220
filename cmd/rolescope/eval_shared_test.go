package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"testing"
)

// knowledgeMin is what the issue asks of the phrases of knowledge: strict F1 on SkillSpan's dev part.
const knowledgeMin = 0.52

// TestSkillSpan prints what `rolescope eval skills --unlisted` says of SkillSpan's dev part: the
// trained tagger's phrases, the dictionary's finds, and both as tag --unlisted writes them.
func TestSkillSpan(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	const file = "../../../shared/data/skillspan/json/dev.json"
	if _, err := os.Stat(file); err != nil {
		if os.Getenv("ROLESCOPE_REQUIRE_SHARED") == "1" {
			t.Fatalf("ROLESCOPE_REQUIRE_SHARED=1 but there are no labelled sentences: %v", err)
		}
		t.Skip("no data in ../shared beside the checkout; set ROLESCOPE_REQUIRE_SHARED=1 to fail instead")
	}
	var out, errs bytes.Buffer
	if status := run([]string{"eval", "skills", "--unlisted", "--json", file}, nil, io.LimitReader(nil, 0), &out, &errs); status != exitOK {
		t.Fatalf("status %d: %s", status, errs.String())
	}
	var report struct {
		F1       struct{ Value float64 }
		ByFinder []struct {
			Name                  string
			Precision, Recall, F1 struct{ Value, Low, High float64 }
		} `json:"by_finder"`
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	for _, f := range report.ByFinder {
		t.Logf("%-42s P %.3f (%.3f-%.3f) R %.3f (%.3f-%.3f) F1 %.3f (%.3f-%.3f)", f.Name, f.Precision.Value, f.Precision.Low, f.Precision.High,
			f.Recall.Value, f.Recall.Low, f.Recall.High, f.F1.Value, f.F1.Low, f.F1.High)
	}
	if len(report.ByFinder) != 4 || report.ByFinder[0].F1.Value != report.F1.Value {
		t.Fatalf("%d rows by finder, of which the first must be the whole", len(report.ByFinder))
	}
	if report.F1.Value < knowledgeMin {
		t.Errorf("strict F1 %.3f of knowledge, below %.2f", report.F1.Value, knowledgeMin)
	}
}
