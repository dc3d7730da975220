package markettest_test

import (
	"testing"
	"time"

	"github.com/rolescope/rolescope/trend"
	"github.com/rolescope/rolescope/trend/measure"
)

// seenJob is what is true of a vacancy of which adverts were seen.
type seenJob struct {
	role, employer      string
	first, missed, last time.Time // missed: when the last of its adverts was
	censored, open      bool
	months              map[string]bool // in which any advert was open
}

func seenJobs(f filled) map[int]*seenJob {
	out := map[int]*seenJob{}
	for _, l := range f.Lives(f.sent.Seen) {
		j := out[l.Advert.Vacancy]
		if j == nil {
			j = &seenJob{role: l.Advert.Role, employer: l.Advert.Board, first: l.First(), censored: l.Censored, months: map[string]bool{}}
			out[l.Advert.Vacancy] = j
		}
		if l.First().Before(j.first) || l.First().Equal(j.first) && l.Censored {
			j.first, j.censored = l.First(), l.Censored
		}
		if missed := l.Stays[len(l.Stays)-1].Missed; missed.IsZero() {
			j.open = true
		} else if missed.After(j.missed) {
			j.missed = missed
		}
		if l.Last().After(j.last) {
			j.last = l.Last()
		}
		for _, s := range l.Stays {
			for at := s.First; ; at = at.AddDate(0, 0, 1) {
				if at.After(s.Last) {
					j.months[s.Last.Format("2006-01")] = true
					break
				}
				j.months[at.Format("2006-01")] = true
			}
		}
	}
	return out
}

// testVolumes: active and new vacancies per role and week, and per role and month.
func testVolumes(t *testing.T, f filled) {
	weeks, months := map[cell][2]int{}, map[cell][2]int{}
	for _, c := range f.Expected(f.sent.Seen) {
		weeks[cell{c.Week.Format(time.DateOnly), c.Role}] = [2]int{c.ActiveVacancies, c.NewVacancies}
	}
	for _, j := range seenJobs(f) {
		for m := range j.months {
			n := months[cell{m + "-01", j.role}]
			n[0]++
			if !j.censored && j.first.Format("2006-01") == m {
				n[1]++
			}
			months[cell{m + "-01", j.role}] = n
		}
	}
	for period, want := range map[trend.Period]map[cell][2]int{trend.Week: weeks, trend.Month: months} {
		answer, err := trend.VolumesOf(t.Context(), asker{f.store}, trend.VolumesQuestion{Scope: trend.Scope{Period: period, AllBoards: true}})
		if err != nil {
			t.Fatal(err)
		}
		got := map[cell][2]int{}
		for _, r := range answer.Rows {
			got[cell{r.Period.Format(time.DateOnly), r.Group}] = [2]int{int(r.Active), int(r.New)}
		}
		diff(t, want, got)
	}
}

// testLifetimes: the Kaplan-Meier curve of every role is that of the true lives.
func testLifetimes(t *testing.T, f filled) {
	lives, censored := map[string][]measure.Lifetime{}, 0
	for _, j := range seenJobs(f) {
		if j.censored {
			censored++
			continue
		}
		l := measure.Lifetime{Employer: j.employer, Closed: !j.open, N: 1, Days: int(j.missed.Sub(j.first) / (24 * time.Hour))}
		if j.open {
			l.Days = int(j.last.Sub(j.first) / (24 * time.Hour))
		}
		lives[j.role] = append(lives[j.role], l)
	}
	answer, err := trend.Lifetimes(t.Context(), asker{f.store}, trend.LifetimeQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	if got := answer.LeftOut["open before we looked"]; got != censored || censored == 0 {
		t.Errorf("%d left out, want %d", got, censored)
	}
	steps := 0
	for _, r := range answer.Roles {
		curve, _, _, _ := measure.KaplanMeier(lives[r.Role], trend.Level)
		if r.Vacancies != len(lives[r.Role]) || r.Vacancies >= trend.Floor && len(r.Curve) != len(curve) {
			t.Errorf("%s: %d vacancies, %d steps; want %d, %d", r.Role, r.Vacancies, len(r.Curve), len(lives[r.Role]), len(curve))
			continue
		}
		for i, s := range r.Curve {
			steps++
			if w := curve[i]; s.Day != w.Day || s.AtRisk != w.AtRisk || s.Closed != w.Closed || *s.Open.Value != w.S {
				t.Errorf("%s: day %d: %d of %d closed, want day %d: %d of %d", r.Role, s.Day, s.Closed, s.AtRisk, w.Day, w.Closed, w.AtRisk)
			}
		}
	}
	if steps == 0 {
		t.Error("no role has a curve: the test shows nothing")
	}
}
