package market

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// How hiring before the first crawl, and the extra adverts of one job, enter the sums.
const (
	weeksBefore = 52   // of hiring before the start: one job in 250 is open for longer
	margin      = 0.97 // the backlog and the script add more than is lost between two crawls
	requiredBy  = 0.65 // share of the skills asked for that are requirements
	minOpen     = 2 * 24 * time.Hour
)

// hire fills the boards.
func (m *Market) hire() {
	// Adverts per job: those of copies, of which there are 4 on average, and of reposts.
	perJob := (1 + 3*m.script.Copies) * (1 + m.script.Reposts)
	visible := 0.0
	for _, e := range m.employers {
		visible += e.size * m.End().Sub(e.Joined).Hours() / (hoursPerWeek * float64(m.cfg.Weeks))
	}
	jobs := float64(m.cfg.Postings) * margin / perJob / visible
	for _, e := range m.employers {
		h := &hiring{m: m, e: e, texts: map[string]bool{}}
		h.ordinary(jobs * e.size / h.total())
		h.categories()
		h.massPosts()
		h.finish()
		m.adverts = append(m.adverts, e.adverts...)
	}
	for i, a := range m.adverts {
		a.number = i
	}
}

// hiring is what one employer does.
type hiring struct {
	m     *Market
	e     *employer
	texts map[string]bool // of its jobs, so that two jobs never read alike
	jobs  int
}

// season is the factor of hiring in a week.
func (m *Market) season(week int) float64 { return m.script.Season[m.Week(week).Month()-1] }

// intensities are the relative rates of the roles in a week, which may be negative.
func (h *hiring) intensities(week int) (rates []float64, sum float64) {
	season := h.m.season(week)
	for i, r := range h.m.data.roles {
		rate := h.e.roles[i] * math.Pow(r.Growth, float64(week)/52) * season
		rates = append(rates, rate)
		sum += rate
	}
	return rates, sum
}

// total is the sum of the rates over the market's weeks.
func (h *hiring) total() float64 {
	total := 0.0
	for w := range h.m.cfg.Weeks {
		_, sum := h.intensities(w)
		total += sum
	}
	return total
}

// ordinary opens jobs week by week; scale turns rates into jobs.
func (h *hiring) ordinary(scale float64) {
	for w := -weeksBefore; w < h.m.cfg.Weeks; w++ {
		d := h.m.dice("week", h.e.Rank, w)
		rates, sum := h.intensities(w)
		for range poisson(d, scale*sum) {
			h.open(job{role: h.m.data.roles[weighted(d, rates)], at: moment(d, h.m.Week(w))}, "")
		}
	}
}

// moment is a working hour of a week.
func moment(d *rand.Rand, week time.Time) time.Time {
	return week.Add(time.Duration(d.IntN(5)*24+7+d.IntN(11))*time.Hour + time.Duration(d.IntN(3600))*time.Second)
}

// categories opens the jobs of categories that are born, if this employer takes them up.
func (h *hiring) categories() {
	for _, c := range h.m.script.Categories {
		turn := slices.Index(h.m.adopters(c), h.e.Rank)
		if turn < 0 {
			continue
		}
		onset := c.onset(turn)
		for w := onset; w < h.m.cfg.Weeks; w++ {
			d := h.m.dice("category", c.Role, h.e.Rank, w)
			n := poisson(d, c.Rate*h.m.season(w))
			if w == onset {
				n = max(n, 1)
			}
			for range n {
				h.open(job{role: h.m.data.byID[c.Role], at: moment(d, h.m.Week(w))}, "category "+c.Role)
			}
		}
	}
}

// adopters are the ranks of the employers that take up a category, in the order in which they do.
func (m *Market) adopters(c CategoryBirth) []int {
	var ranks []int
	for _, rank := range m.dice("adopters", c.Role).Perm(m.cfg.Employers) {
		if e := m.employers[rank]; e.Joined.Equal(m.cfg.Start) && len(ranks) < c.Employers {
			ranks = append(ranks, rank)
		}
	}
	return ranks
}

func (h *hiring) massPosts() {
	for _, p := range h.m.script.MassPosts {
		if p.Rank != h.e.Rank {
			continue
		}
		d := h.m.dice("mass post", p.Rank, p.Week)
		for i := range p.Jobs {
			copies := (i+1)*p.Adverts/p.Jobs - i*p.Adverts/p.Jobs
			at := moment(d, h.m.Week(p.Week+i%2))
			h.open(job{role: h.m.data.byID[p.Role], at: at, title: p.Title, copies: copies}, "mass post")
		}
	}
}

// job is one vacancy to be opened.
type job struct {
	role   *role
	at     time.Time
	title  string // replaces those of the role
	copies int    // adverts in as many cities; 0 leaves it to chance
}

// open draws a job with all its adverts.
func (h *hiring) open(j job, event string) {
	d := h.m.dice("job", h.e.Rank, h.jobs)
	h.jobs++
	p := h.plan(d, j)
	vacancy := h.m.vacancies
	h.m.vacancies++
	s := &h.m.script
	cities := []*city{pick(d, h.e.cities)}
	if j.copies == 0 && d.Float64() < s.Copies {
		j.copies = 2 + d.IntN(5)
	}
	if j.copies > 1 {
		cities = nil
		for _, i := range d.Perm(len(h.m.data.parts.Cities))[:min(j.copies, len(h.m.data.parts.Cities))] {
			cities = append(cities, &h.m.data.parts.Cities[i])
		}
	}
	days := math.Exp(math.Log(s.OpenDays) + s.Spread*d.NormFloat64())
	for i, c := range cities {
		a := &advert{plan: p, city: c, e: h.e}
		a.Vacancy, a.Event = vacancy, event
		a.Title = p.title
		if len(cities) > 1 && p.cityInTitle {
			a.Title += " - " + c.Name
		}
		opened := j.at.Add(time.Duration(i*7) * time.Minute)
		// The copies of a job close within two days of each other.
		closed := opened.Add(minOpen + time.Duration(days*24)*time.Hour + time.Duration(d.IntN(48))*time.Hour)
		a.Listed = []Interval{{From: opened, To: closed}}
		h.e.adverts = append(h.e.adverts, a)
		if d.Float64() < s.Reposts {
			b := &advert{plan: p, city: c, e: h.e}
			b.Vacancy, b.Event, b.Title, b.Repost = vacancy, event, a.Title, true
			again := closed.Add(time.Duration(14+d.IntN(56))*24*time.Hour + time.Duration(d.IntN(8))*time.Hour)
			b.Listed = []Interval{{From: again, To: again.Add(minOpen + time.Duration(lifetime(d, s)*24)*time.Hour)}}
			h.e.adverts = append(h.e.adverts, b)
		}
	}
}

func lifetime(d *rand.Rand, s *Script) float64 {
	return math.Exp(math.Log(s.OpenDays) + s.Spread*d.NormFloat64())
}

// finish drops what nobody can ever see, keeps the board from being empty, and adds ids, pay, edits
// and flaps.
func (h *hiring) finish() {
	e, m := h.e, h.m
	if h.keepVisible(); len(e.adverts) == 0 {
		h.open(job{role: m.data.roles[0], at: e.Joined.Add(-24 * time.Hour)}, "")
		h.keepVisible()
	}
	h.neverEmpty()
	for i, a := range e.adverts {
		d := m.dice("advert", e.Rank, i)
		a.name(m, i)
		a.price(m, d)
		if flaps := d.Float64() < m.script.Flaps; flaps && !m.nearTrouble(e, a.Listed[0]) {
			h.flap(m.dice("flap", e.Rank, i), a)
		}
		if d := m.dice("return", e.Rank, i); d.Float64() < m.script.Returns && len(a.Listed) == 1 {
			h.comeBack(d, a)
		}
		if open := a.Listed[0].To.Sub(a.Listed[0].From); open > 21*24*time.Hour && d.Float64() < m.script.Edits {
			a.edit(m, d, open)
		}
	}
}

// keepVisible sorts the adverts by opening and drops what nobody can ever see.
func (h *hiring) keepVisible() {
	slices.SortStableFunc(h.e.adverts, func(a, b *advert) int { return a.Listed[0].From.Compare(b.Listed[0].From) })
	h.e.adverts = slices.DeleteFunc(h.e.adverts, func(a *advert) bool {
		return !a.Listed[0].From.Before(h.m.End()) || !a.Listed[0].To.After(h.e.Joined)
	})
}

// neverEmpty prolongs the advert that closes last before a gap until the next one opens.
func (h *hiring) neverEmpty() {
	first := h.e.adverts[0]
	if start := h.e.Joined.Add(-time.Hour); first.Listed[0].From.After(start) {
		first.Listed[0].From = start
	}
	last := first
	for _, a := range h.e.adverts[1:] {
		if a.Listed[0].From.After(last.Listed[0].To) {
			last.Listed[0].To = a.Listed[0].From.Add(minOpen)
		}
		if a.Listed[0].To.After(last.Listed[0].To) {
			last = a
		}
	}
	if !last.Listed[0].To.After(h.m.End()) {
		last.Listed[0].To = h.m.End().Add(minOpen)
	}
}

// quiet is how far a flap or a return stays from an outage, from the board's first crawl and from the advert's own
// ends, so that it is a gap of one crawl between two that see the advert.
const quiet = 35 * 24 * time.Hour

func (m *Market) nearTrouble(e *employer, i Interval) bool {
	near := func(rank, week, weeks int) bool {
		return rank == e.Rank && i.To.After(m.Week(week).Add(-quiet)) && i.From.Before(m.Week(week+weeks).Add(quiet))
	}
	return slices.ContainsFunc(m.script.Outages, func(o Outage) bool { return near(o.Rank, o.Week, o.Weeks) }) ||
		slices.ContainsFunc(m.script.Partials, func(p Partial) bool { return near(p.Rank, p.Week, p.Weeks) }) ||
		slices.ContainsFunc(m.script.Vanishings, func(v Vanishing) bool { return near(v.Rank, v.Week, 1) })
}

// comeBack puts the advert on its board a second time, longer after than Grace at any rhythm of crawls
// up to weekly, if both times are long enough to be seen.
func (h *hiring) comeBack(d *rand.Rand, a *advert) {
	const seen = 14 * 24 * time.Hour
	first := a.Listed[0]
	again := first.To.Add(time.Duration(35+d.IntN(50))*24*time.Hour + time.Duration(d.IntN(8))*time.Hour)
	second := Interval{From: again, To: again.Add(seen + time.Duration(lifetime(d, &h.m.script)*24)*time.Hour)}
	from := first.From
	if from.Before(h.e.Joined) {
		from = h.e.Joined
	}
	if first.To.Sub(from) < seen || second.From.Add(seen).After(h.m.End()) || h.m.nearTrouble(h.e, Interval{From: first.From, To: second.To}) {
		return
	}
	a.Listed = append(a.Listed, second)
}

// flap takes the advert off its board around one crawl, if it is not the only one there.
func (h *hiring) flap(d *rand.Rand, a *advert) {
	open := a.Listed[0]
	from := open.From
	if e := h.e.Joined; from.Before(e) {
		from = e
	}
	first := int(from.Sub(h.m.cfg.Start).Hours()/hoursPerWeek) + 2
	last := int(open.To.Add(-crawlOffset).Sub(h.m.cfg.Start).Hours()/hoursPerWeek) - 1
	last = min(last, h.m.cfg.Weeks-2)
	if first > last {
		return
	}
	crawl := h.m.Week(first + d.IntN(last-first+1)).Add(crawlOffset)
	gap := Interval{From: crawl.Add(-30 * time.Hour), To: crawl.Add(36 * time.Hour)}
	others := 0
	for _, b := range h.e.adverts {
		if b != a && len(b.Listed) == 1 && !b.Listed[0].From.After(gap.From) && b.Listed[0].To.After(gap.To) {
			others++
		}
	}
	if others < 3 {
		return
	}
	a.Listed = []Interval{{From: open.From, To: gap.From}, {From: gap.To, To: open.To}}
}

func poisson(d *rand.Rand, mean float64) int {
	limit, p, n := math.Exp(-mean), d.Float64(), 0
	for p > limit {
		p *= d.Float64()
		n++
	}
	return n
}

// level is what a title says of seniority.
type level struct {
	name, before, after string
	weight              float64
	pay                 int // per cent of the plain level
	years               int
}

var levels = []level{
	{"", "", "", 42, 100, 3},
	{"senior", "Senior ", "", 30, 122, 5},
	{"staff", "Staff ", "", 8, 148, 8},
	{"principal", "Principal ", "", 4, 168, 10},
	{"lead", "Lead ", "", 5, 135, 7},
	{"entry", "Junior ", "", 5, 78, 1},
	{"intern", "", " Intern", 4, 45, 0},
}

// plainLevels are those of work that has no ladder of engineers.
var plainLevels = []level{
	{"", "", "", 70, 100, 3},
	{"senior", "Senior ", "", 26, 122, 5},
	{"intern", "", " Intern", 4, 45, 0},
}

func ladder(r *role) []level {
	switch r.ID {
	case "product_manager", "sales", "marketing", "operations", "people", "customer_success_support", "finance_legal":
		return plainLevels
	case "member_of_technical_staff":
		return []level{levels[0], {"senior", "Senior ", "", 12, 122, 5}, {"principal", "Principal ", "", 4, 168, 10}}
	}
	return levels
}

// name gives the advert its id and the words that the source's formats need.
func (a *advert) name(m *Market, i int) {
	e := a.e
	hi, lo := m.hash("id", e.Rank, i, a.Listed[0].From.Unix())
	a.ID = fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", hi>>32, hi>>16&0xffff, hi&0xfff, lo>>52, lo&0xffffffffffff)
	if e.Source == "greenhouse" {
		a.ID = fmt.Sprint(4_000_000_000 + uint64(e.Rank)*1_000_000 + uint64(i)*37 + hi%31)
	}
	a.Source, a.Board, a.Company = e.Source, e.Key.Board, e.Company
	a.Role, a.Mix, a.Category, a.Seniority = a.plan.role.Role, a.plan.role.MixOf, a.plan.category, a.plan.level.name
	a.Skills = a.plan.skills
	a.City, a.Country, a.Workplace = a.city.Name, a.city.Country, a.plan.work
	a.JobOpened = a.plan.opened
}

// titleOf is the title of a level and a field.
func titleOf(d *rand.Rand, l level, base, field string) string {
	t := l.before + base + l.after
	if field == "" {
		return t
	}
	switch d.IntN(5) {
	case 0:
		return t + " - " + field
	case 1:
		return t + " (" + field + ")"
	}
	return t + ", " + field
}
