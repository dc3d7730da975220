package trend

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/rolescope/rolescope/trend/measure"
)

// ChangeQuestion asks what a role asks for now and did not before. Without spans it is of the latest three
// whole months and the same months a year earlier. Scope's dates and period are not used.
type ChangeQuestion struct {
	Scope
	Before, After Span // whole months; Before ends where After begins, or earlier
}

// RoleChange is how one role changed. Parts of the sum over skills of |share after - share before|.
type RoleChange struct {
	Role            string      `json:"role"`
	BeforeVacancies int         `json:"before_vacancies"`
	BeforeEmployers int         `json:"before_employers"`
	AfterVacancies  int         `json:"after_vacancies"`
	AfterEmployers  int         `json:"after_employers"`
	Total           *float64    `json:"total"`
	New             *float64    `json:"new"`       // of skills that nobody asked for before
	Vanished        *float64    `json:"vanished"`  // of skills that nobody asks for after
	Intensity       *float64    `json:"intensity"` // of the others
	Noise           *float64    `json:"noise"`     // what the total would be if nothing had changed
	Excess          Estimate    `json:"excess"`    // Total less Noise
	AllBoards       *float64    `json:"all_boards_excess"`
	Skills          []SkillMove `json:"skills"` // by falling |Change|
}

// SkillMove is how the share of one skill changed.
type SkillMove struct {
	Skill  string   `json:"skill"`
	Before float64  `json:"before"`
	After  float64  `json:"after"`
	Change Estimate `json:"change"` // 0.1 is ten percentage points more
	Kind   string   `json:"kind"`   // new, vanished or intensity
}

// ChangeAnswer is the answer to a ChangeQuestion, by role.
type ChangeAnswer struct {
	Asked
	Before   Span         `json:"before"`
	After    Span         `json:"after"`
	Headline string       `json:"headline,omitempty"`
	Roles    []RoleChange `json:"roles"`
}

// changeMonths are the months of each span unless the question says.
const changeMonths = 3

// Change answers a ChangeQuestion.
func Change(ctx context.Context, q Querier, question ChangeQuestion) (ChangeAnswer, error) {
	out := ChangeAnswer{Roles: []RoleChange{}}
	question.From, question.To, question.Period = time.Time{}, time.Time{}, Whole
	a, err := question.resolve(ctx, q, 0)
	if err != nil {
		return out, err
	}
	if err := a.twoSpans(question.Before, question.After); err != nil {
		return out, err
	}
	g, err := a.guards(ctx)
	if err != nil {
		return out, err
	}
	if len(a.periods) == 2 {
		out.Before, out.After = a.periods[0], a.periods[1]
	}
	c, err := a.cells(ctx, a.Roles)
	if err != nil {
		return out, err
	}
	roles := a.Roles
	if len(roles) == 0 {
		roles = slices.Sorted(maps.Keys(c.of(g)))
	}
	for _, role := range roles {
		out.Roles = append(out.Roles, c.change(&g, role))
	}
	out.Asked = a.done(g, a.cellsFile())
	if len(out.Roles) == 1 && out.Roles[0].Excess.Low != nil {
		r := out.Roles[0]
		verdict := "more than chance makes"
		if *r.Excess.Low <= 0 {
			verdict = "no more than chance may make"
		}
		out.Headline = fmt.Sprintf("%s changed by %.2f, %s (%.2f would be noise; excess %.2f, %.2f to %.2f)",
			r.Role, *r.Total, verdict, *r.Noise, *r.Excess.Value, *r.Excess.Low, *r.Excess.High)
	}
	return out, nil
}

// twoSpans makes the question one of two periods.
func (a *asked) twoSpans(before, after Span) error {
	if len(a.periods) == 0 {
		return nil
	}
	if after == (Span{}) {
		after.To = a.To
		if a.partial(Span{a.To.AddDate(0, -1, 0), a.To}) && a.Basis != Active {
			after.To = a.To.AddDate(0, -1, 0) // the flow of a part of a month is of other weeks
		}
		after.From = after.To.AddDate(0, -changeMonths, 0)
	}
	after.From, after.To = monthOf(after.From), monthAfter(after.To)
	if before == (Span{}) {
		before = Span{after.From.AddDate(-1, 0, 0), after.To.AddDate(-1, 0, 0)}
	}
	before.From, before.To = monthOf(before.From), monthAfter(before.To)
	for name, s := range map[string]Span{"before": before, "after": after} {
		if !s.From.Before(s.To) {
			return fmt.Errorf("%w: %s is from %s to %s", ErrQuestion, name, s.From.Format(time.DateOnly), s.To.Format(time.DateOnly))
		}
	}
	if before.To.After(after.From) {
		return fmt.Errorf("%w: before ends in %s, when after has begun", ErrQuestion, before.To.AddDate(0, 0, -1).Format("2006-01"))
	}
	a.periods = []Span{before, after}
	a.looks = a.watched(a.periods)
	a.From, a.To, a.Period = before.From, after.To, Whole
	return nil
}

// change compares a role's two periods.
func (c cells) change(g *Guards, role string) RoleChange {
	before, after := in(c.of(*g)[role], 0), in(c.of(*g)[role], 1)
	r := RoleChange{Role: role, Skills: []SkillMove{}}
	r.BeforeVacancies, r.BeforeEmployers = size(before)
	r.AfterVacancies, r.AfterEmployers = size(after)
	value1, headline1 := g.allows(role+" before", r.BeforeVacancies, r.BeforeEmployers)
	value2, headline2 := g.allows(role+" after", r.AfterVacancies, r.AfterEmployers)
	if !value1 || !value2 {
		return r
	}
	p, ok := measure.Change(before, after)
	if !ok {
		return r
	}
	r.Total, r.New, r.Vanished, r.Intensity, r.Noise = &p.Total, &p.New, &p.Vanished, &p.Intensity, &p.Noise
	r.Excess = Estimate{Value: &p.Excess}
	if headline1 && headline2 {
		p, i, has := measure.ChangeInterval(before, after, Level)
		r.Excess = estimate(p.Excess, true, i, has)
	}
	if p, ok := measure.Change(in(c.all[role], 0), in(c.all[role], 1)); ok {
		r.AllBoards = &p.Excess
	}
	moved, first, last := shares(before, after), mentions(before), mentions(after)
	for skill, e := range moved {
		m := SkillMove{
			Skill: c.skills[skill], Change: e.clamp(-1, 1), Kind: "intensity",
			Before: float64(first[skill]) / float64(r.BeforeVacancies), After: float64(last[skill]) / float64(r.AfterVacancies),
		}
		switch {
		case first[skill] == 0:
			m.Kind = "new"
		case last[skill] == 0:
			m.Kind = "vanished"
		}
		r.Skills = append(r.Skills, m)
	}
	slices.SortFunc(r.Skills, func(x, y SkillMove) int {
		return cmp.Or(cmp.Compare(math.Abs(*y.Change.Value), math.Abs(*x.Change.Value)), cmp.Compare(x.Skill, y.Skill))
	})
	return r
}
