package bus

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rolescope/rolescope/posting"
)

// BoardState is what is remembered of one board between its crawls. It saves sending again what
// was sent; losing it costs no more than that.
type BoardState struct {
	Normaliser string            `json:"normaliser"` // version that made the hashes
	Hashes     map[string]string `json:"hashes"`     // external id to content hash of the last run that was published
	// Rows maps external ids to the fingerprint of the list row under which their detail was read.
	Rows map[string]string `json:"rows,omitempty"`
	// Validators of the last answer that was the whole board, for a conditional request.
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	// AnsweredAt is when the run that had this answer was observed.
	AnsweredAt time.Time `json:"answered_at,omitzero"`
}

const (
	bucketBoard = "BOARD"
	streamBoard = "KV_" + bucketBoard // the stream NATS keeps a bucket in
	// partBytes splits a state: a board of 100,000 postings has about 10 MB.
	partBytes = 256 << 10
	// boardBytesMax caps one state, ten times the largest board ever seen.
	boardBytesMax = 128 << 20
	// orphanAge is when parts that no head names are taken for those of a writer that died.
	orphanAge = time.Hour
	// boardAttempts is how often UpdateBoard starts again when another process was faster.
	boardAttempts = 20
)

// boardHead names the parts that are the present state.
type boardHead struct {
	Name   string `json:"name"`   // of the parts: no two writers that differ, and no two times, share one
	Digest string `json:"digest"` // SHA-256 of the joined parts
	Parts  int    `json:"parts"`
}

func (b *Bus) ensureBoards(ctx context.Context) error {
	if _, err := b.js.KeyValue(ctx, bucketBoard); err == nil {
		return nil
	} else if !errors.Is(err, jetstream.ErrBucketNotFound) {
		return fmt.Errorf("open bucket %s: %w", bucketBoard, err)
	}
	_, err := b.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: bucketBoard, Storage: jetstream.FileStorage, Replicas: b.cfg.Replicas, History: 1,
	})
	if err != nil {
		return fmt.Errorf("make bucket %s: %w", bucketBoard, err)
	}
	return nil
}

// bucket is the bucket, looked up once: asking for it each time would double the requests that a
// small value takes.
func (b *Bus) bucket(ctx context.Context) (jetstream.KeyValue, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kv == nil {
		kv, err := b.js.KeyValue(ctx, bucketBoard)
		if err != nil {
			return nil, err
		}
		b.kv = kv
	}
	return b.kv, nil
}

// boardKey is the prefix of a board's keys: <prefix>.head and <prefix>.part.<name>.<number> for its
// state, <prefix>.value.<kind> for the values of Swap.
func boardKey(source, board string) (string, error) {
	m := posting.Message{Type: posting.TypeSlot, Source: source, Board: board}
	return subject(m, "board")
}

// Board returns what UpdateBoard stored last, or the zero value when there is nothing, or nothing
// whole.
func (b *Bus) Board(ctx context.Context, source, board string) (BoardState, error) {
	state, _, err := b.readBoard(ctx, source, board)
	if err != nil {
		return BoardState{}, fmt.Errorf("read state of board %s/%s: %w", source, board, err)
	}
	return state, nil
}

func (b *Bus) readBoard(ctx context.Context, source, board string) (BoardState, uint64, error) {
	key, err := boardKey(source, board)
	if err != nil {
		return BoardState{}, 0, err
	}
	kv, err := b.bucket(ctx)
	if err != nil {
		return BoardState{}, 0, err
	}
	for revision := uint64(0); ; {
		head, at, err := readHead(ctx, kv, key)
		if err != nil || head.Parts == 0 {
			return BoardState{}, at, err
		}
		state, ok, err := readParts(ctx, kv, key, head)
		if err != nil || ok {
			return state, at, err
		}
		if at == revision {
			b.log.Warn("state of a board is damaged: it will be sent again", "source", source, "board", board)
			return BoardState{}, at, nil
		}
		revision = at // perhaps it was replaced while we read; if not, it is damaged
	}
}

// readHead returns the zero head when there is none or it cannot be read.
func readHead(ctx context.Context, kv jetstream.KeyValue, key string) (boardHead, uint64, error) {
	entry, err := kv.Get(ctx, key+".head")
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return boardHead{}, 0, nil
	}
	if err != nil {
		return boardHead{}, 0, err
	}
	var head boardHead
	if json.Unmarshal(entry.Value(), &head) != nil || head.Parts < 1 || head.Parts > boardBytesMax/partBytes {
		return boardHead{}, entry.Revision(), nil
	}
	return head, entry.Revision(), nil
}

// readParts reports false when the parts are not those the head names.
func readParts(ctx context.Context, kv jetstream.KeyValue, key string, head boardHead) (BoardState, bool, error) {
	var data []byte
	for i := range head.Parts {
		entry, err := kv.Get(ctx, partKey(key, head.Name, i))
		if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
			return BoardState{}, false, nil
		}
		if err != nil {
			return BoardState{}, false, err
		}
		data = append(data, entry.Value()...)
	}
	var state BoardState
	if digest(data) != head.Digest || json.Unmarshal(data, &state) != nil {
		return BoardState{}, false, nil
	}
	return state, true, nil
}

func partKey(key, name string, i int) string { return fmt.Sprintf("%s.part.%s.%d", key, name, i) }

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// UpdateBoard stores what change makes of the present state of a board. When another process stores
// one in between, change is called again with that. The parts are written first and the head
// switches to them at once, so that Board returns the old state or the new one; the old parts are
// then removed. Call it only after the publishing of what the state remembers as sent has returned.
func (b *Bus) UpdateBoard(ctx context.Context, source, board string, change func(BoardState) BoardState) error {
	if err := b.updateBoard(ctx, source, board, change); err != nil {
		return fmt.Errorf("store state of board %s/%s: %w", source, board, err)
	}
	return nil
}

func (b *Bus) updateBoard(ctx context.Context, source, board string, change func(BoardState) BoardState) error {
	key, err := boardKey(source, board)
	if err != nil {
		return err
	}
	kv, err := b.bucket(ctx)
	if err != nil {
		return err
	}
	delay := swapRetryMin
	for range boardAttempts {
		state, revision, rerr := b.readBoard(ctx, source, board)
		if rerr != nil {
			return rerr
		}
		err = b.writeBoard(ctx, kv, key, change(state), revision)
		if !isWrongRevision(err) {
			return err
		}
		if !wait(ctx, delay) {
			return ctx.Err()
		}
		delay = min(2*delay, swapRetryMax)
	}
	return err
}

// writeBoard stores a state that was made from the one at revision.
func (b *Bus) writeBoard(ctx context.Context, kv jetstream.KeyValue, key string, state BoardState, revision uint64) error {
	data, err := json.Marshal(state)
	if err != nil {
		return err
	}
	if len(data) > boardBytesMax {
		return fmt.Errorf("%w: %d bytes, over the cap of %d", posting.ErrInvalid, len(data), boardBytesMax)
	}
	old, at, err := readHead(ctx, kv, key)
	if err != nil {
		return err
	}
	if at != revision {
		return jetstream.ErrKeyExists
	}
	head := boardHead{Digest: digest(data), Parts: (len(data) + partBytes - 1) / partBytes}
	head.Name = fmt.Sprintf("%s-%d", head.Digest, revision)
	for i := range head.Parts {
		part := bytes.Clone(data[i*partBytes : min((i+1)*partBytes, len(data))])
		if _, err := kv.Put(ctx, partKey(key, head.Name, i), part); err != nil {
			return err
		}
	}
	headData, err := json.Marshal(head)
	if err != nil {
		return err
	}
	if _, err := kv.Update(ctx, key+".head", headData, revision); err != nil {
		return err
	}
	return b.dropParts(ctx, key, old.Name, head.Name)
}

// isWrongRevision reports whether a key had been made or changed since the revision an update was based on.
func isWrongRevision(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, jetstream.ErrKeyExists) ||
		errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence
}

// dropParts removes the parts of the state that was replaced, and those of writers that died, from
// the stream itself: deleting a key would leave a mark for each, for ever. Other parts may be those
// of a writer at work, or of one that has replaced the new state already.
func (b *Bus) dropParts(ctx context.Context, key, replaced, present string) error {
	prefix := "$KV." + bucketBoard + "." + key + ".part."
	stream, err := b.js.Stream(ctx, streamBoard)
	if err != nil {
		return err
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(prefix+">"))
	if err != nil {
		return err
	}
	seen := map[string]bool{present: true}
	for subj := range info.State.Subjects {
		name, _, _ := strings.Cut(strings.TrimPrefix(subj, prefix), ".")
		if seen[name] {
			continue
		}
		seen[name] = true
		if name != replaced {
			part, err := stream.GetLastMsgForSubject(ctx, subj)
			if err != nil || info.TimeStamp.Sub(part.Time) < orphanAge {
				continue // gone already, or young
			}
		}
		if err := stream.Purge(ctx, jetstream.WithPurgeSubject(prefix+name+".>")); err != nil {
			return err
		}
	}
	return nil
}
