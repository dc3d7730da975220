package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/trend"
)

func newTrendVolumeCommand(a *app) *cobra.Command {
	var flags trendFlags
	var by string
	c := &cobra.Command{
		Use:   "volume",
		Short: "New and active vacancies per period",
		Long: `Count vacancies per period: active ones were seen open in it, new ones opened in it. A job
advertised in forty cities is one vacancy. What was already open when its board was first seen is
active but never new, and only boards that were seen healthy all the time are counted: so neither a
new board nor a first look makes a boom. --boards all counts all.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope trend volume\n  rolescope trend volume --by company --role research_engineer --from 2026-01",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scope, err := flags.scope()
			if err != nil {
				return err
			}
			return a.ask(cmd.Context(), &flags, func(ctx context.Context, q trend.Querier) (trendTable, error) {
				answer, err := trend.VolumesOf(ctx, q, trend.VolumesQuestion{Scope: scope, By: by})
				return a.volumes(answer), err
			})
		},
	}
	flags.add(c)
	flags.addSpan(c, "all of the data unless given")
	flags.addPeriod(c)
	flags.addBasis(c)
	c.Flags().StringVar(&by, "by", "role", "group by "+strings.Join(trend.VolumesBy(), ", "))
	return c
}

func (a *app) volumes(answer trend.VolumesAnswer) trendTable {
	t := trendTable{
		answer: answer, asked: answer.Asked,
		header: []string{"period", answer.By, "new", "active", "claimed", "all_boards_new", "all_boards_active", "all_boards_claimed", "partial"},
		table:  func() error { return a.volumeTable(answer) },
	}
	for _, r := range answer.Rows {
		t.rows = append(t.rows, []string{
			r.Period.Format(time.DateOnly), r.Group, fmt.Sprint(r.New), fmt.Sprint(r.Active), fmt.Sprint(r.Claimed),
			fmt.Sprint(r.All.New), fmt.Sprint(r.All.Active), fmt.Sprint(r.All.Claimed), fmt.Sprint(r.Partial),
		})
	}
	return t
}

// lastFitting are how many columns fit beside what a table has before them; at least one, at most columns.
func (a *app) lastFitting(before, width, columns int) int {
	return max(1, min(columns, (a.columns()-before)/(width+2)))
}

// volumeTable has a line per group: a sparkline over all periods, and the latest periods as "active (+new)".
func (a *app) volumeTable(answer trend.VolumesAnswer) error {
	cells, groups := map[string]map[time.Time]trend.Volumes{}, []string{}
	var periods []time.Time
	for _, p := range answer.Periods {
		periods = append(periods, p.From)
	}
	for _, r := range answer.Rows {
		if cells[r.Group] == nil {
			cells[r.Group] = map[time.Time]trend.Volumes{}
			groups = append(groups, r.Group)
		}
		cells[r.Group][r.Period] = r
	}
	latest := periods[len(periods)-1]
	basis := answer.Guards.Basis
	figure := func(v trend.Volumes) uint64 {
		return map[trend.Basis]uint64{trend.Active: v.Active, trend.New: v.New, trend.Claimed: v.Claimed}[basis]
	}
	slices.SortStableFunc(groups, func(x, y string) int { return int(figure(cells[y][latest])) - int(figure(cells[x][latest])) })
	text := func(v trend.Volumes) string {
		if basis == trend.Active {
			return fmt.Sprintf("%s (+%s)", count(v.Active), count(v.New))
		}
		return count(figure(v))
	}
	table, widths := [][]string{{answer.By, ""}}, 0
	for _, g := range groups {
		var line []*float64
		for _, p := range periods {
			v := float64(figure(cells[g][p]))
			line = append(line, &v)
			widths = max(widths, len(text(cells[g][p])), 10)
		}
		table = append(table, []string{oneLine(g, 40), sparkline(line[max(0, len(line)-sparkMax):])})
	}
	if len(groups) == 1 {
		a.volumeChart(answer, figure)
	}
	for _, p := range periods[len(periods)-a.lastFitting(tableWidth(table), widths, len(periods)):] {
		table[0] = append(table[0], periodName(answer.Asked, p))
		for i, g := range groups {
			table[i+1] = append(table[i+1], text(cells[g][p]))
		}
	}
	return writeTable(a.stdout, table)
}

// sparkMax is how many periods a sparkline has at most, the latest ones.
const sparkMax = 24

// tableWidth is how wide a table is so far.
func tableWidth(table [][]string) int {
	var widths []int
	for _, row := range table {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	n := -2
	for _, w := range widths {
		n += w + 2
	}
	return n
}

// volumeChart draws the only group there is.
func (a *app) volumeChart(answer trend.VolumesAnswer, figure func(trend.Volumes) uint64) {
	at := map[time.Time]float64{}
	for _, r := range answer.Rows {
		at[r.Period] = float64(figure(r))
	}
	var points []chartPoint
	for i, p := range answer.Periods {
		points = append(points, chartPoint{At: float64(i) / float64(max(1, len(answer.Periods)-1)), Value: at[p.From]})
	}
	fmt.Fprint(a.stdout, chart(points, a.columns(), false, 0, func(v float64) string { return count(int(v + 0.5)) },
		periodName(answer.Asked, answer.Periods[0].From), periodName(answer.Asked, answer.Periods[len(answer.Periods)-1].From)))
}

func newTrendSkillsCommand(a *app) *cobra.Command {
	var flags trendFlags
	var top int
	var rank string
	c := &cobra.Command{
		Use:   "skills",
		Short: "Share of a role's vacancies that mention each skill, per period",
		Long: `For each role and period: the share of the role's vacancies that mention a skill, with its 95 %
interval, which takes employers as what varies. --rank rca orders by what is distinctive of the role
among all roles (over 1: asked for more than elsewhere), --rank change by what moved most.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope trend skills --role ml_engineer,research_engineer\n  rolescope trend skills --role ml_engineer --rank rca\n  rolescope trend skills --role data_scientist --period quarter --csv",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scope, err := flags.scope()
			if err != nil {
				return err
			}
			if top < 1 {
				return usageError{errors.New("--top: at least 1")}
			}
			return a.ask(cmd.Context(), &flags, func(ctx context.Context, q trend.Querier) (trendTable, error) {
				answer, err := trend.Shares(ctx, q, trend.SharesQuestion{Scope: scope, Rank: trend.Rank(rank)})
				return a.shares(answer, top), err
			})
		},
	}
	flags.add(c)
	flags.addSpan(c, "the latest year unless given")
	flags.addPeriod(c)
	flags.addBasis(c)
	c.Flags().StringVar(&rank, "rank", "share", "order skills by share, rca or change")
	c.Flags().IntVar(&top, "top", 15, "skills per role in the table; JSON and CSV have all")
	return c
}

func (a *app) shares(answer trend.SharesAnswer, top int) trendTable {
	t := trendTable{
		answer: answer, asked: answer.Asked,
		header: []string{"period", "role", "skill", "mentioning", "vacancies", "share", "low", "high", "rca", "employers", "all_boards_share", "rank"},
		table:  func() error { return a.skillsTables(answer, top) },
	}
	for _, r := range answer.Rows {
		t.rows = append(t.rows, slices.Concat(
			[]string{r.Period.Format(time.DateOnly), r.Role, r.Skill, fmt.Sprint(r.Mentioning), fmt.Sprint(r.Vacancies)}, csvEstimate(r.Share),
			[]string{csvFloat(r.RCA), fmt.Sprint(r.Employers), csvFloat(r.AllBoards), fmt.Sprint(r.Rank)}))
	}
	return t
}

// skillsTables have, per role, a line per skill: a sparkline over all periods, the latest ones in per cent
// with the interval of the last, the change from the first, and RCA.
func (a *app) skillsTables(answer trend.SharesAnswer, top int) error {
	byRole, roles := map[string][]trend.ShareRow{}, []string{}
	for _, r := range answer.Rows {
		if byRole[r.Role] == nil {
			roles = append(roles, r.Role)
		}
		byRole[r.Role] = append(byRole[r.Role], r)
	}
	for i, role := range roles {
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		if err := a.skillsTable(answer, role, byRole[role], top); err != nil {
			return err
		}
	}
	_, err := fmt.Fprint(a.stdout, "\n"+wrapped("share of the role's vacancies that mention the skill, in %, with the 95 % interval of the last period; change in points since the first; rca: share among all of the role's mentions by that among all roles'", a.columns())+"\n")
	return err
}

func (a *app) skillsTable(answer trend.SharesAnswer, role string, rows []trend.ShareRow, top int) error {
	bySkill, skills := map[string][]trend.ShareRow{}, []string{}
	for _, r := range rows {
		if bySkill[r.Skill] == nil {
			skills = append(skills, r.Skill)
		}
		bySkill[r.Skill] = append(bySkill[r.Skill], r)
	}
	skills = skills[:min(top, len(skills))]
	first, last := -1, len(answer.Periods)-1 // with figures to show
	for t := range answer.Periods {
		for _, s := range skills {
			if bySkill[s][t].Share.Value != nil && first < 0 {
				first = t
			}
		}
	}
	head, n := []string{role, ""}, []string{"vacancies", ""}
	table := [][]string{head, n}
	for _, s := range skills {
		var line []*float64
		for _, r := range bySkill[s] {
			line = append(line, r.Share.Value)
		}
		table = append(table, []string{s, sparkline(line[max(0, len(line)-sparkMax):])})
	}
	const after = 38 // cells of the columns behind
	for t := last + 1 - a.lastFitting(tableWidth(table)+after, 8, len(answer.Periods)); t <= last; t++ {
		table[0] = append(table[0], periodName(answer.Asked, answer.Periods[t].From))
		table[1] = append(table[1], count(bySkill[skills[0]][t].Vacancies))
		for i, s := range skills {
			table[i+2] = append(table[i+2], pointsOf(bySkill[s][t].Share.Value))
		}
	}
	table[0], table[1] = append(table[0], "95 %", "change", "rca"), append(table[1], "", "", "")
	for i, s := range skills {
		r := bySkill[s][last]
		change := "-"
		if r.Share.Value != nil && first >= 0 && first < last && bySkill[s][first].Share.Value != nil {
			change = fmt.Sprintf("%+.1f", 100*(*r.Share.Value-*bySkill[s][first].Share.Value))
		}
		table[i+2] = append(table[i+2], intervalOf("%.1f", r.Share, 100), change, figureOf("%.1f", r.RCA))
	}
	return writeTable(a.stdout, table)
}
