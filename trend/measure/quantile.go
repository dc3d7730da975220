package measure

import (
	"cmp"
	"math"
	"slices"
)

// Value is one vacancy's value at its employer: a yearly salary, say.
type Value struct {
	Employer string
	V        float64
}

// Quantile is the smallest value v with at least the fraction q of values <= v, without interpolation.
// low and high are Woodruff's interval (1952): the values at q -/+ t se, where t and se are the
// Jackknife's over employers of the fraction of values <= v. One that would lie below the smallest value or above the
// largest is nil; both are where the Jackknife gives none. Undefined (false) when there are no
// values, one is NaN, or q is not between 0 and 1.
func Quantile(values []Value, q, level float64) (v float64, low, high *float64, ok bool) {
	if len(values) == 0 || !(q > 0 && q < 1) {
		return 0, nil, nil, false
	}
	sorted := make([]float64, len(values))
	for i, value := range values {
		sorted[i] = value.V
		if math.IsNaN(value.V) {
			return 0, nil, nil, false
		}
	}
	slices.Sort(sorted)
	v = sorted[rank(q, len(sorted))]
	fraction, without, sizes := fractions(values, v)
	i, ok := IntervalOf(fraction, without, [][]int{sizes}, level)
	if !ok {
		return v, nil, nil, true
	}
	half := i.High - i.Centre
	if at := q - half; at > 0 {
		low = &sorted[rank(at, len(sorted))]
	}
	if at := q + half; at <= 1 {
		high = &sorted[rank(at, len(sorted))]
	}
	return v, low, high, true
}

// rankSlack keeps rounding from asking for one value more: 0.55 * 100 is a little above 55.
const rankSlack = 1e-9

// rank is the index of the smallest of n sorted values with at least the fraction q at or below it.
func rank(q float64, n int) int {
	return min(max(int(math.Ceil(q*float64(n)-rankSlack)), 1), n) - 1
}

// fractions is the fraction of values <= v, of all and without each employer, and how many each has.
func fractions(values []Value, v float64) (all float64, without []float64, sizes []int) {
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, func(a, b Value) int { return cmp.Compare(a.Employer, b.Employer) })
	below := 0
	for _, value := range sorted {
		if value.V <= v {
			below++
		}
	}
	for from := 0; from < len(sorted); {
		to, mine := from, 0
		for to < len(sorted) && sorted[to].Employer == sorted[from].Employer {
			if sorted[to].V <= v {
				mine++
			}
			to++
		}
		// NaN for an only employer, who has no interval.
		without = append(without, float64(below-mine)/float64(len(sorted)-(to-from)))
		sizes = append(sizes, to-from)
		from = to
	}
	return float64(below) / float64(len(sorted)), without, sizes
}
