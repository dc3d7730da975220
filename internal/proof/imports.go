package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// importResult is one line of imports.jsonl.
type importResult struct {
	Date      string    `json:"date"`
	Commit    string    `json:"commit"`
	Seed      uint64    `json:"seed"`
	Kind      string    `json:"kind"`
	Files     int       `json:"files"`
	Listed    int       `json:"listed"` // rows the import read
	Published int       `json:"published"`
	Rejected  int       `json:"rejected"` // dead letters with their reasons
	TooLarge  int       `json:"too_large"`
	Skipped   int       `json:"skipped_unlisted"`
	Problems  int       `json:"problems"` // lines or files that could not be read, named on standard error
	Stored    string    `json:"stored"`   // postings, versions
	Seconds   float64   `json:"seconds"`
	PerSecond float64   `json:"rows_per_second"`
	PeakMiB   int64     `json:"peak_mib"`     // resident, of the import's process; the engine is one of its own
	Load      string    `json:"load_average"` // of the machine when it began: others use it too
	KilledAt  []float64 `json:"killed_after,omitempty"`
	Resumed   int       `json:"resumed_runs"` // runs that the last import did not publish again
	verdict
}

func importsMain(args []string) error {
	flags := flag.NewFlagSet("imports", flag.ExitOnError)
	kind := flags.String("as", "hn", "kind of the files")
	kills := flags.Int("kills", 2, "how often the second import is killed")
	seed := flags.Uint64("seed", 1, "of the moments of the kills")
	out := flags.String("out", "docs/proof/imports.jsonl", "results file, appended to")
	bin := flags.String("bin", "", "built program; empty builds it")
	want := flags.String("want", "", "contents of an undisturbed import, in a directory that holds one already; empty imports")
	took := flags.Duration("took", 0, "how long that import took")
	_ = flags.Parse(args)
	p, err := newProver(*bin)
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.work)
	i := importProof{prover: p, kind: *kind, seed: *seed, out: *out, files: flags.Args()}
	reference, length := *want, *took
	if reference == "" {
		reference = filepath.Join(p.work, "reference")
		start := time.Now()
		if err := i.run(reference, 0, 0, ""); err != nil {
			return err
		}
		length = time.Since(start)
	}
	if *kills == 0 {
		return nil
	}
	contents, err := p.contents(reference)
	if err != nil {
		return err
	}
	return i.run(filepath.Join(p.work, "killed"), *kills, length, contents)
}

type importProof struct {
	*prover
	kind  string
	seed  uint64
	out   string
	files []string
}

// run imports, after as many imports as there are kills, and records what came of it.
func (i *importProof) run(dir string, kills int, length time.Duration, want string) error {
	r := importResult{
		Date: time.Now().UTC().Format(time.RFC3339), Commit: i.commit, Seed: i.seed, Kind: i.kind, Files: len(i.files),
		Load: loadAverage(),
	}
	err := i.try(&r, dir, kills, length, want)
	r.verdict = verdictOf(err)
	return errors.Join(err, appendLine(i.out, r))
}

func (i *importProof) try(r *importResult, dir string, kills int, length time.Duration, want string) error {
	args := append([]string{"import", "--json", "--as", i.kind}, i.files...)
	rng := rand.New(rand.NewPCG(i.seed, 2))
	for range kills {
		// Each kill comes in the middle of what is left, more or less.
		after := time.Duration((0.2 + 0.3*rng.Float64()) * float64(length))
		cmd := i.command(dir, args...)
		if err := cmd.Start(); err != nil {
			return err
		}
		<-time.After(after)
		children := childrenOf(cmd.Process.Pid)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		r.KilledAt = append(r.KilledAt, after.Seconds())
		if cmd.ProcessState.ExitCode() >= 0 {
			return fmt.Errorf("the import ended before it was killed, after %s", after)
		}
		if err := noneLeft(children); err != nil {
			return err
		}
	}
	cmd := i.command(dir, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !isPartial(err) {
		return fmt.Errorf("import: %w: %s", err, tail(stderr.Bytes()))
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.PeakMiB = usage.Maxrss >> 10
	}
	var report struct {
		importResult
		Resumed  int      `json:"resumed_runs"`
		Rate     float64  `json:"postings_per_second"`
		Problems []string `json:"problems"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		return fmt.Errorf("read report: %w: %s", err, stdout.Bytes())
	}
	r.Listed, r.Published, r.Rejected, r.TooLarge, r.Skipped = report.Listed, report.Published, report.Rejected, report.TooLarge, report.Skipped
	r.Seconds, r.PerSecond, r.Resumed, r.Problems = report.Seconds, report.Rate, report.Resumed, len(report.Problems)
	return i.check(r, dir, want)
}

// check balances the books and compares.
func (i *importProof) check(r *importResult, dir, want string) error {
	if out, err := i.command(dir, "verify").CombinedOutput(); err != nil {
		return fmt.Errorf("verify: %w: %s", err, tail(out))
	}
	stored, err := i.query(dir, "SELECT count(), uniqExact(posting_id, content_hash), (SELECT count() FROM v_dead) FROM v_postings FORMAT TSV")
	if err != nil {
		return err
	}
	r.Stored = strings.TrimSpace(string(stored))
	got, err := i.contents(dir)
	if err != nil {
		return err
	}
	if want != "" && got != want {
		return fmt.Errorf("contents differ:\n%s\nwant\n%s", got, want)
	}
	return nil
}
