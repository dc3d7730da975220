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
// low and high are Woodruff's interval (1952): the values at q -/+ t se, where se is the Jackknife's over
// employers of the fraction of values <= v. One that would lie below the smallest value or above the
// largest is nil; both are with fewer than EmployersMin employers. Undefined (false) when there are no
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
	without := fractionsWithout(values, v)
	if !enough([]int{len(without)}, level) {
		return v, nil, nil, true
	}
	half := StudentT((1+level)/2, len(without)-1) * jackknifeSE(without)
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

// fractionsWithout is the fraction of values <= v without each employer, by employer; nothing when one has them
// all.
func fractionsWithout(values []Value, v float64) []float64 {
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, func(a, b Value) int { return cmp.Compare(a.Employer, b.Employer) })
	var below int
	for _, value := range sorted {
		if value.V <= v {
			below++
		}
	}
	var without []float64
	for from := 0; from < len(sorted); {
		to, mine := from, 0
		for to < len(sorted) && sorted[to].Employer == sorted[from].Employer {
			if sorted[to].V <= v {
				mine++
			}
			to++
		}
		rest := len(sorted) - (to - from)
		if rest == 0 {
			return nil
		}
		without = append(without, float64(below-mine)/float64(rest))
		from = to
	}
	return without
}
