// Package markettest puts simulated markets straight into a store, without HTTP and NATS, so that
// statistics over many seeds cost little more than tagging does. It is not a second pipeline: the
// crawls are those of ingest.Crawl, the records those of ingest/source, the tags those of enrich, the
// rows those of store.Write, so that every view shows what it would after crawls over HTTP at the same
// moments. Only tests call it.
//
//	m, err := market.New(market.Config{Seed: seed})
//	s := markettest.Open(t)
//	sent, postings := markettest.Fill(t, s, m, markettest.Visits(m))
//	want := m.Expected(sent.Seen) // what trend.Volume has to answer per week and role
//
// Its own tests compare the store with the truth on small markets, and on as many markets of full size
// as ROLESCOPE_TEST_MARKET_SEEDS says.
package markettest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/enrich/unlisted"
	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine/enginetest"
	"github.com/rolescope/rolescope/trend"
)

// Visit is one crawl of one board. A schedule's crawl is planned for PlannedAt and observes the board
// at ObservedAt.
type Visit struct {
	Board                 market.Board
	PlannedAt, ObservedAt time.Time
}

// Visits are the crawls of all boards by their schedule, in order of time, each observed when it was
// planned. Boards that have not joined yet are asked, too: they answer 404.
func Visits(m *market.Market) []Visit {
	var out []Visit
	for _, at := range m.Crawls() {
		for _, b := range m.Boards() {
			out = append(out, Visit{Board: b, PlannedAt: at, ObservedAt: at})
		}
	}
	return out
}

// Messages are what the crawls publish.
type Messages struct {
	Raws []posting.Raw              // new and changed versions, one each
	Runs []posting.Run              // parts
	Seen map[market.Key][]time.Time // when each board listed anything
}

// Crawl makes the visits with ingest.Crawl, which does not get to read boards but slips: records that
// say no more than which wording stands there. What it publishes of a slip is then replaced by the
// wording itself, read once. That saves reading whole boards again and again, and everything that
// ingest.Crawl decides stays its own; the tests of this package prove that the messages are those of
// crawls that read.
func Crawl(ctx context.Context, m *market.Market, visits []Visit) (Messages, error) {
	out := Messages{Seen: map[market.Key][]time.Time{}}
	states := map[market.Key]ingest.State{}
	read := map[market.Wording]posting.Raw{}
	for _, v := range visits {
		key := v.Board.Key
		crawler, err := source.CrawlerByKind(key.Source)
		if err != nil {
			return out, err
		}
		now := visit{Crawler: crawler, m: m, of: v, read: read, out: &out}
		result, err := ingest.Crawl(ctx, &now, &now, ingest.Task{
			Slot: posting.Slot{
				Kind: ingest.KindBoard, Source: key.Source, Board: key.Board, Company: v.Board.Company,
				PlannedAt: v.PlannedAt, ObservedAt: v.ObservedAt,
			},
			Source: &now, State: states[key], Now: func() time.Time { return v.ObservedAt },
		})
		if err != nil {
			return out, err
		}
		states[key] = result.Apply(states[key])
		if m.Succeeds(key, v.ObservedAt) {
			out.Seen[key] = append(out.Seen[key], v.ObservedAt)
		}
	}
	return out, nil
}

// visit is the network, the parser and the bus of one crawl.
type visit struct {
	source.Crawler
	m       *market.Market
	of      Visit
	listing []market.Wording
	total   int // that the board states
	byID    map[string]market.Wording
	read    map[market.Wording]posting.Raw
	out     *Messages
}

// Do answers as fetch.Client would after asking market.Handler, with an empty body.
func (v *visit) Do(_ context.Context, req fetch.Request) (*fetch.Response, error) {
	var r market.Response
	r, v.listing = v.m.Listing(v.of.Board.Key, v.of.ObservedAt, req.Validators.ETag)
	v.total = r.Total
	return answer(req, r)
}

// answer is what fetch.Client makes of a response.
func answer(req fetch.Request, r market.Response) (*fetch.Response, error) {
	out := &fetch.Response{Status: r.Status, Body: r.Body, FinalURL: req.URL, Validators: fetch.Validators{ETag: r.ETag}}
	switch {
	case r.Status == http.StatusNotModified:
		out.NotModified = true
	case r.Status == http.StatusNotFound:
		return nil, &fetch.Error{Kind: fetch.ErrGone, URL: req.URL, Status: r.Status}
	case r.Status != http.StatusOK:
		return nil, &fetch.Error{Kind: fetch.ErrServer, URL: req.URL, Status: r.Status}
	}
	return out, nil
}

// Parse makes the slips of what was just asked for.
func (v *visit) Parse([]byte) (source.Board, error) {
	b := source.Board{Received: len(v.listing), Expected: -1}
	if v.Kind() == "greenhouse" { // the only one of the three that states a total
		b.Expected, b.Complete = v.total, v.total == len(v.listing)
	}
	v.byID = map[string]market.Wording{}
	for _, w := range v.listing {
		v.byID[w.ID()] = w
		b.Records = append(b.Records, posting.Record{ExternalID: w.ID(), Title: strconv.Itoa(w.Version())})
	}
	return b, nil
}

// Admit implements ingest.Fetcher: no breaker stands between a test and its market.
func (*visit) Admit(string, time.Time) error { return nil }

// Report implements ingest.Fetcher.
func (*visit) Report(string, bool, time.Time) {}

// Publish implements ingest.Publisher. What is sent again would be stored once, and is kept once.
func (v *visit) Publish(_ context.Context, values ...any) error {
	for _, value := range values {
		switch value := value.(type) {
		case posting.Raw:
			if _, err := v.wording(value.Record.ExternalID); err != nil {
				return err
			}
		case posting.Run:
			if value.Parts > 1 {
				return fmt.Errorf("the run lists more than a message holds: %d parts", value.Parts)
			}
			for i, l := range value.Listing {
				raw, err := v.wording(l.ExternalID)
				if err != nil {
					return err
				}
				value.Listing[i].ContentHash = raw.ContentHash
			}
			v.out.Runs = append(v.out.Runs, value.Split()...)
		default:
			return fmt.Errorf("a market's crawl published %T", value)
		}
	}
	return nil
}

// wording is what stands on the board under an id, as the first crawl that saw it published it.
func (v *visit) wording(id string) (posting.Raw, error) {
	w := v.byID[id]
	if raw, ok := v.read[w]; ok {
		return raw, nil
	}
	parsed, err := v.Crawler.Parse(w.Job())
	if err != nil {
		return posting.Raw{}, err
	}
	if len(parsed.Records) != 1 {
		return posting.Raw{}, fmt.Errorf("%s gives %d records, rejected %v", id, len(parsed.Records), parsed.Rejected)
	}
	run := posting.NewRun(v.Kind(), v.of.Board.Key.Board, v.of.Board.Company, v.Proof(), v.of.PlannedAt, v.of.ObservedAt)
	raw, err := posting.NewRaw(run, source.NormaliserVersion, parsed.Records[0])
	if err != nil {
		return posting.Raw{}, err
	}
	v.read[w] = raw
	v.out.Raws = append(v.out.Raws, raw)
	return raw, nil
}

// Bury implements ingest.Publisher: no market has anything to bury.
func (*visit) Bury(_ context.Context, letters ...posting.Dead) error {
	return fmt.Errorf("a market's crawl buried %d postings, the first because %s", len(letters), letters[0].Reason)
}

// Tag enriches raw postings as the pipeline does, in their order, on all processors.
func Tag(raws []posting.Raw) ([]posting.Posting, error) {
	tagger, err := enrich.New()
	if err != nil {
		return nil, err
	}
	phrases, err := unlisted.New(tagger.Knows)
	if err != nil {
		return nil, err
	}
	out, errs := make([]posting.Posting, len(raws)), make([]error, len(raws))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(raws) {
					return
				}
				if out[i], errs[i] = tagger.Enrich(raws[i]); errs[i] == nil {
					out[i].Skills = append(out[i].Skills, phrases.Tag(out[i])...)
				}
			}
		})
	}
	wg.Wait()
	return out, errors.Join(errs...)
}

// Open opens a store of its own, on an embedded engine, until the test ends. The test binary needs
// enginetest.Main as its TestMain.
func Open(t testing.TB) *store.Store {
	t.Helper()
	options := enginetest.Options(t, t.TempDir())
	options.Logger = nil
	s, err := store.Open(t.Context(), store.Config{Engine: options, Now: func() time.Time { return recorded }, Measure: Measure()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	if err := s.Activate(t.Context(), enrich.Version); err != nil {
		t.Fatal(err)
	}
	return s
}

// Measure is what cmd has the store compute.
func Measure() *store.Measure {
	return &store.Measure{
		Version: trend.RolePairsVersion,
		Similarities: func(ctx context.Context, s *store.Store, taggerVersion string, month time.Time) ([]store.Similarity, error) {
			pairs, err := trend.RolePairs(ctx, asker{s}, taggerVersion, month)
			out := make([]store.Similarity, len(pairs))
			for i, p := range pairs {
				out[i] = store.Similarity(p)
			}
			return out, err
		},
	}
}

// asker asks the store as cmd does.
type asker struct{ *store.Store }

func (a asker) Select(ctx context.Context, dest any, query string, params map[string]string) error {
	var args []any
	for name, value := range params {
		args = append(args, store.Named(name, value))
	}
	return a.Store.Select(ctx, dest, query, args...)
}

// recorded is what rows say they were recorded at: one moment, so that a store's rows are a function
// of its market.
var recorded = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Fill crawls, tags and stores a market and returns what was sent and its postings, in the order of
// Messages.Raws.
func Fill(t testing.TB, s *store.Store, m *market.Market, visits []Visit) (Messages, []posting.Posting) {
	t.Helper()
	sent, err := Crawl(t.Context(), m, visits)
	if err != nil {
		t.Fatal(err)
	}
	postings, err := Tag(sent.Raws)
	if err != nil {
		t.Fatal(err)
	}
	batch := make([]any, 0, 2*len(postings)+len(sent.Runs))
	for i := range postings {
		batch = append(batch, sent.Raws[i], postings[i])
	}
	for _, r := range sent.Runs {
		batch = append(batch, r)
	}
	if err := errors.Join(s.Write(t.Context(), batch)...); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return sent, postings
}

// Main is a TestMain for tests that call Open: it lets the engine run in a child of the test binary.
func Main(m *testing.M) { os.Exit(enginetest.Main(m)) }
