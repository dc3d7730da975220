package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// Kinds of tables. They say what the rows of a file prove together.
const (
	// KindSnapshot is a table that lists whole boards: the rows of each board and day are a complete run,
	// observed at the last of their times, and rows whose status is "closed" are left out. A row that
	// cannot be read may be of any board, so no run of its day is complete then.
	KindSnapshot = "snapshot"
	// KindTable is a table whose rows stand alone, each posted at its own time.
	KindTable = "table"
)

// ImportKinds lists what Import reads: recorded payloads of every source, and tables.
func ImportKinds() []string { return append(source.Kinds(), KindSnapshot, KindTable) }

// Import says how files are imported. Files of one kind of table share their Map.
type Import struct {
	Kind string // one of ImportKinds
	Options
	Map      map[string]string // of a table: field -> column; fields not named take columns of common names
	Complete bool              // each payload lists its whole board; a snapshot always does, a table never
	// Skip leaves out the first batches: those that an earlier import of the same file has seen
	// published. Reading is deterministic, so that they are the same ones.
	Skip int
	// Now is when the files are imported: what claims to be later by more than clockSkew is rejected, and
	// dead letters of rows without any time are dated so. Zero believes every time.
	Now time.Time
}

// clockSkew is how far ahead of ours the clock of whoever wrote a file may have been.
const clockSkew = 24 * time.Hour

// timelyFrom is the earliest time of a row or post: the store holds none before, and no board we know is older.
func timelyFrom() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// untimely reports whether nothing can have been posted or observed at a time.
func (i Import) untimely(at time.Time) bool {
	return at.Before(timelyFrom()) || !i.Now.IsZero() && at.After(i.Now.Add(clockSkew))
}

func untimelyReason(at time.Time) string {
	return fmt.Sprintf("posted at %s: want a time from %s to now", at.Format(time.RFC3339), timelyFrom().Format(time.DateOnly))
}

// Batch is one run to emit.
type Batch struct {
	Number int         // 1-based; what Skip counts
	Run    posting.Run // ready for Emit
	Board  source.Board
	Line   int   // where the batch begins; 0 when the file is one document
	Err    error // this batch cannot be used; the next may be
}

// Corpus is one file being imported. Progress may be called from another goroutine.
type Corpus struct {
	Import
	path   string
	reader *Reader
	src    source.Source // nil for a table
	first  *Reader       // the reader of a first pass over the file
	key    string
	taken  map[string]bool // ids of the runs of events so far
}

// Open opens a file. Its errors are those of the file, of an unknown kind, and of a Map given for
// payloads, which have no columns.
func (i Import) Open(path string) (*Corpus, error) {
	c := &Corpus{Import: i, path: path, taken: map[string]bool{}}
	switch i.Kind {
	case KindSnapshot, KindTable:
		if i.Kind == KindSnapshot && path == "-" {
			return nil, errors.New("open standard input: a snapshot is read twice; save it as a file first")
		}
	default:
		src, err := source.ByKind(i.Kind)
		if err != nil {
			return nil, fmt.Errorf("%w; tables are %s and %s", err, KindSnapshot, KindTable)
		}
		if len(i.Map) > 0 {
			return nil, fmt.Errorf("import %s: payloads have no columns to map; tables are --as %s and --as %s", i.Kind, KindSnapshot, KindTable)
		}
		c.src = src
	}
	options := i.Options
	if i.Kind == (source.HackerNews{}).Kind() {
		if options.Board == "" {
			options.Board = hackerNewsBoard
		}
		options.undated = true // its posts have times of their own
	}
	reader, err := Open(path, options)
	if err != nil {
		return nil, err
	}
	c.reader = reader
	if _, size := reader.Progress(); size < 0 && i.Kind == KindSnapshot {
		reader.Close()
		return nil, fmt.Errorf("open %s: a snapshot is read twice, which a pipe cannot be; save it as a file first", path)
	}
	if c.key, err = c.fingerprint(); err != nil {
		reader.Close()
		return nil, err
	}
	return c, nil
}

// hackerNewsBoard is the board of posts whose file does not name one: the one that is crawled.
const hackerNewsBoard = "whoishiring"

// Close closes the file.
func (c *Corpus) Close() error { return c.reader.Close() }

// Progress is how many bytes of the file, as it lies on disk, have been read, and its size or -1. A
// file that is read twice is half read when it has been read once.
func (c *Corpus) Progress() (read, size int64) {
	read, size = c.reader.Progress()
	if c.Kind == KindSnapshot {
		if c.first != nil {
			n, _ := c.first.Progress()
			read += n
		}
		read /= 2
	}
	return read, size
}

// Key names the file with what is asked of it: the same key gives the same batches. It is empty for
// standard input and pipes, which cannot be read again.
func (c *Corpus) Key() string { return c.key }

// keyBytes is how much of a file its key is made of, beside its size: enough to tell recordings of
// the same boards on different days apart.
const keyBytes = 1 << 20

func (c *Corpus) fingerprint() (string, error) {
	_, size := c.reader.Progress()
	if size < 0 {
		return "", nil // what is read from a pipe is gone
	}
	file, err := os.Open(c.path)
	if err != nil {
		return "", fmt.Errorf("open recorded file: %w", err)
	}
	defer file.Close()
	h := sha256.New()
	fmt.Fprintln(h, source.NormaliserVersion, c.Kind, c.Options.Board, c.Company, c.ObservedAt.UnixNano(), c.Complete, size, filepath.Base(c.path))
	for _, field := range slices.Sorted(maps.Keys(c.Map)) {
		fmt.Fprintf(h, "%q %q\n", field, c.Map[field])
	}
	if _, err := io.CopyN(h, file, keyBytes); err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read %s: %w", c.path, err)
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// Batches yields the runs of the file in order, holding a few at a time. An error of the file itself
// is the last batch. It may be called once.
func (c *Corpus) Batches(ctx context.Context) iter.Seq[Batch] {
	return func(yield func(Batch) bool) {
		number := 0
		next := func(b Batch) bool {
			number++
			b.Number = number
			return number <= c.Skip || yield(b)
		}
		switch {
		case c.Kind == KindSnapshot:
			c.snapshots(ctx, next)
		case c.Kind == KindTable:
			c.events(ctx, next)
		case c.Kind == (source.HackerNews{}).Kind() && c.reader.hasPostLines():
			c.postLines(ctx, next)
		default:
			c.payloads(ctx, func() bool { return number+1 > c.Skip }, next)
		}
	}
}

// payloads yields recorded payloads, one run each. wanted says that the next is not skipped.
func (c *Corpus) payloads(ctx context.Context, wanted func() bool, yield func(Batch) bool) {
	for s := range c.reader.Snapshots(ctx) {
		b := Batch{Line: s.Line, Err: s.Err}
		if s.Err == nil && wanted() {
			var err error
			if b.Board, err = s.Parse(c.src); err != nil {
				b.Err = fmt.Errorf("%s: %w", c.path, err)
			}
			at := s.ObservedAt
			if at.IsZero() {
				c.rejectUntimely(&b.Board)
				at = c.latest(b.Board)
			}
			if at.IsZero() && b.Err == nil {
				b.Err = fmt.Errorf("%s: none of its posts has a time: say when it was recorded with --observed-at", c.path)
			}
			b.Run = posting.NewRun(c.src.Kind(), s.Board, s.Company, c.src.Proof(), at, at)
			b.Run.Complete = c.Complete && c.src.Proof() != posting.ProofEvent
		}
		if !yield(b) {
			return
		}
	}
}

// latest is the time of the last posting of a board: when a thread of events had been seen whole.
func (c *Corpus) latest(b source.Board) time.Time {
	var last time.Time
	for _, r := range b.Records {
		if r.PostedAt.After(last) && !c.untimely(r.PostedAt) {
			last = r.PostedAt
		}
	}
	for _, r := range b.Rejected {
		if r.PostedAt.After(last) && !c.untimely(r.PostedAt) {
			last = r.PostedAt
		}
	}
	return last
}

// rejectUntimely rejects events that claim to be from a time at which nothing can have been posted.
func (c *Corpus) rejectUntimely(b *source.Board) {
	b.Records = slices.DeleteFunc(b.Records, func(r posting.Record) bool {
		if !c.untimely(r.PostedAt) {
			return false
		}
		b.Rejected = append(b.Rejected, source.RejectRecord(r, untimelyReason(r.PostedAt)))
		return true
	})
	for i := range b.Rejected {
		if c.untimely(b.Rejected[i].PostedAt) {
			b.Rejected[i].PostedAt = time.Time{}
		}
	}
}

// dateInName finds the day a file says it was recorded on.
var dateInName = regexp.MustCompile(`(?:19|20)\d\d-\d\d-\d\d`)

// fileTime is when a table was recorded as far as its file says: as asked, or the day in its name.
func (c *Corpus) fileTime() time.Time {
	if !c.ObservedAt.IsZero() {
		return c.ObservedAt
	}
	days := dateInName.FindAllString(filepath.Base(c.path), -1)
	if len(days) == 0 {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, days[len(days)-1])
	if err != nil {
		return time.Time{}
	}
	return t
}

// boardOf is the board of a row: as asked, of its column, or the company's name as a word.
func (c *Corpus) boardOf(m source.Mapping, row source.Row) string {
	board := c.Options.Board
	if board == "" {
		board = m.Get(row, source.FieldBoard)
	}
	if board == "" {
		board = strings.ToLower(strings.Join(strings.Fields(m.Get(row, source.FieldCompany)), "-"))
	}
	return cut(strings.ToValidUTF8(board, "\uFFFD"), boardBytesMax)
}
