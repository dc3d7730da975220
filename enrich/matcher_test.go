package enrich

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// naiveScan is what scan must equal: at each word it tries every spelling of the taxonomy on the
// text itself, and takes the longest.
func naiveScan(m *matcher, text string, tokens []token) [][3]int {
	var out [][3]int
	for i := 0; i < len(tokens); i++ {
		best, kind := -1, spellingKind(0)
		for _, entries := range m.entries {
			for _, sp := range entries {
				n := len(sp.gaps)
				if i+n > len(tokens) || i+n-1 <= best || !naiveFits(sp, text, tokens[i:i+n]) {
					continue
				}
				if standsAlone(text, tokens, i, i+n-1, sp.kind) {
					best, kind = i+n-1, sp.kind
				}
			}
		}
		if best >= 0 {
			out = append(out, [3]int{i, best, int(kind)})
			i = best
		}
	}
	return out
}

func naiveFits(sp *spelling, text string, tokens []token) bool {
	letters := ""
	for i, t := range tokens {
		letters += text[t.start:t.end]
		if i == 0 {
			continue
		}
		if got, want := t.before, sp.gaps[i]; got != gapJoined && got != gapSpace && got != gapHyphen && (got != want || want >= gapList) {
			return false
		}
	}
	if sp.exact != "" {
		return sp.exact == letters
	}
	return strings.ToLower(letters) == sp.letters
}

func scanTriples(m *matcher, text string, tokens []token) [][3]int {
	var out [][3]int
	for _, f := range m.scan(text, tokens) {
		out = append(out, [3]int{f.first, f.last, int(f.kind)})
	}
	return out
}

func checkScan(t interface{ Fatalf(string, ...any) }, m *matcher, text string) {
	tokens := tokenise(nil, text, m.words)
	end := int32(0)
	for _, tok := range tokens {
		if tok.start < end || tok.end <= tok.start || int(tok.end) > len(text) {
			t.Fatalf("token %d..%d after %d in %q", tok.start, tok.end, end, text)
		}
		end = tok.end
	}
	if diff := cmp.Diff(naiveScan(m, text, tokens), scanTriples(m, text, tokens)); diff != "" {
		t.Fatalf("scan differs from naive on %q:\n%s", text, diff)
	}
}

func TestScanEqualsNaive(t *testing.T) {
	t.Parallel()
	m := loadTestTaxonomy(t).matcher
	var spellings []string
	for _, entries := range m.entries {
		for _, sp := range entries {
			spellings = append(spellings, sp.text)
		}
	}
	gaps := []string{" ", " ", "-", "", "/", ", ", ". ", ".", " & ", "\n", "’", " – ", "_", "(", ") ", "  "}
	fillers := []string{"we", "use", "Go", "5", "the", "É", "🙂", "LLM", "s", "++", "#", ".NET", "ſ", "İ"}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(1, 8).Draw(t, "words") {
			word := rapid.SampledFrom(spellings).Draw(t, "spelling")
			switch rapid.IntRange(0, 4).Draw(t, "change") {
			case 0:
				word = strings.ToUpper(word)
			case 1:
				word = strings.ReplaceAll(word, " ", rapid.SampledFrom(gaps).Draw(t, "inner"))
			case 2:
				word = rapid.SampledFrom(fillers).Draw(t, "filler")
			}
			b.WriteString(word)
			b.WriteString(rapid.SampledFrom(gaps).Draw(t, "gap"))
		}
		checkScan(t, m, b.String())
	})
}

func FuzzScan(f *testing.F) {
	m := loadTestTaxonomy(f).matcher
	for _, s := range []string{
		"Python, C++17, C# and .NET Core", "fine‑tuning LLMs (RAG)", "a.b.c ++ ##", "https://go.dev/ Go",
		"....NET", "K8s’s", "\xff\xfePython\xff", "AI/ML & CI/CD", "R&D in R", "ASP.NET", "İstanbul PYTHON",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkScan(t, m, s) })
}

func TestTokenise(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"C++ and C#":        "C++|and|C#",
		".NET, ASP.NET":     ".NET|ASP|NET",
		"C++17":             "C++|17",
		"#1 issue":          "1|issue",
		"F#/C#":             "F#|C#",
		"naïve über":        "naïve|über",
		"Go, C++/.NET-Core": "Go|C++|.NET|Core",
		"a++b":              "a++|b",
		"x#y":               "x|y",
		"":                  "",
	} {
		words := &wordNumbers{numbers: map[string]int32{}}
		words.number(".net")
		var got []string
		for _, tok := range tokenise(nil, text, words) {
			got = append(got, text[tok.start:tok.end])
		}
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("tokenise(%q) = %s, want %s", text, s, want)
		}
	}
}
