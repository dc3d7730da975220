package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rolescope/rolescope/ingest/source"
)

// envelope is what recorders put around a payload. The first form is
// {"board","company","recorded_at","payload"}; in the second, {"company","fetched_at","job_count",
// "jobs"}, the object is the payload itself and company is the board's token.
type envelope struct {
	Board      string          `json:"board"`
	Company    string          `json:"company"`
	RecordedAt string          `json:"recorded_at"`
	Payload    json.RawMessage `json:"payload"`

	FetchedAt string          `json:"fetched_at"`
	JobCount  *int            `json:"job_count"`
	Jobs      json.RawMessage `json:"jobs"`
}

// boardBytesMax bounds a board's name. Real ones are short; it becomes part of every message.
const boardBytesMax = 256

// isDocument tells a file that is one JSON document from a file of lines by its first line. last
// says that nothing follows the line.
func isDocument(first []byte, last bool) bool {
	text := bytes.TrimSpace(first)
	switch {
	case last || text[0] == '<':
		return true // nothing follows, or a page
	case text[0] != '{' && text[0] != '[':
		return false // a line nobody can read; the next may be good
	}
	return source.Unclosed(text) && !looksEnveloped(text)
}

// looksEnveloped reports whether a text begins with the keys of an envelope, even when it is cut off.
func looksEnveloped(text []byte) bool {
	head := text[:min(len(text), 512)] // the keys stand before the payload
	return bytes.Contains(head, []byte(`"recorded_at"`)) || bytes.Contains(head, []byte(`"fetched_at"`)) ||
		bytes.Contains(head, []byte(`"payload":`))
}

// snapshot takes the envelope off text. line is 0 when text is a whole file.
func (r *Reader) snapshot(text []byte, line int) Snapshot {
	text = bytes.TrimSpace(text)
	s := Snapshot{Board: r.options.Board, Company: r.options.Company, ObservedAt: r.options.ObservedAt, Expected: -1, Line: line}
	var err error
	if len(text) > 0 && text[0] == '{' {
		err = s.unwrap(text)
	}
	switch {
	case err == nil && s.Payload == nil && line > 0:
		err = errors.New(`want an envelope {"board","recorded_at","payload"} or {"company","fetched_at","job_count","jobs"}`)
	case s.Payload == nil && !looksEnveloped(text):
		s.Payload, err = text, nil // if anything is wrong with it, the source says best what
	}
	switch {
	case err != nil:
	case s.Payload == nil:
		err = errors.New("it looks like an envelope but has no payload")
	case s.Board == "":
		err = errors.New("the board is not named in the file: name it with --board")
	case len(s.Board) > boardBytesMax || strings.ContainsFunc(s.Board, unicode.IsControl) || !utf8.ValidString(s.Board):
		err = fmt.Errorf("the board's name %q is none: want a text of at most %d bytes", cut(s.Board, 40), boardBytesMax)
		s.Board = ""
	case s.ObservedAt.IsZero() && !r.options.undated:
		err = errors.New("the file does not say when it was recorded: say so with --observed-at")
	}
	if err != nil {
		failed := r.failed(line, err)
		failed.Board = s.Board
		return failed
	}
	return s
}

// unwrap fills s from an envelope. Text without one leaves s alone.
func (s *Snapshot) unwrap(text []byte) error {
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return fmt.Errorf("not JSON at byte %d; is the line cut off? %w", syntax.Offset, err)
		}
		return fmt.Errorf("decode the envelope: %w", err)
	}
	board, recorded := e.Board, e.RecordedAt
	switch {
	case e.Payload != nil:
		s.Payload = e.Payload
		if e.Company != "" && s.Company == "" {
			s.Company = e.Company
		}
	case e.FetchedAt != "" && e.Jobs != nil:
		s.Payload = bytes.Clone(text)
		board, recorded = e.Company, e.FetchedAt
		if e.JobCount != nil && *e.JobCount >= 0 {
			s.Expected = *e.JobCount
		}
	default:
		return nil
	}
	if board = strings.TrimSpace(board); board != "" {
		s.Board = board
	}
	if recorded != "" {
		at, err := parseTime(recorded)
		if err != nil {
			return err
		}
		s.ObservedAt = at
	}
	return nil
}

// parseTime reads the times recorders write. One without a zone is taken for UTC.
func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("read the time of recording %q: want RFC 3339, such as 2026-01-05T06:00:00Z", s)
}

// Parse reads the payload with src. The envelope's count of postings proves a board complete as
// the source's own would.
func (s Snapshot) Parse(src source.Source) (source.Board, error) {
	if s.Err != nil {
		return source.Board{}, s.Err
	}
	b, err := src.Parse(s.Payload)
	if err != nil && s.Line > 0 {
		return b, fmt.Errorf("read board %s in line %d: %w", s.Board, s.Line, err)
	}
	if err != nil {
		return b, fmt.Errorf("read board %s: %w", s.Board, err)
	}
	if b.Expected < 0 && s.Expected >= 0 {
		b.Expected = s.Expected
		b.Complete = b.Expected == b.Distinct() && b.Identified()
	}
	return b, nil
}
