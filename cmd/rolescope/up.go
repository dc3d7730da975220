package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/scheduler"
	"github.com/rolescope/rolescope/store/engine"
)

// Roles of `up`. Any number of processes may run each of them.
const (
	roleScheduler = "scheduler" // sends the slots of boards when they are due
	roleCrawler   = "crawler"   // works slots
	roleEnricher  = "enricher"  // tags postings
	roleSink      = "sink"      // stores postings, runs and dead letters
	roleAlerter   = "alerter"   // evaluates rules and delivers alerts
	roleWeb       = "web"       // serves the dashboard, health and metrics
)

// upEngineAddr is where the engine of a long-running process is found by analysts' tools.
const upEngineAddr = "127.0.0.1:8123"

const (
	// ownerPoll is how often a process that joined another looks whether that one still lives.
	ownerPoll = 500 * time.Millisecond
	// takeOver is how long a process may find the place of an owner that was killed still taken: the
	// engine's process dies a moment after it.
	takeOver = 15 * time.Second
)

// These end a round of `up` that joined another process: its servers died with it, or it is done and
// waits for us.
var (
	errOwnerGone    = errors.New("the process that owned the data directory is gone")
	errOwnerLeaving = errors.New("the process that owns the data directory is done")
)

func allRoles() []string {
	return []string{roleScheduler, roleCrawler, roleEnricher, roleSink, roleAlerter, roleWeb}
}

func newUpCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "up [ROLE...]",
		Short: "Crawl the boards of sources.yaml and serve the dashboard, for as long as it runs",
		Long: `Run everything in one process: the scheduler that says when a board is due, crawlers, enrichers, the
sink, the alerter and the dashboard at ROLESCOPE_HTTP_ADDR (with /healthz, /readyz and /metrics), with the embedded
servers unless NATS_URL and CLICKHOUSE_URL name others. With roles, run only those: ` + strings.Join(allRoles(), ", ") + `. As many processes as wanted may run each role.

What was missed while nothing ran is caught up once. A changed sources.yaml counts within half a
minute. Ctrl-C stops: what is in flight is finished within ROLESCOPE_DRAIN_TIMEOUT and everything
accepted is kept; a second Ctrl-C leaves at once. kill -9 loses nothing either.

A process that shares the data directory of another joins its servers, and takes over when that one
is gone; so does its dashboard, where both have the same address.` + exitStatusHelp(exitOK, exitError),
		Example: `  ROLESCOPE_CONTACT=you@example.org rolescope up
  NATS_URL=nats://nats:4222 ROLESCOPE_CONTACT=you@example.org rolescope up crawler
  NATS_URL=nats://nats:4222 CLICKHOUSE_URL=http://ch:8123 rolescope up enricher sink
  NATS_URL=nats://nats:4222 CLICKHOUSE_URL=http://ch:8123 ROLESCOPE_HTTP_ADDR=:8080 rolescope up web`,
		ValidArgs: allRoles(),
		Args: func(_ *cobra.Command, args []string) error {
			for _, role := range args {
				if !slices.Contains(allRoles(), role) {
					return hintf("rolescope up "+strings.Join(allRoles(), " "), "unknown role %q", role)
				}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, roles []string) error {
			if len(roles) == 0 {
				roles = allRoles()
			}
			a.verbose = true // a log is what such a process shows
			a.engineAddr = upEngineAddr
			a.brings = slices.ContainsFunc(roles, func(r string) bool { return r != roleWeb })
			return a.up(cmd.Context(), roles)
		},
	}
}

// up runs the roles until ctx ends. When another process owned the servers and is gone, it opens
// them anew, as the owner or as a joiner of the next one.
func (a *app) up(ctx context.Context, roles []string) error {
	c, err := loadConfig(ctx, a.environ)
	if err != nil {
		return err
	}
	if slices.Contains(roles, roleCrawler) && c.Contact == "" {
		return noContact()
	}
	a.metrics = newMetrics(roles)
	sources, err := liveSources(c, a.logger())
	if err != nil {
		return err
	}
	if a.alerts, err = liveAlerts(c, a.logger()); err != nil {
		return err
	}
	unsay := context.AfterFunc(ctx, func() {
		fmt.Fprintln(a.stderr, "rolescope: stopping, finishing what is in flight; Ctrl-C again leaves")
	})
	defer unsay()
	for gone := (time.Time{}); ; {
		err := a.upOnce(ctx, roles, sources)
		switch {
		case errors.Is(err, errOwnerGone) && ctx.Err() == nil:
			gone = time.Now()
			a.logger().Warn("the process that owned the data directory is gone; opening it again")
			continue
		case errors.Is(err, errOwnerLeaving) && pause(ctx, ownerPoll):
			continue // another joiner may still hold it
		case ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled) || errors.Is(err, errOwnerGone) || errors.Is(err, errOwnerLeaving)):
			return nil // told to stop, and stopped
		case err != nil && time.Since(gone) < takeOver && pause(ctx, ownerPoll):
			continue
		case errors.Is(err, engine.ErrAddrInUse):
			return hintf("ROLESCOPE_CLICKHOUSE_HTTP_ADDR=127.0.0.1:9123 rolescope up, or ROLESCOPE_CLICKHOUSE_HTTP_ADDR=127.0.0.1:0 for a free port, another at each start",
				"the embedded engine's address %s is taken by another program (ROLESCOPE_CLICKHOUSE_HTTP_ADDR): %w", first(c.ClickHouseHTTPAddr, upEngineAddr), err)
		}
		return err
	}
}

// pause lets d pass and reports whether ctx still lives.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// upOnce opens the system, runs the roles until ctx ends or the servers are gone, and closes it.
func (a *app) upOnce(ctx context.Context, roles []string, sources *live[*sourceList]) (err error) {
	needsStore := func(role string) bool { return role == roleSink || role == roleWeb || role == roleAlerter }
	s, err := a.openSystem(ctx, slices.ContainsFunc(roles, needsStore))
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
	}()
	if s.ownerLeaving() {
		return errOwnerLeaving
	}
	s.sayUp(roles, sources.get())
	return s.runRoles(ctx, roles, sources)
}

func (s *system) sayUp(roles []string, list *sourceList) {
	at := []any{"roles", strings.Join(roles, ","), "boards", len(list.boards), "crawled", len(list.active()), "sources", list.path}
	if s.lease != nil {
		at = append(at, "data_dir", s.config.DataDir, "owner", s.lease.Owner())
	}
	if s.store != nil && s.store.Engine() != nil {
		at = append(at, "clickhouse", "http://"+s.store.Engine().Addr())
	}
	s.app.logger().Info("up", at...)
	if own := s.app.taggerVersion(); s.store != nil && s.activeVersion != own {
		s.app.logger().Warn("what is tagged now is in no answer before `rolescope replay` is done", "answers", s.activeVersion, "tags", own)
	}
	if len(list.active()) == 0 {
		s.app.logger().Warn("no board is crawled", "sources", list.path)
	}
}

func (s *system) runRoles(ctx context.Context, roles []string, sources *live[*sourceList]) error {
	defer s.app.metrics.watch(s)()
	group, ctx := errgroup.WithContext(ctx)
	if slices.Contains(roles, roleScheduler) {
		loop := &scheduler.Loop{
			Boards: func() []scheduler.Board { return sources.get().schedules() },
			Marks:  marks{s.bus},
			Publish: func(ctx context.Context, slot posting.Slot) error {
				return s.bus.Publish(ctx, slot)
			},
			Now: time.Now, Logger: s.app.logger(),
			Sent: func(slot posting.Slot, lag time.Duration) {
				s.app.metrics.slotSent(lag)
				s.app.logger().Info("slot sent", "source", slot.Source, "board", slot.Board, "planned_at", slot.PlannedAt, "lag", lag.Round(time.Second))
			},
		}
		group.Go(func() error { return loop.Run(ctx) })
		rules := &scheduler.Loop{Boards: func() []scheduler.Board { return ruleSchedules(s.app.alerts.get()) }, Marks: marks{s.bus}, Publish: loop.Publish, Now: time.Now, Logger: s.app.logger()}
		group.Go(func() error { return rules.Run(ctx) })
	}
	stages, err := s.roleStages(roles, sources)
	if err != nil {
		return err
	}
	for _, stage := range stages {
		group.Go(func() error { return s.bus.Run(ctx, stage) })
	}
	if slices.Contains(roles, roleSink) {
		group.Go(func() error { return s.keepRollups(ctx) })
	}
	if slices.Contains(roles, roleWeb) {
		group.Go(func() error { return s.runWeb(ctx, roles) })
		group.Go(func() error { return s.keepAccounts(ctx) })
	} else if s.config.MetricsAddr != "" {
		group.Go(func() error { return s.runMetrics(ctx) })
	}
	group.Go(func() error { return s.watchEngine(ctx) })
	group.Go(func() error { return s.watchOwner(ctx) })
	err = group.Wait()
	if s.ownerGone() { // whatever failed first, failed for that
		return errOwnerGone
	}
	return err
}

// roleStages are the stages of the roles.
func (s *system) roleStages(roles []string, sources *live[*sourceList]) ([]bus.Stage, error) {
	tagger, err := s.app.newTagger()
	if err != nil {
		return nil, err
	}
	var out []bus.Stage
	for _, stage := range s.stages(tagger) {
		role := roleSink
		if stage.Name == bus.StageEnrich {
			role = roleEnricher
		}
		if slices.Contains(roles, role) {
			out = append(out, stage)
		}
	}
	if slices.Contains(roles, roleAlerter) {
		stages, err := s.alerterStages()
		if err != nil {
			return nil, err
		}
		out = append(out, stages...)
	}
	if slices.Contains(roles, roleCrawler) {
		c, err := s.newCrawler(sources.get, time.Now)
		if err != nil {
			return nil, err
		}
		out = append(out, c.stage())
	}
	return out, nil
}

func (s *system) ownerGone() bool {
	return s.lease != nil && !s.lease.Owner() && !s.lease.OwnerAlive()
}

// ownerLeaving reports whether a command that came first, or another `up`, waits for this process.
func (s *system) ownerLeaving() bool {
	return s.lease != nil && !s.lease.Owner() && s.lease.OwnerLeaving()
}

// watchOwner ends the roles of a joiner soon after its owner was killed, or when that one is done.
func (s *system) watchOwner(ctx context.Context) error {
	if s.lease == nil || s.lease.Owner() {
		return nil
	}
	tick := time.NewTicker(ownerPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if s.ownerGone() {
				// Nobody shall go on waiting for servers that will not come back.
				if err := s.bus.Close(); err != nil {
					s.app.logger().Debug("close the bus", slog.Any("error", err))
				}
				return errOwnerGone
			}
			if s.ownerLeaving() {
				return errOwnerLeaving
			}
		}
	}
}
