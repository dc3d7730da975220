package enrich

import (
	"strings"
	"testing"
	"time"
)

// benchText is an invented advert of about 3 KB, as dense in skills as real ones for AI roles.
func benchText() string {
	return strings.Repeat(`About the team
We are a small group that builds models of the weather for farmers and insurers. Our customers trust
us with decisions that cannot wait, and we answer them with care.
- Design, train and evaluate large language models and forecasting models in PyTorch or JAX
- Own data pipelines on Airflow, Spark and Kafka, from raw satellite images to dashboards
- Work closely with meteorologists, product managers and the people in the field
Requirements
- 5+ years of experience with Python; Go, Rust or C++ is a plus
- Strong background in machine learning, statistics or a related field
- Experience with Kubernetes, Terraform and AWS; no Java required
We offer a good salary, thirty days of holiday, and an office by the river where the coffee is fresh.
`, 3)
}

func BenchmarkSkills(b *testing.B) {
	tax := loadTestTaxonomy(b)
	doc := plainDocument("Machine Learning Engineer", benchText(), sectionNone)
	b.SetBytes(int64(len(doc.text)))
	b.ReportAllocs()
	for b.Loop() {
		tax.skills(doc, "Meadow Weather", &room{})
	}
}

func BenchmarkTokeniseScan(b *testing.B) {
	tax := loadTestTaxonomy(b)
	text := benchText()
	tokens := make([]token, 0, len(text))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		tokens = tokenise(tokens[:0], text, tax.matcher.words)
		tax.matcher.scan(text, tokens)
	}
}

func BenchmarkTokenise(b *testing.B) {
	tax := loadTestTaxonomy(b)
	text := benchText()
	tokens := make([]token, 0, len(text))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tokens = tokenise(tokens[:0], text, tax.matcher.words)
	}
}

// TestSkillsLinear runs hostile texts of the largest size a payload can have. The bound is a
// hundred times what they take: quadratic time would pass it by far.
func TestSkillsLinear(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	tax := loadTestTaxonomy(t)
	const size = 512 << 10
	for _, unit := range []string{
		"((((", "python ", "go, ", "no ", "no java or ", "required ", "must go, ", "🙂", "c++", ".net", "a@", "://", "go\n", "ray and ",
		"java is not required ", "machine learning machine ", "'", "w&b ", "- ", "not a ", "not a java role ", "won't need to ", "amazon ", "aws google ",
	} {
		text := strings.Repeat(unit, size/len(unit))
		start := time.Now()
		found := tax.skills(plainDocument("", text, sectionNone), "No Java Inc", &room{})
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%q: %v for %d bytes", unit, took, len(text))
		}
		if len(found) > 20*mentionsMax {
			t.Errorf("%q: %d mentions", unit, len(found))
		}
	}
}
