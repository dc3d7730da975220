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
	"strings"
	"sync"
	"time"
)

const (
	killEvery    = 20 * time.Second // on average; from half of it to half more
	crawlEvery   = 4 * time.Second  // a `crawl` of some boards beside the roles
	crawlBoards  = 8                // how many of them
	restartAfter = time.Second      // what a supervisor takes to start a role again
	settle       = 15 * time.Second // for the role killed last to be up, before all are told to stop
	crawlTimeout = time.Minute      // a crawl that takes longer hangs
	stopTimeout  = time.Minute      // for all roles to end when told
)

// upResult is one line of up.jsonl.
type upResult struct {
	Date         string         `json:"date"`
	Commit       string         `json:"commit"`
	Seed         uint64         `json:"seed"`
	Minutes      float64        `json:"minutes"` // of crawling under kills; what follows is not counted
	Kills        map[string]int `json:"kills"`   // by role
	OwnerKills   int            `json:"owner_kills"`
	Exits        []string       `json:"unexpected_exits,omitempty"` // of roles that nobody killed
	Crawls       int            `json:"crawl_commands"`
	CrawlsFailed int            `json:"crawl_commands_failed"` // an owner killed under them is one reason
	CrawlsHung   int            `json:"crawl_commands_hung"`   // of the failed: killed after a minute
	Answers      int            `json:"answers"`
	Runs         int            `json:"runs"`
	Spells       int            `json:"spells"`
	verdict
}

func upMain(args []string) error {
	flags := flag.NewFlagSet("up", flag.ExitOnError)
	minutes := flags.Float64("minutes", 15, "how long roles are killed")
	seed := flags.Uint64("seed", 1, "of the market and the kills")
	out := flags.String("out", "docs/proof/up.jsonl", "results file, appended to")
	logs := flags.String("logs", "", "directory to keep the roles' logs in")
	bin := flags.String("bin", "", "built program; empty builds it")
	_ = flags.Parse(args)
	p, err := newProver(*bin)
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.work)
	if *logs == "" {
		*logs = p.work
	}
	m, err := openMarket(*seed)
	if err != nil {
		return err
	}
	defer m.server.Close()
	u := &upProof{
		prover: p, market: m, logs: *logs, dir: filepath.Join(p.work, "up"), rng: rand.New(rand.NewPCG(*seed, 1)),
		r: upResult{Date: time.Now().UTC().Format(time.RFC3339), Commit: p.commit, Seed: *seed, Minutes: *minutes, Kills: map[string]int{}},
	}
	err = u.prove(time.Duration(*minutes * float64(time.Minute)))
	u.r.verdict = verdictOf(err)
	return errors.Join(err, appendLine(*out, u.r))
}

type upProof struct {
	*prover
	market *market
	rng    *rand.Rand
	dir    string // data directory
	logs   string
	roles  []*role
	r      upResult
}

// role is a process of `rolescope up ROLE` that is started again whenever it ends.
type role struct {
	name  string
	mu    sync.Mutex
	cmd   *exec.Cmd
	ended chan struct{} // of cmd
	count int
}

func (u *upProof) prove(length time.Duration) error {
	sources := filepath.Join(u.work, "sources.yaml")
	if err := os.WriteFile(sources, []byte(u.market.sources()), 0o600); err != nil {
		return err
	}
	u.env = []string{
		"ROLESCOPE_SOURCES=" + sources, "ROLESCOPE_CONTACT=proof@rolescope.example", "ROLESCOPE_FETCH_ALLOW_PRIVATE=true",
		"ROLESCOPE_FETCH_HOST_INTERVAL=5ms", "ROLESCOPE_CLICKHOUSE_HTTP_ADDR=127.0.0.1:0", "ROLESCOPE_HTTP_ADDR=127.0.0.1:0",
	}
	for _, name := range []string{"sink", "scheduler", "crawler", "enricher"} {
		r := &role{name: name}
		u.roles = append(u.roles, r)
		if err := u.start(r); err != nil {
			return err
		}
	}
	u.disturb(length)
	<-time.After(settle)
	if err := u.stop(); err != nil {
		return err
	}
	// Whatever is left in the streams is stored by the next command that has stages.
	if out, err := u.command(u.dir, "crawl", "greenhouse/"+boardName(0)).CombinedOutput(); err != nil && !isPartial(err) {
		return fmt.Errorf("drain: %w: %s", err, tail(out))
	}
	if out, err := u.command(u.dir, "verify").CombinedOutput(); err != nil {
		return fmt.Errorf("verify: %w: %s", err, tail(out))
	}
	return u.compare()
}

// isPartial reports an exit status that only says that some board was incomplete.
func isPartial(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == 3
}

func tail(out []byte) string { return string(out[max(0, len(out)-2000):]) }

func (u *upProof) start(r *role) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	log, err := os.Create(filepath.Join(u.logs, fmt.Sprintf("%s-%03d.log", r.name, r.count)))
	if err != nil {
		return err
	}
	cmd, ended := u.command(u.dir, "up", r.name), make(chan struct{})
	cmd.Stdout, cmd.Stderr = log, log
	r.cmd, r.ended = cmd, ended
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		_ = cmd.Wait()
		_ = log.Close()
		close(ended)
	}()
	return nil
}

// disturb kills a role every now and then, and crawls beside them, until length has passed.
func (u *upProof) disturb(length time.Duration) {
	end, watch := time.After(length), time.NewTicker(time.Second)
	defer watch.Stop()
	nextKill := time.After(u.killPause())
	crawl := time.NewTicker(crawlEvery)
	defer crawl.Stop()
	crawled := make(chan error, 1)
	crawling := false
	for {
		select {
		case <-end:
			if crawling {
				u.countCrawl(<-crawled)
			}
			return
		case <-nextKill:
			u.kill(u.roles[u.rng.IntN(len(u.roles))])
			nextKill = time.After(u.killPause())
		case <-watch.C:
			u.restartEnded()
		case err := <-crawled:
			crawling = false
			u.countCrawl(err)
		case <-crawl.C:
			if !crawling {
				crawling = true
				cmd := u.command(u.dir, u.crawlArgs()...)
				go func() { crawled <- runBounded(cmd) }()
			}
		}
	}
}

func (u *upProof) killPause() time.Duration {
	return killEvery/2 + time.Duration(u.rng.Int64N(int64(killEvery)))
}

func (u *upProof) crawlArgs() []string {
	args := []string{"crawl"}
	for _, i := range u.rng.Perm(marketBoards)[:crawlBoards] {
		args = append(args, "greenhouse/"+boardName(i))
	}
	return args
}

func (u *upProof) countCrawl(err error) {
	u.r.Crawls++
	if errors.Is(err, errHangs) {
		u.r.CrawlsHung++
	}
	if err != nil && !isPartial(err) {
		u.r.CrawlsFailed++
	}
}

var errHangs = errors.New("hangs")

// runBounded runs a command and kills it when it hangs.
func runBounded(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	hung := time.AfterFunc(crawlTimeout, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	if !hung.Stop() {
		return errHangs
	}
	return err
}

func (u *upProof) kill(r *role) {
	var info struct {
		PID int `json:"pid"`
	}
	if b, err := os.ReadFile(filepath.Join(u.dir, "instance.json")); err == nil && json.Unmarshal(b, &info) == nil && info.PID == r.cmd.Process.Pid {
		u.r.OwnerKills++
	}
	_ = r.cmd.Process.Kill()
	<-r.ended
	u.r.Kills[r.name]++
	fmt.Fprintf(os.Stderr, "killed %s\n", r.name)
	<-time.After(restartAfter)
	if err := u.start(r); err != nil {
		u.r.Exits = append(u.r.Exits, r.name+": "+err.Error())
	}
}

// restartEnded starts roles again that ended by themselves, and records why they did.
func (u *upProof) restartEnded() {
	for _, r := range u.roles {
		select {
		case <-r.ended:
			log, _ := os.ReadFile(filepath.Join(u.logs, fmt.Sprintf("%s-%03d.log", r.name, r.count)))
			lines := strings.Split(strings.TrimSpace(string(log)), "\n")
			u.r.Exits = append(u.r.Exits, fmt.Sprintf("%s %d: %s", r.name, r.cmd.ProcessState.ExitCode(), lines[len(lines)-1]))
			fmt.Fprintln(os.Stderr, "ended by itself:", u.r.Exits[len(u.r.Exits)-1])
			if err := u.start(r); err != nil {
				u.r.Exits = append(u.r.Exits, r.name+": "+err.Error())
			}
		default:
		}
	}
}

// stop tells every role to end, and wants it to end well.
func (u *upProof) stop() error {
	for _, r := range u.roles {
		_ = r.cmd.Process.Signal(os.Interrupt)
	}
	timeout := time.After(stopTimeout)
	var errs []error
	for _, r := range u.roles {
		select {
		case <-r.ended:
			if code := r.cmd.ProcessState.ExitCode(); code != 0 {
				errs = append(errs, fmt.Errorf("%s told to stop ends with %d", r.name, code))
			}
		case <-timeout:
			_ = r.cmd.Process.Kill()
			errs = append(errs, fmt.Errorf("%s does not stop within %s", r.name, stopTimeout))
		}
	}
	return errors.Join(errs...)
}

const (
	spellsQuery = `SELECT board, external_id, spell, opened_at, last_seen, closed_at, opened_censored FROM v_spells ORDER BY board, external_id, spell FORMAT TSV`
	runsQuery   = `SELECT board, observed_at, outcome FROM v_runs ORDER BY observed_at, board FORMAT JSONEachRow`
)

// compare replays the answers that the runs saw, undisturbed and in order, in a directory of its own.
func (u *upProof) compare() error {
	runs, err := u.query(u.dir, runsQuery)
	if err != nil {
		return err
	}
	u.market.mu.Lock()
	for _, a := range u.market.answers {
		u.r.Answers += len(a)
	}
	u.market.mu.Unlock()
	var file bytes.Buffer
	for line := range bytes.Lines(runs) {
		var run struct {
			Board      string `json:"board"`
			ObservedAt string `json:"observed_at"`
			Outcome    string `json:"outcome"`
		}
		if err := json.Unmarshal(line, &run); err != nil {
			return fmt.Errorf("read run %s: %w", line, err)
		}
		u.r.Runs++
		if run.Outcome == "error" || run.Outcome == "blocked" || run.Outcome == "gone" {
			continue // saw nothing, and proves nothing
		}
		at, err := time.Parse("2006-01-02 15:04:05.999999999", run.ObservedAt)
		if err != nil {
			return err
		}
		version, ok := u.market.seen(run.Board, at)
		if !ok {
			return fmt.Errorf("a run of %s at %s without an answer", run.Board, at)
		}
		fmt.Fprintf(&file, "{\"board\":%q,\"company\":%q,\"recorded_at\":%q,\"payload\":%s}\n", run.Board, run.Board, at.Format(time.RFC3339Nano), u.market.payload(run.Board, version))
	}
	path, replay := filepath.Join(u.logs, "replay.jsonl"), filepath.Join(u.work, "replay")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		return err
	}
	if out, err := u.command(replay, "import", "--as", "greenhouse", path).CombinedOutput(); err != nil && !isPartial(err) {
		return fmt.Errorf("replay: %w: %s", err, tail(out))
	}
	got, err := u.query(u.dir, spellsQuery)
	if err != nil {
		return err
	}
	want, err := u.query(replay, spellsQuery)
	if err != nil {
		return err
	}
	u.r.Spells = bytes.Count(got, []byte("\n"))
	return differ(got, want)
}

func (p *prover) query(dir, sql string) ([]byte, error) {
	cmd := p.command(dir, "sql", sql)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("query: %w: %s", err, stderr.String())
	}
	return out, nil
}

// differ names the first lines that are in one but not in the other.
func differ(got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	in := func(b []byte) map[string]bool {
		lines := map[string]bool{}
		for line := range bytes.Lines(b) {
			lines[strings.TrimSpace(string(line))] = true
		}
		return lines
	}
	only := func(a, b map[string]bool) (n int, some []string) {
		for line := range a {
			if !b[line] {
				if n++; len(some) < 3 {
					some = append(some, line)
				}
			}
		}
		return n, some
	}
	extra, some := only(in(got), in(want))
	missing, others := only(in(want), in(got))
	return fmt.Errorf("contents differ: %d lines too many, such as %q; %d missing, such as %q", extra, some, missing, others)
}
