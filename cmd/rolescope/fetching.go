package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/scheduler"
)

// Kinds of values kept in the bus for all processes of a deployment.
const (
	valueMark    = "mark"    // scheduler.Mark of a board
	valueDone    = "done"    // ids of the slots of a board finished last
	valueTurn    = "turn"    // fetch.Turn of a host
	valueBreaker = "breaker" // fetch.BreakerState of a host
	hostValues   = "host"    // stands for the source in the key of a host's values
)

const (
	// publicIntervalMin is the least time between two requests to a host of the public internet,
	// whatever the configuration allows for private ones.
	publicIntervalMin = time.Second
	// breakerTimeout bounds a look at a breaker, which has no context of its own.
	breakerTimeout = 5 * time.Second
	// doneKept is how many finished slots are remembered of a board: a slot comes twice within
	// minutes, and PeriodMin makes eight of them two hours.
	doneKept = 8
)

// swapJSON changes a value kept as JSON. One that cannot be read counts as none.
func swapJSON[T any](ctx context.Context, b *bus.Bus, source, board, kind string, change func(T) (next T, store bool)) error {
	return b.Swap(ctx, source, board, kind, func(old []byte) ([]byte, bool, error) {
		var value T
		if len(old) > 0 && json.Unmarshal(old, &value) != nil {
			value = *new(T)
		}
		next, store := change(value)
		if !store {
			return nil, false, nil
		}
		data, err := json.Marshal(next)
		return data, true, err
	})
}

// marks keeps the schedules' marks in the bus.
type marks struct{ bus *bus.Bus }

// Update implements scheduler.Marks.
func (m marks) Update(ctx context.Context, source, board string, change func(scheduler.Mark) (scheduler.Mark, bool)) error {
	return swapJSON(ctx, m.bus, source, board, valueMark, change)
}

// limiter spaces requests to a host over all processes of a deployment.
type limiter struct{ bus *bus.Bus }

// Reserve implements fetch.Limiter.
func (l limiter) Reserve(ctx context.Context, host string, every, atMost time.Duration, now time.Time) (time.Duration, error) {
	if !isPrivate(host) {
		every = max(every, publicIntervalMin)
	}
	var wait time.Duration
	err := swapJSON(ctx, l.bus, hostValues, host, valueTurn, func(t fetch.Turn) (fetch.Turn, bool) {
		next, w := t.Reserve(every, atMost, now)
		wait = w
		return next, w <= atMost
	})
	return wait, err
}

// Pause implements fetch.Limiter.
func (l limiter) Pause(ctx context.Context, host string, until, now time.Time) error {
	return swapJSON(ctx, l.bus, hostValues, host, valueTurn, func(t fetch.Turn) (fetch.Turn, bool) {
		return t.Pause(until, now), true
	})
}

// countedLimiter tells the metrics how long requests wait for their turn.
type countedLimiter struct {
	fetch.Limiter
	metrics *metrics
}

// Reserve implements fetch.Limiter.
func (l countedLimiter) Reserve(ctx context.Context, host string, every, atMost time.Duration, now time.Time) (time.Duration, error) {
	wait, err := l.Limiter.Reserve(ctx, host, every, atMost, now)
	if err == nil && wait <= atMost {
		l.metrics.waited(wait)
	}
	return wait, err
}

// isPrivate reports whether a host:port is written as an address of one's own network. A name is
// public whatever it resolves to: its interval has to be known before it is resolved.
func isPrivate(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast())
}

// fetcher is the HTTP client with breakers that a deployment shares.
type fetcher struct {
	*fetch.Client
	bus *bus.Bus
	log *slog.Logger
}

// newFetcher builds the client. Crawling without a contact is refused: an operator whose host we
// trouble must be able to reach somebody.
func (s *system) newFetcher() (*fetcher, error) {
	c := s.config
	if c.Contact == "" {
		return nil, noContact()
	}
	log := s.app.logger()
	client, err := fetch.New(fetch.Options{
		Version: version, Contact: c.Contact, HostInterval: c.FetchHostInterval, AllowPrivate: c.FetchAllowPrivate,
		Limiter: countedLimiter{limiter{s.bus}, s.app.metrics}, Logger: log, Answered: s.app.metrics.answered,
	})
	if err != nil {
		return nil, &hinted{err, "ROLESCOPE_CONTACT=you@example.org"}
	}
	return &fetcher{Client: client, bus: s.bus, log: log}, nil
}

func noContact() error {
	return hintf("ROLESCOPE_CONTACT=you@example.org, or the URL of a page about your crawls",
		"crawling needs ROLESCOPE_CONTACT, by which the operator of a job board can reach you; it is sent with every request")
}

// Admit implements ingest.Fetcher. A breaker that cannot be read lets the crawl through.
func (f *fetcher) Admit(host string, now time.Time) error {
	var refused error
	opened := f.swapBreaker(host, func(s fetch.BreakerState) fetch.BreakerState {
		next, err := s.Admit(now)
		refused = err
		return next
	})
	var e *fetch.Error
	if errors.As(refused, &e) {
		e.URL = host
	}
	if opened != nil {
		return nil
	}
	return refused
}

// Report implements ingest.Fetcher.
func (f *fetcher) Report(host string, ok bool, now time.Time) {
	var was, is fetch.BreakerState
	if f.swapBreaker(host, func(s fetch.BreakerState) fetch.BreakerState {
		was, is = s, s.Report(ok, now)
		return is
	}) != nil {
		return
	}
	switch {
	case is.OpenUntil.After(was.OpenUntil):
		f.log.Warn("a host fails again and again and is left alone", "host", host, "until", is.OpenUntil)
	case !was.OpenUntil.IsZero() && ok:
		f.log.Info("a host answers again", "host", host)
	}
}

// breakerKey names a host the same with and without the default port.
func breakerKey(host string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80"))
}

// swapBreaker stores what change makes of a host's breaker, if that is anything else.
func (f *fetcher) swapBreaker(host string, change func(fetch.BreakerState) fetch.BreakerState) error {
	ctx, cancel := context.WithTimeout(context.Background(), breakerTimeout)
	defer cancel()
	err := swapJSON(ctx, f.bus, hostValues, breakerKey(host), valueBreaker, func(s fetch.BreakerState) (fetch.BreakerState, bool) {
		next := change(s)
		return next, next != s
	})
	if err != nil {
		f.log.Warn("breaker of a host cannot be read or stored", "host", host, "error", err)
	}
	return err
}

// isDone reports whether a slot was finished lately: it comes again when the crawler that finished
// it died before it could say so, or when a scheduler died between sending and recording it.
func (s *system) isDone(ctx context.Context, slot posting.Slot) (bool, error) {
	found := false
	err := swapJSON(ctx, s.bus, slot.Source, slot.Board, valueDone, func(ids []string) ([]string, bool) {
		found = slices.Contains(ids, slot.ID())
		return ids, false
	})
	return found, err
}

// setDone remembers a finished slot.
func (s *system) setDone(ctx context.Context, slot posting.Slot) error {
	return swapJSON(ctx, s.bus, slot.Source, slot.Board, valueDone, func(ids []string) ([]string, bool) {
		ids = append(ids, slot.ID())
		return ids[max(0, len(ids)-doneKept):], true
	})
}
