package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// boardDay names one run of a snapshot. The rows of one board and day are one run, observed at the last
// of their times, because a time in each row is mostly when that row was read: were every moment a
// whole listing, each row would close all others.
type boardDay struct {
	board string
	day   time.Time // its beginning in UTC
}

// midnightGap is how near to each other two rows of one board may lie on two days: a crawl goes on from
// one row to the next within the hour, and one that midnight has cut in two lists the board in neither.
const midnightGap = time.Hour

// dayPlan is what the first reading of a file says of one run.
type dayPlan struct {
	rows        int
	first, last time.Time // of their times
}

// plan is what the first reading of a file says of its runs.
type plan struct {
	days map[boardDay]*dayPlan
	// lost holds the days to which rows belong that nobody could read; the zero time stands for any.
	lost map[time.Time]bool
	last time.Time // of all rows
}

// snapshots yields every board of a table on every day as a complete run. The file is read twice:
// first to count the rows of each run, so that the second time each can be emitted when its last row
// has come, and a file sorted by board needs the memory of one board.
func (c *Corpus) snapshots(ctx context.Context, yield func(Batch) bool) {
	p, err := c.plan(ctx)
	if err != nil {
		yield(Batch{Err: err})
		return
	}
	rows, m, err := c.table(c.reader)
	if err != nil {
		yield(Batch{Err: err})
		return
	}
	sets, held := map[boardDay]*rowSet{}, 0
	var nowhere rowSet
	for row := range c.all(ctx, rows, &err) {
		key, _, reason := c.place(m, row)
		if reason != "" {
			nowhere.reject(c.reader.name, row.line, reason)
			continue
		}
		set := sets[key]
		if set == nil {
			set = &rowSet{board: key.board}
			sets[key] = set
		}
		set.add(m.Encode(row.fields), row)
		if held += len(set.rows[len(set.rows)-1]); held > heldBytesMax {
			yield(Batch{Err: fmt.Errorf("read %s: its boards are mixed, and %d bytes of rows wait for the rest of theirs: sort it by board", c.reader.name, held)})
			return
		}
		if len(set.rows) == p.days[key].rows {
			delete(sets, key)
			held -= set.size
			if !yield(c.snapshotBatch(set, key, p)) {
				return
			}
		}
	}
	if err != nil {
		yield(Batch{Err: err})
		return
	}
	if len(nowhere.bad) > 0 {
		yield(c.nowhere(&nowhere, posting.ProofFull, p.last))
	}
}

// snapshotBatch makes a run of a board's rows of a day: a complete one, unless rows of the board may be
// elsewhere. None of those has closed.
func (c *Corpus) snapshotBatch(s *rowSet, key boardDay, p plan) Batch {
	b := source.ParseTable(s.rows, true, false, time.Time{})
	b.Complete = b.Identified()
	switch {
	case p.lost[time.Time{}] || p.lost[key.day]:
		b.Missing = "rows of the file that cannot be read may be this board's"
	case p.cut(key) || p.cut(boardDay{key.board, key.day.AddDate(0, 0, -1)}):
		b.Missing = "rows within an hour before and after midnight: a crawl may be cut in two; give its time with --observed-at"
	}
	at := p.days[key].last
	return s.batch(posting.NewRun(KindSnapshot, s.board, c.Company, posting.ProofFull, at, at), b)
}

// cut reports whether a board's rows of a day go on within midnightGap on the next.
func (p plan) cut(key boardDay) bool {
	day, next := p.days[key], p.days[boardDay{key.board, key.day.AddDate(0, 0, 1)}]
	return day != nil && next != nil && next.first.Sub(day.last) < midnightGap
}

// place is the run a row of a snapshot belongs to and the row's time, or the reason why it belongs to
// none. Of a row without a board the day is given even so, where it is known.
func (c *Corpus) place(m source.Mapping, row tableRow) (key boardDay, at time.Time, reason string) {
	if row.bad != "" {
		return key, at, row.bad
	}
	if at = c.ObservedAt; at.IsZero() {
		observed := m.Get(row.fields, source.FieldObservedAt)
		own, ok := source.ReadTime(observed)
		switch {
		case ok:
			at = own
		case observed != "":
			return key, at, "the time of observation cannot be read"
		default:
			at = c.fileTime()
		}
		switch {
		case at.IsZero():
			return key, at, "row without a time of observation"
		case ok && c.untimely(at):
			return key, at, fmt.Sprintf("observed at %s: want a time from %s to now", at.Format(time.RFC3339), timelyFrom().Format(time.DateOnly))
		}
	}
	key.day = at.UTC().Truncate(24 * time.Hour)
	if key.board = c.boardOf(m, row.fields); key.board == "" {
		return key, at, "row without a board or company"
	}
	return key, at, ""
}

// plan reads the file for the first time.
func (c *Corpus) plan(ctx context.Context) (plan, error) {
	p := plan{days: map[boardDay]*dayPlan{}, lost: map[time.Time]bool{}}
	first, err := Open(c.path, c.Options)
	if err != nil {
		return p, err
	}
	defer first.Close()
	c.first = first
	rows, m, err := c.table(first)
	if err != nil {
		return p, err
	}
	for row := range c.all(ctx, rows, &err) {
		key, at, reason := c.place(m, row)
		if reason != "" {
			p.lost[key.day] = true
			continue
		}
		if p.days[key] == nil {
			p.days[key] = &dayPlan{first: at, last: at}
		}
		day := p.days[key]
		day.rows++
		if at.Before(day.first) {
			day.first = at
		}
		if at.After(day.last) {
			day.last = at
		}
		if at.After(p.last) {
			p.last = at
		}
	}
	if err == nil && len(p.days) == 0 && len(p.lost) == 0 {
		err = c.noRows()
	}
	return p, err
}
