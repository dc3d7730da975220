package store

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Status is what an operator wants to know of the store at a glance.
type Status struct {
	ClickHouse    string        `json:"clickhouse"` // version of the engine or server
	Embedded      bool          `json:"embedded"`
	Schema        int           `json:"schema"`         // last migration applied
	TaggerVersion string        `json:"tagger_version"` // the active one; empty before the first Activate
	Postings      uint64        `json:"postings"`       // readable through v_postings
	Open          uint64        `json:"open"`           // of these, not closed
	Vacancies     uint64        `json:"vacancies"`
	Runs          uint64        `json:"runs"`
	DeadOpen      uint64        `json:"dead_open"` // dead letters nobody has decided about
	Tables        []TableStatus `json:"tables"`
	Boards        []BoardStatus `json:"boards"`
}

// TableStatus is the size of one table. Rows counts repeats that are not merged yet.
type TableStatus struct {
	Name  string `ch:"name" json:"name"`
	Rows  uint64 `ch:"rows" json:"rows"`
	Bytes uint64 `ch:"bytes" json:"bytes"` // on disk
	Parts uint64 `ch:"parts" json:"parts"`
}

// BoardStatus is the last run of one board.
type BoardStatus struct {
	Source     string    `ch:"source" json:"source"`
	Board      string    `ch:"board" json:"board"`
	Runs       uint64    `ch:"runs" json:"runs"`
	ObservedAt time.Time `ch:"last_observed_at" json:"observed_at"`
	Outcome    string    `ch:"last_outcome" json:"outcome"`
	Listed     int32     `ch:"last_listed" json:"listed"`
}

// Status reads it all. It costs a pass over the runs' small columns, and one over the postings' unless nothing was
// stored since the last refresh.
func (s *Store) Status(ctx context.Context) (Status, error) {
	st := Status{Embedded: s.engine != nil}
	var err error
	if st.ClickHouse, st.Schema, err = s.Server(ctx); err != nil {
		return st, err
	}
	if st.TaggerVersion, err = s.ActiveVersion(ctx); err != nil {
		return st, err
	}
	if err := s.countPostings(ctx, &st); err != nil {
		return st, err
	}
	if err := s.conn.QueryRow(ctx, "SELECT count() FROM v_dead WHERE state = 'open'").Scan(&st.DeadOpen); err != nil {
		return st, fmt.Errorf("count dead letters: %w", serverError(err))
	}
	err = s.conn.Select(ctx, &st.Tables, `SELECT t.name AS name, sum(p.rows) AS rows, sum(p.bytes_on_disk) AS bytes, countIf(p.name != '') AS parts
		FROM system.tables AS t LEFT JOIN (SELECT * FROM system.parts WHERE active AND database = currentDatabase()) AS p ON p.table = t.name
		WHERE t.database = currentDatabase() AND t.engine LIKE '%MergeTree' GROUP BY t.name ORDER BY t.name`)
	if err != nil {
		return st, fmt.Errorf("read tables: %w", serverError(err))
	}
	if err := s.conn.Select(ctx, &st.Boards, boardsSQL); err != nil {
		return st, fmt.Errorf("read boards: %w", serverError(err))
	}
	for _, b := range st.Boards {
		st.Runs += b.Runs
	}
	return st, nil
}

// boardsSQL is the last run of each board as v_runs has it, without the others. Its effects are missing as long as
// not all parts of its listing are stored.
const boardsSQL = `WITH last AS
(
	SELECT source, board, run_id, argMax(outcome, (complete, fetched, digest, part)) AS outcome
	FROM runs FINAL
	WHERE (source, board, observed_at) IN (SELECT source, board, newest_run FROM v_boards)
	GROUP BY source, board, run_id
)
SELECT b.source AS source, b.board AS board, b.runs AS runs, b.newest_run AS last_observed_at, l.outcome AS last_outcome, e.listed AS last_listed
FROM v_boards AS b
INNER JOIN last AS l ON l.source = b.source AND l.board = b.board
LEFT JOIN (SELECT run_id, listed FROM run_effects FINAL WHERE run_id IN (SELECT run_id FROM last)) AS e ON e.run_id = l.run_id
ORDER BY source, board`

// Server says which ClickHouse answers, and the last migration applied to it.
func (s *Store) Server(ctx context.Context) (version string, schema int, err error) {
	var applied int64
	if err := s.conn.QueryRow(ctx, "SELECT version(), toInt64((SELECT max(version) FROM schema_migrations))").Scan(&version, &applied); err != nil {
		return "", 0, fmt.Errorf("ask for the server's version: %w", serverError(err))
	}
	return version, int(applied), nil
}

// countPostings takes the counts of the last refresh, if they are of what is stored now.
func (s *Store) countPostings(ctx context.Context, st *Status) error {
	state, err := s.dataState(ctx)
	if err != nil {
		return err
	}
	var counted []struct {
		Postings  uint64 `ch:"postings"`
		Open      uint64 `ch:"open_postings"`
		Vacancies uint64 `ch:"vacancies"`
	}
	err = s.conn.Select(ctx, &counted, `SELECT postings, open_postings, vacancies FROM posting_counts
		WHERE tagger_version = {version:String} AND of = 'total' AND data_state = {state:String}`,
		clickhouse.Named("version", st.TaggerVersion), clickhouse.Named("state", state))
	if err == nil && len(counted) == 0 {
		err = s.conn.Select(ctx, &counted, `SELECT count() AS postings, countIf(closed_at IS NULL) AS open_postings,
			uniqExactIf(vacancy_id, vacancy_id != '') AS vacancies FROM v_postings`)
	}
	if err != nil {
		return fmt.Errorf("count postings: %w", serverError(err))
	}
	st.Postings, st.Open, st.Vacancies = counted[0].Postings, counted[0].Open, counted[0].Vacancies
	return nil
}
