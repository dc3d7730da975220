package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// skillData is what a skill's page shows.
type skillData struct {
	trend.SkillCount
	Family     string
	Controls   controls
	Shares     chart
	Latest     []shareLine
	At         string
	Unfinished string
	Between    string // the periods shown
	Of         string // the boards that are counted
	Rests      []string
}

// shareLine is one role in the newest period.
type shareLine struct {
	Role              string
	Colour            int
	Mentioning, Total uint64
	Percent           string // empty below the floor
	Width             float64
}

func (s *server) skill(ctx context.Context, r *http.Request) (view, error) {
	f, err := scope(r)
	if err != nil {
		return view{}, err
	}
	_, names, err := s.names(ctx)
	if err != nil {
		return view{}, err
	}
	known, ok := names[r.PathValue("id")]
	if !ok {
		return view{}, notFound{"No posting mentions a skill of that id. The list of skills has them all."}
	}
	answer, err := s.mentions(ctx, trend.MentionsQuestion{Scope: f, Skill: known.Skill})
	if err != nil {
		return view{}, err
	}
	d := skillData{SkillCount: known, Family: kindFamily(known.Kind), Controls: newControls(r, f)}
	d.arrange(answer, f.Period)
	return view{"skill", known.Label, d}, nil
}

// arrange turns the answer into the chart's lines, its table and the newest period's bars.
func (d *skillData) arrange(answer trend.MentionsAnswer, unit trend.Period) {
	d.Of, d.Rests = boardsText(answer.Guards), rests(answer.Guards)
	d.Shares = chart{
		ID: "shares", Title: "Share of each role's vacancies that mention " + d.Label, Unit: "share of vacancies per " + string(unit) + d.Of,
		Audit: answer.Audit, Data: chartData{Unit: "share", Period: string(unit), Series: []series{}},
	}
	if len(answer.Rows) == 0 {
		return
	}
	spans := answer.Periods[max(0, len(answer.Periods)-periodsMax):] // what is older is not on a page
	var at []time.Time
	for _, s := range spans {
		at = append(at, s.From)
	}
	index := indexOf(at)
	cells := map[string][]*trend.MentionsRow{}
	mentions := map[string]uint64{}
	var roles []string
	for i, r := range answer.Rows {
		if k, ok := index[r.Period.Unix()]; ok {
			if cells[r.Role] == nil {
				cells[r.Role] = make([]*trend.MentionsRow, len(at))
				roles = append(roles, r.Role)
			}
			cells[r.Role][k] = &answer.Rows[i]
			mentions[r.Role] += r.Mentioning
		}
	}
	slices.SortFunc(roles, func(a, b string) int { return cmp.Or(cmp.Compare(mentions[b], mentions[a]), cmp.Compare(a, b)) })
	d.Unfinished = volumes{unit: unit, spans: spans, at: at}.unfinished(answer.Guards.SeenUntil)
	d.Between = name(unit, at[0]) + " to " + name(unit, at[len(at)-1])
	d.Shares.Data.X = unixDays(at)
	d.Shares.Table.Header = []string{string(unit)}
	for _, role := range roles {
		d.Shares.Table.Header = append(d.Shares.Table.Header, label(role))
		if s := shareSeries(role, cells[role]); len(d.Shares.Data.Series) < linesMax && mentions[role] > 0 && drawn(s) {
			d.Shares.Data.Series = append(d.Shares.Data.Series, s)
		}
	}
	for i := len(at) - 1; i >= 0; i-- {
		row := []string{name(unit, at[i])}
		if !slices.ContainsFunc(roles, func(role string) bool { return cells[role][i] != nil }) {
			continue // nobody looked
		}
		for _, role := range roles {
			row = append(row, cellText(cells[role][i]))
		}
		d.Shares.Table.Rows = append(d.Shares.Table.Rows, row)
	}
	d.Shares.N = fmt.Sprintf("n in every cell of the table; under %d vacancies no share is shown", trend.Floor)
	if n := len(d.Shares.Data.Series); n < len(roles) {
		d.Shares.Note = fmt.Sprintf("Drawn: the %d of %d roles with most mentions and enough vacancies. A gap is a %s with fewer than %d vacancies.", n, len(roles), unit, trend.Floor)
	}
	d.At = name(unit, at[len(at)-1])
	d.bars(roles, cells, len(at)-1)
}

func shareSeries(role string, cells []*trend.MentionsRow) series {
	s := series{Label: label(role), Y: make([]*float64, len(cells)), N: make([]uint64, len(cells))}
	s.Colour, s.Dash = look(role)
	for i, c := range cells {
		if c != nil {
			s.Y[i], s.N[i] = c.Share, c.Vacancies
		}
	}
	return s
}

func drawn(s series) bool {
	return slices.ContainsFunc(s.Y, func(y *float64) bool { return y != nil })
}

// bars are the roles of the newest period by falling share, the suppressed ones last.
func (d *skillData) bars(roles []string, cells map[string][]*trend.MentionsRow, last int) {
	for _, role := range roles {
		c := cells[role][last]
		if c == nil {
			continue
		}
		line := shareLine{Role: role, Mentioning: c.Mentioning, Total: c.Vacancies}
		line.Colour, _ = look(role)
		if c.Share != nil {
			line.Percent, line.Width = percent(*c.Share), 100**c.Share
		}
		d.Latest = append(d.Latest, line)
	}
	slices.SortStableFunc(d.Latest, func(a, b shareLine) int {
		if (a.Percent == "") != (b.Percent == "") {
			return cmp.Compare(b.Percent, a.Percent)
		}
		return cmp.Compare(b.Width, a.Width)
	})
}

// cellText is a share with its n, or why there is none.
func cellText(c *trend.MentionsRow) string {
	switch {
	case c == nil:
		return "–"
	case c.Share == nil:
		return fmt.Sprintf("n = %d", c.Vacancies)
	}
	return fmt.Sprintf("%s of %d", percent(*c.Share), c.Vacancies)
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
