package engine

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// pinned is the npm integrity (sha512 of the packed tarball) per platform.
// Platforms whose package could not be looked up when this release was made are
// named with an empty digest: nothing unpinned is ever installed.
func pinned() map[string]string {
	return map[string]string{
		"linux-x64-gnu":   "XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
		"linux-arm64-gnu": "",
		"darwin-x64":      "",
		"darwin-arm64":    "",
	}
}

// packedBytes is the size of the tarball, for the progress display.
const packedBytes = 177_817_999

// platform is npm's name of a Go platform, "" when there is no package for it.
func platform(goos, goarch string) string {
	return map[string]string{
		"linux/amd64": "linux-x64-gnu", "linux/arm64": "linux-arm64-gnu",
		"darwin/amd64": "darwin-x64", "darwin/arm64": "darwin-arm64",
	}[goos+"/"+goarch]
}

// DefaultCacheDir is where the library is kept, once per user.
func DefaultCacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache directory: %w", err)
	}
	return filepath.Join(dir, "rolescope", "engine"), nil
}

// Lib is an installed library.
type Lib struct {
	Path    string
	Version string
}

// InstallOptions of Install.
type InstallOptions struct {
	// CacheDir holds the library; see DefaultCacheDir.
	CacheDir string
	// Npm is the npm program; "" looks for npm in the PATH.
	Npm string
	// Force fetches the library even where an intact one is installed.
	Force bool
	// Progress, unless nil, hears of the bytes fetched so far, from one goroutine at a time.
	Progress func(done, total int64)
}

// Install makes sure that the library is there and intact: it fetches the pinned
// version with npm, checks its digest, and unpacks it. Only one process of a
// user installs at a time; the others wait and find it done. A process killed in
// the middle leaves nothing that counts as installed.
// Errors: *HintError with the ways out.
func Install(ctx context.Context, o InstallOptions) (Lib, error) {
	return install(ctx, o, runtime.GOOS, runtime.GOARCH, pinned())
}

func install(ctx context.Context, o InstallOptions, goos, goarch string, digests map[string]string) (Lib, error) {
	name := platform(goos, goarch)
	digest, known := digests[name]
	if !known {
		return Lib{}, &HintError{fmt.Errorf("there is no engine library for %s/%s", goos, goarch), otherWays}
	}
	final := libDir(o.CacheDir, name)
	if lib, err := find(final); err == nil && !o.Force {
		return lib, nil
	}
	if digest == "" {
		return Lib{}, &HintError{
			fmt.Errorf("this release pins no digest of the engine library %s for %s, and installs nothing unpinned", Version, name), otherWays,
		}
	}
	if err := os.MkdirAll(o.CacheDir, 0o700); err != nil {
		return Lib{}, fmt.Errorf("install engine: %w", err)
	}
	lock, err := lockFile(ctx, filepath.Join(o.CacheDir, "install.lock"))
	if err != nil {
		return Lib{}, fmt.Errorf("install engine: wait for another installation: %w", err)
	}
	defer lock.Close()
	if lib, err := find(final); err == nil && !o.Force { // done while we waited
		return lib, nil
	}
	if err := removeLeftovers(o.CacheDir); err != nil {
		return Lib{}, fmt.Errorf("install engine: clean up: %w", err)
	}
	temp, err := os.MkdirTemp(o.CacheDir, tempPrefix)
	if err != nil {
		return Lib{}, fmt.Errorf("install engine: %w", err)
	}
	defer os.RemoveAll(temp)
	tarball, err := fetch(ctx, o, name, temp)
	if err != nil {
		return Lib{}, err
	}
	if err := checkDigest(tarball, digest); err != nil {
		return Lib{}, err
	}
	fresh := filepath.Join(temp, "fresh")
	if err := unpack(ctx, tarball, fresh); err != nil {
		return Lib{}, fmt.Errorf("install engine: %w", err)
	}
	if err := swap(fresh, final, filepath.Join(temp, "old")); err != nil {
		return Lib{}, fmt.Errorf("install engine: %w", err)
	}
	return find(final)
}

func libDir(cacheDir, platform string) string {
	return filepath.Join(cacheDir, Version+"-"+platform)
}

// tempPrefix names directories of an installation under way.
const tempPrefix = "installing-"

// removeLeftovers deletes what killed installations left. The caller holds the lock.
func removeLeftovers(cacheDir string) error {
	entries, err := os.ReadDir(cacheDir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), tempPrefix) {
			if err := os.RemoveAll(filepath.Join(cacheDir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkDigest compares the file's sha512 with the pinned npm integrity.
func checkDigest(path, digest string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("check engine digest: %w", err)
	}
	defer file.Close()
	hash := sha512.New()
	if _, err := io.Copy(hash, file); err != nil {
		return fmt.Errorf("check engine digest: %w", err)
	}
	if got := base64.StdEncoding.EncodeToString(hash.Sum(nil)); got != digest {
		return &HintError{
			fmt.Errorf("the fetched engine library has sha512 %s, but this release pins %s; nothing was installed", got, digest),
			"Check what npm fetches from (a mirror may serve something else), then try again. " + otherWays,
		}
	}
	return nil
}

// swap puts the fresh directory in the final place. What was there keeps working
// for whoever has it open.
func swap(fresh, final, old string) error {
	if err := os.Rename(final, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(fresh, final); err != nil {
		return err
	}
	return syncDir(filepath.Dir(final))
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
