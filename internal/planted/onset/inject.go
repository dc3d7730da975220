package onset

import (
	"math/rand/v2"
	"slices"
)

// Inject makes a market of real vacancies, of which only employer and week are used, by having some of them mention
// what emerges in them: titles and skills by turns. Weeks are whole ones from the first vacancy's on.
func Inject(real []Vacancy, employers, weeks, first, onsets int, seed uint64) *Market {
	rng := rand.New(rand.NewPCG(seed, 0x696e6a656374))
	m := &Market{Spec: Spec{Weeks: weeks, Employers: employers, Titles: 1, Onsets: onsets, First: first, Final: Full().Final}, Seed: seed}
	m.Employers = make([]Employer, employers)
	for i := range onsets {
		o := m.onset(rng, i)
		if o.Family, o.Role, o.Term = Skill, -1, i; i%2 == 0 {
			o.Family, o.Term = Title, m.Titles+i
		}
		m.Onsets = append(m.Onsets, o)
	}
	for _, v := range real {
		v.Title, v.Role, v.Skills = 0, -1, nil
		m.emerge(rng, &v)
		m.Vacancies = append(m.Vacancies, v)
	}
	return m
}

// Shuffled is which unit each unit becomes when blocks of units change places.
func Shuffled(units, block int, seed uint64) []int {
	rng := rand.New(rand.NewPCG(seed, 0x6e756c6c))
	var blocks [][]int
	for from := 0; from < units; from += block {
		var b []int
		for u := from; u < min(units, from+block); u++ {
			b = append(b, u)
		}
		blocks = append(blocks, b)
	}
	rng.Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })
	to := make([]int, units)
	for i, u := range slices.Concat(blocks...) {
		to[u] = i
	}
	return to
}
