package trend_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// tally is a group in a period.
type tally struct {
	period      time.Time
	group       string
	active, new int
}

// count counts the world's vacancies without SQL.
func count(w storetest.World, p trend.Period) []tally {
	type key struct {
		period time.Time
		role   string
	}
	type home struct { // where a vacancy was first seen
		at       time.Time
		board    string
		posting  string
		censored bool
		role     string
	}
	current, spells := w.Current()
	active, homes := map[key]map[string]bool{}, map[string]home{}
	for id, c := range current {
		first := spells[id][0]
		h := home{first.OpenedAt, c.Source + " " + c.Board, id, first.OpenedCensored, c.RoleTitle}
		if len(c.Roles) > 0 || h.role == "" {
			h.role = "unknown"
		}
		known, ok := homes[c.VacancyID]
		if ok && h.at.Equal(known.at) && (h.censored || known.censored) {
			h.censored, known.censored = true, true
		}
		if !ok || cmp.Or(h.at.Compare(known.at), cmp.Compare(h.board, known.board), cmp.Compare(h.posting, known.posting)) < 0 {
			known = h
		}
		homes[c.VacancyID] = known
	}
	for id, c := range current {
		for _, s := range spells[id] {
			until := s.LastSeen
			if s.ClosedReason == "expired" {
				until = s.ClosedAt.Add(-time.Millisecond)
			}
			for _, start := range starts(p, s.OpenedAt, until) {
				k := key{start, homes[c.VacancyID].role}
				if active[k] == nil {
					active[k] = map[string]bool{}
				}
				active[k][c.VacancyID] = true
			}
		}
	}
	var out []tally
	for k, vacancies := range active {
		row := tally{k.period, k.role, len(vacancies), 0}
		for v := range vacancies {
			if h := homes[v]; !h.censored && starts(p, h.at, h.at)[0].Equal(k.period) {
				row.new++
			}
		}
		out = append(out, row)
	}
	sortCounted(out)
	return out
}

func sortCounted(rows []tally) {
	slices.SortFunc(rows, func(a, b tally) int {
		return cmp.Or(a.period.Compare(b.period), cmp.Compare(a.group, b.group))
	})
}

// everywhere are the figures of an answer on all boards.
func everywhere(a trend.VolumesAnswer) (out []tally) {
	for _, r := range a.Rows {
		out = append(out, tally{r.Period, r.Group, int(r.All.Active), int(r.All.New)})
	}
	sortCounted(out)
	return out
}

// TestVolumesEqualACountWithoutSQL: of weeks from spells, of months from the rollup, of quarters from vacancies.
func TestVolumesEqualACountWithoutSQL(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2, 3} {
		q, w := world(t, seed)
		for _, p := range []trend.Period{trend.Week, trend.Month, trend.Quarter} {
			answer, err := trend.VolumesOf(t.Context(), q, trend.VolumesQuestion{Scope: trend.Scope{Period: p}})
			if err != nil {
				t.Fatal(err)
			}
			if len(answer.Rows) == 0 || answer.TaggerVersion != storetest.Tagger {
				t.Fatalf("seed %d: %d rows by version %q", seed, len(answer.Rows), answer.TaggerVersion)
			}
			if got := strings.Contains(answer.SQL, "FROM employer_skill_months"); got != (p == trend.Month) {
				t.Errorf("%s: of the rollup %v", p, got)
			}
			// A quarter begins with the data; weeks after the last look at any board are not asked about.
			got := everywhere(answer)
			for i := range got {
				got[i].period = starts(p, got[i].period, got[i].period)[0]
			}
			last := answer.Periods[len(answer.Periods)-1].From
			want := slices.DeleteFunc(count(w, p), func(c tally) bool { return c.period.After(last) })
			if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(tally{})); diff != "" {
				t.Errorf("seed %d, %s:\n%s", seed, p, diff)
			}
		}
	}
}

// TestVolumesOfTheRollupEqualVacancies: naming all companies makes the question count vacancies.
func TestVolumesOfTheRollupEqualVacancies(t *testing.T) {
	t.Parallel()
	q := planted(t, random(6))
	var everybody []string
	for e := range 16 {
		everybody = append(everybody, fmt.Sprintf("e%02d", e))
	}
	for _, by := range []string{"board", "role", "source", "total"} { // rows have the panel's figures and those of all boards
		rolled, err1 := trend.VolumesOf(t.Context(), q, trend.VolumesQuestion{By: by})
		counted, err2 := trend.VolumesOf(t.Context(), q, trend.VolumesQuestion{Scope: trend.Scope{Companies: everybody}, By: by})
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if !strings.Contains(rolled.SQL, "FROM employer_skill_months") || strings.Contains(counted.SQL, "FROM employer_skill_months") {
			t.Errorf("by %s: not asked of the two tables", by)
		}
		if diff := gocmp.Diff(counted.Rows, rolled.Rows); diff != "" || len(rolled.Rows) == 0 {
			t.Errorf("by %s: %d rows\n%s", by, len(rolled.Rows), diff)
		}
	}
}

func TestFiltersNarrow(t *testing.T) {
	t.Parallel()
	q, _ := world(t, 2)
	everything := trend.Scope{AllBoards: true}
	all, err := trend.VolumesOf(t.Context(), q, trend.VolumesQuestion{Scope: everything})
	if err != nil {
		t.Fatal(err)
	}
	role := all.Rows[0].Group
	from := all.Rows[0].Period.AddDate(0, 1, 0)
	some, err := trend.VolumesOf(t.Context(), q, trend.VolumesQuestion{Scope: trend.Scope{AllBoards: true, Roles: []string{role}, From: from}})
	if err != nil {
		t.Fatal(err)
	}
	var want []trend.Volumes
	for _, r := range all.Rows {
		if r.Group == role && !r.Period.Before(from) {
			want = append(want, r)
		}
	}
	if diff := gocmp.Diff(want, append([]trend.Volumes(nil), some.Rows...)); diff != "" || len(want) == 0 {
		t.Error(diff)
	}
	none, err := trend.Mentions(t.Context(), q, trend.MentionsQuestion{Scope: trend.Scope{Companies: []string{`no "such' \company`}}})
	if err != nil || len(none.Rows) != 0 {
		t.Errorf("%d rows of a company that is not there, %v", len(none.Rows), err)
	}
	_, err = trend.VolumesOf(t.Context(), q, trend.VolumesQuestion{Scope: trend.Scope{From: from.AddDate(99, 0, 0)}})
	if !errors.Is(err, trend.ErrNothing) || !errors.Is(err, trend.ErrQuestion) {
		t.Errorf("of a time without data: %v", err)
	}
}

func TestBadQuestions(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, question := range []trend.VolumesQuestion{
		{By: "colour"},
		{Scope: trend.Scope{Period: "fortnight"}},
		{Scope: trend.Scope{From: day, To: day}},
	} {
		if _, err := trend.VolumesOf(t.Context(), nil, question); !errors.Is(err, trend.ErrQuestion) {
			t.Errorf("%s: %v", fmt.Sprint(question), err)
		}
	}
}
