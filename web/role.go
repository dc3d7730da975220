package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// topSkillsMax is how many skills a role's page lists; the API has all.
const topSkillsMax = 20

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
	Rests      []string
}

// skillTable is the top skills of one period.
type skillTable struct {
	At      string // the period
	Of      string // the boards that are counted
	Between string // the periods of the small pictures
	N       uint64 // vacancies of the role in it
	Rows    []skillLine
	More    int
	Audit   trend.Audit
}

// skillLine is one skill with its share in the newest period and its history.
type skillLine struct {
	trend.SkillCount
	Mentioning uint64
	Percent    string
	Width      float64 // of the bar, 0 to 100
	History    spark
}

func (s *server) role(ctx context.Context, r *http.Request) (view, error) {
	role := r.PathValue("role")
	f, err := scope(r)
	if err == nil {
		err = checkValue("role", role)
	}
	if err != nil {
		return view{}, err
	}
	f.Roles = []string{role}
	volume, v, err := s.volumes(ctx, f)
	if err != nil {
		return view{}, err
	}
	known, names, err := s.names(ctx)
	if err != nil {
		return view{}, err
	}
	d := roleData{Role: role, Period: f.Period, Controls: newControls(r, f)}
	d.Colour, _ = look(role)
	if len(v.groups) == 0 {
		if !slices.ContainsFunc(known.Roles, func(k trend.RoleCount) bool { return k.Role == role }) {
			return view{}, notFound{fmt.Sprintf("No posting's title states the role %q.", role)}
		}
		d.Rests = rests(volume.Guards)
		return view{"role", label(role), d}, nil // none of this choice: the form widens it
	}
	d.Volume = roleChart(v, role, volume.Audit)
	d.Unfinished = v.unfinished(volume.Guards.SeenUntil)
	skills, err := s.mentions(ctx, trend.MentionsQuestion{Scope: f})
	if err != nil {
		return view{}, err
	}
	d.Skills, d.Rests = topSkills(skills, names), rests(skills.Guards)
	if a, b := volume.Guards.Panel, skills.Guards.Panel; a.Applied && b.Applied && a.Healthy != b.Healthy {
		d.Rests = append(d.Rests, fmt.Sprintf("Each figure counts the boards seen all the time that it spans: %d for the vacancies, %d for the skills. So their n differ.", a.Healthy, b.Healthy))
	}
	if err := s.movers(ctx, r, &d.Movers, v, f, names); err != nil {
		return view{}, err
	}
	return view{"role", label(role), d}, nil
}

// mentions asks for mentions of skills; a time without any vacancy has none, and is no error.
func (s *server) mentions(ctx context.Context, q trend.MentionsQuestion) (trend.MentionsAnswer, error) {
	q.Brief = true
	answer, err := trend.Mentions(ctx, s.Querier, q)
	if errors.Is(err, trend.ErrNothing) {
		err = nil
	}
	return answer, err
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

// topSkills are the skills of the newest period with enough vacancies.
func topSkills(answer trend.MentionsAnswer, names map[string]trend.SkillCount) skillTable {
	t := skillTable{Audit: answer.Audit, Of: boardsText(answer.Guards)}
	var at []time.Time
	for _, s := range answer.Periods {
		at = append(at, s.From)
	}
	index, totals, history := indexOf(at), make([]uint64, len(at)), map[string][]*float64{}
	last := -1
	for _, r := range answer.Rows {
		i, ok := index[r.Period.Unix()]
		if !ok || r.Share == nil {
			continue
		}
		totals[i], last = r.Vacancies, max(last, i)
		if history[r.Skill] == nil {
			history[r.Skill] = make([]*float64, len(at))
		}
		history[r.Skill][i] = r.Share
	}
	if last < 0 {
		return t
	}
	t.At, t.N = name(answer.Period, at[last]), totals[last]
	t.Between = name(answer.Period, at[0]) + " to " + name(answer.Period, at[len(at)-1])
	for _, r := range answer.Rows { // by falling share
		if !r.Period.Equal(at[last]) {
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
		t.Rows = append(t.Rows, skillLine{named(names, r.Skill), r.Mentioning, percent(*r.Share), 100 * *r.Share, newSpark(points, most)})
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
