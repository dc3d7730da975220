package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/store/storetest"
	"github.com/rolescope/rolescope/trend"
	"github.com/rolescope/rolescope/web"
)

// failing is a store that cannot be asked.
type failing struct{ err error }

func (f failing) Select(context.Context, any, string, map[string]string) error { return f.err }

// hanging is a store that never answers.
type hanging struct{}

func (hanging) Select(ctx context.Context, _ any, _ string, _ map[string]string) error {
	<-ctx.Done()
	return ctx.Err()
}

// panicking is a store with a fault in it.
type panicking struct{}

func (panicking) Select(context.Context, any, string, map[string]string) error { panic("zq7") }

func TestStatuses(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.NewWorld("w", 3).Messages()...)
	h := dashboard(t, web.Options{Querier: querier{s}})
	long := strings.Repeat("x", 300)
	for address, want := range map[string]int{
		"/": 200, "/?period=week": 200, "/?period=quarter&role=w_research_engineer&from=2025-11&to=2026-01-15": 200,
		"/roles/w_research_engineer": 200, "/roles/w_research_engineer?before=2025-11&after=2025-12": 200, "/roles/w_research_engineer?before=never": 200,
		"/skills": 200, "/skills/go": 200, "/skills/go?period=week": 200, "/postings": 200, "/postings?skill=GO&open=1": 200, "/postings?page=1000": 200,
		"/about": 200, "/healthz": 200, "/readyz": 200, "/api/v1/volume?by=company": 200, "/api/v1/skill?skill=go": 200,
		"/api/v1/change?role=w_research_engineer&before_from=2025-10&before_to=2025-11&after_from=2025-11&after_to=2026-01": 200, "/api/v1/change?after_from=2025-10&after_to=2025-11&before_from=2025-11&before_to=2026-01": 400, "/?boards=some": 400, "/?boards=all": 200, "/?period=whole": 400,
		"/favicon.ico": 302,
		"/nothing":     404, "/roles/nobody": 404, "/roles/nobody?from=2199-01": 404, "/roles/": 301, "/roles": 302, "/roles/w_research_engineer/?period=week": 301, "/skills/": 301, "/roles/w_research_engineer?from=2199-01": 200, "/skills/nothing": 404,
		"/postings/1": 404, "/postings/" + strings.Repeat("0", 32): 404, "/api/v1/posting?id=" + strings.Repeat("0", 32): 404,
		"/api/v1/nothing": 404, "/static/nothing.js": 404, "/static/%2e%2e/web.go": 404, "/static/": 404, "/metrics": 404,
		"/?period=age": 400, "/?from=yesterday": 400, "/?from=2026-02&to=2026-01": 400, "/postings?page=0": 400, "/postings?page=1001": 400,
		"/postings?q=" + long: 400, "/postings?q=%00": 400, "/postings?q=%ff": 400, "/postings?company=a%0ab": 400, "/roles/%ff": 400,
		"/?" + strings.Repeat("role=x&", 33): 400, "/api/v1/volume?by=colour": 400, "/api/v1/skill": 400,
		"/?q=" + strings.Repeat("x", 5000): 414,
	} {
		w := get(t, h, address)
		if w.Code != want {
			t.Errorf("%.90s: status %d, want %d: %.200s", address, w.Code, want, w.Body)
		}
		check(t, address, w)
		isAPI := strings.HasPrefix(address, "/api/")
		if kind := w.Header().Get("Content-Type"); isAPI != strings.HasPrefix(kind, "application/json") {
			t.Errorf("%.90s: type %s", address, kind)
		}
	}
}

func TestOnlyReading(t *testing.T) {
	t.Parallel()
	h := dashboard(t, web.Options{Querier: failing{}})
	for method, want := range map[string]int{"POST": 405, "PUT": 405, "DELETE": 405, "OPTIONS": 405, "TRACE": 405, "HEAD": 200} {
		r := httptest.NewRequestWithContext(t.Context(), method, "/healthz", nil)
		r.Host = "127.0.0.1:8080"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want || want == 405 && w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
}

// TestSeveralAndOddValues: two roles, two companies and values that ClickHouse's text form escapes are
// asked for as they stand.
func TestSeveralAndOddValues(t *testing.T) {
	t.Parallel()
	s := open(t, market(t,
		batch{"ml_engineer", 6, []string{"go"}, nil}, batch{"sales", 5, nil, nil}, batch{"design", 3, nil, nil},
	)...)
	h := dashboard(t, web.Options{Querier: querier{s}})
	for address, want := range map[string]string{
		"/?role=ml_engineer&role=sales": "2026-01|6|5|", "/?role=sales&role=ml_engineer&role=design": "2026-01|6|5|3|",
		"/?company=Acme&company=Other": "2026-01|6|5|3|", "/roles/ml_engineer?company=Acme&company=Other": "2026-01|6|",
		"/skills/go?role=ml_engineer&role=sales": "2026-01|100.0 % of 6|",
	} {
		if w := get(t, h, address); w.Code != 200 || !strings.Contains(rows(t, w.Body.Bytes()), want) {
			t.Errorf("%s: status %d, without %q: %.2000s", address, w.Code, want, rows(t, w.Body.Bytes()))
		}
	}
	for _, address := range []string{
		"/api/v1/volume?role=ml_engineer&role=sales", "/api/v1/skills?role=ml_engineer&role=sales",
		"/api/v1/change?role=ml_engineer&company=Acme&company=Other&before_from=2025-12&before_to=2026-01&after_from=2026-01&after_to=2026-02",
		"/postings?q=%5C", "/postings?q=%5Ct", "/postings?q=%27", `/postings?company=%5CN`, "/?role=%5C&role=%27", "/?company=a%5C%27%22%5Cn",
	} {
		if w := get(t, h, address); w.Code != 200 {
			t.Errorf("%s: status %d: %.300s", address, w.Code, w.Body)
		}
	}
}

// TestForeignNames: a name of a stranger that points here reads nothing (DNS rebinding).
func TestForeignNames(t *testing.T) {
	t.Parallel()
	h := dashboard(t, web.Options{
		Querier: failing{}, Hosts: []string{"trends.example"}, Metrics: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
	})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "LocalHost.": 200, "dash.localhost:1": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200,
		"10.1.2.3:80": 200, "Trends.example:8080": 200,
		"evil.example": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "evil.example:8080": 421, "": 421, "sub.trends.example": 421,
	} {
		for _, path := range []string{"/", "/about", "/api/v1/volume", "/static/style.css"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Host = host
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if (w.Code == 421) != (want == 421) {
				t.Errorf("%s%s: status %d, want %d", host, path, w.Code, want)
			}
		}
		for _, probe := range []string{"/healthz", "/readyz", "/metrics"} { // by the name of a service
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, probe, nil)
			r.Host = host
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != 200 {
				t.Errorf("%s%s: status %d", host, probe, w.Code)
			}
		}
	}
}

func TestTroubleIsTold(t *testing.T) {
	t.Parallel()
	ready := errors.New("nats: no servers")
	h := dashboard(t, web.Options{
		Querier: failing{errors.New("dial tcp 127.0.0.1:8123: connection refused")},
		Ready:   func(context.Context) error { return ready },
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("rolescope_up 1\n")) }),
	})
	for address, want := range map[string]struct {
		status int
		text   string
	}{
		"/": {503, "connection refused"}, "/skills/go": {503, "connection refused"}, "/api/v1/summary": {503, `"cause":"look for counts of the postings: dial tcp`},
		"/readyz": {503, "not ready: nats: no servers"}, "/healthz": {200, "ok"}, "/metrics": {200, "rolescope_up 1"}, "/about": {200, "Vacancy"},
	} {
		w := get(t, h, address)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.text) {
			t.Errorf("%s: status %d: %s", address, w.Code, w.Body)
		}
		if want.status == 503 && strings.Contains(w.Header().Get("Cache-Control"), "max-age") {
			t.Errorf("%s: an error is kept", address)
		}
	}
	h = dashboard(t, web.Options{Querier: panicking{}})
	for range web.AskersMax + 1 { // a fault must not take a turn for ever
		if w := get(t, h, "/"); w.Code != 500 || strings.Contains(w.Body.String(), "zq7") {
			t.Errorf("after a panic: status %d: %s", w.Code, w.Body)
		}
	}
}

// TestSlashesAtTheEnd: the page without it is found, and no other host.
func TestSlashesAtTheEnd(t *testing.T) {
	t.Parallel()
	h := dashboard(t, web.Options{Querier: failing{}})
	for address, want := range map[string]string{
		"/roles/": "/roles", "/roles": "/", "/roles/ml_engineer/": "/roles/ml_engineer", "/roles/ml_engineer/?from=2026-01": "/roles/ml_engineer?from=2026-01",
		"/skills/": "/skills", "/skills/c%2B%2B/": "/skills/c++", "/postings/": "/postings", "/%5Cevil.example/": "/%5Cevil.example",
		"/%2Fevil.example/": "/evil.example",
	} {
		w := get(t, h, address)
		if got := w.Header().Get("Location"); got != want || w.Code/100 != 3 {
			t.Errorf("%s: status %d to %q, want %q", address, w.Code, got, want)
		}
	}
}

// TestSlowAndBusy: a question that takes too long ends with 504, its time counted from its turn; who
// waits too long for a turn gets 503, and who finds the queue full gets it at once.
func TestSlowAndBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := dashboard(t, web.Options{Querier: hanging{}})
		start := time.Now()
		type outcome struct {
			status int
			after  time.Duration
			retry  string
		}
		outcomes := make(chan outcome)
		const refused = 3
		for i := range web.AskersMax + web.WaitersMax + refused {
			go func() {
				w := get(t, h, fmt.Sprintf("/roles/r%d", i))
				outcomes <- outcome{w.Code, time.Since(start), w.Header().Get("Retry-After")}
			}()
		}
		count := map[outcome]int{}
		for range web.AskersMax + web.WaitersMax + refused {
			count[<-outcomes]++
		}
		want := map[outcome]int{{503, 0, "5"}: refused, {503, 15 * time.Second, "5"}: web.WaitersMax, {504, 20 * time.Second, ""}: web.AskersMax}
		if diff := gocmp.Diff(want, count, gocmp.AllowUnexported(outcome{})); diff != "" {
			t.Error(diff)
		}
		if w := get(t, h, "/about"); w.Code != 200 {
			t.Errorf("afterwards: status %d", w.Code)
		}
	})
}

// slow is a store that answers nothing after a second, and counts how often it was asked and left.
type slow struct{ asked, left *atomic.Int64 }

func (s slow) Select(ctx context.Context, _ any, query string, _ map[string]string) error {
	if strings.HasPrefix(query, "SELECT tagger_version ") {
		return nil
	}
	s.asked.Add(1)
	select {
	case <-ctx.Done():
		s.left.Add(1)
		return ctx.Err()
	case <-time.After(time.Second):
		return nil
	}
}

// TestTheSameQuestionIsAskedOnce: by many at a time or within seconds; then anew. Errors are not kept,
// and what nobody waits for any more is given up.
func TestTheSameQuestionIsAskedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := slow{new(atomic.Int64), new(atomic.Int64)}
		h, err := web.New(web.Options{Querier: store, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(ctx context.Context, address string) int {
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, address, nil)
			r.Host = "localhost"
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code
		}
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				address := []string{"/api/v1/volume?role=a&period=week", "/api/v1/volume?period=week&role=a"}[i%2]
				if code := ask(t.Context(), address); code != 200 {
					t.Errorf("status %d", code)
				}
			})
		}
		all.Wait()
		if n := store.asked.Load(); n != 1 {
			t.Errorf("200 readers asked %d times", n)
		}
		<-time.After(web.MemoryAge + time.Millisecond)
		ask(t.Context(), "/api/v1/volume?role=a&period=week")
		if n := store.asked.Load(); n != 2 {
			t.Errorf("asked %d times after a while", n)
		}
		// Two wait for one answer: it is made for the one who stays.
		first, leave := context.WithCancel(t.Context())
		second, leaveToo := context.WithCancel(t.Context())
		for _, ctx := range []context.Context{first, second} {
			all.Go(func() { ask(ctx, "/api/v1/skills") })
			synctest.Wait()
		}
		leave()
		synctest.Wait()
		if n := store.left.Load(); n != 0 {
			t.Error("given up although somebody waits")
		}
		leaveToo()
		all.Wait()
		if n := store.left.Load(); n != 1 {
			t.Errorf("given up %d times when nobody waits", n)
		}
	})
}

// counting is a store that is empty and counts the questions.
type counting struct{ asked *int }

func (c counting) Select(context.Context, any, string, map[string]string) error {
	*c.asked++
	return nil
}

// TestTheMemoryIsBounded: of more answers than are kept the oldest is made anew.
func TestTheMemoryIsBounded(t *testing.T) {
	t.Parallel()
	asked, ticks := 0, 0
	h, err := web.New(web.Options{Querier: counting{&asked}, Now: func() time.Time {
		ticks++
		return now.Add(time.Duration(ticks))
	}})
	if err != nil {
		t.Fatal(err)
	}
	remembered := func(i int) bool {
		before := asked
		if w := get(t, h, fmt.Sprintf("/api/v1/skills?role=r%d", i)); w.Code != 200 {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		return asked == before
	}
	for i := range web.KeptMax + 1 {
		if remembered(i) {
			t.Errorf("%d was known before it was asked", i)
		}
	}
	if !remembered(web.KeptMax) || !remembered(1) || remembered(0) {
		t.Error("not the oldest was forgotten")
	}
}

func TestStaticFilesAreKept(t *testing.T) {
	t.Parallel()
	h := dashboard(t, web.Options{Querier: failing{}})
	page := get(t, h, "/about").Body.String()
	for _, name := range []string{"style.css", "charts.js", "vendor/uPlot.iife.min.js", "vendor/uPlot.min.css", "favicon.svg"} {
		_, rest, _ := strings.Cut(page, `"/static/`+name+"?v=")
		hash, _, _ := strings.Cut(rest, `"`)
		w := get(t, h, "/static/"+name+"?v="+hash)
		if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Body.Len() == 0 || hash == "" {
			t.Errorf("%s: status %d, %v", name, w.Code, w.Header())
		}
		if got := get(t, h, "/static/"+name+"?v=old").Header().Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s of another build: %s", name, got)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/static/"+name, nil)
		r.Host = "localhost"
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		again := httptest.NewRecorder()
		h.ServeHTTP(again, r)
		if again.Code != 304 || again.Body.Len() != 0 {
			t.Errorf("%s asked again: status %d", name, again.Code)
		}
	}
	if w := get(t, h, "/static/vendor/README.md"); w.Code != 404 {
		t.Errorf("the vendored README: status %d", w.Code)
	}
}

func TestNewNeedsAStoreAndAClock(t *testing.T) {
	t.Parallel()
	if _, err := web.New(web.Options{}); err == nil {
		t.Error("no error")
	}
}

var _ trend.Querier = failing{}
