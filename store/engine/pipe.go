package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Limits of answers under way.
const (
	// answerBytesMax bounds an answer that goes through a file: the disk is the store's, too.
	answerBytesMax = 4 << 30
	// shelfBytesMax and shelfFilesMax bound all answers of held users that wait to be read.
	shelfBytesMax = 8 << 30
	shelfFilesMax = 64
	// spareBytes is what these answers leave free on the disk: the store has to write.
	spareBytes = 512 << 20
	// spareCheckBytes is how much is written between two looks at the disk.
	spareCheckBytes = 32 << 20
	// answerMemoryBytes of an answer are held in memory. Most answers are shorter.
	answerMemoryBytes = 256 << 10
	// windowBytes is how far the engine may be ahead of a writer's client.
	windowBytes = 4 << 20
	// readMax is how long the client of a held user may take to read an answer.
	readMax = time.Hour
)

// pipe carries an answer from the engine, which makes it, to the client, which reads it. A writer's
// engine waits for its client. A held user's does not: what the client has not read yet waits in a
// file, so that a slow or paused reader keeps nobody's place.
type pipe struct {
	dir   string
	shelf *shelf // nil: the engine waits

	mu    sync.Mutex
	moved *sync.Cond
	head  *head
	// pieces are not read yet, and come before what is in the file.
	pieces  [][]byte
	waiting int // bytes of pieces
	// file is nil as long as the answer fits the memory; it is size long, read to read.
	file       *os.File
	size, read int64
	buffer     []byte // of what next read last
	ended      bool
	err        error // why it ended too early
	gone       bool  // the client reads no more
}

// head is what an answer begins with. Until then an error has its status.
type head struct {
	sum  summary
	size int64 // sizeUnknown for one that is sent as it is made
}

// errLeft tells the engine that nobody reads its answer.
var errLeft = errors.New("the client has left")

func newPipe(dir string, shelf *shelf) *pipe {
	p := &pipe{dir: dir, shelf: shelf}
	p.moved = sync.NewCond(&p.mu)
	return p
}

// begin lets the answer's head go. What the engine does is up to here its own.
func (p *pipe) begin(sum summary, size int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.head = &head{sum, size}
	p.moved.Broadcast()
}

// start writes the first bytes of an answer of so many, and lets the head go: first where the engine
// waits for the client, else last, so that an answer which finds no room has an error with a status.
func (p *pipe) start(sum summary, size int64, body []byte) error {
	if p.shelf == nil {
		p.begin(sum, size)
		return p.write(body)
	}
	if err := p.write(body); err != nil {
		return err
	}
	p.begin(sum, size)
	return nil
}

// whole is an answer that is there at once.
func (p *pipe) whole(body []byte, sum summary) error { return p.start(sum, int64(len(body)), body) }

// write appends a copy of b. The error is errLeft, or an *Exception for the client.
func (p *pipe) write(b []byte) error {
	for len(b) > 0 {
		n := min(len(b), writeBytes)
		if err := p.writePiece(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func (p *pipe) writePiece(b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.shelf == nil && p.waiting >= windowBytes && !p.gone {
		p.moved.Wait()
	}
	if p.gone {
		return errLeft
	}
	if p.shelf == nil || p.file == nil && p.waiting+len(b) <= answerMemoryBytes {
		p.pieces = append(p.pieces, append([]byte(nil), b...))
		p.waiting += len(b)
		p.moved.Broadcast()
		return nil
	}
	if p.file == nil {
		if err := p.shelf.add(); err != nil {
			return err
		}
		file, err := os.CreateTemp(p.dir, "answer-")
		if err != nil {
			p.shelf.remove(0)
			return noRoom(err)
		}
		os.Remove(file.Name()) //nolint:errcheck // the directory is emptied when the engine starts
		p.file = file
	}
	if err := p.room(int64(len(b)), p.size+int64(len(b))); err != nil {
		return err
	}
	// Nobody else writes or closes the file until end, and nobody reads beyond size.
	at := p.size
	p.mu.Unlock()
	_, err := p.file.WriteAt(b, at)
	p.mu.Lock()
	if err != nil {
		p.shelf.give(int64(len(b)))
		return noRoom(err)
	}
	p.size += int64(len(b))
	p.moved.Broadcast()
	return nil
}

// room takes room for n more bytes of an answer, which is then size long.
func (p *pipe) room(n, size int64) error {
	if size > answerBytesMax {
		return exceptionf(codeTooManyBytes, "TOO_MANY_ROWS_OR_BYTES", "Limit for an answer exceeded, max bytes: %d. Ask for fewer rows or columns", int64(answerBytesMax))
	}
	if p.shelf == nil {
		return nil
	}
	return p.shelf.take(n)
}

// adopt makes a finished file the answer. grown is what the shelf was told of it.
func (p *pipe) adopt(file *os.File, size, grown int64, sum summary) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.file, p.size = file, size
	if p.shelf != nil {
		p.shelf.give(grown - size)
	}
	p.head = &head{sum, size}
	p.moved.Broadcast()
}

// end is the engine's last word: nil when the answer is complete.
func (p *pipe) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended, p.err = true, err
	p.clear()
	p.moved.Broadcast()
}

// leave is the client's last word.
func (p *pipe) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone, p.pieces = true, nil
	p.clear()
	p.moved.Broadcast()
}

// clear gives the file back when both sides are done with it.
func (p *pipe) clear() {
	if !p.ended || !p.gone || p.file == nil {
		return
	}
	p.file.Close() //nolint:errcheck // it has no name any more
	if p.shelf != nil {
		p.shelf.remove(p.size)
	}
	p.file = nil
}

// wake has whoever waits look at ctx when it ends.
func (p *pipe) wake(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.moved.Broadcast()
	})
}

// begun waits for the answer's head, or for the error that comes instead.
func (p *pipe) begun(ctx context.Context) (head, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case ctx.Err() != nil:
			return head{}, context.Cause(ctx)
		case p.head != nil:
			return *p.head, nil
		case p.err != nil:
			return head{}, p.err
		case p.ended:
			return head{}, errors.New("the engine gave no answer")
		}
		p.moved.Wait()
	}
}

// next returns more of the answer, valid until the next call; at its end io.EOF, or why it ends too early.
func (p *pipe) next(ctx context.Context) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case len(p.pieces) > 0:
			b := p.pieces[0]
			p.pieces = p.pieces[1:]
			p.waiting -= len(b)
			p.moved.Broadcast()
			return b, nil
		case p.read < p.size:
			if p.buffer == nil {
				p.buffer = make([]byte, writeBytes)
			}
			at, n := p.read, min(writeBytes, p.size-p.read)
			p.mu.Unlock()
			_, err := p.file.ReadAt(p.buffer[:n], at)
			p.mu.Lock()
			if err != nil {
				return nil, fmt.Errorf("read the answer's file: %w", err)
			}
			p.read += n
			return p.buffer[:n], nil
		case p.ended && p.err != nil:
			return nil, p.err
		case p.ended:
			return nil, io.EOF
		}
		p.moved.Wait()
	}
}

// noRoom is a file that cannot be written.
func noRoom(err error) error {
	if path := new(fs.PathError); errors.As(err, &path) { // the name is nobody's business
		err = path.Err
	}
	return exceptionf(codeNoSpace, "NOT_ENOUGH_SPACE", "There is no room on the engine's disk for the answer (%v). Ask for fewer rows or columns", err)
}

// shelf counts the files of answers that wait to be read.
type shelf struct {
	dir string

	mu      sync.Mutex
	files   int
	bytes   int64
	checked int64 // bytes since the last look at the disk
}

func newShelf(dataDir string) *shelf { return &shelf{dir: filepath.Clean(dataDir)} }

// add one file.
func (s *shelf) add() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files >= shelfFilesMax {
		return exceptionf(codeTooManyQueries, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many answers (%d) wait for their clients to read them. Ask again when they have", s.files)
	}
	s.files++
	s.checked = spareCheckBytes // a new answer looks at the disk first
	return nil
}

// take room for n more bytes.
func (s *shelf) take(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+n > shelfBytesMax {
		return exceptionf(codeTooManyBytes, "TOO_MANY_ROWS_OR_BYTES", "Limit for all answers that wait for their clients to read them exceeded, max bytes: %d. Ask again when they have, or for less", int64(shelfBytesMax))
	}
	if s.checked += n; s.checked >= spareCheckBytes {
		s.checked = 0
		var st syscall.Statfs_t
		if err := syscall.Statfs(s.dir, &st); err == nil && st.Bavail*uint64(st.Bsize) < spareBytes+uint64(n) {
			return exceptionf(codeNoSpace, "NOT_ENOUGH_SPACE", "There is no room on the engine's disk for the answer (less than %d bytes would be left). Ask for fewer rows or columns", int64(spareBytes))
		}
	}
	s.bytes += n
	return nil
}

// give n bytes back.
func (s *shelf) give(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes -= n
}

// remove one file of n bytes.
func (s *shelf) remove(n int64) {
	s.give(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files--
}
