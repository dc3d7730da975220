package fetch

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

const (
	// robotsFresh is how long a robots.txt is used before it is asked for again (RFC 9309 2.4).
	robotsFresh = 24 * time.Hour
	// robotsStale is how long it serves when it cannot be read again; the RFC sets no end, and after
	// a week nobody can be said to have agreed.
	robotsStale = 7 * 24 * time.Hour
	// robotsRetry is how long a failure to read it is remembered, so that not every board of a host
	// that is down asks anew.
	robotsRetry = 10 * time.Minute

	// clockSlack is how far back a clock may be set before what was read under it counts as old.
	clockSlack = time.Minute
)

// robotsOf returns the rules of the host of u, asking for its robots.txt when ours is a day old.
// Only one request per host does; the others wait for it.
//
// A status of 400 to 499 means that there are no rules; but 429, which by the letter is one of
// them, asks to be left alone and is an error here. A host whose rules cannot be read, for a 5xx or
// because it does not answer, allows nothing: the error is that of the reading.
func (c *Client) robotsOf(ctx context.Context, u *url.URL) (robots, error) {
	h := c.host(hostKey(u))
	select {
	case h.lock <- struct{}{}:
		defer func() { <-h.lock }()
	case <-ctx.Done():
		return robots{}, &Error{Kind: ErrTimeout, URL: u.String(), Reason: "waiting for robots.txt", Err: ctx.Err()}
	}
	now := c.o.Now()
	within := func(t time.Time, d time.Duration) bool {
		age := now.Sub(t)
		return !t.IsZero() && age >= -clockSlack && age < d
	}
	if within(h.read, robotsFresh) {
		return h.robots, nil
	}
	if h.failed == nil || !within(h.tried, robotsRetry) {
		rules, failed := c.readRobots(ctx, u)
		if failed == nil {
			h.robots, h.read, h.failed = rules, now, nil
			return rules, nil
		}
		if ctx.Err() != nil || failed.Kind == ErrRateLimited {
			return robots{}, failed // says nothing that would hold for the next caller
		}
		h.failed, h.tried = failed, now
	}
	if within(h.read, robotsStale) {
		return h.robots, nil
	}
	failed := *h.failed
	return robots{}, &failed
}

func (c *Client) readRobots(ctx context.Context, u *url.URL) (robots, *Error) {
	at := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/robots.txt"}
	resp, err := c.follow(ctx, at, Request{Method: http.MethodGet, URL: at.String(), MaxBytes: robotsBytesMax + 1}, true)
	if err == nil {
		return parseRobots(resp.Body), nil
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Kind: ErrConnection, Err: err}
	}
	if e.Status >= 400 && e.Status <= 499 && e.Kind != ErrRateLimited {
		return robots{}, nil
	}
	failed := *e
	if failed.Kind == ErrUnsafeAddress { // its rules are beside the point
		at.Path = "/"
		failed.URL = at.String()
		return robots{}, &failed
	}
	failed.URL = at.String()
	reason := "robots.txt cannot be read, so nothing is allowed"
	if failed.Reason != "" {
		reason += ": " + failed.Reason
	}
	failed.Reason = reason
	return robots{}, &failed
}
