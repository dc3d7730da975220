// Package measure is the arithmetic of the history questions: what docs/measures.md specifies, from
// whole numbers counted per employer. It knows no SQL, no clock and no file, and keeps nothing between
// two calls: the same counts give the same bits on any machine, in whatever order the cells come. trend
// calls it with what its SQL counted.
//
// Sums are of whole numbers as long as they can be and otherwise in the order of skills and employers;
// no value depends on the order of a map. Whole numbers are exact while a role's vacancies times the
// periods stay below three thousand million.
package measure

import (
	"cmp"
	"errors"
	"slices"
)

// ErrUndefined marks a measure that these counts do not define; what wraps it says why.
var ErrUndefined = errors.New("undefined")

// EmployersMin is how many employers each role needs before an interval is given: with fewer, the
// jackknife's own error is about as large as what it estimates.
const EmployersMin = 10

// tiny is the fraction of what was subtracted from that a difference must exceed to count as above 0:
// rounding must not decide whether a measure is defined.
const tiny = 1e-12

// Count is how many vacancies mention a skill. Skills are indices into a vocabulary of the caller.
type Count struct{ Skill, N int }

// Cell is one employer's vacancies of one role in one period, numbered from 0. Counts are sorted by
// skill, 0 < N <= Vacancies. What has no vacancies, and counts that are not above 0, are ignored.
type Cell struct {
	Employer  string
	Period    int
	Vacancies int
	Counts    []Count
}

// Role is all cells of one role; several cells of one employer and period add up.
type Role []Cell

// Part is what one skill adds to a measure.
type Part struct {
	Skill int
	Value float64
}

// total is a role's sums: vacancies, and mentions by skill as numbered in a vocabulary.
type total struct {
	n int64
	x []int64
}

// mentions is the sum of x.
func (t total) mentions() int64 {
	var m int64
	for _, x := range t.x {
		m += x
	}
	return m
}

// totals sums roles over employers and periods. skills are those that any of them mentions, ascending;
// the x of every total has one number for each.
func totals(roles ...Role) (skills []int, sums []total) {
	v := vocabularyOf(roles)
	for _, r := range roles {
		t := total{x: make([]int64, len(v.skills))}
		for _, cell := range r {
			if cell.Vacancies <= 0 {
				continue
			}
			t.n += int64(cell.Vacancies)
			for _, count := range cell.Counts {
				if count.N > 0 {
					t.x[v.of(count.Skill)] += int64(count.N)
				}
			}
		}
		sums = append(sums, t)
	}
	return v.skills, sums
}

// dot is the sum of products over skills.
func dot(a, b []int64) int64 {
	var sum int64
	for s := range a {
		sum += a[s] * b[s]
	}
	return sum
}

// pairs is sum_s X (X - 1): the ordered pairs of distinct vacancies that share a mention.
func pairs(x []int64) int64 {
	var sum int64
	for _, x := range x {
		sum += x * (x - 1)
	}
	return sum
}

// tableMax is how far apart the smallest and the largest skill may be for a table to number them:
// beyond it (indices that are no indices) a map does.
const tableMax = 1 << 22

// vocabulary numbers the skills that occur 0, 1, 2, ... in their order.
type vocabulary struct {
	skills []int
	low    int
	table  []int32 // by skill - low
	sparse map[int]int32
}

func vocabularyOf(roles []Role) vocabulary {
	var v vocabulary
	high, any := 0, false
	each(roles, func(skill int) {
		if !any {
			v.low, high, any = skill, skill, true
		}
		v.low, high = min(v.low, skill), max(high, skill)
	})
	if !any {
		return v
	}
	if width := uint64(high) - uint64(v.low); width < tableMax {
		v.table = make([]int32, width+1)
		each(roles, func(skill int) { v.table[skill-v.low] = 1 })
		for i, occurs := range v.table {
			if occurs == 1 {
				v.table[i] = int32(len(v.skills))
				v.skills = append(v.skills, v.low+i)
			}
		}
		return v
	}
	v.sparse = map[int]int32{}
	each(roles, func(skill int) { v.sparse[skill] = 0 })
	for skill := range v.sparse {
		v.skills = append(v.skills, skill)
	}
	slices.Sort(v.skills)
	for i, skill := range v.skills {
		v.sparse[skill] = int32(i)
	}
	return v
}

// of is the number of a skill that occurs.
func (v *vocabulary) of(skill int) int32 {
	if v.table != nil {
		return v.table[skill-v.low]
	}
	return v.sparse[skill]
}

// each calls f with the skill of every count that is not ignored.
func each(roles []Role, f func(skill int)) {
	for _, r := range roles {
		for _, cell := range r {
			if cell.Vacancies <= 0 {
				continue
			}
			for _, count := range cell.Counts {
				if count.N > 0 {
					f(count.Skill)
				}
			}
		}
	}
}

// byValue sorts parts by falling magnitude, ties by skill.
func byValue(parts []Part) {
	slices.SortFunc(parts, func(a, b Part) int {
		return cmp.Or(cmp.Compare(abs(b.Value), abs(a.Value)), cmp.Compare(a.Skill, b.Skill))
	})
}

func abs(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}
