package store

import (
	"context"
	"testing"
)

// Fresh opens a store on a database of its own, for the conformance suite.
func Fresh(t testing.TB) *Store { return fresh(t) }

// FreshWith is Fresh with another configuration.
func FreshWith(t testing.TB, change func(*Config)) *Store {
	t.Helper()
	cfg := freshConfig(t)
	change(&cfg)
	return open(t, cfg)
}

// Again opens the database of a store a second time, as another process does.
func Again(t testing.TB, s *Store) *Store {
	t.Helper()
	other, err := Open(context.Background(), s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	})
	return other
}

// FailBefore has refreshes of s end where f returns an error: before a table is put in place, or the record.
func FailBefore(s *Store, f func(step string) error) { s.failing = f }

// ReadInParts has refreshes of s read so many readings with one statement.
func ReadInParts(s *Store, rows uint64) { s.partRows = rows }

// Exec runs any statement as the writer.
func Exec(t testing.TB, s *Store, statement string) {
	t.Helper()
	if err := s.conn.Exec(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
