package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Limits of a report: it names what is wrong until a person has enough to start with.
const (
	missingMax = 1000
	// suspectsMax bounds the listed versions that are looked up one by one in the streams. More
	// than that in flight means that the pipeline is still busy, and the report is an early one.
	suspectsMax = 5_000_000
)

// Key names one version of one posting, for Verify's inFlight.
func Key(postingID, contentHash string) string { return postingID + "/" + contentHash }

// VerifyReport is the accounting of every (posting, content hash) that a run listed:
// Listed = Stored + Dead + Unswitched + Pending + Missing.
type VerifyReport struct {
	TaggerVersion  string           `json:"tagger_version"`
	Runs           uint64           `json:"runs"`
	DeadRuns       uint64           `json:"dead_runs"` // runs that are dead letters: what they listed is in no account
	Boards         uint64           `json:"boards"`
	Listed         uint64           `json:"listed"`
	Stored         uint64           `json:"stored"`     // archived, and read by the active tagger with text and skills
	Dead           uint64           `json:"dead"`       // not stored, with a dead letter that is open or dropped
	Unswitched     uint64           `json:"unswitched"` // neither, but archived and read by a version that a replay has still to make the active one
	Pending        uint64           `json:"pending"`    // not stored yet, waiting in a stream
	Missing        uint64           `json:"missing"`
	MissingList    []MissingVersion `json:"missing_versions"` // the first missingMax
	Rejected       uint64           `json:"rejected"`         // postings that runs received and could not use
	Incomplete     []IncompleteRun  `json:"incomplete_list"`  // runs that lack parts or listing entries, the first missingMax
	SpellsChecked  uint64           `json:"spells_checked"`
	SpellsDiffer   uint64           `json:"spells_differ"`
	BoardsDiffer   []string         `json:"boards_differ"` // source/board of stored spells or effects that a fresh fold does not give
	IncompleteRuns uint64           `json:"incomplete_runs"`
}

// OK reports whether everything is accounted for.
func (r VerifyReport) OK() bool {
	return r.Missing == 0 && r.DeadRuns == 0 && r.IncompleteRuns == 0 && r.SpellsDiffer == 0 && len(r.BoardsDiffer) == 0
}

// MissingVersion is a listed version that is nowhere.
type MissingVersion struct {
	PostingID   string   `ch:"posting_id" json:"posting_id"`
	ContentHash string   `ch:"content_hash" json:"content_hash"`
	Source      string   `ch:"source" json:"source"`
	Board       string   `ch:"board" json:"board"`
	ExternalID  string   `ch:"external_id" json:"external_id"`
	Lacks       []string `ch:"lacks" json:"lacks"` // the tables that should have it
}

// IncompleteRun is a run whose listing is not whole, so that it does not count yet.
type IncompleteRun struct {
	RunID  string `ch:"run_id" json:"run_id"`
	Source string `ch:"source" json:"source"`
	Board  string `ch:"board" json:"board"`
	Parts  uint64 `ch:"parts" json:"parts"`
	Have   uint64 `ch:"have" json:"have"`
	Listed uint64 `ch:"listed" json:"listed"` // entries its parts announce
	Found  uint64 `ch:"found" json:"found"`   // entries that are stored
}

// accounts is one row per listed version with where it is found. One pass over narrow columns with
// one GROUP BY, instead of a join per table: a million versions take a few hundred megabytes, and
// beyond that it spills to disk.
const accounts = `SELECT posting_id, content_hash, max(l) AS is_listed, max(r) AS in_raw, max(v) AS in_versions, max(o) AS in_others, max(t) AS in_texts, max(k) AS in_skills, max(d) AS is_dead
	FROM
	(
		SELECT posting_id, content_hash, 1 AS l, 0 AS r, 0 AS v, 0 AS o, 0 AS t, 0 AS k, 0 AS d FROM listings
		UNION ALL SELECT posting_id, content_hash, 0, 1, 0, 0, 0, 0, 0 FROM raw
		UNION ALL SELECT posting_id, content_hash, 0, 0, tagger_version = ` + activeVersion + `, tagger_version != ` + activeVersion + `, 0, 0, 0 FROM posting_versions
		UNION ALL SELECT posting_id, content_hash, 0, 0, 0, 0, 1, 0, 0 FROM posting_texts WHERE tagger_version = ` + activeVersion + `
		UNION ALL SELECT posting_id, content_hash, 0, 0, 0, 0, 0, 1, 0 FROM posting_skills WHERE tagger_version = ` + activeVersion + `
		UNION ALL SELECT posting_id, content_hash, 0, 0, 0, 0, 0, 0, 1 FROM v_dead WHERE posting_id != '' AND state != 'retried'
	)
	GROUP BY posting_id, content_hash
	HAVING is_listed = 1`

// spill lets the accounts of many millions of versions be made in bounded memory.
const spill = " SETTINGS max_bytes_before_external_group_by = 1000000000"

const (
	isStored = "in_raw = 1 AND in_versions = 1 AND in_texts = 1 AND in_skills = 1"
	// isUnswitched is what a newer program, or an older one, has met since the active version's stopped.
	isUnswitched = "in_raw = 1 AND in_versions = 0 AND in_others = 1"
)

// Verify checks the accounting identity: every version that a run listed is stored, dead or in
// flight. inFlight returns the Key of each version that waits in a stream; it is asked after the
// store has been read and what it does not have is looked up in the store once more, so a version
// that moves meanwhile is found in one of the places. It must read the streams in the order in
// which messages travel, and may be nil when nothing is in flight. Verify also folds every board
// afresh and compares.
func (s *Store) Verify(ctx context.Context, inFlight func(context.Context) (map[string]bool, error)) (VerifyReport, error) {
	r := VerifyReport{MissingList: []MissingVersion{}, Incomplete: []IncompleteRun{}, BoardsDiffer: []string{}}
	row := s.conn.QueryRow(ctx, `SELECT `+activeVersion+`, (SELECT uniqExact(run_id) FROM runs), (SELECT sum(rejected) FROM v_runs WHERE rejected > 0),
			(SELECT uniqExact(run_id) FROM v_dead WHERE type = 'run.v1' AND state = 'open'),
			countIf(`+isStored+`), countIf(NOT (`+isStored+`) AND is_dead = 1), countIf(is_dead = 0 AND `+isUnswitched+`)
		FROM (`+accounts+`)`+spill)
	var rejected int64
	if err := row.Scan(&r.TaggerVersion, &r.Runs, &rejected, &r.DeadRuns, &r.Stored, &r.Dead, &r.Unswitched); err != nil {
		return r, fmt.Errorf("verify: account for listed versions: %w", err)
	}
	r.Rejected = uint64(rejected)
	if err := s.verifyMissing(ctx, &r, inFlight); err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	r.Listed = r.Stored + r.Dead + r.Unswitched + r.Pending + r.Missing
	if err := s.verifyRuns(ctx, &r); err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	if err := s.verifySpells(ctx, &r, inFlight != nil); err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	return r, nil
}

// verifyMissing tells pending from missing among the versions that are neither stored nor dead.
func (s *Store) verifyMissing(ctx context.Context, r *VerifyReport, inFlight func(context.Context) (map[string]bool, error)) error {
	suspects, err := s.unaccounted(ctx)
	if err != nil {
		return err
	}
	if len(suspects) == 0 {
		return nil
	}
	pending := map[string]bool{}
	if inFlight != nil {
		if pending, err = inFlight(ctx); err != nil {
			return fmt.Errorf("read what is in flight: %w", err)
		}
	}
	left := map[string]bool{}
	for _, m := range suspects {
		if k := Key(m.PostingID, m.ContentHash); pending[k] {
			r.Pending++
		} else {
			left[k] = true
		}
	}
	if len(left) == 0 {
		return nil
	}
	again, err := s.unaccounted(ctx)
	if err != nil {
		return err
	}
	for _, m := range again {
		if !left[Key(m.PostingID, m.ContentHash)] {
			continue // listed since we began; its payload is on its way
		}
		r.Missing++
		if len(r.MissingList) < missingMax {
			r.MissingList = append(r.MissingList, m)
		}
	}
	r.Stored += uint64(len(left)) - r.Missing // it was stored, or buried, while we looked
	return nil
}

// unaccounted are the listed versions that are neither stored nor dead.
func (s *Store) unaccounted(ctx context.Context) ([]MissingVersion, error) {
	var out []MissingVersion
	err := s.conn.Select(ctx, &out, `SELECT a.posting_id AS posting_id, a.content_hash AS content_hash, any(l.source) AS source, any(l.board) AS board, any(l.external_id) AS external_id,
			any(arrayFilter(x -> x != '', [if(in_raw = 1, '', 'raw'), if(in_versions = 1, '', 'posting_versions'), if(in_texts = 1, '', 'posting_texts'), if(in_skills = 1, '', 'posting_skills')])) AS lacks
		FROM listings AS l INNER JOIN (`+accounts+` AND NOT (`+isStored+`) AND is_dead = 0 AND NOT (`+isUnswitched+`)) AS a ON l.posting_id = a.posting_id AND l.content_hash = a.content_hash
		GROUP BY posting_id, content_hash ORDER BY source, board, external_id, content_hash LIMIT {limit:UInt64}`+spill, clickhouse.Named("limit", uint64(suspectsMax)))
	if err != nil {
		return nil, fmt.Errorf("find versions that are not stored: %w", err)
	}
	return out, nil
}

// verifyRuns finds runs that announce more than is stored.
func (s *Store) verifyRuns(ctx context.Context, r *VerifyReport) error {
	err := s.conn.Select(ctx, &r.Incomplete, `SELECT run_id, source, board, any(r.parts) AS parts, count() AS have, sum(r.part_listed) AS listed, sum(l.found) AS found
		FROM (SELECT run_id, source, board, digest, part, toUInt64(parts) AS parts, toUInt64(part_listed) AS part_listed FROM runs FINAL) AS r
		LEFT JOIN (SELECT source, board, digest, part, count() AS found FROM listings FINAL GROUP BY source, board, digest, part) AS l
			ON r.source = l.source AND r.board = l.board AND r.digest = l.digest AND r.part = l.part
		GROUP BY run_id, source, board, digest
		HAVING have < parts OR found < listed
		ORDER BY source, board, run_id`)
	if err != nil {
		return fmt.Errorf("find incomplete runs: %w", err)
	}
	r.IncompleteRuns = uint64(len(r.Incomplete))
	r.Incomplete = r.Incomplete[:min(len(r.Incomplete), missingMax)]
	return nil
}

// A sink writes a run first and what the run did to its board next. settleLooks and settlePause are
// how often and how far apart Verify looks again at a board that it may have met in between: a fold
// takes milliseconds, seconds on a busy machine.
const (
	settleLooks = 12
	settlePause = 250 * time.Millisecond
)

// verifySpells folds every board afresh and compares with what is stored. With live it looks again
// at what differs, because a sink may be at work.
func (s *Store) verifySpells(ctx context.Context, r *VerifyReport, live bool) error {
	boards, err := s.boards(ctx)
	if err != nil {
		return err
	}
	r.Boards = uint64(len(boards))
	checked, differ, behind, err := s.compareSpells(ctx, boards)
	for look := 0; live && err == nil && len(behind) > 0 && look < settleLooks; look++ {
		timer := time.NewTimer(settlePause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
		_, differ, behind, err = s.compareSpells(ctx, behind)
	}
	if err != nil {
		return err
	}
	r.SpellsChecked, r.SpellsDiffer = checked, differ
	for _, b := range behind {
		r.BoardsDiffer = append(r.BoardsDiffer, b.source+"/"+b.name)
	}
	return nil
}

// compareSpells counts the spells of a fresh fold and those stored otherwise, and names the boards
// whose spells or effects differ, sorted.
func (s *Store) compareSpells(ctx context.Context, boards []board) (checked, differ uint64, behind []board, err error) {
	for batch := range slices.Chunk(boards, foldBoardsMax) {
		parts, err := s.runParts(ctx, batch)
		if err != nil {
			return 0, 0, nil, err
		}
		for _, chunk := range chunks(batch, parts) {
			now, err := s.fresh(ctx, chunk, parts)
			if err != nil {
				return 0, 0, nil, err
			}
			then, err := s.storedLedger(ctx, chunk)
			if err != nil {
				return 0, 0, nil, err
			}
			spells, effects := now.changes(then)
			checked += uint64(len(now.spells))
			differ += uint64(len(spells))
			for _, row := range spells {
				behind = append(behind, board{row.Source, row.Board})
			}
			for _, row := range effects {
				behind = append(behind, board{row.source, row.name})
			}
		}
	}
	slices.SortFunc(behind, func(a, b board) int {
		return cmp.Or(strings.Compare(a.source, b.source), strings.Compare(a.name, b.name))
	})
	return checked, differ, slices.Compact(behind), nil
}

// boards are all boards that have a run or a spell.
func (s *Store) boards(ctx context.Context) ([]board, error) {
	var rows []struct {
		Source string `ch:"source"`
		Board  string `ch:"board"`
	}
	if err := s.conn.Select(ctx, &rows, "SELECT DISTINCT source, board FROM (SELECT source, board FROM runs UNION ALL SELECT source, board FROM spells) ORDER BY source, board"); err != nil {
		return nil, fmt.Errorf("read boards: %w", err)
	}
	out := make([]board, len(rows))
	for i, r := range rows {
		out[i] = board{r.Source, r.Board}
	}
	return out, nil
}

// String is the accounting in one line, and a line for each thing that is wrong.
func (r VerifyReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d listed = %d stored + %d dead + %d pending + %d missing\n", r.Listed, r.Stored, r.Dead, r.Pending, r.Missing)
	fmt.Fprintf(&b, "%d runs of %d boards, %d incomplete; %d spells, %d differ from a fresh fold\n", r.Runs, r.Boards, r.IncompleteRuns, r.SpellsChecked, r.SpellsDiffer)
	if r.Unswitched > 0 {
		fmt.Fprintf(&b, "of the listed %d are read by another tagger version than %s and in no answer yet: rolescope replay\n", r.Unswitched, r.TaggerVersion)
	}
	if r.DeadRuns > 0 {
		fmt.Fprintf(&b, "%d runs are dead letters: rolescope dead list\n", r.DeadRuns)
	}
	for _, m := range r.MissingList {
		fmt.Fprintf(&b, "missing: %s/%s %s version %s lacks %s\n", m.Source, m.Board, m.ExternalID, m.ContentHash, strings.Join(m.Lacks, ", "))
	}
	if n := uint64(len(r.MissingList)); n < r.Missing {
		fmt.Fprintf(&b, "and %d more missing\n", r.Missing-n)
	}
	for _, run := range r.Incomplete {
		fmt.Fprintf(&b, "incomplete: run %s of %s/%s has %d of %d parts, %d of %d entries\n", run.RunID, run.Source, run.Board, run.Have, run.Parts, run.Found, run.Listed)
	}
	for _, name := range r.BoardsDiffer {
		fmt.Fprintf(&b, "differs: spells of %s\n", name)
	}
	return b.String()
}
