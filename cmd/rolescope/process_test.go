package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rolescope/rolescope/internal/instance"
)

// binary links this test binary under the program's name, as which it is the program: the engine's
// child is the same file executed again.
func binary(t *testing.T) string { return binaryAs(t, "rolescope") }

// binaryAs is binary under another name of TestMain's.
func binaryAs(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("drives whole processes: runs without -short, also in CI")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.Link(exe, path); err != nil {
		copyFile(t, exe, path)
	}
	return path
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// boardsFile writes JSON lines of n invented boards with postings each.
func boardsFile(t *testing.T, prefix string, n, postings int) string {
	t.Helper()
	var b bytes.Buffer
	for i := range n {
		var jobs []map[string]any
		for j := range postings {
			jobs = append(jobs, map[string]any{
				"id": fmt.Sprintf("%s-%d-%d", prefix, i, j), "title": "Machine Learning Engineer", "isListed": true,
				"descriptionHtml": strings.Repeat(fmt.Sprintf("<p>Team %d trains models with PyTorch and SQL.</p>", j), 20),
			})
		}
		line, err := json.Marshal(map[string]any{
			"board": fmt.Sprintf("%s%d", prefix, i), "recorded_at": "2026-01-05T00:00:00Z",
			"payload": map[string]any{"jobs": jobs, "apiVersion": "1"},
		})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	path := filepath.Join(t.TempDir(), prefix+".jsonl")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func command(bin, dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(bin, args...)
	cmd.Env = append(os.Environ(), "ROLESCOPE_DATA_DIR="+dir)
	return cmd
}

func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", cmd.Args[1:], err, out, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

const countPostings = "SELECT count(), uniqExact(posting_id) FROM v_postings FORMAT TSV"

// TestCommandsShareADataDirectory: whoever comes first owns it, the others join, and all are right.
func TestCommandsShareADataDirectory(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), filepath.Join(t.TempDir(), "data")
	var wg sync.WaitGroup
	for _, prefix := range []string{"left", "right"} {
		file := boardsFile(t, prefix, 3, 50)
		wg.Go(func() {
			if out, err := command(bin, dir, "import", "--as", "ashby", "--complete", file).CombinedOutput(); err != nil {
				t.Errorf("import %s: %v\n%s", prefix, err, out)
			}
		})
	}
	wg.Go(func() {
		if out, err := command(bin, dir, "status").CombinedOutput(); err != nil {
			t.Errorf("status beside the imports: %v\n%s", err, out)
		}
	})
	wg.Wait()
	if t.Failed() {
		return
	}
	if got := output(t, command(bin, dir, "sql", countPostings)); got != "300\t300" {
		t.Errorf("postings and distinct ones: %q, want 300 of each", got)
	}
	output(t, command(bin, dir, "verify"))
}

// TestKilledImport kills the owner as soon as it has published its addresses, and again on the
// second try a little later; the third run finds nothing lost and nothing doubled.
func TestKilledImport(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), filepath.Join(t.TempDir(), "data")
	file := boardsFile(t, "board", 4, 100)
	for _, moment := range []string{"instance.json", "nats/jetstream/*/streams/POSTING/msgs/1.blk"} {
		cmd := command(bin, dir, "import", "--as", "ashby", "--complete", file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		exited := make(chan error, 1)
		go func() { exited <- cmd.Wait() }()
		awaitFile(t, filepath.Join(dir, moment), exited)
		_ = cmd.Process.Signal(syscall.SIGKILL)
		<-exited
	}
	output(t, command(bin, dir, "import", "--as", "ashby", "--complete", file))
	if got := output(t, command(bin, dir, "sql", countPostings)); got != "400\t400" {
		t.Errorf("postings and distinct ones: %q, want 400 of each", got)
	}
	output(t, command(bin, dir, "verify"))
	lease, err := instance.Acquire(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Close()
	if !lease.Owner() {
		t.Error("a command left its lock behind")
	}
}

// awaitFile returns when a file of that pattern exists or the process has ended.
func awaitFile(t *testing.T, pattern string, exited chan error) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-exited:
			exited <- err
			return
		case <-tick.C:
			if found, _ := filepath.Glob(pattern); len(found) > 0 {
				return
			}
		}
	}
}

// TestInterruptedImport: Ctrl-C ends in order with status 130.
func TestInterruptedImport(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), filepath.Join(t.TempDir(), "data")
	file := boardsFile(t, "board", 6, 200)
	cmd := command(bin, dir, "import", "--as", "ashby", "--complete", file)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	awaitFile(t, filepath.Join(dir, "instance.json"), exited)
	_ = cmd.Process.Signal(os.Interrupt)
	<-exited
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Fatalf("exit status %d, want %d\n%s", code, exitInterrupted, stderr.String())
	}
	if !strings.Contains(stderr.String(), "running the command again carries on") {
		t.Errorf("says %q", stderr.String())
	}
	output(t, command(bin, dir, "import", "--as", "ashby", "--complete", file))
	output(t, command(bin, dir, "verify"))
}
