// Package instance keeps one owner per data directory. The process that acquires the directory
// first owns it: it runs the embedded servers and publishes their addresses. Every process that
// comes later joins it. The owner leaves only after the last joiner has, so a command never loses
// the servers it works with, except when the owner is killed.
//
// It is two advisory file locks and one small file. It knows neither NATS nor ClickHouse and is
// called only by cmd/rolescope.
package instance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Files in the data directory. The locks are never deleted: removing a lock file that another
// process has just opened would give the directory two owners.
const (
	ownerLock   = "owner.lock"   // held exclusively by the owner for as long as it lives
	joinersLock = "joiners.lock" // held shared by each joiner, exclusively by a leaving owner
	infoFile    = "instance.json"
)

// pollInterval is how often a lock is tried again while another process starts or leaves: short
// against the half second a start takes, long enough to cost nothing.
const pollInterval = 20 * time.Millisecond

// startTimeout is how long a joiner waits for an owner to publish its addresses. The first start of
// the engine on a cold disk takes seconds, not a minute.
const startTimeout = 2 * time.Minute

// Info is what an owner tells its joiners. It holds secrets, so its file is readable by the user alone.
type Info struct {
	PID           int       `json:"pid"`
	Version       string    `json:"version"`
	StartedAt     time.Time `json:"started_at"`
	NATSURL       string    `json:"nats_url"`
	ClickHouseURL string    `json:"clickhouse_url"` // as the writer
	ReaderURL     string    `json:"reader_url"`     // read-only, for this program's questions
	AnalystURL    string    `json:"analyst_url"`    // read-only, for others' tools
	Leaving       bool      `json:"leaving"`        // the owner is done and waits for its joiners
}

// Lease is a process's hold on a data directory.
type Lease struct {
	dir     string
	owner   *os.File // nil for a joiner
	joiners *os.File // held shared by a joiner; the owner takes it when it leaves
	Info    Info     // for a joiner, what the owner published
}

// Owner reports whether this process owns the directory.
func (l *Lease) Owner() bool { return l.owner != nil }

// Acquire makes this process the owner of dir or, when there is one, a joiner of it. It creates dir
// (mode 0700). While another process is starting or leaving it waits, at most startTimeout or until
// ctx ends. A directory that cannot be written is an error that names it.
func Acquire(ctx context.Context, dir string) (*Lease, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create data directory: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout,
		fmt.Errorf("the owner of %s has not come up in %s", dir, startTimeout))
	defer cancel()
	for {
		l, err := try(dir)
		if l != nil || err != nil {
			return l, err
		}
		if err := pause(ctx); err != nil {
			return nil, fmt.Errorf("join %s: %w", dir, err)
		}
	}
}

// try returns a lease, or nil when the directory is between two states.
func try(dir string) (*Lease, error) {
	owner, err := lock(dir, ownerLock, syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	if owner != nil {
		// Whoever published addresses before us is gone.
		if err := os.Remove(filepath.Join(dir, infoFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
			_ = owner.Close()
			return nil, fmt.Errorf("remove stale %s: %w", infoFile, err)
		}
		return &Lease{dir: dir, owner: owner}, nil
	}
	// Taken before the addresses are read, so that the owner cannot leave in between.
	joiners, err := lock(dir, joinersLock, syscall.LOCK_SH)
	if joiners == nil || err != nil {
		return nil, err
	}
	info, err := readInfo(dir)
	if err != nil || !held(dir) {
		_ = joiners.Close()
		return nil, nil // not published yet, or already gone
	}
	return &Lease{dir: dir, joiners: joiners, Info: info}, nil
}

// OwnerAlive reports whether the process that owned the directory when this one came still does. A
// joiner whose owner was killed has lost its servers, also when another owns the directory by now.
func (l *Lease) OwnerAlive() bool {
	if l.Owner() {
		return true
	}
	info, err := readInfo(l.dir) // the next owner removes it first, and the old one not before we are gone
	info.Leaving = l.Info.Leaving
	return err == nil && info == l.Info && held(l.dir)
}

// OwnerLeaving reports whether the owner is done and waits for its joiners. A joiner that runs for
// good makes way, and may own the directory next.
func (l *Lease) OwnerLeaving() bool {
	info, err := readInfo(l.dir)
	return err == nil && info.Leaving
}

// publishLeaving tells joiners that their owner waits for them, if it has any.
func (l *Lease) publishLeaving() error {
	if l.Info == (Info{}) {
		return nil
	}
	info := l.Info
	info.Leaving = true
	return l.Publish(info)
}

// joinerPIDs are the processes that hold the joiners' lock, from Linux's table of locks; none where
// that cannot be read or does not name the file.
func (l *Lease) joinerPIDs() []int {
	var st syscall.Stat_t
	table, err := os.ReadFile("/proc/locks")
	if err != nil || syscall.Stat(filepath.Join(l.dir, joinersLock), &st) != nil {
		return nil
	}
	file := fmt.Sprintf("%02x:%02x:%d", st.Dev>>8&0xfff, st.Dev&0xff|st.Dev>>12&0xfff00, st.Ino)
	var pids []int
	for line := range strings.Lines(string(table)) {
		// 1: FLOCK  ADVISORY  READ 4711 08:01:123456 0 EOF
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "FLOCK" || f[5] != file {
			continue
		}
		if pid, err := strconv.Atoi(f[4]); err == nil && pid > 0 && !slices.Contains(pids, pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Owned reports whether some process owns dir now. Unlike Acquire it makes no directory and no file.
func Owned(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, ownerLock)); err != nil {
		return false
	}
	return held(dir)
}

// held reports whether some process still owns dir.
func held(dir string) bool {
	f, err := lock(dir, ownerLock, syscall.LOCK_SH)
	if f != nil {
		_ = f.Close()
	}
	return f == nil && err == nil
}

// lock opens and locks a file; it returns nil without error when another process holds it.
func lock(dir, name string, how int) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
}

func readInfo(dir string) (Info, error) {
	var info Info
	b, err := os.ReadFile(filepath.Join(dir, infoFile))
	if err != nil {
		return info, err
	}
	return info, json.Unmarshal(b, &info)
}

// Publish tells joiners where the owner's servers are. The file appears whole or not at all.
func (l *Lease) Publish(info Info) error {
	b, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", infoFile, err)
	}
	tmp := filepath.Join(l.dir, infoFile+".tmp")
	if err := os.WriteFile(tmp, append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", infoFile, err)
	}
	if err := os.Rename(tmp, filepath.Join(l.dir, infoFile)); err != nil {
		return fmt.Errorf("write %s: %w", infoFile, err)
	}
	l.Info = info
	return nil
}

// Leave waits, as the owner, until no joiner is left, and then withdraws the addresses so that the
// next command becomes an owner itself. If it has to wait it calls waiting, once, with the processes
// it waits for as far as the kernel tells, and tells the joiners. When ctx ends first it returns the
// context's error, and joiners will lose their servers. For a joiner it does nothing. Call it before
// closing the servers, and Close after.
func (l *Lease) Leave(ctx context.Context, waiting func(pids []int)) error {
	if !l.Owner() {
		return nil
	}
	for {
		f, err := lock(l.dir, joinersLock, syscall.LOCK_EX)
		if err != nil {
			return err
		}
		if f != nil {
			l.joiners = f
			return os.Remove(filepath.Join(l.dir, infoFile))
		}
		if waiting != nil {
			waiting(l.joinerPIDs())
			waiting = nil
			if err := l.publishLeaving(); err != nil {
				return err
			}
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("wait for other commands on %s: %w", l.dir, err)
		}
	}
}

// Close gives up the hold. The kernel does the same when the process dies.
func (l *Lease) Close() error {
	var err error
	for _, f := range []*os.File{l.owner, l.joiners} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

func pause(ctx context.Context) error {
	t := time.NewTimer(pollInterval)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
