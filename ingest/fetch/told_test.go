package fetch

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// A moment that a host names is read by the host's own clock, whose error is then in both.
func TestRetryAfterByTheHostsClock(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]time.Duration{"right": 0, "ten years ahead": 87600 * time.Hour, "ten years behind": -87600 * time.Hour} {
		s := newSite(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", day0.Add(off).Format(http.TimeFormat))
			w.Header().Set("Retry-After", day0.Add(off+2*time.Minute).Format(http.TimeFormat))
			w.WriteHeader(http.StatusTooManyRequests)
		})
		c, _ := setup(t, s)
		_, err := get(t, c, s.URL+"/x")
		if e := wantErr(t, err, ErrRateLimited); e.RetryAfter < 110*time.Second || e.RetryAfter > 2*time.Minute {
			t.Errorf("%s: to be asked again after %v", name, e.RetryAfter)
		}
	}
}

// A Last-Modified of the future would make every later change of the board look older than it.
func TestLastModifiedOfTheFutureIsNotKept(t *testing.T) {
	t.Parallel()
	for at, kept := range map[time.Duration]bool{-time.Hour: true, 0: true, time.Hour: false, 87600 * time.Hour: false} {
		s := newSite(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Last-Modified", day0.Add(at).Format(http.TimeFormat))
		})
		c, _ := setup(t, s)
		resp, err := get(t, c, s.URL+"/x")
		if err != nil || (resp.Validators.LastModified != "") != kept || resp.Validators.ETag != `"1"` {
			t.Errorf("%v: %+v, %v", at, resp, err)
		}
	}
}

// People read errors in a narrow column: what happened comes first, where at the end, and once.
func TestErrorsSayFirstWhatHappened(t *testing.T) {
	t.Parallel()
	private := newSite(t, page("private"))
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/later":
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/inside":
			http.Redirect(w, r, private.URL+"/secret", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	})
	mute := newSite(t, page(""))
	mute.setRobots(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	clk := &clock{t: day0}
	c, err := New(Options{
		Contact: "ops@acme.example", Silence: 50 * time.Millisecond, Now: clk.now, Wait: clk.wait, // a host may ask for 90 s
		Permit: func(ap netip.AddrPort) bool { return ap == s.addr() || ap == mute.addr() },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	for url, want := range map[string]string{
		s.URL + "/none":   "not there (404), at " + s.URL + "/none",
		s.URL + "/inside": "address not public: " + private.addr().String() + ", at " + private.URL + "/",
		s.URL + "/later":  "asked to slow down (429), next try after 1m30s, at " + s.URL + "/later",
		mute.URL + "/x":   "too slow: robots.txt cannot be read, so nothing is allowed: ",
	} {
		_, err := get(t, c, url)
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), want) || strings.Count(err.Error(), "://") != 1 {
			t.Errorf("%s: %q, want %q", url, err, want)
		}
	}
	if log := private.log(); log != "" {
		t.Errorf("the private server was asked %q", log)
	}
}
