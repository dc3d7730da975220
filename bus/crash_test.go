package bus_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/bus/bustest"
	"github.com/rolescope/rolescope/posting"
)

// These variables make the test binary the process that a test kills, or whose disk is full.
const (
	holdDirVar  = "BUS_TEST_HOLD_DIR"
	diskFullVar = "BUS_TEST_DISK_FULL"
)

// holdDir publishes batches until it cannot and prints a line for each that is acknowledged, and
// the error on standard error.
func holdDir() bool {
	dir := os.Getenv(holdDirVar)
	if dir == "" {
		return false
	}
	if os.Getenv(diskFullVar) != "" {
		// A limit on the size of files has writes fail as a full disk does, and needs no rights.
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return true
		}
	}
	ctx := context.Background()
	b, err := bus.Open(ctx, bus.Config{Dir: dir})
	if err == nil {
		err = b.UpdateBoard(ctx, "lever", "acme", normalised)
	}
	for i := 0; err == nil; i++ {
		var batch []any
		for j := range 50 {
			var raw posting.Raw
			raw, err = posting.NewRaw(bustest.NewRun(0), "n1", posting.Record{ExternalID: fmt.Sprintf("%d-%d", i, j)})
			batch = append(batch, raw)
		}
		if err == nil {
			err = b.Publish(ctx, batch...)
		}
		if err == nil {
			_, err = fmt.Println(i)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return true
}

func holder(t *testing.T, env ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), env...)
	return child
}

// TestDiskFull has the server fail to write. The publisher must hear of it rather than wait, and
// what was acknowledged must be there once there is space again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var lines, complaint strings.Builder
	child := holder(t, holdDirVar+"="+dir, diskFullVar+"=1")
	child.Stdout, child.Stderr = &lines, &complaint
	start := time.Now()
	if err := child.Run(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	for _, want := range []string{"fatal", "cannot go on", "file too large", "free space", dir} {
		if !strings.Contains(complaint.String(), want) {
			t.Errorf("%q does not say %q", complaint.String(), want)
		}
	}
	acknowledged := 50 * strings.Count(lines.String(), "\n")
	b := openBus(t, bus.Config{Dir: dir})
	backlog, err := b.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := backlog[bus.StreamRaw].Messages; acknowledged == 0 || got < uint64(acknowledged) {
		t.Errorf("%d messages were acknowledged, %d are there", acknowledged, got)
	}
	bustest.Publish(t, b, bustest.Values(bustest.Raws(t, 10, 10))...)
}

// TestKilled kills the owner of a directory while it publishes, several times over.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := map[string]bool{}
	for round := range 3 {
		child := holder(t, holdDirVar+"="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 5 + 10*round {
			if !lines.Scan() {
				t.Fatal("the child ended by itself")
			}
			for j := range 50 {
				want[fmt.Sprintf("%s-%d", lines.Text(), j)] = true
			}
		}
		if err := child.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
	}
	b := openBus(t, bus.Config{Dir: dir})
	if s, err := b.Board(t.Context(), "lever", "acme"); err != nil || s.Normaliser != "" {
		t.Errorf("board after a kill: %+v, %v", s, err)
	}
	k := bustest.NewKeep()
	bustest.Start(t, b, bus.Stage{Name: bus.StageArchive, BatchRows: 1000, Handle: k.Handle})
	// A killed child's names come again, so there may be more messages than names; and what the
	// backlog no longer counts has been handled.
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		backlog, err := b.Pending(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if a := backlog[bus.StreamRaw].Consumers[bus.StageArchive]; a.Pending == 0 && a.AckPending == 0 {
			break
		}
	}
	for _, v := range k.Wait(t, 0) {
		delete(want, v.(posting.Raw).Record.ExternalID)
	}
	if len(want) > 0 {
		t.Fatalf("%d acknowledged messages are gone", len(want))
	}
}

// TestUncleanStop: what was remembered just before is forgotten, because its messages may be lost;
// what is older stays, or every board would be crawled and sent again at once.
func TestUncleanStop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	remember := func(b *bus.Bus, board string) {
		t.Helper()
		err := b.Swap(t.Context(), "lever", board, "mark", func([]byte) ([]byte, bool, error) { return []byte("m"), true, nil })
		if err == nil {
			err = b.UpdateBoard(t.Context(), "lever", board, normalised)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b := openBus(t, bus.Config{Dir: dir})
	remember(b, "old")
	<-time.After(5500 * time.Millisecond)
	remember(b, "young")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "open"), nil, 0o600); err != nil { // as a crash leaves it
		t.Fatal(err)
	}
	b = openBus(t, bus.Config{Dir: dir})
	for board, want := range map[string]bool{"old": true, "young": false} {
		var mark []byte
		err := b.Swap(t.Context(), "lever", board, "mark", func(old []byte) ([]byte, bool, error) {
			mark = old
			return nil, false, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		s, err := b.Board(t.Context(), "lever", board)
		if err != nil {
			t.Fatal(err)
		}
		if (mark != nil) != want || (s.Normaliser != "") != want {
			t.Errorf("%s: mark %q, state %+v, want them kept: %v", board, mark, s, want)
		}
	}
	remember(b, "young") // and can be stored again
}

// TestDeliveredBeforeKill: a process that was killed after it delivered knows so when it is started again, and an
// evaluation that is repeated then tells nobody twice.
func TestDeliveredBeforeKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sent := bustest.Deliveries(3, 10)
	b := openBus(t, bus.Config{Dir: dir})
	bustest.Publish(t, b, bustest.Values(sent[:2])...)
	k := bustest.NewKeep()
	stop := bustest.Start(t, b, bus.Stage{Name: bus.StageNotify, Handle: k.Handle})
	k.Wait(t, 2)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = openBus(t, bus.Config{Dir: dir})
	bustest.Publish(t, b, bustest.Values(sent)...)
	again := bustest.NewKeep()
	bustest.Start(t, b, bus.Stage{Name: bus.StageNotify, Handle: again.Handle})
	if got := again.Wait(t, 1); got[0].(posting.Delivery).EventID != sent[2].EventID {
		t.Errorf("delivered again: %v", got)
	}
	backlog, err := b.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := backlog[bus.StreamNotify].Messages; n != 3 {
		t.Errorf("the stream holds %d messages, want 3", n)
	}
}
