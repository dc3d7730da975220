package onset

import (
	"cmp"
	"math"
	"slices"
)

// Key is a term: a title, a skill, or a skill in a role.
type Key struct {
	Family     Family
	Term, Role int // Role is -1 but for RoleSkill
}

// Rule is how a detector decides. Its zero value is not useful; see Standard.
type Rule struct {
	Recent, Gap, Base int     // weeks
	Ratio             float64 // that p tests against
	Q                 float64
	CandidateMin      int     // x1 + x0
	EmployersMin      int     // distinct ones in the recent window
	KnownMax          float64 // share of the base window above which a term was known before
	Persist           int     // consecutive weeks
	Phi               func(dispersions []float64) float64
}

// Standard is the detector's rule.
func Standard() Rule {
	return Rule{Recent: 4, Gap: 8, Base: 26, Ratio: 2, Q: 0.05, CandidateMin: 5, EmployersMin: 5, KnownMax: 0.005, Persist: 2, Phi: MedianPhi}
}

// phiMin is what a dispersion has to be at least, to count: dividing a few counts by a little more than one costs one.
const phiMin = 1.1

// MedianPhi is the median dispersion, and 1 below phiMin.
func MedianPhi(d []float64) float64 {
	if len(d) == 0 {
		return 1
	}
	slices.Sort(d)
	if phi := (d[(len(d)-1)/2] + d[len(d)/2]) / 2; phi >= phiMin {
		return phi
	}
	return 1
}

// Series is what a term's employers did: for each week those that mention it, sorted, each once.
type Series struct {
	Key   Key
	Weeks [][]int
}

// Counted is a market as a detector sees it.
type Counted struct {
	Weeks   int
	Sources []int // of each employer
	Terms   []Series
	All     map[int][]int   // role to employer-weeks a week; -1 for any
	Present map[int][][]int // role to the employers of each week
}

// Count reads a market's vacancies.
func Count(m *Market) *Counted {
	c := &Counted{Weeks: m.Weeks, All: map[int][]int{}, Present: map[int][][]int{}}
	for _, e := range m.Employers {
		c.Sources = append(c.Sources, e.Source)
	}
	index := map[Key]int{}
	add := func(k Key, v Vacancy) {
		i, ok := index[k]
		if !ok {
			i = len(c.Terms)
			index[k] = i
			c.Terms = append(c.Terms, Series{Key: k, Weeks: make([][]int, m.Weeks)})
		}
		w := &c.Terms[i].Weeks[v.Week]
		if n := len(*w); n == 0 || (*w)[n-1] != v.Employer { // vacancies are sorted by week and employer
			*w = append(*w, v.Employer)
		}
	}
	last := map[int][2]int{}
	any := func(role int, v Vacancy) {
		if c.All[role] == nil {
			c.All[role], c.Present[role] = make([]int, m.Weeks), make([][]int, m.Weeks)
		}
		if seen, ok := last[role]; !ok || seen != [2]int{v.Week, v.Employer} {
			last[role] = [2]int{v.Week, v.Employer}
			c.All[role][v.Week]++
			c.Present[role][v.Week] = append(c.Present[role][v.Week], v.Employer)
		}
	}
	for _, v := range m.Vacancies {
		any(-1, v)
		any(v.Role, v)
		add(Key{Title, v.Title, -1}, v)
		for _, s := range v.Skills {
			add(Key{Skill, s, -1}, v)
			add(Key{RoleSkill, s, v.Role}, v)
		}
	}
	return c
}

// Look is what a detector sees of a term in one week.
type Look struct {
	Term           int // index in Counted.Terms
	X1, N1, X0, N0 int
	Employers      int
	P, Q, Ratio    float64
	Passes         bool // all of the rule but persistence
	Rejected       bool // q alone
}

// Look evaluates all terms of a family at the end of a week: weeks before at are seen. It also gives phi.
func (c *Counted) Look(family Family, at int, r Rule) ([]Look, float64) {
	recent, base := [2]int{at - r.Recent, at}, [2]int{at - r.Recent - r.Gap - r.Base, at - r.Recent - r.Gap}
	var looks []Look
	var dispersions []float64
	for i, t := range c.Terms {
		if t.Key.Family != family {
			continue
		}
		l := Look{Term: i}
		all := c.All[t.Key.Role]
		l.X1, l.N1 = t.sum(recent), sum(all[recent[0]:recent[1]])
		l.X0, l.N0 = t.sum(base), sum(all[base[0]:base[1]])
		if d, ok := t.dispersion(all, base, l.X0, l.N0); ok {
			dispersions = append(dispersions, d)
		}
		if l.X1+l.X0 >= r.CandidateMin {
			looks = append(looks, l)
		}
	}
	phi := r.Phi(dispersions)
	for i := range looks {
		l := &looks[i]
		x1, x0 := int(float64(l.X1)/phi), int(math.Ceil(float64(l.X0)/phi))
		n1, n0 := float64(l.N1), float64(l.N0)
		l.P = binomialTail(x1, x1+x0, r.Ratio*n1/(r.Ratio*n1+n0))
		l.Ratio = (float64(l.X1) + 0.5) / n1 / ((float64(l.X0) + 0.5) / n0)
	}
	slices.SortFunc(looks, func(a, b Look) int { return cmp.Or(cmp.Compare(a.P, b.P), a.Term-b.Term) })
	q := 1.0
	for i := len(looks) - 1; i >= 0; i-- {
		q = min(q, looks[i].P*float64(len(looks))/float64(i+1))
		looks[i].Q = q
	}
	for i := range looks {
		l := &looks[i]
		if l.Rejected = l.Q < r.Q; !l.Rejected {
			continue
		}
		employers, sources := map[int]bool{}, map[int]bool{}
		for _, w := range c.Terms[l.Term].Weeks[recent[0]:recent[1]] {
			for _, e := range w {
				employers[e], sources[c.Sources[e]] = true, true
			}
		}
		l.Employers = len(employers)
		l.Passes = l.Employers >= r.EmployersMin && len(sources) >= 2 && float64(l.X0) <= max(float64(r.CandidateMin), r.KnownMax*float64(l.N0))
	}
	return looks, phi
}

// dispersionMin is how many employer-weeks a term needs for its dispersion to say something: one a week.
const dispersionMin = 1.0

// dispersion is Pearson's, over the weeks of the base window.
func (t Series) dispersion(all []int, base [2]int, x, n int) (float64, bool) {
	weeks := base[1] - base[0]
	if float64(x) < dispersionMin*float64(weeks) || n == 0 {
		return 0, false
	}
	chi := 0.0
	for w := base[0]; w < base[1]; w++ {
		if all[w] == 0 {
			continue
		}
		p := float64(x) / float64(n)
		e := p * float64(all[w])
		chi += (float64(len(t.Weeks[w])) - e) * (float64(len(t.Weeks[w])) - e) / (e * (1 - p))
	}
	return chi / float64(weeks-1), true
}

func (t Series) sum(span [2]int) (n int) {
	for _, w := range t.Weeks[span[0]:span[1]] {
		n += len(w)
	}
	return n
}

func sum(xs []int) (n int) {
	for _, x := range xs {
		n += x
	}
	return n
}

// binomialTail is P(Bin(n, p) >= x): its terms from x on, each from the one before, until they do not count.
func binomialTail(x, n int, p float64) float64 {
	if x <= 0 || p >= 1 {
		return 1
	}
	lg := func(a int) float64 { v, _ := math.Lgamma(float64(a) + 1); return v }
	term := math.Exp(lg(n) - lg(x) - lg(n-x) + float64(x)*math.Log(p) + float64(n-x)*math.Log1p(-p))
	total, odds := 0.0, p/(1-p)
	for k := x; k <= n; k++ {
		total += term
		term *= float64(n-k) / float64(k+1) * odds
		if float64(k) > float64(n)*p && term < 1e-18*total {
			break
		}
	}
	return min(1, total)
}

// Coarser joins so many weeks to one unit: what a board that is looked at once a month shows.
func (c *Counted) Coarser(weeks int) *Counted {
	out := &Counted{Weeks: c.Weeks / weeks, Sources: c.Sources, All: map[int][]int{}, Terms: make([]Series, len(c.Terms))}
	join := func(of [][]int) [][]int {
		units := make([][]int, out.Weeks)
		for i := range units {
			all := slices.Concat(of[i*weeks : (i+1)*weeks]...)
			slices.Sort(all)
			units[i] = slices.Compact(all)
		}
		return units
	}
	for i, t := range c.Terms {
		out.Terms[i] = Series{t.Key, join(t.Weeks)}
	}
	for role, of := range c.Present {
		for _, u := range join(of) {
			out.All[role] = append(out.All[role], len(u))
		}
	}
	return out
}
