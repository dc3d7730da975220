package markettest_test

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/posting"
)

// What the answers of the query book are computed from: the market's truth as plain values. Nothing here
// asks the store.

// theRoles are those that several queries of the book are about.
var theRoles = []string{"research_scientist", "research_engineer", "applied_scientist", "ml_engineer"}

// job is a vacancy that was seen: its adverts, first seen first.
type job struct {
	id     int
	lives  []market.Life
	skills map[string]string // with the strongest strength of each
}

func (j job) role() string     { return j.lives[0].Advert.Role }
func (j job) employer() string { return employerOf(j.lives[0].Advert) }
func (j job) censored() bool   { return j.lives[0].Censored }
func (j job) first() time.Time { return j.lives[0].First() }

// months are the first days of the months in which some advert of it was seen open.
func (j job) months() []string {
	in := map[string]bool{}
	for _, l := range j.lives {
		for _, s := range l.Stays {
			for m := monthOf(s.First); !m.After(s.Last); m = m.AddDate(0, 1, 0) {
				in[day(m)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(in))
}

func employerOf(a market.Advert) string { return strings.ToLower(a.Company) }

func monthOf(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }

func day(t time.Time) string { return t.Format(time.DateOnly) }

func days(from, to time.Time) int { return int(to.Sub(from).Hours()) / 24 }

func idOf(a market.Advert) string { return posting.ID(a.Source, a.Board, a.ID) }

// jobs are all that were seen, by id.
func (f filled) jobs() []job {
	byID := map[int]*job{}
	strength := map[string]int{"preferred": 2, "required": 3}
	for _, id := range slices.Sorted(maps.Keys(f.lives)) {
		l := f.lives[id]
		j := byID[l.Advert.Vacancy]
		if j == nil {
			j = &job{id: l.Advert.Vacancy, skills: map[string]string{}}
			byID[j.id] = j
		}
		j.lives = append(j.lives, l)
		for _, s := range l.Advert.Skills {
			if strength[s.Strength] > strength[j.skills[s.ID]] {
				j.skills[s.ID] = s.Strength
			}
		}
	}
	var out []job
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		j := *byID[id]
		slices.SortStableFunc(j.lives, func(a, b market.Life) int {
			return cmp.Or(a.First().Compare(b.First()), cmp.Compare(idOf(a.Advert), idOf(b.Advert)))
		})
		out = append(out, j)
	}
	return out
}

// ofRoles are the jobs of the roles that most queries are about.
func (f filled) ofRoles() []job {
	return slices.DeleteFunc(f.jobs(), func(j job) bool { return !slices.Contains(theRoles, j.role()) })
}

// cut is the newest look at any board.
func (f filled) cut() time.Time { return f.Crawls()[len(f.Crawls())-1] }

// wording is the version of each advert that was seen last, by posting id.
func (f filled) wordings() map[string]int {
	out := map[string]int{}
	for k, moments := range f.sent.Seen {
		for _, at := range moments {
			_, listing := f.Listing(k, at, "")
			for _, w := range listing {
				out[posting.ID(k.Source, k.Board, w.ID())] = w.Version()
			}
		}
	}
	return out
}

// whole are the moments at which each board showed everything that it had, in order.
func (f filled) whole() map[market.Key][]time.Time {
	out := map[market.Key][]time.Time{}
	for k, moments := range f.sent.Seen {
		for _, at := range moments {
			if r, listing := f.Listing(k, at, ""); r.Total == len(listing) {
				out[k] = append(out[k], at)
			}
		}
	}
	return out
}

// round is ClickHouse's: halves to the even neighbour.
func round(x float64, places int) float64 {
	scale := math.Pow10(places)
	return math.RoundToEven(x*scale) / scale
}

func share(of, all int) float64 { return float64(of) / float64(all) }

// quantile interpolates linearly between the two nearest of the sorted values, R's type 7.
func quantile(p float64, values []float64) any {
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	h := p * float64(len(values)-1)
	low := int(h)
	high := min(low+1, len(values)-1)
	return values[low] + (h-float64(low))*(values[high]-values[low])
}

// sorted orders rows by columns: numbers and strings, a minus before the name for the largest first.
func sorted(rows []row, columns ...string) []row {
	slices.SortStableFunc(rows, func(a, b row) int {
		for _, c := range columns {
			name, descending := strings.CutPrefix(c, "-")
			n := compare(a[name], b[name])
			if descending {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
	return rows
}

func compare(a, b any) int {
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case int:
		return cmp.Compare(a, b.(int))
	}
	return cmp.Compare(a.(float64), b.(float64))
}

// count makes the sets of keys that share another key.
func count[K, V comparable](sets map[K]map[V]bool, k K, v V) {
	if sets[k] == nil {
		sets[k] = map[V]bool{}
	}
	sets[k][v] = true
}
