package enrich

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

// sharedFile opens a compressed file of the real data beside the checkout, or skips the test.
func sharedFile(t *testing.T, path ...string) *gzip.Reader {
	t.Helper()
	f, err := os.Open(filepath.Join(append([]string{"..", "..", "shared", "data"}, path...)...))
	if err != nil {
		if os.Getenv("ROLESCOPE_REQUIRE_SHARED") == "1" {
			t.Fatalf("ROLESCOPE_REQUIRE_SHARED=1 but there is no data: %v", err)
		}
		t.Skip("no data in ../shared beside the checkout; set ROLESCOPE_REQUIRE_SHARED=1 to fail instead")
	}
	t.Cleanup(func() { f.Close() })
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return zr
}

// labelled is a posting with the tags that its platform gave it.
type labelled struct {
	ID          string   `json:"job_id"`
	Title       string   `json:"title"`
	Company     string   `json:"company"`
	Description string   `json:"description"`
	Tags        []string `json:"skills"`
}

// developersHalf is how builtin_ai_2026 is halved: spellings were taken from the postings whose id
// hashes to an even first byte, and never from the others.
func (l labelled) developersHalf() bool {
	sum := sha256.Sum256([]byte(l.ID))
	return sum[0]%2 == 0
}

// recallOfTags counts the platform's tags that stand word for word in the text, and those found.
type recallOfTags struct {
	literal int
	exact   int // a skill has the tag as its evidence or its label
	covered int // or the tag's words, where it stands, lie within evidence
}

func (r *recallOfTags) add(l labelled, doc document, found []posting.Skill) {
	have := map[string]bool{}
	for _, s := range found {
		have[foldSpaces(s.Text)], have[foldSpaces(s.Label)] = true, true
	}
	slices.Sort(l.Tags)
	for _, tag := range slices.Compact(l.Tags) {
		places := occurrences(tag, doc)
		if len(places) == 0 {
			continue
		}
		r.literal++
		exact := have[foldSpaces(tag)]
		if exact {
			r.exact++
		}
		if exact || slices.ContainsFunc(places, func(p place) bool { return p.coveredBy(doc, found) }) {
			r.covered++
		}
	}
}

func foldSpaces(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// place is where a tag stands.
type place struct {
	field      string
	start, end int
}

func occurrences(tag string, doc document) []place {
	pattern := `(?i)` + strings.Join(strings.Fields(regexp.QuoteMeta(tag)), `\s+`)
	re := regexp.MustCompile(pattern)
	var out []place
	for field, text := range map[string]string{"title": doc.title, "description": doc.text} {
		for _, at := range re.FindAllStringIndex(text, -1) {
			letterBefore := at[0] > 0 && isWordByte(text[at[0]-1])
			letterBehind := at[1] < len(text) && isWordByte(text[at[1]])
			if !letterBefore && !letterBehind {
				out = append(out, place{field, at[0], at[1]})
			}
		}
	}
	return out
}

// coveredBy reports whether every letter and digit of the place lies within evidence.
func (p place) coveredBy(doc document, found []posting.Skill) bool {
	text := doc.text
	if p.field == "title" {
		text = doc.title
	}
	for i := p.start; i < p.end; i++ {
		inside := !isWordByte(text[i]) || slices.ContainsFunc(found, func(s posting.Skill) bool {
			return s.Field == p.field && s.Start <= i && i < s.End
		})
		if !inside {
			return false
		}
	}
	return true
}

// TestRecallOfPlatformTags measures how many of a platform's own tags are found among those that
// stand in the text. The floors lie a little under what was reached.
func TestRecallOfPlatformTags(t *testing.T) {
	t.Parallel()
	for _, half := range []struct {
		name       string
		developers bool
		floor      float64
	}{{"spellings_taken_from", true, 0.93}, {"held_out", false, 0.92}} {
		t.Run(half.name, func(t *testing.T) {
			t.Parallel()
			tax := loadTestTaxonomy(t)
			var sum recallOfTags
			lines := bufio.NewScanner(sharedFile(t, "builtin_ai_2026", "postings.jsonl.gz"))
			lines.Buffer(nil, 1<<22)
			for lines.Scan() {
				var l labelled
				if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
					t.Fatal(err)
				}
				if len(l.Tags) == 0 || l.developersHalf() != half.developers {
					continue
				}
				doc := readDocument(l.Title, l.Description)
				sum.add(l, doc, tax.skills(doc, l.Company, &room{}))
			}
			if err := lines.Err(); err != nil || sum.literal == 0 {
				t.Fatalf("read %d tags, %v", sum.literal, err)
			}
			covered := float64(sum.covered) / float64(sum.literal)
			t.Logf("%d tags stand in the text: %.4f found, %.4f under the very same name",
				sum.literal, covered, float64(sum.exact)/float64(sum.literal))
			if covered < half.floor {
				t.Errorf("recall %.4f, want %.2f", covered, half.floor)
			}
		})
	}
}

// TestPublicCodes checks every code against the vocabulary it is from: the entry there must be
// spelled like the skill's label or one of its plain spellings, or like "long name SHORT".
func TestPublicCodes(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	codes := map[string]map[string]bool{} // entry -> its codes
	read := func(name, code string, comma rune, file ...string) {
		rows := csv.NewReader(sharedFile(t, file...))
		rows.Comma, rows.LazyQuotes, rows.FieldsPerRecord = comma, comma == '\t', -1
		all, err := rows.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		n, c := slices.Index(all[0], name), slices.Index(all[0], code)
		for _, row := range all[1:] {
			entry := strings.ToLower(row[n])
			if codes[entry] == nil {
				codes[entry] = map[string]bool{}
			}
			codes[entry][row[c]] = true
		}
	}
	read("Example", "Commodity Code", '\t', "onet_29.3", "Technology Skills.txt.gz")
	read("preferredLabel", "conceptUri", ',', "esco_v1.1", "skillGroups_en.csv.gz")
	count := 0
	for _, s := range tax.list {
		for _, code := range []string{s.ONET, s.ESCO} {
			if code == "" {
				continue
			}
			count++
			if !slices.ContainsFunc(s.vocabularyNames(), func(name string) bool { return codes[name][code] }) {
				t.Errorf("%s: no entry of its name has the code %s", s.ID, code)
			}
		}
	}
	t.Logf("%d codes", count)
}

// vocabularyNames are the names under which a public vocabulary may list the skill.
func (s *skill) vocabularyNames() []string {
	var names []string
	for _, rule := range s.spellings() {
		names = append(names, rule.Text...)
	}
	// O*NET writes the maker before the name: "Apache HBase", "Microsoft PowerShell".
	for _, maker := range []string{"Microsoft", "Apache", "Amazon", "Google", "IBM", "Oracle", "SAP", "Adobe", "Autodesk", "The MathWorks", "Atlassian", "Red Hat"} {
		names = append(names, maker+" "+s.Label)
	}
	for _, long := range slices.Clone(names) {
		for _, suffix := range []string{s.Label, "software"} {
			names = append(names, long+" "+suffix)
		}
	}
	for i := range names {
		names[i] = strings.ToLower(names[i])
	}
	return names
}
