package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rolescope/rolescope/posting"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is what the schedulers of a deployment share: the marks, and a stream that drops an id it
// has seen within two minutes. Faults are drawn from rng by the rate given.
type world struct {
	mu        sync.Mutex
	marks     map[boardKey]Mark
	published map[string][]time.Time // slot id -> when it was stored
	slots     map[string]posting.Slot
	rng       *rand.Rand
	faults    float64
	kill      func(where string) bool // true: the scheduler dies here
}

var errFault = errors.New("store away")

func newWorld() *world {
	return &world{
		marks: map[boardKey]Mark{}, published: map[string][]time.Time{}, slots: map[string]posting.Slot{},
		rng: rand.New(rand.NewPCG(1, 2)), kill: func(string) bool { return false },
	}
}

func (w *world) fault() error {
	if w.rng.Float64() < w.faults {
		return errFault
	}
	return nil
}

func (w *world) publish(_ context.Context, s posting.Slot) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.fault(); err != nil {
		return err
	}
	stored := w.published[s.ID()]
	if n := len(stored); n == 0 || time.Since(stored[n-1]) > 2*time.Minute {
		w.published[s.ID()] = append(stored, time.Now())
	}
	w.slots[s.ID()] = s
	return w.fault() // stored, but the answer was lost
}

// node is one scheduler's connection to the world; killed cuts it off for good.
type node struct {
	*world
	stop context.CancelFunc
	dead bool
}

func (n *node) die(where string) bool {
	if !n.dead && n.kill(where) {
		n.dead = true
		n.stop()
	}
	return n.dead
}

func (n *node) Update(ctx context.Context, source, board string, change func(Mark) (Mark, bool)) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.die("update") {
		return errFault
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := n.fault(); err != nil {
		return err
	}
	key := boardKey{source, board}
	if next, store := change(n.marks[key]); store {
		n.marks[key] = next
	}
	return n.fault()
}

func (n *node) send(ctx context.Context, s posting.Slot) error {
	n.mu.Lock()
	dead := n.die("publish")
	n.mu.Unlock()
	if dead {
		return errFault
	}
	return n.publish(ctx, s)
}

// start runs a scheduler whose wall clock is skew ahead; the function returned stops it.
func (w *world) start(boards []Board, skew func() time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	n := &node{world: w, stop: cancel}
	l := &Loop{
		Boards: func() []Board { return boards }, Marks: n, Publish: n.send,
		Now: func() time.Time { return time.Now().Add(skew()) },
	}
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			panic(err)
		}
	}
}

func noSkew() time.Duration { return 0 }

func someBoards(t testing.TB, n int, spec string) []Board {
	boards := make([]Board, n)
	for i := range boards {
		boards[i] = Board{Source: "ashby", Board: fmt.Sprintf("acme%d", i), Company: "Acme", Schedule: mustParse(t, spec)}
	}
	return boards
}

// planned are the slots that a day of a board owes: its latest before the day and all within it.
func planned(b Board, from, to time.Time) map[string]bool {
	ids := map[string]bool{b.Slot(b.Latest(from)).ID(): true}
	for s := b.Next(from); !s.After(to); s = b.Next(s) {
		ids[b.Slot(s).ID()] = true
	}
	return ids
}

func (w *world) wantOnce(t *testing.T, boards []Board, from, to time.Time) {
	t.Helper()
	want := map[string]bool{}
	for _, b := range boards {
		for id := range planned(b, from, to) {
			want[id] = true
		}
	}
	for id := range want {
		if n := len(w.published[id]); n != 1 {
			t.Fatalf("slot of %s planned at %v was sent %d times", w.slots[id].Board, w.slots[id].PlannedAt, n)
		}
	}
	if len(w.published) != len(want) {
		t.Fatalf("%d slots sent, %d planned", len(w.published), len(want))
	}
}

func TestTwoSchedulersSendEachSlotOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, boards, from := newWorld(), someBoards(t, 40, "0 */6 * * *"), time.Now()
		stop1, stop2 := w.start(boards, noSkew), w.start(boards, noSkew)
		pass(24 * time.Hour)
		stop1()
		stop2()
		w.wantOnce(t, boards, from, time.Now())
	})
}

// pass lets the bubble's clock run.
func pass(d time.Duration) { <-time.After(d) }

func TestMissedSlotsAreCaughtUpOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, boards := newWorld(), someBoards(t, 50, "@every 6h")
		stop := w.start(boards, noSkew)
		pass(time.Hour)
		stop()
		before := len(w.published)
		pass(3 * 24 * time.Hour)
		from := time.Now()
		stop = w.start(boards, noSkew)
		pass(time.Minute)
		caught := len(w.published) - before
		for _, b := range boards {
			if n := len(w.published[b.Slot(b.Latest(from)).ID()]); n != 1 {
				t.Errorf("%s: the latest missed slot was sent %d times", b.Board, n)
			}
		}
		stop()
		// In the minute after the start a board may also have come to its next slot.
		if caught < 50 || caught > 55 {
			t.Errorf("%d slots after a downtime of twelve slots for each of 50 boards", caught)
		}
	})
}

func TestARestartRepeatsNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			w, boards, from := newWorld(), someBoards(t, 5, "@hourly"), time.Now()
			rng := rand.New(rand.NewPCG(seed, 7))
			for range 8 {
				stop := w.start(boards, noSkew)
				pass(time.Duration(1+rng.IntN(2500)) * time.Second)
				stop()
			}
			w.wantOnce(t, boards, from, time.Now())
		})
	}
}

// Three schedulers die at any write and come back at once, and the store fails one time in twenty:
// every slot is sent, and a slot sent twice was sent twice because the stream forgot it meanwhile.
func TestCrashesLoseNoSlot(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			w, boards, from := newWorld(), someBoards(t, 10, "@hourly"), time.Now()
			w.rng, w.faults = rand.New(rand.NewPCG(seed, 0)), 0.05
			kills, pauses := 0, rand.New(rand.NewPCG(seed, 1))
			w.kill = func(string) bool {
				if w.rng.Float64() < 0.03 {
					kills++
					return true
				}
				return false
			}
			end := from.Add(12 * time.Hour)
			for time.Now().Before(end) {
				stops := []func(){w.start(boards, noSkew), w.start(boards, noSkew), w.start(boards, noSkew)}
				pass(time.Duration(1+pauses.IntN(20*60)) * time.Second)
				for _, stop := range stops {
					stop()
				}
			}
			w.mu.Lock()
			w.faults, w.kill = 0, func(string) bool { return false }
			w.mu.Unlock()
			stop := w.start(boards, noSkew)
			pass(2 * time.Minute)
			stop()
			lost, twice := 0, 0
			for _, b := range boards {
				// Slots may be merged into one catch-up only if nobody was up for an hour; here
				// somebody is up, or back within minutes.
				// The slot from before the start is merged into the first of the day where that is near.
				late := from.Add(20 * time.Minute)
				want := planned(b, late, end)
				delete(want, b.Slot(b.Latest(late)).ID())
				for id := range want {
					switch n := len(w.published[id]); {
					case n == 0:
						lost++
					case n > 1:
						twice++
					}
				}
			}
			if lost > 0 || kills == 0 || twice > 20 {
				t.Errorf("seed %d: %d slots lost, %d of 130 twice, %d kills", seed, lost, twice, kills)
			}
		})
	}
}

// A scheduler dies right after its claim, or right after publishing: another takes over in time for
// the stream to know the slot again.
func TestAnotherTakesOver(t *testing.T) {
	t.Parallel()
	for dies := 1; dies <= 3; dies++ { // 1: before the claim, 2: between claim and publish, 3: before the confirmation
		synctest.Test(t, func(t *testing.T) {
			w, boards, from := newWorld(), someBoards(t, 1, "@every 6h"), time.Now()
			calls := 0
			w.kill = func(string) bool { calls++; return calls == dies }
			stop1, stop2 := w.start(boards, noSkew), w.start(boards, noSkew)
			pass(2 * time.Minute)
			w.wantOnce(t, boards, from, time.Now())
			stop1()
			stop2()
		})
	}
}

// A publish that hangs is given up before its claim runs out, so nobody else is at it meanwhile.
func TestAHangingPublishIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, boards := newWorld(), someBoards(t, 1, "@every 6h")
		begun := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		hangs, sentAfter := 0, time.Duration(0)
		l := &Loop{
			Boards: func() []Board { return boards }, Marks: &node{world: w, stop: cancel}, Now: time.Now,
			Publish: func(ctx context.Context, s posting.Slot) error {
				if hangs++; hangs < 3 {
					<-ctx.Done()
					return ctx.Err()
				}
				sentAfter = time.Since(begun)
				return w.publish(ctx, s)
			},
		}
		done := make(chan error)
		go func() { done <- l.Run(ctx) }()
		pass(5 * time.Minute)
		cancel()
		if err := <-done; err != nil || len(w.published) != 1 {
			t.Fatalf("%d slots sent, error %v", len(w.published), err)
		}
		if sentAfter < 2*Lease || sentAfter > 2*Lease+2*lookMax+2*publishTimeout {
			t.Errorf("sent after %v", sentAfter)
		}
	})
}

// One scheduler's clock is a year ahead for good: its slots of next year are sent at its own pace,
// the right ones are all sent, and the two do not undo each other.
func TestAWrongClockSilencesNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, boards, from := newWorld(), someBoards(t, 5, "@every 6h"), time.Now()
		stop1 := w.start(boards, func() time.Duration { return 365 * 24 * time.Hour })
		pass(time.Minute)
		stop2 := w.start(boards, noSkew)
		pass(2 * 24 * time.Hour)
		stop1()
		stop2()
		for _, b := range boards {
			for id := range planned(b, from.Add(time.Hour), time.Now()) {
				if len(w.published[id]) != 1 {
					t.Errorf("%s: a slot was sent %d times", b.Board, len(w.published[id]))
				}
			}
		}
		if n := len(w.published); n > 2*5*10 {
			t.Errorf("%d slots sent where two clocks plan about 90", n)
		}
	})
}

// The clock jumps to and fro: what is sent stays within what the hours shown by the clock plan, and
// once it is right again every board is served.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 9))
		jumps := make([]int, 1+rng.IntN(5))
		for i := range jumps {
			jumps[i] = rng.IntN(145) - 72
		}
		synctest.Test(t, func(t *testing.T) {
			w, boards := newWorld(), someBoards(t, 3, "@every 6h")
			var mu sync.Mutex
			skew := time.Duration(0)
			set := func(d time.Duration) { mu.Lock(); skew = d; mu.Unlock() }
			stop := w.start(boards, func() time.Duration { mu.Lock(); defer mu.Unlock(); return skew })
			for _, hours := range jumps {
				set(time.Duration(hours) * time.Hour)
				pass(13 * time.Hour)
			}
			set(0)
			from := time.Now()
			pass(24 * time.Hour)
			stop()
			for _, b := range boards {
				for id := range planned(b, from.Add(time.Minute), time.Now()) {
					if len(w.published[id]) == 0 {
						t.Errorf("%s: a slot was not sent after the clock was right again", b.Board)
					}
				}
			}
			sends := 0
			for _, times := range w.published {
				sends += len(times)
			}
			if most := 3 * (4*len(jumps) + 6); sends > most {
				t.Errorf("jumps %v: %d slots sent, want at most %d", jumps, sends, most)
			}
		})
	}
}

// badMarks refuses the marks of some boards.
type badMarks struct {
	Marks
	bad map[string]bool
}

func (b badMarks) Update(ctx context.Context, source, board string, change func(Mark) (Mark, bool)) error {
	if b.bad[board] {
		return errFault
	}
	return b.Marks.Update(ctx, source, board, change)
}

// A board that cannot be marked, or whose slots cannot be sent, holds up no other.
func TestOneBadBoardHoldsUpNobody(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"marks", "publish"} {
		synctest.Test(t, func(t *testing.T) {
			w, boards := newWorld(), someBoards(t, 40, "@every 6h")
			ctx, cancel := context.WithCancel(t.Context())
			tries, bad := 0, map[string]bool{} // the ten that come first
			for _, s := range Due(boards, func(string, string) Mark { return Mark{} }, time.Now())[:10] {
				bad[s.Board] = true
			}
			marks := badMarks{Marks: &node{world: w, stop: cancel}}
			if where == "marks" {
				marks.bad = bad
			}
			l := &Loop{
				Boards: func() []Board { return boards }, Marks: marks, Now: time.Now,
				Publish: func(ctx context.Context, s posting.Slot) error {
					if bad[s.Board] {
						tries++
						return posting.ErrInvalid
					}
					return w.publish(ctx, s)
				},
			}
			done := make(chan error)
			go func() { done <- l.Run(ctx) }()
			pass(10 * time.Minute)
			cancel()
			if err := <-done; err != nil || len(w.published) < 30 {
				t.Errorf("%s: %d slots sent, error %v", where, len(w.published), err)
			}
			if tries > 12*11 {
				t.Errorf("%d tries of the bad boards in ten minutes", tries)
			}
		})
	}
}

// A board is taken out of the list before its slot was worked, and the crawler drops it. When the board
// comes back it is owed that slot, though the stream takes one it has seen within two minutes for a
// repetition; a board whose slot was worked is owed nothing.
func TestABoardThatComesBackIsOwedWhatWasDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, boards := newWorld(), someBoards(t, 2, "@every 6h")
		var mu sync.Mutex
		listed := boards
		list := func(b []Board) { mu.Lock(); listed = b; mu.Unlock() }
		ctx, cancel := context.WithCancel(t.Context())
		marks := &node{world: w, stop: cancel}
		l := &Loop{
			Boards: func() []Board { mu.Lock(); defer mu.Unlock(); return listed },
			Marks:  marks, Now: time.Now, Publish: w.publish,
		}
		done := make(chan error)
		go func() { done <- l.Run(ctx) }()
		pass(time.Second)
		slots := [2]posting.Slot{boards[0].Slot(boards[0].Latest(time.Now())), boards[1].Slot(boards[1].Latest(time.Now()))}
		list(nil)
		pass(time.Minute)
		dropped := false
		err := marks.Update(ctx, slots[0].Source, slots[0].Board, func(m Mark) (Mark, bool) {
			m, dropped = m.Drop(slots[0], time.Now())
			return m, dropped
		})
		if err != nil || !dropped {
			t.Fatalf("not dropped: %v", err)
		}
		list(boards)
		pass(dropHold + 2*lookMax)
		for i, want := range []int{2, 1} {
			if n := len(w.published[slots[i].ID()]); n != want {
				t.Errorf("slot %d reached the crawlers %d times, want %d", i, n, want)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, ok := w.marks[boardKey{slots[1].Source, slots[1].Board}].Drop(posting.Slot{PlannedAt: time.Now()}, time.Now()); ok {
			t.Error("a slot nobody sent was dropped")
		}
	})
}

func TestMarkSurvivesJSON(t *testing.T) {
	t.Parallel()
	b := someBoards(t, 1, "@every 6h")[0]
	now := date("2026-11-23 08:00")
	var m Mark
	for i := range 20 {
		at := now.Add(time.Duration(i) * 6 * time.Hour)
		s, ok := m.Owes(b, at)
		if !ok {
			t.Fatalf("nothing owed at %v: %+v", at, m)
		}
		if m, ok = m.Claim(s, at); !ok {
			t.Fatalf("not claimed at %v: %+v", at, m)
		}
		if _, twice := m.Claim(s, at.Add(Lease-time.Millisecond)); twice {
			t.Fatal("claimed twice")
		}
		m = roundTrip(t, m).Confirm(s)
		if _, again := m.Claim(s, at.Add(time.Hour)); again {
			t.Fatal("claimed after it was sent")
		}
	}
	if len(m.Published) != marksKept || !m.Claimed.IsZero() || !m.Until.IsZero() {
		t.Errorf("%+v", m)
	}
}

func TestClaimRefusals(t *testing.T) {
	t.Parallel()
	b := someBoards(t, 1, "@every 6h")[0]
	now := date("2026-11-23 08:00")
	old, new := b.Slot(b.Latest(now.Add(-6*time.Hour))), b.Slot(b.Latest(now))
	if _, ok := (Mark{}).Confirm(new).Claim(old, now); ok {
		t.Error("a scheduler that comes late sends a slot after a later one was sent")
	}
	ahead, _ := Mark{}.Claim(new, now.AddDate(1, 0, 0))
	if _, ok := ahead.Claim(new, now); !ok {
		t.Error("a claim made by a clock a year ahead holds for a year")
	}
	held, _ := Mark{}.Claim(old, now)
	if _, ok := held.Claim(new, now); !ok {
		t.Error("a claim of a slot that is past holds up the next one")
	}
}

func roundTrip(t *testing.T, m Mark) (back Mark) {
	t.Helper()
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// A day of 3,000 boards: two schedulers find the same slots due, one of them sends each, and no
// ten minutes hold much more than their share of 83.
func TestADayOfThreeThousandBoards(t *testing.T) {
	t.Parallel()
	boards := someBoards(t, 3000, "0 */6 * * *")
	marks := map[boardKey]Mark{}
	mark := func(source, board string) Mark { return marks[boardKey{source, board}] }
	from := date("2026-11-23 00:00")
	sent, most := map[string]int{}, 0
	for step := range 24*6 + 1 {
		now := from.Add(time.Duration(step) * 10 * time.Minute)
		due := Due(boards, mark, now)
		for range 2 {
			for _, s := range due {
				key := boardKey{s.Source, s.Board}
				if m, ok := marks[key].Claim(s, now); ok {
					marks[key] = m.Confirm(s)
					sent[s.ID()]++
				}
			}
		}
		if step > 0 { // the first finds every board new
			most = max(most, len(due))
		}
	}
	want := 0
	for _, b := range boards {
		for id := range planned(b, from, from.Add(24*time.Hour)) {
			want++
			if sent[id] != 1 {
				t.Fatalf("a slot of %s was sent %d times", b.Board, sent[id])
			}
		}
	}
	if len(sent) != want || want < 5*3000-20 || most > 130 {
		t.Errorf("%d slots sent, %d planned, at most %d in ten minutes", len(sent), want, most)
	}
}

// Told to stop in the middle of a publish that succeeds, the loop still records it.
func TestAStopRecordsWhatWasSent(t *testing.T) {
	t.Parallel()
	w, boards := newWorld(), someBoards(t, 3, "@every 6h")
	ctx, cancel := context.WithCancel(t.Context())
	var sent []posting.Slot
	l := &Loop{
		Boards: func() []Board { return boards }, Marks: &node{world: w, stop: cancel}, Now: time.Now,
		Publish: func(_ context.Context, s posting.Slot) error { cancel(); sent = append(sent, s); return nil },
	}
	if err := l.Run(ctx); err != nil || len(sent) != 1 {
		t.Fatal(sent, err)
	}
	m := w.marks[boardKey{sent[0].Source, sent[0].Board}]
	if len(m.Published) != 1 || !m.Published[0].Equal(sent[0].PlannedAt) {
		t.Errorf("%+v", m)
	}
}

// A simulated clock steps a day at a time once a round is over: two years of weekly slots take no
// time, each is sent once, and none later than a step.
func TestSimulatedClockNeedsNoRealTime(t *testing.T) {
	t.Parallel()
	w, boards := newWorld(), someBoards(t, 20, "0 0 * * 1")
	const day = 24 * time.Hour
	from := time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)
	now, end := from, from.Add(104*7*day)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	lag, sent := time.Duration(0), map[string]int{}
	l := &Loop{
		Boards: func() []Board { return boards }, Marks: &node{world: w, stop: stop},
		Publish: func(_ context.Context, s posting.Slot) error { sent[s.ID()]++; return nil },
		Now:     func() time.Time { return now },
		Sent:    func(_ posting.Slot, d time.Duration) { lag = max(lag, d) },
		Wait: func(_ context.Context, d time.Duration) {
			if d <= 0 {
				t.Errorf("asked to wait %s", d)
			}
			if now = now.Add(d).Add(day - 1).Truncate(day); !now.Before(end) {
				stop()
			}
		},
	}
	began := time.Now()
	if err := l.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	for id, n := range sent {
		if n != 1 {
			t.Errorf("slot %s sent %d times", id, n)
		}
	}
	if len(sent) != 104*len(boards) || lag > day {
		t.Errorf("%d slots of %d boards, up to %s late", len(sent), len(boards), lag)
	}
}
