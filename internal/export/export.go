// Package export writes the views of a store as a folder of Parquet files that other tools read without
// rolescope: one folder per view, one file per month, and a manifest that says of which versions they
// are and what every file's hash is. The engine writes the Parquet and this package only moves bytes: it
// reads what an analyst may read, over the path that analysts use, and holds no file in memory.
//
// The same contents of a store give the same bytes, the manifest's included: rows are in the order of all
// their columns, and no clock is read. A folder appears whole or not at all.
//
// It is not a backup: views show what the active tagger version read, and leave out raw records. It is
// called by cmd, and knows neither the store nor the engine, but the one method that it declares.
package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Source runs a read-only statement and writes its answer in one of ClickHouse's formats. params are the
// values of {name:Type}.
type Source interface {
	Raw(ctx context.Context, w io.Writer, query, format string, params map[string]string) error
}

// Scratch keeps the rows of a statement in a table scratch_NAME, sorted by a column of it, until they are
// discarded; errors.ErrUnsupported where it cannot. A view costs the same whether a month of it is read or all, so it is computed once and then
// read month by month.
type Scratch interface {
	Materialise(ctx context.Context, name, column, query string) error
	Discard(ctx context.Context, name string) error
}

// Options say what is exported where.
type Options struct {
	Scratch Scratch // nil reads every month from the view, which takes longer the more there are
	Dir     string
	Views   []string // empty: all but those with private text
	Since   string   // first month, YYYY-MM; empty: from the beginning
	Until   string   // first month that is left out, YYYY-MM; empty: to the end
	Replace bool     // an export that Dir holds is replaced; otherwise it is an error
	Program string   // version of the program, for the manifest
	// Progress, if set, is called before each view with how many are done and to do.
	Progress func(done, total int)

	create func(path string) (io.WriteCloser, error) // replaced in tests
}

// Errors that a caller may want to explain.
var (
	ErrExists  = errors.New("it is there already")
	ErrBusy    = errors.New("another export writes to it")
	ErrForeign = errors.New("it is no export of ours")
	ErrFull    = errors.New("the disk is full")
	ErrEmpty   = errors.New("there is nothing in these months")
)

// partialSuffix is what the folder is called while it is written. A killed export leaves it, and the next
// one to the same folder begins again.
const partialSuffix = ".partial"

// job is one file to be written.
type job struct {
	view  view
	query string // {month:Date} is its month
	month string // YYYY-MM-01; empty for a view without months
}

func (j job) path() string {
	if j.month == "" {
		return j.view.name + "/data.parquet"
	}
	return fmt.Sprintf("%s/month=%s/data.parquet", j.view.name, j.month[:len("2006-01")])
}

// Write makes the folder and returns what its manifest says.
func Write(ctx context.Context, src Source, o Options) (Manifest, error) {
	views, err := o.views()
	if err != nil {
		return Manifest{}, err
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return Manifest{}, fmt.Errorf("export: %w", err)
	}
	if err := o.mayWrite(dir); err != nil {
		return Manifest{}, fmt.Errorf("export to %s: %w", o.Dir, err)
	}
	partial := dir + partialSuffix
	unlock, err := begin(partial)
	if err != nil {
		return Manifest{}, fmt.Errorf("export to %s: %w", o.Dir, named(err))
	}
	defer unlock()
	manifest, err := o.fill(ctx, src, partial, views)
	if err == nil {
		err = o.put(partial, dir)
	}
	if err != nil {
		return Manifest{}, errors.Join(fmt.Errorf("export to %s: %w", o.Dir, named(err)), os.RemoveAll(partial))
	}
	return manifest, nil
}

// mayWrite refuses a folder that holds anything but an export to be replaced.
func (o Options) mayWrite(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(entries) == 0:
		return nil
	case err != nil:
		return err
	}
	if _, err := readManifest(dir); err != nil {
		return fmt.Errorf("%w: %w", ErrForeign, err)
	}
	if !o.Replace {
		return ErrExists
	}
	return nil
}

// begin makes the empty folder to write in, which nobody else may until unlock. The lock is the folder's
// own and goes with it when it gets its name.
func begin(partial string) (unlock func(), err error) {
	if err := os.MkdirAll(partial, 0o755); err != nil {
		return nil, err
	}
	folder, err := os.Open(partial)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(ErrBusy, folder.Close())
	}
	entries, err := os.ReadDir(partial)
	for _, e := range entries {
		if err == nil {
			err = os.RemoveAll(filepath.Join(partial, e.Name()))
		}
	}
	if err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return func() { _ = folder.Close() }, nil
}

// fill writes all files and the manifest.
func (o Options) fill(ctx context.Context, src Source, dir string, views []view) (Manifest, error) {
	a := asker{src}
	before, err := a.state(ctx)
	if err != nil {
		return Manifest{}, err
	}
	m, err := a.manifest(ctx, o, views)
	if err != nil {
		return Manifest{}, err
	}
	for i, v := range views {
		if o.Progress != nil {
			o.Progress(i, len(views))
		}
		files, err := o.writeView(ctx, a, dir, v)
		if err != nil {
			return Manifest{}, err
		}
		for _, f := range files {
			m.add(v.name, f)
		}
	}
	if err := o.something(m, views); err != nil {
		return Manifest{}, err
	}
	after, err := a.state(ctx)
	if err != nil {
		return Manifest{}, err
	}
	if after.TaggerVersion != before.TaggerVersion {
		return Manifest{}, fmt.Errorf("answers changed from tagger version %s to %s meanwhile: run it again", before.TaggerVersion, after.TaggerVersion)
	}
	m.Snapshot = before == after
	return m, o.save(dir, manifestName, m.encode)
}

// something refuses months of which no view has a row: a mistyped year gives no export of nothing.
func (o Options) something(m Manifest, views []view) error {
	if o.Since == "" && o.Until == "" {
		return nil
	}
	monthly := false
	for i, v := range views {
		monthly = monthly || v.month != ""
		if v.month != "" && len(m.Views[i].Files) > 0 {
			return nil
		}
	}
	switch {
	case !monthly:
		return nil
	case m.FirstObserved == "":
		return fmt.Errorf("%w: the store has no data yet", ErrEmpty)
	}
	return fmt.Errorf("%w: the store was filled by looks from %.10s to %.10s", ErrEmpty, m.FirstObserved, m.LastObserved)
}

// writeView writes the files of one view.
func (o Options) writeView(ctx context.Context, a asker, dir string, v view) (files []File, err error) {
	table := ""
	if o.Scratch != nil && v.month != "" {
		// The folder's name is in the table's, for two exports may run at once, and only to two folders.
		sum := sha256.Sum256([]byte(dir))
		name := fmt.Sprintf("export_%x_%s", sum[:6], v.name)
		switch failed := o.Scratch.Materialise(ctx, name, exportMonth, v.all()); {
		case failed == nil:
			defer func() { err = errors.Join(err, o.Scratch.Discard(context.WithoutCancel(ctx), name)) }()
			table = "scratch_" + name
		case !errors.Is(failed, errors.ErrUnsupported):
			return nil, failed
		}
	}
	jobs, err := a.jobs(ctx, o, v, table)
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		f, err := o.write(ctx, a.src, dir, j)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", j.path(), err)
		}
		if f.Rows > 0 || j.month == "" {
			files = append(files, f)
		}
	}
	return files, nil
}

// write has the engine write one file. A month that turns out to be empty leaves none.
func (o Options) write(ctx context.Context, src Source, dir string, j job) (File, error) {
	f := File{Path: j.path()}
	path := filepath.Join(dir, filepath.FromSlash(f.Path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return f, err
	}
	params := map[string]string{}
	if j.month != "" {
		f.Month = j.month[:len("2006-01")]
		params["month"] = j.month
	}
	sum := &counted{hash: sha256.New()}
	err := o.save(dir, f.Path, func(w io.Writer) error {
		return src.Raw(ctx, io.MultiWriter(w, sum), j.query, "Parquet", params)
	})
	if err != nil {
		return f, err
	}
	f.Bytes, f.SHA256 = sum.bytes, hex.EncodeToString(sum.hash.Sum(nil))
	if f.Rows, err = parquetRows(path); err == nil && f.Rows == 0 && j.month != "" {
		err = os.RemoveAll(filepath.Dir(path))
	}
	return f, err
}

// counted hashes what is written and knows how much it was.
type counted struct {
	hash  hash.Hash
	bytes int64
}

func (c *counted) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return c.hash.Write(p)
}

// save writes a file and waits until it is on the disk.
func (o Options) save(dir, name string, write func(io.Writer) error) error {
	create := o.create
	if create == nil {
		create = func(path string) (io.WriteCloser, error) { return os.Create(path) }
	}
	f, err := create(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	err = write(f)
	if file, ok := f.(*os.File); ok && err == nil {
		err = file.Sync()
	}
	return errors.Join(err, f.Close())
}

// put gives the finished folder its name.
func (o Options) put(partial, dir string) error {
	old := dir + ".old"
	if err := o.mayWrite(dir); err != nil { // somebody else may have been faster
		return err
	}
	switch err := os.Remove(dir); { // only an empty one goes
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return os.Rename(partial, dir)
	}
	if err := os.Rename(dir, old); err != nil {
		return err
	}
	if err := os.Rename(partial, dir); err != nil {
		return errors.Join(err, os.Rename(old, dir))
	}
	return os.RemoveAll(old)
}

// named says in words what an error of the file system means.
func named(err error) error {
	if err == nil {
		return nil
	}
	// The engine's own words for it come over HTTP.
	engine := strings.Contains(err.Error(), "No space left on device") || strings.Contains(err.Error(), "NOT_ENOUGH_SPACE")
	if engine || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
