package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rolescope/rolescope/alert"
)

// appender writes events to a file, one line of JSON each, and returns when the line is on the disk.
type appender struct{ path string }

func (a appender) send(_ context.Context, e alert.Event) error {
	data, err := encode(e)
	if err != nil {
		return err
	}
	// Opening a pipe that nobody reads would wait for ever.
	info, err := os.Stat(a.path)
	isNew := errors.Is(err, fs.ErrNotExist)
	switch {
	case isNew:
	case err != nil:
		return fmt.Errorf("look at the file: %w", err)
	case !info.Mode().IsRegular():
		return refusedf("%s is not a regular file", a.path)
	}
	f, err := os.OpenFile(a.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the file: %w", err)
	}
	defer f.Close()
	if torn, err := isTorn(f); err != nil {
		return fmt.Errorf("read the file: %w", err)
	} else if torn {
		data = append([]byte("\n"), data...)
	}
	if _, err := f.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	if isNew {
		return syncDir(filepath.Dir(a.path))
	}
	return nil
}

// isTorn reports whether the last line has no end, because its writer was killed or the disk full.
func isTorn(f *os.File) (bool, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return false, err
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, size-1)
	return last[0] != '\n', err
}

// syncDir makes sure that a new file's name is on the disk as well.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return fmt.Errorf("write the file's directory: %w", err)
	}
	return nil
}
