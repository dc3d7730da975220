package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
)

// importOptions are the flags of import.
type importOptions struct {
	kind       string
	board      string
	company    string
	observedAt string
	fields     []string
	complete   bool
	asJSON     bool
}

// importReport is what an import did. Problems are what could not be used at all: a file, a line.
// Postings that could not be used are dead letters and count as rejected.
type importReport struct {
	Boards    int      `json:"boards"`
	Runs      int      `json:"runs"`
	Complete  int      `json:"complete_runs"`
	Empty     int      `json:"empty_boards"`
	Events    int      `json:"event_runs"` // runs whose postings stand alone, which proves nothing about others
	Listed    int      `json:"listed"`
	Published int      `json:"published"`
	Rejected  int      `json:"rejected"`
	TooLarge  int      `json:"too_large"`
	DiedLater int      `json:"died_later"` // published, but dead letters of a later stage
	Skipped   int      `json:"skipped_unlisted"`
	Resumed   int      `json:"resumed_runs"` // of the runs, those of an import that was stopped
	Seconds   float64  `json:"seconds"`
	PerSecond float64  `json:"postings_per_second"`
	Problems  []string `json:"problems"`

	kind       string
	boardNames map[string]struct{}
	runIDs     []string
	before     int // published by an import that was stopped
}

func newImportCommand(a *app) *cobra.Command {
	var o importOptions
	c := &cobra.Command{
		Use:   "import --as KIND FILE...",
		Short: "Import recorded boards and corpora",
		Long: `Import what a job board's API answered, as it was recorded: a file with one answer, or JSON lines
{"board","recorded_at","payload"}; plain or gzip; "-" is stdin. Each answer becomes a run of its
board at the time it was recorded, through the same parsers, the same queues and the same tagger as
a crawl.

Tables (JSON lines, a JSON array, or CSV in UTF-8) are imported as snapshot, when the rows of one board
and day (UTC) list the whole board, or as table, when each row stands alone at its own posted_at. A run
of a snapshot is observed at the last time among its rows, or at --observed-at. A row that cannot be
read is a dead letter, and since it may be of any board, no run of its day is then known to list a
whole board; nor is one whose rows go on over midnight. Columns of common names are found;
--map FIELD=COLUMN names others. Fields:
` + wrapWords(source.TableFields(), 96) + `

An import that was stopped goes on where it was when the same command is run again; one that has
finished is done again from the start, which changes nothing but repairs what was lost.

Only a run that is known to list the whole board proves that what it does not list is closed, and
that what a later run lists is new. Some answers prove it themselves; --complete asserts it.

Kinds: ` + strings.Join(ingest.ImportKinds(), ", ") + exitStatusHelp(exitOK, exitError, exitPartial),
		Example: `  rolescope import --as ashby boards.jsonl.gz --complete
  rolescope import --as lever --board acme --observed-at 2026-08-01 --complete acme.json
  curl -s "$BOARD_URL" | rolescope import --as greenhouse --board acme --observed-at 2026-08-01 -
  rolescope import --as hn hiring-2025.jsonl.gz
  rolescope import --as table --map title=job_title --map company=employer postings.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			imp, err := o.parse()
			if err != nil {
				return err
			}
			imp.Stdin, imp.Now = a.stdin, time.Now()
			a.brings = true
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				report, err := s.importFiles(ctx, imp, files)
				if err != nil {
					return err
				}
				if err := a.printImport(report, o.asJSON); err != nil {
					return err
				}
				return report.status()
			})
		},
	}
	c.Flags().StringVar(&o.kind, "as", "", "kind of source that answered, or of table (required)")
	c.Flags().StringVar(&o.board, "board", "", "board's name at its source, where the file does not say it")
	c.Flags().StringVar(&o.company, "company", "", "employer's name, where the file does not say it")
	c.Flags().StringVar(&o.observedAt, "observed-at", "", "when it was recorded, RFC 3339 or YYYY-MM-DD, where the file does not say it")
	c.Flags().StringArrayVar(&o.fields, "map", nil, "of a table: FIELD=COLUMN, may be given several times")
	c.Flags().BoolVar(&o.complete, "complete", false, "each answer lists its whole board")
	c.Flags().BoolVar(&o.asJSON, "json", false, "print JSON")
	return c
}

// status is partial when some of the input could not be used, and an error when none of it could.
func (r *importReport) status() error {
	switch {
	case r.Runs == 0 && len(r.Problems) > 0:
		return exitStatus(exitError)
	case len(r.Problems) > 0 || r.Rejected > 0 || r.TooLarge > 0 || r.DiedLater > 0:
		return exitStatus(exitPartial)
	}
	return nil
}

func (o importOptions) parse() (ingest.Import, error) {
	imp := ingest.Import{Kind: o.kind, Options: ingest.Options{Board: strings.TrimSpace(o.board), Company: o.company}, Complete: o.complete, Map: map[string]string{}}
	isTable := o.kind == ingest.KindSnapshot || o.kind == ingest.KindTable
	if o.kind == "" {
		return imp, usageError{fmt.Errorf("--as is needed: one of %s", strings.Join(ingest.ImportKinds(), ", "))}
	}
	if _, err := source.ByKind(o.kind); err != nil && !isTable {
		return imp, usageError{fmt.Errorf("%w; tables are %s and %s", err, ingest.KindSnapshot, ingest.KindTable)}
	}
	for _, pair := range o.fields {
		field, column, ok := strings.Cut(pair, "=")
		switch {
		case !ok || column == "":
			return imp, usageError{fmt.Errorf("--map %q: want FIELD=COLUMN", pair)}
		case !isTable:
			return imp, usageError{fmt.Errorf("--map: payloads of %s have no columns; tables are --as %s and --as %s", o.kind, ingest.KindSnapshot, ingest.KindTable)}
		case !slices.Contains(source.TableFields(), field):
			return imp, usageError{fmt.Errorf("--map %q: no field %q; the fields are %s", pair, field, strings.Join(source.TableFields(), ", "))}
		case imp.Map[field] != "":
			return imp, usageError{fmt.Errorf("--map: field %s is given twice", field)}
		}
		imp.Map[field] = column
	}
	var err error
	imp.ObservedAt, err = parseMoment("--observed-at", o.observedAt)
	return imp, err
}

// wrapWords joins words by spaces into lines of at most width characters.
func wrapWords(words []string, width int) string {
	var b strings.Builder
	column := 0
	for i, w := range words {
		switch {
		case i == 0:
		case column+1+len(w) > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(w)
		column += len(w)
	}
	return b.String()
}

// importFiles imports each file and waits until all of it is stored or dead-lettered.
func (s *system) importFiles(ctx context.Context, imp ingest.Import, files []string) (importReport, error) {
	report := importReport{Problems: []string{}, kind: imp.Kind, boardNames: map[string]struct{}{}}
	start := time.Now()
	var bar *progress
	err := s.process(ctx, func(ctx context.Context) error {
		progress, err := s.resumeImport(ctx, imp, files)
		if err != nil {
			return err
		}
		if done := progress.done; !done.none() {
			fmt.Fprintf(s.app.stderr, "rolescope: going on after %s files and %s runs of the next, where an import was stopped\n", count(done.Files), count(done.Batch))
			report.resume(done.Report)
		}
		for i := progress.done.Files; i < len(files); i++ {
			if err := s.importFile(ctx, imp, files, i, progress, &report); err != nil {
				return err
			}
		}
		return progress.finish(ctx)
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
	if report.DiedLater, err = s.diedLater(ctx, report.runIDs); err != nil {
		return report, err
	}
	report.PerSecond = float64(report.Published-report.before) / report.Seconds
	return report, nil
}

// diedLater counts the open dead letters that stages after this one made of what the runs published.
func (s *system) diedLater(ctx context.Context, runIDs []string) (int, error) {
	var rows []struct {
		N uint64 `ch:"n"`
	}
	err := s.store.Select(ctx, &rows, "SELECT count() AS n FROM v_dead WHERE state = 'open' AND stage != {stage:String} AND has(splitByChar(',', {runs:String}), run_id)",
		store.Named("stage", ingest.Stage), store.Named("runs", strings.Join(runIDs, ",")))
	if err != nil || len(rows) != 1 {
		return 0, err
	}
	return int(rows[0].N), nil
}

// observedMin is the earliest time of a recording: nobody recorded the boards we know before.
var observedMin = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// clockSkewMax is how far ahead of ours the clock of whoever recorded may have been.
const clockSkewMax = 24 * time.Hour

// plausibleTime refuses a time of observation that cannot be one.
func plausibleTime(observedAt, now time.Time) error {
	if observedAt.Before(observedMin) || observedAt.After(now.Add(clockSkewMax)) {
		return fmt.Errorf("recorded at %s: want a time from %s to now", observedAt.Format(time.RFC3339), observedMin.Format(time.DateOnly))
	}
	return nil
}

// importFile publishes every batch of the i-th file. What cannot be used is a problem of the report;
// only what stops everything is an error.
func (s *system) importFile(ctx context.Context, imp ingest.Import, files []string, i int, progress *importProgress, report *importReport) error {
	if i == progress.done.Files {
		imp.Skip = progress.done.Batch
	}
	corpus, err := imp.Open(files[i])
	if err != nil {
		report.problem(s.app, err)
		return nil
	}
	defer func() { _ = corpus.Close() }() // only read
	_, size := corpus.Progress()
	bar := s.app.newProgress(size, filepath.Base(files[i]), true)
	defer bar.done()
	for batch := range corpus.Batches(ctx) {
		read, _ := corpus.Progress()
		bar.set(read)
		if batch.Err == nil {
			if err := plausibleTime(batch.Run.ObservedAt, time.Now()); err != nil {
				batch.Err = fmt.Errorf("%s: board %s: %w", files[i], batch.Run.Board, err)
			}
		}
		if batch.Err != nil {
			report.problem(s.app, batch.Err)
		} else if err := s.importBoard(ctx, batch.Run, batch.Board, report); err != nil {
			return err
		}
		if err := progress.save(ctx, i, batch.Number, *report); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (s *system) importBoard(ctx context.Context, run posting.Run, board source.Board, report *importReport) error {
	// Everything is sent, known or not: importing again is also how a damaged store is repaired.
	sum, err := ingest.Emitter{}.Emit(ctx, s.bus, run, board, nil)
	if err != nil {
		return err
	}
	report.boardNames[run.Source+"/"+run.Board] = struct{}{}
	report.runIDs = append(report.runIDs, run.ID)
	report.Runs++
	report.Listed += sum.Listed
	report.Published += sum.Published
	report.Rejected += sum.Rejected
	report.TooLarge += sum.TooLarge
	report.Skipped += sum.Skipped
	if sum.Run.Complete {
		report.Complete++
	}
	if sum.Run.Proof == posting.ProofEvent {
		report.Events++
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
	line("died later", r.DiedLater, "accepted, but unusable to a later stage: rolescope dead list")
	line("skipped", r.Skipped, "not listed for the public by their source")
	line("problems", len(r.Problems), "files or lines that could not be used, see above")
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if r.Resumed > 0 {
		fmt.Fprintf(a.stdout, "\n%s of the runs were published by an import that was stopped.\n", count(r.Resumed))
	}
	if r.Runs > 0 && r.Complete == 0 && r.Events < r.Runs {
		hint := "If each answer was the whole board, import again with --complete."
		if r.kind == ingest.KindSnapshot {
			hint = "What each run lacks is its note in v_runs; mend the rows and import again."
		}
		fmt.Fprintln(a.stdout, "\nNo run is known to list its whole board, so nothing counts as new and nothing closes.\n"+hint)
	}
	return nil
}
