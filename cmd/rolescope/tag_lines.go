package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"
)

// lineJob is one input line on its way through a worker; done carries its result.
type lineJob struct {
	number int
	line   []byte
	err    error // the line could not be read
	done   chan lineResult
}

type lineResult struct {
	out any
	err error
}

// eachLine reads stdin's lines, hands each to one of the workers and passes the results on in input
// order. A line that cannot be used is reported on stderr; if there was one, the error is exit status 3.
func (a *app) eachLine(ctx context.Context, workers int, work func(line []byte) (any, error), pass func(out any) error) error {
	jobs := make(chan *lineJob)
	ordered := make(chan *lineJob, 4*workers)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(jobs)
		defer close(ordered)
		return readLines(a.stdin, tagLineBytesMax, func(number int, line []byte, err error) error {
			job := &lineJob{number: number, line: bytes.Clone(line), err: err, done: make(chan lineResult, 1)}
			for _, queue := range []chan *lineJob{ordered, jobs} {
				select {
				case queue <- job:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
			return nil
		})
	})
	for range workers {
		group.Go(func() error {
			for job := range jobs {
				if job.err != nil {
					job.done <- lineResult{err: job.err}
					continue
				}
				out, err := work(job.line)
				job.done <- lineResult{out, err}
			}
			return nil
		})
	}
	bad := 0
	group.Go(func() error {
		for job := range ordered {
			var r lineResult
			select {
			case r = <-job.done:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			if r.err != nil {
				bad++
				fmt.Fprintf(a.stderr, "rolescope: line %d: %v\n", job.number, r.err)
				continue
			}
			if err := pass(r.out); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if bad > 0 {
		return exitStatus(exitPartial)
	}
	return nil
}

// flushed writes what is still buffered, also when the command ends with a status of its own.
func flushed(w *bufio.Writer, err error) error {
	if flush := w.Flush(); flush != nil && (err == nil || errors.As(err, new(exitStatus))) {
		return fmt.Errorf("write: %w", flush)
	}
	return err
}

// errLongLine is the error of a line over the limit.
var errLongLine = errors.New("longer than a line may be")

// readLines calls f with each line that is not blank, without its end and without a byte order mark.
// A line over the limit is passed on as nil with errLongLine, and reading goes on with the next.
func readLines(r io.Reader, limit int, f func(number int, line []byte, err error) error) error {
	return readLinesAt(r, limit, func(number int, _ int64, line []byte, err error) error { return f(number, line, err) })
}

// readLinesAt is readLines for those who come back: f is also told where the line begins.
func readLinesAt(r io.Reader, limit int, f func(number int, offset int64, line []byte, err error) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	var offset, size int64 // of the line at hand
	for number, long := 1, false; ; {
		piece, err := in.ReadSlice('\n')
		size += int64(len(piece))
		if long = long || len(line)+len(piece) > limit; !long {
			line = append(line, piece...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read line %d: %w", number, err)
		}
		begin := offset
		if number == 1 && bytes.HasPrefix(line, []byte("\xef\xbb\xbf")) {
			line, begin = line[3:], begin+3
		}
		var failed error
		switch {
		case long:
			failed = f(number, begin, nil, fmt.Errorf("%w (%d bytes)", errLongLine, limit))
		case len(bytes.TrimSpace(line)) > 0:
			failed = f(number, begin, line, nil)
		}
		if failed != nil {
			return failed
		}
		if err != nil {
			return nil
		}
		number, long, line, offset, size = number+1, false, line[:0], offset+size, 0
	}
}
