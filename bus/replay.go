package bus

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/rolescope/rolescope/posting"
)

// replayPrefix is the first token of REPLAY's subjects.
const replayPrefix = "replay"

// Replay sends raw postings of the archive to REPLAY, to be read by taggerVersion, and returns as
// Publish does; what cannot be sent becomes a dead letter. The id of a message, and so the origin of its
// dead letter, is the one that the reading would have (posting.TagID): a letter tells which version failed.
func (b *Bus) Replay(ctx context.Context, taggerVersion string, raws ...posting.Raw) error {
	var letters []posting.Dead
	var msgs []*nats.Msg
	for _, raw := range raws {
		origin := posting.TagID(raw.ID, taggerVersion)
		msg, err := encode(raw, func(string) string { return replayPrefix })
		if err != nil {
			d := Dead(StageReplay, raw, err, time.Now())
			d.Origin, d.ID = origin, posting.DeadID(StageReplay, origin)
			letters = append(letters, d)
			continue
		}
		msg.Header.Set(originHeader, origin)
		msgs = append(msgs, msg)
	}
	if err := b.send(ctx, msgs); err != nil {
		return err
	}
	return b.Bury(ctx, letters...)
}

// EmptyReplay removes what a replay that was stopped has left in REPLAY. Nothing is lost: the archive
// has it, and what of it was not stored is sent again.
func (b *Bus) EmptyReplay(ctx context.Context) error {
	stream, err := b.js.Stream(ctx, StreamReplay)
	if err == nil {
		err = stream.Purge(ctx)
	}
	if err != nil {
		return fmt.Errorf("empty stream %s: %w", StreamReplay, err)
	}
	return nil
}

// retrySubject is where a dead letter's message is sent again. One of REPLAY goes the way of a posting
// that was just seen, because REPLAY is only worked on while a replay runs.
func retrySubject(subject string) string {
	if rest, ok := strings.CutPrefix(subject, replayPrefix+"."); ok {
		return home(posting.TypeRaw) + "." + rest
	}
	return subject
}
