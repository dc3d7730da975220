package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// How many skills and movers a role's page lists; the API has all.
const (
	topSkillsMax = 20
	moversMax    = 12
)

// roleData is what a role's page shows.
type roleData struct {
	Role       string
	Period     trend.Period
	Controls   controls
	Colour     int
	Volume     chart
	Unfinished string
	Skills     skillTable
	Movers     moversTable
	Before     string // the periods compared, as the form shows them
	After      string
	Choices    []string // periods that may be compared, newest first
}

// skillTable is the top skills of one period.
type skillTable struct {
	At    string // the period
	N     uint64 // vacancies of the role in it
	Rows  []skillLine
	More  int
	Audit trend.Audit
}

// skillLine is one skill with its share in the newest period and its history.
type skillLine struct {
	trend.SkillCount
	Mentioning uint64
	Percent    string
	Width      float64 // of the bar, 0 to 100
	History    spark
}

// moversTable is what a role gained and lost.
type moversTable struct {
	Answer       trend.MoversAnswer
	Gained, Lost []moverLine
}

// moverLine is one skill between two periods.
type moverLine struct {
	trend.SkillCount
	Before, After, Change string
}

func (s *server) role(ctx context.Context, r *http.Request) (view, error) {
	role := r.PathValue("role")
	f, err := filter(r)
	if err == nil {
		err = checkValue("role", role)
	}
	if err != nil {
		return view{}, err
	}
	f.Roles = []string{role}
	volume, err := trend.Volume(ctx, s.Querier, trend.VolumeQuestion{Filter: f})
	if err != nil {
		return view{}, err
	}
	known, names, err := s.names(ctx)
	if err != nil {
		return view{}, err
	}
	d := roleData{Role: role, Period: f.Period, Controls: newControls(r, f)}
	d.Colour, _ = look(role)
	if len(volume.Rows) == 0 {
		if !slices.ContainsFunc(known.Roles, func(k trend.RoleCount) bool { return k.Role == role }) {
			return view{}, notFound{fmt.Sprintf("No posting's title states the role %q.", role)}
		}
		return view{"role", label(role), d}, nil // none of this choice: the form widens it
	}
	v := arrange(volume.Rows, f.Period)
	if err := s.looked(ctx, f, &v); err != nil {
		return view{}, err
	}
	v.hideNew(known.oldest)
	d.Volume = roleChart(v, role, volume.Audit)
	skills, err := trend.Skills(ctx, s.Querier, trend.SkillsQuestion{Filter: f})
	if err != nil {
		return view{}, err
	}
	d.Unfinished = v.unfinished(known.newest)
	d.Skills = topSkills(skills, v, names)
	if err := s.movers(ctx, r, &d, v, f, names); err != nil {
		return view{}, err
	}
	return view{"role", label(role), d}, nil
}

// looked marks the periods in which any role had an active vacancy: there, none of this role is a zero.
func (s *server) looked(ctx context.Context, f trend.Filter, v *volumes) error {
	f.Roles = nil
	all, err := trend.Volume(ctx, s.Querier, trend.VolumeQuestion{Filter: f, By: "total"})
	if err != nil {
		return err
	}
	for _, r := range all.Rows {
		if i := slices.IndexFunc(v.at, r.Period.Equal); i >= 0 {
			v.seen[i] = true
		}
	}
	return nil
}

// roleChart draws a role's active and new vacancies.
func roleChart(v volumes, role string, audit trend.Audit) chart {
	group := v.groups[0] // "unknown" is a group too, but not a role that can be asked for
	both := map[string][]float64{"active": v.active[group], "new": v.new[group]}
	c := v.chart("volume", "Vacancies", both, []string{"active", "new"}, audit)
	colour, _ := look(role)
	c.Data.Series[0].Colour, c.Data.Series[0].Dash = colour, 0
	c.Data.Series[1].Colour, c.Data.Series[1].Dash = colour, 1
	c.Note = v.first
	last := len(v.at) - 1
	c.N = fmt.Sprintf("n = %.0f active in %s", v.active[group][last], name(v.unit, v.at[last]))
	return c
}

// enough is the newest period in which the role has at least Floor vacancies.
func (v volumes) enough() (index int, ok bool) {
	for i := len(v.at) - 1; i >= 0; i-- {
		if v.active[v.groups[0]][i] >= trend.Floor {
			return i, true
		}
	}
	return 0, false
}

// topSkills are the skills of the newest period with enough vacancies. Its totals are its own: adverts
// for several roles are in no role's skills.
func topSkills(answer trend.SkillsAnswer, v volumes, names map[string]trend.SkillCount) skillTable {
	t := skillTable{Audit: answer.Audit}
	index, totals, history := indexOf(v.at), make([]uint64, len(v.at)), map[string][]*float64{}
	last := -1
	for _, r := range answer.Rows {
		i, ok := index[r.Period.Unix()]
		if !ok || r.BelowFloor {
			continue
		}
		totals[i], last = r.Total, max(last, i)
		if history[r.Skill] == nil {
			history[r.Skill] = make([]*float64, len(v.at))
		}
		history[r.Skill][i] = &r.Share
	}
	if last < 0 {
		return t
	}
	t.At, t.N = name(v.unit, v.at[last]), totals[last]
	for _, r := range answer.Rows { // by falling share
		if !r.Period.Equal(v.at[last]) {
			continue
		}
		if len(t.Rows) == topSkillsMax {
			t.More++
			continue
		}
		points, most := history[r.Skill], 0.0
		for i := range points {
			if points[i] == nil && totals[i] > 0 {
				points[i] = new(float64) // vacancies and no mention: a zero, not a gap
			}
			if points[i] != nil {
				most = max(most, *points[i])
			}
		}
		t.Rows = append(t.Rows, skillLine{named(names, r.Skill), r.Mentioning, percent(r.Share), 100 * r.Share, newSpark(points, most)})
	}
	return t
}

// named is a skill of the catalogue, or the bare id of one that is newer than it.
func named(names map[string]trend.SkillCount, id string) trend.SkillCount {
	if k, ok := names[id]; ok {
		return k
	}
	return trend.SkillCount{Skill: id, Label: id}
}

// movers compares two periods: those of the form, or else the newest with enough vacancies and the
// one a year before it, or the oldest with enough where history is shorter.
func (s *server) movers(ctx context.Context, r *http.Request, d *roleData, v volumes, f trend.Filter, names map[string]trend.SkillCount) error {
	last, ok := v.enough()
	if !ok {
		return nil
	}
	first := 0
	for v.active[v.groups[0]][first] < trend.Floor {
		first++
	}
	after, before := v.at[last], v.at[first]
	for i := last; i > first; i-- {
		if !v.at[i].After(after.AddDate(-1, 0, 0)) && v.active[v.groups[0]][i] >= trend.Floor {
			before = v.at[i]
			break
		}
	}
	for i := len(v.at) - 1; i >= 0; i-- {
		if v.active[v.groups[0]][i] > 0 {
			d.Choices = append(d.Choices, name(v.unit, v.at[i]))
		}
	}
	var err error
	if before, err = v.chosen(r, "before", before); err != nil {
		return err
	}
	if after, err = v.chosen(r, "after", after); err != nil {
		return err
	}
	d.Before, d.After = name(v.unit, before), name(v.unit, after)
	if before.Equal(after) {
		return nil
	}
	span := func(t time.Time) trend.Span { return trend.Span{From: t, To: next(v.unit, t)} }
	d.Movers.Answer, err = trend.Movers(ctx, s.Querier, trend.MoversQuestion{Role: d.Role, Companies: f.Companies, Before: span(before), After: span(after)})
	if err != nil {
		return err
	}
	d.Movers.fill(names)
	return nil
}

// chosen is the period that a form's field names.
func (v volumes) chosen(r *http.Request, field string, otherwise time.Time) (time.Time, error) {
	named, err := value(r, field)
	if err != nil || named == "" {
		return otherwise, err
	}
	for _, t := range v.at {
		if name(v.unit, t) == named {
			return t, nil
		}
	}
	return otherwise, nil // of another unit, after a change of it
}

func (t *moversTable) fill(names map[string]trend.SkillCount) {
	a := t.Answer
	line := func(m trend.Mover) moverLine {
		return moverLine{
			named(names, m.Skill), percent(float64(m.BeforeMentioning) / float64(a.BeforeTotal)),
			percent(float64(m.AfterMentioning) / float64(a.AfterTotal)), fmt.Sprintf("%+.1f", 100*m.Change),
		}
	}
	for _, m := range a.Movers[:min(len(a.Movers), moversMax)] {
		if m.Change > 0 {
			t.Gained = append(t.Gained, line(m))
		}
	}
	for i := len(a.Movers) - 1; i >= max(0, len(a.Movers)-moversMax); i-- {
		if m := a.Movers[i]; m.Change < 0 {
			t.Lost = append(t.Lost, line(m))
		}
	}
}
