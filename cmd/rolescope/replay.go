package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
)

const (
	// replayInFlight is how many messages a replay keeps in the streams: enough for full batches of the
	// sink, and few enough that what is crawled meanwhile waits for seconds and not for the replay's end.
	replayInFlight = 16_384
	// replayPoll is how often the streams are looked at: for room, for progress and for the end.
	replayPoll = 50 * time.Millisecond
)

// replayReport is what a replay did.
type replayReport struct {
	store.Coverage
	Was       string  `json:"was"`      // the active tagger version before
	Switched  bool    `json:"switched"` // answers are now of another version
	Sent      int     `json:"sent"`     // raw postings given to the tagger
	Passes    int     `json:"passes"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"per_second"`
}

func newReplayCommand(a *app) *cobra.Command {
	var (
		workers        int
		status, asJSON bool
		prune          string
	)
	c := &cobra.Command{
		Use:   "replay",
		Short: "Read the whole archive again with this program's tagger, then answer from that",
		Long: `Tags mean what the tagger's version makes of them. After an upgrade that changes the version, answers
stay those of the old one until replay has read every archived version of every posting with the new
one; then all answers change to it at once. No answer ever mixes two.

It may run beside "rolescope up" and everything else. What is seen for the first time or changes
meanwhile is tagged by whichever program meets it, and is in no answer of another version. A replay
that was stopped, or killed, goes on where it was when it is run again. A posting that the tagger
cannot read becomes a dead letter and holds nothing up. To go back to an older version, run the older
program's replay: what that version has read already is not read again.

Old readings are kept until --prune deletes them.` + exitStatusHelp(exitOK, exitError, exitCondition),
		Example: "  rolescope replay\n  rolescope replay --status       what is read by which version; status 4 when a replay is due\n  rolescope replay --prune 3      delete what version 3 has read",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if workers < 0 {
				return usageError{errors.New("--workers: 0 or more")}
			}
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				switch {
				case prune != "":
					return s.prune(ctx, prune)
				case status:
					return s.replayStatus(ctx, asJSON)
				}
				report, err := s.replay(ctx, workers)
				if err != nil {
					return err
				}
				return a.printReplay(report, asJSON)
			})
		},
	}
	c.Flags().IntVar(&workers, "workers", 0, "batches tagged at a time; 0 is ROLESCOPE_WORKERS")
	c.Flags().BoolVar(&status, "status", false, "only show how much each tagger version has read")
	c.Flags().StringVar(&prune, "prune", "", "delete the readings of this tagger version, which must not be the active one")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.MarkFlagsMutuallyExclusive("status", "prune")
	return c
}

// replay reads what this program's tagger version has not read, and makes the version the active one.
func (s *system) replay(ctx context.Context, workers int) (replayReport, error) {
	tagger, err := s.app.newTagger()
	if err != nil {
		return replayReport{}, err
	}
	if workers <= 0 {
		workers = s.config.Workers
	}
	stage := bus.Stage{
		Name: bus.StageReplay, Stream: bus.StreamReplay, Workers: workers,
		BatchRows: enrichBatchRows, BatchBytes: enrichBytesMax, BatchAge: enrichBatchAge,
		Handle: enrichBatch(tagger),
	}
	run := replayRun{system: s, version: tagger.Version(), report: replayReport{Was: s.activeVersion}}
	began := time.Now()
	err = s.onlyReplay(ctx, run.version, func(ctx context.Context) error {
		return s.runStages(ctx, append(s.stages(tagger), stage), run.passes)
	})
	r := run.report
	r.Seconds = time.Since(began).Seconds()
	r.PerSecond = float64(r.Sent) / r.Seconds
	return r, err
}

// replayRun is a replay at work.
type replayRun struct {
	*system
	version string
	report  replayReport
	bar     *progress
	before  int // sent by earlier passes
}

// passes reads what is left until nothing is, and activates the version. One pass reads what was there
// when it began; a second one what was archived meanwhile, unless it was tagged by this version as it came.
func (r *replayRun) passes(ctx context.Context) error {
	if err := r.bus.EmptyReplay(ctx); err != nil {
		return err
	}
	// What a replay that was killed had tagged is stored before it is counted.
	if err := r.settle(ctx); err != nil {
		return err
	}
	for {
		c, err := r.store.Coverage(ctx, r.version)
		if err != nil {
			return err
		}
		if stuck := r.report.Passes > 0 && c.Archived == r.report.Archived && c.Left >= r.report.Left; stuck && !c.Full() {
			return hintf("rolescope verify", "%s postings are neither read by tagger version %s nor dead letters after they were sent", count(c.Left), r.version)
		}
		r.report.Coverage = c
		if c.Full() {
			break
		}
		if err := r.pass(ctx, c); err != nil {
			return err
		}
	}
	// Before the switch, so that no answer misses what it had before.
	if _, err := r.store.RefreshVersion(ctx, r.version); err != nil {
		return err
	}
	if err := r.store.Activate(ctx, r.version); err != nil {
		return err
	}
	r.report.Active, r.report.Switched = true, r.report.Was != r.version
	return nil
}

func (r *replayRun) pass(ctx context.Context, c store.Coverage) error {
	r.report.Passes++
	r.before = r.report.Sent
	r.bar = r.app.newProgress(int64(c.Left), "tagging again", false)
	defer r.bar.done()
	err := r.store.Untagged(ctx, r.version, func(raws []posting.Raw) error {
		if err := r.bus.Replay(ctx, r.version, raws...); err != nil {
			return err
		}
		r.report.Sent += len(raws)
		return r.until(ctx, replayInFlight)
	})
	if err != nil {
		return err
	}
	return r.settle(ctx)
}

// until waits until the streams hold no more than so many messages of the replay and of what it made.
func (r *replayRun) until(ctx context.Context, left uint64) error {
	for {
		streams, err := r.bus.Pending(ctx)
		if err != nil {
			return err
		}
		waiting := streams[bus.StreamReplay].Messages
		if left > 0 {
			waiting += streams[bus.StreamPosting].Messages
		}
		if r.bar != nil {
			r.bar.set(max(0, int64(r.report.Sent-r.before)-int64(waiting)))
		}
		if waiting <= left {
			return nil
		}
		if !pause(ctx, replayPoll) {
			return context.Cause(ctx)
		}
	}
}

// settle waits until what was sent has been tagged and stored, or is a dead letter that is stored.
func (r *replayRun) settle(ctx context.Context) error {
	if err := r.until(ctx, 0); err != nil {
		return err
	}
	return r.bus.Drained(ctx)
}

var errReplaying = errors.New("another replay is at work")

func (s *system) prune(ctx context.Context, version string) error {
	all, err := s.store.Coverages(ctx, s.app.taggerVersion(), s.activeVersion)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(c store.Coverage) bool { return c.TaggerVersion == version }) {
		return usageError{fmt.Errorf("--prune %s: nothing was read by that tagger version; rolescope replay --status lists those that did", version)}
	}
	if err := s.store.Prune(ctx, version); err != nil {
		return err
	}
	fmt.Fprintf(s.app.stderr, "rolescope: the readings of tagger version %s are deleted\n", version)
	return nil
}

// replayStatus shows what each version has read, and with its exit status whether a replay is due.
func (s *system) replayStatus(ctx context.Context, asJSON bool) error {
	own := s.app.taggerVersion()
	all, err := s.store.Coverages(ctx, own, s.activeVersion)
	if err != nil {
		return err
	}
	if s.app.wantJSON(asJSON) {
		err = s.app.printJSON(all)
	} else {
		err = s.app.coverageTable(all)
	}
	for _, c := range all {
		if c.TaggerVersion == own && !(c.Active && c.Full()) && err == nil {
			err = exitStatus(exitCondition)
		}
	}
	return err
}

func (a *app) coverageTable(all []store.Coverage) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TAGGER VERSION\tREAD\tDEAD LETTERS\tLEFT\tOF\t")
	for _, c := range all {
		note := ""
		if c.Active {
			note = "answers are of this one"
		}
		if c.TaggerVersion == a.taggerVersion() && !(c.Active && c.Full()) {
			note += "; this program's: rolescope replay"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", c.TaggerVersion, count(c.Tagged), count(c.Dead), count(c.Left), count(c.Archived), note)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func (a *app) printReplay(r replayReport, asJSON bool) error {
	if a.wantJSON(asJSON) {
		return a.printJSON(r)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "archived\t%s\tversions of postings\n", count(r.Archived))
	fmt.Fprintf(w, "read by %s\t%s\t%s of them now, in %.1f s, %.0f a second\n", r.TaggerVersion, count(r.Tagged), count(r.Sent), r.Seconds, r.PerSecond)
	fmt.Fprintf(w, "dead letters\t%s\trolescope dead list\n", count(r.Dead))
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	line := "Answers are of tagger version " + r.TaggerVersion + ", as before."
	if r.Switched {
		line = fmt.Sprintf("Answers are now of tagger version %s, and were of %s.", r.TaggerVersion, orDash(r.Was))
	}
	if _, err := fmt.Fprintln(a.stdout, line); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
