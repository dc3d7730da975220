package store_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine/enginetest"
	"github.com/rolescope/rolescope/store/storetest"
)

// TestEngineKilledInTheMiddle kills the engine while a world is written, writes again what was not
// acknowledged, and finds everything once.
func TestEngineKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	e := enginetest.StartDir(t, t.TempDir())
	s, err := store.Open(t.Context(), store.Config{
		URL: fmt.Sprintf("http://rolescope:%s@%s/default", enginetest.Password, e.Addr()), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Activate(t.Context(), storetest.Tagger); err != nil {
		t.Fatal(err)
	}
	var left []any
	want, postings := 0, 0
	for seed := range uint64(6) {
		w := storetest.NewWorld(fmt.Sprintf("kill%d", seed), seed)
		left = append(left, w.Messages()...)
		want += len(w.ListedVersions())
		current, _ := w.Current()
		postings += len(current)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for batch := 0; len(left) > 0; batch++ {
		if batch%4 == 1 && batch < 12 {
			// While the batch is being written, as far as chance goes.
			go syscall.Kill(e.PID(), syscall.SIGKILL) //nolint:errcheck // it may be restarting
		}
		n := min(len(left), 60)
		var again []any
		for i, err := range s.Write(ctx, left[:n]) {
			switch {
			case errors.Is(err, posting.ErrInvalid):
				t.Fatalf("a crash is taken for a bad row: %v", err)
			case ctx.Err() != nil:
				t.Fatalf("did not recover: %v", err)
			case err != nil:
				again = append(again, left[i])
			}
		}
		left = append(left[n:], again...)
	}
	report, err := s.Verify(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK() || report.Listed != uint64(want) || report.Stored != uint64(want) {
		t.Errorf("%v; want %d stored", report, want)
	}
	st, err := s.Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if st.Postings != uint64(postings) {
		t.Errorf("%d postings, want %d", st.Postings, postings)
	}
}

// TestVerifySeesWhatIsGone deletes one row from each table.
func TestVerifySeesWhatIsGone(t *testing.T) {
	t.Parallel()
	s := store.Fresh(t)
	if err := s.Activate(t.Context(), storetest.Tagger); err != nil {
		t.Fatal(err)
	}
	w := storetest.NewWorld("gone", 11)
	for _, err := range s.Write(t.Context(), w.Messages()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	missing := uint64(0)
	for _, table := range []string{"raw", "posting_versions", "posting_texts", "posting_skills"} {
		store.Exec(t, s, "DELETE FROM "+table+" WHERE (posting_id, content_hash) = (SELECT posting_id, content_hash FROM listings WHERE (posting_id, content_hash) IN (SELECT posting_id, content_hash FROM raw) AND (posting_id, content_hash) IN (SELECT posting_id, content_hash FROM posting_versions) AND (posting_id, content_hash) IN (SELECT posting_id, content_hash FROM posting_texts) ORDER BY posting_id LIMIT 1)")
		missing++
		r, err := s.Verify(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Missing != missing || r.OK() {
			t.Errorf("%s: %d missing, want %d", table, r.Missing, missing)
		}
		named := false
		for _, m := range r.MissingList {
			named = named || fmt.Sprint(m.Lacks) == "["+table+"]"
		}
		if !named {
			t.Errorf("%s is not named: %+v", table, r.MissingList)
		}
	}
	store.Exec(t, s, "DELETE FROM listings WHERE external_id = 'p1'")
	r, err := s.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.IncompleteRuns == 0 || r.SpellsDiffer == 0 {
		t.Errorf("a listing's entries are gone unseen: %+v", r)
	}
}
