package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

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
		"/api/v1/movers?role=w_research_engineer&before_from=2025-10&before_to=2025-11&after_from=2025-11&after_to=2026-01": 200, "/api/v1/movers?role=x": 400,
		"/favicon.ico": 302,
		"/nothing":     404, "/roles/": 404, "/roles/nobody": 404, "/roles/w_research_engineer?from=2199-01": 404, "/skills/nothing": 404,
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
		"/api/v1/movers?role=ml_engineer&company=Acme&company=Other&before_from=2025-12&before_to=2026-01&after_from=2026-01&after_to=2026-02",
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
	h := dashboard(t, web.Options{Querier: failing{}, Hosts: []string{"trends.example"}})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "LocalHost.": 200, "dash.localhost:1": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200,
		"10.1.2.3:80": 200, "Trends.example:8080": 200,
		"evil.example": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "evil.example:8080": 421, "": 421, "sub.trends.example": 421,
	} {
		for _, path := range []string{"/healthz", "/about", "/api/v1/volume", "/static/style.css"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Host = host
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if (w.Code == 421) != (want == 421) {
				t.Errorf("%s%s: status %d, want %d", host, path, w.Code, want)
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
		"/": {503, "connection refused"}, "/skills/go": {503, "connection refused"}, "/api/v1/summary": {503, `"cause":"read tagger version: dial tcp`},
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

// TestSlowAndBusy: a question that takes too long ends with 504, and who waits behind others that do
// gets 503.
func TestSlowAndBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := dashboard(t, web.Options{Querier: hanging{}})
		statuses := make(chan int)
		for range web.AskersMax + 2 {
			go func() { statuses <- get(t, h, "/").Code }()
		}
		count := map[int]int{}
		for range web.AskersMax + 2 {
			count[<-statuses]++
		}
		if count[504]+count[503] != web.AskersMax+2 || count[504] < web.AskersMax {
			t.Errorf("statuses %v", count)
		}
		if w := get(t, h, "/about"); w.Code != 200 {
			t.Errorf("afterwards: status %d", w.Code)
		}
	})
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
