package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// TestLiveSourcesWithoutASetting: where ROLESCOPE_SOURCES names no list, the shipped one holds only
// until a sources.yaml is there, and never comes back when that one is moved away for a while.
func TestLiveSourcesWithoutASetting(t *testing.T) { // not parallel: the working directory is the process's
	t.Chdir(t.TempDir())
	live, err := liveSources(config{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if got := live.get(); got.path != shippedName {
		t.Fatalf("begins with %s", got.path)
	}
	write := func(boards string) {
		t.Helper()
		if err := os.WriteFile(sourcesFile, []byte("sources:\n"+boards), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := func(when string, boards int) {
		t.Helper()
		if got := live.get(); got.path != sourcesFile || len(got.boards) != boards {
			t.Errorf("%s: %d boards of %s, want %d of %s", when, len(got.boards), got.path, boards, sourcesFile)
		}
	}
	write(goodEntry)
	want("after one was made", 1)
	away := filepath.Join(t.TempDir(), "x")
	if err := os.Rename(sourcesFile, away); err != nil {
		t.Fatal(err)
	}
	want("while it is away", 1)
	if err := os.Rename(away, sourcesFile); err != nil {
		t.Fatal(err)
	}
	want("after it came back", 1)
	write(goodEntry + "  - {kind: lever, board: second, schedule: '@daily'}\n")
	want("after an edit", 2)
}
