package measure

import "slices"

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
	sum := summer{v: &v, x: make([]int64, len(v.skills)), tx: make([]int64, len(v.skills))}
	for r, role := range roles {
		cells := make([][]int, len(names))
		for i, number := range numbered[r] {
			if number >= 0 {
				cells[number] = append(cells[number], i)
			}
		}
		for number, of := range cells {
			b.firms[number].sides[r] = sum.side(role, of)
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

// summer adds cells up in arrays that it clears again, one number per skill.
type summer struct {
	v       *vocabulary
	x, tx   []int64
	touched []int32
}

func (sum *summer) side(role Role, cells []int) side {
	var s side
	sum.touched = sum.touched[:0]
	for _, i := range cells {
		cell := &role[i]
		t, n, m := int64(cell.Period), int64(cell.Vacancies), int64(0)
		for _, count := range cell.Counts {
			if count.N <= 0 {
				continue
			}
			skill, x := sum.v.of(count.Skill), int64(count.N)
			if sum.x[skill] == 0 {
				sum.touched = append(sum.touched, skill)
			}
			sum.x[skill] += x
			sum.tx[skill] += t * x
			m += x
		}
		s.n, s.tn, s.ttn = s.n+n, s.tn+t*n, s.ttn+t*t*n
		s.m, s.tm, s.ttm = s.m+m, s.tm+t*m, s.ttm+t*t*m
	}
	slices.Sort(sum.touched)
	s.entries = make([]entry, len(sum.touched))
	for i, skill := range sum.touched {
		s.entries[i] = entry{skill: skill, x: sum.x[skill], tx: sum.tx[skill]}
		sum.x[skill], sum.tx[skill] = 0, 0
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
