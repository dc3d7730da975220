package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rolescope/rolescope/posting"
)

// The kinds of failure. Every error of Do and Admit but a cancelled context is an *Error, and
// errors.Is finds one of these in it.
var (
	ErrBlocked       = errors.New("refused by the host")    // robots.txt, 401, 403, 451
	ErrGone          = errors.New("not there")              // 404, 410
	ErrRateLimited   = errors.New("asked to slow down")     // 429, 5xx with Retry-After, or a long queue of our own
	ErrTooLarge      = errors.New("answer too large")       // over MaxBytes, compressed or not
	ErrUnsafeAddress = errors.New("address not public")     // private, loopback, link-local, metadata, ...
	ErrTimeout       = errors.New("too slow")               // connecting, header, silence, trickle, all of it
	ErrServer        = errors.New("server error")           // 5xx and 408, after retries
	ErrConnection    = errors.New("connection failed")      // DNS, TCP, TLS, broken answer, after retries
	ErrRedirect      = errors.New("redirect not followed")  // too many, bad target, https to http
	ErrStatus        = errors.New("unexpected status")      // any other status
	ErrEncoding      = errors.New("body not readable")      // unknown or damaged Content-Encoding
	ErrRequest       = errors.New("request not valid")      // the caller's URL or method
	ErrOpen          = errors.New("host failed repeatedly") // the breaker is open
)

// Error tells what failed where.
type Error struct {
	Kind       error         // one of the kinds above
	URL        string        // what was asked for last, after redirects
	Status     int           // HTTP status, 0 when there was none
	RetryAfter time.Duration // how long to leave the host alone; 0 when nothing is known
	Reason     string        // more words, may be empty
	Err        error         // the cause, may be nil
}

func (e *Error) Error() string {
	// What happened comes first: where people read it, in a line of a table, the end is cut off.
	s := e.Kind.Error()
	if e.Status != 0 {
		s += fmt.Sprintf(" (%d)", e.Status)
	}
	if e.RetryAfter > 0 {
		s += ", next try after " + e.RetryAfter.Round(time.Second).String()
	}
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s + ", at " + e.URL
}

// Unwrap gives errors.Is both the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// Outcome is how a run ends whose first request failed with err; nil is OutcomeOK. Only ErrGone may
// ever close anything: a host that refuses, stumbles or is slow says nothing about its postings.
func Outcome(err error) posting.Outcome {
	var e *Error
	switch {
	case err == nil:
		return posting.OutcomeOK
	case errors.Is(err, ErrGone):
		return posting.OutcomeGone
	case errors.Is(err, ErrBlocked):
		return posting.OutcomeBlocked
	case errors.As(err, &e) && e.Kind == ErrRateLimited && e.Status == http.StatusTooManyRequests:
		return posting.OutcomeBlocked
	}
	return posting.OutcomeError
}

// HostFault reports whether err speaks against the host as a whole, so that its breaker shall count
// it: trouble with connections, time, 5xx, 429 or a refusal by status. A missing board, a body that
// is too large or a rule of robots.txt concerns one address only.
func HostFault(err error) bool {
	var e *Error
	if !errors.As(err, &e) || errors.Is(err, context.Canceled) {
		return false
	}
	switch e.Kind {
	case ErrTimeout, ErrServer, ErrConnection:
		return true
	case ErrRateLimited, ErrBlocked:
		return e.Status != 0
	}
	return false
}

// statusError is the error of a final status other than 200 to 299 and 304.
func statusError(url string, status int, retryAfter time.Duration, stated bool) *Error {
	e := &Error{URL: url, Status: status, RetryAfter: retryAfter}
	switch {
	case status == http.StatusTooManyRequests, status >= 500 && stated:
		e.Kind = ErrRateLimited
	case status == http.StatusNotFound, status == http.StatusGone:
		e.Kind = ErrGone
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusUnavailableForLegalReasons:
		e.Kind = ErrBlocked
	case status >= 500, status == http.StatusRequestTimeout:
		e.Kind = ErrServer
	default:
		e.Kind = ErrStatus
	}
	return e
}
