package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/rolescope/rolescope/posting"
)

// How spells stay right when runs arrive late, twice, out of order and at several writers at once.
//
// A writer stores its run parts, then reads all of the board's parts, folds them (posting.Spells is
// a pure function of the set), writes the spells that differ from those stored, and then counts the
// parts again: if there are more by now, it starts over. Each row it writes carries the version
// "number of parts it had read", and of two rows with one key the larger version is seen.
//
// Why this converges. Reads on one server see every insert that was acknowledged before, so the
// sets that writers read are ordered by inclusion, and equal counts mean equal sets, hence equal
// rows. Take the part that is stored last, and let its writer be W. W reads after storing, so it
// reads the full set and corrects every row that differs at that moment. A slower writer may still
// write rows of a smaller set after that. Where W wrote the row, W's version is larger and wins.
// Where W wrote nothing because the row was right, the slower writer makes it wrong; but it then
// counts the parts, finds more than it had read, folds the full set and puts the row right with the
// larger version. If it dies before, its message was not acknowledged, and its redelivery folds
// again. On a cluster the same holds with insert_quorum and select_sequential_consistency, which
// connect sets.

// foldVersion is raised by hand when posting.Spells changes its meaning: the rows of the new fold
// then win over those of the old one, whatever their number of parts.
const foldVersion = 3

// foldVersionShift leaves 2^40 run parts of one board below the fold's version.
const foldVersionShift = 40

const (
	// foldAttempts bounds how often a fold starts over because runs keep arriving; the redelivered
	// message then goes on.
	foldAttempts = 10
	// foldBoardsMax and foldListedMax bound what is folded together: one query for many small
	// boards, a large board alone. Listing entries of 200 bytes make about 100 MB.
	foldBoardsMax = 200
	foldListedMax = 500_000
)

// board names one board.
type board struct{ source, name string }

func boardOf(r posting.Run) board { return board{r.Source, r.Board} }

func (b board) compare(c board) int {
	if b.source != c.source {
		return strings.Compare(b.source, c.source)
	}
	return strings.Compare(b.name, c.name)
}

// Refold recomputes the spells of one board from its stored runs.
func (s *Store) Refold(ctx context.Context, source, name string) error {
	b := board{source, name}
	return s.fold(ctx, []board{b})[b]
}

// fold recomputes the spells of boards and returns an error for each board that failed.
func (s *Store) fold(ctx context.Context, boards []board) map[board]error {
	failed := map[board]error{}
	slices.SortFunc(boards, board.compare)
	boards = slices.Compact(boards)
	for start := 0; start < len(boards); start += foldBoardsMax {
		batch := boards[start:min(start+foldBoardsMax, len(boards))]
		if err := s.foldBatch(ctx, batch); err != nil {
			for _, b := range batch {
				failed[b] = fmt.Errorf("fold the runs of %d boards: %w", len(batch), err)
			}
		}
	}
	return failed
}

func (s *Store) foldBatch(ctx context.Context, boards []board) error {
	for range foldAttempts {
		parts, err := s.runParts(ctx, boards)
		if err != nil {
			return err
		}
		for _, some := range chunks(boards, parts) {
			if err := s.foldChunk(ctx, some, parts); err != nil {
				return err
			}
		}
		counts, err := s.countParts(ctx, boards)
		if err != nil {
			return err
		}
		boards = slices.DeleteFunc(slices.Clone(boards), func(b board) bool { return counts[b] == len(parts[b]) })
		if len(boards) == 0 {
			return nil
		}
	}
	return fmt.Errorf("runs of %s/%s kept arriving during %d folds", boards[0].source, boards[0].name, foldAttempts)
}

// chunks divides boards so that each chunk's listings fit into memory; a board is never divided.
func chunks(boards []board, parts map[board][]posting.Run) [][]board {
	var out [][]board
	room := 0
	for _, b := range boards {
		entries := listedEntries(parts[b])
		if len(out) == 0 || entries > room {
			out, room = append(out, nil), foldListedMax
		}
		last := len(out) - 1
		out[last], room = append(out[last], b), room-entries
	}
	return out
}

// listedEntries counts the entries of the distinct listings of runs; Expected carries the number
// of entries of a part until its listing is read.
func listedEntries(parts []posting.Run) int {
	seen, n := map[listingKey]bool{}, 0
	for _, r := range parts {
		k := listingKey{r.Digest, r.Part}
		if !seen[k] {
			n += r.Expected
		}
		seen[k] = true
	}
	return n
}

func (s *Store) foldChunk(ctx context.Context, boards []board, parts map[board][]posting.Run) error {
	now, err := s.fresh(ctx, boards, parts)
	if err != nil {
		return err
	}
	then, err := s.storedLedger(ctx, boards)
	if err != nil {
		return err
	}
	spells, effects := now.changes(then)
	if err := spellTable().insert(ctx, s, spells); err != nil {
		return err
	}
	return effectTable().insert(ctx, s, effects)
}

// ledger is what a fold yields for some boards.
type ledger struct {
	spells  map[spellKey]spellRow
	effects map[string]effectRow // by run id
	version map[board]uint64
}

type spellKey struct {
	board
	externalID string
	number     int
}

func newLedger() ledger {
	return ledger{map[spellKey]spellRow{}, map[string]effectRow{}, map[board]uint64{}}
}

func (l ledger) addSpell(b board, row spellRow) {
	l.spells[spellKey{b, row.ExternalID, row.Number}] = row
}

// fresh folds the stored runs of boards.
func (s *Store) fresh(ctx context.Context, boards []board, parts map[board][]posting.Run) (ledger, error) {
	out := newLedger()
	listings, err := s.readListings(ctx, boards)
	if err != nil {
		return out, err
	}
	for _, b := range boards {
		runs := slices.Clone(parts[b])
		for i := range runs {
			// Runs with one digest share one listing in memory.
			runs[i].Listing = listings[b][listingKey{runs[i].Digest, runs[i].Part}]
		}
		version := uint64(foldVersion)<<foldVersionShift | uint64(len(runs))
		out.version[b] = version
		spells, effects := posting.Spells(runs)
		for _, sp := range spells {
			out.addSpell(b, spellRow{Spell: sp, version: version})
		}
		for _, e := range effects {
			out.effects[e.RunID] = effectRow{b, e, version}
		}
	}
	return out, nil
}

// changes are the rows that make the stored ledger then into l: what differs, and tombstones for
// spells that are no more. Effects never vanish, because runs do not.
func (l ledger) changes(then ledger) ([]spellRow, []effectRow) {
	var spells []spellRow
	for k, row := range l.spells {
		if old, ok := then.spells[k]; !ok || !sameSpell(old.Spell, row.Spell) {
			spells = append(spells, row)
		}
	}
	for k, old := range then.spells {
		if _, ok := l.spells[k]; !ok {
			old.version, old.deleted = l.version[k.board], true
			spells = append(spells, old)
		}
	}
	var effects []effectRow
	for id, row := range l.effects {
		if old, ok := then.effects[id]; !ok || old.Effect != row.Effect {
			effects = append(effects, row)
		}
	}
	return spells, effects
}

func sameSpell(a, b posting.Spell) bool {
	return a.OpenedAt.Equal(b.OpenedAt) && a.LastSeen.Equal(b.LastSeen) && a.ClosedAt.Equal(b.ClosedAt) &&
		a.ClosedReason == b.ClosedReason && a.OpenedCensored == b.OpenedCensored && a.ContentHash == b.ContentHash
}

// boardsArg makes the arguments of onBoards.
func boardsArg(boards []board) []any {
	sources, names := make([]string, len(boards)), make([]string, len(boards))
	for i, b := range boards {
		sources[i], names[i] = b.source, b.name
	}
	return []any{clickhouse.Named("sources", sources), clickhouse.Named("boards", names)}
}

// onBoards restricts a query to the boards of boardsArg.
const onBoards = " (source, board) IN (SELECT arrayJoin(arrayZip({sources:Array(String)}, {boards:Array(String)}))) "

// runParts reads the stored run parts of boards, each without its listing but
// with its number of entries in Expected.
func (s *Store) runParts(ctx context.Context, boards []board) (map[board][]posting.Run, error) {
	var rows []struct {
		ID         string    `ch:"run_id"`
		Source     string    `ch:"source"`
		Board      string    `ch:"board"`
		Proof      string    `ch:"proof"`
		ObservedAt time.Time `ch:"observed_at"`
		Outcome    string    `ch:"outcome"`
		Complete   bool      `ch:"complete"`
		Digest     string    `ch:"digest"`
		Part       uint32    `ch:"part"`
		Parts      uint32    `ch:"parts"`
		Listed     uint32    `ch:"part_listed"`
		Confirms   string    `ch:"confirms"`
	}
	err := s.conn.Select(ctx, &rows, `SELECT run_id, source, board, proof, observed_at, outcome, complete, digest, part, parts, part_listed, confirms
		FROM runs FINAL WHERE`+onBoards, boardsArg(boards)...)
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	out := map[board][]posting.Run{}
	for _, r := range rows {
		b := board{r.Source, r.Board}
		out[b] = append(out[b], posting.Run{
			ID: r.ID, Source: r.Source, Board: r.Board, Proof: posting.Proof(r.Proof), ObservedAt: loaded(r.ObservedAt),
			Outcome: posting.Outcome(r.Outcome), Complete: r.Complete, Digest: r.Digest,
			Part: int(r.Part), Parts: int(r.Parts), Expected: int(r.Listed), Confirms: r.Confirms,
		})
	}
	return out, nil
}

func (s *Store) countParts(ctx context.Context, boards []board) (map[board]int, error) {
	var rows []struct {
		Source string `ch:"source"`
		Board  string `ch:"board"`
		Parts  uint64 `ch:"parts"`
	}
	err := s.conn.Select(ctx, &rows, "SELECT source, board, uniqExact(run_id, digest, part) AS parts FROM runs WHERE"+onBoards+"GROUP BY source, board", boardsArg(boards)...)
	if err != nil {
		return nil, fmt.Errorf("count run parts: %w", err)
	}
	out := map[board]int{}
	for _, r := range rows {
		out[board{r.Source, r.Board}] = int(r.Parts)
	}
	return out, nil
}
