package store

import (
	"context"
	"testing"
)

// Fresh opens a store on a database of its own, for the conformance suite.
func Fresh(t testing.TB) *Store { return fresh(t) }

// Exec runs any statement as the writer.
func Exec(t testing.TB, s *Store, statement string) {
	t.Helper()
	if err := s.conn.Exec(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
