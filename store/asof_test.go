package store_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/storetest"
)

// asOfViews are those whose rows of a moment can be had again.
var asOfViews = []string{"v_postings", "v_vacancies", "v_posting_skills", "v_runs", "v_vacancy_months", "v_role_skill_month", "v_role_similarity"}

// answers are all rows of the views, but for when they were written, and of which revision they are.
func answers(t *testing.T, s *store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, view := range asOfViews {
		var b bytes.Buffer
		if err := s.Raw(t.Context(), &b, "SELECT * EXCEPT ('recorded_at|revis.*') FROM "+view+" ORDER BY ALL", "TSV", nil); err != nil {
			t.Fatal(err)
		}
		out[view] = b.String()
	}
	return out
}

// TestAsOf: asked as of the data cut of a moment, a store says what it said then, whatever came since: late
// runs, older observations of the same versions, a new tagger version.
func TestAsOf(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	s := rollupStore(t, countingMeasure())
	messages := storetest.NewWorld("then", 3).Messages()
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
	type moment struct {
		at   time.Time
		said map[string]string
	}
	var moments []moment
	note := func() {
		refresh(t, s)
		at, err := s.DataCut(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		moments = append(moments, moment{at, answers(t, s)})
	}
	put(t, s, messages[:len(messages)/2])
	note()
	put(t, s, messages[len(messages)/2:])
	note()
	early := storetest.NewWorld("then", 3)
	for i := range early.Postings { // as a late import of older observations brings them
		early.Postings[i].ObservedAt = early.Postings[i].ObservedAt.AddDate(-1, 0, 0)
	}
	put(t, s, early.Messages())
	for _, table := range []string{"posting_versions", "posting_skills", "version_records"} {
		store.Exec(t, s, "OPTIMIZE TABLE "+table+" FINAL")
	}
	if err := s.Activate(t.Context(), "test-2"); err != nil {
		t.Fatal(err)
	}
	for i, m := range moments {
		then, err := s.AsOf(t.Context(), m.at)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m.said, answers(t, then)); diff != "" {
			t.Errorf("moment %d (-then +as of then):\n%s", i, diff)
		}
		if cut, err := then.DataCut(t.Context()); err != nil || !cut.Equal(m.at) {
			t.Errorf("as of %s, the data are of %s: %v", m.at, cut, err)
		}
		var name []struct {
			Name string `ch:"name"`
		}
		if err := then.Select(t.Context(), &name, "SELECT currentDatabase() AS name"); err != nil {
			t.Fatal(err)
		}
		if err := then.Close(); err != nil {
			t.Error(err)
		}
		if left := asked(t, s, "SELECT count() FROM system.databases WHERE name = '"+name[0].Name+"'"); left != "0\n" {
			t.Errorf("%s is left", name[0].Name)
		}
	}
	if len(moments[0].said["v_role_similarity"]) == 0 || moments[0].said["v_vacancy_months"] == moments[1].said["v_vacancy_months"] {
		t.Error("the moments say nothing, or the same")
	}
}
