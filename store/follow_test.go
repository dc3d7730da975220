package store_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/storetest"
)

func states(t *testing.T, s *store.Store) map[string]string {
	t.Helper()
	out, err := s.States(t.Context())
	if err != nil || len(out) == 0 {
		t.Fatalf("%d states, %v", len(out), err)
	}
	return out
}

// differ are the names whose states differ.
func differ(a, b map[string]string) []string {
	var out []string
	for name := range maps.Keys(b) {
		if a[name] != b[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// TestStates: what changes rows or definitions changes the states of just these; merges and reading change none.
func TestStates(t *testing.T) {
	t.Parallel()
	s := rollupStore(t, nil)
	refresh(t, s)
	w := storetest.NewWorld("w", 3)
	at := states(t, s)
	changed := func(what string, want ...string) {
		t.Helper()
		now := states(t, s)
		got := differ(at, now)
		at = now
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	changed("nothing")
	put(t, s, w.Messages())
	if got := differ(at, states(t, s)); !slices.Contains(got, "posting_versions") || !slices.Contains(got, "runs") || slices.Contains(got, "posting_list") {
		t.Errorf("stored: %v", got)
	}
	at = states(t, s)
	refresh(t, s)
	if got := differ(at, states(t, s)); !slices.Contains(got, "posting_list") || !slices.Contains(got, "vacancy_months") || slices.Contains(got, "posting_versions") {
		t.Errorf("refreshed: %v", got)
	}
	at = states(t, s)
	refresh(t, s)
	changed("refreshed again")
	for _, table := range []string{"posting_versions", "runs", "spells", "rollup_months"} {
		store.Exec(t, s, "OPTIMIZE TABLE "+table+" FINAL")
	}
	changed("merged")
	store.Exec(t, s, "ALTER TABLE runs DELETE WHERE board = 'nobody' SETTINGS mutations_sync = 2")
	changed("a mutation", "runs")
	store.Exec(t, s, "OPTIMIZE TABLE runs FINAL")
	changed("merged after a mutation")
	store.Exec(t, s, "ALTER TABLE vacancy_months DROP PARTITION ('"+storetest.Tagger+"', "+oldestMonth(t, s)+")")
	changed("a partition dropped that is not the newest", "vacancy_months")
	store.Exec(t, s, "CREATE OR REPLACE VIEW v_boards AS SELECT 1 AS one FROM dead")
	changed("a view defined anew", "v_boards")
	names, ok, err := s.Reads(t.Context(), states(t, s), "SELECT * FROM v_boards", nil)
	if want := []string{"dead", "v_boards"}; err != nil || !ok || !slices.Equal(names, want) {
		t.Errorf("the view defined anew reads %v (%v, %v), want %v", names, ok, err, want)
	}
}

func oldestMonth(t *testing.T, s *store.Store) string {
	t.Helper()
	var rows []struct {
		Month string `ch:"month"`
	}
	if err := s.Select(t.Context(), &rows, "SELECT toString(toDate(min(month))) AS month FROM vacancy_months"); err != nil {
		t.Fatal(err)
	}
	return "'" + rows[0].Month + "'"
}

// TestReads: the names in a statement wherever SQL has tables, and what they stand on; no word that only looks
// like one; and that something else decides.
func TestReads(t *testing.T) {
	t.Parallel()
	s := store.Fresh(t)
	at := states(t, s)
	counts := []string{"posting_counts", "tagger_versions", "v_posting_counts"}
	for statement, want := range map[string][]string{
		"SELECT 1":                   {},
		"SELECT 'FROM runs' AS dead": {},
		"SELECT board AS runs, first_run FROM board_months -- FROM spells":                                    {"board_months"},
		"WITH raw AS (SELECT 1 AS x FROM dead) SELECT sum(x) FROM raw":                                        {"dead", "raw"}, // too much does no harm
		"SELECT 1 WHERE '' IN (SELECT board FROM runs FINAL) OR (SELECT count() FROM spells) > {n:UInt64}":    {"runs", "spells"},
		"SELECT count() FROM runs AS r LEFT JOIN (SELECT * FROM spells) AS s USING (source), numbers(3) AS n": {"runs", "spells"},
		"SELECT * FROM v_posting_counts WHERE of IN ('total') AND min2(1, 2) = 1":                             counts,
		"SELECT 1 FROM dead AS d WHERE d.source IN (SELECT of FROM posting_counts) AND d.id NOT IN raw":       {"dead", "posting_counts", "raw"},
		"SELECT 1 FROM (SELECT 1 UNION ALL SELECT count() FROM dead)":                                         {"dead"},
		"SELECT now() FROM dead":                             nil,
		"SELECT 1 FROM dead WHERE observed_at > today() - 1": nil,
		"SELECT rand() FROM dead":                            nil,
		"SELECT * FROM system.parts":                         nil,
		"SELECT 1 WHERE 'x' IN system.one":                   nil,
		"SELECT * FROM merge('runs')":                        nil,
		"SELECT * FROM v_posting_counts WHERE of = 'total' AND (SELECT count() FROM (SELECT generateUUIDv4() FROM runs)) > 1": nil,
	} {
		got, ok, err := s.Reads(t.Context(), at, statement, map[string]string{"n": "1"})
		if err != nil || ok != (want != nil) || ok && !slices.Equal(got, want) {
			t.Errorf("%s: reads %v (%v, %v), want %v", statement, got, ok, err, want)
		}
	}
	if _, _, err := s.Reads(t.Context(), at, "SELECT FROM WHERE", nil); err == nil {
		t.Error("what is no statement is no error")
	}
}

// TestReadsOfViews: every view stands on the tables that its definition names with their database, which ClickHouse
// adds to tables alone.
func TestReadsOfViews(t *testing.T) {
	t.Parallel()
	s := store.Fresh(t)
	var rows []struct {
		Database string `ch:"database"`
		Name     string `ch:"name"`
		Text     string `ch:"as_select"`
	}
	if err := s.Select(t.Context(), &rows, "SELECT database, name, as_select FROM system.tables WHERE database = currentDatabase()"); err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	for _, r := range rows {
		for _, m := range regexp.MustCompile("`?"+regexp.QuoteMeta(r.Database)+"`?\\.(\\w+)").FindAllStringSubmatch(r.Text, -1) {
			names[r.Name] = append(names[r.Name], m[1])
		}
	}
	at, views := states(t, s), 0
	for _, r := range rows {
		if !strings.HasPrefix(r.Name, "v_") {
			continue
		}
		views++
		want := map[string]bool{r.Name: true}
		for todo := names[r.Name]; len(todo) > 0; todo = todo[1:] {
			if !want[todo[0]] {
				want[todo[0]] = true
				todo = append(todo, names[todo[0]]...)
			}
		}
		got, ok, err := s.Reads(t.Context(), at, "SELECT * FROM "+r.Name, nil)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), got); err != nil || !ok || diff != "" || len(got) < 2 {
			t.Errorf("%s: %v, %v (-want +got):\n%s", r.Name, ok, err, diff)
		}
	}
	if views < 20 {
		t.Errorf("%d views", views)
	}
}
