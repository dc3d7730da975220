package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/storetest"
	"github.com/rolescope/rolescope/trend"
	"github.com/rolescope/rolescope/web"
)

// counted is a store that counts the statements of pages and the looks at the states.
type counted struct {
	*store.Store
	statements, looks *atomic.Int64
}

func (c counted) Select(ctx context.Context, dest any, query string, params map[string]string) error {
	c.statements.Add(1)
	return c.Ask(ctx, dest, query, params)
}

func (c counted) States(ctx context.Context) (map[string]string, error) {
	c.looks.Add(1)
	return c.Store.States(ctx)
}

// TestPagesFollowTheStore: whatever was stored, refreshed or decided meanwhile, a dashboard that remembers answers with
// the bytes of one that was just built; and while nothing happens it answers without asking for any of it.
func TestPagesFollowTheStore(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: one goroutine")
	}
	t.Parallel()
	w := storetest.NewWorld("w", 5)
	s := open(t)
	c, at := counted{s, new(atomic.Int64), new(atomic.Int64)}, now
	build := func() http.Handler {
		h, err := web.New(web.Options{Querier: c, Follower: c, Now: func() time.Time { return at }})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	h := build()
	addresses := []string{
		"/", "/roles/w_research_engineer", "/skills", "/skills/go", "/postings?open=1&skill=go", "/alerts", "/api/v1/volume?by=company",
	}
	for _, m := range w.Messages() {
		if p, ok := m.(posting.Posting); ok {
			addresses = append(addresses, "/postings/"+p.PostingID)
			break
		}
	}
	before := map[string]string{}
	look := func(what string, changed ...string) {
		t.Helper()
		at = at.Add(web.MemoryAge + time.Second)
		anew := build()
		for _, address := range addresses {
			got, want := get(t, h, address), get(t, anew, address)
			if got.Code != want.Code || !bytes.Equal(got.Body.Bytes(), want.Body.Bytes()) {
				t.Fatalf("%s: %s: status %d for %d, %d bytes for %d", what, address, got.Code, want.Code, got.Body.Len(), want.Body.Len())
			}
			if text := got.Body.String(); slices.Contains(changed, address) && text == before[address] {
				t.Errorf("%s: %s is as before", what, address)
			}
			before[address] = got.Body.String()
		}
		at = at.Add(web.MemoryAge + time.Second)
		looked := c.looks.Load()
		for _, address := range addresses {
			asked := c.statements.Load()
			got := get(t, h, address)
			if got.Body.String() != before[address] {
				t.Errorf("%s: %s: other bytes, and nothing was stored", what, address)
			}
			if n := c.statements.Load() - asked; n > 0 && got.Code == http.StatusOK { // an error is not kept
				t.Errorf("%s: %s: %d statements, and nothing was stored", what, address, n)
			}
		}
		if n := c.looks.Load() - looked; n != 1 {
			t.Errorf("%s: looked %d times, want once", what, n)
		}
	}
	messages := w.Messages()
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
	for i, part := range slices.Collect(slices.Chunk(messages, (len(messages)+1)/2)) {
		if err := errors.Join(s.Write(t.Context(), part)...); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			e := putAlert(t, s, 1, "an alert", alert.Firing)
			decision := store.AlertDecision{Decision: store.DecisionAcknowledge, At: at, AlertID: e.AlertID, Note: "seen"}
			if err := s.DecideAlert(t.Context(), decision); err != nil {
				t.Fatal(err)
			}
			look("stored, and decided elsewhere", "/alerts")
		}
		refresh(t, s)
		look(fmt.Sprintf("refreshed %d", i), "/", "/skills", "/postings?open=1&skill=go", "/api/v1/volume?by=company")
	}
	if err := s.Activate(t.Context(), "another version"); err != nil {
		t.Fatal(err)
	}
	look("another version", "/", "/skills")
}

// fake is a store of one table, two roles and two skills. It counts the pages' own statements, which take a second each.
type fake struct {
	mu     sync.Mutex
	state  string
	err    error // of States
	fail   error // of statements
	asked  int
	looked int
	left   int
	alerts []trend.AlertRow
	reads  func(query string) ([]string, bool, error)
}

func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// counts are statements, looks and statements given up since they were last asked for.
func (f *fake) counts() (asked, looked, left int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked, looked, left = f.asked, f.looked, f.left
	f.asked, f.looked, f.left = 0, 0, 0
	return asked, looked, left
}

func (f *fake) Select(ctx context.Context, dest any, query string, _ map[string]string) error {
	f.mu.Lock()
	fail := f.fail
	switch d := dest.(type) {
	case *[]trend.RoleCount:
		*d = []trend.RoleCount{{Role: "large", Vacancies: 9}, {Role: "small", Vacancies: 1}}
	case *[]trend.SkillCount:
		*d = []trend.SkillCount{{Skill: "go", Label: "Go", Kind: "language"}, {Skill: "c++", Label: "C++", Kind: "language"}}
	case *[]trend.AlertRow:
		*d = slices.Clone(f.alerts)
	}
	small := strings.HasPrefix(query, "SELECT tagger_version ")
	if !small {
		f.asked++
	}
	f.mu.Unlock()
	if fail != nil || small {
		return fail
	}
	select {
	case <-ctx.Done():
		f.set(func() { f.left++ })
		return ctx.Err()
	case <-time.After(time.Second):
		return nil
	}
}

func (f *fake) States(context.Context) (map[string]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looked++
	return map[string]string{"t": f.state}, f.err
}

func (f *fake) Reads(_ context.Context, _ map[string]string, query string, _ map[string]string) ([]string, bool, error) {
	if f.reads != nil {
		return f.reads(query)
	}
	return []string{"t"}, true, nil
}

func faked(t *testing.T, f *fake) (*web.Dashboard, *bytes.Buffer) {
	t.Helper()
	log := new(bytes.Buffer)
	d, err := web.New(web.Options{Querier: f, Follower: f, Now: time.Now, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return d, log
}

const skillsPage = "/api/v1/skills"

// later lets an answer become so old that it is not given without a look.
func later() { <-time.After(web.MemoryAge + time.Millisecond) }

// TestWhatIsNotFollowed: an answer is made anew after some seconds when nobody tells whether it would be the same, when
// something else decides it, or when what it reads has changed; and one error is told once.
func TestWhatIsNotFollowed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*fake)
		again  int // statements when asked again
		log    int
	}{
		"the same":      {func(*fake) {}, 0, 0},
		"another state": {func(f *fake) { f.state = "b" }, 1, 0},
		"no states":     {func(f *fake) { f.err = errors.New("no right to look") }, 1, 1},
		"by the clock": {func(f *fake) {
			f.reads = func(string) ([]string, bool, error) { return nil, false, nil }
			f.state = "b"
		}, 1, 0},
		"unreadable": {func(f *fake) {
			f.reads = func(string) ([]string, bool, error) { return nil, false, errors.New("what is this") }
			f.state = "b"
		}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{state: "a"}
				d, log := faked(t, f)
				get(t, d, skillsPage)
				asked, _, _ := f.counts()
				for range 3 {
					f.set(func() { c.change(f) })
					later()
					get(t, d, skillsPage)
					got, looked, _ := f.counts()
					if want := c.again * asked; got != want && !(name == "another state" && got == 0) || looked != 1 {
						t.Errorf("asked %d statements, want %d; looked %d times", got, want, looked)
					}
				}
				if n := strings.Count(log.String(), "nobody tells"); n != c.log {
					t.Errorf("told %d times, want %d:\n%s", n, c.log, log)
				}
			})
		})
	}
}

// TestAnErrorDoesNotForget: what is remembered is not given while it cannot be made again, and is when it holds after all.
func TestAnErrorDoesNotForget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{state: "a"}
		d, _ := faked(t, f)
		want := get(t, d, skillsPage).Body.String()
		f.set(func() { f.err, f.fail = errors.New("gone"), errors.New("gone") })
		later()
		if w := get(t, d, skillsPage); w.Code != http.StatusServiceUnavailable {
			t.Errorf("status %d without a store", w.Code)
		}
		f.set(func() { f.err, f.fail = nil, nil })
		f.counts()
		later()
		if w := get(t, d, skillsPage); w.Code != http.StatusOK || w.Body.String() != want {
			t.Errorf("status %d afterwards", w.Code)
		}
		if asked, _, _ := f.counts(); asked != 0 {
			t.Errorf("asked %d statements for what was known", asked)
		}
	})
}

// TestSilenceEnds: a page that the clock makes another is made anew then, although nothing is stored.
func TestSilenceEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until := time.Now().Add(time.Hour)
		f := &fake{alerts: []trend.AlertRow{{ID: strings.Repeat("0", 32), State: "firing", SilencedUntil: &until}}}
		d, _ := faked(t, f)
		for _, wait := range []time.Duration{0, 30 * time.Minute, 29 * time.Minute} {
			<-time.After(wait)
			if body := get(t, d, "/alerts").Body.String(); !strings.Contains(body, "silenced until") {
				t.Errorf("not silenced:\n%s", body)
			}
		}
		if asked, _, _ := f.counts(); asked != 1 {
			t.Errorf("asked %d times during the silence", asked)
		}
		<-time.After(time.Minute)
		for range 2 {
			if body := get(t, d, "/alerts").Body.String(); strings.Contains(body, "silenced until") {
				t.Errorf("silenced for ever:\n%s", body)
			}
			later()
		}
		if asked, _, _ := f.counts(); asked != 1 {
			t.Errorf("asked %d times after the silence", asked)
		}
	})
}

// TestTheMemoryIsBoundedInBytes: of large answers as many are kept as have room, those that were used last; and one that
// is too large is not.
func TestTheMemoryIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		size, made := 0, 0
		m := web.NewMemory(time.Now)
		ask := func(question string, n int) bool {
			before := made
			size = n
			if got := m.Once(t.Context(), question, func() []byte { made++; return make([]byte, size) }); got != n {
				t.Errorf("%s: %d bytes, want %d", question, got, n)
			}
			return made == before
		}
		const large = web.AnswerBytesMax
		fit := web.KeptBytesMax / large
		for i := range fit {
			ask(fmt.Sprint(i), large)
		}
		for i := range fit {
			if !ask(fmt.Sprint(i), large) {
				t.Errorf("%d was forgotten although there is room", i)
			}
		}
		ask("too large", large+1)
		if ask("too large", large+1) || !ask("0", large) {
			t.Error("what is too large is kept, or takes the room of others")
		}
		ask("more", 1) // 1 is the one that was used least recently
		if !ask("0", large) || !ask("more", 1) || ask("1", large) {
			t.Error("not the one used least recently was forgotten")
		}
		for range 3 * fit { // the same again and again takes no more room
			later()
			ask("0", large)
		}
		if counted, held := m.Bytes(); counted != held || held > web.KeptBytesMax {
			t.Errorf("%d bytes are held, and %d counted", held, counted)
		}
	})
}

// warming runs Warm until the test ends it.
func warming(t *testing.T, d *web.Dashboard) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Warm(ctx)
	}()
	return func() {
		cancel()
		start := time.Now()
		<-done
		if took := time.Since(start); took > 0 {
			t.Errorf("stopped after %s", took)
		}
	}
}

// TestWarm: the standing pages are there before anybody asks, again after a change, and nothing is asked otherwise.
func TestWarm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{state: "a"}
		d, log := faked(t, f)
		stop := warming(t, d)
		pages := []string{"/", "/skills", "/roles/large", "/roles/small", "/skills/go", "/skills/c++"}
		for _, state := range []string{"a", "b"} {
			f.set(func() { f.state = state })
			<-time.After(10 * time.Minute)
			if asked, looked, left := f.counts(); asked < len(pages) || left != 0 || looked < 10 || looked > 121 {
				t.Errorf("state %s: %d statements for %d pages, %d given up, %d looks", state, asked, len(pages), left, looked)
			}
			for _, p := range pages {
				if w := get(t, d, p); w.Code != http.StatusOK {
					t.Errorf("%s: status %d", p, w.Code)
				}
			}
			<-time.After(10 * time.Minute)
			if asked, _, _ := f.counts(); asked != 0 {
				t.Errorf("state %s: %d statements although nothing changed", state, asked)
			}
		}
		f.set(func() { f.state, f.fail = "c", errors.New("gone") })
		<-time.After(5 * time.Minute)
		if n := strings.Count(log.String(), "level=WARN"); n != 1 {
			t.Errorf("told %d times:\n%s", n, log)
		}
		stop()
	})
}

// TestWarmGivesWay: while a reader asks, no statement is begun for nobody, and none is given up; who asks for the very
// page that is being made waits for no other reader; and Warm ends at once in the middle of a statement.
func TestWarmGivesWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{state: "a"}
		d, _ := faked(t, f)
		get(t, d, skillsPage)
		alone, _, _ := f.counts()
		overview := func() int { // the statements of a page
			start := time.Now()
			if w := get(t, d, "/"); w.Code != http.StatusOK {
				t.Errorf("status %d", w.Code)
			}
			return int(time.Since(start) / time.Second)
		}
		stop := warming(t, d)
		<-time.After(1500 * time.Millisecond) // in the middle of a statement of the overview
		f.counts()
		// Readers who come one after another keep the queue busy.
		var readers sync.WaitGroup
		for i := range 10 {
			get(t, d, fmt.Sprintf("/api/v1/skills?role=r%d", i))
		}
		if asked, _, left := f.counts(); asked != 10*alone || left != 0 {
			t.Errorf("%d statements for ten readers of %d each, %d given up", asked, alone, left)
		}
		for i := range 100 {
			readers.Go(func() {
				<-time.After(time.Duration(i) * time.Second)
				get(t, d, fmt.Sprintf("/api/v1/summary?i=%d", i))
			})
		}
		<-time.After(500 * time.Millisecond)
		if n := overview(); n > 30 {
			t.Errorf("the page that is being made took %d s, behind other readers", n)
		}
		readers.Wait()
		<-time.After(5 * time.Minute)
		f.counts()
		if n := overview(); n != 0 {
			t.Errorf("the overview took %d s afterwards", n)
		}
		f.set(func() { f.state = "b" })
		for asked := 0; asked == 0; asked, _, _ = f.counts() {
			<-time.After(time.Second)
		}
		<-time.After(time.Second / 2)
		stop()
		if _, _, left := f.counts(); left != 1 {
			t.Errorf("%d statements were under way at the end", left)
		}
	})
}
