package planted

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// kind is a sort of employers: what its roles ask for on average, and how its hiring grows.
type kind struct {
	share      float64 // of the employers
	joins      [2]int  // between which crawls its boards are first looked at
	adopts     bool    // whether its employers put a paragraph into their adverts
	others     bool    // whether they hire for the roles that no question is about
	copies     bool    // whether they begin to advertise jobs everywhere
	backlog    float64 // how many times the usual a first look finds, all of them old
	from, to   [roles][]float64
	old        [roles][]float64 // shares of the backlog
	growthFrom float64
	growthTo   float64
}

func (k kind) growth(month int) float64 {
	u := float64(month) / (Months - 1)
	return k.growthFrom + (k.growthTo-k.growthFrom)*u
}

// shares are a straight line in the month.
func (k kind) shares(role, month int) []float64 {
	u := float64(month) / (Months - 1)
	return blend(k.from[role], k.to[role], u)
}

func blend(from, to []float64, u float64) []float64 {
	out := make([]float64, len(from))
	for s := range out {
		out[s] = (1-u)*from[s] + u*to[s]
	}
	return out
}

// profiles are what the roles ask for on average where nothing happens. They are the same for every
// seed, so that the truth of a scenario is one number.
func profiles() [roles][]float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	var p [roles][]float64
	for r := range p {
		p[r] = make([]float64, Skills)
		for s := range p[r] {
			if p[r][s] = shareMin * math.Pow(shareMax/shareMin, rng.Float64()); r > 0 && rng.Float64() < common {
				p[r][s] = p[RoleA][s]
			}
		}
	}
	return p
}

const (
	shareMin = 0.01 // of a skill in a role
	shareMax = 0.7
	common   = 0.4  // of the skills are as frequent in another role as in role A
	alike    = 0.8  // how much of the way from role B to A those employers are whose roles are alike
	shareTop = 0.95 // that no employer's taste makes larger
	tasteUp  = 0.25 // of the employers like a skill, the others do not
	tasteMax = 0.8  // by which it is rarer at those: it is three times that more frequent at the others
	restyled = 0.3  // of an employer's tastes change in all months together, for all its roles
	ownTaste = 0.2  // of the tastes are of one role only
)

// kinds are the sorts of employers of a scenario.
func (s Spec) kinds() ([]kind, error) {
	p := profiles()
	base := kind{share: 1, from: p, to: p, growthFrom: 1, growthTo: 1}
	near := base
	near.from[RoleB] = blend(p[RoleB], p[RoleA], alike)
	near.to = near.from
	switch s.Scenario {
	case Converge:
		base.to[RoleB] = blend(p[RoleB], p[RoleA], s.Rate)
	case Apart:
	case Mix:
		base.share, near.share = 0.7, 0.3
		base.growthTo, near.growthFrom, near.growthTo = 0.5, 0.3, 2.5
		return []kind{base, near}, nil
	case Boilerplate:
		base.adopts, base.others = true, true
	case NewBoard:
		base.share, near.share = 0.8, 0.2
		near.joins, near.growthFrom, near.growthTo, near.backlog = [2]int{Crawls / 2, Crawls / 2}, 1.5, 1.5, 2
		near.old = near.from
		return []kind{base, near}, nil
	case Censoring:
		base.joins, base.backlog, base.old = [2]int{0, CrawlsPerMonth - 1}, 2, p
		for skill, q := range p[RoleA] { // the old adverts of B shun what A asks for
			base.old[RoleB] = append(base.old[RoleB][:skill:skill], max(shareMin/2, p[RoleB][skill]-0.5*q))
		}
	case Copies:
		base.share, near.share, near.copies = 0.8, 0.2, true
		return []kind{base, near}, nil
	default:
		return nil, fmt.Errorf("there is no planted market %q", s.Scenario)
	}
	return []kind{base}, nil
}

// tastes draws by how much an employer mentions each skill more or less than others, at the beginning
// and at the end; 1 on average over employers, so that the average share is the kind's.
func tastes(rng *rand.Rand, profiles [roles][]float64) [roles][2][]float64 {
	var top [Skills]float64
	for _, p := range profiles {
		for s, q := range p {
			top[s] = max(top[s], q)
		}
	}
	draw := func(s int) float64 {
		a := min(tasteMax, (shareTop/top[s]-1)*tasteUp/(1-tasteUp))
		if rng.Float64() < tasteUp {
			return 1 + a*(1-tasteUp)/tasteUp
		}
		return 1 - a
	}
	var out [roles][2][]float64
	for s := range Skills {
		early := draw(s)
		late := early
		if rng.Float64() < restyled {
			late = draw(s)
		}
		for r := range out {
			e, l := early, late
			if rng.Float64() < ownTaste {
				e = draw(s)
				l = e
			}
			out[r][0], out[r][1] = append(out[r][0], e), append(out[r][1], l)
		}
	}
	return out
}
