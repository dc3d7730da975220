package trend

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rolescope/rolescope/trend/measure"
)

// SlopeQuestion asks whether two roles become more alike: over all periods unless the scope says.
type SlopeQuestion struct {
	Scope
	Permutations int    // of the falsifier; 0 leaves it out
	Seed         uint64 // of the falsifier
}

// SlopePoint is how alike the two roles are in one period, as fitted (docs/measures.md, Over time).
type SlopePoint struct {
	Period     time.Time `json:"period"`
	VacanciesA int       `json:"vacancies_a"`
	VacanciesB int       `json:"vacancies_b"`
	EmployersA int       `json:"employers_a"`
	EmployersB int       `json:"employers_b"`
	Cosine     *float64  `json:"cosine"` // of this period's vacancies alone; nil under the floor
	Total      *float64  `json:"total"`  // the fitted series
	Within     *float64  `json:"within"`
	AllBoards  *float64  `json:"all_boards_total"`
}

// SlopeAnswer is the answer to a SlopeQuestion. Slopes are per year.
type SlopeAnswer struct {
	Asked
	RoleA         string       `json:"role_a"`
	RoleB         string       `json:"role_b"`
	VacanciesA    int          `json:"vacancies_a"` // counted once in each period
	VacanciesB    int          `json:"vacancies_b"`
	EmployersA    int          `json:"employers_a"`
	EmployersB    int          `json:"employers_b"`
	Headline      string       `json:"headline,omitempty"`
	Total         Estimate     `json:"total"`
	Within        Estimate     `json:"within"`
	Between       Estimate     `json:"between"`
	AllBoards     Estimate     `json:"all_boards_total"`
	AllWithin     Estimate     `json:"all_boards_within"`
	Undefined     string       `json:"undefined,omitempty"` // why there is no slope, or none of some kind
	Falsifier     *Falsifier   `json:"falsifier"`
	FalsifierNote string       `json:"falsifier_note,omitempty"`
	Series        []SlopePoint `json:"series"`
}

// Falsifier says whether the roles' names tell their adverts apart at all.
type Falsifier struct {
	Observed     float64 `json:"observed"` // cosine
	Permuted     float64 `json:"permuted"` // mean cosine when names are dealt anew
	Ratio        float64 `json:"ratio"`    // near 1: the names say nothing
	P            float64 `json:"p"`
	Permutations int     `json:"permutations"`
	Seed         uint64  `json:"seed"`
}

// perYear is how many periods a year has.
var perYear = map[Period]float64{Week: 365.25 / 7, Month: 12, Quarter: 4}

// Slope answers a SlopeQuestion.
func Slope(ctx context.Context, q Querier, question SlopeQuestion) (SlopeAnswer, error) {
	out := SlopeAnswer{Series: []SlopePoint{}}
	if len(question.Roles) != 2 || question.Roles[0] == question.Roles[1] {
		return out, fmt.Errorf("%w: convergence is of two roles: name two", ErrQuestion)
	}
	a, err := question.resolve(ctx, q, 0)
	if err != nil {
		return out, err
	}
	if a.Period == Whole {
		return out, fmt.Errorf("%w: a slope needs periods: week, month or quarter", ErrQuestion)
	}
	out.RoleA, out.RoleB = question.Roles[0], question.Roles[1]
	g, err := a.guards(ctx)
	if err != nil {
		return out, err
	}
	c, err := a.cells(ctx, a.Roles)
	if err != nil {
		return out, err
	}
	c, unnamed := c.followed(g)
	g.Unnamed = uint64(unnamed)
	out.fit(a, &g, c)
	if err := out.falsify(ctx, a, g, question); err != nil {
		return out, err
	}
	out.Asked = a.done(g, a.cellsFile())
	out.Headline = out.headline()
	return out, nil
}

// fit computes the slopes and the series.
func (out *SlopeAnswer) fit(a *asked, g *Guards, c cells) {
	x, y := c.of(*g)[out.RoleA], c.of(*g)[out.RoleB]
	out.VacanciesA, out.EmployersA = size(x)
	out.VacanciesB, out.EmployersB = size(y)
	valueA, headlineA := g.allows(out.RoleA, out.VacanciesA, out.EmployersA)
	valueB, headlineB := g.allows(out.RoleB, out.VacanciesB, out.EmployersB)
	var fitted, everywhere measure.Trend
	var err error
	if valueA && valueB {
		fitted, err = slopes(len(a.periods), perYear[a.Period], x, y, headlineA && headlineB, &out.Total, &out.Within, &out.Between)
		if err != nil {
			out.Undefined = reason(err)
		}
		_, many := size(c.all[out.RoleA])
		_, more := size(c.all[out.RoleB])
		var between Estimate
		everywhere, _ = slopes(len(a.periods), perYear[a.Period], c.all[out.RoleA], c.all[out.RoleB],
			min(many, more) >= measure.EmployersMin, &out.AllBoards, &out.AllWithin, &between)
	}
	for t, span := range a.periods {
		p := SlopePoint{Period: span.From}
		inX, inY := in(x, t), in(y, t)
		p.VacanciesA, p.EmployersA = size(inX)
		p.VacanciesB, p.EmployersB = size(inY)
		if min(p.VacanciesA, p.VacanciesB) >= Floor {
			p.Cosine = certain(measure.Cosine(inX, inY))
		}
		if t < len(fitted.TotalAt) {
			p.Total = certain(fitted.TotalAt[t], true)
		}
		if t < len(fitted.WithinAt) {
			p.Within = certain(fitted.WithinAt[t], true)
		}
		if t < len(everywhere.TotalAt) {
			p.AllBoards = certain(everywhere.TotalAt[t], true)
		}
		out.Series = append(out.Series, p)
	}
}

// slopes are the slopes of two roles, with intervals if there may be any. One that is undefined leaves the others
// as they are; the error says which.
func slopes(periods int, perYear float64, x, y measure.Role, headline bool, total, within, between *Estimate) (measure.Trend, error) {
	var fitted measure.Trend
	var i, j, k *measure.Interval
	var err error
	if headline {
		fitted, i, j, k, err = measure.SlopeIntervals(x, y, periods, perYear, Level)
	} else {
		fitted, err = measure.Slope(x, y, periods, perYear)
	}
	for _, s := range []struct {
		to      *Estimate
		defined bool
		value   float64
		i       *measure.Interval
	}{{total, fitted.TotalAt != nil, fitted.Total, i}, {within, fitted.WithinAt != nil, fitted.Within, j}, {between, err == nil, fitted.Between, k}} {
		if !s.defined {
			continue
		}
		*s.to = Estimate{Value: &s.value}
		if s.i != nil {
			s.to.Low, s.to.High = &s.i.Low, &s.i.High
		}
	}
	return fitted, err
}

// reason is the error without its kind: "within: no employer of the second role was seen in two periods".
func reason(err error) string {
	return strings.Replace(err.Error(), measure.ErrUndefined.Error()+": ", "", 1)
}

type advertRow struct {
	Role     string    `ch:"role"`
	Employer string    `ch:"employer"`
	Quarter  time.Time `ch:"quarter"`
	Vacancy  string    `ch:"vacancy_id"`
	Skills   []string  `ch:"skills"`
}

// falsify asks whether the names of the two roles tell their vacancies apart.
func (out *SlopeAnswer) falsify(ctx context.Context, a *asked, g Guards, question SlopeQuestion) error {
	switch {
	case question.Permutations <= 0:
		out.FalsifierNote = "left out: no permutations were asked for"
		return nil
	case out.Total.Value == nil:
		out.FalsifierNote = "left out: there is no slope"
		return nil
	}
	params := a.params()
	params["boards"] = "all"
	if g.Panel.Applied {
		params["boards"] = "panel"
	}
	var rows []advertRow
	if err := a.run(ctx, &rows, "adverts", params); err != nil {
		return err
	}
	if len(rows) == rowsMax {
		return ErrTooLarge
	}
	index, adverts := map[string]int{}, make([]measure.Advert, 0, len(rows))
	for _, r := range rows {
		if r.Employer == "" {
			continue
		}
		advert := measure.Advert{Employer: r.Employer, Stratum: r.Employer + "\n" + r.Quarter.Format(time.DateOnly), Second: r.Role == out.RoleB}
		for _, s := range r.Skills {
			if _, ok := index[s]; !ok {
				index[s] = len(index)
			}
			advert.Skills = append(advert.Skills, index[s])
		}
		adverts = append(adverts, advert)
	}
	f, ok := measure.Falsify(adverts, question.Permutations, question.Seed)
	if !ok {
		out.FalsifierNote = "undefined: no employer has both roles in one quarter, or a cosine is undefined"
		return nil
	}
	out.Falsifier = &Falsifier{f.Observed, f.Permuted, f.Ratio, f.P, f.Permutations, f.Seed}
	return nil
}

// headline says what the intervals say, and nothing when there are none.
func (out *SlopeAnswer) headline() string {
	direction := func(e Estimate) string {
		switch {
		case *e.Low > 0:
			return "converge"
		case *e.High < 0:
			return "diverge"
		}
		return "neither converge nor diverge that one could tell"
	}
	if out.Total.Low == nil {
		return ""
	}
	s := fmt.Sprintf("%s and %s %s: %+.3f a year (%+.3f to %+.3f)", out.RoleA, out.RoleB, direction(out.Total), *out.Total.Value, *out.Total.Low, *out.Total.High)
	if out.Within.Low != nil && out.Between.Value != nil {
		s += fmt.Sprintf("; at the same employers they %s: %+.3f (%+.3f to %+.3f)", direction(out.Within), *out.Within.Value, *out.Within.Low, *out.Within.High)
	}
	return s
}
