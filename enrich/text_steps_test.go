package enrich

import (
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/posting"
)

func TestTextStepsAreLinear(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	const size = 128 << 10
	for _, unit := range []string{"$1 ", "$100,000-$200,000 ", "1", "1,", "1 000 ", "5 years ", "salary $100,000 ", "bs degree ", "Berlin, ", "salary $90k\n", "hybrid remote "} {
		doc := readDocument(unit, strings.Repeat(unit, size/len(unit)))
		rec := posting.Record{Places: []posting.Place{{Text: doc.text, City: doc.text}}, Pay: []posting.Pay{{Text: doc.text}}}
		began := time.Now()
		salaries(rec, doc, locations(rec, doc, ""))
		minYears(doc)
		degree(doc)
		workplace(rec, doc)
		employmentType(rec, doc)
		language(doc, "")
		// A quadratic step takes far longer here; the limit leaves room for a busy machine under -race.
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%q took %v", unit, took)
		}
	}
}
