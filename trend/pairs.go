package trend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rolescope/rolescope/trend/measure"
)

// RolePairsVersion is raised by hand when RolePairs or a measure it uses gives other values for the same
// counts: what is stored of them is then computed again.
const RolePairsVersion = "1"

// Why a pair of roles has no interval.
const (
	fewEmployers = "a role has fewer than ten employers"
	noInterval   = "the interval is undefined, as where few employers have most of the vacancies"
)

// pairLevel is the nominal coverage of the intervals that are stored.
const pairLevel = 0.95

// sizesAt are the n at which roles are compared: the largest of which each role has twice as many.
var sizesAt = []int{50, 20, 10, 5}

// RolePair is how alike two roles are in one month: on all boards, among all roles that have a vacancy. What
// is undefined is nil. It has the fields of store.Similarity.
type RolePair struct {
	Basis           string // active, new or claimed
	RoleA, RoleB    string // in the order of the alphabet
	VacanciesA      uint32
	VacanciesB      uint32
	EmployersA      uint32
	EmployersB      uint32
	SharedSkills    uint32 // that vacancies of both mention; at least 1
	Cosine          *float64
	CosineLow       *float64
	CosineHigh      *float64
	WeightedJaccard float64
	JaccardN        uint32 // n of the next four; 0 without
	JaccardAtN      *float64
	JaccardSelfA    *float64
	JaccardSelfB    *float64
	JaccardRelative *float64
	Divergence      *float64
	SetJaccard      *float64
	Overlap         *float64
	Suppressed      string // why there is no interval; empty when there is one
}

type pairRow struct {
	Role      string   `ch:"role"`
	Employer  string   `ch:"employer"`
	Active    uint64   `ch:"active_vacancies"`
	New       uint64   `ch:"new_vacancies"`
	Claimed   uint64   `ch:"claimed_vacancies"`
	IDs       []string `ch:"ids"`
	InActive  []uint64 `ch:"in_active"`
	InNew     []uint64 `ch:"in_new"`
	InClaimed []uint64 `ch:"in_claimed"`
}

// sized is a role with its sums: pooled is one cell of all employers.
type sized struct {
	name      string
	role      measure.Role
	pooled    measure.Role
	vacancies uint32
	employers uint32
}

// RolePairs compares all pairs of roles that share a skill in one month of one tagger version's rollups, on
// every basis, in the order of their names.
func RolePairs(ctx context.Context, q Querier, taggerVersion string, month time.Time) ([]RolePair, error) {
	text, err := files.ReadFile("sql/role_pairs.sql")
	if err != nil {
		return nil, fmt.Errorf("read question: %w", err)
	}
	var rows []pairRow
	err = q.Select(ctx, &rows, string(text), map[string]string{
		"tagger_version": taggerVersion, "month": month.Format(time.DateOnly), "rows_max": fmt.Sprint(rowsMax),
	})
	if err != nil {
		return nil, fmt.Errorf("ask role_pairs: %w", err)
	}
	if len(rows) == rowsMax {
		return nil, ErrTooLarge
	}
	index := map[string]int{}
	for _, r := range rows {
		for _, id := range r.IDs {
			index[id] = 0
		}
	}
	for i, id := range slices.Sorted(maps.Keys(index)) {
		index[id] = i
	}
	var out []RolePair
	for _, of := range []struct {
		basis string
		of    func(*pairRow) (uint64, []uint64)
	}{
		{"active", func(r *pairRow) (uint64, []uint64) { return r.Active, r.InActive }},
		{"new", func(r *pairRow) (uint64, []uint64) { return r.New, r.InNew }},
		{"claimed", func(r *pairRow) (uint64, []uint64) { return r.Claimed, r.InClaimed }},
	} {
		out = append(out, pairsOf(of.basis, rolesOf(rows, index, of.of))...)
	}
	return out, nil
}

// rolesOf are the roles of rows that are sorted by them.
func rolesOf(rows []pairRow, index map[string]int, of func(*pairRow) (uint64, []uint64)) []sized {
	var out []sized
	for i := range rows {
		n, mentioning := of(&rows[i])
		if n == 0 {
			continue
		}
		if len(out) == 0 || out[len(out)-1].name != rows[i].Role {
			out = append(out, sized{name: rows[i].Role})
		}
		s := &out[len(out)-1]
		cell := measure.Cell{Employer: rows[i].Employer, Vacancies: int(n)}
		for j, id := range rows[i].IDs {
			if mentioning[j] > 0 {
				cell.Counts = append(cell.Counts, measure.Count{Skill: index[id], N: int(mentioning[j])})
			}
		}
		s.role = append(s.role, cell)
		s.vacancies, s.employers = s.vacancies+uint32(n), s.employers+1
	}
	for i := range out {
		out[i].pooled = pooled(out[i].role, out[i].vacancies)
	}
	return out
}

// pooled is a role as one cell: what does not depend on employers is computed from it, of the same sums.
func pooled(r measure.Role, vacancies uint32) measure.Role {
	sums := map[int]int{}
	for _, cell := range r {
		for _, c := range cell.Counts {
			sums[c.Skill] += c.N
		}
	}
	one := measure.Cell{Vacancies: int(vacancies)}
	for _, skill := range slices.Sorted(maps.Keys(sums)) {
		one.Counts = append(one.Counts, measure.Count{Skill: skill, N: sums[skill]})
	}
	return measure.Role{one}
}

func pairsOf(basis string, roles []sized) []RolePair {
	var all []measure.Role
	for _, r := range roles {
		all = append(all, r.pooled)
	}
	var out []RolePair
	for i, a := range roles {
		for _, b := range roles[i+1:] {
			if shared := sharedSkills(a.pooled, b.pooled); shared > 0 {
				p := pairOf(a, b, all)
				p.Basis, p.SharedSkills = basis, shared
				out = append(out, p)
			}
		}
	}
	return out
}

func sharedSkills(a, b measure.Role) (n uint32) {
	in := map[int]bool{}
	for _, c := range a[0].Counts {
		in[c.Skill] = true
	}
	for _, c := range b[0].Counts {
		if in[c.Skill] {
			n++
		}
	}
	return n
}

func pairOf(a, b sized, all []measure.Role) RolePair {
	p := RolePair{
		RoleA: a.name, RoleB: b.name, VacanciesA: a.vacancies, VacanciesB: b.vacancies,
		EmployersA: a.employers, EmployersB: b.employers, Suppressed: noInterval,
	}
	if value, ok := measure.Cosine(a.pooled, b.pooled); ok {
		p.Cosine = &value
	}
	if min(a.employers, b.employers) < measure.EmployersMin {
		p.Suppressed = fewEmployers
	} else if _, interval, ok := measure.CosineInterval(a.role, b.role, pairLevel); ok {
		p.CosineLow, p.CosineHigh, p.Suppressed = &interval.Low, &interval.High, ""
	}
	p.WeightedJaccard, _ = measure.WeightedJaccard(a.pooled, b.pooled)
	for _, n := range sizesAt {
		if j, ok := measure.JaccardAt(a.pooled, b.pooled, n); ok {
			p.JaccardN, p.JaccardAtN, p.JaccardSelfA, p.JaccardSelfB, p.JaccardRelative = uint32(n), &j.Pair, &j.SelfA, &j.SelfB, &j.Relative
			break
		}
	}
	if d, _, ok := measure.Divergence(a.pooled, b.pooled); ok {
		p.Divergence = &d
	}
	if jaccard, overlap, ok := measure.SetSimilarity(a.pooled, b.pooled, all); ok {
		p.SetJaccard, p.Overlap = &jaccard, &overlap
	}
	return p
}
