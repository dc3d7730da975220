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

// tableMax is how large a skill may be for a table to number the skills: with one beyond it, or below 0
// (an index that is none), a map does.
const tableMax = 1 << 22

// vocabulary numbers the skills that occur 0, 1, 2, ... in their order.
type vocabulary struct {
	skills []int
	table  []int32 // by skill
	sparse map[int]int32
}

func vocabularyOf(roles []Role) vocabulary {
	var v vocabulary
	for _, role := range roles {
		for i := range role {
			if role[i].Vacancies <= 0 {
				continue
			}
			for _, count := range role[i].Counts {
				if count.N > 0 {
					v.mark(count.Skill)
				}
			}
		}
	}
	if v.sparse == nil {
		for skill, occurs := range v.table {
			if occurs == 1 {
				v.table[skill] = int32(len(v.skills))
				v.skills = append(v.skills, skill)
			}
		}
		return v
	}
	for skill := range v.sparse {
		v.skills = append(v.skills, skill)
	}
	slices.Sort(v.skills)
	for i, skill := range v.skills {
		v.sparse[skill] = int32(i)
	}
	return v
}

// mark notes that a skill occurs.
func (v *vocabulary) mark(skill int) {
	switch {
	case uint(skill) < uint(len(v.table)):
		v.table[skill] = 1
	case v.sparse == nil && 0 <= skill && skill < tableMax:
		v.table = append(v.table, make([]int32, skill+1-len(v.table))...)
		v.table[skill] = 1
	default:
		if v.sparse == nil {
			v.sparse = map[int]int32{}
			for skill, occurs := range v.table {
				if occurs == 1 {
					v.sparse[skill] = 0
				}
			}
			v.table = nil
		}
		v.sparse[skill] = 0
	}
}

// of is the number of a skill that occurs.
func (v *vocabulary) of(skill int) int32 {
	if v.table != nil {
		return v.table[skill]
	}
	return v.sparse[skill]
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
