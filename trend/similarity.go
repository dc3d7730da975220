package trend

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/rolescope/rolescope/trend/measure"
)

// SimilarityQuestion asks how alike roles are in the skills they ask for, in one span: every pair of
// Scope.Roles, or of all roles. Its period is the whole span.
type SimilarityQuestion struct {
	Scope
}

// Pair is how alike two roles are.
type Pair struct {
	RoleA      string      `json:"role_a"`
	RoleB      string      `json:"role_b"`
	VacanciesA int         `json:"vacancies_a"`
	VacanciesB int         `json:"vacancies_b"`
	EmployersA int         `json:"employers_a"`
	EmployersB int         `json:"employers_b"`
	Cosine     Estimate    `json:"cosine"`              // debiased: does not depend on how many vacancies there are
	Jaccard    *float64    `json:"weighted_jaccard"`    // falls with few vacancies: read JaccardAt
	JaccardAt  *JaccardAt  `json:"weighted_jaccard_at"` // nil when a role has too few vacancies
	SetJaccard *float64    `json:"set_jaccard"`
	Overlap    *float64    `json:"overlap"`
	Divergence *float64    `json:"divergence"` // Jensen-Shannon, base 2
	Parts      []SkillPart `json:"parts"`      // of the divergence, by falling value
	AllBoards  *float64    `json:"all_boards_cosine"`
}

// JaccardAt is the weighted Jaccard at a stated number of vacancies, beside that of each role with itself.
type JaccardAt struct {
	N        int     `json:"n"`
	Pair     float64 `json:"pair"`
	SelfA    float64 `json:"self_a"`
	SelfB    float64 `json:"self_b"`
	Relative float64 `json:"relative"` // Pair by the mean of the selves: 1 is as alike as each is to itself
}

// SkillPart is what one skill adds to the divergence of two roles.
type SkillPart struct {
	Skill  string  `json:"skill"`
	Part   float64 `json:"part"`
	ShareA float64 `json:"share_a"`
	ShareB float64 `json:"share_b"`
}

// SimilarityAnswer is the answer to a SimilarityQuestion: pairs by falling cosine, the suppressed last.
type SimilarityAnswer struct {
	Asked
	Headline string `json:"headline,omitempty"`
	Pairs    []Pair `json:"pairs"`
}

// jaccardSizes are the n at which roles are compared: the largest of which each role has twice as many.
var jaccardSizes = []int{50, 20, 10, 5}

// Similarity answers a SimilarityQuestion.
func Similarity(ctx context.Context, q Querier, question SimilarityQuestion) (SimilarityAnswer, error) {
	out := SimilarityAnswer{Pairs: []Pair{}}
	if len(question.Roles) == 1 {
		return out, fmt.Errorf("%w: similarity to what? name two roles, or none for all pairs", ErrQuestion)
	}
	question.Period = Whole
	a, err := question.resolve(ctx, q, defaultMonths)
	if err != nil {
		return out, err
	}
	g, err := a.guards(ctx)
	if err != nil {
		return out, err
	}
	c, err := a.cells(ctx, nil)
	if err != nil {
		return out, err
	}
	out.Pairs = pairs(&g, c, a.Roles)
	out.Asked = a.done(g, a.cellsFile())
	if len(out.Pairs) == 1 && out.Pairs[0].Cosine.Low != nil {
		p := out.Pairs[0]
		out.Headline = fmt.Sprintf("%s and %s: cosine %.2f (%.2f to %.2f)", p.RoleA, p.RoleB, *p.Cosine.Value, *p.Cosine.Low, *p.Cosine.High)
		if p.JaccardAt != nil {
			out.Headline += fmt.Sprintf("; %.0f %% as alike as each is to itself", 100*p.JaccardAt.Relative)
		}
	}
	return out, nil
}

// pairs compares the roles, or all that there are, two by two.
func pairs(g *Guards, c cells, asked []string) []Pair {
	roles := c.of(*g)
	names := slices.Compact(slices.Sorted(slices.Values(asked)))
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(roles))
	}
	var all []measure.Role
	for _, name := range slices.Sorted(maps.Keys(roles)) {
		all = append(all, roles[name])
	}
	value, headline := map[string]bool{}, map[string]bool{}
	for _, name := range names {
		n, employers := size(roles[name])
		value[name], headline[name] = g.allows(name, n, employers)
	}
	out := []Pair{}
	for i, x := range names {
		for _, y := range names[i+1:] {
			switch {
			case value[x] && value[y]:
				out = append(out, c.pair(roles, all, x, y, headline[x] && headline[y]))
			case len(asked) > 0:
				p := Pair{RoleA: x, RoleB: y, Parts: []SkillPart{}}
				p.VacanciesA, p.EmployersA = size(roles[x])
				p.VacanciesB, p.EmployersB = size(roles[y])
				out = append(out, p)
			}
		}
	}
	slices.SortStableFunc(out, func(x, y Pair) int { return cmp.Compare(orLeast(y.Cosine.Value), orLeast(x.Cosine.Value)) })
	return out
}

func orLeast(v *float64) float64 {
	if v == nil {
		return -1
	}
	return *v
}

// pair compares two roles by every measure.
func (c cells) pair(roles map[string]measure.Role, all []measure.Role, x, y string, headline bool) Pair {
	a, b := roles[x], roles[y]
	p := Pair{RoleA: x, RoleB: y, Parts: []SkillPart{}}
	p.VacanciesA, p.EmployersA = size(a)
	p.VacanciesB, p.EmployersB = size(b)
	cosine, ok := measure.Cosine(a, b)
	p.Cosine.Value = certain(cosine, ok)
	if ok && headline {
		value, interval, has := measure.CosineInterval(a, b, Level)
		p.Cosine = estimate(value, true, interval, has)
	}
	p.Jaccard = certain(measure.WeightedJaccard(a, b))
	for _, n := range jaccardSizes {
		if j, ok := measure.JaccardAt(a, b, n); ok {
			p.JaccardAt = &JaccardAt{N: n, Pair: j.Pair, SelfA: j.SelfA, SelfB: j.SelfB, Relative: j.Relative}
			break
		}
	}
	if jaccard, overlap, ok := measure.SetSimilarity(a, b, all); ok {
		p.SetJaccard, p.Overlap = &jaccard, &overlap
	}
	if total, parts, ok := measure.Divergence(a, b); ok {
		p.Divergence = &total
		inA, inB := mentions(a), mentions(b)
		for _, part := range parts {
			p.Parts = append(p.Parts, SkillPart{
				c.skills[part.Skill], part.Value,
				float64(inA[part.Skill]) / float64(p.VacanciesA), float64(inB[part.Skill]) / float64(p.VacanciesB),
			})
		}
	}
	p.AllBoards = certain(measure.Cosine(c.all[x], c.all[y]))
	return p
}
