package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// importOptions are the flags of import.
type importOptions struct {
	kind       string
	board      string
	company    string
	observedAt string
	complete   bool
	asJSON     bool
}

// importReport is what an import did. Problems are what could not be used at all: a file, a line.
// Postings that could not be used are dead letters and count as rejected.
type importReport struct {
	Boards     int      `json:"boards"`
	Runs       int      `json:"runs"`
	Complete   int      `json:"complete_runs"`
	Empty      int      `json:"empty_boards"`
	Listed     int      `json:"listed"`
	Published  int      `json:"published"`
	Rejected   int      `json:"rejected"`
	TooLarge   int      `json:"too_large"`
	Skipped    int      `json:"skipped_unlisted"`
	Seconds    float64  `json:"seconds"`
	PerSecond  float64  `json:"postings_per_second"`
	Problems   []string `json:"problems"`
	boardNames map[string]struct{}
}

func newImportCommand(a *app) *cobra.Command {
	var o importOptions
	c := &cobra.Command{
		Use:   "import --as KIND FILE...",
		Short: "Import recorded boards",
		Long: `Import what a job board's API answered, as it was recorded: a file with one answer, or JSON lines
{"board","recorded_at","payload"}; plain or gzip; "-" is stdin. Each answer becomes a run of its
board at the time it was recorded, through the same parsers, the same queues and the same tagger as
a crawl. Importing the same file again changes nothing, so an import that was stopped is simply run
again.

Only a run that is known to list the whole board proves that what it does not list is closed, and
that what a later run lists is new. Some answers prove it themselves; --complete asserts it.

Kinds: ` + strings.Join(source.Kinds(), ", ") + exitStatusHelp(exitOK, exitError, exitPartial),
		Example: `  rolescope import --as ashby boards.jsonl.gz --complete
  rolescope import --as lever --board acme --observed-at 2026-08-01 --complete acme.json
  curl -s "$BOARD_URL" | rolescope import --as greenhouse --board acme --observed-at 2026-08-01 -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			src, options, err := o.parse()
			if err != nil {
				return err
			}
			options.Stdin = a.stdin
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				report, err := s.importFiles(ctx, src, options, o.complete, files)
				if err != nil {
					return err
				}
				if err := a.printImport(report, o.asJSON); err != nil {
					return err
				}
				if len(report.Problems) > 0 || report.Rejected > 0 || report.TooLarge > 0 {
					return exitStatus(exitPartial)
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&o.kind, "as", "", "kind of source that answered (required)")
	c.Flags().StringVar(&o.board, "board", "", "board's name at its source, where the file does not say it")
	c.Flags().StringVar(&o.company, "company", "", "employer's name, where the file does not say it")
	c.Flags().StringVar(&o.observedAt, "observed-at", "", "when it was recorded, RFC 3339 or YYYY-MM-DD, where the file does not say it")
	c.Flags().BoolVar(&o.complete, "complete", false, "each answer lists its whole board")
	c.Flags().BoolVar(&o.asJSON, "json", false, "print JSON")
	return c
}

func (o importOptions) parse() (source.Source, ingest.Options, error) {
	options := ingest.Options{Board: o.board, Company: o.company}
	if o.kind == "" {
		return nil, options, usageError{fmt.Errorf("--as is needed: one of %s", strings.Join(source.Kinds(), ", "))}
	}
	src, err := source.ByKind(o.kind)
	if err != nil {
		return nil, options, usageError{err}
	}
	if o.observedAt == "" {
		return src, options, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, o.observedAt); err == nil {
			options.ObservedAt = posting.Time(t)
			return src, options, nil
		}
	}
	return nil, options, usageError{fmt.Errorf("--observed-at %q: want RFC 3339 or YYYY-MM-DD", o.observedAt)}
}

// importFiles imports each file and waits until all of it is stored or dead-lettered.
func (s *system) importFiles(ctx context.Context, src source.Source, o ingest.Options, complete bool, files []string) (importReport, error) {
	report := importReport{Problems: []string{}, boardNames: map[string]struct{}{}}
	start := time.Now()
	var bar *progress
	err := s.process(ctx, func(ctx context.Context) error {
		for _, file := range files {
			if err := s.importFile(ctx, src, o, complete, file, &report); err != nil {
				return err
			}
		}
		return nil
	}, func(left uint64) {
		if bar == nil {
			bar = s.app.newProgress(int64(left), "storing", false)
		}
		bar.left(left)
	})
	if bar != nil {
		bar.done()
	}
	if err != nil {
		return report, err
	}
	report.Boards = len(report.boardNames)
	report.Seconds = time.Since(start).Seconds()
	report.PerSecond = float64(report.Published) / report.Seconds
	return report, nil
}

// importFile publishes every snapshot of a file. What cannot be used is a problem of the report;
// only what stops everything is an error.
func (s *system) importFile(ctx context.Context, src source.Source, o ingest.Options, complete bool, file string, report *importReport) error {
	r, err := ingest.Open(file, o)
	if err != nil {
		report.problem(s.app, err)
		return nil
	}
	defer r.Close()
	_, size := r.Progress()
	bar := s.app.newProgress(size, filepath.Base(file), true)
	defer bar.done()
	for snapshot := range r.Snapshots(ctx) {
		read, _ := r.Progress()
		bar.set(read)
		if snapshot.Err != nil {
			report.problem(s.app, snapshot.Err)
			continue
		}
		board, err := snapshot.Parse(src)
		if err != nil {
			report.problem(s.app, fmt.Errorf("%s: %w", file, err))
			continue
		}
		if err := s.importBoard(ctx, src, snapshot, board, complete, report); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (s *system) importBoard(ctx context.Context, src source.Source, snapshot ingest.Snapshot, board source.Board, complete bool, report *importReport) error {
	run := posting.NewRun(src.Kind(), snapshot.Board, snapshot.Company, src.Proof(), snapshot.ObservedAt, snapshot.ObservedAt)
	run.Complete = complete
	// Everything is sent, known or not: importing again is also how a damaged store is repaired.
	sum, err := ingest.Emitter{}.Emit(ctx, s.bus, run, board, nil)
	if err != nil {
		return err
	}
	report.boardNames[snapshot.Board] = struct{}{}
	report.Runs++
	report.Listed += sum.Listed
	report.Published += sum.Published
	report.Rejected += sum.Rejected
	report.TooLarge += sum.TooLarge
	report.Skipped += sum.Skipped
	if sum.Run.Complete {
		report.Complete++
	}
	if sum.Run.Outcome == posting.OutcomeEmpty {
		report.Empty++
	}
	return nil
}

// problemsMax bounds the problems kept for the report; all are printed as they come.
const problemsMax = 1000

func (r *importReport) problem(a *app, err error) {
	fmt.Fprintln(a.stderr, "rolescope:", err)
	if len(r.Problems) < problemsMax {
		r.Problems = append(r.Problems, err.Error())
	}
}

func (a *app) printImport(r importReport, asJSON bool) error {
	if a.wantJSON(asJSON) {
		return a.printJSON(r)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	line := func(name string, n int, meaning string) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", name, count(n), meaning)
	}
	line("boards", r.Boards, "")
	line("runs", r.Runs, fmt.Sprintf("%d known to list the whole board, %d empty", r.Complete, r.Empty))
	line("listed", r.Listed, "postings the runs name")
	line("published", r.Published, fmt.Sprintf("stored in %.1f s, %.0f a second", r.Seconds, r.PerSecond))
	line("rejected", r.Rejected, "unusable postings: rolescope dead list")
	line("too large", r.TooLarge, "over the message cap: rolescope dead list")
	line("skipped", r.Skipped, "not listed for the public by their source")
	line("problems", len(r.Problems), "files or lines that could not be used, see above")
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if r.Runs > 0 && r.Complete == 0 {
		fmt.Fprintln(a.stdout, "\nNo run is known to list its whole board, so nothing counts as new and nothing closes.\nIf each answer was the whole board, import again with --complete.")
	}
	return nil
}
