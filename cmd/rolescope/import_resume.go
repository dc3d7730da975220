package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/rolescope/rolescope/ingest"
)

const (
	// importValues stands for the source in the key of an import's progress, whose board is the
	// import's key and whose kind is one of importSlots.
	importValues = "import"
	// saveInterval is how often the progress of an import is stored.
	saveInterval = 3 * time.Second
	// importNamesMax bounds the names of boards kept for the report of a resumed import, so that the
	// progress fits one value; of a corpus with more boards the report then counts too few.
	importNamesMax = 2000
)

// importSlots take turns. After a crash the bus forgets what was stored within its last five
// seconds, because the messages it speaks of may be lost; with three values, one is always older.
func importSlots() []string { return []string{"progress-a", "progress-b", "progress-c"} }

// importDone is how far an import has come.
type importDone struct {
	Files  int          `json:"files"` // files that are published
	Batch  int          `json:"batch"` // number of the last published batch of the file after them
	Report importReport `json:"report"`
	Boards []string     `json:"boards"`
}

func (d importDone) none() bool { return d.Files == 0 && d.Batch == 0 }

func (d importDone) after(o importDone) bool {
	return d.Files > o.Files || d.Files == o.Files && d.Batch > o.Batch
}

// importKey names an import: the same files, unchanged, read in the same way. It is empty with
// standard input or a pipe, which cannot be read again.
func importKey(imp ingest.Import, files []string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %d %t %q\n", imp.Kind, imp.Board, imp.Company, imp.ObservedAt.UnixNano(), imp.Complete, imp.Map) // maps print sorted
	for _, file := range files {
		path, err := filepath.Abs(file)
		st, serr := os.Stat(file)
		if file == "-" || err != nil || serr != nil || !st.Mode().IsRegular() {
			return ""
		}
		fmt.Fprintf(h, "%q %d %d\n", path, st.Size(), st.ModTime().UnixNano())
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// importProgress is the progress of one import, stored every few seconds.
type importProgress struct {
	*system
	key   string
	done  importDone // of an earlier import that was stopped
	saved time.Time
	turn  int
}

// resumeImport finds how far an earlier import of the same files came before it was stopped.
func (s *system) resumeImport(ctx context.Context, imp ingest.Import, files []string) (*importProgress, error) {
	p := &importProgress{system: s, key: importKey(imp, files), saved: time.Now()}
	if p.key == "" {
		return p, nil
	}
	for _, slot := range importSlots() {
		err := swapJSON(ctx, s.bus, importValues, p.key, slot, func(done importDone) (importDone, bool) {
			if done.after(p.done) {
				p.done = done
			}
			return done, false
		})
		if err != nil {
			return p, fmt.Errorf("read how far an import came: %w", err)
		}
	}
	p.done.Report.boardNames = map[string]struct{}{}
	for _, name := range p.done.Boards {
		p.done.Report.boardNames[name] = struct{}{}
	}
	return p, nil
}

// save stores, every few seconds, that so many files and batches of the next are published.
func (p *importProgress) save(ctx context.Context, files, batch int, report importReport) error {
	if p.key == "" || time.Since(p.saved) < saveInterval {
		return nil
	}
	done := importDone{Files: files, Batch: batch, Report: report}
	done.Report.Problems = nil // printed when they were found
	for name := range report.boardNames {
		if len(done.Boards) < importNamesMax {
			done.Boards = append(done.Boards, name)
		}
	}
	p.saved = time.Now()
	p.turn = (p.turn + 1) % len(importSlots())
	return p.store(ctx, importSlots()[p.turn], done)
}

// finish forgets the progress: importing the files again shall begin at their beginning.
func (p *importProgress) finish(ctx context.Context) error {
	if p.key == "" {
		return nil
	}
	for _, slot := range importSlots() {
		if err := p.store(ctx, slot, importDone{}); err != nil {
			return err
		}
	}
	return nil
}

func (p *importProgress) store(ctx context.Context, slot string, done importDone) error {
	err := swapJSON(ctx, p.bus, importValues, p.key, slot, func(old importDone) (importDone, bool) {
		return done, !done.none() || !old.none()
	})
	if err != nil {
		return fmt.Errorf("store how far the import has come: %w", err)
	}
	return nil
}

// add adds the counts of another report.
func (r *importReport) add(o importReport) {
	maps.Copy(r.boardNames, o.boardNames)
	r.Runs += o.Runs
	r.Complete += o.Complete
	r.Empty += o.Empty
	r.Events += o.Events
	r.Listed += o.Listed
	r.Published += o.Published
	r.Rejected += o.Rejected
	r.TooLarge += o.TooLarge
	r.Skipped += o.Skipped
	r.runIDs = append(r.runIDs, o.runIDs...)
	r.Problems = append(r.Problems, o.Problems...)
}

// resume adds what an import that was stopped had published.
func (r *importReport) resume(o importReport) {
	r.add(o)
	r.Resumed, r.before = o.Runs, o.Published
}
