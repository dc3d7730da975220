package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/posting"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var day0 = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func TestPublic(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{
		"8.8.8.8": true, "100.63.255.255": true, "100.128.0.0": true, "172.15.255.255": true, "172.32.0.1": true,
		"2606:4700::1111": true, "64:ff9b::808:808": true, "::ffff:8.8.8.8": true, "192.0.1.1": true, "168.63.129.17": true,

		"0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false, "100.64.0.1": false, "100.100.100.200": false,
		"127.0.0.1": false, "127.255.255.254": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.0.0.192": false, "192.0.2.1": false, "192.88.99.1": false, "192.168.1.1": false, "198.18.0.1": false,
		"198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false,
		"255.255.255.255": false, "168.63.129.16": false,
		"::": false, "::1": false, "::127.0.0.1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::1": false, "fc00::1": false, "fd00:ec2::254": false,
		"fe80::1": false, "fe80::1%eth0": false, "2606:4700::1111%eth0": false, "fec0::1": false, "ff02::1": false,
		"2001::1": false, "2001:db8::1": false, "2002:7f00:1::": false, "100::1": false, "3fff::1": false, "5f00::1": false,
	} {
		if got := public(netip.MustParseAddr(addr)); got != want {
			t.Errorf("public(%s) = %v", addr, got)
		}
	}
	if public(netip.Addr{}) {
		t.Error("the zero address is public")
	}
}

// An IPv4 address is judged the same in every IPv6 dress it can wear.
func TestNoDressHidesAnAddress(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v4 := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4"))
		want := public(netip.AddrFrom4(v4))
		mapped, nat := netip.AddrFrom4(v4).As16(), netip.MustParseAddr("64:ff9b::").As16()
		copy(nat[12:], v4[:])
		if public(netip.AddrFrom16(mapped)) != want || public(netip.AddrFrom16(nat)) != want {
			t.Fatalf("%v", v4)
		}
	})
}

const rfcExample = `# RFC 9309, 5.1
User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
`

func TestRobots(t *testing.T) {
	t.Parallel()
	as := func(token, text string) string {
		return strings.NewReplacer(token, "RoleScope", strings.ToUpper(token[:1])+token[1:], "ROLESCOPE").Replace(text)
	}
	for _, c := range []struct{ name, text, allowed, refused string }{
		{"RFC 5.1 as anybody", rfcExample, "/ /publications/ /a.gifs /example /publications/a.png", "/a.gif /example/ /example/page.html /x/y.gif"},
		{"RFC 5.1 as foobot", as("foobot", rfcExample), "/example/page.html /example/allowed.gif /robots.txt", "/ /example/ /publications/"},
		{"RFC 5.1 as barbot", as("barbot", rfcExample), "/ /example/ /a.gif", "/example/page.html"},
		{"RFC 5.1 as bazbot", as("bazbot", rfcExample), "/ /example/ /a.gif", "/example/page.html"},
		{"RFC 5.1 as quxbot: a group without rules", as("quxbot", rfcExample), "/ /example/page.html", ""},
		{"RFC 5.2: the longest match", "User-Agent: *\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif", "/example/page/ /other", "/example/page/disallowed.gif"},
		{"RFC 2.2.2: as long, Allow wins", "user-agent: *\nallow: /page\ndisallow: /page", "/page /page/x", ""},
		{"RFC 2.2.2: percent-encoding", "user-agent: *\ndisallow: /foo/bar?baz=https://foo.bar\ndisallow: /foo/bar/\u30c4\ndisallow: /x/%62%61%7A", "/foo/bar /x/ba", "/foo/bar?baz=https://foo.bar /foo/bar/%E3%83%84 /foo/bar/%e3%83%84 /x/baz /x/%62az"},
		{"RFC 2.2.3: special characters", "user-agent: *\nallow: /this/*/exactly$\ndisallow: /this/", "/this/path/exactly /this/a/b/exactly /other", "/this/path/exactly/not /this/ /this/exactly"},
		{"RFC 2.2.3: written out", "user-agent: *\ndisallow: /path/file-with-a-%2A.html\ndisallow: /path/foo-%24", "/path/file-with-a-b.html /path/foo-", "/path/file-with-a-*.html /path/file-with-a-%2a.html /path/foo-$ /path/foo-%24x"},
		{"RFC 2.2.1: groups of one name are one", "user-agent: rolescope\ndisallow: /a\n\nuser-agent: *\ndisallow: /\n\nUser-Agent: ROLESCOPE/2.0\ndisallow: /b", "/ /c", "/a /b /bb"},
		{"a name within another is another", "user-agent: rolescopebot\ndisallow: /\nuser-agent: my-rolescope\ndisallow: /", "/", ""},
		{"no rule before a group", "disallow: /\nuser-agent: x\ndisallow: /", "/", ""},
		{"Sitemap ends no group", "user-agent: other\nsitemap: https://acme.example/s.xml\nuser-agent: *\ndisallow: /a", "/b", "/a"},
		{"an empty Disallow forbids nothing", "user-agent: *\ndisallow:\n", "/", ""},
		{"line ends, comments, marks, junk", "\ufeffuser-agent: *#all\r\rDisallow : /a # so\r\nnonsense\r\n: :\r\ndisallow:/b", "/ /c", "/a /b"},
		{"a page instead of rules", "<!doctype html><html><body>Disallow everything: no", "/ /a", ""},
		{"stars", "user-agent: *\ndisallow: /*a*b*c$\ndisallow: /**x", "/abcd /acb", "/abc /xaybzc /1x"},
		{"nothing", "", "/ /a", ""},
	} {
		r := parseRobots([]byte(c.text))
		for p := range strings.FieldsSeq(c.allowed) {
			if !r.allowed(p) {
				t.Errorf("%s: %s refused", c.name, p)
			}
		}
		for p := range strings.FieldsSeq(c.refused) {
			if r.allowed(p) {
				t.Errorf("%s: %s allowed", c.name, p)
			}
		}
	}
}

func TestRobotsLimits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"user-agent: *\ncrawl-delay: 2.5": 2500 * time.Millisecond, "user-agent: *\ncrawl-delay: 1e300": crawlDelayMax,
		"user-agent: *\ncrawl-delay: -1": 0, "user-agent: *\ncrawl-delay: NaN": 0, "user-agent: *\ncrawl-delay: Inf": crawlDelayMax,
		"user-agent: *\ncrawl-delay: 5\nuser-agent: rolescope\ncrawl-delay: 1": time.Second,
	} {
		if got := parseRobots([]byte(text)).delay; got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	head := "user-agent: *\ndisallow: /first\n"
	long := head + strings.Repeat("#", robotsBytesMax-len(head)-len("\ndisallow: /")) + "\ndisallow: /late\ndisallow: /after\n"
	r := parseRobots([]byte(long))
	if r.allowed("/first") || !r.allowed("/late") || !r.allowed("/") {
		t.Error("a rule cut by the limit was read")
	}
	// A pattern made to be slow is not.
	slow := robots{rules: []rule{{pattern: "/" + strings.Repeat("*a", 5000) + "b$"}}}
	if !slow.allowed("/" + strings.Repeat("a", urlBytesMax)) {
		t.Error("matched")
	}
}

// matchSlow is the definition of a match, by recursion over every choice of "*".
func matchSlow(pattern, path string) bool {
	switch {
	case pattern == "":
		return true
	case pattern == "$":
		return path == ""
	case pattern[0] == '*':
		for i := range len(path) + 1 {
			if matchSlow(pattern[1:], path[i:]) {
				return true
			}
		}
		return false
	}
	return path != "" && path[0] == pattern[0] && matchSlow(pattern[1:], path[1:])
}

func TestMatchesIsTheDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab/*]{0,8}\$?`).Draw(t, "pattern")
		path := rapid.StringMatching(`[ab/]{0,10}`).Draw(t, "path")
		if got, want := matches(pattern, path), matchSlow(pattern, path); got != want {
			t.Fatalf("matches(%q, %q) = %v", pattern, path, got)
		}
	})
}

func FuzzRobots(f *testing.F) {
	f.Add([]byte(rfcExample), "/example/page.html")
	f.Add([]byte("user-agent: rolescope\ndisallow: /%zz%2\xff*$\ncrawl-delay: 0x1p4"), "/%zz%2\xff$")
	f.Add([]byte("\ufeffuser-agent:*\rdisallow:*"), "")
	f.Fuzz(func(t *testing.T, text []byte, path string) {
		r := parseRobots(text)
		if r.delay < 0 || r.delay > crawlDelayMax {
			t.Fatalf("delay %v", r.delay)
		}
		if !r.allowed("/robots.txt") {
			t.Fatal("robots.txt refused")
		}
		once := normalise(path, false)
		if twice := normalise(once, false); twice != once || r.allowed(path) != r.allowed(once) {
			t.Fatalf("%q, then %q", once, twice)
		}
		// What is said to others does not matter once we are named.
		ours := append([]byte("user-agent: rolescope\nallow: /\n\nuser-agent: somebody\n"), text...)
		if bytesNamesUs(text) {
			return
		}
		if !parseRobots(ours).allowed(path) && strings.HasPrefix(path, "/") {
			t.Fatal("a rule for others was taken for ours")
		}
	})
}

func bytesNamesUs(text []byte) bool {
	return strings.Contains(strings.ToLower(string(text)), productToken) || len(text) > robotsBytesMax-100
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"0": 0, "120": 2 * time.Minute, " 5 ": 5 * time.Second, "3601": pauseMax, "99999999999999999999999": pauseMax,
		"Mon, 23 Nov 2026 08:00:30 GMT": 30 * time.Second, "Monday, 23-Nov-26 08:01:00 GMT": time.Minute, "Mon Nov 23 08:00:01 2026": time.Second,
		"Sun, 22 Nov 2026 08:00:00 GMT": 0, "Fri, 31 Dec 9999 23:59:59 GMT": pauseMax,
		"": -1, "-5": -1, "1.5": -1, "soon": -1, "1e3": -1, "+5": -1,
	} {
		got, ok := parseRetryAfter(value, day0)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120", int64(0))
	f.Add("Mon, 23 Nov 2026 08:00:30 GMT", int64(1_795_000_000))
	f.Fuzz(func(t *testing.T, value string, unix int64) {
		if d, _ := parseRetryAfter(value, time.Unix(unix, 0)); d < 0 || d > pauseMax {
			t.Fatalf("%v", d)
		}
	})
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct {
		kind    error
		outcome posting.Outcome
		fault   bool
	}{
		401: {ErrBlocked, posting.OutcomeBlocked, true}, 403: {ErrBlocked, posting.OutcomeBlocked, true}, 451: {ErrBlocked, posting.OutcomeBlocked, true},
		404: {ErrGone, posting.OutcomeGone, false}, 410: {ErrGone, posting.OutcomeGone, false},
		429: {ErrRateLimited, posting.OutcomeBlocked, true},
		500: {ErrServer, posting.OutcomeError, true}, 503: {ErrServer, posting.OutcomeError, true}, 529: {ErrServer, posting.OutcomeError, true}, 408: {ErrServer, posting.OutcomeError, true},
		400: {ErrStatus, posting.OutcomeError, false}, 405: {ErrStatus, posting.OutcomeError, false}, 300: {ErrStatus, posting.OutcomeError, false}, 304: {ErrStatus, posting.OutcomeError, false},
	} {
		err := error(statusError("https://acme.example/", status, 0, false))
		if !errors.Is(err, want.kind) || Outcome(err) != want.outcome || HostFault(err) != want.fault {
			t.Errorf("%d: %v, %v, %v", status, err, Outcome(err), HostFault(err))
		}
	}
	slow := statusError("https://acme.example/", 503, time.Minute, true)
	if slow.Kind != ErrRateLimited || Outcome(slow) != posting.OutcomeError || !HostFault(slow) {
		t.Errorf("503 with Retry-After: %v", slow)
	}
	for _, kind := range []error{ErrTooLarge, ErrUnsafeAddress, ErrTimeout, ErrConnection, ErrRedirect, ErrEncoding, ErrRequest, ErrOpen, ErrRateLimited} {
		if got := Outcome(&Error{Kind: kind}); got != posting.OutcomeError {
			t.Errorf("%v: %v", kind, got)
		}
	}
	if Outcome(nil) != posting.OutcomeOK || Outcome(context.Canceled) != posting.OutcomeError || HostFault(context.Canceled) || HostFault(nil) {
		t.Error("nil or cancelled")
	}
	if HostFault(&Error{Kind: ErrBlocked, Reason: "robots"}) || HostFault(&Error{Kind: ErrRateLimited}) {
		t.Error("robots.txt or our own queue counts against the host")
	}
	if http.StatusText(529) != "" {
		t.Error("529 has got a name")
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	var s BreakerState
	now := day0
	report := func(ok bool) { s = s.Report(ok, now) }
	admit := func(want bool) {
		t.Helper()
		var err error
		if s, err = s.Admit(now); (err == nil) != want || (err != nil && !errors.Is(err, ErrOpen)) {
			t.Fatalf("admit at %v: %v, state %+v", now.Sub(day0), err, s)
		}
		data, err := json.Marshal(s)
		var back BreakerState
		if err != nil || json.Unmarshal(data, &back) != nil || back != s {
			t.Fatalf("%s", data)
		}
	}
	report(false)
	report(false)
	report(true)
	report(false)
	report(false)
	admit(true) // never three in a row
	report(false)
	admit(false)
	report(false) // a run that began before changes nothing
	now = now.Add(coolDownMin)
	admit(true)  // the probe
	admit(false) // only one
	report(false)
	now = now.Add(coolDownMin)
	admit(false) // twice as long
	now = now.Add(coolDownMin)
	admit(true)
	now = now.Add(probeMax)
	admit(true) // the probe was lost
	report(true)
	admit(true)
	if s != (BreakerState{}) {
		t.Errorf("%+v", s)
	}
	for range 20 {
		report(false)
		now = now.Add(coolDownMax)
	}
	now = now.Add(-365 * 24 * time.Hour)
	admit(true) // a clock set back by a year silences nobody
}

// Whatever is reported, a host is asked again within the longest pause, and never by two probes at once.
func TestBreakerLetsAProbeThrough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s BreakerState
		now := day0
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "seconds")) * time.Second)
			if rapid.Bool().Draw(t, "admit") {
				s, _ = s.Admit(now)
			} else {
				s = s.Report(rapid.IntRange(0, 4).Draw(t, "ok") == 0, now)
			}
		}
		now = now.Add(coolDownMax + probeMax)
		s, err := s.Admit(now)
		if err != nil {
			t.Fatalf("%v: %+v", err, s)
		}
		if _, err := s.Admit(now); s.Failures == breakerRuns && err == nil {
			t.Fatalf("two probes at once: %+v", s)
		}
	})
}

// However requests come, a host gets them at least its interval apart, and none during its pause.
func TestLimiterSpaces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, now, every := newProcessLimiter(), day0, time.Second
		var last, paused time.Time
		for range rapid.IntRange(1, 50).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			if rapid.IntRange(0, 9).Draw(t, "pause") == 0 {
				paused = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "s")) * time.Second)
				_ = l.Pause(context.Background(), "a", paused, now)
			}
			wait, err := l.Reserve(context.Background(), "a", every, 10*time.Second, now)
			if err != nil {
				t.Fatal(err)
			}
			if wait > 10*time.Second {
				continue
			}
			at := now.Add(wait)
			if !last.IsZero() && at.Sub(last) < every || at.Before(paused) {
				t.Fatalf("%v after the last", at.Sub(last))
			}
			last = at
		}
		// Another host is not concerned.
		if wait, _ := l.Reserve(context.Background(), "b", every, time.Minute, now); wait != 0 {
			t.Fatalf("b waits %v", wait)
		}
	})
}

func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	l := newProcessLimiter()
	ctx := context.Background()
	_ = l.Pause(ctx, "a", day0.Add(time.Minute), day0)
	if wait, _ := l.Reserve(ctx, "a", time.Second, time.Second, day0); wait != time.Minute {
		t.Errorf("paused for %v", wait)
	}
	if wait, _ := l.Reserve(ctx, "a", time.Second, time.Second, day0.Add(-48*time.Hour)); wait != 0 {
		t.Errorf("a clock set back leaves a wait of %v", wait)
	}
	if wait, _ := l.Reserve(ctx, "a", time.Second, time.Second, day0.Add(-48*time.Hour)); wait != time.Second {
		t.Errorf("after it the interval holds: %v", wait)
	}
	for range 3 {
		if wait, _ := l.Reserve(ctx, "c", time.Minute, time.Second, day0); wait != 0 && wait != time.Minute {
			t.Errorf("a refused request has taken a turn: %v", wait)
		}
	}
	_ = l.Pause(ctx, "b", day0.Add(1000*time.Hour), day0)
	_ = l.Pause(ctx, "b", day0.Add(time.Minute), day0)
	if wait, _ := l.Reserve(ctx, "b", time.Second, 0, day0); wait != pauseMax {
		t.Errorf("a pause of %v", wait)
	}
	for i := range hostsMax + 10 {
		_, _ = l.Reserve(ctx, strings.Repeat("x", 1+i%50)+string(rune('a'+i/50)), time.Second, time.Second, day0.Add(time.Duration(i)*time.Second))
	}
	if len(l.turns) > hostsMax {
		t.Errorf("%d hosts", len(l.turns))
	}
}
