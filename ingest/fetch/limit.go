package fetch

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limiter spaces the requests to each host over everybody who shares it. The one in this package
// serves one process; a deployment plugs in one over its KV store, where a host's key holds the next
// free moment.
type Limiter interface {
	// Reserve takes the host's next free moment that is at least every after the moment last given
	// out, and returns how long after now it comes: 0 for at once. A wait longer than atMost means
	// that nothing was taken. The caller waits itself, and may let a moment it took go by unused.
	Reserve(ctx context.Context, host string, every, atMost time.Duration, now time.Time) (wait time.Duration, err error)
	// Pause gives out no moment of the host before until. It never shortens an earlier pause.
	Pause(ctx context.Context, host string, until, now time.Time) error
}

// hostsMax bounds the hosts that are remembered at once; idle ones are then forgotten. A deployment
// of 3,000 boards on hosts of their own fits three times.
const hostsMax = 10_000

// pauseMax bounds a pause, so that neither a host nor a clock that jumped can silence a host for good.
const pauseMax = time.Hour

// processLimiter is the Limiter of one process.
type processLimiter struct {
	mu    sync.Mutex
	hosts map[string]*hostRate
}

type hostRate struct {
	limiter *rate.Limiter
	paused  time.Time // no request before
	used    time.Time
}

func newProcessLimiter() *processLimiter {
	return &processLimiter{hosts: map[string]*hostRate{}}
}

// host finds or makes the host's entry; l.mu is held.
func (l *processLimiter) host(name string, now time.Time) *hostRate {
	if h := l.hosts[name]; h != nil {
		return h
	}
	if len(l.hosts) >= hostsMax {
		for other, o := range l.hosts {
			if now.Sub(o.used).Abs() > pauseMax {
				delete(l.hosts, other)
			}
		}
	}
	h := &hostRate{limiter: rate.NewLimiter(rate.Inf, 1), used: now}
	l.hosts[name] = h
	return h
}

func (l *processLimiter) Reserve(_ context.Context, host string, every, atMost time.Duration, now time.Time) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.host(host, now)
	// A pause further ahead than any can be was asked for before the clock was set back.
	if h.paused.Sub(now) > pauseMax {
		h.paused = time.Time{}
	}
	h.used = now
	if limit := rate.Every(every); h.limiter.Limit() != limit {
		h.limiter.SetLimitAt(now, limit)
	}
	pause := max(h.paused.Sub(now), 0)
	if pause > atMost {
		return pause, nil
	}
	// Those who come during a pause queue behind its end, not all at it.
	at := now.Add(pause)
	r := h.limiter.ReserveN(at, 1)
	wait := pause + r.DelayFrom(at)
	if wait > atMost {
		r.CancelAt(at)
	}
	return wait, nil
}

func (l *processLimiter) Pause(_ context.Context, host string, until, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.host(host, now); until.After(h.paused) {
		h.paused = until
	}
	return nil
}
