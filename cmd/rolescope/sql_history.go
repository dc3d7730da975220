package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Limits of the prompt's history. A statement is one line of it.
const (
	historyLines     = 1000
	historyLineBytes = 16 << 10
	historyBytesMax  = 4 << 20
)

// history is the file of what was asked at the prompt. It may quote adverts and names, so it is its user's alone.
type history struct{ path string }

// openHistory finds the file in the user's state folder, which is made. Without a home there is none.
func openHistory(environ []string) history {
	env := environMap(environ)
	dir := env["XDG_STATE_HOME"]
	if !filepath.IsAbs(dir) {
		if !filepath.IsAbs(env["HOME"]) {
			return history{}
		}
		dir = filepath.Join(env["HOME"], ".local", "state")
	}
	dir = filepath.Join(dir, "rolescope")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return history{}
	}
	return history{filepath.Join(dir, "sql_history")}
}

// load reads the last statements and shortens a file that has grown too long.
func (h history) load() ([]string, error) {
	if h.path == "" {
		return nil, nil
	}
	st, err := os.Stat(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && st.Size() > historyBytesMax {
		err = fmt.Errorf("%s is longer than %d bytes", h.path, historyBytesMax)
	}
	if err == nil && st.Mode().Perm() != 0o600 {
		err = os.Chmod(h.path, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	b, err := os.ReadFile(h.path)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	var lines []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && len(line) <= historyLineBytes && utf8.ValidString(line) {
			lines = append(lines, line)
		}
	}
	if len(lines) <= 2*historyLines {
		return lines[max(0, len(lines)-historyLines):], nil
	}
	lines = lines[len(lines)-historyLines:]
	return lines, writeWhole(h.path, func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
		return err
	})
}

// add appends a statement at once, so that prompts beside this one lose nothing.
func (h history) add(statement string) error {
	if h.path == "" || len(statement) > historyLineBytes {
		return nil
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep the history: %w", err)
	}
	_, err = f.WriteString(statement + "\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("keep the history: %w", err)
	}
	return nil
}
