package measure

import "math"

// shareMinInverse says which share of a role's vacancies a skill of its set needs: one in twenty. Below
// that an RCA above 1 is a matter of a few adverts.
const shareMinInverse = 20

// Divergence is the Jensen-Shannon divergence of the skill profiles of two roles, base 2 (Lin 1991),
// and what each skill adds to it: with P = p_a / sum p_a, Q = p_b / sum p_b and M = (P + Q) / 2,
// d_s = (P_s log2(P_s / M_s) + Q_s log2(Q_s / M_s)) / 2. 0 is alike, 1 nothing in common. parts has
// every skill of either role by falling value, none below 0. Undefined (false) when a role mentions no
// skill.
func Divergence(a, b Role) (total float64, parts []Part, ok bool) {
	skills, sums := totals(a, b)
	ma, mb := sums[0].mentions(), sums[1].mentions()
	if ma == 0 || mb == 0 {
		return 0, nil, false
	}
	for s, skill := range skills {
		p, q := float64(sums[0].x[s])/float64(ma), float64(sums[1].x[s])/float64(mb)
		if p+q == 0 {
			continue
		}
		// Equal shares give exactly 0; rounding may not make a part negative.
		d := max(0, (surprise(p, p+q)+surprise(q, p+q))/2)
		parts = append(parts, Part{Skill: skill, Value: d})
		total += d
	}
	byValue(parts)
	return min(total, 1), parts, true
}

// surprise is p log2(p / (sum / 2)), 0 at p = 0.
func surprise(p, sum float64) float64 {
	if p == 0 {
		return 0
	}
	return p * math.Log2(2*p/sum)
}

// RCA is the revealed comparative advantage (Balassa 1965) of each skill that a role mentions, among all
// roles: (X_rs / sum_s X_rs) / (sum_R X_rs / sum_R sum_s X_rs). Above 1 the skill is more of this role
// than of all; it is below sum_R sum_s X_rs / sum_s X_rs. A skill that the role does not mention has 0
// and no entry; neither has one that no role of all mentions. all should contain the role.
func RCA(role Role, all []Role) map[int]float64 {
	advantages := map[int]float64{}
	skills, sums := totals(append([]Role{role}, all...)...)
	of := sums[0]
	m, market, marketM := of.mentions(), summed(sums[1:], len(skills)), int64(0)
	for _, x := range market {
		marketM += x
	}
	for s, skill := range skills {
		if of.x[s] > 0 && market[s] > 0 {
			advantages[skill] = float64(of.x[s]) / float64(m) / (float64(market[s]) / float64(marketM))
		}
	}
	return advantages
}

// summed adds up the mentions of several roles by skill.
func summed(roles []total, skills int) []int64 {
	sum := make([]int64, skills)
	for _, r := range roles {
		for s, x := range r.x {
			sum[s] += x
		}
	}
	return sum
}

// SetSimilarity compares the sets A_r = {s: RCA > 1 and p_rs >= 0.05} of two roles among all roles, which
// should contain both: jaccard is |A and B| / |A or B|, overlap |A and B| / min(|A|, |B|) (Szymkiewicz
// 1934; Simpson 1943), both from 0 to 1. Undefined (false) when a set is empty. Membership is decided in
// whole numbers.
func SetSimilarity(a, b Role, all []Role) (jaccard, overlap float64, ok bool) {
	skills, sums := totals(append([]Role{a, b}, all...)...)
	market, marketM := summed(sums[2:], len(skills)), int64(0)
	for _, x := range market {
		marketM += x
	}
	member := func(r total, m int64, s int) bool {
		return r.x[s]*marketM > m*market[s] && r.x[s]*shareMinInverse >= r.n
	}
	var inA, inB, inBoth int
	ma, mb := sums[0].mentions(), sums[1].mentions()
	for s := range skills {
		isA, isB := member(sums[0], ma, s), member(sums[1], mb, s)
		if isA {
			inA++
		}
		if isB {
			inB++
		}
		if isA && isB {
			inBoth++
		}
	}
	if inA == 0 || inB == 0 {
		return 0, 0, false
	}
	return float64(inBoth) / float64(inA+inB-inBoth), float64(inBoth) / float64(min(inA, inB)), true
}
