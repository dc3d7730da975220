package web

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// linesMax is how many lines one chart has: more cannot be told apart. The small pictures below it
// show every role.
const linesMax = 8

// volumes are the answer to a volume question, arranged by group over gapless periods.
type volumes struct {
	unit        trend.Period
	at          []time.Time
	groups      []string // by falling sum of active
	active, new map[string][]float64
	first       string // what a reader is told of the period of the first crawl, when it is shown
	seen        []bool // periods in which any board showed anything: elsewhere nobody looked, and 0 would be a lie
}

func arrange(rows []trend.VolumeRow, unit trend.Period) volumes {
	v := volumes{unit: unit, active: map[string][]float64{}, new: map[string][]float64{}}
	if len(rows) == 0 {
		return v
	}
	v.at = periods(unit, rows[0].Period.UTC(), rows[len(rows)-1].Period.UTC())
	index := indexOf(v.at)
	v.seen = make([]bool, len(v.at))
	sums := map[string]uint64{}
	for _, r := range rows {
		i, ok := index[r.Period.Unix()]
		if !ok {
			continue // older than a page shows
		}
		if v.active[r.Group] == nil {
			v.active[r.Group], v.new[r.Group] = make([]float64, len(v.at)), make([]float64, len(v.at))
			v.groups = append(v.groups, r.Group)
		}
		v.active[r.Group][i], v.new[r.Group][i] = float64(r.Active), float64(r.New)
		sums[r.Group] += r.Active
		v.seen[i] = true
	}
	slices.SortFunc(v.groups, func(a, b string) int { return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b)) })
	return v
}

// hideNew makes unknown what was new in the period of the first crawl: whatever that found had been
// open before, and nobody knows since when.
func (v *volumes) hideNew(oldest time.Time) {
	for i, at := range v.at {
		if oldest.IsZero() || oldest.Before(at) || !oldest.Before(next(v.unit, at)) {
			continue
		}
		for _, values := range v.new {
			values[i] = math.NaN()
		}
		v.first = fmt.Sprintf("What was new in %s is unknown: the first crawl was in it, and what that found may be older.", name(v.unit, at))
	}
}

// chart makes a figure of the groups' values; figures of one page have ids of their own.
func (v volumes) chart(id, title string, values map[string][]float64, groups []string, audit trend.Audit) chart {
	c := chart{
		ID: id, Title: title, Unit: "vacancies per " + string(v.unit), Audit: audit,
		Data: chartData{Unit: "count", Period: string(v.unit), X: unixDays(v.at), Series: []series{}},
	}
	for _, g := range drawnGroups(groups) {
		s := series{Label: label(g), Y: v.points(values[g])}
		s.Colour, s.Dash = look(g)
		c.Data.Series = append(c.Data.Series, s)
	}
	if last := len(v.at) - 1; last >= 0 {
		sum := 0.0
		for _, g := range groups {
			sum += values[g][last]
		}
		c.N = fmt.Sprintf("n = %s in %s", whole(sum), name(v.unit, v.at[last]))
	}
	c.Table.Header = []string{string(v.unit)}
	for _, g := range groups {
		c.Table.Header = append(c.Table.Header, label(g))
	}
	for i := len(v.at) - 1; i >= 0; i-- {
		if !v.seen[i] {
			continue
		}
		row := []string{name(v.unit, v.at[i])}
		for _, g := range groups {
			row = append(row, whole(values[g][i]))
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	if n := len(c.Data.Series); n < len(groups) {
		c.Note = fmt.Sprintf("Drawn: the %d largest of %d roles, without what fits no role; the numbers have all.", n, len(groups))
	}
	return c
}

// drawnGroups are the largest groups that a chart has room for. What fits no role is drawn only when
// there is nothing else.
func drawnGroups(groups []string) []string {
	var out []string
	for _, g := range groups {
		if g != "other" && g != "unknown" && len(out) < linesMax {
			out = append(out, g)
		}
	}
	if len(out) == 0 {
		return groups
	}
	return out
}

// whole writes a number of vacancies, or that it is unknown.
func whole(n float64) string {
	if math.IsNaN(n) {
		return "–"
	}
	return thousands(uint64(n))
}

// points are values with a gap where nobody looked or can know.
func (v volumes) points(values []float64) []*float64 {
	out := make([]*float64, len(values))
	for i := range values {
		if v.seen[i] && !math.IsNaN(values[i]) {
			out[i] = &values[i]
		}
	}
	return out
}

// multiple is one role in the grid of small pictures.
type multiple struct {
	Role    string
	Colour  int
	Active  uint64 // in the newest period
	New     string // in it
	Most    uint64 // active, in any period
	Picture spark
	Newest  string // the newest period
}

// overviewData is what the overview shows.
type overviewData struct {
	Summary     trend.SummaryAnswer
	Age         string
	Controls    controls
	Active, New chart
	Multiples   []multiple
	Unfinished  string // the newest period, when it is not over
}

func (s *server) overview(ctx context.Context, r *http.Request) (view, error) {
	f, err := filter(r)
	if err != nil {
		return view{}, err
	}
	answer, err := trend.Volume(ctx, s.Querier, trend.VolumeQuestion{Filter: f})
	if err != nil {
		return view{}, err
	}
	names, _, err := s.names(ctx)
	if err != nil {
		return view{}, err
	}
	d := overviewData{Controls: newControls(r, f)}
	d.Controls.choose(names.Roles, f.Roles)
	if d.Summary, err = trend.Summary(ctx, s.Querier); err != nil {
		return view{}, err
	}
	d.Age = age(d.Summary.NewestRun, s.Now())
	v := arrange(answer.Rows, f.Period)
	if len(f.Roles) > 0 {
		if err := s.looked(ctx, f, &v); err != nil {
			return view{}, err
		}
	}
	v.hideNew(d.Summary.FirstRun)
	d.Active = v.chart("active", "Active vacancies by role", v.active, v.groups, answer.Audit)
	d.New = v.chart("new", "New vacancies by role", v.new, v.groups, answer.Audit)
	d.New.Note = strings.TrimSpace(d.New.Note + " " + v.first)
	for _, g := range v.groups {
		d.Multiples = append(d.Multiples, v.multiple(g))
	}
	d.Unfinished = v.unfinished(d.Summary.NewestRun)
	return view{"overview", "Roles over time", d}, nil
}

func (v volumes) multiple(group string) multiple {
	active, last := v.active[group], len(v.at)-1
	m := multiple{Role: group, Active: uint64(active[last]), New: whole(v.new[group][last]), Most: uint64(slices.Max(active))}
	m.Colour, _ = look(group)
	m.Picture = newSpark(v.points(active), float64(m.Most))
	m.Newest = name(v.unit, v.at[last])
	return m
}

// unfinished tells when the newest crawl saw only a part of the newest period.
func (v volumes) unfinished(newest time.Time) string {
	if len(v.at) == 0 {
		return ""
	}
	if last := v.at[len(v.at)-1]; newest.Before(next(v.unit, last).AddDate(0, 0, -1)) {
		return fmt.Sprintf("The newest crawl was on %s: %s is not seen whole yet.", newest.UTC().Format(time.DateOnly), name(v.unit, last))
	}
	return ""
}
