package trend_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/trend"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-12 }

// TestABoardThatJoinsMakesNoTrend: a board that is looked at from the middle on doubles what all boards
// have, and leaves the panel's volume and slope as they were without it.
func TestABoardThatJoinsMakesNoTrend(t *testing.T) {
	t.Parallel()
	const weeks = 40
	old := employers(12, weeks, tastes)
	for i := range old { // not all the time, so that there is something to fit
		if i%4 == 1 {
			old[i].from, old[i].to = i%7, weeks-i%9
		}
	}
	without := planted(t, plot{weeks: weeks, jobs: old})
	for _, role := range []string{"alpha", "beta"} {
		for k := range 60 {
			old = append(old, job{id: fmt.Sprint("new", role, k), employer: fmt.Sprint("n", k%15), board: "joined", role: role, skills: []string{"shared", "same"}, from: 20, to: weeks})
		}
	}
	with := planted(t, plot{weeks: weeks, jobs: old, boards: map[string]plotBoard{"joined": {first: 20}}})

	ask := func(q trend.Querier, all bool) (trend.VolumesAnswer, trend.SlopeAnswer) {
		scope := trend.Scope{Roles: []string{"alpha", "beta"}, AllBoards: all}
		v, err := trend.VolumesOf(t.Context(), q, trend.VolumesQuestion{Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		s, err := trend.Slope(t.Context(), q, trend.SlopeQuestion{Scope: scope, Permutations: 19, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		return v, s
	}
	volume, slope := ask(with, false)
	wantVolume, wantSlope := ask(without, false)
	for i, r := range volume.Rows {
		if w := wantVolume.Rows[i]; r.Active != w.Active || r.New != w.New || r.Group != w.Group {
			t.Errorf("%s %s: %d active, %d new; %d and %d without the board", r.Period.Format("2006-01"), r.Group, r.Active, r.New, w.Active, w.New)
		}
	}
	if last := volume.Rows[len(volume.Rows)-1]; last.All.Active < 2*last.Active-5 {
		t.Errorf("all boards have %d of %d: the test shows nothing", last.All.Active, last.Active)
	}
	if slope.Total.Low == nil || !near(*slope.Total.Value, *wantSlope.Total.Value) || !near(*slope.Within.Low, *wantSlope.Within.Low) {
		t.Errorf("slope %+v with the board, %+v without", slope.Total, wantSlope.Total)
	}
	if slope.Falsifier == nil || !near(slope.Falsifier.Ratio, wantSlope.Falsifier.Ratio) {
		t.Errorf("falsifier %+v with the board, %+v without", slope.Falsifier, wantSlope.Falsifier)
	}
	_, all := ask(with, true)
	if near(*all.Total.Value, *slope.Total.Value) || !near(*all.Total.Value, *slope.AllBoards.Value) || *all.Total.Value < 0.05 {
		t.Errorf("on all boards the slope is %v, beside the panel's %v it is %v", *all.Total.Value, *slope.Total.Value, *slope.AllBoards.Value)
	}
	if p := slope.Guards.Panel; !p.Applied || p.Healthy != 12 || p.Boards != 13 || len(p.LeftOut) != 1 || p.LeftOut[0].Board != "joined" || !strings.Contains(p.LeftOut[0].Why, "first") {
		t.Errorf("panel %+v", p)
	}
	if p := all.Guards.Panel; p.Applied || p.Why == "" {
		t.Errorf("all boards: panel %+v", p)
	}
}

// TestUnknownEmployersMakeNoTrend: vacancies whose employer nobody knows are one employer to no slope and to no
// falsifier, and none of those that an interval needs.
func TestUnknownEmployersMakeNoTrend(t *testing.T) {
	t.Parallel()
	const weeks = 40
	jobs := employers(12, weeks, tastes)
	for i := range jobs {
		if i%4 == 1 {
			jobs[i].from, jobs[i].to = i%7, weeks-i%9
		}
	}
	ask := func(jobs []job) (trend.SlopeAnswer, trend.SimilarityAnswer) {
		q := planted(t, plot{weeks: weeks, jobs: jobs})
		scope := trend.Scope{Roles: []string{"alpha", "beta"}, AllBoards: true}
		s, err := trend.Slope(t.Context(), q, trend.SlopeQuestion{Scope: scope, Permutations: 19, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		return s, similarity(t, q, scope)
	}
	want, _ := ask(jobs)
	for _, role := range []string{"alpha", "beta"} {
		for k := range 20 {
			jobs = append(jobs, job{id: fmt.Sprint("unknown", role, k), board: "thread", role: role, skills: []string{"shared", "same"}, from: k, to: weeks})
		}
	}
	got, alike := ask(jobs)
	if got.Total.Low == nil || !near(*got.Total.Value, *want.Total.Value) || !near(*got.Within.Low, *want.Within.Low) || got.EmployersA != 12 || got.VacanciesA != want.VacanciesA {
		t.Errorf("slope %+v of %d employers with unknown ones, %+v without", got.Total, got.EmployersA, want.Total)
	}
	if got.Falsifier == nil || *got.Falsifier != *want.Falsifier {
		t.Errorf("falsifier %+v with unknown ones, %+v without", got.Falsifier, want.Falsifier)
	}
	if got.Guards.Unnamed == 0 || want.Guards.Unnamed != 0 {
		t.Errorf("%d vacancies of nobody left out, and %d where there are none", got.Guards.Unnamed, want.Guards.Unnamed)
	}
	if p := alike.Pairs[0]; p.EmployersA != 12 {
		t.Errorf("%d employers", p.EmployersA)
	}
}

// TestAFirstLookIsNoBoom: what boards had when they were first seen whole is active and never new.
func TestAFirstLookIsNoBoom(t *testing.T) {
	t.Parallel()
	jobs := employers(12, 20, tastes)
	for i := range 5 {
		jobs = append(jobs, job{id: fmt.Sprint("later", i), employer: "e00", role: "alpha", skills: []string{"shared"}, from: 6, to: 20})
	}
	q := planted(t, plot{weeks: 20, jobs: jobs})
	for _, period := range []trend.Period{trend.Week, trend.Month, trend.Quarter} {
		answer, err := trend.VolumesOf(t.Context(), q, trend.VolumesQuestion{Scope: trend.Scope{Period: period}, By: "total"})
		if err != nil {
			t.Fatal(err)
		}
		var fresh uint64
		for _, r := range answer.Rows {
			fresh += r.New
		}
		if first := answer.Rows[0]; first.Active != 72 && period != trend.Quarter || fresh != 5 {
			t.Errorf("by %s: %d active at first, %d new at all; want 72 and 5", period, first.Active, fresh)
		}
		if answer.Guards.Censored != 72 {
			t.Errorf("by %s: %d censored, want 72", period, answer.Guards.Censored)
		}
	}
	flow := similarity(t, q, trend.Scope{Basis: trend.New})
	if p := flow.Pairs[0]; p.VacanciesA != 5 || p.VacanciesB != 0 || p.Cosine.Value != nil || flow.Headline != "" {
		t.Errorf("as a flow: %+v", p)
	}
}

// TestCopiesCountOnce: one employer's job in forty cities weighs as one vacancy.
func TestCopiesCountOnce(t *testing.T) {
	t.Parallel()
	jobs := employers(12, 10, tastes)
	plain := similarity(t, planted(t, plot{weeks: 10, jobs: jobs}), trend.Scope{})
	for i := range jobs {
		if i%5 == 0 {
			jobs[i].copies = 40
		}
	}
	copied := similarity(t, planted(t, plot{weeks: 10, jobs: jobs}), trend.Scope{})
	if a, b := plain.Pairs[0], copied.Pairs[0]; a.VacanciesA != b.VacanciesA || !near(*a.Cosine.Value, *b.Cosine.Value) || !near(*a.Cosine.Low, *b.Cosine.Low) {
		t.Errorf("with copies %+v, without %+v", b.Cosine, a.Cosine)
	}
	if g := copied.Guards; g.Vacancies != 72 || g.Postings != 72+39*15 {
		t.Errorf("%d postings are %d vacancies", g.Postings, g.Vacancies)
	}
}

// TestBoilerplateMakesNoRolesAlike: two employers, and ten more, whose adverts all tell the same of them.
func TestBoilerplateMakesNoRolesAlike(t *testing.T) {
	t.Parallel()
	jobs := employers(12, 10, tastes)
	bare := similarity(t, planted(t, plot{weeks: 10, jobs: jobs}), trend.Scope{})
	for i := range jobs {
		jobs[i].boiler = []string{"kubernetes", "python", "terraform"}
	}
	told := similarity(t, planted(t, plot{weeks: 10, jobs: jobs}), trend.Scope{})
	if a, b := bare.Pairs[0], told.Pairs[0]; !near(*a.Cosine.Value, *b.Cosine.Value) || !near(*a.Divergence, *b.Divergence) {
		t.Errorf("cosine %v with boilerplate, %v without", *b.Cosine.Value, *a.Cosine.Value)
	}
	if g := told.Guards; g.Boilerplate == 0 || g.Boilerplate*5 < g.Mentions || bare.Guards.Boilerplate != 0 {
		t.Errorf("boilerplate %d of %d mentions, %d without any", g.Boilerplate, g.Mentions, bare.Guards.Boilerplate)
	}
}

// TestTooLittleIsNotTold: no interval and no headline of under ten employers, no value under the floor.
func TestTooLittleIsNotTold(t *testing.T) {
	t.Parallel()
	jobs := employers(9, 30, tastes)
	for i := range 4 {
		jobs = append(jobs, job{id: fmt.Sprint("rare", i), employer: fmt.Sprint("e0", i), role: "gamma", skills: []string{"shared"}, to: 30})
	}
	jobs = append(jobs, job{id: "both", employer: "e00", role: "alpha", roles: []string{"alpha", "beta"}, to: 30}, job{id: "none", employer: "e00", to: 30})
	q := planted(t, plot{weeks: 30, jobs: jobs})
	answer := similarity(t, q, trend.Scope{})
	if p := answer.Pairs[0]; p.Cosine.Value == nil || p.Cosine.Low != nil || answer.Headline != "" || len(answer.Guards.Suppressed) != 2 {
		t.Errorf("of nine employers: %+v, headline %q, suppressed %+v", p.Cosine, answer.Headline, answer.Guards.Suppressed)
	}
	if g := answer.Guards; g.SeveralRoles != 1 || g.WithoutRole != 1 {
		t.Errorf("%d of several roles, %d of none", g.SeveralRoles, g.WithoutRole)
	}
	shares, err := trend.Shares(t.Context(), q, trend.SharesQuestion{Scope: trend.Scope{Roles: []string{"gamma"}}})
	if err != nil || len(shares.Rows) == 0 {
		t.Fatalf("%d rows, %v", len(shares.Rows), err)
	}
	for _, r := range shares.Rows {
		if r.Share.Value != nil || r.RCA != nil || r.AllBoards != nil {
			t.Errorf("of four vacancies: %+v", r)
		}
	}
	slope, err := trend.Slope(t.Context(), q, trend.SlopeQuestion{Scope: trend.Scope{Roles: []string{"alpha", "beta"}}})
	if err != nil || slope.Total.Low != nil || slope.Headline != "" || slope.Total.Value == nil {
		t.Errorf("slope of nine employers: %+v, %q, %v", slope.Total, slope.Headline, err)
	}
}

// TestSlopeWithoutWithin: where no employer was seen twice there is no slope within employers, and the total stands.
func TestSlopeWithoutWithin(t *testing.T) {
	t.Parallel()
	var jobs []job
	for month, from := range []int{1, 5, 9, 13} {
		for i := range 6 {
			skills := map[string][]string{"alpha": {"shared", "left"}, "beta": {"shared", "right"}}
			if i < month { // more and more alike
				skills["beta"] = []string{"shared", "left"}
			}
			for role, of := range skills {
				jobs = append(jobs, job{id: fmt.Sprint(role, month, i), employer: fmt.Sprintf("e%d%d", month, i), role: role, skills: of, from: from, to: from + 1})
			}
		}
	}
	slices.SortFunc(jobs, func(a, b job) int { return strings.Compare(a.id, b.id) })
	answer, err := trend.Slope(t.Context(), planted(t, plot{weeks: 16, jobs: jobs}), trend.SlopeQuestion{Scope: trend.Scope{Roles: []string{"alpha", "beta"}}})
	if err != nil {
		t.Fatal(err)
	}
	if answer.Total.Low == nil || *answer.Total.Low <= 0 || answer.Within.Value != nil || answer.Between.Value != nil || !strings.HasPrefix(answer.Undefined, "within: no employer") {
		t.Errorf("total %+v, within %+v, between %+v, %q", answer.Total, answer.Within, answer.Between, answer.Undefined)
	}
	if !strings.Contains(answer.Headline, "alpha and beta converge") || strings.Contains(answer.Headline, "at the same employers") {
		t.Errorf("headline %q", answer.Headline)
	}
}

// TestBoardsThatFailAreLeftOut: a board that was blind in more than a quarter of the months, or in the last.
func TestBoardsThatFailAreLeftOut(t *testing.T) {
	t.Parallel()
	from := func(first, last int) (out []int) {
		for w := first; w <= last; w++ {
			out = append(out, w)
		}
		return out
	}
	q := planted(t, plot{weeks: 38, jobs: employers(12, 38, tastes), boards: map[string]plotBoard{
		"e00": {blind: from(4, 7)}, "e01": {blind: from(4, 20)}, "e02": {blind: from(30, 37)},
	}})
	answer, err := trend.VolumesOf(t.Context(), q, trend.VolumesQuestion{By: "board"})
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, b := range answer.Guards.Panel.LeftOut {
		left = append(left, b.Board)
	}
	if got := strings.Join(left, " "); got != "e01 e02" || answer.Guards.Panel.Healthy != 10 {
		t.Errorf("left out: %s; %+v", got, answer.Guards.Panel)
	}
	blind := plot{weeks: 9, jobs: employers(1, 9, tastes), boards: map[string]plotBoard{"e00": {blind: from(0, 8)}}}
	none, err := trend.VolumesOf(t.Context(), planted(t, blind), trend.VolumesQuestion{By: "total"})
	if err != nil || none.Guards.Panel.Applied || none.Guards.Panel.Why == "" || none.Rows[0].Active != 6 {
		t.Errorf("where no board is healthy: %+v, %v", none.Guards.Panel, err)
	}
}
