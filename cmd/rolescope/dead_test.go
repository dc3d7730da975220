package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// letter is what `dead list` says of one.
type letter struct {
	ID, Stage, State string
}

func letters(t *testing.T, bin, dir string, args ...string) []letter {
	t.Helper()
	var out []letter
	if err := json.Unmarshal([]byte(output(t, command(bin, dir, append([]string{"dead", "list", "--json"}, args...)...))), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// importJobs imports a board of the given jobs; some of them may be unusable.
func importJobs(t *testing.T, bin, dir, observedAt, jobs string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "board.json")
	if err := os.WriteFile(file, []byte(`{"jobs":[`+jobs+`],"apiVersion":"1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := command(bin, dir, "import", "--as", "ashby", "--board", "acme", "--observed-at", observedAt, "--complete", file)
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exitOK && code != exitPartial {
		t.Fatalf("import: status %d\n%s", code, out)
	}
}

func retry(t *testing.T, bin, dir, id string) (report struct {
	Retried     int
	FailedAgain int `json:"failed_again"`
	NotSent     int `json:"not_sent"`
}, code int,
) {
	t.Helper()
	cmd := command(bin, dir, "dead", "retry", "--json", id)
	out, _ := cmd.Output()
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return report, cmd.ProcessState.ExitCode()
}

// TestDeadRetryFailsAgain: a letter whose message fails again, as often as it is tried, stays one
// open letter, and the books balance.
func TestDeadRetryFailsAgain(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), filepath.Join(t.TempDir(), "data")
	importJobs(t, bin, dir, "2026-01-05", `{"id":"ok","title":"ML Engineer","isListed":true,"descriptionHtml":"<p>Go</p>"},
		{"id":"long","title":"`+strings.Repeat("t", 11<<10)+`","isListed":true,"descriptionHtml":"<p>Go</p>"}`)
	before := letters(t, bin, dir)
	if len(before) != 1 || before[0].Stage != "enrich" {
		t.Fatalf("letters after the import: %+v", before)
	}
	for range 2 {
		report, code := retry(t, bin, dir, before[0].ID)
		if code != exitPartial || report.Retried != 1 || report.FailedAgain != 1 || report.NotSent != 0 {
			t.Errorf("retry: status %d, %+v", code, report)
		}
		if open := letters(t, bin, dir); len(open) != 1 || open[0] != before[0] {
			t.Errorf("open letters after the retry: %+v, want %+v", open, before)
		}
		output(t, command(bin, dir, "verify"))
	}
	output(t, command(bin, dir, "dead", "drop", before[0].ID))
	if open := letters(t, bin, dir); len(open) != 0 {
		t.Errorf("open letters after the drop: %+v", open)
	}
	output(t, command(bin, dir, "verify"))
}

// TestDeadDecisions: importing again does not undo a decision, and a retry that sends nothing decides
// nothing.
func TestDeadDecisions(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), filepath.Join(t.TempDir(), "data")
	nameless := `{"id":"ok","title":"ML Engineer","isListed":true,"descriptionHtml":""},{"title":"Nameless","isListed":true,"descriptionHtml":""}`
	importJobs(t, bin, dir, "2026-01-04", nameless)
	importJobs(t, bin, dir, "2026-01-05", strings.Replace(nameless, "Nameless", "Other", 1))
	all := letters(t, bin, dir)
	if len(all) != 2 {
		t.Fatalf("letters: %+v", all)
	}
	for _, l := range all {
		if report, code := retry(t, bin, dir, l.ID); code != exitPartial || report.NotSent != 1 {
			t.Errorf("retry of a letter without a message: status %d, %+v", code, report)
		}
	}
	if open := letters(t, bin, dir); len(open) != 2 {
		t.Errorf("a retry that sent nothing decided something: %+v", open)
	}
	output(t, command(bin, dir, "dead", "drop", all[0].ID, all[1].ID))
	importJobs(t, bin, dir, "2026-01-05", strings.Replace(nameless, "Nameless", "Other", 1))
	retry(t, bin, dir, all[1].ID)
	if dropped := letters(t, bin, dir, "--all"); len(dropped) != 2 || dropped[0].State != "dropped" || dropped[1].State != "dropped" {
		t.Errorf("dropped letters: %+v", dropped)
	}
}
