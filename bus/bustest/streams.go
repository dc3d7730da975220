package bustest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
)

// refusals is a logger and what it tells of publishers that are held back.
type refusals struct {
	slog.Handler
	seen chan struct{}
}

func (r refusals) Enabled(context.Context, slog.Level) bool { return true }

func (r refusals) Handle(_ context.Context, rec slog.Record) error {
	if rec.Message == "publish refused, waiting" {
		select {
		case r.seen <- struct{}{}:
		default:
		}
	}
	return nil
}

func testFull(t *testing.T, open Open) {
	full := refusals{slog.DiscardHandler, make(chan struct{}, 1)}
	b := open(t, bus.Config{MaxBytes: 2 << 20, Logger: slog.New(full)})
	raws := Raws(t, 100, 64<<10) // about three times what fits
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for range 3 { // it goes on trying
			<-full.seen
		}
		cancel()
	}()
	if err := b.Publish(ctx, Values(raws)...); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "maximum bytes") {
		t.Fatalf("publishing into a full stream: %v", err)
	}
	backlog, err := b.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := backlog[bus.StreamRaw]; got.Bytes > 2<<20 || got.Messages < 20 {
		t.Errorf("a stream of 2 MiB holds %+v", got)
	}
	published := make(chan error, 1)
	late, cancelLate := context.WithTimeout(t.Context(), deadline)
	defer cancelLate()
	go func() { published <- b.Publish(late, Values(raws)...) }()
	seen := map[string]bool{}
	k := NewKeep()
	for _, name := range []string{bus.StageArchive, bus.StageEnrich, bus.StageSink, bus.StageBury} {
		handle := NewKeep().Handle
		if name == bus.StageArchive {
			handle = k.Handle
		}
		Start(t, b, bus.Stage{Name: name, BatchRows: 10, Handle: handle})
	}
	if err := <-published; err != nil {
		t.Fatal(err)
	}
	Drained(t, b)
	for _, v := range k.Wait(t, 100) {
		seen[externalID(v)] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d of 100 postings arrived", len(seen))
	}
}

func testMakeRoom(t *testing.T, open Open) {
	b := open(t, bus.Config{MaxBytes: 2 << 20})
	letters := func(from int) []posting.Dead {
		var out []posting.Dead
		for i := range 6 {
			raw := Raws(t, 1, 200<<10)[0]
			raw.ID = fmt.Sprintf("%032d", from+i)
			out = append(out, bus.Dead("enrich", raw, errTrouble, raw.ObservedAt))
		}
		return out
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	if err := b.Bury(ctx, letters(0)...); err != nil {
		t.Fatal(err)
	}
	short, cancelShort := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancelShort()
	if err := b.Bury(short, letters(10)...); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("unburied letters made room: %v", err)
	}
	k := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: k.Handle})
	k.Wait(t, 6)
	if err := b.Bury(ctx, letters(20)...); err != nil {
		t.Fatal(err)
	}
	k.Wait(t, 12)
}

func testShare(t *testing.T, open Open) {
	first := open(t, bus.Config{})
	second := open(t, bus.Config{URL: first.ClientURL()})
	var both sync.WaitGroup // each must be given something before either goes on
	both.Add(2)
	var keeps []*Keep
	for _, b := range []*bus.Bus{first, second} {
		k, once := NewKeep(), sync.Once{}
		keeps = append(keeps, k)
		Start(t, b, bus.Stage{Name: bus.StageArchive, BatchRows: 50, Handle: func(ctx context.Context, batch []any) []bus.Result {
			once.Do(both.Done)
			both.Wait()
			return k.Handle(ctx, batch)
		}})
	}
	for _, name := range []string{bus.StageEnrich, bus.StageSink, bus.StageBury} {
		Start(t, second, bus.Stage{Name: name, Handle: NewKeep().Handle})
	}
	Publish(t, first, Values(Raws(t, 500, 10))...)
	Drained(t, second)
	seen := map[string]int{}
	for _, k := range keeps {
		for _, v := range k.Wait(t, 1) {
			seen[externalID(v)]++
		}
	}
	cameOnce(t, seen, 500)
}

// testConsumerLost has somebody remove a consumer under a running stage. DEAD keeps what nobody
// waits for, so nothing may be missing.
func testConsumerLost(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	k := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: k.Handle})
	raws := Raws(t, 2, 10)
	if err := b.Bury(t.Context(), bus.Dead("sink", raws[0], errTrouble, raws[0].ObservedAt)); err != nil {
		t.Fatal(err)
	}
	k.Wait(t, 1)
	nc, err := nats.Connect(b.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteConsumer(t.Context(), bus.StreamDead, bus.StageBury); err != nil {
		t.Fatal(err)
	}
	if err := b.Bury(t.Context(), bus.Dead("sink", raws[1], errTrouble, raws[1].ObservedAt)); err != nil {
		t.Fatal(err)
	}
	origins := map[string]bool{}
	for _, v := range k.Wait(t, 3) { // the new consumer begins from the start
		origins[v.(posting.Dead).Origin] = true
	}
	if !origins[raws[1].ID] {
		t.Errorf("letters of %v", origins)
	}
}

func testDrained(t *testing.T, open Open) {
	b := open(t, bus.Config{RetryDelay: 10 * time.Millisecond})
	Publish(t, b, Values(Raws(t, 200, 10))...)
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := b.Drained(short); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "RAW") {
		t.Errorf("drained without stages: %v", err)
	}
	var mu sync.Mutex
	tries, stored, buried := map[string]int{}, 0, 0
	Start(t, b, bus.Stage{Name: bus.StageArchive, Handle: NewKeep().Handle})
	Start(t, b, bus.Stage{Name: bus.StageEnrich, BatchRows: 7, Handle: func(_ context.Context, batch []any) []bus.Result {
		out := make([]bus.Result, len(batch))
		for i, v := range batch {
			out[i].Out = []any{Tag(v.(posting.Raw))}
		}
		return out
	}})
	Start(t, b, bus.Stage{Name: bus.StageSink, BatchRows: 11, Handle: fails(func(v any) error {
		mu.Lock()
		defer mu.Unlock()
		id := externalID(v)
		if tries[id]++; tries[id] == 1 && strings.HasSuffix(id, "3") {
			return errTrouble
		}
		if strings.HasSuffix(id, "7") {
			return posting.ErrInvalid
		}
		stored++
		return nil
	})})
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: fails(func(any) error {
		mu.Lock()
		defer mu.Unlock()
		buried++
		return nil
	})})
	Drained(t, b)
	mu.Lock()
	defer mu.Unlock()
	if stored != 180 || buried != 20 {
		t.Errorf("drained with %d stored and %d buried, want 180 and 20", stored, buried)
	}
	backlog, err := b.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if backlog[bus.StreamRaw].Messages != 0 || backlog[bus.StreamPosting].Messages != 0 {
		t.Errorf("drained streams hold %+v", backlog)
	}
}

func testInFlight(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	raws := Raws(t, 30, 10)
	key := func(i int) string { return raws[i].PostingID + "/" + raws[i].ContentHash }
	Publish(t, b, Values(raws[:20])...)
	Publish(t, b, NewRun(20).Split()[0])
	for _, name := range []string{bus.StageArchive, bus.StageEnrich} {
		Start(t, b, bus.Stage{Name: name, Handle: fails(func(v any) error {
			if externalID(v) == "5" && name == bus.StageEnrich {
				return errTrouble
			}
			return nil
		})})
	}
	Publish(t, b, Tag(raws[25]))
	if err := b.Bury(t.Context(), bus.Dead("sink", raws[28], errTrouble, raws[28].ObservedAt)); err != nil {
		t.Fatal(err)
	}
	want := []string{key(5), key(25), key(28)}
	slices.Sort(want)
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	for {
		got, err := b.InFlight(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		diff := cmp.Diff(want, slices.Sorted(maps.Keys(got)))
		if diff == "" {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("in flight (-want +got):\n%s", diff)
		}
	}
	dead, sink := NewKeep(), NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: dead.Handle})
	Start(t, b, bus.Stage{Name: bus.StageSink, Handle: sink.Handle})
	dead.Wait(t, 1)
	sink.Wait(t, 1)
	for {
		got, err := b.InFlight(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 1 && got[key(5)] {
			return // a buried letter is no longer in flight, although its stream still has it
		}
		if ctx.Err() != nil {
			t.Fatalf("in flight: %v", got)
		}
	}
}

func testUnsent(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	large := Raws(t, 1, posting.MessageBytesMax)[0]
	odd := Raws(t, 1, 10)[0]
	odd.Board = strings.Repeat(".", 1000)
	good := Raws(t, 1, 20)[0]
	err := b.Publish(t.Context(), large, "no message", odd, good)
	var unsent *bus.Unsent
	if !errors.As(err, &unsent) || !errors.Is(err, posting.ErrInvalid) || len(unsent.Values) != 3 || len(unsent.Errs) != 3 {
		t.Fatalf("publish returned %v", err)
	}
	letter := bus.Dead("import", unsent.Values[0], unsent.Errs[0], good.ObservedAt)
	if letter.PostingID != large.PostingID || letter.Body != nil || letter.Size < posting.MessageBytesMax || letter.Head == "" || letter.Origin != large.ID {
		t.Errorf("letter %+v", letter)
	}
	for i, v := range unsent.Values {
		if err := b.Bury(t.Context(), bus.Dead("import", v, unsent.Errs[i], good.ObservedAt)); err != nil {
			t.Error(err)
		}
	}
	k := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageArchive, Handle: k.Handle})
	if diff := cmp.Diff([]any{good}, k.Wait(t, 1)); diff != "" {
		t.Errorf("the good one (-want +got):\n%s", diff)
	}
}
