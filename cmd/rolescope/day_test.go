package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/scheduler"
)

const (
	dayBoards   = 60 // in CI; ROLESCOPE_TEST_DAY_BOARDS, or `proof day`, says otherwise
	dayHosts    = 4
	dayInterval = time.Second // between requests to a host
	dayStable   = 15          // postings of a board that stay all day
)

// dayLimiter is the deployment's limiter; it notes every moment it gives out and makes it now.
type dayLimiter struct {
	fetch.Limiter
	clock *simClock
	mu    *sync.Mutex
	given map[string][]time.Time // by host
}

func (l dayLimiter) Reserve(ctx context.Context, host string, every, atMost time.Duration, now time.Time) (time.Duration, error) {
	wait, err := l.Limiter.Reserve(ctx, host, every, atMost, now)
	if err == nil && wait <= atMost {
		l.clock.wait(now.Add(wait))
		l.mu.Lock()
		l.given[host] = append(l.given[host], now.Add(wait))
		l.mu.Unlock()
	}
	return wait, err
}

// dayMarket serves boards that change a little with every visit, and counts what changed.
type dayMarket struct {
	mu       sync.Mutex
	servers  []*httptest.Server
	visits   map[string]int
	last     map[string]map[string]string // by board: id to title, as answered last
	asked    map[string]int               // requests by host
	news     int                          // postings that were new or changed when answered
	answered int                          // postings in all answers
	same     int                          // answers 304
}

func newDayMarket(t *testing.T) *dayMarket {
	m := &dayMarket{visits: map[string]int{}, last: map[string]map[string]string{}, asked: map[string]int{}}
	for range dayHosts {
		s := httptest.NewServer(m)
		t.Cleanup(s.Close)
		m.servers = append(m.servers, s)
	}
	return m
}

func (m *dayMarket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked[r.Host]++
	board, ok := strings.CutPrefix(r.URL.Path, "/v1/boards/")
	if !ok {
		http.NotFound(w, r)
		return
	}
	board = strings.TrimSuffix(board, "/jobs")
	visit := m.visits[board]
	m.visits[board]++
	now, list := map[string]string{}, []map[string]any{}
	add := func(id int, title string) {
		now[strconv.Itoa(id)] = title
		list = append(list, map[string]any{
			"id": id, "title": title, "absolute_url": fmt.Sprintf("https://jobs.example/%s/%d", board, id),
			"location": map[string]string{"name": "Zurich"}, "content": strings.Repeat("&lt;p&gt;We train models with PyTorch.&lt;/p&gt;", 20),
		})
	}
	dice := func(n uint32, of ...any) bool {
		h := fnv.New32a()
		fmt.Fprintln(h, of...)
		return h.Sum32()>>8%n == 0
	}
	for id := range dayStable {
		changes := 0
		for v := range visit {
			if dice(50, board, id, v) {
				changes++
			}
		}
		add(id+1, fmt.Sprintf("Machine Learning Engineer %d", changes))
	}
	if dice(2, board) { // one goes and one comes with every visit
		add(1000+visit, "Research Engineer")
	}
	for id, title := range now {
		if m.last[board][id] != title {
			m.news++
		}
	}
	m.last[board] = now
	body, err := json.Marshal(map[string]any{"jobs": list, "meta": map[string]int{"total": len(list)}})
	if err != nil {
		panic(err)
	}
	h := fnv.New64a()
	_, _ = h.Write(body)
	tag := fmt.Sprintf("%q", fmt.Sprint(h.Sum64()))
	w.Header().Set("ETag", tag)
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("If-None-Match") == tag {
		m.same++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	m.answered += len(list)
	_, _ = w.Write(body)
}

// dayTally is what went through the bus.
type dayTally struct {
	mu      sync.Mutex
	changed *sync.Cond
	sent    map[string]int // slots published, by id
	ran     map[string]int // slots worked, by id
	runs    map[string]int // runs in RAW, by id
	faults  []string
	raws    int
}

// idle waits until every slot that was sent has been worked.
func (d *dayTally) idle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.ran) < len(d.sent) && len(d.faults) == 0 {
		d.changed.Wait()
	}
}

func (d *dayTally) note(f func()) {
	d.mu.Lock()
	f()
	d.mu.Unlock()
	d.changed.Broadcast()
}

// TestDay lets two schedulers and two crawlers work a day of six-hourly schedules over one bus. The
// schedulers live in simulated time; everything else is real, and time stands still until the
// crawls that were ordered are done. Politeness costs simulated time only.
func TestDay(t *testing.T) {
	n := dayBoards
	if s := os.Getenv("ROLESCOPE_TEST_DAY_BOARDS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	market, clock := newDayMarket(t), &simClock{}
	tally := &dayTally{sent: map[string]int{}, ran: map[string]int{}, runs: map[string]int{}}
	tally.changed = sync.NewCond(&tally.mu)
	list := dayList(t, market, n)
	first, err := bus.Open(t.Context(), bus.Config{Dir: filepath.Join(t.TempDir(), "nats")})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := bus.Open(t.Context(), bus.Config{URL: first.ClientURL()})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()

	stageCtx, stop := context.WithCancel(t.Context())
	defer stop()
	var stages sync.WaitGroup
	given, givenLock := map[string][]time.Time{}, &sync.Mutex{}
	for _, b := range []*bus.Bus{first, second} {
		limits := dayLimiter{Limiter: limiter{b}, clock: clock, mu: givenLock, given: given}
		stage := dayCrawler(t, b, list, clock, limits, tally).stage()
		handle := stage.Handle
		stage.Handle = func(ctx context.Context, batch []any) []bus.Result {
			out := handle(ctx, batch)
			tally.crawled(batch, out)
			return out
		}
		stages.Go(func() { tally.end(b.Run(stageCtx, stage)) })
	}
	for _, name := range []string{bus.StageArchive, bus.StageEnrich} {
		stage := bus.Stage{Name: name, Stream: bus.StreamRaw, Workers: 1, BatchRows: 1000, BatchBytes: 8 << 20, BatchAge: 20 * time.Millisecond}
		stage.Handle = func(_ context.Context, batch []any) []bus.Result {
			if name == bus.StageArchive {
				tally.stored(batch)
			}
			return make([]bus.Result, len(batch))
		}
		stages.Go(func() { tally.end(first.Run(stageCtx, stage)) })
	}

	var start, end time.Time
	loops := []*dayLoop{newDayLoop(t, first, list, clock, tally), newDayLoop(t, second, list, clock, tally)}
	synctest.Test(t, func(t *testing.T) {
		start = time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, l := range loops {
			running.Go(func() { _ = l.loop().Run(ctx) })
		}
		<-time.After(24*time.Hour - time.Second/2) // slots lie on whole seconds
		end = time.Now()
		cancel()
		running.Wait()
	})
	tally.idle()
	if err := first.Drained(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	stages.Wait()
	dayVerdict(t, list, start, end, market, given, tally, loops, time.Since(began))
}

func dayList(t *testing.T, m *dayMarket, n int) *sourceList {
	var b strings.Builder
	b.WriteString("sources:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {kind: greenhouse, board: board%d, company: Company %d, schedule: \"@every 6h\", base_url: %q}\n", i, i, m.servers[i%dayHosts].URL)
	}
	list, err := parseSources("sources.yaml", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func dayCrawler(t *testing.T, b *bus.Bus, list *sourceList, clock *simClock, l fetch.Limiter, tally *dayTally) *crawler {
	client, err := fetch.New(fetch.Options{
		Contact: "tests@rolescope.example", AllowPrivate: true, HostInterval: dayInterval, Limiter: l, Now: clock.Now,
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, // the limiter has moved the clock
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	log := slog.New(slog.DiscardHandler)
	return &crawler{
		sys: &system{config: config{Crawlers: 8}, bus: b}, fetch: &fetcher{Client: client, bus: b, log: log},
		sources: func() *sourceList { return list }, now: clock.Now, log: log,
	}
}

func (d *dayTally) crawled(batch []any, out []bus.Result) {
	d.note(func() {
		for i, v := range batch {
			if slot, ok := v.(posting.Slot); !ok || slot.Kind != ingest.KindBoard || out[i].Err != nil {
				d.faults = append(d.faults, fmt.Sprintf("slot %+v: %v", v, out[i].Err))
			} else {
				d.ran[slot.ID()]++
			}
		}
	})
}

func (d *dayTally) stored(batch []any) {
	d.note(func() {
		for _, v := range batch {
			switch v := v.(type) {
			case posting.Run:
				d.runs[v.ID]++
				if v.Outcome != posting.OutcomeOK && v.Outcome != posting.OutcomeNotModified || !v.Complete && v.Outcome == posting.OutcomeOK {
					d.faults = append(d.faults, fmt.Sprintf("run of %s at %s: %s, complete %v, %s", v.Board, v.ObservedAt, v.Outcome, v.Complete, v.Note))
				}
			case posting.Raw:
				d.raws++
			}
		}
	})
}

func (d *dayTally) end(err error) {
	if err != nil {
		d.note(func() { d.faults = append(d.faults, err.Error()) })
	}
}

// dayLoop runs a scheduler.Loop in simulated time, whose calls of the bus are made outside of it: a
// goroutine that waits for one keeps the time from going on.
type dayLoop struct {
	boards []scheduler.Board
	bus    *bus.Bus
	ctx    context.Context
	tally  *dayTally
	clock  *simClock
	calls  chan func()
	done   chan struct{}
	mu     sync.Mutex
	now    time.Time
	sent   int
}

func newDayLoop(t *testing.T, b *bus.Bus, list *sourceList, clock *simClock, tally *dayTally) *dayLoop {
	l := &dayLoop{boards: list.schedules(), bus: b, ctx: t.Context(), tally: tally, clock: clock, calls: make(chan func()), done: make(chan struct{})}
	go func() {
		for {
			select {
			case f := <-l.calls:
				f()
				l.done <- struct{}{}
			case <-l.ctx.Done():
				return
			}
		}
	}()
	return l
}

// outside runs f on the goroutine that is not in simulated time.
func (l *dayLoop) outside(f func()) {
	l.calls <- f
	<-l.done
}

// Update implements scheduler.Marks.
func (l *dayLoop) Update(_ context.Context, source, board string, change func(scheduler.Mark) (scheduler.Mark, bool)) (err error) {
	l.outside(func() { err = marks{l.bus}.Update(l.ctx, source, board, change) })
	return err
}

func (l *dayLoop) publish(_ context.Context, slot posting.Slot) (err error) {
	l.outside(func() {
		l.tally.note(func() { l.tally.sent[slot.ID()]++ })
		err = l.bus.Publish(l.ctx, slot)
	})
	return err
}

func (l *dayLoop) loop() *scheduler.Loop {
	return &scheduler.Loop{
		// Called once a round, within which simulated time stands still.
		Boards: func() []scheduler.Board {
			l.outside(l.tally.idle)
			now := time.Now()
			l.mu.Lock()
			l.now = now
			l.mu.Unlock()
			l.clock.wait(now)
			return l.boards
		},
		Now: func() time.Time {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.now
		},
		Marks: l, Publish: l.publish,
		Sent: func(_ posting.Slot, _ time.Duration) { l.sent++ },
	}
}

func dayVerdict(t *testing.T, list *sourceList, start, end time.Time, m *dayMarket, given map[string][]time.Time, d *dayTally, loops []*dayLoop, took time.Duration) {
	want := map[string]bool{}
	for _, b := range list.schedules() {
		for at := b.Latest(start); at.Before(end); at = b.Next(at) {
			want[b.Slot(at).ID()] = true
		}
	}
	for name, got := range map[string]map[string]int{"sent": d.sent, "worked": d.ran} {
		for id, times := range got {
			if times != 1 || !want[id] {
				t.Errorf("slot %s %s %d times, planned: %v", id, name, times, want[id])
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d slots %s, want %d", len(got), name, len(want))
		}
	}
	twice := 0
	for _, times := range d.runs {
		twice += times - 1
	}
	if len(d.runs) != len(want) || twice != 0 {
		t.Errorf("%d runs, %d of them repeated, for %d slots", len(d.runs), twice, len(want))
	}
	for _, f := range d.faults[:min(len(d.faults), 5)] {
		t.Error(errors.New(f))
	}
	if d.raws != m.news {
		t.Errorf("%d postings sent, %d were new or changed, of %d answered", d.raws, m.news, m.answered)
	}
	closest, requests := time.Duration(1<<62), 0
	for host, moments := range given {
		slices.SortFunc(moments, time.Time.Compare)
		for i := range moments[1:] {
			closest = min(closest, moments[i+1].Sub(moments[i]))
		}
		if m.asked[host] != len(moments) {
			t.Errorf("%s was asked %d times in %d turns", host, m.asked[host], len(moments))
		}
		requests += len(moments)
	}
	if closest < dayInterval {
		t.Errorf("two requests to one host within %s of simulated time", closest)
	}
	for _, l := range loops {
		if l.sent == 0 {
			t.Error("a scheduler sent nothing")
		}
	}
	line, err := json.Marshal(map[string]any{
		"boards": len(list.boards), "slots": len(want), "runs": len(d.runs), "sent_by_scheduler": []int{loops[0].sent, loops[1].sent},
		"requests": requests, "hosts": dayHosts, "closest_seconds": closest.Seconds(), "not_modified": m.same, "postings_answered": m.answered,
		"postings_sent": d.raws, "postings_new_or_changed": m.news, "peak_mib": peakMiB(), "seconds": took.Seconds(),
	})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("day: %s\n", line)
}

// peakMiB is the most memory this process has held, servers and all; 0 where it cannot be told.
func peakMiB() int {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, _ := strconv.Atoi(strings.Fields(rest + " 0")[0])
	return kib >> 10
}
