package store_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/storetest"
)

// TestBoards: the months of boards and the last runs of status have what v_runs has, which they do not ask.
func TestBoards(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	s := store.Fresh(t)
	if err := s.Activate(t.Context(), storetest.Tagger); err != nil {
		t.Fatal(err)
	}
	refresh := func() {
		t.Helper()
		if _, err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	refresh() // of nothing
	write := func(seed uint64, name string) {
		t.Helper()
		for _, err := range s.Write(t.Context(), storetest.NewWorld(name, seed).Messages()) {
			if err != nil {
				t.Fatal(err)
			}
		}
		// A thread of posts that shows any, one that shows none, a run of which a part is missing, and one that
		// was listed twice with different contents.
		store.Exec(t, s, `INSERT INTO runs (run_id, source, board, proof, observed_at, outcome, fetched, complete, digest, part, parts, recorded_at) VALUES
			('`+name+`1', 's', '`+name+`', 'event', '2025-03-04 05:00:00', 'ok', 2, false, 'a', 0, 1, '2025-03-04 06:00:00'),
			('`+name+`2', 's', '`+name+`', 'event', '2025-03-05 05:00:00', 'ok', 0, false, 'a', 0, 1, '2025-03-05 06:00:00'),
			('`+name+`3', 's', '`+name+`', 'full', '2025-04-05 05:00:00', 'error', 0, false, 'a', 0, 1, '2025-04-05 06:00:00'),
			('`+name+`3', 's', '`+name+`', 'full', '2025-04-05 05:00:00', 'ok', 2, true, 'b', 0, 1, '2025-04-05 06:00:00'),
			('`+name+`4', 's', '`+name+`', 'full', '2025-05-06 05:00:00', 'ok', 2, true, 'c', 0, 2, '2025-05-06 06:00:00')`)
		store.Exec(t, s, `INSERT INTO run_effects (source, board, run_id, listed, version, recorded_at) VALUES
			('s', '`+name+`', '`+name+`1', 2, 1, '2025-03-04 06:00:00'), ('s', '`+name+`', '`+name+`2', 0, 1, '2025-03-05 06:00:00'),
			('s', '`+name+`', '`+name+`3', 2, 1, '2025-04-05 06:00:00')`)
	}
	for seed, name := range []string{"one", "two"} {
		write(uint64(seed+3), name)
		refresh()
		got := asked(t, s, "SELECT * FROM v_board_months ORDER BY source, board, month")
		want := asked(t, s, `SELECT source, board, toStartOfMonth(observed_at) AS month, count(), countIf(proof = 'full'),
			arraySort(groupUniqArrayIf(toDate(observed_at), whole OR (proof = 'event' AND listed > 0))), min(observed_at), max(observed_at)
			FROM v_runs WHERE applied GROUP BY source, board, month ORDER BY source, board, month`)
		if want == "" || got != want {
			t.Errorf("months of boards:\n%s\nwant\n%s", got, want)
		}
		status, err := s.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var boards []store.BoardStatus
		err = s.Select(t.Context(), &boards, `SELECT source, board, count() AS runs, max(observed_at) AS last_observed_at,
				argMax(outcome, (observed_at, run_id)) AS last_outcome, argMax(listed, (observed_at, run_id)) AS last_listed
			FROM v_runs GROUP BY source, board ORDER BY source, board`)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(boards, status.Boards); diff != "" || len(boards) < seed+2 {
			t.Errorf("last runs (-want +got):\n%s", diff)
		}
		runs := uint64(0)
		for _, b := range boards {
			runs += b.Runs
		}
		if status.Runs != runs {
			t.Errorf("%d runs, want %d", status.Runs, runs)
		}
		got = fmt.Sprintf("%d\t%d\t%d\n", status.Postings, status.Open, status.Vacancies)
		if want := asked(t, s, "SELECT count(), countIf(closed_at IS NULL), uniqExactIf(vacancy_id, vacancy_id != '') FROM v_postings"); got != want {
			t.Errorf("postings, open, vacancies: %s, want %s", got, want)
		}
	}
	if left := asked(t, s, "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'scratch_')"); left != "" {
		t.Errorf("left behind: %s", left)
	}
}
