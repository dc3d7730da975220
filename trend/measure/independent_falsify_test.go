package measure_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rolescope/rolescope/trend/measure"
)

// plainNull is the cosine under every way to exchange names within each (employer, quarter).
type plainNull struct {
	observed, mean, deviation float64
	atMost                    float64 // which fraction of the ways gives the observed cosine or less
	undefined                 int     // ways without a cosine
	ways                      int
	exchangeable              bool // an employer has both roles in a quarter
}

// plainNamed is the cosine of the adverts if those of second were of the second role.
func plainNamed(adverts []measure.Advert, second []bool) (squared *big.Rat, ok bool) {
	var tables [2]plainTable
	for i, a := range adverts {
		row := plainRow{employer: a.Employer, n: 1, x: map[int]int{}}
		for _, s := range a.Skills {
			row.x[s] = 1
		}
		which := 0
		if second[i] {
			which = 1
		}
		tables[which] = append(tables[which], row)
	}
	return plainCosineSquared(tables[0], tables[1])
}

func newPlainNull(adverts []measure.Advert) (null plainNull, ok bool) {
	strata := map[[2]string][]int{}
	names := make([]bool, len(adverts))
	for i, a := range adverts {
		key := [2]string{a.Employer, a.Stratum}
		strata[key] = append(strata[key], i)
		names[i] = a.Second
	}
	observed, ok := plainNamed(adverts, names)
	if !ok {
		return null, false
	}
	null.observed = math.Sqrt(float(observed))
	ways := [][]bool{make([]bool, len(adverts))}
	for _, members := range strata {
		seconds := 0
		for _, i := range members {
			if adverts[i].Second {
				seconds++
			}
		}
		null.exchangeable = null.exchangeable || seconds > 0 && seconds < len(members)
		var more [][]bool
		for _, way := range ways {
			for chosen := range 1 << len(members) {
				next, count := slices.Clone(way), 0
				for bit, i := range members {
					next[i] = chosen>>bit&1 == 1
					count += chosen >> bit & 1
				}
				if count == seconds {
					more = append(more, next)
				}
			}
		}
		ways = more
	}
	var sum, squares float64
	for _, way := range ways {
		squared, ok := plainNamed(adverts, way)
		if !ok {
			null.undefined++
			continue
		}
		if squared.Cmp(observed) <= 0 {
			null.atMost += 1 / float64(len(ways))
		}
		cosine := math.Sqrt(float(squared))
		sum, squares = sum+cosine, squares+float(squared)
	}
	null.ways = len(ways)
	n := float64(len(ways))
	null.mean = sum / n
	null.deviation = math.Sqrt(max(0, squares/n-null.mean*null.mean))
	return null, true
}

func TestIndependentFalsifier(t *testing.T) {
	independent(t)
	const permutations = 1500
	defined, never, undefined := 0, 0, 0
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 10))
		var adverts []measure.Advert
		for i := range 7 + rng.IntN(4) {
			a := measure.Advert{
				Employer: fmt.Sprint("employer ", rng.IntN(2)), Stratum: fmt.Sprint("quarter ", rng.IntN(2)), Second: rng.IntN(2) == 0,
			}
			if seed%8 == 0 { // Each employer has one role: there is nothing to permute.
				a.Second = a.Employer == "employer 1"
			}
			for s := range 5 {
				if seed%8 == 1 && s != i/3 { // Skills that two or three mention: some ways leave a role none twice.
					continue
				}
				if rng.IntN(5) > 0 || s == i%2 {
					a.Skills = append(a.Skills, s)
				}
			}
			adverts = append(adverts, a)
		}
		null, ok := newPlainNull(adverts)
		if null.undefined > 0 && null.undefined*50 < null.ways {
			continue // Whether it is undefined depends on which permutations are drawn.
		}
		got, gotOK := measure.Falsify(adverts, permutations, seed)
		if want := ok && null.exchangeable && null.undefined == 0; gotOK != want {
			t.Errorf("seed %d: defined %v, by the page %v\n%v", seed, gotOK, want, adverts)
		}
		if null.undefined > 0 {
			undefined++
		}
		if !gotOK {
			never++
			continue
		}
		defined++
		problems := slices.Concat(
			plainDiffer("the observed cosine", got.Observed, null.observed),
			plainDiffer("R", got.Ratio, got.Observed/got.Permuted))
		if off := math.Abs(got.Permuted - null.mean); off > 1e-12+4.5*null.deviation/math.Sqrt(permutations) {
			problems = append(problems, fmt.Sprintf("the mean permuted cosine is %v, of all ways %v (deviation %v)", got.Permuted, null.mean, null.deviation))
		}
		p := (1 + permutations*null.atMost) / (1 + permutations)
		if off := math.Abs(got.P - p); off > 1e-12+4.5*math.Sqrt(null.atMost*(1-min(1, null.atMost))/permutations) {
			problems = append(problems, fmt.Sprintf("p is %v, of all ways %v", got.P, p))
		}
		if count := got.P*(1+permutations) - 1; math.Abs(count-math.Round(count)) > 1e-9 {
			problems = append(problems, fmt.Sprintf("p = %v counts no permutations", got.P))
		}
		again, _ := measure.Falsify(adverts, permutations, seed)
		if again != got || got.Permutations != permutations || got.Seed != seed {
			problems = append(problems, fmt.Sprintf("%+v and %+v with the same seed", got, again))
		}
		for _, problem := range problems {
			t.Errorf("seed %d: %s\n%v", seed, problem, adverts)
		}
	}
	if defined < 10 || never < 3 || undefined < 1 {
		t.Errorf("%d were defined, %d were not, %d by a permuted cosine: too few to mean anything", defined, never, undefined)
	}
}
