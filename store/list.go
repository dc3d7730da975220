package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// listCountParts is how many parts the vacancies are counted in, a power of two: a vacancy of 25 skills is in
// 25 sets at some 40 bytes each, and those of one part have to fit in memory.
const listCountParts = 16

// partRows is how many readings of postings one statement of a refresh reads whole: a join of three million held more
// than the engine may have, on disk as it was.
const partRows = 300_000

// listTables are the scratch tables of refreshList: the two that are put in place, and the parts of the counts.
var listTables = map[string]string{
	"list":   "AS posting_list ENGINE = {{.Engine}}MergeTree PARTITION BY tagger_version ORDER BY (-toUnixTimestamp64Milli(first_seen), posting_id)",
	"counts": "AS posting_counts ENGINE = {{.Engine}}MergeTree PARTITION BY tagger_version ORDER BY (of, name)",
	"sums":   "AS posting_counts ENGINE = {{.Engine}}MergeTree PARTITION BY tagger_version ORDER BY (of, name)",
}

// listRefresh is one refreshList at work.
type listRefresh struct {
	*Store
	version, state, id string
}

// refreshList makes posting_list and posting_counts of a tagger version anew when they are of another state than
// that of now. Each is put in place in one step, the counts last. Any number of processes may do it at once, and
// any may be killed: both tables say what state they are of, and where one of them is of another than now, the
// next refresh makes both again.
func (s *Store) refreshList(ctx context.Context, version, state string) error {
	r := &listRefresh{Store: s, version: version, state: state, id: strings.ToLower(rand.Text()[:12])}
	began := s.cfg.Now()
	if fresh, err := r.fresh(ctx); fresh || err != nil {
		return err
	}
	err := r.make(ctx, began.UnixMilli())
	for table := range listTables { // a context that ended must not leave tables behind
		err = errors.Join(err, r.drop(context.WithoutCancel(ctx), table))
	}
	if err != nil {
		return fmt.Errorf("refresh the list of postings: %w", err)
	}
	return nil
}

// fresh reports whether both tables are of the state of now.
func (r *listRefresh) fresh(ctx context.Context) (bool, error) {
	var list, counts uint64
	err := r.conn.QueryRow(ctx, `SELECT
		(SELECT count() FROM (SELECT data_state FROM posting_list WHERE tagger_version = {version:String} LIMIT 1) WHERE data_state = {state:String})
			+ (SELECT count() FROM posting_counts WHERE tagger_version = {version:String} AND of = 'total' AND data_state = {state:String} AND postings = 0),
		(SELECT count() FROM posting_counts WHERE tagger_version = {version:String} AND of = 'total' AND data_state = {state:String})`,
		r.args()...).Scan(&list, &counts)
	if err != nil {
		return false, fmt.Errorf("look how old the list of postings is: %w", serverError(err))
	}
	return list > 0 && counts > 0, nil
}

func (r *listRefresh) make(ctx context.Context, at int64) error {
	for table, definition := range listTables {
		if err := r.execute(ctx, "CREATE TABLE "+r.scratch(table)+" {{.OnCluster}} "+definition); err != nil {
			return fmt.Errorf("make room for %s: %w", table, serverError(err))
		}
	}
	parts, err := r.refreshParts(ctx)
	if err != nil {
		return err
	}
	for part := range parts {
		if err := r.run(ctx, listSQL, clickhouse.Named("parts", parts), clickhouse.Named("part", part)); err != nil {
			return err
		}
	}
	for part := range listCountParts {
		for _, statement := range []string{rolesSQL, skillsSQL} {
			if err := r.run(ctx, statement, clickhouse.Named("parts", uint64(listCountParts)), clickhouse.Named("part", uint64(part))); err != nil {
				return err
			}
		}
	}
	if err := r.run(ctx, totalSQL, clickhouse.Named("at", at)); err != nil {
		return err
	}
	if err := r.place(ctx, "posting_list", "list"); err != nil {
		return err
	}
	return r.place(ctx, "posting_counts", "sums")
}

// refreshParts is how many parts a refresh reads everything in.
func (s *Store) refreshParts(ctx context.Context) (uint64, error) {
	var readings uint64
	if err := s.conn.QueryRow(ctx, "SELECT count() FROM posting_versions").Scan(&readings); err != nil {
		return 0, fmt.Errorf("count readings: %w", serverError(err))
	}
	return 1 + readings/cmp.Or(s.partRows, partRows), nil
}

// place puts the rows of a scratch table in the place of those of this tagger version, also where there are none.
func (r *listRefresh) place(ctx context.Context, table, scratch string) error {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"allow_replace_partition_from_empty_source": 1}))
	err := r.conn.Exec(ctx, "ALTER TABLE "+table+" "+r.onCluster()+" REPLACE PARTITION "+quoteString(r.version)+" FROM "+r.scratch(scratch))
	if err != nil {
		return fmt.Errorf("put %s in place: %w", table, serverError(err))
	}
	return nil
}

func (r *listRefresh) args(more ...any) []any {
	return append(more, clickhouse.Named("version", r.version), clickhouse.Named("state", r.state))
}

// run fills the names of the scratch tables in. What is larger than some hundred megabytes goes to disk.
func (r *listRefresh) run(ctx context.Context, statement string, args ...any) error {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"max_bytes_before_external_group_by": 500_000_000,
		"max_bytes_before_external_sort":     500_000_000,
		"join_algorithm":                     "grace_hash,hash",
	}))
	for table := range listTables {
		statement = strings.ReplaceAll(statement, "{"+table+"}", r.scratch(table))
	}
	if err := r.conn.Exec(ctx, statement, r.args(args...)...); err != nil {
		return serverError(err)
	}
	return nil
}

func (r *listRefresh) scratch(table string) string { return "scratch_list_" + r.id + "_" + table }

func (r *listRefresh) drop(ctx context.Context, table string) error {
	if err := r.execute(ctx, "DROP TABLE IF EXISTS "+r.scratch(table)+" {{.OnCluster}} SYNC"); err != nil {
		return fmt.Errorf("drop %s: %w", r.scratch(table), serverError(err))
	}
	return nil
}
