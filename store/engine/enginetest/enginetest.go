// Package enginetest runs the real engine in tests. A test package that uses it
// needs one line, because the engine's child process is the test binary itself:
//
//	func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }
//
// The library comes from the ordinary per-user cache and is installed on first use.
package enginetest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/rolescope/rolescope/store/engine"
)

// Password of all users of every engine started here.
const Password = "test"

// childArgument makes the re-executed test binary the engine's child.
const childArgument = "rolescope-enginetest-child"

// Main runs the tests, or the engine's child when this process is one.
func Main(m *testing.M) int {
	if len(os.Args) == 2 && os.Args[1] == childArgument {
		if err := engine.Child(context.Background(), os.Stdin, os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	return m.Run()
}

// Lib installs the library if need be and returns its path.
func Lib(t testing.TB) string {
	t.Helper()
	dir, err := engine.DefaultCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	lib, err := engine.Install(t.Context(), engine.InstallOptions{CacheDir: dir})
	if err != nil {
		t.Fatalf("install engine: %v", err)
	}
	return lib.Path
}

// Options are what Start uses for a data directory; change and hand them to engine.Start.
func Options(t testing.TB, dir string) engine.Options {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return engine.Options{
		Exe: exe, Args: []string{childArgument}, Lib: Lib(t), DataDir: dir,
		WriterPassword: Password, ReaderPassword: Password, AnalystPassword: Password,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// Start runs an engine with a data directory of its own until the test ends.
func Start(t testing.TB) *engine.Engine {
	t.Helper()
	return StartDir(t, t.TempDir())
}

// StartDir runs an engine on the caller's data directory until the test ends, or
// the caller closes it.
func StartDir(t testing.TB, dir string) *engine.Engine {
	t.Helper()
	e, err := engine.Start(t.Context(), Options(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close engine: %v", err)
		}
	})
	return e
}
