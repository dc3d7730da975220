package main

import (
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"
)

// live follows a file of settings while a process runs: an edit counts the next time that anybody asks, and a file
// that cannot be read, or vanishes, leaves what was read last in force.
type live[T any] struct {
	what string // the file, in the log
	path string // empty for none, which nobody can edit
	read func() (T, error)
	log  *slog.Logger

	mu      sync.Mutex
	value   T
	edition edition
}

// edition is what an edit of a file changes; zero while there is no file.
type edition struct {
	size    int64
	changed time.Time
}

var errVanished = errors.New("the file is gone")

// follow reads the file for the first time; what it says then has to be of use.
func follow[T any](what, path string, read func() (T, error), log *slog.Logger) (*live[T], error) {
	l := &live[T]{what: what, path: path, read: read, log: log}
	l.edition = l.look() // first, so that an edit while it is read counts as one
	var err error
	l.value, err = read()
	return l, err
}

func (l *live[T]) look() edition {
	if st, err := os.Stat(l.path); err == nil {
		return edition{st.Size(), st.ModTime().UTC()}
	}
	return edition{}
}

// get returns what is in force.
func (l *live[T]) get() T {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.look()
	if now == l.edition {
		return l.value
	}
	l.edition = now
	value, err := l.value, errVanished
	if now != (edition{}) {
		value, err = l.read()
	}
	if err != nil {
		l.log.Warn(l.what+" was changed and cannot be used; what it said before stays in force", "path", l.path, "error", err)
		return l.value
	}
	l.log.Info(l.what+" was changed", "path", l.path)
	l.value = value
	return value
}
