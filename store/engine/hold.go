package engine

import (
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// Limits of restarts for statements that nothing else stops. They are no crashes: the engine is well, and
// back at once. But whoever makes one needs only seconds for the next, so that user waits.
const (
	// holdMin is how long after the second, the first may happen to anybody; it doubles, up to holdMax.
	holdMin = 10 * time.Second
	holdMax = 10 * time.Minute
	// holdForget is how long without another until the next is the first again.
	holdForget = time.Hour
)

// stuckError is how a child ended that reported a statement which nothing else stops.
type stuckError struct{ childStuck }

func (e *stuckError) Error() string {
	return fmt.Sprintf("nothing stopped a statement of user %s: %s", e.User, e.Statement)
}

// exitedWith reports whether a child ended by itself with this status.
func exitedWith(err error, status int) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == status
}

// holds are the users who have to wait.
type holds map[string]hold

type hold struct {
	times int
	until time.Time
}

// add has the user wait from now on, and says how long.
func (h holds) add(user string, now time.Time) time.Duration {
	was := h[user]
	if now.Sub(was.until) > holdForget {
		was.times = 0
	}
	var wait time.Duration
	if was.times > 0 {
		wait = min(holdMin<<min(was.times-1, 10), holdMax)
	}
	h[user] = hold{was.times + 1, now.Add(wait)}
	return wait
}

// left is how long each still has to wait.
func (h holds) left(now time.Time) map[string]time.Duration {
	left := map[string]time.Duration{}
	for user, hold := range h {
		if wait := hold.until.Sub(now); wait > 0 {
			left[user] = wait
		}
	}
	return left
}
