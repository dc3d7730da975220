// Package markettest puts simulated markets straight into a store, without HTTP and NATS, so that
// statistics over many seeds cost little more than tagging does. The records are those of
// ingest/source, the tags those of enrich, the rows those of store.Write; what lies between, a crawl's
// listing and its run, is made here and proven equal to that of ingest.Crawl, so that every view shows
// what it would after crawls over HTTP at the same moments. Only tests call it.
package markettest

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine/enginetest"
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
	Seen map[market.Key][]time.Time // when each board was seen whole
}

// Crawl makes the visits. It gives what ingest.Crawl would, which the tests of this package prove, but
// reads each wording once instead of whole boards again and again.
func Crawl(m *market.Market, visits []Visit) (Messages, error) {
	c := crawls{m: m, boards: map[market.Key]*board{}, read: map[market.Wording]posting.Raw{}}
	c.out.Seen = map[market.Key][]time.Time{}
	for _, v := range visits {
		if err := c.visit(v); err != nil {
			return c.out, fmt.Errorf("visit %s/%s at %s: %w", v.Board.Source, v.Board.Key.Board, v.ObservedAt.Format(time.RFC3339), err)
		}
	}
	return c.out, nil
}

type crawls struct {
	m      *market.Market
	boards map[market.Key]*board
	read   map[market.Wording]posting.Raw
	out    Messages
}

// board is what a crawl knows of the crawls before it.
type board struct {
	source source.Source
	last   []market.Wording // the last whole list
	asks   bool             // the next crawl asks whether that list still stands
}

func (c *crawls) visit(v Visit) error {
	key := v.Board.Key
	b := c.boards[key]
	if b == nil {
		src, err := source.ByKind(key.Source)
		if err != nil {
			return err
		}
		b = &board{source: src}
		c.boards[key] = b
	}
	run := posting.NewRun(key.Source, key.Board, v.Board.Company, b.source.Proof(), v.PlannedAt, v.ObservedAt)
	status, listing := c.m.Listing(key, v.ObservedAt)
	switch {
	case status == http.StatusNotFound:
		run.Outcome, run.Note = posting.OutcomeGone, "the market answered 404"
	case status != http.StatusOK:
		run.Outcome, run.Note = posting.OutcomeError, fmt.Sprintf("the market answered %d", status)
	case b.asks && slices.Equal(b.last, listing):
		run.Outcome = posting.OutcomeNotModified
	default:
		b.asks = len(listing) > 0 && !shrunk(b.last, listing)
		b.last = listing
		if err := c.list(b, &run, listing); err != nil {
			return err
		}
	}
	if run.Outcome == posting.OutcomeOK || run.Outcome == posting.OutcomeNotModified {
		c.out.Seen[key] = append(c.out.Seen[key], v.ObservedAt)
	}
	c.out.Runs = append(c.out.Runs, run.Split()...)
	return nil
}

// shrunk reports whether more than half of a list is gone: the ledger doubts that, so the next crawl
// asks for all of it again.
func shrunk(before, now []market.Wording) bool {
	ids := map[string]bool{}
	for _, w := range now {
		ids[w.ID()] = true
	}
	missing := 0
	for _, w := range before {
		if !ids[w.ID()] {
			missing++
		}
	}
	return 2*missing > len(before)
}

// list fills in a run that read the board to its end.
func (c *crawls) list(b *board, run *posting.Run, listing []market.Wording) error {
	for _, w := range listing {
		raw, ok := c.read[w]
		if !ok {
			var err error
			if raw, err = read(b.source, *run, w); err != nil {
				return err
			}
			c.read[w] = raw
			c.out.Raws = append(c.out.Raws, raw)
		}
		run.Listing = append(run.Listing, posting.Listed{ExternalID: raw.Record.ExternalID, ContentHash: raw.ContentHash})
	}
	run.Fetched, run.Complete, run.Outcome = len(listing), true, posting.OutcomeOK
	if run.Source == "greenhouse" {
		run.Expected = len(listing) // the only kind that states it
	}
	if len(listing) == 0 {
		run.Outcome = posting.OutcomeEmpty
	}
	return nil
}

// read parses one wording as it first appeared.
func read(src source.Source, run posting.Run, w market.Wording) (posting.Raw, error) {
	parsed, err := src.Parse(w.Job())
	if err != nil {
		return posting.Raw{}, err
	}
	if len(parsed.Records) != 1 {
		return posting.Raw{}, fmt.Errorf("%d records and %v", len(parsed.Records), parsed.Rejected)
	}
	return posting.NewRaw(run, source.NormaliserVersion, parsed.Records[0])
}

// Tag enriches raw postings, in their order, on all processors.
func Tag(raws []posting.Raw) ([]posting.Posting, error) {
	tagger, err := enrich.New()
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
				out[i], errs[i] = tagger.Enrich(raws[i])
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
	s, err := store.Open(t.Context(), store.Config{Engine: options, Now: func() time.Time { return recorded }})
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

// recorded is what rows say they were recorded at: one moment, so that a store's rows are a function
// of its market.
var recorded = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Fill crawls, tags and stores a market and returns what was sent and its postings, in the order of
// Messages.Raws.
func Fill(t testing.TB, s *store.Store, m *market.Market, visits []Visit) (Messages, []posting.Posting) {
	t.Helper()
	sent, err := Crawl(m, visits)
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
	return sent, postings
}

// Main is a TestMain for tests that call Open: it lets the engine run in a child of the test binary.
func Main(m *testing.M) { os.Exit(enginetest.Main(m)) }
