package markettest_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/internal/market/markettest"
	"github.com/rolescope/rolescope/posting"
)

// named is what a reader finds in an advert: its skills, each with the strongest strength and, for
// those in the title, where they stand.
func named(p posting.Posting) map[string]string {
	rank := map[string]int{"mentioned": 1, "preferred": 2, "required": 3}
	out := map[string]string{}
	for _, s := range p.Skills {
		how := s.Strength
		if s.Unlisted {
			how += " unlisted"
		}
		if rank[s.Strength] > rank[out[s.ID]] {
			out[s.ID] = how
		}
	}
	return out
}

// linesMax is how many kinds of disagreement are shown for one market.
const linesMax = 30

// TestTheTaggerReadsWhatWasPlanted: every role, every skill with its strength, and no other; and the
// adverts of a job, and only they, are one vacancy.
func TestTheTaggerReadsWhatWasPlanted(t *testing.T) {
	t.Parallel()
	for m := range markets(t) {
		sent, err := markettest.Crawl(t.Context(), m, markettest.Visits(m))
		if err != nil {
			t.Fatal(err)
		}
		postings, err := markettest.Tag(sent.Raws)
		if err != nil {
			t.Fatal(err)
		}
		truth := byID(m)
		wrong := map[string]int{}
		example := map[string]string{}
		report := func(p posting.Posting, format string, args ...any) {
			line := fmt.Sprintf(format, args...)
			wrong[line]++
			example[line] = p.Title + "\n" + p.Description
		}
		job, vacancy := map[int]string{}, map[string]int{}
		for _, p := range postings {
			a := truth[p.PostingID]
			if p.RoleTitle != a.Role || len(p.Roles) > 0 {
				report(p, "%q: role %q %v, want %q", a.Category, p.RoleTitle, p.Roles, a.Role)
			}
			if a.Seniority != "" && p.Seniority != a.Seniority {
				report(p, "%q: seniority %q, want %q", p.Title, p.Seniority, a.Seniority)
			}
			if p.Language != "en" {
				report(p, "%q: language %q", p.Title, p.Language)
			}
			got := named(p)
			for _, s := range a.Skills {
				if got[s.ID] != s.Strength {
					report(p, "skill %s: read as %q, want %q", s.ID, got[s.ID], s.Strength)
				}
				delete(got, s.ID)
			}
			for id, how := range got {
				report(p, "skill %s: read as %q, not planted", id, how)
			}
			if len(p.Locations) != 1 || p.Locations[0].City != a.City || p.Locations[0].Country != a.Country {
				report(p, "place %+v, want %s %s", p.Locations, a.City, a.Country)
			}
			if got := len(p.Salaries); (got == 0) != (a.Pay == nil) {
				report(p, "%d salaries, stated %v", got, a.Pay)
			} else if got > 0 && !slices.ContainsFunc(a.Pay, func(pay market.Pay) bool {
				s := p.Salaries[0]
				return int(s.Min) == pay.Min && int(s.Max) == pay.Max && s.Currency == pay.Currency && s.Period == "year"
			}) {
				report(p, "%s: salary %+v, stated %+v", a.Source, p.Salaries, a.Pay)
			}
			if old, ok := job[a.Vacancy]; ok && old != p.VacancyID {
				report(p, "adverts of one job are two vacancies: %v", a)
			}
			if old, ok := vacancy[p.VacancyID]; ok && old != a.Vacancy {
				report(p, "two jobs are one vacancy")
			}
			job[a.Vacancy], vacancy[p.VacancyID] = p.VacancyID, a.Vacancy
		}
		t.Logf("seed %d: %d postings read, %d vacancies", m.Config().Seed, len(postings), len(job))
		var lines []string
		for line, n := range wrong {
			lines = append(lines, fmt.Sprintf("%6d  %s", n, line))
		}
		slices.Sort(lines)
		slices.Reverse(lines)
		for i, line := range lines {
			if i >= linesMax {
				t.Errorf("seed %d: and %d more", m.Config().Seed, len(lines)-i)
				break
			}
			if i == 0 {
				line += "\n" + example[line[8:]]
			}
			t.Errorf("seed %d: %s", m.Config().Seed, line)
		}
	}
}
