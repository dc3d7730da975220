package store_test

import (
	"testing"

	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/storetest"
)

// TestConformance runs against the embedded engine, or against the server that
// ROLESCOPE_TEST_CLICKHOUSE_URL names (its database is not touched: tests make their own).
func TestConformance(t *testing.T) {
	storetest.Run(t, store.Fresh)
}
