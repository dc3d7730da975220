package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// scratchPrefix begins the names of a refresh's own tables.
const scratchPrefix = "scratch_rollup_"

// rollupSettings bound the memory of the statements that pass over everything: what is larger goes to disk.
func rollupSettings(ctx context.Context) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"max_bytes_before_external_group_by": 500_000_000,
		"max_bytes_before_external_sort":     500_000_000,
		"join_algorithm":                     "grace_hash,hash",
	}))
}

func (r *rollup) scratch(table string) string { return scratchPrefix + r.id + "_" + table }

// sql fills the names of the scratch tables in.
func (r *rollup) sql(statement string) string {
	for table := range rollupTables {
		statement = strings.ReplaceAll(statement, "{"+table+"}", r.scratch(table))
	}
	return statement
}

// with are the arguments that most statements take, and some more.
func (r *rollup) with(more []any) []any {
	return append([]any{clickhouse.Named("version", r.version), clickhouse.Named("build", uint32(rollupBuild))}, more...)
}

func (r *rollup) run(ctx context.Context, statement string, args ...any) error {
	if err := r.conn.Exec(rollupSettings(ctx), r.sql(statement), r.with(args)...); err != nil {
		return serverError(err)
	}
	return nil
}

func (r *rollup) read(ctx context.Context, dest any, query string, args ...any) error {
	if err := r.conn.Select(rollupSettings(ctx), dest, r.sql(query), r.with(args)...); err != nil {
		return serverError(err)
	}
	return nil
}

// createScratch makes a scratch table anew.
func (r *rollup) createScratch(ctx context.Context, table string) error {
	if err := r.discard(ctx, r.scratch(table)); err != nil {
		return err
	}
	if err := r.execute(ctx, "CREATE TABLE "+r.scratch(table)+" {{.OnCluster}} "+rollupTables[table]); err != nil {
		return fmt.Errorf("make room for %s: %w", table, serverError(err))
	}
	return nil
}

func (r *rollup) dropScratch(ctx context.Context) error {
	for table := range rollupTables {
		if err := r.discard(ctx, r.scratch(table)); err != nil {
			return err
		}
	}
	return nil
}

func (r *rollup) discard(ctx context.Context, table string) error {
	if err := r.execute(ctx, "DROP TABLE IF EXISTS "+quoteName(table)+" {{.OnCluster}} SYNC"); err != nil {
		return fmt.Errorf("drop %s: %w", table, serverError(err))
	}
	return nil
}

// pruneRollups deletes the rollups of a tagger version, the revisions of its similarities included.
func (s *Store) pruneRollups(ctx context.Context, taggerVersion string) error {
	s.refreshing.Lock()
	defer s.refreshing.Unlock()
	r := &rollup{Store: s, version: taggerVersion}
	for _, table := range append([]string{"role_similarities", startsTable}, placed...) {
		var months []struct {
			Month time.Time `ch:"month"`
		}
		if err := r.read(ctx, &months, "SELECT DISTINCT month FROM "+table+" WHERE tagger_version = {version:String}"); err != nil {
			return fmt.Errorf("look for the rollups of tagger version %s: %w", taggerVersion, err)
		}
		for _, m := range months {
			if err := r.dropPartition(ctx, table, m.Month); err != nil {
				return err
			}
		}
	}
	for _, table := range []string{"rollup_refreshes", "rollup_months"} {
		if err := r.run(ctx, "ALTER TABLE "+table+" "+s.onCluster()+" DELETE WHERE tagger_version = {version:String} SETTINGS mutations_sync = 2"); err != nil {
			return fmt.Errorf("delete the rollups of tagger version %s: %w", taggerVersion, err)
		}
	}
	return nil
}

// dropLeft drops what refreshes that were killed have left behind at a server of its own; the embedded
// engine's are swept when it starts. A table that is being made or dropped at this moment says 1970.
func (r *rollup) dropLeft(ctx context.Context) error {
	var left []struct {
		Name string `ch:"name"`
	}
	err := r.read(ctx, &left, `SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, {prefix:String})
		AND metadata_modification_time > toDateTime(0) AND metadata_modification_time < now() - {life:UInt32}`, clickhouse.Named("prefix", scratchPrefix), clickhouse.Named("life", uint32(scratchLife.Seconds())))
	if err != nil {
		return fmt.Errorf("look for tables that were left behind: %w", err)
	}
	for _, t := range left {
		if err := r.discard(ctx, t.Name); err != nil {
			return err
		}
	}
	return nil
}

func (r *rollup) dropPartition(ctx context.Context, table string, month time.Time) error {
	if err := r.execute(ctx, "ALTER TABLE "+table+" {{.OnCluster}} DROP PARTITION "+r.partition(month)); err != nil {
		return fmt.Errorf("drop %s of %s: %w", table, month.Format("2006-01"), serverError(err))
	}
	return nil
}

// partition is a month's partition as ALTER names it.
func (r *rollup) partition(month time.Time) string {
	return "(" + quoteString(r.version) + ", '" + month.Format(time.DateOnly) + "')"
}

func quoteString(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
