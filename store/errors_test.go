package store

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/rolescope/rolescope/store/engine"
)

// TestNoPlace: the client wraps its error in what it was about to do, and advises settings that nobody has.
func TestNoPlace(t *testing.T) {
	t.Parallel()
	err := serverError(fmt.Errorf("hello: %w", &url.Error{Op: "Post", URL: "http://x", Err: clickhouse.ErrAcquireConnTimeout}))
	var hint *engine.HintError
	if !errors.As(err, &hint) || !strings.HasPrefix(err.Error(), "the store had no place for the question") || !strings.HasPrefix(hint.Hint, "Again in a moment") {
		t.Errorf("%v, %+v", err, hint)
	}
	if err := serverError(&clickhouse.Exception{Code: 159, Message: "Timeout"}); errors.As(err, &hint) && strings.Contains(err.Error(), "place") {
		t.Errorf("%v", err)
	}
}
