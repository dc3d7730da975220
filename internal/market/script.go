package market

import (
	"math"
	"slices"
	"time"
)

// Script is what happens in a market, beyond ordinary hiring. Weeks count from the market's start;
// ranks are those of employers by size, from 0, the largest.
type Script struct {
	Drift       float64     // how much of the drift in data/roles.yaml happens: 1 all of it, 0 none
	Taste       float64     // how far employers' preferences move their shares, 0 (not at all) to 1
	Convergence Convergence // roles that grow alike
	Skills      []SkillBirth
	Fades       []Fade
	Categories  []CategoryBirth
	Renames     []Rename
	Outages     []Outage
	Partials    []Partial
	Vanishings  []Vanishing
	Joins       []Join
	MassPosts   []MassPost

	Season   [12]float64 // factor of hiring by month, January first
	OpenDays float64     // median of the time a job is open, in days
	Spread   float64     // standard deviation of its logarithm
	Copies   float64     // share of jobs advertised in 2 to 6 cities at once
	Reposts  float64     // share of adverts that come again, word for word, with a new id
	Edits    float64     // share of adverts changed while they are open
	Flaps    float64     // share of adverts that vanish for one crawl and return
	Returns  float64     // share of adverts that return with their id when they have been gone for long
	PayRise  float64     // growth of stated pay in a year, such as 0.04
}

// Convergence moves each role's shares towards the mean of all of them.
type Convergence struct {
	Roles []string
	By    float64 // share of the distance that is gone at the end, 0 to 1, linear in time
}

// SkillBirth is a skill that nobody asks for before Week; Ramp weeks later the shares are reached.
type SkillBirth struct {
	Skill      string
	Week, Ramp int
	Shares     map[string]float64 // by role
}

// Fade multiplies the shares of a skill by 1 at Week and by Left from Week + Ramp on.
type Fade struct {
	Skill      string
	Week, Ramp int
	Left       float64
}

// CategoryBirth is a kind of job that does not exist before Week. Adopters take it up one after the
// other during Ramp weeks, and from then on hire Rate a week each.
type CategoryBirth struct {
	Role       string // id in data/roles.yaml
	Week, Ramp int
	Employers  int
	Rate       float64
}

// Rename is a title that employers replace, one after the other from Week to Week + Ramp, while the
// work stays the same.
type Rename struct {
	From, To   string
	Week, Ramp int
	Share      float64 // of employers
}

// Outage is a board that does not answer with what is on it.
type Outage struct {
	Rank        int
	Week, Weeks int
	Status      int // 500, 404, or 200 for an empty list
}

// Partial is a board, of the kind that states its total, that lists only the oldest of what stands on
// it while it says how many there are.
type Partial struct {
	Rank        int
	Week, Weeks int
	Listed      float64 // share of what stands there, 0 to 1
}

// Vanishing is a board that for one week answers as if most of what stands on it were gone.
type Vanishing struct {
	Rank, Week int
	Listed     float64 // share of what stands there, 0 to 1
}

// Join is a board that begins to exist in the middle; its employer has been hiring before.
type Join struct{ Rank, Week int }

// MassPost is an employer that advertises one title Adverts times within two weeks: Jobs different
// jobs, each in several cities.
type MassPost struct {
	Rank, Week    int
	Role, Title   string
	Adverts, Jobs int
}

// DefaultScript is the market of the demo, fitted to a number of weeks.
func DefaultScript(weeks int) Script {
	at := func(part float64) int { return int(part * float64(weeks)) }
	return Script{
		Drift: 1, Taste: 0.5,
		Convergence: Convergence{Roles: []string{"research_scientist", "research_engineer", "applied_scientist", "ml_engineer"}, By: 0.5},
		Skills: []SkillBirth{{
			Skill: "mcp", Week: at(0.45), Ramp: at(0.25),
			Shares: map[string]float64{"ai_engineer": 0.45, "ml_engineer": 0.2, "member_of_technical_staff": 0.2, "software_engineer": 0.1, "ml_platform_engineer": 0.15},
		}},
		Fades: []Fade{{Skill: "tensorflow", Week: at(0.1), Ramp: at(0.8), Left: 0.35}},
		Categories: []CategoryBirth{
			{Role: "context_engineer", Week: at(0.55), Ramp: at(0.16), Employers: 14, Rate: 0.15},
			{Role: "agent_reliability_engineer", Week: at(0.7), Ramp: at(0.12), Employers: 12, Rate: 0.13},
		},
		Renames: []Rename{{From: "Data Analyst", To: "Insights Analyst", Week: at(0.4), Ramp: at(0.2), Share: 0.6}},
		Outages: []Outage{
			{Rank: 2, Week: at(0.3), Weeks: max(2, at(0.05)), Status: 500},
			{Rank: 4, Week: at(0.75), Weeks: 1, Status: 200},
			{Rank: 0, Week: at(0.4) + 1, Weeks: 4, Status: 500}, // longer than Grace after the vanishing before
		},
		Partials:   []Partial{{Rank: 1, Week: at(0.2), Weeks: max(5, at(0.05)), Listed: 0.6}},
		Vanishings: []Vanishing{{Rank: 0, Week: at(0.4), Listed: 0.2}},
		Joins:      []Join{{Rank: 3, Week: at(0.5)}, {Rank: 11, Week: at(0.65)}},
		MassPosts:  []MassPost{{Rank: 8, Week: at(0.6), Role: "sales", Title: "Field Account Executive", Adverts: 60, Jobs: 12}},
		Season:     [12]float64{1, 1.1, 1.25, 1.2, 1.1, 1, 0.9, 0.85, 1, 1, 0.9, 0.4},
		OpenDays:   38, Spread: 0.9,
		Copies: 0.08, Reposts: 0.07, Edits: 0.12, Flaps: 0.03, Returns: 0.03, PayRise: 0.04,
	}
}

// Quiet is the script without its events: hiring, seasons and the ordinary lives of adverts remain, and
// every share stays what it is at the start.
func (s Script) Quiet() Script {
	return Script{
		Taste: s.Taste, Season: s.Season, OpenDays: s.OpenDays, Spread: s.Spread,
		Copies: s.Copies, Reposts: s.Reposts, Edits: s.Edits, Flaps: s.Flaps, Returns: s.Returns, PayRise: s.PayRise,
	}
}

// Share is the scripted share of adverts of a mix (Advert.Mix), whose job opened at a time, that ask
// for a skill: the centre around which employers' preferences are symmetric. It is
//
//	p(r,s,t) = [ (1 - c u) b(r,s,u) + c u mean_q b(q,s,u) ] f(s,t) + n(r,s,t)
//
// where u runs from 0 at the start to 1 at the end, b is the mix of data/roles.yaml drifting linearly,
// c is the convergence among its roles q (0 for other roles), f a fade and n a birth, both linear
// ramps. Skills that a title names are not part of the mix.
func (m *Market) Share(role, skill string, at time.Time) float64 {
	week := at.Sub(m.cfg.Start).Hours() / hoursPerWeek
	u := clamp(week / float64(m.cfg.Weeks))
	base := func(role string) float64 {
		r := m.data.byID[role]
		if r == nil {
			return 0
		}
		s := r.Mix[skill]
		return s.from + m.script.Drift*u*(s.to-s.from)
	}
	p := base(role)
	if c := m.script.Convergence; slices.Contains(c.Roles, role) {
		mean := 0.0
		for _, q := range c.Roles {
			mean += base(q) / float64(len(c.Roles))
		}
		p += c.By * u * (mean - p)
	}
	for _, f := range m.script.Fades {
		if f.Skill == skill {
			p *= 1 - (1-f.Left)*ramp(week, f.Week, f.Ramp)
		}
	}
	for _, b := range m.script.Skills {
		if b.Skill == skill {
			p += b.Shares[role] * ramp(week, b.Week, b.Ramp)
		}
	}
	return clamp(p)
}

// shareAt is Share at one employer: p + a taste p (1 - p), where the employer's a for the skill is
// uniform on [-1, 1], so that the mean over employers is p and no share leaves [0, 1].
func (m *Market) shareAt(e *employer, role, skill string, at time.Time) float64 {
	p := m.Share(role, skill, at)
	return p + m.script.Taste*e.taste[skill]*p*(1-p)
}

const hoursPerWeek = 7 * 24

func ramp(week float64, from, length int) float64 {
	return clamp((week - float64(from)) / math.Max(1, float64(length)))
}

func clamp(x float64) float64 { return math.Min(1, math.Max(0, x)) }
