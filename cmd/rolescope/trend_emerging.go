package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/trend"
)

func newTrendEmergingCommand(a *app) *cobra.Command {
	var flags trendFlags
	var at, unit string
	c := &cobra.Command{
		Use:   "emerging",
		Short: "Categories of work that employers begin to ask for",
		Long: `Find words of titles, skills, and skills of a role whose share of the employers more than doubled: the
employers with a new vacancy that mentions them, in the last 4 weeks against 26 that end 8 weeks
before (where boards are crawled monthly, 2 months against the year before the last one). A new board, an employer that posts the same job
many times, and what was open before anybody looked count for nothing; what is tested many times
over is held to a false discovery rate of 5 %, and has to pass in two weeks (months) in a row, at
five employers, on two sources or boards. Terms that rise in the same vacancies are one category,
which goes from candidate to emerging, established and faded.

Without --from it says what emerges as of the last whole week; with --from it goes through history
week by week, and says when each category came to each stage. With too little history it refuses,
and says from when on it can tell.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope trend emerging\n  rolescope trend emerging --at 2026-06-01 --json\n  rolescope trend emerging --from 2025-01 --to 2026-01 --unit month",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			question, from, err := emergingQuestion(&flags, at, unit)
			if err != nil {
				return err
			}
			return a.ask(cmd.Context(), &flags, func(ctx context.Context, q trend.Querier) (trendTable, error) {
				h, err := trend.ReplayEmerging(ctx, q, question, from)
				return a.emerging(h, from.IsZero()), err
			})
		},
	}
	c.Flags().StringVar(&at, "at", "", "as of the week or month that begins on or before this day: YYYY-MM-DD (default the last that boards were watched up to)")
	c.Flags().StringVar(&unit, "unit", "", "week or month (default as often as boards are crawled)")
	flags.addForm(c)
	c.Flags().StringVar(&flags.from, "from", "", "go through history from this day on: YYYY-MM-DD or YYYY-MM")
	c.Flags().StringVar(&flags.to, "to", "", "up to this day")
	return c
}

func emergingQuestion(f *trendFlags, at, unit string) (trend.EmergingQuestion, time.Time, error) {
	q := trend.EmergingQuestion{Unit: trend.Period(unit)}
	from, err1 := parseDay("--from", f.from)
	to, err2 := parseDay("--to", f.to)
	until, err3 := parseDay("--at", at)
	if err := errors.Join(err1, err2, err3, f.oneForm()); err != nil {
		return q, from, err
	}
	switch {
	case at != "" && (f.from != "" || f.to != ""):
		return q, from, usageError{errors.New("--at is one time, --from and --to are a span: choose one")}
	case f.to != "" && f.from == "":
		return q, from, usageError{errors.New("--to needs --from; --at asks as of one time")}
	}
	if q.At = until; at == "" {
		q.At = to
	}
	return q, from, nil
}

// emerging is the answer as each form prints it: what is so now, or what became of each category.
func (a *app) emerging(h trend.EmergingHistory, now bool) trendTable {
	last := h.Last
	t := trendTable{
		answer: h, asked: trend.Asked{Audit: last.Audit, Statements: last.Statements, Periods: []trend.Span{last.Recent}},
		header: []string{"at", "from", "to", "id", "name", "class", "x1", "n1", "x0", "n0", "ratio", "ratio_low", "ratio_high", "q", "employers"},
		table:  func() error { return a.emergingTable(h, now) },
		under:  func() error { return a.emergingLines(h) },
	}
	if n := len(last.Statements); last.SQL == "" && n > 0 { // refused: by what it found of the boards
		t.asked.SQL, t.asked.Params, t.asked.Statements = last.Statements[n-1].SQL, last.Statements[n-1].Params, last.Statements[:n-1]
	}
	for _, x := range h.Transitions {
		row := []string{x.At.Format(time.DateOnly), string(x.From), string(x.To), x.State.ID, x.State.Name, string(x.State.Class)}
		lead := leadIn(x.Terms, x.State.Lead)
		row = append(row, fmt.Sprint(lead.X1), fmt.Sprint(lead.N1), fmt.Sprint(lead.X0), fmt.Sprint(lead.N0), fmt.Sprint(lead.Ratio), fmt.Sprint(lead.RatioLow),
			fmt.Sprint(lead.RatioHigh), fmt.Sprint(lead.Q), fmt.Sprint(lead.Employers))
		t.rows = append(t.rows, row)
	}
	return t
}

func leadIn(terms []trend.Term, id trend.TermID) trend.Term {
	if i := slices.IndexFunc(terms, func(t trend.Term) bool { return t.TermID == id }); i >= 0 {
		return terms[i]
	}
	return trend.Term{TermID: id, Q: 1}
}

func (a *app) emergingTable(h trend.EmergingHistory, now bool) error {
	last := h.Last
	if h.Evaluations == 0 && last.Refusal != nil {
		a.headline("What emerges cannot be told yet.")
		fmt.Fprintln(a.stdout, wrapped(plain(last.Refusal.Why), a.columns()))
		return nil
	}
	unit := string(last.Unit)
	table := [][]string{{"category", "stage", "class", "employer-" + unit + "s", "before", "ratio", "q", "employers", "skills"}}
	row := func(name string, stage trend.Stage, class trend.Class, t trend.Term, skills []trend.Named) []string {
		share := func(x, n uint64) string { return fmt.Sprintf("%s of %s", count(x), count(n)) }
		var labels []string
		for _, s := range skills[:min(3, len(skills))] {
			labels = append(labels, s.Label)
		}
		return []string{
			oneLine(name, 32), string(stage), string(class), share(t.X1, t.N1), share(t.X0, t.N0),
			fmt.Sprintf("%.1f (%.1f to %.1f)", t.Ratio, t.RatioLow, t.RatioHigh), fmt.Sprintf("%.2g", t.Q), count(t.Employers), oneLine(strings.Join(labels, ", "), 40),
		}
	}
	if now {
		for _, s := range h.States.Categories {
			i := slices.IndexFunc(last.Categories, func(c trend.Category) bool { return slices.Contains(c.Members, s.Lead) })
			var skills []trend.Named
			if i >= 0 {
				skills = last.Categories[i].Skills
			}
			table = append(table, row(s.Name, s.Stage, s.Class, leadIn(last.Terms, s.Lead), skills))
		}
	} else {
		table[0] = append([]string{"from"}, table[0]...)
		for _, x := range h.Transitions {
			if x.To != trend.StageNone && x.To != trend.StageCandidate {
				table = append(table, append([]string{x.At.Format(time.DateOnly)}, row(x.State.Name, x.To, x.State.Class, leadIn(x.Terms, x.State.Lead), x.Category.Skills)...))
			}
		}
	}
	if len(table) == 1 {
		candidates := uint64(0)
		for _, t := range last.Tests {
			candidates += t.Candidates
		}
		what := fmt.Sprintf("Nothing emerges as of %s: the share of none of %s candidates has more than doubled.", last.At.Format(time.DateOnly), count(candidates))
		if !now {
			what = fmt.Sprintf("Nothing has emerged in %d %ss from %s to %s.", h.Evaluations, unit, h.From.Format(time.DateOnly), last.At.Format(time.DateOnly))
		}
		fmt.Fprintln(a.stdout, wrapped(what, a.columns()))
		return nil
	}
	return writeTable(a.stdout, table)
}

// emergingLines says under the table what was counted, and on what it rests.
func (a *app) emergingLines(h trend.EmergingHistory) error {
	last := h.Last
	if last.Refusal != nil {
		return nil
	}
	var tests []string
	for _, t := range last.Tests {
		tests = append(tests, fmt.Sprintf("%s %s (dispersion %.2f)", strings.ReplaceAll(string(t.Family), "_", " x "), count(t.Candidates), t.Dispersion))
	}
	unit := string(last.Unit)
	panel := fmt.Sprintf("panel: %d of %d boards, looked at before and seen whole in the first %s, in each of the last %d and in nine tenths of all; threads in three quarters", last.Panel.Healthy, last.Panel.Boards, unit, last.Windows.Recent+1)
	if n := len(last.Panel.LeftOut); n > 0 {
		var names []string
		for _, b := range last.Panel.LeftOut[:min(n, namesMax)] {
			names = append(names, fmt.Sprintf("%s/%s (%s)", plain(b.Source), plain(b.Board), b.Why))
		}
		panel += "; left out: " + strings.Join(names, ", ") + more(n)
	}
	lines := []string{
		fmt.Sprintf("as of %s: %s to %s against %s to %s; counted are employers in a %s with a new vacancy that mentions it, of all employers with a new vacancy; ratio of the two shares with its 95 %% interval; q: rate of false discoveries",
			last.At.Format(time.DateOnly), last.Recent.From.Format(time.DateOnly), last.Recent.To.AddDate(0, 0, -1).Format(time.DateOnly),
			last.Base.From.Format(time.DateOnly), last.Base.To.AddDate(0, 0, -1).Format(time.DateOnly), unit),
		"candidate: passed once; emerging: twice in a row; established: no longer grows; faded: nobody new asks for it; novel: nobody did in the year before",
		panel, "tested: " + strings.Join(tests, ", ") + "; tagger version " + last.TaggerVersion + "; --json has all figures, --sql the statements of the last evaluation",
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(a.painted(styleDim, wrapped(line, a.columns())) + "\n")
	}
	_, err := fmt.Fprint(a.stdout, "\n"+b.String())
	return err
}
