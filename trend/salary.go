package trend

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/trend/measure"
)

// SalaryQuestion asks what yearly pay vacancies state, per role, in one currency.
type SalaryQuestion struct {
	Scope
	Currency string // ISO 4217; empty is the one that most vacancies state
}

// SalaryRow is one role in one period.
type SalaryRow struct {
	Period    time.Time  `json:"period"`
	Role      string     `json:"role"`
	Vacancies int        `json:"vacancies"`
	Stating   int        `json:"stating"` // that state any pay
	StatesPay Estimate   `json:"states_pay"`
	N         int        `json:"n"` // values under the quantiles: yearly ranges in the currency
	Employers int        `json:"employers"`
	Quantiles []Quantile `json:"quantiles"` // none under the floor
}

// Quantile is the pay that the fraction Q of the values does not exceed.
type Quantile struct {
	Q float64 `json:"q"`
	Estimate
}

// SalaryAnswer is the answer to a SalaryQuestion, by role and period.
type SalaryAnswer struct {
	Asked
	Currency   string      `json:"currency"`
	OtherPay   int         `json:"other_pay"`  // vacancies whose pay is in another currency or not yearly
	HalfPay    int         `json:"half_pay"`   // vacancies that state one end of a range only
	Currencies []string    `json:"currencies"` // of yearly pay, by falling number of vacancies
	Rows       []SalaryRow `json:"rows"`
}

// salaryQuantiles are those of an answer.
var salaryQuantiles = []float64{0.10, 0.25, 0.50, 0.75, 0.90}

type salaryRow struct {
	Period    time.Time `ch:"period"`
	Role      string    `ch:"role"`
	Employer  string    `ch:"employer"`
	InPanel   bool      `ch:"in_panel"`
	Currency  string    `ch:"currency"`
	Unit      string    `ch:"unit"`
	Low       float64   `ch:"low"`
	High      float64   `ch:"high"`
	Vacancies uint64    `ch:"vacancies"`
}

// Salary answers a SalaryQuestion.
func Salary(ctx context.Context, q Querier, question SalaryQuestion) (SalaryAnswer, error) {
	out := SalaryAnswer{Rows: []SalaryRow{}, Currencies: []string{}}
	if question.Period == "" {
		question.Period = Whole
	}
	a, err := question.resolve(ctx, q, defaultMonths)
	if err != nil {
		return out, err
	}
	g, err := a.guards(ctx)
	if err != nil {
		return out, err
	}
	var rows []salaryRow
	if len(a.periods) > 0 {
		if err := a.run(ctx, &rows, "salaries", a.params()); err != nil {
			return out, err
		}
	}
	if len(rows) == rowsMax {
		return out, ErrTooLarge
	}
	rows = slices.DeleteFunc(rows, func(r salaryRow) bool { return g.Panel.Applied && !r.InPanel })
	out.Currencies = currencies(rows)
	if out.Currency = strings.ToUpper(question.Currency); out.Currency == "" && len(out.Currencies) > 0 {
		out.Currency = out.Currencies[0]
	}
	roles := slices.Sorted(slices.Values(a.Roles))
	if len(roles) == 0 {
		seen := map[string]bool{}
		for _, r := range rows {
			seen[r.Role] = true
		}
		roles = slices.Sorted(maps.Keys(seen))
	}
	for _, role := range roles {
		for _, p := range a.periods {
			out.Rows = append(out.Rows, out.row(&g, rows, role, p.From))
		}
	}
	out.Asked = a.done(g, "salaries")
	return out, nil
}

// currencies are those of yearly pay, by falling number of vacancies.
func currencies(rows []salaryRow) []string {
	n := map[string]uint64{}
	for _, r := range rows {
		if r.Currency != "" && r.Unit == "year" {
			n[r.Currency] += r.Vacancies
		}
	}
	return slices.SortedFunc(maps.Keys(n), func(x, y string) int { return cmp.Or(cmp.Compare(n[y], n[x]), cmp.Compare(x, y)) })
}

// row is one role in one period.
func (out *SalaryAnswer) row(g *Guards, rows []salaryRow, role string, period time.Time) SalaryRow {
	r := SalaryRow{Period: period, Role: role, Quantiles: []Quantile{}}
	var states measure.Role
	var values []measure.Value
	paying := map[string]bool{}
	for _, s := range rows {
		if s.Role != role || !s.Period.UTC().Equal(period) {
			continue
		}
		n := int(s.Vacancies)
		r.Vacancies += n
		cell := measure.Cell{Employer: s.Employer, Vacancies: n}
		if s.Currency != "" {
			r.Stating += n
			cell.Counts = []measure.Count{{N: n}}
		}
		states = append(states, cell)
		switch {
		case s.Currency == "":
		case s.Currency != out.Currency || s.Unit != "year":
			out.OtherPay += n
		case s.Low <= 0 || s.High <= 0:
			out.HalfPay += n
		default:
			paying[s.Employer] = true
			for range n {
				values = append(values, measure.Value{Employer: s.Employer, V: (s.Low + s.High) / 2})
			}
		}
	}
	r.N, r.Employers = len(values), len(paying)
	if r.Vacancies >= Floor {
		zero := 0.0
		if r.StatesPay = (Estimate{Value: &zero}); r.Stating > 0 {
			r.StatesPay = shares(states)[0].clamp(0, 1)
		}
	}
	value, headline := g.allows(fmt.Sprintf("pay of %s in %s", role, period.Format("2006-01")), r.N, r.Employers)
	if !value {
		return r
	}
	for _, fraction := range salaryQuantiles {
		v, low, high, ok := measure.Quantile(values, fraction, Level)
		e := Estimate{Value: certain(v, ok)}
		if headline {
			e.Low, e.High = low, high
		}
		r.Quantiles = append(r.Quantiles, Quantile{fraction, e})
	}
	return r
}
