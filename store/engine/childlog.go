package engine

import (
	"bytes"
	"log/slog"
	"strings"
)

// tailLines of the child's log stand in the error when it dies.
const tailLines = 4

// tail keeps what the child's log says about its end: where a crash begins, else
// the last lines (those of a crash are registers).
type tail struct {
	log   *slog.Logger
	cause string
	last  []string
}

func (t *tail) add(line string) {
	t.log.Debug("engine", "line", line)
	for _, prefix := range []string{"panic: ", "fatal error: ", "unexpected fault", "SIG", "[signal "} {
		if t.cause == "" && strings.HasPrefix(line, prefix) {
			t.cause = line
		}
	}
	t.last = append(t.last, line)
	if len(t.last) > tailLines {
		t.last = t.last[1:]
	}
}

func (t *tail) String() string {
	if t.cause != "" {
		return ": " + t.cause
	}
	if len(t.last) == 0 {
		return ""
	}
	return "; its last words: " + strings.Join(t.last, " | ")
}

// lines is an io.Writer that hands on whole lines, cut at lineBytesMax.
type lines struct {
	take func(line string)
	rest []byte
}

// lineBytesMax bounds a line of the child's output; a stack trace is many short ones.
const lineBytesMax = 8 << 10

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		i := bytes.IndexByte(l.rest, '\n')
		if i < 0 && len(l.rest) < lineBytesMax {
			return len(p), nil
		}
		if i < 0 {
			i = len(l.rest) - 1
		}
		l.take(string(bytes.TrimRight(l.rest[:min(i+1, lineBytesMax)], "\r\n")))
		l.rest = l.rest[i+1:]
	}
}
