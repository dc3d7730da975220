package store

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

//go:embed invent/*.sql
var inventFiles embed.FS

// The invented market of Invent: sizes that a product of this kind would have to bear.
const (
	InventedEmployers = 2000
	InventedSkills    = 600
	// inventedVersion is the tagger version of invented postings: that of no tagger.
	inventedVersion = "invented"
)

// Invent writes invented adverts number from to to-1 of the market of a seed into the base tables, and
// makes their tagger version the active one. It is for measuring only: nothing of it was ever listed,
// so that verify would not balance. An advert has 25 skills of 600; 8 % are copies of another one for
// another city; employers, roles and skills are drawn with probabilities that fall as 1 / rank; spells
// begin within 60 months. The same numbers give the same rows, so that what was cut off may be repeated.
func (s *Store) Invent(ctx context.Context, seed, from, to uint64) error {
	for _, table := range []string{"posting_versions", "posting_skills", "posting_texts", "spells"} {
		if err := s.invent(ctx, table, "adverts", seed, from, to); err != nil {
			return err
		}
	}
	return s.Activate(ctx, inventedVersion)
}

// InventCrawls writes a daily run of each board of the employers from to to-1 of Invent's market.
func (s *Store) InventCrawls(ctx context.Context, seed, from, to uint64) error {
	for _, table := range []string{"runs", "run_effects"} {
		if err := s.invent(ctx, table, "crawls", seed, from, to); err != nil {
			return err
		}
	}
	return nil
}

// InventedBrief is the first advert from a number on that was open within one month and no other.
func (s *Store) InventedBrief(ctx context.Context, seed, from uint64) (uint64, error) {
	rows, err := inventFiles.ReadFile("invent/adverts.sql")
	if err != nil {
		return 0, fmt.Errorf("find a brief advert: %w", err)
	}
	var n uint64
	query := "SELECT n FROM (" + string(rows) + ") WHERE closed AND NOT again AND toStartOfMonth(opened_at) = toStartOfMonth(opened_at + toIntervalDay(life)) ORDER BY n LIMIT 1"
	if err := s.conn.QueryRow(inventing(ctx, seed, from, from+1000), query).Scan(&n); err != nil {
		return 0, fmt.Errorf("find a brief advert: %w", serverError(err))
	}
	return n, nil
}

// inventing hands a statement the parameters of the invented market.
func inventing(ctx context.Context, seed, from, to uint64) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{
		"seed": fmt.Sprint(seed), "from": fmt.Sprint(from), "to": fmt.Sprint(to), "version": inventedVersion,
		"employers": fmt.Sprint(InventedEmployers), "skills": fmt.Sprint(InventedSkills),
	}))
}

func (s *Store) invent(ctx context.Context, table, of string, seed, from, to uint64) error {
	statement, err := inventFiles.ReadFile("invent/" + table + ".sql")
	if err != nil {
		return fmt.Errorf("invent %s: %w", table, err)
	}
	rows, err := inventFiles.ReadFile("invent/" + of + ".sql")
	if err != nil {
		return fmt.Errorf("invent %s: %w", table, err)
	}
	if err := s.conn.Exec(inventing(ctx, seed, from, to), strings.Replace(string(statement), "{"+of+"}", string(rows), 1)); err != nil {
		return fmt.Errorf("invent %s of %d to %d: %w", table, from, to, serverError(err))
	}
	return nil
}

// Settle merges each table's parts into one, as time does.
func (s *Store) Settle(ctx context.Context) error {
	var tables []struct {
		Name string `ch:"name"`
	}
	err := s.conn.Select(ctx, &tables, `SELECT table AS name FROM system.parts
		WHERE active AND database = currentDatabase() GROUP BY table, partition_id HAVING count() > 1 ORDER BY table LIMIT 1 BY table`)
	if err != nil {
		return fmt.Errorf("look for parts: %w", serverError(err))
	}
	for _, t := range tables {
		if err := s.conn.Exec(ctx, "OPTIMIZE TABLE "+quoteName(t.Name)+" FINAL"); err != nil {
			return fmt.Errorf("merge %s: %w", t.Name, serverError(err))
		}
	}
	return nil
}
