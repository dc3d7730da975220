package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rolescope/rolescope/ingest/fetch/fetchtest"
	"github.com/rolescope/rolescope/posting"
)

// clock is a wall clock that only waiting moves.
type clock struct {
	mu    sync.Mutex
	t     time.Time
	waits []time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func (c *clock) wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
	if d > 0 {
		c.waits = append(c.waits, d)
	}
	return ctx.Err()
}

// site is a test server that logs what it is asked; every path but robots.txt goes to handle.
type site struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string
	robots func(w http.ResponseWriter, r *http.Request)
}

func newSite(t *testing.T, handle http.HandlerFunc) *site {
	s := &site{robots: func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.RequestURI())
		robots := s.robots
		s.mu.Unlock()
		if r.URL.Path == "/robots.txt" {
			robots(w, r)
			return
		}
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := strings.Join(s.asked, " ")
	s.asked = nil
	return out
}

func (s *site) setRobots(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.robots = h
}

// addr is the server's address, to be permitted as if it were public.
func (s *site) addr() netip.AddrPort { return netip.MustParseAddrPort(s.Listener.Addr().String()) }

// setup builds a client on a test clock for which only the given sites are public.
func setup(t *testing.T, sites ...*site) (*Client, *clock) {
	t.Helper()
	clk := &clock{t: day0}
	c, err := New(Options{Contact: "ops@acme.example", Version: "1.2.3", Now: clk.now, Wait: clk.wait, MaxBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.permit = func(ap netip.AddrPort) bool {
		for _, s := range sites {
			if s.addr() == ap {
				return true
			}
		}
		return public(ap.Addr())
	}
	return c, clk
}

func get(t *testing.T, c *Client, url string) (*Response, error) {
	t.Helper()
	return c.Get(t.Context(), url, Validators{})
}

func wantErr(t *testing.T, err, kind error) *Error {
	t.Helper()
	var e *Error
	if !errors.Is(err, kind) || !errors.As(err, &e) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	return e
}

func page(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for contact, want := range map[string]bool{
		"ops@acme.example": true, "https://acme.example/bot": true, " ops@acme.example ": true,
		"": false, "me": false, "ops@acme.example\r\nX: y": false, "ftp://acme.example": false, "a b@acme.example": false, "https://a/()": false,
	} {
		if _, err := New(Options{Contact: contact}); (err == nil) != want {
			t.Errorf("contact %q: %v", contact, err)
		}
	}
	if _, err := New(Options{Contact: "a@b.example", Version: "1\n2"}); err == nil {
		t.Error("a version with a line end was taken")
	}
}

func TestTheRequestSaysWhoItIs(t *testing.T) {
	t.Parallel()
	var seen []http.Header
	var body string
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		body = string(data)
		seen = append(seen, r.Header.Clone())
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		w.Header().Set("ETag", `W/"1"`)
		io.WriteString(w, r.Method)
	})
	c, _ := setup(t, s)
	for range 2 {
		resp, err := c.Do(t.Context(), Request{Method: "POST", URL: s.URL + "/jobs", Body: []byte(`{"offset":0}`), Accept: "application/json"})
		if err != nil || string(resp.Body) != "POST" || resp.Validators.ETag != `W/"1"` || resp.FinalURL != s.URL+"/jobs" {
			t.Fatal(resp, err)
		}
	}
	want := http.Header{
		"User-Agent": {"rolescope/1.2.3 (+ops@acme.example)"}, "Accept": {"application/json"}, "Accept-Encoding": {"gzip"},
		"Content-Type": {"application/json"}, "Content-Length": {"12"},
	}
	if diff := cmp.Diff([]http.Header{want, want}, seen); diff != "" || body != `{"offset":0}` {
		t.Error(diff, body)
	}
	for _, bad := range []string{"", "/jobs", "file:///etc/passwd", "gopher://acme.example/", "http://", "http://u:p@acme.example/", "http://acme.example/" + strings.Repeat("a", urlBytesMax), "http://a b/"} {
		_, err := get(t, c, bad)
		wantErr(t, err, ErrRequest)
	}
	for _, bad := range []Request{
		{Method: "DELETE"},
		{MaxBytes: -1},
		{Accept: "a\r\nX: y"},
		{ContentType: "\x00"},
		{Validators: Validators{ETag: "a\nb"}},
		{Validators: Validators{LastModified: strings.Repeat("x", validatorBytesMax+1)}},
	} {
		bad.URL = s.URL
		_, err := c.Do(t.Context(), bad)
		wantErr(t, err, ErrRequest)
	}
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/long":
			w.Header().Set("ETag", strings.Repeat("x", validatorBytesMax+1))
		case r.URL.Path == "/liar":
			w.WriteHeader(304)
		case r.Header.Get("If-None-Match") == `"v1"` && r.Header.Get("If-Modified-Since") == "Mon, 23 Nov 2026 08:00:00 GMT":
			w.WriteHeader(304)
		default:
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Last-Modified", "Mon, 23 Nov 2026 08:00:00 GMT")
			io.WriteString(w, "jobs")
		}
	})
	c, _ := setup(t, s)
	first, err := get(t, c, s.URL+"/jobs")
	if err != nil || first.NotModified || string(first.Body) != "jobs" {
		t.Fatal(first, err)
	}
	second, err := c.Get(t.Context(), s.URL+"/jobs", first.Validators)
	if err != nil || !second.NotModified || second.Body != nil || second.Validators != first.Validators {
		t.Fatal(second, err)
	}
	if long, err := get(t, c, s.URL+"/long"); err != nil || long.Validators != (Validators{}) {
		t.Error(long, err)
	}
	_, err = get(t, c, s.URL+"/liar") // nothing was asked conditionally
	wantErr(t, err, ErrStatus)
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status     int
		retryAfter string
		kind       error
		outcome    posting.Outcome
		wait       time.Duration
		asked      int
	}{
		{200, "", nil, posting.OutcomeOK, 0, 1},
		{403, "", ErrBlocked, posting.OutcomeBlocked, 0, 1},
		{404, "", ErrGone, posting.OutcomeGone, 0, 1},
		{429, "", ErrRateLimited, posting.OutcomeBlocked, retryAfterDefault, 1},
		{429, "90", ErrRateLimited, posting.OutcomeBlocked, 90 * time.Second, 1},
		{429, "1000000", ErrRateLimited, posting.OutcomeBlocked, pauseMax, 1},
		{503, "30", ErrRateLimited, posting.OutcomeError, 30 * time.Second, 1},
		{503, "", ErrServer, posting.OutcomeError, 0, attemptsMax},
		{500, "", ErrServer, posting.OutcomeError, 0, attemptsMax},
		{501, "", ErrServer, posting.OutcomeError, 0, 1},
		{302, "", ErrStatus, posting.OutcomeError, 0, 1}, // leads nowhere
		{418, "", ErrStatus, posting.OutcomeError, 0, 1},
	} {
		s := newSite(t, func(w http.ResponseWriter, _ *http.Request) {
			if c.retryAfter != "" {
				w.Header().Set("Retry-After", c.retryAfter)
			}
			w.WriteHeader(c.status)
		})
		cl, _ := setup(t, s)
		_, err := get(t, cl, s.URL+"/x")
		var e *Error
		if c.kind != nil {
			e = wantErr(t, err, c.kind)
			if e.Status != c.status || e.RetryAfter != c.wait {
				t.Errorf("%d: status %d, retry after %v", c.status, e.Status, e.RetryAfter)
			}
		} else if err != nil {
			t.Errorf("%d: %v", c.status, err)
		}
		if got := Outcome(err); got != c.outcome {
			t.Errorf("%d: outcome %s", c.status, got)
		}
		if got := strings.Count(s.log(), "/x"); got != c.asked {
			t.Errorf("%d: asked %d times", c.status, got)
		}
	}
}

// After a 429 nobody asks the host before its time, and a wait that is too long fails at once.
func TestAHostThatAsksForPatienceGetsIt(t *testing.T) {
	t.Parallel()
	var retryAfter atomic.Value
	retryAfter.Store("100")
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) {
		if v := retryAfter.Load().(string); v != "" {
			w.Header().Set("Retry-After", v)
			w.WriteHeader(429)
		}
	})
	c, clk := setup(t, s)
	_, err := get(t, c, s.URL+"/a")
	wantErr(t, err, ErrRateLimited)
	end := clk.now().Add(100 * time.Second)
	retryAfter.Store("")
	if _, err := get(t, c, s.URL+"/b"); err != nil || clk.now().Before(end) {
		t.Fatalf("asked %v before the end: %v", end.Sub(clk.now()), err)
	}
	retryAfter.Store("1800")
	_, err = get(t, c, s.URL+"/c")
	wantErr(t, err, ErrRateLimited)
	s.log()
	e := wantErr(t, second(get(t, c, s.URL+"/d")), ErrRateLimited)
	if log := s.log(); log != "" || e.Status != 0 || e.RetryAfter < 29*time.Minute || HostFault(e) {
		t.Errorf("asked %q, %+v", log, e)
	}
}

func second[A any](_ A, err error) error { return err }

func TestRequestsAreSpacedAndFew(t *testing.T) {
	t.Parallel()
	var at []time.Time
	var mu sync.Mutex
	var now, most atomic.Int32
	clk := &clock{t: day0}
	s := newSite(t, func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		mu.Lock()
		at = append(at, clk.now())
		mu.Unlock()
	})
	c, err := New(Options{Contact: "ops@acme.example", AllowPrivate: true, Now: clk.now, Wait: clk.wait})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if _, err := get(t, c, fmt.Sprintf("%s/%d", s.URL, i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most.Load() > hostConcurrencyDefault {
		t.Errorf("%d requests at a time", most.Load())
	}
	if took := clk.now().Sub(day0); took < 19*time.Second {
		t.Errorf("20 requests within %v", took)
	}
}

func TestCrawlDelayIsHeeded(t *testing.T) {
	t.Parallel()
	s := newSite(t, page("ok"))
	s.setRobots(page("User-agent: *\nCrawl-delay: 7\n"))
	c, clk := setup(t, s)
	for range 3 {
		if _, err := get(t, c, s.URL+"/"); err != nil {
			t.Fatal(err)
		}
	}
	if took := clk.now().Sub(day0); took < 14*time.Second || took > 22*time.Second {
		t.Errorf("three pages in %v", took)
	}
}

func TestRobotsRule(t *testing.T) {
	t.Parallel()
	s := newSite(t, page("ok"))
	c, clk := setup(t, s)
	forbid := page("User-agent: *\nDisallow: /private\n")
	fail := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }
	step := func(name, path string, kind error, log string) {
		t.Helper()
		_, err := get(t, c, s.URL+path)
		if !errors.Is(err, kind) {
			t.Errorf("%s: %v, want %v", name, err, kind)
		}
		if got := s.log(); got != log {
			t.Errorf("%s: asked %q, want %q", name, got, log)
		}
	}
	step("none", "/private?a=b", nil, "/robots.txt /private?a=b")
	s.setRobots(forbid)
	step("appeared, not yet seen", "/private", nil, "/private")
	clk.add(robotsFresh)
	step("seen", "/private", ErrBlocked, "/robots.txt")
	step("elsewhere", "/public", nil, "/public")
	clk.add(robotsFresh)
	s.setRobots(fail)
	step("unreadable: the old rules serve", "/private", ErrBlocked, "/robots.txt /robots.txt /robots.txt")
	step("and are not asked for again at once", "/public", nil, "/public")
	clk.add(robotsStale)
	step("but not for ever", "/public", ErrServer, "/robots.txt /robots.txt /robots.txt")
	step("nor is a failure asked again at once", "/public", ErrServer, "")
	s.setRobots(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) })
	clk.add(robotsRetry)
	step("401 on robots.txt is no rule", "/private", nil, "/robots.txt /private")
	clk.add(robotsFresh + robotsStale)
	s.setRobots(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) })
	step("429 on robots.txt is a 429", "/public", ErrRateLimited, "/robots.txt")
	s.setRobots(page("<html>no such page</html>" + strings.Repeat("x", robotsBytesMax)))
	step("a long page is no rule", "/public", nil, "/robots.txt /public")
	s.setRobots(forbid)
	clk.add(-365 * 24 * time.Hour)
	step("read under a clock that was a year ahead", "/private", ErrBlocked, "/robots.txt")
}

func TestRobotsThatTimesOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, page("ok"))
	s.setRobots(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c, _ := setup(t, s)
	c.transport.ResponseHeaderTimeout = 30 * time.Millisecond
	_, err := get(t, c, s.URL+"/jobs")
	if e := wantErr(t, err, ErrTimeout); Outcome(e) != posting.OutcomeError || s.log() != "/robots.txt" {
		t.Error(e)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	secret := newSite(t, page("secret"))
	var hops atomic.Int32
	var other *site
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		to := r.URL.Query().Get("to")
		switch r.URL.Path {
		case "/ok":
			io.WriteString(w, r.Method)
		case "/loop":
			http.Redirect(w, r, "/pool", http.StatusFound)
		case "/self":
			http.Redirect(w, r, "/self", http.StatusFound)
		case "/pool":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/chain":
			if n := hops.Add(-1); n >= 0 {
				http.Redirect(w, r, fmt.Sprintf("/chain?n=%d", n), http.StatusTemporaryRedirect)
			}
		case "/303":
			w.Header().Set("Location", to)
			w.WriteHeader(303)
		default:
			w.Header().Set("Location", to)
			w.WriteHeader(308)
		}
	})
	other = newSite(t, page("other"))
	other.setRobots(page("User-agent: *\nDisallow: /private\n"))
	c, _ := setup(t, s, other)
	try := func(path string) error { return second(get(t, c, s.URL+path)) }
	to := func(target string) string { return "/go?to=" + url.QueryEscape(target) }

	wantErr(t, try("/loop"), ErrRedirect)
	if n := len(strings.Fields(s.log())); n != 2+redirectsMax {
		t.Errorf("%d requests in a loop", n)
	}
	hops.Store(redirectsMax)
	if err := try("/chain"); err != nil {
		t.Error(err)
	}
	wantErr(t, try("/self"), ErrRedirect)
	wantErr(t, try(to("file:///etc/passwd")), ErrRedirect)
	wantErr(t, try(to("//u:p@acme.example/")), ErrRedirect)
	wantErr(t, try(to(":")), ErrRedirect)
	wantErr(t, try(to(other.URL+"/private")), ErrBlocked)
	for _, unsafe := range []string{
		secret.URL + "/", strings.Replace(secret.URL, "127.0.0.1", "localhost", 1), "http://[::1]/", "http://[::ffff:127.0.0.1]/",
		"http://169.254.169.254/latest/meta-data/", "http://0.0.0.0/", "http://10.0.0.1:8080/", "http://127.1/", "http://[64:ff9b::7f00:1]/",
	} {
		err := try(to(unsafe))
		if !errors.Is(err, ErrUnsafeAddress) && !(strings.Contains(unsafe, "127.1/") && errors.Is(err, ErrConnection)) {
			t.Errorf("%s: %v", unsafe, err)
		}
	}
	if log := secret.log(); log != "" {
		t.Errorf("the private server was asked %q", log)
	}
	resp, err := get(t, c, s.URL+to(other.URL+"/public"))
	if err != nil || resp.FinalURL != other.URL+"/public" {
		t.Error(resp, err)
	}
	for path, method := range map[string]string{"/303?to=/ok": "GET", "/go?to=/ok": "POST"} {
		resp, err := c.Do(t.Context(), Request{Method: "POST", URL: s.URL + path})
		if err != nil || string(resp.Body) != method {
			t.Errorf("%s: %v, %v", path, resp, err)
		}
	}
}

func TestNoRedirectFromHTTPSToHTTP(t *testing.T) {
	t.Parallel()
	plain := newSite(t, page("plain"))
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			http.Redirect(w, r, plain.URL, http.StatusFound)
			return
		}
		io.WriteString(w, r.Proto)
	}))
	defer secure.Close()
	c, _ := setup(t, plain)
	c.permit = func(netip.AddrPort) bool { return true }
	_, err := get(t, c, secure.URL+"/")
	wantErr(t, err, ErrConnection) // nobody vouches for the certificate
	c.transport.TLSClientConfig.RootCAs = secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c.hosts = map[string]*host{}
	if resp, err := get(t, c, secure.URL+"/"); err != nil {
		t.Error(resp, err)
	}
	_, err = get(t, c, secure.URL+"/down")
	wantErr(t, err, ErrRedirect)
	if log := plain.log(); log != "" {
		t.Errorf("asked %q", log)
	}
}

// A name shows a public address first and a private one later, on the same port.
func TestANameThatChangesToAPrivateAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, page("public"))
	s.Config.SetKeepAlivesEnabled(false) // every request resolves anew
	var private atomic.Bool
	clk := &clock{t: day0}
	c, err := New(Options{Contact: "ops@acme.example", Now: clk.now, Wait: clk.wait, Resolver: fetchtest.Resolver(func() netip.Addr {
		if private.Load() {
			return netip.MustParseAddr("127.0.0.2")
		}
		return netip.MustParseAddr("127.0.0.1")
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.permit = func(ap netip.AddrPort) bool { return ap == s.addr() }
	name := fmt.Sprintf("http://jobs.acme.example:%d/", s.addr().Port())
	if resp, err := get(t, c, name); err != nil || string(resp.Body) != "public" {
		t.Fatal(resp, err)
	}
	private.Store(true)
	_, err = get(t, c, name)
	wantErr(t, err, ErrUnsafeAddress)
	if strings.Count(s.log(), "/") != 2 {
		t.Error("asked again")
	}
}

func TestWithoutLeaveLoopbackIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, page("secret"))
	c, _ := setup(t)
	for range 2 {
		_, err := get(t, c, s.URL)
		wantErr(t, err, ErrUnsafeAddress)
	}
	if s.log() != "" {
		t.Error("asked")
	}
	c.o.AllowPrivate, c.permit = true, func(netip.AddrPort) bool { return true }
	c.hosts = map[string]*host{}
	if _, err := get(t, c, s.URL); err != nil {
		t.Error(err)
	}
}

func TestAProxyMustBeGiven(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	proxy := newSite(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "via proxy "+r.Host) })
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	clk := &clock{t: day0}
	c, err := New(Options{Contact: "ops@acme.example", Proxy: at, Now: clk.now, Wait: clk.wait})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if resp, err := get(t, c, "http://acme.example/"); err != nil || string(resp.Body) != "via proxy acme.example" {
		t.Error(resp, err)
	}
	_, err = get(t, c, "http://10.0.0.1/")
	wantErr(t, err, ErrUnsafeAddress)
	if c2, _ := setup(t); c2.transport.Proxy != nil {
		t.Error("the environment's proxy is used")
	}
}

func zipped(t *testing.T, size int) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	chunk := make([]byte, 1<<16)
	for n := 0; n < size; n += len(chunk) {
		if _, err := zw.Write(chunk[:min(len(chunk), size-n)]); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestBodies(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	bomb, full, over, empty := zipped(t, 32<<20), zipped(t, limit), zipped(t, limit+1), zipped(t, 0)
	var written atomic.Int64
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		send := func(encoding string, body []byte) {
			if encoding != "" {
				w.Header().Set("Content-Encoding", encoding)
			}
			_, _ = w.Write(body)
		}
		switch r.URL.Path {
		case "/plain":
			send("", make([]byte, limit))
		case "/plain-over":
			send("", make([]byte, limit+1))
		case "/full":
			send("gzip", full)
		case "/over":
			send("gzip", over)
		case "/bomb":
			send("gzip", bomb)
		case "/members":
			send("gzip", bytes.Repeat(empty, 2*limit/len(empty)))
		case "/stated", "/endless":
			if r.URL.Path == "/stated" {
				w.Header().Set("Content-Length", "524288000")
			}
			for chunk := make([]byte, 1<<16); written.Load() < 500<<20; {
				n, err := w.Write(chunk)
				if written.Add(int64(n)); err != nil {
					return
				}
			}
		case "/br":
			send("br", []byte("x"))
		case "/twice":
			send("gzip, gzip", full)
		case "/not-gzip":
			send("gzip", []byte("<html>this is no gzip at all</html>"))
		case "/damaged":
			send("gzip", append(bytes.Clone(full[:len(full)-8]), "12345678"...))
		case "/cut":
			send("gzip", full[:len(full)/2])
		case "/short":
			w.Header().Set("Content-Length", "100")
			send("", []byte("not a hundred"))
		case "/nothing":
		}
	})
	c, _ := setup(t, s)
	for path, want := range map[string]error{
		"/plain": nil, "/full": nil, "/nothing": nil,
		"/plain-over": ErrTooLarge, "/over": ErrTooLarge, "/bomb": ErrTooLarge, "/members": ErrTooLarge, "/stated": ErrTooLarge, "/endless": ErrTooLarge,
		"/br": ErrEncoding, "/twice": ErrEncoding, "/not-gzip": ErrEncoding, "/damaged": ErrEncoding,
		"/cut": ErrConnection, "/short": ErrConnection,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		resp, err := get(t, c, s.URL+path)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, want) || (err == nil) != (resp != nil) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
		if (path == "/plain" || path == "/full") && len(resp.Body) != limit {
			t.Errorf("%s: %d bytes", path, len(resp.Body))
		}
		if want == ErrTooLarge && after.TotalAlloc-before.TotalAlloc > 64<<20 {
			t.Errorf("%s: %d bytes allocated", path, after.TotalAlloc-before.TotalAlloc)
		}
	}
	if n := written.Load(); n > 64<<20 {
		t.Errorf("%d of 500 MB were taken", n)
	}
	if resp, err := c.Do(t.Context(), Request{URL: s.URL + "/plain-over", MaxBytes: 2 << 20}); err != nil || len(resp.Body) != limit+1 {
		t.Error("a request's own limit", err)
	}
}

// A body that comes byte by byte is given up once its rate can be judged, however steadily it comes.
func TestSlowDrip(t *testing.T) {
	t.Parallel()
	tick := make(chan struct{}, 1)
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		for {
			select {
			case <-tick:
			case <-r.Context().Done():
				return
			}
			io.WriteString(w, "x")
			w.(http.Flusher).Flush()
		}
	})
	c, clk := setup(t, s)
	c.o.Now = func() time.Time { // every look at the clock is a second later and lets one byte through
		clk.add(time.Second)
		select {
		case tick <- struct{}{}:
		default:
		}
		return clk.now()
	}
	_, err := get(t, c, s.URL+"/drip")
	if e := wantErr(t, err, ErrTimeout); !errors.Is(e, errTrickle) || !HostFault(e) {
		t.Error(e)
	}
	if s.log() != "/robots.txt /drip" {
		t.Error("tried again")
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			w.WriteHeader(http.StatusNotFound)
			w.(http.Flusher).Flush()
		}
		if r.URL.Path == "/body" {
			io.WriteString(w, "beginning")
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	})
	c, _ := setup(t, s)
	if _, err := get(t, c, s.URL+"/robots.txt"); !errors.Is(err, ErrGone) {
		t.Fatal(err)
	}
	c.silence, c.transport.ResponseHeaderTimeout = 30*time.Millisecond, 30*time.Millisecond
	for _, path := range []string{"/header", "/body"} {
		_, err := get(t, c, s.URL+path)
		wantErr(t, err, ErrTimeout)
	}
	_, err := get(t, c, s.URL+"/missing") // its error page never ends
	wantErr(t, err, ErrGone)
	c.silence, c.transport.ResponseHeaderTimeout, c.o.Timeout = time.Hour, time.Hour, 30*time.Millisecond
	_, err = get(t, c, s.URL+"/body")
	wantErr(t, err, ErrTimeout)

	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if _, err := c.Get(ctx, s.URL+"/body", Validators{}); !errors.Is(err, context.Canceled) || HostFault(err) {
		t.Error(err)
	}
}

func TestBrokenConnectionsAreTriedThreeTimes(t *testing.T) {
	t.Parallel()
	var broken atomic.Int32
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) {
		if broken.Add(-1) >= 0 {
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, "at last")
	})
	s.Config.SetKeepAlivesEnabled(false) // net/http itself repeats a GET on a connection that was used before
	c, clk := setup(t, s)
	broken.Store(attemptsMax - 1)
	if resp, err := get(t, c, s.URL+"/a"); err != nil || string(resp.Body) != "at last" {
		t.Fatal(resp, err)
	}
	if took := clk.now().Sub(day0); took < 5*time.Second || took > 10*time.Second {
		t.Errorf("backed off within %v", took)
	}
	broken.Store(attemptsMax)
	_, err := get(t, c, s.URL+"/b")
	wantErr(t, err, ErrConnection)
	s.Close()
	_, err = get(t, c, s.URL+"/c")
	wantErr(t, err, ErrConnection)
}

func TestTheBreakerOfAClient(t *testing.T) {
	t.Parallel()
	c, clk := setup(t)
	host, err := Host("HTTPS://Jobs.Acme.example/x?y")
	if err != nil || host != "jobs.acme.example:443" {
		t.Fatal(host, err)
	}
	for range breakerRuns {
		if err := c.Admit(host, clk.now()); err != nil {
			t.Fatal(err)
		}
		c.Report(host, false, clk.now())
	}
	e := wantErr(t, c.Admit(host, clk.now()), ErrOpen)
	if e.RetryAfter != coolDownMin || Outcome(e) != posting.OutcomeError || HostFault(e) {
		t.Error(e)
	}
	other, _ := setup(t)
	for h, s := range c.Breakers() {
		other.SetBreaker(h, s)
	}
	wantErr(t, other.Admit(host, clk.now()), ErrOpen)
	clk.add(coolDownMin)
	if err := other.Admit(host, clk.now()); err != nil {
		t.Error(err)
	}
	other.Report(host, true, clk.now())
	if len(other.Breakers()) != 0 {
		t.Error(other.Breakers())
	}
}

// Whatever a host does, a Do ends within three times the timeout of one request.
func TestAllOfADoIsBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	c, err := New(Options{Contact: "ops@acme.example", AllowPrivate: true, Timeout: 100 * time.Millisecond, HostInterval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	begun := time.Now()
	_, err = get(t, c, s.URL+"/x")
	wantErr(t, err, ErrServer) // the reason, not the time that was too short for another attempt
	if took := time.Since(begun); took > backoffFirst/2 {
		t.Errorf("took %v", took)
	}
	// Queueing for the host is not the host's fault.
	c.host(hostKeyOf(t, s.URL)).turns <- struct{}{}
	c.host(hostKeyOf(t, s.URL)).turns <- struct{}{}
	_, err = get(t, c, s.URL+"/x")
	if e := wantErr(t, err, ErrRateLimited); HostFault(e) {
		t.Error(e)
	}
}

func hostKeyOf(t *testing.T, raw string) string {
	t.Helper()
	name, err := Host(raw)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// Over HTTP/2 the same limits hold.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/big":
			_, _ = w.Write(make([]byte, 2<<20))
		case "/stuck":
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			io.WriteString(w, r.Proto)
		}
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	c, _ := setup(t)
	c.permit = func(netip.AddrPort) bool { return true }
	c.transport.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	if resp, err := get(t, c, s.URL+"/"); err != nil || string(resp.Body) != "HTTP/2.0" {
		t.Fatal(resp, err)
	}
	_, err := get(t, c, s.URL+"/big")
	wantErr(t, err, ErrTooLarge)
	c.silence = 30 * time.Millisecond
	_, err = get(t, c, s.URL+"/stuck")
	wantErr(t, err, ErrTimeout)
}
