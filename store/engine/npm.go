package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	// progressInterval is how often the growing download is measured.
	progressInterval = 200 * time.Millisecond
	// npmStopWait is how long a cancelled npm may take to end before its pipes are closed.
	npmStopWait = 5 * time.Second
	// npmReasonLines of npm's complaint are passed on.
	npmReasonLines = 3
)

// fetch has npm put the package's tarball in temp and returns its path. npm asks
// whatever registry, proxy and credentials the user has set up for it.
func fetch(ctx context.Context, o InstallOptions, platform, temp string) (string, error) {
	npm, err := exec.LookPath(cmp.Or(o.Npm, "npm"))
	if err != nil {
		return "", &HintError{
			fmt.Errorf("the engine's library is fetched with npm, which was not found: %w", err),
			"Install Node.js with npm and try again. " + otherWays,
		}
	}
	pack := filepath.Join(temp, "pack")
	if err := os.Mkdir(pack, 0o700); err != nil {
		return "", fmt.Errorf("fetch engine: %w", err)
	}
	cmd := exec.CommandContext(ctx, npm, "pack", "@chdb/lib-"+platform+"@"+Version,
		"--pack-destination", pack, "--cache", filepath.Join(temp, "npm-cache"),
		"--loglevel=error", "--ignore-scripts", "--no-update-notifier", "--fetch-retries=1")
	cmd.Dir = pack // not in a project whose .npmrc says otherwise
	cmd.SysProcAttr = childAttributes()
	cmd.WaitDelay = npmStopWait
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := runWatched(cmd, temp, o.Progress); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("fetch engine: %w", ctx.Err())
		}
		return "", &HintError{
			fmt.Errorf("npm could not fetch the engine's library: %s", cmp.Or(npmReason(complaint.String()), err.Error())),
			"Check that npm reaches its registry (network, proxy, `npm config get registry`), then try again. " + otherWays,
		}
	}
	tarballs, err := filepath.Glob(filepath.Join(pack, "*.tgz"))
	if err != nil || len(tarballs) != 1 {
		return "", fmt.Errorf("fetch engine: npm left %d tarballs where one was asked for", len(tarballs))
	}
	return tarballs[0], nil
}

// runWatched runs npm and reports how the files in dir grow: npm itself tells
// nothing while it fetches. It keeps its OS thread, to which Linux ties npm's life.
func runWatched(cmd *exec.Cmd, dir string, progress func(done, total int64)) error {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		done <- cmd.Run()
	}()
	progress(0, packedBytes)
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			if err == nil {
				progress(packedBytes, packedBytes)
			}
			return err
		case <-ticker.C:
			// npm writes the tarball twice, first into its cache.
			progress(min(sizeOf(dir), packedBytes), packedBytes)
		}
	}
}

// sizeOf is the size of all files below dir; files that vanish meanwhile count nothing.
func sizeOf(dir string) (sum int64) {
	//nolint:errcheck // it is only a progress display
	filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil
		}
		if info, err := entry.Info(); err == nil {
			sum += info.Size()
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	return sum
}

// npmReason is the gist of npm's complaint: its first lines that are for people.
func npmReason(complaint string) string {
	var reasons []string
	for line := range strings.Lines(complaint) {
		line = strings.TrimSpace(line)
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(line, "npm error"), "npm ERR!"))
		if line == "" || strings.HasPrefix(line, "at ") || strings.HasPrefix(line, "errno") || strings.HasPrefix(line, "syscall") {
			continue
		}
		reasons = append(reasons, line)
		if len(reasons) == npmReasonLines {
			break
		}
	}
	return strings.Join(reasons, "; ")
}
