// Package fetch is the polite and safe way out: the only HTTP client of the crawlers. It says who
// it is, asks robots.txt, spaces its requests to each host, heeds Retry-After, asks conditionally,
// bounds every size and time, and connects to public addresses only.
//
// It knows no source and parses no body; crawlers call it and cmd configures it. It keeps no
// cookies, sends no credentials and ignores the proxies of the environment.
package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	hostIntervalDefault    = time.Second     // what recorders of these feeds found to be borne everywhere
	hostConcurrencyDefault = 2               // a slow answer does not stop the next, and no more
	maxBytesDefault        = 64 << 20        // the largest recorded board has 21 MB
	timeoutDefault         = 2 * time.Minute // 64 MiB at half a megabyte a second

	// totalTimeouts is how many times the timeout of one request all of a Do may take, with its
	// robots.txt, its queue, its redirects and its retries.
	totalTimeouts = 3
	// queueMax is how long a request may wait for its turn at a host.
	queueMax = 2 * time.Minute

	dialTimeout        = 10 * time.Second
	silenceDefault     = 30 * time.Second // the header of an answer made on demand takes seconds
	idleConnTimeout    = 90 * time.Second
	headerBytesMax     = 64 << 10
	urlBytesMax        = 8 << 10
	trickleGrace       = 20 * time.Second // before the rate of a body is judged
	trickleBytesPerSec = 1 << 10          // a slower body holds a place at the host for nothing
)

// Options configure a Client. Contact is required; the zero value of every other field is a
// default fit for the public internet.
type Options struct {
	Version string // of rolescope, in the User-Agent; "" is "dev"
	// Contact is where a host's operator can reach the operator of this deployment: an e-mail
	// address or an http(s) URL. It is part of the User-Agent.
	Contact string

	HostInterval    time.Duration // least time between two requests to one host; 0 is 1 s; a longer Crawl-delay wins
	HostConcurrency int           // requests to one host at a time in this process; 0 is 2
	MaxBytes        int64         // of a body, after decompression; 0 is 64 MiB
	Timeout         time.Duration // of one request with its body; 0 is 2 min. A whole Do may take three times that

	// Silence is how long a host may send nothing: no header, and then nothing more of a body; 0 is 30 s.
	Silence time.Duration

	// AllowPrivate permits addresses that are not public, for tests and for boards on one's own net.
	AllowPrivate bool
	// Permit, if set, permits single addresses that are not public, for tests in which they stand for
	// the public internet. It is asked with every address a connection is made to.
	Permit func(netip.AddrPort) bool
	// Proxy, if set, carries every request. Names are then resolved by it, so it has to refuse
	// addresses that are not public; only those written as numbers are refused here.
	Proxy    *url.URL
	Resolver *net.Resolver // nil is the system's

	Limiter Limiter // shared by a deployment; nil is one of this process
	// Now and Wait are the clock: nil is the real one. Wait returns early with an error when ctx ends.
	Now    func() time.Time
	Wait   func(ctx context.Context, d time.Duration) error
	Logger *slog.Logger
	// Answered, if set, is told of every request that was sent, robots.txt and retries included: its
	// status, 0 when there was none. ctx carries what that of Do does.
	Answered func(ctx context.Context, status int)
}

// Client fetches. It is safe for any number of goroutines; use one per process, or its limits are
// not shared.
type Client struct {
	o         Options
	agent     string
	transport *http.Transport
	permit    func(netip.AddrPort) bool
	silence   time.Duration

	mu       sync.Mutex
	hosts    map[string]*host // by host:port
	breakers map[string]BreakerState
}

// host is what the client keeps of one host.
type host struct {
	turns  chan struct{} // one token per request under way
	lock   chan struct{} // held while robots is read or fetched; all below belongs to the holder
	robots robots
	read   time.Time // when robots was fetched; zero for never
	failed *Error    // why the last fetch of robots failed; nil if it did not
	tried  time.Time // when that was
	used   time.Time // guarded by Client.mu
}

var (
	versionForm = regexp.MustCompile(`^[A-Za-z0-9._+~-]{1,64}$`)
	mailForm    = regexp.MustCompile(`^[^\s()<>@,;:"\\\x00-\x1f\x7f]+@[A-Za-z0-9.-]+$`)
)

// New checks the options and builds a client; it sends nothing.
func New(o Options) (*Client, error) {
	o.Contact = strings.TrimSpace(o.Contact)
	if !validContact(o.Contact) {
		return nil, fmt.Errorf("set a contact, an e-mail address or a URL, by which hosts can reach you: got %q", o.Contact)
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	if !versionForm.MatchString(o.Version) {
		return nil, fmt.Errorf("version %q does not fit in a User-Agent", o.Version)
	}
	if o.HostInterval < 0 || o.HostConcurrency < 0 || o.MaxBytes < 0 || o.Timeout < 0 || o.Silence < 0 {
		return nil, errors.New("limits of the HTTP client must not be negative")
	}
	setDefault(&o.HostInterval, hostIntervalDefault)
	setDefault(&o.HostConcurrency, hostConcurrencyDefault)
	setDefault(&o.MaxBytes, maxBytesDefault)
	setDefault(&o.Timeout, timeoutDefault)
	setDefault(&o.Silence, silenceDefault)
	if o.Limiter == nil {
		o.Limiter = newProcessLimiter()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = waitTimer
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Client{
		o: o, agent: productToken + "/" + o.Version + " (+" + o.Contact + ")", silence: o.Silence,
		permit: permitPublic, hosts: map[string]*host{}, breakers: map[string]BreakerState{},
	}
	if o.Permit != nil {
		c.permit = func(ap netip.AddrPort) bool { return permitPublic(ap) || o.Permit(ap) }
	}
	if o.AllowPrivate {
		c.permit = func(netip.AddrPort) bool { return true }
	}
	c.transport = c.newTransport()
	return c, nil
}

// Close ends idle connections. Requests under way are not touched.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

func setDefault[T int | int64 | time.Duration](v *T, to T) {
	if *v == 0 {
		*v = to
	}
}

func validContact(s string) bool {
	if len(s) > 200 || strings.ContainsAny(s, "() \t\r\n") {
		return false
	}
	if u, err := url.Parse(s); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		return u.Host != ""
	}
	return mailForm.MatchString(s)
}

func waitTimer(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (c *Client) newTransport() *http.Transport {
	guarded := &net.Dialer{
		Timeout: dialTimeout, Resolver: c.o.Resolver,
		Control: control(func(ap netip.AddrPort) bool { return c.permit(ap) }),
	}
	t := &http.Transport{
		Proxy:                  nil, // not http.ProxyFromEnvironment
		DialContext:            guarded.DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  c.silence,
		IdleConnTimeout:        idleConnTimeout,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    c.o.HostConcurrency,
		MaxResponseHeaderBytes: headerBytesMax,
		DisableCompression:     true, // we decompress ourselves, under a limit
	}
	if c.o.Proxy != nil {
		t.Proxy = http.ProxyURL(c.o.Proxy)
		// The proxy's own address is the operator's choice and usually private.
		t.DialContext = (&net.Dialer{Timeout: dialTimeout, Resolver: c.o.Resolver}).DialContext
	}
	return t
}

// host finds or makes the entry of a host:port.
func (c *Client) host(name string) *host {
	now := c.o.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hosts[name]
	if h == nil {
		if len(c.hosts) >= hostsMax {
			for other, o := range c.hosts {
				if now.Sub(o.used).Abs() > pauseMax {
					delete(c.hosts, other)
				}
			}
		}
		h = &host{turns: make(chan struct{}, c.o.HostConcurrency), lock: make(chan struct{}, 1)}
		c.hosts[name] = h
	}
	h.used = now
	return h
}

// Host is the name under which limits and the breaker know the host of an address: "host:port".
func Host(rawURL string) (string, error) {
	u, err := parseURL(rawURL)
	if err != nil {
		return "", err
	}
	return hostKey(u), nil
}

func hostKey(u *url.URL) string { return strings.ToLower(hostPort(u.Scheme, u.Host)) }

// parseURL reads an address that may be fetched: http or https, a host, no credentials.
func parseURL(raw string) (*url.URL, error) {
	bad := func(reason string, err error) (*url.URL, error) {
		if len(raw) > 200 {
			raw = raw[:200] + "..."
		}
		return nil, &Error{Kind: ErrRequest, URL: raw, Reason: reason, Err: err}
	}
	if len(raw) > urlBytesMax {
		return bad("address too long", nil)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return bad("", err)
	case u.Scheme != "http" && u.Scheme != "https":
		return bad("want http or https", nil)
	case u.Hostname() == "":
		return bad("no host", nil)
	case u.User != nil:
		return bad("credentials in an address are not sent", nil)
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}
