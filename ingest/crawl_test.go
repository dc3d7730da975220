package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

var _ Fetcher = (*fetch.Client)(nil)

// web answers requests in place of the internet.
type web struct {
	answer   func(n int, req fetch.Request) (*fetch.Response, error)
	asked    []fetch.Request
	refused  error // by the breaker
	reported []bool
}

func (w *web) Do(ctx context.Context, req fetch.Request) (*fetch.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w.asked = append(w.asked, req)
	return w.answer(len(w.asked)-1, req)
}
func (w *web) Admit(string, time.Time) error         { return w.refused }
func (w *web) Report(_ string, ok bool, _ time.Time) { w.reported = append(w.reported, ok) }
func ok(body string) (*fetch.Response, error) {
	return &fetch.Response{Status: 200, Body: []byte(body)}, nil
}

func fails(kind error, status int) (*fetch.Response, error) {
	return nil, &fetch.Error{Kind: kind, URL: "https://x.example", Status: status}
}

func always(body string) func(int, fetch.Request) (*fetch.Response, error) {
	return func(int, fetch.Request) (*fetch.Response, error) { return ok(body) }
}

// greenhouseBoard writes a board of the postings from..to.
func greenhouseBoard(from, to int) string {
	var jobs []string
	for id := from; id <= to; id++ {
		jobs = append(jobs, fmt.Sprintf(`{"id":%d,"title":"Job %d"}`, id, id))
	}
	return fmt.Sprintf(`{"jobs":[%s],"meta":{"total":%d}}`, strings.Join(jobs, ","), len(jobs))
}

func crawlTask(kind string, state State, at time.Time) Task {
	c, err := source.CrawlerByKind(kind)
	if err != nil {
		panic(err)
	}
	board := map[string]string{"workday": "acme/wd5/Jobs", "hn": "whoishiring"}[kind]
	if board == "" {
		board = "acme"
	}
	return Task{
		Slot: posting.Slot{Kind: KindBoard, Source: kind, Board: board, PlannedAt: at}, Source: c, State: state,
		Now: func() time.Time { return at },
	}
}

func runCrawl(t *testing.T, w *web, to *outbox, task Task) Result {
	t.Helper()
	r, err := Crawl(t.Context(), w, to, task)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCrawlOutcomes gives a board of twenty postings one bad day of every kind, between two good
// ones, and checks what the run says and that the ledger closes nothing.
func TestCrawlOutcomes(t *testing.T) {
	t.Parallel()
	whole := greenhouseBoard(1, 20)
	for _, c := range []struct {
		name    string
		answer  func(int, fetch.Request) (*fetch.Response, error)
		outcome posting.Outcome
		note    string
		listed  int
		fault   bool
		closes  bool
	}{
		{name: "as ever", answer: always(whole), outcome: posting.OutcomeOK, listed: 20},
		{name: "200 with nothing", answer: always(greenhouseBoard(1, 0)), outcome: posting.OutcomeEmpty},
		{name: "200 with HTML", answer: always("<!DOCTYPE html><p>maintenance"), outcome: posting.OutcomeError, note: "HTML"},
		{name: "200 with another shape", answer: always(`{"ok":true}`), outcome: posting.OutcomeError, note: "the fields ok"},
		{name: "200 with no body", answer: always(""), outcome: posting.OutcomeError, note: "empty"},
		{name: "cut off", answer: always(whole[:len(whole)/2]), outcome: posting.OutcomeError, note: "cut off"},
		{name: "fewer than it says", answer: always(strings.Replace(greenhouseBoard(1, 5), `"total":5`, `"total":20`, 1)), outcome: posting.OutcomePartial, note: "says 20", listed: 5},
		{name: "404", answer: func(int, fetch.Request) (*fetch.Response, error) { return fails(fetch.ErrGone, 404) }, outcome: posting.OutcomeGone, note: "404"},
		{name: "403", answer: func(int, fetch.Request) (*fetch.Response, error) { return fails(fetch.ErrBlocked, 403) }, outcome: posting.OutcomeBlocked, note: "403", fault: true},
		{name: "robots", answer: func(int, fetch.Request) (*fetch.Response, error) { return fails(fetch.ErrBlocked, 0) }, outcome: posting.OutcomeBlocked, note: "refused"},
		{name: "429", answer: func(int, fetch.Request) (*fetch.Response, error) { return fails(fetch.ErrRateLimited, 429) }, outcome: posting.OutcomeBlocked, note: "429", fault: true},
		{name: "500", answer: func(int, fetch.Request) (*fetch.Response, error) { return fails(fetch.ErrServer, 500) }, outcome: posting.OutcomeError, note: "500", fault: true},
		{name: "slow drip", answer: func(int, fetch.Request) (*fetch.Response, error) { return fails(fetch.ErrTimeout, 0) }, outcome: posting.OutcomeError, note: "slow", fault: true},
		{name: "500 MB", answer: func(int, fetch.Request) (*fetch.Response, error) { return fails(fetch.ErrTooLarge, 200) }, outcome: posting.OutcomeError, note: "too large"},
		{name: "redirect loop", answer: func(int, fetch.Request) (*fetch.Response, error) { return fails(fetch.ErrRedirect, 302) }, outcome: posting.OutcomeError, note: "redirect"},
		{name: "redirect to a private address", answer: func(int, fetch.Request) (*fetch.Response, error) { return fails(fetch.ErrUnsafeAddress, 0) }, outcome: posting.OutcomeError, note: "not public"},
		{name: "304 nobody asked for", answer: func(int, fetch.Request) (*fetch.Response, error) { return &fetch.Response{NotModified: true}, nil }, outcome: posting.OutcomeError, note: "not asked"},
		{name: "no answer at all", answer: func(int, fetch.Request) (*fetch.Response, error) { return nil, nil }, outcome: posting.OutcomeError, note: "no answer"},
		{name: "everything new, everything old gone", answer: always(greenhouseBoard(101, 120)), outcome: posting.OutcomeOK, listed: 20},
		{name: "all but three gone", answer: always(greenhouseBoard(1, 3)), outcome: posting.OutcomeOK, listed: 3},
		{name: "one gone", answer: always(greenhouseBoard(1, 19)), outcome: posting.OutcomeOK, listed: 19, closes: true},
	} {
		to, state := &outbox{}, State{}
		day := func(n int, answer func(int, fetch.Request) (*fetch.Response, error)) (Result, *web) {
			w := &web{answer: answer}
			r := runCrawl(t, w, to, crawlTask("greenhouse", state, observed.Add(time.Duration(n)*24*time.Hour)))
			state = r.Apply(state)
			return r, w
		}
		day(0, always(whole))
		r, w := day(1, c.answer)
		run := to.runs[len(to.runs)-1]
		if !r.Published || len(to.runs) != 2 || run.Outcome != c.outcome || !strings.Contains(run.Note, c.note) || len(run.Listing) != c.listed {
			t.Errorf("%s: outcome %s (%s), %d listed in %d runs; want %s (%s), %d", c.name, run.Outcome, run.Note, len(run.Listing), len(to.runs), c.outcome, c.note, c.listed)
		}
		if (r.Err != nil) != (c.outcome != posting.OutcomeOK && c.outcome != posting.OutcomeEmpty && c.outcome != posting.OutcomePartial) {
			t.Errorf("%s: error %v", c.name, r.Err)
		}
		if len(w.reported) != 1 || w.reported[0] == c.fault {
			t.Errorf("%s: the breaker was told %v", c.name, w.reported)
		}
		_, effects := posting.Spells(to.runs)
		if closed := effects[len(effects)-1].Closed; (closed > 0) != c.closes {
			t.Errorf("%s: closed %d", c.name, closed)
		}
		sent := len(to.raws)
		day(2, always(whole))
		spells, _ := posting.Spells(to.runs)
		for _, s := range spells {
			if len(s.ExternalID) <= 2 && (!s.ClosedAt.IsZero() || s.Number > 1) {
				t.Errorf("%s: %s closed at %s", c.name, s.ExternalID, s.ClosedAt)
			}
		}
		if c.listed == 0 && len(to.raws) != sent && c.outcome != posting.OutcomeEmpty {
			t.Errorf("%s: unchanged postings were sent again", c.name)
		}
	}
}

func TestCrawlConditional(t *testing.T) {
	t.Parallel()
	w := &web{answer: func(_ int, req fetch.Request) (*fetch.Response, error) {
		v := fetch.Validators{ETag: `W/"1"`, LastModified: "Mon, 05 Jan 2026 06:00:00 GMT"}
		if req.Validators == v {
			return &fetch.Response{Status: 304, NotModified: true, Validators: v}, nil
		}
		return &fetch.Response{Status: 200, Body: []byte(greenhouseBoard(1, 3)), Validators: v}, nil
	}}
	to, state := &outbox{}, State{}
	for n := range 3 {
		state = runCrawl(t, w, to, crawlTask("greenhouse", state, observed.Add(time.Duration(n)*time.Hour))).Apply(state)
	}
	if to.runs[0].Outcome != posting.OutcomeOK || to.runs[1].Outcome != posting.OutcomeNotModified || to.runs[2].Outcome != posting.OutcomeNotModified || len(to.raws) != 3 {
		t.Errorf("outcomes %s, %s, %s; %d sent", to.runs[0].Outcome, to.runs[1].Outcome, to.runs[2].Outcome, len(to.raws))
	}
	spells, _ := posting.Spells(to.runs)
	for _, s := range spells {
		if !s.LastSeen.Equal(observed.Add(2 * time.Hour)) {
			t.Errorf("%s last seen %s", s.ExternalID, s.LastSeen)
		}
	}
	// Another normaliser makes other records of the same answer: it has to be read again.
	old := state
	old.Normaliser = "0"
	runCrawl(t, w, to, crawlTask("greenhouse", old, observed.Add(4*time.Hour)))
	if to.runs[3].Outcome != posting.OutcomeOK || len(to.raws) != 6 {
		t.Errorf("after a change of normaliser: %s, %d sent", to.runs[3].Outcome, len(to.raws))
	}
}

// TestCrawlConfirmsItsOwnAnswer checks that a 304 stands for the answer that gave the validators, though
// an import has listed the board from elsewhere since.
func TestCrawlConfirmsItsOwnAnswer(t *testing.T) {
	t.Parallel()
	w := &web{answer: func(_ int, req fetch.Request) (*fetch.Response, error) {
		if req.Validators.ETag == `"1"` {
			return &fetch.Response{Status: 304, NotModified: true}, nil
		}
		return &fetch.Response{Status: 200, Body: []byte(greenhouseBoard(1, 3)), Validators: fetch.Validators{ETag: `"1"`}}, nil
	}}
	to, state := &outbox{}, State{}
	crawl := func(days int) {
		state = runCrawl(t, w, to, crawlTask("greenhouse", state, observed.AddDate(0, 0, days))).Apply(state)
	}
	crawl(0)
	elsewhere := posting.NewRun("greenhouse", "acme", "", posting.ProofFull, observed, observed.AddDate(0, 0, 1))
	if _, err := (Emitter{}).Emit(t.Context(), to, elsewhere, board(t, greenhouseBoard(1, 1)), nil); err != nil {
		t.Fatal(err)
	}
	crawl(2)
	crawl(33)
	if to.runs[2].Confirms != to.runs[0].ID || to.runs[3].Confirms != to.runs[0].ID || to.runs[3].Outcome != posting.OutcomeNotModified {
		t.Errorf("the runs confirm %q and %q, not %q", to.runs[2].Confirms, to.runs[3].Confirms, to.runs[0].ID)
	}
	spells, _ := posting.Spells(to.runs)
	for _, s := range spells {
		if !s.ClosedAt.IsZero() || !s.LastSeen.Equal(observed.AddDate(0, 0, 33)) {
			t.Errorf("%s was last seen %s and closed %s", s.ExternalID, s.LastSeen, s.ClosedAt)
		}
	}
	// Validators of a state that does not say whose they are, are not used.
	state.AnsweredAt = time.Time{}
	crawl(34)
	if to.runs[4].Outcome != posting.OutcomeOK {
		t.Errorf("a state without a run gave %s", to.runs[4].Outcome)
	}
}

// TestCrawlValidatorsOnlyOfWholeBoards checks that a 304 can never stand for a listing that was cut.
func TestCrawlValidatorsOnlyOfWholeBoards(t *testing.T) {
	t.Parallel()
	cut := strings.Replace(greenhouseBoard(1, 5), `"total":5`, `"total":9`, 1)
	w := &web{answer: func(int, fetch.Request) (*fetch.Response, error) {
		return &fetch.Response{Status: 200, Body: []byte(cut), Validators: fetch.Validators{ETag: `"x"`}}, nil
	}}
	state := State{Normaliser: source.NormaliserVersion, Hashes: map[string]string{"77": "h"}, ETag: `"old"`}
	state = runCrawl(t, w, &outbox{}, crawlTask("greenhouse", state, observed)).Apply(state)
	if state.ETag != "" || state.Hashes["77"] != "h" || len(state.Hashes) != 6 {
		t.Errorf("after a partial run: %+v", state)
	}
}

// TestCrawlAsksAgainAfterANewNormaliser checks the same when what was listed before is known by its ids
// alone, because another normaliser made the hashes.
func TestCrawlAsksAgainAfterANewNormaliser(t *testing.T) {
	t.Parallel()
	w := &web{answer: func(int, fetch.Request) (*fetch.Response, error) {
		return &fetch.Response{Status: 200, Body: []byte(greenhouseBoard(1, 5)), Validators: fetch.Validators{ETag: `"x"`}}, nil
	}}
	state := State{Normaliser: "0", Hashes: map[string]string{}}
	for id := range 12 {
		state.Hashes[fmt.Sprint(id+1)] = "h"
	}
	state = runCrawl(t, w, &outbox{}, crawlTask("greenhouse", state, observed)).Apply(state)
	if state.ETag != "" || len(state.Hashes) != 5 {
		t.Errorf("after a mass disappearance: %+v", state)
	}
}

// TestCrawlAsksAgainForAMassDisappearance checks that a listing which the ledger doubts is confirmed
// or refuted by the next whole answer: a 304 would leave the doubt for as long as the board stands still.
func TestCrawlAsksAgainForAMassDisappearance(t *testing.T) {
	t.Parallel()
	last := 12
	w := &web{answer: func(_ int, req fetch.Request) (*fetch.Response, error) {
		v := fetch.Validators{ETag: fmt.Sprintf("%q", fmt.Sprint(last))}
		if req.Validators == v {
			return &fetch.Response{Status: 304, NotModified: true, Validators: v}, nil
		}
		return &fetch.Response{Status: 200, Body: []byte(greenhouseBoard(1, last)), Validators: v}, nil
	}}
	to, state := &outbox{}, State{}
	var outcomes []posting.Outcome
	for day, n := range []int{12, 12, 5, 5, 5} {
		last = n
		state = runCrawl(t, w, to, crawlTask("greenhouse", state, observed.AddDate(0, 0, day))).Apply(state)
		outcomes = append(outcomes, to.runs[day].Outcome)
	}
	whole, same := posting.OutcomeOK, posting.OutcomeNotModified
	if diff := cmp.Diff([]posting.Outcome{whole, same, whole, whole, same}, outcomes); diff != "" {
		t.Error(diff)
	}
	spells, effects := posting.Spells(to.runs)
	if !effects[2].Suspect || effects[2].Closed != 0 || effects[3].Closed != 7 || len(spells) != 12 {
		t.Errorf("effects %+v", effects)
	}
}

func TestCrawlBreaker(t *testing.T) {
	t.Parallel()
	w, to := &web{refused: &fetch.Error{Kind: fetch.ErrOpen, URL: "x"}}, &outbox{}
	r := runCrawl(t, w, to, crawlTask("greenhouse", State{}, observed))
	if len(w.asked) != 0 || len(w.reported) != 0 || len(to.runs) != 1 || to.runs[0].Outcome != posting.OutcomeError || !errors.Is(r.Err, fetch.ErrOpen) {
		t.Errorf("%d requests, reports %v, runs %+v, error %v", len(w.asked), w.reported, to.runs, r.Err)
	}
}

// TestCrawlEnds checks what is an error, so that the slot is worked again: an ended context and a
// publisher that is away.
func TestCrawlEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	to := &outbox{}
	if _, err := Crawl(ctx, &web{answer: always(greenhouseBoard(1, 3))}, to, crawlTask("greenhouse", State{}, observed)); !errors.Is(err, context.Canceled) || len(to.runs) != 0 {
		t.Errorf("cancelled: %v, %d runs", err, len(to.runs))
	}
	for call := 1; call <= 2; call++ {
		r, err := Crawl(t.Context(), &web{answer: always(greenhouseBoard(1, 3))}, &outbox{failAt: call}, crawlTask("greenhouse", State{}, observed))
		if !errors.Is(err, errDown) || r.Published {
			t.Errorf("call %d fails: %v", call, err)
		}
	}
	task := crawlTask("greenhouse", State{}, observed)
	task.Slot.Kind = "other"
	if _, err := Crawl(t.Context(), &web{}, to, task); !errors.Is(err, posting.ErrInvalid) {
		t.Errorf("unknown kind of work: %v", err)
	}
	task = crawlTask("workday", State{}, observed)
	task.Slot.Board = "acme"
	if r := runCrawl(t, &web{}, to, task); r.Err == nil || to.runs[0].Outcome != posting.OutcomeError || !strings.Contains(to.runs[0].Note, "tenant/wd5/Site") {
		t.Errorf("bad board: %v, %+v", r.Err, to.runs)
	}
}

// TestCrawlPagesFail checks that what was read before a page failed is listed and nothing closes.
func TestCrawlPagesFail(t *testing.T) {
	t.Parallel()
	rows := func(from, n, total int) string {
		var list []string
		for i := from; i < from+n; i++ {
			list = append(list, fmt.Sprintf(`{"title":"Job","externalPath":"/job/X/Job_R%d","locationsText":"Oslo"}`, i))
		}
		return fmt.Sprintf(`{"total":%d,"jobPostings":[%s]}`, total, strings.Join(list, ","))
	}
	good := func(n int, _ fetch.Request) (*fetch.Response, error) {
		return ok(rows(20*n, 20, map[bool]int{true: 60, false: 0}[n == 0]))
	}
	to, state := &outbox{}, State{}
	state = runCrawl(t, &web{answer: good}, to, crawlTask("workday", state, observed)).Apply(state)
	if run := to.runs[0]; run.Outcome != posting.OutcomeOK || !run.Complete || len(run.Listing) != 60 || run.Expected != 60 {
		t.Fatalf("whole board: %+v", run)
	}
	for i, bad := range []func() (*fetch.Response, error){
		func() (*fetch.Response, error) { return fails(fetch.ErrServer, 502) },
		func() (*fetch.Response, error) { return fails(fetch.ErrGone, 404) },
		func() (*fetch.Response, error) { return ok("<html>maintenance") },
		func() (*fetch.Response, error) { return ok(`{"total":0,"jobPostings":[]}`) },
		func() (*fetch.Response, error) { return ok(rows(0, 20, 0)) },
	} {
		w := &web{answer: func(n int, req fetch.Request) (*fetch.Response, error) {
			if n == 1 {
				return bad()
			}
			return good(n, req)
		}}
		state = runCrawl(t, w, to, crawlTask("workday", state, observed.Add(time.Duration(i+1)*time.Hour))).Apply(state)
		run := to.runs[len(to.runs)-1]
		if run.Outcome != posting.OutcomePartial || run.Complete || len(run.Listing) != 20 || run.Note == "" {
			t.Errorf("case %d: outcome %s, complete %v, %d listed (%s)", i, run.Outcome, run.Complete, len(run.Listing), run.Note)
		}
		if len(state.Hashes) != 60 {
			t.Errorf("case %d: the state forgot: %d", i, len(state.Hashes))
		}
	}
	spells, _ := posting.Spells(to.runs)
	for _, s := range spells {
		if !s.ClosedAt.IsZero() {
			t.Errorf("%s closed", s.ExternalID)
		}
	}
	if len(to.raws) != 60 {
		t.Errorf("%d sent, want each row once", len(to.raws))
	}
}

// TestCrawlChangingIDs checks that a board whose ids change with each answer does not make the state
// grow without end.
func TestCrawlChangingIDs(t *testing.T) {
	t.Parallel()
	state := State{}
	for day := range 5 {
		cut := strings.Replace(greenhouseBoard(day*1000+1, day*1000+1000), `"total":1000`, `"total":1001`, 1)
		state = runCrawl(t, &web{answer: always(cut)}, &outbox{}, crawlTask("greenhouse", state, observed.Add(time.Duration(day)*time.Hour))).Apply(state)
	}
	if len(state.Hashes) != 5000 {
		t.Errorf("partial runs: %d hashes", len(state.Hashes))
	}
	state = runCrawl(t, &web{answer: always(greenhouseBoard(1, 3))}, &outbox{}, crawlTask("greenhouse", state, observed.Add(9*time.Hour))).Apply(state)
	if len(state.Hashes) != 3 {
		t.Errorf("a whole run: %d hashes", len(state.Hashes))
	}
	huge := Result{keep: true, ended: State{Hashes: map[string]string{"a": "b"}}}
	big := State{Normaliser: source.NormaliserVersion, Hashes: map[string]string{}}
	for i := range 2*postingsKept + 1 {
		big.Hashes[fmt.Sprint(i)] = "h"
	}
	if got := huge.Apply(big); len(got.Hashes) != 1 {
		t.Errorf("%d hashes kept", len(got.Hashes))
	}
}

func TestCrawlEvents(t *testing.T) {
	t.Parallel()
	thread := `{"id":1,"type":"story","title":"Ask HN: Who is hiring? (May 2026)","children":[
		{"id":11,"created_at_i":1777647712,"parent_id":1,"text":"Acme | Engineer | Oslo","children":[]},
		{"id":12,"created_at_i":1777651312,"parent_id":1,"text":"Bolt | Designer | Rome","children":[]}]}`
	w := &web{answer: func(n int, req fetch.Request) (*fetch.Response, error) {
		if n == 0 {
			return ok(`{"hits":[{"objectID":"1","title":"Ask HN: Who is hiring? (May 2026)"}]}`)
		}
		return ok(thread)
	}}
	to := &outbox{}
	runCrawl(t, w, to, crawlTask("hn", State{}, observed))
	if len(w.asked) != 2 || len(to.runs) != 1 || len(to.runs[0].Listing) != 2 {
		t.Fatalf("%d requests, %+v", len(w.asked), to.runs)
	}
	if at := to.runs[0].Listing[0].At; !at.Equal(time.Unix(1777647712, 0)) {
		t.Errorf("the event is listed at %s", at)
	}
	spells, _ := posting.Spells(to.runs)
	if len(spells) != 2 || !spells[1].OpenedAt.Equal(time.Unix(1777651312, 0)) {
		t.Errorf("spells %+v", spells)
	}
}

// market is a board of lists and details: Workday's, with a text for each posting.
type market struct {
	titles, texts map[string]string
	failing       error
}

func (m *market) answer(_ int, req fetch.Request) (*fetch.Response, error) {
	if strings.HasSuffix(req.URL, "/jobs") {
		var rows []string
		for id, title := range m.titles {
			rows = append(rows, fmt.Sprintf(`{"title":%q,"externalPath":"/job/X/Job_%s"}`, title, id))
		}
		return ok(fmt.Sprintf(`{"total":%d,"jobPostings":[%s]}`, len(rows), strings.Join(rows, ",")))
	}
	if m.failing != nil {
		return nil, m.failing
	}
	id := req.URL[strings.LastIndex(req.URL, "_")+1:]
	if m.texts[id] == "" {
		return fails(fetch.ErrGone, 404)
	}
	return ok(fmt.Sprintf(`{"jobPostingInfo":{"title":%q,"jobPostingId":"Job_%s","jobDescription":%q}}`, m.titles[id], id, m.texts[id]))
}

// TestDetails follows postings of a board whose texts take requests of their own, and checks after
// every step that each listed version is published and that no known text is ever lost.
func TestDetails(t *testing.T) {
	t.Parallel()
	m := &market{titles: map[string]string{"R1": "One", "R2": "Two", "R3": "Three"}, texts: map[string]string{"R1": "first", "R2": "second"}}
	w, to, state, hour := &web{answer: m.answer}, &outbox{}, State{}, 0
	work := func(slots ...posting.Slot) (last Result) {
		for _, slot := range slots {
			task := crawlTask("workday", state, observed.Add(time.Duration(hour)*time.Hour))
			hour++
			if slot.Kind == KindDetail {
				task.Slot = slot
			}
			last = runCrawl(t, w, to, task)
			state = last.Apply(state)
		}
		if ids := to.unpublished(); len(ids) > 0 {
			t.Fatalf("%v: listed with versions nobody published", ids)
		}
		return last
	}
	text := func(id string) string {
		spells, _ := posting.Spells(to.runs)
		for _, s := range spells {
			for _, r := range to.raws {
				if s.ExternalID == id && r.Record.ExternalID == id && r.ContentHash == s.ContentHash {
					return r.Record.Title + "/" + r.Record.Description
				}
			}
		}
		return ""
	}
	board := func() []posting.Slot {
		before := len(to.slots)
		work(posting.Slot{})
		return to.slots[before:]
	}

	slots := board()
	if len(slots) != 3 || text("R1") != "One/" || !strings.Contains(to.runs[0].Note, "the texts of 3 postings were ordered") || !to.runs[0].Complete {
		t.Fatalf("first list: %d slots, R1 is %q, note %q", len(slots), text("R1"), to.runs[0].Note)
	}
	work(slots...) // R3 has none
	if text("R1") != "One/first" || text("R2") != "Two/second" || text("R3") != "Three/" {
		t.Errorf("after the details: %q, %q, %q", text("R1"), text("R2"), text("R3"))
	}
	runs := len(to.runs)
	work(slots[0]) // the slot comes twice
	if len(to.runs) != runs && state.Rows[slots[0].ExternalID] != "" {
		t.Error("a detail read already was read again")
	}
	if again := board(); len(again) != 1 || again[0].ExternalID != "R3" || text("R1") != "One/first" {
		t.Errorf("second list orders %+v, R1 is %q", again, text("R1"))
	}
	for _, run := range to.runs {
		if run.Outcome == posting.OutcomeGone || run.Outcome == posting.OutcomeEmpty {
			t.Errorf("a detail that is not there made a run say %s", run.Outcome)
		}
	}
	// A changed row of a posting without a known text is a new version.
	m.titles["R3"] = "Three and more"
	if board(); text("R3") != "Three and more/" {
		t.Errorf("R3 is %q", text("R3"))
	}
	// A changed row keeps the text that is known until the new one is read.
	m.titles["R1"], m.failing = "One and a half", &fetch.Error{Kind: fetch.ErrRateLimited, Status: 429}
	changed := board()
	if len(changed) != 2 || text("R1") != "One/first" {
		t.Errorf("changed row: %d slots, R1 is %q", len(changed), text("R1"))
	}
	if r := work(changed...); r.Err == nil || r.Published || text("R1") != "One/first" {
		t.Errorf("failing detail: %v, R1 is %q", r.Err, text("R1"))
	}
	m.failing = nil
	work(board()...)
	if text("R1") != "One and a half/first" {
		t.Errorf("R1 is %q", text("R1"))
	}
	// A detail read while the list is being read is not forgotten.
	m.texts["R3"] = "third"
	began := state
	list := runCrawl(t, w, to, crawlTask("workday", began, observed.Add(100*time.Hour)))
	hour = 101
	work(to.slots[len(to.slots)-1])
	state = list.Apply(state)
	if more := board(); len(more) != 0 || text("R3") != "Three and more/third" {
		t.Errorf("%d slots, R3 is %q", len(more), text("R3"))
	}
	spells, _ := posting.Spells(to.runs)
	for _, s := range spells {
		if !s.ClosedAt.IsZero() || s.Number != 1 {
			t.Errorf("%s closed", s.ExternalID)
		}
	}
	delete(m.titles, "R2")
	board()
	if spells, _ := posting.Spells(to.runs); spells[1].ClosedAt.IsZero() || state.Hashes["R2"] != "" || state.Rows["R2"] != "" {
		t.Errorf("R2 left the list and is %+v; state %v", spells[1], state.Rows)
	}
}

// TestDetailAnswers checks that an answer about something else is not taken for the posting.
func TestDetailAnswers(t *testing.T) {
	t.Parallel()
	slot := posting.Slot{Kind: KindDetail, Source: "workday", Board: "acme/wd5/Jobs", ExternalID: "R1", Ref: "/job/X/Job_R1", Row: "f", PlannedAt: observed}
	for _, c := range []struct {
		name, body string
		published  bool
		dead       int
	}{
		{"as asked", `{"jobPostingInfo":{"title":"A","jobPostingId":"A_R1","jobDescription":"x"}}`, true, 0},
		{"another posting", `{"jobPostingInfo":{"title":"A","jobPostingId":"A_R2"}}`, false, 0},
		{"a list", `{"total":0,"jobPostings":[]}`, false, 0},
		{"a page", `<html>`, false, 0},
		{"it is not posted", `{"jobPostingInfo":{"title":"A","jobPostingId":"A_R1","posted":false}}`, false, 0},
		{"unusable", `{"jobPostingInfo":{"title":7,"jobPostingId":"A_R1"}}`, true, 1},
		{"unusable and nameless", `{"jobPostingInfo":{"title":"A"}}`, false, 0},
	} {
		to := &outbox{}
		task := crawlTask("workday", State{}, observed)
		task.Slot = slot
		r := runCrawl(t, &web{answer: always(c.body)}, to, task)
		if r.Published != c.published || (r.Err == nil) != c.published || len(to.dead) != c.dead || len(to.runs) > 1 {
			t.Errorf("%s: published %v, error %v, %d dead", c.name, r.Published, r.Err, len(to.dead))
		}
		if c.published && (to.runs[0].Complete || len(to.runs[0].Listing) != 1 || r.Apply(State{}).Rows["R1"] != "f") {
			t.Errorf("%s: run %+v, state %+v", c.name, to.runs[0], r.Apply(State{}))
		}
		if !c.published {
			before := State{Normaliser: source.NormaliserVersion, Hashes: map[string]string{"R1": "stub"}}
			if strings.HasPrefix(c.name, "it is") && !strings.Contains(r.Err.Error(), c.name) {
				t.Errorf("%s: %v", c.name, r.Err)
			}
			if diff := cmp.Diff(before, r.Apply(before)); diff != "" {
				t.Errorf("%s: the state changed:\n%s", c.name, diff)
			}
		}
	}
	task := crawlTask("greenhouse", State{}, observed)
	task.Slot.Kind, task.Slot.ExternalID = KindDetail, "1"
	if _, err := Crawl(t.Context(), &web{}, &outbox{}, task); !errors.Is(err, posting.ErrInvalid) {
		t.Errorf("a source without details: %v", err)
	}
}

// TestDetailSlots checks their identity, and that a replay gives each a moment of its own.
func TestDetailSlots(t *testing.T) {
	t.Parallel()
	m := &market{titles: map[string]string{"R1": "One", "R2": "Two"}}
	to := &outbox{}
	task := crawlTask("workday", State{}, observed)
	task.Slot.ObservedAt = observed
	runCrawl(t, &web{answer: m.answer}, to, task)
	moments := map[time.Time]bool{observed: true}
	ids := map[string]bool{task.Slot.ID(): true}
	for _, s := range to.slots {
		moments[s.ObservedAt], ids[s.ID()] = true, true
	}
	if len(moments) != 3 || len(ids) != 3 {
		t.Errorf("moments %v, ids %v", moments, ids)
	}
	task.Limits.Details = 1
	to = &outbox{}
	if r := runCrawl(t, &web{answer: m.answer}, to, task); r.Details != 1 || r.Pending != 2 || len(to.slots) != 1 || to.runs[0].Note != "the texts of 1 postings were ordered; 1 are left for later lists" {
		t.Errorf("limited: %+v", r)
	}
}
