package bus

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rolescope/rolescope/posting"
)

const (
	// fetchRows is how many messages one pull asks for: larger pulls are no faster.
	fetchRows = 1000
	// idleWait is how long one pull waits at an empty stream.
	idleWait = 5 * time.Second
	// pullWaitMax bounds one pull while a batch fills, and so how long a stop waits for it.
	pullWaitMax = time.Second
	// retryDelayMax caps the growing delay of a failed message, so that a stage is back at work
	// within that time after an outage.
	retryDelayMax = 30 * time.Second
	// panicDeliveries is after how many deliveries a message that makes its handler panic is taken
	// for poison: once might be the fault of another, or of memory.
	panicDeliveries = 3
)

// Stage says how the messages of one stream are worked on. Several processes may run the same
// stage; they share its messages.
type Stage struct {
	Name   string // one of the Stage constants, which fixes the stream as well
	Stream string // the stream that consumer is on
	// Workers is how many batches are handled at a time, at least 1.
	Workers int
	// A batch closes at BatchRows messages, at about BatchBytes of payload, or BatchAge after its
	// first message, whichever comes first. Rows are at least 1, the others above 0.
	BatchRows  int
	BatchBytes int64
	BatchAge   time.Duration
	// Waiting is how many messages may wait for their later delivery (Result.Wait) beside those that
	// are worked on. More than that hold the others back until the first of them comes.
	Waiting int
	// Retry says when a failed message comes again. Its zero value suits a stage whose trouble is our own:
	// soon, and as often as it takes.
	Retry Retry
	// Once is for work that must not be done again, such as telling a person: what succeeded is remembered for
	// 30 days by the message's origin, and a message of that origin is acknowledged without the handler. Only
	// what a process was at when it was killed is done twice.
	Once bool
	// Handle works on values decoded from the messages (posting.Slot, Raw, Run, Posting, Dead or Delivery) and
	// returns one Result for each, in the same order. It may be given a message again, also when it
	// succeeded before. Its context ends some time after Run's, so that it can finish.
	Handle func(ctx context.Context, batch []any) []Result
}

// Retry says when and how often a message that failed is delivered again.
type Retry struct {
	// DelayMin is before the second delivery and doubles up to DelayMax. Zero is the bus's RetryDelay
	// and 30 s.
	DelayMin, DelayMax time.Duration
	// Attempts is after how many deliveries a message that failed once more is dead-lettered, with the
	// last error as the reason. Deliveries that a crash cut off count. Zero is never.
	Attempts int
}

// Result is what became of one value. Out is published before the value's message is acknowledged;
// a Run read from RAW goes on to POSTING.
//
// Err nil acknowledges, or, with a Wait above 0, has the message delivered again after about that time
// instead (sooner when the server is started anew). An error wrapping posting.ErrInvalid dead-letters the message with that
// reason, one wrapping ErrFatal stops the stage and leaves the message, and any other has the
// message delivered again, after a growing delay and as often as it takes.
type Result struct {
	Out  []any
	Err  error
	Wait time.Duration
}

// Counts is what a stage of this process has done since it was opened.
type Counts struct {
	Batches, Acked, Dead int64
	Retried              int64 // deliveries given back, for any reason
	Panics               int64
}

// ackPending is every worker's batch at work and the next one under way, and what waits.
func (s Stage) ackPending() int { return 2*s.Workers*s.BatchRows + s.Waiting }

func (s Stage) check() error {
	for _, spec := range streamSpecs() {
		for _, name := range spec.consumers {
			if spec.name != s.Stream || name != s.Name {
				continue
			}
			if s.Workers < 1 || s.BatchRows < 1 || s.BatchBytes < 1 || s.BatchAge <= 0 || s.Handle == nil {
				return fmt.Errorf("%w: a stage needs workers, batch limits and a handler", ErrFatal)
			}
			return nil
		}
	}
	return fmt.Errorf("%w: stream %s has no stage of that name", ErrFatal, s.Stream)
}

// Run works on the stage's messages until ctx ends. It then finishes what it holds, within the
// drain timeout, and returns nil. It returns an error wrapping ErrFatal when a handler returned
// one, when the stage is badly made, or when the bus is gone.
func (b *Bus) Run(ctx context.Context, s Stage) error {
	if err := s.check(); err != nil {
		return fmt.Errorf("run stage %s: %w", s.Name, err)
	}
	ackPending := s.ackPending()
	if err := b.ensureConsumer(ctx, s.Stream, s.Name, ackPending); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("run stage %s: %w", s.Name, err)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	// What is held when ctx ends is finished under a context of its own.
	work, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	defer context.AfterFunc(ctx, func() {
		wait(work, b.cfg.DrainTimeout)
		kill()
	})()
	var workers sync.WaitGroup
	for range s.Workers {
		workers.Go(func() {
			w := worker{bus: b, stage: s, work: work, log: b.log.With("stage", s.Name)}
			if err := w.run(ctx); err != nil {
				stop(err)
			}
		})
	}
	workers.Wait()
	if err := context.Cause(ctx); errors.Is(err, ErrFatal) {
		return fmt.Errorf("run stage %s: %w", s.Name, err)
	}
	return nil
}

// Counts returns what each stage of this process has done, by stage name.
func (b *Bus) Counts() map[string]Counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make(map[string]Counts, len(b.counts))
	for name, c := range b.counts {
		out[name] = *c
	}
	return out
}

func (b *Bus) count(stage string, add Counts) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.counts[stage]
	if c == nil {
		c = &Counts{}
		b.counts[stage] = c
	}
	c.Batches += add.Batches
	c.Acked += add.Acked
	c.Dead += add.Dead
	c.Retried += add.Retried
	c.Panics += add.Panics
}

// handle calls the handler. When it panics the batch is halved until the message to blame is alone,
// so that one bad message neither stops nor condemns its neighbours.
func (w *worker) handle(values []any) ([]Result, error) {
	results, panicked := w.try(values)
	if panicked == nil {
		if len(results) != len(values) {
			return nil, fmt.Errorf("%w: the handler returned %d results for %d values", ErrFatal, len(results), len(values))
		}
		return results, nil
	}
	if len(values) == 1 {
		return []Result{{Err: panicked}}, nil
	}
	left, err := w.handle(values[:len(values)/2])
	if err != nil {
		return nil, err
	}
	right, err := w.handle(values[len(values)/2:])
	if err != nil {
		return nil, err
	}
	return append(left[:len(left):len(left)], right...), nil
}

// panicError is a handler's panic, with where it happened.
type panicError struct{ value any }

func (p *panicError) Error() string { return fmt.Sprintf("handler panic: %v", p.value) }

func (w *worker) try(values []any) (results []Result, panicked error) {
	defer func() {
		if v := recover(); v != nil {
			panicked = &panicError{v}
			w.bus.count(w.stage.Name, Counts{Panics: 1})
			w.log.Error("handler panic", "values", len(values), "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
	}()
	return w.stage.Handle(w.work, values), nil
}

// item is one delivered message on its way through a batch.
type item struct {
	msg    jetstream.Msg
	value  any
	result Result
	buried bool // its dead letter is stored
}

// deliveries is how often the message has been delivered, this time included.
func (it *item) deliveries() uint64 {
	meta, err := it.msg.Metadata()
	if err != nil {
		return 1
	}
	return meta.NumDelivered
}

// verdict turns the error of a result into one of the three classes. attempts is the stage's.
func (it *item) verdict(attempts int) error {
	var p *panicError
	if errors.As(it.result.Err, &p) && it.deliveries() >= panicDeliveries {
		return fmt.Errorf("%w: %w, %d times", posting.ErrInvalid, p, it.deliveries())
	}
	err := it.result.Err
	// What was cut short because the process stops has not failed.
	if err == nil || attempts == 0 || it.deliveries() < uint64(attempts) || errors.Is(err, ErrFatal) || errors.Is(err, context.Canceled) {
		return err
	}
	return &givenUp{err, it.deliveries()}
}

// givenUp is an error that has lasted for all the attempts a message has.
type givenUp struct {
	err        error
	deliveries uint64
}

func (g *givenUp) Error() string {
	return fmt.Sprintf("given up after %d deliveries: %v", g.deliveries, g.err)
}

// Is makes it one of the errors that dead-letter a message.
func (g *givenUp) Is(target error) bool { return target == posting.ErrInvalid }

func (g *givenUp) Unwrap() error { return g.err }
