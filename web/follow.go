package web

import (
	"context"
	"sync"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// Follower tells what statements read and whether it has changed. With one an answer is given again for as long as
// it would be the same.
type Follower interface {
	// States says of everything that can be read, by name, what is another after a change. It is asked every
	// memoryAge at most. Nil: nobody can tell.
	States(ctx context.Context) (map[string]string, error)
	// Reads are the names among these that a statement reads; false where something else decides its answer, too.
	Reads(ctx context.Context, states map[string]string, query string, params map[string]string) ([]string, bool, error)
}

// statesTimeout is how long a look at the states may take: an answer is rather made anew than waited for.
const statesTimeout = 2 * time.Second

// snapshot is what the states were at a time.
type snapshot struct {
	at     time.Time
	states map[string]string // nil: nobody could tell
}

// basis is what an answer depends on: the states, from before it was asked for, of what its statements read.
// It is filled while the answer is made, by one statement at a time.
type basis struct {
	snapshot snapshot
	reads    map[string]string
	untold   bool      // it depends on something else, too
	until    time.Time // when the clock makes it another; zero: never
}

type basisKey struct{}

// holds reports whether an answer that depends on b would be the same now.
func (b *basis) holds(now snapshot) bool {
	if b == nil || b.untold || now.states == nil {
		return false
	}
	for name, state := range b.reads {
		if now.states[name] != state {
			return false
		}
	}
	return true
}

// over reports whether the clock has made an answer another.
func (b *basis) over(now time.Time) bool {
	return b != nil && !b.until.IsZero() && !now.Before(b.until)
}

// holdUntil notes that the answer that is being made in ctx is another from t on.
func holdUntil(ctx context.Context, t time.Time) {
	if b, ok := ctx.Value(basisKey{}).(*basis); ok && (b.until.IsZero() || t.Before(b.until)) {
		b.until = t
	}
}

// add notes that the answer also depends on what o is of.
func (b *basis) add(o *basis) {
	b.untold = b.untold || o.untold
	for name, state := range o.reads {
		if b.snapshot.states[name] != state {
			b.untold = true
		}
		b.reads[name] = state
	}
}

// follow asks for the states, for all answers together.
type follow struct {
	Follower
	now  func() time.Time
	warn func(error)
	turn chan struct{} // holds one value while somebody asks
	last snapshot

	mu   sync.Mutex
	told map[string]bool
}

// latest are the states of not longer than memoryAge ago.
func (f *follow) latest(ctx context.Context) snapshot {
	if f.Follower == nil {
		return snapshot{at: f.now()}
	}
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return snapshot{at: f.now()}
	}
	now := f.now()
	if age := now.Sub(f.last.at); !f.last.at.IsZero() && age <= memoryAge && age >= 0 {
		return f.last
	}
	bounded, cancel := context.WithTimeout(ctx, statesTimeout)
	defer cancel()
	states, err := f.States(bounded)
	if ctx.Err() != nil { // who left asked for nobody else
		return snapshot{at: now}
	}
	f.say("states", err)
	if err != nil {
		states = nil
	}
	f.last = snapshot{now, states}
	return f.last
}

// say tells an error of asking for something, and not again while it lasts.
func (f *follow) say(of string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil && !f.told[of] {
		f.warn(err)
	}
	f.told[of] = err != nil
}

// following is a Querier that notes in the basis of the answer that is being made what its statements read.
type following struct {
	trend.Querier
	follow *follow
}

// Select implements trend.Querier.
func (q following) Select(ctx context.Context, dest any, query string, params map[string]string) error {
	if err := giveWay(ctx); err != nil {
		return err
	}
	if err := q.Querier.Select(ctx, dest, query, params); err != nil {
		return err
	}
	b, ok := ctx.Value(basisKey{}).(*basis)
	if !ok || b.untold {
		return nil
	}
	names, told, err := q.follow.Reads(ctx, b.snapshot.states, query, params)
	if err != nil && ctx.Err() == nil {
		q.follow.say("reads", err)
	}
	if err != nil || !told {
		b.untold = true
		return nil
	}
	for _, name := range names {
		b.reads[name] = b.snapshot.states[name]
	}
	return nil
}

// noting begins an answer whose basis is noted, of the states at the snapshot.
func (now snapshot) noting(ctx context.Context) (context.Context, *basis) {
	b := &basis{snapshot: now, reads: map[string]string{}, untold: now.states == nil}
	return context.WithValue(ctx, basisKey{}, b), b
}

// noting begins an answer whose basis is noted.
func (f *follow) noting(ctx context.Context) (context.Context, *basis) {
	return f.latest(ctx).noting(ctx)
}

// again is the answer before if that would be the same now, or else the one that is made now.
func (s *server) again(ctx context.Context, before *kept, answer func(context.Context) reply) made {
	ctx, b := s.follow.noting(ctx)
	if before != nil && before.basis.holds(b.snapshot) && !before.basis.over(s.Now()) {
		return made{before.reply, before.basis, b.snapshot.at}
	}
	out := answer(ctx)
	return made{out, b, s.Now()}
}
