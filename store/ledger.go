package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rolescope/rolescope/posting"
)

// listingKey names one part of a listing of a board.
type listingKey struct {
	digest string
	part   int
}

// readListings reads every listing of boards, once for each digest. Ids and hashes that recur
// from listing to listing share their bytes.
func (s *Store) readListings(ctx context.Context, boards []board) (map[board]map[listingKey][]posting.Listed, error) {
	rows, err := s.conn.Query(ctx, `SELECT source, board, digest, part, external_id, content_hash, at
		FROM listings FINAL WHERE`+onBoards, boardsArg(boards)...)
	if err != nil {
		return nil, fmt.Errorf("read listings: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	out := map[board]map[listingKey][]posting.Listed{}
	interned := map[string]string{}
	intern := func(v string) string {
		if have, ok := interned[v]; ok {
			return have
		}
		interned[v] = v
		return v
	}
	for rows.Next() {
		var (
			source, name, digest, id, hash string
			part                           uint32
			at                             time.Time
		)
		if err := rows.Scan(&source, &name, &digest, &part, &id, &hash, &at); err != nil {
			return nil, fmt.Errorf("read listings: %w", err)
		}
		b := board{intern(source), intern(name)}
		if out[b] == nil {
			out[b] = map[listingKey][]posting.Listed{}
		}
		k := listingKey{intern(digest), int(part)}
		out[b][k] = append(out[b][k], posting.Listed{ExternalID: intern(id), ContentHash: intern(hash), At: loaded(at)})
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read listings: %w", err)
	}
	return out, nil
}

// storedLedger reads the spells and effects stored for boards.
func (s *Store) storedLedger(ctx context.Context, boards []board) (ledger, error) {
	out := newLedger()
	var spells []struct {
		Source         string    `ch:"source"`
		Board          string    `ch:"board"`
		ExternalID     string    `ch:"external_id"`
		Number         uint32    `ch:"number"`
		PostingID      string    `ch:"posting_id"`
		OpenedAt       time.Time `ch:"opened_at"`
		LastSeen       time.Time `ch:"last_seen"`
		ClosedAt       time.Time `ch:"closed_at"`
		ClosedReason   string    `ch:"closed_reason"`
		OpenedCensored bool      `ch:"opened_censored"`
		ContentHash    string    `ch:"content_hash"`
	}
	err := s.conn.Select(ctx, &spells, `SELECT source, board, external_id, number, posting_id, opened_at, last_seen, closed_at, closed_reason, opened_censored, content_hash
		FROM spells FINAL WHERE`+onBoards, boardsArg(boards)...)
	if err != nil {
		return out, fmt.Errorf("read spells: %w", err)
	}
	for _, r := range spells {
		out.addSpell(board{r.Source, r.Board}, spellRow{Spell: posting.Spell{
			PostingID: r.PostingID, Source: r.Source, Board: r.Board, ExternalID: r.ExternalID, Number: int(r.Number),
			OpenedAt: loaded(r.OpenedAt), LastSeen: loaded(r.LastSeen), ClosedAt: loaded(r.ClosedAt),
			ClosedReason: r.ClosedReason, OpenedCensored: r.OpenedCensored, ContentHash: r.ContentHash,
		}})
	}
	var effects []struct {
		Source   string `ch:"source"`
		Board    string `ch:"board"`
		RunID    string `ch:"run_id"`
		Listed   int32  `ch:"listed"`
		Opened   int32  `ch:"opened"`
		Changed  int32  `ch:"changed"`
		Closed   int32  `ch:"closed"`
		Reopened int32  `ch:"reopened"`
		Suspect  bool   `ch:"suspect"`
	}
	err = s.conn.Select(ctx, &effects, `SELECT source, board, run_id, listed, opened, changed, closed, reopened, suspect
		FROM run_effects FINAL WHERE`+onBoards, boardsArg(boards)...)
	if err != nil {
		return out, fmt.Errorf("read run effects: %w", err)
	}
	for _, r := range effects {
		out.effects[r.RunID] = effectRow{board: board{r.Source, r.Board}, Effect: posting.Effect{
			RunID: r.RunID, Listed: int(r.Listed), Opened: int(r.Opened), Changed: int(r.Changed),
			Closed: int(r.Closed), Reopened: int(r.Reopened), Suspect: r.Suspect,
		}}
	}
	return out, nil
}
