package trend_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine"
	"github.com/rolescope/rolescope/store/engine/enginetest"
	"github.com/rolescope/rolescope/store/storetest"
)

func TestMain(m *testing.M) {
	code := enginetest.Main(m)
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// asker asks the store as cmd does: as an analyst.
type asker struct{ *store.Store }

func (a asker) Select(ctx context.Context, dest any, query string, params map[string]string) error {
	return a.Ask(ctx, dest, query, params)
}

// shared is the one engine of this package's tests, which starts with the first that asks for a store.
var shared sharedEngine

// sharedEngine has a database for each invented market. An engine for each test, and a market for each that
// only reads, would take most of the tests' time.
type sharedEngine struct {
	mu      sync.Mutex
	engine  *engine.Engine
	dir     string
	stores  []*store.Store
	markets map[string]*market
}

// market is a database that several tests read.
type market struct {
	once sync.Once
	q    *asker // nil until it is filled, or when filling it failed
}

// open opens a database of its own, whose rows are recorded when now says.
func (s *sharedEngine) open(t *testing.T, now func() time.Time) *store.Store {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.engine == nil {
		dir, err := os.MkdirTemp("", "rolescope-trend")
		if err != nil {
			t.Fatal(err)
		}
		options := enginetest.Options(t, dir)
		options.Logger = nil // it outlives the first test
		e, err := engine.Start(context.WithoutCancel(t.Context()), options)
		if err != nil {
			t.Fatal(err)
		}
		s.engine, s.dir = e, dir
	}
	address := func(user string) string {
		return fmt.Sprintf("http://%s:%s@%s/market%d", user, enginetest.Password, s.engine.Addr(), len(s.stores))
	}
	opened, err := store.Open(t.Context(), store.Config{
		URL: address(engine.UserWriter), ReaderURL: address(engine.UserReader),
		Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.stores = append(s.stores, opened)
	return opened
}

// market is the one of a name, which the first test that asks for it fills. Nobody may change it.
func (s *sharedEngine) market(t *testing.T, name string, messages func() []any, refresh bool) asker {
	t.Helper()
	s.mu.Lock()
	if s.markets == nil {
		s.markets = map[string]*market{}
	}
	m := s.markets[name]
	if m == nil {
		m = &market{}
		s.markets[name] = m
	}
	s.mu.Unlock()
	m.once.Do(func() {
		q := emptyWorld(t)
		if err := errors.Join(q.Write(t.Context(), messages())...); err != nil {
			t.Fatal(err)
		}
		if refresh {
			if _, err := q.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		m.q = &q
	})
	if m.q == nil {
		t.Fatalf("market %s was not made, which the test that made it tells", name)
	}
	return *m.q
}

func (s *sharedEngine) close() error {
	var errs []error
	for _, opened := range s.stores {
		errs = append(errs, opened.Close())
	}
	if s.engine != nil {
		errs = append(errs, s.engine.Close(), os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// world is a store with an invented market in it, which other tests read.
func world(t *testing.T, seed uint64) (asker, storetest.World) {
	t.Helper()
	w := storetest.NewWorld("trend", seed)
	return shared.market(t, fmt.Sprint("world ", seed), w.Messages, true), w
}

// emptyWorld opens a store of its own with nothing in it.
func emptyWorld(t *testing.T) asker {
	t.Helper()
	s := shared.open(t, func() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) })
	if err := s.Activate(t.Context(), storetest.Tagger); err != nil {
		t.Fatal(err)
	}
	return asker{s}
}
