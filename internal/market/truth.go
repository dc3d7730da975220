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

// Stay is a time during which an advert counts as open.
type Stay struct {
	First, Last time.Time // of its sightings
	// Missed is the first moment after Last at which its board was seen without it; zero when it was
	// there to the end.
	Missed time.Time
}

// Life is what can be known of an advert that was seen.
type Life struct {
	Advert   Advert
	Censored bool // it was there when its board was first seen whole: active, but never new
	// Stays has one element, or more when the advert was seen again after having been missed for longer
	// than Grace: then it counts as opened again. It is not new again, and nor is its vacancy.
	Stays []Stay
}

// First is when the advert was first seen.
func (l Life) First() time.Time { return l.Stays[0].First }

// Last is when it was last seen.
func (l Life) Last() time.Time { return l.last().Last }

func (l Life) last() *Stay { return &l.Stays[len(l.Stays)-1] }

const (
	// Grace is how long an advert may be missed and count as never closed (docs: DESIGN.md section 4).
	Grace = 21 * 24 * time.Hour
	// doubtedMin is of how many open adverts a board must lose more than half at once to be doubted.
	doubtedMin = 10
)

// look is one sight of a board.
type look struct {
	at     time.Time
	lists  map[*advert]bool
	part   bool // the board said that there was more: what it does not list proves nothing
	repeat bool // the same list as the whole one before: nothing new
	doubt  bool // more than half of a board is gone at once: the next whole list decides
}

// looks are what the board showed at some moments, in order of time.
func (m *Market) looks(e *employer, moments []time.Time) []look {
	var out []look
	open, doubted := map[*advert]bool{}, map[*advert]bool{}
	whole := ""
	for _, t := range moments {
		listing, total := m.listing(e, t, false)
		k := look{at: t, lists: map[*advert]bool{}, part: total > len(listing)}
		for _, w := range listing {
			k.lists[w.advert] = true
		}
		if !k.part {
			k.repeat, whole = tag(listing, total) == whole, tag(listing, total)
		}
		if !k.part && !k.repeat {
			var gone []*advert
			stood := 0
			for a := range open {
				switch {
				case k.lists[a]:
					stood++
				case doubted[a]: // now decided
					delete(open, a)
				default:
					stood++
					gone = append(gone, a)
				}
			}
			k.doubt = stood >= doubtedMin && 2*len(gone) > stood
			if k.doubt {
				whole = "" // a doubted list is asked for again as a whole: seen twice it is two lists, not a 304
			}
			clear(doubted)
			for _, a := range gone {
				if k.doubt {
					doubted[a] = true
				} else {
					delete(open, a)
				}
			}
		}
		for a := range k.lists {
			open[a] = true
			delete(doubted, a)
		}
		out = append(out, k)
	}
	return out
}

// Doubted are the looks at each board at which more than half of it was gone at once, so that the next
// one has to decide.
func (m *Market) Doubted(seen map[Key][]time.Time) map[Key][]time.Time {
	out := map[Key][]time.Time{}
	for _, e := range m.employers {
		for _, k := range m.looks(e, slices.SortedFunc(slices.Values(seen[e.Key]), time.Time.Compare)) {
			if k.doubt {
				out[e.Key] = append(out[e.Key], k.at)
			}
		}
	}
	return out
}

// Lives tells of every advert that was seen, given the moments at which each board listed anything.
func (m *Market) Lives(seen map[Key][]time.Time) []Life {
	var out []Life
	for _, e := range m.employers {
		looks := m.looks(e, slices.SortedFunc(slices.Values(seen[e.Key]), time.Time.Compare))
		for _, a := range e.adverts {
			if l, ok := a.life(looks); ok {
				out = append(out, l)
			}
		}
	}
	return out
}

func (a *advert) life(looks []look) (Life, bool) {
	l := Life{Advert: a.Advert}
	whole := false
	var doubted time.Time
	for _, k := range looks {
		switch {
		case k.lists[a]:
			switch {
			case len(l.Stays) == 0:
				l.Censored = !whole
				l.Stays = []Stay{{First: k.at}}
			case !l.last().Missed.IsZero() && k.at.Sub(l.last().Missed) > Grace:
				l.Stays = append(l.Stays, Stay{First: k.at})
			}
			l.last().Last, l.last().Missed, doubted = k.at, time.Time{}, time.Time{}
		case len(l.Stays) == 0 || !l.last().Missed.IsZero() || k.part || k.repeat: // says nothing of it
		case !doubted.IsZero():
			l.last().Missed = doubted
		case k.doubt:
			doubted = k.at
		default:
			l.last().Missed = k.at
		}
		whole = whole || !k.part
	}
	return l, len(l.Stays) > 0
}

// open lists the weeks in which the advert counts as open.
func (l Life) open() []time.Time {
	var out []time.Time
	for _, s := range l.Stays {
		for w := monday(s.First); !w.After(s.Last); w = w.AddDate(0, 0, 7) {
			if len(out) == 0 || out[len(out)-1].Before(w) {
				out = append(out, w)
			}
		}
	}
	return out
}

func monday(t time.Time) time.Time {
	day := t.UTC().Truncate(24 * time.Hour)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

// Seen are the moments at which each board lists anything when it is crawled by its schedule.
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

// Expected is what has to be counted per role and week, given the moments at which each board listed
// anything: at those, what it lists is known; in between nothing is, but that an advert seen before and
// after was open. It follows the definitions, not the program:
//
//   - an advert is active in the weeks from its first to its last sighting, without those in which it
//     was missed for longer than Grace;
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
		if f, ok := first[l.Advert.Vacancy]; !ok || l.First().Before(f.First()) {
			first[l.Advert.Vacancy] = l
		}
		for _, w := range l.open() {
			n, v := at(cell{w, l.Advert.Role})
			n.ActivePostings++
			v.active[l.Advert.Vacancy] = true
		}
		if !l.Censored {
			n, _ := at(cell{monday(l.First()), l.Advert.Role})
			n.NewPostings++
		}
	}
	for vacancy, l := range first {
		if !l.Censored {
			_, v := at(cell{monday(l.First()), l.Advert.Role})
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
