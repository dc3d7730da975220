package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// ErrNotInstalled is in the chain when no library is in the cache.
var ErrNotInstalled = errors.New("the engine's library is not installed")

const (
	libraryName = "libchdb.so"
	receiptName = "receipt.json"
)

// receipt is what installation wrote down about the library, so that a start can
// see damage. Hashing half a gigabyte takes a second or more; so a file whose
// size and time are as they were when it was last hashed is taken as intact.
type receipt struct {
	Version string `json:"version"`
	Size    int64  `json:"size"`
	SHA256  string `json:"sha256"`
	// ModifiedNanos is the file's modification time when it was last hashed.
	ModifiedNanos int64 `json:"modified_nanos"`
}

// Find returns the installed library without fetching anything.
// Errors: ErrNotInstalled, or *HintError when it is damaged.
func Find(cacheDir string) (Lib, error) {
	name := platform(runtime.GOOS, runtime.GOARCH)
	return find(libDir(cacheDir, name))
}

func find(dir string) (Lib, error) {
	path := filepath.Join(dir, libraryName)
	text, err := os.ReadFile(filepath.Join(dir, receiptName))
	if errors.Is(err, os.ErrNotExist) {
		return Lib{}, ErrNotInstalled
	} else if err != nil {
		return Lib{}, fmt.Errorf("find engine: %w", err)
	}
	var r receipt
	if err := json.Unmarshal(text, &r); err != nil {
		return Lib{}, damaged(path, fmt.Errorf("its receipt cannot be read: %w", err))
	}
	info, err := os.Stat(path)
	if err != nil {
		return Lib{}, damaged(path, err)
	}
	if info.Size() != r.Size {
		return Lib{}, damaged(path, fmt.Errorf("it has %d bytes, but %d were installed", info.Size(), r.Size))
	}
	if info.ModTime().UnixNano() != r.ModifiedNanos {
		sum, err := hashFile(path)
		if err != nil {
			return Lib{}, damaged(path, err)
		}
		if sum != r.SHA256 {
			return Lib{}, damaged(path, errors.New("its content is not what was installed (sha256 differs)"))
		}
		r.ModifiedNanos = info.ModTime().UnixNano()
		// In a read-only cache the next start hashes again; that is all.
		writeReceipt(dir, r) //nolint:errcheck // see above
	}
	return Lib{Path: path, Version: r.Version}, nil
}

func hashFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// writeReceipt replaces the receipt in one step.
func writeReceipt(dir string, r receipt) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(dir, receiptName+"-")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(append(text, '\n'))
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), filepath.Join(dir, receiptName))
}
