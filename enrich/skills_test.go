package enrich

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
)

// plainDocument makes a document whose paragraphs all stand in one section.
func plainDocument(title, text string, s section) document {
	doc := document{title: title, text: text}
	at := 0
	for _, line := range strings.SplitAfter(text, "\n") {
		end := at + len(strings.TrimSuffix(line, "\n"))
		kind := prose
		if strings.HasPrefix(line, "- ") {
			kind = item
		}
		doc.paragraphs = append(doc.paragraphs, paragraph{start: at, end: end, kind: kind, section: s, hash: "00"})
		at += len(line)
	}
	return doc
}

func ids(found []posting.Skill) []string {
	out := []string{}
	for _, s := range found {
		out = append(out, s.ID)
	}
	return out
}

// TestSkillSentences runs testdata/skills/*.txt. A line is "sentence => id id", the ids in order of
// their places and each once; " / " in a sentence stands for a new line when doubled ("//").
func TestSkillSentences(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	for _, name := range []string{"ambiguous", "negation", "forms"} {
		f, err := os.Open("testdata/skills/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		count := 0
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			line := lines.Text()
			if line == "" || strings.HasPrefix(line, "# ") {
				continue
			}
			text, want, ok := strings.Cut(line, " =>")
			if !ok {
				t.Fatalf("%s: no => in %q", name, line)
			}
			count++
			text = strings.ReplaceAll(text, " // ", "\n")
			got := []string{}
			for _, id := range ids(tax.skills(plainDocument("", text, sectionNone), "")) {
				if !slices.Contains(got, id) {
					got = append(got, id)
				}
			}
			if diff := cmp.Diff(append([]string{}, strings.Fields(want)...), got); diff != "" {
				t.Errorf("%s: %s\n%s", name, text, diff)
			}
		}
		if count < 30 {
			t.Errorf("%s: only %d sentences", name, count)
		}
	}
}
