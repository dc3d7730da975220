package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Verify compares a folder with its manifest: each file's hash, size and rows, and that nothing is
// missing or too much. It returns one line per difference.
func Verify(dir string) (Manifest, []string, error) {
	m, err := readManifest(dir)
	if err != nil {
		return m, nil, fmt.Errorf("verify %s: %w", dir, err)
	}
	var problems []string
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	known := map[string]bool{manifestName: true}
	for _, v := range m.Views {
		rows := int64(0)
		for _, f := range v.Files {
			rows += f.Rows
			if !filepath.IsLocal(filepath.FromSlash(f.Path)) || known[f.Path] {
				report("%s: the manifest may not name it", f.Path)
				continue
			}
			known[f.Path] = true
			if problem := f.check(dir); problem != "" {
				report("%s: %s", f.Path, problem)
			}
		}
		if rows != v.Rows {
			report("%s: its files have %d rows, the manifest says %d", v.Name, rows, v.Rows)
		}
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if name = filepath.ToSlash(name); err == nil && !known[name] {
			report("%s: the manifest does not name it", name)
		}
		return err
	})
	if err != nil {
		return m, nil, fmt.Errorf("verify %s: %w", dir, err)
	}
	slices.Sort(problems)
	return m, problems, nil
}

// check says what is wrong with a file.
func (f File) check(dir string) string {
	path := filepath.Join(dir, filepath.FromSlash(f.Path))
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "it is missing"
	}
	if err != nil {
		return err.Error()
	}
	defer file.Close() //nolint:errcheck // only read
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	switch {
	case err != nil:
		return err.Error()
	case n != f.Bytes:
		return fmt.Sprintf("it has %d bytes, the manifest says %d", n, f.Bytes)
	case hex.EncodeToString(sum.Sum(nil)) != f.SHA256:
		return "its SHA-256 is not the manifest's"
	}
	rows, err := parquetRows(path)
	switch {
	case err != nil:
		return err.Error()
	case rows != f.Rows:
		return fmt.Sprintf("it has %d rows, the manifest says %d", rows, f.Rows)
	}
	return ""
}
