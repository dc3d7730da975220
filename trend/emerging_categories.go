package trend

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// overlapMin of the smaller term's vacancies also mention the other, when two terms are of one category.
	overlapMin = 0.5
	// largerMin of the larger term's do as well, when one of the two no longer rises: else whatever asks for what
	// everybody asks for by now would be taken for a part of it.
	largerMin = 0.2
	// namedMin of the employers that the most frequent title of a category has are enough for a longer one to name it.
	namedMin = 2.0 / 3
)

type startRow struct {
	VacancyID string    `ch:"vacancy_id"`
	PostingID string    `ch:"posting_id"`
	Source    string    `ch:"source"`
	Board     string    `ch:"board"`
	Employer  string    `ch:"employer"`
	Company   string    `ch:"company"`
	Title     string    `ch:"title"`
	FirstSeen time.Time `ch:"first_seen"`
	Skills    []string  `ch:"skills"`
	Terms     []uint64  `ch:"terms"` // from 1, sorted
	PayLow    float64   `ch:"pay_low"`
	PayHigh   float64   `ch:"pay_high"`
	Currency  string    `ch:"pay_currency"`
}

// categories puts the terms that pass together with each other and with the tracked ones, and describes what comes
// of it. Without a term that passes there is nothing to tell.
func (e *evaluation) categories(ctx context.Context) error {
	out := e.answer
	var chosen []int // indices of Terms
	significant := 0
	for i, t := range out.Terms {
		is := t.Q < EmergingQ && t.Employers >= EmergingEmployers
		if is {
			significant++
		}
		if is || slices.Contains(e.question.Track, t.TermID) && t.X1 > 0 {
			chosen = append(chosen, i)
		}
	}
	if significant == 0 {
		return nil
	}
	rows, err := e.mentioning(ctx, chosen)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(out.Terms, func(t Term) bool { return t.Passes }) {
		return nil
	}
	if err := e.history(ctx, chosen); err != nil {
		return err
	}
	background, err := e.background(ctx)
	if err != nil {
		return err
	}
	for _, cluster := range clusters(out.Terms, chosen, rows, e.apart) {
		out.Categories = append(out.Categories, describe(out.Terms, chosen, cluster, rows, background))
	}
	slices.SortStableFunc(out.Categories, func(x, y Category) int {
		return cmp.Or(cmp.Compare(e.bestP(x), e.bestP(y)), cmp.Compare(x.Name, y.Name))
	})
	return e.labels(ctx)
}

func (e *evaluation) bestP(c Category) float64 {
	best := 1.0
	for _, t := range e.answer.Terms {
		if slices.Contains(c.Members, t.TermID) {
			best = min(best, t.P)
		}
	}
	return best
}

// mentioning are the new vacancies of the recent window that mention the terms, which decide whether they pass.
func (e *evaluation) mentioning(ctx context.Context, chosen []int) (rows []startRow, err error) {
	out, names := e.answer, make([]TermID, len(chosen))
	for i, c := range chosen {
		names[i] = out.Terms[c].TermID
	}
	params := e.windowParams()
	params["terms"] = joined(names)
	if err := e.run(ctx, &rows, "emerging_vacancies", params); err != nil {
		return nil, err
	}
	if len(rows) == rowsMax {
		return nil, ErrTooLarge
	}
	for i, c := range chosen {
		sources, boards := map[string]bool{}, map[string]bool{}
		for _, r := range rows {
			if slices.Contains(r.Terms, uint64(i+1)) {
				sources[r.Source], boards[r.Source+"\t"+r.Board] = true, true
			}
		}
		t := &out.Terms[c]
		t.Sources, t.Boards = uint64(len(sources)), uint64(len(boards))
		e.pass(t)
	}
	return rows, nil
}

// history finds out since when the terms are mentioned, and how they are spelt.
func (e *evaluation) history(ctx context.Context, chosen []int) error {
	out := e.answer
	lines := make([]string, len(chosen))
	for i, c := range chosen {
		lines[i] = out.Terms[c].TermID.String()
	}
	var rows []struct {
		Family   string    `ch:"family"`
		Term     string    `ch:"term"`
		First    time.Time `ch:"seen_first"`
		Since    time.Time `ch:"since"`
		Before   uint64    `ch:"mentioned_before"`
		Spelling string    `ch:"spelling"`
	}
	err := e.run(ctx, &rows, "emerging_first", map[string]string{
		"terms": strings.Join(lines, "\n"), "base_from": out.Base.From.Format(time.DateOnly), "until": out.At.Format(time.DateOnly), "rows_max": fmt.Sprint(rowsMax),
	})
	if err != nil {
		return err
	}
	for _, r := range rows {
		i := slices.IndexFunc(out.Terms, func(t Term) bool { return t.TermID == TermID{Family(r.Family), r.Term} })
		if i < 0 {
			continue
		}
		t := &out.Terms[i]
		t.FirstSeen, t.Since, t.Before, t.Label = r.First.UTC(), r.Since.UTC(), r.Before, r.Spelling
		switch {
		case t.Before > 0:
			t.Class = Surging
		case e.from.After(t.Since.AddDate(-1, 0, 0)):
			t.Class = Unwatched
		default:
			t.Class = Novel
		}
	}
	return nil
}

// roleRow is what new vacancies of a role mention.
type roleRow struct {
	Role       string   `ch:"role"`
	Vacancies  uint64   `ch:"vacancies"`
	Skills     []string `ch:"skills"`
	Mentioning []uint64 `ch:"mentioning"`
}

func (e *evaluation) background(ctx context.Context) (rows []roleRow, err error) {
	w := e.windowParams()
	err = e.run(ctx, &rows, "emerging_roles", map[string]string{"base_from": w["base_from"], "recent_to": w["recent_to"], "rows_max": w["rows_max"]})
	return rows, err
}

// labels names skills.
func (e *evaluation) labels(ctx context.Context) error {
	out, ids := e.answer, map[string]bool{}
	for _, t := range out.Terms {
		ids[t.Skill] = true
	}
	for _, c := range out.Categories {
		for _, s := range c.Skills {
			ids[s.ID] = true
		}
	}
	var rows []struct {
		Skill string `ch:"skill"`
		Label string `ch:"label"`
	}
	err := e.run(ctx, &rows, "emerging_labels", map[string]string{"skills": strings.Join(slices.Sorted(maps.Keys(ids)), "\n"), "rows_max": fmt.Sprint(rowsMax)})
	if err != nil {
		return err
	}
	named := map[string]string{}
	for _, r := range rows {
		named[r.Skill] = r.Label
	}
	for i := range out.Terms {
		if t := &out.Terms[i]; t.Skill != "" {
			t.Label = cmp.Or(named[t.Skill], t.Skill)
			if t.Role != "" {
				t.Label += " in " + t.Role
			}
		}
	}
	for i := range out.Categories {
		c := &out.Categories[i]
		for k := range c.Skills {
			c.Skills[k].Label = cmp.Or(named[c.Skills[k].ID], c.Skills[k].ID)
		}
		for _, t := range out.Terms {
			if t.TermID == c.Lead {
				c.Name = t.Label
			}
		}
	}
	return nil
}

// apart reports whether two terms may not be of one category, because one of them has risen before: Docker is not a
// part of Go because those who asked for it first asked for both.
func (e *evaluation) apart(x, y TermID) bool {
	return slices.Contains(e.question.Settled, x) != slices.Contains(e.question.Settled, y) && !sameThing(x, y)
}

// sameThing reports whether a term's name is all of the other's or, of two titles, a part of it: "reliability
// engineer" and "agent reliability engineer", the title "react", the skill React, and React in a role.
func sameThing(x, y TermID) bool {
	a, b := x.name(), y.name()
	if x.Family == FamilyTitle && y.Family == FamilyTitle {
		return strings.Contains(a, b) || strings.Contains(b, a)
	}
	return a == b
}

// name is a term's key as titles are written in keys; of a skill in a role the skill's.
func (t TermID) name() string {
	key := t.Key
	if t.Family == FamilyRoleSkill {
		key = key[strings.LastIndexByte(key, ' ')+1:]
	}
	return strings.NewReplacer("_", "", "-", "").Replace(key)
}

// clusters are the chosen terms by category, each at least with one that passes. They are numbers of chosen.
func clusters(terms []Term, chosen []int, rows []startRow, apart func(x, y TermID) bool) [][]int {
	n := len(chosen)
	both := make([]int, n*n) // vacancies that mention a and b; on the diagonal all that mention a
	for _, r := range rows {
		for _, a := range r.Terms {
			for _, b := range r.Terms {
				both[int(a-1)*n+int(b-1)]++
			}
		}
	}
	of := make([]int, n)
	for i := range of {
		of[i] = i
	}
	root := func(i int) int {
		for of[i] != i {
			i = of[i]
		}
		return i
	}
	for a := range n {
		for b := range a {
			small, large := min(both[a*n+a], both[b*n+b]), max(both[a*n+a], both[b*n+b])
			shared := float64(both[a*n+b])
			rising := terms[chosen[a]].Passes && terms[chosen[b]].Passes
			if small > 0 && shared >= overlapMin*float64(small) && (rising || shared >= largerMin*float64(large)) && !apart(terms[chosen[a]].TermID, terms[chosen[b]].TermID) {
				of[root(a)] = root(b)
			}
		}
	}
	groups := map[int][]int{}
	for i := range n {
		groups[root(i)] = append(groups[root(i)], i)
	}
	var out [][]int
	for _, first := range slices.Sorted(maps.Keys(groups)) {
		if slices.ContainsFunc(groups[first], func(i int) bool { return terms[chosen[i]].Passes }) {
			out = append(out, groups[first])
		}
	}
	return out
}
