package engine_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/rolescope/rolescope/store/engine"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

func kill(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// gone reports whether the process has ended; a zombie that nobody reaped counts as ended.
func gone(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}
	_, state, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(state, "Z") || strings.HasPrefix(state, "X")
}

// sendBatch stores the numbers [first, first+n) and reports what the server said.
func sendBatch(ctx context.Context, conn driver.Conn, first, n uint64) error {
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO k (id)")
	if err != nil {
		return err
	}
	defer batch.Close()
	for i := range n {
		if err := batch.Append(first + i); err != nil {
			return err
		}
	}
	return batch.Send()
}

// TestKilledChild: after kill -9 the engine is back at the same address, and every
// batch that was acknowledged is there, whole and once.
func TestKilledChild(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	conn := connect(t, e)
	exec(t, conn, "CREATE TABLE k (id UInt64) ENGINE = MergeTree ORDER BY id")
	const size = 1000
	addr, acknowledged := e.Addr(), []uint64{}
	for i := uint64(0); i < 60; i++ {
		if i%20 == 10 {
			pid := e.PID()
			go syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // somewhere in the batch
		}
		if err := sendBatch(t.Context(), conn, i*size, size); err == nil {
			acknowledged = append(acknowledged, i)
		}
	}
	eventually(t, 30*time.Second, "the engine is back", func() bool {
		var one uint8
		return conn.QueryRow(t.Context(), "SELECT 1").Scan(&one) == nil
	})
	if e.Addr() != addr {
		t.Errorf("the address changed from %s to %s", addr, e.Addr())
	}
	if len(acknowledged) < 50 {
		t.Errorf("only %d of 60 batches got through", len(acknowledged))
	}
	for _, i := range acknowledged {
		var rows, distinct uint64
		if err := conn.QueryRow(t.Context(), fmt.Sprintf("SELECT count(), uniqExact(id) FROM k WHERE intDiv(id, %d) = %d", size, i)).Scan(&rows, &distinct); err != nil {
			t.Fatal(err)
		}
		if rows != size || distinct != size {
			t.Errorf("acknowledged batch %d has %d rows, %d distinct, want %d", i, rows, distinct, size)
		}
	}
}

func TestGivesUpCrashLoop(t *testing.T) {
	t.Parallel()
	e, err := engine.Start(t.Context(), enginetest.Options(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	killed := 0
	eventually(t, 30*time.Second, "it is given up", func() bool {
		select {
		case <-e.Done():
			return true
		default:
		}
		if pid := e.PID(); pid != killed && !gone(pid) {
			kill(t, pid)
			killed = pid
		}
		return false
	})
	if err := e.Err(); err == nil || !strings.Contains(err.Error(), "given up") {
		t.Errorf("got %v", err)
	}
}

// TestParentHelper is the parent that TestParentDies kills.
func TestParentHelper(t *testing.T) {
	if flag.NArg() != 1 {
		t.Skip("only as a child of TestParentDies")
	}
	e := enginetest.StartDir(t, flag.Arg(0))
	fmt.Printf("child %d\n", e.PID())
	select {}
}

// TestParentDies: kill -9 of the parent ends the child too, and the directory can
// be opened right after.
func TestParentDies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := enginetest.StartDir(t, dir)
	post(t, first, engine.UserWriter, "", "CREATE TABLE k (id UInt64) ENGINE = MergeTree ORDER BY id")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		parent := osexec.Command(exe, "-test.run=^TestParentHelper$", dir)
		parent.Stderr = t.Output()
		stdout, err := parent.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := parent.Start(); err != nil {
			t.Fatal(err)
		}
		child := 0
		for lines := bufio.NewScanner(stdout); child == 0 && lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "child "); ok {
				if child, err = strconv.Atoi(text); err != nil {
					t.Fatal(err)
				}
			}
		}
		if child == 0 {
			t.Fatal("the parent did not start an engine")
		}
		if round == 1 {
			kill(t, child) // both at once
		}
		kill(t, parent.Process.Pid)
		parent.Wait() //nolint:errcheck // it was killed
		again, err := engine.Start(t.Context(), enginetest.Options(t, dir))
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if !gone(child) {
			t.Errorf("round %d: the orphan %d is alive", round, child)
		}
		if _, n := post(t, again, engine.UserWriter, "", "SELECT count() FROM k"); n != "0\n" {
			t.Errorf("round %d: %q", round, n)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 3 {
		e := enginetest.StartDir(t, dir)
		post(t, e, engine.UserWriter, "", "CREATE TABLE IF NOT EXISTS k (id UInt64) ENGINE = MergeTree ORDER BY id")
		post(t, e, engine.UserWriter, "", "INSERT INTO k VALUES (1)")
		if _, n := post(t, e, engine.UserWriter, "", "SELECT count() FROM k"); n != fmt.Sprintf("%d\n", i+1) {
			t.Errorf("opened %d times: %q rows", i+1, n)
		}
		pid := e.PID()
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if !gone(pid) {
			t.Errorf("child %d outlives Close", pid)
		}
	}
}

func TestCloseFinishesRunningStatements(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	answered := make(chan string, 1)
	go func() {
		r, err := http.Post("http://"+e.Addr()+"/?user=rolescope&password=test", "", strings.NewReader("SELECT count(sleepEachRow(0.1)) FROM numbers(10)"))
		if err != nil {
			answered <- err.Error()
			return
		}
		defer r.Body.Close()
		line, err := bufio.NewReader(r.Body).ReadString('\n')
		answered <- fmt.Sprint(line, err)
	}()
	eventually(t, 10*time.Second, "the statement runs", func() bool {
		_, n := post(t, e, engine.UserWriter, "", "SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow(0.1)%' AND query NOT LIKE '%system.processes%'")
		return n == "1\n"
	})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; got != "10\n<nil>" {
		t.Errorf("the running statement got %q", got)
	}
}

// TestCloseTimeout: Close waits for a statement that does not end as long as it was told, not longer.
func TestCloseTimeout(t *testing.T) {
	t.Parallel()
	o := enginetest.Options(t, t.TempDir())
	o.CloseTimeout = 500 * time.Millisecond
	e, err := engine.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		r, err := http.Post("http://"+e.Addr()+"/?user=rolescope&password=test", "", strings.NewReader("SELECT max(sipHash64(number)) FROM numbers(1000000000000)"))
		if err == nil {
			_ = r.Body.Close()
		}
	}()
	eventually(t, 10*time.Second, "the statement runs", func() bool {
		_, n := post(t, e, engine.UserWriter, "", "SELECT count() FROM system.processes WHERE query LIKE 'SELECT max(sip%'")
		return n == "1\n"
	})
	start := time.Now()
	if err := e.Close(); err == nil {
		t.Error("nobody is told that a statement was cut off")
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("closed after %v", took)
	}
	<-answered
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	t.Run("busy address", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		o := enginetest.Options(t, t.TempDir())
		o.Addr = l.Addr().String()
		if _, err := engine.Start(t.Context(), o); !errors.Is(err, engine.ErrAddrInUse) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("busy directory", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		first := enginetest.StartDir(t, dir)
		_, err := engine.Start(t.Context(), enginetest.Options(t, dir))
		if !errors.Is(err, engine.ErrDataDirBusy) || !strings.Contains(err.Error(), strconv.Itoa(first.PID())) {
			t.Errorf("got %v, want the id %d in it", err, first.PID())
		}
	})
	t.Run("library that is none", func(t *testing.T) {
		t.Parallel()
		o := enginetest.Options(t, t.TempDir())
		o.Lib = filepath.Join(t.TempDir(), "libchdb.so")
		if err := os.WriteFile(o.Lib, []byte("no library"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := engine.Start(t.Context(), o)
		var hint *engine.HintError
		if !errors.As(err, &hint) || !strings.Contains(hint.Hint, "engine install --force") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("library cut short", func(t *testing.T) {
		t.Parallel()
		o := enginetest.Options(t, t.TempDir())
		whole, err := os.Open(o.Lib)
		if err != nil {
			t.Fatal(err)
		}
		defer whole.Close()
		head := make([]byte, 1<<20)
		if _, err := whole.Read(head); err != nil {
			t.Fatal(err)
		}
		o.Lib = filepath.Join(t.TempDir(), "libchdb.so")
		if err := os.WriteFile(o.Lib, head, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = engine.Start(t.Context(), o)
		var hint *engine.HintError
		if !errors.As(err, &hint) || !strings.Contains(hint.Hint, "engine install --force") {
			t.Errorf("got %v", err)
		}
		t.Log(err)
	})
	t.Run("child that is none", func(t *testing.T) {
		t.Parallel()
		o := enginetest.Options(t, t.TempDir())
		o.Exe, o.Args = "/bin/true", nil
		if _, err := engine.Start(t.Context(), o); err == nil {
			t.Error("it started")
		}
	})
	t.Run("context that ended", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := engine.Start(ctx, enginetest.Options(t, t.TempDir())); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	o := enginetest.Options(t, t.TempDir())
	o.MemoryBytesMax = 600 << 20
	e, err := engine.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	r, body := post(t, e, engine.UserWriter, "", "SELECT length(groupArray(number)) FROM numbers(200000000)")
	if r.Header.Get("X-ClickHouse-Exception-Code") != "241" {
		t.Errorf("got %q", body)
	}
}
