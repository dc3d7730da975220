package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
)

// crawlReport is what `crawl` did.
type crawlReport struct {
	Runs    []crawlRun `json:"runs"`
	Failed  int        `json:"failed"`  // boards whose run is blocked, gone, partial or an error
	Skipped []string   `json:"skipped"` // boards that are switched off, with why
	Seconds float64    `json:"seconds"`
}

// crawlRun is one board's run: what the crawl did, and what the ledger made of it.
type crawlRun struct {
	RunID      string          `json:"run_id"`
	Source     string          `json:"source"`
	Board      string          `json:"board"`
	ObservedAt time.Time       `json:"observed_at"`
	Outcome    posting.Outcome `json:"outcome"`
	Expected   int             `json:"expected"` // -1 when the source does not say
	Fetched    int             `json:"fetched"`
	Complete   bool            `json:"complete"`
	Listed     int             `json:"listed"`
	Published  int             `json:"published"` // new or changed postings, their texts read apart included
	Unchanged  int             `json:"unchanged"`
	Rejected   int             `json:"rejected"` // postings that could not be used: rolescope dead list
	Details    int             `json:"details"`  // postings whose text was read by a request of its own
	Opened     int32           `json:"opened"`
	Changed    int32           `json:"changed"`
	Closed     int32           `json:"closed"`
	Reopened   int32           `json:"reopened"`
	Suspect    bool            `json:"suspect"`
	Note       string          `json:"note"`
	Error      string          `json:"error,omitempty"`
}

func (r crawlRun) failed() bool {
	switch r.Outcome {
	case posting.OutcomeOK, posting.OutcomeNotModified, posting.OutcomeEmpty:
		return r.Error != ""
	}
	return true
}

// status is partial when a board or a posting could not be used.
func (r crawlReport) status() error {
	if r.Failed > 0 || slices.ContainsFunc(r.Runs, func(run crawlRun) bool { return run.Rejected > 0 }) {
		return exitStatus(exitPartial)
	}
	return nil
}

func newCrawlCommand(a *app) *cobra.Command {
	var now string
	var asJSON bool
	c := &cobra.Command{
		Use:   "crawl [SOURCE/BOARD...]",
		Short: "Crawl boards now, once, and wait until everything is stored",
		Long: `Crawl the named boards of sources.yaml, or all of them, now and once: through the same queues, tagger
and sink as a scheduled crawl, beside a running "rolescope up" or alone. Prints each board's run: how
it ended, what it listed, and what opened and closed.

With --now the crawl is a replay: TIME is what the runs say they were observed at, and the clock of the
breakers; it lies between 2000 and now. Requests are still spaced in real time, see
ROLESCOPE_FETCH_HOST_INTERVAL. Replaying a moment again changes nothing. A board's base_url says where
the recorded board is served.` + exitStatusHelp(exitOK, exitError, exitPartial),
		Example: `  ROLESCOPE_CONTACT=you@example.org rolescope crawl greenhouse/anthropic lever/mistral
  rolescope crawl --json
  rolescope crawl --now 2026-08-01T06:00:00Z greenhouse/acme`,
		RunE: func(cmd *cobra.Command, names []string) error {
			at, err := parseMoment("--now", now)
			if err != nil {
				return err
			}
			if err := observable(at, time.Now()); now != "" && err != nil {
				return usageError{fmt.Errorf("--now: %w", err)}
			}
			boards, skipped, err := a.chooseBoards(cmd.Context(), names)
			if err != nil {
				return err
			}
			a.brings = true
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				report, err := s.crawlNow(ctx, boards, at)
				if err != nil {
					return err
				}
				report.Skipped = skipped
				if err := a.printCrawl(report, asJSON); err != nil {
					return err
				}
				return report.status()
			})
		},
	}
	c.Flags().StringVar(&now, "now", "", "moment the crawl is taken to happen at, RFC 3339 or YYYY-MM-DD")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// parseMoment reads a flag's time; empty is the zero time, a day is its beginning. What prints a time of the
// store, in whichever form, can be given back.
func parseMoment(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return posting.Time(t), nil
		}
	}
	return time.Time{}, usageError{fmt.Errorf("%s %q: want RFC 3339 or YYYY-MM-DD", flag, text)}
}

// chooseBoards finds the named boards, or all that are switched on, and names those left out. The
// contact is asked for here, before anything is started.
func (a *app) chooseBoards(ctx context.Context, names []string) (boards *sourceList, skipped []string, err error) {
	c, err := loadConfig(ctx, a.environ)
	if err != nil {
		return nil, nil, err
	}
	if c.Contact == "" {
		return nil, nil, noContact()
	}
	list, err := loadSources(c)
	if err != nil {
		return nil, nil, err
	}
	chosen := &sourceList{path: list.path, byName: map[string]int{}}
	skipped = []string{}
	for _, b := range list.boards {
		if len(names) > 0 && !slices.Contains(names, b.Name()) {
			continue
		}
		if off := b.Off(); off != "" {
			skipped = append(skipped, b.Name()+" is "+off)
			continue
		}
		chosen.byName[b.Name()] = len(chosen.boards)
		chosen.boards = append(chosen.boards, b)
	}
	for _, name := range names {
		if _, ok := list.byName[name]; !ok {
			return nil, nil, usageError{unknownBoard(list, name)}
		}
	}
	if len(chosen.boards) == 0 {
		return nil, nil, hintf("rolescope source list, and accept_terms in sources.yaml", "no board to crawl: %s", first(strings.Join(skipped, "; "), list.path+" lists none"))
	}
	return chosen, skipped, nil
}

// unknownBoard words a board that is not listed, with boards whose names hold the one asked for.
func unknownBoard(list *sourceList, name string) error {
	_, board, _ := strings.Cut(name, "/")
	var near []string
	for _, b := range list.boards {
		if len(near) < 3 && (strings.EqualFold(b.Name(), name) || strings.Contains(b.Name(), first(board, name))) {
			near = append(near, shellWord(b.Name()))
		}
	}
	hint := "rolescope source list, or rolescope source add URL"
	if len(near) > 0 {
		hint = "rolescope crawl " + strings.Join(near, " or ")
	}
	return hintf(hint, "%s is not in %s: want SOURCE/BOARD as listed there", name, list.path)
}

// crawlNow crawls the boards at once and waits until all of it is stored. With at, the crawl is taken
// to happen then.
func (s *system) crawlNow(ctx context.Context, list *sourceList, at time.Time) (crawlReport, error) {
	clock := time.Now
	if !at.IsZero() {
		clock = func() time.Time { return at }
	}
	c, err := s.newCrawler(func() *sourceList { return list }, clock)
	if err != nil {
		return crawlReport{}, err
	}
	return s.crawlEach(ctx, list, func(b boardSource) (*crawler, posting.Slot) {
		slot := b.Slot(clock())
		slot.ObservedAt = at
		return c, slot
	})
}

// crawlEach has each board crawled by the crawler and in the slot that order names for it.
func (s *system) crawlEach(ctx context.Context, list *sourceList, order func(boardSource) (*crawler, posting.Slot)) (crawlReport, error) {
	start := time.Now()
	report := crawlReport{Runs: make([]crawlRun, len(list.boards))}
	bar := s.app.newProgress(int64(len(list.boards)), "crawling", false)
	err := s.process(ctx, func(ctx context.Context) error {
		defer bar.done()
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(s.config.Crawlers)
		var mu sync.Mutex
		crawled := int64(0)
		for i, b := range list.boards {
			group.Go(func() error {
				c, slot := order(b)
				run, err := c.board(ctx, slot)
				mu.Lock()
				defer mu.Unlock()
				report.Runs[i] = run
				crawled++
				bar.set(crawled)
				return err
			})
		}
		return group.Wait()
	}, func(uint64) {})
	if err != nil {
		return report, err
	}
	for _, r := range report.Runs {
		if r.failed() {
			report.Failed++
		}
	}
	report.Seconds = time.Since(start).Seconds()
	return report, s.addEffects(ctx, report.Runs)
}

// board crawls one board and then the details that its list ordered, in this process: what stands
// in the stream of slots is left to the crawlers that run for good.
func (c *crawler) board(ctx context.Context, slot posting.Slot) (crawlRun, error) {
	orders := &orderBook{Publisher: c.sys.bus}
	result, err := c.crawl(ctx, orders, slot)
	if err != nil {
		return crawlRun{}, err
	}
	sum := result.Summary
	run := crawlRun{
		RunID: sum.Run.ID, Source: slot.Source, Board: slot.Board, ObservedAt: sum.Run.ObservedAt,
		Outcome: sum.Run.Outcome, Expected: sum.Run.Expected, Fetched: sum.Run.Fetched, Complete: sum.Run.Complete,
		Listed: sum.Listed, Published: sum.Published, Unchanged: sum.Unchanged, Rejected: sum.Run.Rejected, Note: sum.Run.Note,
	}
	if result.Err != nil {
		run.Error = result.Err.Error()
	}
	for _, detail := range orders.slots {
		result, err := c.crawl(ctx, c.sys.bus, detail)
		if err != nil {
			return run, err
		}
		c.tell(detail, result)
		if result.Err != nil {
			run.Error = first(run.Error, result.Err.Error())
			continue
		}
		run.Details++
		run.Published += result.Summary.Published
		run.Rejected += result.Summary.Run.Rejected
	}
	return run, nil
}

// orderBook keeps the slots that a crawl would send, and sends the rest.
type orderBook struct {
	ingest.Publisher
	slots []posting.Slot
}

// Publish implements ingest.Publisher.
func (o *orderBook) Publish(ctx context.Context, values ...any) error {
	rest := make([]any, 0, len(values))
	for _, v := range values {
		if slot, ok := v.(posting.Slot); ok {
			o.slots = append(o.slots, slot)
			continue
		}
		rest = append(rest, v)
	}
	if len(rest) == 0 {
		return nil
	}
	return o.Publisher.Publish(ctx, rest...)
}

// addEffects fills in what the ledger says the runs did.
func (s *system) addEffects(ctx context.Context, runs []crawlRun) error {
	var ids []string
	for _, r := range runs {
		ids = append(ids, r.RunID)
	}
	var effects []struct {
		RunID    string `ch:"run_id"`
		Opened   int32  `ch:"opened"`
		Changed  int32  `ch:"changed"`
		Closed   int32  `ch:"closed"`
		Reopened int32  `ch:"reopened"`
		Suspect  bool   `ch:"suspect"`
	}
	err := s.store.Select(ctx, &effects, `SELECT run_id, opened, changed, closed, reopened, suspect FROM v_runs
		WHERE run_id IN {runs:Array(String)}`, store.Named("runs", ids))
	if err != nil {
		return fmt.Errorf("read what the runs did: %w", err)
	}
	for _, e := range effects {
		i := slices.IndexFunc(runs, func(r crawlRun) bool { return r.RunID == e.RunID })
		if i < 0 {
			return errors.New("read what the runs did: an answer about another run")
		}
		runs[i].Opened, runs[i].Changed, runs[i].Closed, runs[i].Reopened, runs[i].Suspect = e.Opened, e.Changed, e.Closed, e.Reopened, e.Suspect
	}
	return nil
}

func (a *app) printCrawl(r crawlReport, asJSON bool) error {
	if a.wantJSON(asJSON) {
		return a.printJSON(r)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "BOARD\tOUTCOME\tLISTED\tNEW OR CHANGED\tOPENED\tCLOSED\tREOPENED\tREJECTED\tNOTE")
	for _, run := range r.Runs {
		outcome := string(run.Outcome)
		if run.Outcome == posting.OutcomeOK && run.Complete {
			outcome = "ok, complete"
		}
		if run.Suspect {
			outcome += ", suspect"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", oneLine(run.Source+"/"+run.Board, 60), outcome, count(run.Listed), count(run.Published),
			run.Opened, run.Closed, run.Reopened, run.Rejected, oneLine(orDash(first(run.Error, run.Note)), 100))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	for _, skipped := range r.Skipped {
		fmt.Fprintln(a.stdout, "skipped:", skipped)
	}
	fmt.Fprintf(a.stdout, "%d boards in %.1f s, %d failed\n", len(r.Runs), r.Seconds, r.Failed)
	return nil
}
