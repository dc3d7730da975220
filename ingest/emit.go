package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// Stage is the stage name of dead letters written here.
const Stage = "ingest"

// Bounds of one call of the Publisher. A crash in the middle of a board repeats at most one chunk's
// worth of waiting, and a chunk is small beside the limits of any stream.
const (
	chunkCount = 256
	chunkBytes = 8 << 20
)

// Summary counts what one board gave.
type Summary struct {
	Run       posting.Run       // as published, without its listing
	Listed    int               // postings in the run's listing
	Published int               // raw postings sent
	Unchanged int               // listed with the content known before, so not sent
	Rejected  int               // postings that could not be used
	Skipped   int               // postings the source does not list for the public
	TooLarge  int               // postings over the message cap, dead-lettered
	Hashes    map[string]string // external id -> content hash of the run's listing
}

// Emitter publishes boards. The zero value is ready.
type Emitter struct {
	// Normaliser names the code that made the records; source.NormaliserVersion when empty.
	Normaliser string
	// Keep maps external ids to the content hashes they are listed with instead of those of their
	// records, which are not published: versions that are known and say more than a list row.
	Keep map[string]string
}

// Emit publishes one board: its new or changed postings and its dead letters first, and when those
// are durable the run with its listing, so that a listing never names what nobody can find.
//
// run comes from posting.NewRun. With run.Complete the caller asserts that the payload names the
// whole board; a payload that contradicts this, or has postings without an id, still makes an
// incomplete run. known maps external ids to the content hashes of what the board last listed.
// Rejected and oversized postings are listed when they have an id: they are on the board, and
// their dead letters carry the listed hash. Events without a time of their own are not.
//
// The same arguments publish the same messages in the same order. After an error the board has to
// be emitted again as a whole; every message is stored once.
func (e Emitter) Emit(ctx context.Context, to Publisher, run posting.Run, board source.Board, known map[string]string) (Summary, error) {
	if e.Normaliser == "" {
		e.Normaliser = source.NormaliserVersion
	}
	em := emission{Emitter: e, to: to, run: run, known: known, listed: map[string]string{}}
	for _, rec := range board.Records {
		if err := em.record(ctx, rec); err != nil {
			return em.sum, fmt.Errorf("emit %s board %s: %w", run.Source, run.Board, err)
		}
	}
	for _, r := range board.Rejected {
		if err := em.reject(ctx, r); err != nil {
			return em.sum, fmt.Errorf("emit %s board %s: %w", run.Source, run.Board, err)
		}
	}
	if err := em.flush(ctx); err != nil {
		return em.sum, fmt.Errorf("emit %s board %s: %w", run.Source, run.Board, err)
	}
	em.sum.Skipped = len(board.Skipped)
	em.sum.Rejected = len(board.Rejected)
	em.finish(board)
	for _, part := range em.run.Split() {
		if err := to.Publish(ctx, part); err != nil {
			return em.sum, fmt.Errorf("emit %s board %s: publish the run: %w", run.Source, run.Board, err)
		}
		em.sum.Run = part
	}
	em.sum.Run.Listing, em.sum.Run.Part = nil, 0
	return em.sum, nil
}

// emission is one call of Emit.
type emission struct {
	Emitter
	to     Publisher
	run    posting.Run
	known  map[string]string
	listed map[string]string

	raws  []any
	bytes int
	dead  []posting.Dead
	sum   Summary
}

// record lists one record and queues it unless its content is known.
func (em *emission) record(ctx context.Context, rec posting.Record) error {
	raw, err := posting.NewRaw(em.run, em.Normaliser, rec)
	if err != nil {
		return err
	}
	if kept, ok := em.Keep[rec.ExternalID]; ok {
		em.list(rec.ExternalID, kept, time.Time{})
		em.sum.Unchanged++
		return nil
	}
	em.list(rec.ExternalID, raw.ContentHash, rec.PostedAt)
	known := em.known[rec.ExternalID] == raw.ContentHash
	size := sizeAtMost(rec)
	if size > posting.MessageBytesMax {
		// Only a record that may be too long is encoded here; the Publisher encodes the others.
		m, err := posting.Encode(raw)
		if errors.Is(err, posting.ErrInvalid) && len(m.Data) > posting.MessageBytesMax {
			em.sum.TooLarge++
			if known {
				return nil // buried when it was first listed
			}
			return em.bury(ctx, oversized(em.run, raw, m.Data))
		}
		if err != nil {
			return err
		}
		size = len(m.Data)
	}
	if known {
		em.sum.Unchanged++
		return nil
	}
	em.raws = append(em.raws, raw)
	em.sum.Published++
	if em.bytes += size; len(em.raws) >= chunkCount || em.bytes >= chunkBytes {
		return em.flush(ctx)
	}
	return nil
}

// reject lists a posting that could not be used, if it has an id of its own, and buries it.
func (em *emission) reject(ctx context.Context, r source.Rejected) error {
	d := posting.Dead{
		Stage: Stage, Type: posting.TypeRaw, Reason: r.Reason, Size: r.Size, SHA256: r.Hash, Head: r.Raw,
		FailedAt: em.run.ObservedAt, Source: em.run.Source, Board: em.run.Board, RunID: em.run.ID,
		ContentHash: r.Hash,
	}
	id := posting.ID(em.run.Source, em.run.Board, r.ExternalID)
	if r.Line > 0 {
		d.Reason = fmt.Sprintf("line %d: %s", r.Line, r.Reason)
	}
	if r.ExternalID != "" {
		d.PostingID = id
	}
	// An event without a time of its own is not listed: nobody can say when it was open.
	timeless := em.run.Proof == posting.ProofEvent && r.PostedAt.IsZero()
	if r.ExternalID != "" && !timeless {
		if _, ok := em.listed[r.ExternalID]; !ok {
			em.list(r.ExternalID, r.Hash, r.PostedAt)
		}
		if em.known[r.ExternalID] == r.Hash {
			return nil // buried when it was first listed
		}
	}
	d.Origin = posting.RawID(id, r.Hash, em.Normaliser)
	d.ID = posting.DeadID(Stage, d.Origin)
	return em.bury(ctx, d)
}

// list names a posting of the run. An event is listed at its own time, which only its record knows.
func (em *emission) list(id, hash string, postedAt time.Time) {
	em.listed[id] = hash
	l := posting.Listed{ExternalID: id, ContentHash: hash}
	if em.run.Proof == posting.ProofEvent {
		l.At = posting.Time(postedAt)
	}
	em.run.Listing = append(em.run.Listing, l)
}

func (em *emission) bury(ctx context.Context, d posting.Dead) error {
	em.dead = append(em.dead, d)
	if len(em.dead) >= chunkCount {
		return em.flush(ctx)
	}
	return nil
}

// flush sends what is queued and waits until it is durable.
func (em *emission) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(em.raws) > 0 {
		if err := em.to.Publish(ctx, em.raws...); err != nil {
			return fmt.Errorf("publish %d postings: %w", len(em.raws), err)
		}
	}
	if len(em.dead) > 0 {
		if err := em.to.Bury(ctx, em.dead...); err != nil {
			return fmt.Errorf("bury %d postings: %w", len(em.dead), err)
		}
	}
	// New slices, because the Publisher may keep the ones it was given.
	em.raws, em.dead, em.bytes = nil, nil, 0
	return nil
}

// finish fills in what the run found.
func (em *emission) finish(board source.Board) {
	run := &em.run
	em.sum.Listed, em.sum.Hashes = len(run.Listing), em.listed
	run.Fetched, run.Expected, run.Rejected = board.Received, board.Expected, len(board.Rejected)+em.sum.TooLarge
	distinct := board.Distinct()
	missing := board.Expected > distinct || !board.Identified() || board.Missing != ""
	contradicted := board.Expected >= 0 && board.Expected != distinct
	run.Complete = (board.Complete || run.Complete) && !missing && !contradicted
	switch {
	case missing:
		run.Outcome = posting.OutcomePartial
	case len(run.Listing) == 0:
		run.Outcome = posting.OutcomeEmpty
	default:
		run.Outcome = posting.OutcomeOK
	}
	run.Note = note(run.Note, board, em.sum.TooLarge)
}

// noteBytesMax keeps a run's note a line that people read.
const noteBytesMax = 500

func note(asked string, board source.Board, tooLarge int) string {
	var parts []string
	for _, s := range []string{asked, board.Note, board.Missing} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if distinct := board.Distinct(); board.Expected > distinct {
		parts = append(parts, fmt.Sprintf("the board says %d postings, the payload has %d", board.Expected, distinct))
	}
	reasons := map[string]int{}
	if tooLarge > 0 {
		reasons[fmt.Sprintf("over the cap of %d bytes for one message", posting.MessageBytesMax)] = tooLarge
	}
	for _, r := range board.Rejected {
		reasons[r.Reason]++
	}
	for _, s := range board.Skipped {
		reasons["skipped: "+s.Reason]++
	}
	var counted []string
	for reason, n := range reasons {
		counted = append(counted, fmt.Sprintf("%d %s", n, reason))
	}
	slices.Sort(counted)
	return cut(strings.Join(append(parts, counted...), "; "), noteBytesMax)
}

// oversized describes a posting over the message cap, never the whole of it.
func oversized(run posting.Run, raw posting.Raw, data []byte) posting.Dead {
	sum := sha256.Sum256(data)
	return posting.Dead{
		ID: posting.DeadID(Stage, raw.ID), Stage: Stage, Origin: raw.ID, Type: posting.TypeRaw,
		Reason: fmt.Sprintf("%d bytes, over the cap of %d for one message", len(data), posting.MessageBytesMax),
		Size:   int64(len(data)), SHA256: hex.EncodeToString(sum[:]), Head: cut(string(data), source.HeadBytesMax),
		FailedAt: run.ObservedAt, Source: run.Source, Board: run.Board, RunID: run.ID,
		PostingID: raw.PostingID, ContentHash: raw.ContentHash,
	}
}

// escapeGrowth is how much JSON can lengthen a text: a byte becomes at most "\u0000".
const escapeGrowth = 6

// sizeAtMost bounds the encoded size of a record from above without encoding it.
func sizeAtMost(rec posting.Record) int {
	n := 4096 + len(rec.Extra) + escapeGrowth*(len(rec.ExternalID)+len(rec.Title)+len(rec.Company)+
		len(rec.Description)+len(rec.Department)+len(rec.Team)+len(rec.Workplace)+len(rec.Employment)+
		len(rec.Language)+len(rec.URL)+len(rec.Requisition))
	for _, p := range rec.Places {
		n += 128 + escapeGrowth*(len(p.Text)+len(p.City)+len(p.Region)+len(p.Country))
	}
	for _, p := range rec.Pay {
		n += 256 + escapeGrowth*(len(p.Currency)+len(p.Interval)+len(p.Text))
	}
	return n
}

// cut shortens s to at most n bytes without breaking a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
