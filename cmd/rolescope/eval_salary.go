package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/internal/score"
	"github.com/rolescope/rolescope/posting"
)

func salaryMetrics() []string {
	return []string{"exact", "wrong", "missing", "invented", "precision", "recall", "f1"}
}

func newEvalSalaryCommand(a *app) *cobra.Command {
	var o evalOptions
	c := &cobra.Command{
		Use:   "salary FILE...",
		Short: "Quality of the salary tags",
		Long: `Tag labelled postings and compare the pay. A line is

  {"id","title","description" or "text","min","max","currency","period"}

with amounts in units of the currency, ISO 4217 and hour, day, week, month or year; all four null when
the posting states no pay, max or min alone null when only the other end is stated. Pay is exact when
one of the ranges found has all four (to half a cent); wrong when ranges are found and none is exact;
missing when none is found. Shares are of the postings with pay; invented is the share of the postings
without pay for which some was found. Precision and recall count exact finds as right.

Intervals are Wilson's 95%: a posting counts once.` + evalStatus(),
		Example: `  rolescope eval salary labelled.jsonl
  rolescope eval salary --min exact=0.95 --max wrong=0.01 labelled.jsonl.gz`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			tagger, err := enrich.New()
			if err != nil {
				return err
			}
			return a.evaluate(cmd.Context(), "salary", args, o, &salaryEval{tagger: tagger}, salaryMetrics())
		},
	}
	evalFlags(c, &o, salaryMetrics())
	return c
}

// pay is a labelled salary; nil is null.
type pay struct {
	Min      *float64 `json:"min"`
	Max      *float64 `json:"max"`
	Currency *string  `json:"currency"`
	Period   *string  `json:"period"`
}

// salaryEval scores pay.
type salaryEval struct {
	tagger *enrich.Tagger
	n      map[string]int // by outcome
	errs   []salaryError
}

// salaryError is one posting whose pay was not read as labelled.
type salaryError struct {
	What  string   `json:"what"` // wrong, missing or invented
	ID    string   `json:"id"`
	Want  string   `json:"want"`
	Found []string `json:"found"`
	Text  string   `json:"text"`
}

func (e *salaryEval) line(b []byte) error {
	var l struct {
		labelledText
		pay
	}
	if err := labelled(b, &l, "min", "max", "currency", "period"); err != nil {
		return err
	}
	if l.ID == "" {
		return errors.New("it has no id")
	}
	if err := l.check(); err != nil {
		return err
	}
	p, err := l.tag(e.tagger)
	if err != nil {
		return err
	}
	if e.n == nil {
		e.n = map[string]int{}
	}
	what := l.outcome(p.Salaries)
	e.n[what]++
	if len(p.Salaries) > 1 {
		e.n["several"]++
	}
	if what == "exact" || what == "none" {
		return nil
	}
	bad := salaryError{What: what, ID: l.ID, Want: l.String(), Found: []string{}, Text: payContext(p, l.pay)}
	for _, s := range p.Salaries {
		bad.Found = append(bad.Found, salaryText(s))
	}
	e.errs = append(e.errs, bad)
	return nil
}

func (y pay) none() bool { return y.Min == nil && y.Max == nil }

func (y pay) check() error {
	switch {
	case y.none() && (y.Currency != nil || y.Period != nil):
		return errors.New("it has a currency or a period, but no amount")
	case y.none():
		return nil
	case y.Currency == nil || len(*y.Currency) != 3 || strings.ToUpper(*y.Currency) != *y.Currency:
		return errors.New("its currency is no ISO 4217 code")
	case y.Period == nil || !slices.Contains([]string{"hour", "day", "week", "month", "year"}, *y.Period):
		return errors.New("its period is not hour, day, week, month or year")
	}
	return nil
}

// outcome compares what was found with the label.
func (y pay) outcome(found []posting.Salary) string {
	switch {
	case y.none() && len(found) == 0:
		return "none"
	case y.none():
		return "invented"
	case len(found) == 0:
		return "missing"
	case slices.ContainsFunc(found, y.is):
		return "exact"
	}
	return "wrong"
}

func (y pay) is(s posting.Salary) bool {
	same := func(want *float64, got float64) bool {
		return want == nil && got == 0 || want != nil && math.Abs(*want-got) < 0.005
	}
	return same(y.Min, s.Min) && same(y.Max, s.Max) && *y.Currency == s.Currency && *y.Period == s.Period
}

func (y pay) String() string {
	if y.none() {
		return "none"
	}
	var s posting.Salary
	if y.Min != nil {
		s.Min = *y.Min
	}
	if y.Max != nil {
		s.Max = *y.Max
	}
	s.Currency, s.Period = *y.Currency, *y.Period
	return salaryText(s)
}

// salaryText writes a range as "180000 - 240000 USD a year"; an end that is not stated is "?".
func salaryText(s posting.Salary) string {
	amount := func(v float64) string {
		if v == 0 {
			return "?"
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return amount(s.Min) + " - " + amount(s.Max) + " " + s.Currency + " a " + s.Period
}

// payContext is the words around what was found, or around the first of the labelled amounts that
// stands in the text.
func payContext(p posting.Posting, y pay) string {
	for _, s := range p.Salaries {
		if i := strings.Index(p.Description, s.Text); s.Text != "" && i >= 0 {
			return contextOf(p.Description, i, i+len(s.Text))
		}
	}
	for _, v := range []*float64{y.Min, y.Max} {
		if v == nil {
			continue
		}
		whole := int64(*v)
		for _, form := range []string{count(whole), strings.ReplaceAll(count(whole), ",", "."), fmt.Sprint(whole), fmt.Sprint(whole/1000, "k"), fmt.Sprint(whole/1000, "K")} {
			if i := strings.Index(p.Description, form); i >= 0 && form[0] != '0' {
				return contextOf(p.Description, i, i+len(form))
			}
		}
	}
	return "(the amounts do not stand in the text)"
}

// salaryReport is the answer of eval salary.
type salaryReport struct {
	evalHead
	WithPay    int            `json:"with_pay"`
	WithoutPay int            `json:"without_pay"`
	Exact      score.Estimate `json:"exact"`
	Wrong      score.Estimate `json:"wrong"`
	Missing    score.Estimate `json:"missing"`
	Invented   score.Estimate `json:"invented"`
	Several    int            `json:"several_found"` // postings for which more than one range was found
	score.Rates
	Method string        `json:"method"`
	Errors []salaryError `json:"errors"`
}

const salaryMethod = "95% intervals: Wilson's, a posting counts once"

func (e *salaryEval) report(head evalHead) (evalReport, error) {
	n := e.n
	with, without := n["exact"]+n["wrong"]+n["missing"], n["invented"]+n["none"]
	rank := map[string]int{"wrong": 0, "invented": 1, "missing": 2}
	slices.SortStableFunc(e.errs, func(a, b salaryError) int { return cmp.Compare(rank[a.What], rank[b.What]) })
	return salaryReport{
		evalHead: head, WithPay: with, WithoutPay: without, Several: n["several"], Method: salaryMethod,
		Exact: score.Wilson(n["exact"], with), Wrong: score.Wilson(n["wrong"], with), Missing: score.Wilson(n["missing"], with),
		Invented: score.Wilson(n["invented"], without),
		Rates:    score.Of(score.Counts{TP: n["exact"], FP: n["wrong"] + n["invented"], FN: n["wrong"] + n["missing"]}),
		Errors:   orEmpty(e.errs[:min(head.errors, len(e.errs))]),
	}, nil
}

func (r salaryReport) metrics() map[string]score.Estimate {
	return map[string]score.Estimate{
		"exact": r.Exact, "wrong": r.Wrong, "missing": r.Missing, "invented": r.Invented,
		"precision": r.Precision, "recall": r.Recall, "f1": r.F1,
	}
}

func (r salaryReport) print(w io.Writer) error {
	if err := r.evalHead.print(w, "%s postings with pay, %s without", count(r.WithPay), count(r.WithoutPay)); err != nil {
		return err
	}
	rows := [][]string{
		{"exact", percent(r.Exact)},
		{"wrong", percent(r.Wrong)},
		{"missing", percent(r.Missing)},
		{"invented, of those without pay", percent(r.Invented)},
		{"precision", percent(r.Precision)},
		{"recall", percent(r.Recall)},
		{"F1", percent(r.F1)},
		{"postings with several ranges found", count(r.Several)},
	}
	if err := writeTable(w, rows); err != nil {
		return err
	}
	if len(r.Errors) > 0 {
		fmt.Fprint(w, "\nWorst errors\n")
	}
	for _, e := range r.Errors {
		fmt.Fprintf(w, "  %s: %s: stated %s, found %s\n      %s\n", shorten(e.ID, 24), e.What, e.Want, cmp.Or(strings.Join(e.Found, "; "), "none"), printable(e.Text))
	}
	_, err := fmt.Fprintf(w, "\n%s.\n", r.Method)
	return err
}
