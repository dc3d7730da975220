package trend

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rolescope/rolescope/trend/measure"
)

// Rank orders the skills of a role.
type Rank string

// The rankings.
const (
	ByShare  Rank = "share"  // most asked for in the last period
	ByRCA    Rank = "rca"    // most distinctive among all roles in the last period
	ByChange Rank = "change" // moved most from the first period to the last, up or down
)

// SharesQuestion asks what share of a role's vacancies mention each skill, per period.
type SharesQuestion struct {
	Scope
	Rank Rank // empty is ByShare
	Top  int  // skills per role; 0 is all
}

// ShareRow is one skill of one role in one period. Skills that nobody mentions in a period have a row
// there if they are mentioned in another.
type ShareRow struct {
	Period     time.Time `json:"period"`
	Role       string    `json:"role"`
	Skill      string    `json:"skill"`
	Mentioning int       `json:"mentioning"`
	Vacancies  int       `json:"vacancies"`
	Employers  int       `json:"employers"` // that have any vacancy of the role
	Share      Estimate  `json:"share"`
	RCA        *float64  `json:"rca"` // over 1: more than among all roles; of the period
	AllBoards  *float64  `json:"all_boards_share"`
	Rank       int       `json:"rank"` // of the skill in its role, from 1: the same in all periods
}

// SharesAnswer is the answer to a SharesQuestion, by role, rank and period.
type SharesAnswer struct {
	Asked
	Rank Rank       `json:"rank"`
	Rows []ShareRow `json:"rows"`
}

// Shares answers a SharesQuestion.
func Shares(ctx context.Context, q Querier, question SharesQuestion) (SharesAnswer, error) {
	out := SharesAnswer{Rank: cmp.Or(question.Rank, ByShare), Rows: []ShareRow{}}
	if !slices.Contains([]Rank{ByShare, ByRCA, ByChange}, out.Rank) {
		return out, fmt.Errorf("%w: rank %q is none of share, rca, change", ErrQuestion, out.Rank)
	}
	a, err := question.resolve(ctx, q, defaultMonths)
	if err != nil {
		return out, err
	}
	g, err := a.guards(ctx)
	if err != nil {
		return out, err
	}
	c, err := a.cells(ctx, nil) // of all roles: what is distinctive of one is so among all
	if err != nil {
		return out, err
	}
	roles := a.Roles
	if len(roles) == 0 {
		roles = slices.Sorted(maps.Keys(c.of(g)))
	}
	rca := make([]map[string]map[int]float64, len(a.periods))
	for t := range a.periods {
		rca[t] = distinctive(c.of(g), t)
	}
	for _, role := range roles {
		rows := a.roleShares(&g, c, rca, role, out.Rank)
		if question.Top > 0 {
			rows = slices.DeleteFunc(rows, func(r ShareRow) bool { return r.Rank > question.Top })
		}
		out.Rows = append(out.Rows, rows...)
	}
	out.Asked = a.done(g, a.cellsFile())
	return out, nil
}

// distinctive is the RCA of every role's skills in one period.
func distinctive(roles map[string]measure.Role, t int) map[string]map[int]float64 {
	var all []measure.Role
	names := slices.Sorted(maps.Keys(roles))
	for _, name := range names {
		all = append(all, in(roles[name], t))
	}
	out := map[string]map[int]float64{}
	for i, name := range names {
		out[name] = measure.RCA(all[i], all)
	}
	return out
}

// roleShares are the rows of one role.
func (a *asked) roleShares(g *Guards, c cells, rca []map[string]map[int]float64, role string, rank Rank) []ShareRow {
	bySkill := map[int][]ShareRow{}
	for t, p := range a.periods {
		cells := in(c.of(*g)[role], t)
		vacancies, employers := size(cells)
		value, headline := g.allows(fmt.Sprintf("%s in %s", role, p.From.Format("2006-01")), vacancies, employers)
		here, counts := shares(cells), mentions(cells)
		everywhere, allCounts := in(c.all[role], t), mentions(in(c.all[role], t))
		allVacancies, _ := size(everywhere)
		for skill := range mentions(c.of(*g)[role]) {
			row := ShareRow{
				Period: p.From, Role: role, Skill: c.skills[skill], Mentioning: counts[skill], Vacancies: vacancies, Employers: employers,
			}
			if value {
				zero := 0.0
				e, mentioned := here[skill]
				if !mentioned {
					e = Estimate{Value: &zero}
				}
				if !headline {
					e.Low, e.High = nil, nil
				}
				row.Share = e.clamp(0, 1)
				r, ok := rca[t][role][skill]
				row.RCA = certain(r, ok)
			}
			if allVacancies >= Floor {
				row.AllBoards = certain(float64(allCounts[skill])/float64(allVacancies), true)
			}
			bySkill[skill] = append(bySkill[skill], row)
		}
	}
	return ranked(bySkill, rank)
}

// ranked gives the skills their ranks and lines their rows up.
func ranked(bySkill map[int][]ShareRow, rank Rank) []ShareRow {
	first, last := -1, -1 // periods with shares to show
	for _, rows := range bySkill {
		for t, r := range rows {
			if r.Share.Value != nil {
				if last = max(last, t); first < 0 || t < first {
					first = t
				}
			}
		}
	}
	value := func(skill int) float64 {
		rows := bySkill[skill]
		switch {
		case last < 0:
			return 0
		case rank == ByRCA && *rows[last].Share.Value < rareShare: // of two mentions an RCA of 20 is easily made
			return -1
		case rank == ByRCA && rows[last].RCA != nil:
			return *rows[last].RCA
		case rank == ByRCA:
			return 0
		case rank == ByChange:
			return max(*rows[last].Share.Value-*rows[first].Share.Value, *rows[first].Share.Value-*rows[last].Share.Value)
		}
		return *rows[last].Share.Value
	}
	skills := slices.SortedFunc(maps.Keys(bySkill), func(x, y int) int {
		return cmp.Or(cmp.Compare(value(y), value(x)), cmp.Compare(x, y))
	})
	var out []ShareRow
	for i, skill := range skills {
		for _, r := range bySkill[skill] {
			r.Rank = i + 1
			out = append(out, r)
		}
	}
	return out
}

// rareShare is the share that a skill needs to be called distinctive, as in the set measures of
// docs/measures.md.
const rareShare = 0.05
