package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/scheduler"
)

// simMarket is a market to simulate: where its boards are, and what they answer at a moment.
type simMarket struct {
	start   time.Time // of the first crawl, from which on the clock goes in steps
	weeks   int
	boards  []scheduler.Board
	handler func(now func() time.Time) http.Handler // in the boards' own formats and paths
}

func (m simMarket) end() time.Time { return m.start.AddDate(0, 0, 7*m.weeks) }

func (m simMarket) lastCrawl() time.Time { return m.start.AddDate(0, 0, 7*(m.weeks-1)) }

// simReport is what a simulation did.
type simReport struct {
	Weeks     int
	Boards    int
	Crawls    int
	Published int // postings sent because they were new or changed
	Seconds   float64
}

// simStep is how far the simulated clock goes at a time: everything that comes due within a step is
// crawled, by as many crawlers as there are, at its end.
const simStep = 24 * time.Hour

// simCrawlers is how many boards are crawled at a time. Nobody's host is troubled, and the
// loopback answers faster than two cores can read.
const simCrawlers = 4

// simBatchAge is how long the sink collects. Nobody reads while a simulation runs, and fewer, larger
// batches are cheaper to insert and to fold.
const simBatchAge = 2 * time.Second

// simClock is the one clock of a simulation. It only goes forward: step by step with the scheduler,
// and within a step to each moment at which a host lets itself be asked.
type simClock struct {
	mu          sync.Mutex
	moment, now time.Time
}

// Moment is the end of the present step. What is observed is observed then, however the crawls of a
// step take turns, so that two runs of a simulation give the same rows.
func (c *simClock) Moment() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moment
}

// Now is the moment with what politeness has cost since: for limits and breakers.
func (c *simClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *simClock) step(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to.After(c.moment) {
		c.moment = to
	}
	if to.After(c.now) {
		c.now = to
	}
}

func (c *simClock) wait(until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until.After(c.now) {
		c.now = until
	}
}

// simLimiter spaces requests as every crawler's limiter does, in simulated time: the moment it gives
// out comes at once.
type simLimiter struct {
	clock *simClock
	mu    sync.Mutex
	turns map[string]fetch.Turn
}

// Reserve implements fetch.Limiter.
func (l *simLimiter) Reserve(_ context.Context, host string, every, atMost time.Duration, now time.Time) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next, wait := l.turns[host].Reserve(every, atMost, now)
	if wait <= atMost {
		l.turns[host] = next
		l.clock.wait(now.Add(wait))
	}
	return wait, nil
}

// Pause implements fetch.Limiter.
func (l *simLimiter) Pause(_ context.Context, host string, until, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns[host] = l.turns[host].Pause(until, now)
	return nil
}

// simulation is one run of a market through the pipeline.
type simulation struct {
	sys    *system
	market simMarket
	clock  *simClock
	list   *sourceList
	week   func(done int) // is told of each week that has passed

	mu      sync.Mutex
	open    map[string]bool // slots sent and not yet worked, by id
	report  simReport
	changed chan struct{} // holds a token when open has changed
	fail    context.CancelCauseFunc
}

// simulate crawls the market's boards from its start to its end through the scheduler, the crawlers,
// NATS and all that follows, and returns when everything is stored.
func (s *system) simulate(ctx context.Context, m simMarket, week func(done int)) (simReport, error) {
	began := time.Now()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	sim := &simulation{
		sys: s, market: m, clock: &simClock{moment: m.start, now: m.start}, week: week,
		open: map[string]bool{}, changed: make(chan struct{}, 1), fail: fail,
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return simReport{}, fmt.Errorf("serve the simulated boards: %w", err)
	}
	server := &http.Server{Handler: m.handler(sim.clock.Moment), ReadHeaderTimeout: readHeaderTimeout}
	go server.Serve(listener) //nolint:errcheck // it ends when it is closed
	defer server.Close()
	if sim.list, err = m.sources("http://" + listener.Addr().String()); err != nil {
		return simReport{}, err
	}
	crawler, err := sim.crawler()
	if err != nil {
		return simReport{}, err
	}
	s.batchAge = simBatchAge
	err = s.process(ctx, func(ctx context.Context) error { return sim.run(ctx, crawler) }, func(uint64) {})
	if err != nil {
		return simReport{}, because(ctx, err)
	}
	sim.report.Weeks, sim.report.Boards, sim.report.Seconds = m.weeks, len(m.boards), time.Since(began).Seconds()
	return sim.report, nil
}

// because is err, or why ctx was cancelled where err says that it was: never both, because err may
// hold the cause already.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// sources lists the boards as sources.yaml would.
func (m simMarket) sources(baseURL string) (*sourceList, error) {
	list := &sourceList{path: "the simulated market", byName: map[string]int{}}
	for _, b := range m.boards {
		c, err := source.CrawlerByKind(b.Source)
		if err != nil {
			return nil, err
		}
		board := boardSource{Board: b, BaseURL: baseURL, AcceptTerms: true, crawler: c}
		list.byName[board.Name()] = len(list.boards)
		list.boards = append(list.boards, board)
	}
	return list, nil
}

// crawler is the pipeline's own, in simulated time.
func (sim *simulation) crawler() (*crawler, error) {
	log := slog.New(slog.DiscardHandler) // boards in trouble are part of the show
	if sim.sys.app.verbose {
		log = sim.sys.app.logger()
	}
	client, err := fetch.New(fetch.Options{
		Version: version, Contact: "nobody@simulated.example", AllowPrivate: true, HostConcurrency: simCrawlers,
		Limiter: &simLimiter{clock: sim.clock, turns: map[string]fetch.Turn{}}, Now: sim.clock.Now,
		Wait:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, // the limiter has moved the clock
		Logger: log, Answered: sim.sys.app.metrics.answered,
	})
	if err != nil {
		return nil, err
	}
	return &crawler{
		sys: sim.sys, fetch: &fetcher{Client: client, bus: sim.sys.bus, log: log},
		sources: func() *sourceList { return sim.list }, now: sim.clock.Now, log: log, told: sim.told,
	}, nil
}

// run lets the scheduler order and the crawlers work until the market's last week is over.
func (sim *simulation) run(ctx context.Context, c *crawler) error {
	defer c.fetch.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	stage := c.stage()
	stage.Workers = simCrawlers
	handle := stage.Handle
	stage.Handle = func(ctx context.Context, batch []any) []bus.Result {
		out := handle(ctx, batch)
		sim.worked(batch, out)
		return out
	}
	group.Go(func() error { return sim.sys.bus.Run(ctx, stage) })
	schedules := sim.list.schedules()
	loop := &scheduler.Loop{
		Boards:  func() []scheduler.Board { return schedules },
		Marks:   marks{sim.sys.bus},
		Publish: sim.publish, Now: sim.clock.Moment, Logger: sim.sys.app.logger(),
		Wait: func(ctx context.Context, d time.Duration) {
			if !sim.idle(ctx) {
				return
			}
			at := sim.clock.Moment()
			to := sim.market.start.Add((at.Add(d).Sub(sim.market.start) + simStep - 1) / simStep * simStep)
			sim.week(int(to.Sub(sim.market.start) / (7 * 24 * time.Hour)))
			if !to.Before(sim.market.end()) {
				stop()
				return
			}
			sim.clock.step(to)
		},
	}
	group.Go(func() error { return loop.Run(ctx) })
	return group.Wait()
}

// publish sends a slot, to be observed at this moment.
func (sim *simulation) publish(ctx context.Context, slot posting.Slot) error {
	slot.ObservedAt = sim.clock.Moment()
	sim.mu.Lock()
	sim.open[slot.ID()] = true
	sim.mu.Unlock()
	err := sim.sys.bus.Publish(ctx, slot)
	if err != nil {
		sim.fail(err) // simulated time would stand still for it
	}
	return err
}

// worked takes out what was worked. A slot that failed comes again; one that cannot be worked ends
// the simulation, which would wait for it for ever.
func (sim *simulation) worked(batch []any, out []bus.Result) {
	sim.mu.Lock()
	defer sim.mu.Unlock()
	for i, v := range batch {
		slot, ok := v.(posting.Slot)
		switch {
		case !ok || errors.Is(out[i].Err, posting.ErrInvalid):
			sim.fail(fmt.Errorf("work a simulated slot: %w", out[i].Err))
		case out[i].Err == nil && sim.open[slot.ID()]:
			delete(sim.open, slot.ID())
		}
	}
	select {
	case sim.changed <- struct{}{}:
	default:
	}
}

// told counts what was worked.
func (sim *simulation) told(slot posting.Slot, r ingest.Result) {
	sim.sys.app.metrics.worked(slot, r)
	sim.mu.Lock()
	defer sim.mu.Unlock()
	sim.report.Crawls++
	sim.report.Published += r.Summary.Published
}

// idle waits until every slot that was sent has been worked, and reports whether ctx still lives.
func (sim *simulation) idle(ctx context.Context) bool {
	for {
		sim.mu.Lock()
		left := len(sim.open)
		sim.mu.Unlock()
		if left == 0 {
			return ctx.Err() == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-sim.changed:
		}
	}
}
