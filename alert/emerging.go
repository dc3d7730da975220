package alert

import (
	"context"
	"fmt"
	"time"
)

// emerging folds the evaluations of emerging terms that have come since the last one.
func emerging(_ context.Context, _ Asker, _ Rule, _ time.Time, _ Memory) (Outcome, error) {
	return Outcome{}, fmt.Errorf("%w: emerging categories are not built yet", ErrUnknown)
}
