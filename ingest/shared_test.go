package ingest

import (
	"path/filepath"
	"testing"

	"github.com/rolescope/rolescope/ingest/source"
)

// TestRecordedFiles reads recorded files of lines as the import does. Their counts are known from
// counting lines; the parsers' own test compares every posting.
func TestRecordedFiles(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	dir := sharedDir(t)
	for _, c := range []struct {
		file   string
		src    source.Source
		boards int
		proven bool // the envelope counts the postings
		whole  bool // read to the end
	}{
		{"data/greenhouse_boards/2025-11-07.jsonl.gz", source.Greenhouse{}, 20, true, false}, // 92 boards
		{"recorded/greenhouse/full/catawiki__2025-10-28.json", source.Greenhouse{}, 1, true, true},
		{"recorded/greenhouse/series/databricks__2026-04-01.json", source.Greenhouse{}, 1, true, true},
		{"recorded/ashby_boards_2025-10-28.jsonl.gz", source.Ashby{}, 20, false, false}, // 180 boards, 54 MB
	} {
		r, err := Open(filepath.Join(dir, c.file), Options{})
		if err != nil {
			t.Fatal(err)
		}
		boards := map[string]bool{}
		for s := range r.Snapshots(t.Context()) {
			if s.Err != nil || s.Board == "" || s.ObservedAt.IsZero() {
				t.Errorf("%s line %d: board %q at %s: %v", c.file, s.Line, s.Board, s.ObservedAt, s.Err)
				continue
			}
			boards[s.Board] = true
			if b, err := s.Parse(c.src); err != nil || b.Complete != c.proven || c.proven && b.Expected != b.Received {
				t.Errorf("%s line %d: %d of %d postings, complete %v: %v", c.file, s.Line, b.Received, b.Expected, b.Complete, err)
			}
			if !c.whole && len(boards) == c.boards {
				break
			}
		}
		if read, size := r.Progress(); c.whole && read != size || len(boards) != c.boards {
			t.Errorf("%s: %d boards, want %d; read %d of %d bytes", c.file, len(boards), c.boards, read, size)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
