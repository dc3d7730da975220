package measure

import (
	"fmt"
	"math"
)

// lines is two roles' shares fitted by straight lines in t: p_s(u) = X_s / N + g_s / Q (u - tbar), as
// sums from which one employer's part can be subtracted. centre is what t is measured from in g and in
// the moments: the role's tbar for the total fit, each employer's own for the one within.
type lines struct {
	within  bool
	book    book
	centre  [2]float64 // of the total fit, by role
	moments [2]moments
	at      [2][]pair // by role and skill
	sums    products
	scratch []pair // zeros, by skill
}

// pair is X and g of one skill.
type pair struct{ x, g float64 }

// moments are a role's sums over employers and periods: vacancies n, t n and t^2 n, mentions m, and
// around the centre sum n (t - c)^2, sum m (t - c) and sum m (t - c)^2. spread is how many employers
// were seen in two periods.
type moments struct {
	n, tn, ttn, m int64
	q, d1, d2     float64
	spread        int
}

// products are sums over skills of products of X and g of roles a and b.
type products struct {
	ab, aa, bb bilinear
}

// bilinear is the sums over skills of X X', X g', g X' and g g' of two roles (or twice the same).
type bilinear struct{ xx, xg, gx, gg float64 }

// add adds sign times one skill's products.
func (p *bilinear) add(sign float64, a, b pair) {
	p.xx += sign * (a.x * b.x)
	p.xg += sign * (a.x * b.g)
	p.gx += sign * (a.g * b.x)
	p.gg += sign * (a.g * b.g)
}

// shrink replaces one skill's products of whole with itself by those of whole less part.
func (p *bilinear) shrink(whole, part pair) {
	crossed := whole.x*part.g + part.x*whole.g - part.x*part.g
	p.xx -= part.x * (2*whole.x - part.x)
	p.xg -= crossed
	p.gx -= crossed
	p.gg -= part.g * (2*whole.g - part.g)
}

// recentred is the sums with g - d X in place of g and g' - d2 X' in place of g'.
func (p bilinear) recentred(d, d2 float64) bilinear {
	return bilinear{
		xx: p.xx,
		xg: p.xg - d2*p.xx,
		gx: p.gx - d*p.xx,
		gg: p.gg - d*p.xg - d2*p.gx + d*d2*p.xx,
	}
}

func linesOf(b book, within bool) *lines {
	l := &lines{within: within, book: b, scratch: make([]pair, len(b.skills))}
	var n, tn [2]int64
	for _, f := range b.firms {
		for r, s := range f.sides {
			n[r] += s.n
			tn[r] += s.tn
		}
	}
	for r := range l.at {
		if n[r] > 0 {
			l.centre[r] = float64(tn[r]) / float64(n[r])
		}
		l.at[r] = make([]pair, len(b.skills))
	}
	for _, f := range b.firms {
		for r := range l.at {
			s := &f.sides[r]
			l.moments[r].add(1, l.momentsOf(r, s))
			centre := l.centreOf(r, s)
			for _, e := range s.entries {
				part, at := e.around(centre), &l.at[r][e.skill]
				at.x += part.x
				at.g += part.g
			}
		}
	}
	for s, a := range l.at[0] {
		b := l.at[1][s]
		l.sums.ab.add(1, a, b)
		l.sums.aa.add(1, a, a)
		l.sums.bb.add(1, b, b)
	}
	return l
}

// around is an entry's X and g with t measured from a centre.
func (e *entry) around(centre float64) pair {
	x := float64(e.x)
	return pair{x: x, g: float64(e.tx) - centre*x}
}

func (l *lines) centreOf(r int, s *side) float64 {
	if !l.within {
		return l.centre[r]
	}
	if s.n == 0 {
		return 0
	}
	return float64(s.tn) / float64(s.n)
}

// momentsOf is what one employer adds to a role's moments.
func (l *lines) momentsOf(r int, s *side) moments {
	m := moments{n: s.n, tn: s.tn, ttn: s.ttn, m: s.m}
	if s.n == 0 {
		return m
	}
	c := l.centreOf(r, s)
	m.d1 = float64(s.tm) - c*float64(s.m)
	m.d2 = float64(s.ttm) - 2*c*float64(s.tm) + c*c*float64(s.m)
	if spread := s.n*s.ttn - s.tn*s.tn; spread > 0 { // exact: 0 when all are of one period
		m.q = float64(spread) / float64(s.n)
		m.spread = 1
	}
	return m
}

// add adds sign times other.
func (m *moments) add(sign int, other moments) {
	whole, part := int64(sign), float64(sign)
	m.n += whole * other.n
	m.tn += whole * other.tn
	m.ttn += whole * other.ttn
	m.m += whole * other.m
	m.q += part * other.q
	m.d1 += part * other.d1
	m.d2 += part * other.d2
	m.spread += sign * other.spread
}

// weighty is the part of a role's vacancies or of its Q from which on an employer is not subtracted,
// but the rest summed afresh: the difference would have lost digits.
const weighty = 0.25

// without is the lines without the employer numbered c. It is good for similarities, not for another
// without.
func (l *lines) without(c int) *lines {
	f := l.book.firms[c]
	rest := &lines{within: l.within, centre: l.centre, moments: l.moments, sums: l.sums}
	for r := range f.sides {
		part := l.momentsOf(r, &f.sides[r])
		whole := &rest.moments[r]
		if float64(part.n) > weighty*float64(whole.n) || part.q > weighty*whole.q {
			firms := append(append([]firm(nil), l.book.firms[:c]...), l.book.firms[c+1:]...)
			return linesOf(book{skills: l.book.skills, firms: firms}, l.within)
		}
		whole.add(-1, part)
	}
	// First the second role's part leaves, then the first's: what both mention leaves once.
	second := &f.sides[1]
	centre := l.centreOf(1, second)
	for i := range second.entries {
		e := &second.entries[i]
		part := e.around(centre)
		l.scratch[e.skill] = part
		rest.sums.bb.shrink(l.at[1][e.skill], part)
		rest.sums.ab.add(-1, l.at[0][e.skill], part)
	}
	centre = l.centreOf(0, &f.sides[0])
	for i := range f.sides[0].entries {
		e := &f.sides[0].entries[i]
		part, whole, gone := e.around(centre), l.at[1][e.skill], l.scratch[e.skill]
		rest.sums.aa.shrink(l.at[0][e.skill], part)
		rest.sums.ab.add(-1, part, pair{x: whole.x - gone.x, g: whole.g - gone.g})
	}
	for i := range second.entries {
		l.scratch[second.entries[i].skill] = pair{}
	}
	return rest
}

// fit is what S(u) needs of one role beside the products.
type fit struct{ n, tbar, q, m, d1, d2 float64 }

// fit measures t from the role's own centre, which taking an employer out has moved in the total fit by
// shift.
func (l *lines) fit(r int) (f fit, shift float64, err error) {
	m := l.moments[r]
	name := [2]string{"first", "second"}[r]
	if m.n < 2 {
		return f, 0, fmt.Errorf("%w: the %s role has fewer than two vacancies", ErrUndefined, name)
	}
	n := float64(m.n)
	f = fit{n: n, tbar: float64(m.tn) / n, q: m.q, m: float64(m.m), d1: m.d1, d2: m.d2}
	if l.within {
		if m.spread == 0 {
			return f, 0, fmt.Errorf("%w: no employer of the %s role was seen in two periods", ErrUndefined, name)
		}
		return f, 0, nil
	}
	spread := m.n*m.ttn - m.tn*m.tn
	if spread <= 0 {
		return f, 0, fmt.Errorf("%w: the %s role was seen in one period", ErrUndefined, name)
	}
	f.q = float64(spread) / n
	shift = f.tbar - l.centre[r]
	f.d2 += shift * (shift*f.m - 2*f.d1)
	f.d1 -= shift * f.m
	return f, shift, nil
}

// similarities is S(u) for u = 0, ..., periods-1.
func (l *lines) similarities(periods int) ([]float64, error) {
	a, shiftA, err := l.fit(0)
	if err != nil {
		return nil, err
	}
	b, shiftB, err := l.fit(1)
	if err != nil {
		return nil, err
	}
	ab := l.sums.ab.recentred(shiftA, shiftB)
	aa := l.sums.aa.recentred(shiftA, shiftA)
	bb := l.sums.bb.recentred(shiftB, shiftB)
	at := make([]float64, periods)
	for u := range at {
		va, okA := a.norm(aa, float64(u))
		vb, okB := b.norm(bb, float64(u))
		if !okA || !okB {
			return nil, fmt.Errorf("%w: at period %d a role's shares are within its sampling error of none", ErrUndefined, u)
		}
		at[u] = ab.at(a, b, float64(u)) / (math.Sqrt(va) * math.Sqrt(vb))
	}
	return at, nil
}

// at is the sum over skills of the products of the fitted shares at u.
func (p bilinear) at(a, b fit, u float64) float64 {
	wa, wb := (u-a.tbar)/a.q, (u-b.tbar)/b.q
	return p.xx/(a.n*b.n) + p.xg*wb/a.n + p.gx*wa/b.n + p.gg*wa*wb
}

// norm is V(u): the sum of squares of the fitted shares without what sampling adds to it.
func (f fit) norm(p bilinear, u float64) (float64, bool) {
	w := (u - f.tbar) / f.q
	squares := p.at(f, f, u)
	sampling := f.m/(f.n*f.n) + 2*w*f.d1/f.n + w*w*f.d2
	rest := 1 - (1/f.n + w*w*f.q) // 1 - sum h^2 n: sum n (t - c) is 0
	above := squares - sampling
	return above / rest, above > tiny*squares && rest > tiny
}
