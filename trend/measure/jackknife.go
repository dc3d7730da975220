package measure

import (
	"cmp"
	"math"
	"slices"
)

// Interval is value -/+ q SE, with q the quantile of Student's t with Degrees degrees of freedom.
type Interval struct {
	Low, High, SE float64
	Employers     int // in any of the roles: how many were left out in turn
	Degrees       int // of the role with the fewest employers, less one
}

// Jackknife is the delete-one-employer interval of a measure f whose value on roles is value:
// se^2 = (E - 1) / E * sum_c (f(-c) - mean f(-c))^2 over the E employers of any role, which leave all
// roles together (Efron & Stein 1981; Miller 1974). f is called with the roles in their order; it must
// not keep them, nor depend on the order of their cells. level is the nominal coverage, such as 0.95.
// False when a role has fewer than EmployersMin employers, some f(-c) is undefined, or level is not
// between 0 and 1.
func Jackknife(roles []Role, value float64, level float64, f func([]Role) (float64, bool)) (Interval, bool) {
	sorted := make([]Role, len(roles))
	rest := make([]Role, len(roles))
	counts := make([]int, len(roles))
	var names []string
	for r, role := range roles {
		s := slices.DeleteFunc(slices.Clone(role), func(c Cell) bool { return c.Vacancies <= 0 })
		slices.SortStableFunc(s, func(a, b Cell) int { return cmp.Compare(a.Employer, b.Employer) })
		for i, cell := range s {
			if i == 0 || s[i-1].Employer != cell.Employer {
				names = append(names, cell.Employer)
				counts[r]++
			}
		}
		sorted[r], rest[r] = s, make(Role, 0, len(s))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if !enough(counts, level) {
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
	return intervalOf(value, without, counts, level)
}

// enough says whether roles with so many employers have an interval at a level.
func enough(employers []int, level float64) bool {
	return level > 0 && level < 1 && len(employers) > 0 && slices.Min(employers) >= EmployersMin
}

// intervalOf is the interval around a value whose delete-one values are given.
func intervalOf(value float64, without []float64, employers []int, level float64) (Interval, bool) {
	if !enough(employers, level) {
		return Interval{}, false
	}
	degrees := slices.Min(employers) - 1
	se := jackknifeSE(without)
	half := StudentT((1+level)/2, degrees) * se
	return Interval{
		Low: value - half, High: value + half, SE: se,
		Employers: len(without), Degrees: degrees,
	}, true
}

// jackknifeSE is the standard error from the delete-one values.
func jackknifeSE(without []float64) float64 {
	n := float64(len(without))
	var mean float64
	for _, v := range without {
		mean += v
	}
	mean /= n
	var squares float64
	for _, v := range without {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt((n - 1) / n * squares)
}
