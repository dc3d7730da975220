package store

import "testing"

// Fresh opens a store on a database of its own, for the conformance suite.
func Fresh(t testing.TB) *Store { return fresh(t) }
