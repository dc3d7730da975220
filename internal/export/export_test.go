package export

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// parquet is a file that is whole and says that it has n rows.
func parquet(n int64) []byte {
	footer := append([]byte{
		0x15, 2, // 1: i32, version
		0x19, 0x2c, 0x48, 1, 'a', 0x00, 0x15, 12, 0x28, 1, 'b', 0x00, // 2: list of two structs
		0x16, // 3: i64
	}, binary.AppendVarint(nil, n)...)
	footer = append(footer, 0)
	out := append([]byte("PAR1 the rows "), footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, "PAR1"...)
}

// source answers like a store with two months, the second of which has no alerts.
type source struct {
	newest  func() string
	version string
	fails   error
}

func (s source) Raw(_ context.Context, w io.Writer, query, format string, params map[string]string) error {
	answer := ""
	switch {
	case format == "Parquet" && s.fails != nil:
		_, _ = w.Write([]byte("PAR1"))
		return s.fails
	case format == "Parquet":
		rows := int64(3)
		if strings.Contains(query, "v_alerts") && params["month"] == "2025-02-01" {
			rows = 0
		}
		_, err := w.Write(parquet(rows))
		return err
	case strings.Contains(query, "newest"):
		newest := "1"
		if s.newest != nil {
			newest = s.newest()
		}
		answer = fmt.Sprintf(`{"tagger_version":%q,"newest":%q}`, s.version, newest)
	case strings.Contains(query, "schema_migrations"):
		answer = `{"engine":"26","schema":8,"tagger":"1","normalisers":["1"],"first":"a","last":"b"}`
	case strings.Contains(query, "system.columns"):
		answer = `{"table":"v_role_skill_month","about":"x","name":"month","type":"Date","comment":"c"}{"table":"v_role_skill_month","about":"x","name":"role","type":"String","comment":"d"}`
	default:
		for _, m := range []string{"2025-01-01", "2025-02-01"} {
			if m >= params["since"] && m < params["until"] {
				answer += fmt.Sprintf(`{"first_day":%q}`, m)
			}
		}
	}
	_, err := io.WriteString(w, answer)
	return err
}

func write(t *testing.T, src Source, o Options) Manifest {
	t.Helper()
	m, err := Write(t.Context(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWriteAndVerify(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	m := write(t, source{}, Options{Dir: dir})
	if files, rows, _ := m.Totals(); files != 2*14-1+5 || rows != int64(3*files) || !m.Snapshot {
		t.Errorf("%d files, %d rows, %+v", files, rows, m)
	}
	if _, err := os.Stat(filepath.Join(dir, "v_alerts", "month=2025-02")); err == nil {
		t.Error("a month without rows has a folder")
	}
	if _, err := os.Stat(filepath.Join(dir, "v_dead")); err == nil {
		t.Error("what may hold private text is exported unasked")
	}
	for _, v := range m.Views {
		if v.Name == "v_role_skill_month" && (len(v.Columns) != 1 || v.Columns[0].Name != "role") {
			t.Errorf("the month is in the folder's name and in the file: %+v", v.Columns)
		}
	}
	if _, problems, err := Verify(dir); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if _, err := Write(t.Context(), source{}, Options{Dir: dir}); !errors.Is(err, ErrExists) {
		t.Errorf("an export is overwritten: %v", err)
	}
	if m := write(t, source{}, Options{Dir: dir, Replace: true, Views: []string{"v_dead"}, Since: "2025-02"}); len(m.Views) != 1 || len(m.Views[0].Files) != 1 {
		t.Errorf("replaced by %+v", m)
	}
	if left, _ := filepath.Glob(dir + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestVerifyFinds(t *testing.T) {
	t.Parallel()
	const file = "v_runs/month=2025-01/data.parquet"
	change := func(b []byte) []byte { b[6] ^= 1; return b }
	for want, spoil := range map[string]func(dir string) error{
		file + ": its SHA-256 is not the manifest's": func(dir string) error {
			b, err := os.ReadFile(filepath.Join(dir, file))
			return errors.Join(err, os.WriteFile(filepath.Join(dir, file), change(b), 0o644))
		},
		file + ": it is missing":                           func(dir string) error { return os.Remove(filepath.Join(dir, file)) },
		file + ": it has 3 bytes, the manifest says 39":    func(dir string) error { return os.Truncate(filepath.Join(dir, file), 3) },
		"v_runs/more: the manifest does not name it":       func(dir string) error { return os.WriteFile(filepath.Join(dir, "v_runs/more"), nil, 0o644) },
		"v_runs: its files have 9 rows, the manifest says": replaceIn(`"rows": 3`, `"rows": 6`),
		"../x: the manifest may not name it":               replaceIn(file, "../x"),
		"v_runs/month=2030-01: the manifest names nothing": func(dir string) error { return os.Mkdir(filepath.Join(dir, "v_runs/month=2030-01"), 0o755) },
		"v_more: the manifest names nothing":               func(dir string) error { return os.Mkdir(filepath.Join(dir, "v_more"), 0o755) },
		".hidden: the manifest does not name it":           func(dir string) error { return os.WriteFile(filepath.Join(dir, ".hidden"), nil, 0o644) },
		"elsewhere: the manifest does not name it":         func(dir string) error { return os.Symlink(dir, filepath.Join(dir, "elsewhere")) },
		file + ": it is no regular file":                   linked(file),
		manifestName + ": it is no regular file":           linked(manifestName),
		"v_runs: the manifest does not name it":            linked("v_runs"),
	} {
		dir := filepath.Join(t.TempDir(), "out")
		write(t, source{}, Options{Dir: dir, Views: []string{"v_runs"}})
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		_, problems, err := Verify(dir)
		if err != nil || !strings.Contains(strings.Join(problems, "\n"), want) {
			t.Errorf("%q, %v: want %q", problems, err, want)
		}
	}
	if _, _, err := Verify(t.TempDir()); err == nil {
		t.Error("an empty folder is verified")
	}
}

// linked moves what is there out of the folder and puts a link to it in its place.
func linked(name string) func(dir string) error {
	return func(dir string) error {
		return errors.Join(os.Rename(filepath.Join(dir, name), dir+".moved"), os.Symlink(dir+".moved", filepath.Join(dir, name)))
	}
}

// TestVerifyByALink: somebody may keep the whole folder elsewhere.
func TestVerifyByALink(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	write(t, source{}, Options{Dir: dir, Views: []string{"v_runs"}})
	if err := os.Symlink(dir, dir+".link"); err != nil {
		t.Fatal(err)
	}
	if _, problems, err := Verify(dir + ".link"); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

func replaceIn(old, now string) func(dir string) error {
	return func(dir string) error {
		b, err := os.ReadFile(filepath.Join(dir, manifestName))
		return errors.Join(err, os.WriteFile(filepath.Join(dir, manifestName), bytes.Replace(b, []byte(old), []byte(now), 1), 0o644))
	}
}

func TestWriteWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	gone := errors.New("the engine is gone")
	full := func(path string) (io.WriteCloser, error) { return fullDisk{}, nil }
	for name, c := range map[string]struct {
		src     Source
		o       Options
		want    error
		prepare func(dir string) error
	}{
		"the engine fails in the middle": {src: source{fails: gone}, want: gone},
		"the disk is full":               {src: source{}, o: Options{create: full}, want: ErrFull},
		"the folder is somebody's":       {src: source{}, want: ErrForeign, prepare: func(dir string) error { return os.MkdirAll(filepath.Join(dir, "thesis"), 0o755) }},
	} {
		dir := filepath.Join(t.TempDir(), "out")
		if c.prepare != nil {
			if err := c.prepare(dir); err != nil {
				t.Fatal(err)
			}
		}
		c.o.Dir = dir
		if _, err := Write(t.Context(), c.src, c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := filepath.Glob(dir + "*"); c.prepare == nil && len(left) > 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, &os.PathError{Op: "write", Err: syscall.ENOSPC} }
func (fullDisk) Close() error              { return nil }

// TestWriteBeginsAgain: what a killed export left is no part of the next one, and a failure to replace an
// export leaves it as it was.
func TestWriteBeginsAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	left := filepath.Join(dir+partialSuffix, "v_runs")
	if err := os.MkdirAll(left, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(left, "half"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, source{}, Options{Dir: dir, Views: []string{"v_skills"}})
	if _, err := Write(t.Context(), source{fails: io.ErrUnexpectedEOF}, Options{Dir: dir, Replace: true}); err == nil {
		t.Fatal("it does not fail")
	}
	if _, problems, err := Verify(dir); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	unlock, err := begin(dir + partialSuffix)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := Write(t.Context(), source{}, Options{Dir: dir, Replace: true}); !errors.Is(err, ErrBusy) {
		t.Errorf("two exports write to one folder: %v", err)
	}
}

func TestWriteWhileRowsComeIn(t *testing.T) {
	t.Parallel()
	n := 0
	src := source{newest: func() string { n++; return fmt.Sprint(n) }}
	if m := write(t, src, Options{Dir: filepath.Join(t.TempDir(), "out")}); m.Snapshot {
		t.Error("it claims to be of one moment")
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Views: []string{"v_nothing"}}, {Since: "2025"}, {Until: "2025-13"}, {Since: "2025-01-01"}, {Since: "2025-02", Until: "2025-01"}, {Since: "2025-02", Until: "2025-02"}} {
		o.Dir = filepath.Join(t.TempDir(), "out")
		if _, err := Write(t.Context(), source{}, o); err == nil {
			t.Errorf("%+v is exported", o)
		}
	}
}

// TestWriteNothing: months in which there is nothing are no export; views without months have no such thing.
func TestWriteNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		o    Options
		want error
	}{
		{Options{Since: "2030-01"}, ErrEmpty},
		{Options{Until: "2020-01", Views: []string{"v_runs", "v_skills"}}, ErrEmpty},
		{Options{Since: "2025-02", Views: []string{"v_alerts"}}, ErrEmpty},
		{Options{Since: "2030-01", Views: []string{"v_skills"}}, nil},
		{Options{Since: "2025-02", Views: []string{"v_alerts", "v_runs"}}, nil},
	} {
		c.o.Dir = filepath.Join(t.TempDir(), "out")
		_, err := Write(t.Context(), source{}, c.o)
		if !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c.o, err)
		}
		if left, _ := filepath.Glob(c.o.Dir + "*"); err != nil && len(left) > 0 {
			t.Errorf("%+v: left behind: %v", c.o, left)
		}
	}
}

func FuzzFooter(f *testing.F) {
	whole := parquet(3)
	f.Add(whole[14 : len(whole)-8])
	f.Add([]byte{0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Add([]byte{0x1c, 0x1c, 0x1c, 0x1c})
	f.Fuzz(func(t *testing.T, footer []byte) {
		if n, err := footerRows(footer); err == nil && n < 0 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestParquetRows(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	for _, want := range []int64{0, 1, 1 << 40} {
		if err := os.WriteFile(path, parquet(want), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := parquetRows(path); err != nil || got != want {
			t.Errorf("%d rows, %v, want %d", got, err, want)
		}
	}
	for _, broken := range [][]byte{nil, []byte("PAR1"), parquet(3)[:20], append(bytes.Repeat([]byte{255}, 8), "PAR1"...)} {
		if err := os.WriteFile(path, broken, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := parquetRows(path); err == nil {
			t.Errorf("%q is read", broken)
		}
	}
}
