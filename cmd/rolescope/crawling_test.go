package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/posting"
)

// bench is a crawler of a market's boards over a bus of its own, without a store: what it sends stays
// in the streams. Its clock stands still until the test moves it.
type bench struct {
	*crawler
	mu    sync.Mutex
	clock time.Time
	list  *sourceList
}

func newBench(t *testing.T, m *market, boards ...string) *bench {
	t.Helper()
	b, err := bus.Open(t.Context(), bus.Config{Dir: t.TempDir(), RetryDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &system{
		app: &app{stdout: io.Discard, stderr: io.Discard}, bus: b,
		config: config{Contact: "tests@rolescope.example", Crawlers: 1, FetchAllowPrivate: true, FetchHostInterval: time.Millisecond},
	}
	on := &bench{clock: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)}
	on.configure(t, m, boards...)
	if on.crawler, err = s.newCrawler(on.sources, on.now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(on.fetch.Close)
	return on
}

// configure replaces the list of boards.
func (on *bench) configure(t *testing.T, m *market, boards ...string) {
	t.Helper()
	text := "sources:\n"
	for _, board := range boards {
		text += fmt.Sprintf("  - {kind: greenhouse, board: %s, schedule: '@every 6h', base_url: %q}\n", board, m.URL)
	}
	list, err := parseSources("sources.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	on.mu.Lock()
	defer on.mu.Unlock()
	on.list = list
}

func (on *bench) sources() *sourceList {
	on.mu.Lock()
	defer on.mu.Unlock()
	return on.list
}

func (on *bench) now() time.Time {
	on.mu.Lock()
	defer on.mu.Unlock()
	return on.clock
}

func (on *bench) set(at time.Time) {
	on.mu.Lock()
	defer on.mu.Unlock()
	on.clock = at
}

// slot is the latest slot of a board.
func (on *bench) slot(t *testing.T, board string) posting.Slot {
	t.Helper()
	b, ok := on.sources().find("greenhouse", board)
	if !ok {
		t.Fatalf("no board %s", board)
	}
	return b.Slot(b.Latest(on.now()))
}

func TestObservable(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		at, now time.Time
		want    bool
	}{
		{now, now, true},
		{observedMin, now, true},
		{observedMin.Add(-1), now, false},
		{now.Add(healthSlack), now, true},
		{now.Add(healthSlack + 1), now, false},
		{observedEnd.Add(-1), observedEnd, true},
		{observedEnd, observedEnd, false},
		{time.Unix(0, 0), time.Unix(0, 0), false}, // a machine without a clock
	} {
		if err := observable(c.at, c.now); (err == nil) != c.want {
			t.Errorf("at %v by a clock that says %v: %v", c.at, c.now, err)
		}
	}
}

// TestAWrongClockLeavesNothing: a run that the store would refuse is not crawled, so the board's state
// does not hide its postings from the crawls after it.
func TestAWrongClockLeavesNothing(t *testing.T) {
	t.Parallel()
	m := newMarket(t)
	m.set("acme", jobs("1", "2"))
	on := newBench(t, m, "acme")
	right, slot := on.now(), on.slot(t, "acme")
	for _, wrong := range []time.Time{time.Unix(0, 0), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		on.set(wrong)
		if err := on.once(t.Context(), slot); err == nil || errors.Is(err, posting.ErrInvalid) || !strings.Contains(err.Error(), "clock") {
			t.Errorf("at %v: %v, want an error that has the slot worked again", wrong, err)
		}
	}
	on.set(right)
	late := slot
	late.ObservedAt = right.Add(time.Hour)
	if err := on.once(t.Context(), late); !errors.Is(err, posting.ErrInvalid) {
		t.Errorf("a slot to be observed in an hour: %v", err)
	}
	if state, err := on.sys.bus.Board(t.Context(), "greenhouse", "acme"); err != nil || state.ETag != "" || m.asked["acme"] != 0 {
		t.Errorf("state %+v, asked %d times, %v", state, m.asked["acme"], err)
	}
	var got ingest.Result
	on.told = func(_ posting.Slot, r ingest.Result) { got = r }
	if err := on.once(t.Context(), slot); err != nil || got.Summary.Published != 2 || got.Summary.Run.Outcome != posting.OutcomeOK {
		t.Errorf("by the right clock: %+v, %v", got.Summary, err)
	}
}
