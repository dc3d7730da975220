package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/trend"
)

func newTrendChangeCommand(a *app) *cobra.Command {
	var flags trendFlags
	var before, after string
	var top int
	c := &cobra.Command{
		Use:   "change",
		Short: "What a role asks for now and did not before",
		Long: `How much a role's skills changed between two spans: the sum of the changes of all shares, of which
part is of skills that are new, part of skills that vanished, part of intensity. Noise is what the
sum would be if nothing had changed; excess is the rest. By default the latest three months and the
same months a year earlier.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope trend change --role ml_engineer\n  rolescope trend change --role ml_engineer --before 2025-01..2025-07 --after 2026-01..2026-07",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scope, err := flags.scope()
			if err != nil {
				return err
			}
			question := trend.ChangeQuestion{Scope: scope}
			if question.Before, err = parseSpan("--before", before); err != nil {
				return err
			}
			if question.After, err = parseSpan("--after", after); err != nil {
				return err
			}
			return a.ask(cmd.Context(), &flags, func(ctx context.Context, q trend.Querier) (trendTable, error) {
				answer, err := trend.Change(ctx, q, question)
				return a.change(answer, top), err
			})
		},
	}
	flags.add(c)
	flags.addBasis(c)
	c.Flags().StringVar(&before, "before", "", "first month and month after the last, YYYY-MM..YYYY-MM")
	c.Flags().StringVar(&after, "after", "", "the later span, written alike")
	c.Flags().IntVar(&top, "top", 15, "skills per role in the table; JSON and CSV have all")
	return c
}

// parseSpan reads FROM..TO.
func parseSpan(flag, s string) (trend.Span, error) {
	if s == "" {
		return trend.Span{}, nil
	}
	first, last, ok := strings.Cut(s, "..")
	if !ok {
		return trend.Span{}, usageError{fmt.Errorf("%s %q: want YYYY-MM..YYYY-MM, the month after the last", flag, s)}
	}
	from, err := parseDay(flag, first)
	if err != nil {
		return trend.Span{}, err
	}
	to, err := parseDay(flag, last)
	if err == nil && !from.Before(to) {
		err = usageError{fmt.Errorf("%s %q: %s is not before %s", flag, s, first, last)}
	}
	return trend.Span{From: from, To: to}, err
}

func (a *app) change(answer trend.ChangeAnswer, top int) trendTable {
	t := trendTable{
		answer: answer, asked: answer.Asked,
		header: []string{"role", "skill", "kind", "before", "after", "change", "low", "high"},
		table:  func() error { return a.changeTable(answer, top) },
	}
	for _, r := range answer.Roles {
		for _, s := range r.Skills {
			t.rows = append(t.rows, slices.Concat([]string{r.Role, s.Skill, s.Kind, csvFloat(&s.Before), csvFloat(&s.After)}, csvEstimate(s.Change)))
		}
	}
	return t
}

func monthsText(s trend.Span) string {
	first, last := s.From.Format("2006-01"), s.To.AddDate(0, 0, -1).Format("2006-01")
	if first == last {
		return first
	}
	return first + " to " + last
}

func (a *app) changeTable(answer trend.ChangeAnswer, top int) error {
	a.headline(answer.Headline)
	fmt.Fprintf(a.stdout, "before: %s; after: %s\n\n", monthsText(answer.Before), monthsText(answer.After))
	table := [][]string{{"role", "vacancies", "employers", "change", "new", "vanished", "intensity", "noise", "excess", "95 %"}}
	for _, r := range answer.Roles {
		table = append(table, []string{
			r.Role, count(r.BeforeVacancies) + ", " + count(r.AfterVacancies), count(r.BeforeEmployers) + ", " + count(r.AfterEmployers),
			figureOf("%.2f", r.Total), figureOf("%.2f", r.New), figureOf("%.2f", r.Vanished), figureOf("%.2f", r.Intensity),
			figureOf("%.2f", r.Noise), figureOf("%.2f", r.Excess.Value), intervalOf("%.2f", r.Excess, 1),
		})
	}
	if err := writeTable(a.stdout, table); err != nil || len(answer.Roles) != 1 {
		return err
	}
	skills := [][]string{{"skill", "before", "after", "change", "95 %", ""}}
	r := answer.Roles[0]
	for _, s := range r.Skills[:min(top, len(r.Skills))] {
		kind := s.Kind
		if kind == "intensity" {
			kind = ""
		}
		skills = append(skills, []string{s.Skill, pointsOf(&s.Before), pointsOf(&s.After), fmt.Sprintf("%+.1f", 100**s.Change.Value), intervalOf("%+.1f", s.Change, 100), kind})
	}
	if len(skills) == 1 {
		return nil
	}
	fmt.Fprintln(a.stdout)
	if err := writeTable(a.stdout, skills); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.stdout, "shares in %, change in points")
	return err
}

func newTrendContinuumCommand(a *app) *cobra.Command {
	var flags trendFlags
	var research, engineering string
	c := &cobra.Command{
		Use:   "continuum",
		Short: "Where roles lie between research and engineering",
		Long: `Each role's place on the line from a research role (0) to an engineering role (1), by the skills that
they ask for. Track is what the texts themselves say, from 0 (research) to 1000 (engineering): a
second way to the same question.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope trend continuum\n  rolescope trend continuum --role ml_engineer,research_engineer,applied_scientist",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scope, err := flags.scope()
			if err != nil {
				return err
			}
			if err := knownRoles("--research or --engineering", research, engineering); err != nil {
				return err
			}
			return a.ask(cmd.Context(), &flags, func(ctx context.Context, q trend.Querier) (trendTable, error) {
				answer, err := trend.Continuum(ctx, q, trend.ContinuumQuestion{Scope: scope, Research: research, Engineering: engineering})
				return a.continuum(answer), err
			})
		},
	}
	flags.add(c)
	flags.addSpan(c, "the latest year unless given")
	flags.addBasis(c)
	c.Flags().StringVar(&research, "research", "research_scientist", "the role at 0")
	c.Flags().StringVar(&engineering, "engineering", "software_engineer", "the role at 1")
	return c
}

func (a *app) continuum(answer trend.ContinuumAnswer) trendTable {
	t := trendTable{
		answer: answer, asked: answer.Asked,
		header: []string{"role", "vacancies", "employers", "position", "low", "high", "track", "track_low", "track_high", "placed", "all_boards_position"},
	}
	table := [][]string{{"role", "vacancies", "employers", "position", "95 %", "track", "95 %", "0 research" + strings.Repeat(" ", 9) + "engineering 1"}}
	for _, p := range answer.Roles {
		t.rows = append(t.rows, slices.Concat([]string{p.Role, fmt.Sprint(p.Vacancies), fmt.Sprint(p.Employers)},
			csvEstimate(p.Position), csvEstimate(p.Track), []string{fmt.Sprint(p.Placed), csvFloat(p.AllBoards)}))
		table = append(table, []string{
			p.Role, count(p.Vacancies), count(p.Employers), figureOf("%.2f", p.Position.Value), intervalOf("%.2f", p.Position, 1),
			figureOf("%.0f", p.Track.Value), intervalOf("%.0f", p.Track, 1), axis(p.Position),
		})
	}
	t.table = func() error { return writeTable(a.stdout, table) }
	return t
}

// axisCells is how wide the line from 0 to 1 is drawn.
const axisCells = 32

// axis draws a place between 0 and 1 with its interval; what lies beyond is drawn at the end.
func axis(e trend.Estimate) string {
	cell := func(v float64) int { return min(axisCells-1, max(0, int(v*(axisCells-1)+0.5))) }
	line := []rune(strings.Repeat("·", axisCells))
	if e.Low != nil {
		for i := cell(*e.Low); i <= cell(*e.High); i++ {
			line[i] = '─'
		}
	}
	if e.Value == nil {
		return strings.Repeat(" ", axisCells)
	}
	line[cell(*e.Value)] = '●'
	return string(line)
}

func newTrendSalaryCommand(a *app) *cobra.Command {
	var flags trendFlags
	var currency string
	c := &cobra.Command{
		Use:   "salary",
		Short: "What yearly pay vacancies state",
		Long: `Quantiles of the yearly pay that vacancies state, the middle of each range, per role and in one
currency: nothing is converted. How many state pay at all stands beside: those that do are not like
those that do not.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope trend salary --role ml_engineer,data_scientist\n  rolescope trend salary --currency EUR --period quarter --from 2025-01",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scope, err := flags.scope()
			if err != nil {
				return err
			}
			return a.ask(cmd.Context(), &flags, func(ctx context.Context, q trend.Querier) (trendTable, error) {
				answer, err := trend.Salary(ctx, q, trend.SalaryQuestion{Scope: scope, Currency: currency})
				return a.salary(answer), err
			})
		},
	}
	flags.add(c)
	flags.addSpan(c, "the latest year unless given")
	c.Flags().StringVar(&flags.period, "period", "", "month or quarter (default all of the span)")
	flags.addBasis(c)
	c.Flags().StringVar(&currency, "currency", "", "ISO 4217 code (default the one that most vacancies state)")
	return c
}

func (a *app) salary(answer trend.SalaryAnswer) trendTable {
	t := trendTable{
		answer: answer, asked: answer.Asked,
		header: []string{"period", "role", "currency", "vacancies", "stating", "n", "employers", "states_pay", "states_low", "states_high", "q", "value", "low", "high"},
	}
	table := [][]string{{"role", "vacancies", "state pay", "n", "employers", "p10", "p25", "median", "95 %", "p75", "p90"}}
	several := len(answer.Periods) > 1
	for _, r := range answer.Rows {
		head := slices.Concat([]string{
			r.Period.Format(time.DateOnly), r.Role, answer.Currency, fmt.Sprint(r.Vacancies), fmt.Sprint(r.Stating), fmt.Sprint(r.N), fmt.Sprint(r.Employers),
		}, csvEstimate(r.StatesPay))
		name := r.Role
		if several {
			name += " " + periodName(answer.Asked, r.Period)
		}
		row := []string{name, count(r.Vacancies), pointsOf(r.StatesPay.Value) + " %", count(r.N), count(r.Employers), "-", "-", "-", "", "-", "-"}
		for i, q := range r.Quantiles {
			t.rows = append(t.rows, slices.Concat(head, []string{fmt.Sprintf("%.2f", q.Q)}, csvEstimate(q.Estimate)))
			at := []int{5, 6, 7, 9, 10}[i]
			row[at] = figureOf("%.0f", q.Value)
			if q.Value != nil {
				row[at] = count(int(*q.Value))
			}
			if at == 7 && q.Low != nil && q.High != nil {
				row[8] = count(int(*q.Low)) + " to " + count(int(*q.High))
			}
		}
		table = append(table, row)
	}
	t.table = func() error {
		if answer.Currency == "" {
			fmt.Fprintln(a.stdout, "no vacancy states yearly pay")
		}
		if err := writeTable(a.stdout, table); err != nil {
			return err
		}
		line := fmt.Sprintf("%s a year, the middle of the stated range; n = vacancies that state it", answer.Currency)
		if len(answer.Currencies) > 1 {
			line += "; --currency has " + strings.Join(answer.Currencies, ", ")
		}
		if answer.OtherPay > 0 {
			line += fmt.Sprintf("; %s vacancies state another currency, or pay that is not yearly", count(answer.OtherPay))
		}
		if answer.HalfPay > 0 {
			line += fmt.Sprintf("; %s state one end only", count(answer.HalfPay))
		}
		_, err := fmt.Fprintln(a.stdout, "\n"+wrapped(line, a.columns()))
		return err
	}
	return t
}

func newTrendLifetimeCommand(a *app) *cobra.Command {
	var flags trendFlags
	c := &cobra.Command{
		Use:   "lifetime",
		Short: "How long vacancies stay open",
		Long: `The Kaplan-Meier estimate of how long vacancies stay open: those still open when last seen count as
long as they were seen. What was open before its board was first seen, or ended by anything but
being missed, is left out. The end of an advert is not a hire.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope trend lifetime --role ml_engineer\n  rolescope trend lifetime --from 2026-01",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scope, err := flags.scope()
			if err != nil {
				return err
			}
			return a.ask(cmd.Context(), &flags, func(ctx context.Context, q trend.Querier) (trendTable, error) {
				answer, err := trend.Lifetimes(ctx, q, trend.LifetimeQuestion{Scope: scope})
				return a.lifetime(answer), err
			})
		},
	}
	flags.add(c)
	c.Flags().StringVar(&flags.from, "from", "", "only vacancies first seen from this day on, YYYY-MM-DD or YYYY-MM")
	c.Flags().StringVar(&flags.to, "to", "", "only vacancies first seen before this day")
	return c
}

func (a *app) lifetime(answer trend.LifetimeAnswer) trendTable {
	t := trendTable{
		answer: answer, asked: answer.Asked,
		header: []string{"role", "day", "at_risk", "closed", "open", "low", "high"},
		table:  func() error { return a.lifetimeTable(answer) },
	}
	for _, l := range answer.Roles {
		for _, s := range l.Curve {
			t.rows = append(t.rows, slices.Concat([]string{l.Role, fmt.Sprint(s.Day), fmt.Sprint(s.AtRisk), fmt.Sprint(s.Closed)}, csvEstimate(s.Open)))
		}
	}
	return t
}

func (a *app) lifetimeTable(answer trend.LifetimeAnswer) error {
	if len(answer.Roles) == 1 && len(answer.Roles[0].Curve) > 0 {
		l := answer.Roles[0]
		last := l.Curve[len(l.Curve)-1].Day
		one := 1.0
		points := []chartPoint{{At: 0, Value: 1, Low: &one, High: &one}}
		for _, s := range l.Curve {
			points = append(points, chartPoint{At: float64(s.Day) / float64(max(1, last)), Value: *s.Open.Value, Low: s.Open.Low, High: s.Open.High})
		}
		fmt.Fprintf(a.stdout, "share of %s vacancies still open after so many days, with its 95 %% interval\n%s\n", l.Role,
			chart(points, a.columns(), true, 0, func(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }, "0", fmt.Sprintf("%d days", last)))
	}
	table := [][]string{{"role", "vacancies", "closed", "still open", "employers", "median days", "95 %", "open after 30", "60", "90 days"}}
	for _, l := range answer.Roles {
		row := []string{
			l.Role, count(l.Vacancies), count(l.Closed), count(l.Censored), count(l.Employers),
			figureOf("%.0f", l.Median.Value), intervalOf("%.0f", l.Median, 1), "-", "-", "-",
		}
		for _, s := range l.At {
			row[6+s.Day/30] = pointsOf(s.Open.Value) + " %"
		}
		table = append(table, row)
	}
	if err := writeTable(a.stdout, table); err != nil {
		return err
	}
	var left []string
	for _, why := range slices.Sorted(maps.Keys(answer.LeftOut)) {
		left = append(left, count(answer.LeftOut[why])+" "+why)
	}
	if len(left) == 0 {
		return nil
	}
	_, err := fmt.Fprintln(a.stdout, "\n"+wrapped("vacancies left out: "+strings.Join(left, ", "), a.columns()))
	return err
}
