package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/internal/score"
)

func roleMetrics() []string { return []string{"accuracy", "macro_f1", "answered", "agreement"} }

// noRole stands for "no role" in tables.
const noRole = "(none)"

func newEvalRolesCommand(a *app) *cobra.Command {
	var o evalOptions
	by := "title"
	c := &cobra.Command{
		Use:   "roles FILE...",
		Short: "Quality of the role tags",
		Long: `Tag labelled postings and compare the role. A line is

  {"id","title","description","role","reader"}

with role one of rolescope's roles, or null for none. With --by text the title is hidden and the role
that the text describes is compared. With a reader, the same id may come once for each: postings on
which readers disagree are counted, not scored.

Accuracy has Wilson's 95% interval. Macro-F1 is the mean F1 of the roles that occur as label or as
answer, none left out, its interval from 2,000 draws of postings.` + evalStatus(),
		Example: `  rolescope eval roles titles.jsonl
  rolescope eval roles --by text --min macro_f1=0.8 labelled.jsonl.gz`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if by != "title" && by != "text" {
				return usageError{errors.New("--by: title or text")}
			}
			tagger, err := enrich.New()
			if err != nil {
				return err
			}
			return a.evaluate(cmd.Context(), "roles", args, o, &roleEval{tagger: tagger, by: by, items: map[string]*roleItem{}}, roleMetrics())
		},
	}
	evalFlags(c, &o, roleMetrics())
	c.Flags().StringVar(&by, "by", by, "role by title, or by text with the title hidden")
	return c
}

// roleEval scores roles.
type roleEval struct {
	tagger *enrich.Tagger
	by     string
	order  []string
	items  map[string]*roleItem
}

// roleItem is one posting: what it was given and what each reader says.
type roleItem struct {
	given, reason, text string
	labels              map[string]string // reader -> role
}

func (e *roleEval) line(b []byte) error {
	var l struct {
		labelledText
		Role   *string `json:"role"`
		Reader string  `json:"reader"`
	}
	if err := labelled(b, &l, "role"); err != nil {
		return err
	}
	role := noRole
	switch {
	case l.ID == "":
		return errors.New("it has no id")
	case l.Role != nil:
		if role = *l.Role; !slices.Contains(enrich.Roles(), role) {
			return fmt.Errorf("unknown role %q; it is one of %s", role, strings.Join(enrich.Roles(), ", "))
		}
	}
	if item := e.items[l.ID]; item != nil {
		if _, twice := item.labels[l.Reader]; twice {
			return fmt.Errorf("a second label of %q by the same reader", l.ID)
		}
		item.labels[l.Reader] = role
		return nil
	}
	item, err := e.tag(l.labelledText)
	if err != nil {
		return err
	}
	item.labels = map[string]string{l.Reader: role}
	e.items[l.ID] = item
	e.order = append(e.order, l.ID)
	return nil
}

// tag is the posting's role as asked for.
func (e *roleEval) tag(in labelledText) (*roleItem, error) {
	if e.by == "text" {
		in.Title = ""
	}
	p, err := in.tag(e.tagger)
	if err != nil {
		return nil, err
	}
	item := &roleItem{given: cmp.Or(p.RoleTitle, noRole), reason: p.RoleReason, text: p.Title}
	if e.by == "text" {
		item.given, item.text = cmp.Or(p.RoleText, noRole), strings.ReplaceAll(p.Description, "\n", " ")
	}
	return item, nil
}

// roleReport is the answer of eval roles.
type roleReport struct {
	evalHead
	By        string         `json:"by"`
	Scored    int            `json:"scored"`
	Accuracy  score.Estimate `json:"accuracy"`
	MacroF1   score.Estimate `json:"macro_f1"`
	Answered  score.Estimate `json:"answered"`
	Disagreed int            `json:"disagreed"` // postings whose readers disagree
	Readers   []string       `json:"readers,omitempty"`
	Agreement score.Estimate `json:"agreement"`
	Kappa     *float64       `json:"kappa"`
	Method    string         `json:"method"`
	ByRole    []score.Class  `json:"by_role"`
	Confusion []score.Cell   `json:"confusion"`
	Errors    []roleErrors   `json:"errors"`
}

// roleErrors are postings of one role that were given another.
type roleErrors struct {
	score.Cell
	Examples []roleError `json:"examples"`
}

type roleError struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Reason string `json:"reason"`
}

const roleMethod = "95% intervals: Wilson's for shares and for each role, percentiles of 2,000 draws of postings with a fixed seed for macro-F1"

func (e *roleEval) report(head evalHead) (evalReport, error) {
	r := roleReport{evalHead: head, By: e.by, Method: roleMethod}
	readers := map[string]bool{}
	for _, item := range e.items {
		for reader := range item.labels {
			readers[reader] = true
		}
	}
	if len(readers) > 1 {
		r.Readers = slices.Sorted(maps.Keys(readers))
	}
	var classes, both score.Classes
	answered := 0
	examples := map[score.Cell][]roleError{}
	for _, id := range e.order {
		item := e.items[id]
		labels := slices.Sorted(maps.Values(item.labels))
		if len(r.Readers) > 1 {
			a, okA := item.labels[r.Readers[0]]
			if b, okB := item.labels[r.Readers[1]]; okA && okB {
				both.Add(a, b)
			}
		}
		if labels[0] != labels[len(labels)-1] {
			r.Disagreed++
			continue
		}
		truth := labels[0]
		classes.Add(truth, item.given)
		if item.given != noRole {
			answered++
		}
		cell := score.Cell{Truth: truth, Given: item.given}
		if truth != item.given && len(examples[cell]) < errorExamples {
			examples[cell] = append(examples[cell], roleError{id, shorten(item.text, 120), item.reason})
		}
	}
	r.Scored = classes.N()
	r.Accuracy, r.MacroF1, r.Answered = classes.Accuracy(), classes.MacroF1(noRole), score.Wilson(answered, classes.N())
	r.Agreement = both.Accuracy()
	r.Kappa = kappaOf(both)
	r.ByRole, r.Confusion = classes.PerClass(), classes.Confusion()
	r.Errors = []roleErrors{}
	for _, cell := range r.Confusion {
		if cell.Truth != cell.Given && len(r.Errors) < head.errors {
			r.Errors = append(r.Errors, roleErrors{cell, examples[score.Cell{Truth: cell.Truth, Given: cell.Given}]})
		}
	}
	return r, nil
}

func (r roleReport) metrics() map[string]score.Estimate {
	return map[string]score.Estimate{"accuracy": r.Accuracy, "macro_f1": r.MacroF1, "answered": r.Answered, "agreement": r.Agreement}
}

func (r roleReport) print(w io.Writer) error {
	if err := r.evalHead.print(w, "%s postings, by %s", count(r.Scored), r.By); err != nil {
		return err
	}
	fmt.Fprintf(w, "accuracy  %s\nmacro-F1  %s\nanswered  %s\n", percent(r.Accuracy), percent(r.MacroF1), percent(r.Answered))
	if len(r.Readers) > 1 {
		fmt.Fprintf(w, "readers   %s agree on %s", strings.Join(r.Readers, ", "), percent(r.Agreement))
		if r.Kappa != nil {
			fmt.Fprintf(w, ", Cohen's kappa %.3f", *r.Kappa)
		}
		fmt.Fprintf(w, "; %s postings on which they do not are left out\n", count(r.Disagreed))
	}
	fmt.Fprintln(w)
	rows := [][]string{{"ROLE", "RIGHT", "WRONG", "MISSED", "PRECISION", "RECALL", "F1"}}
	for _, c := range r.ByRole {
		rows = append(rows, rateRow(c.Name, c.Rates))
	}
	if err := writeTable(w, rows); err != nil {
		return err
	}
	rows = [][]string{{"\nLABEL", "GIVEN", "N"}}
	for _, c := range r.Confusion {
		if c.Truth != c.Given && len(rows) <= rowsShown {
			rows = append(rows, []string{c.Truth, c.Given, count(c.N)})
		}
	}
	if len(rows) > 1 {
		if err := writeTable(w, rows); err != nil {
			return err
		}
		fmt.Fprint(w, "\nWorst errors\n")
	}
	for _, g := range r.Errors {
		fmt.Fprintf(w, "  %s given for %s, %s times\n", g.Given, g.Truth, count(g.N))
		for _, e := range g.Examples {
			fmt.Fprintf(w, "      %s: %s (%s)\n", shorten(e.ID, 24), e.Text, orDash(printable(e.Reason)))
		}
	}
	_, err := fmt.Fprintf(w, "\n%s.\n", r.Method)
	return err
}
