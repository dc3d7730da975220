package engine

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Limits of what is unpacked. The library of this version has 566 MB; the package
// has four files. The digest was checked before, so these only guard against a
// mistake in pinning.
const (
	libraryBytesMax = 1 << 30
	textBytesMax    = 1 << 20
	entriesMax      = 100
)

// unpack takes the library and its licence texts out of the tarball into dir, and
// writes the receipt. Everything is on disk when it returns.
func unpack(ctx context.Context, tarball, dir string) error {
	file, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(tarball), err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	var r receipt
	archive := tar.NewReader(packed)
	for n := 0; ; n++ {
		entry, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("unpack %s: %w", filepath.Base(tarball), err)
		}
		if n >= entriesMax {
			return fmt.Errorf("unpack %s: more than %d entries", filepath.Base(tarball), entriesMax)
		}
		name, limit := wanted(entry)
		if name == "" {
			continue
		}
		sum, size, err := writeFile(ctx, filepath.Join(dir, name), archive, limit)
		if err != nil {
			return fmt.Errorf("unpack %s: %w", name, err)
		}
		if name == libraryName {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			r = receipt{Version: Version, Size: size, SHA256: sum, ModifiedNanos: info.ModTime().UnixNano()}
		}
	}
	if r.Size == 0 {
		return fmt.Errorf("unpack %s: it holds no %s", filepath.Base(tarball), libraryName)
	}
	if err := writeReceipt(dir, r); err != nil {
		return err
	}
	return syncDir(dir)
}

// wanted says under which name an entry is kept, "" for not at all. Names are
// matched whole, so no path of the archive ever reaches the file system.
func wanted(entry *tar.Header) (name string, limit int64) {
	if entry.Typeflag != tar.TypeReg || path.Dir(entry.Name) != "package" {
		return "", 0
	}
	switch name := path.Base(entry.Name); strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(name), ".MD"), ".TXT") {
	case "LIBCHDB.SO":
		return libraryName, libraryBytesMax
	case "LICENSE", "NOTICE", "PACKAGE.JSON":
		return name, textBytesMax
	}
	return "", 0
}

func writeFile(ctx context.Context, path string, from io.Reader, limit int64) (sum string, size int64, err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	hash := sha256.New()
	size, err = io.Copy(io.MultiWriter(file, hash), io.LimitReader(&contextReader{ctx, from}, limit+1))
	if err != nil {
		return "", 0, err
	}
	if size > limit {
		return "", 0, fmt.Errorf("longer than %d bytes", limit)
	}
	return hex.EncodeToString(hash.Sum(nil)), size, errors.Join(file.Sync(), file.Close())
}

// contextReader stops reading when its context ends.
type contextReader struct {
	ctx  context.Context
	from io.Reader
}

func (r *contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}
