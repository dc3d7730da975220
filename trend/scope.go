package trend

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Span is a time: From is in it, To is not.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Basis says which vacancies a period has: see docs/measures.md.
type Basis string

// The bases.
const (
	Active  Basis = "active"  // stock: open at any moment of it
	New     Basis = "new"     // flow: first seen in it
	Claimed Basis = "claimed" // said by its source to be posted in it
)

// Bases are all of them.
func Bases() []Basis { return []Basis{Active, New, Claimed} }

// Whole is the period of questions about one span: all of it.
const Whole Period = "whole"

// Level is that of all intervals.
const Level = 0.95

// Scope says which vacancies a history question is about. Its zero value is the latest year of
// everything, by months, as a stock, on the panel.
type Scope struct {
	Roles     []string  // role ids; none means all
	Companies []string  // display names or keys; none means all
	From, To  time.Time // first day, and day after the last; rounded to whole months; zero is the question's own default
	Period    Period    // zero is Month
	Basis     Basis     // zero is Active
	AllBoards bool      // instead of the panel
	Brief     bool      // without the numbers of Guards from Vacancies to Boilerplate, which cost more than most figures
}

// defaultMonths is how many months up to the latest a question about a span is of, unless it says.
const defaultMonths = 12

// periodsMax bounds a series: ten years of weeks, 40 of months.
const periodsMax = 530

// ErrNothing is told of a question about a time that has no data.
var ErrNothing = errors.New("there is nothing")

// extent is what there is to ask about.
type extent struct {
	First  time.Time `ch:"first_month"`
	Last   time.Time `ch:"last_month"`
	From   time.Time `ch:"seen_from"`
	Until  time.Time `ch:"seen_until"`
	Months uint64    `ch:"vacancy_months"`
}

// asked is a scope that has been resolved: its periods, and what is known of their coverage.
type asked struct {
	Scope
	q       Querier
	extent  extent
	cut     time.Time
	periods []Span // of the question; one when the period is Whole
	looks   []Span // in which a board has to be healthy
	version string
	audits  []Statement
}

// Statement is one of the questions' SQL files as it was run.
type Statement struct {
	Name   string            `json:"name"`
	SQL    string            `json:"sql"`
	Params map[string]string `json:"params"`
}

// resolve checks the scope, and fills in what it leaves open from what is stored, never from the clock.
// months is how many up to the latest one it has by default; 0 is all of them.
func (s Scope) resolve(ctx context.Context, q Querier, months int) (*asked, error) {
	a := &asked{Scope: s, q: q}
	a.Period, a.Basis = cmp.Or(a.Period, Month), cmp.Or(a.Basis, Active)
	if !slices.Contains(Bases(), a.Basis) {
		return nil, fmt.Errorf("%w: basis %q is none of active, new, claimed", ErrQuestion, a.Basis)
	}
	if !slices.Contains([]Period{Week, Month, Quarter, Whole}, a.Period) {
		return nil, fmt.Errorf("%w: period %q is none of week, month, quarter", ErrQuestion, a.Period)
	}
	if !a.From.IsZero() && !a.To.IsZero() && !a.From.Before(a.To) {
		return nil, fmt.Errorf("%w: from %s is not before to %s", ErrQuestion, a.From.Format(time.DateOnly), a.To.Format(time.DateOnly))
	}
	var found []extent
	if err := a.run(ctx, &found, "extent", map[string]string{"basis": string(a.Basis), "roles": listParam(a.Roles)}); err != nil {
		return nil, err
	}
	if cutter, ok := q.(interface {
		DataCut(context.Context) (time.Time, error)
	}); ok {
		var err error
		if a.cut, err = cutter.DataCut(ctx); err != nil {
			return nil, fmt.Errorf("read data cut: %w", err)
		}
	}
	if len(found) == 0 || found[0].Months == 0 {
		return a, nil // no vacancies: no periods
	}
	a.extent = found[0]
	a.extent.First, a.extent.Last = a.extent.First.UTC(), a.extent.Last.UTC()
	a.From, a.To = monthOf(a.From), monthAfter(a.To)
	if last := a.extent.Last.AddDate(0, 1, 0); a.To.IsZero() || a.To.After(last) {
		a.To = last
	}
	if a.From.IsZero() && months > 0 {
		a.From = a.To.AddDate(0, -months, 0)
	}
	if a.From.Before(a.extent.First) {
		a.From = a.extent.First
	}
	if !a.From.Before(a.To) {
		return nil, fmt.Errorf("%w: %w from %s up to %s: the data has %s to %s", ErrQuestion, ErrNothing,
			s.From.Format(time.DateOnly), s.To.Format(time.DateOnly), a.extent.First.Format("2006-01"), a.extent.Last.Format("2006-01"))
	}
	if a.Period == Week && a.To.After(a.extent.Until) {
		a.To = a.extent.Until.Truncate(24*time.Hour).AddDate(0, 0, 1) // no empty weeks at the end of the month
	}
	if a.Period == Week && a.Basis != Claimed && a.From.Before(a.extent.From) {
		a.From = a.extent.From.Truncate(24 * time.Hour) // nor at the beginning
	}
	if a.periods = split(Span{a.From, a.To}, a.Period); len(a.periods) > periodsMax {
		return nil, fmt.Errorf("%w: %d periods; at most %d: narrow it with from and to", ErrQuestion, len(a.periods), periodsMax)
	}
	a.looks = a.watched(a.periods)
	return a, nil
}

// watched are the periods in which boards have to be healthy: those that lie wholly in the time that was
// watched; all of them when none does. A claim is of a time before anybody looked: for claims it is any look.
func (a *asked) watched(periods []Span) []Span {
	if a.Basis == Claimed {
		return []Span{{beginning, end.AddDate(-60, 0, 0)}} // ClickHouse's Date ends in 2149
	}
	var out []Span
	for _, p := range periods {
		if !a.partial(p) {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return periods
	}
	return out
}

// partial reports whether only a part of the period was watched: it had begun before the first look, or
// goes on after the last one. A week is nothing: that is how often boards are looked at.
func (a *asked) partial(p Span) bool {
	return p.To.After(a.extent.Until.AddDate(0, 0, 7)) || p.From.AddDate(0, 0, 7).Before(a.extent.From) && a.Basis != Claimed
}

func monthOf(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// monthAfter is the first day of a month, at or after t.
func monthAfter(t time.Time) time.Time {
	if m := monthOf(t); m.Equal(t) {
		return m
	}
	return monthOf(t).AddDate(0, 1, 0)
}

// split cuts a span of whole months into periods. A quarter that sticks out is cut to the span; a week is not.
func split(s Span, p Period) []Span {
	if p == Whole {
		return []Span{s}
	}
	var out []Span
	if p == Week {
		for from := s.From.AddDate(0, 0, -(int(s.From.Weekday())+6)%7); from.Before(s.To); from = from.AddDate(0, 0, 7) {
			out = append(out, Span{from, from.AddDate(0, 0, 7)})
		}
		return out
	}
	for from := s.From; from.Before(s.To); {
		to := from.AddDate(0, 1, 0)
		for p == Quarter && (to.Month()-1)%3 != 0 && to.Before(s.To) {
			to = to.AddDate(0, 1, 0)
		}
		out = append(out, Span{from, to})
		from = to
	}
	return out
}

func spansParam(spans []Span) string {
	lines := make([]string, len(spans))
	for i, s := range spans {
		lines[i] = s.From.Format(time.DateOnly) + " " + s.To.Format(time.DateOnly)
	}
	return strings.Join(lines, "\n")
}

// params are those that the questions share.
func (a *asked) params() map[string]string {
	return map[string]string{
		"spans": spansParam(a.periods), "looks": spansParam(a.looks), "basis": string(a.Basis),
		"roles": listParam(a.Roles), "companies": listParam(a.Companies), "rows_max": fmt.Sprint(rowsMax),
	}
}

// run runs one SQL file and keeps it as evidence. All files of an answer must be of one tagger version.
func (a *asked) run(ctx context.Context, dest any, name string, params map[string]string) error {
	audit, err := run(ctx, a.q, dest, name+".sql", params)
	if err != nil {
		return err
	}
	if len(a.audits) > 0 && audit.TaggerVersion != a.version {
		return fmt.Errorf("ask %s: the tagger version changed from %q to %q meanwhile: ask again", name, a.version, audit.TaggerVersion)
	}
	used := map[string]string{}
	for k, v := range params {
		if strings.Contains(audit.SQL, "{"+k+":") {
			used[k] = v
		}
	}
	a.version = audit.TaggerVersion
	a.audits = append(a.audits, Statement{name, audit.SQL, used})
	return nil
}

// at is the index of the period that begins then.
func (a *asked) at(start time.Time) int {
	return slices.IndexFunc(a.periods, func(s Span) bool { return s.From.Equal(start) })
}
