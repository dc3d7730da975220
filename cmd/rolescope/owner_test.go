package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rolescope/rolescope/internal/instance"
)

// endless starts an import of standard input, which lasts until the returned writer is closed.
func endless(t *testing.T, bin, dir, board string) (*service, io.WriteCloser) {
	t.Helper()
	cmd := command(bin, dir, "import", "--as", "ashby", "--complete", "-")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	s := &service{cmd: cmd, log: &logBuffer{}, exited: make(chan struct{})}
	cmd.Stderr = s.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		close(s.exited)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGKILL)
		<-s.exited
	})
	if err := s.feed(in, board); err != nil {
		t.Fatal(err)
	}
	return s, in
}

func (s *service) feed(in io.Writer, board string) error {
	_, err := fmt.Fprintf(in, `{"board":%q,"recorded_at":"2026-01-05T00:00:00Z","payload":{"jobs":[{"id":"a","title":"Engineer","isListed":true,"descriptionHtml":""}],"apiVersion":"1"}}`+"\n", board)
	return err
}

// endsWithoutOwner waits for the end of a process that has lost its owner.
func (s *service) endsWithoutOwner(t *testing.T, owner *service) {
	t.Helper()
	start := time.Now()
	select {
	case <-s.exited:
	case <-time.After(30 * time.Second):
		t.Fatalf("the joiner does not end:\n%s", s.log)
	}
	want := fmt.Sprintf("the process that owned the data directory is gone (pid %d); run the command again", owner.cmd.Process.Pid)
	if code := s.cmd.ProcessState.ExitCode(); code != exitError || !strings.Contains(s.log.String(), want) {
		t.Errorf("the joiner ends with status %d, not saying %q:\n%s", code, want, s.log)
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("the joiner ended after %v", took)
	}
}

// awaitJoiner returns when some process has joined the owner of the directory.
func awaitJoiner(t *testing.T, dir string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "joiners.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for deadline := time.Now().Add(30 * time.Second); syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil; {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_UN); err != nil || time.Now().After(deadline) {
			t.Fatalf("nobody joined: %v", err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// TestOwnerKilled: who joined an owner that is killed ends with a clear error, also while it waits for
// its input, and the next command neither fails nor waits for it for long.
func TestOwnerKilled(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), filepath.Join(t.TempDir(), "data")
	owner, _ := endless(t, bin, dir, "owner")
	owner.awaitOwner(t, dir)
	joiner, _ := endless(t, bin, dir, "joiner")
	awaitJoiner(t, dir)
	_ = owner.cmd.Process.Signal(syscall.SIGKILL)
	<-owner.exited
	next := make(chan string, 1)
	go func() {
		out, err := command(bin, dir, "sql", "SELECT 1 FORMAT TSV").Output()
		next <- fmt.Sprintf("%s%v", out, err)
	}()
	joiner.endsWithoutOwner(t, owner)
	select {
	case got := <-next:
		if got != "1\n<nil>" {
			t.Errorf("the next command: %s", got)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the next command does not end")
	}
	output(t, command(bin, dir, "verify"))
}

func (s *service) awaitOwner(t *testing.T, dir string) {
	t.Helper()
	exited := make(chan error, 1)
	go func() {
		<-s.exited
		exited <- nil
	}()
	awaitFile(t, filepath.Join(dir, "instance.json"), exited)
}

// TestOwnerLeaves: an owner that is done names whom it waits for and leaves after one Ctrl-C.
func TestOwnerLeaves(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), filepath.Join(t.TempDir(), "data")
	owner, in := endless(t, bin, dir, "owner")
	owner.awaitOwner(t, dir)
	joiner, _ := endless(t, bin, dir, "joiner")
	awaitJoiner(t, dir)
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	owner.await(t, "waiting for other commands", 1)
	if !strings.Contains(owner.log.String(), fmt.Sprintf("pid %d", joiner.cmd.Process.Pid)) {
		t.Logf("the joiner %d is not named, which not every file system allows:\n%s", joiner.cmd.Process.Pid, owner.log)
	}
	start := time.Now()
	if code := owner.stop(t); code != exitInterrupted {
		t.Errorf("the owner ends with status %d:\n%s", code, owner.log)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("the owner left after %v", took)
	}
	joiner.endsWithoutOwner(t, owner)
	output(t, command(bin, dir, "verify"))
}

// TestTwoStoresOnOneBus: a second store is refused, and the error names both ways out.
func TestTwoStoresOnOneBus(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), filepath.Join(t.TempDir(), "data")
	owner, _ := endless(t, bin, dir, "owner")
	owner.awaitOwner(t, dir)
	data, err := os.ReadFile(filepath.Join(dir, "instance.json"))
	if err != nil {
		t.Fatal(err)
	}
	var info instance.Info
	if err := json.Unmarshal(data, &info); err != nil {
		t.Fatal(err)
	}
	cmd := command(bin, filepath.Join(t.TempDir(), "other"), "status")
	cmd.Env = append(cmd.Env, "NATS_URL="+info.NATSURL)
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exitError {
		t.Errorf("exit status %d", code)
	}
	for _, want := range []string{"belongs to another store", "CLICKHOUSE_URL", "another NATS server"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("does not say %q:\n%s", want, out)
		}
	}
	output(t, command(bin, dir, "status"))
}
