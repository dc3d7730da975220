package markettest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rolescope/rolescope/internal/market/markettest"
)

// queriesDir holds the query book.
const queriesDir = "../../../docs/queries"

// row is a row of an answer.
type row = map[string]any

// testBook runs each query of the book and compares its answer, all rows and their order, with what is
// true of the market.
func testBook(t *testing.T, f filled) {
	files, err := filepath.Glob(filepath.Join(queriesDir, "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(bookTruth) {
		t.Errorf("%d queries, %d are checked", len(files), len(bookTruth))
	}
	for _, path := range files {
		name := filepath.Base(path)
		t.Run(strings.TrimSuffix(name, ".sql"), func(t *testing.T) {
			check := bookTruth[name]
			start := time.Now()
			got := ask(t, f, path)
			t.Logf("%d rows in %s", len(got), time.Since(start).Round(time.Millisecond))
			if check == nil {
				t.Fatal("nobody checks it")
			}
			if len(got) == 0 {
				t.Fatal("no row")
			}
			want := encoded(t, check(t, f))
			if d := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1.001e-4)); d != "" {
				t.Errorf("-truth +query:\n%s", d)
			}
		})
	}
}

// TestBookWithoutData: the queries say nothing of an empty store, not even that they cannot.
func TestBookWithoutData(t *testing.T) {
	t.Parallel()
	f := filled{store: markettest.Open(t)}
	files, err := filepath.Glob(filepath.Join(queriesDir, "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if got := ask(t, f, path); len(got) > 1 {
			t.Errorf("%s: %d rows of nothing", filepath.Base(path), len(got))
		}
	}
}

// ask runs a query as an analyst.
func ask(t *testing.T, f filled, path string) []row {
	t.Helper()
	query, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var answer bytes.Buffer
	if err := f.store.Raw(t.Context(), &answer, string(query), "JSONEachRow", nil); err != nil {
		t.Fatal(err)
	}
	return lines(t, &answer)
}

func lines(t *testing.T, from *bytes.Buffer) []row {
	t.Helper()
	var out []row
	for d := json.NewDecoder(from); d.More(); {
		var r row
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// encoded is what a query would write for rows.
func encoded(t *testing.T, rows []row) []row {
	t.Helper()
	var b bytes.Buffer
	for _, r := range rows {
		if err := json.NewEncoder(&b).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	return lines(t, &b)
}

// bookTruth computes the answer of each query from the market's truth.
var bookTruth = map[string]func(*testing.T, filled) []row{
	"01-open-and-new-vacancies.sql":    bookOpenAndNew,
	"02-skill-share-with-interval.sql": bookShares,
	"03-first-month-of-a-skill.sql":    bookFirstMonth,
	"04-skills-that-moved.sql":         bookMoved,
	"05-required-or-preferred.sql":     bookStrengths,
	"06-skills-asked-together.sql":     bookTogether,
	"07-pooled-or-per-employer.sql":    bookPooled,
	"08-role-similarity.sql":           bookSimilarity,
	"09-new-titles.sql":                bookNewTitles,
	"10-pay-by-role-and-seniority.sql": bookPay,
	"11-pay-stated.sql":                bookPayStated,
	"12-workplace.sql":                 bookWorkplace,
	"13-employer-concentration.sql":    bookConcentration,
	"14-median-time-open.sql":          bookMedians,
	"15-what-durations-leave-out.sql":  bookKnown,
	"16-stock-and-flow.sql":            bookFlow,
	"17-came-back.sql":                 bookCameBack,
	"18-reposts.sql":                   bookReposts,
	"19-copies.sql":                    bookCopies,
	"20-claimed-dates.sql":             bookClaims,
	"21-panel-or-all-boards.sql":       bookPanel,
	"22-crawl-audit.sql":               bookAudit,
	"23-silent-boards.sql":             bookSilent,
	"24-tags-reproduced.sql":           bookTags,
	"25-evidence.sql":                  bookEvidence,
}
