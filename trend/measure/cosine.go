package measure

import "math"

// Cosine is the debiased cosine of the skill shares of two roles, sum_s p_as p_bs / sqrt(V_a V_b) with
// V_r = sum_s X_rs (X_rs - 1) / (N_r (N_r - 1)). It is 0 for roles that share no skill and about 1 for
// samples of one role, whatever their sizes; by chance it may exceed 1. Undefined (false) when no skill
// of a role is mentioned twice. V is the unbiased estimator of a sum of squared proportions (as in
// Simpson's index, Nature 163, 1949).
func Cosine(a, b Role) (float64, bool) {
	_, sums := totals(a, b)
	return angle{
		na: sums[0].n, nb: sums[1].n,
		ab: dot(sums[0].x, sums[1].x), aa: pairs(sums[0].x), bb: pairs(sums[1].x),
	}.cosine()
}

// angle is what the cosine is made of, in whole numbers: vacancies, sum X_as X_bs, sum X (X - 1).
type angle struct{ na, nb, ab, aa, bb int64 }

func (g angle) cosine() (float64, bool) {
	if g.na < 2 || g.nb < 2 || g.aa <= 0 || g.bb <= 0 {
		return 0, false
	}
	na, nb := float64(g.na), float64(g.nb)
	bias := math.Sqrt((na - 1) / na * ((nb - 1) / nb))
	return float64(g.ab) / (math.Sqrt(float64(g.aa)) * math.Sqrt(float64(g.bb))) * bias, true
}

// CosineInterval is the Cosine with its Jackknife interval, in one pass over the counts: taking an
// employer out changes the sums at its own skills only. False when there is no interval; the value is
// then still the Cosine's, or 0 where that is undefined.
func CosineInterval(a, b Role, level float64) (float64, Interval, bool) {
	bk := bookOf(a, b)
	var n [2]int64
	xa, xb := make([]int64, len(bk.skills)), make([]int64, len(bk.skills))
	for _, f := range bk.firms {
		for r, x := range [][]int64{xa, xb} {
			n[r] += f.sides[r].n
			for _, e := range f.sides[r].entries {
				x[e.skill] += e.x
			}
		}
	}
	whole := angle{na: n[0], nb: n[1], ab: dot(xa, xb), aa: pairs(xa), bb: pairs(xb)}
	value, ok := whole.cosine()
	if !ok {
		return 0, Interval{}, false
	}
	without := make([]float64, len(bk.firms))
	for c, f := range bk.firms {
		g := whole
		g.na -= f.sides[0].n
		g.nb -= f.sides[1].n
		together(f.sides[0], f.sides[1], func(a, b entry) {
			wholeA, wholeB := xa[a.skill], xb[a.skill]
			restA, restB := wholeA-a.x, wholeB-b.x
			g.ab += restA*restB - wholeA*wholeB
			g.aa += restA*(restA-1) - wholeA*(wholeA-1)
			g.bb += restB*(restB-1) - wholeB*(wholeB-1)
		})
		if without[c], ok = g.cosine(); !ok {
			return value, Interval{}, false
		}
	}
	interval, ok := IntervalOf(value, without, bk.sizes(2), level)
	return value, interval, ok
}
