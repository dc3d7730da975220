package trend

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rolescope/rolescope/trend/measure"
)

// Guards is what was done so that the numbers mean what they seem to: part of every answer.
type Guards struct {
	Basis        Basis        `json:"basis"`
	DataCut      time.Time    `json:"data_cut,omitzero"` // the latest moment at which anything was recorded
	SeenFrom     time.Time    `json:"seen_from,omitzero"`
	SeenUntil    time.Time    `json:"seen_until,omitzero"`        // the last look at any board
	Floor        int          `json:"floor"`                      // vacancies that a share needs under it
	EmployersMin int          `json:"employers_min"`              // employers that an interval and a headline need
	Level        float64      `json:"level"`                      // of the intervals
	Vacancies    uint64       `json:"vacancies"`                  // of the roles asked about, on all boards
	Postings     uint64       `json:"postings"`                   // that advertise them: copies are folded
	SeveralRoles uint64       `json:"several_roles"`              // vacancies left out because they state several roles
	WithoutRole  uint64       `json:"without_role"`               // vacancies left out because their title states none
	Unnamed      uint64       `json:"without_employer,omitempty"` // of a slope, in each period: left out because nobody knows their employer
	Censored     uint64       `json:"censored"`                   // vacancies open before we looked: never new
	Mentions     uint64       `json:"mentions"`                   // by vacancy and month, boilerplate included
	Boilerplate  uint64       `json:"boilerplate"`                // of them, left out
	Panel        Panel        `json:"panel"`
	Partial      []time.Time  `json:"partial,omitempty"` // periods of which only a part was watched
	Suppressed   []Suppressed `json:"suppressed,omitempty"`
}

// Panel is the set of boards that a question is answered from.
type Panel struct {
	Applied bool         `json:"applied"`
	Why     string       `json:"why,omitempty"` // it was not applied
	Healthy int          `json:"healthy"`
	Boards  int          `json:"boards"`
	Periods int          `json:"periods"` // in which a board had to be healthy
	LeftOut []BoardState `json:"left_out,omitempty"`
}

// BoardState is a board that is not on the panel.
type BoardState struct {
	Source  string `json:"source" ch:"source"`
	Board   string `json:"board" ch:"board"`
	Periods uint64 `json:"-" ch:"periods"`
	Healthy uint64 `json:"healthy_periods" ch:"healthy_periods"`
	First   bool   `json:"-" ch:"in_first"`
	Last    bool   `json:"-" ch:"in_last"`
	InPanel bool   `json:"-" ch:"in_panel"`
	Why     string `json:"why" ch:"-"`
}

// Suppressed is something that is not shown, or shown without interval and headline.
type Suppressed struct {
	What      string `json:"what"`
	Vacancies int    `json:"vacancies"`
	Employers int    `json:"employers"`
	Shown     bool   `json:"shown"` // the value is, without interval and headline
	Why       string `json:"why"`
}

// guards asks what the guards do to a question.
func (a *asked) guards(ctx context.Context) (Guards, error) {
	g := Guards{
		Basis: a.Basis, DataCut: a.cut, SeenFrom: a.extent.From, SeenUntil: a.extent.Until,
		Floor: Floor, EmployersMin: measure.EmployersMin, Level: Level,
	}
	if len(a.periods) == 0 {
		return g, nil
	}
	for _, p := range a.periods {
		if a.Period != Whole && a.partial(p) {
			g.Partial = append(g.Partial, p.From)
		}
	}
	var boards []BoardState
	params := a.params()
	if err := a.run(ctx, &boards, "panel", params); err != nil {
		return g, err
	}
	g.Panel = a.panelOf(boards)
	if a.Brief {
		return g, nil
	}
	var left []struct {
		Vacancies    uint64 `ch:"vacancies"`
		Mentions     uint64 `ch:"mentions"`
		Boilerplate  uint64 `ch:"boilerplate_mentions"`
		Censored     uint64 `ch:"censored"`
		Postings     uint64 `ch:"postings"`
		SeveralRoles uint64 `ch:"several_roles"`
		WithoutRole  uint64 `ch:"without_role"`
	}
	if a.Period == Week { // the months that the weeks meet
		params["spans"] = spansParam([]Span{{monthOf(a.From), monthAfter(a.To)}})
	}
	if err := a.run(ctx, &left, "left_out", params); err != nil || len(left) == 0 {
		return g, err
	}
	l := left[0]
	g.Vacancies, g.Postings, g.SeveralRoles, g.WithoutRole = l.Vacancies, l.Postings, l.SeveralRoles, l.WithoutRole
	g.Censored, g.Mentions, g.Boilerplate = l.Censored, l.Mentions, l.Boilerplate
	return g, nil
}

func (a *asked) panelOf(boards []BoardState) Panel {
	p := Panel{Boards: len(boards), Periods: len(a.looks)}
	for _, b := range boards {
		if b.InPanel {
			p.Healthy++
			continue
		}
		switch {
		case b.Healthy == 0:
			b.Why = "never seen whole"
		case b.Periods == 1:
			b.Why = "not seen whole"
		case !b.First:
			b.Why = fmt.Sprintf("not seen whole in the first period; in %d of %d", b.Healthy, b.Periods)
		case !b.Last:
			b.Why = fmt.Sprintf("not seen whole in the last period; in %d of %d", b.Healthy, b.Periods)
		default:
			b.Why = fmt.Sprintf("seen whole in only %d of %d periods", b.Healthy, b.Periods)
		}
		p.LeftOut = append(p.LeftOut, b)
	}
	switch {
	case a.AllBoards:
		p.Why = "all boards were asked for"
	case a.Basis == Claimed:
		p.Why = "claimed dates are of a time before anybody looked"
	case p.Healthy == 0:
		p.Why = fmt.Sprintf("none of the %d boards was seen whole in enough periods: what grows may be what was looked at", p.Boards)
	default:
		p.Applied = true
	}
	if !p.Applied {
		p.LeftOut = nil
	}
	return p
}

// allows reports whether figures about so many vacancies and employers may be shown, and whether with an
// interval and a headline; what is not is noted.
func (g *Guards) allows(what string, vacancies, employers int) (value, headline bool) {
	s := Suppressed{What: what, Vacancies: vacancies, Employers: employers, Shown: vacancies >= g.Floor}
	switch {
	case vacancies < g.Floor:
		s.Why = fmt.Sprintf("fewer than %d vacancies: nothing is shown", g.Floor)
	case employers < g.EmployersMin:
		s.Why = fmt.Sprintf("fewer than %d employers: no interval and no headline", g.EmployersMin)
	default:
		return true, true
	}
	if !slices.Contains(g.Suppressed, s) {
		g.Suppressed = append(g.Suppressed, s)
	}
	return s.Shown, false
}

// Asked is what every history answer has of its question, and of what it rests on.
type Asked struct {
	Audit
	From       time.Time   `json:"from,omitzero"`
	To         time.Time   `json:"to,omitzero"` // the day after the last
	Period     Period      `json:"period"`
	Periods    []Span      `json:"-"`
	Guards     Guards      `json:"guards"`
	Statements []Statement `json:"statements"` // what else was run, in order; Audit is the one that counts
}

// done is the answer's head, whose Audit is that of the named statement.
func (a *asked) done(g Guards, main string) Asked {
	out := Asked{From: a.From, To: a.To, Period: a.Period, Periods: a.periods, Guards: g, Statements: []Statement{}}
	out.TaggerVersion = a.version
	if len(a.periods) == 0 {
		out.From, out.To = time.Time{}, time.Time{}
	}
	for _, statement := range a.audits {
		if statement.Name == main {
			out.SQL, out.Params = statement.SQL, statement.Params
			continue
		}
		out.Statements = append(out.Statements, statement)
	}
	slices.SortStableFunc(out.Guards.Suppressed, func(x, y Suppressed) int { return cmp.Compare(x.What, y.What) })
	return out
}
