package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// bucketDone remembers what a stage of the kind Once has done, each by the message's origin.
	bucketDone = "DONE"
	// doneBytesMax bounds it: about 300,000 in deliveryWindow.
	doneBytesMax = 64 << 20
)

// ensureDone makes the bucket of what was done.
//
// An acknowledgement is no memory: a server that is killed forgets those of its last tenth of a second, in
// which it gathers them. A value in a bucket is in its file before the answer.
func (b *Bus) ensureDone(ctx context.Context) error {
	if _, err := b.js.KeyValue(ctx, bucketDone); err == nil {
		return nil
	} else if !errors.Is(err, jetstream.ErrBucketNotFound) {
		return fmt.Errorf("open bucket %s: %w", bucketDone, err)
	}
	_, err := b.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: bucketDone, Storage: jetstream.FileStorage, Replicas: b.cfg.Replicas, History: 1, TTL: deliveryWindow, MaxBytes: doneBytesMax,
	})
	if err != nil {
		return fmt.Errorf("make bucket %s: %w", bucketDone, err)
	}
	return nil
}

// doneBucket is the bucket, looked up once.
func (b *Bus) doneBucket(ctx context.Context) (jetstream.KeyValue, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done == nil {
		kv, err := b.js.KeyValue(ctx, bucketDone)
		if err != nil {
			return nil, err
		}
		b.done = kv
	}
	return b.done, nil
}

// doneKey is the message's key in the bucket, or empty for one without an origin.
func (w *worker) doneKey(it *item) string {
	origin := it.msg.Headers().Get(originHeader)
	if origin == "" || len(origin) > tokenBytesMax/3 {
		return ""
	}
	return w.stage.Name + "." + Escape(origin)
}

// isDone reports whether the message was done before, by whatever process.
func (w *worker) isDone(it *item) (bool, error) {
	key := w.doneKey(it)
	if !w.stage.Once || key == "" {
		return false, nil
	}
	kv, err := w.bus.doneBucket(w.work)
	if err != nil {
		return false, fmt.Errorf("read what is done: %w", err)
	}
	_, err = kv.Get(w.work, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what is done: %w", err)
	}
	return true, nil
}

// markDone remembers the items that succeeded. One that cannot be remembered is acknowledged all the same: it
// is done, and giving it back would surely do it again.
func (w *worker) markDone(items []item) {
	for i := range items {
		it := &items[i]
		key := w.doneKey(it)
		if !w.stage.Once || key == "" || it.result.Err != nil || it.result.Wait > 0 {
			continue
		}
		kv, err := w.bus.doneBucket(w.work)
		if err == nil {
			_, err = kv.Put(w.work, key, nil)
		}
		if err != nil {
			w.log.Warn("what is done cannot be remembered: a crash at this moment would do it again", "subject", it.msg.Subject(), "error", err)
		}
	}
}
