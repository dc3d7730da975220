package market

import (
	"cmp"
	"slices"
	"time"
)

// Count is how many vacancies and adverts of a role were active and new in a week.
type Count struct {
	Week            time.Time // its Monday
	Role            string
	ActiveVacancies int
	NewVacancies    int
	ActivePostings  int
	NewPostings     int
}

// Life is what can be known of an advert that was seen.
type Life struct {
	Advert      Advert
	First, Last time.Time // of its sightings
	// Missed is the first moment after Last at which its board was seen without it; zero when it was
	// there to the end.
	Missed   time.Time
	Censored bool // it was there when its board was first seen: active, but never new
	// Broken is when it was seen again after having been missed for longer than Grace: from then on
	// it counts as opened again. No advert of a default market does so.
	Broken []time.Time
	Seen   []time.Time
}

// Grace is how long an advert may be missed and count as never closed (docs: DESIGN.md section 4).
const Grace = 21 * 24 * time.Hour

// Lives tells of every advert that was seen, given the moments at which each board was seen whole.
func (m *Market) Lives(seen map[Key][]time.Time) []Life {
	var out []Life
	for _, e := range m.employers {
		moments := slices.SortedFunc(slices.Values(seen[e.Key]), time.Time.Compare)
		for _, a := range e.adverts {
			if l, ok := a.life(moments); ok {
				out = append(out, l)
			}
		}
	}
	return out
}

func (a *advert) life(moments []time.Time) (Life, bool) {
	l := Life{Advert: a.Advert}
	for i, t := range moments {
		switch {
		case a.listedAt(t):
			if l.First.IsZero() {
				l.First, l.Censored = t, i == 0
			} else if !l.Missed.IsZero() && t.Sub(l.Missed) > Grace {
				l.Broken = append(l.Broken, t)
			}
			l.Last, l.Missed = t, time.Time{}
			l.Seen = append(l.Seen, t)
		case !l.First.IsZero() && l.Missed.IsZero():
			l.Missed = t
		}
	}
	return l, !l.First.IsZero()
}

// open lists the weeks in which the advert counts as open.
func (l Life) open() []time.Time {
	var out []time.Time
	add := func(from, to time.Time) {
		for w := monday(from); !w.After(to); w = w.AddDate(0, 0, 7) {
			if len(out) == 0 || out[len(out)-1].Before(w) {
				out = append(out, w)
			}
		}
	}
	from, broken := l.First, l.Broken
	for i, t := range l.Seen {
		if len(broken) > 0 && t.Equal(broken[0]) {
			add(from, l.Seen[i-1])
			from, broken = t, broken[1:]
		}
	}
	add(from, l.Last)
	return out
}

func monday(t time.Time) time.Time {
	day := t.UTC().Truncate(24 * time.Hour)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

// Seen are the moments at which each board is seen whole when it is crawled by its schedule.
func (m *Market) Seen() map[Key][]time.Time {
	out := map[Key][]time.Time{}
	for _, e := range m.employers {
		for _, t := range m.Crawls() {
			if m.Succeeds(e.Key, t) {
				out[e.Key] = append(out[e.Key], t)
			}
		}
	}
	return out
}

// Expected is what has to be counted per role and week, given the moments at which each board was
// seen whole: at those, what stands on it is known; in between nothing is, but that an advert seen
// before and after was open. It follows the definitions, not the program:
//
//   - an advert is active in the weeks from its first to its last sighting;
//   - it is new in the week of its first sighting, unless its board was seen for the first time then;
//   - a vacancy is active when one of its adverts is, and new with the first of them.
//
// Rows come by week and role; a week and role without anything has none.
func (m *Market) Expected(seen map[Key][]time.Time) []Count {
	type cell struct {
		week time.Time
		role string
	}
	type vacancies struct{ active, fresh map[int]bool }
	counts, jobs := map[cell]*Count{}, map[cell]vacancies{}
	at := func(c cell) (*Count, vacancies) {
		if counts[c] == nil {
			counts[c] = &Count{Week: c.week, Role: c.role}
			jobs[c] = vacancies{map[int]bool{}, map[int]bool{}}
		}
		return counts[c], jobs[c]
	}
	lives := m.Lives(seen)
	first := map[int]Life{}
	for _, l := range lives {
		if f, ok := first[l.Advert.Vacancy]; !ok || l.First.Before(f.First) {
			first[l.Advert.Vacancy] = l
		}
		for _, w := range l.open() {
			n, v := at(cell{w, l.Advert.Role})
			n.ActivePostings++
			v.active[l.Advert.Vacancy] = true
		}
		if !l.Censored {
			n, _ := at(cell{monday(l.First), l.Advert.Role})
			n.NewPostings++
		}
	}
	for vacancy, l := range first {
		if !l.Censored {
			_, v := at(cell{monday(l.First), l.Advert.Role})
			v.fresh[vacancy] = true
		}
	}
	var out []Count
	for c, n := range counts {
		n.ActiveVacancies, n.NewVacancies = len(jobs[c].active), len(jobs[c].fresh)
		out = append(out, *n)
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(a.Week.Compare(b.Week), cmp.Compare(a.Role, b.Role))
	})
	return out
}
