package main

import (
	"context"

	"github.com/rolescope/rolescope/trend"
)

// history asks f of what is stored now, with its rollups up to date.
func (s *system) history(ctx context.Context, f func(trend.Querier) error) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	return f(querier{s.store})
}
