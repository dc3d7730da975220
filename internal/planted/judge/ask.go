package judge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rolescope/rolescope/internal/planted"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/trend"
	"github.com/rolescope/rolescope/trend/measure"
)

// Fill writes markets to a store whose active tagger version is Tagger, and refreshes the rollups.
func Fill(ctx context.Context, s *store.Store, markets ...*planted.Market) error {
	var rows []any
	for _, m := range markets {
		rows = append(rows, Rows(m)...)
	}
	if err := errors.Join(s.Write(ctx, rows)...); err != nil {
		return fmt.Errorf("write %d markets: %w", len(markets), err)
	}
	if _, err := s.Refresh(ctx); err != nil {
		return err
	}
	return nil
}

// Slope asks the store about a market: whether its roles A and B converge, by what was new each month. Its
// Cosine is not asked for.
func Slope(ctx context.Context, s *store.Store, m *planted.Market) (Answer, error) {
	answers, err := Slopes(ctx, s, m)
	if err != nil {
		return Answer{}, err
	}
	return answers[0], nil
}

// Slopes asks about many markets in one store. The question is asked of the first; the statement that its
// answer names is then run once for all roles, and what it counts is measured as the question measures it:
// 200 questions would read all runs of all boards 600 times.
func Slopes(ctx context.Context, s *store.Store, markets ...*planted.Market) ([]Answer, error) {
	asked, err := trend.Slope(ctx, querier{s}, trend.SlopeQuestion{Scope: scope(markets[0])})
	if err != nil {
		return nil, err
	}
	if !asked.Guards.Panel.Applied {
		return nil, fmt.Errorf("%s: no panel: %s", Source(markets[0]), asked.Guards.Panel.Why)
	}
	counted := map[string]measure.Role{}
	if len(markets) > 1 {
		if counted, err = cellsOf(ctx, s, asked); err != nil {
			return nil, err
		}
	}
	out := make([]Answer, len(markets))
	for i, m := range markets {
		if out[i], err = truths(m); err != nil {
			return nil, err
		}
		if i == 0 {
			out[i].Total.estimate(asked.Total)
			out[i].Within.estimate(asked.Within)
		} else if err := out[i].slopes(counted[Role(m, planted.RoleA)], counted[Role(m, planted.RoleB)]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// cellsOf runs the statement of an answer for all roles, and gives what is on the panel.
func cellsOf(ctx context.Context, s *store.Store, asked trend.SlopeAnswer) (map[string]measure.Role, error) {
	params := maps.Clone(asked.Params)
	params["roles"] = ""
	var rows []struct {
		Period     time.Time `ch:"period"`
		Role       string    `ch:"role"`
		Employer   string    `ch:"employer"`
		InPanel    bool      `ch:"in_panel"`
		Vacancies  uint64    `ch:"vacancies"`
		Skills     []string  `ch:"skills"`
		Mentioning []uint64  `ch:"mentioning"`
	}
	if err := s.Ask(ctx, &rows, asked.SQL, params); err != nil {
		return nil, err
	}
	index := map[string]int{}
	for i := range planted.Skills {
		index[Skill(i)] = i
	}
	out := map[string]measure.Role{}
	for _, r := range rows {
		if !r.InPanel {
			continue
		}
		cell := measure.Cell{Employer: r.Employer, Vacancies: int(r.Vacancies)}
		cell.Period = slices.IndexFunc(asked.Periods, func(p trend.Span) bool { return p.From.Equal(r.Period) })
		for i, name := range r.Skills {
			if n := int(r.Mentioning[i]); n > 0 {
				cell.Counts = append(cell.Counts, measure.Count{Skill: index[name], N: n})
			}
		}
		slices.SortFunc(cell.Counts, func(x, y measure.Count) int { return x.Skill - y.Skill })
		out[r.Role] = append(out[r.Role], cell)
	}
	return out, nil
}

// Cosine asks the store how alike roles A and B were in the last quarter.
func Cosine(ctx context.Context, s *store.Store, m *planted.Market) (Reading, error) {
	out, err := truths(m)
	if err != nil {
		return out.Cosine, err
	}
	quarter := scope(m)
	quarter.From = Start.AddDate(0, lastQuarter, 0)
	similarity, err := trend.Similarity(ctx, querier{s}, trend.SimilarityQuestion{Scope: quarter})
	if err != nil {
		return out.Cosine, err
	}
	out.Cosine.estimate(similarity.Pairs[0].Cosine)
	return out.Cosine, nil
}

func scope(m *planted.Market) trend.Scope {
	return trend.Scope{Roles: []string{Role(m, planted.RoleA), Role(m, planted.RoleB)}, From: Start, To: End, Basis: trend.New}
}

func (r *Reading) estimate(e trend.Estimate) {
	if e.Value != nil {
		r.Value = *e.Value
	}
	if e.Low != nil && e.High != nil {
		r.Low, r.High, r.Defined = *e.Low, *e.High, true
	}
}

// querier is a store as questions ask it.
type querier struct{ store *store.Store }

func (q querier) Select(ctx context.Context, dest any, query string, params map[string]string) error {
	return q.store.Ask(ctx, dest, query, params)
}
