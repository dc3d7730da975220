package measure

import (
	"cmp"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// Advert is one vacancy of one of two roles: its employer, its stratum (the quarter, in which names may
// be exchanged), whether it is of the Second role, and the skills it mentions.
type Advert struct {
	Employer, Stratum string
	Second            bool
	Skills            []int
}

// Falsified says whether the roles' names tell the adverts apart: Ratio near 1 and a large P say no.
type Falsified struct {
	Observed float64 // the debiased cosine of the two roles
	Permuted float64 // its mean with the names permuted
	Ratio    float64 // Observed / Permuted
	P        float64 // (1 + how many permuted are <= observed) / (1 + Permutations), in (0, 1]
	// Permutations and Seed are those asked for: with them the answer is the same bit for bit.
	Permutations int
	Seed         uint64
}

// Falsify permutes the names of two roles among the vacancies of each (employer, stratum) and compares
// the Cosine with what it was (a permutation test: Fisher 1935; Phipson & Smyth 2010 for P). The order of
// the adverts and of their skills does not matter. Undefined (false) when permutations < 1, the cosine is
// undefined, observed or permuted, the mean permuted one is 0, or no employer has both roles in a stratum: then
// there is nothing to permute.
func Falsify(adverts []Advert, permutations int, seed uint64) (Falsified, bool) {
	out := Falsified{Permutations: permutations, Seed: seed}
	m, skills := mixOf(adverts)
	if permutations < 1 || len(m.strata) == 0 {
		return out, false
	}
	var ok bool
	if out.Observed, ok = m.cosine(m.second); !ok {
		return out, false
	}
	source := rand.NewPCG(seed, falsifyStream)
	second := make([]int64, skills)
	asExtreme := 0
	for range permutations {
		copy(second, m.fixed)
		for i := range m.strata {
			m.strata[i].deal(source, second)
		}
		cosine, ok := m.cosine(second)
		if !ok {
			return out, false
		}
		out.Permuted += cosine
		if cosine <= out.Observed {
			asExtreme++
		}
	}
	if out.Permuted == 0 {
		return out, false
	}
	out.Permuted /= float64(permutations)
	out.Ratio = out.Observed / out.Permuted
	out.P = float64(1+asExtreme) / float64(1+permutations)
	return out, true
}

// falsifyStream is the second half of the generator's seed, so that the same seed elsewhere is another
// stream.
const falsifyStream = 0x66616c73696679

// mix is adverts prepared for permuting: mentions by skill of all adverts and of the second role's, and
// what every permutation of the second's has in common.
type mix struct {
	na, nb             int64
	all, second, fixed []int64
	strata             []stratum
}

// stratum is the adverts of an employer and quarter that has both roles. Of its adverts the pick that
// are fewer are drawn: the second role's (sign 1), or the first's, which the second then lacks (-1).
type stratum struct {
	adverts [][]int32
	pick    int
	sign    int64
}

func mixOf(adverts []Advert) (m mix, skills int) {
	sorted := slices.Clone(adverts)
	role := make(Role, 0, len(adverts)) // to number the skills
	for i, a := range sorted {
		sorted[i].Skills = slices.Compact(slices.Sorted(slices.Values(a.Skills)))
		cell := Cell{Vacancies: 1}
		for _, s := range sorted[i].Skills {
			cell.Counts = append(cell.Counts, Count{Skill: s, N: 1})
		}
		role = append(role, cell)
	}
	slices.SortFunc(sorted, func(a, b Advert) int {
		return cmp.Or(cmp.Compare(a.Employer, b.Employer), cmp.Compare(a.Stratum, b.Stratum), slices.Compare(a.Skills, b.Skills))
	})
	v := vocabularyOf([]Role{role})
	skills = len(v.skills)
	m.all, m.second, m.fixed = make([]int64, skills), make([]int64, skills), make([]int64, skills)
	for from := 0; from < len(sorted); {
		to := from
		var s stratum
		seconds := 0
		for to < len(sorted) && sorted[to].Employer == sorted[from].Employer && sorted[to].Stratum == sorted[from].Stratum {
			numbers := make([]int32, len(sorted[to].Skills))
			for i, skill := range sorted[to].Skills {
				numbers[i] = v.of(skill)
				m.all[numbers[i]]++
			}
			if sorted[to].Second {
				seconds++
				add(m.second, numbers, 1)
			}
			s.adverts = append(s.adverts, numbers)
			to++
		}
		firsts := to - from - seconds
		m.na, m.nb = m.na+int64(firsts), m.nb+int64(seconds)
		if seconds > firsts { // the second role has all of them, less those that are drawn
			for _, numbers := range s.adverts {
				add(m.fixed, numbers, 1)
			}
		}
		if s.pick, s.sign = seconds, 1; seconds > firsts {
			s.pick, s.sign = firsts, -1
		}
		if s.pick > 0 {
			m.strata = append(m.strata, s)
		}
		from = to
	}
	return m, skills
}

// add adds sign at each of some skills.
func add(x []int64, skills []int32, sign int64) {
	for _, s := range skills {
		x[s] += sign
	}
}

// deal draws pick of the adverts (the first steps of Fisher and Yates's shuffle) and adds them. What is
// drawn stays in front: the next deal begins from any order as well as from the first.
func (s *stratum) deal(source *rand.PCG, second []int64) {
	for i := range s.pick {
		j := i + below(source, len(s.adverts)-i)
		s.adverts[i], s.adverts[j] = s.adverts[j], s.adverts[i]
		add(second, s.adverts[i], s.sign)
	}
}

// below is a uniform number from 0 to n-1 (Lemire 2019). It is written out because the answer is to be
// the same under every version of Go, which rand.Rand's methods do not promise.
func below(source *rand.PCG, n int) int {
	high, low := bits.Mul64(source.Uint64(), uint64(n))
	for low < uint64(n) && low < -uint64(n)%uint64(n) {
		high, low = bits.Mul64(source.Uint64(), uint64(n))
	}
	return int(high)
}

// cosine is the debiased cosine when the second role's mentions are these and the first's the rest.
func (m *mix) cosine(second []int64) (float64, bool) {
	g := angle{na: m.na, nb: m.nb}
	for s, y := range second {
		x := m.all[s] - y
		g.ab += x * y
		g.aa += x * (x - 1)
		g.bb += y * (y - 1)
	}
	return g.cosine()
}
