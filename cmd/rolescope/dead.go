package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
)

func newDeadCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "dead",
		Short: "Look at, retry or drop what could not be used",
		Long: `Messages that cannot be used are kept as dead letters with the reason: a posting without an id, a
payload over the cap, a row the database refuses. Nothing else waits for them.`,
		Args: knownCommand,
		RunE: showHelp,
	}
	c.AddCommand(newDeadListCommand(a), newDeadShowCommand(a), newDeadRetryCommand(a), newDeadDropCommand(a))
	return c
}

func newDeadListCommand(a *app) *cobra.Command {
	var filter store.DeadFilter
	var asJSON, all bool
	c := &cobra.Command{
		Use:     "list",
		Short:   "List dead letters, newest first",
		Long:    "List dead letters that nobody has dealt with, newest first." + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope dead list\n  rolescope dead list --source ashby --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !all {
				filter.State = store.StateOpen
			}
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				letters, err := s.store.Dead(ctx, filter)
				if err != nil {
					return err
				}
				if a.wantJSON(asJSON) {
					return a.printJSON(orEmpty(letters))
				}
				return a.deadTable(letters, filter.Limit)
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "also retried and dropped ones")
	c.Flags().StringVar(&filter.Stage, "stage", "", "only of this stage")
	c.Flags().StringVar(&filter.Source, "source", "", "only of this kind of source")
	c.Flags().StringVar(&filter.Board, "board", "", "only of this board")
	c.Flags().IntVar(&filter.Limit, "limit", 100, "at most so many")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) deadTable(letters []store.DeadLetter, limit int) error {
	if len(letters) == 0 {
		_, err := fmt.Fprintln(a.stdout, "no dead letters")
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATE\tSTAGE\tBOARD\tFAILED\tREASON")
	for _, d := range letters {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", d.ID, d.State, d.Stage, orDash(strings.Trim(d.Source+"/"+d.Board, "/")),
			d.FailedAt.Format(time.DateTime), oneLine(d.Reason, 100))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if len(letters) == limit {
		fmt.Fprintf(a.stdout, "the newest %d; --limit shows more\n", limit)
	}
	return nil
}

// oneLine makes s fit a table cell and keeps control characters away from the terminal.
func oneLine(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return ' '
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return s
}

func newDeadShowCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "show ID",
		Short:   "Show one dead letter with the head of its message",
		Long:    "Show one dead letter: why it failed, where it came from, and the beginning of the message." + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope dead show 0123456789abcdef0123456789abcdef",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				d, err := s.deadLetter(ctx, args[0])
				if err != nil {
					return err
				}
				if a.wantJSON(asJSON) {
					return a.printJSON(d)
				}
				w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
				for _, row := range [][2]string{
					{"id", d.ID},
					{"state", d.State},
					{"stage", d.Stage},
					{"reason", oneLine(d.Reason, 2000)},
					{"source", d.Source},
					{"board", d.Board},
					{"posting", d.PostingID},
					{"content hash", d.ContentHash},
					{"run", d.RunID},
					{"type", d.Type},
					{"size", count(d.Size) + " bytes"},
					{"sha256", d.SHA256},
					{"failed", d.FailedAt.Format(time.RFC3339)},
				} {
					fmt.Fprintf(w, "%s\t%s\n", row[0], orDash(row[1]))
				}
				if err := w.Flush(); err != nil {
					return fmt.Errorf("print: %w", err)
				}
				_, err = fmt.Fprintf(a.stdout, "\n%s\n", oneLine(d.Head, 4096))
				return err
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (s *system) deadLetter(ctx context.Context, id string) (store.DeadLetter, error) {
	d, err := s.store.DeadByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		err = hintf("rolescope dead list --all", "no dead letter %q", id)
	}
	return d, err
}

func newDeadRetryCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "retry ID...",
		Short: "Send dead letters through the pipeline again",
		Long: `Send dead letters through the pipeline again, after the cause is gone (a fixed tagger, a freed disk).
What fails again is an open dead letter again. An alert that could not be delivered is sent to its channel
once more at once, and if need be later by "rolescope up". A letter that does not hold its whole message, such
as a posting that was too large, can only be crawled or imported again.` + exitStatusHelp(exitOK, exitError, exitPartial),
		Example: "  rolescope dead retry 0123456789abcdef0123456789abcdef",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				return s.retryDead(ctx, ids, asJSON)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// retryDead resends what can be resent and waits until it is stored or dead again.
func (s *system) retryDead(ctx context.Context, ids []string, asJSON bool) error {
	var retried []string
	failed, alerts := 0, false
	err := s.process(ctx, func(ctx context.Context) error {
		for _, id := range ids {
			d, err := s.resend(ctx, id)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				failed++
				fmt.Fprintf(s.app.stderr, "rolescope: %s: %v\n", id, err)
				continue
			}
			retried, alerts = append(retried, id), alerts || d.Stage == bus.StageNotify
		}
		if alerts {
			return s.deliverNow(ctx)
		}
		return nil
	}, func(uint64) {})
	if err != nil {
		return err
	}
	again := 0
	for _, id := range retried {
		if d, err := s.store.DeadByID(ctx, id); err == nil && d.State == store.StateOpen {
			again++
		}
	}
	if s.app.wantJSON(asJSON) {
		err = s.app.printJSON(map[string]int{"retried": len(retried), "failed_again": again, "not_sent": failed})
	} else {
		_, err = fmt.Fprintf(s.app.stdout, "%d retried, %d of them failed again, %d could not be sent\n", len(retried), again, failed)
	}
	if err == nil && (failed > 0 || again > 0) {
		return exitStatus(exitPartial)
	}
	return err
}

// resend sends a letter's message and then marks the letter as retried: whoever is killed in between
// leaves an open letter, never a posting that is nowhere. The mark bears the time before the sending,
// so that a failure since is the newer event and opens the letter again, also when it came first or
// in the same millisecond, which is the clocks' precision.
func (s *system) resend(ctx context.Context, id string) (store.DeadLetter, error) {
	d, err := s.deadLetter(ctx, id)
	if err != nil {
		return d, err
	}
	at := time.Now().Add(-time.Millisecond)
	err = s.bus.Retry(ctx, d.Dead)
	if errors.Is(err, posting.ErrInvalid) {
		return d, errors.New("the letter does not hold the whole message: crawl or import the board again")
	}
	if err != nil {
		return d, err
	}
	return d, s.store.MarkDead(ctx, []string{id}, store.StateRetried, at)
}

func newDeadDropCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "drop ID...",
		Short:   "Mark dead letters as dealt with",
		Long:    "Mark dead letters as dealt with. They stay in v_dead and still account for their postings." + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope dead drop 0123456789abcdef0123456789abcdef",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				for _, id := range ids {
					if _, err := s.deadLetter(ctx, id); err != nil {
						return err
					}
				}
				if err := s.store.MarkDead(ctx, ids, store.StateDropped, time.Now()); err != nil {
					return err
				}
				_, err := fmt.Fprintf(a.stdout, "%d dropped\n", len(ids))
				return err
			})
		},
	}
	return c
}
