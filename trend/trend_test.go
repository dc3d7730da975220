package trend_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/store/storetest"
	"github.com/rolescope/rolescope/trend"
)

// starts are the first days of the periods that [from, until] meets, found by walking the days.
func starts(p trend.Period, from, until time.Time) []time.Time {
	var out []time.Time
	for day := from.Truncate(24 * time.Hour); !day.After(until); day = day.AddDate(0, 0, 1) {
		start := day
		switch p {
		case trend.Week:
			start = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		case trend.Month:
			start = time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
		case trend.Quarter:
			start = time.Date(day.Year(), (day.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
		}
		if !slices.Contains(out, start) {
			out = append(out, start)
		}
	}
	return out
}

// volumes counts the world's vacancies without SQL.
func volumes(w storetest.World, p trend.Period) []trend.VolumeRow {
	type key struct {
		period time.Time
		role   string
	}
	type birth struct {
		at       time.Time
		censored bool
	}
	current, spells := w.Current()
	active, born := map[key]map[string]bool{}, map[string]birth{}
	for id, c := range current {
		first := spells[id][0]
		b, ok := born[c.VacancyID]
		if !ok || first.OpenedAt.Before(b.at) || first.OpenedAt.Equal(b.at) && first.OpenedCensored {
			born[c.VacancyID] = birth{first.OpenedAt, first.OpenedCensored}
		}
		for _, s := range spells[id] {
			until := s.LastSeen
			if s.ClosedReason == "expired" {
				until = s.ClosedAt.Add(-time.Millisecond)
			}
			for _, start := range starts(p, s.OpenedAt, until) {
				k := key{start, cmp.Or(c.RoleTitle, "unknown")}
				if active[k] == nil {
					active[k] = map[string]bool{}
				}
				active[k][c.VacancyID] = true
			}
		}
	}
	var rows []trend.VolumeRow
	for k, vacancies := range active {
		row := trend.VolumeRow{Period: k.period, Group: k.role, Active: uint64(len(vacancies))}
		for v := range vacancies {
			if b := born[v]; !b.censored && starts(p, b.at, b.at)[0].Equal(k.period) {
				row.New++
			}
		}
		rows = append(rows, row)
	}
	sortVolume(rows)
	return rows
}

func sortVolume(rows []trend.VolumeRow) {
	slices.SortFunc(rows, func(a, b trend.VolumeRow) int {
		return cmp.Or(a.Period.Compare(b.Period), cmp.Compare(a.Group, b.Group))
	})
}

func TestVolumeEqualsACountWithoutSQL(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2, 3} {
		q, w := world(t, seed)
		for _, p := range []trend.Period{trend.Week, trend.Month, trend.Quarter} {
			answer, err := trend.Volume(t.Context(), q, trend.VolumeQuestion{Filter: trend.Filter{Period: p}})
			if err != nil {
				t.Fatal(err)
			}
			sortVolume(answer.Rows)
			for i, r := range answer.Rows {
				answer.Rows[i].Period = r.Period.UTC()
			}
			if len(answer.Rows) == 0 || answer.TaggerVersion != storetest.Tagger {
				t.Fatalf("seed %d: %d rows by version %q", seed, len(answer.Rows), answer.TaggerVersion)
			}
			if diff := gocmp.Diff(volumes(w, p), answer.Rows); diff != "" {
				t.Errorf("seed %d, %s:\n%s", seed, p, diff)
			}
		}
	}
}

// TestSkillsEqualTheView: the question without filters and the monthly view are two ways to one number.
func TestSkillsEqualTheView(t *testing.T) {
	t.Parallel()
	q, _ := world(t, 2)
	answer, err := trend.Skills(t.Context(), q, trend.SkillsQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Store.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	var view []trend.SkillsRow
	if err := q.Store.Select(t.Context(), &view, `SELECT toDate32(month) AS period, role, skill, mentioning, vacancies AS total
		FROM v_role_skill_month WHERE mentioning > 0 ORDER BY period, role, mentioning DESC, skill`); err != nil {
		t.Fatal(err)
	}
	for i, r := range view {
		view[i].Share, view[i].BelowFloor = float64(r.Mentioning)/float64(r.Total), r.Total < trend.Floor
	}
	if len(view) == 0 {
		t.Fatal("the world has no skills")
	}
	if diff := gocmp.Diff(view, answer.Rows); diff != "" {
		t.Error(diff)
	}
}

func TestFiltersNarrow(t *testing.T) {
	t.Parallel()
	q, _ := world(t, 2)
	all, err := trend.Volume(t.Context(), q, trend.VolumeQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	role := all.Rows[0].Group
	from := all.Rows[0].Period.AddDate(0, 1, 0)
	some, err := trend.Volume(t.Context(), q, trend.VolumeQuestion{Filter: trend.Filter{Roles: []string{role}, From: from}})
	if err != nil {
		t.Fatal(err)
	}
	var want []trend.VolumeRow
	for _, r := range all.Rows {
		if r.Group == role && !r.Period.Before(from) {
			want = append(want, r)
		}
	}
	if diff := gocmp.Diff(want, append([]trend.VolumeRow(nil), some.Rows...)); diff != "" {
		t.Error(diff)
	}
	none, err := trend.Skills(t.Context(), q, trend.SkillsQuestion{Filter: trend.Filter{Companies: []string{`no "such' \company`}}})
	if err != nil || len(none.Rows) != 0 {
		t.Errorf("%d rows of a company that is not there, %v", len(none.Rows), err)
	}
}

func TestBadQuestions(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, question := range []trend.VolumeQuestion{
		{By: "colour"},
		{Filter: trend.Filter{Period: "fortnight"}},
		{Filter: trend.Filter{From: day, To: day}},
	} {
		if _, err := trend.Volume(t.Context(), nil, question); !errors.Is(err, trend.ErrQuestion) {
			t.Errorf("%s: %v", fmt.Sprint(question), err)
		}
	}
}
