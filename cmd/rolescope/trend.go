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

// trendFlags are what every question takes.
type trendFlags struct {
	roles, companies []string
	from, to, period string
	asJSON, asCSV    bool
}

func (f *trendFlags) add(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.roles, "role", nil, "only these roles, such as ml_engineer; repeatable or comma-separated")
	c.Flags().StringArrayVar(&f.companies, "company", nil, "only this company; repeatable")
	c.Flags().StringVar(&f.from, "from", "", "first day, YYYY-MM-DD or YYYY-MM")
	c.Flags().StringVar(&f.to, "to", "", "day after the last, YYYY-MM-DD or YYYY-MM")
	c.Flags().StringVar(&f.period, "period", "month", "week, month or quarter")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON with the SQL and its parameters")
	c.Flags().BoolVar(&f.asCSV, "csv", false, "print CSV")
}

func (f *trendFlags) filter() (trend.Filter, error) {
	from, err := parseDay("--from", f.from)
	if err != nil {
		return trend.Filter{}, err
	}
	for _, role := range f.roles {
		if !slices.Contains(enrich.Roles(), role) {
			return trend.Filter{}, usageError{fmt.Errorf("--role %q is none of %s", role, strings.Join(enrich.Roles(), ", "))}
		}
	}
	to, err := parseDay("--to", f.to)
	if f.asJSON && f.asCSV {
		err = errors.Join(err, usageError{errors.New("--json and --csv: choose one")})
	}
	return trend.Filter{Roles: f.roles, Companies: f.companies, From: from, To: to, Period: trend.Period(f.period)}, err
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
		Args:  knownCommand,
		RunE:  showHelp,
	}
	c.AddCommand(newTrendVolumeCommand(a), newTrendSkillsCommand(a))
	return c
}

func newTrendVolumeCommand(a *app) *cobra.Command {
	var flags trendFlags
	var by string
	c := &cobra.Command{
		Use:   "volume",
		Short: "New and active vacancies per period",
		Long: `Count vacancies per period: active ones were seen open in it, new ones opened in it. A job
advertised in forty cities is one vacancy. What was already open when its board was first seen is
active but never new.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope trend volume\n  rolescope trend volume --by company --role research_engineer --from 2026-01",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := flags.filter()
			if err != nil {
				return err
			}
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				answer, err := trend.Volume(ctx, querier{s.store}, trend.VolumeQuestion{Filter: filter, By: by})
				if err != nil {
					return asUsage(err)
				}
				return a.printVolume(answer, flags)
			})
		},
	}
	flags.add(c)
	c.Flags().StringVar(&by, "by", "role", "group by "+strings.Join(trend.Groupings(), ", "))
	return c
}

func newTrendSkillsCommand(a *app) *cobra.Command {
	var flags trendFlags
	var top int
	c := &cobra.Command{
		Use:   "skills",
		Short: "Share of a role's vacancies that mention each skill, per period",
		Long: `For each role and period: the share of the role's vacancies that mention a skill. Shares are of
distinct vacancies; n is how many there were.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope trend skills --role ml_engineer,research_engineer\n  rolescope trend skills --role data_scientist --period quarter --csv",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := flags.filter()
			if err != nil {
				return err
			}
			if top < 1 {
				return usageError{errors.New("--top: at least 1")}
			}
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				answer, err := trend.Skills(ctx, querier{s.store}, trend.SkillsQuestion{Filter: filter})
				if err != nil {
					return asUsage(err)
				}
				return a.printSkills(answer, flags, top)
			})
		},
	}
	flags.add(c)
	c.Flags().IntVar(&top, "top", 15, "skills per role in the table; JSON and CSV have all")
	return c
}

func asUsage(err error) error {
	if errors.Is(err, trend.ErrQuestion) {
		return usageError{err}
	}
	return err
}

func (a *app) printVolume(answer trend.VolumeAnswer, flags trendFlags) error {
	if flags.asCSV {
		return writeCSV(a.stdout, []string{"period", answer.By, "new", "active"}, answer.Rows, func(r trend.VolumeRow) []string {
			return []string{r.Period.Format(time.DateOnly), r.Group, fmt.Sprint(r.New), fmt.Sprint(r.Active)}
		})
	}
	if a.wantJSON(flags.asJSON) {
		return a.printJSON(answer)
	}
	return a.volumeTable(answer)
}

func (a *app) printSkills(answer trend.SkillsAnswer, flags trendFlags, top int) error {
	if flags.asCSV {
		return writeCSV(a.stdout, []string{"period", "role", "skill", "mentioning", "total", "share"}, answer.Rows, func(r trend.SkillsRow) []string {
			return []string{r.Period.Format(time.DateOnly), r.Role, r.Skill, fmt.Sprint(r.Mentioning), fmt.Sprint(r.Total), fmt.Sprintf("%.6f", r.Share)}
		})
	}
	if a.wantJSON(flags.asJSON) {
		return a.printJSON(answer)
	}
	return a.skillsTable(answer, top)
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

// periodsShown is how many columns a terminal table has at most; the latest are shown.
const periodsShown = 8

func lastPeriods[T any](rows []T, period func(T) time.Time) []time.Time {
	var periods []time.Time
	for _, r := range rows {
		if p := period(r); !slices.Contains(periods, p) {
			periods = append(periods, p)
		}
	}
	slices.SortFunc(periods, time.Time.Compare)
	return periods[max(0, len(periods)-periodsShown):]
}

// volumeTable has a line per group and a column per period, "active (+new)".
func (a *app) volumeTable(answer trend.VolumeAnswer) error {
	if len(answer.Rows) == 0 {
		return a.nothing()
	}
	periods := lastPeriods(answer.Rows, func(r trend.VolumeRow) time.Time { return r.Period })
	cells, groups := map[string]map[time.Time]trend.VolumeRow{}, []string{}
	for _, r := range answer.Rows {
		if cells[r.Group] == nil {
			cells[r.Group] = map[time.Time]trend.VolumeRow{}
			groups = append(groups, r.Group)
		}
		cells[r.Group][r.Period] = r
	}
	latest := periods[len(periods)-1]
	slices.SortStableFunc(groups, func(x, y string) int {
		return int(cells[y][latest].Active) - int(cells[x][latest].Active)
	})
	header := []string{answer.By}
	for _, p := range periods {
		header = append(header, p.Format(time.DateOnly))
	}
	table := [][]string{header}
	for _, g := range groups {
		row := []string{oneLine(g, 40)}
		for _, p := range periods {
			r := cells[g][p]
			row = append(row, fmt.Sprintf("%s (+%s)", count(r.Active), count(r.New)))
		}
		table = append(table, row)
	}
	if err := writeTable(a.stdout, table); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\nvacancies active in the period (+ new in it); tagger version %s; --json has the SQL\n", answer.TaggerVersion)
	return nil
}

// skillsTable has, per role, a line per skill and a column per period, in per cent, ordered by the
// latest share; the last column is the change from the first shown period to the last.
func (a *app) skillsTable(answer trend.SkillsAnswer, top int) error {
	if len(answer.Rows) == 0 {
		return a.nothing()
	}
	byRole, roles := map[string][]trend.SkillsRow{}, []string{}
	for _, r := range answer.Rows {
		if byRole[r.Role] == nil {
			roles = append(roles, r.Role)
		}
		byRole[r.Role] = append(byRole[r.Role], r)
	}
	slices.Sort(roles)
	for _, role := range roles {
		if err := a.roleTable(role, byRole[role], top); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stdout, "share of the role's active vacancies that mention the skill, in %%; change in points; n = vacancies; tagger version %s; --json has the SQL\n", answer.TaggerVersion)
	return nil
}

func (a *app) roleTable(role string, rows []trend.SkillsRow, top int) error {
	periods := lastPeriods(rows, func(r trend.SkillsRow) time.Time { return r.Period })
	firstPeriod, latest := periods[0], periods[len(periods)-1]
	shares, totals, skills := map[string]map[time.Time]float64{}, map[time.Time]uint64{}, []string{}
	for _, r := range rows {
		if shares[r.Skill] == nil {
			shares[r.Skill] = map[time.Time]float64{}
			skills = append(skills, r.Skill)
		}
		shares[r.Skill][r.Period], totals[r.Period] = r.Share, r.Total
	}
	slices.Sort(skills)
	slices.SortStableFunc(skills, func(x, y string) int {
		switch sx, sy := shares[x][latest], shares[y][latest]; {
		case sx > sy:
			return -1
		case sx < sy:
			return 1
		}
		return 0
	})
	header, ns := []string{role}, []string{"n"}
	for _, p := range periods {
		header, ns = append(header, p.Format(time.DateOnly)), append(ns, count(totals[p]))
	}
	table := [][]string{append(header, "change"), ns}
	for _, skill := range skills[:min(top, len(skills))] {
		row := []string{skill}
		for _, p := range periods {
			row = append(row, fmt.Sprintf("%.1f", 100*shares[skill][p]))
		}
		table = append(table, append(row, fmt.Sprintf("%+.1f", 100*(shares[skill][latest]-shares[skill][firstPeriod]))))
	}
	if err := writeTable(a.stdout, table); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	return nil
}

// nothing says why a table is empty.
func (a *app) nothing() error {
	fmt.Fprintln(a.stdout, "no postings match: rolescope status shows what is stored, rolescope import adds recorded boards")
	return nil
}
