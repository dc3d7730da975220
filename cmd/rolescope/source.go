package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/scheduler"
	"github.com/rolescope/rolescope/store"
)

func newSourceCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "source",
		Short: "List, check and add the boards that are crawled",
		Long: `The boards that are crawled stand in sources.yaml: that of ROLESCOPE_SOURCES, else the one in the
working directory, else the list that rolescope ships with.`,
		Args: knownCommand,
		RunE: showHelp,
	}
	c.AddCommand(newSourceListCommand(a), newSourceCheckCommand(a), newSourceAddCommand(a))
	return c
}

// boardHealth is one board of `source list`.
type boardHealth struct {
	Source      string     `json:"source"`
	Board       string     `json:"board"`
	Company     string     `json:"company"`
	Schedule    string     `json:"schedule"`
	Off         string     `json:"off"`          // why it is not crawled; empty when it is
	NextSlot    *time.Time `json:"next_slot"`    // null when it is off
	LastRun     *time.Time `json:"last_run"`     // null before the first one, as the fields that depend on it
	LastOutcome *string    `json:"last_outcome"` // ok not_modified empty partial blocked gone error
	Suspect     bool       `json:"suspect"`      // the last run would have closed most of the board: the next one decides
	LastSuccess *time.Time `json:"last_success"` // last run that ended ok or not_modified
	LastYield   *int32     `json:"last_yield"`   // postings that the last run with a listing listed
	Runs        uint64     `json:"runs"`
	Open        uint64     `json:"open"`    // postings open now
	Breaker     string     `json:"breaker"` // closed, failing or open
	RetryAt     *time.Time `json:"retry_at"`
	Note        string     `json:"note"`
}

func newSourceListCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "Show the health of every board",
		Long: `Show every board of sources.yaml at a glance: its last run and how it ended, the last run that
succeeded, how many postings the last listing had, how many are open, when the next crawl is due,
whether its host is left alone for a while, and what is worth knowing.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope source list\n  rolescope source list --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig(cmd.Context(), a.environ)
			if err != nil {
				return err
			}
			list, err := loadSources(c)
			if err != nil {
				return err
			}
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				health, err := s.health(ctx, list, time.Now())
				if err != nil {
					return err
				}
				if a.wantJSON(asJSON) {
					return a.printJSON(health)
				}
				return a.healthTable(list, health, time.Now())
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// boardRuns is what the ledger says about one board.
type boardRuns struct {
	Source      string    `ch:"source"`
	Board       string    `ch:"board"`
	Runs        uint64    `ch:"runs"`
	LastRun     time.Time `ch:"last_run"`
	LastOutcome string    `ch:"last_outcome"`
	Suspect     bool      `ch:"last_suspect"`
	Note        string    `ch:"last_note"`
	LastSuccess time.Time `ch:"last_success"` // the epoch when there was none
	LastListing time.Time `ch:"last_listing"` // likewise
	LastYield   int32     `ch:"last_yield"`
	Ahead       uint64    `ch:"ahead"` // runs dated after now, which count in none of the above
	AheadUntil  time.Time `ch:"ahead_until"`
}

// healthSlack is how far a run may be dated after now because two machines' clocks differ. What lies
// further ahead was dated by a clock that was wrong, and would hide every run until then.
const healthSlack = 5 * time.Minute

// boardRunsQuery leaves out the runs that read one posting's text: they say nothing about the board.
const boardRunsQuery = `SELECT source, board, countIf(come) AS runs, maxIf(observed_at, come) AS last_run,
	CAST(argMaxIf(outcome, observed_at, come), 'String') AS last_outcome, argMaxIf(suspect, observed_at, come) AS last_suspect,
	argMaxIf(note, observed_at, come) AS last_note,
	maxIf(observed_at, come AND outcome IN ('ok', 'not_modified')) AS last_success,
	maxIf(observed_at, come AND outcome IN ('ok', 'partial', 'empty')) AS last_listing,
	argMaxIf(listed, observed_at, come AND outcome IN ('ok', 'partial', 'empty')) AS last_yield,
	countIf(NOT come) AS ahead, maxIf(observed_at, NOT come) AS ahead_until
FROM (SELECT *, observed_at <= {now:DateTime64(3)} AS come FROM v_runs WHERE note != {detail:String}) GROUP BY source, board`

const openQuery = `SELECT source, board, count() AS open FROM v_spells
WHERE opened_at <= {now:DateTime64(3)} AND (closed_at IS NULL OR closed_at > {now:DateTime64(3)}) GROUP BY source, board`

// health joins what sources.yaml plans, what the ledger says and what the breakers remember.
func (s *system) health(ctx context.Context, list *sourceList, now time.Time) ([]boardHealth, error) {
	at := store.Named("now", now.Add(healthSlack).UTC().Format("2006-01-02 15:04:05.000"))
	var runs []boardRuns
	if err := s.store.Select(ctx, &runs, boardRunsQuery, at, store.Named("detail", ingest.DetailNote)); err != nil {
		return nil, fmt.Errorf("read the boards' runs: %w", err)
	}
	var open []struct {
		Source string `ch:"source"`
		Board  string `ch:"board"`
		Open   uint64 `ch:"open"`
	}
	if err := s.store.Select(ctx, &open, openQuery, at); err != nil {
		return nil, fmt.Errorf("count the boards' open postings: %w", err)
	}
	byName, openBy := map[string]boardRuns{}, map[string]uint64{}
	for _, r := range runs {
		byName[r.Source+"/"+r.Board] = r
	}
	for _, o := range open {
		openBy[o.Source+"/"+o.Board] = o.Open
	}
	breakers := map[string]fetch.BreakerState{}
	out := make([]boardHealth, 0, len(list.boards))
	for _, b := range list.boards {
		h := boardHealth{
			Source: b.Source, Board: b.Board.Board, Company: b.Company, Schedule: b.Schedule.String(),
			Off: b.Off(), Open: openBy[b.Name()], Breaker: "closed",
		}
		if r, ok := byName[b.Name()]; ok {
			h.ledger(r)
		}
		if h.Off == "" {
			next, err := s.nextSlot(ctx, b, now)
			if err != nil {
				return nil, err
			}
			h.NextSlot = &next
			if err := s.breaker(ctx, b, breakers, now, &h); err != nil {
				return nil, err
			}
		}
		out = append(out, h)
	}
	return out, nil
}

func (h *boardHealth) ledger(r boardRuns) {
	if h.Note = r.Note; r.Ahead > 0 {
		h.Note = strings.TrimSuffix(fmt.Sprintf("runs dated ahead of this clock are not shown (%d, up to %s); %s", r.Ahead, r.AheadUntil.UTC().Format(time.DateOnly), r.Note), "; ")
	}
	if r.Runs == 0 {
		return
	}
	h.Runs, h.LastRun, h.LastOutcome, h.Suspect = r.Runs, &r.LastRun, &r.LastOutcome, r.Suspect
	if r.LastSuccess.Unix() > 0 {
		h.LastSuccess = &r.LastSuccess
	}
	if r.LastListing.Unix() > 0 {
		h.LastYield = &r.LastYield
	}
}

// nextSlot is when the board is due: now when it owes a slot that nobody has sent, or when the latest
// one has been sent and nobody has worked it.
func (s *system) nextSlot(ctx context.Context, b boardSource, now time.Time) (time.Time, error) {
	var mark scheduler.Mark
	err := swapJSON(ctx, s.bus, b.Source, b.Board.Board, valueMark, func(m scheduler.Mark) (scheduler.Mark, bool) {
		mark = m
		return m, false
	})
	if err != nil {
		return now, err
	}
	_, due := mark.Owes(b.Board, now)
	latest := b.Slot(b.Latest(now))
	if !due && slices.ContainsFunc(mark.Published, latest.PlannedAt.Equal) {
		done, err := s.isDone(ctx, latest)
		if err != nil {
			return now, err
		}
		due = !done
	}
	if due {
		return now.UTC().Truncate(time.Second), nil
	}
	return b.Next(now), nil
}

// breaker fills in the state of the board's host, asking once for each host, and puts the next crawl
// off to when that may be asked.
func (s *system) breaker(ctx context.Context, b boardSource, known map[string]fetch.BreakerState, now time.Time, h *boardHealth) error {
	req, err := b.crawler.Request(b.site(), 0)
	if err != nil {
		return err
	}
	u, err := url.Parse(req.URL)
	if err != nil {
		return fmt.Errorf("read the address of %s: %w", b.Name(), err)
	}
	state, ok := known[u.Host]
	if !ok {
		err := swapJSON(ctx, s.bus, hostValues, breakerKey(u.Host), valueBreaker, func(v fetch.BreakerState) (fetch.BreakerState, bool) {
			state = v
			return v, false
		})
		if err != nil {
			return err
		}
		known[u.Host] = state
	}
	var refused *fetch.Error
	switch _, err := state.Admit(now); {
	case errors.As(err, &refused):
		retry := now.Add(refused.RetryAfter).UTC().Truncate(time.Second)
		h.Breaker, h.RetryAt = "open", &retry
		if h.NextSlot.Before(retry) {
			h.NextSlot = &retry // nobody asks before, whenever its slot comes
		}
	case state.Failures > 0:
		h.Breaker = "failing"
	}
	return nil
}

func (a *app) healthTable(list *sourceList, health []boardHealth, now time.Time) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "BOARD\tLAST RUN\tOUTCOME\tLAST OK\tLISTED\tOPEN\tNEXT\tNOTE")
	off := 0
	for _, h := range health {
		outcome, listed, note := "-", "-", h.Note
		if h.LastOutcome != nil {
			outcome = *h.LastOutcome
		}
		if h.LastYield != nil {
			listed = count(int(*h.LastYield))
		}
		if (outcome == string(posting.OutcomeEmpty) || outcome == string(posting.OutcomeGone)) && h.Open > 0 {
			note = strings.TrimSuffix("closes nothing unless the board is so a day later too; "+note, "; ")
		}
		if h.Suspect {
			note = strings.TrimSuffix("suspect: would have closed most of the board, the next run decides; "+note, "; ")
		}
		switch {
		case h.Off != "":
			off++
			note = h.Off
		case h.Breaker == "open":
			note = "its host fails and is left alone until " + h.RetryAt.UTC().Format(time.DateTime) + "; " + note
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", oneLine(h.Source+"/"+h.Board, 50), ago(h.LastRun, now), outcome, ago(h.LastSuccess, now),
			listed, count(h.Open), until(h.NextSlot, now), oneLine(orDash(note), 90))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	fmt.Fprintf(a.stdout, "%d boards of %s, %d of them off\n", len(health), list.path, off)
	return nil
}

// ago words how long ago t was, "-" for never.
func ago(t *time.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	return span(max(now.Sub(*t), 0)) + " ago" // within healthSlack a run may lie ahead
}

// until words how far ahead t is.
func until(t *time.Time, now time.Time) string {
	switch {
	case t == nil:
		return "-"
	case !t.After(now):
		return "now"
	}
	return "in " + span(t.Sub(now))
}

// span words a duration in its largest unit.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
