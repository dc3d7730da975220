package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// emergenceRun is one call of `eval emergence`, whose every slice is a line of emergence.jsonl.
type emergenceRun struct {
	market string   // small, full or hn_hiring, which is the background
	memory bool     // counted without a store
	scenes []string // of one call
	first  int      // seed
	seeds  int      // in a row
}

// emergenceRuns are those whose figures docs/eval.md tells, the cheap ones first. Seeds from 11 on are those that nothing was
// chosen by.
func emergenceRuns(seeds int) []emergenceRun {
	out := []emergenceRun{{market: "full", memory: true, scenes: []string{"plain", "null"}, first: 11, seeds: 5}}
	confounders := []string{"new_board", "mass_post", "rename", "outage", "december", "synonym", "first_crawl", "null"}
	for seed := range seeds {
		for _, scene := range confounders { // a scene a call: what is killed in the middle goes on with the next
			out = append(out, emergenceRun{market: "small", scenes: []string{scene}, first: 11 + seed, seeds: 1})
		}
	}
	out = append(out, emergenceRun{market: "hn_hiring", scenes: []string{"background", "background_null"}, first: 1, seeds: 1})
	for seed := range seeds {
		out = append(out, emergenceRun{market: "full", scenes: []string{"plain"}, first: 11 + seed, seeds: 1})
	}
	return out
}

// emergenceMain measures how early and how rightly emergence is told. Calls that this commit has lines of are left out.
func emergenceMain(args []string) error {
	flags := flag.NewFlagSet("emergence", flag.ExitOnError)
	seeds := flags.Int("seeds", 5, "markets of each scene that goes through stores; a full one takes about ten minutes and has 50 onsets")
	only := flags.String("only", "", "only runs whose name has this in it, such as full or hn_hiring")
	shared := flags.String("shared", "../shared", "folder of data/hn_hiring, the background")
	out := flags.String("out", "docs/proof/emergence.jsonl", "results file, appended to")
	bin := flags.String("bin", "", "built program; empty builds it")
	_ = flags.Parse(args)
	p, err := newProver(*bin)
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.work)
	var missed error
	for _, run := range emergenceRuns(*seeds) {
		if !strings.Contains(run.name(), *only) || p.emergenceDone(*out, run) {
			continue
		}
		began := time.Now()
		lines, err := p.emergence(run, *shared)
		if err != nil {
			return fmt.Errorf("%s: %w", run.name(), err)
		}
		for _, line := range lines {
			if err := appendLine(*out, line); err != nil {
				return err
			}
			if fault, _ := line["fault"].(string); fault != "" {
				missed = errors.Join(missed, fmt.Errorf("%s: %s", run.name(), fault))
			}
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", run.name(), time.Since(began).Round(time.Second))
	}
	return missed
}

func (r emergenceRun) name() string {
	return fmt.Sprintf("%s %s %s seeds %d-%d", r.market, r.through(), strings.Join(r.scenes, ","), r.first, r.first+r.seeds-1)
}

func (r emergenceRun) through() string {
	if r.memory {
		return "memory"
	}
	return "store"
}

// emergenceDone reports whether each scene of a run has a line of this commit.
func (p *prover) emergenceDone(out string, run emergenceRun) bool {
	b, _ := os.ReadFile(out)
	have := map[string]bool{}
	for line := range bytes.Lines(b) {
		var l struct {
			Commit, Market, Through, Scene string
			Seeds                          []int
		}
		if json.Unmarshal(line, &l) == nil && l.Commit == p.commit && l.Market == run.market && l.Through == run.through() &&
			len(l.Seeds) == run.seeds && l.Seeds[0] == run.first {
			have[l.Scene] = true
		}
	}
	return !slices.ContainsFunc(run.scenes, func(scene string) bool { return !have[scene] })
}

// emergence makes one call and returns its slices, with what tells where they come from.
func (p *prover) emergence(run emergenceRun, shared string) ([]map[string]any, error) {
	dir := filepath.Join(p.work, "emergence")
	defer os.RemoveAll(dir)
	args := []string{"eval", "emergence", "--json", "--scene", strings.Join(run.scenes, ","), "--first-seed", fmt.Sprint(run.first), "--seeds", fmt.Sprint(run.seeds)}
	switch {
	case run.market == "hn_hiring":
		corpora, err := filepath.Glob(filepath.Join(shared, "data", "hn_hiring", "*.jsonl.gz"))
		if err != nil || len(corpora) == 0 {
			return nil, fmt.Errorf("no threads in %s", shared)
		}
		if b, err := p.command(dir, append([]string{"import", "--as", "hn"}, corpora...)...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("import the threads: %w: %s", err, tail(b))
		}
	case run.market == "full":
		args = append(args, "--full")
	}
	if run.memory {
		args = append(args, "--memory")
	}
	load := loadAverage()
	cmd := p.command(dir, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	text, runErr := cmd.Output() // status 4 says that a target was missed
	var report struct {
		Slices []map[string]any `json:"slices"`
		Missed []string         `json:"missed"`
	}
	if err := json.Unmarshal(text, &report); err != nil || len(report.Slices) == 0 {
		return nil, fmt.Errorf("%w: %s", errors.Join(runErr, err), tail(stderr.Bytes()))
	}
	fault := ""
	if run.market != "hn_hiring" { // those figures are reported, whatever they are
		fault = strings.Join(report.Missed, "; ")
	}
	for _, slice := range report.Slices {
		slice["date"], slice["commit"], slice["market"], slice["load_average"] = time.Now().UTC().Format(time.RFC3339), p.commit, run.market, load
		slice["ok"], slice["fault"] = fault == "", fault
	}
	return report.Slices, nil
}
