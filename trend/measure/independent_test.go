package measure_test

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rolescope/rolescope/trend/measure"
)

// The independent tests compute docs/measures.md a second time, from the page's formulas alone and
// in the most direct way: in fractions, by sums over all that can happen, and by really leaving out
// each employer. They share no code with the package, and were written without reading it.

// independent begins such a test. It is arithmetic of one goroutine, in which the race detector, which
// -short is for, finds nothing and takes ten times as long.
func independent(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("arithmetic of one goroutine")
	}
	t.Parallel()
}

// plainRow is n vacancies of one employer in one period, x[s] of which mention skill s.
type plainRow struct {
	employer  string
	period, n int
	x         map[int]int
}

// plainTable is one role.
type plainTable []plainRow

func (t plainTable) vacancies() int {
	n := 0
	for _, r := range t {
		n += r.n
	}
	return n
}

func (t plainTable) mentions(skill int) int {
	x := 0
	for _, r := range t {
		x += r.x[skill]
	}
	return x
}

// perEmployer is n[r,c].
func (t plainTable) perEmployer() map[string]int {
	n := map[string]int{}
	for _, r := range t {
		if r.n > 0 {
			n[r.employer] += r.n
		}
	}
	return n
}

func (t plainTable) without(employer string) plainTable {
	return slices.DeleteFunc(slices.Clone(t), func(r plainRow) bool { return r.employer == employer })
}

// role is the table as the package takes it. Rows are dealt out to several cells of the same
// employer and period, some of which are empty, in any order.
func (t plainTable) role(rng *rand.Rand) measure.Role {
	var role measure.Role
	for _, r := range t {
		first := measure.Cell{Employer: r.employer, Period: r.period, Vacancies: rng.IntN(r.n + 1)}
		second := measure.Cell{Employer: r.employer, Period: r.period, Vacancies: r.n - first.Vacancies}
		for _, s := range slices.Sorted(maps.Keys(r.x)) {
			low, high := max(0, r.x[s]-second.Vacancies), min(r.x[s], first.Vacancies)
			k := low + rng.IntN(high-low+1)
			first.Counts = append(first.Counts, measure.Count{Skill: s, N: k})
			second.Counts = append(second.Counts, measure.Count{Skill: s, N: r.x[s] - k})
		}
		role = append(role, first, second)
	}
	rng.Shuffle(len(role), func(i, j int) { role[i], role[j] = role[j], role[i] })
	return role
}

// plainShape says how random tables are to be. Vacancies are at most so many per employer and period.
type plainShape struct{ employers, periods, vacancies, skills int }

// plainTables are tables over the same employers and skills: each employer has tastes of its own,
// half of the (employer, period) are empty, and one role in eight has no vacancies.
func plainTables(rng *rand.Rand, howMany int, shape plainShape) []plainTable {
	tables := make([]plainTable, howMany)
	for i := range tables {
		if rng.IntN(8) == 0 {
			continue
		}
		for c := range shape.employers {
			taste := make([]float64, shape.skills)
			for s := range taste {
				taste[s] = max(0, rng.Float64()*1.4-0.4) // Nobody mentions some.
			}
			for p := range shape.periods {
				if rng.IntN(2) == 0 && shape.employers > 1 {
					continue
				}
				row := plainRow{fmt.Sprint("employer ", c), p, rng.IntN(shape.vacancies + 1), map[int]int{}}
				for s := range taste {
					for range row.n {
						if rng.Float64() < taste[s] {
							row.x[s*37+i%2*5*(s%2)]++ // Some skills are of every other role only.
						}
					}
				}
				tables[i] = append(tables[i], row)
			}
		}
	}
	return tables
}

// eachPlain runs f on random tables of many sizes. What f is told fails is told with its tables.
func eachPlain(t *testing.T, howMany, seeds int, f func(rng *rand.Rand, tables []plainTable) []string) {
	t.Helper()
	for _, shape := range []plainShape{
		{1, 1, 3, 2},  // one employer, hardly anything
		{1, 3, 12, 4}, // one employer
		{3, 2, 2, 3},  // sparse
		{4, 3, 6, 5},
		{9, 3, 4, 8},
	} {
		for seed := range seeds {
			rng := rand.New(rand.NewPCG(uint64(seed), 6))
			tables := plainTables(rng, howMany, shape)
			for _, problem := range f(rng, tables) {
				t.Errorf("%+v, seed %d: %s\n%v", shape, seed, problem, tables)
			}
			if t.Failed() {
				return
			}
		}
	}
}

// plainDiffer compares to 1e-9 of the value; below 1e-5, where parts are differences of shares, to 1e-14.
func plainDiffer(what string, got, want float64) []string {
	if math.Abs(got-want) <= max(1e-9*math.Abs(want), 1e-14) {
		return nil
	}
	return []string{fmt.Sprintf("%s is %.17g, by the page %.17g", what, got, want)}
}

// plainAnswer compares what may be undefined.
func plainAnswer(what string, got float64, ok bool, want float64, wantOK bool) []string {
	if ok != wantOK {
		return []string{fmt.Sprintf("%s is defined: %v (%v), by the page %v (%v)", what, ok, got, wantOK, want)}
	}
	if !ok {
		return nil
	}
	return plainDiffer(what, got, want)
}

func plainSkills(tables ...plainTable) []int {
	skills := map[int]bool{}
	for _, t := range tables {
		for _, r := range t {
			for s := range r.x {
				skills[s] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(skills))
}

// Fractions.

func ratio(a, b int) *big.Rat { return big.NewRat(int64(a), int64(b)) }

func plus(a, b *big.Rat) *big.Rat  { return new(big.Rat).Add(a, b) }
func minus(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
func over(a, b *big.Rat) *big.Rat  { return new(big.Rat).Quo(a, b) }

func float(a *big.Rat) float64 {
	f, _ := a.Float64()
	return f
}

// plainShares is p_rs of each of the skills.
func plainShares(t plainTable, skills []int) []*big.Rat {
	p := make([]*big.Rat, len(skills))
	for i, s := range skills {
		p[i] = ratio(t.mentions(s), t.vacancies())
	}
	return p
}

func plainDot(p, q []*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for i := range p {
		sum = plus(sum, times(p[i], q[i]))
	}
	return sum
}

// plainNorm is V_r; it needs two vacancies.
func plainNorm(t plainTable) *big.Rat {
	v, n := new(big.Rat), t.vacancies()
	for _, s := range plainSkills(t) {
		x := t.mentions(s)
		v = plus(v, ratio(x*(x-1), n*(n-1)))
	}
	return v
}

// plainCosine is the square of the cosine, which is a fraction; the cosine is not negative.
func plainCosineSquared(a, b plainTable) (*big.Rat, bool) {
	if a.vacancies() < 2 || b.vacancies() < 2 {
		return nil, false
	}
	norms := times(plainNorm(a), plainNorm(b))
	if norms.Sign() <= 0 {
		return nil, false
	}
	skills := plainSkills(a, b)
	dot := plainDot(plainShares(a, skills), plainShares(b, skills))
	return over(times(dot, dot), norms), true
}

func plainCosine(a, b plainTable) (float64, bool) {
	squared, ok := plainCosineSquared(a, b)
	if !ok {
		return 0, false
	}
	return math.Sqrt(float(squared)), true
}

func plainWeightedJaccard(a, b plainTable) (float64, bool) {
	if a.vacancies() == 0 || b.vacancies() == 0 {
		return 0, false
	}
	least, most := new(big.Rat), new(big.Rat)
	skills := plainSkills(a, b)
	p, q := plainShares(a, skills), plainShares(b, skills)
	for i := range skills {
		if p[i].Cmp(q[i]) < 0 {
			least, most = plus(least, p[i]), plus(most, q[i])
		} else {
			least, most = plus(least, q[i]), plus(most, p[i])
		}
	}
	if most.Sign() == 0 {
		return 0, false
	}
	return float(over(least, most)), true
}

// choose is the binomial coefficient, 0 where there is nothing to choose.
func choose(n, k int) *big.Int {
	if k < 0 || k > n {
		return new(big.Int)
	}
	return new(big.Int).Binomial(int64(n), int64(k))
}

// plainJn is J_n(a,b), or J_n(a,a) when disjoint. Every pair of numbers of mentions is weighted with in
// how many ways it can be drawn; how many ways there are in all is the same above and below the line. Nil when it is 0 / 0.
func plainJn(a, b plainTable, n int, disjoint bool) *big.Rat {
	least, most := new(big.Int), new(big.Int)
	for _, s := range plainSkills(a, b) {
		x, y, nb := a.mentions(s), b.mentions(s), b.vacancies()
		for i := range n + 1 {
			ways := new(big.Int).Mul(choose(x, i), choose(a.vacancies()-x, n-i))
			if ways.Sign() == 0 {
				continue
			}
			if disjoint { // The second draw is of what the first left.
				y, nb = x-i, a.vacancies()-n
			}
			for j := range n + 1 {
				both := new(big.Int).Mul(choose(y, j), choose(nb-y, n-j))
				both.Mul(both, ways)
				least.Add(least, new(big.Int).Mul(both, big.NewInt(int64(min(i, j)))))
				most.Add(most, new(big.Int).Mul(both, big.NewInt(int64(max(i, j)))))
			}
		}
	}
	if most.Sign() == 0 {
		return nil
	}
	return new(big.Rat).SetFrac(least, most)
}

func TestIndependentCosineAndJaccard(t *testing.T) {
	independent(t)
	defined := 0
	eachPlain(t, 2, 60, func(rng *rand.Rand, tables []plainTable) []string {
		a, b := tables[0], tables[1]
		got, ok := measure.Cosine(a.role(rng), b.role(rng))
		want, wantOK := plainCosine(a, b)
		problems := plainAnswer("cosine", got, ok, want, wantOK)
		if ok {
			defined++
		}
		got, ok = measure.WeightedJaccard(a.role(rng), b.role(rng))
		want, wantOK = plainWeightedJaccard(a, b)
		return append(problems, plainAnswer("weighted Jaccard", got, ok, want, wantOK)...)
	})
	if defined < 100 {
		t.Errorf("%d cosines were defined: too few to mean anything", defined)
	}
}

func TestIndependentJaccardAt(t *testing.T) {
	independent(t)
	defined := 0
	check := func(rng *rand.Rand, a, b plainTable, n int) []string {
		got, ok := measure.JaccardAt(a.role(rng), b.role(rng), n)
		if a.vacancies() < 2*n || b.vacancies() < 2*n {
			return plainAnswer("the reading", got.Relative, ok, 0, false)
		}
		pair, selfA, selfB := plainJn(a, b, n, false), plainJn(a, a, n, true), plainJn(b, b, n, true)
		if pair == nil || selfA == nil || selfB == nil || selfA.Sign()+selfB.Sign() == 0 {
			return plainAnswer("the reading", got.Relative, ok, 0, false)
		}
		if !ok {
			return []string{"the reading is undefined"}
		}
		defined++
		return slices.Concat(
			plainDiffer("J_n(a,b)", got.Pair, float(pair)),
			plainDiffer("J_n(a,a)", got.SelfA, float(selfA)),
			plainDiffer("J_n(b,b)", got.SelfB, float(selfB)),
			plainDiffer("the reading", got.Relative, float(over(pair, over(plus(selfA, selfB), ratio(2, 1))))))
	}
	eachPlain(t, 2, 12, func(rng *rand.Rand, tables []plainTable) []string {
		return check(rng, tables[0], tables[1], 1+rng.IntN(1+tables[0].vacancies()/2))
	})
	if defined < 15 {
		t.Errorf("%d were defined: too few to mean anything", defined)
	}
	// As many vacancies as there are in practice, at the n that is asked for.
	a := plainTable{{"a", 0, 9000, map[int]int{1: 8000, 2: 40, 3: 9000, 4: 1}}, {"b", 0, 500, map[int]int{5: 499}}}
	b := plainTable{{"a", 0, 700, map[int]int{1: 300, 2: 690, 3: 699}}, {"c", 0, 1, map[int]int{5: 1, 6: 1}}}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, problem := range check(rng, a, b, 40) {
		t.Error(problem)
	}
	// Roles that mention nothing, or one thing once: J_n(a,a) is 0 / 0, and 0.
	nothing := plainTable{{"a", 0, 40, map[int]int{}}}
	once := plainTable{{"a", 0, 40, map[int]int{1: 1}}}
	for _, pair := range [][2]plainTable{{nothing, b}, {b, nothing}, {nothing, nothing}, {once, b}, {once, once}, {once, nothing}} {
		for _, problem := range check(rng, pair[0], pair[1], 5) {
			t.Errorf("%s\n%v", problem, pair)
		}
	}
}
