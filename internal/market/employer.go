package market

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Key names a board.
type Key struct{ Source, Board string }

// Board is a job board of the market.
type Board struct {
	Key
	Company  string
	Schedule string    // cron, UTC: when it is to be crawled
	Joined   time.Time // since when it answers
	Rank     int       // of its employer by size, from 0
}

// schedule is weekly, on Monday at five: the first moment of a week at which nobody hires.
const schedule = "0 5 * * 1"

// crawlOffset is the schedule as an offset into the week.
const crawlOffset = 5 * time.Hour

// employer is one company with its board.
type employer struct {
	Board
	size     float64
	sector   *sector
	roles    []float64 // weight of each hiring role
	cities   []*city
	taste    map[string]float64
	headings []string
	style    int // how headings are marked up
	about    string
	benefits []string
	equal    string
	states   float64 // share of its adverts that state pay
	pays     float64 // its pay relative to others
	work     string  // workplace of most of its jobs: onsite, hybrid or remote
	adverts  []*advert
}

// sizeExponent makes sizes heavy-tailed: of 72 employers the largest five have a third of all adverts.
const sizeExponent = 0.8

// found makes the employers.
func (m *Market) found() {
	p := m.data.parts
	kinds := slices.Sorted(maps.Keys(p.Boards))
	var shares []float64
	for _, k := range kinds {
		shares = append(shares, p.Boards[k])
	}
	skills := slices.Sorted(maps.Keys(m.data.skills))
	names := m.names()
	for rank := range m.cfg.Employers {
		d := m.dice("employer", rank)
		e := &employer{size: math.Pow(float64(rank+1), -sizeExponent), taste: map[string]float64{}}
		e.sector = &p.Sectors[d.IntN(len(p.Sectors))]
		e.Company = names[rank] + pick(d, e.sector.Tails)
		e.Rank, e.Schedule, e.Joined = rank, schedule, m.cfg.Start
		for _, j := range m.script.Joins {
			if j.Rank == rank {
				e.Joined = m.Week(j.Week)
			}
		}
		// The kinds take turns among the first employers, so that small markets have all of them.
		e.Source = kinds[rank%len(kinds)]
		if rank >= len(kinds) {
			e.Source = kinds[weighted(d, shares)]
		}
		e.Key.Board = strings.ToLower(strings.ReplaceAll(e.Company, " ", "-"))
		for _, s := range skills {
			e.taste[s] = 2*d.Float64() - 1
		}
		for _, r := range m.data.roles {
			w := r.Weight
			if lean, ok := e.sector.Lean[r.ID]; ok {
				w *= lean
			}
			e.roles = append(e.roles, w*(0.4+1.2*d.Float64()))
		}
		order := d.Perm(len(p.Cities))
		for _, i := range order[:1+d.IntN(4)] {
			e.cities = append(e.cities, &p.Cities[i])
		}
		say := strings.NewReplacer("{company}", e.Company, "{product}", pick(d, e.sector.Products)).Replace
		e.about, e.equal = say(pick(d, e.sector.About)), say(pick(d, p.Equal))
		for _, i := range d.Perm(len(p.Benefits))[:4] {
			e.benefits = append(e.benefits, p.Benefits[i])
		}
		e.headings, e.style = pick(d, p.Headings), d.IntN(3)
		e.states, e.pays = 0.25+0.7*d.Float64(), 0.9+0.2*d.Float64()
		e.work = []string{"hybrid", "hybrid", "onsite", "remote"}[d.IntN(4)]
		m.employers = append(m.employers, e)
		m.boards[e.Key] = e
	}
}

// names are the companies' first words, each once.
func (m *Market) names() []string {
	p := m.data.parts
	var all []string
	for _, a := range p.Prefixes {
		for _, b := range p.Suffixes {
			all = append(all, a+b)
		}
	}
	m.dice("names").Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// Boards lists the boards by size of their employers, the largest first.
func (m *Market) Boards() []Board {
	out := make([]Board, len(m.employers))
	for i, e := range m.employers {
		out[i] = e.Board
	}
	return out
}

// Crawls are the moments at which the schedule has the boards crawled, from the first to the last week.
func (m *Market) Crawls() []time.Time {
	out := make([]time.Time, m.cfg.Weeks)
	for w := range out {
		out[w] = m.Week(w).Add(crawlOffset)
	}
	return out
}

// status is how the board answers at a moment: 200 with what is on it, 200 with nothing (empty), 404
// before it joined, or as its outage says.
func (m *Market) status(e *employer, at time.Time) (status int, empty bool) {
	if at.Before(e.Joined) {
		return 404, false
	}
	for _, o := range m.script.Outages {
		if o.Rank == e.Rank && m.within(at, o.Week, o.Weeks) {
			return o.Status, o.Status == 200
		}
	}
	return 200, false
}

// Succeeds reports whether a crawl of a board at a moment learns what is on it, or a part of that.
func (m *Market) Succeeds(k Key, at time.Time) bool {
	e, ok := m.boards[k]
	if !ok {
		return false
	}
	status, empty := m.status(e, at)
	return status == 200 && !empty
}
