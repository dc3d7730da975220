package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// eventRows is how many rows that stand alone make one run: few enough to hold, enough that runs are
// not the greater part of the work. One month's thread has up to some 1,500 posts.
const eventRows = 2000

// eventBytesMax is how much the rows of all boards may hold together before each makes a run of what it
// has. A table of a few thousand rows mixed by employer stays below it and gives one run a board.
const eventBytesMax = 64 << 20

// eventSets collects the rows of each board.
type eventSets struct {
	byBoard map[string]*rowSet
	order   []string // of the boards as they came
	held    int
}

// of returns the set of a board.
func (s *eventSets) of(board string) *rowSet {
	set := s.byBoard[board]
	if set == nil {
		set = &rowSet{board: board}
		s.byBoard[board], s.order = set, append(s.order, board)
	}
	return set
}

// events yields rows that stand alone, in runs of one board each. The rows of a board are one run
// wherever they stand, up to eventRows of them.
func (c *Corpus) events(ctx context.Context, yield func(Batch) bool) {
	rows, m, err := c.table(c.reader)
	if err != nil {
		yield(Batch{Err: err})
		return
	}
	sets, nowhere, n := eventSets{byBoard: map[string]*rowSet{}}, &rowSet{}, 0
	var last time.Time
	flush := func(set *rowSet) bool {
		sets.held -= set.size
		sets.byBoard[set.board] = &rowSet{board: set.board}
		if len(set.rows)+len(set.bad) == 0 {
			return true
		}
		b := c.eventBatch(set, last)
		if b.Run.ObservedAt.After(last) {
			last = b.Run.ObservedAt
		}
		return yield(b)
	}
	for row := range c.all(ctx, rows, &err) {
		n++
		board, reason := c.eventPlace(m, row)
		switch {
		case reason != "" && board != "":
			sets.of(board).reject(c.reader.name, row.line, reason)
			continue
		case reason != "":
			nowhere.reject(c.reader.name, row.line, reason)
			continue
		}
		set := sets.of(board)
		set.add(m.Encode(row.fields), row)
		sets.held += len(set.rows[len(set.rows)-1])
		if len(set.rows) >= eventRows && !flush(set) {
			return
		}
		for i := 0; sets.held > eventBytesMax && i < len(sets.order); i++ {
			if !flush(sets.byBoard[sets.order[i]]) {
				return
			}
		}
	}
	if err == nil && n == 0 {
		err = c.noRows()
	}
	if err != nil {
		yield(Batch{Err: err})
		return
	}
	for _, board := range sets.order {
		if !flush(sets.byBoard[board]) {
			return
		}
	}
	if len(nowhere.bad) > 0 {
		yield(c.nowhere(nowhere, posting.ProofEvent, last))
	}
}

// eventPlace is the board of a row that stands alone, or the reason why it cannot be used. Of a row that
// could not be read the board is given even so, where all rows are of one.
func (c *Corpus) eventPlace(m source.Mapping, row tableRow) (board, reason string) {
	if row.bad != "" {
		return c.Options.Board, row.bad
	}
	if board = c.boardOf(m, row.fields); board == "" {
		return "", "row without a board or company"
	}
	at, ok := source.ReadTime(m.Get(row.fields, source.FieldPostedAt))
	if !ok {
		at, ok = source.ReadTime(m.Get(row.fields, source.FieldObservedAt))
	}
	if ok && c.untimely(at) {
		return board, untimelyReason(at)
	}
	return board, ""
}

// eventBatch makes a run of rows. It is observed when the file was, else when the last row was posted,
// else when the last of the batches before was.
func (c *Corpus) eventBatch(s *rowSet, last time.Time) Batch {
	b := source.ParseTable(s.rows, false, true, c.fileTime())
	at := c.fileTime()
	if at.IsZero() {
		at = c.latest(b)
	}
	if at.IsZero() {
		at = c.someTime(last)
	}
	if at.IsZero() {
		return Batch{Line: s.first(), Err: fmt.Errorf("read %s: %d rows from line %d on: none has a time that can be read", c.reader.name, len(s.rows)+len(s.bad), s.first())}
	}
	at = c.ownMoment(s.board, at)
	return s.batch(posting.NewRun(KindTable, s.board, c.Company, posting.ProofEvent, at, at), b)
}
