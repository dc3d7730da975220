package store

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store/engine"
)

func TestOpenTwiceKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	cfg := freshConfig(t)
	first := open(t, cfg)
	for _, err := range first.Write(t.Context(), []any{posting.Dead{ID: "d", Stage: "sink", FailedAt: testNow}}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	// As if the process had died before it recorded what it had done.
	Exec(t, first, "TRUNCATE TABLE schema_migrations")
	second, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if letters, err := second.Dead(t.Context(), DeadFilter{}); err != nil || len(letters) != 1 {
		t.Errorf("%d dead letters, %v; want 1", len(letters), err)
	}
}

func TestManyProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	cfg := freshConfig(t)
	var wg sync.WaitGroup
	stores := make([]*Store, 4)
	for i := range stores {
		wg.Go(func() {
			s, err := Open(t.Context(), cfg)
			if err != nil {
				t.Errorf("opening %d: %v", i, err)
				return
			}
			stores[i] = s
		})
	}
	wg.Wait()
	for _, s := range stores[1:] {
		if s != nil {
			s.Close()
		}
	}
	s := open(t, cfg)
	var rows []struct {
		N uint64 `ch:"n"`
	}
	if err := s.Select(t.Context(), &rows, "SELECT count() AS n FROM schema_migrations FINAL"); err != nil {
		t.Fatal(err)
	}
	all, err := migrations(migrationFiles)
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].N != uint64(len(all)) {
		t.Errorf("%d migrations are recorded, want %d", rows[0].N, len(all))
	}
	if stores[0] != nil {
		stores[0].Close()
	}
}

func TestForeignSchemaIsRefused(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	all, err := migrations(migrationFiles)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(err error, want string) {
		t.Helper()
		var hint *engine.HintError
		if !errors.As(err, &hint) || !strings.Contains(err.Error(), want) || hint.Hint == "" {
			t.Errorf("got %v, want a hint error with %q", err, want)
		}
	}
	edited := append([]migration(nil), all...)
	edited[1].checksum = "0123456789abcdef"
	expect(s.apply(t.Context(), edited), "002_ledger.sql was applied with checksum")
	expect(s.apply(t.Context(), all[:2]), "newer than this program's 2")
}

func TestMigrationFiles(t *testing.T) {
	t.Parallel()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for name, files := range map[string]fs.FS{
		"gap":       fstest.MapFS{"migrations/001_a.sql": file(""), "migrations/003_b.sql": file("")},
		"twice":     fstest.MapFS{"migrations/001_a.sql": file(""), "migrations/001_b.sql": file("")},
		"no number": fstest.MapFS{"migrations/a.sql": file("")},
	} {
		if _, err := migrations(files); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if got := statements("a;\nb 'x;y' ;\n\n  ;\n-- c\nd"); len(got) != 3 || got[1] != "b 'x;y'" || got[2] != "-- c\nd" {
		t.Errorf("%q", got)
	}
}

// TestClusterStatements cannot run on a cluster here; it shows that every statement would.
func TestClusterStatements(t *testing.T) {
	t.Parallel()
	all, err := migrations(migrationFiles)
	if err != nil {
		t.Fatal(err)
	}
	s := &Store{cfg: Config{Cluster: "main"}}
	for _, m := range append(all, migration{name: "schema table", text: schemaTable}) {
		for _, statement := range statements(m.text) {
			text, err := s.render(statement)
			if err != nil {
				t.Fatal(err)
			}
			// What a table holds is copied by its engine, on one server.
			if !strings.Contains(text, " ON CLUSTER `main`") && !strings.Contains(text, "INSERT INTO ") {
				t.Errorf("%s: not on the cluster:\n%.80s", m.name, text)
			}
			if i := strings.Index(text, "ENGINE = "); i >= 0 && !strings.HasPrefix(text[i:], "ENGINE = Replicated") {
				t.Errorf("%s: not replicated: %.60s", m.name, text[i:])
			}
		}
	}
}

func TestOpenNeedsAClock(t *testing.T) {
	t.Parallel()
	if _, err := Open(t.Context(), Config{URL: "http://127.0.0.1:1/"}); err == nil {
		t.Error("opened without a clock")
	}
}

func TestStoredTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want time.Time }{
		{time.Time{}, time.Time{}},
		{testNow, testNow},
		{testNow.Add(1234567 * time.Nanosecond), testNow.Add(time.Millisecond)},
		{time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}},
		{time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), time.Time{}},
	} {
		if got := loaded(stored(c.in)); !got.Equal(c.want) {
			t.Errorf("%v comes back as %v, want %v", c.in, got, c.want)
		}
	}
}
