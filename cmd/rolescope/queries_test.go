package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// bookHead is the comment that a query of the book begins with.
type bookHead struct {
	File, Question, Reading, Caveats, Change string
	Views                                    []string
}

const queriesDir = "../../docs/queries"

var (
	bookFile = regexp.MustCompile(`^(\d\d)-[a-z-]+\.sql$`)
	bookView = regexp.MustCompile(`\bv_[a-z_]+\b`)
)

// readHead takes the head of a query apart: the question, an empty line, then three paragraphs that begin
// with their names.
func readHead(file, text string) (bookHead, error) {
	h := bookHead{File: file}
	parts := map[string]*string{"": &h.Question, "Reading": &h.Reading, "Caveats": &h.Caveats, "Change": &h.Change}
	at := parts[""]
	body := 0
	for line := range strings.SplitSeq(text, "\n") {
		said, ok := strings.CutPrefix(line, "--")
		if !ok {
			break
		}
		body += len(line) + 1
		said = strings.TrimSpace(said)
		if name, rest, ok := strings.Cut(said, ": "); ok && parts[name] != nil {
			at, said = parts[name], rest
		}
		*at = strings.TrimSpace(*at + " " + said)
	}
	for name, part := range parts {
		if *part == "" {
			return h, fmt.Errorf("%s: its head has no %q", file, name)
		}
	}
	if !strings.HasSuffix(h.Question, "?") {
		return h, fmt.Errorf("%s: %q is no question", file, h.Question)
	}
	for _, v := range bookView.FindAllString(text[body:], -1) {
		if !slices.Contains(h.Views, v) {
			h.Views = append(h.Views, v)
		}
	}
	slices.Sort(h.Views)
	return h, nil
}

func readBook(t *testing.T) []bookHead {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(queriesDir, "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	var out []bookHead
	for i, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if m := bookFile.FindStringSubmatch(name); m == nil || m[1] != fmt.Sprintf("%02d", i+1) {
			t.Errorf("%s: want a name like %02d-what-it-asks.sql", name, i+1)
		}
		h, err := readHead(name, string(text))
		if err != nil {
			t.Error(err)
		}
		if len(h.Views) == 0 {
			t.Errorf("%s asks no view", name)
		}
		out = append(out, h)
	}
	return out
}

const bookIntro = `# Query book

%d questions that people who study jobs ask, as SQL that runs as it stands: by ` + "`rolescope sql --file docs/queries/01-open-and-new-vacancies.sql`" + `,
or pasted into any tool that speaks to ClickHouse. Each is run by a test on a simulated market, and every row of its answer
is compared with what is true of that market. What to change is in the lines after ` + "`WITH`" + `. Generated from the heads of the
files: do not edit.

Words. An *advert* (posting) is what a board lists; a *vacancy* is the job behind it, once for all its copies. A *spell* is an
uninterrupted time open. A *stock* counts what was open at any moment of a month, a *flow* what began in it. *Censored* is what
was open before its board was first seen whole: in stocks, never in flows, never in durations. The columns are in the
[data dictionary](../reference/schema.md).
`

// TestQueriesReference keeps the index of the query book true to its files.
func TestQueriesReference(t *testing.T) {
	t.Parallel()
	book := readBook(t)
	var page bytes.Buffer
	fmt.Fprintf(&page, bookIntro, len(book))
	page.WriteString("\n| | question | views |\n|---|---|---|\n")
	for _, h := range book {
		fmt.Fprintf(&page, "| [%s](%s) | %s | %s |\n", h.File[:2], h.File, h.Question, strings.Join(h.Views, ", "))
	}
	for _, h := range book {
		fmt.Fprintf(&page, "\n## [%s](%s)\n\n**%s**\n\n%s\n\n*Caveats:* %s\n\n*Change:* %s\n", strings.TrimSuffix(h.File, ".sql"), h.File, h.Question, h.Reading, h.Caveats, h.Change)
	}
	path := filepath.Join(queriesDir, "README.md")
	if *update {
		if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, page.Bytes()) {
		t.Errorf("%s is out of date: go test ./cmd/rolescope -run Reference -update", path)
	}
}

func TestReadHead(t *testing.T) {
	t.Parallel()
	const whole = "-- What of it?\n--\n-- Reading: one\n--   two.\n-- Caveats: none.\n-- Change: nothing.\nSELECT 1 FROM v_b, v_a -- v_b\n"
	h, err := readHead("01-a.sql", whole)
	if err != nil || h.Reading != "one two." || h.Question != "What of it?" || !slices.Equal(h.Views, []string{"v_a", "v_b"}) {
		t.Errorf("read %+v, %v", h, err)
	}
	for _, part := range []string{"?", "Reading: ", "Caveats: ", "Change: "} {
		if _, err := readHead("01-a.sql", strings.Replace(whole, part, "", 1)); err == nil {
			t.Errorf("a head without %q is read", part)
		}
	}
}
