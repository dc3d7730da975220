package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

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
	var last time.Time
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
			at = c.latest(b)
		}
		if at.IsZero() {
			at = c.someTime(last)
		}
		if at.IsZero() {
			return yield(Batch{Line: done.first(), Err: fmt.Errorf("read %s: %d posts from line %d on: none has a time", c.reader.name, len(done.rows)+len(done.bad), done.first())})
		}
		at = c.ownMoment(c.reader.options.Board, at)
		if last.Before(at) {
			last = at
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
			Time   json.RawMessage `json:"time"`
		}
		switch err := json.Unmarshal(text, &post); {
		case len(text) == 0:
			continue
		case err != nil:
			set.reject(c.reader.name, line, "not a JSON object; is the line cut off?")
			continue
		}
		if at, ok := source.ReadTime(string(post.Time)); ok && c.untimely(at) {
			set.reject(c.reader.name, line, untimelyReason(at))
			continue
		}
		if (string(post.Thread) != thread || len(set.rows) >= eventRows) && !flush() {
			return
		}
		thread = string(post.Thread)
		set.add(text, tableRow{line: line, damaged: !utf8.Valid(text)})
	}
}

func asBytes(rows []json.RawMessage) [][]byte {
	out := make([][]byte, len(rows))
	for i, r := range rows {
		out[i] = r
	}
	return out
}
