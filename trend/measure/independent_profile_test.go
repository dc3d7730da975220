package measure_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rolescope/rolescope/trend/measure"
)

const plainBits = 200 // of fractions that are no ratios: logarithms

// plainLog2 is the logarithm by the series of the inverse hyperbolic tangent, after doubling or
// halving x into [1/2, 1].
func plainLog2(x *big.Rat) *big.Float {
	ln := func(x *big.Rat) *big.Float { // 2 (y + y^3/3 + y^5/5 + ...), y = (x - 1) / (x + 1)
		one := ratio(1, 1)
		y := new(big.Float).SetPrec(plainBits).SetRat(over(minus(x, one), plus(x, one)))
		power, sum := new(big.Float).Copy(y), new(big.Float).SetPrec(plainBits)
		for k := 1; k < plainBits; k += 2 {
			sum.Add(sum, new(big.Float).Quo(power, big.NewFloat(float64(k)).SetPrec(plainBits)))
			power.Mul(power, y)
			power.Mul(power, y)
		}
		return sum.Add(sum, sum)
	}
	whole := 0
	for ; x.Cmp(ratio(1, 2)) < 0; whole-- {
		x = times(x, ratio(2, 1))
	}
	for ; x.Cmp(ratio(1, 1)) > 0; whole++ {
		x = times(x, ratio(1, 2))
	}
	log := new(big.Float).Quo(ln(x), ln(ratio(2, 1)))
	return log.Add(log, big.NewFloat(float64(whole)).SetPrec(plainBits))
}

// plainDivergence is d_s of each skill.
func plainDivergence(a, b plainTable) (parts map[int]float64, total float64) {
	skills := plainSkills(a, b)
	profile := func(t plainTable) []*big.Rat {
		p, sum := plainShares(t, skills), new(big.Rat)
		for _, v := range p {
			sum = plus(sum, v)
		}
		if sum.Sign() == 0 {
			return nil
		}
		for i := range p {
			p[i] = over(p[i], sum)
		}
		return p
	}
	if a.vacancies() == 0 || b.vacancies() == 0 {
		return nil, 0
	}
	p, q := profile(a), profile(b)
	if p == nil || q == nil {
		return nil, 0
	}
	parts = map[int]float64{}
	sum := new(big.Float).SetPrec(plainBits)
	for i, s := range skills {
		m, d := over(plus(p[i], q[i]), ratio(2, 1)), new(big.Float).SetPrec(plainBits)
		for _, v := range []*big.Rat{p[i], q[i]} {
			if v.Sign() > 0 {
				weight := new(big.Float).SetPrec(plainBits).SetRat(over(v, ratio(2, 1)))
				d.Add(d, weight.Mul(weight, plainLog2(over(v, m))))
			}
		}
		sum.Add(sum, d)
		parts[s], _ = d.Float64()
	}
	total, _ = sum.Float64()
	return parts, total
}

func TestIndependentDivergence(t *testing.T) {
	independent(t)
	defined := 0
	eachPlain(t, 2, 25, func(rng *rand.Rand, tables []plainTable) []string {
		got, parts, ok := measure.Divergence(tables[0].role(rng), tables[1].role(rng))
		want, total := plainDivergence(tables[0], tables[1])
		problems := plainAnswer("divergence", got, ok, total, want != nil)
		if ok {
			defined++
		}
		if ok && len(parts) != len(want) {
			problems = append(problems, fmt.Sprintf("%d parts, by the page %d", len(parts), len(want)))
		}
		for i, p := range parts {
			problems = append(problems, plainDiffer(fmt.Sprint("the part of skill ", p.Skill), p.Value, want[p.Skill])...)
			if i > 0 && p.Value > parts[i-1].Value {
				problems = append(problems, "the parts do not fall")
			}
		}
		return problems
	})
	if defined < 50 {
		t.Errorf("%d were defined: too few to mean anything", defined)
	}
}

func plainRCA(role plainTable, all []plainTable, skill int) *big.Rat {
	var ofRole, ofAll, skillOfAll int
	for _, s := range plainSkills(all...) {
		ofRole += role.mentions(s)
		for _, t := range all {
			ofAll += t.mentions(s)
		}
	}
	for _, t := range all {
		skillOfAll += t.mentions(skill)
	}
	return over(ratio(role.mentions(skill), ofRole), ratio(skillOfAll, ofAll))
}

func TestIndependentRCAAndSets(t *testing.T) {
	independent(t)
	defined := 0
	eachPlain(t, 4, 40, func(rng *rand.Rand, tables []plainTable) (problems []string) {
		roles := make([]measure.Role, len(tables))
		sets := make([]map[int]bool, len(tables))
		for i, table := range tables {
			roles[i], sets[i] = table.role(rng), map[int]bool{}
		}
		for i, table := range tables {
			got := measure.RCA(roles[i], roles)
			mentioned := 0
			for _, s := range plainSkills(table) {
				if table.mentions(s) == 0 {
					continue
				}
				mentioned++
				rca := plainRCA(table, tables, s)
				problems = append(problems, plainDiffer(fmt.Sprint("RCA of skill ", s), got[s], float(rca))...)
				if rca.Cmp(ratio(1, 1)) > 0 && ratio(table.mentions(s), table.vacancies()).Cmp(ratio(5, 100)) >= 0 {
					sets[i][s] = true
				}
			}
			if len(got) != mentioned {
				problems = append(problems, fmt.Sprintf("RCA of %d skills, %d are mentioned", len(got), mentioned))
			}
		}
		both, a, b := 0, sets[0], sets[1]
		for s := range a {
			if b[s] {
				both++
			}
		}
		jaccard, overlap, ok := measure.SetSimilarity(roles[0], roles[1], roles)
		if len(a) == 0 || len(b) == 0 {
			return append(problems, plainAnswer("set Jaccard", jaccard, ok, 0, false)...)
		}
		defined++
		return slices.Concat(problems,
			plainAnswer("set Jaccard", jaccard, ok, float(ratio(both, len(a)+len(b)-both)), true),
			plainAnswer("overlap", overlap, ok, float(ratio(both, min(len(a), len(b)))), true))
	})
	if defined < 50 {
		t.Errorf("%d sets were not empty: too few to mean anything", defined)
	}
	// Shares of exactly 0.05 belong to the set, and an RCA of exactly 1 does not.
	edge := plainTable{{"a", 0, 300, map[int]int{1: 15, 2: 14, 3: 271}}}
	other := plainTable{{"a", 0, 300, map[int]int{1: 14, 2: 13, 3: 273}}}
	rng := rand.New(rand.NewPCG(1, 1))
	all := []measure.Role{edge.role(rng), other.role(rng)}
	if _, _, ok := measure.SetSimilarity(all[0], all[0], all); !ok {
		t.Error("a share of 15 in 300 is left out of the set")
	}
	same := []measure.Role{edge.role(rng), edge.role(rng)}
	if _, _, ok := measure.SetSimilarity(same[0], same[1], same); ok {
		t.Error("an RCA of 1 is in the set")
	}
}

// plainChange is the three parts and the noise, by sums over all ways to deal the vacancies out again.
func plainChange(before, after plainTable) (fresh, vanished, intensity, noise *big.Rat, moved map[int]*big.Rat) {
	fresh, vanished, intensity, noise = new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat)
	moved = map[int]*big.Rat{}
	n0, n1 := before.vacancies(), after.vacancies()
	for _, s := range plainSkills(before, after) {
		x0, x1 := before.mentions(s), after.mentions(s)
		d := minus(ratio(x1, n1), ratio(x0, n0))
		moved[s] = d
		size := new(big.Rat).Abs(d)
		switch {
		case x0 == 0:
			fresh = plus(fresh, size)
		case x1 == 0:
			vanished = plus(vanished, size)
		default:
			intensity = plus(intensity, size)
		}
		sum := new(big.Int) // of |A / N_0 - (X - A) / N_1| N_0 N_1, over all ways
		for k := range min(x0+x1, n0) + 1 {
			gap := big.NewInt(int64(max(k*n1-(x0+x1-k)*n0, (x0+x1-k)*n0-k*n1)))
			ways := new(big.Int).Mul(choose(x0+x1, k), choose(n0+n1-x0-x1, n0-k))
			sum.Add(sum, ways.Mul(ways, gap))
		}
		all := new(big.Int).Mul(choose(n0+n1, n0), big.NewInt(int64(n0*n1)))
		noise = plus(noise, new(big.Rat).SetFrac(sum, all))
	}
	return fresh, vanished, intensity, noise, moved
}

func TestIndependentChange(t *testing.T) {
	independent(t)
	defined := 0
	check := func(rng *rand.Rand, before, after plainTable) []string {
		got, ok := measure.Change(before.role(rng), after.role(rng))
		if before.vacancies() == 0 || after.vacancies() == 0 {
			return plainAnswer("change", got.Total, ok, 0, false)
		}
		defined++
		fresh, vanished, intensity, noise, moved := plainChange(before, after)
		total := plus(fresh, plus(vanished, intensity))
		problems := slices.Concat(
			plainAnswer("change", got.Total, ok, float(total), true),
			plainDiffer("new", got.New, float(fresh)),
			plainDiffer("vanished", got.Vanished, float(vanished)),
			plainDiffer("intensity", got.Intensity, float(intensity)),
			plainDiffer("noise", got.Noise, float(noise)),
			plainDiffer("excess", got.Excess, float(minus(total, noise))))
		for _, p := range got.Parts {
			if moved[p.Skill] == nil {
				problems = append(problems, fmt.Sprint("a part of a skill that nobody mentions: ", p.Skill))
				continue
			}
			problems = append(problems, plainDiffer(fmt.Sprint("the part of skill ", p.Skill), p.Value, float(moved[p.Skill]))...)
			delete(moved, p.Skill)
		}
		for s, d := range moved {
			problems = append(problems, plainDiffer(fmt.Sprint("the missing part of skill ", s), 0, float(d))...)
		}
		return problems
	}
	eachPlain(t, 2, 25, func(rng *rand.Rand, tables []plainTable) []string { return check(rng, tables[0], tables[1]) })
	if defined < 50 {
		t.Errorf("%d were defined: too few to mean anything", defined)
	}
	large := plainTable{{"a", 0, 500, map[int]int{1: 400, 2: 20, 3: 500, 4: 1}}}
	small := plainTable{{"a", 1, 70, map[int]int{1: 60, 2: 2, 3: 69, 5: 1}}}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, problem := range append(check(rng, large, small), check(rng, small, large)...) {
		t.Error(problem)
	}
}

// plainExcess is the change less its noise.
func plainExcess(before, after plainTable) (float64, bool) {
	if before.vacancies() == 0 || after.vacancies() == 0 {
		return 0, false
	}
	fresh, vanished, intensity, noise, _ := plainChange(before, after)
	return float(minus(plus(fresh, plus(vanished, intensity)), noise)), true
}

// TestIndependentChangeInterval is about the excess's interval, which is around the excess itself.
func TestIndependentChangeInterval(t *testing.T) {
	independent(t)
	intervals := 0
	eachPlainPair(t, 16, func(rng *rand.Rand, before, after plainTable, level float64) []string {
		roles := []map[string]int{before.perEmployer(), after.perEmployer()}
		want, wantOK := plainJackknife(roles, level, func(c string) (float64, bool) {
			return plainExcess(before.without(c), after.without(c))
		})
		excess, _ := plainExcess(before, after)
		want.centre, want.low, want.high = excess, excess-want.q*want.se, excess+want.q*want.se
		parts, got, ok := measure.ChangeInterval(before.role(rng), after.role(rng), level)
		if ok {
			intervals++
		}
		return append(plainDiffer("excess", parts.Excess, excess), plainIntervalOf("excess", got, ok, want, wantOK)...)
	})
	if intervals < 5 {
		t.Errorf("%d intervals: too few to mean anything", intervals)
	}
}

func plainContinuum(r, research, engineering plainTable) (float64, bool) {
	if r.vacancies() == 0 || research.vacancies() < 2 || engineering.vacancies() < 2 {
		return 0, false
	}
	skills := plainSkills(r, research, engineering)
	p, p0, p1 := plainShares(r, skills), plainShares(research, skills), plainShares(engineering, skills)
	v0, v1 := plainNorm(research), plainNorm(engineering)
	numerator := plus(minus(minus(plainDot(p, p1), plainDot(p, p0)), plainDot(p0, p1)), v0)
	whole := plus(v0, v1)
	denominator := minus(whole, times(ratio(2, 1), plainDot(p0, p1)))
	if denominator.Cmp(times(whole, big.NewRat(1, 1e12))) <= 0 {
		return 0, false
	}
	return float(over(numerator, denominator)), true
}

func TestIndependentContinuum(t *testing.T) {
	independent(t)
	defined := 0
	eachPlain(t, 3, 50, func(rng *rand.Rand, tables []plainTable) []string {
		got, ok := measure.Continuum(tables[0].role(rng), tables[1].role(rng), tables[2].role(rng))
		want, wantOK := plainContinuum(tables[0], tables[1], tables[2])
		if wantOK {
			defined++
		}
		return plainAnswer("continuum", got, ok, want, wantOK)
	})
	if defined < 50 {
		t.Errorf("%d were defined: too few to mean anything", defined)
	}
	// The same shares exactly: V_0 + V_1 is what 2 p_0.p_1 is, less what sampling adds. And ends of
	// many vacancies whose distance is 0 exactly: V_0 = V_1 = p_0.p_1 where all mention all.
	one := plainTable{{"a", 0, 3, map[int]int{1: 3, 2: 3, 3: 3}}}
	other := plainTable{{"b", 0, 49, map[int]int{1: 49, 2: 49, 3: 49}}}
	rng := rand.New(rand.NewPCG(1, 1))
	if got, ok := measure.Continuum(one.role(rng), one.role(rng), other.role(rng)); ok {
		t.Errorf("between two ends that are one the role is at %v", got)
	}
}
