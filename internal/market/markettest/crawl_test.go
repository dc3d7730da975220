package markettest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
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
	t.Parallel()
	for seed := range uint64(1) {
		m := small(t, seed)
		visits := markettest.Visits(m)
		got, err := markettest.Crawl(m, visits)
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
			t.Errorf("seed %d (-ingest.Crawl +markettest.Crawl):\n%.4000s", seed, diff)
		}
		for _, o := range []posting.Outcome{"ok", "not_modified", "empty", "gone", "error"} {
			if outcomes[o] == 0 {
				t.Errorf("seed %d: no run ended %s, so that this proves nothing of it", seed, o)
			}
		}
	}
}

// crawl makes the visits with ingest.Crawl. It returns an error when a crawl cannot publish or buries
// anything, which no market makes it do.
func crawl(ctx context.Context, m *market.Market, visits []markettest.Visit) (markettest.Messages, error) {
	out := markettest.Messages{Seen: map[market.Key][]time.Time{}}
	states := map[market.Key]ingest.State{}
	sent := map[string]bool{}
	for _, v := range visits {
		crawler, err := source.CrawlerByKind(v.Board.Source)
		if err != nil {
			return out, err
		}
		board := &visit{m: m, at: v.ObservedAt}
		key := v.Board.Key
		result, err := ingest.Crawl(ctx, board, board, ingest.Task{
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
		for _, r := range board.raws {
			if !sent[r.ID] { // sent again it would be stored once
				sent[r.ID] = true
				out.Raws = append(out.Raws, r)
			}
		}
		out.Runs = append(out.Runs, board.runs...)
		if m.Succeeds(key, v.ObservedAt) {
			out.Seen[key] = append(out.Seen[key], v.ObservedAt)
		}
	}
	return out, nil
}

// visit is the network and the bus of one crawl.
type visit struct {
	m    *market.Market
	at   time.Time
	raws []posting.Raw
	runs []posting.Run
}

// Do answers as fetch.Client would after asking market.Handler.
func (v *visit) Do(_ context.Context, req fetch.Request) (*fetch.Response, error) {
	u, err := url.Parse(req.URL)
	if err != nil {
		return nil, err
	}
	segments := strings.Split(strings.Trim(u.Path, "/"), "/")
	var r market.Response
	switch {
	case len(segments) == 4 && segments[0] == "v1":
		r = v.m.Respond("greenhouse", segments[2], v.at, req.Validators.ETag)
	case len(segments) == 3 && segments[0] == "v0":
		r = v.m.Respond("lever", segments[2], v.at, req.Validators.ETag)
	case len(segments) == 3 && segments[0] == "posting-api":
		r = v.m.Respond("ashby", segments[2], v.at, req.Validators.ETag)
	default:
		return nil, fmt.Errorf("the market serves no %s", u.Path)
	}
	answer := &fetch.Response{Status: r.Status, Body: r.Body, FinalURL: req.URL, Validators: fetch.Validators{ETag: r.ETag}}
	switch {
	case r.Status == http.StatusNotModified:
		answer.NotModified = true
	case r.Status == http.StatusNotFound:
		return nil, &fetch.Error{Kind: fetch.ErrGone, URL: req.URL, Status: r.Status}
	case r.Status != http.StatusOK:
		return nil, &fetch.Error{Kind: fetch.ErrServer, URL: req.URL, Status: r.Status}
	}
	return answer, nil
}

// Admit implements ingest.Fetcher: no breaker stands between a test and its market.
func (*visit) Admit(string, time.Time) error { return nil }

// Report implements ingest.Fetcher.
func (*visit) Report(string, bool, time.Time) {}

// Publish implements ingest.Publisher.
func (v *visit) Publish(_ context.Context, values ...any) error {
	for _, value := range values {
		switch value := value.(type) {
		case posting.Raw:
			v.raws = append(v.raws, value)
		case posting.Run:
			v.runs = append(v.runs, value)
		default:
			return fmt.Errorf("a market's crawl published %T", value)
		}
	}
	return nil
}

// Bury implements ingest.Publisher.
func (v *visit) Bury(_ context.Context, letters ...posting.Dead) error {
	return fmt.Errorf("a market's crawl buried %d postings, the first because %s", len(letters), letters[0].Reason)
}
