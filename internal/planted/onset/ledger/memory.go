package ledger

import (
	"fmt"
	"slices"

	"github.com/rolescope/rolescope/internal/planted/onset"
	"github.com/rolescope/rolescope/trend"
)

// ReplayMemory evaluates every week of a market by package onset's own count and tests, without a store: in seconds,
// where Replay takes minutes. A test holds the two to each other. The scene is Plain or Null, and of titles only whole ones
// are tested.
func ReplayMemory(m *onset.Market, scene Scene) Reading {
	if scene == Null {
		to := onset.Shuffled(m.Weeks, blockWeeks, m.Seed)
		for i := range m.Vacancies {
			m.Vacancies[i].Week = to[m.Vacancies[i].Week]
		}
		slices.SortStableFunc(m.Vacancies, func(a, b onset.Vacancy) int { return a.Week - b.Week })
	}
	out := onset.Replay(m, onset.Count(m), onset.Standard())
	r := newReading(m, scene)
	r.Unit, r.Units, r.Vacancies, r.Looks, r.Found, r.Through = trend.Week, m.Weeks, len(m.Vacancies), out.Looks, out.Found, "memory"
	for _, f := range out.Found {
		if f.At >= 0 {
			r.Told++
		}
	}
	for _, a := range out.False {
		r.Told++
		r.False = append(r.False, Told{Name: fmt.Sprintf("%s %d %d", a.Family, a.Term, a.Role), Week: a.At})
	}
	for family, rejected := range out.Rejected {
		r.Families[trend.Family(family)] = rejected
	}
	return r
}
