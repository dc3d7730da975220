package bustest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
)

func testPoison(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	raws := Raws(t, 5, 10)
	Publish(t, b, Values(raws)...)
	Start(t, b, bus.Stage{Name: bus.StageArchive, Handle: fails(func(v any) error {
		if externalID(v) == "2" {
			return fmt.Errorf("store 2: %w: no such country", posting.ErrInvalid)
		}
		return nil
	})})
	k := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: k.Handle})
	got := k.Wait(t, 1)[0].(posting.Dead)
	msg, err := posting.Encode(raws[2])
	if err != nil {
		t.Fatal(err)
	}
	want := bus.Dead(bus.StageArchive, raws[2], errTrouble, got.FailedAt)
	want.Reason = "store 2: invalid message: no such country"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("letter (-want +got):\n%s", diff)
	}
	if got.Origin != raws[2].ID || got.Type != posting.TypeRaw || got.Subject != "raw.greenhouse.acme=2Eio=20=2520=2A=3E" ||
		string(got.Body) != string(msg.Data) || got.PostingID != raws[2].PostingID || got.ContentHash != raws[2].ContentHash ||
		got.RunID != raws[2].RunID || got.Size != int64(len(msg.Data)) || got.Board != raws[2].Board {
		t.Errorf("letter says %+v", got)
	}
	if c := b.Counts()[bus.StageArchive]; c.Acked != 4 || c.Dead != 1 || c.Retried != 0 {
		t.Errorf("counts %+v", c)
	}
}

func testUnreadable(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	for _, m := range []*nats.Msg{
		{Subject: "raw.lever.b=2Eb", Data: []byte(`{"half`), Header: nats.Header{"Rolescope-Type": {posting.TypeRaw}, "Rolescope-Origin": {"m1"}}},
		{Subject: "raw.lever.b=2Eb", Data: []byte(`{}`), Header: nats.Header{"Rolescope-Type": {"raw.v9"}, "Rolescope-Origin": {"m2"}}},
		{Subject: "raw.x", Data: []byte(strings.Repeat("\x00\xff", 300<<10))}, // no headers, no board, too large for a letter
	} {
		PublishBytes(t, b, m)
	}
	handled := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageEnrich, Handle: handled.Handle})
	k := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: k.Handle})
	letters := map[string]posting.Dead{}
	for _, v := range k.Wait(t, 3) {
		letters[v.(posting.Dead).Head[:2]] = v.(posting.Dead)
	}
	half, version, large := letters[`{"`], letters["{}"], letters["\x00\uFFFD"[:2]]
	if half.Source != "lever" || half.Board != "b.b" || half.Origin != "m1" || string(half.Body) != `{"half` || half.Reason == "" {
		t.Errorf("half a message: %+v", half)
	}
	if version.Origin != "m2" || version.Type != "raw.v9" || !strings.Contains(version.Reason, "unknown message type") {
		t.Errorf("unknown version: %+v", version)
	}
	if large.Size != 600<<10 || len(large.SHA256) != 64 || large.Origin != large.SHA256 || large.Body != nil || len(large.Head) < 4<<10 {
		t.Errorf("large message: size %d, sha256 %q, origin %q, %d bytes of body, %d of head",
			large.Size, large.SHA256, large.Origin, len(large.Body), len(large.Head))
	}
	if n := len(handled.batches); n != 0 {
		t.Errorf("the handler got %d batches of unreadable messages", n)
	}
}

func testOutTooLarge(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	raws := Raws(t, 3, 10)
	Publish(t, b, Values(raws)...)
	Start(t, b, bus.Stage{Name: bus.StageEnrich, Handle: func(_ context.Context, batch []any) []bus.Result {
		out := make([]bus.Result, len(batch))
		for i, v := range batch {
			p := Tag(v.(posting.Raw))
			if p.ExternalID == "1" {
				p.Description = strings.Repeat("x", posting.MessageBytesMax)
			}
			out[i].Out = []any{p}
		}
		return out
	}})
	dead, sink := NewKeep(), NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: dead.Handle})
	Start(t, b, bus.Stage{Name: bus.StageSink, Handle: sink.Handle})
	letter := dead.Wait(t, 1)[0].(posting.Dead)
	if letter.Origin != raws[1].ID || letter.Type != posting.TypeRaw || !strings.Contains(letter.Reason, "over the cap") {
		t.Errorf("letter %+v", letter)
	}
	for _, v := range sink.Wait(t, 2) {
		if externalID(v) == "1" {
			t.Error("the posting that cannot be sent was sent")
		}
	}
}

func testRetryLetter(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	raw := Raws(t, 1, 10)[0]
	Publish(t, b, raw)
	var mu sync.Mutex
	healed := false
	k := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageArchive, Handle: func(ctx context.Context, batch []any) []bus.Result {
		mu.Lock()
		defer mu.Unlock()
		if healed {
			return k.Handle(ctx, batch)
		}
		return fails(func(any) error { return posting.ErrInvalid })(ctx, batch)
	}})
	dead := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: dead.Handle})
	letter := dead.Wait(t, 1)[0].(posting.Dead)
	mu.Lock()
	healed = true
	mu.Unlock()
	if err := b.Retry(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{raw}, k.Wait(t, 1)); diff != "" {
		t.Errorf("sent again (-want +got):\n%s", diff)
	}
	letter.Body = nil
	if err := b.Retry(t.Context(), letter); !errors.Is(err, posting.ErrInvalid) {
		t.Errorf("retry without a body: %v", err)
	}
}

// testRetryFails has a posting, a run and a message nobody can read fail, be sent again and fail
// again, at once: each failure is a letter, and all letters of a message have one id.
func testRetryFails(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	Publish(t, b, Raws(t, 1, 10)[0], NewRun(1))
	PublishBytes(t, b, &nats.Msg{Subject: "raw.lever.acme", Data: []byte("?")})
	Start(t, b, bus.Stage{Name: bus.StageEnrich, Handle: fails(func(any) error { return posting.ErrInvalid })})
	dead := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: dead.Handle})
	const rounds, messages = 3, 3
	for round := 1; ; round++ {
		letters := dead.Wait(t, round*messages)
		if round == rounds {
			break
		}
		for _, v := range letters[(round-1)*messages:] {
			if err := b.Retry(t.Context(), v.(posting.Dead)); err != nil {
				t.Fatal(err)
			}
		}
	}
	failures := map[string]int{}
	for _, v := range dead.Wait(t, rounds*messages) {
		failures[v.(posting.Dead).ID]++
	}
	for id, n := range failures {
		if n != rounds {
			t.Errorf("letter %s came %d times, want %d", id, n, rounds)
		}
	}
	if len(failures) != messages {
		t.Errorf("%d ids of letters for %d messages", len(failures), messages)
	}
}
