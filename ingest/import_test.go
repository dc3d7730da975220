package ingest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rolescope/rolescope/posting"
)

func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	data := []byte(content)
	if strings.HasSuffix(name, ".gz") {
		var buf bytes.Buffer
		w := gzip.NewWriter(&buf)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		data = buf.Bytes()
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// imported is everything a file gives, and the errors of its batches.
func imported(t testing.TB, imp Import, path string) (*outbox, []Batch, []string) {
	t.Helper()
	c, err := imp.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	to, batches, problems := &outbox{}, []Batch(nil), []string(nil)
	for b := range c.Batches(t.Context()) {
		batches = append(batches, b)
		if b.Err != nil {
			problems = append(problems, b.Err.Error())
			continue
		}
		if _, err := (Emitter{}).Emit(t.Context(), to, b.Run, b.Board, nil); err != nil {
			t.Fatal(err)
		}
	}
	return to, batches, problems
}

const ledger = `external_id,title,company_name,status,location,salary_range,extra
a1,"Sonar Engineer, Senior",Fathom Line,new,Oslo,$100K - $120K,x
b1,Tide Modeller,Saltmarsh,active,Kiel,,y
a2,Kelp Analyst,Fathom Line,closed,Bergen,,z
a3,Reef Researcher,Fathom Line,updated,Bergen,,z
`

func TestSnapshotForms(t *testing.T) {
	t.Parallel()
	var rows []map[string]any
	for line := range strings.SplitSeq(strings.TrimSpace(`a1|Sonar Engineer, Senior|Fathom Line|new|Oslo|$100K - $120K
b1|Tide Modeller|Saltmarsh|active|Kiel|
a2|Kelp Analyst|Fathom Line|closed|Bergen|
a3|Reef Researcher|Fathom Line|updated|Bergen|`), "\n") {
		v := strings.Split(line, "|")
		rows = append(rows, map[string]any{
			"external_id": v[0], "title": v[1], "company_name": v[2], "status": v[3], "location": map[string]any{"name": v[4]}, "salary_range": v[5], "extra": []string{"x"},
		})
	}
	array, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	for _, r := range rows {
		if err := json.NewEncoder(&lines).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	tabs := strings.NewReplacer(`"Sonar Engineer, Senior"`, "Sonar Engineer, Senior", ",", "\t").Replace(ledger)
	var want *outbox
	for name, content := range map[string]string{
		"2025-09-10.csv": ledger, "x_2025-09-10.csv.gz": "\xef\xbb\xbf" + ledger, "2025-09-10.tsv": tabs,
		"2025-09-10.json": string(array), "2025-09-10.jsonl.gz": lines.String(),
	} {
		to, _, problems := imported(t, Import{Kind: KindSnapshot}, writeFile(t, name, content))
		if len(problems) > 0 || len(to.runs) != 2 || len(to.raws) != 3 {
			t.Errorf("%s: %v, %d runs, %d postings", name, problems, len(to.runs), len(to.raws))
			continue
		}
		for _, run := range to.runs {
			if !run.Complete || run.Proof != posting.ProofFull || run.Source != KindSnapshot || !run.ObservedAt.Equal(time.Date(2025, 9, 10, 0, 0, 0, 0, time.UTC)) {
				t.Errorf("%s: run %+v", name, run)
			}
		}
		slices.SortFunc(to.raws, func(a, b posting.Raw) int { return strings.Compare(a.ID, b.ID) })
		if want == nil {
			want = to
		}
		if diff := cmp.Diff(want.raws, to.raws); diff != "" {
			t.Errorf("%s: another form gives other postings:\n%s", name, diff)
		}
	}
	if r := want.raws; !slices.ContainsFunc(r, func(r posting.Raw) bool {
		return r.Board == "fathom-line" && r.Record.Title == "Sonar Engineer, Senior" && r.Record.Pay[0].Text == "$100K - $120K" && r.Record.Places[0].Text == "Oslo"
	}) {
		t.Errorf("%+v", r)
	}
}

func TestTableErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, kind, file, content, want string }{
		{"no title", KindSnapshot, "2025-01-01.csv", "id,company,Beruf\n1,A,B\n", "none is the title; name it with --map title=COLUMN; the columns are id, company, Beruf"},
		{"no id", KindTable, "x.jsonl", `{"title":"A","date_posted":"2025-01-01","company":"x"}`, "none is the id"},
		{"no board", KindSnapshot, "2025-01-01.csv", "id,title\n1,A\n", "none is the company"},
		{"no time", KindSnapshot, "x.csv", "id,title,company\n1,A,B\n", "--map observed_at=COLUMN or the time with --observed-at"},
		{"no time of its own", KindTable, "x.csv", "id,title,company\n1,A,B\n", "--map posted_at=COLUMN"},
		{"empty", KindTable, "x.csv", " \n", "the file is empty"},
		{"a quote never closed", KindTable, "2025-01-01.csv", "id,title,company\n\"" + strings.Repeat("x,y\n", rowBytesMax/3), "a quote never closed"},
		{"cut off", KindSnapshot, "2025-01-01.json", `[{"id":"1","title":"A","company":"B"},{"id":`, "EOF"},
		{"cut off at a row", KindTable, "2025-01-01.json", `[{"id":"1","title":"A","company":"B"}`, "cut off"},
		{"many columns", KindTable, "2025-01-01.csv", strings.Repeat("a,", columnsMax) + "b\n", "over the cap of 1000"},
	} {
		_, _, problems := imported(t, Import{Kind: c.kind}, writeFile(t, c.file, c.content))
		if len(problems) == 0 || !strings.Contains(problems[len(problems)-1], c.want) {
			t.Errorf("%s: %q, want %q", c.name, problems, c.want)
		}
	}
	path := writeFile(t, "2025-01-01.csv", ledger)
	for _, c := range []struct {
		imp  Import
		want string
	}{
		{Import{Kind: "grenhouse"}, `did you mean "greenhouse"?`},
		{Import{Kind: "tables"}, "tables are snapshot and table"},
		{Import{Kind: "lever", Map: map[string]string{"id": "x"}}, "no columns to map"},
	} {
		if _, err := c.imp.Open(path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.imp, err, c.want)
		}
	}
	for _, m := range []map[string]string{{"title": "nowhere"}, {"salary": "title"}} {
		if _, _, problems := imported(t, Import{Kind: KindSnapshot, Map: m}, path); len(problems) != 1 || !strings.Contains(problems[0], "map columns") {
			t.Errorf("%v: %q", m, problems)
		}
	}
}

// TestTableRejects checks that each row that cannot be used is a dead letter with its line, and that
// the others are kept.
func TestTableRejects(t *testing.T) {
	t.Parallel()
	content := "id,title,company,posted_at\n" +
		"1,Good,Acme,2025-03-01\n" + // 2
		"2,,Acme,2025-03-02\n" + // 3
		"3,Two,lines,\n" + // 4: no time
		"short,row\n" + // 5
		",No id,Acme,2025-03-03\n" + // 6
		"4,Later,Acme,1741000000\n" + // 7
		"4,Other,Acme,2025-03-04T10:00:00Z\n" // 8: the same id
	to, batches, problems := imported(t, Import{Kind: KindTable, Options: Options{Board: "mine"}}, writeFile(t, "x.csv", content))
	if len(problems) > 0 || len(batches) != 1 || len(to.raws) != 2 {
		t.Fatalf("%v, %d batches, %d postings", problems, len(batches), len(to.raws))
	}
	var got []string
	for _, d := range to.dead {
		got = append(got, d.Reason)
	}
	slices.Sort(got)
	for i, want := range []string{"line 3: posting without a title", "line 4: row without a time", "line 6: posting without an id", "line ", "x.csv line 5: 2 fields under a header of 4"} {
		if i >= len(got) || !strings.HasPrefix(got[i], want) {
			t.Errorf("dead letters %q, want one that begins %q", got, want)
		}
	}
	if b := batches[0].Board; b.Received != 7 || len(b.Records)+len(b.Rejected) != 7 {
		t.Errorf("received %d, %d used and %d rejected", b.Received, len(b.Records), len(b.Rejected))
	}
	for _, l := range to.runs[0].Listing {
		if l.ExternalID == "3" {
			t.Errorf("row 3 has no time, but is listed at %s", l.At)
		}
		if l.ExternalID == "1" && !l.At.Equal(time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("row 1 is listed at %s", l.At)
		}
	}
}

// TestSnapshotWithUnreadableRows checks that a board is not said to be whole when rows of it may be
// among those that could not be read: what they name would be closed.
func TestSnapshotWithUnreadableRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, row string
		whole     []string
	}{
		{"none", "", []string{"acme", "bolt"}},
		{"a title that is missing is still a row of its board", "3,,Acme,2025-03-01\n", []string{"acme", "bolt"}},
		{"too few fields", "3,C\n", nil},
		{"a quote that is never closed", "3,\"C,Acme,2025-03-01\n4,D,Bolt,2025-03-01\n", nil},
		{"no company", "3,C,,2025-03-01\n", nil},
		{"no time", "3,C,Acme,soon\n", nil},
		{"a comma too many, and the company stands elsewhere", "3,C, Berlin,Acme\n", nil},
		{"a date of elsewhere", "3,C,Acme,02.03.2025\n", nil},
		{"a quote that two others make good in number", "3,\"C,Acme,2025-03-01\n4,\"D\",Acme,2025-03-01\n", nil},
		{"a quote that swallows the rest into as many fields", "3,C,Acme,\"2025-03-01\n4,D,Acme,2025-03-01\n", nil},
		{"a row of another day without a company", "3,C,,2025-03-09\n", []string{"acme", "bolt"}},
		{"a time to come", "3,C,Acme,2031-01-01\n", nil},
	} {
		content := "id,title,company,observed_at\n1,A,Acme,2025-03-01\n2,B,Bolt,2025-03-01\n" + c.row
		to, _, problems := imported(t, Import{Kind: KindSnapshot, Now: observed}, writeFile(t, "x.csv", content))
		if len(problems) > 0 || (len(to.dead) > 0) != (c.row != "") {
			t.Errorf("%s: problems %q, %d dead letters", c.name, problems, len(to.dead))
		}
		var whole []string
		for _, run := range to.runs {
			if strings.HasPrefix(run.Board, "rows of x.csv ") && len(run.Listing) == 0 && run.Rejected == len(to.dead) {
				continue
			}
			if run.Complete != (run.Outcome == posting.OutcomeOK) || len(run.Listing) == 0 {
				t.Errorf("%s: %s is %s, complete %t, with %d postings", c.name, run.Board, run.Outcome, run.Complete, len(run.Listing))
			}
			if run.Complete {
				whole = append(whole, run.Board)
			}
		}
		slices.Sort(whole)
		if diff := cmp.Diff(c.whole, whole); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestPostLines(t *testing.T) {
	t.Parallel()
	content := `{"id": 11, "thread": 1, "time": 1293901121, "text": "Acme | Oslo"}
{"id": 12, "thread": 1, "time": 1293901122, "text": "Bolt | Rome"}
{"id": 13, "thread": 1, "time": 12939
{"id": 14, "thread": 1, "time": 1293901124, "text": ""}

{"id": 21, "thread": 2, "time": 1296901121, "text": "Coil | Bern"}
`
	path := writeFile(t, "2011-01.jsonl.gz", content)
	to, batches, problems := imported(t, Import{Kind: "hn"}, path)
	if len(problems) > 0 || len(batches) != 2 || len(to.raws) != 3 || len(to.dead) != 2 || to.runs[0].Board != "whoishiring" {
		t.Fatalf("%v, %d batches, %d postings, %d dead", problems, len(batches), len(to.raws), len(to.dead))
	}
	reasons := to.dead[0].Reason + "; " + to.dead[1].Reason
	if !strings.Contains(reasons, "line 4: post without a text") || !strings.Contains(reasons, "2011-01.jsonl.gz line 3: not a JSON object") {
		t.Errorf("dead letters: %s", reasons)
	}
	if at := to.runs[0].ObservedAt; !at.Equal(time.Unix(1293901124, 0)) {
		t.Errorf("the thread was observed at %s", at)
	}
	// A thread in one document of another form is the same postings.
	tree := `{"id":2,"title":"Ask HN: Who is hiring?","children":[{"id":21,"created_at_i":1296901121,"parent_id":2,"text":"Coil | Bern"}]}`
	other, _, problems := imported(t, Import{Kind: "hn"}, writeFile(t, "tree.json", tree))
	if len(problems) > 0 || len(other.raws) != 1 || other.raws[0].ID != to.raws[2].ID {
		t.Errorf("%v, %+v", problems, other.raws)
	}
}

// TestImportResumes checks that an import stopped after any batch and taken up with Skip publishes
// what one without a stop does, and that the key tells files and questions apart.
func TestImportResumes(t *testing.T) {
	t.Parallel()
	var content strings.Builder
	content.WriteString("id,title,company,posted_at\n")
	for i := range 60 {
		fmt.Fprintf(&content, "%d,Job %d,Company %d,2025-03-%02d\n", i, i, i/7, i%28+1)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "2025-04-01.csv")
	if err := os.WriteFile(path, []byte(content.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{KindTable, KindSnapshot} {
		want, batches, _ := imported(t, Import{Kind: kind}, path)
		if len(batches) != 9 {
			t.Fatalf("%s: %d batches", kind, len(batches))
		}
		for stop := range batches {
			got := &outbox{}
			for _, imp := range []Import{{Kind: kind}, {Kind: kind, Skip: stop}} {
				c, err := imp.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				for b := range c.Batches(t.Context()) {
					if imp.Skip == 0 && b.Number > stop && stop > 0 {
						break
					}
					if imp.Skip > 0 && b.Number <= stop {
						t.Errorf("batch %d was to be skipped", b.Number)
					}
					if _, err := (Emitter{}).Emit(t.Context(), got, b.Run, b.Board, nil); err != nil {
						t.Fatal(err)
					}
				}
				c.Close()
				if stop == 0 {
					break
				}
			}
			if diff := cmp.Diff(want.log, got.log); diff != "" {
				t.Errorf("%s stopped after %d:\n%s", kind, stop, diff)
			}
		}
	}
	keys := map[string]bool{}
	for _, imp := range []Import{{Kind: KindTable}, {Kind: KindSnapshot}, {Kind: KindTable, Map: map[string]string{"team": "title"}}, {Kind: KindTable, Options: Options{Board: "x"}}, {Kind: KindTable}} {
		c, err := imp.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		keys[c.Key()] = true
		c.Close()
	}
	if len(keys) != 4 {
		t.Errorf("%d keys, want 4", len(keys))
	}
}

// TestSnapshotMixed checks that the order of rows and boards decides nothing.
func TestSnapshotMixed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		type row struct{ board, day, id int }
		rows := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) row {
			return row{rapid.IntRange(0, 3).Draw(t, "board"), rapid.IntRange(1, 3).Draw(t, "day"), rapid.IntRange(0, 9).Draw(t, "id")}
		}), 1, 40, func(r row) row { return r }).Draw(t, "rows")
		text := "id,title,board,observed_at\n"
		want := map[string]int{}
		for _, r := range rows {
			text += fmt.Sprintf("%d,Job,b%d,2025-01-0%d\n", r.id, r.board, r.day)
			want[fmt.Sprintf("b%d 2025-01-0%d", r.board, r.day)]++
		}
		path := filepath.Join(dir, "mixed.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Import{Kind: KindSnapshot}.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		got := map[string]int{}
		for b := range c.Batches(t.Context()) {
			if b.Err != nil || !b.Board.Complete {
				t.Fatalf("%+v", b)
			}
			got[b.Run.Board+" "+b.Run.ObservedAt.Format(time.DateOnly)] += len(b.Board.Records)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzTable(f *testing.F) {
	for _, s := range []string{ledger, "id\ttitle\tcompany\n1\tA\tB\n", `[{"id":1,"title":"A","company":"B"}]`, `{"id":1,"title":"A","company":{"name":"B"}}` + "\n{", "\xef\xbb\xbf[", "[1,2]", "id,title,company\n\"", "id,id,title,company\n1,2,3,4\n"} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "2025-01-01.csv")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{KindTable, KindSnapshot, "hn"} {
			c, err := Import{Kind: kind}.Open(path)
			if err != nil {
				continue
			}
			for b := range c.Batches(t.Context()) {
				if b.Err != nil {
					continue
				}
				if _, err := (Emitter{}).Emit(t.Context(), &outbox{}, b.Run, b.Board, nil); err != nil {
					t.Errorf("%s: %v", kind, err)
				}
				if len(b.Board.Records)+len(b.Board.Rejected)+len(b.Board.Skipped) > b.Board.Received {
					t.Errorf("%s: %d received", kind, b.Board.Received)
				}
			}
			c.Close()
		}
	})
}

// TestImportPayloads checks that recorded payloads give what the Reader and Emit give.
func TestImportPayloads(t *testing.T) {
	t.Parallel()
	lines := `{"board":"acme","company":"Acme","recorded_at":"2026-01-05T06:00:00Z","payload":` + greenhouseBoard(1, 3) + "}\n" +
		`{"board":"bolt","recorded_at":"2026-01-05T06:00:00Z","payload":"<html>"}` + "\n" +
		`{"board":"coil","recorded_at":"2026-01-05T06:00:00Z","payload":` + greenhouseBoard(1, 2) + "}\n"
	path := writeFile(t, "boards.jsonl.gz", lines)
	to, batches, problems := imported(t, Import{Kind: "greenhouse", Complete: true}, path)
	if len(batches) != 3 || len(problems) != 1 || !strings.Contains(problems[0], "line 2") || len(to.raws) != 5 || to.runs[0].Company != "Acme" || !to.runs[1].Complete {
		t.Errorf("%d batches, %q, %d postings, runs %+v", len(batches), problems, len(to.raws), to.runs)
	}
	again, batches, _ := imported(t, Import{Kind: "greenhouse", Complete: true, Skip: 2}, path)
	if len(batches) != 1 || batches[0].Number != 3 || batches[0].Line != 3 || len(again.raws) != 2 {
		t.Errorf("%+v", batches)
	}
	feed := `<workzag-jobs><position><id>1</id><name>Diver</name></position></workzag-jobs>`
	to, _, problems = imported(t, Import{Kind: "personio", Options: Options{Board: "acme", ObservedAt: observed}}, writeFile(t, "feed.xml", feed))
	if len(problems) > 0 || len(to.raws) != 1 || to.runs[0].Complete {
		t.Errorf("%q, %+v", problems, to.runs)
	}
	if _, _, problems = imported(t, Import{Kind: "personio", Options: Options{Board: "acme"}}, writeFile(t, "feed.xml", feed)); len(problems) != 1 || !strings.Contains(problems[0], "--observed-at") {
		t.Errorf("%q", problems)
	}
}

func TestImportStdin(t *testing.T) {
	t.Parallel()
	imp := Import{Kind: KindTable, Options: Options{Stdin: strings.NewReader("id,title,company,posted_at\n1,A,B,2025-01-01\n")}}
	to, _, problems := imported(t, imp, "-")
	if len(problems) > 0 || len(to.raws) != 1 || to.runs[0].Board != "b" {
		t.Errorf("%q, %+v", problems, to.runs)
	}
	if _, err := (Import{Kind: KindSnapshot, Options: imp.Options}).Open("-"); err == nil || !strings.Contains(err.Error(), "read twice") {
		t.Error(err)
	}
}
