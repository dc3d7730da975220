package enrich

import (
	"sync"
	"testing"
	"time"

	"github.com/rolescope/rolescope/posting"
)

func testRaw(t testing.TB, rec posting.Record) posting.Raw {
	t.Helper()
	at := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	if rec.ExternalID == "" {
		rec.ExternalID = "1"
	}
	run := posting.NewRun("ashby", "quillnet", "", posting.ProofFull, at, at)
	raw, err := posting.NewRaw(run, "1", rec)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// sharedTagger is loaded once for all tests; it is immutable.
var sharedTagger = sync.OnceValues(New)

func testTagger(t testing.TB) *Tagger {
	t.Helper()
	tagger, err := sharedTagger()
	if err != nil {
		t.Fatal(err)
	}
	return tagger
}

func TestEnrichFillsThePosting(t *testing.T) {
	t.Parallel()
	raw := testRaw(t, posting.Record{
		Title:       "Senior Machine Learning Engineer (m/w/d)",
		Description: "<p>We build models.</p><h3>What you will do</h3><ul><li>Deploy machine learning models to production</li><li>Own the ML pipeline with Python and PyTorch</li></ul>",
		Team:        "Search", URL: "https://jobs.example/1",
	})
	p, err := testTagger(t).Enrich(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	got := []string{p.RoleTitle, p.RoleText, p.Seniority, p.TitleNormalised, p.Company, p.CompanyKey, p.Team, p.TaggerVersion}
	want := []string{roleMLEngineer, roleMLEngineer, senioritySenior, "machine learning engineer", "quillnet", "quillnet", "Search", Version}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}
