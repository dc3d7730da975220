package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rolescope/rolescope/posting"
)

// Backlog is what waits in one stream.
type Backlog struct {
	// Messages and Bytes are what is stored, with what every consumer has seen where the stream keeps it.
	Messages  uint64                     `json:"messages"`
	Bytes     uint64                     `json:"bytes"`
	Consumers map[string]ConsumerBacklog `json:"consumers"`

	last  uint64 // sequence number of the newest message
	floor uint64 // every consumer has settled everything up to this one
}

// ConsumerBacklog is what one stage has before it, in messages.
type ConsumerBacklog struct {
	Pending     uint64 `json:"pending"`     // never delivered
	AckPending  uint64 `json:"ack_pending"` // delivered and not settled, delayed retries included
	Redelivered uint64 `json:"redelivered"` // of these, delivered more than once
}

const (
	// drainPollMin and drainPollMax bound the growing pause between two looks at the backlog.
	drainPollMin = 5 * time.Millisecond
	drainPollMax = 250 * time.Millisecond
)

// Pending returns the backlog of every stream by its name.
func (b *Bus) Pending(ctx context.Context) (map[string]Backlog, error) {
	out := map[string]Backlog{}
	for _, spec := range streamSpecs() {
		backlog, err := b.backlog(ctx, spec)
		if err != nil {
			return nil, err
		}
		out[spec.name] = backlog
	}
	return out, nil
}

func (b *Bus) backlog(ctx context.Context, spec streamSpec) (Backlog, error) {
	stream, err := b.js.Stream(ctx, spec.name)
	if err != nil {
		return Backlog{}, fmt.Errorf("look at stream %s: %w", spec.name, err)
	}
	state := stream.CachedInfo().State
	out := Backlog{Messages: state.Msgs, Bytes: state.Bytes, Consumers: map[string]ConsumerBacklog{}, last: state.LastSeq, floor: state.LastSeq}
	for _, name := range spec.consumers {
		cons, err := stream.Consumer(ctx, name)
		if err != nil {
			return Backlog{}, fmt.Errorf("look at consumer %s of stream %s: %w", name, spec.name, err)
		}
		info := cons.CachedInfo()
		out.floor = min(out.floor, info.AckFloor.Stream)
		out.Consumers[name] = ConsumerBacklog{
			Pending: info.NumPending, AckPending: uint64(info.NumAckPending), Redelivered: uint64(info.NumRedelivered),
		}
	}
	return out, nil
}

// Drained waits until every stage has settled what was in RAW, POSTING and DEAD, and what came of it,
// or ctx ends. What others publish meanwhile it need not wait for. It looks at the streams in the order
// of the data path: a stage publishes before it acknowledges, so what has left one stream is in the next.
func (b *Bus) Drained(ctx context.Context) error {
	delay := drainPollMin
	for _, spec := range streamSpecs() {
		if !spec.accounted() {
			continue
		}
		upTo := uint64(0) // what was in the stream when it was first looked at
		for {
			backlog, err := b.backlog(ctx, spec)
			if err == nil && upTo == 0 {
				upTo = backlog.last
			}
			if err == nil && (backlog.settled() || backlog.floor >= upTo) {
				break
			}
			if uerr := b.usable(); uerr != nil {
				return fmt.Errorf("drain: %w", uerr)
			}
			if !wait(ctx, delay) {
				return fmt.Errorf("drain: %w, stream %s still holds %+v", ctx.Err(), spec.name, backlog.Consumers)
			}
			delay = min(2*delay, drainPollMax)
		}
		// What was dead-lettered further down arrives in DEAD, which comes last.
	}
	return nil
}

// Unsettled is how many messages the stage that has most before it has before it: what a stream keeps
// after that is not among them.
func (b Backlog) Unsettled() uint64 {
	most := uint64(0)
	for _, c := range b.Consumers {
		most = max(most, c.Pending+c.AckPending)
	}
	return most
}

func (b Backlog) settled() bool {
	for _, c := range b.Consumers {
		if c.Pending > 0 || c.AckPending > 0 {
			return false
		}
	}
	return len(b.Consumers) > 0
}

// InFlight returns the set of "posting id/content hash" that some stage has not settled yet: the
// messages of RAW and POSTING, and the dead letters not yet buried. It reads messages one by one
// and holds only the set. Messages settled while it reads may be in it.
func (b *Bus) InFlight(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	for _, spec := range streamSpecs() {
		if !spec.accounted() {
			continue
		}
		if err := b.scan(ctx, spec, out); err != nil {
			return nil, fmt.Errorf("read stream %s: %w", spec.name, err)
		}
	}
	return out, nil
}

func (b *Bus) scan(ctx context.Context, spec streamSpec, out map[string]bool) error {
	stream, err := b.js.Stream(ctx, spec.name)
	if err != nil {
		return err
	}
	state := stream.CachedInfo().State
	seq := state.FirstSeq
	if spec.keeps() { // what is settled stays in this one
		cons, err := stream.Consumer(ctx, spec.consumers[0])
		if err != nil {
			return err
		}
		seq = max(seq, cons.CachedInfo().AckFloor.Stream+1)
	}
	for seq <= state.LastSeq && state.Msgs > 0 {
		// With a subject the server gives the next message at or after seq, which skips the gaps.
		msg, err := stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(spec.prefix+".>"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		seq = msg.Sequence + 1
		value, err := posting.Decode(msg.Header.Get(typeHeader), msg.Data)
		if err != nil {
			continue // its stage dead-letters it
		}
		switch v := value.(type) {
		case posting.Raw:
			out[v.PostingID+"/"+v.ContentHash] = true
		case posting.Posting:
			out[v.PostingID+"/"+v.ContentHash] = true
		case posting.Dead:
			if v.PostingID != "" {
				out[v.PostingID+"/"+v.ContentHash] = true
			}
		}
	}
	return nil
}
