package trend

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Floor is how many vacancies a share needs under it to be shown: of four, one more or less moves it
// by a quarter. What is suppressed says so.
const Floor = 5

// MentionsQuestion asks how many of each role's vacancies mention each skill, or one, per period: the numbers of
// Shares without intervals, ranks and what else needs each employer's, at a fraction of the cost.
type MentionsQuestion struct {
	Scope
	Skill string // id, such as "pytorch"; empty is all
}

// MentionsRow is one skill of one role in one period.
type MentionsRow struct {
	Period     time.Time `json:"period"` // its first day
	Role       string    `json:"role"`
	Skill      string    `json:"skill"`
	Mentioning uint64    `json:"mentioning"` // vacancies that mention the skill
	Vacancies  uint64    `json:"vacancies"`  // of the role
	Share      *float64  `json:"share"`      // Mentioning / Vacancies, 0 to 1; nil when Vacancies is below Floor
	AllBoards  *float64  `json:"all_boards_share"`
}

// MentionsAnswer is the answer to a MentionsQuestion, by period, role and falling number of mentions. Of all
// skills, those that nobody mentions in a period have no row there; of one skill, each role with
// vacancies in a period has a row.
type MentionsAnswer struct {
	Asked
	Skill string        `json:"skill,omitempty"`
	Rows  []MentionsRow `json:"rows"`
}

type mentionsRow struct {
	Period time.Time `ch:"period"`
	Role   string    `ch:"role"`
	Skill  string    `ch:"skill"` // empty: all vacancies of the role
	All    uint64    `ch:"mentioning"`
	Panel  uint64    `ch:"panel_mentioning"`
}

// Mentions answers a MentionsQuestion. By default it is of the latest year, as Shares is.
func Mentions(ctx context.Context, q Querier, question MentionsQuestion) (MentionsAnswer, error) {
	out := MentionsAnswer{Skill: question.Skill, Rows: []MentionsRow{}}
	a, err := question.resolve(ctx, q, defaultMonths)
	if err != nil {
		return out, err
	}
	g, err := a.guards(ctx)
	if err != nil {
		return out, err
	}
	file := map[string]string{"cells_week": "mentions_week", "cells_rollup": "mentions_rollup", "cells": "mentions"}[a.cellsFile()]
	var rows []mentionsRow
	if len(a.periods) > 0 {
		params := a.params()
		params["skill"] = question.Skill
		if err := a.run(ctx, &rows, file, params); err != nil {
			return out, err
		}
	}
	if len(rows) == rowsMax {
		return out, ErrTooLarge
	}
	out.count(rows, g)
	out.Asked = a.done(g, file)
	return out, nil
}

// count turns counts into shares.
func (out *MentionsAnswer) count(rows []mentionsRow, g Guards) {
	type cell struct {
		period int64
		role   string
	}
	of := map[cell]mentionsRow{} // all vacancies
	mentioned := map[cell]bool{}
	for _, r := range rows {
		c := cell{r.Period.Unix(), r.Role}
		if r.Skill == "" {
			of[c] = r
		} else {
			mentioned[c] = true
		}
	}
	for _, r := range rows {
		c := cell{r.Period.Unix(), r.Role}
		if r.Skill == "" && (out.Skill == "" || mentioned[c]) {
			continue
		}
		if r.Skill == "" { // nobody mentions it: a share of zero is not the same as no share
			r.Skill, r.All, r.Panel = out.Skill, 0, 0
		}
		n, row := of[c], MentionsRow{Period: r.Period.UTC(), Role: r.Role, Skill: r.Skill, Mentioning: r.All}
		row.Vacancies, row.AllBoards = n.All, share(r.All, n.All)
		if g.Panel.Applied {
			row.Mentioning, row.Vacancies = r.Panel, n.Panel
		}
		if row.Vacancies == 0 || out.Skill == "" && row.Mentioning == 0 {
			continue // on boards beside the panel only
		}
		row.Share = share(row.Mentioning, row.Vacancies)
		out.Rows = append(out.Rows, row)
	}
	slices.SortFunc(out.Rows, func(x, y MentionsRow) int {
		return cmp.Or(x.Period.Compare(y.Period), cmp.Compare(x.Role, y.Role), cmp.Compare(y.Mentioning, x.Mentioning), cmp.Compare(x.Skill, y.Skill))
	})
}

// share is part / whole, or nil when the whole is below Floor.
func share(part, whole uint64) *float64 {
	if whole < Floor {
		return nil
	}
	s := float64(part) / float64(whole)
	return &s
}
