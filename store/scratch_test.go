package store_test

import (
	"testing"
	"time"

	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

// TestScratchIsSwept: rows that an export kept are there until it lets go of them, and not after the
// engine of a killed one starts again.
func TestScratchIsSwept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tables := func(s *store.Store) (n uint64) {
		t.Helper()
		var rows []struct {
			N uint64 `ch:"n"`
		}
		if err := s.Ask(t.Context(), &rows, "SELECT count() AS n FROM system.tables WHERE startsWith(name, 'scratch_')", nil); err != nil {
			t.Fatal(err)
		}
		return rows[0].N
	}
	open := func() *store.Store {
		t.Helper()
		o := enginetest.Options(t, dir)
		s, err := store.Open(t.Context(), store.Config{Engine: o, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	for range 2 { // the second replaces what the first left
		if err := s.Materialise(t.Context(), "x", "number", "SELECT number FROM numbers(3)"); err != nil {
			t.Fatal(err)
		}
	}
	if n := tables(s); n != 1 {
		t.Errorf("%d tables", n)
	}
	if err := s.Materialise(t.Context(), "y", "number", "SELECT throwIf(number = 2) AS number FROM numbers(3)"); err == nil || tables(s) != 1 {
		t.Errorf("a statement that fails leaves %d tables: %v", tables(s), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open()
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if n := tables(s); n != 0 {
		t.Errorf("%d tables are left behind", n)
	}
}
