package store

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/store/engine"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

// One engine serves all tests of the package, each in a database of its own.
var shared struct {
	once     sync.Once
	engine   *engine.Engine
	dir      string
	err      error
	database atomic.Int64
}

func TestMain(m *testing.M) {
	code := enginetest.Main(m)
	if shared.engine != nil {
		shared.engine.Close()
		os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

var testNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// server is the URL of a server without its database: the external one to test against, or the
// package's embedded engine.
func server(t testing.TB) string {
	t.Helper()
	if u := os.Getenv("ROLESCOPE_TEST_CLICKHOUSE_URL"); u != "" {
		return u
	}
	shared.once.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "rolescope-store-test"); shared.err != nil {
			return
		}
		o := enginetest.Options(t, shared.dir)
		o.Logger = nil
		shared.engine, shared.err = engine.Start(context.Background(), o)
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return engineURL(shared.engine.Addr(), engine.UserWriter, enginetest.Password)
}

// freshConfig is the configuration of an empty database.
func freshConfig(t testing.TB) Config {
	t.Helper()
	u, err := url.Parse(server(t))
	if err != nil {
		t.Fatal(err)
	}
	u.Path = fmt.Sprintf("/rolescope_test_%d_%d", os.Getpid(), shared.database.Add(1))
	cfg := Config{URL: u.String(), Now: func() time.Time { return testNow }}
	if os.Getenv("ROLESCOPE_TEST_CLICKHOUSE_URL") == "" {
		u.User = url.UserPassword(engine.UserReader, enginetest.Password)
		cfg.ReaderURL = u.String()
	}
	return cfg
}

// open opens a store and drops its database afterwards.
func open(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		opt, err := clickhouse.ParseDSN(cfg.URL)
		if err != nil {
			t.Error(err)
			return
		}
		if err := s.conn.Exec(context.Background(), "DROP DATABASE IF EXISTS "+quoteName(opt.Auth.Database)+" SYNC"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func fresh(t testing.TB) *Store {
	t.Helper()
	return open(t, freshConfig(t))
}

func TestEveryColumnIsCommented(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	var rows []struct {
		Table   string `ch:"table"`
		Column  string `ch:"name"`
		Comment string `ch:"comment"`
	}
	if err := s.Select(t.Context(), &rows, "SELECT table, name, comment FROM system.columns WHERE database = currentDatabase()"); err != nil {
		t.Fatal(err)
	}
	views := map[string]bool{}
	for _, r := range rows {
		views[r.Table] = true
		if strings.TrimSpace(r.Comment) == "" {
			t.Errorf("column %s.%s has no comment", r.Table, r.Column)
		}
	}
	for _, v := range []string{"v_postings", "v_spells", "v_runs", "v_posting_skills", "v_vacancies", "v_role_skill_month", "v_dead"} {
		if !views[v] {
			t.Errorf("there is no %s", v)
		}
	}
}

func TestViewsDeliverTheTypesTheyDeclare(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	for _, view := range []string{"v_postings", "v_spells", "v_runs", "v_posting_skills", "v_vacancies", "v_role_skill_month", "v_dead"} {
		declared, err := s.conn.Query(t.Context(), "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = ? ORDER BY position", view)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for declared.Next() {
			var name, typ string
			if err := declared.Scan(&name, &typ); err != nil {
				t.Fatal(err)
			}
			want = append(want, name+" "+typ)
		}
		delivered, err := s.conn.Query(t.Context(), "SELECT * FROM "+view)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range delivered.ColumnTypes() {
			got = append(got, c.Name()+" "+strings.ReplaceAll(strings.Join(strings.Fields(c.DatabaseTypeName()), " "), "( ", "("))
		}
		delivered.Close()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-declared +delivered):\n%s", view, diff)
		}
	}
}

// TestRawWithoutAnAnalyst is an external server of which only the writer's URL is known.
func TestRawWithoutAnAnalyst(t *testing.T) {
	t.Parallel()
	cfg := freshConfig(t)
	cfg.ReaderURL = ""
	s := open(t, cfg)
	var out strings.Builder
	if err := s.Raw(t.Context(), &out, "SELECT count() FROM raw", "TSV", nil); err != nil || out.String() != "0\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
	for _, write := range []string{"DROP TABLE raw", "INSERT INTO tagger_versions (tagger_version) VALUES ('x')", "TRUNCATE TABLE raw"} {
		if err := s.Raw(t.Context(), &out, write, "TSV", nil); err == nil {
			t.Errorf("%s: was run", write)
		}
	}
}

func TestActivateGoesForwardAndBack(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	for _, version := range []string{"2", "1", "1", "3", "2"} { // the test's clock stands still
		if err := s.Activate(t.Context(), version); err != nil {
			t.Fatal(err)
		}
		if got, err := s.ActiveVersion(t.Context()); err != nil || got != version {
			t.Errorf("active is %q, %v; want %s", got, err, version)
		}
	}
}
