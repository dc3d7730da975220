package enrich

import (
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/posting"
)

func TestLocationsOfTexts(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"Acme | Engineer | Berlin", "Berlin/BE/DE"},
		{"Acme | Engineer | Berlin | REMOTE", "Berlin/BE/DE"},
		{"Acme - Boulder, CO - Full time", "Boulder/CO/US"},
		{"Boulder, CO -- Acme -- Full-Time", "Boulder/CO/US"},
		{"Oslo - Acme - Backend Engineer", "Oslo//NO"},
		{"Acme (https://acme.example) — Oslo, Norway.", "Oslo//NO"},
		{"Acme (YC W99) is hiring engineers in Oslo", "Oslo//NO"},
		{"Acme : Koh Test, Thailand : javascript", "Koh Test//TH"},
		{"Acme | DevOps | Smallville, KS | ONSITE", "Smallville/KS/US"},
		{"Acme, Oslo - hiring generalists", "Oslo//NO"},
		{"Acme\nOslo, Norway\nWe build boats.", "Oslo//NO"},
		{"Backend Engineer, Full Time, SF, Acme Analytics", "San Francisco/CA/US"},
		{"Location: Oslo, Norway\nWe build boats.", "Oslo//NO"},
		{"Location:\nOslo or Bergen\nWe build boats.", "Oslo//NO Bergen//NO"},
		{"We build boats and nothing else but boats.\nThis role is based in Oslo, and our customers are based in Paris.", "Oslo//NO"},
		{"We build boats. We're located in beautiful downtown Boulder, CO.", "Boulder/CO/US"},
		{"Oslo, Norway | Acme | REMOTE in Germany", "Oslo//NO R://DE~DE"},
		{"Acme, Oslo | Madrid | Paris", "Oslo//NO Madrid/MD/ES Paris/IDF/FR"},
		{"Acme ☆ Oslo - Zurich ☆ Full Time", "Oslo//NO Zurich/ZH/CH"},
		// What is no place.
		{"Acme | Engineer | QA | ML", ""},
		{"Acme | Engineer | NO REMOTE", ""},
		{"Boulder, CO - Acme - ON SITE", "Boulder/CO/US"},
		{"Oslo - Acme - REMOTE OK", "Oslo//NO"},
		{"Acme | ONSITE OR REMOTE | Oslo", "Oslo//NO"},
		{"Our customers are based in Paris and our investors are located in London.", ""},
		{"We use Phoenix in production, and Reading is fun.", ""},
		{"Head of Growth (LCA)", ""},
		{"We serve people in the US.", ""},
		{"The company is headquartered in Oslo.", ""},
	}
	for _, tt := range tests {
		doc := readDocument("", tt.in)
		if got := show(locations(posting.Record{}, doc, "")); got != tt.want {
			t.Errorf("%q\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
}

// TestFieldsLinear runs the field steps on hostile texts of the largest size a payload can have. The
// bound is a hundred times what they take; a quadratic step takes minutes.
func TestFieldsLinear(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	const size = 512 << 10
	for _, unit := range []string{"located in ", "based in Oslo or ", "Oslo, ", "in Oslo ", "$1 - ", "$100k - $200k (min) — ", "salary 100k to ", "5+ years, with 1 ", "5 years. ", "no bs, ", "a | ", "(", "☆ ", "🙂", "Location: ", "Location:\n", "CA$1, "} {
		start := time.Now()
		doc := readDocument(strings.Repeat(unit, titleBytesMax/len(unit)), strings.Repeat(unit, size/len(unit)))
		rec := posting.Record{Places: []posting.Place{}}
		places := locations(rec, doc, workplace(rec, doc))
		salaries(rec, doc, places)
		minYears(doc)
		degree(doc)
		language(doc, "")
		teamOf(rec, doc.title)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%q: %v", unit, took)
		}
	}
}
