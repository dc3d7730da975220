package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
)

// testDemoDirectory: whatever opens a demo's directory says that all of it is invented, and nothing
// brings real postings in.
func testDemoDirectory(t *testing.T, bin, dir string) {
	t.Helper()
	sources := filepath.Join(t.TempDir(), "sources.yaml")
	if err := os.WriteFile(sources, []byte("sources:\n  - {kind: greenhouse, board: acme, schedule: '0 5 * * 1'}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "ROLESCOPE_DATA_DIR="+dir, "ROLESCOPE_CONTACT=test@simulated.example", "ROLESCOPE_SOURCES="+sources,
		"ROLESCOPE_HTTP_ADDR=127.0.0.1:0", "ROLESCOPE_CLICKHOUSE_HTTP_ADDR=127.0.0.1:0")
	file := boardsFile(t, "real", 1, 1)
	for _, args := range [][]string{{"crawl"}, {"import", "--as", "ashby", file}, {"up"}, {"up", "crawler"}, {"up", "sink", "web"}} {
		cmd := commandEnv(bin, env, args...)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exitError || !strings.Contains(string(out), "is the demo's") || !strings.Contains(string(out), "Try: unset ROLESCOPE_DATA_DIR") {
			t.Errorf("%v in a demo's directory: status %d\n%s", args, code, out)
		}
	}
	if out, err := commandEnv(bin, env, "sql", "SELECT count() FROM v_runs FORMAT TSV").CombinedOutput(); err != nil || !strings.Contains(string(out), simulatedNotice) || !strings.HasSuffix(string(out), "\n160\n") {
		t.Errorf("sql says: %v\n%s", err, out)
	}
	up := startUp(t, bin, env, "web")
	at := dashboardOf(t, up)
	for _, page := range []string{"/", "/roles/software_engineer", "/skills/python"} {
		text := get(t, at+page, http.StatusOK)
		if !strings.Contains(text, "Simulated market") {
			t.Errorf("up web: %s does not say that the market is simulated", page)
		}
		if want := html.EscapeString("ROLESCOPE_DATA_DIR="+shellWord(dir)) + " rolescope sql -"; !strings.Contains(text, want) {
			t.Errorf("%s: the SQL does not say %q", page, want)
		}
	}
	if code := up.stop(t); code != exitOK {
		t.Errorf("up web ends with %d:\n%s", code, up.log)
	}
}

// TestProgram: the command that pages and screens show asks the data that they show.
func TestProgram(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ dir, clickhouse, home, want string }{
		{"/home/me/.data/rolescope", "", "/home/me/.data", "rolescope"},
		{"/home/me/.data/rolescope/demo", "", "/home/me/.data", "ROLESCOPE_DATA_DIR=/home/me/.data/rolescope/demo rolescope"},
		{"/srv/my data", "", "/home/me/.data", "ROLESCOPE_DATA_DIR='/srv/my data' rolescope"},
		{"/srv/data", "http://user:secret@ch:8123", "/home/me/.data", "rolescope"},
	} {
		s := &system{app: &app{environ: []string{"XDG_DATA_HOME=" + c.home}}, config: config{DataDir: c.dir, ClickHouseURL: c.clickhouse}}
		if got := s.program(); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// TestWeeksFit: the line of progress wraps on no terminal of 40 columns or more.
func TestWeeksFit(t *testing.T) {
	t.Parallel()
	for _, columns := range []int{40, 60, 80, 200} {
		var out bytes.Buffer
		bar := progress{progressbar.NewOptions(2600, append(weeksOptions(columns), progressbar.OptionSetWriter(&out), progressbar.OptionThrottle(0))...)}
		for n := int64(1); n < 2600; n += 100 {
			bar.set(n)
		}
		widest := 0
		for line := range strings.SplitSeq(out.String(), "\r") {
			widest = max(widest, utf8.RuneCountInString(strings.TrimSpace(line)))
		}
		if widest == 0 || widest > columns {
			t.Errorf("%d of %d columns", widest, columns)
		}
	}
}

// TestBecause: an error that ended a simulation is said once.
func TestBecause(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	ctx, fail := context.WithCancelCause(t.Context())
	if err := because(ctx, full); !errors.Is(err, full) {
		t.Error(err)
	}
	fail(full)
	for _, err := range []error{context.Canceled, fmt.Errorf("publish: %w: %w", context.Canceled, full), full} {
		if got := because(ctx, err).Error(); strings.Count(got, full.Error()) != 1 {
			t.Errorf("%v: %q", err, got)
		}
	}
	told, cancel := context.WithCancel(t.Context())
	cancel()
	if err := because(told, context.Canceled); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestDemoInterrupted: what is said of the next demo is true.
func TestDemoInterrupted(t *testing.T) {
	t.Parallel()
	for want, state := range map[string]demoState{
		"": {}, "; the next demo starts over": {Version: demoVersion}, "; the demo is complete, and the next one shows it": {Version: demoVersion, Complete: true},
	} {
		if got := (&demo{state: state}).outlook(); got != want {
			t.Errorf("%+v: %q", state, got)
		}
	}
}
