package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
)

// TestStartsPhrases: what a new vacancy's first advert says that the taxonomy does not list is listed once, and counts
// for no skill; of what was open before anybody looked there is nothing.
func TestStartsPhrases(t *testing.T) {
	t.Parallel()
	s := rollupStore(t, nil)
	first := time.Date(2025, 6, 10, 0, 0, 0, 0, time.UTC)
	phrase := func(id string, start int) posting.Skill {
		return posting.Skill{ID: id, Label: id, Kind: "knowledge", Field: "description", Start: start, End: start + 1, Rule: "sequence model", Unlisted: true}
	}
	listed := posting.Skill{ID: "go", Label: "Go", Kind: "language", Field: "description", Strength: "mentioned"}
	adverts := map[string][]posting.Skill{
		"old":     {phrase("old-thing", 0)},
		"new":     {listed, phrase("vector-database", 2), phrase("c++-modules", 4), phrase("vector-database", 6)},
		"nothing": {listed},
	}
	for day, ids := range [][]string{{"old"}, {"old", "new", "nothing"}} {
		at := first.AddDate(0, 0, day)
		run := posting.NewRun("x", "acme", "acme", posting.ProofWindow, at.Add(-time.Minute), at)
		run.Outcome, run.Complete = posting.OutcomeOK, true
		var out []any
		for _, id := range ids {
			raw, p := advert(run, id, "engineer", adverts[id]...)
			run.Listing = append(run.Listing, posting.Listed{ExternalID: id, ContentHash: raw.ContentHash})
			out = append(out, raw, p)
		}
		for _, part := range run.Split() {
			out = append(out, part)
		}
		put(t, s, out)
	}
	refresh(t, s)
	type start struct {
		Skills  []string `ch:"skills"`
		Phrases []string `ch:"phrases"`
	}
	var got []start
	if err := s.Select(t.Context(), &got, "SELECT skills, phrases FROM v_vacancy_starts ORDER BY length(phrases)"); err != nil {
		t.Fatal(err)
	}
	want := []start{{[]string{"go"}, []string{}}, {[]string{"go"}, []string{"c++ modules", "vector database"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("new vacancies (-want +got):\n%s", diff)
	}
}
