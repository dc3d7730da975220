package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/rolescope/rolescope/posting"
)

// Marks keeps one Mark per board where all schedulers of a deployment see it.
type Marks interface {
	// Update reads the board's mark (the zero Mark when there is none), calls change with it, and
	// stores the result if change returns true and nobody has stored another in between; otherwise
	// it reads again and calls change again. When it returns nil, the mark that the last call of
	// change returned is stored, or stood there already. It must not be told done by a stale read:
	// two Updates of one board that both store are seen in order by every process.
	Update(ctx context.Context, source, board string, change func(Mark) (Mark, bool)) error
}

const (
	// boardRetry is how long a board whose slot could not be claimed or sent is left alone. It is as
	// long as a claim, which would stand in the way before.
	boardRetry = Lease

	// failuresMax is how many boards in a row may fail before the round ends: the fault is then most
	// likely the store's or the stream's, and asking for thousands of boards more only adds to it.
	failuresMax = 3

	// roundRetry is the wait before the next round after such an end. It is much shorter than
	// boardRetry, so that the rounds get past boards that fail by themselves: 90 of them.
	roundRetry = 2 * time.Second

	// updateTimeout bounds one change of a mark, also the last one of a loop that is told to stop.
	updateTimeout = 5 * time.Second
)

// Loop sends the slots of boards when they are due, beside any number of other Loops over the same
// Marks. All fields but Wait, Sent and Logger must be set.
type Loop struct {
	// Boards returns the boards as configured now; the loop does not keep or change the slice.
	Boards func() []Board
	Marks  Marks
	// Publish returns nil once the slot is stored; it must be idempotent by the slot's id.
	Publish func(ctx context.Context, slot posting.Slot) error
	// Now is the wall clock.
	Now func() time.Time
	// Wait, if set, lets at least d pass by the clock of Now, or returns when ctx has ended. It is
	// called between two rounds, when everything that was owed has been sent; nil waits in real time.
	Wait func(ctx context.Context, d time.Duration)
	// Sent, if set, is told of every slot this loop has sent and how late it was.
	Sent   func(slot posting.Slot, lag time.Duration)
	Logger *slog.Logger

	// seen caches the marks this loop has read. A stale one costs a look at the store, never a slot:
	// what is claimed is decided inside Marks.Update.
	seen    map[boardKey]Mark
	retryAt map[boardKey]time.Time
}

type boardKey struct{ source, board string }

// Run blocks until ctx ends and then returns nil; faults of the store or the stream are logged and
// tried again. It may be called once.
func (l *Loop) Run(ctx context.Context) error {
	if l.Logger == nil {
		l.Logger = slog.New(slog.DiscardHandler)
	}
	if l.Wait == nil {
		l.Wait = waitTimer
	}
	l.seen, l.retryAt = map[boardKey]Mark{}, map[boardKey]time.Time{}
	for ctx.Err() == nil {
		boards := l.Boards()
		l.forget(boards)
		early := l.round(ctx, boards)
		wait := Wait(boards, l.now())
		if early {
			wait = min(wait, roundRetry)
		}
		l.Wait(ctx, wait)
	}
	return nil
}

func waitTimer(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// now is the wall clock without its monotonic reading, which would hide a corrected clock.
func (l *Loop) now() time.Time { return l.Now().Round(0).UTC() }

// forget empties the cache of boards that are not listed any more: the mark of one that comes back is
// read anew, because a slot of it may have been dropped meanwhile.
func (l *Loop) forget(boards []Board) {
	listed := make(map[boardKey]Mark, len(boards))
	for _, b := range boards {
		key := boardKey{b.Source, b.Board}
		if m, ok := l.seen[key]; ok {
			listed[key] = m
		}
	}
	l.seen = listed
}

// round sends everything that is owed and reports whether failures ended it early.
func (l *Loop) round(ctx context.Context, boards []Board) (early bool) {
	mark := func(source, board string) Mark { return l.seen[boardKey{source, board}] }
	failures := 0
	for _, slot := range Due(boards, mark, l.now()) {
		key := boardKey{slot.Source, slot.Board}
		if wait := l.retryAt[key].Sub(l.now()); wait > 0 && wait <= boardRetry {
			continue
		}
		err := l.send(ctx, slot)
		if ctx.Err() != nil {
			return false
		}
		if err == nil {
			failures = 0
			continue
		}
		l.Logger.Warn("slot not sent", slog.String("source", slot.Source), slog.String("board", slot.Board),
			slog.Time("planned_at", slot.PlannedAt), slog.Any("error", err))
		l.retryAt[key] = l.now().Add(boardRetry)
		if failures++; failures == failuresMax {
			return true
		}
	}
	return false
}

// send claims, publishes and confirms one slot. When another holds the claim there is nothing to
// do: the slot is owed until that one has confirmed it, and is looked at again in the next round.
func (l *Loop) send(ctx context.Context, slot posting.Slot) error {
	claimed := false
	err := l.update(ctx, slot, func(m Mark) (next Mark, store bool) {
		next, claimed = m.Claim(slot, l.now())
		return next, claimed
	})
	if err != nil || !claimed {
		return err
	}
	pubCtx, cancel := context.WithTimeout(ctx, publishTimeout)
	err = l.Publish(pubCtx, slot)
	cancel()
	if err != nil {
		// Unknown whether it was stored: the claim stays until it runs out, then the slot is sent
		// again under the same id.
		return err
	}
	if l.Sent != nil {
		l.Sent(slot, l.now().Sub(slot.PlannedAt))
	}
	// What was sent is recorded even when ctx has ended in between, or a stop would repeat it.
	return l.update(context.WithoutCancel(ctx), slot, func(m Mark) (Mark, bool) { return m.Confirm(slot), true })
}

// update changes the board's mark in the store and in the cache.
func (l *Loop) update(ctx context.Context, slot posting.Slot, change func(Mark) (Mark, bool)) error {
	ctx, cancel := context.WithTimeout(ctx, updateTimeout)
	defer cancel()
	var last Mark
	err := l.Marks.Update(ctx, slot.Source, slot.Board, func(m Mark) (Mark, bool) {
		next, store := change(m)
		last = next
		return next, store
	})
	if err != nil {
		return fmt.Errorf("update the mark of %s/%s: %w", slot.Source, slot.Board, err)
	}
	l.seen[boardKey{slot.Source, slot.Board}] = last
	return nil
}
