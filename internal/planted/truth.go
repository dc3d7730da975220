package planted

import "math"

// Truth is what docs/measures.md defines, of the probabilities that a market is drawn with: as if
// there were infinitely many employers of each kind. Slopes are per year.
type Truth struct {
	Total, Within float64
	TotalAt       []float64 // S(u), total, at each month

	a, b []cell
}

// Cosine of the new vacancies from a month up to another.
func (t Truth) Cosine(from, to int) float64 {
	a, b := pooled(t.a, from, to), pooled(t.b, from, to)
	return dot(a, b) / math.Sqrt(dot(a, a)*dot(b, b))
}

// cell is what a kind of employers would hire in a month.
type cell struct {
	kind, month int
	n           float64
	p           []float64
}

// Truth of the new vacancies of all boards, or of those that were looked at from the beginning.
func (s Spec) Truth(panel bool) (Truth, error) {
	kinds, err := s.kinds()
	if err != nil {
		return Truth{}, err
	}
	var out Truth
	for i, k := range kinds {
		if panel && k.joins[0] > 0 {
			continue
		}
		for month := range Months {
			n := k.share * k.growth(month) * seen(k, month)
			if n > 0 {
				out.a = append(out.a, cell{i, month, n, k.shares(RoleA, month)})
				out.b = append(out.b, cell{i, month, n, k.shares(RoleB, month)})
			}
		}
	}
	out.TotalAt, out.Total = slope(out.a, out.b, false)
	_, out.Within = slope(out.a, out.b, true)
	return out, nil
}

// seen is the part of a month's vacancies that are new to those who look at the boards.
func seen(k kind, month int) float64 {
	sum := 0.0
	for crawl := month * CrawlsPerMonth; crawl < (month+1)*CrawlsPerMonth; crawl++ {
		for joins := k.joins[0]; joins <= k.joins[1]; joins++ {
			if crawl > joins {
				sum += 1 / float64(k.joins[1]-k.joins[0]+1)
			}
		}
	}
	return sum / CrawlsPerMonth
}

func pooled(cells []cell, from, to int) []float64 {
	sum, n := make([]float64, Skills), 0.0
	for _, c := range cells {
		if from <= c.month && c.month < to {
			n += c.n
			for s, p := range c.p {
				sum[s] += c.n * p
			}
		}
	}
	for s := range sum {
		sum[s] /= n
	}
	return sum
}

// slope is S(u) and the slope of its line per year.
func slope(a, b []cell, within bool) (at []float64, perYear float64) {
	fa, fb := fit(a, within), fit(b, within)
	for u := range Months {
		pa, pb := fa(float64(u)), fb(float64(u))
		at = append(at, dot(pa, pb)/math.Sqrt(dot(pa, pa)*dot(pb, pb)))
	}
	center, sum, square := float64(Months-1)/2, 0.0, 0.0
	for u, v := range at {
		sum += (float64(u) - center) * v
		square += (float64(u) - center) * (float64(u) - center)
	}
	return at, 12 * sum / square
}

// fit is the straight line through a role's shares, with an intercept for each kind or without.
func fit(cells []cell, within bool) func(u float64) []float64 {
	n, t := 0.0, 0.0
	nk, tk := map[int]float64{}, map[int]float64{}
	mean, rise, q := make([]float64, Skills), make([]float64, Skills), 0.0
	for _, c := range cells {
		n += c.n
		t += c.n * float64(c.month)
		nk[c.kind] += c.n
		tk[c.kind] += c.n * float64(c.month)
	}
	for _, c := range cells {
		d := float64(c.month) - t/n
		if within {
			d = float64(c.month) - tk[c.kind]/nk[c.kind]
		}
		q += c.n * d * d
		for s, p := range c.p {
			mean[s] += c.n * p / n
			rise[s] += c.n * d * p
		}
	}
	return func(u float64) []float64 {
		out := make([]float64, Skills)
		for s := range out {
			out[s] = mean[s] + rise[s]/q*(u-t/n)
		}
		return out
	}
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for s := range a {
		sum += a[s] * b[s]
	}
	return sum
}
