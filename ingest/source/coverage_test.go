package source

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

// refused are the recorded files that are no board, with a part of the reason given for each.
var refused = map[string]string{
	"_fetch_stats__2026-08-22.json":       "want an object whose field",
	"dataminr_listing_page__2026-01.html": "got an HTML page",
	"positions_malformed__2026-01.xml":    "not well-formed XML",
}

// filled counts in how many postings the source gave a field.
type filled struct {
	files, refused, postings, hidden, rejected int
	fields                                     map[string]int
}

// coverageFields are the columns of the table, in its order.
var coverageFields = []struct {
	name string
	has  func(posting.Record) bool
}{
	{"title", func(r posting.Record) bool { return r.Title != "" }},
	{"company", func(r posting.Record) bool { return r.Company != "" }},
	{"text", func(r posting.Record) bool { return r.Description != "" }},
	{"place", func(r posting.Record) bool { return len(r.Places) > 0 }},
	{"posted", func(r posting.Record) bool { return !r.PostedAt.IsZero() }},
	{"employment", func(r posting.Record) bool { return r.Employment != "" }},
	{"workplace", func(r posting.Record) bool { return r.Workplace != "" || r.Remote != nil }},
	{"pay", func(r posting.Record) bool { return len(r.Pay) > 0 }},
	{"address", func(r posting.Record) bool { return r.URL != "" }},
}

func (f *filled) add(b Board) {
	f.postings += len(b.Records)
	f.hidden += len(b.Skipped)
	f.rejected += len(b.Rejected)
	for _, r := range b.Records {
		for _, c := range coverageFields {
			if c.has(r) {
				f.fields[c.name]++
			}
		}
	}
}

// anEmail finds what the masks may not leave behind.
var anEmail = regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}`)

// TestRecordedCoverage reads every recorded file of every kind, or sees it refused for the stated
// reason, and makes the table of docs/sources.md (run with -update to rewrite it).
func TestRecordedCoverage(t *testing.T) {
	t.Parallel()
	if recordedStep > 1 {
		t.Skip("the table takes every file, and the race detector minutes for that")
	}
	dir := sharedDir(t)
	var rows []string
	for _, c := range []struct {
		row   string
		src   Source
		roots []string
		only  func(name string) bool
	}{
		{"ashby", Ashby{}, []string{"recorded/ashby", "recorded/ashby_boards_2025-10-28.jsonl.gz"}, nil},
		{"greenhouse, list", Greenhouse{}, []string{"recorded/greenhouse"}, func(p string) bool { return !withContent(p) }},
		{"greenhouse, with content", Greenhouse{}, []string{"recorded/greenhouse"}, withContent},
		{"hn, Firebase", HackerNews{}, []string{"recorded/hn"}, func(p string) bool { return strings.Contains(p, "firebase") }},
		{"hn, Algolia", HackerNews{}, []string{"recorded/hn"}, func(p string) bool { return !strings.Contains(p, "firebase") }},
		{"lever", Lever{}, []string{"recorded/lever"}, nil},
		{"personio", Personio{}, []string{"recorded/personio"}, nil},
		{"recruitee", Recruitee{}, []string{"recorded/recruitee"}, nil},
		{"smartrecruiters, list", SmartRecruiters{}, []string{"recorded/smartrecruiters"}, func(p string) bool { return strings.Contains(p, "list") }},
		{"smartrecruiters, detail", SmartRecruiters{}, []string{"recorded/smartrecruiters"}, func(p string) bool { return !strings.Contains(p, "list") }},
		{"workday, list", Workday{}, []string{"recorded/workday"}, func(p string) bool { return !strings.Contains(p, "_job_") }},
		{"workday, detail", Workday{}, []string{"recorded/workday"}, func(p string) bool { return strings.Contains(p, "_job_") }},
	} {
		sum := filled{fields: map[string]int{}}
		for _, root := range c.roots {
			err := filepath.WalkDir(filepath.Join(dir, root), func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || c.only != nil && !c.only(strings.TrimPrefix(path, dir)) {
					return err
				}
				sum.files++
				readRecorded(t, c.src, path, &sum)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if sum.postings == 0 {
			t.Errorf("%s: no postings", c.row)
		}
		cells := []string{c.row, fmt.Sprintf("%d (%d)", sum.files, sum.refused), fmt.Sprint(sum.postings), fmt.Sprint(sum.hidden), fmt.Sprint(sum.rejected)}
		for _, f := range coverageFields {
			cells = append(cells, fmt.Sprintf("%.0f", 100*float64(sum.fields[f.name])/float64(max(sum.postings, 1))))
		}
		rows = append(rows, "| "+strings.Join(cells, " | ")+" |")
	}
	var names []string
	for _, f := range coverageFields {
		names = append(names, f.name)
	}
	head := "| answers of | files (refused) | postings | hidden | rejected | " + strings.Join(names, " | ") + " |\n|---" + strings.Repeat("|--:", 4+len(names)) + "|\n"
	table := head + strings.Join(rows, "\n") + "\n"
	t.Log("\n" + table)
	checkTable(t, table)
}

func withContent(path string) bool {
	return strings.Contains(path, "/content/") || strings.Contains(path, "/detail/") || strings.Contains(path, "/full/")
}

func readRecorded(t *testing.T, src Source, path string, sum *filled) {
	t.Helper()
	for _, payload := range payloads(t, path) {
		if strings.Contains(path, "algolia_search") && strings.HasSuffix(path, ".json") {
			if _, err := (HackerNews{}).Follow(Site{Board: hnBoard}, payload); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			continue
		}
		b, err := src.Parse(payload)
		reason, expected := refused[filepath.Base(path)]
		if strings.HasSuffix(path, ".headers.txt") {
			reason, expected = "not JSON", true
		}
		switch {
		case expected && (err == nil || !strings.Contains(err.Error(), reason)):
			t.Errorf("%s: %v, want it refused: %q", path, err, reason)
		case expected:
			sum.refused++
		case err != nil:
			t.Errorf("%s: %v", path, err)
		}
		sum.add(b)
		for _, r := range b.Records {
			if at := anEmail.FindString(r.Description); at != "" {
				t.Errorf("%s: %s still holds an address of %d bytes", path, r.ExternalID, len(at))
			}
		}
	}
}

// Where the table stands in docs/sources.md.
const (
	tableBegin = "<!-- coverage: go test ./ingest/source -run Coverage -update -->\n"
	tableEnd   = "<!-- end of coverage -->\n"
)

func checkTable(t *testing.T, table string) {
	t.Helper()
	path := filepath.Join("..", "..", "docs", "sources.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(page, []byte(tableBegin))
	now, after, ok2 := bytes.Cut(rest, []byte(tableEnd))
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", path)
	}
	if *update {
		page = bytes.Join([][]byte{before, []byte(tableBegin), []byte(table), []byte(tableEnd), after}, nil)
		if err := os.WriteFile(path, page, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(now) != table {
		t.Errorf("%s is out of date: run with -update", path)
	}
}
