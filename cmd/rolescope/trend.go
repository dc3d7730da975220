package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/trend"
)

// trendFlags are what every question takes; some are added only where they mean something.
type trendFlags struct {
	roles, companies         []string
	from, to, period         string
	basis, dateBasis, boards string
	asOf                     string
	asJSON, asCSV, asSQL     bool
}

// add makes the flags that all questions have.
func (f *trendFlags) add(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.roles, "role", nil, "only these roles, such as ml_engineer; repeatable or comma-separated")
	c.Flags().StringArrayVar(&f.companies, "company", nil, "only this company; repeatable")
	f.addForm(c)
}

// addForm makes the flags that say as of when to answer, and in which form.
func (f *trendFlags) addForm(c *cobra.Command) {
	c.Flags().StringVar(&f.asOf, "as-of", "", "answer from what was recorded up to this time, such as an answer's data_cut: RFC 3339 or YYYY-MM-DD")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON with the SQL and its parameters")
	c.Flags().BoolVar(&f.asCSV, "csv", false, "print CSV")
	c.Flags().BoolVar(&f.asSQL, "sql", false, "print commands that run the question's SQL, instead of the answer")
}

// addSpan makes the flags of questions about a time; what is said of its default differs.
func (f *trendFlags) addSpan(c *cobra.Command, byDefault string) {
	c.Flags().StringVar(&f.from, "from", "", "first month, YYYY-MM ("+byDefault+")")
	c.Flags().StringVar(&f.to, "to", "", "month after the last, YYYY-MM")
}

// addBasis makes the flags of questions whose vacancies can be counted in several ways.
func (f *trendFlags) addBasis(c *cobra.Command) {
	c.Flags().StringVar(&f.basis, "basis", "", "vacancies of a period: active in it, new in it, or claimed to be posted in it (default active)")
	c.Flags().StringVar(&f.dateBasis, "date-basis", "", "claim: by the dates that sources claim, the same as --basis claimed")
	c.Flags().StringVar(&f.boards, "boards", "panel", "panel: boards that were seen healthy all the time; or all")
}

func (f *trendFlags) addPeriod(c *cobra.Command) {
	c.Flags().StringVar(&f.period, "period", "month", "week, month or quarter")
}

func (f *trendFlags) scope() (trend.Scope, error) {
	s := trend.Scope{Roles: f.roles, Companies: f.companies, Period: trend.Period(f.period), Basis: trend.Basis(f.basis)}
	from, err1 := parseDay("--from", f.from)
	to, err2 := parseDay("--to", f.to)
	if err := errors.Join(err1, err2); err != nil {
		return s, err
	}
	s.From, s.To = from, to
	if err := knownRoles("--role", f.roles...); err != nil {
		return s, err
	}
	switch f.dateBasis {
	case "", "seen":
	case "claim", "claimed":
		if f.basis != "" && f.basis != string(trend.Claimed) {
			return s, usageError{fmt.Errorf("--date-basis claim and --basis %s: choose one", f.basis)}
		}
		s.Basis = trend.Claimed
	default:
		return s, usageError{fmt.Errorf("--date-basis %q: claim, or seen", f.dateBasis)}
	}
	switch f.boards {
	case "", "panel":
	case "all":
		s.AllBoards = true
	default:
		return s, usageError{fmt.Errorf("--boards %q: panel or all", f.boards)}
	}
	return s, f.oneForm()
}

// oneForm refuses more than one form of an answer.
func (f *trendFlags) oneForm() error {
	chosen := 0
	for _, set := range []bool{f.asJSON, f.asCSV, f.asSQL} {
		if set {
			chosen++
		}
	}
	if chosen > 1 {
		return usageError{errors.New("--json, --csv and --sql: choose one")}
	}
	return nil
}

func knownRoles(flag string, roles ...string) error {
	for _, role := range roles {
		if !slices.Contains(enrich.Roles(), role) {
			return usageError{fmt.Errorf("%s %q is none of %s", flag, role, strings.Join(enrich.Roles(), ", "))}
		}
	}
	return nil
}

func parseDay(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usageError{fmt.Errorf("%s %q: want YYYY-MM-DD or YYYY-MM", flag, s)}
}

// querier lets trend ask the store without knowing it.
type querier struct{ store *store.Store }

// Select runs a question with its server-side parameters.
func (q querier) Select(ctx context.Context, dest any, query string, params map[string]string) error {
	var args []any
	for name, value := range params {
		args = append(args, store.Named(name, value))
	}
	return q.store.Select(ctx, dest, query, args...)
}

func newTrendCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "trend",
		Short: "Ask how roles change over time",
		Long: `Questions about history. What each computes, and its intervals, is in docs/measures.md. Every answer
tells under its table what was left out so that the figures mean what they seem to: boards that
were not seen all the time, boilerplate, copies of one job, what was open before anybody looked,
and roles of too few employers.`,
		Args: knownCommand,
		RunE: showHelp,
	}
	c.AddCommand(
		newTrendVolumeCommand(a), newTrendSkillsCommand(a), newTrendSimilarityCommand(a), newTrendSlopeCommand(a),
		newTrendChangeCommand(a), newTrendContinuumCommand(a), newTrendSalaryCommand(a), newTrendLifetimeCommand(a), newTrendEmergingCommand(a),
	)
	return c
}

// trendTable is an answer as each form prints it.
type trendTable struct {
	answer any // as JSON
	asked  trend.Asked
	header []string   // of the CSV
	rows   [][]string // of the CSV
	table  func() error
	under  func() error // instead of what was left out
}

// ask asks a question and prints the answer in the form that the flags want.
func (a *app) ask(ctx context.Context, flags *trendFlags, question func(context.Context, trend.Querier) (trendTable, error)) error {
	asOf, err := parseMoment("--as-of", flags.asOf)
	if err != nil {
		return err
	}
	a.reads = true
	return a.with(ctx, func(ctx context.Context, s *system) error {
		return s.history(ctx, asOf, func(q trend.Querier) error {
			t, err := question(ctx, q)
			if err != nil {
				return asUsage(err)
			}
			switch {
			case flags.asSQL:
				return s.printSQL(t.asked)
			case flags.asCSV:
				return writeCSV(a.stdout, t.header, t.rows, func(row []string) []string { return row })
			case a.wantJSON(flags.asJSON):
				return a.printJSON(t.answer)
			case len(t.asked.Periods) == 0:
				return a.nothing()
			}
			if err := t.table(); err != nil {
				return err
			}
			if t.under != nil {
				return t.under()
			}
			return a.guardLines(t.asked)
		})
	})
}

// printSQL prints the statements of an answer as commands, the one that counts first.
func (s *system) printSQL(asked trend.Asked) error {
	var b strings.Builder
	b.WriteString("# the figures\n" + asked.Command(s.program()))
	for _, statement := range asked.Statements {
		audit := trend.Audit{TaggerVersion: asked.TaggerVersion, SQL: statement.SQL, Params: statement.Params}
		b.WriteString("\n# " + statement.Name + "\n" + audit.Command(s.program()))
	}
	_, err := io.WriteString(s.app.stdout, b.String())
	return err
}

func asUsage(err error) error {
	if errors.Is(err, trend.ErrQuestion) {
		return usageError{err}
	}
	return err
}

func writeCSV[T any](w io.Writer, header []string, rows []T, fields func(T) []string) error {
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	for _, r := range rows {
		if err := out.Write(fields(r)); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}

// nothing says why a table is empty.
func (a *app) nothing() error {
	fmt.Fprintln(a.stdout, "no vacancies match: rolescope status shows what is stored, rolescope import adds recorded boards")
	return nil
}
