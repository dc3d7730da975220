package markettest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/internal/market/markettest"
	"github.com/rolescope/rolescope/posting"
)

// TestCrawlIsIngests: the harness's short cut publishes what ingest.Crawl publishes.
func TestCrawlIsIngests(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, of no use to the race detector: runs in full without -short, also in CI")
	}
	t.Parallel()
	m := small(t, 0)
	visits := markettest.Visits(m)
	got, err := markettest.Crawl(t.Context(), m, visits)
	if err != nil {
		t.Fatal(err)
	}
	want, err := crawl(t.Context(), m, visits)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[posting.Outcome]int{}
	for i := range want.Runs {
		outcomes[want.Runs[i].Outcome]++
		if want.Runs[i].Note != "" { // worded with the address
			want.Runs[i].Note, got.Runs[i].Note = "-", "-"
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-ingest.Crawl +markettest.Crawl):\n%.4000s", diff)
	}
	for _, o := range []posting.Outcome{"ok", "not_modified", "empty", "gone", "error", "partial"} {
		if outcomes[o] == 0 {
			t.Errorf("no run ended %s, so that this proves nothing of it", o)
		}
	}
}

// crawl makes the visits with ingest.Crawl over the bytes of whole boards.
func crawl(ctx context.Context, m *market.Market, visits []markettest.Visit) (markettest.Messages, error) {
	out := markettest.Messages{Seen: map[market.Key][]time.Time{}}
	states := map[market.Key]ingest.State{}
	sent := map[string]bool{}
	for _, v := range visits {
		crawler, err := source.CrawlerByKind(v.Board.Source)
		if err != nil {
			return out, err
		}
		w := &wire{m: m, at: v.ObservedAt}
		key := v.Board.Key
		result, err := ingest.Crawl(ctx, w, w, ingest.Task{
			Slot: posting.Slot{
				Kind: ingest.KindBoard, Source: key.Source, Board: key.Board, Company: v.Board.Company,
				PlannedAt: v.PlannedAt, ObservedAt: v.ObservedAt,
			},
			Source: crawler, State: states[key], Now: func() time.Time { return v.ObservedAt },
		})
		if err != nil {
			return out, err
		}
		states[key] = result.Apply(states[key])
		for _, r := range w.raws {
			if !sent[r.ID] { // sent again it would be stored once
				sent[r.ID] = true
				out.Raws = append(out.Raws, r)
			}
		}
		out.Runs = append(out.Runs, w.runs...)
		if m.Succeeds(key, v.ObservedAt) {
			out.Seen[key] = append(out.Seen[key], v.ObservedAt)
		}
	}
	return out, nil
}

// wire is the network and the bus of one crawl.
type wire struct {
	m    *market.Market
	at   time.Time
	raws []posting.Raw
	runs []posting.Run
}

func (w *wire) Do(_ context.Context, req fetch.Request) (*fetch.Response, error) {
	r := httptest.NewRequest(http.MethodGet, req.URL, nil)
	r.Header.Set("If-None-Match", req.Validators.ETag)
	got := httptest.NewRecorder()
	w.m.Handler(func() time.Time { return w.at }).ServeHTTP(got, r)
	out := &fetch.Response{Status: got.Code, Body: got.Body.Bytes(), FinalURL: req.URL, Validators: fetch.Validators{ETag: got.Header().Get("ETag")}}
	switch got.Code {
	case http.StatusOK:
		return out, nil
	case http.StatusNotModified:
		out.NotModified = true
		return out, nil
	case http.StatusNotFound:
		return nil, &fetch.Error{Kind: fetch.ErrGone, URL: req.URL, Status: got.Code}
	}
	return nil, &fetch.Error{Kind: fetch.ErrServer, URL: req.URL, Status: got.Code}
}

func (*wire) Admit(string, time.Time) error { return nil }

func (*wire) Report(string, bool, time.Time) {}

func (w *wire) Publish(_ context.Context, values ...any) error {
	for _, value := range values {
		switch value := value.(type) {
		case posting.Raw:
			w.raws = append(w.raws, value)
		case posting.Run:
			w.runs = append(w.runs, value)
		default:
			return fmt.Errorf("a market's crawl published %T", value)
		}
	}
	return nil
}

func (*wire) Bury(_ context.Context, letters ...posting.Dead) error {
	return fmt.Errorf("a market's crawl buried %d postings, the first because %s", len(letters), letters[0].Reason)
}
