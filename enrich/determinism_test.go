package enrich

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

// corpus is the golden records and copies of one job: postings that reach every step.
func corpus(t testing.TB) []posting.Raw {
	t.Helper()
	files, err := filepath.Glob("testdata/golden/case_*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("golden cases: %v", err)
	}
	var raws []posting.Raw
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var c goldenCase
		if err := json.Unmarshal(data, &c); err != nil {
			t.Fatal(err)
		}
		raws = append(raws, testRaw(t, c.Record))
	}
	for i, c := range cities() {
		raws = append(raws, testRaw(t, copyOf(c[0], c[1], i)))
	}
	return raws
}

func encoded(t testing.TB, tagger *Tagger, raw posting.Raw) []byte {
	t.Helper()
	p, err := tagger.Enrich(raw)
	if err != nil {
		t.Error(err)
		return nil
	}
	m, err := posting.Encode(p)
	if err != nil {
		t.Error(err)
	}
	return m.Data
}

// TestDeterminism enriches the corpus in order, then shuffled by several workers with one tagger, then
// with fresh taggers: the bytes must be equal.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	tagger := testTagger(t)
	raws := corpus(t)
	want := make([][]byte, len(raws))
	for i, raw := range raws {
		want[i] = encoded(t, tagger, raw)
	}
	tagger, err := New() // not the one that made want
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(2) {
		for _, workers := range []int{1, 2, 8} {
			order := rand.New(rand.NewPCG(seed, 7)).Perm(len(raws))
			next := make(chan int)
			var wg sync.WaitGroup
			for range workers {
				wg.Go(func() {
					for i := range next {
						if got := encoded(t, tagger, raws[i]); !bytes.Equal(got, want[i]) {
							t.Errorf("seed %d, %d workers: posting %d differs", seed, workers, i)
						}
					}
				})
			}
			for _, i := range order {
				next <- i
			}
			close(next)
			wg.Wait()
		}
	}
}

func TestEnrichLimits(t *testing.T) {
	t.Parallel()
	tagger := testTagger(t)
	_, err := tagger.Enrich(testRaw(t, posting.Record{Title: strings.Repeat("engineer ", 1<<17)}))
	if !errors.Is(err, posting.ErrInvalid) {
		t.Errorf("a title of 1 MB gives %v, want an error wrapping ErrInvalid", err)
	}
	for _, rec := range []posting.Record{
		{},
		{Title: "  "},
		{Title: strings.Repeat("a/", titleBytesMax/2)},
		{Title: strings.Repeat("engineer, ", titleBytesMax/10)},
		{Title: "x", Description: strings.Repeat("(", 512<<10)},
		{Title: "x", Description: strings.Repeat("publish ", 64<<10)},
		{Title: "\xff\xfe engineer", Description: "\xff", Company: "\xff"},
	} {
		p, err := tagger.Enrich(testRaw(t, rec))
		if err != nil {
			t.Error(err)
		} else if err := p.Validate(); err != nil {
			t.Error(err)
		}
	}
	raw := testRaw(t, posting.Record{Title: "Engineer"})
	raw.PostingID = "wrong"
	if _, err := tagger.Enrich(raw); !errors.Is(err, posting.ErrInvalid) {
		t.Errorf("a wrong posting id gives %v", err)
	}
}

func FuzzEnrich(f *testing.F) {
	f.Add("Senior Machine Learning Engineer (m/w/d)", "<p>Publish at NeurIPS. $100k-$120k</p>", "Berlin, Germany", "Quillnet GmbH")
	f.Add("Research Scientist / Engineer", "<ul><li>5+ years<li>(((", "Remote", "")
	f.Add("Ingénieur·e (H/F)", "\xff<p", "\xc3", "ß")
	f.Add("a:in/b*in(c)in_d", "As a ", ",;|/()", "Inc")
	tagger := testTagger(f)
	f.Fuzz(func(t *testing.T, title, html, place, company string) {
		if len(title) > titleBytesMax {
			return
		}
		p, err := tagger.Enrich(testRaw(t, posting.Record{Title: title, Description: html, Company: company, Places: []posting.Place{{Text: place, City: place}}}))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		if p.Track != nil && (*p.Track < 0 || *p.Track > 1000) {
			t.Errorf("track is %d", *p.Track)
		}
		if p.RoleTitle != "" && checkRole(p.RoleTitle) != nil {
			t.Errorf("role by title is %q", p.RoleTitle)
		}
		words := splitTitle(p.TitleNormalised)
		if got := joinWords(words); len(words) > 0 && got == "" {
			t.Errorf("normalised title %q has no words", p.TitleNormalised)
		}
	})
}

func BenchmarkEnrich(b *testing.B) {
	tagger := testTagger(b)
	at := corpus(b)
	long := strings.Repeat("<p>You will deploy machine learning models to production, write Python and work with researchers in Berlin on large language models.</p>", 40)
	for i := range at {
		at[i] = testRaw(b, posting.Record{ExternalID: fmt.Sprint(i), Title: at[i].Record.Title, Description: at[i].Record.Description + long, Places: at[i].Record.Places})
	}
	bytes := 0
	for _, raw := range at {
		bytes += len(raw.Record.Description)
	}
	b.SetBytes(int64(bytes / len(at)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := tagger.Enrich(at[i%len(at)]); err != nil {
			b.Fatal(err)
		}
	}
}
