package trend

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// unitsMax is how many units the windows span at most: emerging.sql has a bit of a number for each.
const unitsMax = 60

// weeklyDays is how many days at most lie between the looks at a board that is looked at weekly, on average.
const weeklyDays = 10.5

// evaluation is an EmergingQuestion at work.
type evaluation struct {
	*asked
	question EmergingQuestion
	answer   *EmergingAnswer
	sources  int       // kinds of the panel's boards
	from     time.Time // since when anything is watched
}

// watched is what there is to evaluate.
type watched struct {
	From   time.Time `ch:"watched_from"`
	Until  time.Time `ch:"watched_until"`
	Boards uint64    `ch:"boards"`
	Every  float64   `ch:"every_days"`
	New    uint64    `ch:"new_vacancies"`
}

// Emerging makes one evaluation. It reads the rollups: what was stored since the last refresh is not in it.
// Questions that cannot be asked are ErrQuestion; too little history is a Refusal in the answer, and no error.
func Emerging(ctx context.Context, q Querier, question EmergingQuestion) (EmergingAnswer, error) {
	out := EmergingAnswer{Tests: []FamilyTest{}, Terms: []Term{}, Categories: []Category{}, Statements: []Statement{}}
	e := &evaluation{asked: &asked{q: q}, question: question, answer: &out}
	if err := e.check(); err != nil {
		return out, err
	}
	var found []watched
	if err := e.run(ctx, &found, "emerging_extent", map[string]string{}); err != nil {
		return out, err
	}
	w := watched{}
	if len(found) > 0 {
		w = found[0]
	}
	e.from = w.From
	if err := e.place(w); err != nil {
		return out, err
	}
	if out.Refusal == nil {
		if err := e.panel(ctx, w); err != nil {
			return out, err
		}
	}
	if out.Refusal == nil {
		if err := e.test(ctx); err != nil {
			return out, err
		}
		if err := e.categories(ctx); err != nil {
			return out, err
		}
	}
	out.TaggerVersion = e.version
	for _, s := range e.audits {
		if s.Name == "emerging" {
			out.SQL, out.Params = s.SQL, s.Params
		} else {
			out.Statements = append(out.Statements, s)
		}
	}
	return out, nil
}

func (e *evaluation) check() error {
	if !slices.Contains([]Period{"", Week, Month}, e.question.Unit) {
		return fmt.Errorf("%w: unit %q is neither week nor month", ErrQuestion, e.question.Unit)
	}
	for _, f := range e.question.Families {
		if !slices.Contains(Families(), f) {
			return fmt.Errorf("%w: family %q is none of title, skill, phrase, role_skill", ErrQuestion, f)
		}
	}
	for _, t := range e.question.Track {
		if strings.ContainsAny(t.Key, "\t\n") {
			return fmt.Errorf("%w: a term has no tab or line break: %q", ErrQuestion, t.Key)
		}
	}
	w := e.question.Windows
	if w != (Windows{}) && (w.Recent < 1 || w.Gap < 0 || w.Base < 2 || w.Recent+w.Gap+w.Base > unitsMax) {
		return fmt.Errorf("%w: windows of %d after %d units, %d apart: at least 1 after 2, at most %d together", ErrQuestion, w.Recent, w.Base, w.Gap, unitsMax)
	}
	return nil
}

// place decides on unit and windows, or refuses when nothing was watched.
func (e *evaluation) place(w watched) error {
	out := e.answer
	out.Unit = e.question.Unit
	if out.Unit == "" {
		out.Unit = Week
		if w.Every > weeklyDays {
			out.Unit = Month
		}
	}
	out.Windows = cmp.Or(e.question.Windows, DefaultWindows(out.Unit))
	if w.Boards == 0 {
		e.refuse(w, 0, time.Time{}, "Nothing is stored yet that could emerge: no board was looked at, or the store was not refreshed since")
		return nil
	}
	at := e.question.At
	if at.IsZero() {
		at = w.Until
	}
	if at.Before(beginning) || at.After(end) {
		return fmt.Errorf("%w: %s is no time to ask about", ErrQuestion, at.Format(time.DateOnly))
	}
	out.At = unitStart(at, out.Unit)
	e.span(out.Windows)
	return nil
}

// span places windows before the boundary.
func (e *evaluation) span(w Windows) {
	out := e.answer
	out.Windows = w
	out.Recent = Span{AddUnits(out.At, out.Unit, -w.Recent), out.At}
	baseTo := AddUnits(out.Recent.From, out.Unit, -w.Gap)
	out.Base = Span{AddUnits(baseTo, out.Unit, -w.Base), baseTo}
}

// near takes the nearer base window of months, where the further one would leave half of the boards out.
func (e *evaluation) near(ctx context.Context, rows []panelRow) ([]panelRow, error) {
	if e.answer.Unit != Month || e.question.Windows != (Windows{}) {
		return rows, nil
	}
	e.span(nearWindows())
	var nearer []panelRow
	if err := e.run(ctx, &nearer, "emerging_panel", e.windowParams()); err != nil {
		return nil, err
	}
	if further, all := onPanel(rows), onPanel(nearer); further > 0 && 2*further >= all {
		e.span(DefaultWindows(Month))
		e.audits = e.audits[:len(e.audits)-1]
		return rows, nil
	}
	return nearer, nil
}

func onPanel(rows []panelRow) (n int) {
	for _, r := range rows {
		if r.InPanel {
			n++
		}
	}
	return n
}

// unitStart is the boundary at or before t.
func unitStart(t time.Time, unit Period) time.Time {
	t = t.UTC()
	if unit == Month {
		return monthOf(t)
	}
	return t.Truncate(24*time.Hour).AddDate(0, 0, -(int(t.Weekday())+6)%7)
}

// AddUnits is the boundary n units after t, or -n before.
func AddUnits(t time.Time, unit Period, n int) time.Time {
	if unit == Month {
		return t.AddDate(0, n, 0)
	}
	return t.AddDate(0, 0, 7*n)
}

// NextUnit is the boundary after the one at or before t: what a replay goes on with.
func NextUnit(t time.Time, unit Period) time.Time { return AddUnits(unitStart(t, unit), unit, 1) }

func (e *evaluation) windowParams() map[string]string {
	a := e.answer
	return map[string]string{
		"unit": string(a.Unit), "base_from": a.Base.From.Format(time.DateOnly), "base_to": a.Base.To.Format(time.DateOnly),
		"recent_from": a.Recent.From.Format(time.DateOnly), "recent_to": a.Recent.To.Format(time.DateOnly), "rows_max": fmt.Sprint(rowsMax),
	}
}

type panelRow struct {
	Source  string    `ch:"source"`
	Board   string    `ch:"board"`
	From    time.Time `ch:"watched_from"`
	IsEvent bool      `ch:"is_event"`
	Periods uint64    `ch:"periods"`
	Seen    []int64   `ch:"seen"`
	Healthy uint64    `ch:"healthy_periods"`
	InFirst bool      `ch:"in_first"`
	InLast  bool      `ch:"in_last"`
	InPanel bool      `ch:"in_panel"`
}

// panel says who is on it, and refuses when nobody is.
func (e *evaluation) panel(ctx context.Context, w watched) error {
	var rows []panelRow
	if err := e.run(ctx, &rows, "emerging_panel", e.windowParams()); err != nil {
		return err
	}
	rows, err := e.near(ctx, rows)
	if err != nil {
		return err
	}
	if len(rows) == rowsMax {
		return ErrTooLarge
	}
	p := &e.answer.Panel
	*p = Panel{Boards: len(rows), Periods: e.answer.Windows.Recent + e.answer.Windows.Gap + e.answer.Windows.Base}
	kinds := map[string]bool{}
	for _, r := range rows {
		if r.InPanel {
			p.Healthy++
			kinds[r.Source] = true
			continue
		}
		b := BoardState{Source: r.Source, Board: r.Board, Periods: r.Periods, Healthy: r.Healthy, First: r.InFirst, Last: r.InLast}
		switch {
		case r.Healthy == 0:
			b.Why = "not seen whole in the windows"
		case !r.IsEvent && !r.From.Before(e.answer.Base.From):
			b.Why = fmt.Sprintf("first looked at on %s, in the windows", r.From.Format(time.DateOnly))
		case !r.InFirst:
			b.Why = fmt.Sprintf("not seen whole in the first %s of the base window", e.answer.Unit)
		case !r.InLast:
			b.Why = fmt.Sprintf("not seen whole in each of the last %d %ss", e.answer.Windows.Recent+1, e.answer.Unit)
		default:
			b.Why = fmt.Sprintf("seen whole in only %d of %d %ss", r.Healthy, r.Periods, e.answer.Unit)
		}
		p.LeftOut = append(p.LeftOut, b)
	}
	p.Applied, e.sources = p.Healthy > 0, len(kinds)
	if !p.Applied {
		e.refuseWithout(w, rows)
	}
	return nil
}

type termRow struct {
	Family     string  `ch:"family"`
	Term       string  `ch:"term"`
	X1         uint64  `ch:"x1"`
	N1         uint64  `ch:"n1"`
	X0         uint64  `ch:"x0"`
	N0         uint64  `ch:"n0"`
	Dispersion float64 `ch:"dispersion"`
	P          float64 `ch:"p"`
	Q          float64 `ch:"q"`
	Employers  uint64  `ch:"employers"`
	Candidates uint64  `ch:"candidates"`
	Stable     uint64  `ch:"stable"`
	IsFirst    bool    `ch:"is_first"`
}

// test runs the test, and keeps the terms of small q and those that are tracked.
func (e *evaluation) test(ctx context.Context) error {
	families := e.question.Families
	if len(families) == 0 {
		families = Families()
	}
	params := e.windowParams()
	params["families"], params["track"] = joined(families), joined(e.question.Track)
	params["growth"], params["q_max"], params["count_min"] = fmt.Sprint(EmergingRatio), fmt.Sprint(EmergingQ), fmt.Sprint(EmergingCount)
	var rows []termRow
	if err := e.run(ctx, &rows, "emerging", params); err != nil {
		return err
	}
	if len(rows) == rowsMax {
		return ErrTooLarge
	}
	out, left := e.answer, map[TermID]bool{}
	var n1, n0 uint64
	for _, t := range e.question.Track {
		left[t] = slices.Contains(families, t.Family)
	}
	for _, r := range rows {
		n1, n0 = r.N1, r.N0
		if r.IsFirst && !slices.ContainsFunc(out.Tests, func(t FamilyTest) bool { return t.Family == Family(r.Family) }) {
			out.Tests = append(out.Tests, FamilyTest{Family(r.Family), r.Candidates, r.Stable, r.Dispersion})
		}
		id := TermID{Family(r.Family), r.Term}
		if r.Q < EmergingQ || left[id] {
			left[id] = false
			out.Terms = append(out.Terms, e.term(r))
		}
	}
	for _, t := range e.question.Track { // nobody mentions them any more
		if left[t] {
			left[t] = false
			out.Terms = append(out.Terms, e.term(termRow{Family: string(t.Family), Term: t.Key, N1: n1, N0: n0, Dispersion: 1, P: 1, Q: 1}))
		}
	}
	slices.SortStableFunc(out.Terms, func(x, y Term) int {
		return cmp.Or(cmp.Compare(x.Family, y.Family), cmp.Compare(x.P, y.P), cmp.Compare(x.Key, y.Key))
	})
	return nil
}

// String is the term as a line of a parameter.
func (t TermID) String() string { return string(t.Family) + "\t" + t.Key }

func joined[T fmt.Stringer](of []T) string {
	lines := make([]string, len(of))
	for i, t := range of {
		lines[i] = t.String()
	}
	return strings.Join(lines, "\n")
}

// String is the family's name.
func (f Family) String() string { return string(f) }

// levelZ is the normal quantile of Level.
const levelZ = 1.959963984540054

func (e *evaluation) term(r termRow) Term {
	t := Term{
		TermID: TermID{Family(r.Family), r.Term}, Label: r.Term, X1: r.X1, N1: r.N1, X0: r.X0, N0: r.N0, Dispersion: r.Dispersion, P: r.P, Q: r.Q,
		Employers: r.Employers,
	}
	switch t.Family {
	case FamilySkill:
		t.Skill = t.Key
	case FamilyRoleSkill:
		t.Role, t.Skill, _ = strings.Cut(t.Key, " ")
	}
	if t.N1 > 0 && t.N0 > 0 {
		x1, x0 := float64(t.X1)+.5, float64(t.X0)+.5
		spread := levelZ * math.Sqrt(t.Dispersion*(1/x1+1/x0))
		t.Ratio = x1 / float64(t.N1) / (x0 / float64(t.N0))
		t.RatioLow, t.RatioHigh = t.Ratio*math.Exp(-spread), t.Ratio*math.Exp(spread)
	}
	return t
}

// pass decides on terms once it is known where they are mentioned. Where there is but one board, it has to do.
func (e *evaluation) pass(t *Term) {
	places := true
	if e.sources > 1 {
		places = t.Sources > 1
	} else if e.answer.Panel.Healthy > 1 {
		places = t.Boards > 1
	}
	known := float64(t.X0) > max(EmergingCount, EmergingKnown*float64(t.N0))
	t.Passes = t.Q < EmergingQ && t.Employers >= EmergingEmployers && places && !known
}
