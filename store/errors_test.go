package store

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// TestBusy: the client wraps its error in what it was about to do.
func TestBusy(t *testing.T) {
	t.Parallel()
	waited := fmt.Errorf("run query: %w", serverError(fmt.Errorf("hello: %w", &url.Error{Op: "Post", URL: "http://x", Err: clickhouse.ErrAcquireConnTimeout})))
	if !Busy(waited) {
		t.Errorf("%v is no wait for a place", waited)
	}
	if Busy(nil) || Busy(&clickhouse.Exception{Code: 159}) {
		t.Error("every error is one")
	}
}
