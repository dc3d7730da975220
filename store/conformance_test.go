package store_test

import (
	"flag"
	"testing"

	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/storetest"
)

// TestConformance runs against the embedded engine, or against the server that
// ROLESCOPE_TEST_CLICKHOUSE_URL names (its database is not touched: tests make their own).
func TestConformance(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		// Each check writes some forty batches twice.
		if err := f.Value.Set("12"); err != nil {
			t.Fatal(err)
		}
	}
	storetest.Run(t, store.Fresh)
}
