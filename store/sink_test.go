package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"pgregory.net/rapid"

	"github.com/rolescope/rolescope/posting"
)

// TestBisectFindsExactlyTheRefusedRows puts rows into a table that refuses some.
func TestBisectFindsExactlyTheRefusedRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		bad := rapid.SliceOfN(rapid.Bool(), 1, 60).Draw(rt, "bad")
		var g group[int]
		for i := range bad {
			g.rows, g.at = append(g.rows, i), append(g.at, len(bad)-1-i)
		}
		errs := make([]error, len(bad))
		table, inserts := map[int]int{}, 0
		write(rt.Context(), g, func(*int) int { return 1 }, func(_ context.Context, rows []int) error {
			inserts++
			for _, r := range rows {
				if bad[r] {
					return fmt.Errorf("insert: %w", &clickhouse.Exception{Code: 469, Message: "constraint"})
				}
			}
			for _, r := range rows {
				table[r]++
			}
			return nil
		}, errs)
		for i := range bad {
			err := errs[len(bad)-1-i]
			if bad[i] != errors.Is(err, posting.ErrInvalid) || (!bad[i] && (err != nil || table[i] != 1)) {
				rt.Fatalf("row %d, bad %v: %v, stored %d times", i, bad[i], err, table[i])
			}
		}
		if inserts > 2*len(bad) {
			rt.Fatalf("%d inserts for %d rows", inserts, len(bad))
		}
	})
}

func TestAFaultOfTheServerIsNobodysRow(t *testing.T) {
	t.Parallel()
	for _, fault := range []error{io.ErrUnexpectedEOF, &clickhouse.Exception{Code: 252, Message: "TOO_MANY_PARTS"}, &clickhouse.Exception{Code: 241}, context.DeadlineExceeded} {
		g := group[int]{rows: []int{1, 2, 3}, at: []int{0, 1, 2}}
		errs := make([]error, 3)
		calls := 0
		write(t.Context(), g, func(*int) int { return 1 }, func(context.Context, []int) error { calls++; return fault }, errs)
		for _, err := range errs {
			if !errors.Is(err, fault) || errors.Is(err, posting.ErrInvalid) {
				t.Errorf("%v: got %v", fault, err)
			}
		}
		if calls != 1 {
			t.Errorf("%v: %d inserts, want 1", fault, calls)
		}
	}
}

func TestWriteKeepsInsertsInBounds(t *testing.T) {
	t.Parallel()
	g := group[int]{}
	for i := range 25_000 {
		g.rows, g.at = append(g.rows, i), append(g.at, i)
	}
	seen := 0
	check := func(weight, rowsMax int) {
		seen = 0
		errs := make([]error, len(g.rows))
		write(t.Context(), g, func(*int) int { return weight }, func(_ context.Context, rows []int) error {
			if len(rows) > rowsMax || rows[0] != seen {
				t.Errorf("insert of %d rows at %d, want at most %d at %d", len(rows), rows[0], rowsMax, seen)
			}
			seen += len(rows)
			return nil
		}, errs)
		if seen != len(g.rows) {
			t.Errorf("%d rows written of %d", seen, len(g.rows))
		}
	}
	check(1, insertRowsMax)
	check(insertBytesMax/100, 100)
	check(2*insertBytesMax, 1)
}

// TestRefoldRightsAWrongRow is the last step of fold.go's proof: a row that a slower writer left,
// newer than the right one, is put right by a fold that has seen more runs.
func TestRefoldRightsAWrongRow(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	run := func(day int, ids ...string) posting.Run {
		r := posting.NewRun("src", "b", "", posting.ProofFull, testNow, testNow.AddDate(0, 0, day))
		r.Outcome, r.Complete = posting.OutcomeOK, true
		for _, id := range ids {
			r.Listing = append(r.Listing, posting.Listed{ExternalID: id, ContentHash: "h"})
		}
		return r.Split()[0]
	}
	var batch []any
	for day := range 3 {
		batch = append(batch, run(day, "a"))
	}
	for _, err := range s.Write(t.Context(), batch) {
		if err != nil {
			t.Fatal(err)
		}
	}
	right, err := s.storedLedger(t.Context(), []board{{"src", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	k := spellKey{board{"src", "b"}, "a", 1}
	wrong := right.spells[k]
	wrong.ClosedAt, wrong.ClosedReason, wrong.version = testNow, posting.ClosedDelisted, foldVersion<<foldVersionShift|3
	ghost := wrong
	ghost.Number = 2
	if err := spellTable().insert(t.Context(), s, []spellRow{wrong, ghost}); err != nil {
		t.Fatal(err)
	}
	report, err := s.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.SpellsDiffer != 2 || report.OK() || len(report.BoardsDiffer) != 1 || report.BoardsDiffer[0] != "src/b" {
		t.Errorf("verify does not see the wrong rows: %+v", report)
	}
	for _, err := range s.Write(t.Context(), []any{run(3, "a")}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.storedLedger(t.Context(), []board{{"src", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.spells) != 1 || !got.spells[k].ClosedAt.IsZero() || !got.spells[k].LastSeen.Equal(testNow.AddDate(0, 0, 3)) {
		t.Errorf("%+v", got.spells)
	}
}
