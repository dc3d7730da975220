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
