package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/alert"
)

// rulesFile writes an alerts file and returns the environment that names it.
func rulesFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "alerts.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "ROLESCOPE_ALERTS=" + path
}

// TestAlerterKilled: an alerter is killed where its events are stored and what its rule knows is not. Started
// again it does the evaluation again, and there is one event; the next one finds nothing new.
func TestAlerterKilled(t *testing.T) {
	t.Parallel()
	bin, m, dir := binary(t), newMarket(t), filepath.Join(t.TempDir(), "data")
	m.set("board0", jobs("1", "2", "3"))
	told := filepath.Join(t.TempDir(), "told.jsonl")
	env := append(crawlEnv(t, m, dir, "board0"), rulesFile(t, "schedule: '@every 15m'\nrules: [{name: silent, kind: board_silent}]\nchannels: [{name: log, kind: file, path: "+told+"}]\n"))
	if _, code := crawlAt(t, bin, env, "2026-01-05T06:00:00Z", "greenhouse/board0"); code != exitOK {
		t.Fatalf("crawl: status %d", code)
	}
	if code := runStatus(t, bin, env, "alert", "check"); code != exitCondition {
		t.Errorf("check exits with %d where a rule fires", code)
	}
	if code := runStatus(t, bin, env, "alert", "check", "--at", "2026-01-06"); code != exitOK {
		t.Errorf("check exits with %d where none fires", code)
	}
	killed := startUp(t, bin, env, roleScheduler, roleAlerter)
	killed.await(t, "alert events kept", 1)
	_ = killed.cmd.Process.Signal(syscall.SIGKILL)
	<-killed.exited
	up := startUp(t, bin, env, roleScheduler, roleAlerter)
	up.await(t, "rule evaluated", 1)
	const events = "SELECT count(), uniqExact(event_id), any(state), any(term), any(quiet) = '' FROM alert_events AS e INNER JOIN v_alert_events AS v USING (event_id) FORMAT TSV"
	up.await(t, "alert delivered", 1)
	awaitStored(t, bin, env, events, "1\t1\tfiring\tall boards\t1")
	if code := up.stop(t); code != exitOK {
		t.Errorf("up: status %d\n%s", code, up.log)
	}
	if lines, err := os.ReadFile(told); err != nil || strings.Count(string(lines), "\n") != 1 || !strings.Contains(string(lines), "No board was crawled") {
		t.Errorf("told %q, %v", lines, err)
	}
	if code := runStatus(t, bin, env, "alert", "test", "log"); code != exitOK {
		t.Errorf("test: status %d", code)
	}
	var rows []struct {
		ID    string `json:"alert_id"`
		State string `json:"state"`
	}
	list := func() {
		t.Helper()
		rows = nil
		out, err := commandEnv(bin, env, "alert", "list", "--json").Output()
		if err == nil {
			err = json.Unmarshal(out, &rows)
		}
		if err != nil || len(rows) != 1 {
			t.Fatalf("list: %v, %s", err, out)
		}
	}
	list()
	if code := runStatus(t, bin, env, "alert", "ack", rows[0].ID[:shortID], "--note", "known"); code != exitOK {
		t.Fatalf("ack: status %d", code)
	}
	if list(); rows[0].State != "acknowledged" {
		t.Errorf("after ack: %+v", rows)
	}
	if code := runStatus(t, bin, env, "alert", "silence", rows[0].ID, "--for", "1h"); code != exitOK {
		t.Fatalf("silence: status %d", code)
	}
	awaitStored(t, bin, env, "SELECT silenced_until > now() FROM v_alerts FORMAT TSV", "1")
	if code := runStatus(t, bin, env, "alert", "ack", "0123456789"); code != exitError {
		t.Errorf("ack of no alert: status %d", code)
	}
}

func runStatus(t *testing.T, bin string, env []string, args ...string) int {
	t.Helper()
	cmd := commandEnv(bin, env, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("%s: %v: %s", strings.Join(args, " "), err, out)
	}
	return cmd.ProcessState.ExitCode()
}

func TestDueAlerts(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 3, 2, 6, 30, 0, 0, time.UTC)
	at := func(days ...int) (out []time.Time) {
		for _, d := range days {
			out = append(out, day.AddDate(0, 0, d))
		}
		return out
	}
	market := alert.Rule{Name: "m", Kind: alert.KindVolumeDrop, Schedule: "30 6 * * *"}
	pipeline := alert.Rule{Name: "p", Kind: alert.KindBacklog, Schedule: "30 6 * * *"}
	for name, c := range map[string]struct {
		rule alert.Rule
		last time.Time
		want []time.Time
	}{
		"the first":                   {market, time.Time{}, at(9)},
		"done, perhaps not sent":      {market, day.AddDate(0, 0, 9), at(9)},
		"missed":                      {market, day.AddDate(0, 0, 6), at(6, 7, 8, 9)},
		"what was cannot be told":     {pipeline, day.AddDate(0, 0, 6), at(6, 9)},
		"after long, none sent again": {pipeline, day.AddDate(0, 0, -60), at(9)},
	} {
		if d := cmp.Diff(c.want, dueAlerts(c.rule, c.last, day.AddDate(0, 0, 9))); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	long := dueAlerts(market, day.AddDate(0, 0, -200), day.AddDate(0, 0, 9))
	if len(long) != catchUpMax+1 || !long[catchUpMax].Equal(day.AddDate(0, 0, 9)) || !slices.IsSortedFunc(long, time.Time.Compare) {
		t.Errorf("after 209 days: %d evaluations up to %v", len(long), long[len(long)-1])
	}
}

// TestEvaluationDoneAgain: whoever stored events and died before anything else does the evaluation again, at
// other times of the clock and with other data: what is stored stays, and is sent.
func TestEvaluationDoneAgain(t *testing.T) {
	t.Parallel()
	bin, m, dir := binary(t), newMarket(t), filepath.Join(t.TempDir(), "data")
	m.set("board0", jobs("1", "2", "3"))
	env := crawlEnv(t, m, dir, "board0")
	if _, code := crawlAt(t, bin, env, "2026-01-05T06:00:00Z", "greenhouse/board0"); code != exitOK {
		t.Fatalf("crawl: status %d", code)
	}
	cmd := exec.CommandContext(t.Context(), binaryAs(t, "alert-again"))
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// alertAgain is a process that evaluates a rule, as TestEvaluationDoneAgain tells. Its engine is this program, too.
func alertAgain() {
	if len(os.Args) > 1 {
		main()
		return
	}
	rule := alert.Rule{Name: "silent", Kind: alert.KindBoardSilent, For: 1, After: 72 * time.Hour, Schedule: "@every 1h"}
	slot := time.Date(2026, 1, 10, 6, 0, 0, 0, time.UTC)
	err := (&app{environ: os.Environ(), stdout: os.Stdout, stderr: os.Stderr}).with(context.Background(), func(ctx context.Context, s *system) error {
		first, err := s.evaluateRule(ctx, rule, slot, "")
		if err != nil || len(first.Events) != 1 {
			return fmt.Errorf("%d events, %w", len(first.Events), err)
		}
		if err := s.keepEvents(ctx, slot, first.Events); err != nil { // and dies here
			return err
		}
		changed := rule
		changed.After = 48 * time.Hour // another evidence
		for range 3 {
			events, _, err := s.record(ctx, changed, slot, "")
			if err != nil {
				return err
			}
			if d := cmp.Diff(first.Events, events); d != "" {
				return fmt.Errorf("done again (-first +again):\n%s", d)
			}
		}
		later, _, err := s.record(ctx, rule, slot.Add(time.Hour), "")
		if len(later) > 0 {
			return fmt.Errorf("an hour later %v is told again", later)
		}
		return err
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
