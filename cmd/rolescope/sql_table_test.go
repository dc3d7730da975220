package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// laidOut is what a table of these rows looks like; the first two are names and types. The answer
// arrives in pieces of seven bytes.
func laidOut(t *testing.T, table *table, rows ...[]string) string {
	t.Helper()
	var out, in strings.Builder
	table.out = &out
	for _, row := range rows {
		b, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&in, "%s\n", b)
	}
	_, err := io.CopyBuffer(struct{ io.Writer }{table}, struct{ io.Reader }{strings.NewReader(in.String())}, make([]byte, 7))
	if err != nil && !errors.Is(err, errTableFull) {
		t.Fatal(err)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestATableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	names, types := []string{"n", "title", "company", "seen"}, []string{"UInt64", "String", "LowCardinality(String)", "Date"}
	row := []string{"12", strings.Repeat("long title ", 9), strings.Repeat("企業", 20), "2026-01-01"}
	for _, width := range []int{40, 41, 60, 80, 120, 200} {
		table := &table{width: width}
		out := laidOut(t, table, names, types, row, []string{"ᴺᵁᴸᴸ", "", "two\nlines\t\x1b[2J", "2026-01-01"})
		for line := range strings.Lines(out) {
			if got := textWidth(strings.TrimSuffix(line, "\n")); got > width {
				t.Errorf("width %d: a line of %d:\n%s", width, got, out)
			}
		}
		if !strings.Contains(out, "2026-01-01\n") || !strings.Contains(out, "NULL") || strings.Contains(out, "\x1b") || table.upright {
			t.Errorf("width %d:\n%s", width, out)
		}
		if table.cut != (width < 160) {
			t.Errorf("width %d: cut %v:\n%s", width, table.cut, out)
		}
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"n", "text", "none"}, {"Int32", "String", "String"}, {"7", "two words", ""}, {"-1000000000", "three more words", ""}}
	for _, c := range []struct {
		name  string
		table *table
		want  string
	}{
		{"no terminal", &table{}, "" +
			"          n  text              none\n" +
			"───────────  ────────────────  ────\n" +
			"          7  two words\n" +
			"-1000000000  three more words\n"},
		{"an empty column makes room", &table{width: 29}, "" +
			"          n  text\n" +
			"───────────  ────────────────\n" +
			"          7  two words\n" +
			"-1000000000  three more words\n"},
		{"texts are cut, figures are not", &table{width: 24}, "" +
			"          n  text\n" +
			"───────────  ───────────\n" +
			"          7  two words\n" +
			"-1000000000  three more…\n"},
		{"prose takes more lines", &table{width: 24, wrap: true}, "" +
			"          n  text\n" +
			"───────────  ───────────\n" +
			"          7  two words\n" +
			"-1000000000  three more\n" +
			"             words\n"},
		{"upright", &table{width: 18}, "" +
			"── row 1 ─────────\n" +
			"n     7\n" +
			"text  two words\n" +
			"── row 2 ─────────\n" +
			"n     -1000000000\n" +
			"text  three more …\n"},
	} {
		if diff := cmp.Diff(c.want, laidOut(t, c.table, rows...)); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.name, diff)
		}
	}
	if out := laidOut(t, &table{width: 8}, []string{"statement"}, []string{"String"}, []string{"CREATE VIEW x\nAS\x1b SELECT 1"}); out != "statement\n────────\nCREATE VIEW x\nAS\\u001b SELECT 1\n" {
		t.Errorf("a single text is shown as %q", out)
	}
	if out := laidOut(t, &table{width: 80}); out != "" {
		t.Errorf("nothing answered, shown %q", out)
	}
	if out := laidOut(t, &table{width: 80}, rows[0], rows[1]); out != "n  text  none\n─  ────  ────\n" {
		t.Errorf("no rows, shown %q", out)
	}
}

func TestATerminalIsShownSoManyRows(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"n"}, {"UInt64"}}
	for i := range tableRowsMax + 5 {
		rows = append(rows, []string{fmt.Sprint(i)})
	}
	screen, file := &table{width: 80}, &table{}
	if n := strings.Count(laidOut(t, screen, rows...), "\n"); n != tableRowsMax+2 || !screen.more {
		t.Errorf("%d lines, more %v", n, screen.more)
	}
	if n := strings.Count(laidOut(t, file, rows...), "\n"); n != len(rows) || file.more {
		t.Errorf("%d lines into a file, more %v", n, file.more)
	}
}

func TestHarmlessText(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	w := &harmless{out: &out}
	text := "a\x1b[31m\tÄ企\u009b\r\n"
	for i := range len(text) { // characters arrive in pieces
		if _, err := io.WriteString(w, text[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if got := out.String(); got != "a·[31m\tÄ企··\n" {
		t.Errorf("%q", got)
	}
	out.Reset()
	// What turns the order of letters, hides some, or breaks a line, and what belongs to letters.
	if _, err := io.WriteString(w, "\u202egro.live\u202c \u2066x\u2069 \u200b\ufeff\u2028\U000e0041 👩\u200d🔬 e\u0301 \xff"); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "·gro.live· ·x· ···· 👩\u200d🔬 e\u0301 \ufffd"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRowsAreCounted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format, text string
		want         int64
	}{
		{"CSV", "1,\"a\nb\"\"\n\"\n2,x\n", 2},
		{"CSVWithNames", "\"a\"\n1\n2\n", 2},
		{"JSONEachRow", "{}\n{}\n{}\n", 3},
		{"TSVWithNamesAndTypes", "a\nInt8\n1\n", 1},
		{"JSON", "{\"meta\":[],\"data\":[{\"rows\": 9}],\n\t\"rows\": 41,\n\t\"statistics\":{}}\n", 41},
		{"Parquet", "PAR1\n\n", -1},
	} {
		counter := newRowCounter(c.format)
		for i := range len(c.text) {
			if _, err := counter.Write([]byte(c.text[i : i+1])); err != nil {
				t.Fatal(err)
			}
		}
		if got := counter.count(); got != c.want {
			t.Errorf("%s: %d rows, want %d", c.format, got, c.want)
		}
	}
}
