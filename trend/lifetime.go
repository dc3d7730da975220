package trend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rolescope/rolescope/trend/measure"
)

// LifetimeQuestion asks how long vacancies stay open. Its dates say when they were first seen, to the day;
// period and basis are not used, nor is the panel: each vacancy was watched from its own first day.
type LifetimeQuestion struct {
	Scope
}

// Lifetime is how long the vacancies of one role stay open.
type Lifetime struct {
	Role      string       `json:"role"`
	Vacancies int          `json:"vacancies"`
	Closed    int          `json:"closed"`
	Censored  int          `json:"censored"` // open when last seen
	Employers int          `json:"employers"`
	Median    Estimate     `json:"median_days"`
	At        []SurvivalAt `json:"open_after"` // 30, 60 and 90 days
	Curve     []SurvivalAt `json:"curve"`      // at each day on which any closed
}

// SurvivalAt is the share that is still open after so many days.
type SurvivalAt struct {
	Day    int      `json:"day"`
	AtRisk int      `json:"at_risk"` // seen open for at least so many days
	Closed int      `json:"closed"`  // on that day
	Open   Estimate `json:"open"`
}

// LifetimeAnswer is the answer to a LifetimeQuestion, by role.
type LifetimeAnswer struct {
	Asked
	LeftOut map[string]int `json:"left_out"` // vacancies that say nothing of a life, by why
	Roles   []Lifetime     `json:"roles"`
}

// lifetimeDays are the days that an answer tells of.
var lifetimeDays = []int{30, 60, 90}

type lifetimeRow struct {
	Role      string `ch:"role"`
	Employer  string `ch:"employer"`
	Days      int64  `ch:"days"`
	Closed    bool   `ch:"closed"`
	LeftOut   string `ch:"left_out"`
	Vacancies uint64 `ch:"vacancies"`
}

// Lifetimes answers a LifetimeQuestion.
func Lifetimes(ctx context.Context, q Querier, question LifetimeQuestion) (LifetimeAnswer, error) {
	out := LifetimeAnswer{LeftOut: map[string]int{}, Roles: []Lifetime{}}
	from, to := question.From, question.To
	question.Period, question.Basis, question.AllBoards = Whole, Active, true
	question.From, question.To = time.Time{}, time.Time{}
	a, err := question.resolve(ctx, q, 0)
	if err != nil {
		return out, err
	}
	if from.IsZero() {
		from = beginning
	}
	if to.IsZero() {
		to = end
	}
	if !from.Before(to) {
		return out, fmt.Errorf("%w: from %s is not before to %s", ErrQuestion, from.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	g, err := a.guards(ctx)
	if err != nil {
		return out, err
	}
	g.Panel = Panel{Why: "each vacancy is watched from its own first day"}
	var rows []lifetimeRow
	if err := a.run(ctx, &rows, "lifetimes", map[string]string{
		"from": from.UTC().Format(time.DateTime), "to": to.UTC().Format(time.DateTime),
		"roles": listParam(a.Roles), "companies": listParam(a.Companies), "rows_max": fmt.Sprint(rowsMax),
	}); err != nil {
		return out, err
	}
	if len(rows) == rowsMax {
		return out, ErrTooLarge
	}
	lives := map[string][]measure.Lifetime{}
	for _, role := range a.Roles {
		lives[role] = nil
	}
	for _, r := range rows {
		if r.LeftOut != "" {
			out.LeftOut[r.LeftOut] += int(r.Vacancies)
			continue
		}
		lives[r.Role] = append(lives[r.Role], measure.Lifetime{Employer: r.Employer, Days: int(r.Days), Closed: r.Closed, N: int(r.Vacancies)})
	}
	for _, role := range slices.Sorted(maps.Keys(lives)) {
		out.Roles = append(out.Roles, lifetime(&g, role, lives[role]))
	}
	if question.From = from; from.Equal(beginning) {
		from = a.From
	}
	if to.Equal(end) {
		to = a.To
	}
	a.From, a.To = from, to
	out.Asked = a.done(g, "lifetimes")
	return out, nil
}

// lifetime is the Kaplan-Meier estimate of one role.
func lifetime(g *Guards, role string, lives []measure.Lifetime) Lifetime {
	l := Lifetime{Role: role, At: []SurvivalAt{}, Curve: []SurvivalAt{}}
	employers, longest := map[string]bool{}, 0
	for _, v := range lives {
		l.Vacancies += v.N
		if v.Closed {
			l.Closed += v.N
		}
		employers[v.Employer] = true
		longest = max(longest, v.Days)
	}
	l.Censored, l.Employers = l.Vacancies-l.Closed, len(employers)
	value, headline := g.allows(role, l.Vacancies, l.Employers)
	if !value {
		return l
	}
	curve, median, low, high := measure.KaplanMeier(lives, Level)
	l.Median = Estimate{Value: median}
	if headline {
		l.Median.Low, l.Median.High = low, high
	}
	open := SurvivalAt{Open: Estimate{Value: certain(1, true)}, AtRisk: l.Vacancies}
	next := 0
	for _, s := range curve {
		for ; next < len(lifetimeDays) && lifetimeDays[next] < s.Day; next++ {
			l.At = append(l.At, SurvivalAt{Day: lifetimeDays[next], AtRisk: atRisk(lives, lifetimeDays[next]), Open: open.Open})
		}
		open = SurvivalAt{Day: s.Day, AtRisk: s.AtRisk, Closed: s.Closed, Open: Estimate{Value: &s.S}}
		if headline {
			open.Open.Low, open.Open.High = s.Low, s.High
		}
		l.Curve = append(l.Curve, open)
	}
	// Beyond the longest time that anything was watched, nothing is known.
	for ; next < len(lifetimeDays) && lifetimeDays[next] <= longest; next++ {
		l.At = append(l.At, SurvivalAt{Day: lifetimeDays[next], AtRisk: atRisk(lives, lifetimeDays[next]), Open: open.Open})
	}
	return l
}

// atRisk is how many were seen open for at least so many days.
func atRisk(lives []measure.Lifetime, days int) (n int) {
	for _, l := range lives {
		if l.Days >= days {
			n += l.N
		}
	}
	return n
}
