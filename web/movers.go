package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// moversMax is how many skills that were gained or lost a role's page lists; the API has all.
const moversMax = 12

// moversTable is what a role gained and lost between two periods.
type moversTable struct {
	Unit          trend.Period // months, where the page is of weeks: the rollups have none
	Before, After string       // the periods compared, as the form shows them
	Choices       []string     // periods that may be compared, newest first
	Ordered       bool         // the one is before the other
	Of            string       // the boards that are counted
	Audit         trend.Audit
	Change        trend.RoleChange
	Suppressed    bool
	Floor         int
	Summary       string // of all skills together
	Gained, Lost  []moverLine
}

// moverLine is one skill between two periods.
type moverLine struct {
	trend.SkillCount
	Before, After, Change, Interval string
}

// compared is a period that may be compared, and the most vacancies that were active in it.
type compared struct {
	trend.Span
	name string
	n    float64
}

// comparable are the periods with vacancies of the page's role.
func (v volumes) comparable() (unit trend.Period, out []compared) {
	if unit = v.unit; unit == trend.Week {
		unit = trend.Month
	}
	for i, s := range v.spans {
		n := v.active[v.groups[0]][i]
		if n == 0 {
			continue
		}
		if v.unit == trend.Week {
			month := time.Date(s.From.Year(), s.From.Month(), 1, 0, 0, 0, 0, time.UTC)
			s = trend.Span{From: month, To: month.AddDate(0, 1, 0)}
		}
		if last := len(out) - 1; last >= 0 && out[last].From.Equal(s.From) {
			out[last].n = max(out[last].n, n)
			continue
		}
		out = append(out, compared{s, name(unit, s.From), n})
	}
	return unit, out
}

// movers compares two periods: those of the form, or else the newest with enough vacancies and the
// one a year before it, or the oldest with enough where history is shorter.
func (s *server) movers(ctx context.Context, r *http.Request, t *moversTable, v volumes, f trend.Scope, names map[string]trend.SkillCount) error {
	var all []compared
	t.Unit, all = v.comparable()
	enough := slices.DeleteFunc(slices.Clone(all), func(c compared) bool { return c.n < trend.Floor })
	if len(enough) == 0 {
		return nil
	}
	after := enough[len(enough)-1]
	before := enough[0]
	for _, c := range enough {
		if !c.From.After(after.From.AddDate(-1, 0, 0)) {
			before = c
		}
	}
	for _, c := range slices.Backward(all) {
		t.Choices = append(t.Choices, c.name)
	}
	for field, to := range map[string]*compared{"before": &before, "after": &after} {
		named, err := value(r, field)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, func(c compared) bool { return c.name == named }); i >= 0 { // else of another unit, after a change of it
			*to = all[i]
		}
	}
	t.Before, t.After = before.name, after.name
	if t.Ordered = !before.To.After(after.From); !t.Ordered {
		return nil
	}
	answer, err := trend.Change(ctx, s.Querier, trend.ChangeQuestion{
		Scope:  trend.Scope{Roles: f.Roles, Companies: f.Companies, AllBoards: f.AllBoards, Brief: true},
		Before: before.Span, After: after.Span,
	})
	if err != nil && !errors.Is(err, trend.ErrNothing) {
		return err
	}
	t.fill(answer, names)
	return nil
}

func (t *moversTable) fill(answer trend.ChangeAnswer, names map[string]trend.SkillCount) {
	t.Audit, t.Of, t.Floor, t.Suppressed = answer.Audit, boardsText(answer.Guards), trend.Floor, true
	if len(answer.Roles) == 0 || answer.Roles[0].Total == nil {
		if len(answer.Roles) > 0 {
			t.Change = answer.Roles[0]
		}
		return
	}
	t.Change, t.Suppressed = answer.Roles[0], false
	t.Summary = fmt.Sprintf("All shares together moved by %.2f; chance alone would move them by %.2f.", *t.Change.Total, *t.Change.Noise)
	if e := t.Change.Excess; e.Low != nil {
		verdict := "more than chance makes"
		if *e.Low <= 0 {
			verdict = "no more than chance may make"
		}
		t.Summary += fmt.Sprintf(" The excess is %.2f (%.2f to %.2f): %s.", *e.Value, *e.Low, *e.High, verdict)
	}
	for _, m := range t.Change.Skills { // by falling |change|
		line := moverLine{SkillCount: named(names, m.Skill), Before: percent(m.Before), After: percent(m.After), Change: fmt.Sprintf("%+.1f", 100**m.Change.Value)}
		if m.Change.Low != nil && m.Change.High != nil {
			line.Interval = fmt.Sprintf("%+.1f to %+.1f", 100**m.Change.Low, 100**m.Change.High)
		}
		switch to := &t.Gained; {
		case *m.Change.Value < 0:
			to = &t.Lost
			fallthrough
		case *m.Change.Value > 0:
			if len(*to) < moversMax {
				*to = append(*to, line)
			}
		}
	}
}
