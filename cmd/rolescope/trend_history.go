package main

import (
	"context"
	"errors"
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
