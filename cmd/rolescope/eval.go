package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/internal/score"
	"github.com/rolescope/rolescope/posting"
)

// badLinesShown is how many unusable lines are named on stderr; all are counted.
const badLinesShown = 20

// evalOptions are what every kind of evaluation takes.
type evalOptions struct {
	json     bool
	errors   int
	min, max map[string]string
	minF1    string
}

// evaluation scores one kind of labels, line by line.
type evaluation interface {
	// line scores one labelled line; an error means that it cannot be used.
	line(b []byte) error
	// report is asked for once, when every line was read. Its errors are those of the run.
	report(head evalHead) (evalReport, error)
}

// evalReport is the answer of an evaluation.
type evalReport interface {
	// metrics are the figures that --min and --max can name; one with N = 0 is not known.
	metrics() map[string]score.Estimate
	print(w io.Writer) error
}

// evalHead begins every answer.
type evalHead struct {
	Task          string   `json:"task"`
	TaggerVersion string   `json:"tagger_version"`
	Files         []string `json:"files"`
	Lines         int      `json:"lines"`     // that were used
	BadLines      int      `json:"bad_lines"` // that were not
	errors        int
}

func newEvalCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "eval",
		Short: "Quality of the tags on labelled files",
		Long:  `Tag labelled postings and say how good the tags are: precision, recall and F1 with 95% intervals.`,
		Args:  knownCommand,
		RunE:  showHelp,
	}
	c.AddCommand(newEvalSkillsCommand(a), newEvalRolesCommand(a), newEvalSalaryCommand(a), newEvalEmergenceCommand(a))
	return c
}

// evalStatus is the end of the help of every evaluation.
func evalStatus() string {
	return `

Files are JSON lines, plain or gzip; "-" is stdin. Fields that are not named here are ignored. A line that cannot be used is
named on stderr and left out. 4 is returned when a figure is below --min or above --max, or is not
known.` + exitStatusHelp(exitOK, exitError, exitPartial, exitCondition)
}

// evalFlags adds what every evaluation takes. names are the metrics --min and --max can name.
func evalFlags(c *cobra.Command, o *evalOptions, names []string) {
	c.Flags().BoolVar(&o.json, "json", false, "print JSON, also on a terminal")
	c.Flags().IntVar(&o.errors, "errors", 10, "worst errors to show, of each sort")
	list := " (" + strings.Join(names, ", ") + ")"
	c.Flags().StringToStringVar(&o.min, "min", nil, "METRIC=SHARE that must be reached, or status 4"+list)
	c.Flags().StringVar(&o.minF1, "min-f1", "", "short for --min f1=SHARE (of roles macro_f1)")
	c.Flags().StringToStringVar(&o.max, "max", nil, "METRIC=SHARE that must not be passed, or status 4"+list)
}

// evaluate runs one evaluation over files.
func (a *app) evaluate(ctx context.Context, task string, files []string, o evalOptions, e evaluation, names []string) error {
	if o.minF1 != "" {
		if o.min == nil {
			o.min = map[string]string{}
		}
		o.min[names[slices.IndexFunc(names, func(n string) bool { return strings.HasSuffix(n, "f1") })]] = o.minF1
	}
	if err := o.check(names); err != nil {
		return usageError{err}
	}
	head := evalHead{Task: task, TaggerVersion: enrich.Version, Files: files, errors: o.errors}
	for _, name := range files {
		if err := a.evalFile(ctx, name, &head, e); err != nil {
			return err
		}
	}
	if head.BadLines > badLinesShown {
		fmt.Fprintf(a.stderr, "rolescope: and %d more lines that cannot be used\n", head.BadLines-badLinesShown)
	}
	if head.Lines == 0 {
		return hintf("rolescope eval "+task+" --help", "no labelled line in %s", strings.Join(files, ", "))
	}
	r, err := e.report(head)
	if err != nil {
		return err
	}
	switch err := a.show(r, o.json); {
	case err != nil:
		return err
	case !a.reached(o, r.metrics()):
		return exitStatus(exitCondition)
	case head.BadLines > 0:
		return exitStatus(exitPartial)
	}
	return nil
}

func (a *app) evalFile(ctx context.Context, name string, head *evalHead, e evaluation) error {
	in, closeFile, err := a.openLines(name)
	if err != nil {
		return err
	}
	defer closeFile()
	err = readLines(in, tagLineBytesMax, func(number int, line []byte, err error) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil {
			err = e.line(line)
		}
		if err == nil {
			head.Lines++
			return nil
		}
		if head.BadLines++; head.BadLines <= badLinesShown {
			fmt.Fprintf(a.stderr, "rolescope: %s line %d: %v\n", name, number, err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// openLines opens a file of lines, plain or gzip by its first bytes; "-" is stdin.
func (a *app) openLines(name string) (io.Reader, func(), error) {
	from, closeFile := a.stdin, func() {}
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, nil, fmt.Errorf("open labelled file: %w", err)
		}
		from, closeFile = f, func() { f.Close() }
	}
	in := bufio.NewReaderSize(from, 64<<10)
	if head, _ := in.Peek(2); string(head) != "\x1f\x8b" {
		return in, closeFile, nil
	}
	unpacked, err := gzip.NewReader(in)
	if err != nil {
		closeFile()
		return nil, nil, fmt.Errorf("open %s: %w", name, err)
	}
	return unpacked, closeFile, nil
}

// check refuses thresholds that name no metric or are no share.
func (o evalOptions) check(names []string) error {
	if o.errors < 0 {
		return errors.New("--errors: 0 or more")
	}
	for flag, bounds := range map[string]map[string]string{"--min": o.min, "--max": o.max} {
		for name, value := range bounds {
			if !slices.Contains(names, name) {
				return fmt.Errorf("%s: unknown metric %q; it is one of %s", flag, name, strings.Join(names, ", "))
			}
			if v, err := strconv.ParseFloat(value, 64); err != nil || !(v >= 0 && v <= 1) {
				return fmt.Errorf("%s %s=%s: a share from 0 to 1 is needed", flag, name, value)
			}
		}
	}
	return nil
}

// reached compares the metrics with the thresholds and names on stderr those that were not kept.
func (a *app) reached(o evalOptions, metrics map[string]score.Estimate) bool {
	ok := true
	for _, bound := range []struct {
		shares map[string]string
		what   string
		sign   float64
	}{{o.min, "below --min", 1}, {o.max, "above --max", -1}} {
		for _, name := range slices.Sorted(maps.Keys(bound.shares)) {
			want, _ := strconv.ParseFloat(bound.shares[name], 64) // checked before
			switch m := metrics[name]; {
			case m.N == 0:
				fmt.Fprintf(a.stderr, "rolescope: %s is not known: these labels do not tell it\n", name)
				ok = false
			case bound.sign*m.Value < bound.sign*want:
				fmt.Fprintf(a.stderr, "rolescope: %s %.4f is %s %s\n", name, m.Value, bound.what, bound.shares[name])
				ok = false
			}
		}
	}
	return ok
}

// show prints an answer as JSON or for people.
func (a *app) show(r interface{ print(io.Writer) error }, asJSON bool) error {
	if a.wantJSON(asJSON) {
		return a.printJSON(r)
	}
	return r.print(a.stdout)
}

// labelled decodes one line of labels, which must have the keys, if only with null.
func labelled(b []byte, into any, keys ...string) error {
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("not a labelled line: %w", err)
	}
	var has map[string]json.RawMessage
	for _, key := range keys {
		if has == nil {
			if err := json.Unmarshal(b, &has); err != nil {
				return fmt.Errorf("not a labelled line: %w", err)
			}
		}
		if _, ok := has[key]; !ok {
			return fmt.Errorf("it has no %s; null is none", key)
		}
	}
	return nil
}

// labelledText is a posting that somebody labelled. Its text may be given as "text" or as
// "description".
type labelledText struct {
	tagInput
	Text string `json:"text"`
}

// tag is what the tagger makes of it.
func (l labelledText) tag(tagger *enrich.Tagger) (posting.Posting, error) {
	l.Description = cmp.Or(l.Description, l.Text)
	raw, err := l.raw()
	if err != nil {
		return posting.Posting{}, err
	}
	return tagger.Enrich(raw)
}

// percent writes an estimate as "0.912 (0.880-0.935)".
func percent(e score.Estimate) string {
	if e.N == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f (%.3f-%.3f)", e.Value, e.Low, e.High)
}

// rateRow is a row of a table of rates.
func rateRow(name string, r score.Rates) []string {
	return []string{name, count(r.TP), count(r.FP), count(r.FN), percent(r.Precision), percent(r.Recall), percent(r.F1)}
}

// printHead writes the first lines of an answer for people.
func (h evalHead) print(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintf(w, "%s, tagger version %s: %s", h.Task, h.TaggerVersion, fmt.Sprintf(format, args...))
	if err == nil && h.BadLines > 0 {
		_, err = fmt.Fprintf(w, " (%s lines could not be used)", count(h.BadLines))
	}
	if err == nil {
		_, err = fmt.Fprint(w, "\n\n")
	}
	return err
}

// kappaOf is the readers' agreement beyond chance to four decimals; nil where it is not defined.
func kappaOf(readers score.Classes) *float64 {
	k, ok := readers.Kappa()
	if !ok {
		return nil
	}
	k = math.Round(k*1e4) / 1e4
	return &k
}
