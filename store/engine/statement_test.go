package engine

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseStatement(t *testing.T) {
	t.Parallel()
	type want struct {
		Kind              statementKind
		SQL, Format, Data string
		Reaches           bool
	}
	for src, want := range map[string]want{
		"":                           {Kind: kindEmpty},
		" -- only a comment":         {Kind: kindEmpty},
		"; ;":                        {Kind: kindEmpty},
		"SELECT 1":                   {kindSelect, "SELECT 1", "", "", false},
		"SELECT 1 ; ;  -- end":       {kindSelect, "SELECT 1 ", "", "", false},
		"/* a /* b */ c */ select 1": {kindSelect, "select 1", "", "", false},
		"(SELECT 1)":                 {kindSelect, "(SELECT 1)", "", "", false},
		"SELECT ';' FORMAT JSON":     {kindSelect, "SELECT ';' FORMAT JSON", "JSON", "", false},
		"SELECT a.format FROM t":     {kindSelect, "SELECT a.format FROM t", "", "", false},
		"SELECT format('{}', 1)":     {kindSelect, "SELECT format('{}', 1)", "", "", false},
		"SELECT format FROM t ORDER BY format DESC":            {kindSelect, "SELECT format FROM t ORDER BY format DESC", "", "", false},
		"SELECT 1 ORDER BY t.format asc SETTINGS a=1":          {kindSelect, "SELECT 1 ORDER BY t.format asc SETTINGS a=1", "", "", false},
		"SELECT CASE WHEN a THEN format END":                   {kindSelect, "SELECT CASE WHEN a THEN format END", "", "", false},
		"SELECT format FROM t ORDER BY format DESC FORMAT CSV": {kindSelect, "SELECT format FROM t ORDER BY format DESC FORMAT CSV", "CSV", "", false},
		"SELECT 'FORMAT CSV'":                                  {kindSelect, "SELECT 'FORMAT CSV'", "", "", false},
		"SELECT 1 FORMAT CSV -- x":                             {kindSelect, "SELECT 1 FORMAT CSV -- x", "CSV", "", false},
		"SELECT 1 format csv settings max_threads=1":           {kindSelect, "SELECT 1 format csv settings max_threads=1", "csv", "", false},
		"WITH q AS (SELECT 2) INSERT INTO t SELECT * FROM q":   {kindOther, "WITH q AS (SELECT 2) INSERT INTO t SELECT * FROM q", "", "", false},
		"SHOW TABLES":                            {kindOther, "SHOW TABLES", "", "", false},
		"SELECT 1 INTO OUTFILE '/x' FORMAT CSV":  {kindSelect, "SELECT 1 INTO OUTFILE '/x' FORMAT CSV", "CSV", "", true},
		"SELECT 'outfile'":                       {kindSelect, "SELECT 'outfile'", "", "", false},
		"SELECT file ('/etc/hosts')":             {kindSelect, "SELECT file ('/etc/hosts')", "", "", true},
		"SELECT `file`/**/('/etc/hosts')":        {kindSelect, "SELECT `file`/**/('/etc/hosts')", "", "", true},
		"SELECT url, profile FROM t":             {kindSelect, "SELECT url, profile FROM t", "", "", false},
		"DESCRIBE url ('http://x')":              {kindOther, "DESCRIBE url ('http://x')", "", "", true},
		"SELECT * APPLY file FROM t":             {kindSelect, "SELECT * APPLY file FROM t", "", "", true},
		"SELECT arrayMap(file, ['/x'])":          {kindSelect, "SELECT arrayMap(file, ['/x'])", "", "", true},
		"SELECT `\\x66ile`('/etc/hosts')":        {kindSelect, "SELECT `\\x66ile`('/etc/hosts')", "", "", true},
		"SELECT * FROM eval('SELECT 1')":         {kindSelect, "SELECT * FROM eval('SELECT 1')", "", "", true},
		"SELECT \u2018'\u2019 INTO OUTFILE '/x'": {kindSelect, "SELECT \u2018'\u2019 INTO OUTFILE '/x'", "", "", true},
		"SELECT $$'$$ INTO OUTFILE '/x'":         {kindSelect, "SELECT $$'$$ INTO OUTFILE '/x'", "", "", true},

		"INSERT INTO t VALUES (1, 'a;b')":                     {kindInsert, "INSERT INTO t ", "Values", " (1, 'a;b')", false},
		"insert into `a b`.t (x, `values`) values(1)":         {kindInsert, "insert into `a b`.t (x, `values`) ", "Values", "(1)", false},
		"INSERT INTO format FORMAT CSV\n1\n":                  {kindInsert, "INSERT INTO format ", "CSV", "1\n", false},
		"INSERT INTO t FORMAT JSONEachRow {\"a\":1}":          {kindInsert, "INSERT INTO t ", "JSONEachRow", "{\"a\":1}", false},
		"INSERT INTO t FORMAT Native\n\n\x00\x01'":            {kindInsert, "INSERT INTO t ", "Native", "\n\x00\x01'", false},
		"INSERT INTO t FORMAT TSV  \r\n  a":                   {kindInsert, "INSERT INTO t ", "TSV", "  a", false},
		"INSERT INTO t SETTINGS async_insert=1 FORMAT TSV\na": {kindInsert, "INSERT INTO t SETTINGS async_insert=1 ", "TSV", "a", false},
		"INSERT INTO t FORMAT TSV SETTINGS a=1, b='x'\na":     {kindInsert, "INSERT INTO t  SETTINGS a=1, b='x'", "TSV", "a", false},
		"INSERT INTO t FORMAT TSV\nSETTINGS\tx":               {kindInsert, "INSERT INTO t ", "TSV", "SETTINGS\tx", false},
		"INSERT INTO FUNCTION null('a Int8') VALUES (1)":      {kindInsert, "INSERT INTO FUNCTION null('a Int8') ", "Values", " (1)", false},
		"INSERT INTO t (a)":                                   {kindInsert, "INSERT INTO t (a)", "Values", "", false},
		"INSERT INTO t (a) SELECT 1;":                         {kindOther, "INSERT INTO t (a) SELECT 1", "", "", false},
		"INSERT INTO t (SELECT 1)":                            {kindOther, "INSERT INTO t (SELECT 1)", "", "", false},
		"INSERT INTO t FROM INFILE '/x' FORMAT CSV":           {kindOther, "INSERT INTO t FROM INFILE '/x' FORMAT CSV", "CSV", "", true},
	} {
		s, err := parseStatement(src)
		if err != nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		got := struct {
			Kind              statementKind
			SQL, Format, Data string
			Reaches           bool
		}{s.kind, s.sql, s.format, "", s.reaches}
		if s.kind == kindInsert {
			got.Data = src[s.dataStart:]
		}
		if diff := cmp.Diff(struct {
			Kind              statementKind
			SQL, Format, Data string
			Reaches           bool
		}(want), got); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", src, diff)
		}
	}
}

func TestParseStatementRefuses(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]error{
		"SELECT 1; SELECT 2":                errManyStatements,
		"DROP TABLE t;DROP TABLE u":         errManyStatements,
		"INSERT INTO t SELECT 1; SELECT 2":  errManyStatements,
		"INSERT INTO t FORMAT CSV; 1":       errSemicolonData,
		"SELECT 1 /* ; */; -- ;\n SELECT 2": errManyStatements,
	} {
		if _, err := parseStatement(src); err != want {
			t.Errorf("%q: got %v, want %v", src, err, want)
		}
	}
}

// FuzzStatement checks what holds for any bytes: no panic, the statement is a
// part of the source without a semicolon's second statement, and an INSERT's
// data are a suffix of it, untouched.
func FuzzStatement(f *testing.F) {
	for _, s := range []string{
		"SELECT 1", "INSERT INTO t VALUES (1)", "INSERT INTO t FORMAT CSV\n1", "SELECT $a$ x $a$; ", "/* /* */ */ SELECT 'a''b\\''",
		"INSERT INTO t FORMAT TSV SETTINGS a=-1, b='x'\nz", "SELECT \u2018a\u2019, \u201cb\u201d", "(((", "INSERT INTO FUNCTION f('x') (a) VALUES",
		"SELECT x'61', `a``b`, \"c\\\"\" FORMAT JSON SETTINGS a=1;;", "INSERT", "INSERT INTO", "INSERT INTO t (", "\xe2\x80", "#! a\n# b\nSELECT 1//c", "$", "$$",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		s, err := parseStatement(src)
		if err != nil {
			return
		}
		if s.dataStart < 0 || s.dataStart > len(src) {
			t.Fatalf("data start %d of %d", s.dataStart, len(src))
		}
		if s.kind != kindInsert && !strings.Contains(src, s.sql) {
			t.Fatalf("%q is no part of the source", s.sql)
		}
		if s.kind == kindInsert && s.format == "" {
			t.Fatal("an INSERT's data have no format")
		}
		if s.kind == kindSelect && !strings.HasPrefix(s.sql, s.body) {
			t.Fatalf("body %q does not begin %q", s.body, s.sql)
		}
		again, err := parseStatement(s.sql)
		if s.kind == kindSelect && (err != nil || again.kind != s.kind || again.format != s.format || again.sql != s.sql) {
			t.Fatalf("%q read again differs: %+v, then %+v, %v", src, s, again, err)
		}
	})
}
