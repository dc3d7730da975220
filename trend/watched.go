package trend

import (
	"context"
	"slices"
	"time"
)

// Watched says in which of an answer's periods any board was seen healthy: elsewhere nobody looked.
func Watched(ctx context.Context, q Querier, periods []Span) ([]bool, error) {
	out := make([]bool, len(periods))
	if len(periods) == 0 {
		return out, nil
	}
	unit := Month
	if periods[0].From.AddDate(0, 0, 7).Equal(periods[0].To) {
		unit = Week
	}
	var rows []struct {
		Start time.Time `ch:"start"`
	}
	if _, err := run(ctx, q, &rows, "watched.sql", map[string]string{"unit": string(unit)}); err != nil {
		return nil, err
	}
	for i, p := range periods {
		out[i] = slices.ContainsFunc(rows, func(r struct {
			Start time.Time `ch:"start"`
		},
		) bool {
			return !r.Start.Before(p.From) && r.Start.Before(p.To)
		})
	}
	return out, nil
}
