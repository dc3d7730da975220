package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/rolescope/rolescope/posting"
)

// Coverage says how much of the archive one tagger version has read, in versions of postings:
// Archived = Tagged + Dead + Left.
type Coverage struct {
	TaggerVersion string `json:"tagger_version"`
	Active        bool   `json:"active"` // it is the one that answers are of
	Archived      uint64 `json:"archived"`
	Tagged        uint64 `json:"tagged"`
	Dead          uint64 `json:"dead"` // not tagged, with a dead letter of this tagger version
	Left          uint64 `json:"left"`
}

// Full reports whether the version may become the active one.
func (c Coverage) Full() bool { return c.Left == 0 }

// tagIDOfRaw is posting.TagID(id, version) in SQL: the origin of the dead letter that a replay, or the
// sink after it, made of a raw posting under that version.
const tagIDOfRaw = `lower(hex(substring(SHA256(concat(unhex('0000000000000003'), 'tag',
	unhex(leftPad(hex(length(id)), 16, '0')), id, unhex(leftPad(hex(length({version:String})), 16, '0')), {version:String})), 1, 16)))`

// readings is one row per version of a posting in the archive, with whether a tagger version has read
// it. What has a row in posting_versions has its text and skills as well, which are written before.
const readings = `SELECT source, board, posting_id, content_hash, max(is_tagged) AS tagged, max(is_dead) AS dead
	FROM
	(
		SELECT source, board, posting_id, content_hash, 1 AS is_archived, 0 AS is_tagged,
			` + tagIDOfRaw + ` IN (SELECT origin FROM v_dead WHERE state != 'retried') AS is_dead FROM raw
		UNION ALL SELECT source, board, posting_id, content_hash, 0, 1, 0 FROM posting_versions WHERE tagger_version = {version:String}
	)
	GROUP BY source, board, posting_id, content_hash
	HAVING max(is_archived) = 1`

// isLeft goes on from readings to what is neither read nor given up.
const isLeft = " AND tagged = 0 AND dead = 0"

// Coverage counts what a tagger version has read. It costs a pass over the archive's ids.
func (s *Store) Coverage(ctx context.Context, taggerVersion string) (Coverage, error) {
	c := Coverage{TaggerVersion: taggerVersion}
	err := s.conn.QueryRow(ctx, `SELECT `+activeVersion+` = {version:String}, count(), countIf(tagged = 1), countIf(tagged = 0 AND dead = 1), countIf(tagged = 0 AND dead = 0)
		FROM (`+readings+`)`+spill, clickhouse.Named("version", taggerVersion)).Scan(&c.Active, &c.Archived, &c.Tagged, &c.Dead, &c.Left)
	if err != nil {
		return c, fmt.Errorf("count what tagger version %s has read: %w", taggerVersion, err)
	}
	return c, nil
}

// Coverages are those of every version that has read or is named, sorted by name.
func (s *Store) Coverages(ctx context.Context, named ...string) ([]Coverage, error) {
	var present []struct {
		Version string `ch:"tagger_version"`
	}
	if err := s.conn.Select(ctx, &present, "SELECT DISTINCT tagger_version FROM posting_versions"); err != nil {
		return nil, fmt.Errorf("read the tagger versions present: %w", err)
	}
	for _, v := range present {
		named = append(named, v.Version)
	}
	slices.Sort(named)
	out := []Coverage{}
	for _, v := range slices.Compact(named) {
		c, err := s.Coverage(ctx, v)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

const (
	// untaggedPage is how many postings Untagged reads at a time: with texts of the largest size they
	// still fit in memory.
	untaggedPage = 250
	// untaggedKeys is how many of their keys it holds at a time.
	untaggedKeys = 100_000
)

// postingKey says where a posting stands in the archive.
type postingKey struct {
	Source    string `ch:"source"`
	Board     string `ch:"board"`
	PostingID string `ch:"posting_id"`
}

// Untagged gives use everything of the archive that taggerVersion has neither read nor given up, in
// portions and in the order of the archive's key, until use returns an error. What is read meanwhile
// may be left out, and what is archived meanwhile too.
func (s *Store) Untagged(ctx context.Context, taggerVersion string, use func([]posting.Raw) error) error {
	version := clickhouse.Named("version", taggerVersion)
	for after := (postingKey{}); ; {
		var keys []postingKey
		err := s.conn.Select(ctx, &keys, `SELECT DISTINCT source, board, posting_id FROM (`+readings+isLeft+`)
			WHERE (source, board, posting_id) > ({source:String}, {board:String}, {posting:String})
			ORDER BY source, board, posting_id LIMIT {limit:UInt64}`+spill, version,
			clickhouse.Named("source", after.Source), clickhouse.Named("board", after.Board), clickhouse.Named("posting", after.PostingID),
			clickhouse.Named("limit", uint64(untaggedKeys)))
		if err != nil {
			return fmt.Errorf("find what tagger version %s has not read: %w", taggerVersion, err)
		}
		for page := range slices.Chunk(keys, untaggedPage) {
			raws, err := s.untaggedOf(ctx, version, page)
			if err != nil {
				return fmt.Errorf("read the archive: %w", err)
			}
			if err := use(raws); err != nil {
				return err
			}
		}
		if len(keys) < untaggedKeys {
			return nil
		}
		after = keys[len(keys)-1]
	}
}

// untaggedOf reads what is left of some postings, one row for each version of a posting. Of a
// version that several normalisers gave, the first observed is read, as it was when it was first tagged.
func (s *Store) untaggedOf(ctx context.Context, version any, page []postingKey) ([]posting.Raw, error) {
	ids := make([]string, len(page))
	var boards []board
	for i, k := range page {
		ids[i] = k.PostingID
		if b := (board{k.Source, k.Board}); len(boards) == 0 || boards[len(boards)-1] != b {
			boards = append(boards, b)
		}
	}
	args := append(boardsArg(boards), version, clickhouse.Named("ids", ids))
	var rows []struct {
		ID          string    `ch:"id"`
		PostingID   string    `ch:"posting_id"`
		Source      string    `ch:"source"`
		Board       string    `ch:"board"`
		Company     string    `ch:"company"`
		ContentHash string    `ch:"content_hash"`
		Normaliser  string    `ch:"normaliser"`
		RunID       string    `ch:"run_id"`
		ObservedAt  time.Time `ch:"observed_at"`
		Record      string    `ch:"record"`
	}
	const ofPage = onBoards + "AND posting_id IN (SELECT arrayJoin({ids:Array(String)}))"
	err := s.conn.Select(ctx, &rows, `SELECT id, posting_id, source, board, company, content_hash, normaliser, run_id, observed_at, record
		FROM raw FINAL
		WHERE `+ofPage+`
			AND (posting_id, content_hash) NOT IN (SELECT posting_id, content_hash FROM posting_versions WHERE tagger_version = {version:String} AND `+ofPage+`)
			AND `+tagIDOfRaw+` NOT IN (SELECT origin FROM v_dead WHERE state != 'retried')
		ORDER BY source, board, posting_id, content_hash, precedence DESC, id LIMIT 1 BY posting_id, content_hash`, args...)
	if err != nil {
		return nil, err
	}
	out := make([]posting.Raw, len(rows))
	for i, r := range rows {
		out[i] = posting.Raw{
			ID: r.ID, PostingID: r.PostingID, Source: r.Source, Board: r.Board, Company: r.Company,
			ContentHash: r.ContentHash, Normaliser: r.Normaliser, RunID: r.RunID, ObservedAt: loaded(r.ObservedAt),
		}
		if err := json.Unmarshal([]byte(r.Record), &out[i].Record); err != nil {
			// Without its record it is refused by whoever reads it, and becomes a dead letter.
			out[i].Record = posting.Record{}
		}
	}
	return out, nil
}
