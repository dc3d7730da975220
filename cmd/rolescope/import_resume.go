package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

const (
	// importValues stands for the source in the key of an import's progress, whose board is the
	// corpus's key and whose kind is one of importSlots.
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

// importDone is how far an import of a file has come.
type importDone struct {
	Batch  int          `json:"batch"` // number of the last batch that was published, with all before it
	Report importReport `json:"report"`
	Boards []string     `json:"boards"`
}

// resumeImport returns how far an earlier import of the same file came before it was stopped: the
// zero value when there was none, or when it finished.
func (s *system) resumeImport(ctx context.Context, key string) (importDone, error) {
	var latest importDone
	if key == "" {
		return latest, nil // standard input cannot be read again
	}
	for _, slot := range importSlots() {
		err := s.bus.Swap(ctx, importValues, key, slot, func(old []byte) ([]byte, bool, error) {
			var done importDone
			if json.Unmarshal(old, &done) == nil && done.Batch > latest.Batch {
				latest = done
			}
			return nil, false, nil
		})
		if err != nil {
			return latest, fmt.Errorf("read how far an import came: %w", err)
		}
	}
	latest.Report.boardNames = map[string]struct{}{}
	for _, name := range latest.Boards {
		latest.Report.boardNames[name] = struct{}{}
	}
	return latest, nil
}

// importSaver stores the progress of one file.
type importSaver struct {
	*system
	key    string
	before importDone
	saved  time.Time
	turn   int
}

// save stores, every few seconds, that the batch and all before it are published.
func (v *importSaver) save(ctx context.Context, batch int, report importReport) error {
	if v.key == "" || time.Since(v.saved) < saveInterval {
		return nil
	}
	total := importReport{boardNames: map[string]struct{}{}}
	total.add(v.before.Report)
	total.add(report)
	total.Problems = nil // printed when they were found
	done := importDone{Batch: batch, Report: total}
	for name := range total.boardNames {
		if len(done.Boards) < importNamesMax {
			done.Boards = append(done.Boards, name)
		}
	}
	v.saved = time.Now()
	v.turn = (v.turn + 1) % len(importSlots())
	return v.store(ctx, importSlots()[v.turn], done)
}

// finish forgets the progress: importing the file again shall begin at its beginning.
func (v *importSaver) finish(ctx context.Context) error {
	if v.key == "" {
		return nil
	}
	for _, slot := range importSlots() {
		if err := v.store(ctx, slot, importDone{}); err != nil {
			return err
		}
	}
	return nil
}

func (v *importSaver) store(ctx context.Context, slot string, done importDone) error {
	data, err := json.Marshal(done)
	if err == nil {
		err = v.bus.Swap(ctx, importValues, v.key, slot, func(old []byte) ([]byte, bool, error) {
			return data, done.Batch > 0 || len(old) > 0, nil
		})
	}
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
	r.Problems = append(r.Problems, o.Problems...)
}

// resume adds what an import that was stopped had published.
func (r *importReport) resume(o importReport) {
	r.add(o)
	r.Resumed += o.Runs
	r.before += o.Published
}
