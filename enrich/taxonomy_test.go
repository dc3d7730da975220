package enrich

import "testing"

func loadTestTaxonomy(t testing.TB) *taxonomy {
	t.Helper()
	tax, err := loadTaxonomy()
	if err != nil {
		t.Fatal(err)
	}
	return tax
}

func TestTaxonomyLoads(t *testing.T) {
	t.Parallel()
	tax := loadTestTaxonomy(t)
	t.Log(len(tax.list))
}
