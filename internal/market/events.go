package market

import (
	"slices"
	"time"
)

// Adoption is an employer that takes up a title.
type Adoption struct {
	Company string
	Rank    int
	At      time.Time // start of the week from which it hires under the title
}

// Emergence is the truth about a title that did not exist before.
type Emergence struct {
	Title    string
	Role     string // the role it counts under
	Replaces string // the title it replaces, where only the name is new; empty for a category truly born
	Adopters []Adoption
}

// Onset is when the first employer takes the title up.
func (e Emergence) Onset() time.Time {
	if len(e.Adopters) == 0 {
		return time.Time{}
	}
	return e.Adopters[0].At
}

// Emergences are the titles that come up in the script: the categories that are born, and the renames,
// which only look like one. Adopters come in order of time.
func (m *Market) Emergences() []Emergence {
	var out []Emergence
	for _, c := range m.script.Categories {
		r := m.data.byID[c.Role]
		e := Emergence{Title: r.Titles[0].Text, Role: r.Role}
		for turn, rank := range m.adopters(c) {
			e.Adopters = append(e.Adopters, m.adoption(rank, m.Week(c.onset(turn))))
		}
		out = append(out, e)
	}
	for _, r := range m.script.Renames {
		e := Emergence{Title: r.To, Replaces: r.From, Role: m.roleOf(r.From)}
		for rank := range m.employers {
			if at, takes := m.renamed(r, rank); takes {
				e.Adopters = append(e.Adopters, m.adoption(rank, at))
			}
		}
		out = append(out, e)
	}
	for _, e := range out {
		slices.SortStableFunc(e.Adopters, func(a, b Adoption) int { return a.At.Compare(b.At) })
	}
	return out
}

func (m *Market) adoption(rank int, at time.Time) Adoption {
	return Adoption{Company: m.employers[rank].Company, Rank: rank, At: at}
}

// onset is the week in which the adopter of a turn begins.
func (c CategoryBirth) onset(turn int) int { return c.Week + turn*c.Ramp/max(1, c.Employers) }

// roleOf is the role that a title of the data counts under.
func (m *Market) roleOf(title string) string {
	for _, r := range m.data.roles {
		for _, t := range r.Titles {
			if t.Text == title {
				return r.Role
			}
		}
	}
	return ""
}
