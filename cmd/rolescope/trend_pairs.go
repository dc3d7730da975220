package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/trend"
)

func newTrendSimilarityCommand(a *app) *cobra.Command {
	var flags trendFlags
	var top int
	c := &cobra.Command{
		Use:   "similarity",
		Short: "How alike roles are in the skills they ask for",
		Long: `Compare two roles, or all pairs of those given, or of all roles, in one span of time. The cosine does
not depend on how many vacancies there are; 1 is alike. J_n is the weighted Jaccard at n vacancies,
told beside that of each role with itself: sampling alone keeps it far below 1, so read "as itself".
Two roles alone also show the skills that keep them apart.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope trend similarity --role ml_engineer,research_engineer\n  rolescope trend similarity --from 2026-01",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scope, err := flags.scope()
			if err != nil {
				return err
			}
			return a.ask(cmd.Context(), &flags, func(ctx context.Context, q trend.Querier) (trendTable, error) {
				answer, err := trend.Similarity(ctx, q, trend.SimilarityQuestion{Scope: scope})
				return a.similarity(answer, top), err
			})
		},
	}
	flags.add(c)
	flags.addSpan(c, "the latest year unless given")
	flags.addBasis(c)
	c.Flags().IntVar(&top, "top", 15, "skills in the table of two roles; JSON has all")
	return c
}

func (a *app) similarity(answer trend.SimilarityAnswer, top int) trendTable {
	t := trendTable{
		answer: answer, asked: answer.Asked,
		header: []string{
			"role_a", "role_b", "vacancies_a", "vacancies_b", "employers_a", "employers_b", "cosine", "low", "high",
			"j_n", "n", "self_a", "self_b", "relative", "weighted_jaccard", "divergence", "set_jaccard", "overlap", "all_boards_cosine",
		},
		table: func() error { return a.similarityTable(answer, top) },
	}
	for _, p := range answer.Pairs {
		j := []string{"", "", "", "", ""}
		if p.JaccardAt != nil {
			j = []string{csvFloat(&p.JaccardAt.Pair), fmt.Sprint(p.JaccardAt.N), csvFloat(&p.JaccardAt.SelfA), csvFloat(&p.JaccardAt.SelfB), csvFloat(&p.JaccardAt.Relative)}
		}
		t.rows = append(t.rows, slices.Concat(
			[]string{p.RoleA, p.RoleB, fmt.Sprint(p.VacanciesA), fmt.Sprint(p.VacanciesB), fmt.Sprint(p.EmployersA), fmt.Sprint(p.EmployersB)},
			csvEstimate(p.Cosine), j, []string{csvFloat(p.Jaccard), csvFloat(p.Divergence), csvFloat(p.SetJaccard), csvFloat(p.Overlap), csvFloat(p.AllBoards)}))
	}
	return t
}

// pairsMax is how many pairs a table has: a screen of them.
const pairsMax = 40

func (a *app) similarityTable(answer trend.SimilarityAnswer, top int) error {
	a.headline(answer.Headline)
	table := [][]string{{"roles", "vacancies", "employers", "cosine", "95 %", "J_n", "n", "as itself", "divergence"}}
	for _, p := range answer.Pairs {
		row := []string{
			p.RoleA + " ~ " + p.RoleB, count(p.VacanciesA) + ", " + count(p.VacanciesB), count(p.EmployersA) + ", " + count(p.EmployersB),
			figureOf("%.2f", p.Cosine.Value), intervalOf("%.2f", p.Cosine, 1), "-", "", "-", figureOf("%.2f", p.Divergence),
		}
		if p.JaccardAt != nil {
			row[5], row[6], row[7] = fmt.Sprintf("%.2f", p.JaccardAt.Pair), fmt.Sprint(p.JaccardAt.N), fmt.Sprintf("%.0f %%", 100*p.JaccardAt.Relative)
		}
		table = append(table, row)
	}
	if len(answer.Pairs) != 1 {
		shown := min(len(answer.Pairs), pairsMax)
		if err := writeTable(a.stdout, table[:shown+1]); err != nil || shown == len(answer.Pairs) {
			return err
		}
		_, err := fmt.Fprintf(a.stdout, "(the %d most alike of %d pairs; --csv has all)\n", shown, len(answer.Pairs))
		return err
	}
	return a.pairTable(answer.Pairs[0], top)
}

// pairTable tells all of two roles, a line for each measure, and the skills that keep them apart.
func (a *app) pairTable(p trend.Pair, top int) error {
	table := [][]string{
		{"", p.RoleA, p.RoleB},
		{"vacancies", count(p.VacanciesA), count(p.VacanciesB)},
		{"employers", count(p.EmployersA), count(p.EmployersB)},
	}
	if p.JaccardAt != nil {
		table = append(table, []string{
			fmt.Sprintf("weighted Jaccard with itself, n = %d", p.JaccardAt.N), fmt.Sprintf("%.2f", p.JaccardAt.SelfA), fmt.Sprintf("%.2f", p.JaccardAt.SelfB),
		})
	}
	if err := writeTable(a.stdout, table); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	measures := [][]string{{"cosine (1: alike)", figureOf("%.3f", p.Cosine.Value), intervalOf("%.3f", p.Cosine, 1)}}
	if p.JaccardAt != nil {
		measures = append(measures, []string{
			fmt.Sprintf("weighted Jaccard, n = %d", p.JaccardAt.N), fmt.Sprintf("%.3f", p.JaccardAt.Pair), fmt.Sprintf("%.0f %% of as itself", 100*p.JaccardAt.Relative),
		})
	}
	measures = append(
		measures,
		[]string{"divergence (0: alike)", figureOf("%.3f", p.Divergence), ""}, []string{"distinctive skills in common, of all", figureOf("%.3f", p.SetJaccard), ""},
		[]string{"distinctive skills in common, of the fewer", figureOf("%.3f", p.Overlap), ""}, []string{"cosine on all boards", figureOf("%.3f", p.AllBoards), ""},
	)
	if err := writeTable(a.stdout, measures); err != nil || len(p.Parts) == 0 {
		return err
	}
	skills := [][]string{{"what keeps them apart", "share of it", p.RoleA, p.RoleB}}
	for _, s := range p.Parts[:min(top, len(p.Parts))] {
		skills = append(skills, []string{s.Skill, fmt.Sprintf("%.1f %%", 100*s.Part / *p.Divergence), fmt.Sprintf("%.1f %%", 100*s.ShareA), fmt.Sprintf("%.1f %%", 100*s.ShareB)})
	}
	fmt.Fprintln(a.stdout)
	return writeTable(a.stdout, skills)
}

func newTrendSlopeCommand(a *app) *cobra.Command {
	var flags trendFlags
	var permutations int
	var seed uint64
	c := &cobra.Command{
		Use:   "slope",
		Short: "Whether two roles become more alike over time",
		Long: `The slope of the similarity of two roles, per year: total says whether what is advertised converges,
within whether it does at the same employers, between what the changed mix of employers did.
Roles converge when the whole interval lies above 0. The falsifier asks whether the two names tell
adverts apart at all: it deals them anew within each employer and quarter.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope trend slope --role ml_engineer,research_engineer\n  rolescope trend slope --role data_scientist,data_engineer --basis claimed --period quarter",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scope, err := flags.scope()
			if err != nil {
				return err
			}
			if permutations < 0 {
				return usageError{errors.New("--permutations: at least 0")}
			}
			return a.ask(cmd.Context(), &flags, func(ctx context.Context, q trend.Querier) (trendTable, error) {
				answer, err := trend.Slope(ctx, q, trend.SlopeQuestion{Scope: scope, Permutations: permutations, Seed: seed})
				return a.slope(answer), err
			})
		},
	}
	flags.add(c)
	flags.addSpan(c, "all of the data unless given")
	flags.addPeriod(c)
	flags.addBasis(c)
	c.Flags().IntVar(&permutations, "permutations", 199, "how often the falsifier deals the names anew; 0 leaves it out")
	c.Flags().Uint64Var(&seed, "seed", 1, "of the permutations")
	return c
}

func (a *app) slope(answer trend.SlopeAnswer) trendTable {
	t := trendTable{
		answer: answer, asked: answer.Asked,
		header: []string{"period", "vacancies_a", "vacancies_b", "employers_a", "employers_b", "cosine", "total", "within", "all_boards_total"},
		table:  func() error { return a.slopeTable(answer) },
	}
	for _, p := range answer.Series {
		t.rows = append(t.rows, []string{
			p.Period.Format(time.DateOnly), fmt.Sprint(p.VacanciesA), fmt.Sprint(p.VacanciesB), fmt.Sprint(p.EmployersA), fmt.Sprint(p.EmployersB),
			csvFloat(p.Cosine), csvFloat(p.Total), csvFloat(p.Within), csvFloat(p.AllBoards),
		})
	}
	return t
}

func (a *app) slopeTable(answer trend.SlopeAnswer) error {
	a.headline(answer.Headline)
	var points []chartPoint
	for i, p := range answer.Series {
		if p.Cosine != nil {
			points = append(points, chartPoint{At: float64(i) / float64(max(1, len(answer.Series)-1)), Value: *p.Cosine})
		}
	}
	if drawn := chart(points, a.columns(), false, math.Inf(1), func(v float64) string { return fmt.Sprintf("%.2f", v) },
		periodName(answer.Asked, answer.Periods[0].From), periodName(answer.Asked, answer.Periods[len(answer.Periods)-1].From)); drawn != "" {
		fmt.Fprintf(a.stdout, "cosine of %s and %s in each period, unsmoothed\n%s\n", answer.RoleA, answer.RoleB, drawn)
	}
	sign := func(e trend.Estimate) []string {
		return []string{figureOf("%+.3f", e.Value), intervalOf("%+.3f", e, 1)}
	}
	table := [][]string{
		{"slope of the cosine, per year", "", "95 %"},
		append([]string{"total"}, sign(answer.Total)...),
		append([]string{"within the same employers"}, sign(answer.Within)...),
		append([]string{"between: the mix of employers"}, sign(answer.Between)...),
		append([]string{"total on all boards"}, sign(answer.AllBoards)...),
		append([]string{"within on all boards"}, sign(answer.AllWithin)...),
	}
	if err := writeTable(a.stdout, table); err != nil {
		return err
	}
	if answer.Undefined != "" {
		fmt.Fprintln(a.stdout, wrapped("no slope "+answer.Undefined, a.columns()))
	}
	fmt.Fprintln(a.stdout)
	return a.slopeSeries(answer)
}

// seriesMax is how many periods of a series are printed as lines: first, last and some between.
const seriesMax = 13

// slopeSeries prints the series, thinned out when it is long, and the falsifier.
func (a *app) slopeSeries(answer trend.SlopeAnswer) error {
	table := [][]string{{"period", answer.RoleA, answer.RoleB, "cosine", "fitted", "within", "all boards"}}
	n := len(answer.Series)
	step := max(1, (n+seriesMax-2)/(seriesMax-1))
	for i, p := range answer.Series {
		if (n-1-i)%step != 0 {
			continue
		}
		table = append(table, []string{
			periodName(answer.Asked, p.Period), count(p.VacanciesA), count(p.VacanciesB),
			figureOf("%.3f", p.Cosine), figureOf("%.3f", p.Total), figureOf("%.3f", p.Within), figureOf("%.3f", p.AllBoards),
		})
	}
	if err := writeTable(a.stdout, table); err != nil {
		return err
	}
	if step > 1 {
		fmt.Fprintf(a.stdout, "(one of %d periods is shown)\n", step)
	}
	text := "falsifier: " + answer.FalsifierNote
	if f := answer.Falsifier; f != nil {
		verdict := "the names tell adverts apart"
		if f.P > 0.05 {
			verdict = "the names no longer tell adverts apart"
		}
		text = fmt.Sprintf("falsifier: %s (cosine %.3f; %.3f with names dealt anew; ratio %.2f, p = %.3f of %d permutations, seed %d)",
			verdict, f.Observed, f.Permuted, f.Ratio, f.P, f.Permutations, f.Seed)
	}
	_, err := fmt.Fprintln(a.stdout, "\n"+wrapped(text, a.columns()))
	return err
}
