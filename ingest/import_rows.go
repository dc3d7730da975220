package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// heldBytesMax bounds the rows of snapshots whose boards are not read to their ends yet.
const heldBytesMax = 512 << 20

// rowSet collects the rows of one run.
type rowSet struct {
	board   string
	rows    []json.RawMessage
	lines   []int
	bad     []source.Rejected
	size    int
	damaged bool // a row held bytes that are not UTF-8
}

func (s *rowSet) add(row json.RawMessage, from tableRow) {
	s.rows, s.lines, s.size = append(s.rows, row), append(s.lines, from.line), s.size+len(row)
	s.damaged = s.damaged || from.damaged
}

// reject keeps a row that could not even be read; file and line are what tells it from others.
func (s *rowSet) reject(file string, line int, reason string) {
	s.bad = append(s.bad, source.RejectText(fmt.Sprintf("%s line %d: %s", filepath.Base(file), line, reason)))
}

func (s *rowSet) first() int {
	if len(s.lines) == 0 {
		return 0
	}
	return s.lines[0]
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
	if s.damaged {
		b.Note = "rows hold bytes that are not UTF-8; each was replaced by U+FFFD"
	}
	return Batch{Run: run, Board: b, Line: s.first()}
}

// nowhere makes a run of the rows that belong to no board: one of a board of its own, named by the file,
// that lists nothing and proves nothing, so that their dead letters are counted. last is the latest time
// the file tells.
func (c *Corpus) nowhere(s *rowSet, proof posting.Proof, last time.Time) Batch {
	at := c.fileTime()
	if at.IsZero() {
		at = c.someTime(last)
	}
	if at.IsZero() {
		return Batch{Err: fmt.Errorf("read %s: %d rows could not be used, the first: %s", c.reader.name, len(s.bad), s.bad[0].Reason)}
	}
	name := strings.TrimSpace(strings.ToValidUTF8(fmt.Sprintf("rows of %s %.8s", filepath.Base(c.path), c.key), "\uFFFD"))
	return s.batch(posting.NewRun(c.Kind, cut(name, boardBytesMax), c.Company, proof, at, at), source.Board{Expected: -1})
}

// someTime is a time for rows that have none: the latest of the file, else when it is imported.
func (c *Corpus) someTime(last time.Time) time.Time {
	if last.IsZero() {
		return c.Now
	}
	return last
}

// ownMoment is at, or the first millisecond after it at which the board has no run yet of this file:
// runs of one moment are one run.
func (c *Corpus) ownMoment(board string, at time.Time) time.Time {
	for at = posting.Time(at); c.taken[posting.RunID(c.Kind, board, at)]; at = at.Add(time.Millisecond) {
	}
	c.taken[posting.RunID(c.Kind, board, at)] = true
	return at
}

// noRows is the error of a table that has nothing but its header.
func (c *Corpus) noRows() error {
	return fmt.Errorf("read %s: it has a header and no rows", c.reader.name)
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

func (c *Corpus) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return fmt.Errorf("read %s: %w", c.reader.name, err)
}

// tableRow is a row with its line. bad says why it cannot be used.
type tableRow struct {
	fields  source.Row
	line    int
	bad     string
	damaged bool // it held bytes that are not UTF-8
}

// all yields the rows to their end, or until ctx ends or reading fails; then it sets failed.
func (c *Corpus) all(ctx context.Context, rows *rowReader, failed *error) iter.Seq[tableRow] {
	return func(yield func(tableRow) bool) {
		for {
			row, err := rows.next()
			switch {
			case ctx.Err() != nil || err != nil && !errors.Is(err, io.EOF):
				*failed = c.broken(ctx, err)
				return
			case err != nil || !yield(row):
				return
			}
		}
	}
}
