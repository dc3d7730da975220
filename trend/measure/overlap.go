package measure

// WeightedJaccard is sum_s min(p_as, p_bs) / sum_s max(p_as, p_bs) of the skill shares of two roles
// (Ruzicka 1958): 0 nothing in common, 1 the same shares. It falls as the numbers of vacancies fall,
// by sampling alone: read JaccardAt. Undefined (false) when a role has no vacancies, or none of them
// mentions a skill.
func WeightedJaccard(a, b Role) (float64, bool) {
	_, sums := totals(a, b)
	var smaller, larger int64 // times N_a N_b
	for s, x := range sums[0].x {
		pa, pb := x*sums[1].n, sums[1].x[s]*sums[0].n
		smaller += min(pa, pb)
		larger += max(pa, pb)
	}
	if sums[0].n <= 0 || sums[1].n <= 0 || larger == 0 {
		return 0, false
	}
	return float64(smaller) / float64(larger), true
}

// JaccardAtN is the weighted Jaccard at a stated number of vacancies, exactly: ratios of expectations
// over all subsamples of N vacancies, from 0 to 1.
type JaccardAtN struct {
	N            int
	Pair         float64 // J_n(a,b): of n vacancies of each role
	SelfA, SelfB float64 // J_n(a,a), J_n(b,b): of two disjoint draws of n of one role
	Relative     float64 // Pair over the mean of SelfA and SelfB: 1 is as alike as each is to itself
}

// JaccardAt is J_n(a,b) = sum_s E min(A_s, B_s) / sum_s E max(A_s, B_s), where A_s and B_s count the
// mentions of s among n vacancies drawn without replacement from each role, beside J_n of each role and
// itself (rarefaction: Hurlbert 1971). Undefined (false) when n < 1, a role has fewer than 2n vacancies
// or mentions no skill, a skill has more mentions than vacancies, or both selves are 0.
func JaccardAt(a, b Role, n int) (JaccardAtN, bool) {
	_, sums := totals(a, b)
	out := JaccardAtN{N: n}
	if n < 1 || n > 1<<20 {
		return out, false
	}
	draws := int64(n)
	for _, r := range sums {
		if r.n < 2*draws || !r.possible() {
			return out, false
		}
	}
	tailsA, tailsB := map[int64][]float64{}, map[int64][]float64{}
	var smaller, both float64 // sums of E min and of E A + E B
	for s, x := range sums[0].x {
		y := sums[1].x[s]
		both += float64(draws)*float64(x)/float64(sums[0].n) + float64(draws)*float64(y)/float64(sums[1].n)
		if x == 0 || y == 0 {
			continue
		}
		ta, tb := tailsOf(tailsA, sums[0].n, x, draws), tailsOf(tailsB, sums[1].n, y, draws)
		for k := range min(len(ta), len(tb)) {
			smaller += ta[k] * tb[k] // E min = sum over k >= 1 of P(A >= k) P(B >= k)
		}
	}
	smallest := smallestOfSplit(draws)
	selfA, okA := selfJaccard(sums[0], draws, smallest)
	selfB, okB := selfJaccard(sums[1], draws, smallest)
	if !okA || !okB || selfA+selfB == 0 {
		return out, false
	}
	out.Pair = smaller / (both - smaller)
	out.SelfA, out.SelfB = selfA, selfB
	out.Relative = out.Pair / ((selfA + selfB) / 2)
	return out, true
}

// possible says whether no skill has more mentions than the role has vacancies.
func (t total) possible() bool {
	for _, x := range t.x {
		if x > t.n {
			return false
		}
	}
	return true
}

// tailsOf is P(A >= 1), P(A >= 2), ... of the hypergeometric A, kept by the number of marked.
func tailsOf(kept map[int64][]float64, population, marked, draws int64) []float64 {
	if tails, ok := kept[marked]; ok {
		return tails
	}
	first, p := hypergeometric(population, marked, draws)
	tails := make([]float64, first+int64(len(p))-1)
	above := 0.0
	for i := len(tails) - 1; i >= 0; i-- {
		if at := int64(i) + 1 - first; at >= 0 {
			above += p[at]
		}
		tails[i] = min(above, 1)
	}
	kept[marked] = tails
	return tails
}

// smallestOfSplit is E min(A, z - A) for z = 0, ..., 2n, when z marked of 2n are split into two halves: A of
// them are in the first. Two disjoint draws of n are a draw of 2n, split.
func smallestOfSplit(n int64) []float64 {
	smallest := make([]float64, 2*n+1)
	for z := range smallest {
		first, p := hypergeometric(2*n, int64(z), n)
		for i, p := range p {
			k := first + int64(i)
			smallest[z] += p * float64(min(k, int64(z)-k))
		}
	}
	return smallest
}

// selfJaccard is J_n of a role and itself.
func selfJaccard(r total, n int64, smallest []float64) (float64, bool) {
	kept := map[int64]float64{}
	var smaller, both float64
	for _, x := range r.x {
		if x == 0 {
			continue
		}
		expected, ok := kept[x]
		if !ok {
			first, p := hypergeometric(r.n, x, 2*n)
			for i, p := range p {
				expected += p * smallest[first+int64(i)]
			}
			kept[x] = expected
		}
		smaller += expected
		both += 2 * float64(n) * float64(x) / float64(r.n)
	}
	if both == 0 {
		return 0, false
	}
	return smaller / (both - smaller), true
}
