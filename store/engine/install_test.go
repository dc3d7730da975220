package engine

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// entry is one file of an invented tarball.
type entry struct {
	name, text string
	kind       byte
}

func tarball(t testing.TB, entries ...entry) (packed []byte, digest string) {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	archive := tar.NewWriter(zip)
	for _, e := range entries {
		if e.kind == 0 {
			e.kind = tar.TypeReg
		}
		header := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: 0o755, Size: int64(len(e.text))}
		if e.kind == tar.TypeSymlink {
			header.Size, header.Linkname = 0, e.text
		}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if e.kind == tar.TypeReg {
			if _, err := archive.Write([]byte(e.text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(archive.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512(b.Bytes())
	return b.Bytes(), base64.StdEncoding.EncodeToString(sum[:])
}

// fakeNpm is a program that does with a prepared tarball what npm does, and
// counts its runs in the file it is returned beside.
func fakeNpm(t testing.TB, packed []byte, script string) (npm, runs string) {
	t.Helper()
	dir := t.TempDir()
	npm, runs = filepath.Join(dir, "npm"), filepath.Join(dir, "runs")
	source := filepath.Join(dir, "source.tgz")
	text := "#!/bin/sh\necho x >> " + runs + "\n" +
		"[ \"$1\" = pack ] && [ \"$3\" = --pack-destination ] || exit 9\n" + strings.ReplaceAll(script, "SOURCE", source) + "\n"
	// A process forked while the script is open for writing could not run it (ETXTBSY).
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := errors.Join(os.WriteFile(source, packed, 0o600), os.WriteFile(npm, []byte(text), 0o700)); err != nil {
		t.Fatal(err)
	}
	return npm, runs
}

const copyTarball = `cp SOURCE "$4/it.tgz"`

func installFake(t testing.TB, o InstallOptions, digest string) (Lib, error) {
	t.Helper()
	return install(t.Context(), o, "linux", "amd64", map[string]string{"linux-x64-gnu": digest, "linux-arm64-gnu": ""})
}

// leftovers is what an installation left in the cache, the lock aside.
func leftovers(t testing.TB, cache string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "install.lock" {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestInstall(t *testing.T) {
	t.Parallel()
	packed, digest := tarball(t, entry{"package/package.json", "{}", 0}, entry{"package/libchdb.so", "the library", 0},
		entry{"package/chdb_node.node", "not wanted", 0}, entry{"package/LICENSE", "Apache", 0})
	npm, runs := fakeNpm(t, packed, copyTarball)
	cache := filepath.Join(t.TempDir(), "a", "b")
	var seen []int64
	o := InstallOptions{CacheDir: cache, Npm: npm, Progress: func(done, total int64) { seen = append(seen, done, total) }}
	lib, err := installFake(t, o, digest)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(lib.Path); err != nil || string(text) != "the library" || lib.Version != Version {
		t.Errorf("installed %q, %v, version %s", text, err, lib.Version)
	}
	if len(seen) < 4 || seen[len(seen)-1] != packedBytes || seen[len(seen)-2] != packedBytes {
		t.Errorf("progress %v does not end complete", seen)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(lib.Path), "*"))
	if err != nil || len(files) != 4 {
		t.Errorf("kept %v", files)
	}
	if again, err := installFake(t, o, digest); err != nil || again != lib {
		t.Errorf("second time: %v, %v", again, err)
	}
	o.Force = true
	if again, err := installFake(t, o, digest); err != nil || again != lib {
		t.Errorf("forced: %v, %v", again, err)
	}
	if n, err := os.ReadFile(runs); err != nil || string(n) != "x\nx\n" {
		t.Errorf("npm ran %q, want twice", n)
	}
	if left := leftovers(t, cache); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

func TestInstallRefuses(t *testing.T) {
	t.Parallel()
	good, digest := tarball(t, entry{"package/libchdb.so", "the library", 0})
	sum := func(b []byte) string {
		s := sha512.Sum512(b)
		return base64.StdEncoding.EncodeToString(s[:])
	}
	elsewhere, elsewhereDigest := tarball(t, entry{"package/../../libchdb.so", "x", 0}, entry{"/package/libchdb.so", "x", 0},
		entry{"package/sub/libchdb.so", "x", 0}, entry{"package/libchdb.so", "/etc/passwd", tar.TypeSymlink})
	for name, c := range map[string]struct {
		packed         []byte
		digest, script string
		want           string
		hint           bool
	}{
		"another digest":     {good, sum([]byte("other")), copyTarball, "this release pins", true},
		"cut short":          {good[:len(good)/2], digest, copyTarball, "this release pins", true},
		"no gzip":            {[]byte("<html>no tarball</html>"), sum([]byte("<html>no tarball</html>")), copyTarball, "gzip", false},
		"no library inside":  {elsewhere, elsewhereDigest, copyTarball, "holds no libchdb.so", false},
		"npm without result": {good, digest, "exit 0", "0 tarballs", false},
		"network": {good, digest, `echo "npm error code ENOTFOUND
npm error syscall getaddrinfo
npm error network request to the registry failed, reason: getaddrinfo ENOTFOUND
npm error     at x.js" >&2; exit 1`, "ENOTFOUND; network request to the registry failed", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			npm, _ := fakeNpm(t, c.packed, c.script)
			cache := t.TempDir()
			_, err := installFake(t, InstallOptions{CacheDir: cache, Npm: npm}, c.digest)
			var hint *HintError
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &hint) != c.hint {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if hint != nil && !strings.Contains(hint.Hint, "CLICKHOUSE_URL") {
				t.Errorf("the hint %q names no way out", hint.Hint)
			}
			if left := leftovers(t, cache); len(left) != 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

func TestInstallWithoutNpmOrDigest(t *testing.T) {
	t.Parallel()
	var hint *HintError
	_, err := installFake(t, InstallOptions{CacheDir: t.TempDir(), Npm: filepath.Join(t.TempDir(), "npm")}, "x")
	if !errors.As(err, &hint) || !strings.Contains(hint.Hint, "Node.js") || !strings.Contains(hint.Hint, "ROLESCOPE_ENGINE_LIB") {
		t.Errorf("without npm: %v", err)
	}
	for platform, want := range map[string]string{"linux/arm64": "pins no digest", "windows/amd64": "there is no engine library"} {
		goos, goarch, _ := strings.Cut(platform, "/")
		_, err := install(t.Context(), InstallOptions{CacheDir: t.TempDir()}, goos, goarch, pinned())
		if !errors.As(err, &hint) || !strings.Contains(err.Error(), want) || !strings.Contains(hint.Hint, "CLICKHOUSE_URL") {
			t.Errorf("%s: %v", platform, err)
		}
	}
}

func TestInstallTwoAtOnce(t *testing.T) {
	t.Parallel()
	packed, digest := tarball(t, entry{"package/libchdb.so", "the library", 0})
	npm, runs := fakeNpm(t, packed, copyTarball)
	cache := t.TempDir()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if lib, err := installFake(t, InstallOptions{CacheDir: cache, Npm: npm}, digest); err != nil || lib.Path == "" {
				t.Error(lib, err)
			}
		})
	}
	all.Wait()
	if n, err := os.ReadFile(runs); err != nil || string(n) != "x\n" {
		t.Errorf("npm ran %q, want once", n)
	}
}

func TestInstallCancelled(t *testing.T) {
	t.Parallel()
	packed, digest := tarball(t, entry{"package/libchdb.so", "the library", 0})
	npm, runs := fakeNpm(t, packed, "exec sleep 60")
	cache := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := install(ctx, InstallOptions{CacheDir: cache, Npm: npm, Progress: func(int64, int64) {
			if _, err := os.Stat(runs); err == nil {
				cancel() // npm runs
			}
		}}, "linux", "amd64", map[string]string{"linux-x64-gnu": digest})
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
	if left := leftovers(t, cache); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestInstallCleansUpAfterKill(t *testing.T) {
	t.Parallel()
	packed, digest := tarball(t, entry{"package/libchdb.so", "the library", 0})
	npm, _ := fakeNpm(t, packed, copyTarball)
	cache := t.TempDir()
	// What a kill -9 leaves at its worst: all unpacked, but not yet in its place.
	stale := filepath.Join(cache, tempPrefix+"123", "fresh")
	if err := errors.Join(os.MkdirAll(stale, 0o700), os.WriteFile(filepath.Join(stale, libraryName), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := find(libDir(cache, "linux-x64-gnu")); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("leftovers count as installed: %v", err)
	}
	if _, err := installFake(t, InstallOptions{CacheDir: cache, Npm: npm}, digest); err != nil {
		t.Fatal(err)
	}
	if left := leftovers(t, cache); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

func TestFindDamaged(t *testing.T) {
	t.Parallel()
	packed, digest := tarball(t, entry{"package/libchdb.so", "the library", 0})
	npm, _ := fakeNpm(t, packed, copyTarball)
	for name, c := range map[string]struct {
		damage func(path string) error
		want   string
	}{
		"cut short": {func(p string) error { return os.Truncate(p, 3) }, "it has 3 bytes"},
		"changed":   {func(p string) error { return os.WriteFile(p, []byte("THE library"), 0o600) }, "sha256 differs"},
		"removed":   {os.Remove, "no such file"},
		"bad receipt": {func(p string) error {
			return os.WriteFile(filepath.Join(filepath.Dir(p), receiptName), []byte("{"), 0o600)
		}, "receipt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := InstallOptions{CacheDir: t.TempDir(), Npm: npm}
			lib, err := installFake(t, o, digest)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.damage(lib.Path); err != nil {
				t.Fatal(err)
			}
			var hint *HintError
			if _, err := find(filepath.Dir(lib.Path)); !errors.As(err, &hint) || !strings.Contains(err.Error(), c.want) || !strings.Contains(hint.Hint, "engine install --force") {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := installFake(t, o, digest); err != nil { // it repairs
				t.Errorf("install again: %v", err)
			}
		})
	}
	t.Run("only touched", func(t *testing.T) {
		t.Parallel()
		lib, err := installFake(t, InstallOptions{CacheDir: t.TempDir(), Npm: npm}, digest)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		if err := os.Chtimes(lib.Path, at, at); err != nil {
			t.Fatal(err)
		}
		if again, err := find(filepath.Dir(lib.Path)); err != nil || again != lib {
			t.Errorf("got %v, %v", again, err)
		}
		text, err := os.ReadFile(filepath.Join(filepath.Dir(lib.Path), receiptName))
		if want := fmt.Sprint(at.UnixNano()); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("the receipt %s does not take over the time %s", text, want)
		}
	})
}

func TestLockFileWaits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, err := lockFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := lockFile(ctx, path); !errors.Is(err, errLocked) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("got %v", err)
	}
	second := make(chan error, 1)
	go func() {
		file, err := lockFile(t.Context(), path)
		if err == nil {
			err = file.Close()
		}
		second <- err
	}()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Error(err)
	}
}
