package trend

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rolescope/rolescope/trend/measure"
)

type cellRow struct {
	Period     time.Time `ch:"period"`
	Role       string    `ch:"role"`
	Employer   string    `ch:"employer"`
	InPanel    bool      `ch:"in_panel"`
	Vacancies  uint64    `ch:"vacancies"`
	Skills     []string  `ch:"skills"`
	Mentioning []uint64  `ch:"mentioning"`
}

// cells are the whole numbers of a question: by role, on the panel and on all boards.
type cells struct {
	skills     []string // the vocabulary, sorted: measure knows skills as indices into it
	panel, all map[string]measure.Role
}

// cells fetches the numbers of roles, all of them when there are none.
func (a *asked) cells(ctx context.Context, roles []string) (cells, error) {
	params := a.params()
	params["roles"] = listParam(roles)
	var rows []cellRow
	c := cells{panel: map[string]measure.Role{}, all: map[string]measure.Role{}}
	if len(a.periods) == 0 {
		return c, nil
	}
	if err := a.run(ctx, &rows, a.cellsFile(), params); err != nil {
		return c, err
	}
	if len(rows) == rowsMax {
		return c, ErrTooLarge
	}
	index := map[string]int{}
	for _, r := range rows {
		for i, s := range r.Skills {
			if r.Mentioning[i] > 0 {
				index[s] = 0
			}
		}
	}
	c.skills = slices.Sorted(maps.Keys(index))
	for i, s := range c.skills {
		index[s] = i
	}
	for _, r := range rows {
		if r.Vacancies == 0 {
			continue
		}
		cell := measure.Cell{Employer: r.Employer, Period: a.at(r.Period.UTC()), Vacancies: int(r.Vacancies)}
		for i, s := range r.Skills {
			if r.Mentioning[i] > 0 {
				cell.Counts = append(cell.Counts, measure.Count{Skill: index[s], N: int(r.Mentioning[i])})
			}
		}
		slices.SortFunc(cell.Counts, func(x, y measure.Count) int { return x.Skill - y.Skill })
		c.all[r.Role] = append(c.all[r.Role], cell)
		if r.InPanel {
			c.panel[r.Role] = append(c.panel[r.Role], cell)
		}
	}
	return c, nil
}

// cellsFile is the SQL that counts: per month the rollup has the counts, which add up for flows; a stock
// of a longer period has to count vacancies, since one may be in several of its months.
func (a *asked) cellsFile() string {
	if a.Period == Week {
		return "cells_week"
	}
	if len(a.Companies) == 0 && (a.months() || a.Basis != Active) {
		return "cells_rollup"
	}
	return "cells"
}

// months reports whether each period is one month.
func (a *asked) months() bool {
	return !slices.ContainsFunc(a.periods, func(s Span) bool { return !s.From.AddDate(0, 1, 0).Equal(s.To) })
}

// of is what a question is answered from: the panel, or all boards.
func (c cells) of(g Guards) map[string]measure.Role {
	if g.Panel.Applied {
		return c.panel
	}
	return c.all
}

// size is how many vacancies and employers a role has.
func size(r measure.Role) (vacancies, employers int) {
	seen := map[string]bool{}
	for _, c := range r {
		vacancies += c.Vacancies
		if c.Employer != "" { // nobody knows who that is, or how many
			seen[c.Employer] = true
		}
	}
	return vacancies, len(seen)
}

// followed are the cells without those whose employer nobody knows, and how many vacancies those had: who is not
// known cannot be followed from one period to the next.
func (c cells) followed(g Guards) (out cells, unnamed int) {
	unknown := func(cell measure.Cell) bool { return cell.Employer == "" }
	named := func(of map[string]measure.Role) map[string]measure.Role {
		rest := map[string]measure.Role{}
		for role, r := range of {
			rest[role] = slices.DeleteFunc(slices.Clone(r), unknown)
		}
		return rest
	}
	for _, r := range c.of(g) {
		for _, cell := range r {
			if unknown(cell) {
				unnamed += cell.Vacancies
			}
		}
	}
	return cells{skills: c.skills, panel: named(c.panel), all: named(c.all)}, unnamed
}

// in is the role's cells of one period.
func in(r measure.Role, period int) (out measure.Role) {
	for _, c := range r {
		if c.Period == period {
			out = append(out, c)
		}
	}
	return out
}

// mentions are, per skill, how many of the role's vacancies mention it.
func mentions(r measure.Role) map[int]int {
	out := map[int]int{}
	for _, c := range r {
		for _, x := range c.Counts {
			out[x.Skill] += x.N
		}
	}
	return out
}
