package trend

import (
	"context"
	"time"
)

// SkillsQuestion asks which skills a role's vacancies mention, per period.
type SkillsQuestion struct {
	Filter
}

// SkillsRow is one skill of one role in one period.
type SkillsRow struct {
	Period     time.Time `json:"period" ch:"period"` // its first day
	Role       string    `json:"role" ch:"role"`
	Skill      string    `json:"skill" ch:"skill"`
	Mentioning uint64    `json:"mentioning" ch:"mentioning"` // vacancies that mention the skill
	Total      uint64    `json:"total" ch:"total"`           // vacancies of the role
	Share      float64   `json:"share" ch:"-"`               // Mentioning / Total, 0 to 1
	BelowFloor bool      `json:"below_floor" ch:"-"`         // Total is below Floor: not a share to show
}

// SkillsAnswer is the answer to a SkillsQuestion, by period, role and falling share. Skills that
// nobody mentions in a period have no row there.
type SkillsAnswer struct {
	Audit
	Rows []SkillsRow `json:"rows"`
}

// Skills answers a SkillsQuestion (metric M1 of the literature: the share of vacancies, never raw
// counts, because the set of crawled boards changes).
func Skills(ctx context.Context, q Querier, question SkillsQuestion) (SkillsAnswer, error) {
	a := SkillsAnswer{Rows: []SkillsRow{}}
	var err error
	if a.Audit, err = ask(ctx, q, &a.Rows, "skills.sql", question.Filter, nil); err != nil {
		return a, err
	}
	for i, r := range a.Rows {
		a.Rows[i].Share, a.Rows[i].BelowFloor = float64(r.Mentioning)/float64(r.Total), r.Total < Floor
	}
	return a, nil
}
