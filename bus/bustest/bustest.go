// Package bustest is the conformance suite of package bus: what any server behind it must do. It
// runs against real servers only. Tests of bus call it; nothing else does.
package bustest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
)

// deadline bounds each wait of a test: it is only reached when the test fails.
const deadline = 2 * time.Minute

// Open opens a bus on a server of its own; a second call with the URL of the first joins it. Both
// are closed when t ends.
type Open func(t testing.TB, cfg bus.Config) *bus.Bus

// Run runs the suite. now is the clock by which delays are measured.
func Run(t *testing.T, open Open, now func() time.Time) {
	for name, test := range map[string]func(*testing.T, Open){
		"every type arrives once":              testArrive,
		"a batch closes at its rows":           testBatchRows,
		"a batch closes at its bytes":          testBatchBytes,
		"a batch closes at its age":            func(t *testing.T, open Open) { testBatchAge(t, open, now) },
		"a failed message comes again, later":  func(t *testing.T, open Open) { testRetry(t, open, now) },
		"a waiting message holds nobody back":  testWait,
		"a long batch is not given to another": testRenew,
		"poison is dead-lettered":              testPoison,
		"what cannot be read is dead-lettered": testUnreadable,
		"too large an output kills its input":  testOutTooLarge,
		"a letter can be sent again":           testRetryLetter,
		"a message may fail again":             testRetryFails,
		"published again, it arrives again":    testAgain,
		"a panic costs one message":            testPanic,
		"a fatal error stops and keeps":        testFatal,
		"a stop finishes what is held":         testStop,
		"a full stream holds publishers back":  testFull,
		"buried letters make room":             testMakeRoom,
		"two processes share a stage":          testShare,
		"a lost consumer is made again":        testConsumerLost,
		"drained waits for everything":         testDrained,
		"in flight is what is not settled":     testInFlight,
		"a replay holds nobody up":             testReplay,
		"an alert is delivered once":           testNotifyOnce,
		"a delivery is given up in the end":    testNotifyGivesUp,
		"alerts hold nobody up":                testNotifyHoldsNobody,
		"an alert is announced":                testAnnounce,
		"unsendable values are named":          testUnsent,
		"a board of 100,000 postings":          testBoardLarge,
		"boards are replaced and told apart":   testBoardReplace,
		"a damaged board is forgotten":         testBoardDamaged,
		"boards written at the same time":      testBoardRace,
		"boards changed at the same time":      testBoardUpdate,
		"a bus serves one store":               testBind,
		"values swapped at the same time":      testSwap,
		"values are told apart and bounded":    testSwapApart,
		"slots are crawled once, slow or not":  testCrawlStage,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open)
		})
	}
}

// NewRun is an invented run of an awkwardly named board.
func NewRun(n int) posting.Run {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	run := posting.NewRun("greenhouse", "acme.io %20*>", "Acme", posting.ProofFull, at, at)
	run.Outcome, run.Complete, run.Fetched = posting.OutcomeOK, true, n
	return run
}

// Raws are n invented postings of size bytes each, with the external ids 0 to n-1.
func Raws(t testing.TB, n, size int) []posting.Raw {
	t.Helper()
	out := make([]posting.Raw, n)
	for i := range out {
		text := fmt.Sprintf("%0*d", max(size, 1), i)
		raw, err := posting.NewRaw(NewRun(n), "n1", posting.Record{ExternalID: fmt.Sprint(i), Title: "Engineer", Description: text})
		if err != nil {
			t.Fatal(err)
		}
		out[i] = raw
	}
	return out
}

// Values makes a list of any values of one of a type.
func Values[T any](in []T) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = v
	}
	return out
}

// Tag is the invented posting that enrichment makes of raw.
func Tag(raw posting.Raw) posting.Posting {
	return posting.Posting{
		ID: posting.TagID(raw.ID, "t1"), RawID: raw.ID, PostingID: raw.PostingID, Source: raw.Source, Board: raw.Board,
		ExternalID: raw.Record.ExternalID, ContentHash: raw.ContentHash, ObservedAt: raw.ObservedAt, TaggerVersion: "t1",
		Title: raw.Record.Title,
	}
}

// Publish publishes or fails the test.
func Publish(t testing.TB, b *bus.Bus, values ...any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if err := b.Publish(ctx, values...); err != nil {
		t.Fatal(err)
	}
}

// Start runs a stage with small batches until the returned function is called, which gives Run's
// error. The end of the test calls it as well.
func Start(t testing.TB, b *bus.Bus, s bus.Stage) (stop func() error) {
	t.Helper()
	for _, at := range []struct{ stream, name string }{
		{bus.StreamCrawl, bus.StageCrawl},
		{bus.StreamRaw, bus.StageArchive},
		{bus.StreamRaw, bus.StageEnrich},
		{bus.StreamPosting, bus.StageSink},
		{bus.StreamDead, bus.StageBury},
		{bus.StreamReplay, bus.StageReplay},
		{bus.StreamAlert, bus.StageAlert},
		{bus.StreamNotify, bus.StageNotify},
	} {
		if at.name == s.Name {
			s.Stream = at.stream
		}
	}
	if s.Workers == 0 {
		s.Workers = 1
	}
	if s.BatchRows == 0 {
		s.BatchRows = 100
	}
	if s.BatchBytes == 0 {
		s.BatchBytes = 8 << 20
	}
	if s.BatchAge == 0 {
		s.BatchAge = 20 * time.Millisecond
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx, s) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() })
	return stop
}

// Keep is a handler that accepts everything and shows each batch.
type Keep struct {
	mu      sync.Mutex
	batches [][]any
	changed chan struct{}
}

// NewKeep makes an empty one.
func NewKeep() *Keep { return &Keep{changed: make(chan struct{}, 1)} }

// Handle accepts a batch.
func (k *Keep) Handle(_ context.Context, batch []any) []bus.Result {
	k.mu.Lock()
	k.batches = append(k.batches, batch)
	k.mu.Unlock()
	select {
	case k.changed <- struct{}{}:
	default:
	}
	return make([]bus.Result, len(batch))
}

// Batches waits for n values in all and returns them as they came.
func (k *Keep) Batches(t testing.TB, n int) [][]any {
	t.Helper()
	late := time.After(deadline)
	for {
		k.mu.Lock()
		got, batches := 0, append([][]any(nil), k.batches...)
		k.mu.Unlock()
		for _, b := range batches {
			got += len(b)
		}
		if got >= n {
			return batches
		}
		select {
		case <-k.changed:
		case <-late:
			t.Fatalf("%d of %d values arrived", got, n)
		}
	}
}

// Wait waits for n values in all and returns them.
func (k *Keep) Wait(t testing.TB, n int) []any {
	t.Helper()
	var out []any
	for _, b := range k.Batches(t, n) {
		out = append(out, b...)
	}
	return out
}

// Drained waits until nothing is left.
func Drained(t testing.TB, b *bus.Bus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if err := b.Drained(ctx); err != nil {
		t.Fatal(err)
	}
}

// PublishBytes publishes what no value encodes to, as a foreign or broken publisher would.
func PublishBytes(t testing.TB, b *bus.Bus, msg *nats.Msg) {
	t.Helper()
	nc, err := nats.Connect(b.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.RequestMsg(msg, deadline); err != nil {
		t.Fatal(err)
	}
}

// fails returns an error for values chosen by pick and accepts the others.
func fails(pick func(v any) error) func(context.Context, []any) []bus.Result {
	return func(_ context.Context, batch []any) []bus.Result {
		out := make([]bus.Result, len(batch))
		for i, v := range batch {
			out[i].Err = pick(v)
		}
		return out
	}
}

// cameOnce wants n messages, each of which was seen once.
func cameOnce(t *testing.T, seen map[string]int, n int) {
	t.Helper()
	if len(seen) != n {
		t.Errorf("%d of %d messages arrived", len(seen), n)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("message %s came %d times", id, times)
		}
	}
}

func externalID(v any) string {
	switch v := v.(type) {
	case posting.Raw:
		return v.Record.ExternalID
	case posting.Posting:
		return v.ExternalID
	}
	return ""
}

var errTrouble = errors.New("some trouble")
