package ingest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rolescope/rolescope/posting"
)

func sharedDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "shared")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("ROLESCOPE_REQUIRE_SHARED") == "1" {
			t.Fatalf("ROLESCOPE_REQUIRE_SHARED=1 but there are no recordings: %v", err)
		}
		t.Skip("no recordings in ../shared beside the checkout; set ROLESCOPE_REQUIRE_SHARED=1 to fail instead")
	}
	return dir
}

// tally is what the batches of files gave.
type tally struct{ rows, stored, rejected, skipped, batches, boards int }

func importFiles(t *testing.T, imp Import, files ...string) (tally, []posting.Run) {
	t.Helper()
	var sum tally
	var runs []posting.Run
	boards := map[string]bool{}
	start := time.Now()
	for _, file := range files {
		c, err := imp.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		for b := range c.Batches(t.Context()) {
			if b.Err != nil {
				t.Errorf("%s line %d: %v", file, b.Line, b.Err)
				continue
			}
			to := &discard{}
			s, err := Emitter{}.Emit(t.Context(), to, b.Run, b.Board, nil)
			if err != nil {
				t.Fatal(err)
			}
			runs = append(runs, to.runs...)
			sum.batches++
			sum.rows += b.Board.Received
			sum.stored += s.Published
			sum.rejected += s.Rejected + s.TooLarge
			sum.skipped += s.Skipped
			boards[b.Run.Board] = true
		}
		if read, size := c.Progress(); read != size {
			t.Errorf("%s: read %d of %d bytes", file, read, size)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	sum.boards = len(boards)
	took := time.Since(start)
	t.Logf("%s: %+v in %s, %.0f rows a second", filepath.Base(files[0]), sum, took.Round(time.Millisecond), float64(sum.rows)/took.Seconds())
	return sum, runs
}

// glob returns the recorded files of a pattern; outside the gate, and under the race detector, only
// every step-th.
func glob(t *testing.T, pattern string, step int) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(sharedDir(t), pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	if raceOn || os.Getenv("ROLESCOPE_REQUIRE_SHARED") != "1" {
		var some []string
		for i := 0; i < len(files); i += step {
			some = append(some, files[i])
		}
		files = some
	}
	return files
}

func TestImportHackerNews(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	files := glob(t, "data/hn_hiring/*.jsonl.gz", 16)
	sum, runs := importFiles(t, Import{Kind: "hn"}, files...)
	if len(files) == 96 && sum.rows != 48676 || sum.rows != sum.stored+sum.rejected+sum.skipped {
		t.Errorf("%+v", sum)
	}
	for _, run := range runs {
		for _, l := range run.Listing {
			if l.At.IsZero() || l.At.After(run.ObservedAt) {
				t.Fatalf("post %s at %s in a run of %s", l.ExternalID, l.At, run.ObservedAt)
			}
		}
	}
}

func TestImportBulk(t *testing.T) {
	t.Parallel()
	files := glob(t, "recorded/bulk/*.json.gz", 2)
	if raceOn {
		t.Skip("half a minute under the race detector")
	}
	sum, runs := importFiles(t, Import{Kind: KindSnapshot}, files...)
	if len(files) == 2 && sum.rows != 223182 || sum.stored != sum.rows || len(runs) < sum.batches {
		t.Errorf("%+v", sum)
	}
	for _, run := range runs {
		if !run.Complete || run.Outcome != posting.OutcomeOK {
			t.Fatalf("%s: %s, complete %v: %s", run.Board, run.Outcome, run.Complete, run.Note)
		}
	}
}

// TestImportLedger folds the weekly ledger and compares every run's effects with differences of sets.
func TestImportLedger(t *testing.T) {
	t.Parallel()
	files := glob(t, "data/ai_labs_snapshots/*.csv.gz", 1)
	if raceOn {
		files = files[:6] // weeks in a row: with weeks left out most runs are suspect, and no longer differences of sets
	}
	sum, runs := importFiles(t, Import{Kind: KindSnapshot}, files...)
	if len(files) == 21 && sum.rows != 34835 || sum.rows != sum.stored+sum.rejected+sum.skipped || sum.rejected != 0 {
		t.Errorf("%+v", sum)
	}
	byBoard := map[string][]posting.Run{}
	for _, run := range runs {
		byBoard[run.Board] = append(byBoard[run.Board], run)
	}
	for board, runs := range byBoard {
		_, effects := posting.Spells(runs)
		open, empty := map[string]bool{}, false
		for i, run := range runs {
			now := map[string]bool{}
			for _, l := range run.Listing {
				now[l.ExternalID] = true
			}
			came, left := 0, 0
			for id := range now {
				if !open[id] {
					came++
				}
			}
			for id := range open {
				if !now[id] {
					left++
				}
			}
			// One answer with nothing closes nothing yet; what follows it may close what it did not.
			if run.Outcome == posting.OutcomeEmpty || empty {
				t.Logf("%s at %s: %s, closed %d of %d", board, run.ObservedAt.Format(time.DateOnly), run.Outcome, effects[i].Closed, left)
				empty = run.Outcome == posting.OutcomeEmpty
				open = now
				continue
			}
			if e := effects[i]; e.Opened+e.Reopened != came || e.Closed != left && !e.Suspect && (i == 0 || !effects[i-1].Suspect) {
				t.Errorf("%s at %s: opened %d and reopened %d of %d, closed %d of %d", board, run.ObservedAt, e.Opened, e.Reopened, came, e.Closed, left)
			}
			open = now
		}
	}
}

// discard keeps runs only.
type discard struct{ runs []posting.Run }

func (d *discard) Publish(_ context.Context, values ...any) error {
	for _, v := range values {
		if run, ok := v.(posting.Run); ok {
			d.runs = append(d.runs, run)
		}
	}
	return nil
}
func (*discard) Bury(context.Context, ...posting.Dead) error { return nil }
