package measure

import (
	"cmp"
	"math"
	"slices"
)

// Interval is Centre -/+ q SE, with q the quantile of Student's t with Degrees degrees of freedom.
type Interval struct {
	Low, High, SE float64
	Centre        float64 // the value without the jackknife's estimate of its bias
	Employers     int     // in any of the roles: how many were left out in turn
	Degrees       int     // of the role with the fewest effective employers, less one
}

// Jackknife is the delete-one-employer interval of a measure f whose value on roles is value:
// se^2 = (E - 1) / E * sum_c (f(-c) - mean f(-c))^2 over the E employers of any role, which leave all
// roles together, around E value - (E - 1) mean f(-c) (Efron & Stein 1981; Miller 1974). f is called with
// the roles in their order; it must not keep them, nor depend on the order of their cells. level is the
// nominal coverage, such as 0.95. False when a role has fewer than EmployersMin employers or fewer than
// two effective ones, some f(-c) is undefined, or level is not between 0 and 1.
func Jackknife(roles []Role, value float64, level float64, f func([]Role) (float64, bool)) (Interval, bool) {
	sorted := make([]Role, len(roles))
	rest := make([]Role, len(roles))
	sizes := make([][]int, len(roles)) // vacancies of each employer
	var names []string
	for r, role := range roles {
		s := slices.DeleteFunc(slices.Clone(role), func(c Cell) bool { return c.Vacancies <= 0 })
		slices.SortStableFunc(s, func(a, b Cell) int { return cmp.Compare(a.Employer, b.Employer) })
		for i, cell := range s {
			if i == 0 || s[i-1].Employer != cell.Employer {
				names = append(names, cell.Employer)
				sizes[r] = append(sizes[r], 0)
			}
			sizes[r][len(sizes[r])-1] += cell.Vacancies
		}
		sorted[r], rest[r] = s, make(Role, 0, len(s))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if !enough(sizes, level) {
		return Interval{}, false
	}
	without := make([]float64, len(names))
	from := make([]int, len(roles)) // where the employer's cells begin in each role
	for c, name := range names {
		for r, s := range sorted {
			to := from[r]
			for to < len(s) && s[to].Employer == name {
				to++
			}
			rest[r] = append(append(rest[r][:0], s[:from[r]]...), s[to:]...)
			from[r] = to
		}
		var ok bool
		if without[c], ok = f(rest); !ok {
			return Interval{}, false
		}
	}
	return IntervalOf(value, without, sizes, level)
}

// Effective is how many employers of equal size would tell as much as those with so many vacancies:
// (sum n)^2 / sum n^2, rounded down (Kish, Survey Sampling, 1965). One that has most of the vacancies
// decides the standard error alone, however many others there are.
func Effective(vacancies []int) int {
	n, squares := 0, 0
	for _, v := range vacancies {
		n += v
		squares += v * v
	}
	if squares == 0 {
		return 0
	}
	return n * n / squares
}

// enough says whether roles with employers of such sizes have an interval at a level.
func enough(vacancies [][]int, level float64) bool {
	for _, v := range vacancies {
		if len(v) < EmployersMin || Effective(v) < 2 {
			return false
		}
	}
	return level > 0 && level < 1 && len(vacancies) > 0
}

// IntervalOf is the Jackknife interval of a value whose delete-one values are given; vacancies are, for
// each role, those of each of its employers. False when there is none.
func IntervalOf(value float64, without []float64, vacancies [][]int, level float64) (Interval, bool) {
	if !enough(vacancies, level) {
		return Interval{}, false
	}
	degrees := Effective(vacancies[0]) - 1
	for _, v := range vacancies[1:] {
		degrees = min(degrees, Effective(v)-1)
	}
	se, bias := jackknifeSE(value, without)
	centre := value - bias
	half := StudentT((1+level)/2, degrees) * se
	return Interval{
		Low: centre - half, High: centre + half, SE: se, Centre: centre,
		Employers: len(without), Degrees: degrees,
	}, true
}

// jackknifeSE is the standard error of a value from its delete-one values, and its estimated bias
// (E - 1) (mean f(-c) - f). Sums are of differences from the value, which keep the digits that E - 1 asks for.
func jackknifeSE(value float64, without []float64) (se, bias float64) {
	n := float64(len(without))
	var mean float64
	for _, v := range without {
		mean += v - value
	}
	mean /= n
	var squares float64
	for _, v := range without {
		squares += (v - value - mean) * (v - value - mean)
	}
	return math.Sqrt((n - 1) / n * squares), (n - 1) * mean
}
