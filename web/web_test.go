package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine/enginetest"
	"github.com/rolescope/rolescope/store/storetest"
	"github.com/rolescope/rolescope/web"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

// now is when the tests' pages are read.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// querier asks the store as cmd does: as an analyst.
type querier struct{ *store.Store }

func (q querier) Select(ctx context.Context, dest any, query string, params map[string]string) error {
	return q.Ask(ctx, dest, query, params)
}

// open opens a store of its own and writes messages into it.
func open(t testing.TB, messages ...any) *store.Store {
	t.Helper()
	options := enginetest.Options(t, t.TempDir())
	options.Logger = nil
	s, err := store.Open(t.Context(), store.Config{Engine: options, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Activate(t.Context(), storetest.Tagger); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Write(t.Context(), messages)...); err != nil {
		t.Fatal(err)
	}
	refresh(t, s)
	return s
}

// refresh counts what is stored, as a process that stores does from time to time.
func refresh(t testing.TB, s *store.Store) {
	t.Helper()
	if _, err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// dashboard builds the handler; change may alter its options.
func dashboard(t testing.TB, o web.Options) http.Handler {
	t.Helper()
	o.Now = func() time.Time { return now }
	h, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// get asks for an address as a reader on the same machine does.
func get(t testing.TB, h http.Handler, address string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	r.Host = "localhost:8080"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestOverviewShowsTheWorld(t *testing.T) {
	t.Parallel()
	h := dashboard(t, web.Options{Querier: querier{open(t, storetest.NewWorld("w", 3).Messages()...)}, Notice: "This market is simulated.", Program: "DIR=/x rolescope"})
	w := get(t, h, "/")
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	for _, want := range []string{"This market is simulated.", "Active vacancies by role", "/roles/w_machine_learning_engineer", "DIR=/x rolescope sql -", storetest.Tagger} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if w := get(t, h, "/api/v1/volume?period=week"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"group":"w_research_engineer"`) {
		t.Errorf("status %d: %.300s", w.Code, w.Body)
	}
}
