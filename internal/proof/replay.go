package main

import (
	"bytes"
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

// replayResult is one line of replay.jsonl.
type replayResult struct {
	Date      string    `json:"date"`
	Commit    string    `json:"commit"`
	Seed      uint64    `json:"seed"`
	Archived  int       `json:"archived"` // versions of postings
	Was       string    `json:"was"`
	Now       string    `json:"now"`
	Seconds   float64   `json:"seconds"` // of the undisturbed replay, with `up` beside it and nobody asking
	PerSecond float64   `json:"postings_per_second"`
	Killed    []string  `json:"killed"` // owner (rolescope up), replay or both
	KilledAt  []float64 `json:"killed_after"`
	TaggedAt  []int     `json:"tagged_after_kills"` // what the next replay found read already
	LastSent  int       `json:"last_sent"`          // what the last replay read: all that was left, and nothing else
	Answers   int       `json:"answers"`            // asked by SQL meanwhile
	Trends    int       `json:"trend_answers"`      // asked of the dashboard's API
	Refused   int       `json:"refused"`            // without an answer: the servers were killed, or switched under the question
	Load      string    `json:"load_average"`
	verdict
}

func replayMain(args []string) error {
	flags := flag.NewFlagSet("replay", flag.ExitOnError)
	seed := flags.Uint64("seed", 1, "of the moments of the kills and of who is killed")
	least := flags.Int("least", 50_000, "versions of postings the archive must have")
	out := flags.String("out", "docs/proof/replay.jsonl", "results file, appended to")
	hn := flags.String("hn", "../shared/data/hn_hiring/*.jsonl.gz", "threads to fill the archive with")
	ashby := flags.String("ashby", "../shared/recorded/ashby_boards_2025-10-28.jsonl.gz", "boards to fill it with")
	_ = flags.Parse(args)
	p, err := newProver("")
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.work)
	r := &replayProof{prover: p, rng: rand.New(rand.NewPCG(*seed, 2)), r: replayResult{
		Date: time.Now().UTC().Format(time.RFC3339), Commit: p.commit, Seed: *seed, Killed: []string{}, KilledAt: []float64{}, TaggedAt: []int{}, Load: loadAverage(),
	}}
	err = r.prove(*hn, *ashby, *least)
	r.r.verdict = verdictOf(err)
	return errors.Join(err, appendLine(*out, r.r))
}

type replayProof struct {
	*prover
	next string // the program with the second tagger
	rng  *rand.Rand
	r    replayResult
	dir  string // data directory at work
	web  string // address of the dashboard
	up   *exec.Cmd
	ends chan error // of up
	read *reader
}

func (r *replayProof) prove(hn, ashby string, least int) error {
	if err := r.buildNext(); err != nil {
		return err
	}
	base := filepath.Join(r.work, "base")
	if err := r.fill(base, hn, ashby, least); err != nil {
		return err
	}
	calm, killed := filepath.Join(r.work, "calm"), filepath.Join(r.work, "killed")
	for _, dir := range []string{calm, killed} {
		if out, err := exec.Command("cp", "-a", base, dir).CombinedOutput(); err != nil {
			return fmt.Errorf("copy: %w: %s", err, out)
		}
	}
	want, length, err := r.undisturbed(calm)
	if err != nil {
		return fmt.Errorf("undisturbed replay: %w", err)
	}
	fmt.Fprintf(os.Stderr, "undisturbed replay of %d: %s\n", r.r.Archived, length.Round(time.Millisecond))
	got, err := r.disturbed(killed, length)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("contents differ:\n%s\nundisturbed:\n%s", got, want)
	}
	return nil
}

func (r *replayProof) fill(dir, hn, ashby string, least int) error {
	files, err := filepath.Glob(hn)
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no threads at %s: %w", hn, err)
	}
	start := time.Now()
	for _, args := range [][]string{append([]string{"import", "--as", "hn"}, files...), {"import", "--as", "ashby", "--complete", ashby}} {
		if out, err := r.command(dir, args...).CombinedOutput(); err != nil && !isPartial(err) {
			return fmt.Errorf("import: %w: %s", err, tail(out))
		}
	}
	c, err := r.coverage(dir, r.r.Was)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "archive of %d filled in %s\n", c.Archived, time.Since(start).Round(time.Second))
	if r.r.Archived = c.Archived; c.Archived < least {
		return fmt.Errorf("the archive has %d versions of postings, %d are wanted", c.Archived, least)
	}
	return nil
}

// commandNext is command for the next version.
func (r *replayProof) commandNext(dir string, args ...string) *exec.Cmd {
	cmd := r.command(dir, args...)
	cmd.Path, cmd.Args[0] = r.next, r.next
	return cmd
}

// readBy is what a tagger version has read, as the program says.
type readBy struct {
	Version  string `json:"tagger_version"`
	Active   bool   `json:"active"`
	Archived int    `json:"archived"`
	Tagged   int    `json:"tagged"`
	Dead     int    `json:"dead"`
	Left     int    `json:"left"`
}

func (r *replayProof) coverage(dir, version string) (readBy, error) {
	out, err := r.commandNext(dir, "replay", "--status", "--json").Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 4) {
		return readBy{}, fmt.Errorf("replay --status: %w", err)
	}
	var all []readBy
	if err := json.Unmarshal(out, &all); err != nil {
		return readBy{}, fmt.Errorf("replay --status: %w: %s", err, out)
	}
	for _, c := range all {
		if c.Version == version {
			return c, nil
		}
	}
	return readBy{}, fmt.Errorf("replay --status names no version %s: %s", version, out)
}

// tagsContents is what contents leaves out: all that the tagger says, and which versions there are.
const tagsContents = `SELECT 'tags', count(), sum(cityHash64(*)), any(tagger_version), uniqExact(tagger_version) FROM (SELECT * EXCEPT recorded_at FROM v_postings)
UNION ALL SELECT 'mentions', count(), sum(cityHash64(*)), any(tagger_version), uniqExact(tagger_version) FROM v_posting_skills
UNION ALL SELECT 'texts', count(), sum(cityHash64(*)), any(tagger_version), uniqExact(tagger_version) FROM v_posting_texts FORMAT TSV`

func (r *replayProof) everything(dir string) (string, error) {
	all, err := r.contents(dir)
	if err != nil {
		return "", err
	}
	tags, err := r.query(dir, tagsContents)
	if err == nil && !bytes.Contains(tags, []byte(r.r.Now+"\t1\n")) {
		err = fmt.Errorf("answers are not of %s alone: %s", r.r.Now, tags)
	}
	lines := strings.Split(string(tags), "\n")
	slices.Sort(lines)
	return all + strings.Join(lines, "\n"), err
}

func (r *replayProof) undisturbed(dir string) (string, time.Duration, error) {
	if err := r.startUp(dir); err != nil {
		return "", 0, err
	}
	defer r.stopUp()
	start := time.Now()
	out, err := r.commandNext(dir, "replay", "--json").Output()
	length := time.Since(start)
	if err != nil {
		return "", 0, fmt.Errorf("%w: %s", err, out)
	}
	var report struct {
		Sent      int     `json:"sent"`
		Seconds   float64 `json:"seconds"`
		PerSecond float64 `json:"per_second"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return "", 0, err
	}
	r.r.Seconds, r.r.PerSecond = report.Seconds, report.PerSecond
	if report.Sent != r.r.Archived {
		return "", 0, fmt.Errorf("%d of %d were read", report.Sent, r.r.Archived)
	}
	want, err := r.everything(dir)
	return want, length, err
}

// disturbed kills the owner, the replay or both twice, while a reader asks, and returns the contents.
func (r *replayProof) disturbed(dir string, length time.Duration) (string, error) {
	r.read = newReader(r.r.Was, r.r.Now)
	defer r.read.stop()
	if err := r.startUp(dir); err != nil {
		return "", err
	}
	defer func() { r.stopUp() }()
	for range 2 {
		if err := r.killOnce(dir, length); err != nil {
			return "", err
		}
	}
	before, err := r.coverage(dir, r.r.Now)
	if err != nil {
		return "", err
	}
	out, err := r.commandNext(dir, "replay", "--json").Output()
	if err != nil {
		return "", fmt.Errorf("the last replay: %w: %s", err, out)
	}
	var last struct {
		Sent     int  `json:"sent"`
		Switched bool `json:"switched"`
	}
	if err := json.Unmarshal(out, &last); err != nil {
		return "", err
	}
	r.r.LastSent = last.Sent
	if !last.Switched || last.Sent > before.Left {
		return "", fmt.Errorf("the last replay read %d of %d left, switched %t", last.Sent, before.Left, last.Switched)
	}
	if err := r.read.seen(r.r.Now); err != nil {
		return "", err
	}
	r.r.Answers, r.r.Trends, r.r.Refused, err = r.read.end()
	if err != nil {
		return "", err
	}
	if out, err := r.commandNext(dir, "verify").CombinedOutput(); err != nil {
		return "", fmt.Errorf("verify: %w: %s", err, tail(out))
	}
	return r.everything(dir)
}

// killOnce starts a replay and kills at a random moment, at which it must not be done.
func (r *replayProof) killOnce(dir string, length time.Duration) error {
	whom := []string{"owner", "replay", "both"}[r.rng.IntN(3)]
	after := time.Duration((0.1 + 0.35*r.rng.Float64()) * float64(length))
	replay := r.commandNext(dir, "replay")
	if err := replay.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- replay.Wait() }()
	select {
	case err := <-ended:
		return fmt.Errorf("the replay ended before it was killed: %w", err)
	case <-time.After(after):
	}
	fmt.Fprintf(os.Stderr, "killing %s after %s\n", whom, after.Round(time.Millisecond))
	r.r.Killed, r.r.KilledAt = append(r.r.Killed, whom), append(r.r.KilledAt, after.Seconds())
	if whom != "owner" {
		_ = replay.Process.Kill()
	}
	if whom != "replay" {
		_ = r.up.Process.Kill()
		<-r.ends
	}
	select {
	case <-ended: // one that lost its owner ends by itself
	case <-time.After(time.Minute):
		_ = replay.Process.Kill()
		return errors.New("a replay whose owner was killed does not end")
	}
	if whom != "replay" {
		if err := r.startUp(dir); err != nil {
			return err
		}
	}
	c, err := r.coverage(dir, r.r.Now)
	if err != nil {
		return err
	}
	r.r.TaggedAt = append(r.r.TaggedAt, c.Tagged)
	if c.Active || c.Left == 0 {
		return fmt.Errorf("after the kill: %+v", c)
	}
	return nil
}
