package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// How the rollups stay true to the base rows, whoever is killed when.
//
// A refresh takes a snapshot of all vacancies, and from it a fingerprint of every month: a hash of all that
// the month's rows depend on, and of nothing else. Months whose fingerprint differs from the one that
// rollup_months has are built in scratch tables, put in place a table at a time with REPLACE PARTITION, and
// only then recorded. What was killed in between is not recorded, and done again. Two refreshes at once
// may put partitions of different snapshots in place side by side; each row carries the fingerprint of its
// build, so the next refresh finds partitions that differ from what is recorded, and builds them again.

// rollupBuild is raised by hand when the statements that build rollups change their meaning: every month
// is then built anew.
const rollupBuild = 1

const (
	// Of the rule in docs/measures.md: under how many roles a paragraph stands that is boilerplate, anywhere
	// outside of what is asked for or to be done, and anywhere at one employer.
	boilerplateRolesMin           = 2
	boilerplateRolesOfEmployerMin = 4
)

const (
	// chunkRowsMax is how many vacancies of months are built together: with 25 mentions each, some hundred
	// megabytes. A month is never divided.
	chunkRowsMax = 250_000
	// chunkMonthsMax stays below the hundred partitions that ClickHouse lets one insert write.
	chunkMonthsMax = 60
	// scratchLife is how long a refresh can possibly take: older scratch tables were left behind.
	scratchLife = 24 * time.Hour
)

// Refreshed says what a refresh found and did.
type Refreshed struct {
	TaggerVersion string
	Months        int           // that the rollups have now
	Built         []time.Time   // months that were built anew, in order
	Dropped       []time.Time   // months of which nothing is left, in order
	Took          time.Duration // by the store's clock
}

// rollup is one refresh at work.
type rollup struct {
	*Store
	version string
	id      string // of its scratch tables
}

// Refresh brings the rollups of the active tagger version up to date with the base rows. It builds the months
// that what was stored since has touched, and no others; when nothing was stored it costs one query. Any
// number of processes may refresh at once, and any of them may be killed.
func (s *Store) Refresh(ctx context.Context) (Refreshed, error) {
	version, err := s.ActiveVersion(ctx)
	if err != nil || version == "" {
		return Refreshed{}, err
	}
	return s.RefreshVersion(ctx, version)
}

// RefreshVersion is Refresh for a tagger version that need not be the active one: what is to be switched to is
// built before.
func (s *Store) RefreshVersion(ctx context.Context, version string) (Refreshed, error) {
	s.refreshing.Lock()
	defer s.refreshing.Unlock()
	out, began := Refreshed{TaggerVersion: version}, s.cfg.Now()
	state, err := s.dataState(ctx)
	if err != nil {
		return out, err
	}
	r := &rollup{s, version, strings.ToLower(rand.Text()[:12])}
	if fresh, months, err := r.isFresh(ctx, state); fresh || err != nil {
		out.Months = months
		return out, err
	}
	err = r.refresh(ctx, &out)
	// A context that ended must not leave tables behind.
	err = errors.Join(err, r.dropScratch(context.WithoutCancel(ctx)))
	if err != nil {
		return out, fmt.Errorf("refresh the rollups: %w", err)
	}
	err = s.conn.Exec(ctx, `INSERT INTO rollup_refreshes (refreshed_at, tagger_version, data_state, build)
		SELECT fromUnixTimestamp64Milli({at:Int64}), {version:String}, {state:String}, {build:UInt32}`,
		clickhouse.Named("at", began.UnixMilli()), clickhouse.Named("version", version), clickhouse.Named("state", state), clickhouse.Named("build", uint32(rollupBuild)))
	if err != nil {
		return out, fmt.Errorf("record the refresh: %w", serverError(err))
	}
	out.Took = s.cfg.Now().Sub(began)
	return out, nil
}

// dataState changes whenever a row is written that the rollups may depend on. It is the number of the last
// block of each table, which merges do not change.
func (s *Store) dataState(ctx context.Context) (string, error) {
	var state string
	err := s.conn.QueryRow(ctx, `SELECT arrayStringConcat(arraySort(groupArray(concat(table, ' ', toString(last)))), ', ')
		FROM
		(
			SELECT table, max(max_block_number) AS last FROM system.parts
			WHERE database = currentDatabase() AND active AND table IN ('posting_versions', 'posting_skills', 'spells', 'tagger_versions')
			GROUP BY table
		)`).Scan(&state)
	if err != nil {
		return "", fmt.Errorf("look for new rows: %w", serverError(err))
	}
	return state, nil
}

// isFresh reports whether nothing was stored since the last refresh, and how many months there are.
func (r *rollup) isFresh(ctx context.Context, state string) (bool, int, error) {
	var known, months uint64
	err := r.conn.QueryRow(ctx, `SELECT
		(SELECT count() FROM rollup_refreshes FINAL WHERE tagger_version = {version:String} AND data_state = {state:String} AND build = {build:UInt32}),
		(SELECT count() FROM rollup_months FINAL WHERE tagger_version = {version:String} AND vacancies > 0)`,
		clickhouse.Named("version", r.version), clickhouse.Named("state", state), clickhouse.Named("build", uint32(rollupBuild))).Scan(&known, &months)
	if err != nil {
		return false, 0, fmt.Errorf("read the state of the rollups: %w", serverError(err))
	}
	return known > 0, int(months), nil
}

// monthState is what a month is, or would be, built from.
type monthState struct {
	Month       time.Time `ch:"month"`
	Vacancies   uint64    `ch:"vacancies"`
	Fingerprint uint64    `ch:"fingerprint"`
}

func (r *rollup) refresh(ctx context.Context, out *Refreshed) error {
	if err := r.dropLeft(ctx); err != nil {
		return err
	}
	if err := r.createScratch(ctx, "vacancies"); err != nil {
		return err
	}
	if err := r.run(ctx, snapshotSQL); err != nil {
		return fmt.Errorf("read the vacancies: %w", err)
	}
	var now []monthState
	if err := r.read(ctx, &now, fingerprintsSQL); err != nil {
		return fmt.Errorf("compare the months: %w", err)
	}
	then, err := r.recorded(ctx)
	if err != nil {
		return err
	}
	touched := slices.DeleteFunc(slices.Clone(now), func(m monthState) bool {
		f, ok := then[m.Month]
		return ok && f == m.Fingerprint
	})
	for _, m := range now {
		delete(then, m.Month)
	}
	if err := r.drop(ctx, slices.SortedFunc(maps.Keys(then), time.Time.Compare), out); err != nil {
		return err
	}
	for _, chunk := range rollupChunks(touched) {
		if err := r.build(ctx, chunk, out); err != nil {
			return fmt.Errorf("build %d months from %s: %w", len(chunk), chunk[0].Month.Format("2006-01"), err)
		}
	}
	out.Months = len(now)
	return nil
}

// recorded are the fingerprints of the months that are in place. A month whose tables do not all have the
// recorded one has none.
func (r *rollup) recorded(ctx context.Context) (map[time.Time]uint64, error) {
	var rows []struct {
		Month time.Time `ch:"month"`
		Seen  []uint64  `ch:"seen"` // by table: record, then the three rollups
	}
	err := r.read(ctx, &rows, `SELECT month, groupUniqArray(fingerprint) AS seen
		FROM
		(
			SELECT month, fingerprint FROM rollup_months FINAL WHERE tagger_version = {version:String} AND fingerprint != 0
			UNION ALL SELECT month, arrayJoin([min(fingerprint), max(fingerprint)]) FROM vacancy_months WHERE tagger_version = {version:String} GROUP BY month
			UNION ALL SELECT month, arrayJoin([min(fingerprint), max(fingerprint)]) FROM employer_skill_months WHERE tagger_version = {version:String} GROUP BY month
			UNION ALL SELECT month, arrayJoin([min(fingerprint), max(fingerprint)]) FROM role_skill_months WHERE tagger_version = {version:String} GROUP BY month
		)
		GROUP BY month`)
	if err != nil {
		return nil, fmt.Errorf("read the months: %w", err)
	}
	out := map[time.Time]uint64{}
	for _, row := range rows {
		out[row.Month] = 0
		if len(row.Seen) == 1 {
			out[row.Month] = row.Seen[0]
		}
	}
	return out, nil
}

// rollupChunks divides months into those that are built together.
func rollupChunks(months []monthState) [][]monthState {
	var out [][]monthState
	room := uint64(0)
	for _, m := range months {
		last := len(out) - 1
		if last < 0 || m.Vacancies > room || len(out[last]) == chunkMonthsMax {
			out, room, last = append(out, nil), max(chunkRowsMax, m.Vacancies), last+1
		}
		out[last], room = append(out[last], m), room-m.Vacancies
	}
	return out
}

// placed are the tables that a month is put in place in.
var placed = []string{"vacancy_months", "employer_skill_months", "role_skill_months"}

// build builds some months in scratch tables and puts each in place.
func (r *rollup) build(ctx context.Context, chunk []monthState, out *Refreshed) error {
	months, fingerprints := make([]string, len(chunk)), make([]uint64, len(chunk))
	for i, m := range chunk {
		months[i], fingerprints[i] = m.Month.Format(time.DateOnly), m.Fingerprint
	}
	of := []any{
		clickhouse.Named("months", months), clickhouse.Named("fingerprints", fingerprints),
		clickhouse.Named("roles_min", uint8(boilerplateRolesMin)), clickhouse.Named("roles_of_employer_min", uint8(boilerplateRolesOfEmployerMin)),
	}
	for _, table := range append([]string{"mentions", "boilerplate"}, placed...) {
		if err := r.createScratch(ctx, table); err != nil {
			return err
		}
	}
	for _, statement := range []string{mentionsSQL, boilerplateSQL, vacancyMonthsSQL, employerMonthsSQL, roleMonthsSQL} {
		if err := r.run(ctx, statement, of...); err != nil {
			return err
		}
	}
	for _, m := range chunk {
		for _, table := range placed {
			if err := r.fail("place " + table); err != nil {
				return err
			}
			err := r.conn.Exec(ctx, r.sql("ALTER TABLE "+table+" "+r.onCluster()+" REPLACE PARTITION "+r.partition(m.Month)+" FROM {"+table+"}"))
			if err != nil {
				return fmt.Errorf("put %s of %s in place: %w", table, m.Month.Format("2006-01"), serverError(err))
			}
		}
		if err := r.fail("record"); err != nil {
			return err
		}
		if err := r.record(ctx, m); err != nil {
			return err
		}
		out.Built = append(out.Built, m.Month)
	}
	return nil
}

// record says what a month was built from, once it is in place.
func (r *rollup) record(ctx context.Context, m monthState) error {
	err := r.conn.Exec(ctx, `INSERT INTO rollup_months (tagger_version, month, fingerprint, built_at, vacancies, mentions, boilerplate)
		SELECT {version:String}, {month:Date}, {fingerprint:UInt64}, fromUnixTimestamp64Milli({at:Int64}), count(), sum(length(skills)), sum(length(boilerplate_skills))
		FROM vacancy_months WHERE tagger_version = {version:String} AND month = {month:Date} AND fingerprint = {fingerprint:UInt64}`,
		clickhouse.Named("version", r.version), clickhouse.Named("month", m.Month.Format(time.DateOnly)), clickhouse.Named("fingerprint", m.Fingerprint),
		clickhouse.Named("at", r.cfg.Now().UnixMilli()))
	if err != nil {
		return fmt.Errorf("record %s: %w", m.Month.Format("2006-01"), serverError(err))
	}
	return nil
}

// drop takes months away that nothing is left of, those first that are recorded.
func (r *rollup) drop(ctx context.Context, months []time.Time, out *Refreshed) error {
	for _, month := range months {
		for _, table := range placed {
			if err := r.conn.Exec(ctx, "ALTER TABLE "+table+" "+r.onCluster()+" DROP PARTITION "+r.partition(month)); err != nil {
				return fmt.Errorf("drop %s of %s: %w", table, month.Format("2006-01"), serverError(err))
			}
		}
		err := r.conn.Exec(ctx, `INSERT INTO rollup_months (tagger_version, month, fingerprint, built_at, vacancies)
			SELECT {version:String}, {month:Date}, 0, fromUnixTimestamp64Milli({at:Int64}), 0`,
			clickhouse.Named("version", r.version), clickhouse.Named("month", month.Format(time.DateOnly)), clickhouse.Named("at", r.cfg.Now().UnixMilli()))
		if err != nil {
			return fmt.Errorf("record that nothing is left of %s: %w", month.Format("2006-01"), serverError(err))
		}
		out.Dropped = append(out.Dropped, month)
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

// fail is where a test has a refresh be killed.
func (r *rollup) fail(before string) error {
	if r.failing == nil {
		return nil
	}
	return r.failing(before)
}
