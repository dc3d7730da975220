package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// Lists and details.
//
// A list row is a posting without its text. Its record's content hash is the row's fingerprint, and
// every (posting, hash) that a run lists has to be stored, dead or on its way, whatever crashes
// between the list and the detail. Therefore:
//
//   - A posting never read in full is published and listed as its row says: a version without text.
//   - Its detail is published as a version of its own, named by a run of its own that lists it alone
//     and proves nothing about the others; then the state holds the row's fingerprint and the full
//     version's hash.
//   - Later lists name the full version's hash, which is stored, as long as the row's fingerprint is
//     the one under which the detail was read.
//   - When the row changes, the list goes on naming the full version it knows and orders the detail
//     again. Naming the new row instead would put a version without text between two with one, and
//     every skill of the posting would vanish and come back.
//
// A state that was lost makes rows out of full versions until their details have been read again.

// DetailNote is the note of a run that lists one posting whose text it has read. Who asks how a
// board is doing leaves such runs out.
const DetailNote = "the text of one posting"

// rows is what a listing's rows mean beside what is known.
type rows struct {
	keep         map[string]string // external id -> hash of the full version to list
	fingerprints map[string]string // external id -> the row's
}

// rows compares the rows of a listing with the state.
func (c *crawl) rows(board source.Board) (rows, error) {
	r := rows{}
	if _, ok := c.Source.(source.Detailer); !ok {
		return r, nil
	}
	r.keep, r.fingerprints = map[string]string{}, map[string]string{}
	for _, rec := range board.Records {
		fingerprint, err := rec.Hash()
		if err != nil {
			return r, err
		}
		r.fingerprints[rec.ExternalID] = fingerprint
		if full, ok := c.State.Hashes[rec.ExternalID]; ok && c.State.Rows[rec.ExternalID] != "" {
			r.keep[rec.ExternalID] = full
		}
	}
	return r, nil
}

// order makes the slots of the details that are missing or out of date, in the order of the board.
func (c *crawl) order(board source.Board, r rows) []any {
	d, ok := c.Source.(source.Detailer)
	if !ok {
		return nil
	}
	var slots []any
	for _, rec := range board.Records {
		id := rec.ExternalID
		if c.State.Rows[id] == r.fingerprints[id] && r.keep[id] != "" {
			continue
		}
		c.result.Pending++
		ref := d.Ref(rec)
		if ref == "" || len(slots) >= c.Limits.Details {
			continue
		}
		slot := posting.Slot{
			Kind: KindDetail, Source: c.run.Source, Board: c.run.Board, Company: c.run.Company, PlannedAt: c.run.PlannedAt,
			ExternalID: id, Ref: ref, Row: r.fingerprints[id],
		}
		if !c.Slot.ObservedAt.IsZero() {
			// In a replay no clock runs: each detail gets a moment of its own after the list's,
			// because runs of one moment are one run.
			slot.ObservedAt = c.Slot.ObservedAt.Add(time.Duration(len(slots)+1) * time.Millisecond)
		}
		slots = append(slots, slot)
	}
	return slots
}

// detail reads one posting in full.
func (c *crawl) detail(ctx context.Context) error {
	id := c.Slot.ExternalID
	d, ok := c.Source.(source.Detailer)
	if !ok || id == "" {
		return fmt.Errorf("%w: %s has no details to read", posting.ErrInvalid, c.run.Source)
	}
	c.result.detail = id
	if c.State.Rows[id] == c.Slot.Row && c.Slot.Row != "" {
		return nil // read already: the slot came twice
	}
	board, err := c.readDetail(ctx, d)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		c.result.Err = fmt.Errorf("read posting %s: %w", id, err)
		return nil
	}
	c.run.Note = DetailNote
	sum, err := Emitter{}.Emit(ctx, c.to, c.run, board, c.State.Hashes)
	if err != nil {
		return err
	}
	c.result.Summary, c.result.Published = sum, true
	if hash, ok := sum.Hashes[id]; ok {
		c.result.ended = State{Hashes: map[string]string{id: hash}, Rows: map[string]string{id: c.Slot.Row}}
	}
	return nil
}

// readDetail asks for the posting and returns it alone. That the posting is not there, or is not
// public any more, is an error of this posting, never an outcome of the board: the list decides
// what is open, and a run that says "gone" would speak of all of them.
func (c *crawl) readDetail(ctx context.Context, d source.Detailer) (source.Board, error) {
	req, err := d.Detail(c.Site, c.Slot.Ref)
	if err != nil {
		return source.Board{}, err
	}
	if err := c.admit(req); err != nil {
		return source.Board{}, err
	}
	var answer *fetch.Response
	answer, err = c.fetch(ctx, req, false)
	c.report()
	if err != nil {
		return source.Board{}, err
	}
	board, err := d.Parse(answer.Body)
	if err != nil {
		return source.Board{}, err
	}
	switch {
	case len(board.Skipped) == 1:
		return board, fmt.Errorf("it is %s", board.Skipped[0].Reason)
	case len(board.Rejected) == 1 && board.Rejected[0].ExternalID == c.Slot.ExternalID:
	case len(board.Rejected) > 0:
		return board, fmt.Errorf("%w: %s", posting.ErrInvalid, board.Rejected[0].Reason)
	case len(board.Records) != 1 || board.Records[0].ExternalID != c.Slot.ExternalID:
		return board, fmt.Errorf("%w: the answer is about something else", posting.ErrInvalid)
	}
	board.Expected, board.Complete = -1, false
	return board, nil
}
