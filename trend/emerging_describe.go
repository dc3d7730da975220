package trend

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
)

const (
	typicalMax, typicalMin, typicalShare = 10, 3, 0.1 // skills: how many, of how many vacancies, and of what share
	employersShown, examplesShown        = 10, 5
	// nearestMin is how many vacancies a role has, whose shares of skills mean something.
	nearestMin = 20
)

// describe says what a cluster's vacancies have in common. Labels of skills are filled in later.
func describe(terms []Term, chosen, cluster []int, rows []startRow, background []roleRow) Category {
	c := Category{Skills: []Named{}, Employers: []Named{}, Examples: []Example{}}
	members := make([]Term, len(cluster))
	for i, k := range cluster {
		members[i] = terms[chosen[k]]
	}
	lead := leadOf(members)
	c.Lead, c.Name = lead.TermID, lead.Label
	slices.SortStableFunc(members, func(x, y Term) int {
		return cmp.Or(bySide(y.TermID == c.Lead, x.TermID == c.Lead), cmp.Compare(x.P, y.P), cmp.Compare(x.Family, y.Family), cmp.Compare(x.Key, y.Key))
	})
	for _, m := range members {
		c.Members = append(c.Members, m.TermID)
	}
	in := map[uint64]bool{}
	for _, k := range cluster {
		in[uint64(k+1)] = terms[chosen[k]].Passes // those that no longer rise do not say what rises
	}
	var own []startRow
	for _, r := range rows {
		if slices.ContainsFunc(r.Terms, func(t uint64) bool { return in[t] }) {
			own = append(own, r)
		}
	}
	c.Vacancies = len(own)
	c.Employers, c.Examples = employersOf(own), examplesOf(own)
	c.Pay = payOf(own)
	shares := map[string]float64{}
	for _, r := range own {
		for _, s := range r.Skills {
			shares[s] += 1 / float64(len(own))
		}
	}
	c.Skills = typical(shares, len(own), background)
	c.NearestRole, c.Nearness = nearest(shares, background)
	return c
}

func bySide(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// leadOf is the term that a category is named after: of its titles the longest with most of the employers of the
// most frequent one; else the skill or phrase with most employers, one in all roles before one in a role.
func leadOf(members []Term) Term {
	most := uint64(0)
	rank := func(t Term) int {
		return slices.Index([]Family{FamilyRoleSkill, FamilyPhrase, FamilySkill, FamilyTitle}, t.Family)
	}
	rising := slices.DeleteFunc(slices.Clone(members), func(t Term) bool { return !t.Passes })
	best := slices.MaxFunc(rising, func(x, y Term) int { return cmp.Compare(rank(x), rank(y)) }).Family
	for _, t := range rising {
		if t.Family == best {
			most = max(most, t.Employers)
		}
	}
	words := func(t Term) int {
		if t.Family != FamilyTitle || float64(t.Employers) < namedMin*float64(most) {
			return 0
		}
		return 1 + strings.Count(t.Label, " ")
	}
	return slices.MaxFunc(slices.DeleteFunc(rising, func(t Term) bool { return t.Family != best }), func(x, y Term) int {
		return cmp.Or(cmp.Compare(words(x), words(y)), cmp.Compare(x.Employers, y.Employers), cmp.Compare(y.P, x.P), cmp.Compare(y.Key, x.Key))
	})
}

func employersOf(rows []startRow) []Named {
	counts := map[string]*Named{}
	for _, r := range rows {
		if counts[r.Employer] == nil {
			counts[r.Employer] = &Named{ID: r.Employer, Label: r.Company}
		}
		counts[r.Employer].Vacancies++
	}
	out := []Named{}
	for _, id := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, *counts[id])
	}
	slices.SortStableFunc(out, func(x, y Named) int { return cmp.Compare(y.Vacancies, x.Vacancies) })
	return out[:min(len(out), employersShown)]
}

// examplesOf are the newest, of different employers.
func examplesOf(rows []startRow) []Example {
	out, seen := []Example{}, map[string]bool{}
	for _, r := range rows {
		if !seen[r.Employer] && len(out) < examplesShown {
			seen[r.Employer] = true
			out = append(out, Example{r.PostingID, r.VacancyID, r.Title, r.Company, r.Source, r.Board, r.FirstSeen.UTC()})
		}
	}
	return out
}

func payOf(rows []startRow) *Pay {
	stated := map[string][]float64{}
	for _, r := range rows {
		if r.Currency != "" && r.PayLow+r.PayHigh > 0 {
			low, high := cmp.Or(r.PayLow, r.PayHigh), cmp.Or(r.PayHigh, r.PayLow)
			stated[r.Currency] = append(stated[r.Currency], (low+high)/2)
		}
	}
	var out *Pay
	for _, currency := range slices.Sorted(maps.Keys(stated)) {
		v := stated[currency]
		if len(v) < typicalMin || out != nil && out.Vacancies >= len(v) {
			continue
		}
		slices.Sort(v)
		at := func(q float64) float64 { return v[max(0, int(math.Ceil(q*float64(len(v))))-1)] }
		out = &Pay{currency, len(v), at(.25), at(.5), at(.75)}
	}
	return out
}

// typical are the skills whose share is largest beside that of all vacancies.
func typical(shares map[string]float64, vacancies int, background []roleRow) []Named {
	all, total := map[string]float64{}, 0.0
	for _, r := range background {
		total += float64(r.Vacancies)
		for i, s := range r.Skills {
			all[s] += float64(r.Mentioning[i])
		}
	}
	out := []Named{}
	for _, s := range slices.Sorted(maps.Keys(shares)) {
		n := int(math.Round(shares[s] * float64(vacancies)))
		if n >= typicalMin && shares[s] >= typicalShare && all[s] > 0 {
			out = append(out, Named{ID: s, Label: s, Vacancies: n, Lift: shares[s] / (all[s] / total)})
		}
	}
	slices.SortStableFunc(out, func(x, y Named) int { return cmp.Compare(y.Lift, x.Lift) })
	return out[:min(len(out), typicalMax)]
}

// nearest is the role with the likest shares of skills.
func nearest(shares map[string]float64, background []roleRow) (role string, cosine float64) {
	square := 0.0
	for _, v := range shares {
		square += v * v
	}
	for _, r := range background {
		if r.Role == "" || r.Vacancies < nearestMin {
			continue
		}
		dot, own := 0.0, 0.0
		for i, s := range r.Skills {
			v := float64(r.Mentioning[i]) / float64(r.Vacancies)
			dot, own = dot+v*shares[s], own+v*v
		}
		if c := dot / math.Sqrt(own*square); c > cosine {
			role, cosine = r.Role, c
		}
	}
	return role, cosine
}
