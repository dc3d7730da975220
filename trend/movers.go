package trend

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// Span is a time: From is in it, To is not.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// MoversQuestion asks which skills a role gained and lost between two times.
type MoversQuestion struct {
	Role          string
	Companies     []string // display names, exactly; none means all
	Before, After Span
}

// Mover is one skill. Change is in shares: 0.1 is ten percentage points more.
type Mover struct {
	Skill            string  `json:"skill" ch:"skill"`
	BeforeMentioning uint64  `json:"before_mentioning" ch:"before_mentioning"`
	BeforeTotal      uint64  `json:"-" ch:"before_total"`
	AfterMentioning  uint64  `json:"after_mentioning" ch:"after_mentioning"`
	AfterTotal       uint64  `json:"-" ch:"after_total"`
	Change           float64 `json:"change" ch:"-"`
}

// MoversAnswer is the answer to a MoversQuestion. Movers are by falling change; there are none when
// either total is below Floor.
type MoversAnswer struct {
	Audit
	Role        string  `json:"role"`
	Before      Span    `json:"before"`
	After       Span    `json:"after"`
	BeforeTotal uint64  `json:"before_total"`
	AfterTotal  uint64  `json:"after_total"`
	Floor       int     `json:"floor"`
	Suppressed  bool    `json:"suppressed"` // a total is below Floor
	Movers      []Mover `json:"movers"`
}

// Movers answers a MoversQuestion.
func Movers(ctx context.Context, q Querier, question MoversQuestion) (MoversAnswer, error) {
	a := MoversAnswer{Role: question.Role, Before: question.Before, After: question.After, Floor: Floor, Movers: []Mover{}}
	if question.Role == "" {
		return a, fmt.Errorf("%w: which role?", ErrQuestion)
	}
	for name, s := range map[string]Span{"before": question.Before, "after": question.After} {
		if !s.From.Before(s.To) || s.From.Before(beginning) || s.To.After(end) {
			return a, fmt.Errorf("%w: %s is from %s to %s", ErrQuestion, name, s.From.Format(time.DateOnly), s.To.Format(time.DateOnly))
		}
	}
	var rows []Mover
	var err error
	a.Audit, err = run(ctx, q, &rows, "movers.sql", map[string]string{
		"role": question.Role, "companies": listParam(question.Companies), "rows_max": fmt.Sprint(rowsMax),
		"before_from": question.Before.From.UTC().Format(time.DateTime), "before_to": question.Before.To.UTC().Format(time.DateTime),
		"after_from": question.After.From.UTC().Format(time.DateTime), "after_to": question.After.To.UTC().Format(time.DateTime),
	})
	if err != nil || len(rows) == 0 {
		a.Suppressed = true
		return a, err
	}
	a.BeforeTotal, a.AfterTotal = rows[0].BeforeTotal, rows[0].AfterTotal
	if a.Suppressed = a.BeforeTotal < Floor || a.AfterTotal < Floor; a.Suppressed {
		return a, nil
	}
	for _, m := range rows {
		if m.Skill != "" {
			m.Change = float64(m.AfterMentioning)/float64(a.AfterTotal) - float64(m.BeforeMentioning)/float64(a.BeforeTotal)
			a.Movers = append(a.Movers, m)
		}
	}
	slices.SortStableFunc(a.Movers, func(x, y Mover) int { return cmp.Compare(y.Change, x.Change) })
	return a, nil
}
