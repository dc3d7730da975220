package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/scheduler"
)

// crawler does the work of slots: it gives ingest.Crawl what it needs and stores what it remembers.
type crawler struct {
	sys     *system
	fetch   *fetcher
	sources func() *sourceList
	now     func() time.Time // of observations and breakers; requests are always spaced in real time
	limits  source.Limits
	log     *slog.Logger
	told    func(posting.Slot, ingest.Result) // if set, is told of every slot that was worked
}

func (s *system) newCrawler(sources func() *sourceList, now func() time.Time) (*crawler, error) {
	f, err := s.newFetcher()
	if err != nil {
		return nil, err
	}
	return &crawler{sys: s, fetch: f, sources: sources, now: now, log: s.app.logger(), told: s.app.metrics.worked}, nil
}

// observedEnd bounds the clock of a machine: the store takes no time from then on (store/migrations).
var observedEnd = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

// observable refuses a moment that no crawl can have happened at: before 2000, or more than healthSlack
// after now, or by a clock that is past any use itself. A run of such a moment would be refused by the
// store, and the board's state would go on to hide its postings behind "not modified".
func observable(at, now time.Time) error {
	if at.Before(observedMin) || at.After(now.Add(healthSlack)) || !at.Before(observedEnd) {
		return fmt.Errorf("a crawl at %s: want a time from %s to now, which is %s by this machine's clock",
			at.UTC().Format(time.RFC3339), observedMin.Format(time.DateOnly), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// errNotCrawled is a slot of a board that is not in the list, or that is switched off there.
var errNotCrawled = errors.New("not crawled")

// crawl works one slot and stores the state of its board. An error is one of the bus, of the clock, or
// of ctx: the slot is to be worked again. What went wrong with the board is in the result. An error
// wrapping posting.ErrInvalid is a slot nobody can work.
func (c *crawler) crawl(ctx context.Context, to ingest.Publisher, slot posting.Slot) (ingest.Result, error) {
	return c.crawlBy(ctx, c.fetch, to, slot)
}

// crawlBy is crawl with a fetcher of the caller's.
func (c *crawler) crawlBy(ctx context.Context, from ingest.Fetcher, to ingest.Publisher, slot posting.Slot) (ingest.Result, error) {
	board, ok := c.sources().find(slot.Source, slot.Board)
	if !ok {
		return ingest.Result{}, fmt.Errorf("%s/%s is %w: it is not in the list of boards", slot.Source, slot.Board, errNotCrawled)
	}
	if off := board.Off(); off != "" {
		return ingest.Result{}, fmt.Errorf("%s is %w: it is %s", board.Name(), errNotCrawled, off)
	}
	now := c.now()
	if err := observable(now, now); err != nil {
		return ingest.Result{}, err // not poison: another crawler's clock may be right
	}
	if err := observable(slot.ObservedAt, now); !slot.ObservedAt.IsZero() && err != nil {
		return ingest.Result{}, fmt.Errorf("%w: %w", posting.ErrInvalid, err)
	}
	state, err := c.sys.bus.Board(ctx, slot.Source, slot.Board)
	if err != nil {
		return ingest.Result{}, err
	}
	result, err := ingest.Crawl(withSource(ctx, slot.Source), from, to, ingest.Task{
		Slot: slot, Source: board.crawler, Site: board.site(), State: ingest.State(state), Now: c.now, Limits: c.limits,
	})
	if err != nil {
		return result, err
	}
	// The messages are durable: what was sent may be remembered as sent.
	err = c.sys.bus.UpdateBoard(ctx, slot.Source, slot.Board, func(latest bus.BoardState) bus.BoardState {
		return bus.BoardState(result.Apply(ingest.State(latest)))
	})
	return result, err
}

// crawlBatchAge is how long a crawler waits for more than one slot: it never does.
const crawlBatchAge = time.Millisecond

// slotsWaiting is how many slots may wait for hosts that are left alone while others are worked: the
// boards and details of a large deployment, at some hundred bytes each in the server.
const slotsWaiting = 10_000

// stage is the crawler as a stage of the bus. A batch is one slot, because each takes minutes.
func (c *crawler) stage() bus.Stage {
	return bus.Stage{
		Name: bus.StageCrawl, Stream: bus.StreamCrawl, Workers: c.sys.config.Crawlers, Waiting: slotsWaiting,
		BatchRows: 1, BatchBytes: 1, BatchAge: crawlBatchAge, Handle: c.handle,
	}
}

func (c *crawler) handle(ctx context.Context, batch []any) []bus.Result {
	out := make([]bus.Result, len(batch))
	for i, v := range batch {
		slot, ok := v.(posting.Slot)
		if !ok {
			out[i].Err = fmt.Errorf("crawl %T: %w", v, posting.ErrInvalid)
			continue
		}
		out[i].Wait, out[i].Err = c.once(ctx, slot)
	}
	return out
}

// once works a slot unless it has been worked, and says how long it has to wait if its host is left
// alone now: until the host may be asked again, but no longer than to the board's next slot. Then the
// board gets a run that says that nobody could ask, and the next slot takes over.
func (c *crawler) once(ctx context.Context, slot posting.Slot) (wait time.Duration, err error) {
	isBoard := slot.Kind != ingest.KindDetail // a detail that was read is known by the board's state
	if isBoard {
		done, err := c.sys.isDone(ctx, slot)
		if err != nil || done {
			return 0, err
		}
	}
	ctxCrawl, end := context.WithCancel(ctx)
	defer end()
	from, left := &patient{fetcher: c.fetch, end: end}, c.untilNext(slot)
	from.lastTry = left <= 0
	result, err := c.crawlBy(ctxCrawl, from, c.sys.bus, slot)
	switch {
	case errors.Is(err, errNotCrawled):
		return 0, c.drop(ctx, slot, err)
	case from.wait > 0 && ctx.Err() == nil:
		wait = min(from.wait, left)
		c.log.Log(ctx, slotLevel(slot), "slot waits for its host", "source", slot.Source, "board", slot.Board, "kind", slot.Kind, "wait", wait)
		return wait, nil
	case err != nil:
		return 0, err
	}
	c.tell(slot, result)
	if isBoard {
		return 0, c.sys.setDone(ctx, slot)
	}
	return 0, nil
}

// slotLevel is at which level a slot that is not worked is logged: a board may have thousands of details.
func slotLevel(slot posting.Slot) slog.Level {
	if slot.Kind == ingest.KindDetail {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// untilNext is how long it is to the next slot of the slot's board, 0 when that has come.
func (c *crawler) untilNext(slot posting.Slot) time.Duration {
	board, ok := c.sources().find(slot.Source, slot.Board)
	if !ok {
		return 0
	}
	return max(board.Next(slot.PlannedAt).Sub(c.now()), 0)
}

// patient is a fetcher that ends a crawl before it has published anything when the host is left alone,
// unless it is the slot's last try.
type patient struct {
	*fetcher
	end     context.CancelFunc
	lastTry bool
	wait    time.Duration // until the host may be asked again; 0 when it could be asked
}

// Admit implements ingest.Fetcher.
func (p *patient) Admit(host string, now time.Time) error {
	err := p.fetcher.Admit(host, now)
	var e *fetch.Error
	if !p.lastTry && errors.As(err, &e) && errors.Is(err, fetch.ErrOpen) {
		p.wait = max(e.RetryAfter, time.Second)
		p.end()
	}
	return err
}

// drop forgets a slot of a board that was taken out of the list, or switched off: nothing is wrong with
// it. The board's schedule owes it from then on, so that a board that comes back is crawled at once.
// (Where the list of this crawler is only older than the scheduler's, that is the board's next slot.)
func (c *crawler) drop(ctx context.Context, slot posting.Slot, why error) error {
	c.log.Log(ctx, slotLevel(slot), "slot dropped", "source", slot.Source, "board", slot.Board, "kind", slot.Kind, "why", why)
	if slot.Kind == ingest.KindDetail {
		return nil // the next list orders it again
	}
	return marks{c.sys.bus}.Update(ctx, slot.Source, slot.Board, func(m scheduler.Mark) (scheduler.Mark, bool) {
		return m.Drop(slot, c.now())
	})
}

// tell logs what a slot gave.
func (c *crawler) tell(slot posting.Slot, r ingest.Result) {
	if c.told != nil {
		c.told(slot, r)
	}
	at := []any{"source", slot.Source, "board", slot.Board}
	if slot.Kind == ingest.KindDetail {
		if r.Err != nil {
			c.log.Warn("detail not read", append(at, "id", slot.ExternalID, "error", r.Err)...)
		}
		return
	}
	run := r.Summary.Run
	at = append(at, "outcome", run.Outcome, "complete", run.Complete, "listed", r.Summary.Listed,
		"published", r.Summary.Published, "unchanged", r.Summary.Unchanged, "rejected", r.Summary.Rejected, "details", r.Details)
	if r.Err != nil {
		c.log.Warn("board crawled", append(at, "error", r.Err)...)
		return
	}
	c.log.Info("board crawled", at...)
}
