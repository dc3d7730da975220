package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"time"

	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// eventRows is how many rows that stand alone make one run: few enough to hold, enough that runs are
// not the greater part of the work. One month's thread has up to some 1,500 posts.
const eventRows = 2000

// heldBytesMax bounds the rows of snapshots whose boards are not read to their ends yet.
const heldBytesMax = 512 << 20

// rowSet collects the rows of one run.
type rowSet struct {
	board string
	at    time.Time // observed
	rows  []json.RawMessage
	lines []int
	bad   []source.Rejected
	size  int
	seen  int // rows of the board met so far, usable or not
	want  int // rows the file has of it, where that was counted
}

func (s *rowSet) add(row json.RawMessage, line int) {
	s.rows, s.lines, s.size = append(s.rows, row), append(s.lines, line), s.size+len(row)
}

// reject keeps a row that could not even be read; file and line are what tells it from others.
func (s *rowSet) reject(file string, line int, reason string) {
	s.bad = append(s.bad, source.RejectText(fmt.Sprintf("%s line %d: %s", filepath.Base(file), line, reason)))
}

// batch makes the run of the rows.
func (s *rowSet) batch(run posting.Run, b source.Board) Batch {
	for i, r := range b.Rejected {
		if r.At > 0 && r.At <= len(s.lines) {
			b.Rejected[i].Line = s.lines[r.At-1]
		}
	}
	b.Rejected = append(b.Rejected, s.bad...)
	b.Received += len(s.bad)
	line := 0
	if len(s.lines) > 0 {
		line = s.lines[0]
	}
	return Batch{Run: run, Board: b, Line: line}
}

// table opens the rows of a reader and finds the columns.
func (c *Corpus) table(r *Reader) (*rowReader, source.Mapping, error) {
	rows, err := newRowReader(r)
	if err != nil {
		return nil, nil, err
	}
	needed := []string{source.FieldID, source.FieldTitle}
	if c.Options.Board == "" {
		if _, err := source.NewMapping(rows.columns, c.Map, source.FieldBoard); err != nil {
			needed = append(needed, source.FieldCompany) // stands for the board
		}
	}
	m, err := source.NewMapping(rows.columns, c.Map, needed...)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", r.name, err)
	}
	if c.fileTime().IsZero() {
		clock := source.FieldObservedAt
		if c.Kind == KindTable && m[clock] == "" {
			clock = source.FieldPostedAt
		}
		if m[clock] == "" {
			return nil, nil, fmt.Errorf("read %s: it does not say when its postings were open: name the column with --map %s=COLUMN or the time with --observed-at; the columns are %v", r.name, clock, rows.columns)
		}
	}
	return rows, m, nil
}

// events yields rows that stand alone, in runs of one board each, as they come.
func (c *Corpus) events(ctx context.Context, yield func(Batch) bool) {
	rows, m, err := c.table(c.reader)
	if err != nil {
		yield(Batch{Err: err})
		return
	}
	set := &rowSet{}
	flush := func() bool {
		done := set
		set = &rowSet{board: done.board}
		if len(done.rows)+len(done.bad) == 0 {
			return true
		}
		b := source.ParseTable(done.rows, false, true, c.fileTime())
		at := c.fileTime()
		if at.IsZero() {
			at = latest(b)
		}
		if done.board == "" {
			done.board = KindTable // only rows that could not be read
		}
		if at.IsZero() {
			return yield(Batch{Line: done.first(), Err: fmt.Errorf("read %s: %d rows from line %d on: none has a time that can be read", c.reader.name, len(done.rows), done.first())})
		}
		return yield(done.batch(posting.NewRun(KindTable, done.board, c.Company, posting.ProofEvent, at, at), b))
	}
	for row := range c.all(ctx, rows, &err) {
		if row.bad != "" {
			set.reject(c.reader.name, row.line, row.bad)
			continue
		}
		board := c.boardOf(m, row.fields)
		if (set.board != "" && board != set.board || len(set.rows) >= eventRows) && !flush() {
			return
		}
		set.board = board
		set.add(m.Encode(row.fields), row.line)
	}
	if err != nil {
		yield(Batch{Err: err})
		return
	}
	flush()
}

func (s *rowSet) first() int {
	if len(s.lines) == 0 {
		return 0
	}
	return s.lines[0]
}

func (c *Corpus) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return fmt.Errorf("read %s: %w", c.reader.name, err)
}

// tableRow is a row with its line. bad says why it cannot be used.
type tableRow struct {
	fields source.Row
	line   int
	bad    string
}

// all yields the rows to their end, or until ctx ends or reading fails; then it sets failed.
func (c *Corpus) all(ctx context.Context, rows *rowReader, failed *error) iter.Seq[tableRow] {
	return func(yield func(tableRow) bool) {
		for {
			fields, line, bad, err := rows.next()
			switch {
			case ctx.Err() != nil || err != nil && !errors.Is(err, io.EOF):
				*failed = c.broken(ctx, err)
				return
			case err != nil || !yield(tableRow{fields, line, bad}):
				return
			}
		}
	}
}

// boardMoment is one run of a snapshot.
type boardMoment struct {
	board string
	at    time.Time
}

// snapshots yields every board of a table at every moment as a complete run. The file is read twice:
// first to count the rows of each run, so that the second time each can be emitted when its last row
// has come, and a file sorted by board needs the memory of one board.
func (c *Corpus) snapshots(ctx context.Context, yield func(Batch) bool) {
	counts, lost, err := c.count(ctx)
	if err != nil {
		yield(Batch{Err: err})
		return
	}
	rows, m, err := c.table(c.reader)
	if err != nil {
		yield(Batch{Err: err})
		return
	}
	sets, held := map[boardMoment]*rowSet{}, 0
	var nowhere rowSet
	for row := range c.all(ctx, rows, &err) {
		key, reason := c.moment(m, row)
		if reason != "" {
			nowhere.reject(c.reader.name, row.line, reason)
			continue
		}
		set := sets[key]
		if set == nil {
			set = &rowSet{board: key.board, at: key.at, want: counts[key]}
			sets[key] = set
		}
		set.add(m.Encode(row.fields), row.line)
		if held += len(set.rows[len(set.rows)-1]); held > heldBytesMax {
			yield(Batch{Err: fmt.Errorf("read %s: its boards are mixed, and %d bytes of rows wait for the rest of theirs: sort it by board", c.reader.name, held)})
			return
		}
		if set.seen++; set.seen == set.want {
			delete(sets, key)
			held -= set.size
			if !yield(c.snapshotBatch(set, lost[""] || lost[set.board])) {
				return
			}
		}
	}
	if err != nil {
		yield(Batch{Err: err})
		return
	}
	c.nowhere(&nowhere, yield)
}

// snapshotBatch makes a complete run of a board's rows, unless lost says that rows of the board may be
// among those nobody could read: one broken quote can swallow many, and none of them has closed.
func (c *Corpus) snapshotBatch(s *rowSet, lost bool) Batch {
	b := source.ParseTable(s.rows, true, false, time.Time{})
	b.Complete = b.Identified()
	if lost {
		b.Missing = "rows of the file that cannot be read may be this board's"
	}
	return s.batch(posting.NewRun(KindSnapshot, s.board, c.Company, posting.ProofFull, s.at, s.at), b)
}

// nowhere yields the rows that belong to no board, as dead letters of a run that proves nothing.
func (c *Corpus) nowhere(s *rowSet, yield func(Batch) bool) {
	at := c.fileTime()
	switch {
	case len(s.bad) == 0:
	case at.IsZero():
		yield(Batch{Err: fmt.Errorf("read %s: %d rows could not be read, the first in line %d: %s", c.reader.name, len(s.bad), s.bad[0].Line, s.bad[0].Reason)})
	default:
		yield(s.batch(posting.NewRun(KindSnapshot, "unknown", c.Company, posting.ProofFull, at, at), source.Board{Expected: -1}))
	}
}

// moment is the run a row of a snapshot belongs to, or the reason why it belongs to none.
func (c *Corpus) moment(m source.Mapping, row tableRow) (boardMoment, string) {
	if row.bad != "" {
		return boardMoment{}, row.bad
	}
	key := boardMoment{board: c.boardOf(m, row.fields), at: c.ObservedAt}
	if key.at.IsZero() {
		observed := m.Get(row.fields, source.FieldObservedAt)
		if at, ok := source.ReadTime(observed); ok {
			key.at = at
		} else if key.at = c.fileTime(); observed != "" {
			return key, "the time of observation cannot be read"
		}
	}
	switch {
	case key.board == "":
		return key, "row without a board or company"
	case key.at.IsZero():
		return key, "row without a time of observation"
	}
	return key, ""
}

// count counts the rows of each run of the file. lost names the boards whose rows belong to no run;
// with "", rows of any board may.
func (c *Corpus) count(ctx context.Context) (counts map[boardMoment]int, lost map[string]bool, err error) {
	first, err := Open(c.path, c.Options)
	if err != nil {
		return nil, nil, err
	}
	defer first.Close()
	c.first = first
	rows, m, err := c.table(first)
	if err != nil {
		return nil, nil, err
	}
	counts, lost = map[boardMoment]int{}, map[string]bool{}
	for row := range c.all(ctx, rows, &err) {
		key, reason := c.moment(m, row)
		if reason == "" {
			counts[key]++
		} else {
			lost[key.board] = true
		}
	}
	return counts, lost, err
}

// hasPostLines reports whether the file holds posts of a thread, one a line.
func (r *Reader) hasPostLines() bool {
	head, _ := r.body.Peek(r.body.Size())
	line := firstLine(head)
	return bytes.HasPrefix(bytes.TrimSpace(line), []byte("{")) && bytes.Contains(line, []byte(`"thread"`)) && bytes.Contains(line, []byte(`"time"`))
}

// postLines yields posts {"id","thread","time","text"}, one a line, each thread in runs of its own.
func (c *Corpus) postLines(ctx context.Context, yield func(Batch) bool) {
	set := &rowSet{}
	thread := ""
	flush := func() bool {
		done := set
		set = &rowSet{}
		if len(done.rows)+len(done.bad) == 0 {
			return true
		}
		payload := append([]byte(`{"comments":[`), bytes.Join(asBytes(done.rows), []byte(","))...)
		b, err := c.src.Parse(append(payload, "]}"...))
		if err != nil {
			return yield(Batch{Line: done.first(), Err: fmt.Errorf("read %s from line %d on: %w", c.reader.name, done.first(), err)})
		}
		at := c.ObservedAt
		if at.IsZero() {
			at = latest(b)
		}
		if at.IsZero() {
			return yield(Batch{Line: done.first(), Err: fmt.Errorf("read %s: %d posts from line %d on: none has a time", c.reader.name, len(done.rows)+len(done.bad), done.first())})
		}
		return yield(done.batch(posting.NewRun(c.src.Kind(), c.reader.options.Board, c.Company, c.src.Proof(), at, at), b))
	}
	for line := 1; ; line++ {
		text, err := c.reader.line()
		switch {
		case errors.Is(err, errTooLong):
			set.reject(c.reader.name, line, err.Error())
			continue
		case err != nil && !errors.Is(err, io.EOF) || ctx.Err() != nil:
			yield(Batch{Err: c.broken(ctx, err)})
			return
		case err != nil:
			flush()
			return
		}
		text = bytes.TrimSpace(text)
		var post struct {
			Thread json.RawMessage `json:"thread"`
		}
		switch err := json.Unmarshal(text, &post); {
		case len(text) == 0:
			continue
		case err != nil:
			set.reject(c.reader.name, line, "not a JSON object; is the line cut off?")
			continue
		}
		if (string(post.Thread) != thread || len(set.rows) >= eventRows) && !flush() {
			return
		}
		thread = string(post.Thread)
		set.add(text, line)
	}
}

func asBytes(rows []json.RawMessage) [][]byte {
	out := make([][]byte, len(rows))
	for i, r := range rows {
		out[i] = r
	}
	return out
}
