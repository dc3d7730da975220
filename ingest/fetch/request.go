package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// redirectsMax is how many redirects are followed; RFC 9309 asks for five for robots.txt.
const redirectsMax = 5

// validatorBytesMax bounds what is kept of a host's validators; longer ones are not used.
const validatorBytesMax = 1 << 10

// Validators are what a host gave to ask later whether its answer has changed: plain data.
type Validators struct {
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
}

// Request is one thing to fetch. A POST is taken to be a query: it may be sent again.
type Request struct {
	Method      string // "GET" or "POST"; "" is GET
	URL         string
	Body        []byte // of a POST
	Accept      string // "" is any
	ContentType string // of Body; "" is application/json
	Validators  Validators
	MaxBytes    int64 // of the body after decompression; 0 is the client's limit
}

// Response is an answer of status 200 to 299, or 304 to a request with validators.
type Response struct {
	Status      int
	Body        []byte // decompressed and whole; nil when NotModified
	ContentType string
	Validators  Validators // to be kept; on NotModified those of the request, where none came
	NotModified bool
	FinalURL    string        // where redirects led
	RetryAfter  time.Duration // when the host asked for patience beside its answer; else 0
}

// Get fetches one address.
func (c *Client) Get(ctx context.Context, url string, v Validators) (*Response, error) {
	return c.Do(ctx, Request{URL: url, Validators: v})
}

// Do sends the request, to every host only what its robots.txt allows and when its turn has come,
// and returns the whole answer. Broken connections and server errors are tried three times; nothing
// else is tried again. Errors are *Error, or ctx's own when the caller's ctx has ended.
func (c *Client) Do(ctx context.Context, req Request) (*Response, error) {
	if req.Method == "" {
		req.Method = http.MethodGet
	}
	u, err := parseURL(req.URL)
	if err != nil {
		return nil, err
	}
	if (req.Method != http.MethodGet && req.Method != http.MethodPost) || req.MaxBytes < 0 {
		return nil, &Error{Kind: ErrRequest, URL: req.URL, Reason: "want GET or POST, and a limit that is not negative"}
	}
	for _, v := range []string{req.Accept, req.ContentType, req.Validators.ETag, req.Validators.LastModified} {
		if len(v) > validatorBytesMax || strings.ContainsFunc(v, unicode.IsControl) {
			return nil, &Error{Kind: ErrRequest, URL: req.URL, Reason: "a header is too long or has control characters"}
		}
	}
	setDefault(&req.MaxBytes, c.o.MaxBytes)
	total, cancel := context.WithTimeout(ctx, totalTimeouts*c.o.Timeout)
	defer cancel()
	resp, err := c.follow(total, u, req, false)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return resp, err
}

// follow sends the request and follows redirects. Each address on the way is asked for as if it
// were the first. With forRobots the request is for a robots.txt itself, which needs no leave and
// is cut, not refused, when it is long.
func (c *Client) follow(ctx context.Context, u *url.URL, req Request, forRobots bool) (*Response, error) {
	for hop := 0; ; hop++ {
		if addr, ok := literalAddress(u.Hostname()); ok && c.o.Proxy != nil && !c.o.AllowPrivate && !public(addr) {
			return nil, &Error{Kind: ErrUnsafeAddress, URL: u.String()}
		}
		every := c.o.HostInterval
		if !forRobots {
			rules, err := c.robotsOf(ctx, u)
			if err != nil {
				return nil, err
			}
			if !rules.allowed(pathOf(u)) {
				return nil, &Error{Kind: ErrBlocked, URL: u.String(), Reason: "robots.txt disallows it"}
			}
			every = max(every, rules.delay)
		}
		resp, location, err := c.attempts(ctx, u, req, every, forRobots)
		if err != nil || location == "" {
			return resp, err
		}
		next, err := redirectTarget(u, location)
		if err != nil {
			return nil, err
		}
		if hop == redirectsMax {
			return nil, &Error{Kind: ErrRedirect, URL: u.String(), Reason: "too many redirects"}
		}
		// 301 to 303 are followed with GET, as browsers do; 307 and 308 keep method and body.
		if resp.Status < http.StatusTemporaryRedirect {
			req.Method, req.Body = http.MethodGet, nil
		}
		u = next
	}
}

func redirectTarget(from *url.URL, location string) (*url.URL, error) {
	bad := func(reason string, err error) (*url.URL, error) {
		return nil, &Error{Kind: ErrRedirect, URL: from.String(), Reason: reason, Err: err}
	}
	ref, err := url.Parse(location)
	if err != nil {
		return bad("", err)
	}
	to, err := parseURL(from.ResolveReference(ref).String())
	if err != nil {
		return bad("", err)
	}
	if from.Scheme == "https" && to.Scheme == "http" {
		return bad("from https to http", nil)
	}
	if to.String() == from.String() {
		return bad("to itself", nil)
	}
	return to, nil
}

func pathOf(u *url.URL) string {
	path := u.EscapedPath()
	if u.RawQuery != "" || u.ForceQuery {
		path += "?" + u.RawQuery
	}
	return path
}

// attempts sends one request up to attemptsMax times. A redirect is an answer here: its status, and
// where it leads.
func (c *Client) attempts(ctx context.Context, u *url.URL, req Request, every time.Duration, forRobots bool) (*Response, string, error) {
	for attempt := 1; ; attempt++ {
		resp, location, err := c.once(ctx, u, req, every, forRobots)
		if err == nil || !retryable(err) || attempt == attemptsMax {
			return resp, location, err
		}
		c.o.Logger.Debug("request failed, trying again", "url", u.String(), "attempt", attempt, "error", err)
		if c.o.Wait(ctx, backoff(attempt)) != nil {
			return nil, "", err
		}
	}
}

func retryable(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	switch {
	case e.Kind == ErrServer:
		return e.Status != http.StatusNotImplemented
	case e.Kind != ErrConnection:
		return false
	case errors.As(err, &dns):
		return !dns.IsNotFound
	}
	return !errors.As(err, &cert) && !errors.As(err, &unknown)
}

// turn waits until the host may be asked once more; done gives the place back.
func (c *Client) turn(ctx context.Context, u *url.URL, every time.Duration) (done func(), err error) {
	name := hostKey(u)
	busy := func(wait time.Duration, cause error) error {
		return &Error{Kind: ErrRateLimited, URL: u.String(), RetryAfter: wait, Reason: "not this host's turn yet", Err: cause}
	}
	h := c.host(name)
	select {
	case h.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, busy(every, ctx.Err())
	}
	done = func() { <-h.turns }
	wait, err := c.o.Limiter.Reserve(ctx, name, every, queueMax, c.o.Now())
	switch {
	case err != nil:
		done()
		return nil, busy(0, err)
	case wait > queueMax:
		done()
		return nil, busy(wait, nil)
	}
	if err := c.o.Wait(ctx, wait); err != nil {
		done()
		return nil, busy(wait, err)
	}
	return done, nil
}

// once sends one request and reads its answer.
func (c *Client) once(ctx context.Context, u *url.URL, req Request, every time.Duration, forRobots bool) (*Response, string, error) {
	done, err := c.turn(ctx, u, every)
	if err != nil {
		return nil, "", err
	}
	defer done()
	ctx, stop := context.WithTimeout(ctx, c.o.Timeout)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, err := http.NewRequestWithContext(ctx, req.Method, u.String(), bytes.NewReader(req.Body))
	if err != nil {
		return nil, "", &Error{Kind: ErrRequest, URL: u.String(), Err: err}
	}
	c.setHeader(r, req)
	answer, err := c.transport.RoundTrip(r)
	if c.o.Answered != nil {
		status := 0
		if err == nil {
			status = answer.StatusCode
		}
		c.o.Answered(ctx, status)
	}
	if err != nil {
		return nil, "", transportError(ctx, u, err)
	}
	defer answer.Body.Close()
	return c.answer(ctx, cancel, u, req, answer, forRobots)
}

func (c *Client) setHeader(r *http.Request, req Request) {
	h := r.Header
	h.Set("User-Agent", c.agent)
	h.Set("Accept-Encoding", "gzip")
	h.Set("Accept", "*/*")
	if req.Accept != "" {
		h.Set("Accept", req.Accept)
	}
	if req.Method == http.MethodPost {
		h.Set("Content-Type", "application/json")
		if req.ContentType != "" {
			h.Set("Content-Type", req.ContentType)
		}
	}
	if v := req.Validators.ETag; v != "" {
		h.Set("If-None-Match", v)
	}
	if v := req.Validators.LastModified; v != "" {
		h.Set("If-Modified-Since", v)
	}
}

// transportError tells apart what a request can die of.
func transportError(ctx context.Context, u *url.URL, err error) error {
	e := &Error{Kind: ErrConnection, URL: u.String(), Err: err}
	var timeout net.Error
	var dial *net.OpError
	cause := context.Cause(ctx)
	switch {
	case errors.Is(err, ErrUnsafeAddress):
		e.Kind = ErrUnsafeAddress
		if errors.As(err, &dial) && dial.Addr != nil {
			e.Reason, e.Err = dial.Addr.String(), nil
		}
	case errors.Is(cause, errSilent):
		e.Kind, e.Err = ErrTimeout, errSilent
	case errors.Is(err, errTrickle):
		e.Kind = ErrTimeout
	case errors.Is(cause, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Kind = ErrTimeout
	}
	return e
}
