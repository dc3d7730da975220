package trend

import (
	"maps"
	"math"
	"slices"

	"github.com/rolescope/rolescope/trend/measure"
)

// Estimate is a value with its interval at Level. Value is nil when it is undefined or suppressed, Low and
// High are when there is no interval.
type Estimate struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

func estimate(value float64, ok bool, i measure.Interval, has bool) Estimate {
	e := Estimate{}
	if ok {
		e.Value = &value
	}
	if ok && has {
		e.Low, e.High = &i.Low, &i.High
	}
	return e
}

// certain returns a pointer to v, or nil when it is undefined.
func certain(v float64, ok bool) *float64 {
	if !ok || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// clamp keeps the interval of a share between lowest and highest: what lies outside cannot be.
func (e Estimate) clamp(lowest, highest float64) Estimate {
	if e.Low != nil {
		low, high := max(*e.Low, lowest), min(*e.High, highest)
		e.Low, e.High = &low, &high
	}
	return e
}

// shares are the shares of all skills in one role, or how they differ between a first and a second one,
// each with the jackknife interval of docs/measures.md. It equals measure.Jackknife of each skill's share,
// without taking the roles apart once for each of them.
func shares(roles ...measure.Role) map[int]Estimate {
	type book struct {
		n     []float64 // vacancies, by employer
		total float64
		x     map[int]map[int]float64 // mentions, by skill and employer
	}
	employers := map[string]int{}
	books, skills := make([]book, len(roles)), map[int]bool{}
	for _, r := range roles {
		for _, c := range r {
			if _, ok := employers[c.Employer]; !ok {
				employers[c.Employer] = len(employers)
			}
		}
	}
	for i, r := range roles {
		b := book{n: make([]float64, len(employers)), x: map[int]map[int]float64{}}
		for _, c := range r {
			e := employers[c.Employer]
			b.n[e] += float64(c.Vacancies)
			b.total += float64(c.Vacancies)
			for _, x := range c.Counts {
				skills[x.Skill] = true
				if b.x[x.Skill] == nil {
					b.x[x.Skill] = map[int]float64{}
				}
				b.x[x.Skill][e] += float64(x.N)
			}
		}
		books[i] = b
	}
	sizes := make([][]int, len(roles)) // vacancies of each employer that has any
	for i, b := range books {
		for _, n := range b.n {
			if n > 0 {
				sizes[i] = append(sizes[i], int(n))
			}
		}
	}
	out := map[int]Estimate{}
	without := make([]float64, len(employers))
	for skill := range skills {
		value, ok := 0.0, true
		clear(without)
		for i, b := range books {
			sign := 1.0
			if i < len(books)-1 {
				sign = -1
			}
			var sum float64
			for _, e := range slices.Sorted(maps.Keys(b.x[skill])) {
				sum += b.x[skill][e]
			}
			value += sign * sum / b.total
			ok = ok && b.total > 0
			for e := range without {
				without[e] += sign * (sum - b.x[skill][e]) / (b.total - b.n[e])
			}
		}
		if out[skill] = (Estimate{Value: certain(value, ok)}); ok {
			i, has := measure.IntervalOf(value, without, sizes, Level)
			out[skill] = estimate(value, true, i, has)
		}
	}
	return out
}
