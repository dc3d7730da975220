package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/rolescope/rolescope/enrich"
)

const (
	demoFile = "demo.json"
	// demoVersion is raised by hand when the simulated market changes: an older demo starts over.
	demoVersion = 2
)

// demoState says how far the demo of a directory has come, and with its presence that the directory
// is the demo's: nothing else is ever deleted.
type demoState struct {
	Version  int       `json:"version"`
	Tagger   string    `json:"tagger_version"`
	Complete bool      `json:"complete"`
	End      time.Time `json:"end"` // of the simulated time
	Report   simReport `json:"report"`
}

// prepare looks at the demo's directory before its servers are opened. What another version made, or
// what was stopped in the middle, is removed.
func (d *demo) prepare(owner bool) error {
	state, err := readDemoState(d.dir)
	if err != nil {
		return err
	}
	if state != nil && state.Complete && state.Version == demoVersion && state.Tagger == enrich.Version {
		d.state = *state
		return nil
	}
	d.state = demoState{Version: demoVersion, Tagger: enrich.Version}
	if !owner {
		return hintf("wait until it says that it is done", "another process is making the demo in %s", d.dir)
	}
	for _, data := range []string{"nats", "clickhouse"} {
		path := filepath.Join(d.dir, data)
		if state == nil {
			if _, err := os.Stat(path); err == nil {
				return hintf("move it away, or set ROLESCOPE_DATA_DIR to another directory", "%s holds data that no demo has made", d.dir)
			}
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("start the demo over: %w", err)
		}
	}
	return d.state.write(d.dir)
}

// readDemoState returns nil when there is none.
func readDemoState(dir string) (*demoState, error) {
	data, err := os.ReadFile(filepath.Join(dir, demoFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the demo's state: %w", err)
	}
	var state demoState
	if json.Unmarshal(data, &state) != nil {
		state = demoState{} // whatever wrote it, it was a demo's
	}
	return &state, nil
}

// honourDemo looks whether the data directory is a demo's. Invented postings are never shown without
// the notice and never mix with real ones.
func (s *system) honourDemo() (err error) {
	if s.demo, err = readDemoState(s.config.DataDir); err != nil || s.demo == nil {
		return err
	}
	if s.app.brings {
		return hintf("unset ROLESCOPE_DATA_DIR, or set it to a directory of your own",
			"%s is the demo's: what is in it is invented, and real postings would mix with it", s.config.DataDir)
	}
	if s.app.prepare == nil { // the demo itself says so where it belongs
		fmt.Fprintln(s.app.stderr, "rolescope:", simulatedNotice)
	}
	return nil
}

func (s demoState) write(dir string) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write the demo's state: %w", err)
	}
	path := filepath.Join(dir, demoFile)
	if err := os.WriteFile(path+".tmp", append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the demo's state: %w", err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("write the demo's state: %w", err)
	}
	return nil
}

// newWeeks starts the progress of a simulation.
func (a *app) newWeeks(total int) *progress {
	if !isTerminal(a.stderr) {
		return &progress{}
	}
	columns := 80
	if f, ok := a.stderr.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			columns = n
		}
	}
	return &progress{progressbar.NewOptions(total, append(weeksOptions(columns), progressbar.OptionSetWriter(a.stderr))...)}
}

// weeksWide is how many columns the whole line takes; below it, the line says only how far it is.
const weeksWide = 76

// weeksOptions is the look of the line on a terminal of so many columns: one that wraps is drawn anew
// on every line.
func weeksOptions(columns int) []progressbar.Option {
	options := []progressbar.Option{progressbar.OptionShowCount(), progressbar.OptionThrottle(80 * time.Millisecond), progressbar.OptionClearOnFinish()}
	if columns < weeksWide {
		return append(options, progressbar.OptionSetDescription("weeks"), progressbar.OptionSetWidth(8), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	}
	return append(options, progressbar.OptionSetDescription("simulated weeks"), progressbar.OptionSetWidth(24), progressbar.OptionSetPredictTime(true))
}
