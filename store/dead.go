package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/rolescope/rolescope/posting"
)

// The states of a dead letter.
const (
	StateOpen    = "open"    // nobody has decided, or it failed again since
	StateRetried = "retried" // sent again
	StateDropped = "dropped" // given up
)

// ErrNotFound says that nothing has the id asked for.
var ErrNotFound = errors.New("not found")

// DeadFilter chooses dead letters; an empty field chooses all.
type DeadFilter struct {
	State  string
	Stage  string
	Source string
	Board  string
	Limit  int // 0 stands for deadLimit
}

// deadLimit is what one page of dead letters holds when nobody says otherwise.
const deadLimit = 100

// DeadLetter is a dead letter with what was decided about it.
type DeadLetter struct {
	posting.Dead
	State      string    `json:"state"`
	StateAt    time.Time `json:"state_at,omitzero"`
	RecordedAt time.Time `json:"recorded_at"`
}

type deadRow struct {
	ID          string    `ch:"id"`
	Stage       string    `ch:"stage"`
	Origin      string    `ch:"origin"`
	Subject     string    `ch:"subject"`
	Type        string    `ch:"type"`
	Reason      string    `ch:"reason"`
	Size        int64     `ch:"size"`
	SHA256      string    `ch:"sha256"`
	Head        string    `ch:"head"`
	FailedAt    time.Time `ch:"failed_at"`
	State       string    `ch:"state"`
	StateAt     time.Time `ch:"state_at"`
	Source      string    `ch:"source"`
	Board       string    `ch:"board"`
	RunID       string    `ch:"run_id"`
	PostingID   string    `ch:"posting_id"`
	ContentHash string    `ch:"content_hash"`
	RecordedAt  time.Time `ch:"recorded_at"`
}

const deadColumns = "id, stage, origin, subject, type, reason, size, sha256, head, failed_at, state, state_at, source, board, run_id, posting_id, content_hash, recorded_at"

func (r deadRow) letter() DeadLetter {
	return DeadLetter{
		Dead: posting.Dead{
			ID: r.ID, Stage: r.Stage, Origin: r.Origin, Subject: r.Subject, Type: r.Type, Reason: r.Reason,
			Size: r.Size, SHA256: r.SHA256, Head: r.Head, FailedAt: loaded(r.FailedAt),
			Source: r.Source, Board: r.Board, RunID: r.RunID, PostingID: r.PostingID, ContentHash: r.ContentHash,
		},
		State: r.State, StateAt: loaded(r.StateAt), RecordedAt: loaded(r.RecordedAt),
	}
}

// Dead returns dead letters without their bodies, the newest failure first.
func (s *Store) Dead(ctx context.Context, f DeadFilter) ([]DeadLetter, error) {
	limit := f.Limit
	if limit <= 0 {
		limit = deadLimit
	}
	var rows []deadRow
	err := s.conn.Select(ctx, &rows, "SELECT "+deadColumns+` FROM v_dead
		WHERE ({state:String} = '' OR state = {state:String}) AND ({stage:String} = '' OR stage = {stage:String})
			AND ({source:String} = '' OR source = {source:String}) AND ({board:String} = '' OR board = {board:String})
		ORDER BY failed_at DESC, id LIMIT {limit:UInt64}`,
		clickhouse.Named("state", f.State), clickhouse.Named("stage", f.Stage),
		clickhouse.Named("source", f.Source), clickhouse.Named("board", f.Board), clickhouse.Named("limit", uint64(limit)))
	if err != nil {
		return nil, fmt.Errorf("read dead letters: %w", err)
	}
	out := make([]DeadLetter, len(rows))
	for i, r := range rows {
		out[i] = r.letter()
	}
	return out, nil
}

// DeadByID returns one dead letter with its body. The error wraps ErrNotFound when there is none.
func (s *Store) DeadByID(ctx context.Context, id string) (DeadLetter, error) {
	var rows []deadRow
	if err := s.conn.Select(ctx, &rows, "SELECT "+deadColumns+" FROM v_dead WHERE id = {id:String}", clickhouse.Named("id", id)); err != nil {
		return DeadLetter{}, fmt.Errorf("read dead letter %s: %w", id, err)
	}
	if len(rows) == 0 {
		return DeadLetter{}, fmt.Errorf("read dead letter %s: %w", id, ErrNotFound)
	}
	letter := rows[0].letter()
	var body string
	if err := s.conn.QueryRow(ctx, "SELECT body FROM dead FINAL WHERE id = {id:String}", clickhouse.Named("id", id)).Scan(&body); err != nil {
		return DeadLetter{}, fmt.Errorf("read dead letter %s: %w", id, err)
	}
	if body != "" {
		letter.Body = []byte(body)
	}
	return letter, nil
}

// MarkDead records what was decided about dead letters at a time. A letter that fails again later
// is open again. Ids that no letter has are recorded too: a decision may overtake its letter.
func (s *Store) MarkDead(ctx context.Context, ids []string, state string, at time.Time) error {
	switch state {
	case StateOpen, StateRetried, StateDropped:
	default:
		return fmt.Errorf("mark dead letters: state %q is not one of open, retried, dropped", state)
	}
	rows := make([]decision, len(ids))
	for i, id := range ids {
		rows[i] = decision{id, state, at}
	}
	if err := decisionTable().insert(ctx, s, rows); err != nil {
		return fmt.Errorf("mark dead letters: %w", err)
	}
	return nil
}
