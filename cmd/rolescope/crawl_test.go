package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// market is a local server of invented boards in Greenhouse's format, which a test changes between
// crawls.
type market struct {
	*httptest.Server
	mu     sync.Mutex
	boards map[string]http.HandlerFunc
	asked  map[string]int
}

func newMarket(t *testing.T) *market {
	m := &market{boards: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		board, isBoard := strings.CutPrefix(r.URL.Path, "/v1/boards/")
		board = strings.TrimSuffix(board, "/jobs")
		m.mu.Lock()
		serve := m.boards[board]
		m.asked[board]++
		m.mu.Unlock()
		if !isBoard || serve == nil {
			http.NotFound(w, r)
			return
		}
		serve(w, r)
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *market) set(board string, serve http.HandlerFunc) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.boards[board] = serve
}

// jobs answers with a whole board of postings "id" or "id=title".
func jobs(postings ...string) http.HandlerFunc {
	var list []map[string]any
	for _, p := range postings {
		id, title, ok := strings.Cut(p, "=")
		if !ok {
			title = "Machine Learning Engineer"
		}
		list = append(list, map[string]any{
			"id": json.Number(id), "title": title, "absolute_url": "https://jobs.example/" + id,
			"location": map[string]string{"name": "Zurich"}, "content": "&lt;p&gt;We train models with PyTorch.&lt;/p&gt;",
		})
	}
	body, err := json.Marshal(map[string]any{"jobs": list, "meta": map[string]int{"total": len(list)}})
	if err != nil {
		panic(err)
	}
	tag := fmt.Sprintf("%q", fmt.Sprint(len(body), postings))
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(body)
	}
}

func fails(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// crawlEnv is the environment of a program that crawls a market's boards.
func crawlEnv(t *testing.T, m *market, dir string, boards ...string) []string {
	t.Helper()
	var b strings.Builder
	b.WriteString("sources:\n")
	for _, board := range boards {
		fmt.Fprintf(&b, "  - {kind: greenhouse, board: %s, company: %s, schedule: \"@every 24h\", base_url: %q}\n", board, strings.ToUpper(board), m.URL)
	}
	path := filepath.Join(t.TempDir(), "sources.yaml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return append(os.Environ(), "ROLESCOPE_DATA_DIR="+dir, "ROLESCOPE_SOURCES="+path, "ROLESCOPE_CONTACT=tests@rolescope.example",
		"ROLESCOPE_FETCH_ALLOW_PRIVATE=true", "ROLESCOPE_FETCH_HOST_INTERVAL=1ms", "ROLESCOPE_CLICKHOUSE_HTTP_ADDR=127.0.0.1:0", "ROLESCOPE_HTTP_ADDR=127.0.0.1:0")
}

func commandEnv(bin string, env []string, args ...string) *exec.Cmd {
	cmd := exec.Command(bin, args...)
	cmd.Env = env
	return cmd
}

// crawlAt replays one moment and returns the report and the exit status.
func crawlAt(t *testing.T, bin string, env []string, at string, boards ...string) (crawlReport, int) {
	t.Helper()
	cmd := commandEnv(bin, env, append([]string{"crawl", "--json", "--now", at}, boards...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var report crawlReport
	if jerr := json.Unmarshal(out, &report); jerr != nil {
		t.Fatalf("crawl at %s: %v, %v\n%s%s", at, err, jerr, out, stderr.String())
	}
	return report, cmd.ProcessState.ExitCode()
}

// TestReplay crawls recorded moments of three boards and finds the spells that a person would write
// down: what vanished is closed at the first complete run without it, what failed closes nothing,
// what came back within the grace was never closed.
func TestReplay(t *testing.T) {
	t.Parallel()
	bin, m := binary(t), newMarket(t)
	env := crawlEnv(t, m, filepath.Join(t.TempDir(), "data"), "acme", "flaky", "same")
	m.set("same", jobs("1", "2"))

	m.set("acme", jobs("1", "2", "3"))
	m.set("flaky", jobs("1", "2"))
	first, code := crawlAt(t, bin, env, "2026-03-01T06:00:00Z")
	if code != 0 || len(first.Runs) != 3 || first.Runs[0].Listed != 3 || first.Runs[0].Published != 3 || !first.Runs[0].Complete {
		t.Fatalf("first crawl: status %d, %+v", code, first)
	}

	m.set("acme", jobs("1", "3=Research Engineer", "4"))
	m.set("flaky", fails(http.StatusNotFound))
	second, code := crawlAt(t, bin, env, "2026-03-02T06:00:00Z")
	if code != exitPartial || second.Failed != 1 || second.Runs[1].Outcome != "gone" {
		t.Errorf("a board that is gone: status %d, %+v", code, second)
	}
	if a := second.Runs[0]; a.Published != 2 || a.Unchanged != 1 || a.Opened != 1 || a.Closed != 1 || a.Changed != 1 {
		t.Errorf("second crawl of acme: %+v", a)
	}
	if s := second.Runs[2]; s.Outcome != "not_modified" || s.Published != 0 {
		t.Errorf("a board that has not changed: %+v", s)
	}

	m.set("acme", jobs("1", "2", "4"))
	m.set("flaky", jobs("1"))
	third, code := crawlAt(t, bin, env, "2026-03-03T06:00:00Z", "greenhouse/acme", "greenhouse/flaky")
	if code != 0 || third.Runs[0].Reopened != 1 || third.Runs[0].Closed != 1 {
		t.Errorf("third crawl: status %d, %+v", code, third)
	}
	again, _ := crawlAt(t, bin, env, "2026-03-03T06:00:00Z", "greenhouse/acme")
	if again.Runs[0].RunID != third.Runs[0].RunID {
		t.Errorf("the same moment again is another run: %+v", again)
	}

	const spells = `SELECT board, external_id, spell, formatDateTime(opened_at, '%d'), formatDateTime(last_seen, '%d'),
		if(closed_at IS NULL, '-', formatDateTime(assumeNotNull(closed_at), '%d')), opened_censored ? 'censored' : 'new'
		FROM v_spells ORDER BY 1, 2, 3 FORMAT TSV`
	got := output(t, commandEnv(bin, env, "sql", spells))
	want := strings.Join([]string{
		"acme\t1\t1\t01\t03\t-\tcensored",
		"acme\t2\t1\t01\t03\t-\tcensored", // back within the grace
		"acme\t3\t1\t01\t02\t03\tcensored",
		"acme\t4\t1\t02\t03\t-\tnew",
		"flaky\t1\t1\t01\t03\t-\tcensored",
		"flaky\t2\t1\t01\t01\t03\tcensored", // not by the 404 of the second day
		"same\t1\t1\t01\t02\t-\tcensored",
		"same\t2\t1\t01\t02\t-\tcensored",
	}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spells (-want +got):\n%s", diff)
	}
	output(t, commandEnv(bin, env, "verify"))

	health := boardsHealth(t, bin, env)
	flaky, same := health[1], health[2]
	if flaky.Board != "flaky" || flaky.Runs != 3 || *flaky.LastOutcome != "ok" || flaky.Open != 1 || *flaky.LastYield != 1 || flaky.Breaker != "closed" {
		t.Errorf("health of flaky: %+v", flaky)
	}
	if *same.LastOutcome != "not_modified" || same.LastSuccess.Day() != 2 || *same.LastYield != 2 || same.NextSlot == nil {
		t.Errorf("health of same: %+v", same)
	}
}

func boardsHealth(t *testing.T, bin string, env []string) []boardHealth {
	t.Helper()
	var health []boardHealth
	if err := json.Unmarshal([]byte(output(t, commandEnv(bin, env, "source", "list", "--json"))), &health); err != nil {
		t.Fatal(err)
	}
	return health
}

// TestCrawlFailingHost: three failed runs open the host's breaker, the next run says so and asks
// nobody; nothing that was open is closed, and the list shows all of it.
func TestCrawlFailingHost(t *testing.T) {
	t.Parallel()
	bin, m := binary(t), newMarket(t)
	env := crawlEnv(t, m, filepath.Join(t.TempDir(), "data"), "acme")
	m.set("acme", jobs("1", "2"))
	crawlAt(t, bin, env, "2026-03-01T06:00:00Z")
	m.set("acme", fails(http.StatusUnauthorized))
	for day := 2; day <= 4; day++ {
		report, code := crawlAt(t, bin, env, fmt.Sprintf("2026-03-%02dT06:00:00Z", day))
		if code != exitPartial || report.Runs[0].Outcome != "blocked" || report.Runs[0].Closed != 0 {
			t.Errorf("day %d: status %d, %+v", day, code, report)
		}
	}
	asked := m.asked["acme"]
	report, code := crawlAt(t, bin, env, "2026-03-04T06:05:00Z")
	if code != exitPartial || report.Runs[0].Outcome != "error" || !strings.Contains(report.Runs[0].Note, "failed repeatedly") || m.asked["acme"] != asked {
		t.Errorf("behind an open breaker: status %d, asked %d times more, %+v", code, m.asked["acme"]-asked, report)
	}
	m.set("acme", jobs("1", "2"))
	report, code = crawlAt(t, bin, env, "2026-03-04T07:00:00Z")
	if code != 0 || report.Runs[0].Outcome != "not_modified" || report.Runs[0].Closed != 0 {
		t.Errorf("the probe: status %d, %+v", code, report)
	}
	h := boardsHealth(t, bin, env)[0]
	if h.Runs != 6 || h.Open != 2 || h.Breaker != "closed" || *h.LastOutcome != "not_modified" {
		t.Errorf("health: %+v", h)
	}
}

// TestSourceCheck asks without a data directory, and stores nothing.
func TestSourceCheck(t *testing.T) {
	t.Parallel()
	bin, m, dir := binary(t), newMarket(t), filepath.Join(t.TempDir(), "data")
	env := crawlEnv(t, m, dir, "acme", "gone")
	m.set("acme", jobs("1=Research Engineer", "2"))
	cmd := commandEnv(bin, env, "source", "check", "--json")
	out, _ := cmd.Output()
	var report checkReport
	if err := json.Unmarshal(out, &report); err != nil || cmd.ProcessState.ExitCode() != exitCondition {
		t.Fatalf("status %d, %v: %s", cmd.ProcessState.ExitCode(), err, out)
	}
	want := boardCheck{Source: "greenhouse", Board: "acme", Outcome: "ok", Listed: 2, Expected: 2, Complete: true, Title: "Research Engineer"}
	if diff := cmp.Diff(want, report.Boards[0]); diff != "" || report.Failed != 1 || report.Boards[1].Outcome != "gone" {
		t.Errorf("%+v (-want +got):\n%s", report, diff)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a check made a data directory")
	}
}

// TestSourceCheckTakesTurns: beside a deployment a check is spaced by what that has asked, and waits out
// the pauses it was told.
func TestSourceCheckTakesTurns(t *testing.T) {
	t.Parallel()
	bin, m := binary(t), newMarket(t)
	const interval = 700 * time.Millisecond
	env := append(crawlEnv(t, m, filepath.Join(t.TempDir(), "data"), "acme", "beta"), "ROLESCOPE_FETCH_HOST_INTERVAL="+interval.String())
	var mu sync.Mutex
	var asked []time.Time
	serve := func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, time.Now())
		mu.Unlock()
		jobs("1")(w, r)
	}
	m.set("acme", serve)
	m.set("beta", serve)
	owner := startUp(t, bin, env, roleEnricher, roleSink)
	owner.await(t, "msg=up", 1)
	crawl := commandEnv(bin, env, "crawl")
	if err := crawl.Start(); err != nil {
		t.Fatal(err)
	}
	output(t, commandEnv(bin, env, "source", "check"))
	if err := crawl.Wait(); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(asked, time.Time.Compare)
	if len(asked) != 4 {
		t.Fatalf("asked %d times, want 4", len(asked))
	}
	for i := 1; i < len(asked); i++ {
		if gap := asked[i].Sub(asked[i-1]); gap < interval-100*time.Millisecond { // moments are told by the server
			t.Errorf("requests %d and %d are %v apart", i, i+1, gap)
		}
	}
}
