package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// service is a running `rolescope up`.
type service struct {
	cmd    *exec.Cmd
	log    *logBuffer
	exited chan struct{}
}

// logBuffer is what a process has written so far.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func startUp(t *testing.T, bin string, env []string, roles ...string) *service {
	t.Helper()
	s := &service{cmd: commandEnv(bin, env, append([]string{"up"}, roles...)...), log: &logBuffer{}, exited: make(chan struct{})}
	s.cmd.Stderr = s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.exited)
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGKILL)
		<-s.exited
	})
	return s
}

// await waits until the service's log says want, n times.
func (s *service) await(t *testing.T, want string, n int) {
	t.Helper()
	deadline := time.After(90 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if strings.Count(s.log.String(), want) >= n {
			return
		}
		select {
		case <-s.exited:
			t.Fatalf("ended before it said %q:\n%s", want, s.log)
		case <-deadline:
			t.Fatalf("did not say %q %d times:\n%s", want, n, s.log)
		case <-tick.C:
		}
	}
}

// stop interrupts the service and returns its exit status.
func (s *service) stop(t *testing.T) int {
	t.Helper()
	_ = s.cmd.Process.Signal(os.Interrupt)
	select {
	case <-s.exited:
	case <-time.After(30 * time.Second):
		t.Fatalf("does not stop:\n%s", s.log)
	}
	return s.cmd.ProcessState.ExitCode()
}

// awaitStored waits until a query over the service's data gives want.
func awaitStored(t *testing.T, bin string, env []string, query, want string) {
	t.Helper()
	got := ""
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); {
		out, err := commandEnv(bin, env, "sql", query).Output()
		if got = strings.TrimSpace(string(out)); err == nil && got == want { // no store yet is an error
			return
		}
		<-time.After(100 * time.Millisecond)
	}
	t.Fatalf("%s gives %q, want %q", query, got, want)
}

const countRuns = "SELECT count(), uniqExact(board) FROM v_runs FORMAT TSV"

// TestUpTogether: two processes share a data directory and the work. The owner is killed, the other
// takes over, and every board was crawled once: no slot is lost or repeated.
func TestUpTogether(t *testing.T) {
	t.Parallel()
	bin, m, dir := binary(t), newMarket(t), filepath.Join(t.TempDir(), "data")
	var boards []string
	for i := range 12 {
		boards = append(boards, fmt.Sprintf("board%d", i))
		m.set(boards[i], jobs("1", "2", "3"))
	}
	env := crawlEnv(t, m, dir, boards...)
	owner := startUp(t, bin, env)
	owner.await(t, "msg=up", 1)
	joiner := startUp(t, bin, env)
	joiner.await(t, "owner=false", 1)
	awaitStored(t, bin, env, countRuns, "12\t12")

	_ = owner.cmd.Process.Signal(syscall.SIGKILL)
	<-owner.exited
	joiner.await(t, "owner=true", 1)
	awaitStored(t, bin, env, countRuns, "12\t12")
	third := startUp(t, bin, env, "enricher", "sink") // and others may join it again
	third.await(t, "owner=false", 1)
	output(t, commandEnv(bin, env, "verify"))
	if code := third.stop(t); code != 0 {
		t.Errorf("the joiner ends with %d:\n%s", code, third.log)
	}
	if code := joiner.stop(t); code != 0 {
		t.Errorf("the new owner ends with %d:\n%s", code, joiner.log)
	}
	output(t, commandEnv(bin, env, "verify"))
	if got := output(t, commandEnv(bin, env, "sql", countPostings)); got != "36\t36" {
		t.Errorf("postings: %q, want 36", got)
	}
}

// TestUpStops: Ctrl-C is answered at once, what is in flight is finished, and nothing is left over.
func TestUpStops(t *testing.T) {
	t.Parallel()
	bin, m, dir := binary(t), newMarket(t), filepath.Join(t.TempDir(), "data")
	asked, answer := make(chan struct{}, 1), make(chan struct{})
	m.set("slow", func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-answer
		jobs("1", "2")(w, r)
	})
	env := crawlEnv(t, m, dir, "slow")
	s := startUp(t, bin, env)
	select {
	case <-asked:
	case <-time.After(30 * time.Second):
		t.Fatalf("the board was not asked:\n%s", s.log)
	}
	_ = s.cmd.Process.Signal(os.Interrupt)
	s.await(t, "stopping, finishing what is in flight; Ctrl-C again leaves", 1)
	close(answer)
	<-s.exited
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit status %d:\n%s", code, s.log)
	}
	s = startUp(t, bin, env)
	awaitStored(t, bin, env, countPostings, "2\t2")
	if got := output(t, commandEnv(bin, env, "sql", countRuns)); got != "1\t1" {
		t.Errorf("runs: %q: the slot was worked again", got)
	}
	if code := s.stop(t); code != 0 {
		t.Errorf("exit status %d:\n%s", code, s.log)
	}
}

// TestUpLeavesAtOnce: a second Ctrl-C does not wait for anything, and loses nothing.
func TestUpLeavesAtOnce(t *testing.T) {
	t.Parallel()
	bin, m, dir := binary(t), newMarket(t), filepath.Join(t.TempDir(), "data")
	asked := make(chan struct{}, 1)
	leave := make(chan struct{})
	m.set("slow", func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-leave:
		}
	})
	defer close(leave)
	env := crawlEnv(t, m, dir, "slow")
	s := startUp(t, bin, env)
	<-asked
	_ = s.cmd.Process.Signal(os.Interrupt)
	s.await(t, "stopping", 1)
	start := time.Now()
	_ = s.cmd.Process.Signal(os.Interrupt)
	<-s.exited
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("left after %v", took)
	}
	if code := s.cmd.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(s.log.String(), "rolescope: left at once; what was accepted is kept") {
		t.Errorf("left at once with status %d:\n%s", code, s.log)
	}
	m.set("slow", jobs("1"))
	s = startUp(t, bin, env)
	awaitStored(t, bin, env, countRuns, "1\t1")
	_ = s.stop(t)
	output(t, commandEnv(bin, env, "verify"))
}

// TestUpKilled kills the process in the middle of its crawls, again and again; in the end the books
// balance and every posting is there once.
func TestUpKilled(t *testing.T) {
	t.Parallel()
	bin, m, dir := binary(t), newMarket(t), filepath.Join(t.TempDir(), "data")
	var boards []string
	for i := range 20 {
		boards = append(boards, fmt.Sprintf("board%d", i))
		var ids []string
		for j := range 40 {
			ids = append(ids, strconv.Itoa(1000*(i+1)+j))
		}
		m.set(boards[i], jobs(ids...))
	}
	env := crawlEnv(t, m, dir, boards...)
	for moment, n := range map[string]int{"slot sent": 1, "board crawled": 3, "msg=up": 1} {
		s := startUp(t, bin, env)
		s.await(t, moment, n)
		_ = s.cmd.Process.Signal(syscall.SIGKILL)
		<-s.exited
	}
	s := startUp(t, bin, env)
	awaitStored(t, bin, env, "SELECT uniqExact(board) FROM v_runs WHERE complete FORMAT TSV", "20")
	awaitStored(t, bin, env, countPostings, "800\t800")
	if code := s.stop(t); code != 0 {
		t.Errorf("exit status %d:\n%s", code, s.log)
	}
	output(t, commandEnv(bin, env, "verify"))
}

// TestUpBusyAddress: the error names the variable.
func TestUpBusyAddress(t *testing.T) {
	t.Parallel()
	bin, m := binary(t), newMarket(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	env := append(crawlEnv(t, m, filepath.Join(t.TempDir(), "data"), "acme"), "ROLESCOPE_CLICKHOUSE_HTTP_ADDR="+taken.Addr().String())
	cmd := commandEnv(bin, env, "up")
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exitError || !bytes.Contains(out, []byte("ROLESCOPE_CLICKHOUSE_HTTP_ADDR=127.0.0.1:0")) {
		t.Errorf("status %d:\n%s", code, out)
	}
}
