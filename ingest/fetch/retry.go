package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// attemptsMax is how often one request is sent when connections fail or the server errs. What
	// has not worked after three times within seconds is left to the next run.
	attemptsMax = 3
	// backoffFirst is the wait before the second attempt; each further one is four times as long.
	backoffFirst = time.Second

	// retryAfterDefault is how long a host is left alone that asked for it without saying how long.
	retryAfterDefault = time.Minute
)

// backoff is the wait after the given attempt (1, 2, ...). It has no jitter: the limiter already
// spaces the requests to a host.
func backoff(attempt int) time.Duration {
	return backoffFirst << (2 * (attempt - 1))
}

// parseRetryAfter reads a Retry-After header, in seconds or as an HTTP date, as a wait from now: 0
// to pauseMax. It is false for an absent or unreadable one.
func parseRetryAfter(value string, now time.Time) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0, false
	}
	if strings.Trim(value, "0123456789") == "" {
		// More digits than a number holds are a long time.
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n > int64(pauseMax/time.Second) {
			return pauseMax, true
		}
		return time.Duration(n) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), pauseMax), true
}
