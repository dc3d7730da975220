package main

import (
	"context"
	"time"
)

// refresh brings the rollups up to date with what is stored. When nothing was stored since, it costs one
// small query.
func (s *system) refresh(ctx context.Context) error {
	r, err := s.store.Refresh(ctx)
	if err == nil && len(r.Built)+len(r.Dropped) > 0 {
		s.app.logger().Info("rollups refreshed", "months", r.Months, "built", len(r.Built), "dropped", len(r.Dropped), "took", r.Took.Round(time.Millisecond))
	}
	return err
}
