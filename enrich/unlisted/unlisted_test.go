package unlisted

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
)

const advert = `About Lumen Foods
We bake bread for three cities.
What you bring
- Several years of experience with Zustand, Terragrunt and ArgoCD
- Knowledge of food safety regulations and cold chain logistics
- Fluent in English, Danish is a plus
What we offer
- A pension and a dog in the office`

func plain(text string) posting.Posting { return posting.Posting{Description: text} }

func newTagger(t testing.TB) *Tagger {
	t.Helper()
	tagger, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return tagger
}

func TestFind(t *testing.T) {
	t.Parallel()
	tagger := newTagger(t)
	var got []string
	for _, s := range tagger.Find(plain(advert)) {
		if s.Kind == Knowledge {
			got = append(got, advert[s.Start:s.End])
		}
	}
	text := strings.Join(got, "; ")
	for _, want := range []string{"Zustand", "Terragrunt", "ArgoCD", "English", "Danish"} {
		if !strings.Contains("; "+text+"; ", "; "+want+"; ") {
			t.Errorf("%s not found by itself; found: %s", want, text)
		}
	}
	for _, never := range []string{"Lumen", "bread", "pension", "dog"} {
		if strings.Contains(text, never) {
			t.Errorf("%s found as knowledge; found: %s", never, text)
		}
	}
}

func TestTagLeavesOutWhatIsListed(t *testing.T) {
	t.Parallel()
	tagger := newTagger(t)
	at := strings.Index(advert, "Terragrunt")
	p := posting.Posting{Language: "en", Description: advert, Skills: []posting.Skill{
		{ID: "terragrunt", Label: "Terragrunt", Field: "description", Start: at, End: at + len("Terragrunt"), Text: "Terragrunt"},
		{ID: "zustand", Label: "zustand", Field: "title", Start: 0, End: 7, Text: "Zustand"},
	}}
	ids := map[string]bool{}
	for _, s := range tagger.Tag(p) {
		ids[s.ID] = true
		if !s.Unlisted || s.Text != advert[s.Start:s.End] || s.Field != "description" {
			t.Errorf("find %+v is not marked or not where it says", s)
		}
	}
	if ids["terragrunt"] || ids["zustand"] || !ids["argocd"] {
		t.Errorf("finds are %v: want argocd, and neither terragrunt nor zustand", ids)
	}
	p.Language = "de"
	if got := tagger.Tag(p); got != nil {
		t.Errorf("a German posting gives %v", got)
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Vector Databases": "vector-database", "vector  database": "vector-database", "C++": "c++", "Node.js": "node.js",
		"CI/CD": "ci/cd", "statistics": "statistics", "CSS": "css", "AWS": "aws", "data analysis": "data-analysis",
		"(PyTorch)": "pytorch", "…": "", "fine-tuning": "fine-tuning", "Kubernetes": "kubernetes", "processes": "process", "methodologies": "methodology", "Bachelor’s degree": "bachelor's-degree",
	} {
		if got := Key(in); got != want {
			t.Errorf("Key(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTrim(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"( SQL )": "SQL", "web design (UX and": "web design", "databases (SQL)": "databases", "* C++ .": "C++", "( . )": "", "2020": "",
	} {
		start, end, ok := trim(in, tokenise(nil, in, 0, len(in)))
		if got := in[start:end]; ok != (want != "") || ok && got != want {
			t.Errorf("trim(%q) = %q, %t; want %q", in, got, ok, want)
		}
	}
}

func TestTokenise(t *testing.T) {
	t.Parallel()
	const text = "Know C#, Node.js; (SQL) etc. Skills: R/Python"
	var got []string
	for _, tok := range tokenise(nil, text, 0, len(text)) {
		s := text[tok.start:tok.end]
		if tok.cut {
			s = "," + s
		}
		got = append(got, s)
	}
	want := []string{"Know", "C#", ",Node.js", ",(", "SQL", ")", "etc", ".", "Skills", ",R/Python"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
}

// checkSpans fails unless spans are in order, within the text, on whole characters and, by kind,
// apart.
func checkSpans(t *testing.T, text string, spans []Span) {
	t.Helper()
	var ends [kinds]int
	last := 0
	for _, s := range spans {
		if s.Start < last || s.Start >= s.End || s.End > len(text) || s.Start < ends[s.Kind] || s.Score <= 0 || s.Score > 1 {
			t.Fatalf("span %+v in a text of %d bytes, after %d", s, len(text), ends[s.Kind])
		}
		if utf8.ValidString(text) && !utf8.ValidString(text[s.Start:s.End]) {
			t.Fatalf("span %+v cuts a character", s)
		}
		if strings.Contains(text[s.Start:s.End], "\n") || strings.Contains(text[s.Start:s.End], ",") {
			t.Fatalf("span %q goes across a line or a comma", text[s.Start:s.End])
		}
		last, ends[s.Kind] = s.Start, s.End
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{advert, "", ".", "\n\n", "((((", "🙂, 🙂 C++/🙂.", "a.b.c. D", "\xff\xfe Python", "Ἀθῆναι; Go:", ",,,;;"} {
		f.Add(s)
	}
	tagger := newTagger(f)
	f.Fuzz(func(t *testing.T, text string) {
		first := tagger.Find(plain(text))
		checkSpans(t, text, first)
		if diff := cmp.Diff(first, tagger.Find(plain(text))); diff != "" {
			t.Fatalf("a second call differs:\n%s", diff)
		}
	})
}

func TestHostileTexts(t *testing.T) {
	t.Parallel()
	tagger := newTagger(t)
	for _, unit := range []string{"(", "Python ", "Python, ", "🙂", "<b>", ". ", "a", "\n", "A. "} {
		text := strings.Repeat(unit, (64<<10)/len(unit))
		checkSpans(t, text, tagger.Find(plain(text)))
	}
}

func BenchmarkHostile(b *testing.B) {
	tagger := newTagger(b)
	for _, unit := range []string{"(", "Python ", "🙂"} {
		for _, size := range []int{64 << 10, 512 << 10} {
			text := strings.Repeat(unit, size/len(unit))
			b.Run(fmt.Sprintf("%q/%dKiB", unit, size>>10), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					tagger.Find(plain(text))
				}
			})
		}
	}
}

// BenchmarkFind and BenchmarkTokenise tell the speed of the whole and of cutting words alone.
func BenchmarkFind(b *testing.B) {
	tagger := newTagger(b)
	text := strings.Repeat(advert+"\n", 8)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tagger.Find(plain(text))
	}
	reportTokens(b, text)
}

func BenchmarkTokenise(b *testing.B) {
	text := strings.Repeat(advert+"\n", 8)
	var tokens []token
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tokens = tokenise(tokens[:0], text, 0, len(text))
	}
	reportTokens(b, text)
}

func reportTokens(b *testing.B, text string) {
	n := len(tokenise(nil, text, 0, len(text)))
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "postings/s")
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newTagger(b)
	}
}
