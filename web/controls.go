package web

import (
	"net/http"
	"slices"

	"github.com/rolescope/rolescope/trend"
)

// controls are the form that narrows a page, as it was filled in.
type controls struct {
	Period    trend.Period
	Periods   []trend.Period
	From, To  string
	Companies []string
	Roles     []roleChoice // none: the page is of one role
	Chosen    bool         // some role is
	AllBoards bool
}

// roleChoice is a box to tick.
type roleChoice struct {
	Role   string
	Ticked bool
}

func newControls(r *http.Request, f trend.Scope) controls {
	q := r.URL.Query()
	return controls{
		Period: f.Period, Periods: []trend.Period{trend.Week, trend.Month, trend.Quarter},
		From: q.Get("from"), To: q.Get("to"), Companies: f.Companies, AllBoards: f.AllBoards, // checked by scope
	}
}

func (c *controls) choose(roles []trend.RoleCount, ticked []string) {
	for _, r := range roles {
		c.Roles = append(c.Roles, roleChoice{r.Role, slices.Contains(ticked, r.Role)})
	}
	for _, role := range ticked { // one that no title states can be seen, and left out
		if !slices.ContainsFunc(c.Roles, func(known roleChoice) bool { return known.Role == role }) {
			c.Roles = append(c.Roles, roleChoice{role, true})
		}
	}
	c.Chosen = len(ticked) > 0
}
