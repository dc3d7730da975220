package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rolescope/rolescope/posting"
)

const (
	// swapBytesMax caps one value: it fits one message with room for its headers.
	swapBytesMax = 256 << 10
	// swapRetryMin and swapRetryMax bound the growing pause after somebody else was faster.
	swapRetryMin = time.Millisecond
	swapRetryMax = 50 * time.Millisecond
	// unsure is how long before a crash of the machine something must have been stored so that the
	// messages it speaks of are surely on the disk as well: five times what a crash may lose.
	unsure = 5 * syncInterval
)

// Swap changes a small value that all processes of a deployment share, such as the mark of a
// board's schedule or the turn of a host: it reads the value (nil when there is none), calls change
// with it, and stores what that returns if store is true and nobody has stored another in between;
// otherwise it begins again. It tries until ctx ends. When it returns nil, what the last call of
// change returned is stored, or stood there already.
//
// kind names what the value is for, in ASCII letters; source and board may be any text. A value has
// at most 256 KiB.
func (b *Bus) Swap(ctx context.Context, source, board, kind string, change func(old []byte) (value []byte, store bool, err error)) error {
	if err := b.swap(ctx, source, board, kind, change); err != nil {
		return fmt.Errorf("change %s of %s/%s: %w", kind, source, board, err)
	}
	return nil
}

func (b *Bus) swap(ctx context.Context, source, board, kind string, change func([]byte) ([]byte, bool, error)) error {
	prefix, err := boardKey(source, board)
	if err != nil {
		return err
	}
	if Escape(kind) != kind {
		return fmt.Errorf("%w: %q names no kind of value", posting.ErrInvalid, kind)
	}
	key := prefix + ".value." + kind
	kv, err := b.bucket(ctx)
	if err != nil {
		return err
	}
	for delay := swapRetryMin; ; delay = min(2*delay, swapRetryMax) {
		var old []byte
		revision := uint64(0)
		switch entry, err := kv.Get(ctx, key); {
		case err == nil:
			old, revision = entry.Value(), entry.Revision()
		case !errors.Is(err, jetstream.ErrKeyNotFound):
			return err
		}
		value, store, err := change(old)
		if err != nil || !store {
			return err
		}
		if len(value) > swapBytesMax {
			return fmt.Errorf("%w: %d bytes, over the cap of %d", posting.ErrInvalid, len(value), swapBytesMax)
		}
		_, err = kv.Update(ctx, key, value, revision)
		if err == nil {
			return nil
		}
		if !isWrongRevision(err) {
			return err
		}
		if !wait(ctx, delay) {
			return ctx.Err()
		}
	}
}

// forgetUnsure removes from the bucket what was stored within the last seconds before an unclean
// stop. A value may say that something was sent, such as a board's hashes, the mark of a schedule or
// how far an import has come; a crash of the machine may have lost that message and kept the value.
// What was lost was sent within syncInterval of the crash, so the value was stored later than that,
// and the bucket's last message no later than the crash. What is older stays: losing the marks of
// all boards would crawl all of them at once.
func (b *Bus) forgetUnsure(ctx context.Context) error {
	if err := b.forgetSince(ctx); err != nil {
		return fmt.Errorf("forget what the streams may have lost: %w", err)
	}
	return nil
}

func (b *Bus) forgetSince(ctx context.Context) error {
	stream, err := b.js.Stream(ctx, streamBoard)
	if err != nil {
		return err
	}
	state := stream.CachedInfo().State
	if state.Msgs == 0 {
		return nil
	}
	since := state.LastTime.Add(-unsure)
	cons, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		AckPolicy: jetstream.AckNonePolicy, DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &since,
		HeadersOnly: true, InactiveThreshold: openTimeout, MemoryStorage: true,
	})
	if err != nil {
		return err
	}
	// What a pull returns is not all there is; the number pending is.
	for left := cons.CachedInfo().NumPending; left > 0; {
		batch, err := cons.Fetch(int(min(left, fetchRows)), jetstream.FetchMaxWait(openTimeout))
		if err != nil {
			return err
		}
		got := uint64(0)
		for msg := range batch.Messages() {
			got++
			if err := stream.Purge(ctx, jetstream.WithPurgeSubject(msg.Subject())); err != nil {
				return err
			}
		}
		if got == 0 {
			return errors.New("the bucket does not answer")
		}
		left -= min(got, left)
	}
	return nil
}
