package enrich

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

func TestOccupation(t *testing.T) {
	t.Parallel()
	tagger := testTagger(t)
	for title, want := range map[string]occupation{
		"Senior Data Scientist, Growth":       {ONET: "15-2051.00", ESCO: "258e46f9-0075-4a2e-adae-1ff0477e0f30"},
		"Statistician":                        {ONET: "15-2041.00", ESCO: "ac8b3cd1-a127-4e6a-8208-5cfcf7111955"},
		"Recruiter, Marketing (m/w/d)":        {ONET: "13-1071.00", ESCO: "068370e0-9c27-4814-87d0-44fbb3140815"},
		"Machine Learning Engineer":           {}, // O*NET has it under four codes
		"Software Engineer, Machine Learning": {},
		"Data Scientist / Research Scientist": {},
		"Gardener":                            {},
	} {
		p, err := tagger.Enrich(testRaw(t, posting.Record{ExternalID: "1", Title: title, Description: "What we do."}))
		if err != nil || p.ONETCode != want.ONET || p.ESCOCode != want.ESCO {
			t.Errorf("%q is %q, %q, %v", title, p.ONETCode, p.ESCOCode, err)
		}
	}
}

// The codes must be those of the vocabularies, with their names there.
func TestCodesExist(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "shared", "data")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("ROLESCOPE_REQUIRE_SHARED") == "1" {
			t.Fatalf("the public vocabularies are needed: %v", err)
		}
		t.Skip("the public vocabularies are not at ../shared/data")
	}
	names := map[string]string{}
	lines := bufio.NewScanner(unzip(t, filepath.Join(dir, "onet_29.3", "Occupation Data.txt.gz")))
	for lines.Scan() {
		if f := strings.Split(lines.Text(), "\t"); len(f) > 1 {
			names[f[0]] = f[1]
		}
	}
	rows := csv.NewReader(unzip(t, filepath.Join(dir, "esco_v1.1", "occupations_en.csv.gz")))
	for {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names[row[1][strings.LastIndexByte(row[1], '/')+1:]] = row[3]
	}
	codes := testTagger(t).codes
	for _, group := range []map[string]occupation{codes.Roles, codes.Titles} {
		for of, o := range group {
			if o.ONET != "" && names[o.ONET] != o.ONETTitle || o.ESCO != "" && names[o.ESCO] != o.ESCOLabel || o.ONET+o.ESCO == "" {
				t.Errorf("%s: %+v; the vocabularies say %q and %q", of, o, names[o.ONET], names[o.ESCO])
			}
		}
	}
}

func unzip(t *testing.T, name string) io.Reader {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
