package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/scheduler"
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
		if _, err := on.once(t.Context(), slot); err == nil || errors.Is(err, posting.ErrInvalid) || !strings.Contains(err.Error(), "clock") {
			t.Errorf("at %v: %v, want an error that has the slot worked again", wrong, err)
		}
	}
	on.set(right)
	late := slot
	late.ObservedAt = right.Add(time.Hour)
	if _, err := on.once(t.Context(), late); !errors.Is(err, posting.ErrInvalid) {
		t.Errorf("a slot to be observed in an hour: %v", err)
	}
	if state, err := on.sys.bus.Board(t.Context(), "greenhouse", "acme"); err != nil || state.ETag != "" || m.asked["acme"] != 0 {
		t.Errorf("state %+v, asked %d times, %v", state, m.asked["acme"], err)
	}
	var got ingest.Result
	on.told = func(_ posting.Slot, r ingest.Result) { got = r }
	if _, err := on.once(t.Context(), slot); err != nil || got.Summary.Published != 2 || got.Summary.Run.Outcome != posting.OutcomeOK {
		t.Errorf("by the right clock: %+v, %v", got.Summary, err)
	}
}

// TestASlotWaitsForItsHost: of six boards of a host that fails, three are asked before it is left alone.
// The others are neither counted as crawled nor given a run: they wait until the host may be asked again,
// and source list says so.
func TestASlotWaitsForItsHost(t *testing.T) {
	t.Parallel()
	m := newMarket(t)
	names := []string{"b0", "b1", "b2", "b3", "b4", "b5"}
	for _, name := range names {
		m.set(name, fails(http.StatusForbidden))
	}
	on := newBench(t, m, names...)
	var runs []posting.Run
	on.told = func(_ posting.Slot, r ingest.Result) { runs = append(runs, r.Summary.Run) }
	slots := map[string]posting.Slot{}
	for i, name := range names {
		// The schedules spread the boards: let each have its slot just now.
		slots[name] = posting.Slot{Kind: ingest.KindBoard, Source: "greenhouse", Board: name, PlannedAt: on.now()}
		wait, err := on.once(t.Context(), slots[name])
		if err != nil || (wait == 10*time.Minute) != (i >= 3) || i < 3 && wait != 0 {
			t.Fatalf("board %d: waits %v, %v", i, wait, err)
		}
	}
	if len(runs) != 3 || m.asked["b3"] != 0 {
		t.Fatalf("%d runs, b3 asked %d times", len(runs), m.asked["b3"])
	}

	// The host is well again: everybody who waited is asked, and those who failed are not.
	on.set(on.now().Add(10 * time.Minute))
	for _, name := range names {
		m.set(name, jobs("1"))
		if wait, err := on.once(t.Context(), slots[name]); wait != 0 || err != nil {
			t.Errorf("%s: waits %v, %v", name, wait, err)
		}
	}
	if len(runs) != 6 || m.asked["b2"] != 1 || m.asked["b5"] != 1 {
		t.Errorf("%d runs, b2 asked %d times, b5 %d times", len(runs), m.asked["b2"], m.asked["b5"])
	}
}

// TestAWaitEndsWithTheNextSlot: a host that stays away gives each board a run that says so, once a
// period, and no slot waits longer.
func TestAWaitEndsWithTheNextSlot(t *testing.T) {
	t.Parallel()
	m := newMarket(t)
	on := newBench(t, m, "acme")
	var runs []posting.Run
	on.told = func(_ posting.Slot, r ingest.Result) { runs = append(runs, r.Summary.Run) }
	host := strings.TrimPrefix(m.URL, "http://")
	slot := on.slot(t, "acme")
	board, _ := on.sources().find("greenhouse", "acme")
	next := board.Next(slot.PlannedAt)
	on.set(next.Add(-time.Minute))
	for range 3 {
		on.fetch.Report(host, false, on.now())
	}
	if wait, err := on.once(t.Context(), slot); wait != time.Minute || err != nil || len(runs) != 0 {
		t.Fatalf("waits %v, %v, %d runs", wait, err, len(runs))
	}
	on.set(next)
	if wait, err := on.once(t.Context(), slot); wait != 0 || err != nil || len(runs) != 1 || !strings.Contains(runs[0].Note, "failed repeatedly") {
		t.Errorf("at the next slot: waits %v, %v, %+v", wait, err, runs)
	}
	if done, err := on.sys.isDone(t.Context(), slot); !done || err != nil {
		t.Errorf("the slot is not done: %v", err)
	}
}

// TestNextSlotIsTold: source list names the moment of the next crawl: now while a slot that was sent is
// not worked, and no moment at which the host is left alone.
func TestNextSlotIsTold(t *testing.T) {
	t.Parallel()
	m := newMarket(t)
	m.set("acme", jobs("1"))
	on := newBench(t, m, "acme")
	slot, host := on.slot(t, "acme"), strings.TrimPrefix(m.URL, "http://")
	board, _ := on.sources().find("greenhouse", "acme")
	told := func() boardHealth {
		t.Helper()
		next, err := on.sys.nextSlot(t.Context(), board, on.now())
		if err != nil {
			t.Fatal(err)
		}
		h := boardHealth{NextSlot: &next}
		if err := on.sys.breaker(t.Context(), board, map[string]fetch.BreakerState{}, on.now(), &h); err != nil {
			t.Fatal(err)
		}
		return h
	}
	if h := told(); !h.NextSlot.Equal(on.now()) {
		t.Errorf("before it was sent: %v", h.NextSlot)
	}
	err := marks{on.sys.bus}.Update(t.Context(), slot.Source, slot.Board, func(m scheduler.Mark) (scheduler.Mark, bool) { return m.Confirm(slot), true })
	if err != nil {
		t.Fatal(err)
	}
	if h := told(); !h.NextSlot.Equal(on.now()) {
		t.Errorf("sent and not worked: %v", h.NextSlot)
	}
	for range 3 {
		on.fetch.Report(host, false, on.now())
	}
	retry := on.now().Add(10 * time.Minute)
	if h := told(); !h.NextSlot.Equal(retry) || h.Breaker != "open" || !h.RetryAt.Equal(retry) {
		t.Errorf("its host is left alone: %+v", h)
	}
	on.set(retry)
	if err := on.fetch.Admit(host, on.now()); err != nil {
		t.Fatal(err)
	}
	if h := told(); h.Breaker != "open" || !h.RetryAt.After(on.now()) || !h.NextSlot.Equal(*h.RetryAt) {
		t.Errorf("while another board probes the host: %+v", h)
	}
	on.fetch.Report(host, true, on.now())
	if _, err := on.once(t.Context(), slot); err != nil {
		t.Fatal(err)
	}
	if h := told(); !h.NextSlot.Equal(board.Next(on.now())) || h.Breaker != "" {
		t.Errorf("worked: %+v", h)
	}
}

// TestABoardThatWasTakenOut: its slots are dropped and owed again, which is no fault of anybody.
func TestABoardThatWasTakenOut(t *testing.T) {
	t.Parallel()
	m := newMarket(t)
	m.set("acme", jobs("1"))
	on := newBench(t, m, "acme")
	board, _ := on.sources().find("greenhouse", "acme")
	slot := on.slot(t, "acme")
	owes := func() (owes bool) {
		t.Helper()
		err := marks{on.sys.bus}.Update(t.Context(), slot.Source, slot.Board, func(m scheduler.Mark) (scheduler.Mark, bool) {
			_, owes = m.Owes(board.Board, on.now())
			return m, false
		})
		if err != nil {
			t.Fatal(err)
		}
		return owes
	}
	err := marks{on.sys.bus}.Update(t.Context(), slot.Source, slot.Board, func(m scheduler.Mark) (scheduler.Mark, bool) { return m.Confirm(slot), true })
	if err != nil || owes() {
		t.Fatalf("sent, and owed still: %v", err)
	}
	on.configure(t, m)
	detail := slot
	detail.Kind, detail.ExternalID = ingest.KindDetail, "1"
	for i, r := range on.handle(t.Context(), []any{slot, detail}) {
		if r.Err != nil || r.Wait != 0 {
			t.Errorf("slot %d: %+v", i, r)
		}
	}
	if !owes() || m.asked["acme"] != 0 {
		t.Errorf("owed: %v, asked %d times", owes(), m.asked["acme"])
	}
	on.configure(t, m, "acme")
	if r := on.handle(t.Context(), []any{slot})[0]; r.Err != nil || m.asked["acme"] != 1 {
		t.Errorf("back in the list: %+v, asked %d times", r, m.asked["acme"])
	}
}

// TestAnAnswerOfAWrongClockConfirmsNothing: what a clock that was a year ahead listed hides nothing from the
// crawls of the time before: they ask for the whole board.
func TestAnAnswerOfAWrongClockConfirmsNothing(t *testing.T) {
	t.Parallel()
	m := newMarket(t)
	m.set("acme", jobs("1", "2"))
	on := newBench(t, m, "acme")
	right := on.now()
	var got posting.Run
	on.told = func(_ posting.Slot, r ingest.Result) { got = r.Summary.Run }
	for _, step := range []struct {
		at   time.Time
		want posting.Outcome
	}{
		{right.AddDate(1, 0, 0), posting.OutcomeOK},
		{right, posting.OutcomeOK},
		{right.Add(6 * time.Hour), posting.OutcomeNotModified},
	} {
		on.set(step.at)
		if _, err := on.once(t.Context(), on.slot(t, "acme")); err != nil || got.Outcome != step.want {
			t.Errorf("at %v: %s, want %s, %v", step.at, got.Outcome, step.want, err)
		}
	}
	if want := posting.RunID("greenhouse", "acme", right); got.Confirms != want {
		t.Errorf("the last run confirms %s, want %s", got.Confirms, want)
	}
}
