package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Verify compares a folder with its manifest: each file's hash, size and rows, and that nothing is
// missing or too much. It returns one line per difference. Dir itself may be a link; nothing in it may.
func Verify(dir string) (Manifest, []string, error) {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	m, err := readManifest(dir)
	if err != nil {
		return m, nil, fmt.Errorf("verify %s: %w", dir, err)
	}
	var problems []string
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	known, folders := map[string]bool{manifestName: true}, map[string]bool{".": true}
	for _, v := range m.Views {
		rows := int64(0)
		for _, f := range v.Files {
			rows += f.Rows
			if !filepath.IsLocal(filepath.FromSlash(f.Path)) || known[f.Path] {
				report("%s: the manifest may not name it", f.Path)
				continue
			}
			known[f.Path] = true
			for folder := path.Dir(f.Path); !folders[folder]; folder = path.Dir(folder) {
				folders[folder] = true
			}
			if problem := f.check(dir); problem != "" {
				report("%s: %s", f.Path, problem)
			}
		}
		if rows != v.Rows {
			report("%s: its files have %d rows, the manifest says %d", v.Name, rows, v.Rows)
		}
	}
	err = filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		switch name = filepath.ToSlash(name); {
		case d.IsDir() && !folders[name]:
			report("%s: the manifest names nothing in this folder", name)
		case !d.IsDir() && !known[name]:
			report("%s: the manifest does not name it", name)
		case name == manifestName && !d.Type().IsRegular():
			report("%s: it is no regular file", name)
		}
		return nil
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
	switch st, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return "it is missing"
	case err != nil:
		return err.Error()
	case !st.Mode().IsRegular(): // what a link leads to is not in the export, and a pipe has no end
		return "it is no regular file"
	}
	file, err := os.Open(path)
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
