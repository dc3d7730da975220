package markettest_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/internal/export"
)

// testExport writes a market twice and compares the bytes, then counts what is in the files.
func testExport(t *testing.T, f filled) {
	if f.Config().Seed != 0 {
		t.Skip("one market is enough: what is exported is the views'")
	}
	usual, private := export.Names()
	var inDatabase []struct {
		Name string `ch:"name"`
	}
	if err := f.store.Ask(t.Context(), &inDatabase, "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'v_') ORDER BY name", nil); err != nil {
		t.Fatal(err)
	}
	all := slices.Sorted(slices.Values(append(slices.Clone(usual), private...)))
	var want []string
	for _, v := range inDatabase {
		want = append(want, v.Name)
	}
	if d := cmp.Diff(want, all); d != "" {
		t.Fatalf("views (-database +export):\n%s", d)
	}
	first, second := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	start := time.Now()
	m, err := export.Write(t.Context(), f.store, export.Options{Dir: first, Views: all, Program: "test", Scratch: f.store})
	if err != nil {
		t.Fatal(err)
	}
	files, rows, bytes := m.Totals()
	t.Logf("%d files, %d rows, %d bytes in %s", files, rows, bytes, time.Since(start).Round(time.Millisecond))
	if !m.Snapshot || m.Tagger != "1" || m.Schema == 0 || len(m.Normalisers) != 1 {
		t.Errorf("the manifest says %+v", m)
	}
	if _, err := export.Write(t.Context(), f.store, export.Options{Dir: second, Views: all, Program: "test", Scratch: f.store}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(contents(t, first), contents(t, second)); d != "" {
		t.Error("two exports of one store differ")
	}
	// Without scratch tables, the same rows come by other statements.
	third := filepath.Join(t.TempDir(), "c")
	if _, err := export.Write(t.Context(), f.store, export.Options{Dir: third, Views: all, Program: "test", Since: "2025-03"}); err != nil {
		t.Fatal(err)
	}
	whole, direct := contents(t, first), contents(t, third)
	for path, bytes := range direct {
		if path != "manifest.json" && bytes != whole[path] {
			t.Errorf("%s differs when it is read from the view", path)
		}
	}
	if len(direct) < 8 {
		t.Errorf("%d files prove little", len(direct))
	}
	for _, dir := range []string{first, second, third} {
		if _, problems, err := export.Verify(dir); err != nil || len(problems) > 0 {
			t.Errorf("verify: %v, %v", problems, err)
		}
	}
	for _, v := range m.Views {
		var count []struct {
			N uint64 `ch:"n"`
		}
		if err := f.store.Ask(t.Context(), &count, "SELECT count() AS n FROM "+v.Name, nil); err != nil {
			t.Fatal(err)
		}
		if uint64(v.Rows) != count[0].N {
			t.Errorf("%s: %d rows of %d", v.Name, v.Rows, count[0].N)
		}
		if v.Name != "v_dead" && v.Name != "v_alerts" && v.Name != "v_alert_events" && v.Rows == 0 {
			t.Errorf("%s: nothing to export shows nothing", v.Name)
		}
	}
	testExportOfMonths(t, f)
}

// testExportOfMonths: what two halves hold is what the whole holds, and postings are in the month in which
// the market's truth has them first seen.
func testExportOfMonths(t *testing.T, f filled) {
	want := map[string]int64{}
	for _, l := range f.lives {
		if m := l.First().Format("2006-01"); m < "2024-09" {
			want[m]++
		}
	}
	dir := filepath.Join(t.TempDir(), "half")
	m, err := export.Write(t.Context(), f.store, export.Options{Dir: dir, Scratch: f.store, Until: "2024-09", Views: []string{"v_postings"}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, file := range m.Views[0].Files {
		got[file.Month] = file.Rows
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("postings by month (-truth +export):\n%s", d)
	}
}

// contents are a folder's files by path.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
