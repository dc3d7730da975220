package instance

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func acquire(t *testing.T, dir string) *Lease {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	l, err := Acquire(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheFirstOwnsTheSecondJoins(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	owner := acquire(t, dir)
	if !owner.Owner() {
		t.Fatal("the first process does not own the directory")
	}
	want := Info{PID: 7, NATSURL: "nats://x", ClickHouseURL: "http://y"}
	if err := owner.Publish(want); err != nil {
		t.Fatal(err)
	}
	joiner := acquire(t, dir)
	if joiner.Owner() || joiner.Info != want {
		t.Fatalf("joiner: owner %v, info %+v", joiner.Owner(), joiner.Info)
	}
	st, err := os.Stat(filepath.Join(dir, infoFile))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Fatalf("instance.json: %v, mode %v", err, st.Mode())
	}

	var told []int
	left, waited := make(chan error, 1), make(chan struct{})
	go func() { left <- owner.Leave(t.Context(), func(pids []int) { told = pids; close(waited) }) }()
	<-waited // the owner stays while the joiner works
	if len(told) > 1 || len(told) == 1 && told[0] != os.Getpid() {
		t.Errorf("waits for %v, want this process, or nobody where the kernel does not tell", told)
	}
	if err := joiner.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-left; err != nil {
		t.Fatal(err)
	}

	next := make(chan *Lease, 1)
	go func() { next <- acquire(t, dir) }() // must wait for Close, not join a leaving owner
	if err := owner.Close(); err != nil {
		t.Fatal(err)
	}
	if l := <-next; !l.Owner() {
		t.Fatal("the command after the owner joined nobody")
	}
}

func TestAJoinerWaitsForTheAddresses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	owner := acquire(t, dir)
	joined := make(chan *Lease, 1)
	go func() { joined <- acquire(t, dir) }()
	if err := owner.Publish(Info{PID: 1}); err != nil {
		t.Fatal(err)
	}
	if l := <-joined; l.Owner() || l.Info.PID != 1 {
		t.Fatalf("got owner %v, info %+v", l.Owner(), l.Info)
	}
}

func TestStaleAddressesAreNotJoined(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dead := acquire(t, dir)
	if err := dead.Publish(Info{PID: 1}); err != nil {
		t.Fatal(err)
	}
	if err := dead.Close(); err != nil { // as the kernel does after kill -9
		t.Fatal(err)
	}
	if l := acquire(t, dir); !l.Owner() {
		t.Fatal("joined an owner that is gone")
	}
	if _, err := os.Stat(filepath.Join(dir, infoFile)); err == nil {
		t.Fatal("the stale addresses are still there")
	}
}

func TestLeaveEndsWithItsContext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	owner := acquire(t, dir)
	if err := owner.Publish(Info{}); err != nil {
		t.Fatal(err)
	}
	joiner := acquire(t, dir)
	defer joiner.Close()
	ctx, cancel := context.WithCancel(t.Context())
	if err := owner.Leave(ctx, func([]int) { cancel() }); err == nil {
		t.Fatal("the owner left a joiner without a word")
	}
}

func TestAFileInTheWayIsAClearError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Acquire(t.Context(), file); err == nil {
		t.Fatal("a file was taken for a data directory")
	}
}

func TestALeavingOwnerTellsItsJoiners(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	owner := acquire(t, dir)
	if err := owner.Publish(Info{PID: 1}); err != nil {
		t.Fatal(err)
	}
	joiner := acquire(t, dir)
	if joiner.OwnerLeaving() || !joiner.OwnerAlive() {
		t.Fatal("an owner at work is taken for one that leaves")
	}
	left := make(chan error, 1)
	go func() { left <- owner.Leave(t.Context(), func([]int) {}) }()
	for deadline := time.Now().Add(10 * time.Second); !joiner.OwnerLeaving(); {
		if time.Now().After(deadline) {
			t.Fatal("the joiner is not told")
		}
	}
	if err := joiner.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-left; err != nil {
		t.Fatal(err)
	}
	if err := owner.Close(); err != nil {
		t.Fatal(err)
	}
	if next := acquire(t, dir); !next.Owner() {
		t.Fatal("the next process joined nobody")
	}
}

// TestAnotherOwnerIsNotOurs: a joiner whose owner was killed has lost its servers also when the next
// owner is there before it looks.
func TestAnotherOwnerIsNotOurs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	killed := acquire(t, dir)
	if err := killed.Publish(Info{PID: 1, StartedAt: time.Now().UTC()}); err != nil {
		t.Fatal(err)
	}
	joiner := acquire(t, dir)
	if !joiner.OwnerAlive() {
		t.Fatal("an owner at work is taken for one that is gone")
	}
	if err := killed.Close(); err != nil { // as the kernel does after kill -9
		t.Fatal(err)
	}
	if joiner.OwnerAlive() {
		t.Error("nobody owns the directory, and the joiner does not see it")
	}
	next := acquire(t, dir)
	if joiner.OwnerAlive() {
		t.Error("an owner that has not come up is taken for the one that was killed")
	}
	if err := next.Publish(Info{PID: 2, StartedAt: time.Now().UTC()}); err != nil {
		t.Fatal(err)
	}
	if joiner.OwnerAlive() {
		t.Error("the next owner is taken for the one that was killed")
	}
}

// TestOwned: to look who owns a directory leaves nothing behind.
func TestOwned(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if Owned(dir) {
		t.Fatal("a directory that does not exist is owned")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Fatal("looking made the directory")
	}
	owner := acquire(t, dir)
	if !Owned(dir) {
		t.Fatal("nobody owns a directory that was acquired")
	}
	if err := owner.Close(); err != nil {
		t.Fatal(err)
	}
	if Owned(dir) {
		t.Fatal("a directory whose owner is gone is owned")
	}
}
