package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

func newSourceCheckCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check [SOURCE/BOARD...]",
		Short: "Ask boards once and say what a crawl would see, storing nothing",
		Long: `Ask the named boards of sources.yaml, or all of them, once and politely, and say what a crawl would
see: how it would end, how many postings it would list, whether the listing proves to be whole. Texts
that take a request of their own are not read. Nothing is stored.

Requests take their turns with those of the crawlers, wherever there is something to share: NATS_URL or
a data directory. A host that crawlers leave alone because it failed is asked all the same.` + exitStatusHelp(exitOK, exitError, exitCondition),
		Example: "  ROLESCOPE_CONTACT=you@example.org rolescope source check greenhouse/anthropic",
		RunE: func(cmd *cobra.Command, names []string) error {
			boards, skipped, err := a.chooseBoards(cmd.Context(), names)
			if err != nil {
				return err
			}
			report, err := a.checkBoards(cmd.Context(), boards)
			if err != nil {
				return err
			}
			report.Skipped = skipped
			if a.wantJSON(asJSON) {
				err = a.printJSON(report)
			} else {
				err = a.checkTable(report)
			}
			if err == nil && report.Failed > 0 {
				return exitStatus(exitCondition)
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// checkReport is what `source check` saw.
type checkReport struct {
	Boards  []boardCheck `json:"boards"`
	Failed  int          `json:"failed"`
	Skipped []string     `json:"skipped"`
}

type boardCheck struct {
	Source   string          `json:"source"`
	Board    string          `json:"board"`
	Outcome  posting.Outcome `json:"outcome"`
	Listed   int             `json:"listed"`
	Expected int             `json:"expected"` // -1 when the source does not say
	Complete bool            `json:"complete"`
	Rejected int             `json:"rejected"`
	Details  int             `json:"details"` // postings whose text takes a request of its own
	Title    string          `json:"title"`   // of the first posting
	Note     string          `json:"note"`
	Error    string          `json:"error,omitempty"`
}

func (a *app) checkBoards(ctx context.Context, list *sourceList) (checkReport, error) {
	c, err := loadConfig(ctx, a.environ)
	if err != nil {
		return checkReport{}, err
	}
	client, release, err := a.checkClient(ctx, c)
	if err != nil {
		return checkReport{}, err
	}
	defer release()
	report := checkReport{Boards: make([]boardCheck, len(list.boards))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.Crawlers)
	for i, b := range list.boards {
		group.Go(func() error {
			seen := &beholder{}
			result, err := ingest.Crawl(ctx, client, seen, ingest.Task{
				Slot: b.Slot(time.Now()), Source: b.crawler, Site: b.site(), Now: time.Now, Limits: source.Limits{},
			})
			if err != nil {
				return err
			}
			run := result.Summary.Run
			report.Boards[i] = boardCheck{
				Source: b.Source, Board: b.Board.Board, Outcome: run.Outcome, Listed: result.Summary.Listed, Expected: run.Expected,
				Complete: run.Complete, Rejected: result.Summary.Rejected, Details: result.Pending, Title: seen.title, Note: run.Note,
			}
			if result.Err != nil {
				report.Boards[i].Error = result.Err.Error()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return report, err
	}
	for _, b := range report.Boards {
		if b.Error != "" || b.Outcome != posting.OutcomeOK && b.Outcome != posting.OutcomeEmpty {
			report.Failed++
		}
	}
	return report, nil
}

// checkClient is an HTTP client with a deployment's turns and pauses, where there is one, and with
// breakers of its own: somebody who looks by hand wants to see whether a host is well again. What it
// asked is told to nobody.
func (a *app) checkClient(ctx context.Context, c config) (client *fetch.Client, release func(), err error) {
	if _, err := os.Stat(filepath.Join(c.DataDir, "nats")); err != nil && c.NATSURL == "" {
		client, err := fetch.New(fetch.Options{
			Version: version, Contact: c.Contact, HostInterval: c.FetchHostInterval, AllowPrivate: c.FetchAllowPrivate, Logger: a.logger(),
		})
		if err != nil {
			return nil, nil, &hinted{err, "ROLESCOPE_CONTACT=you@example.org"}
		}
		return client, client.Close, nil
	}
	s, err := a.openSystem(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	leave := func() {
		if err := s.Close(); err != nil {
			a.logger().Warn("close", "error", err)
		}
	}
	f, err := s.newFetcher()
	if err != nil {
		leave()
		return nil, nil, err
	}
	return f.Client, func() { f.Close(); leave() }, nil
}

// beholder is a Publisher that stores nothing and remembers the first title.
type beholder struct{ title string }

// Publish implements ingest.Publisher.
func (o *beholder) Publish(_ context.Context, values ...any) error {
	for _, v := range values {
		if raw, ok := v.(posting.Raw); ok && o.title == "" {
			o.title = raw.Record.Title
		}
	}
	return nil
}

// Bury implements ingest.Publisher.
func (o *beholder) Bury(context.Context, ...posting.Dead) error { return nil }

func (a *app) checkTable(r checkReport) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "BOARD\tOUTCOME\tLISTED\tWHOLE\tREJECTED\tFIRST TITLE\tNOTE")
	for _, b := range r.Boards {
		whole := "not proven"
		if b.Complete {
			whole = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", oneLine(b.Source+"/"+b.Board, 50), b.Outcome, count(b.Listed), whole, b.Rejected,
			oneLine(orDash(b.Title), 40), oneLine(orDash(first(b.Error, b.Note)), 100))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	for _, skipped := range r.Skipped {
		fmt.Fprintln(a.stdout, "skipped:", skipped)
	}
	return nil
}
