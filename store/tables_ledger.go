package store

import (
	"time"

	"github.com/rolescope/rolescope/posting"
)

func runTable() table[posting.Run] {
	type T = posting.Run
	return table[T]{"runs", []column[T]{
		col("run_id", "String", func(r *T) string { return r.ID }),
		col("source", lcString, func(r *T) string { return r.Source }),
		col("board", lcString, func(r *T) string { return r.Board }),
		col("company", "String", func(r *T) string { return r.Company }),
		col("proof", lcString, func(r *T) string { return string(r.Proof) }),
		col("planned_at", dateTime, func(r *T) time.Time { return stored(r.PlannedAt) }),
		col("observed_at", dateTime, func(r *T) time.Time { return stored(r.ObservedAt) }),
		col("outcome", lcString, func(r *T) string { return string(r.Outcome) }),
		col("expected", "Int32", func(r *T) int32 { return int32(r.Expected) }),
		col("fetched", "Int32", func(r *T) int32 { return int32(r.Fetched) }),
		col("complete", "Bool", func(r *T) bool { return r.Complete }),
		col("rejected", "Int32", func(r *T) int32 { return int32(r.Rejected) }),
		col("note", "String", func(r *T) string { return r.Note }),
		col("digest", "String", func(r *T) string { return r.Digest }),
		col("part", "UInt32", func(r *T) uint32 { return uint32(r.Part) }),
		col("parts", "UInt32", func(r *T) uint32 { return uint32(r.Parts) }),
		col("part_listed", "UInt32", func(r *T) uint32 { return uint32(len(r.Listing)) }),
		col("confirms", "String", func(r *T) string { return r.Confirms }),
	}}
}

// listedRow is one entry of one part of a listing.
type listedRow struct {
	run *posting.Run
	posting.Listed
}

func listingTable() table[listedRow] {
	type T = listedRow
	return table[T]{"listings", []column[T]{
		col("source", lcString, func(l *T) string { return l.run.Source }),
		col("board", lcString, func(l *T) string { return l.run.Board }),
		col("digest", "String", func(l *T) string { return l.run.Digest }),
		col("part", "UInt32", func(l *T) uint32 { return uint32(l.run.Part) }),
		col("external_id", "String", func(l *T) string { return l.ExternalID }),
		col("posting_id", "String", func(l *T) string { return posting.ID(l.run.Source, l.run.Board, l.ExternalID) }),
		col("content_hash", "String", func(l *T) string { return l.ContentHash }),
		col("at", dateTime, func(l *T) time.Time { return stored(l.At) }),
	}}
}

// spellRow is one spell as one fold saw it.
type spellRow struct {
	posting.Spell
	version uint64
	deleted bool
}

func spellTable() table[spellRow] {
	type T = spellRow
	return table[T]{"spells", []column[T]{
		col("source", lcString, func(s *T) string { return s.Source }),
		col("board", lcString, func(s *T) string { return s.Board }),
		col("external_id", "String", func(s *T) string { return s.ExternalID }),
		col("number", "UInt32", func(s *T) uint32 { return uint32(s.Number) }),
		col("posting_id", "String", func(s *T) string { return s.PostingID }),
		col("opened_at", dateTime, func(s *T) time.Time { return stored(s.OpenedAt) }),
		col("last_seen", dateTime, func(s *T) time.Time { return stored(s.LastSeen) }),
		col("closed_at", dateTime, func(s *T) time.Time { return stored(s.ClosedAt) }),
		col("closed_reason", lcString, func(s *T) string { return s.ClosedReason }),
		col("opened_censored", "Bool", func(s *T) bool { return s.OpenedCensored }),
		col("content_hash", "String", func(s *T) string { return s.ContentHash }),
		col("version", "UInt64", func(s *T) uint64 { return s.version }),
		col("is_deleted", "UInt8", func(s *T) uint8 {
			if s.deleted {
				return 1
			}
			return 0
		}),
	}}
}

// effectRow is what one run did, as one fold saw it.
type effectRow struct {
	board
	posting.Effect
	version uint64
}

func effectTable() table[effectRow] {
	type T = effectRow
	return table[T]{"run_effects", []column[T]{
		col("source", lcString, func(e *T) string { return e.source }),
		col("board", lcString, func(e *T) string { return e.name }),
		col("run_id", "String", func(e *T) string { return e.RunID }),
		col("listed", "Int32", func(e *T) int32 { return int32(e.Listed) }),
		col("opened", "Int32", func(e *T) int32 { return int32(e.Opened) }),
		col("changed", "Int32", func(e *T) int32 { return int32(e.Changed) }),
		col("closed", "Int32", func(e *T) int32 { return int32(e.Closed) }),
		col("reopened", "Int32", func(e *T) int32 { return int32(e.Reopened) }),
		col("suspect", "Bool", func(e *T) bool { return e.Suspect }),
		col("version", "UInt64", func(e *T) uint64 { return e.version }),
	}}
}

// deadTable holds letters recorded now. A letter may claim a later time of its failure, such as that
// of an import whose boards are dated ahead, and no decision would ever come after that; so it counts
// as failed when it was recorded at the latest. An earlier claim stays, which keeps a letter that is
// delivered or imported again from undoing what was decided since.
func deadTable(now time.Time) table[posting.Dead] {
	type T = posting.Dead
	return table[T]{"dead", []column[T]{
		col("id", "String", func(d *T) string { return d.ID }),
		col("stage", lcString, func(d *T) string { return d.Stage }),
		col("origin", "String", func(d *T) string { return d.Origin }),
		col("subject", "String", func(d *T) string { return d.Subject }),
		col("type", lcString, func(d *T) string { return d.Type }),
		col("reason", "String", func(d *T) string { return d.Reason }),
		col("size", "Int64", func(d *T) int64 { return d.Size }),
		col("sha256", "String", func(d *T) string { return d.SHA256 }),
		col("head", "String", func(d *T) string { return d.Head }),
		col("body", "String", func(d *T) string { return string(d.Body) }),
		col("failed_at", dateTime, func(d *T) time.Time { return stored(earlier(d.FailedAt, now)) }),
		col("source", lcString, func(d *T) string { return d.Source }),
		col("board", "String", func(d *T) string { return d.Board }),
		col("run_id", "String", func(d *T) string { return d.RunID }),
		col("posting_id", "String", func(d *T) string { return d.PostingID }),
		col("content_hash", "String", func(d *T) string { return d.ContentHash }),
	}}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// decision is what was decided about a dead letter.
type decision struct {
	id, state string
	at        time.Time
}

func decisionTable() table[decision] {
	type T = decision
	return table[T]{"dead_state", []column[T]{
		col("id", "String", func(d *T) string { return d.id }),
		col("at", dateTime, func(d *T) time.Time { return stored(d.at) }),
		col("state", lcString, func(d *T) string { return d.state }),
	}}
}
