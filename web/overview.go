package web

import (
	"cmp"
	"context"
	"errors"
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

// volumes are the answer to a volume question, arranged by group over its periods.
type volumes struct {
	unit        trend.Period
	spans       []trend.Span
	at          []time.Time // their first days
	groups      []string    // by falling sum of active
	active, new map[string][]float64
	first       string // what a reader is told of the period of the first crawl, when it is shown
	seen        []bool // periods in which somebody looked: elsewhere 0 would be a lie
	of          string // the boards that are counted
}

// arrange lines the rows of an answer up; watched says in which of its periods anybody looked.
func arrange(answer trend.VolumesAnswer, watched []bool) volumes {
	cut := max(0, len(answer.Periods)-periodsMax) // what is older is not on a page
	v := volumes{unit: answer.Period, spans: answer.Periods[cut:], seen: watched[cut:], of: boardsText(answer.Guards), active: map[string][]float64{}, new: map[string][]float64{}}
	for _, s := range v.spans {
		v.at = append(v.at, s.From)
	}
	index := indexOf(v.at)
	sums := map[string]uint64{}
	for _, r := range answer.Rows {
		i, ok := index[r.Period.Unix()]
		if !ok {
			continue
		}
		if v.active[r.Group] == nil {
			v.active[r.Group], v.new[r.Group] = make([]float64, len(v.at)), make([]float64, len(v.at))
			v.groups = append(v.groups, r.Group)
		}
		v.active[r.Group][i], v.new[r.Group][i] = float64(r.Active), float64(r.New)
		sums[r.Group] += r.Active
		v.seen[i] = v.seen[i] || r.All.Active > 0
	}
	v.groups = slices.DeleteFunc(v.groups, func(g string) bool { return sums[g] == 0 }) // on boards beside the panel only
	slices.SortFunc(v.groups, func(a, b string) int { return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b)) })
	v.hideNew(answer.Guards.SeenFrom)
	return v
}

// hideNew makes unknown what was new in the period of the first crawl: whatever that found had been
// open before, and nobody knows since when.
func (v *volumes) hideNew(oldest time.Time) {
	for i, s := range v.spans {
		if oldest.Before(s.From) || !oldest.Before(s.To) {
			continue
		}
		for _, values := range v.new {
			values[i] = math.NaN()
		}
		v.first = fmt.Sprintf("What was new in %s is unknown: the first crawl was in it, and what that found may be older.", name(v.unit, s.From))
	}
}

// chart makes a figure of the groups' values; figures of one page have ids of their own.
func (v volumes) chart(id, title string, values map[string][]float64, groups []string, audit trend.Audit) chart {
	c := chart{
		ID: id, Title: title, Unit: "vacancies per " + string(v.unit) + v.of, Audit: audit,
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
	Controls    controls
	Active, New chart
	Multiples   []multiple
	Unfinished  string // the newest period, when it is not over
	Rests       []string
}

func (s *server) overview(ctx context.Context, r *http.Request) (view, error) {
	f, err := scope(r)
	if err != nil {
		return view{}, err
	}
	answer, v, err := s.volumes(ctx, f)
	if err != nil {
		return view{}, err
	}
	names, _, err := s.names(ctx)
	if err != nil {
		return view{}, err
	}
	d := overviewData{Controls: newControls(r, f), Rests: rests(answer.Guards)}
	d.Controls.choose(names.Roles, f.Roles)
	if d.Summary, err = trend.Summary(ctx, s.Querier); err != nil {
		return view{}, err
	}
	d.Active = v.chart("active", "Active vacancies by role", v.active, v.groups, answer.Audit)
	d.New = v.chart("new", "New vacancies by role", v.new, v.groups, answer.Audit)
	d.New.Note = strings.TrimSpace(d.New.Note + " " + v.first)
	for _, g := range v.groups {
		d.Multiples = append(d.Multiples, v.multiple(g))
	}
	d.Unfinished = v.unfinished(answer.Guards.SeenUntil)
	return view{"overview", "Roles over time", d}, nil
}

// volumes asks for the vacancies of each role; a time without any has none, and is no error.
func (s *server) volumes(ctx context.Context, f trend.Scope) (trend.VolumesAnswer, volumes, error) {
	f.Brief = true
	answer, err := trend.VolumesOf(ctx, s.Querier, trend.VolumesQuestion{Scope: f})
	if err != nil && !errors.Is(err, trend.ErrNothing) {
		return answer, volumes{}, err
	}
	watched, err := trend.Watched(ctx, s.Querier, answer.Periods)
	return answer, arrange(answer, watched), err
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
	if last := v.spans[len(v.spans)-1]; newest.Before(last.To.AddDate(0, 0, -1)) {
		return fmt.Sprintf("The newest crawl was on %s: %s is not seen whole yet.", newest.UTC().Format(time.DateOnly), name(v.unit, last.From))
	}
	return ""
}
