package bus

import (
	"context"
	"log/slog"
	"time"
)

// wait lets d pass. It reports false when ctx ended before.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// retryLevel keeps the first, ordinary retries out of the log and lets a lasting trouble be seen.
func retryLevel(delay time.Duration) slog.Level {
	if delay < publishRetryMax {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}
