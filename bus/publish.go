package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rolescope/rolescope/posting"
)

const (
	typeHeader = "Rolescope-Type"
	// originHeader is the id of the message. A message sent again from its dead letter keeps it, so
	// that another failure is the same letter's.
	originHeader = "Rolescope-Origin"

	// windowMessages is how many messages may wait for their acknowledgement: more gain nothing.
	windowMessages = 1024
	// windowBytes bounds what these messages hold in memory.
	windowBytes = 64 << 20
	// publishAckTimeout is when a publish counts as lost and is sent again; for slots well within
	// duplicateWindow.
	publishAckTimeout = 10 * time.Second
	// publishRetryMin and publishRetryMax bound the growing delay before a refused message is sent
	// again. A stream is usually full because its consumers are busy, which takes moments or hours.
	publishRetryMin = 20 * time.Millisecond
	publishRetryMax = 2 * time.Second
)

// Unsent is returned by Publish for values that can never be sent. Every other value was sent and
// acknowledged. It wraps posting.ErrInvalid.
type Unsent struct {
	Values []any
	Errs   []error // of the same length
}

// Error names the first of the values' errors.
func (u *Unsent) Error() string {
	return fmt.Sprintf("%d values cannot be sent, the first: %v", len(u.Values), u.Errs[0])
}

// Unwrap gives the values' errors.
func (u *Unsent) Unwrap() []error { return u.Errs }

// Publish sends values (posting.Slot, Raw, Run, Posting, Dead or Delivery), each with its id to the stream of
// its type, and returns when the server has stored every one. A slot published again within
// duplicateWindow, or a delivery within deliveryWindow, is taken once, anything else as often as it is sent: who publishes again wants it
// stored again, and each write of it comes to the same. While a stream is full or the server
// away it waits and tries what is not acknowledged again, until ctx ends: that is the back-pressure
// on who publishes. It returns *Unsent when values cannot be encoded (the others are stored), ctx's
// error, or an error wrapping ErrFatal.
func (b *Bus) Publish(ctx context.Context, values ...any) error {
	var unsent Unsent
	var msgs []*nats.Msg
	size := 0
	flush := func() error {
		err := b.send(ctx, msgs)
		msgs, size = msgs[:0], 0
		return err
	}
	for _, v := range values {
		msg, err := encode(v, home)
		if err != nil {
			unsent.Values, unsent.Errs = append(unsent.Values, v), append(unsent.Errs, err)
			continue
		}
		msgs, size = append(msgs, msg), size+weight(msg)
		// Encoding in portions keeps memory bounded however many values are given.
		if size >= windowBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if len(unsent.Values) > 0 {
		return &unsent
	}
	return nil
}

// Bury sends dead letters; see Dead for making one. It returns as Publish does.
func (b *Bus) Bury(ctx context.Context, letters ...posting.Dead) error {
	values := make([]any, len(letters))
	for i, d := range letters {
		values[i] = d
	}
	return b.Publish(ctx, values...)
}

// Retry sends the message of a dead letter again to where it failed. If it fails again that is the
// same letter's failure, because it keeps its origin. It goes out without what a stream tells
// repetitions by, because CRAWL and NOTIFY may still remember the first one. It returns an error wrapping posting.ErrInvalid when the letter does not hold the whole message.
func (b *Bus) Retry(ctx context.Context, d posting.Dead) error {
	if len(d.Body) == 0 || d.Subject == "" {
		return fmt.Errorf("retry dead letter %s: %w: it holds no message", d.ID, posting.ErrInvalid)
	}
	msg := nats.NewMsg(retrySubject(d.Subject))
	msg.Header.Set(typeHeader, d.Type)
	msg.Header.Set(originHeader, d.Origin)
	msg.Data = d.Body
	return b.send(ctx, []*nats.Msg{msg})
}

// encode makes the NATS message of a value. prefix gives the subject's first token for its type.
func encode(v any, prefix func(typ string) string) (*nats.Msg, error) {
	m, err := posting.Encode(v)
	if err != nil {
		return nil, err
	}
	to := prefix(m.Type)
	if slot, ok := v.(posting.Slot); ok && slot.Kind == posting.SlotAlerts {
		to = alertPrefix // crawlers, which need no store, do not see it
	}
	subj, err := subject(m, to)
	if err != nil {
		return nil, fmt.Errorf("encode %s %s: %w", m.Type, m.ID, err)
	}
	msg := nats.NewMsg(subj)
	msg.Header.Set(typeHeader, m.Type)
	msg.Header.Set(originHeader, m.ID)
	if m.Type == posting.TypeSlot || m.Type == posting.TypeDelivery {
		msg.Header.Set(jetstream.MsgIDHeader, m.ID)
	}
	msg.Data = m.Data
	return msg, nil
}

// weight is a message's share of the window: its bytes, and never so few that more than
// windowMessages fit.
func weight(m *nats.Msg) int { return max(len(m.Data), windowBytes/windowMessages) }

// send publishes messages until each is acknowledged.
func (b *Bus) send(ctx context.Context, msgs []*nats.Msg) error {
	var err error // why the server refused last
	for delay := publishRetryMin; len(msgs) > 0; delay = min(2*delay, publishRetryMax) {
		failed, oerr := b.sendOnce(ctx, msgs)
		if len(failed) == 0 {
			return nil
		}
		if err == nil || ctx.Err() == nil {
			err = oerr
		}
		if uerr := b.usable(); uerr != nil {
			return fmt.Errorf("publish: %w", uerr)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("publish: %w, %d of %d messages not stored (%w)", ctx.Err(), len(failed), len(msgs), err)
		}
		b.log.Log(ctx, retryLevel(delay), "publish refused, waiting",
			"messages", len(failed), "subject", failed[0].Subject, "delay", delay, "error", err)
		if isFull(err) {
			if err := b.makeRoom(ctx, failed[0].Subject); err != nil {
				b.log.Warn("make room in a full stream", "subject", failed[0].Subject, "error", err)
			}
		}
		if !wait(ctx, delay) {
			return fmt.Errorf("publish: %w, %d messages not stored (%w)", ctx.Err(), len(failed), err)
		}
		if len(failed) < len(msgs) {
			delay = publishRetryMin / 2 // it moves
		}
		msgs = failed
	}
	return nil
}

type flight struct {
	msg *nats.Msg
	ack jetstream.PubAckFuture
}

// sendOnce publishes messages, each once, and waits for the acknowledgements. It returns those not
// acknowledged with one of the reasons.
func (b *Bus) sendOnce(ctx context.Context, msgs []*nats.Msg) (failed []*nats.Msg, err error) {
	var flying []flight
	land := func() {
		f := flying[0]
		flying = flying[1:]
		select {
		case <-f.ack.Ok():
		case aerr := <-f.ack.Err():
			failed, err = append(failed, f.msg), aerr
		case <-ctx.Done():
			failed, err = append(failed, f.msg), context.Cause(ctx)
		case <-b.broken:
			failed, err = append(failed, f.msg), b.usable()
		}
		b.window.Release(int64(weight(f.msg)))
	}
	for i, m := range msgs {
		// Whoever holds part of the window takes its own acknowledgements before waiting for more,
		// so publishers cannot wait for each other in a circle.
		for !b.window.TryAcquire(int64(weight(m))) {
			if len(flying) > 0 {
				land()
			} else if aerr := b.window.Acquire(ctx, int64(weight(m))); aerr != nil {
				return append(failed, msgs[i:]...), aerr
			} else {
				break
			}
		}
		ack, perr := b.js.PublishMsgAsync(m, jetstream.WithRetryAttempts(0))
		if perr != nil {
			b.window.Release(int64(weight(m)))
			failed, err = append(failed, msgs[i:]...), perr
			break
		}
		flying = append(flying, flight{m, ack})
		if isFull(err) {
			// The rest would be refused as well, and a part accepted by chance only confuses.
			failed = append(failed, msgs[i+1:]...)
			break
		}
	}
	for len(flying) > 0 {
		land()
	}
	return failed, err
}

// isFull reports whether a stream refused a message because it has reached its cap.
func isFull(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == errCodeStoreFailed
}

// errCodeStoreFailed is the server's JSStreamStoreFailedF, which a full stream answers with.
const errCodeStoreFailed = 10077

// makeRoom removes what is settled from the stream of a subject, if that is one that keeps it for
// reading or to know it again; only what is not settled may hold a publisher back.
func (b *Bus) makeRoom(ctx context.Context, subject string) error {
	prefix, _, _ := strings.Cut(subject, ".")
	for _, spec := range streamSpecs() {
		if spec.prefix != prefix || !spec.keeps() {
			continue
		}
		stream, err := b.js.Stream(ctx, spec.name)
		if err != nil {
			return err
		}
		cons, err := stream.Consumer(ctx, spec.consumers[0])
		if err != nil {
			return err
		}
		// With what is settled gone, the floor is the first message that is not.
		return stream.Purge(ctx, jetstream.WithPurgeSequence(cons.CachedInfo().AckFloor.Stream+1))
	}
	return nil
}
