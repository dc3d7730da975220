package judge

import (
	"slices"

	"github.com/rolescope/rolescope/internal/planted"
	"github.com/rolescope/rolescope/trend/measure"
)

// Cells are the new vacancies of roles A and B per employer and month from a month on, on the boards that
// were looked at in that month already, counted from the market itself with the guards of docs/measures.md: what a
// store filled with Rows must count.
func Cells(m *planted.Market, from int) (a, b measure.Role) { return cells(m, from, true) }

// Naive are the cells of who counts adverts as they come: every copy, what the first look at a board found,
// whatever any paragraph mentions, and boards as they join.
func Naive(m *planted.Market) (a, b measure.Role) { return cells(m, 0, false) }

func cells(m *planted.Market, from int, guarded bool) (a, b measure.Role) {
	type key struct{ role, employer, month int }
	vacancies, mentioning := map[key]int{}, map[key]map[int]int{}
	recurs := paragraphs(m)
	for _, v := range m.Vacancies {
		if v.Role > planted.RoleB || guarded && (v.Censored || v.Month() < from || planted.MonthOf(m.Employers[v.Employer].Joins) > from) {
			continue
		}
		k, n := key{v.Role, v.Employer, v.Month()}, 1
		if !guarded {
			n = v.Copies
		}
		skills := slices.Clone(v.Skills)
		if v.Paragraph && !(guarded && recurs[v.Employer][k.month]) {
			skills = append(skills, planted.ParagraphSkills()...)
			slices.Sort(skills)
		}
		vacancies[k] += n
		if mentioning[k] == nil {
			mentioning[k] = map[int]int{}
		}
		for _, s := range slices.Compact(skills) {
			mentioning[k][s] += n
		}
	}
	for k, n := range vacancies {
		cell := measure.Cell{Employer: m.Employers[k.employer].Name, Period: k.month, Vacancies: n}
		for s, x := range mentioning[k] {
			cell.Counts = append(cell.Counts, measure.Count{Skill: s, N: x})
		}
		slices.SortFunc(cell.Counts, func(x, y measure.Count) int { return x.Skill - y.Skill })
		if k.role == planted.RoleA {
			a = append(a, cell)
		} else {
			b = append(b, cell)
		}
	}
	return a, b
}

// paragraphs says for each employer and month whether its paragraph, which is about itself, stood in two vacancies.
func paragraphs(m *planted.Market) [][planted.Months]bool {
	out := make([][planted.Months]bool, len(m.Employers))
	seen := make([][planted.Months]bool, len(m.Employers))
	for _, v := range m.Vacancies {
		if !v.Paragraph {
			continue
		}
		for month := v.Month(); month <= planted.MonthOf(v.Missed-1); month++ {
			out[v.Employer][month] = seen[v.Employer][month]
			seen[v.Employer][month] = true
		}
	}
	return out
}
