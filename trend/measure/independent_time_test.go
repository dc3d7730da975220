package measure_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rolescope/rolescope/trend/measure"
)

// plainFit is one role's shares as lines in time.
type plainFit struct {
	table  plainTable
	skills []int
	tbar   *big.Rat
	centre func(employer string) *big.Rat
	q      *big.Rat
	slopes []*big.Rat // b_rs
}

func newPlainFit(t plainTable, skills []int, within bool) plainFit {
	meanTime := func(rows plainTable) *big.Rat {
		sum := 0
		for _, r := range rows {
			sum += r.n * r.period
		}
		return ratio(sum, rows.vacancies())
	}
	f := plainFit{table: t, skills: skills, tbar: meanTime(t), q: new(big.Rat)}
	centres := map[string]*big.Rat{}
	for c := range t.perEmployer() {
		centres[c] = f.tbar
		if within {
			centres[c] = meanTime(slices.DeleteFunc(slices.Clone(t), func(r plainRow) bool { return r.employer != c }))
		}
	}
	f.centre = func(employer string) *big.Rat { return centres[employer] }
	for _, r := range t {
		if r.n > 0 {
			d := minus(ratio(r.period, 1), centres[r.employer])
			f.q = plus(f.q, times(ratio(r.n, 1), times(d, d)))
		}
	}
	if f.q.Sign() == 0 {
		return f
	}
	for _, s := range skills {
		g := new(big.Rat)
		for _, r := range t {
			if r.n > 0 {
				g = plus(g, times(minus(ratio(r.period, 1), centres[r.employer]), ratio(r.x[s], 1)))
			}
		}
		f.slopes = append(f.slopes, over(g, f.q))
	}
	return f
}

// at is p_rs(u) of each skill, and V_r(u) or nil.
func (f plainFit) at(u int) (p []*big.Rat, v *big.Rat) {
	ahead := minus(ratio(u, 1), f.tbar)
	n := f.table.vacancies()
	for i, s := range f.skills {
		p = append(p, plus(ratio(f.table.mentions(s), n), times(f.slopes[i], ahead)))
	}
	ofMentions, ofVacancies := new(big.Rat), new(big.Rat)
	for _, r := range f.table {
		if r.n == 0 {
			continue
		}
		h := plus(ratio(1, n), over(times(ahead, minus(ratio(r.period, 1), f.centre(r.employer))), f.q))
		m := 0
		for _, x := range r.x {
			m += x
		}
		h = times(h, h)
		ofMentions = plus(ofMentions, times(h, ratio(m, 1)))
		ofVacancies = plus(ofVacancies, times(h, ratio(r.n, 1)))
	}
	squares := plainDot(p, p)
	numerator, denominator := minus(squares, ofMentions), minus(ratio(1, 1), ofVacancies)
	little := big.NewRat(1, 1e12)
	if numerator.Cmp(times(squares, little)) <= 0 || denominator.Cmp(little) <= 0 {
		return p, nil
	}
	return p, over(numerator, denominator)
}

// plainSlope is the slope per year and S(0), S(1), ...
func plainSlope(a, b plainTable, periods int, perYear float64, within bool) (slope float64, at []float64, ok bool) {
	if a.vacancies() == 0 || b.vacancies() == 0 || periods < 2 {
		return 0, nil, false
	}
	skills := plainSkills(a, b)
	fa, fb := newPlainFit(a, skills, within), newPlainFit(b, skills, within)
	if fa.q.Sign() == 0 || fb.q.Sign() == 0 {
		return 0, nil, false
	}
	for u := range periods {
		p, va := fa.at(u)
		q, vb := fb.at(u)
		if va == nil || vb == nil {
			return 0, nil, false
		}
		at = append(at, float(plainDot(p, q))/math.Sqrt(float(times(va, vb))))
	}
	var sumU, sumS, above, below float64
	for u, s := range at {
		sumU, sumS = sumU+float64(u), sumS+s
	}
	for u, s := range at {
		d := float64(u) - sumU/float64(periods)
		above, below = above+d*(s-sumS/float64(periods)), below+d*d
	}
	return above / below * perYear, at, true
}

func plainTrend(got measure.Trend, err error, a, b plainTable, periods int, perYear float64) (problems []string, defined bool) {
	total, totalAt, totalOK := plainSlope(a, b, periods, perYear, false)
	within, withinAt, withinOK := plainSlope(a, b, periods, perYear, true)
	if (err == nil) != (totalOK && withinOK) || err != nil && !errors.Is(err, measure.ErrUndefined) {
		problems = append(problems, fmt.Sprintf("slopes: %v, by the page defined %v %v", err, totalOK, withinOK))
	}
	problems = append(problems, plainAnswer("total", got.Total, got.TotalAt != nil, total, totalOK)...)
	problems = append(problems, plainAnswer("within", got.Within, got.WithinAt != nil, within, withinOK)...)
	if len(problems) > 0 || !totalOK || !withinOK {
		return problems, false
	}
	problems = plainDiffer("between", got.Between, total-within)
	for u := range totalAt {
		problems = append(problems, plainDiffer(fmt.Sprint("total S at ", u), got.TotalAt[u], totalAt[u])...)
		problems = append(problems, plainDiffer(fmt.Sprint("within S at ", u), got.WithinAt[u], withinAt[u])...)
	}
	return problems, true
}

func TestIndependentSlope(t *testing.T) {
	independent(t)
	all := 0
	eachPlain(t, 2, 25, func(rng *rand.Rand, tables []plainTable) []string {
		periods, perYear := 3+rng.IntN(2), []float64{1, 4, 12}[rng.IntN(3)]
		trend, err := measure.Slope(tables[0].role(rng), tables[1].role(rng), periods, perYear)
		problems, defined := plainTrend(trend, err, tables[0], tables[1], periods, perYear)
		if defined {
			all++
		}
		return problems
	})
	if all < 15 {
		t.Errorf("%d slopes were defined: too few to mean anything", all)
	}
}

// TestIndependentSlopeIsLeastSquares solves the normal equations of what the page says in words: one
// slope, and one intercept or one for each employer, weighted with vacancies.
func TestIndependentSlopeIsLeastSquares(t *testing.T) {
	independent(t)
	rng := rand.New(rand.NewPCG(2, 6))
	for range 20 {
		table := plainTables(rng, 1, plainShape{4, 3, 5, 2})[0]
		if table.vacancies() == 0 {
			continue
		}
		for _, within := range []bool{false, true} {
			fit := newPlainFit(table, plainSkills(table), within)
			for i, b := range fit.slopes {
				index := map[string]int{}
				for c := range table.perEmployer() {
					index[c] = 1
					if within {
						index[c] = len(index)
					}
				}
				width := 1 + slices.Max(slices.Collect(maps.Values(index)))
				system := make([][]*big.Rat, width)
				for j := range system {
					system[j] = make([]*big.Rat, width+1)
					for k := range system[j] {
						system[j][k] = new(big.Rat)
					}
				}
				for _, r := range table {
					line := make([]int, width)
					line[0], line[index[r.employer]] = r.period, 1
					for j := range width {
						for k := range width {
							system[j][k] = plus(system[j][k], ratio(r.n*line[j]*line[k], 1))
						}
						system[j][width] = plus(system[j][width], ratio(line[j]*r.x[fit.skills[i]], 1))
					}
				}
				if got := plainSolve(system)[0]; b.Cmp(got) != 0 {
					t.Errorf("within %v: the slope is %v by its formula, %v by least squares\n%v", within, b, got, table)
				}
			}
		}
	}
}

// plainSolve eliminates from the last unknown to the first.
func plainSolve(system [][]*big.Rat) []*big.Rat {
	n := len(system)
	for j := range n {
		pivot := slices.IndexFunc(system[j:], func(row []*big.Rat) bool { return row[j].Sign() != 0 }) + j
		system[j], system[pivot] = system[pivot], system[j]
		for i := range n {
			if i == j {
				continue
			}
			by := over(system[i][j], system[j][j])
			for k := range n + 1 {
				system[i][k] = minus(system[i][k], times(by, system[j][k]))
			}
		}
	}
	solution := make([]*big.Rat, n)
	for j := range n {
		solution[j] = over(system[j][n], system[j][j])
	}
	return solution
}

// plainInterval is the jackknife of the page.
type plainInterval struct {
	low, high, se, centre, q float64
	employers, degrees       int
}

// plainDegrees is min E*_r - 1, and false where there is no interval.
func plainDegrees(roles []map[string]int) (degrees int, ok bool) {
	degrees = math.MaxInt
	for _, perEmployer := range roles {
		sum, squares := 0, 0
		for _, n := range perEmployer {
			sum, squares = sum+n, squares+n*n
		}
		if len(perEmployer) < 10 || sum*sum/squares < 2 {
			return 0, false
		}
		degrees = min(degrees, sum*sum/squares-1)
	}
	return degrees, true
}

// plainJackknife is of f, which is called with each employer left out ("" is none).
func plainJackknife(roles []map[string]int, level float64, f func(without string) (float64, bool)) (plainInterval, bool) {
	degrees, ok := plainDegrees(roles)
	value, defined := f("")
	if !ok || !defined {
		return plainInterval{}, false
	}
	employers := map[string]int{}
	for _, perEmployer := range roles {
		maps.Copy(employers, perEmployer)
	}
	var values []float64
	sum := 0.0
	for _, c := range slices.Sorted(maps.Keys(employers)) {
		v, ok := f(c)
		if !ok {
			return plainInterval{}, false
		}
		values, sum = append(values, v), sum+v
	}
	e := float64(len(values))
	mean, squares := sum/e, 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	i := plainInterval{se: math.Sqrt((e - 1) / e * squares), centre: e*value - (e-1)*mean, employers: len(values), degrees: degrees}
	i.q = plainStudentT((1+level)/2, degrees)
	i.low, i.high = i.centre-i.q*i.se, i.centre+i.q*i.se
	return i, true
}

func (i plainInterval) differ(what string, got measure.Interval) []string {
	problems := slices.Concat(
		plainDiffer(what+": se", got.SE, i.se), plainDiffer(what+": centre", got.Centre, i.centre),
		plainDiffer(what+": low", got.Low, i.low), plainDiffer(what+": high", got.High, i.high))
	if got.Employers != i.employers || got.Degrees != i.degrees {
		problems = append(problems, fmt.Sprintf("%s: %d employers and %d degrees, by the page %d and %d",
			what, got.Employers, got.Degrees, i.employers, i.degrees))
	}
	return problems
}

// plainIntervalOf compares what may be no interval.
func plainIntervalOf(what string, got measure.Interval, ok bool, want plainInterval, wantOK bool) []string {
	if ok != wantOK {
		return []string{fmt.Sprintf("%s: interval %v, by the page %v", what, ok, wantOK)}
	}
	if !ok {
		return nil
	}
	return want.differ(what, got)
}

// eachPlainPair runs f on pairs of roles that have an interval, or just none.
func eachPlainPair(t *testing.T, seeds uint64, f func(rng *rand.Rand, a, b plainTable, level float64) []string) {
	t.Helper()
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 7))
		tables := plainTables(rng, 2, plainShape{12 + rng.IntN(3), 3, 4, 3})
		if seed%4 == 1 && len(tables[0]) > 0 { // One employer has most of the vacancies.
			tables[0][0].n += 60
		}
		for _, problem := range f(rng, tables[0], tables[1], []float64{0.95, 0.9}[seed%2]) {
			t.Errorf("seed %d: %s\n%v", seed, problem, tables)
		}
	}
}

func TestIndependentJackknife(t *testing.T) {
	independent(t)
	intervals := 0
	eachPlainPair(t, 40, func(rng *rand.Rand, a, b plainTable, level float64) []string {
		roles := []map[string]int{a.perEmployer(), b.perEmployer()}
		want, wantOK := plainJackknife(roles, level, func(c string) (float64, bool) {
			return plainCosine(a.without(c), b.without(c))
		})
		value, got, ok := measure.CosineInterval(a.role(rng), b.role(rng), level)
		cosine, cosineOK := plainCosine(a, b)
		if !cosineOK {
			cosine = 0
		}
		problems := append(plainDiffer("cosine", value, cosine), plainIntervalOf("cosine", got, ok, want, wantOK)...)
		if ok {
			intervals++
		}
		weighted, _ := plainWeightedJaccard(a, b)
		got, ok = measure.Jackknife([]measure.Role{a.role(rng), b.role(rng)}, weighted, level, func(r []measure.Role) (float64, bool) {
			return measure.WeightedJaccard(r[0], r[1])
		})
		want, wantOK = plainJackknife(roles, level, func(c string) (float64, bool) {
			return plainWeightedJaccard(a.without(c), b.without(c))
		})
		return append(problems, plainIntervalOf("weighted Jaccard", got, ok, want, wantOK)...)
	})
	if intervals < 10 {
		t.Errorf("%d intervals: too few to mean anything", intervals)
	}
}

func TestIndependentSlopeIntervals(t *testing.T) {
	independent(t)
	intervals := 0
	eachPlainPair(t, 20, func(rng *rand.Rand, a, b plainTable, level float64) []string {
		const periods, perYear = 3, 12
		trend, total, within, between, err := measure.SlopeIntervals(a.role(rng), b.role(rng), periods, perYear, level)
		problems, _ := plainTrend(trend, err, a, b, periods, perYear)
		roles := []map[string]int{a.perEmployer(), b.perEmployer()}
		slopes := map[string][3]float64{}
		defined := map[string][3]bool{}
		measured := func(which int) func(c string) (float64, bool) {
			return func(c string) (float64, bool) {
				if _, ok := slopes[c]; !ok {
					all, _, allOK := plainSlope(a.without(c), b.without(c), periods, perYear, false)
					same, _, sameOK := plainSlope(a.without(c), b.without(c), periods, perYear, true)
					slopes[c], defined[c] = [3]float64{all, same, all - same}, [3]bool{allOK, sameOK, allOK && sameOK}
				}
				return slopes[c][which], defined[c][which]
			}
		}
		for which, got := range []*measure.Interval{total, within, between} {
			want, ok := plainJackknife(roles, level, measured(which))
			what := []string{"total", "within", "between"}[which]
			if got == nil || !ok {
				problems = append(problems, plainIntervalOf(what, measure.Interval{}, got != nil, want, ok)...)
				continue
			}
			intervals++
			problems = append(problems, want.differ(what, *got)...)
		}
		return problems
	})
	if intervals < 12 {
		t.Errorf("%d intervals: too few to mean anything", intervals)
	}
}
