package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// refuseExisting reports a file that is in the way, unless it may be replaced. What is no regular file,
// such as a pipe or a device, is never in the way.
func refuseExisting(path string, force bool) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if st, err := os.Stat(filepath.Dir(path)); err != nil || !st.IsDir() {
			return fmt.Errorf("write result: there is no folder %s", filepath.Dir(path))
		}
		return nil
	case err != nil:
		return fmt.Errorf("write result: %w", err)
	case st.IsDir():
		return hintf(filepath.Join(path, "result.csv"), "write result: %s is a folder", path)
	case !force && st.Mode().IsRegular():
		return hintf("--force to replace it, or another name", "write result: %s is there already", path)
	}
	return nil
}

// writeResult is writeWhole with compression where the file's name asks for it.
func writeResult(path string, write func(io.Writer) error) error {
	if !strings.HasSuffix(path, ".gz") {
		return writeWhole(path, write)
	}
	return writeWhole(path, func(w io.Writer) error {
		z := gzip.NewWriter(w)
		if err := write(z); err != nil {
			return err
		}
		return z.Close()
	})
}

// writeWhole writes a new file beside the final one and renames it, so that a failed query leaves no
// half of a result and spoils no earlier one. What a link points to is replaced, not the link; what
// is no regular file, such as a pipe or a device, is written to as it is.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := os.FileMode(0o644)
	if st, err := os.Stat(path); err == nil {
		if !st.Mode().IsRegular() {
			return writeInto(path, write)
		}
		mode = st.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

func writeInto(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}
