// Package onset draws weekly job markets in which terms emerge at known weeks, in a background that does
// what real markets do without anything emerging: it grows, has seasons and a December, its employers
// are few large and many small, have tastes and change them, and post in masses. It also counts what a
// detector of emergence has to find in them, from the rules of docs/measures.md and nothing of trend's: a
// second opinion. It is pure: a seed gives the same market on every machine. The evaluation of the
// detector calls it; it knows no store and no SQL.
package onset

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Spec says what to draw.
type Spec struct {
	Weeks     int
	Employers int
	Titles    int        // stable ones
	Skills    int        // stable ones
	Onsets    int        // a third each: titles, skills, skills that enter a role
	First     int        // earliest week of an onset
	Volume    [2]float64 // vacancies in the first and the last week
	Final     [2]float64 // between which the final shares of onsets are
}

// Full is the market of the figures: two years, 1,500 stable terms.
func Full() Spec {
	return Spec{Weeks: 104, Employers: 600, Titles: 500, Skills: 1000, Onsets: 50, First: 34, Volume: [2]float64{700, 2000}, Final: [2]float64{0.002, 0.02}}
}

// Small is a market that tests have time for.
func Small() Spec {
	return Spec{Weeks: 76, Employers: 120, Titles: 60, Skills: 100, Onsets: 6, First: 40, Volume: [2]float64{200, 300}, Final: [2]float64{0.01, 0.03}}
}

// Family is what kind of term emerges.
type Family string

// The families that a market has onsets of.
const (
	Title     Family = "title"
	Skill     Family = "skill"
	RoleSkill Family = "role_skill"
)

// Roles are how many there are; a title belongs to one of them.
const Roles = 10

// Onset is a term that emerges.
type Onset struct {
	Family Family
	Term   int     // of the titles or of the skills, behind the stable ones
	Role   int     // whose adverts mention it; -1 for all
	Week   int     // in which its ramp begins; nobody mentioned it before
	Ramp   int     // weeks until it has all but 2% of its final share
	Final  float64 // share of all vacancies at the end
	uses   []float64
	shifts []float64 // weeks after the others that an employer adopts it
}

// Share is that of the vacancies that mention it in a week, where all employers adopt at once: a logistic curve.
func (o Onset) Share(week float64) float64 {
	if week < float64(o.Week) {
		return 0
	}
	return o.Final / (1 + math.Exp(-8*((week-float64(o.Week))/float64(o.Ramp)-0.5)))
}

// Vacancy is a job that was new in a week.
type Vacancy struct {
	Employer, Week, Role, Title int
	Skills                      []int // sorted
}

// Employer has one board.
type Employer struct {
	Source int
	size   float64
}

// Market is what was drawn.
type Market struct {
	Spec
	Seed      uint64
	Employers []Employer
	Onsets    []Onset
	Vacancies []Vacancy // by week, then employer
}

// How markets are drawn.
const (
	sources    = 3
	sizeSpread = 1.3  // standard deviation of the logarithm of an employer's size: a tenth do half of the hiring
	season     = 0.15 // by which hiring is above or below its trend in spring and autumn
	december   = 0.45 // of the usual hiring, in the last three weeks of a year
	skillMin   = 0.0003
	skillMax   = 0.05
	drift      = 0.02 // a week, of the logarithm of a stable term's share
	seasonTerm = 0.3  // at most, of a stable term's share
	usersMin   = 0.1  // of the employers use a term; the fewest
	spellOfUse = 0.3  // of the uses of a term by an employer last for a while only
	massPost   = 0.01 // of the stable terms are mass-posted in a week, by one employer
	rampMin    = 8
	rampMax    = 26
)

// New draws a market.
func New(spec Spec, seed uint64) *Market {
	rng := rand.New(rand.NewPCG(seed, 0x6f6e736574))
	m := &Market{Spec: spec, Seed: seed}
	total := 0.0
	for i := range spec.Employers {
		e := Employer{Source: i % sources, size: math.Exp(sizeSpread * rng.NormFloat64())}
		e.size = min(e.size, 40)
		total += e.size
		m.Employers = append(m.Employers, e)
	}
	for i := range m.Employers {
		m.Employers[i].size /= total
	}
	for i := range spec.Onsets {
		m.Onsets = append(m.Onsets, m.onset(rng, i))
	}
	titles, skills := m.background(rng)
	for week := range spec.Weeks {
		for e := range m.Employers {
			m.hire(rng, week, e, titles, skills)
		}
		m.massPosts(rng, week)
		slices.SortStableFunc(m.Vacancies[m.from(week):], func(a, b Vacancy) int { return a.Employer - b.Employer })
	}
	return m
}

func (m *Market) from(week int) int {
	i, _ := slices.BinarySearchFunc(m.Vacancies, week, func(v Vacancy, w int) int { return v.Week - w })
	return i
}

func (m *Market) onset(rng *rand.Rand, i int) Onset {
	o := Onset{Family: []Family{Title, Skill, RoleSkill}[i%3], Role: -1, Ramp: rampMin + rng.IntN(rampMax-rampMin+1)}
	o.Week = m.First + rng.IntN(max(1, m.Weeks-26-m.First+1))
	o.Final = m.Final[0] * math.Pow(m.Final[1]/m.Final[0], rng.Float64())
	switch o.Family {
	case Title:
		o.Term, o.Role = m.Titles+i, rng.IntN(Roles)
	case Skill:
		o.Term = m.Skills + i
	case RoleSkill:
		o.Term, o.Role = m.Skills+i, rng.IntN(Roles)
	}
	// Not every employer takes it up, and those that do do so one after the other.
	users := 0.2 + 0.8*rng.Float64()
	for range m.Employers {
		use := 0.0
		if rng.Float64() < users {
			use = 1 / users
		}
		o.uses = append(o.uses, use)
		o.shifts = append(o.shifts, (rng.Float64()-0.5)*float64(o.Ramp)/2)
	}
	return o
}

// term is a stable term: how much of it there is in each week, and at each employer.
type term struct {
	weeks []float64
	uses  []use
}

// use is how an employer uses a term: so many times its share, in a span of weeks.
type use struct {
	times    float32
	from, to int16
}

func (m *Market) background(rng *rand.Rand) (titles, skills []term) {
	sum := 0.0
	for i := range m.Titles {
		share := 1 / float64(i+5)
		sum += share
		titles = append(titles, m.term(rng, share))
	}
	for _, t := range titles {
		for w := range t.weeks {
			t.weeks[w] /= sum
		}
	}
	for range m.Skills {
		skills = append(skills, m.term(rng, skillMin*math.Pow(skillMax/skillMin, rng.Float64())))
	}
	return titles, skills
}

func (m *Market) term(rng *rand.Rand, share float64) term {
	var t term
	phase, amplitude, walk := rng.Float64(), seasonTerm*rng.Float64(), 0.0
	for week := range m.Weeks {
		walk += drift * rng.NormFloat64()
		t.weeks = append(t.weeks, share*math.Exp(walk)*(1+amplitude*math.Sin(2*math.Pi*(float64(week)/52+phase))))
	}
	users := usersMin + (1-usersMin)*rng.Float64()
	for range m.Employers {
		u := use{to: int16(m.Weeks)}
		if rng.Float64() < users {
			u.times = float32(math.Exp(0.5*rng.NormFloat64()-0.125) / users)
			if rng.Float64() < spellOfUse {
				length := m.Weeks/4 + rng.IntN(m.Weeks/2+1)
				u.from = int16(rng.IntN(m.Weeks+length) - length)
				u.to = u.from + int16(length)
			}
		}
		t.uses = append(t.uses, u)
	}
	return t
}

// at is the share of an employer's adverts that mention the term.
func (t term) at(week, employer int) float64 {
	u := t.uses[employer]
	if week < int(u.from) || week >= int(u.to) {
		return 0
	}
	return float64(u.times) * t.weeks[week]
}

// volume is how many vacancies are new in a week.
func (m *Market) volume(week int) float64 {
	v := m.Volume[0] * math.Pow(m.Volume[1]/m.Volume[0], float64(week)/float64(max(1, m.Weeks-1)))
	v *= 1 + season*math.Sin(4*math.Pi*float64(week)/52)
	if week%52 >= 49 {
		v *= december
	}
	return v
}

func (m *Market) hire(rng *rand.Rand, week, employer int, titles, skills []term) {
	busy := []float64{0.3, 1, 1.7}[(week/4*7+employer*13+employer/7)%3] // hiring comes in waves
	n := poisson(rng, m.volume(week)*m.Employers[employer].size*busy)
	if n == 0 {
		return
	}
	cumulated := make([]float64, len(titles))
	sum := 0.0
	for i, t := range titles {
		sum += t.at(week, employer)
		cumulated[i] = sum
	}
	if sum == 0 {
		cumulated[0], sum = 1, 1
	}
	for range n {
		i, _ := slices.BinarySearch(cumulated, rng.Float64()*sum)
		v := Vacancy{Employer: employer, Week: week, Title: min(i, len(titles)-1)}
		v.Role = v.Title % Roles
		for s, t := range skills {
			if p := t.at(week, employer); p > 0 && rng.Float64() < p {
				v.Skills = append(v.Skills, s)
			}
		}
		m.emerge(rng, &v)
		m.Vacancies = append(m.Vacancies, v)
	}
}

// emerge makes a vacancy mention what emerges.
func (m *Market) emerge(rng *rand.Rand, v *Vacancy) {
	for _, o := range m.Onsets {
		if v.Week < o.Week || o.uses[v.Employer] == 0 {
			continue
		}
		p := o.uses[v.Employer] * o.Share(math.Max(float64(o.Week), float64(v.Week)-o.shifts[v.Employer]))
		if o.Family == RoleSkill {
			if v.Role != o.Role {
				continue
			}
			p *= Roles
		}
		if rng.Float64() >= p {
			continue
		}
		if o.Family == Title {
			v.Title, v.Role = o.Term, o.Role
		} else {
			v.Skills = append(v.Skills, o.Term)
		}
	}
}

// massPosts are an employer's many vacancies of one kind in a week.
func (m *Market) massPosts(rng *rand.Rand, week int) {
	for range poisson(rng, massPost*float64(m.Titles+m.Skills)) {
		v := Vacancy{Employer: rng.IntN(len(m.Employers)), Week: week, Title: rng.IntN(m.Titles)}
		v.Role = v.Title % Roles
		if k := rng.IntN(m.Titles + m.Skills); k < m.Titles {
			v.Title = k
		} else {
			v.Skills = []int{k - m.Titles}
		}
		for range 8 + rng.IntN(53) {
			m.Vacancies = append(m.Vacancies, v)
		}
	}
}

// poisson is Knuth's method in steps of means that do not underflow.
func poisson(rng *rand.Rand, mean float64) int {
	n := 0
	for ; mean > 0; mean -= 100 {
		limit := math.Exp(-min(mean, 100))
		for p := rng.Float64(); p > limit; p *= rng.Float64() {
			n++
		}
	}
	return n
}
