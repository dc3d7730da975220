package trend

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// VolumesQuestion asks how many vacancies were new, active and claimed, per period and group, with guards.
type VolumesQuestion struct {
	Scope
	By string // one of VolumesBy; empty is "role"
}

// VolumesBy are what volumes can be split by.
func VolumesBy() []string {
	return []string{"board", "company", "country", "role", "seniority", "source", "total", "workplace"}
}

// Volumes are one group in one period.
type Volumes struct {
	Period  time.Time `json:"period"`
	Group   string    `json:"group"`
	Active  uint64    `json:"active"`
	New     uint64    `json:"new"`
	Claimed uint64    `json:"claimed"`
	All     struct {
		Active  uint64 `json:"active"`
		New     uint64 `json:"new"`
		Claimed uint64 `json:"claimed"`
	} `json:"all_boards"`
	Partial bool `json:"partial"` // only a part of the period was watched
}

// VolumesAnswer is the answer to a VolumesQuestion, by period and then by falling number of vacancies.
type VolumesAnswer struct {
	Asked
	By   string    `json:"by"`
	Rows []Volumes `json:"rows"`
}

type volumesRow struct {
	Period       time.Time `ch:"period"`
	Group        string    `ch:"group_key"`
	Active       uint64    `ch:"active_vacancies"`
	New          uint64    `ch:"new_vacancies"`
	Claimed      uint64    `ch:"claimed_vacancies"`
	PanelActive  uint64    `ch:"panel_active"`
	PanelNew     uint64    `ch:"panel_new"`
	PanelClaimed uint64    `ch:"panel_claimed"`
}

// VolumesOf answers a VolumesQuestion. By default it is of all time.
func VolumesOf(ctx context.Context, q Querier, question VolumesQuestion) (VolumesAnswer, error) {
	out := VolumesAnswer{By: cmp.Or(question.By, "role"), Rows: []Volumes{}}
	if !slices.Contains(VolumesBy(), out.By) {
		return out, fmt.Errorf("%w: cannot group by %q, only by %s", ErrQuestion, out.By, strings.Join(VolumesBy(), ", "))
	}
	a, err := question.resolve(ctx, q, 0)
	if err != nil {
		return out, err
	}
	g, err := a.guards(ctx)
	if err != nil {
		return out, err
	}
	file := a.volumesFile(out.By)
	var rows []volumesRow
	if len(a.periods) > 0 {
		params := a.params()
		params["by"] = out.By
		if err := a.run(ctx, &rows, file, params); err != nil {
			return out, err
		}
	}
	if len(rows) == rowsMax {
		return out, ErrTooLarge
	}
	for _, r := range rows {
		v := Volumes{Period: r.Period.UTC(), Group: r.Group, Active: r.Active, New: r.New, Claimed: r.Claimed}
		if a.Basis.of(v) == 0 {
			continue // counted on another basis only
		}
		v.All.Active, v.All.New, v.All.Claimed = r.Active, r.New, r.Claimed
		if g.Panel.Applied {
			v.Active, v.New, v.Claimed = r.PanelActive, r.PanelNew, r.PanelClaimed
		}
		v.Partial = slices.ContainsFunc(g.Partial, v.Period.Equal)
		out.Rows = append(out.Rows, v)
	}
	slices.SortStableFunc(out.Rows, func(x, y Volumes) int {
		return cmp.Or(x.Period.Compare(y.Period), cmp.Compare(a.Basis.of(y), a.Basis.of(x)), cmp.Compare(x.Group, y.Group))
	})
	out.Asked = a.done(g, file)
	return out, nil
}

// volumesFile is the SQL that counts: the monthly rollup has these groups; others, companies, and the stock of a
// longer period need vacancies, and weeks their spells.
func (a *asked) volumesFile(by string) string {
	switch {
	case a.Period == Week:
		return "volumes_week"
	case len(a.Companies) == 0 && a.months() && slices.Contains([]string{"board", "role", "source", "total"}, by):
		return "volumes_rollup"
	}
	return "volumes"
}

// of is the number that a basis counts.
func (b Basis) of(v Volumes) uint64 {
	switch b {
	case New:
		return v.New
	case Claimed:
		return v.Claimed
	}
	return v.Active
}
