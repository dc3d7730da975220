package bustest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
)

func value(t *testing.T, b *bus.Bus, source, board, kind string) string {
	t.Helper()
	var got []byte
	err := b.Swap(t.Context(), source, board, kind, func(old []byte) ([]byte, bool, error) {
		got = old
		return nil, false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// testSwap has writers of two processes count, which loses a step when two store on one reading.
func testSwap(t *testing.T, open Open) {
	const writers, steps = 8, 10
	b := open(t, bus.Config{})
	other := open(t, bus.Config{URL: b.ClientURL()})
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			by := []*bus.Bus{b, other}[i%2]
			for range steps {
				err := by.Swap(context.Background(), "lever", "acme io", "mark", func(old []byte) ([]byte, bool, error) {
					n, _ := strconv.Atoi(string(old))
					return strconv.AppendInt(nil, int64(n+1), 10), true, nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := value(t, b, "lever", "acme io", "mark"); got != strconv.Itoa(writers*steps) {
		t.Errorf("counted %s, want %d", got, writers*steps)
	}
}

func testSwapApart(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	put := func(source, board, kind, v string) {
		t.Helper()
		err := b.Swap(t.Context(), source, board, kind, func([]byte) ([]byte, bool, error) { return []byte(v), true, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	put("host", "127.0.0.1:80", "turn", "1")
	put("host", "127.0.0.1:80", "breaker", "2")
	put("host", "127=2E0.0.1:80", "turn", "3")
	putBoard(t, b, "host", "127.0.0.1:80", boardState(3, "n1"))
	for _, c := range [][4]string{
		{"host", "127.0.0.1:80", "turn", "1"},
		{"host", "127.0.0.1:80", "breaker", "2"},
		{"host", "127=2E0.0.1:80", "turn", "3"},
		{"host", "127.0.0.1:80", "mark", ""},
	} {
		if got := value(t, b, c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%v: %q", c, got)
		}
	}
	if got := board(t, b, "host", "127.0.0.1:80"); len(got.Hashes) != 3 {
		t.Errorf("the state beside the values: %+v", got)
	}
	refused := errors.New("refused")
	keep := func(old []byte) ([]byte, bool, error) { return []byte("x"), true, refused }
	if err := b.Swap(t.Context(), "host", "127.0.0.1:80", "turn", keep); !errors.Is(err, refused) {
		t.Errorf("error of change: %v", err)
	}
	huge := func([]byte) ([]byte, bool, error) { return make([]byte, 1<<20), true, nil }
	for _, kind := range []string{"turn", "two words", ""} {
		if err := b.Swap(t.Context(), "host", "127.0.0.1:80", kind, huge); !errors.Is(err, posting.ErrInvalid) {
			t.Errorf("a megabyte of %q: %v", kind, err)
		}
	}
	if got := value(t, b, "host", "127.0.0.1:80", "turn"); got != "1" {
		t.Errorf("after what was refused: %q", got)
	}
}

// testBoardUpdate has two processes add to one state at the same time.
func testBoardUpdate(t *testing.T, open Open) {
	const writers = 6
	b := open(t, bus.Config{})
	other := open(t, bus.Config{URL: b.ClientURL()})
	putBoard(t, b, "workday", "acme", bus.BoardState{Normaliser: "n1", ETag: `"e"`, LastModified: "m", AnsweredAt: NewRun(0).ObservedAt})
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			by := []*bus.Bus{b, other}[i%2]
			err := by.UpdateBoard(context.Background(), "workday", "acme", func(s bus.BoardState) bus.BoardState {
				if s.Hashes == nil {
					s.Hashes, s.Rows = map[string]string{}, map[string]string{}
				}
				s.Hashes[strconv.Itoa(i)], s.Rows[strconv.Itoa(i)] = "h", "r"
				return s
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := board(t, b, "workday", "acme"); len(got.Hashes) != writers || len(got.Rows) != writers || got.ETag != `"e"` || got.LastModified != "m" || !got.AnsweredAt.Equal(NewRun(0).ObservedAt) {
		t.Errorf("after %d writers: %+v", writers, got)
	}
}

// testCrawlStage: a slot whose crawl fails comes again, one that takes longer than AckWait is
// given to nobody else, and every slot is done once.
func testCrawlStage(t *testing.T, open Open) {
	const slots = 12
	const ackWait = 600 * time.Millisecond
	cfg := bus.Config{AckWait: ackWait, RetryDelay: 10 * time.Millisecond}
	b := open(t, cfg)
	cfg.URL = b.ClientURL()
	other := open(t, cfg)
	var mu sync.Mutex
	tries, done := map[string]int{}, map[string]int{}
	finished := make(chan struct{})
	crawl := func(_ context.Context, batch []any) []bus.Result {
		slot := batch[0].(posting.Slot)
		mu.Lock()
		tries[slot.Board]++
		n := tries[slot.Board]
		mu.Unlock()
		switch slot.Board {
		case "slow":
			<-time.After(3 * ackWait)
		case "failing":
			if n < 3 {
				return []bus.Result{{Err: errTrouble}}
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if done[slot.Board]++; len(done) == slots {
			select {
			case <-finished:
			default:
				close(finished)
			}
		}
		return []bus.Result{{}}
	}
	for _, by := range []*bus.Bus{b, other} {
		Start(t, by, bus.Stage{Name: bus.StageCrawl, Workers: 2, BatchRows: 1, Handle: crawl})
	}
	at := NewRun(0).ObservedAt
	names := []string{"slow", "failing"}
	for i := range slots - 2 {
		names = append(names, "board"+strconv.Itoa(i))
	}
	for range 2 { // a scheduler that repeats itself
		for _, name := range names {
			Publish(t, b, posting.Slot{Kind: "board", Source: "lever", Board: name, PlannedAt: at})
		}
	}
	select {
	case <-finished:
	case <-time.After(deadline):
		t.Fatal("not all slots were done")
	}
	mu.Lock()
	defer mu.Unlock()
	for _, name := range names {
		want := map[string]int{"failing": 3}[name]
		if done[name] != 1 || tries[name] != max(want, 1) {
			t.Errorf("%s: tried %d times, done %d times", name, tries[name], done[name])
		}
	}
}
