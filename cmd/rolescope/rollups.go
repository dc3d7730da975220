package main

import (
	"context"
	"time"

	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/trend"
)

// roleMeasure has the store keep what trend computes of pairs of roles.
func roleMeasure() *store.Measure {
	return &store.Measure{
		Version: trend.RolePairsVersion,
		Similarities: func(ctx context.Context, s *store.Store, taggerVersion string, month time.Time) ([]store.Similarity, error) {
			pairs, err := trend.RolePairs(ctx, querier{s}, taggerVersion, month)
			out := make([]store.Similarity, len(pairs))
			for i, p := range pairs {
				out[i] = store.Similarity(p)
			}
			return out, err
		},
	}
}

// refresh brings the rollups up to date with what is stored. When nothing was stored since, it costs one
// small query.
func (s *system) refresh(ctx context.Context) error {
	r, err := s.store.Refresh(ctx)
	if err == nil && len(r.Built)+len(r.Measured)+len(r.Dropped) > 0 {
		s.app.logger().Info("rollups refreshed", "months", r.Months, "built", len(r.Built), "measured", len(r.Measured), "dropped", len(r.Dropped), "took", r.Took.Round(time.Millisecond))
	}
	return err
}
