package trend

import (
	"context"
	"fmt"
	"time"
)

// BoardWatch is how a board that is crawled by a schedule was last seen. Boards that were only imported,
// or only crawled on demand, are not watched.
type BoardWatch struct {
	Source    string    `json:"source" ch:"source"`
	Board     string    `json:"board" ch:"board"`
	Runs      uint64    `json:"runs" ch:"runs"` // planned ones
	FirstRun  time.Time `json:"first_run" ch:"first_run"`
	NewestRun time.Time `json:"newest_run" ch:"newest_run"`
	Healthy   time.Time `json:"healthy" ch:"healthy"` // the newest that saw all that the board has; 1970 when none did
	Outcome   string    `json:"outcome" ch:"outcome"` // of the newest run
	Note      string    `json:"note" ch:"note"`
	Listed    int32     `json:"listed" ch:"listed"`
	Fetched   int32     `json:"fetched" ch:"fetched"`
	Rejected  int32     `json:"rejected" ch:"rejected"`
	Suspect   bool      `json:"suspect" ch:"suspect"` // it would have closed more than half of the board
}

// BoardsWatchAnswer has every board that a schedule crawls, by source and board.
type BoardsWatchAnswer struct {
	Audit
	Rows []BoardWatch `json:"rows"`
}

// BoardsWatch tells how each board was last seen as of a time.
func BoardsWatch(ctx context.Context, q Querier, at time.Time) (BoardsWatchAnswer, error) {
	a := BoardsWatchAnswer{Rows: []BoardWatch{}}
	var err error
	a.Audit, err = run(ctx, q, &a.Rows, "boards_watch.sql", momentParams(at))
	return a, err
}

// DeadWatch is what a stage could not use.
type DeadWatch struct {
	Stage  string `json:"stage" ch:"stage"`
	Recent uint64 `json:"recent" ch:"recent"` // open dead letters that failed in the time asked about
	Open   uint64 `json:"open" ch:"open"`     // all open ones
	Reason string `json:"reason" ch:"reason"` // of the newest
}

// DeadWatchAnswer has every stage with an open dead letter.
type DeadWatchAnswer struct {
	Audit
	Rows []DeadWatch `json:"rows"`
}

// DeadLettersWatch counts the dead letters nobody has dealt with, those that failed within a time before at
// apart.
func DeadLettersWatch(ctx context.Context, q Querier, at time.Time, within time.Duration) (DeadWatchAnswer, error) {
	a := DeadWatchAnswer{Rows: []DeadWatch{}}
	params := momentParams(at)
	params["seconds"] = fmt.Sprint(int64(within / time.Second))
	var err error
	a.Audit, err = run(ctx, q, &a.Rows, "dead_watch.sql", params)
	return a, err
}

// momentParams are the parameters of questions about a moment.
func momentParams(at time.Time) map[string]string {
	return map[string]string{"at": at.UTC().Format(time.DateTime), "rows_max": fmt.Sprint(rowsMax)}
}
