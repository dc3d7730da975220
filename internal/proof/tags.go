package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tagsResult is one line of docs/proof/tags.jsonl.
type tagsResult struct {
	Date     string `json:"date"`
	Commit   string `json:"commit"`
	Postings int    `json:"postings"`
	Input    string `json:"input_sha256"`
	Runs     int    `json:"runs"`
	SHA256   string `json:"sha256"` // of the output, in order of the input
	verdict
	Linear []json.RawMessage `json:"linear"` // what TestLinearTime says: ns a byte by KiB of text
}

// hnStride takes every fifth post of the Hacker News threads, which spreads them over the years.
const hnStride = 5

// tagsMain tags the same real postings by two builds, with 1, 2 and 8 workers, shuffled, in several
// surroundings, and wants the same bytes of all; then it has the price of a byte measured.
func tagsMain(args []string) error {
	flags := flag.NewFlagSet("tags", flag.ExitOnError)
	out := flags.String("out", "docs/proof/tags.jsonl", "results file, appended to")
	data := flags.String("data", "../shared/data", "folder of builtin_ai_2026 and hn_hiring")
	n := flags.Int("postings", 10_000, "postings")
	_ = flags.Parse(args)
	p, err := newProver("")
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.work)
	other := filepath.Join(p.work, "rolescope-other")
	// The second build has other machine code for the tagger: nothing optimised, nothing inlined.
	build := exec.Command("go", "build", "-gcflags=github.com/rolescope/rolescope/enrich/...=-N -l", "-o", other, "./cmd/rolescope")
	if b, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, b)
	}
	lines, err := realPostings(*data, *n)
	if err != nil {
		return err
	}
	r := tagsResult{Date: time.Now().UTC().Format(time.RFC3339), Commit: p.commit, Postings: len(lines), Input: hashLines(lines)}
	runErr := r.compare([]string{p.bin, other}, lines)
	linear, linearErr := linearFigures()
	r.Linear = linear
	err = errors.Join(runErr, linearErr)
	r.verdict = verdictOf(err)
	return errors.Join(err, appendLine(*out, r))
}

// compare runs both builds in every way; the outputs, put back in order, must be equal.
func (r *tagsResult) compare(bins []string, lines [][]byte) error {
	for b, bin := range bins {
		for i, workers := range []int{1, 2, 8} {
			order := rand.New(rand.NewPCG(uint64(b), uint64(i))).Perm(len(lines))
			env := []string{fmt.Sprint("GOMAXPROCS=", i+1), fmt.Sprint("GOGC=", 50<<i), "TZ=" + []string{"UTC", "Asia/Kolkata", "America/St_Johns"}[i], "LANG=" + []string{"C", "tr_TR.UTF-8", "de_DE"}[i]}
			start := time.Now()
			got, err := tagOnce(bin, workers, env, lines, order)
			if err != nil {
				return err
			}
			r.Runs++
			sum := hashLines(got)
			fmt.Fprintf(os.Stderr, "build %d, %d workers: %s in %s\n", b+1, workers, sum[:16], time.Since(start).Round(time.Millisecond))
			if r.SHA256 == "" {
				r.SHA256 = sum
			}
			if sum != r.SHA256 {
				return fmt.Errorf("build %d with %d workers gives other bytes", b+1, workers)
			}
		}
	}
	return nil
}

// tagOnce tags the lines in that order and returns the outputs in order of the lines.
func tagOnce(bin string, workers int, env []string, lines [][]byte, order []int) ([][]byte, error) {
	var in, errs bytes.Buffer
	for _, i := range order {
		in.Write(lines[i])
		in.WriteByte('\n')
	}
	cmd := exec.Command(bin, "tag", "--workers", fmt.Sprint(workers))
	cmd.Stdin, cmd.Stderr, cmd.Env = &in, &errs, append(os.Environ(), env...)
	tagged, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("tag: %w: %s", err, tail(errs.Bytes()))
	}
	parts := bytes.Split(bytes.TrimSuffix(tagged, []byte("\n")), []byte("\n"))
	if len(parts) != len(lines) {
		return nil, fmt.Errorf("%d lines of output for %d postings", len(parts), len(lines))
	}
	out := make([][]byte, len(lines))
	for k, i := range order {
		out[i] = parts[k]
	}
	return out, nil
}

func hashLines(lines [][]byte) string {
	h := sha256.New()
	for _, l := range lines {
		h.Write(l)
		h.Write([]byte("\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// realPostings are n postings as `tag` reads them: all of builtin_ai_2026, the rest of hn_hiring.
func realPostings(data string, n int) ([][]byte, error) {
	hn, err := filepath.Glob(filepath.Join(data, "hn_hiring", "*.jsonl.gz"))
	if err != nil {
		return nil, err
	}
	slices.Sort(hn)
	var out [][]byte
	for i, name := range append([]string{filepath.Join(data, "builtin_ai_2026", "postings.jsonl.gz")}, hn...) {
		stride := 1
		if i > 0 {
			stride = hnStride
		}
		if out, err = addPostings(out, name, stride, n); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	if len(out) < n {
		return nil, fmt.Errorf("only %d postings in %s, want %d", len(out), data, n)
	}
	return out, nil
}

func addPostings(out [][]byte, name string, stride, n int) ([][]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 8<<20)
	for k := 0; lines.Scan() && len(out) < n; k++ {
		if k%stride != 0 {
			continue
		}
		var row struct {
			JobID                                       string `json:"job_id"`
			ID                                          int64  `json:"id"`
			Title, Company, Location, Description, Text string
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, err
		}
		if row.JobID == "" { // a post: its first paragraph is what others have as title
			row.JobID, row.Description = fmt.Sprint("hn", row.ID), row.Text
			row.Title, _, _ = strings.Cut(row.Text, "<p>")
			row.Title = strings.ToValidUTF8(row.Title[:min(200, len(row.Title))], "")
		}
		b, err := json.Marshal(map[string]string{"id": row.JobID, "title": row.Title, "company": row.Company, "location": row.Location, "description": row.Description})
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, lines.Err()
}

// linearFigures runs the test that measures the price of a byte, and returns what it prints.
func linearFigures() ([]json.RawMessage, error) {
	log, err := exec.Command("go", "test", "-count=1", "-v", "-timeout=20m", "-run=^TestLinearTime$", "./enrich").CombinedOutput()
	var out []json.RawMessage
	for line := range bytes.Lines(log) {
		if _, figures, ok := bytes.Cut(line, []byte("linear: ")); ok {
			out = append(out, json.RawMessage(bytes.TrimSpace(figures)))
		}
	}
	switch {
	case err != nil:
		return out, fmt.Errorf("measure the price of a byte: %w: %s", err, tail(log))
	case len(out) == 0:
		return nil, errors.New("measure the price of a byte: the test printed nothing")
	}
	return out, nil
}
