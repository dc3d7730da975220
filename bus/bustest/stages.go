package bustest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
)

func testArrive(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	raw := Raws(t, 1, 10)[0]
	run := NewRun(1)
	run.Listing = []posting.Listed{{ExternalID: "0", ContentHash: raw.ContentHash}}
	run = run.Split()[0]
	slot := posting.Slot{Kind: "board", Source: raw.Source, Board: raw.Board, PlannedAt: raw.ObservedAt}
	letter := bus.Dead("crawl", raw, errTrouble, raw.ObservedAt)
	all := []any{slot, raw, run, letter}
	Publish(t, b, all...)
	want := map[string][]any{
		bus.StageCrawl: {slot}, bus.StageArchive: {raw, run}, bus.StageEnrich: {raw, run},
		bus.StageSink: {Tag(raw), run}, bus.StageBury: {letter},
	}
	keeps := map[string]*Keep{}
	for name := range want {
		k := NewKeep()
		keeps[name] = k
		Start(t, b, bus.Stage{Name: name, Handle: func(ctx context.Context, batch []any) []bus.Result {
			out := k.Handle(ctx, batch)
			for i, v := range batch {
				if raw, ok := v.(posting.Raw); ok && name == bus.StageEnrich {
					out[i].Out = []any{Tag(raw)}
				} else if name == bus.StageEnrich {
					out[i].Out = []any{v}
				}
			}
			return out
		}})
	}
	Drained(t, b)
	for name, want := range want {
		if diff := cmp.Diff(want, keeps[name].Wait(t, len(want))); diff != "" {
			t.Errorf("stage %s (-want +got):\n%s", name, diff)
		}
	}
}

// testAgain: what is published again is delivered again, which is how a damaged store is repaired.
// Only a slot is taken once.
func testAgain(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	archived, sunk, crawled := NewKeep(), NewKeep(), NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageArchive, Handle: archived.Handle})
	Start(t, b, bus.Stage{Name: bus.StageEnrich, Handle: func(_ context.Context, batch []any) []bus.Result {
		out := make([]bus.Result, len(batch))
		for i, v := range batch {
			out[i].Out = []any{v}
			if raw, ok := v.(posting.Raw); ok {
				out[i].Out = []any{Tag(raw)}
			}
		}
		return out
	}})
	Start(t, b, bus.Stage{Name: bus.StageSink, Handle: sunk.Handle})
	Start(t, b, bus.Stage{Name: bus.StageCrawl, Handle: crawled.Handle})
	slot := posting.Slot{Source: "lever", Board: "acme", PlannedAt: NewRun(0).ObservedAt}
	for n := 1; n <= 3; n++ {
		Publish(t, b, slot, Raws(t, 1, 10)[0], NewRun(1))
		archived.Wait(t, 2*n)
		sunk.Wait(t, 2*n)
	}
	slot.Board = "other"
	Publish(t, b, slot)
	if got := crawled.Wait(t, 2); len(got) != 2 || got[1] != any(slot) {
		t.Errorf("slots: %+v", got)
	}
}

func testBatchRows(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	Publish(t, b, Values(Raws(t, 95, 10))...)
	k := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageArchive, BatchRows: 10, BatchAge: 400 * time.Millisecond, Handle: k.Handle})
	for i, batch := range k.Batches(t, 90)[:9] {
		if len(batch) != 10 {
			t.Errorf("batch %d has %d rows", i, len(batch))
		}
	}
	k.Wait(t, 95) // the incomplete last one comes by its age
}

func testBatchBytes(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	Publish(t, b, Values(Raws(t, 12, 400<<10))...)
	k := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageArchive, BatchRows: 1000, BatchBytes: 1 << 20, BatchAge: 400 * time.Millisecond, Handle: k.Handle})
	for i, batch := range k.Batches(t, 12) {
		// A batch ends with the message that reaches the limit, and a pull may bring a little more.
		if len(batch) < 3 || len(batch) > 5 {
			t.Errorf("batch %d has %d messages of 400 KiB", i, len(batch))
		}
	}
}

func testBatchAge(t *testing.T, open Open, now func() time.Time) {
	b := open(t, bus.Config{})
	k := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageArchive, BatchRows: 1000, BatchAge: 100 * time.Millisecond, Handle: k.Handle})
	start := now()
	Publish(t, b, Raws(t, 1, 10)[0])
	k.Wait(t, 1)
	if took := now().Sub(start); took < 100*time.Millisecond {
		t.Errorf("a batch of one closed after %v", took)
	}
}

func testRetry(t *testing.T, open Open, now func() time.Time) {
	const base = 40 * time.Millisecond
	b := open(t, bus.Config{RetryDelay: base})
	var mu sync.Mutex
	var at []time.Time
	others := 0
	Start(t, b, bus.Stage{Name: bus.StageArchive, Handle: fails(func(v any) error {
		mu.Lock()
		defer mu.Unlock()
		if externalID(v) != "3" {
			others++
			return nil
		}
		if at = append(at, now()); len(at) < 5 {
			return errTrouble
		}
		return nil
	})})
	Start(t, b, bus.Stage{Name: bus.StageEnrich, Handle: NewKeep().Handle})
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: NewKeep().Handle})
	Start(t, b, bus.Stage{Name: bus.StageSink, Handle: NewKeep().Handle})
	Publish(t, b, Values(Raws(t, 10, 10))...)
	Drained(t, b)
	mu.Lock()
	defer mu.Unlock()
	if others != 9 || len(at) != 5 {
		t.Fatalf("the failing message came %d times, the nine others %d times", len(at), others)
	}
	for i := 1; i < len(at); i++ {
		if got, want := at[i].Sub(at[i-1]), base<<(i-1); got < want {
			t.Errorf("delivery %d came after %v, want at least %v", i+1, got, want)
		}
	}
	if c := b.Counts()[bus.StageArchive]; c.Acked != 10 || c.Retried != 4 || c.Dead != 0 {
		t.Errorf("counts %+v", c)
	}
}

// testWait: messages that wait come again, and do not hold back those behind them.
func testWait(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	const waiting = 10
	var mu sync.Mutex
	seen := map[string]int{}
	worked := NewKeep()
	Start(t, b, bus.Stage{
		Name: bus.StageCrawl, BatchRows: 1, Waiting: waiting,
		Handle: func(ctx context.Context, batch []any) []bus.Result {
			slot := batch[0].(posting.Slot)
			mu.Lock()
			seen[slot.Board]++
			n := seen[slot.Board]
			mu.Unlock()
			switch {
			case strings.HasPrefix(slot.Board, "long"):
				return []bus.Result{{Wait: time.Hour}}
			case slot.Board == "short" && n < 3:
				return []bus.Result{{Wait: 10 * time.Millisecond}}
			}
			return worked.Handle(ctx, batch)
		},
	})
	var slots []any
	for i := range waiting {
		slots = append(slots, posting.Slot{Source: "lever", Board: fmt.Sprintf("long%d", i), PlannedAt: NewRun(0).ObservedAt})
	}
	for _, board := range []string{"short", "last"} {
		slots = append(slots, posting.Slot{Source: "lever", Board: board, PlannedAt: NewRun(0).ObservedAt})
	}
	Publish(t, b, slots...)
	worked.Wait(t, 2)
	mu.Lock()
	defer mu.Unlock()
	if seen["short"] != 3 || seen["last"] != 1 || seen["long0"] != 1 {
		t.Errorf("deliveries: %v", seen)
	}
}

func testRenew(t *testing.T, open Open) {
	const ackWait = 1500 * time.Millisecond // long enough for a renewal on a loaded machine
	b := open(t, bus.Config{AckWait: ackWait})
	var mu sync.Mutex
	seen := map[string]int{}
	slow := func(_ context.Context, batch []any) []bus.Result {
		mu.Lock()
		for _, v := range batch {
			seen[externalID(v)]++
		}
		mu.Unlock()
		<-time.After(3 * ackWait)
		return make([]bus.Result, len(batch))
	}
	// The batch waits longer than AckWait as well, and a second worker would take what it can get.
	Start(t, b, bus.Stage{Name: bus.StageArchive, Workers: 2, BatchAge: 2 * ackWait, Handle: slow})
	for _, name := range []string{bus.StageEnrich, bus.StageBury, bus.StageSink} {
		Start(t, b, bus.Stage{Name: name, Handle: NewKeep().Handle})
	}
	Publish(t, b, Values(Raws(t, 20, 10))...)
	Drained(t, b)
	mu.Lock()
	defer mu.Unlock()
	cameOnce(t, seen, 20)
}

func testPanic(t *testing.T, open Open) {
	b := open(t, bus.Config{RetryDelay: 10 * time.Millisecond})
	raws := Raws(t, 40, 10)
	Publish(t, b, Values(raws)...)
	Start(t, b, bus.Stage{Name: bus.StageArchive, BatchAge: 100 * time.Millisecond, Handle: fails(func(v any) error {
		if externalID(v) == "17" {
			panic("seventeen")
		}
		return nil
	})})
	k := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: k.Handle})
	letter := k.Wait(t, 1)[0].(posting.Dead)
	if letter.Origin != raws[17].ID || !strings.Contains(letter.Reason, "handler panic: seventeen, 3 times") {
		t.Errorf("letter %+v", letter)
	}
	for _, name := range []string{bus.StageEnrich, bus.StageSink} {
		Start(t, b, bus.Stage{Name: name, Handle: NewKeep().Handle})
	}
	Drained(t, b)
	if c := b.Counts()[bus.StageArchive]; c.Acked != 39 || c.Dead != 1 || c.Retried != 2 {
		t.Errorf("counts %+v", c)
	}
}

func testFatal(t *testing.T, open Open) {
	b := open(t, bus.Config{RetryDelay: 10 * time.Millisecond})
	Publish(t, b, Values(Raws(t, 3, 10))...)
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	err := b.Run(ctx, bus.Stage{
		Name: bus.StageArchive, Stream: bus.StreamRaw, Workers: 2, BatchRows: 10, BatchBytes: 1 << 20, BatchAge: 50 * time.Millisecond,
		Handle: fails(func(v any) error {
			if externalID(v) == "1" {
				return fmt.Errorf("%w: no such table", bus.ErrFatal)
			}
			return nil
		}),
	})
	if !errors.Is(err, bus.ErrFatal) || !strings.Contains(err.Error(), "archive") {
		t.Fatalf("run returned %v", err)
	}
	k := NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageArchive, Handle: k.Handle})
	if got := k.Wait(t, 1); len(got) != 1 || externalID(got[0]) != "1" {
		t.Errorf("left behind: %v", got)
	}
	for _, bad := range []bus.Stage{
		{Name: bus.StageSink, Stream: bus.StreamRaw, Workers: 1, BatchRows: 1, BatchBytes: 1, BatchAge: 1, Handle: k.Handle},
		{Name: bus.StageArchive, Stream: bus.StreamRaw},
	} {
		if err := b.Run(ctx, bad); !errors.Is(err, bus.ErrFatal) {
			t.Errorf("a stage badly made: %v", err)
		}
	}
}

func testStop(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	Publish(t, b, Values(Raws(t, 3, 10))...)
	holds, goOn := make(chan struct{}), make(chan struct{})
	stop := Start(t, b, bus.Stage{Name: bus.StageArchive, BatchRows: 3, Handle: func(ctx context.Context, batch []any) []bus.Result {
		close(holds)
		<-goOn
		out := make([]bus.Result, len(batch))
		for i := range out {
			out[i].Err = ctx.Err() // the handler's context must have outlived Run's
		}
		return out
	}})
	<-holds
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	select {
	case err := <-stopped:
		t.Fatalf("run returned %v while its handler was at work", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(goOn)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if c := b.Counts()[bus.StageArchive]; c.Acked != 3 {
		t.Errorf("counts %+v", c)
	}
}
