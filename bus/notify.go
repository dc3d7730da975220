package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rolescope/rolescope/posting"
)

const (
	// notifyPrefix is the first token of NOTIFY's subjects: notify.<channel>.<rule>.
	notifyPrefix = "notify"
	// announcePrefix is the first token of the subjects that alerts are told on. No stream of ours has
	// it: a subscriber, or a stream that somebody else makes, may.
	announcePrefix = "alerts"
)

// Announce tells an alert event to those who listen to `alerts.<rule>` at this moment, with its id as
// Nats-Msg-Id, by which a JetStream stream on that subject drops repetitions. It returns when the
// server has it, which says nothing of listeners.
func (b *Bus) Announce(ctx context.Context, rule, id string, event []byte) error {
	token := Escape(rule)
	if len(token) > tokenBytesMax {
		return fmt.Errorf("announce %s: %w: a rule's name of %d escaped bytes, over the cap of %d", id, posting.ErrInvalid, len(token), tokenBytesMax)
	}
	msg := nats.NewMsg(announcePrefix + "." + token)
	msg.Header.Set(jetstream.MsgIDHeader, id)
	msg.Data = event
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	err := b.nc.PublishMsg(msg)
	if err == nil {
		err = b.nc.FlushWithContext(ctx)
	}
	switch {
	case errors.Is(err, nats.ErrMaxPayload):
		return fmt.Errorf("announce %s: %w: %w", id, posting.ErrInvalid, err)
	case err != nil:
		return fmt.Errorf("announce %s: %w", id, err)
	}
	return nil
}
