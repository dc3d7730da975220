package trend

import (
	"context"
	"fmt"
	"time"
)

// Floor is how many vacancies a share needs under it to be shown: of four, one more or less moves it
// by a quarter. What is suppressed says so.
const Floor = 5

// SkillQuestion asks what share of each role's vacancies mention one skill, per period.
type SkillQuestion struct {
	Filter
	Skill string // id, such as "pytorch"
}

// SkillRow is one role in one period.
type SkillRow struct {
	Period     time.Time `json:"period" ch:"period"` // its first day
	Role       string    `json:"role" ch:"role"`
	Mentioning uint64    `json:"mentioning" ch:"mentioning"` // vacancies that mention the skill
	Total      uint64    `json:"total" ch:"total"`           // vacancies of the role
	Share      *float64  `json:"share" ch:"-"`               // Mentioning / Total, 0 to 1; nil when Total is below Floor
}

// SkillAnswer is the answer to a SkillQuestion, by period and role. A role without vacancies in a
// period has no row there.
type SkillAnswer struct {
	Audit
	Skill string     `json:"skill"`
	Floor int        `json:"floor"`
	Rows  []SkillRow `json:"rows"`
}

// Skill answers a SkillQuestion.
func Skill(ctx context.Context, q Querier, question SkillQuestion) (SkillAnswer, error) {
	a := SkillAnswer{Skill: question.Skill, Floor: Floor, Rows: []SkillRow{}}
	if question.Skill == "" {
		return a, fmt.Errorf("%w: which skill?", ErrQuestion)
	}
	var err error
	if a.Audit, err = ask(ctx, q, &a.Rows, "skill.sql", question.Filter, map[string]string{"skill": question.Skill}); err != nil {
		return a, err
	}
	for i, r := range a.Rows {
		a.Rows[i].Share = share(r.Mentioning, r.Total)
	}
	return a, nil
}

// share is part / whole, or nil when the whole is below Floor.
func share(part, whole uint64) *float64 {
	if whole < Floor {
		return nil
	}
	s := float64(part) / float64(whole)
	return &s
}
