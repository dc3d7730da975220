package store

import (
	"context"
	"fmt"
	"time"
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

// Status reads it all; it costs a pass over the postings' small columns.
func (s *Store) Status(ctx context.Context) (Status, error) {
	st := Status{Embedded: s.engine != nil}
	row := s.conn.QueryRow(ctx, `SELECT version(), toInt64((SELECT max(version) FROM schema_migrations)), `+activeVersion+`,
		p.postings, p.open, p.vacancies, (SELECT sum(runs) FROM v_boards),
		(SELECT count() FROM v_dead WHERE state = 'open')
		FROM (SELECT count() AS postings, countIf(closed_at IS NULL) AS open, uniqExactIf(vacancy_id, vacancy_id != '') AS vacancies FROM v_postings) AS p`)
	var schema int64
	if err := row.Scan(&st.ClickHouse, &schema, &st.TaggerVersion, &st.Postings, &st.Open, &st.Vacancies, &st.Runs, &st.DeadOpen); err != nil {
		return st, fmt.Errorf("read status: %w", err)
	}
	st.Schema = int(schema)
	err := s.conn.Select(ctx, &st.Tables, `SELECT t.name AS name, sum(p.rows) AS rows, sum(p.bytes_on_disk) AS bytes, countIf(p.name != '') AS parts
		FROM system.tables AS t LEFT JOIN (SELECT * FROM system.parts WHERE active AND database = currentDatabase()) AS p ON p.table = t.name
		WHERE t.database = currentDatabase() AND t.engine LIKE '%MergeTree' GROUP BY t.name ORDER BY t.name`)
	if err != nil {
		return st, fmt.Errorf("read tables: %w", err)
	}
	err = s.conn.Select(ctx, &st.Boards, `SELECT source, board, count() AS runs, max(observed_at) AS last_observed_at,
			argMax(outcome, (observed_at, run_id)) AS last_outcome, argMax(listed, (observed_at, run_id)) AS last_listed
		FROM v_runs GROUP BY source, board ORDER BY source, board`)
	if err != nil {
		return st, fmt.Errorf("read boards: %w", err)
	}
	return st, nil
}
