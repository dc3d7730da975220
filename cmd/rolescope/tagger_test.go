package main

import (
	"slices"
	"testing"
	"time"

	"github.com/rolescope/rolescope/posting"
)

// TestPipelineTagger: what a crawl publishes is read by the dictionary and, beyond it, by the trained tagger.
func TestPipelineTagger(t *testing.T) {
	t.Parallel()
	tagger, err := (&app{}).newTagger()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	raw, err := posting.NewRaw(posting.NewRun("x", "acme", "Acme", posting.ProofWindow, at, at), "1", posting.Record{
		ExternalID: "1", Title: "Platform Engineer",
		Description: "<p>Requirements</p><ul><li>Strong knowledge of Python and Blorptable</li><li>Experience with Kubernetes, Zibbleflow and Terraform</li></ul>",
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := tagger.Enrich(raw)
	if err != nil {
		t.Fatal(err)
	}
	has := func(id string, unlisted bool) bool {
		return slices.ContainsFunc(p.Skills, func(s posting.Skill) bool {
			return s.ID == id && s.Unlisted == unlisted && p.Description[s.Start:s.End] == s.Text
		})
	}
	if !has("python", false) || !has("kubernetes", false) || !has("zibbleflow", true) {
		t.Errorf("python and kubernetes are listed, zibbleflow is not: %+v", p.Skills)
	}
}
