package trend

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/rolescope/rolescope/trend/measure"
)

// ContinuumQuestion asks where roles lie between research and engineering, by the skills they ask for.
type ContinuumQuestion struct {
	Scope
	Research    string // the role at 0; empty is research_scientist
	Engineering string // the role at 1; empty is software_engineer
}

// Position is where one role lies.
type Position struct {
	Role      string   `json:"role"`
	Vacancies int      `json:"vacancies"`
	Employers int      `json:"employers"`
	Position  Estimate `json:"position"` // 0 is the research role, 1 the engineering role
	Track     Estimate `json:"track"`    // mean of the texts' own place, 0 research to 1000 engineering
	Placed    int      `json:"placed"`   // vacancies whose text has such a place
	AllBoards *float64 `json:"all_boards_position"`
}

// ContinuumAnswer is the answer to a ContinuumQuestion, from research to engineering.
type ContinuumAnswer struct {
	Asked
	Research    string     `json:"research"`
	Engineering string     `json:"engineering"`
	Roles       []Position `json:"roles"`
}

type trackRow struct {
	Role      string `ch:"role"`
	Employer  string `ch:"employer"`
	InPanel   bool   `ch:"in_panel"`
	Vacancies uint64 `ch:"vacancies"`
	Sum       int64  `ch:"track_sum"`
}

// Continuum answers a ContinuumQuestion.
func Continuum(ctx context.Context, q Querier, question ContinuumQuestion) (ContinuumAnswer, error) {
	out := ContinuumAnswer{
		Research: cmp.Or(question.Research, "research_scientist"), Engineering: cmp.Or(question.Engineering, "software_engineer"), Roles: []Position{},
	}
	if out.Research == out.Engineering {
		return out, fmt.Errorf("%w: the two ends are one role, %s", ErrQuestion, out.Research)
	}
	question.Period = Whole
	wanted, placed := question.Roles, question.Roles
	if len(wanted) > 0 {
		wanted = slices.Concat(wanted, []string{out.Research, out.Engineering})
	}
	question.Roles = wanted
	a, err := question.resolve(ctx, q, defaultMonths)
	if err != nil {
		return out, err
	}
	g, err := a.guards(ctx)
	if err != nil {
		return out, err
	}
	c, err := a.cells(ctx, wanted)
	if err != nil {
		return out, err
	}
	var tracks []trackRow
	if len(a.periods) > 0 {
		if err := a.run(ctx, &tracks, "tracks", a.params()); err != nil {
			return out, err
		}
	}
	roles := c.of(g)
	names := slices.Compact(slices.Sorted(slices.Values(placed)))
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(roles))
	}
	ends, headlines := true, true
	for _, end := range []string{out.Research, out.Engineering} {
		n, employers := size(roles[end])
		value, headline := g.allows(end, n, employers)
		ends, headlines = ends && value, headlines && headline
	}
	for _, name := range names {
		p := Position{Role: name}
		p.Vacancies, p.Employers = size(roles[name])
		value, headline := g.allows(name, p.Vacancies, p.Employers)
		switch {
		case !value || !ends:
		case name == out.Research || name == out.Engineering: // by definition
			p.Position.Value = certain(map[string]float64{out.Research: 0, out.Engineering: 1}[name], true)
			p.AllBoards = p.Position.Value
		default:
			p.Position = position(headline && headlines, roles[name], roles[out.Research], roles[out.Engineering])
			v, ok := measure.Continuum(c.all[name], c.all[out.Research], c.all[out.Engineering])
			p.AllBoards = certain(v, ok)
		}
		p.Track, p.Placed = meanTrack(tracks, name, g.Panel.Applied)
		out.Roles = append(out.Roles, p)
	}
	slices.SortStableFunc(out.Roles, func(x, y Position) int {
		if (x.Position.Value == nil) != (y.Position.Value == nil) {
			return cmp.Compare(orLeast(y.Position.Value), orLeast(x.Position.Value))
		}
		return cmp.Compare(orLeast(x.Position.Value), orLeast(y.Position.Value))
	})
	out.Asked = a.done(g, a.cellsFile())
	return out, nil
}

// position is a role's place with its interval.
func position(headline bool, role, research, engineering measure.Role) Estimate {
	value, ok := measure.Continuum(role, research, engineering)
	if !ok || !headline {
		return Estimate{Value: certain(value, ok)}
	}
	value, interval, has := measure.ContinuumInterval(role, research, engineering, Level)
	return estimate(value, true, interval, has)
}

// meanTrack is the mean place of a role's texts: of a share of sums, as one skill that each mentions so often.
func meanTrack(rows []trackRow, role string, panel bool) (Estimate, int) {
	var r measure.Role
	n := 0
	for _, row := range rows {
		if row.Role == role && (row.InPanel || !panel) {
			r = append(r, measure.Cell{Employer: row.Employer, Vacancies: int(row.Vacancies), Counts: []measure.Count{{N: int(row.Sum)}}})
			n += int(row.Vacancies)
		}
	}
	if n < Floor {
		return Estimate{}, n
	}
	return shares(r)[0].clamp(0, 1000), n
}
