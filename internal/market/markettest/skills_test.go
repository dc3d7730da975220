package markettest_test

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/trend"
)

// asking is a skill of a role in a month; the empty skill is every vacancy of the role.
type asking struct{ month, role, skill string }

// vacancies are those of each role and month that ask for each skill, outside of titles and boilerplate.
func vacancies(t *testing.T, f filled) map[asking]map[int]bool {
	of := map[asking]map[int]bool{}
	add := func(k asking, vacancy int) {
		if of[k] == nil {
			of[k] = map[int]bool{}
		}
		of[k][vacancy] = true
	}
	counted := f.counted(t)
	for month, jobs := range f.byMonth(f.current()) {
		for _, j := range jobs {
			if !slices.ContainsFunc(j.lives, func(l market.Life) bool { return openInMonth(l, month) }) {
				continue // only claimed to be posted in it
			}
			add(asking{month, j.role(), ""}, j.id)
			for s := range counted[month][j.id] {
				add(asking{month, j.role(), s}, j.id)
			}
		}
	}
	return of
}

// testSkills: in each month, the vacancies of each role that ask for each skill are those that drew it.
func testSkills(t *testing.T, f filled) {
	answer, err := trend.Mentions(t.Context(), asker{f.store}, trend.MentionsQuestion{Scope: trend.Scope{AllBoards: true, From: f.Week(0)}})
	if err != nil {
		t.Fatal(err)
	}
	of := vacancies(t, f)
	want, got := map[asking][2]int{}, map[asking][2]int{}
	for k, asked := range of {
		if k.skill != "" {
			want[k] = [2]int{len(asked), len(of[asking{k.month, k.role, ""}])}
		}
	}
	for _, r := range answer.Rows {
		got[asking{r.Period.Format(time.DateOnly), r.Role, r.Skill}] = [2]int{int(r.Mentioning), int(r.Vacancies)}
	}
	diff(t, want, got)
	t.Logf("%d cells of a role, a skill and a month", len(want))
}

// testSkill: the same of one skill, with the months and roles in which nobody asks for it.
func testSkill(t *testing.T, f filled) {
	of := vacancies(t, f)
	for _, skill := range []string{"python", "mcp", "communication"} {
		answer, err := trend.Mentions(t.Context(), asker{f.store}, trend.MentionsQuestion{Scope: trend.Scope{AllBoards: true, From: f.Week(0)}, Skill: skill})
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
			got[asking{r.Period.Format(time.DateOnly), r.Role, ""}] = [2]int{int(r.Mentioning), int(r.Vacancies)}
		}
		diff(t, want, got)
	}
}

// testChange: of the vacancies of a role open in the first and in the last third of the history, those
// that ask for each skill, and how the share has changed.
func testChange(t *testing.T, f filled) {
	third, of := f.Config().Weeks/3, vacancies(t, f)
	months := func(from, to time.Time) trend.Span {
		first := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
		return trend.Span{From: first, To: time.Date(to.Year(), to.Month()+1, 1, 0, 0, 0, 0, time.UTC)}
	}
	before, after := months(f.Week(0), f.Week(third)), months(f.Week(2*third), f.End().Add(-time.Hour))
	shown := 0
	for _, role := range []string{"ml_engineer", "ai_engineer", "software_engineer", "data_analyst", "sales"} {
		answer, err := trend.Change(t.Context(), asker{f.store}, trend.ChangeQuestion{Scope: trend.Scope{Roles: []string{role}, AllBoards: true}, Before: before, After: after})
		if err != nil || len(answer.Roles) != 1 {
			t.Fatal(len(answer.Roles), err)
		}
		in := func(span trend.Span) map[string]map[int]bool { // vacancies by skill
			out := map[string]map[int]bool{"": {}}
			for k, asked := range of {
				if k.role != role || k.month < span.From.Format(time.DateOnly) || k.month >= span.To.Format(time.DateOnly) {
					continue
				}
				if out[k.skill] == nil {
					out[k.skill] = map[int]bool{}
				}
				maps.Copy(out[k.skill], asked)
			}
			return out
		}
		b, a := in(before), in(after)
		got := answer.Roles[0]
		if got.BeforeVacancies != len(b[""]) || got.AfterVacancies != len(a[""]) {
			t.Errorf("%s: %d vacancies before and %d after, want %d and %d", role, got.BeforeVacancies, got.AfterVacancies, len(b[""]), len(a[""]))
		}
		if got.Total == nil {
			continue
		}
		shares := func(of map[string]map[int]bool, skill string) float64 {
			return float64(len(of[skill])) / float64(len(of[""]))
		}
		asked := map[string]bool{}
		for _, of := range []map[string]map[int]bool{b, a} {
			for skill := range of {
				asked[skill] = skill != ""
			}
		}
		for _, m := range got.Skills {
			if before, after := shares(b, m.Skill), shares(a, m.Skill); !asked[m.Skill] || math.Abs(m.Before-before) > 1e-12 || math.Abs(m.After-after) > 1e-12 || math.Abs(*m.Change.Value-(after-before)) > 1e-12 {
				t.Errorf("%s %s: %f to %f, changed by %f; want %f to %f", role, m.Skill, m.Before, m.After, *m.Change.Value, before, after)
			}
			delete(asked, m.Skill)
		}
		delete(asked, "")
		if len(asked) > 0 {
			t.Errorf("%s: no change of %v", role, asked)
		}
		shown += len(got.Skills)
	}
	if shown < 20 {
		t.Errorf("%d changes: too few to prove anything", shown)
	}
}
