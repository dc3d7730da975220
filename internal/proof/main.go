// Command proof runs what takes longer than CI may. It drives the built binary from outside and
// imports nothing of ours, but for `planted`, which fills stores straight.
//
//	proof [kills]   kills a real import at random moments; nothing is lost, nothing doubled
//	proof up        kills the roles of `up` at random over a market of its own
//	proof imports   kills imports of whole corpora and counts rows in and out
//	proof day       runs the simulated day of 3,000 boards, a test of cmd/rolescope
//	proof tags      tags 10,000 real postings by two builds in many ways: the same bytes
//	proof replay    kills replays of 50,000 postings while a reader asks; answers never mix
//	proof analysts  imports beside hostile analysts: the same rate, the host's files unchanged
//	proof planted   plants markets in stores, 200 of a kind: intervals cover the truth, nothing false is found
//	proof emergence plants what emerges in markets and among real postings: told early, and little else
//	proof titles    draws titles of the real corpora by a hash, for readers to label
//	proof postings  draws postings likewise, for readers to judge their tags
//	proof findings  imports real corpora, asks what docs/findings.md tells, and writes it
//
// Each result is one line of a file in docs/proof. `kills` is resumable: a seed already proven for
// this commit is not run again. Linux only, because it reads /proc.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rolescope/rolescope/store/engine"
)

// result is one line of the results file.
type result struct {
	Date   string  `json:"date"`
	Commit string  `json:"commit"`
	Seed   uint64  `json:"seed"`
	Killed string  `json:"killed"` // owner, engine or both
	After  float64 `json:"after_seconds"`
	Exit   int     `json:"first_exit"` // of the killed import; -1 when it died of the signal
	verdict
}

// verdict is how a line of every results file ends.
type verdict struct {
	OK    bool   `json:"ok"`
	Fault string `json:"fault,omitempty"`
}

func verdictOf(err error) verdict {
	if err != nil {
		return verdict{Fault: err.Error()}
	}
	return verdict{OK: true}
}

func main() {
	proofs := map[string]func([]string) error{
		"kills": killsMain, "up": upMain, "imports": importsMain, "day": dayMain, "titles": titlesMain, "postings": postingsMain, "tags": tagsMain, "replay": replayMain, "analysts": analystsMain,
		"findings": findingsMain, "planted": plantedMain, "emergence": emergenceMain, engineArgument: func([]string) error { return engine.Child(context.Background(), os.Stdin, os.Stdout, os.Stderr) },
	}
	args := os.Args[1:]
	run := killsMain // the proof that was there first needs no name
	if len(args) > 0 && proofs[args[0]] != nil {
		run, args = proofs[args[0]], args[1:]
	}
	if err := run(args); err != nil {
		fmt.Fprintln(os.Stderr, "proof:", err)
		os.Exit(1)
	}
}

func killsMain(args []string) error {
	flags := flag.NewFlagSet("kills", flag.ExitOnError)
	seeds := flags.Uint64("seeds", 20, "seeds 1 to N")
	out := flags.String("out", "docs/proof/kills.jsonl", "results file, appended to")
	input := flags.String("input", "../shared/recorded/ashby_boards_2025-10-28.jsonl.gz", "recorded Ashby boards")
	_ = flags.Parse(args)
	return prove(*seeds, *out, *input)
}

// commit is the one that is proven, as results name it.
func commit() (string, error) {
	out, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "", fmt.Errorf("read commit: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// newProver builds the program, unless bin is one, and makes a place to work in.
func newProver(bin string) (*prover, error) {
	commit, err := commit()
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "rolescope-proof-*")
	if err != nil {
		return nil, err
	}
	p := &prover{bin: bin, work: work, commit: commit}
	if bin != "" {
		return p, nil
	}
	p.bin = filepath.Join(work, "rolescope")
	if b, err := exec.Command("go", "build", "-o", p.bin, "./cmd/rolescope").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w: %s", err, b)
	}
	return p, nil
}

func prove(seeds uint64, out, input string) error {
	p, err := newProver("")
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.work)
	p.input = input
	done := p.done(out)
	start := time.Now()
	if p.want, err = p.reference(); err != nil {
		return fmt.Errorf("undisturbed import: %w", err)
	}
	p.duration = time.Since(start)
	fmt.Fprintf(os.Stderr, "undisturbed import: %s\n", p.duration.Round(time.Millisecond))
	failed := 0
	for seed := uint64(1); seed <= seeds; seed++ {
		if done[seed] {
			continue
		}
		r := p.try(seed)
		fmt.Fprintf(os.Stderr, "seed %d: %s killed after %.2f s: ok %v %s\n", seed, r.Killed, r.After, r.OK, r.Fault)
		if !r.OK {
			failed++
		}
		if err := appendLine(out, r); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d seeds failed", failed, seeds)
	}
	return nil
}

type prover struct {
	bin, work, input, commit string
	env                      []string      // beside the surroundings
	want                     string        // contents of an undisturbed import
	duration                 time.Duration // of it
}

// done are the seeds already proven for this commit.
func (p *prover) done(out string) map[uint64]bool {
	seen := map[uint64]bool{}
	b, _ := os.ReadFile(out)
	for line := range bytes.Lines(b) {
		var r result
		if json.Unmarshal(line, &r) == nil && r.Commit == p.commit && r.OK {
			seen[r.Seed] = true
		}
	}
	return seen
}

// loadAverage is how busy the machine is: others use it too.
func loadAverage() string {
	load, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(load), " ")
	return first
}

func appendLine(out string, r any) error {
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	return json.NewEncoder(f).Encode(r)
}

// contents is everything a user can see that must not depend on what happened on the way.
const contents = `
SELECT * FROM (
SELECT 'postings' AS view, count(), uniqExact(posting_id), sum(cityHash64(posting_id, title, company, role_title, seniority, skills, vacancy_id, toString(first_seen), toString(last_seen), toString(closed_at))) FROM v_postings
UNION ALL SELECT 'spells', count(), uniqExact(posting_id), sum(cityHash64(posting_id, spell, toString(opened_at), toString(last_seen), opened_censored)) FROM v_spells
UNION ALL SELECT 'runs', count(), uniqExact(run_id), sum(cityHash64(run_id, outcome, listed, opened, complete)) FROM v_runs
UNION ALL SELECT 'skills', count(), uniqExact(posting_id), sum(cityHash64(posting_id, skill, field, start, end, strength)) FROM v_posting_skills
UNION ALL SELECT 'dead', count(), uniqExact(id), 0 FROM v_dead
) ORDER BY view FORMAT TSV`

func (p *prover) command(dir string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
	_ = cancel // the command's own end is the end of the context
	cmd := exec.CommandContext(ctx, p.bin, args...)
	cmd.Env = append(append(os.Environ(), "ROLESCOPE_DATA_DIR="+dir), p.env...)
	return cmd
}

func (p *prover) importInto(dir string) *exec.Cmd {
	return p.command(dir, "import", "--as", "ashby", "--complete", p.input)
}

func (p *prover) reference() (string, error) {
	dir := filepath.Join(p.work, "reference")
	if out, err := p.importInto(dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return p.contents(dir)
}

func (p *prover) contents(dir string) (string, error) {
	cmd := p.command(dir, "sql", contents)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("read contents: %w: %s", err, stderr.String())
	}
	return string(out), nil
}

// try kills one import at a random moment, runs it again, and compares.
func (p *prover) try(seed uint64) result {
	rng := rand.New(rand.NewPCG(seed, 0))
	r := result{
		Date: time.Now().UTC().Format(time.RFC3339), Commit: p.commit, Seed: seed,
		Killed: []string{"owner", "engine", "both"}[rng.IntN(3)],
	}
	after := time.Duration(rng.Float64() * float64(p.duration))
	r.After = after.Seconds()
	dir := filepath.Join(p.work, fmt.Sprint("seed", seed))
	defer os.RemoveAll(dir)
	exit, err := p.disturb(dir, r.Killed, after)
	r.Exit = exit
	if err == nil {
		err = p.recovered(dir)
	}
	r.verdict = verdictOf(err)
	return r
}

// disturb starts an import, kills and reaps it. An import that only lost its engine must finish.
func (p *prover) disturb(dir, kill string, after time.Duration) (exit int, err error) {
	cmd := p.importInto(dir)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	timer := time.NewTimer(after)
	<-timer.C
	children := childrenOf(cmd.Process.Pid)
	if kill != "engine" {
		_ = cmd.Process.Kill()
	}
	if kill != "owner" {
		for _, pid := range children {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	waitErr := cmd.Wait()
	exit = cmd.ProcessState.ExitCode()
	if kill == "engine" && waitErr != nil {
		return exit, fmt.Errorf("the import did not survive its engine: %w: %s", waitErr, out.String())
	}
	return exit, noneLeft(children)
}

// recovered runs the import again and checks that the result is that of an undisturbed one.
func (p *prover) recovered(dir string) error {
	if out, err := p.importInto(dir).CombinedOutput(); err != nil {
		return fmt.Errorf("import again: %w: %s", err, out)
	}
	if out, err := p.command(dir, "verify").CombinedOutput(); err != nil {
		return fmt.Errorf("verify: %w: %s", err, out)
	}
	got, err := p.contents(dir)
	if err != nil {
		return err
	}
	if got != p.want {
		return fmt.Errorf("contents differ:\n%s\nwant\n%s", got, p.want)
	}
	return nil
}

// childrenOf lists the processes whose parent is pid.
func childrenOf(pid int) []int {
	var out []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		// pid (comm) state ppid ...; comm may hold spaces and parentheses.
		rest := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if len(rest) > 1 && rest[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			out = append(out, child)
		}
	}
	return out
}

// orphanGrace is how long a child may take to notice that its parent is gone.
const orphanGrace = 10 * time.Second

func noneLeft(pids []int) error {
	deadline := time.NewTimer(orphanGrace)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		alive := 0
		for _, pid := range pids {
			if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && bytes.Contains(b, []byte("rolescope")) {
				alive++
			}
		}
		if alive == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return fmt.Errorf("%d orphans after %s", alive, orphanGrace)
		}
	}
}
