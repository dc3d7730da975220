package main

import (
	"context"
	"slices"
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

const (
	// rollupsFirst and rollupsEvery are when a process that stores looks whether the rollups are behind.
	rollupsFirst = 5 * time.Second
	rollupsEvery = time.Minute
	// rollupsRest is how many times as long as a refresh took the next one waits: crawls that edit adverts touch
	// many months, and answers that are a few minutes old are better than a machine that only refreshes.
	rollupsRest = 10
)

// keepRollups brings the rollups up to date from time to time.
func (s *system) keepRollups(ctx context.Context) error {
	for wait := rollupsFirst; pause(ctx, wait); {
		began := time.Now()
		s.freshen(ctx)
		wait = max(rollupsEvery, rollupsRest*time.Since(began))
	}
	return nil
}

// freshen brings the rollups up to date with what is stored. When nothing was stored since, it costs one small
// query. A failure is told and no more: what is stored is stored, answers are as of the last refresh, and the
// next one makes up for it.
func (s *system) freshen(ctx context.Context) { s.app.freshen(ctx, s.store) }

func (a *app) freshen(ctx context.Context, st *store.Store) {
	r, err := st.Refresh(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		a.logger().Warn("answers about months may be behind what is stored; v_rollups says of when they are", "error", err)
	case len(r.Built)+len(r.Measured)+len(r.Dropped) > 0:
		a.logger().Info("rollups refreshed", "months", r.Months, "built", len(r.Built), "measured", len(r.Measured), "dropped", len(r.Dropped), "took", r.Took.Round(time.Millisecond))
	}
}

// rollupViews are the views that answer from the rollups.
var rollupViews = []string{"v_vacancy_months", "v_vacancy_starts", "v_role_skill_month", "v_role_similarity", "v_similarity_revisions", "v_rollups", "v_board_months"}

// ofRollups reports whether a statement asks for what Refresh makes.
func ofRollups(statement string) bool {
	return slices.ContainsFunc(tablesIn(statement), func(name string) bool { return slices.Contains(rollupViews, name) })
}
