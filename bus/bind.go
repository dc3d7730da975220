package bus

import (
	"context"
	"errors"
	"fmt"
)

// ErrOtherStore is in the chain when the bus carries the data of another store.
var ErrOtherStore = errors.New("the bus belongs to another store")

// storeKey is where the bucket holds the identity of the store; boards' keys begin with "board.".
const storeKey = "store"

// Bind makes the bus that of one store, for good: two stores behind one bus would each get a part of
// the postings, and neither would know. identity is any text that tells stores apart. It returns an
// error wrapping ErrOtherStore when the bus is another's.
func (b *Bus) Bind(ctx context.Context, identity string) error {
	kv, err := b.js.KeyValue(ctx, bucketBoard)
	if err != nil {
		return fmt.Errorf("bind the bus to a store: %w", err)
	}
	_, err = kv.Create(ctx, storeKey, []byte(identity))
	if err == nil {
		return nil
	}
	if !isWrongRevision(err) {
		return fmt.Errorf("bind the bus to a store: %w", err)
	}
	entry, err := kv.Get(ctx, storeKey)
	if err != nil {
		return fmt.Errorf("bind the bus to a store: %w", err)
	}
	if owner := string(entry.Value()); owner != identity {
		return fmt.Errorf("%w: nats at %s carries the data of store %s, and this is store %s", ErrOtherStore, hosts(b.url), owner, identity)
	}
	return nil
}
