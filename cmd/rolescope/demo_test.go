package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	simmarket "github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/internal/market/markettest"
)

// smallMarket is what smallDemo simulates: ROLESCOPE_TEST_DEMO is its boards x its weeks.
func smallMarket() simmarket.Config {
	var c simmarket.Config
	if _, err := fmt.Sscanf(os.Getenv("ROLESCOPE_TEST_DEMO"), "%dx%d", &c.Employers, &c.Weeks); err != nil {
		panic(err)
	}
	return c
}

// smallDemo is the program with a demo of its own size, and with "direct", which stores the same
// market without scheduler, HTTP and NATS.
func smallDemo() {
	if len(os.Args) < 2 || os.Args[1] != "demo" && os.Args[1] != "direct" {
		main()
		return
	}
	if path := os.Getenv("ROLESCOPE_TEST_PROFILE"); path != "" {
		f, err := os.Create(path)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			panic(err)
		}
	}
	ctx, stop := untilTold(os.Stderr, new(atomic.Pointer[func()]))
	a := &app{environ: os.Environ(), stdout: os.Stdout, stderr: os.Stderr}
	var err error
	if os.Args[1] == "demo" {
		err = a.demo(ctx, demoPlan{
			market: func() (simMarket, error) { return simulated(smallMarket()) },
			serve:  slices.Contains(os.Args, "--serve"),
		})
	} else {
		err = a.with(ctx, storeDirectly)
	}
	pprof.StopCPUProfile()
	interrupted := ctx.Err() != nil
	stop()
	os.Exit(a.report(err, interrupted))
}

// storeDirectly crawls, tags and stores the small market in order, at the moments of the simulation.
func storeDirectly(ctx context.Context, s *system) error {
	m, err := simmarket.New(smallMarket())
	if err != nil {
		return err
	}
	sim, err := simulated(smallMarket())
	if err != nil {
		return err
	}
	var visits []markettest.Visit
	for w := range sim.weeks {
		at := sim.start.AddDate(0, 0, 7*w)
		for i, b := range m.Boards() {
			visits = append(visits, markettest.Visit{Board: b, PlannedAt: sim.boards[i].Latest(at), ObservedAt: at})
		}
	}
	sent, err := markettest.Crawl(ctx, m, visits)
	if err != nil {
		return err
	}
	postings, err := markettest.Tag(sent.Raws)
	if err != nil {
		return err
	}
	var batch []any
	for i := range postings {
		batch = append(batch, sent.Raws[i], postings[i])
	}
	for _, r := range sent.Runs {
		batch = append(batch, r)
	}
	for _, err := range s.store.Write(ctx, batch) {
		if err != nil {
			return err
		}
	}
	return nil
}

// demoEnv is the environment of a small demo whose dashboard is at a free port.
func demoEnv(dir, size string) []string {
	return append(os.Environ(), "ROLESCOPE_DATA_DIR="+dir, "ROLESCOPE_TEST_DEMO="+size, "ROLESCOPE_HTTP_ADDR=127.0.0.1:0")
}

// inDemo asks the demo's data.
func inDemo(t *testing.T, bin, dir string, args ...string) string {
	t.Helper()
	return output(t, commandEnv(bin, append(os.Environ(), "ROLESCOPE_DATA_DIR="+filepath.Join(dir, "demo")), args...))
}

// TestDemo: a demo that is killed in the middle, again and again, starts over and comes to the same
// end; once complete it is reused.
func TestDemo(t *testing.T) {
	t.Parallel()
	bin, dir := binaryAs(t, "small-demo"), t.TempDir()
	env := demoEnv(dir, "8x20")
	// Killed when its directory was claimed, when crawls have begun, and when postings reach the sink.
	for _, moment := range []string{"demo.json", "nats/jetstream/*/streams/CRAWL/msgs/1.blk", "nats/jetstream/*/streams/POSTING/msgs/1.blk"} {
		cmd := commandEnv(bin, env, "demo")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		exited := make(chan error, 1)
		go func() { exited <- cmd.Wait() }()
		awaitFile(t, filepath.Join(dir, "demo", moment), exited)
		_ = cmd.Process.Signal(syscall.SIGKILL)
		<-exited
	}
	if out := output(t, commandEnv(bin, env, "demo")); strings.Count(out, simulatedNotice) < 2 || strings.Contains(out, "Reusing") ||
		!strings.Contains(out, "  ROLESCOPE_DATA_DIR="+filepath.Join(dir, "demo")+" rolescope sql ") {
		t.Errorf("the demo says:\n%s", out)
	} else if last := inDemo(t, bin, dir, "sql", "SELECT toDate(max(observed_at)) FROM v_runs FORMAT TSV"); !strings.Contains(out, " to "+last+", in simulated time.") {
		t.Errorf("the last crawl was on %s; the demo says:\n%s", last, out)
	}
	inDemo(t, bin, dir, "verify")
	testAbsent(t, bin, filepath.Join(dir, "demo"))
	if got := inDemo(t, bin, dir, "sql", "SELECT count(), uniqExact(board), uniqExact(observed_at) FROM v_runs FORMAT TSV"); got != "160\t8\t20" {
		t.Errorf("runs, boards, moments: %q", got)
	}
	began := time.Now()
	out := output(t, commandEnv(bin, env, "demo"))
	t.Logf("the second demo took %s", time.Since(began))
	if !strings.Contains(out, "Reusing") || !strings.Contains(out, simulatedNotice) {
		t.Errorf("the second demo says:\n%s", out)
	}
	if got := inDemo(t, bin, dir, "sql", "SELECT count() FROM runs FORMAT TSV"); got != "160" {
		t.Errorf("%s rows of runs: the second demo crawled again", got)
	}
	for line := range strings.Lines(out) {
		if table := strings.Contains(line, "  ") && !strings.Contains(line, "rolescope "); table && len(strings.TrimSpace(line)) > 80 {
			t.Errorf("a table is %d columns wide: %s", len(line), line)
		}
	}
	testDemoDirectory(t, bin, filepath.Join(dir, "demo"))
}

// TestDemoEqualsDirect: what went through scheduler, HTTP, NATS and the stages is, row by row, what
// the functions behind them make of the same market.
func TestDemoEqualsDirect(t *testing.T) {
	t.Parallel()
	bin, dir, direct := binaryAs(t, "small-demo"), t.TempDir(), t.TempDir()
	env := demoEnv(dir, "14x30")
	output(t, commandEnv(bin, env, "demo"))
	output(t, commandEnv(bin, append(env, "ROLESCOPE_DATA_DIR="+filepath.Join(direct, "demo")), "direct"))
	for view, columns := range map[string]string{
		"v_postings": "* EXCEPT (recorded_at)",
		"v_spells":   "* EXCEPT (recorded_at)",
		// A failed run's note says how and where it was asked.
		"v_runs":           "* EXCEPT (recorded_at, note), if(outcome IN ('gone', 'error'), '', note) AS told",
		"v_posting_skills": "*",
		"v_vacancies":      "*",
	} {
		query := fmt.Sprintf("SELECT %s FROM %s ORDER BY ALL FORMAT TSVWithNames", columns, view)
		a, b := inDemo(t, bin, dir, "sql", query), inDemo(t, bin, direct, "sql", query)
		if rows := strings.Count(a, "\n"); rows < 100 {
			t.Errorf("%s has %d rows", view, rows)
		}
		if diff := cmp.Diff(strings.Split(a, "\n"), strings.Split(b, "\n")); diff != "" {
			t.Errorf("%s: by HTTP -, directly +:\n%.4000s", view, diff)
		}
	}
}

// TestDemoServes: the dashboard stands until Ctrl-C, which ends a complete demo well; before, Ctrl-C
// is an interruption. Two demos of one directory do not stand in each other's way.
func TestDemoServes(t *testing.T) {
	t.Parallel()
	bin, dir := binaryAs(t, "small-demo"), t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	env := append(demoEnv(dir, "8x40"), "ROLESCOPE_HTTP_ADDR="+taken.Addr().String())
	start := func() (*service, *logBuffer) {
		s, out := &service{cmd: commandEnv(bin, env, "demo", "--serve"), log: &logBuffer{}, exited: make(chan struct{})}, &logBuffer{}
		s.cmd.Stderr, s.cmd.Stdout = s.log, io.MultiWriter(out, s.log)
		if err := s.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() {
			_ = s.cmd.Wait()
			close(s.exited)
		}()
		t.Cleanup(func() { _ = s.cmd.Process.Signal(syscall.SIGKILL); <-s.exited })
		return s, out
	}
	s, _ := start()
	s.await(t, "Crawling 8 boards", 1)
	if out, err := commandEnv(bin, env, "demo").CombinedOutput(); err == nil || !strings.Contains(string(out), "another process is making the demo") {
		t.Errorf("a second demo beside one at work: %v\n%s", err, out)
	}
	closed := syscall.SIGHUP // the terminal is closed, which tells it to stop
	if signal.Ignored(closed) {
		closed = syscall.SIGTERM // these tests run under nohup, and so does what they start
	}
	_ = s.cmd.Process.Signal(closed)
	<-s.exited
	if code := s.cmd.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(s.log.String(), "the next demo starts over") {
		t.Errorf("interrupted, it ends with %d:\n%s", code, s.log)
	}

	s, _ = start()
	s.await(t, "is taken (ROLESCOPE_HTTP_ADDR)", 1) // before anything is opened
	s.await(t, "Dashboard: http://", 1)
	second, out := start() // joins the first, at a port of its own
	second.await(t, "Dashboard: http://", 1)
	at, _, _ := strings.Cut(strings.SplitAfterN(out.String(), "Dashboard: ", 2)[1], " ")
	for page, status := range map[string]int{"/": 200, "/roles/ml_engineer": 200, "/skills": 200, "/skills/python": 200, "/postings": 200, "/about": 200, "/nowhere": 404} {
		if text := get(t, at+page, status); !strings.Contains(text, "Simulated market") {
			t.Errorf("%s does not say that the market is simulated:\n%s", page, text)
		}
	}
	testDoors(t, bin, dir, at)
	if n := scrape(t, at)["rolescope_clickhouse_up"]; n != 1 {
		t.Errorf("metrics: clickhouse_up is %v", n)
	}
	get(t, at+"/readyz", http.StatusOK)
	if code := s.stop(t); code != exitOK {
		t.Errorf("told to stop, it ends with %d:\n%s", code, s.log)
	}
	second.await(t, "Dashboard: http://", 2) // the second owns the directory now
	get(t, at+"/readyz", http.StatusOK)
	if code := second.stop(t); code != exitOK {
		t.Errorf("told to stop, the second ends with %d:\n%s", code, second.log)
	}

	s, _ = start() // interrupted before it has shown anything, it loses nothing and does not say so
	s.await(t, "is taken (ROLESCOPE_HTTP_ADDR)", 1)
	if code := s.stop(t); code != exitInterrupted || !strings.Contains(s.log.String(), "rolescope: interrupted") || strings.Contains(s.log.String(), "starts over") {
		t.Errorf("a complete demo interrupted early ends with %d:\n%s", code, s.log)
	}
}

// get asks a page and returns it.
func get(t *testing.T, url string, status int) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		t.Fatalf("%s: %d, want %d, %v\n%s", url, answer.StatusCode, status, err, page)
	}
	return string(page)
}

// TestDemoKeepsOut: the demo deletes nothing that is not a demo's, and fills no server of anybody's.
func TestDemoKeepsOut(t *testing.T) {
	t.Parallel()
	bin, dir := binaryAs(t, "small-demo"), t.TempDir()
	precious := filepath.Join(dir, "demo", "nats", "precious")
	if err := os.MkdirAll(precious, 0o700); err != nil {
		t.Fatal(err)
	}
	for want, env := range map[string][]string{
		"no demo has made": demoEnv(dir, "2x2"),
		"your servers":     append(demoEnv(t.TempDir(), "2x2"), "NATS_URL=nats://127.0.0.1:1"),
		"listen at 127.0.0.1:99999 (ROLESCOPE_HTTP_ADDR)": append(demoEnv(dir, "2x2"), "ROLESCOPE_HTTP_ADDR=127.0.0.1:99999"),
		"listen at nonsense (ROLESCOPE_HTTP_ADDR)":        append(demoEnv(dir, "2x2"), "ROLESCOPE_HTTP_ADDR=nonsense"),
	} {
		args := []string{"demo"}
		if strings.HasPrefix(want, "listen") { // before anything else
			args = append(args, "--serve")
		}
		cmd := commandEnv(bin, env, args...)
		out, err := cmd.CombinedOutput()
		if _, failed := err.(*exec.ExitError); !failed || !strings.Contains(string(out), want) { //nolint:errorlint // Output wraps nothing
			t.Errorf("want %q: %v\n%s", want, err, out)
		}
	}
	if _, err := os.Stat(precious); err != nil {
		t.Error(err)
	}
}
