package measure

import (
	"math/bits"
	"slices"
)

// book is the counts of some roles by employer, added up over periods with the powers of the period
// that lines need: what deleting one employer takes away.
type book struct {
	skills []int  // ascending
	firms  []firm // by name
}

// firm is one employer: a side for each role, empty where it has none of its vacancies.
type firm struct {
	name  string
	sides []side
}

// side is one employer's part of a role: sums over periods t of n, t n and t^2 n vacancies and of m,
// t m and t^2 m mentions, and its skills in order.
type side struct {
	n, tn, ttn int64
	m, tm, ttm int64
	entries    []entry
}

// entry is one skill: sums over periods of x and t x.
type entry struct {
	skill int32
	x, tx int64
}

// bookOf groups roles by employer.
func bookOf(roles ...Role) book {
	v := vocabularyOf(roles)
	numbers := map[string]int{}
	var names []string
	numbered := make([][]int, len(roles)) // by role and cell, -1 for a cell that is ignored
	for r, role := range roles {
		numbered[r] = make([]int, len(role))
		for i, cell := range role {
			numbered[r][i] = -1
			if cell.Vacancies <= 0 {
				continue
			}
			if i > 0 && numbered[r][i-1] >= 0 && role[i-1].Employer == cell.Employer {
				numbered[r][i] = numbered[r][i-1]
				continue
			}
			number, ok := numbers[cell.Employer]
			if !ok {
				number = len(names)
				numbers[cell.Employer] = number
				names = append(names, cell.Employer)
			}
			numbered[r][i] = number
		}
	}
	b := book{skills: v.skills, firms: make([]firm, len(names))}
	for i, name := range names {
		b.firms[i] = firm{name: name, sides: make([]side, len(roles))}
	}
	sum := summer{v: &v, sums: make([]entry, len(v.skills)), seen: make([]uint64, (len(v.skills)+63)/64)}
	for r, role := range roles {
		// A counting sort: before it, from[number+1] is where the employer's cells begin in order, after it where
		// they end; ignored cells, numbered -1, come first.
		from := make([]int, len(names)+2)
		for _, number := range numbered[r] {
			from[number+2]++
		}
		for i := range len(names) {
			from[i+2] += from[i+1]
		}
		order := make([]int, len(role))
		for i, number := range numbered[r] {
			order[from[number+1]] = i
			from[number+1]++
		}
		for number := range names {
			b.firms[number].sides[r] = sum.side(role, order[from[number]:from[number+1]])
		}
	}
	slices.SortFunc(b.firms, func(x, y firm) int {
		if x.name < y.name {
			return -1
		}
		return 1 // names are distinct
	})
	return b
}

// summer adds cells up, by skill in sums that it clears again; seen has a bit for each that is not 0, which
// yields them in order without sorting.
type summer struct {
	v    *vocabulary
	sums []entry
	seen []uint64
}

func (sum *summer) side(role Role, cells []int) side {
	var s side
	for _, i := range cells {
		cell := &role[i]
		t, n, m := int64(cell.Period), int64(cell.Vacancies), int64(0)
		for _, count := range cell.Counts {
			if count.N <= 0 {
				continue
			}
			skill, x := sum.v.of(count.Skill), int64(count.N)
			sum.seen[skill/64] |= 1 << (skill % 64)
			of := &sum.sums[skill]
			of.x += x
			of.tx += t * x
			m += x
		}
		s.n, s.tn, s.ttn = s.n+n, s.tn+t*n, s.ttn+t*t*n
		s.m, s.tm, s.ttm = s.m+m, s.tm+t*m, s.ttm+t*t*m
	}
	skills := 0
	for _, word := range sum.seen {
		skills += bits.OnesCount64(word)
	}
	s.entries = make([]entry, 0, skills)
	for i, word := range sum.seen {
		for ; word != 0; word &= word - 1 {
			skill := int32(i*64 + bits.TrailingZeros64(word))
			of := &sum.sums[skill]
			s.entries = append(s.entries, entry{skill: skill, x: of.x, tx: of.tx})
			*of = entry{}
		}
		sum.seen[i] = 0
	}
	return s
}

// sizes are each role's vacancies of each of its employers.
func (b book) sizes(roles int) [][]int {
	out := make([][]int, roles)
	for _, f := range b.firms {
		for r, s := range f.sides {
			if s.n > 0 {
				out[r] = append(out[r], int(s.n))
			}
		}
	}
	return out
}

// together calls f once for each skill that one of two sides mentions, in order; an entry of a side
// without it is 0.
func together(a, b side, f func(a, b entry)) {
	i, j := 0, 0
	for i < len(a.entries) || j < len(b.entries) {
		var x, y entry
		if j == len(b.entries) || i < len(a.entries) && a.entries[i].skill <= b.entries[j].skill {
			x = a.entries[i]
			y.skill = x.skill
			i++
		}
		if j < len(b.entries) && (x.x == 0 || b.entries[j].skill == x.skill) {
			y = b.entries[j]
			x.skill = y.skill
			j++
		}
		f(x, y)
	}
}
