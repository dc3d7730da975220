package fetch

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var (
	errSilent  = errors.New("nothing came for too long")
	errTrickle = errors.New("the body trickles")
)

// errorBytesMax is how much of an error page is read so that its connection can serve again.
const errorBytesMax = 16 << 10

// answer turns an HTTP answer into a Response, a redirect's location, or an error.
func (c *Client) answer(ctx context.Context, cancel context.CancelCauseFunc, u *url.URL, req Request, a *http.Response, forRobots bool) (*Response, string, error) {
	now := c.o.Now()
	retryAfter, stated := parseRetryAfter(a.Header.Get("Retry-After"), hostNow(a.Header, now))
	resp := &Response{
		Status: a.StatusCode, ContentType: a.Header.Get("Content-Type"), FinalURL: u.String(), RetryAfter: retryAfter,
		Validators: Validators{ETag: validator(a.Header.Get("ETag")), LastModified: past(validator(a.Header.Get("Last-Modified")), now)},
	}
	location := a.Header.Get("Location")
	switch {
	case a.StatusCode >= 200 && a.StatusCode <= 299:
		body, err := c.readBody(ctx, cancel, u, req.MaxBytes, a, forRobots)
		if err != nil {
			return nil, "", err
		}
		resp.Body = body
		return resp, "", nil
	case a.StatusCode == http.StatusNotModified && req.Validators != Validators{}:
		resp.NotModified = true
		if resp.Validators == (Validators{}) {
			resp.Validators = req.Validators
		}
		return resp, "", nil
	}
	// What it says is of no use, and no reason to wait long.
	silence := time.AfterFunc(c.silence, func() { cancel(errSilent) })
	_, _ = io.CopyN(io.Discard, a.Body, errorBytesMax)
	silence.Stop()
	if redirects(a.StatusCode) && location != "" {
		return resp, location, nil
	}
	err := statusError(u.String(), a.StatusCode, retryAfter, stated)
	if err.Kind == ErrRateLimited {
		if !stated {
			err.RetryAfter = retryAfterDefault
		}
		if perr := c.o.Limiter.Pause(context.WithoutCancel(ctx), hostKey(u), now.Add(err.RetryAfter), now); perr != nil {
			c.o.Logger.Warn("host not paused", "host", hostKey(u), "error", perr)
		}
	}
	return nil, "", err
}

func validator(v string) string {
	if len(v) > validatorBytesMax {
		return ""
	}
	return v
}

// hostNow is the time by the host's clock. A moment that the host names is to be taken as a distance
// from it, or a clock that is wrong, its own or ours, makes the wait anything.
func hostNow(h http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return now
}

// past drops a Last-Modified of the future (RFC 9110, 8.8.2.1): a host whose clock was ahead for a
// while would answer until then that nothing has changed since.
func past(lastModified string, now time.Time) string {
	if t, err := http.ParseTime(lastModified); err == nil && t.After(now.Add(clockSlack)) {
		return ""
	}
	return lastModified
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// readBody reads and decompresses a body of at most limit bytes, counted before and after
// decompression, while it comes at a reasonable pace.
func (c *Client) readBody(ctx context.Context, cancel context.CancelCauseFunc, u *url.URL, limit int64, a *http.Response, cut bool) ([]byte, error) {
	tooLarge := func() ([]byte, error) {
		return nil, &Error{Kind: ErrTooLarge, URL: u.String(), Status: a.StatusCode, Reason: "over " + size(limit)}
	}
	if a.ContentLength > limit && !cut {
		return tooLarge()
	}
	silence := time.AfterFunc(c.silence, func() { cancel(errSilent) })
	defer silence.Stop()
	// One byte more than allowed shows that there is more.
	wire := io.LimitReader(&pacedReader{
		r: a.Body, now: c.o.Now, began: c.o.Now(), progress: func() { silence.Reset(c.silence) },
	}, limit+1)
	var plain io.Reader
	compressed := false
	switch encoding := strings.ToLower(strings.TrimSpace(a.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		plain = wire
	case "gzip", "x-gzip":
		zr, err := gzip.NewReader(wire)
		if err != nil {
			return nil, c.bodyError(ctx, u, err)
		}
		plain, compressed = zr, true
	default:
		return nil, &Error{Kind: ErrEncoding, URL: u.String(), Status: a.StatusCode, Reason: "we asked for gzip or nothing and got " + encoding}
	}
	var buf bytes.Buffer
	if n := a.ContentLength; n > 0 && n <= limit && !compressed {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(plain, limit+1))
	switch {
	case n > limit && cut:
		return buf.Bytes()[:limit], nil
	case n > limit, exhausted(wire):
		return tooLarge()
	case err != nil:
		return nil, c.bodyError(ctx, u, err)
	}
	return buf.Bytes(), nil
}

// size words a limit.
func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// exhausted reports whether the compressed body itself went over the limit, as one made of empty
// gzip members can without ever yielding a byte.
func exhausted(wire io.Reader) bool {
	l, ok := wire.(*io.LimitedReader)
	return ok && l.N <= 0
}

func (c *Client) bodyError(ctx context.Context, u *url.URL, err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt) {
		return &Error{Kind: ErrEncoding, URL: u.String(), Err: err}
	}
	return transportError(ctx, u, err)
}

// pacedReader reports progress and stops a body that comes too slowly on average, which one byte
// at a time could otherwise stretch for ever without a silence.
type pacedReader struct {
	r        io.Reader
	now      func() time.Time
	began    time.Time
	n        int64
	progress func()
}

func (p *pacedReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if n > 0 {
		p.progress()
	}
	p.n += int64(n)
	if took := p.now().Sub(p.began); err == nil && took > trickleGrace && p.n < int64(took.Seconds()*trickleBytesPerSec) {
		return n, errTrickle
	}
	return n, err
}
