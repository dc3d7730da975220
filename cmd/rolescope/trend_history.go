package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// DataCut is the latest moment at which anything that answers follow from was recorded.
func (q querier) DataCut(ctx context.Context) (time.Time, error) { return q.store.DataCut(ctx) }

// history asks f of what is stored now, with its rollups up to date, or of what had been recorded at a time.
func (s *system) history(ctx context.Context, asOf time.Time, f func(trend.Querier) error) (err error) {
	if asOf.IsZero() {
		s.freshen(ctx)
		return f(querier{s.store})
	}
	then, err := s.store.AsOf(ctx, asOf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, then.Close()) }()
	return f(querier{then})
}

// parseAsOf reads a moment; a day is its beginning.
func parseAsOf(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usageError{fmt.Errorf("--as-of %q: want RFC 3339 or YYYY-MM-DD", s)}
}
