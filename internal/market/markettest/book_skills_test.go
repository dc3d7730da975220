package markettest_test

import (
	"maps"
	"math"
	"slices"
	"testing"
)

// pair is two names: a role and a skill, two skills, a role and a month.
type pair [2]string

func bookOpenAndNew(_ *testing.T, f filled) []row {
	open, employers, fresh := map[pair]map[int]bool{}, map[pair]map[string]bool{}, map[pair]int{}
	for _, j := range f.jobs() {
		for _, m := range j.months() {
			count(open, pair{m, j.role()}, j.id)
			count(employers, pair{m, j.role()}, j.employer())
		}
		if !j.censored() {
			fresh[pair{day(monthOf(j.first())), j.role()}]++
		}
	}
	var out []row
	for k, ids := range open {
		out = append(out, row{"month": k[0], "role": k[1], "open_vacancies": len(ids), "new_vacancies": fresh[k], "employers": len(employers[k])})
	}
	return sorted(out, "month", "role")
}

// bookShares computes the interval from every employer's own counts, those with none included.
func bookShares(t *testing.T, f filled) []row {
	from := f.cut().AddDate(0, 0, -365)
	n := map[string]map[string]int{}        // by role and employer
	x := map[pair]map[string]int{}          // by role, skill and employer
	intervals, out := 0, map[string][]row{} // by role
	for _, j := range f.ofRoles() {
		open := false
		for _, l := range j.lives {
			for _, s := range l.Stays {
				open = open || !s.Last.Before(from)
			}
		}
		if !open {
			continue
		}
		if n[j.role()] == nil {
			n[j.role()] = map[string]int{}
		}
		n[j.role()][j.employer()]++
		for s := range j.skills {
			k := pair{j.role(), s}
			if x[k] == nil {
				x[k] = map[string]int{}
			}
			x[k][j.employer()]++
		}
	}
	for k, asking := range x {
		sumX, sumN := 0, 0
		for e, size := range n[k[0]] {
			sumX, sumN = sumX+asking[e], sumN+size
		}
		p, squares, m := share(sumX, sumN), 0.0, float64(len(n[k[0]]))
		for e, size := range n[k[0]] {
			squares += math.Pow(float64(asking[e])-p*float64(size), 2)
		}
		r := row{"role": k[0], "skill": k[1], "asking": sumX, "vacancies": sumN, "employers": len(n[k[0]]), "share": round(p, 4), "low": nil, "high": nil}
		if m >= 10 {
			half := 2.262 * math.Sqrt(squares*m/(m-1)) / float64(sumN)
			r["low"], r["high"] = round(max(0, p-half), 4), round(min(1, p+half), 4)
			intervals++
		}
		out[k[0]] = append(out[k[0]], r)
	}
	if intervals == 0 {
		t.Error("no role has ten employers: no interval is tested")
	}
	var all []row
	for _, rows := range out {
		all = append(all, sorted(rows, "-asking", "skill")[:min(10, len(rows))]...)
	}
	return sorted(all, "role", "-asking", "skill")
}

func bookFirstMonth(t *testing.T, f filled) []row {
	byRole, asked := map[string][]job{}, map[pair][]job{}
	for _, j := range f.jobs() {
		byRole[j.role()] = append(byRole[j.role()], j)
		for s := range j.skills {
			asked[pair{j.role(), s}] = append(asked[pair{j.role(), s}], j)
		}
	}
	var out []row
	for k, jobs := range asked {
		if slices.ContainsFunc(jobs, job.censored) {
			continue
		}
		first := slices.MinFunc(jobs, func(a, b job) int { return a.first().Compare(b.first()) }).first()
		without, employers := 0, map[string]bool{}
		for _, j := range byRole[k[0]] {
			if !j.censored() && j.first().Before(first) {
				without++
			}
		}
		for _, j := range jobs {
			employers[j.employer()] = true
		}
		for _, birth := range f.Script().Skills {
			if birth.Skill == k[1] && first.Before(f.Week(birth.Week)) {
				t.Errorf("%s was asked for on %s, before it was born", birth.Skill, first)
			}
		}
		if without >= 20 {
			out = append(out, row{"role": k[0], "skill": k[1], "first_month": day(monthOf(first)), "without_it": without, "vacancies": len(jobs), "employers": len(employers)})
		}
	}
	if !slices.ContainsFunc(out, func(r row) bool { return r["skill"] == "mcp" }) {
		t.Error("the skill that is born in the script entered no role")
	}
	return sorted(out, "role", "first_month", "-vacancies", "skill")
}

func bookMoved(t *testing.T, f filled) []row {
	months := map[string]bool{}
	for _, j := range f.jobs() {
		for _, m := range j.months() {
			months[m] = true
		}
	}
	order := slices.Sorted(maps.Keys(months))
	early, late := order[3], order[len(order)-4]
	counted := f.counted(t)
	n, x := map[string][2]int{}, map[pair][2]int{}
	for _, j := range f.jobs() {
		m, when := day(monthOf(j.first())), -1
		switch {
		case m <= early:
			when = 0
		case m >= late:
			when = 1
		}
		if j.censored() || when < 0 {
			continue
		}
		add(n, j.role(), when)
		for s := range counted[m][j.id] {
			add(x, pair{j.role(), s}, when)
		}
	}
	var out []row
	for k, asking := range x {
		all := n[k[0]]
		both := share(asking[0]+asking[1], all[0]+all[1])
		if min(all[0], all[1]) < 30 || both == 1 {
			continue
		}
		change := share(asking[1], all[1]) - share(asking[0], all[0])
		z := change / math.Sqrt(both*(1-both)*(1/float64(all[0])+1/float64(all[1])))
		out = append(out, row{
			"role": k[0], "skill": k[1], "asking_before": asking[0], "vacancies_before": all[0], "asking_after": asking[1], "vacancies_after": all[1],
			"change": round(change, 4), "both": both, "z": round(z, 2),
		})
		if k[1] == "mcp" && z < 2 {
			t.Errorf("mcp, which is born in the script, moved by z = %f in %s", z, k[0])
		}
	}
	return sorted(out, "role", "-change", "skill")
}

func add[K comparable](to map[K][2]int, k K, i int) {
	v := to[k]
	v[i]++
	to[k] = v
}

func bookStrengths(_ *testing.T, f filled) []row {
	n := map[pair]map[string]int{}
	for _, j := range f.ofRoles() {
		for s, strength := range j.skills {
			k := pair{j.role(), s}
			if n[k] == nil {
				n[k] = map[string]int{}
			}
			n[k][strength]++
		}
	}
	var out []row
	for k, by := range n {
		if asking := by["required"] + by["preferred"]; asking >= 20 {
			out = append(out, row{
				"role": k[0], "skill": k[1], "asking": asking, "required": by["required"], "preferred": by["preferred"], "mentioned": 0,
				"required_share": round(share(by["required"], asking), 4),
			})
		}
	}
	return sorted(out, "role", "-required_share", "-asking", "skill")
}

func bookTogether(_ *testing.T, f filled) []row {
	single, both, all := map[string]int{}, map[pair]int{}, 0
	for _, j := range f.ofRoles() {
		all++
		for a := range j.skills {
			single[a]++
			for b := range j.skills {
				if a < b {
					both[pair{a, b}]++
				}
			}
		}
	}
	var out []row
	for k, n := range both {
		if n >= 20 {
			a, b := single[k[0]], single[k[1]]
			out = append(out, row{
				"skill_a": k[0], "skill_b": k[1], "together": n, "with_a": a, "with_b": b, "vacancies": all,
				"lift": round(float64(n*all)/float64(a*b), 3),
			})
		}
	}
	return sorted(out, "-lift", "-together", "skill_a", "skill_b")
}

func bookPooled(_ *testing.T, f filled) []row {
	n, x := map[string]map[string]int{}, map[pair]map[string]int{}
	for _, j := range f.ofRoles() {
		if n[j.role()] == nil {
			n[j.role()] = map[string]int{}
		}
		n[j.role()][j.employer()]++
		for s := range j.skills {
			k := pair{j.role(), s}
			if x[k] == nil {
				x[k] = map[string]int{}
			}
			x[k][j.employer()]++
		}
	}
	var out []row
	for k, asking := range x {
		sumX, sumN, shares := 0, 0, 0.0
		for e, size := range n[k[0]] {
			sumX, sumN = sumX+asking[e], sumN+size
			shares += share(asking[e], size)
		}
		if sumX >= 20 {
			out = append(out, row{
				"role": k[0], "skill": k[1], "asking": sumX, "vacancies": sumN, "employers_asking": len(asking), "employers": len(n[k[0]]),
				"pooled": round(share(sumX, sumN), 4), "per_employer": round(shares/float64(len(n[k[0]])), 4),
			})
		}
	}
	return sorted(out, "role", "-asking", "skill")
}

// bookSimilarity computes both measures from shares, as DESIGN.md section 6 writes them.
func bookSimilarity(t *testing.T, f filled) []row {
	counted := f.counted(t)
	type cell struct {
		n         int
		x         map[string]int
		employers map[string]bool
	}
	cells := map[pair]*cell{} // of a month and a role
	for _, j := range f.ofRoles() {
		for _, m := range j.months() {
			c := cells[pair{m, j.role()}]
			if c == nil {
				c = &cell{x: map[string]int{}, employers: map[string]bool{}}
				cells[pair{m, j.role()}] = c
			}
			c.n++
			c.employers[j.employer()] = true
			for s := range counted[m][j.id] {
				c.x[s]++
			}
		}
	}
	norm := func(c *cell) (sum float64) {
		for _, x := range c.x {
			sum += float64(x) * float64(x-1) / (float64(c.n) * float64(c.n-1))
		}
		return sum
	}
	var out []row
	for ka, a := range cells {
		for kb, b := range cells {
			if ka[0] != kb[0] || ka[1] >= kb[1] {
				continue
			}
			dot, low, high, shared := 0.0, 0.0, 0.0, 0
			for s := range a.x {
				if b.x[s] > 0 {
					shared++
				}
				p, q := share(a.x[s], a.n), share(b.x[s], b.n)
				dot, low, high = dot+p*q, low+min(p, q), high+max(p, q)
			}
			for s, x := range b.x {
				if a.x[s] == 0 {
					high += share(x, b.n)
				}
			}
			if shared == 0 {
				continue
			}
			r := row{
				"month": ka[0], "role_a": ka[1], "role_b": kb[1], "vacancies_a": a.n, "vacancies_b": b.n,
				"employers": min(len(a.employers), len(b.employers)), "shared_skills": shared,
				"cosine": nil, "weighted_jaccard": round(low/high, 4), "enough": 0,
			}
			if a.n > 1 && b.n > 1 && norm(a) > 0 && norm(b) > 0 {
				r["cosine"] = round(dot/math.Sqrt(norm(a)*norm(b)), 4)
			}
			if r["employers"].(int) >= 10 {
				r["enough"] = 1
			}
			out = append(out, r)
		}
	}
	return sorted(out, "role_a", "role_b", "month")
}
