package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lockPoll is how often a busy lock is tried again.
const lockPoll = 50 * time.Millisecond

var errLocked = errors.New("locked by another process")

// lockFile takes an exclusive lock on the file (made if missing) and writes our
// process id in it. The kernel lets go of the lock when this process ends, however
// it ends, so a lock is never stale. It waits until ctx ends; errLocked then.
func lockFile(ctx context.Context, path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	ticker := time.NewTicker(lockPoll)
	defer ticker.Stop()
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			file.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select {
		case <-ctx.Done():
			owner := lockOwner(file)
			file.Close()
			return nil, fmt.Errorf("%w: %s is held by process %s", errLocked, path, owner)
		case <-ticker.C:
		}
	}
	// The id only serves messages: without it the lock holds as well.
	if err := file.Truncate(0); err == nil {
		file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0) //nolint:errcheck // see above
	}
	return file, nil
}

func lockOwner(file *os.File) string {
	b := make([]byte, 32)
	n, _ := file.ReadAt(b, 0)
	if text := strings.TrimSpace(string(b[:n])); text != "" {
		return text
	}
	return "(unknown)"
}
