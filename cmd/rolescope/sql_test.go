package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func say(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAFailedQuerySpoilsNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.csv")
	if err := writeWhole(path, say("first")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := writeWhole(path, func(w io.Writer) error { return errors.Join(say("half")(w), broken) })
	if !errors.Is(err, broken) || read(t, path) != "first" {
		t.Errorf("%v, the file holds %q", err, read(t, path))
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestALinkStaysALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(target, []byte("old"), 0o600), os.Symlink(target, link), writeWhole(link, say("new"))); err != nil {
		t.Fatal(err)
	}
	st, err := os.Lstat(link)
	if err != nil || st.Mode()&os.ModeSymlink == 0 || read(t, target) != "new" {
		t.Errorf("%v, link mode %v, target %q", err, st.Mode(), read(t, target))
	}
	if st, err := os.Stat(target); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the target's mode became %v, %v", st.Mode(), err)
	}
}

func TestADeviceIsWrittenTo(t *testing.T) {
	t.Parallel()
	if err := writeWhole(os.DevNull, say("gone")); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(os.DevNull); err != nil || st.Mode().IsRegular() {
		t.Fatalf("%s is a file now: %v", os.DevNull, err)
	}
}
