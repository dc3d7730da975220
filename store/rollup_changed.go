package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// What a refresh reads. The first one of a tagger version reads everything. A later one knows from the number of
// the block that a row was written in which adverts have rows that the last one has not seen; the vacancies that
// these are of now, and those that they were of in the months that are in place, are all that may have changed.
// With their hashes in the place of the old ones the fingerprints of all months follow from the rows that are in
// place. To build the months that differ, the other vacancies of them are read as well.
//
// That holds as long as the months in place are those of the refresh that is recorded. Where their fingerprints
// are not the recorded ones, where a month was recorded that this refresh did not count, and on a cluster, whose
// blocks may be seen in another order than that of their numbers, everything is read.

const (
	// monthsUnknown is recorded in the place of the number of rollup_months' last block when another refresh may have
	// put months in place meanwhile.
	monthsUnknown = -1
	// changedPostingsMax is how many adverts may have changed before everything is read: their ids, and those of their
	// vacancies, are held in memory.
	changedPostingsMax = 300_000
)

// rollupPlan is what a refresh found that has to be done.
type rollupPlan struct {
	months   int           // that there are
	whole    bool          // all vacancies were read
	touched  []monthState  // to be built
	measured []monthRecord // in place, but their similarities are not of this program's measure
	gone     []time.Time   // in place, and nothing is left of them
	records  map[time.Time]monthRecord
}

// monthsState is the number of the last block of rollup_months: every record that is written has the next one.
func (s *Store) monthsState(ctx context.Context) (int64, error) {
	blocks, err := s.lastBlocks(ctx, "rollup_months")
	return blocks["rollup_months"], err
}

// lastBlocks are the numbers of the last block of tables; of an empty one it is absent.
func (s *Store) lastBlocks(ctx context.Context, tables ...string) (map[string]int64, error) {
	var rows []struct {
		Table string `ch:"table"`
		Last  int64  `ch:"last"`
	}
	err := s.conn.Select(ctx, &rows, `SELECT table, max(max_block_number) AS last FROM system.parts
		WHERE database = currentDatabase() AND active AND table IN {tables:Array(String)} GROUP BY table`, clickhouse.Named("tables", tables))
	if err != nil {
		return nil, fmt.Errorf("look for new rows: %w", serverError(err))
	}
	out := map[string]int64{}
	for _, r := range rows {
		out[r.Table] = r.Last
	}
	return out, nil
}

// plan takes the snapshot and compares the months. The scratch table of vacancies then has all vacancies of the
// months that are to be built.
func (r *rollup) plan(ctx context.Context, monthsState int64) (rollupPlan, error) {
	some, err := r.findChanged(ctx, monthsState)
	if err != nil {
		return rollupPlan{}, err
	}
	if some {
		p, sound, err := r.planChanged(ctx)
		if sound || err != nil {
			return p, err
		}
	}
	if err := r.snapshotAll(ctx); err != nil {
		return rollupPlan{}, err
	}
	var now []monthState
	if err := r.read(ctx, &now, fingerprintsSQL); err != nil {
		return rollupPlan{}, fmt.Errorf("compare the months: %w", err)
	}
	in, records, _, err := r.recorded(ctx)
	if err != nil {
		return rollupPlan{}, err
	}
	p := r.compare(now, in, records)
	p.whole = true
	return p, nil
}

// planChanged is plan where only some vacancies may have changed. It is not sound when what is in place is not
// what is recorded.
func (r *rollup) planChanged(ctx context.Context) (rollupPlan, bool, error) {
	if err := r.snapshot(ctx, snapshotChangedSQL); err != nil {
		return rollupPlan{}, false, err
	}
	var now []monthState
	if err := r.read(ctx, &now, fingerprintsChangedSQL); err != nil {
		return rollupPlan{}, false, fmt.Errorf("compare the months: %w", err)
	}
	in, records, sound, err := r.recorded(ctx)
	if err != nil || !sound {
		return rollupPlan{}, false, err
	}
	p := r.compare(now, in, records)
	if len(p.touched) == 0 {
		return p, true, nil
	}
	months := make([]string, len(p.touched))
	for i, m := range p.touched {
		months[i] = m.Month.Format(time.DateOnly)
	}
	// What is written from here on is of the next refresh, which will find these vacancies changed.
	for _, statement := range []string{widenSQL, membersSQL} {
		if err := r.run(ctx, statement, clickhouse.Named("months", months)); err != nil {
			return rollupPlan{}, false, fmt.Errorf("look for the vacancies of touched months: %w", err)
		}
	}
	if err := r.snapshot(ctx, snapshotChangedSQL); err != nil {
		return rollupPlan{}, false, err
	}
	p.touched = nil
	if err := r.read(ctx, &p.touched, fingerprintsTouchedSQL, clickhouse.Named("months", months)); err != nil {
		return rollupPlan{}, false, fmt.Errorf("compare the months: %w", err)
	}
	_, _, sound, err = r.recorded(ctx)
	return p, sound, err
}

// snapshotAll reads all vacancies, a part at a time.
func (r *rollup) snapshotAll(ctx context.Context) error {
	if err := r.createScratch(ctx, "vacancies"); err != nil {
		return err
	}
	parts, err := r.refreshParts(ctx)
	if err != nil {
		return err
	}
	for part := range parts {
		if err := r.run(ctx, snapshotSQL, clickhouse.Named("parts", parts), clickhouse.Named("part", part)); err != nil {
			return fmt.Errorf("read the vacancies: %w", err)
		}
	}
	return nil
}

func (r *rollup) snapshot(ctx context.Context, statement string) error {
	if err := r.createScratch(ctx, "vacancies"); err != nil {
		return err
	}
	if err := r.run(ctx, statement); err != nil {
		return fmt.Errorf("read the vacancies: %w", err)
	}
	return nil
}

// findChanged finds the vacancies that may have changed since the last refresh, and the adverts of them; false
// when these may be any.
func (r *rollup) findChanged(ctx context.Context, monthsState int64) (bool, error) {
	if r.cfg.Cluster != "" {
		return false, nil
	}
	var last []struct {
		State  string `ch:"data_state"`
		Months int64  `ch:"months_state"`
	}
	err := r.read(ctx, &last, "SELECT data_state, months_state FROM rollup_refreshes FINAL WHERE tagger_version = {version:String} AND build = {build:UInt32}")
	if err != nil {
		return false, fmt.Errorf("read the state of the rollups: %w", err)
	}
	if len(last) == 0 || last[0].Months != monthsState || monthsState == 0 {
		return false, nil
	}
	since, ok := parseState(last[0].State)
	if !ok {
		return false, nil
	}
	for _, table := range []string{"touched", "changed", "members"} {
		if err := r.createScratch(ctx, table); err != nil {
			return false, err
		}
	}
	err = r.run(ctx, touchedSQL, clickhouse.Named("since_spells", since["spells"]),
		clickhouse.Named("since_versions", since["posting_versions"]), clickhouse.Named("since_skills", since["posting_skills"]))
	if err != nil {
		return false, fmt.Errorf("look for new rows: %w", err)
	}
	var size []struct {
		N uint64 `ch:"n"`
	}
	if err := r.read(ctx, &size, "SELECT count() AS n FROM {touched}"); err != nil || size[0].N > changedPostingsMax {
		return false, err
	}
	for _, statement := range []string{changedSQL, membersSQL} {
		if err := r.run(ctx, statement); err != nil {
			return false, fmt.Errorf("look for the vacancies of new rows: %w", err)
		}
	}
	return true, nil
}

// compare tells the months that are to be built, and what else is to be done.
func (r *rollup) compare(now []monthState, inPlace map[time.Time]uint64, records map[time.Time]monthRecord) rollupPlan {
	p := rollupPlan{months: len(now), records: records}
	gone := maps.Clone(inPlace)
	for _, m := range now {
		f, ok := gone[m.Month]
		delete(gone, m.Month)
		if !ok || f != m.Fingerprint {
			p.touched = append(p.touched, m)
		} else if r.cfg.Measure != nil && records[m.Month].Similarity != r.cfg.Measure.Version {
			p.measured = append(p.measured, records[m.Month])
		}
	}
	p.gone = slices.SortedFunc(maps.Keys(gone), time.Time.Compare)
	return p
}

// parseState reads what dataState has written.
func parseState(state string) (map[string]int64, bool) {
	out := map[string]int64{}
	for _, part := range strings.Split(state, ", ") {
		table, number, ok := strings.Cut(part, " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if !ok || err != nil {
			return nil, false
		}
		out[table] = n
	}
	return out, true
}

// recorded are the fingerprints of the months that are in place, and what is recorded of months. A month whose
// tables do not all have the recorded fingerprint has none; without such ones all is sound.
func (r *rollup) recorded(ctx context.Context) (map[time.Time]uint64, map[time.Time]monthRecord, bool, error) {
	var list []monthRecord
	err := r.read(ctx, &list, `SELECT month, fingerprint, built_at, vacancies, mentions, boilerplate, similarity, revision, revised_at
		FROM rollup_months FINAL WHERE tagger_version = {version:String}`)
	if err != nil {
		return nil, nil, false, fmt.Errorf("read the months: %w", err)
	}
	var built []struct {
		Month        time.Time `ch:"month"`
		Tables       uint64    `ch:"tables"`
		Starts       int64     `ch:"starts"`
		Fingerprints []uint64  `ch:"fingerprints"`
	}
	err = r.read(ctx, &built, `SELECT month, sum(tables) AS tables, sum(starts) AS starts, arrayDistinct(arrayFlatten(groupArray(seen))) AS fingerprints
		FROM
		(
			SELECT month, 1 AS tables, toInt64(countIf(is_new)) AS starts, [min(fingerprint), max(fingerprint)] AS seen FROM vacancy_months WHERE tagger_version = {version:String} GROUP BY month
			UNION ALL SELECT month, 0, -toInt64(count()), [min(fingerprint), max(fingerprint)] FROM vacancy_starts WHERE tagger_version = {version:String} GROUP BY month
			UNION ALL SELECT month, 1, 0, [min(fingerprint), max(fingerprint)] FROM employer_skill_months WHERE tagger_version = {version:String} GROUP BY month
			UNION ALL SELECT month, 1, 0, [min(fingerprint), max(fingerprint)] FROM role_skill_months WHERE tagger_version = {version:String} GROUP BY month
		)
		GROUP BY month`)
	if err != nil {
		return nil, nil, false, fmt.Errorf("read the months: %w", err)
	}
	inPlace, records := map[time.Time]uint64{}, map[time.Time]monthRecord{}
	for _, m := range list {
		records[m.Month] = m
		if m.Vacancies > 0 {
			inPlace[m.Month] = 0 // unless its tables say so
		}
	}
	for _, b := range built {
		inPlace[b.Month] = 0
		if m := records[b.Month]; int(b.Tables) == len(placed) && b.Starts == 0 && len(b.Fingerprints) == 1 && b.Fingerprints[0] == m.Fingerprint && m.Vacancies > 0 {
			inPlace[b.Month] = m.Fingerprint
		}
	}
	sound := true
	for month, fingerprint := range inPlace {
		sound = sound && fingerprint == records[month].Fingerprint && fingerprint != 0
	}
	return inPlace, records, sound, nil
}
