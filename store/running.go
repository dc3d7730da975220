package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Running is how far a statement has come.
type Running struct {
	ReadRows  uint64 `ch:"read_rows"`
	TotalRows uint64 `ch:"total_rows_approx"` // 0 when ClickHouse does not know
	ReadBytes uint64 `ch:"read_bytes"`
}

// marked finds statements by a mark in their text, itself not among them: it has the mark as a
// parameter. The embedded engine gives statements ids of its own, so an id would not find them.
const marked = "position(query, {mark:String}) > 0"

// Running tells how far the statement that holds mark (in a comment) has come, and whether it runs at
// all. It asks as the pipeline's user, for analysts may not see what others run.
func (s *Store) Running(ctx context.Context, mark string) (Running, bool, error) {
	var found []Running
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"mark": mark}))
	err := s.conn.Select(ctx, &found, "SELECT read_rows, toUInt64(total_rows_approx) AS total_rows_approx, read_bytes FROM system.processes WHERE "+marked+" LIMIT 1")
	if err != nil {
		return Running{}, false, fmt.Errorf("ask for the query's progress: %w", serverError(err))
	}
	if len(found) == 0 {
		return Running{}, false, nil
	}
	return found[0], true, nil
}

// Stop ends the statement that holds mark. A server need not notice that its reader has left; the
// embedded engine does.
func (s *Store) Stop(ctx context.Context, mark string) error {
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"mark": mark}))
	if err := s.conn.Exec(ctx, "KILL QUERY WHERE "+marked+" ASYNC"); err != nil {
		return fmt.Errorf("stop the query: %w", serverError(err))
	}
	return nil
}

// Summary is what an answer of Raw cost, as ClickHouse says when the answer begins.
type Summary struct {
	// Whole says that it is of the whole answer, which ClickHouse had made when it said so.
	Whole      bool   `json:"-"`
	ReadRows   uint64 `json:"read_rows,string"`
	ReadBytes  uint64 `json:"read_bytes,string"`
	ResultRows uint64 `json:"result_rows,string"`
}

type summaryKey struct{}

// WithSummary has Raw fill sum in. It stays empty where a server says nothing.
func WithSummary(ctx context.Context, sum *Summary) context.Context {
	return context.WithValue(ctx, summaryKey{}, sum)
}

// summaries reads the summaries that answers begin with.
type summaries struct{ next http.RoundTripper }

func (s summaries) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(r)
	if sum, ok := r.Context().Value(summaryKey{}).(*Summary); ok && err == nil {
		text := resp.Header.Get("X-ClickHouse-Summary")
		sum.Whole = json.Unmarshal([]byte(text), sum) == nil && resp.ContentLength >= 0
	}
	return resp, err
}

// Exception is what ClickHouse says about a statement: its code and its own words. ok is false for an
// error that is not ClickHouse's.
func Exception(err error) (code int, message string, ok bool) {
	var exception *clickhouse.Exception
	if !errors.As(err, &exception) {
		return 0, "", false
	}
	return int(exception.Code), exception.Message, true
}
