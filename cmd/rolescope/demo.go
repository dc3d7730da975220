package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/rolescope/rolescope/trend"
)

// simulatedNotice stands on every screen of the demo.
const simulatedNotice = "Simulated market: every employer, advert and number here is invented."

// demoPlan is what a demo does. Tests have a smaller one.
type demoPlan struct {
	market func() (simMarket, error)
	addr   string // of the dashboard; empty is a free port
	serve  bool   // go on serving the dashboard until told to stop
}

func newDemoCommand(a *app) *cobra.Command {
	var serve bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "A first look: two simulated years through the whole pipeline, then the dashboard",
		Long: `Simulate a job market of two years and crawl it, week by week, through the whole real pipeline: the
scheduler, crawlers over HTTP, NATS, the tagger, ClickHouse. Time is simulated too: it takes half a
minute on two idle cores. Then print trends and serve the dashboard at ROLESCOPE_HTTP_ADDR, or at a free port when that
is taken, until Ctrl-C. Needs no network but for the engine, once.

The dashboard is served when stdout is a terminal, or with --serve; --serve=false, or a pipe or a
file as stdout, ends the demo after its tables.

Everything is kept in a directory of its own (demo in the data directory), so that invented postings
never mix with real ones. A second demo shows what is there; one that was stopped before its end
starts over.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope demo\n  rolescope demo --serve=false",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("serve") {
				serve = isTerminal(a.stdout)
			}
			return a.demo(cmd.Context(), demoPlan{market: demoMarket, serve: serve})
		},
	}
	c.Flags().BoolVar(&serve, "serve", false, "serve the dashboard afterwards, also when stdout is no terminal")
	return c
}

// demo runs in a data directory of its own, and refuses external servers for the same reason.
func (a *app) demo(ctx context.Context, plan demoPlan) error {
	c, err := loadConfig(ctx, a.environ)
	if err != nil {
		return err
	}
	if c.NATSURL != "" || c.ClickHouseURL != "" {
		return hintf("unset NATS_URL and CLICKHOUSE_URL", "the demo would put invented postings into your servers")
	}
	d := &demo{app: *a, plan: plan, dir: filepath.Join(c.DataDir, "demo"), addr: first(plan.addr, c.HTTPAddr)}
	// The address of the engine is for the one process that runs for good.
	d.app.environ = append(append([]string(nil), a.environ...), "ROLESCOPE_DATA_DIR="+d.dir, "ROLESCOPE_CLICKHOUSE_HTTP_ADDR=")
	d.app.metrics = newMetrics(nil)
	d.app.prepare = d.prepare
	if plan.serve { // an address that cannot be had is found out now and not after the simulation
		if err := d.listen(ctx); err != nil {
			return err
		}
		defer func() { _ = d.listener.Close() }() // closed already when it was served
	}
	for {
		err := d.round(ctx)
		switch {
		case d.shown && ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled) || errors.Is(err, errOwnerGone) || errors.Is(err, errOwnerLeaving)):
			return nil // it was complete; told to stop, it stops
		case d.shown && (errors.Is(err, errOwnerGone) || errors.Is(err, errOwnerLeaving)) && pause(ctx, ownerPoll):
			continue // another demo had the servers; this one opens them anew
		case ctx.Err() != nil && errors.Is(err, context.Canceled):
			fmt.Fprintln(a.stderr, "rolescope: interrupted"+d.outlook())
			return exitStatus(exitInterrupted)
		}
		return err
	}
}

// demo is one `rolescope demo`.
type demo struct {
	app   app
	plan  demoPlan
	dir   string
	addr  string
	state demoState
	shown bool // the tables were printed

	listener net.Listener // of the dashboard; nil without one
	served   bool         // listener was, and is closed
}

// outlook is what the next demo will do after this one was interrupted.
func (d *demo) outlook() string {
	switch {
	case d.state.Complete:
		return "; the demo is complete, and the next one shows it"
	case d.state.Version != 0:
		return "; the next demo starts over"
	}
	return "" // before it looked
}

// listen opens the dashboard's address, or a free port instead of one that is taken.
func (d *demo) listen(ctx context.Context) error {
	l, err := listenOrFree(ctx, d.addr, d.app.stdout)
	if err != nil {
		return err
	}
	// If another process takes the servers with it, this stays the address.
	d.listener, d.addr, d.served = l, l.Addr().String(), false
	return nil
}

// round opens the demo's directory, fills it unless it is complete, shows it, and closes it.
func (d *demo) round(ctx context.Context) error {
	return d.app.with(ctx, func(ctx context.Context, s *system) error {
		if s.ownerLeaving() {
			return errOwnerLeaving
		}
		began := time.Now()
		reused := d.state.Complete
		if !reused {
			if err := d.fill(ctx, s); err != nil {
				return err
			}
		}
		if !d.shown {
			if err := d.show(ctx, s, reused, time.Since(began)); err != nil {
				return err
			}
			d.shown = true
		}
		if !d.plan.serve {
			return nil
		}
		return d.serve(ctx, s)
	})
}

// fill simulates the market and then says in the state that all of it is stored.
func (d *demo) fill(ctx context.Context, s *system) error {
	m, err := d.plan.market()
	if err != nil {
		return err
	}
	out := d.app.stdout
	fmt.Fprintf(out, "%s\nCrawling %d boards weekly for %d weeks, from %s to %s, in simulated time.\n",
		simulatedNotice, len(m.boards), m.weeks, m.start.Format(time.DateOnly), m.lastCrawl().Format(time.DateOnly))
	bar := d.app.newWeeks(m.weeks)
	report, err := s.simulate(ctx, m, func(week int) { bar.set(int64(week)) })
	bar.done()
	if err != nil {
		return err
	}
	if err := s.demoAlerts(ctx, m.end()); err != nil {
		return err
	}
	d.state.Complete, d.state.Report, d.state.End = true, report, m.end()
	return d.state.write(d.dir)
}

// show prints what is there and two of its trends.
func (d *demo) show(ctx context.Context, s *system, reused bool, took time.Duration) error {
	out := d.app.stdout
	if reused {
		fmt.Fprintf(out, "%s\nReusing %s: ", simulatedNotice, d.dir)
	}
	stored, err := trend.Summary(ctx, querier{s.store})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s postings of %s employers, seen in %s crawls", count(stored.Postings), count(stored.Employers), count(stored.Runs))
	if !reused {
		fmt.Fprintf(out, ", stored in %.1f s", took.Seconds())
	}
	fmt.Fprint(out, ".\n\n")
	if err := s.demoTrends(ctx); err != nil {
		return err
	}
	if err := s.demoFound(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s\n", simulatedNotice)
	if !d.plan.serve {
		fmt.Fprint(out, "See it as pages, which are not served into a pipe unless asked for:\n  rolescope demo --serve\n")
	}
	_, err = fmt.Fprintf(out, `Ask it yourself:
  %s sql "SELECT title, company, skills FROM v_postings LIMIT 5"
Then your own boards, which are kept apart:
  rolescope source add URL && rolescope up
`, s.program())
	return err
}

// serve shows the dashboard until ctx ends or another process, which has the servers, does.
func (d *demo) serve(ctx context.Context, s *system) error {
	if d.served {
		if err := d.listen(ctx); err != nil {
			return err
		}
	}
	defer d.app.metrics.watch(s)()
	s.demo = &d.state
	handler, err := s.dashboard()
	if err != nil {
		return err
	}
	d.served = true
	fmt.Fprintf(d.app.stdout, "\nOther tools, while this runs (docs/tools.md):\n  %s connection\nDashboard: http://%s  (Ctrl-C ends)\n", s.program(), reachable(d.listener.Addr()))
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serveDashboard(ctx, d.listener, handler) })
	group.Go(func() error { return s.watchEngine(ctx) })
	group.Go(func() error { return s.watchOwner(ctx) })
	return group.Wait()
}

// demoTrends prints two questions as their commands would on a terminal, in 80 characters.
func (s *system) demoTrends(ctx context.Context) error {
	research := []string{"ai_engineer", "ml_engineer", "research_engineer", "applied_scientist", "research_scientist"}
	return s.history(ctx, time.Time{}, func(q trend.Querier) error {
		volume, err := trend.VolumesOf(ctx, q, trend.VolumesQuestion{Scope: trend.Scope{Roles: research, Period: trend.Quarter}})
		if err != nil || len(volume.Periods) == 0 {
			return err
		}
		fmt.Fprintf(s.app.stdout, "$ rolescope trend volume --period quarter --role %s\n", strings.Join(research, ","))
		if err := errors.Join(s.app.volumeTable(volume), s.app.guardLines(volume.Asked)); err != nil {
			return err
		}
		skills, err := trend.Shares(ctx, q, trend.SharesQuestion{Scope: trend.Scope{Roles: research[:1], Period: trend.Quarter}})
		if err != nil {
			return err
		}
		fmt.Fprintf(s.app.stdout, "\n$ rolescope trend skills --period quarter --role %s --top %d\n", research[0], demoSkills)
		return errors.Join(s.app.skillsTables(skills, demoSkills), s.app.guardLines(skills.Asked))
	})
}

// demoSkills is how many skills the demo shows of one role.
const demoSkills = 8
