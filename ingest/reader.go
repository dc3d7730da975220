package ingest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"sync/atomic"
	"time"
)

// Limits of a recorded file.
const (
	// payloadBytesMax bounds one payload, which is held in memory about four times while it is read.
	// The largest boards known have some 5,000 postings of about 14 kB with their texts: 70 MB.
	payloadBytesMax = 128 << 20
	// fileBytesMax bounds a file after unpacking: a day's recording of 3,000 boards with their texts
	// is about 2 GB.
	fileBytesMax = 64 << 30
	// A gzip stream that unpacks to more than bombRatio times its size, measured once bombBytesMin
	// have come out, is refused. Recorded boards unpack to 8 to 15 times; gzip can reach 1,030.
	bombRatio    = 200
	bombBytesMin = 16 << 20
)

// Options say what the envelopes of a file do not.
type Options struct {
	Board      string    // for payloads without an envelope
	Company    string    // the employer's display name; empty when the payload's own shall serve
	ObservedAt time.Time // for payloads without an envelope
	Stdin      io.Reader // what "-" reads

	undated bool // a payload without a time of recording is taken as it is
}

// Snapshot is one recorded payload of one board.
type Snapshot struct {
	Board      string
	Company    string // as recorded or as asked for; may be empty
	ObservedAt time.Time
	Payload    []byte // owned by the receiver
	Expected   int    // postings the envelope says there are; -1 when it does not say
	Line       int    // 1-based line of the file; 0 when the file is one document
	Err        error  // this snapshot cannot be used; the next may be
}

// Reader reads the snapshots of one file. Progress may be called from another goroutine.
type Reader struct {
	name    string
	options Options
	limits  limits
	file    io.Closer
	packed  *counter
	size    int64
	body    *bufio.Reader
}

// limits are the constants above; tests use smaller ones.
type limits struct {
	payload, file, bombMin, bombRatio int64
}

func defaultLimits() limits {
	return limits{payload: payloadBytesMax, file: fileBytesMax, bombMin: bombBytesMin, bombRatio: bombRatio}
}

// Open opens a recorded file, plain or gzip by its first bytes; "-" is Options.Stdin. Its errors
// are those of the file: missing, unreadable, or packed in a way that is not read.
func Open(path string, options Options) (*Reader, error) {
	if path == "-" {
		if options.Stdin == nil {
			return nil, errors.New("open standard input: there is none")
		}
		return newReader("standard input", options.Stdin, nil, -1, options, defaultLimits())
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open recorded file: %w", err)
	}
	size := int64(-1)
	if info, err := file.Stat(); err == nil {
		if info.IsDir() {
			file.Close()
			return nil, fmt.Errorf("open recorded file %s: it is a directory; name its files", path)
		}
		if info.Mode().IsRegular() {
			size = info.Size()
		}
	}
	r, err := newReader(path, file, file, size, options, defaultLimits())
	if err != nil {
		file.Close()
		return nil, err
	}
	return r, nil
}

func newReader(name string, from io.Reader, file io.Closer, size int64, options Options, l limits) (*Reader, error) {
	r := &Reader{name: name, options: options, limits: l, file: file, size: size, packed: &counter{from: from}}
	r.body = bufio.NewReaderSize(r.packed, 64<<10)
	head, err := r.body.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		unpacked, err := gzip.NewReader(r.body)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		r.body = bufio.NewReaderSize(&guard{from: unpacked, packed: r.packed, limits: l}, 64<<10)
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return nil, fmt.Errorf("read %s: it is packed with zstd; unpack it first (zstd -d) or use gzip", name)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, fmt.Errorf("read %s: it is a zip archive; unpack it first", name)
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return nil, fmt.Errorf("read %s: it is UTF-16; save it as UTF-8 first (iconv -f UTF-16 -t UTF-8)", name)
	case bytes.HasPrefix(head, []byte("BZh")):
		return nil, fmt.Errorf("read %s: it is packed with bzip2; unpack it first or use gzip", name)
	default:
		r.body = bufio.NewReaderSize(&guard{from: r.body, limits: l}, 64<<10)
	}
	// A byte order mark says nothing in UTF-8. What Peek met that is worse than the end, the next read meets again.
	if head, _ := r.body.Peek(len(byteOrderMark)); string(head) == byteOrderMark {
		_, _ = r.body.Discard(len(byteOrderMark))
	}
	return r, nil
}

// Progress is how many bytes of the file, as it lies on disk, have been read, and its size or -1.
func (r *Reader) Progress() (read, size int64) { return r.packed.n.Load(), r.size }

// Close closes the file.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// Snapshots yields the snapshots in the order of the file, holding one at a time. A line that
// cannot be used is a Snapshot with Err, and reading goes on; an error of the file itself is the
// last Snapshot. It may be called once.
func (r *Reader) Snapshots(ctx context.Context) iter.Seq[Snapshot] {
	return func(yield func(Snapshot) bool) {
		n := 1
		first, err := r.line()
		for err == nil && len(bytes.TrimSpace(first)) == 0 && !r.ended() {
			first, err = r.line()
			n++
		}
		if ctxErr := ctx.Err(); ctxErr != nil {
			err = ctxErr
		}
		switch {
		case errors.Is(err, io.EOF):
			yield(r.failed(0, errors.New("the file is empty")))
			return
		case err != nil && !errors.Is(err, errTooLong):
			yield(r.failed(n, err))
			return
		case err == nil && len(bytes.TrimSpace(first)) == 0:
			yield(r.failed(0, errors.New("the file is empty")))
			return
		}
		if err == nil && isDocument(first, r.ended()) {
			r.document(first, yield)
			return
		}
		r.lines(ctx, n, first, err, yield)
	}
}

// document yields a file that is one JSON document over any number of lines.
func (r *Reader) document(first []byte, yield func(Snapshot) bool) {
	rest, err := io.ReadAll(io.LimitReader(r.body, r.limits.payload-int64(len(first))+1))
	if err == nil && int64(len(first)+len(rest)) > r.limits.payload {
		err = fmt.Errorf("%w of %d bytes", errTooLong, r.limits.payload)
	}
	if err != nil {
		yield(r.failed(0, err))
		return
	}
	yield(r.snapshot(slices.Concat(first, []byte("\n"), rest), 0))
}

// lines yields a file of envelopes, one a line, of which line n has been read.
func (r *Reader) lines(ctx context.Context, n int, line []byte, err error, yield func(Snapshot) bool) {
	for ; ; n++ {
		if ctxErr := ctx.Err(); ctxErr != nil {
			err = ctxErr
		}
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return
		case errors.Is(err, errTooLong):
			if !yield(r.failed(n, err)) {
				return
			}
		case err != nil:
			yield(r.failed(n, err))
			return
		case len(bytes.TrimSpace(line)) > 0:
			if !yield(r.snapshot(line, n)) {
				return
			}
		}
		line, err = r.line()
	}
}

func (r *Reader) failed(line int, err error) Snapshot {
	where := r.name
	if line > 0 {
		where = fmt.Sprintf("%s line %d", r.name, line)
	}
	return Snapshot{Line: line, Expected: -1, Err: fmt.Errorf("read %s: %w", where, err)}
}

const byteOrderMark = "\xef\xbb\xbf"

// errTooLong is the error of a payload over the cap.
var errTooLong = errors.New("a payload over the cap")

// line reads one line without its line feed. A line over the cap is read past and gives errTooLong;
// the end of the file gives io.EOF with an empty line only.
func (r *Reader) line() ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		chunk, err := r.body.ReadSlice('\n')
		if int64(len(line)+len(chunk)) > r.limits.payload {
			tooLong, line = true, nil
		}
		if !tooLong {
			line = append(line, chunk...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case tooLong:
			return nil, fmt.Errorf("%w of %d bytes", errTooLong, r.limits.payload)
		case err != nil && len(line) == 0:
			return nil, io.EOF
		}
		return bytes.TrimSuffix(line, []byte("\n")), nil
	}
}

// ended reports whether nothing but white space follows. It takes nothing; more white space than
// the buffer holds counts as something.
func (r *Reader) ended() bool {
	rest, err := r.body.Peek(r.body.Size())
	return errors.Is(err, io.EOF) && len(bytes.TrimSpace(rest)) == 0
}

// counter counts the bytes read from a file.
type counter struct {
	from io.Reader
	n    atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// guard stops a stream that is longer than any recording or that unpacks out of proportion.
type guard struct {
	from   io.Reader
	packed *counter // nil when nothing is unpacked
	limits limits
	n      int64
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.from.Read(p)
	g.n += int64(n)
	switch {
	case g.n > g.limits.file:
		return 0, fmt.Errorf("over the cap of %d bytes for one file", g.limits.file)
	case g.packed != nil && g.n > g.limits.bombMin && g.n/max(g.packed.n.Load(), 1) > g.limits.bombRatio:
		return 0, fmt.Errorf("unpacks to more than %d times its size, which no recording does", g.limits.bombRatio)
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("the gzip stream is cut off: %w", err)
	}
	return n, err
}
