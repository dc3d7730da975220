package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestStatementsEndAtSemicolonsThatAreNoText(t *testing.T) {
	t.Parallel()
	for src, want := range map[string][]string{
		"":                                   nil,
		" ; -- nothing\n;":                   nil,
		"SELECT 1":                           {"SELECT 1"},
		"SELECT 1; SELECT 2;;":               {"SELECT 1", "SELECT 2"},
		"SELECT ';', 'a\\';', 'b'';' -- ;\n": {"SELECT ';', 'a\\';', 'b'';' -- ;"},
		"SELECT `a;b`, \"c;\" /* ; */ ; x":   {"SELECT `a;b`, \"c;\" /* ; */", "x"},
		"SELECT $x$ ; $x$, $$;$$; y":         {"SELECT $x$ ; $x$, $$;$$", "y"},
		"# head ;\nSELECT 'open ;":           {"# head ;\nSELECT 'open ;"},
	} {
		if got, _ := sqlStatements(src); !cmp.Equal(got, want) {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
	if _, closed := sqlStatements("SELECT 1; -- done"); !closed {
		t.Error("a comment behind the semicolon opens the statement again")
	}
	if _, closed := sqlStatements("SELECT 1; x"); closed {
		t.Error("a second statement has no end and is taken as whole")
	}
}

func TestParametersOfAStatement(t *testing.T) {
	t.Parallel()
	got := sqlParameters("SELECT {a:String}, {b : Array(Nullable(UInt8))}, {'k':1}, '{c:String}', {a:String} -- {d:Int8}\n, { e:Map(String, Int8) }")
	want := []sqlParameter{{"a", "String"}, {"b", "Array(Nullable(UInt8))"}, {"e", "Map(String, Int8)"}}
	if !cmp.Equal(got, want, cmp.AllowUnexported(sqlParameter{})) {
		t.Error(got)
	}
}

func TestTheFormatClauseIsCutOut(t *testing.T) {
	t.Parallel()
	for src, want := range map[string][2]string{
		"SELECT 1":                                 {"SELECT 1", ""},
		"SELECT 1 FORMAT CSV":                      {"SELECT 1", "CSV"},
		"SELECT 1 format csv -- x":                 {"SELECT 1  -- x", "csv"},
		"SELECT 1 FORMAT TSV SETTINGS extremes=1":  {"SELECT 1  SETTINGS extremes=1", "TSV"},
		"SELECT format FROM t ORDER BY format ASC": {"SELECT format FROM t ORDER BY format ASC", ""},
		"SELECT ' FORMAT CSV'":                     {"SELECT ' FORMAT CSV'", ""},
		"SELECT (SELECT 1 FORMAT CSV)":             {"SELECT (SELECT 1 FORMAT CSV)", ""},
	} {
		if rest, format := cutFormat(src); rest != want[0] || format != want[1] {
			t.Errorf("%q: %q, %q", src, rest, format)
		}
	}
}

// TestAFlatStatementIsTheSame: the history holds one line, which must ask the same.
func TestAFlatStatementIsTheSame(t *testing.T) {
	t.Parallel()
	if got, want := flatStatement("SELECT 'a\n b', -- one\n\t`x`\n/* two\nlines */ FROM\tt"), `SELECT 'a\n b', /* one */ `+"`x` /* two lines */ FROM t"; got != want {
		t.Errorf("%q", got)
	}
	pieces := []string{"SELECT", "a1", "'x\ny'", "'it''s'", "`n`", "+", ",", "(", ")", "-- c\n", "/* d */", "\n", " ", "\t", "$h$z$h$", "1.5", ";"}
	rapid.Check(t, func(t *rapid.T) {
		src := strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "src"), rapid.SampledFrom([]string{" ", "\n"}).Draw(t, "sep"))
		flat := flatStatement(src)
		if strings.ContainsAny(flat, "\n\r\t") {
			t.Fatalf("%q holds a line end", flat)
		}
		if got, want := meaning(flat), meaning(src); !cmp.Equal(got, want) {
			t.Fatalf("%q became %q: %q, want %q", src, flat, got, want)
		}
	})
}

// meaning is a statement's tokens without comments, with line ends as texts have them.
func meaning(src string) []string {
	var out []string
	for _, t := range sqlTokens(src) {
		if t.kind != sqlComment {
			out = append(out, strings.ReplaceAll(t.text(src), "\n", `\n`))
		}
	}
	return out
}

// FuzzTokens: whatever is typed, tokens go forward, do not overlap and leave out blanks alone.
func FuzzTokens(f *testing.F) {
	for _, seed := range []string{"SELECT 1", "'", "$", "$$", "$a$", "/*", "--", "`a``", "\"\\", "é'é", "{a:String}", "\xff\x00;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		at := 0
		for _, token := range sqlTokens(src) {
			if token.start < at || token.end <= token.start || token.end > len(src) || strings.Trim(src[at:token.start], " \t\n\r\f\v") != "" {
				t.Fatalf("%q: token %v behind %d", src, token, at)
			}
			at = token.end
		}
		flatStatement(src)
		sqlParameters(src)
		cutFormat(src)
		tablesIn(src)
		sqlStatements(src)
	})
}
