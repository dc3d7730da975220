package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rolescope/rolescope/posting"
)

// worker collects and handles one batch at a time.
type worker struct {
	bus   *Bus
	stage Stage
	work  context.Context // ends the drain timeout after the stage was stopped
	log   *slog.Logger
	cons  jetstream.Consumer
}

// run handles batches until ctx ends. The error, if any, wraps ErrFatal.
func (w *worker) run(ctx context.Context) error {
	for failures := 0; ctx.Err() == nil; {
		batch := &batch{renewEvery: w.bus.cfg.AckWait / 3}
		err := w.collect(ctx, batch)
		if len(batch.items) > 0 {
			failures = 0
			batch.keep()
			fatal := w.process(batch)
			batch.release()
			if fatal != nil {
				return fatal
			}
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		if uerr := w.bus.usable(); uerr != nil {
			return uerr
		}
		// The server is away, or someone removed the consumer: look for it again.
		w.cons = nil
		failures++
		delay := min(publishRetryMin<<min(failures, 10), publishRetryMax)
		w.log.Log(ctx, retryLevel(delay), "fetch refused, waiting", "delay", delay, "error", err)
		wait(ctx, delay)
	}
	return nil
}

// collect fills a batch. It returns when the batch is full or old enough, when ctx ends, or after
// idleWait with an empty one.
func (w *worker) collect(ctx context.Context, b *batch) error {
	if w.cons == nil {
		s := w.stage
		if err := w.bus.ensureConsumer(ctx, s.Stream, s.Name, s.ackPending()); err != nil {
			return err
		}
		cons, err := w.bus.js.Consumer(ctx, s.Stream, s.Name)
		if err != nil {
			return err
		}
		w.cons = cons
	}
	// One message first: its arrival starts the batch's age, which then bounds the next pulls at
	// the server. To give up a pull from this side, as the end of ctx does here, could lose sight
	// of messages under way, which then come again only after AckWait.
	idle, cancel := context.WithTimeout(ctx, idleWait)
	defer cancel()
	if err := w.fetch(ctx, b, 1, jetstream.FetchContext(idle)); err != nil || len(b.items) == 0 {
		return err
	}
	b.keep()
	defer b.release()
	closes := time.Now().Add(w.stage.BatchAge)
	for len(b.items) < w.stage.BatchRows && b.bytes < w.stage.BatchBytes && ctx.Err() == nil {
		left := time.Until(closes)
		if left < time.Millisecond {
			return nil
		}
		rows := min(w.stage.BatchRows-len(b.items), fetchRows)
		bytes := int(max(w.stage.BatchBytes-b.bytes, maxPayload)) // a pull smaller than the next message gets nothing
		err := w.fetch(ctx, b, rows, jetstream.FetchMaxWait(min(left, pullWaitMax)), jetstream.FetchMaxBytes(bytes))
		if err != nil {
			return err
		}
	}
	return nil
}

// fetch adds up to rows messages to the batch within the limits.
func (w *worker) fetch(ctx context.Context, b *batch, rows int, limits ...jetstream.FetchOpt) error {
	got, err := w.cons.Fetch(rows, limits...)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("fetch: %w", err)
	}
	if err != nil {
		return nil
	}
	for msg := range got.Messages() {
		b.add(msg)
	}
	err = got.Error()
	if err != nil && ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("fetch: %w", err)
	}
	return nil
}

// process handles a batch, publishes what came of it and settles its messages. Its error wraps
// ErrFatal.
func (w *worker) process(b *batch) error {
	now := time.Now()
	var good []*item
	var values []any
	for i := range b.items {
		it := &b.items[i]
		it.value, it.result.Err = posting.Decode(it.msg.Headers().Get(typeHeader), it.msg.Data())
		if it.result.Err != nil {
			continue
		}
		done, err := w.isDone(it)
		if it.result.Err = err; err == nil && !done {
			good, values = append(good, it), append(values, it.value)
		}
	}
	var fatal error
	if len(values) > 0 {
		results, err := w.handle(values)
		fatal = err
		for i, it := range good {
			if err != nil {
				it.result = Result{Err: err}
			} else {
				it.result = results[i]
			}
		}
	}
	if err := w.publish(b.items); err != nil && errors.Is(err, ErrFatal) {
		fatal = err
	}
	if err := w.bury(b.items, now); err != nil && errors.Is(err, ErrFatal) {
		fatal = err
	}
	w.markDone(b.items)
	return errors.Join(fatal, w.settle(b.items))
}

// publish sends the outputs of the items that succeeded, and marks each item whose output cannot be
// sent as invalid, or as failed when the sending did not come to its end.
func (w *worker) publish(items []item) error {
	var msgs []*nats.Msg
	for i := range items {
		it := &items[i]
		if it.result.Err != nil {
			continue
		}
		for _, v := range it.result.Out {
			msg, err := encode(v, func(typ string) string { return next(w.stage.Stream, typ) })
			if err != nil {
				it.result.Err = err
				break
			}
			msgs = append(msgs, msg)
		}
	}
	err := w.bus.send(w.work, msgs)
	if err != nil {
		for i := range items {
			if it := &items[i]; it.result.Err == nil && len(it.result.Out) > 0 {
				it.result.Err = err
			}
		}
	}
	return err
}

// bury dead-letters the invalid items. Items whose letter could not be sent stay invalid and are
// settled as failed.
func (w *worker) bury(items []item, now time.Time) error {
	var letters []posting.Dead
	var buried []*item
	for i := range items {
		it := &items[i]
		if it.result.Err = it.verdict(w.stage.Retry.Attempts); !errors.Is(it.result.Err, posting.ErrInvalid) {
			continue
		}
		d := deadMessage(w.stage.Name, it.msg, it.value, it.result.Err, now)
		letters, buried = append(letters, d), append(buried, it)
		w.log.Info("message dead-lettered", "dead", d.ID, "subject", d.Subject, "reason", d.Reason)
	}
	if len(letters) == 0 {
		return nil
	}
	if w.stage.Name == StageBury {
		// A letter that cannot be buried must not become a letter again, and so on for ever. It is
		// logged above and stays in its stream.
		letters = nil
	}
	err := w.bus.Bury(w.work, letters...)
	for _, it := range buried {
		it.buried = err == nil
	}
	return err
}

// settle acknowledges, gives back or leaves each message. Plain acknowledgements are enough: one
// that is lost means one more delivery, which every stage must bear anyway.
func (w *worker) settle(items []item) error {
	var add Counts
	var fatal error
	warned := false
	add.Batches = 1
	for i := range items {
		it := &items[i]
		var err error
		switch {
		case it.result.Err == nil && it.result.Wait > 0:
			add.Retried++
			err = it.msg.NakWithDelay(it.result.Wait)
		case it.result.Err == nil:
			add.Acked++
			err = it.msg.Ack()
		case it.buried:
			add.Dead++
			err = it.msg.Ack()
		default:
			if errors.Is(it.result.Err, ErrFatal) {
				fatal = it.result.Err
			} else if !warned {
				warned = true
				w.log.Warn("message failed, to be delivered again", "subject", it.msg.Subject(),
					"deliveries", it.deliveries(), "error", it.result.Err)
			}
			add.Retried++
			err = it.msg.NakWithDelay(w.stage.Retry.delay(w.bus.cfg.RetryDelay, it.deliveries()))
		}
		if err != nil {
			w.log.Debug("settle message", "subject", it.msg.Subject(), "error", err)
		}
	}
	w.bus.count(w.stage.Name, add)
	return fatal
}

// delay doubles with each delivery. base is the bus's.
func (r Retry) delay(base time.Duration, deliveries uint64) time.Duration {
	doublings := min(max(deliveries, 1)-1, 20)
	return min(cmp.Or(r.DelayMin, base)<<doublings, cmp.Or(r.DelayMax, retryDelayMax))
}

// batch is what a worker holds. While it is kept, its messages are renewed, so that the server
// gives them to nobody else.
type batch struct {
	renewEvery time.Duration
	mu         sync.Mutex // guards items against the renewal
	items      []item
	bytes      int64
	stop       chan struct{}
	stopped    sync.WaitGroup
}

func (b *batch) add(msg jetstream.Msg) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items = append(b.items, item{msg: msg})
	b.bytes += int64(len(msg.Data()))
}

// keep starts the renewal.
func (b *batch) keep() {
	b.stop = make(chan struct{})
	b.stopped.Go(func() {
		t := time.NewTicker(b.renewEvery)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				b.renew()
			case <-b.stop:
				return
			}
		}
	})
}

func (b *batch) renew() {
	b.mu.Lock()
	held := b.items[:len(b.items):len(b.items)]
	b.mu.Unlock()
	for i := range held {
		_ = held[i].msg.InProgress() // one that is lost is made up by the next
	}
}

// release ends the renewal.
func (b *batch) release() {
	close(b.stop)
	b.stopped.Wait()
}
