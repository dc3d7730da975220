package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// read takes the whole answer out of a pipe.
func (p *pipe) readAll(ctx context.Context) ([]byte, error) {
	var all []byte
	for {
		b, err := p.next(ctx)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, b...)
	}
}

func TestPipe(t *testing.T) {
	t.Parallel()
	for name, shelf := range map[string]*shelf{"writer": nil, "held": newShelf(t.TempDir())} {
		for _, n := range []int{0, 1, answerMemoryBytes, answerMemoryBytes + 1, 20 << 20} {
			p := newPipe(t.TempDir(), shelf)
			want := bytes.Repeat([]byte("0123456789abcdef"), n/16+1)[:n]
			go func() {
				p.begin(summary{}, sizeUnknown)
				for rest := want; len(rest) > 0; rest = rest[min(len(rest), 100_003):] {
					if err := p.write(rest[:min(len(rest), 100_003)]); err != nil {
						t.Error(err)
					}
				}
				p.end(nil)
			}()
			if _, err := p.begun(t.Context()); err != nil {
				t.Fatal(err)
			}
			got, err := p.readAll(t.Context())
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %d of %d bytes, %v", name, len(got), n, err)
			}
			p.leave()
			if left, err := os.ReadDir(p.dir); err != nil || len(left) > 0 {
				t.Errorf("%s: files are left: %v %v", name, left, err)
			}
		}
		if shelf != nil && (shelf.files != 0 || shelf.bytes != 0) {
			t.Errorf("the shelf still has %d files, %d bytes", shelf.files, shelf.bytes)
		}
	}
}

// TestPipeEnds: whoever waits at either side hears of the other's end.
func TestPipeEnds(t *testing.T) {
	t.Parallel()
	p := newPipe(t.TempDir(), nil)
	full := make(chan error, 1)
	go func() { full <- p.write(make([]byte, 2*windowBytes)) }()
	p.leave()
	if err := <-full; !errors.Is(err, errLeft) {
		t.Errorf("the engine of a client that left: %v", err)
	}
	p = newPipe(t.TempDir(), nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer p.wake(ctx)()
	cause := exceptionf(codeAborted, "ABORTED", "over")
	cancel(cause)
	if _, err := p.begun(ctx); !errors.Is(err, error(cause)) {
		t.Errorf("the client of an engine that ends: %v", err)
	}
	p.begin(summary{}, sizeUnknown)
	if _, err := p.next(ctx); !errors.Is(err, error(cause)) {
		t.Errorf("the client of an engine that ends: %v", err)
	}
}

// TestShelf: no room is an error with its code, for the answer that is over the limit alone.
func TestShelf(t *testing.T) {
	t.Parallel()
	code := func(err error) int {
		var exception *Exception
		if !errors.As(err, &exception) {
			return 0
		}
		return exception.Code
	}
	big := make([]byte, answerMemoryBytes+1)
	s := newShelf(t.TempDir())
	s.files = shelfFilesMax
	p := newPipe(t.TempDir(), s)
	if err := p.start(summary{}, sizeUnknown, big); code(err) != codeTooManyQueries || p.head != nil {
		t.Errorf("too many files: %v", err)
	}
	if err := newPipe(t.TempDir(), s).write(big[:100]); err != nil {
		t.Errorf("a short answer needs no file: %v", err)
	}
	s = newShelf(t.TempDir())
	s.bytes = shelfBytesMax - 10
	p = newPipe(t.TempDir(), s)
	if err := p.write(big); code(err) != codeTooManyBytes {
		t.Errorf("too many bytes: %v", err)
	}
	p.end(nil)
	p.leave()
	if s.files != 0 || s.bytes != shelfBytesMax-10 {
		t.Errorf("the shelf has %d files and %d bytes", s.files, s.bytes)
	}
	if runtime.GOOS != "linux" {
		t.Skip("no /dev/full here")
	}
	s = newShelf(t.TempDir())
	p = newPipe(t.TempDir(), s)
	var err error
	if p.file, err = os.OpenFile("/dev/full", os.O_RDWR, 0); err != nil {
		t.Skip(err)
	}
	if err := p.write(big); code(err) != codeNoSpace || !strings.Contains(err.Error(), "no space left") || strings.Contains(err.Error(), "/dev/full") {
		t.Errorf("a full disk: %v", err)
	}
	if s.bytes != 0 {
		t.Errorf("%d bytes are still taken", s.bytes)
	}
}

// TestHolds: who does it again waits longer, up to a bound; an hour later it is forgotten.
func TestHolds(t *testing.T) {
	t.Parallel()
	h := holds{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var waits []time.Duration
	for range 8 {
		waits = append(waits, h.add(UserAnalyst, now))
		now = now.Add(waits[len(waits)-1])
	}
	if waits[0] != 0 || waits[1] != holdMin || waits[2] != 2*holdMin || waits[7] != 600*time.Second {
		t.Errorf("waits %v", waits)
	}
	if left := h.left(now.Add(-time.Second)); len(left) != 1 || left[UserAnalyst] != time.Second {
		t.Errorf("left %v", left)
	}
	if left := h.left(now); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	if wait := h.add(UserAnalyst, now.Add(2*holdForget)); wait != 0 {
		t.Errorf("an hour later %s", wait)
	}
}
