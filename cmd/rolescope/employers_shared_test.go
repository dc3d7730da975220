package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// employersMin is the share of labelled posts whose employer must be right; docs/eval.md has the figures.
const employersMin = 0.9

// labelledEmployer is a line of docs/proof/employers.jsonl: what may be said to be a post's employer, as hashes, since
// names are not ours to hand on; none where the post names nobody, or no single one.
type labelledEmployer struct {
	Draw, ID  string
	Employers []string
}

var (
	notInName = regexp.MustCompile(`[^a-z0-9]`)
	legalForm = regexp.MustCompile(`(inc|ltd|llc)$`)
)

func (l labelledEmployer) says(name string) bool {
	name = legalForm.ReplaceAllString(notInName.ReplaceAllString(strings.ReplaceAll(strings.ToLower(name), "&", "and"), ""), "")
	sum := sha256.Sum256([]byte(name))
	return name == "" && len(l.Employers) == 0 || slices.Contains(l.Employers, hex.EncodeToString(sum[:])[:16])
}

// TestEmployersOfHiringPosts compares the employers of posts of threads with labels that a reader gave without
// knowing the program's.
func TestEmployersOfHiringPosts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	posts := labelledPosts(t)
	tagger, err := enrich.New()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("../../docs/proof/employers.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	run := posting.NewRun("hn", "whoishiring", "", posting.ProofEvent, at, at)
	counts := map[string]map[string]int{}
	for line := range bytes.Lines(file) {
		var l labelledEmployer
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		board, err := source.HackerNews{}.Parse([]byte(`{"comments":[` + posts[strings.TrimPrefix(l.ID, "hn_hiring/")] + `]}`))
		if err != nil || len(board.Records) != 1 {
			t.Fatalf("post %s: %d records, %v", l.ID, len(board.Records), err)
		}
		raw, err := posting.NewRaw(run, source.NormaliserVersion, board.Records[0])
		if err != nil {
			t.Fatal(err)
		}
		p, err := tagger.Enrich(raw)
		if err != nil {
			t.Fatal(err)
		}
		verdict := "wrong"
		switch {
		case l.says(p.Company):
			verdict = "right"
		case p.Company == "":
			verdict = "unanswered"
		}
		if counts[l.Draw] == nil {
			counts[l.Draw] = map[string]int{}
		}
		counts[l.Draw][verdict]++
	}
	for draw, n := range counts {
		all := n["right"] + n["unanswered"] + n["wrong"]
		t.Logf("draw %s: %d posts, %d right, %d unanswered, %d wrong", draw, all, n["right"], n["unanswered"], n["wrong"])
		if float64(n["right"]) < employersMin*float64(all) {
			t.Errorf("draw %s: %d of %d right, below %.2f", draw, n["right"], all, employersMin)
		}
	}
}

// labelledPosts are the posts of the shared threads as they stand in their files, by id.
func labelledPosts(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../../shared/data/hn_hiring/*.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		if os.Getenv("ROLESCOPE_REQUIRE_SHARED") == "1" {
			t.Fatal("ROLESCOPE_REQUIRE_SHARED=1 but there are no threads")
		}
		t.Skip("no data in ../shared beside the checkout; set ROLESCOPE_REQUIRE_SHARED=1 to fail instead")
	}
	id := regexp.MustCompile(`"id": ?(\d+)`)
	out := map[string]string{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		unzipped, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(fmt.Errorf("read %s: %w", name, err))
		}
		lines := bufio.NewScanner(unzipped)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if found := id.FindSubmatch(lines.Bytes()); found != nil {
				out[string(found[1])] = lines.Text()
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	return out
}
