package main

import (
	"html"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/posting"
)

// TestAlignCarriesSpansBack: what the tagger finds stands in the labelled text at the place that
// align names, for texts with markup, list signs, control characters and odd white space.
func TestAlignCarriesSpansBack(t *testing.T) {
	t.Parallel()
	tagger, err := enrich.New()
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{"PyTorch", "Kubernetes", "c++", " ", "\n", "\n\n", "\t", "•", "- ", "* ", "<b>", "</li>", "&amp;", "&", "<ORG>", "ü", "🙂", "\u200b", "\u00a0", "(", ")", "a", "and", ".", "\x07", "\r\n"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "pieces"), "")
		p, err := tagger.Enrich(testPosting(text))
		if err != nil {
			t.Fatal(err)
		}
		from := align(text, p.Description)
		for _, s := range p.Skills {
			at := from.span(s.Start, s.End)
			if at[0] < 0 {
				continue
			}
			solid := func(s string) string {
				return strings.Map(func(r rune) rune {
					if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
						return -1
					}
					return r
				}, s)
			}
			if got := text[at[0]:at[1]]; !strings.HasPrefix(solid(got), solid(s.Text)[:1]) || !strings.HasSuffix(solid(got), solid(s.Text)[len(solid(s.Text))-1:]) {
				t.Fatalf("%q at %v of %q is %q", s.Text, at, text, got)
			}
		}
	})
	same := "We use PyTorch, C++ and\n- Kubernetes"
	from := align(same, same)
	for i := range len(same) {
		if at := from.span(i, i+1); !unicode.IsSpace(rune(same[i])) && at != [2]int{i, i + 1} {
			t.Errorf("byte %d of the same text is at %v", i, at)
		}
	}
}

// TestAlignIsLinear: texts that have nothing in common cost no more than their lengths.
func TestAlignIsLinear(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	start := time.Now()
	align(strings.Repeat("ab", 1<<17), strings.Repeat("ba", 1<<17))
	align(strings.Repeat("a", 1<<18), strings.Repeat("b", 1<<18))
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("%v for 512 KiB", took)
	}
}

func testPosting(text string) posting.Raw {
	raw, err := tagInput{ID: "x", Title: "Engineer", Description: html.EscapeString(text)}.raw()
	if err != nil {
		panic(err)
	}
	return raw
}

func TestSearchFindsWholeWords(t *testing.T) {
	t.Parallel()
	s := newSearch("Go Developer", "We like\n C++  and gopher.\nÜber")
	for name, want := range map[string]bool{"go": true, "C++": true, "c++ and": true, "gophe": false, "like c++": true, "über": true, "": false, "r": false} {
		if _, ok := s.around(name); ok != want {
			t.Errorf("around(%q) = %v", name, ok)
		}
	}
	if got := contextOf("aüb", 1, 3); got != "a[ü]b" {
		t.Error(got)
	}
	if got := printable("a\x1b[31mb\u202ec\xff"); got != "a [31mb c\uFFFD" {
		t.Errorf("%q", got)
	}
}
