package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompletion(t *testing.T) {
	t.Parallel()
	c := &sqlCatalogue{
		tables:    []string{"v_postings", "v_posting_skills", "v_runs", "raw"},
		columns:   map[string][]string{"v_postings": {"posting_id", "title", "first_seen"}, "v_runs": {"board", "title_count"}},
		functions: []string{"uniq", "uniqExact", "toDate", "toDateTime"},
		formats:   []string{"CSV", "CSVWithNames", "Parquet"},
	}
	for _, f := range []struct {
		before, line string // the cursor stands at |
		head         string
		want         []string
	}{
		{"", "SELECT * FROM v_po|", "SELECT * FROM ", []string{"v_postings", "v_posting_skills"}},
		{"", "select count() from | where 1", "select count() from ", c.tables},
		{"SELECT ti,", "tit| FROM v_postings", "", []string{"title"}},
		{"SELECT x\nFROM v_runs", "WHERE ti|", "WHERE ", []string{"title_count"}},
		{"", "SELECT ti|", "SELECT ", []string{"title", "title_count"}},
		{"", "SELECT p.fi| FROM v_postings AS p", "SELECT ", []string{"p.first_seen"}},
		{"", "SELECT v_runs.b| FROM v_runs", "SELECT ", []string{"v_runs.board"}},
		{"", "SELECT UNIQ|", "SELECT ", []string{"uniq(", "uniqExact("}},
		{"", "SELECT todatet|", "SELECT ", []string{"toDateTime("}},
		{"", "SELECT 1 gro|", "SELECT 1 ", []string{"group by"}},
		{"", "SELECT 1 GRO|", "SELECT 1 ", []string{"GROUP BY"}},
		{"", "SELECT 'uni|", "SELECT '", nil},
		{"", "SELECT 1 FORMAT cs|", "SELECT 1 FORMAT ", []string{"CSV", "CSVWithNames"}},
		{"", "SELECT é.b|", "SELECT ", nil},
		{"SELECT", "\t|", "\t", []string{"    "}},
		{"", `\fo|`, "", []string{`\format`}},
		{"", `\d v_r|`, `\d `, []string{"v_runs"}},
		{"", `\format cs|`, `\format `, []string{"csv"}},
	} {
		before, after, _ := strings.Cut(f.line, "|")
		head, found, tail := c.complete(f.before, before+after, len([]rune(before)))
		if head != f.head || tail != after || !cmp.Equal(found, f.want) {
			t.Errorf("%q: %q, %q, %q, want %q, %q", f.line, head, found, tail, f.head, f.want)
		}
	}
}

func TestErrorsShowTheirPlace(t *testing.T) {
	t.Parallel()
	for _, f := range []struct {
		code                   int
		message, statement     string
		short, name, placeline string
	}{
		{
			62, "Syntax error: failed at position 13 (2) (line 2, col 4): 2\nfrom x. Expected one of: a, b, c, d, e, f, g, h, i, j. (SYNTAX_ERROR) (version 26.7.2.1). (SYNTAX_ERROR)",
			"select 1,\n +* 2", "Syntax error: expected a, b, c, d, e, f, g, h, …", "SYNTAX_ERROR", "  line 2:  +* 2\n            ^",
		},
		{
			47, "Unknown expression identifier `b` in scope SELECT a, b FROM t. Maybe you meant: ['c']. (UNKNOWN_IDENTIFIER)",
			"SELECT 'b', a, b FROM t", "Unknown expression identifier `b`. Maybe you meant: ['c']", "UNKNOWN_IDENTIFIER", "  SELECT 'b', a, b FROM t\n                 ^",
		},
		{
			47, "Identifier 'p.titl' cannot be resolved from table with name p. In scope SELECT 1. (UNKNOWN_IDENTIFIER)",
			"SELECT p.titl FROM t p", "Identifier 'p.titl' cannot be resolved from table with name p", "UNKNOWN_IDENTIFIER", "  SELECT p.titl FROM t p\n           ^",
		},
		{60, "Unknown table expression identifier 'é' in scope SELECT * FROM é. (UNKNOWN_TABLE)", "SELECT '企', * FROM é", "Unknown table expression identifier 'é'", "UNKNOWN_TABLE", "  SELECT '企', * FROM é\n                      ^"},
		{
			164, "Cannot modify 'max_threads' setting in readonly mode: (in query: select f(1) settings max_threads=1\n/*rolescope-sql-4125bb*/). (READONLY)",
			"select f(1) settings max_threads=1", "Cannot modify 'max_threads' setting in readonly mode", "READONLY", "",
		},
		{159, "Timeout exceeded: elapsed 60 s. (TIMEOUT_EXCEEDED)", "SELECT 1", "Timeout exceeded: elapsed 60 s", "TIMEOUT_EXCEEDED", ""},
	} {
		short, name := shortMessage(f.message)
		if short != f.short || name != f.name {
			t.Errorf("%q: %q, %q", f.message, short, name)
		}
		subject := ""
		if m := namedThing.FindStringSubmatch(short); m != nil {
			subject = m[1]
		}
		shown := ""
		if place := errorPlace(f.code, f.message, f.statement, subject); place >= 0 {
			shown = pointAt(f.statement, place)
		}
		if diff := cmp.Diff(f.placeline, shown); diff != "" {
			t.Errorf("%q: -want +got\n%s", f.message, diff)
		}
	}
	long := "SELECT " + strings.Repeat("x, ", 100) + "y" + strings.Repeat(", z", 100)
	for line := range strings.Lines(pointAt(long, strings.IndexByte(long, 'y'))) {
		if textWidth(line) > 80 {
			t.Errorf("a long line is shown as %q", line)
		}
	}
}

func TestNearestNames(t *testing.T) {
	t.Parallel()
	names := []string{"v_postings", "v_posting_skills", "v_runs", "raw", "CSV", "CSVWithNames"}
	for name, want := range map[string][]string{
		"v_postngs": {"v_postings"}, "postings": {"v_postings"}, "v_run": {"v_runs"}, "csv": {"CSV", "CSVWithNames"}, "nothing_like_it": nil, "": nil,
	} {
		if got := nearest(name, names); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestTheHistoryIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := openHistory([]string{"XDG_STATE_HOME=" + dir, "HOME=/nowhere"})
	for i := range 2*historyLines + 2 {
		if err := h.add(strings.Repeat("x", i%7) + ";"); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"last;", strings.Repeat("y", historyLineBytes+1)} {
		if err := h.add(text); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "rolescope", "sql_history")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	lines, err := h.load()
	if err != nil || len(lines) != historyLines || lines[len(lines)-1] != "last;" {
		t.Errorf("%d lines, %v", len(lines), err)
	}
	if n := strings.Count(read(t, path), "\n"); n != historyLines {
		t.Errorf("the file holds %d lines", n)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	if h := openHistory(nil); h.path != "" {
		t.Errorf("without a home the history is %s", h.path)
	}
}
