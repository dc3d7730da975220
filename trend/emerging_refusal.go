package trend

import (
	"fmt"
	"time"
)

func (e *evaluation) refuse(w watched, have int, possible time.Time, why string) {
	a := e.answer
	r := &Refusal{Unit: a.Unit, Have: have, Need: e.needed(), From: w.From, Until: w.Until, Possible: possible}
	if w.Boards == 0 {
		r.From, r.Until = time.Time{}, time.Time{}
	}
	r.Why = fmt.Sprintf("%s. To tell what emerges, the same boards have to be watched for %d %ss: %d recent ones, held against the %d before them.",
		why, r.Need, a.Unit, a.Windows.Recent, a.Windows.Base)
	if a.Windows.Gap > 0 {
		r.Why += fmt.Sprintf(" %d between them count for neither.", a.Windows.Gap)
	}
	if !possible.IsZero() {
		r.Why += fmt.Sprintf(" Ask again on %s: from then on there can be an answer, if each board is crawled every %s until then.", possible.Format(time.DateOnly), a.Unit)
	}
	a.Refusal = r
}

// needed is how many units have to be watched.
func (e *evaluation) needed() int {
	w := e.answer.Windows
	return w.Recent + w.Gap + w.Base
}

// refuseWithout says why no board is on the panel: the history is too short, or it has holes.
func (e *evaluation) refuseWithout(w watched, rows []panelRow) {
	a := e.answer
	began := NextUnit(w.From, a.Unit) // the first whole unit after the first look
	have := 0
	for until := unitStart(w.Until, a.Unit); began.Before(until) && have < periodsMax && AddUnits(began, a.Unit, have).Before(until); {
		have++
	}
	boards := "The one board"
	if w.Boards > 1 {
		boards = fmt.Sprintf("The %d boards", w.Boards)
	}
	watched := fmt.Sprintf("%s here are watched since %s", boards, w.From.Format(time.DateOnly))
	if w.Boards == 1 {
		watched = fmt.Sprintf("%s here is watched since %s", boards, w.From.Format(time.DateOnly))
	}
	switch {
	case a.At.After(w.Until.AddDate(0, 0, 1)) && unitStart(w.Until, a.Unit).Before(AddUnits(a.At, a.Unit, -1)):
		e.refuse(w, have, time.Time{}, fmt.Sprintf("%s, and nobody has looked after %s: %s cannot be told", watched, w.Until.Format(time.DateOnly), a.At.Format(time.DateOnly)))
	case AddUnits(began, a.Unit, e.needed()).After(a.At):
		short := fmt.Sprintf("%s, which is %s up to %s: too short a history", watched, counted1(have, a.Unit), w.Until.Format(time.DateOnly))
		if until := unitStart(w.Until, a.Unit); a.At.Before(until) {
			short = fmt.Sprintf("%s: too short a history before %s", watched, a.At.Format(time.DateOnly))
		}
		e.refuse(w, have, AddUnits(began, a.Unit, e.needed()), short)
	default:
		best, possible := uint64(0), time.Time{}
		for _, r := range rows {
			best = max(best, r.Healthy)
			from := AddUnits(NextUnit(r.From, a.Unit), a.Unit, e.needed())
			if r.InLast && from.After(a.At) && (possible.IsZero() || from.Before(possible)) {
				possible = from
			}
		}
		e.refuse(w, have, possible, fmt.Sprintf("%s, but none was seen whole in the first of the %d %ss up to %s, in each of the last %d and in nine tenths of them (the best: in %d)",
			watched, e.needed(), a.Unit, a.At.Format(time.DateOnly), a.Windows.Recent+1, best))
	}
}

// counted1 is "1 whole week", or "21 whole weeks".
func counted1(n int, unit Period) string {
	if n == 1 {
		return "1 whole " + string(unit)
	}
	return fmt.Sprintf("%d whole %ss", n, unit)
}
