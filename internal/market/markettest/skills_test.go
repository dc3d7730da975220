package markettest_test

import (
	"math"
	"testing"
	"time"

	"github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/trend"
)

// asking is a skill of a role in a month; the empty skill is every vacancy of the role.
type asking struct{ month, role, skill string }

// vacancies are those of each role and month that ask for each skill.
func vacancies(f filled) map[asking]map[int]bool {
	of := map[asking]map[int]bool{}
	add := func(k asking, vacancy int) {
		if of[k] == nil {
			of[k] = map[int]bool{}
		}
		of[k][vacancy] = true
	}
	for _, l := range f.lives {
		a := l.Advert
		for _, s := range l.Stays {
			for month := s.First.AddDate(0, 0, 1-s.First.Day()).Truncate(24 * time.Hour); !month.After(s.Last); month = month.AddDate(0, 1, 0) {
				in := month.Format(time.DateOnly)
				add(asking{in, a.Role, ""}, a.Vacancy)
				for _, s := range a.Skills {
					add(asking{in, a.Role, s.ID}, a.Vacancy)
				}
			}
		}
	}
	return of
}

// testSkills: in each month, the vacancies of each role that ask for each skill are those that drew it.
func testSkills(t *testing.T, f filled) {
	answer, err := trend.Skills(t.Context(), asker{f.store}, trend.SkillsQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	of := vacancies(f)
	want, got := map[asking][2]int{}, map[asking][2]int{}
	for k, asked := range of {
		if k.skill != "" {
			want[k] = [2]int{len(asked), len(of[asking{k.month, k.role, ""}])}
		}
	}
	for _, r := range answer.Rows {
		got[asking{r.Period.Format(time.DateOnly), r.Role, r.Skill}] = [2]int{int(r.Mentioning), int(r.Total)}
	}
	diff(t, want, got)
	t.Logf("%d cells of a role, a skill and a month", len(want))
}

// testSkill: the same of one skill, with the months and roles in which nobody asks for it.
func testSkill(t *testing.T, f filled) {
	of := vacancies(f)
	for _, skill := range []string{"python", "mcp", "communication"} {
		answer, err := trend.Skill(t.Context(), asker{f.store}, trend.SkillQuestion{Skill: skill})
		if err != nil {
			t.Fatal(err)
		}
		want, got := map[asking][2]int{}, map[asking][2]int{}
		for k, all := range of {
			if k.skill == "" {
				want[k] = [2]int{len(of[asking{k.month, k.role, skill}]), len(all)}
			}
		}
		for _, r := range answer.Rows {
			got[asking{r.Period.Format(time.DateOnly), r.Role, ""}] = [2]int{int(r.Mentioning), int(r.Total)}
		}
		diff(t, want, got)
	}
}

// testMovers: of the vacancies of a role open in the first and in the last third of the history, those
// that ask for each skill, and how the share has changed.
func testMovers(t *testing.T, f filled) {
	third := f.Config().Weeks / 3
	before := trend.Span{From: f.Week(0), To: f.Week(third)}
	after := trend.Span{From: f.Week(2 * third), To: f.End()}
	shown := 0
	for _, role := range []string{"ml_engineer", "ai_engineer", "software_engineer", "data_analyst", "sales"} {
		answer, err := trend.Movers(t.Context(), asker{f.store}, trend.MoversQuestion{Role: role, Before: before, After: after})
		if err != nil {
			t.Fatal(err)
		}
		in := func(span trend.Span) map[string]map[int]bool { // vacancies by skill
			out := map[string]map[int]bool{"": {}}
			for _, l := range f.lives {
				if l.Advert.Role != role || !openIn(l, span) {
					continue
				}
				out[""][l.Advert.Vacancy] = true
				for _, s := range l.Advert.Skills {
					if out[s.ID] == nil {
						out[s.ID] = map[int]bool{}
					}
					out[s.ID][l.Advert.Vacancy] = true
				}
			}
			return out
		}
		b, a := in(before), in(after)
		if int(answer.BeforeTotal) != len(b[""]) || int(answer.AfterTotal) != len(a[""]) {
			t.Errorf("%s: %d vacancies before and %d after, want %d and %d", role, answer.BeforeTotal, answer.AfterTotal, len(b[""]), len(a[""]))
		}
		if answer.Suppressed {
			continue
		}
		want, got := map[string][2]int{}, map[string][2]int{}
		for _, of := range []map[string]map[int]bool{b, a} {
			for skill := range of {
				if skill != "" {
					want[skill] = [2]int{len(b[skill]), len(a[skill])}
				}
			}
		}
		for i, m := range answer.Movers {
			got[m.Skill] = [2]int{int(m.BeforeMentioning), int(m.AfterMentioning)}
			change := float64(len(a[m.Skill]))/float64(len(a[""])) - float64(len(b[m.Skill]))/float64(len(b[""]))
			if math.Abs(m.Change-change) > 1e-12 || i > 0 && m.Change > answer.Movers[i-1].Change {
				t.Errorf("%s %s: change %f, want %f, the largest first", role, m.Skill, m.Change, change)
			}
		}
		diff(t, want, got)
		shown += len(answer.Movers)
	}
	if shown < 20 {
		t.Errorf("%d movers: too few to prove anything", shown)
	}
}

// openIn reports whether an advert was seen open in a time.
func openIn(l market.Life, span trend.Span) bool {
	for _, s := range l.Stays {
		if s.First.Before(span.To) && !s.Last.Before(span.From) {
			return true
		}
	}
	return false
}
