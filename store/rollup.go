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
// A refresh takes a snapshot of vacancies, and from it a fingerprint of every month: a hash of all that
// the month's rows depend on, and of nothing else. Months whose fingerprint differs from the one that
// rollup_months has are built in scratch tables, put in place a table at a time with REPLACE PARTITION, and
// only then recorded. What was killed in between is not recorded, and done again. Two refreshes at once
// may put partitions of different snapshots in place side by side; each row carries the fingerprint of its
// build, so the next refresh finds partitions that differ from what is recorded, and builds them again.
// Of which vacancies the snapshot has to be, rollup_changed.go says.

// rollupBuild is raised by hand when the statements that build rollups change their meaning: every month
// is then built anew.
const rollupBuild = 6

const (
	// Of the rule in docs/measures.md: under how many roles a paragraph stands that is boilerplate, anywhere
	// outside of what is asked for or to be done, and anywhere at one employer; and in how many vacancies, where it
	// speaks of the employer.
	boilerplateRolesMin           = 2
	boilerplateRolesOfEmployerMin = 4
	boilerplateVacanciesMin       = 2
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
	Whole         bool          // all base rows were read, not only what belongs to those written since the last refresh
	Built         []time.Time   // months that were built anew, in order
	Measured      []time.Time   // months that only the similarities were computed anew of, in order
	Dropped       []time.Time   // months of which nothing is left, in order
	Took          time.Duration // by the store's clock
}

// rollup is one refresh at work.
type rollup struct {
	*Store
	version string
	id      string // of its scratch tables
	records int64  // months it has recorded
}

// Refresh brings the rollups of the active tagger version, and its list of postings, up to date with the base rows. It builds the months
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
	if err := s.refreshBoards(ctx); err != nil {
		return out, err
	}
	if err := s.refreshList(ctx, version, state); err != nil {
		return out, err
	}
	r := &rollup{Store: s, version: version, id: strings.ToLower(rand.Text()[:12])}
	if fresh, months, err := r.isFresh(ctx, state); fresh || err != nil {
		out.Months = months
		return out, err
	}
	before, err := r.monthsState(ctx)
	if err != nil {
		return out, err
	}
	err = r.refresh(ctx, before, &out)
	// A context that ended must not leave tables behind.
	err = errors.Join(err, r.dropScratch(context.WithoutCancel(ctx)))
	if err != nil {
		return out, fmt.Errorf("refresh the rollups: %w", err)
	}
	after, err := r.monthsState(ctx)
	if err != nil {
		return out, err
	}
	if after != before+r.records { // somebody else recorded months, of a snapshot of his own
		after = monthsUnknown
	}
	err = r.run(ctx, `INSERT INTO rollup_refreshes (refreshed_at, tagger_version, data_state, similarity, build, months_state)
		SELECT fromUnixTimestamp64Milli({at:Int64}), {version:String}, {state:String}, {similarity:String}, {build:UInt32}, {months:Int64}`,
		append(r.refreshState(state), clickhouse.Named("at", began.UnixMilli()), clickhouse.Named("months", after))...)
	if err != nil {
		return out, fmt.Errorf("record the refresh: %w", err)
	}
	out.Took = s.cfg.Now().Sub(began)
	return out, nil
}

// dataState changes whenever a row is written that the rollups may depend on.
func (s *Store) dataState(ctx context.Context) (string, error) {
	return s.tablesState(ctx, "posting_versions", "posting_skills", "spells", "tagger_versions")
}

// tablesState changes whenever a row is written to one of the tables. It is the number of the last block of each,
// which merges do not change.
func (s *Store) tablesState(ctx context.Context, tables ...string) (string, error) {
	blocks, err := s.lastBlocks(ctx, tables...)
	if err != nil {
		return "", err
	}
	parts := make([]string, 0, len(blocks))
	for _, table := range slices.Sorted(maps.Keys(blocks)) {
		parts = append(parts, fmt.Sprintf("%s %d", table, blocks[table]))
	}
	return strings.Join(parts, ", "), nil
}

// refreshState is what a refresh that is up to date has recorded: a row of rollup_refreshes.
func (r *rollup) refreshState(state string) []any {
	similarity := ""
	if r.cfg.Measure != nil {
		similarity = r.cfg.Measure.Version
	}
	return []any{clickhouse.Named("state", state), clickhouse.Named("similarity", similarity)}
}

// isFresh reports whether nothing was stored since the last refresh, and how many months there are. A store
// without a measure takes what one with a measure has made.
func (r *rollup) isFresh(ctx context.Context, state string) (bool, int, error) {
	var known, months uint64
	err := r.conn.QueryRow(ctx, `SELECT
		(SELECT count() FROM rollup_refreshes FINAL WHERE tagger_version = {version:String} AND data_state = {state:String} AND build = {build:UInt32}
			AND ({similarity:String} = '' OR similarity = {similarity:String})),
		(SELECT count() FROM rollup_months FINAL WHERE tagger_version = {version:String} AND vacancies > 0)`,
		r.with(r.refreshState(state))...).Scan(&known, &months)
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

func (r *rollup) refresh(ctx context.Context, monthsState int64, out *Refreshed) error {
	if err := r.dropLeft(ctx); err != nil {
		return err
	}
	p, err := r.plan(ctx, monthsState)
	if err != nil {
		return err
	}
	out.Whole = p.whole
	if err := r.drop(ctx, p.gone, p.records, out); err != nil {
		return err
	}
	for _, chunk := range rollupChunks(p.touched) {
		if err := r.build(ctx, chunk, p.records, out); err != nil {
			return fmt.Errorf("build %d months from %s: %w", len(chunk), chunk[0].Month.Format("2006-01"), err)
		}
	}
	for _, m := range p.measured {
		if err := r.finish(ctx, m); err != nil {
			return err
		}
		out.Measured = append(out.Measured, m.Month)
	}
	out.Months = p.months
	return nil
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

// placed are the tables that a month is put in place in, beside its similarities.
var placed = []string{"vacancy_months", "employer_skill_months", "role_skill_months"}

// build builds some months in scratch tables and puts each in place.
func (r *rollup) build(ctx context.Context, chunk []monthState, records map[time.Time]monthRecord, out *Refreshed) error {
	months, fingerprints := make([]string, len(chunk)), make([]uint64, len(chunk))
	for i, m := range chunk {
		months[i], fingerprints[i] = m.Month.Format(time.DateOnly), m.Fingerprint
	}
	of := []any{
		clickhouse.Named("months", months), clickhouse.Named("fingerprints", fingerprints),
		clickhouse.Named("roles_min", uint8(boilerplateRolesMin)), clickhouse.Named("vacancies_min", uint8(boilerplateVacanciesMin)), clickhouse.Named("roles_of_employer_min", uint8(boilerplateRolesOfEmployerMin)),
	}
	for _, table := range append([]string{"mentions", "shared", "own", "left_out"}, placed...) {
		if err := r.createScratch(ctx, table); err != nil {
			return err
		}
	}
	for _, statement := range []string{mentionsSQL, sharedSQL, ownSQL, leftOutSQL, vacancyMonthsSQL, employerMonthsSQL, roleMonthsSQL} {
		if err := r.run(ctx, statement, of...); err != nil {
			return err
		}
	}
	withStarts, err := r.buildStarts(ctx, of)
	if err != nil {
		return err
	}
	var sizes []monthRecord
	if err := r.read(ctx, &sizes, "SELECT month, count() AS vacancies, sum(length(skills)) AS mentions, sum(length(boilerplate_skills)) AS boilerplate FROM {vacancy_months} GROUP BY month"); err != nil {
		return err
	}
	for _, m := range chunk {
		if err := r.placeStarts(ctx, m.Month, withStarts); err != nil {
			return err
		}
		for _, table := range placed {
			if err := r.place(ctx, table, m.Month); err != nil {
				return err
			}
		}
		record := records[m.Month]
		record.Month, record.Fingerprint, record.BuiltAt = m.Month, m.Fingerprint, r.cfg.Now()
		for _, size := range sizes {
			if size.Month.Equal(m.Month) {
				record.Vacancies, record.Mentions, record.Boilerplate = size.Vacancies, size.Mentions, size.Boilerplate
			}
		}
		if err := r.finish(ctx, record); err != nil {
			return err
		}
		out.Built = append(out.Built, m.Month)
	}
	return nil
}

// finish computes the similarities of a month that is in place, and records it.
func (r *rollup) finish(ctx context.Context, m monthRecord) error {
	if err := r.similar(ctx, &m); err != nil {
		return err
	}
	return r.record(ctx, m)
}

// place puts the partition of a month that was built in scratch into its table, in one step.
func (r *rollup) place(ctx context.Context, table string, month time.Time) error {
	if err := r.fail("place " + table); err != nil {
		return err
	}
	err := r.execute(ctx, r.sql("ALTER TABLE "+table+" {{.OnCluster}} REPLACE PARTITION "+r.partition(month)+" FROM {"+table+"}"))
	if err != nil {
		return fmt.Errorf("put %s of %s in place: %w", table, month.Format("2006-01"), serverError(err))
	}
	return nil
}

// record says what a month was built from, once it is in place.
func (r *rollup) record(ctx context.Context, m monthRecord) error {
	if err := r.fail("record"); err != nil {
		return err
	}
	r.records++
	revised := m.RevisedAt.UnixMilli()
	if m.Revision == 0 {
		revised = 0
	}
	err := r.run(ctx, `INSERT INTO rollup_months (tagger_version, month, fingerprint, built_at, vacancies, mentions, boilerplate, similarity, revision, revised_at)
		SELECT {version:String}, {month:Date}, {fingerprint:UInt64}, fromUnixTimestamp64Milli({at:Int64}), {vacancies:UInt64}, {mentions:UInt64}, {boilerplate:UInt64},
			{similarity:String}, {revision:UInt32}, fromUnixTimestamp64Milli({revised:Int64})`,
		clickhouse.Named("month", m.Month.Format(time.DateOnly)), clickhouse.Named("fingerprint", m.Fingerprint), clickhouse.Named("at", m.BuiltAt.UnixMilli()),
		clickhouse.Named("vacancies", m.Vacancies), clickhouse.Named("mentions", m.Mentions), clickhouse.Named("boilerplate", m.Boilerplate),
		clickhouse.Named("similarity", m.Similarity), clickhouse.Named("revision", m.Revision), clickhouse.Named("revised", revised))
	if err != nil {
		return fmt.Errorf("record %s: %w", m.Month.Format("2006-01"), err)
	}
	return nil
}

// drop takes months away that nothing is left of. The revisions of their similarities stay.
func (r *rollup) drop(ctx context.Context, months []time.Time, records map[time.Time]monthRecord, out *Refreshed) error {
	for _, month := range months {
		for _, table := range append([]string{startsTable}, placed...) {
			if err := r.dropPartition(ctx, table, month); err != nil {
				return err
			}
		}
		record := records[month]
		err := r.record(ctx, monthRecord{Month: month, BuiltAt: r.cfg.Now(), Revision: record.Revision, RevisedAt: record.RevisedAt})
		if err != nil {
			return err
		}
		out.Dropped = append(out.Dropped, month)
	}
	return nil
}

// fail is where a test has a refresh be killed.
func (r *rollup) fail(before string) error {
	if r.failing == nil {
		return nil
	}
	return r.failing(before)
}
