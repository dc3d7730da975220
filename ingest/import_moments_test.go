package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSnapshotDays checks that the rows of one board and day are one run, whatever their times say of
// when each was read, and that a crawl over midnight closes nothing.
func TestSnapshotDays(t *testing.T) {
	t.Parallel()
	scraped := func(day string, from, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%d,Job,Acme,%s\n", i, strings.ReplaceAll(day, "SS", fmt.Sprintf("%02d", from+i)))
		}
		return b.String()
	}
	for _, c := range []struct {
		name, rows string
		want       []string // day and time of each run, its postings, and whether it is complete
	}{
		{"a time of reading in each row", scraped("2026-01-01T10:00:SSZ", 0, 8) + scraped("2026-01-02T10:00:SSZ", 20, 8), []string{"01T10:00:07 8 true", "02T10:00:27 8 true"}},
		{"a day beside a time of it", "1,A,Acme,2026-01-01\n2,B,Acme,2026-01-01T10:00:00Z\n", []string{"01T10:00:00 2 true"}},
		{"days", scraped("2026-01-01", 0, 3) + scraped("2026-01-02", 0, 3), []string{"01T00:00:00 3 true", "02T00:00:00 3 true"}},
		{"over midnight", "1,A,Acme,2026-01-01T23:59:58Z\n2,B,Acme,2026-01-02T00:00:01Z\n1,A,Acme,2026-01-03T12:00:00Z\n", []string{"01T23:59:58 1 false", "02T00:00:01 1 false", "03T12:00:00 1 true"}},
	} {
		to, _, problems := imported(t, Import{Kind: KindSnapshot, Now: observed}, writeFile(t, "x.csv", "id,title,company,scraped_at\n"+c.rows))
		var got []string
		for _, r := range to.runs {
			got = append(got, fmt.Sprintf("%s %d %t", r.ObservedAt.Format("02T15:04:05"), len(r.Listing), r.Complete))
		}
		slices.Sort(got)
		if diff := cmp.Diff(c.want, got); diff != "" || len(problems) > 0 {
			t.Errorf("%s: %q (-want +got):\n%s", c.name, problems, diff)
		}
	}
}

// TestUnreadableRowsAreCounted checks that what several files could not say is counted file by file.
func TestUnreadableRowsAreCounted(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{KindSnapshot, KindTable} {
		runs, dead, rejected := map[string]int{}, map[string]bool{}, 0
		for i := range 3 {
			content := fmt.Sprintf("id,title,company,observed_at\n1,A%d,Acme,2026-01-01\n2,B\n", i)
			to, _, problems := imported(t, Import{Kind: kind}, writeFile(t, "x.csv", content))
			if len(problems) > 0 {
				t.Errorf("%s: %q", kind, problems)
			}
			for _, r := range to.runs {
				runs[r.ID] = r.Rejected
			}
			for _, d := range to.dead {
				dead[d.ID] = true
			}
		}
		for _, n := range runs {
			rejected += n
		}
		if rejected != 3 || len(dead) != 3 {
			t.Errorf("%s: %d rejected, %d dead letters, want 3", kind, rejected, len(dead))
		}
	}
	// Nothing in the file says when it was, so the rows are as old as their import.
	to, _, problems := imported(t, Import{Kind: KindSnapshot, Now: observed}, writeFile(t, "x.csv", "id,title,company,observed_at\n1,A,Acme,soon\n"))
	if len(problems) > 0 || len(to.dead) != 1 || !to.runs[0].ObservedAt.Equal(observed) || !strings.Contains(to.dead[0].Reason, "x.csv line 2") {
		t.Errorf("%q, %+v", problems, to.dead)
	}
}

// TestUntimelyRows checks that one date nobody can have written costs its row and no other.
func TestUntimelyRows(t *testing.T) {
	t.Parallel()
	table := "id,title,company,posted_at\n1,A,Acme,2026-01-01\n2,B,Acme,2027-05-01\n3,C,Acme,1995-01-01\n4,D,Acme,20260102120000\n5,E,Acme,2025-12-31\n"
	posts := `{"id":1,"thread":7,"time":1767225600,"text":"Acme | Oslo"}` + "\n" + `{"id":2,"thread":7,"time":1861920000,"text":"Bolt | Rome"}` + "\n"
	tree := `{"id":2,"title":"Ask HN: Who is hiring?","children":[{"id":1,"created_at_i":1767225600,"parent_id":2,"text":"Acme | Oslo"},{"id":3,"created_at_i":1861920000,"parent_id":2,"text":"Bolt | Rome"}]}`
	for _, c := range []struct {
		kind, file, content string
		stored, dead        int
	}{
		{KindTable, "x.csv", table, 3, 2},
		{"hn", "x.jsonl", posts, 1, 1},
		{"hn", "x.json", tree, 1, 1},
	} {
		to, _, problems := imported(t, Import{Kind: c.kind, Now: observed}, writeFile(t, c.file, c.content))
		if len(problems) > 0 || len(to.raws) != c.stored || len(to.dead) != c.dead || len(to.runs) != 1 || to.runs[0].Rejected != c.dead {
			t.Errorf("%s: %q, %d stored, dead letters %+v", c.file, problems, len(to.raws), to.dead)
			continue
		}
		if len(to.runs[0].Listing) != c.stored || to.runs[0].ObservedAt.After(observed) {
			t.Errorf("%s: run %+v", c.file, to.runs[0])
		}
		for _, d := range to.dead {
			if !strings.Contains(d.Reason, "posted at ") {
				t.Errorf("%s: %s", c.file, d.Reason)
			}
		}
	}
}

// TestEventRowsMixed checks that rows mixed by employer make one run a board, and that a board of more
// rows than one run holds has runs of moments of their own.
func TestEventRowsMixed(t *testing.T) {
	t.Parallel()
	var mixed, long strings.Builder
	mixed.WriteString("id,title,company,posted_at\n")
	long.WriteString("id,title,company,posted_at\n")
	for i := range 400 {
		fmt.Fprintf(&mixed, "%d,Job,Company %d,2026-01-01\n", i, i%40)
	}
	for i := range 2*eventRows + 5 {
		fmt.Fprintf(&long, "%d,Job,Acme,2026-01-01\n", i)
	}
	for _, c := range []struct {
		content       string
		runs, fetched int
	}{{mixed.String(), 40, 400}, {long.String(), 3, 2*eventRows + 5}} {
		to, batches, problems := imported(t, Import{Kind: KindTable}, writeFile(t, "x.csv", c.content))
		fetched := map[string]int{}
		sum := 0
		for _, r := range to.runs {
			fetched[r.ID] = r.Fetched
		}
		for _, n := range fetched {
			sum += n
		}
		if len(problems) > 0 || len(batches) != c.runs || len(fetched) != c.runs || sum != c.fetched {
			t.Errorf("%q: %d batches, %d runs that fetched %d, want %d and %d", problems, len(batches), len(fetched), sum, c.runs, c.fetched)
		}
	}
	if to, _, _ := imported(t, Import{Kind: KindTable}, writeFile(t, "x.csv", "id,title,company,posted_at\n1,A,,2026-01-01\n2,B,Acme,2026-01-01\n")); len(to.raws) != 1 || len(to.dead) != 1 || to.raws[0].Board != "acme" {
		t.Errorf("a row without a company: %+v", to.raws)
	}
}

func TestTableForms(t *testing.T) {
	t.Parallel()
	header, row := "id;title;company;posted_at\n", "1;A, B;Acme;2026-01-01\n"
	to, _, problems := imported(t, Import{Kind: KindTable}, writeFile(t, "x.csv", header+row))
	if len(problems) > 0 || len(to.raws) != 1 || to.raws[0].Record.Title != "A, B" {
		t.Errorf("divided by semicolons: %q, %+v", problems, to.raws)
	}
	to, _, problems = imported(t, Import{Kind: KindTable}, writeFile(t, "x.csv", "id,title,company,posted_at\n1,Z\xfcrich,Acme,2026-01-01\n"))
	if len(problems) > 0 || len(to.raws) != 1 || !strings.Contains(to.runs[0].Note, "not UTF-8") {
		t.Errorf("Latin-1: %q, %+v", problems, to.runs)
	}
	for _, c := range []struct{ kind, content, want string }{
		{KindTable, "id,title,company,posted_at\n", "a header and no rows"},
		{KindSnapshot, "id,title,company,observed_at\n", "a header and no rows"},
		{KindTable, "[]", "no rows"},
		{KindTable, "id,title,title,company,posted_at\n1,A,B,Acme,2026-01-01\n", `two columns are called "title"`},
	} {
		if _, _, problems := imported(t, Import{Kind: c.kind}, writeFile(t, "x.csv", c.content)); len(problems) != 1 || !strings.Contains(problems[0], c.want) {
			t.Errorf("%q: %q, want %q", c.content, problems, c.want)
		}
	}
	if _, err := (Import{Kind: KindTable}).Open(writeFile(t, "x.csv", "\xff\xfei\x00d\x00")); err == nil || !strings.Contains(err.Error(), "iconv -f UTF-16") {
		t.Error(err)
	}
}

// TestImportPipe reads a named pipe: a table as any other, a snapshot not at all.
func TestImportPipe(t *testing.T) {
	t.Parallel()
	content := "id,title,company,posted_at,observed_at\n1,A,Acme,2026-01-01,2026-01-01\n"
	pipe := func() string {
		path := filepath.Join(t.TempDir(), "pipe")
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Skip("no named pipes here:", err)
		}
		go func() {
			w, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return
			}
			_, _ = w.WriteString(content) // who reads may have gone
			_ = w.Close()
		}()
		return path
	}
	to, _, problems := imported(t, Import{Kind: KindTable}, pipe())
	if len(problems) > 0 || len(to.raws) != 1 {
		t.Errorf("%q, %+v", problems, to.raws)
	}
	if _, err := (Import{Kind: KindSnapshot}).Open(pipe()); err == nil || !strings.Contains(err.Error(), "a pipe") {
		t.Error(err)
	}
}
