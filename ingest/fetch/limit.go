package fetch

import (
	"context"
	"sync"
	"time"
)

// Limiter spaces the requests to each host over everybody who shares it. The one in this package
// serves one process. A deployment plugs in one that keeps a Turn per host in its KV store and
// changes it by compare-and-swap.
type Limiter interface {
	// Reserve takes the host's next free moment, keeps the next one at least every after it, and
	// returns how long after now it comes: 0 for at once. A wait longer than atMost means that
	// nothing was taken. The caller waits itself, and may let a moment it took go by unused.
	Reserve(ctx context.Context, host string, every, atMost time.Duration, now time.Time) (wait time.Duration, err error)
	// Pause gives out no moment of the host before until. It never shortens an earlier pause.
	Pause(ctx context.Context, host string, until, now time.Time) error
}

// pauseMax bounds a pause, so that neither a host nor a clock that jumped can silence a host for good.
const pauseMax = time.Hour

// Turn is when a host may be asked next: plain data, stored as JSON. The zero value is at once.
type Turn struct {
	Next time.Time `json:"next,omitzero"`
}

// Reserve is Limiter.Reserve on a value: the turn to store, and the wait from now. A wait longer
// than atMost leaves the turn as it was.
func (t Turn) Reserve(every, atMost time.Duration, now time.Time) (Turn, time.Duration) {
	wait := max(t.Next.Sub(now), 0)
	// Nothing is ever set further ahead; a clock that was ahead did it.
	if wait > pauseMax+every {
		wait = 0
	}
	if wait > atMost {
		return t, wait
	}
	return Turn{Next: now.Add(wait + every)}, wait
}

// Pause is Limiter.Pause on a value.
func (t Turn) Pause(until, now time.Time) Turn {
	if latest := now.Add(pauseMax); until.After(latest) {
		until = latest
	}
	if until.After(t.Next) {
		t.Next = until
	}
	return t
}

// hostsMax bounds the hosts that are remembered at once; idle ones are then forgotten. A deployment
// of 3,000 boards on hosts of their own fits three times.
const hostsMax = 10_000

// processLimiter is the Limiter of one process.
type processLimiter struct {
	mu    sync.Mutex
	turns map[string]Turn
}

func newProcessLimiter() *processLimiter { return &processLimiter{turns: map[string]Turn{}} }

func (l *processLimiter) Reserve(_ context.Context, host string, every, atMost time.Duration, now time.Time) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	turn, wait := l.turns[host].Reserve(every, atMost, now)
	l.set(host, turn, now)
	return wait, nil
}

func (l *processLimiter) Pause(_ context.Context, host string, until, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set(host, l.turns[host].Pause(until, now), now)
	return nil
}

// set stores a turn; a turn that has come is worth no more than none, so those make room.
func (l *processLimiter) set(host string, turn Turn, now time.Time) {
	if len(l.turns) >= hostsMax {
		for other, t := range l.turns {
			if !t.Next.After(now) {
				delete(l.turns, other)
			}
		}
	}
	l.turns[host] = turn
}
