// Package planted draws job markets whose truth is known by formula: what the history questions have
// to find in them, and what they must not find. A market is employers, the vacancies that a crawler of
// their boards would have seen, and what each of them mentions; its truth is that of docs/measures.md,
// computed from the probabilities it is drawn with. It is pure: a seed gives the same market on every
// machine. Proofs and tests call it; it knows no store and no measure of ours.
package planted

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// Scenario is what happens in a market.
type Scenario string

// The scenarios. In Converge and Drift roles do become alike at the employers; in the others they stay
// as they are, whatever it looks like.
const (
	// Converge: at every employer, role B moves towards role A at a known rate.
	Converge Scenario = "converge"
	// Apart: nothing happens but that employers change their stacks, for all roles at once.
	Apart Scenario = "apart"
	// Mix: employers whose roles are alike do more and more of the hiring.
	Mix Scenario = "mix"
	// Boilerplate: employers put a paragraph that names skills into every advert, one after the other.
	Boilerplate Scenario = "boilerplate"
	// NewBoard: boards of employers whose roles are alike are first looked at in the middle.
	NewBoard Scenario = "new_board"
	// Censoring: the first look at each board, in the first month, finds many old adverts whose roles are
	// further apart.
	Censoring Scenario = "censoring"
	// Copies: employers whose roles are alike begin to advertise each job in forty cities.
	Copies Scenario = "copies"
)

// Scenarios are all of them.
func Scenarios() []Scenario {
	return []Scenario{Converge, Apart, Mix, Boilerplate, NewBoard, Censoring, Copies}
}

// Spec says what to draw.
type Spec struct {
	Scenario  Scenario
	Employers int
	// Rate is how much of the way from role B to role A is gone in all months together: 0 to 1, only
	// for Converge.
	Rate float64
}

// The roles of a market. Questions are about the first two; the others share their boards.
const (
	RoleA = iota
	RoleB
	RoleC
	RoleD
	roles
)

// Sizes of a market. Two years of crawls twice a month; the skills are as many as two roles of the
// real corpora share above one percent.
const (
	Months         = 24
	CrawlsPerMonth = 2
	Crawls         = Months * CrawlsPerMonth
	Skills         = 100
)

// Employer has one board.
type Employer struct {
	Name   string
	Kind   int // index of Kinds
	Joins  int // crawl that looks at its board first
	Adopts int // month from which its adverts have its paragraph; -1 for never
	size   float64
	of     [roles]float64 // how much of its hiring is for each role, 1 on average
	taste  [roles][2][]float64
}

// Vacancy is a job as the crawls saw it.
type Vacancy struct {
	Employer, Role int
	First          int   // crawl that saw it first
	Missed         int   // first crawl that did not see it; Crawls while it is open
	Censored       bool  // found by the first look at its board
	Copies         int   // adverts, at least 1
	Skills         []int // that its own paragraphs mention, sorted
	Paragraph      bool  // whether it also has its employer's paragraph, which mentions ParagraphSkills
}

// Month is when it was first seen.
func (v Vacancy) Month() int { return MonthOf(v.First) }

// MonthOf is the month of a crawl.
func MonthOf(crawl int) int { return min(crawl/CrawlsPerMonth, Months) }

// Market is what was drawn.
type Market struct {
	Spec
	Seed      uint64
	Employers []Employer
	Vacancies []Vacancy
}

// ParagraphSkills are what an employer's paragraph mentions: rare in role B, where they make it look
// like role A.
func ParagraphSkills() []int {
	p := profiles()
	order := make([]int, Skills)
	for s := range order {
		order[s] = s
	}
	slices.SortStableFunc(order, func(x, y int) int {
		return -compareFloat(p[RoleA][x]-p[RoleB][x], p[RoleA][y]-p[RoleB][y])
	})
	return slices.Sorted(slices.Values(order[:paragraphSkills]))
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// How markets are drawn.
const (
	paragraphSkills = 8    // of an employer's paragraph
	medianSize      = 0.6  // vacancies of a role of an employer in a month
	sizeSpread      = 0.9  // standard deviation of its logarithm: the largest tenth does a third of the hiring
	sizeMax         = 6.0  // none is larger
	otherSkills     = 5    // that the other roles may mention: nobody asks about them
	oneRole         = 0.15 // of the employers have role A but not B; as many have B but not A
	otherHiring     = 2.0  // of each of the other roles: most adverts of a board are for neither role
	life            = 3.0  // crawls that a vacancy stands, on average
	oldLife         = 8.0  // those that stand for long, in Censoring
	copiesOf        = 40   // adverts of a job that is advertised everywhere
)

// New draws a market.
func New(spec Spec, seed uint64) (*Market, error) {
	kinds, err := spec.kinds()
	if err != nil {
		return nil, err
	}
	h := fnv.New64a()
	fmt.Fprint(h, spec.Scenario)
	rng := rand.New(rand.NewPCG(seed, h.Sum64()))
	m, shares := &Market{Spec: spec, Seed: seed}, profiles()
	for i := range spec.Employers {
		m.Employers = append(m.Employers, newEmployer(rng, spec, kinds, shares, i))
	}
	for i, e := range m.Employers {
		m.hire(rng, kinds[e.Kind], i)
	}
	return m, nil
}

func newEmployer(rng *rand.Rand, spec Spec, kinds []kind, profiles [roles][]float64, i int) Employer {
	e := Employer{Name: fmt.Sprintf("employer-%03d", i), Adopts: -1}
	for share := 0.0; e.Kind < len(kinds); e.Kind++ { // as many of each kind as it says, so that no draw lacks one
		share += kinds[e.Kind].share
		if float64(i) < share*float64(spec.Employers)-1e-9 {
			break
		}
	}
	k := kinds[e.Kind]
	e.Joins = k.joins[0] + rng.IntN(k.joins[1]-k.joins[0]+1)
	if k.adopts && rng.Float64() < 0.9 {
		e.Adopts = rng.IntN(Months)
	}
	e.size = min(sizeMax, medianSize*math.Exp(sizeSpread*rng.NormFloat64()))
	a := 0.6 + 0.8*rng.Float64()
	e.of = [roles]float64{a, 2 - a, otherHiring, otherHiring}
	switch u := rng.Float64(); {
	case u < oneRole:
		e.of[RoleB] = 0
	case u < 2*oneRole:
		e.of[RoleA] = 0
	}
	for r := RoleC; r < roles; r++ {
		if !k.others || rng.Float64() < 0.1 {
			e.of[r] = 0
		}
	}
	e.taste = tastes(rng, profiles)
	return e
}

// hire draws an employer's vacancies.
func (m *Market) hire(rng *rand.Rand, k kind, i int) {
	e := m.Employers[i]
	for month := range Months {
		busy := []float64{0.3, 1, 1.7}[rng.IntN(3)] // hiring comes in waves, of all roles at once
		for r, of := range e.of {
			for range poisson(rng, e.size*of*busy*k.growth(month)) {
				first := month*CrawlsPerMonth + rng.IntN(CrawlsPerMonth)
				if first > e.Joins {
					m.add(rng, k, Vacancy{Employer: i, Role: r, First: first}, k.shares(r, month), life)
				}
			}
		}
	}
	for r, of := range e.of { // what stood there before anybody looked
		stay, shares := life, k.shares(r, MonthOf(e.Joins))
		if k.backlog > 0 {
			stay, shares = oldLife, k.old[r]
		}
		for range poisson(rng, max(1, k.backlog)*e.size*of*stay/CrawlsPerMonth) {
			m.add(rng, k, Vacancy{Employer: i, Role: r, First: e.Joins, Censored: true}, shares, stay)
		}
	}
}

// add draws how long a vacancy stands and what it mentions.
func (m *Market) add(rng *rand.Rand, k kind, v Vacancy, shares []float64, life float64) {
	e := m.Employers[v.Employer]
	stands := 1 + int(rng.ExpFloat64()*(life-0.5))
	v.Missed, v.Copies = min(Crawls, v.First+stands), 1
	month := min(v.Month(), Months-1)
	if k.copies && month >= Months/2 && rng.Float64() < 0.2 {
		v.Copies = copiesOf
	}
	v.Paragraph = e.Adopts >= 0 && month >= e.Adopts
	u := float64(month) / (Months - 1)
	early, late := e.taste[v.Role][0], e.taste[v.Role][1]
	if v.Role != RoleA && v.Role != RoleB {
		shares = shares[:otherSkills]
	}
	for s, q := range shares {
		if rng.Float64() < q*((1-u)*early[s]+u*late[s]) {
			v.Skills = append(v.Skills, s)
		}
	}
	m.Vacancies = append(m.Vacancies, v)
}

// poisson is Knuth's method: the means here are small.
func poisson(rng *rand.Rand, mean float64) int {
	limit, n := math.Exp(-mean), 0
	for p := rng.Float64(); p > limit; p *= rng.Float64() {
		n++
	}
	return n
}
