package unlisted

import "math"

// random is splitmix64: the same numbers on every machine.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9E3779B97F4A7C15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

// fit trains a chain on examples with the given number of features.
func fit(examples []example, features int, r Recipe) *chain {
	c := &chain{weights: make([]float64, features*labels)}
	squares := make([]float64, len(c.weights))
	sum := make([]float64, len(c.weights))
	var transSquares, transSum [labels][labels]float64
	rnd := random(r.Seed)
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	var w work
	averaged := 0
	for epoch := range r.Epochs {
		for i := len(order) - 1; i > 0; i-- {
			j := rnd.below(i + 1)
			order[i], order[j] = order[j], order[i]
		}
		for _, at := range order {
			ex := &examples[at]
			kept := w.dropped(ex.features, r.Drop, &rnd)
			c.gradient(&w, kept, ex.gold)
			c.step(&w, kept, squares, &transSquares, r)
		}
		if epoch >= r.Epochs/2 {
			averaged++
			for i, x := range c.weights {
				sum[i] += x
			}
			for x := range labels {
				for y := range labels {
					transSum[x][y] += c.trans[x][y]
				}
			}
		}
	}
	for i := range sum {
		c.weights[i] = sum[i] / float64(averaged) * (1 - r.Drop)
	}
	for x := range labels {
		for y := range labels {
			c.trans[x][y] = transSum[x][y] / float64(averaged)
		}
	}
	return c
}

// dropped leaves some features out.
func (w *work) dropped(features [][]int32, drop float64, rnd *random) [][]int32 {
	if drop <= 0 {
		return features
	}
	limit := uint64(drop * (1 << 32))
	for len(w.keep) < len(features) {
		w.keep = append(w.keep, nil)
	}
	for i, fs := range features {
		out := w.keep[i][:0]
		for n := 0; n < len(fs); n += 2 {
			bits := rnd.next()
			if bits>>32 >= limit {
				out = append(out, fs[n])
			}
			if n+1 < len(fs) && bits&(1<<32-1) >= limit {
				out = append(out, fs[n+1])
			}
		}
		w.keep[i] = out
	}
	return w.keep[:len(features)]
}

// step moves the weights against the gradient of one example.
func (c *chain) step(w *work, kept [][]int32, squares []float64, transSquares *[labels][labels]float64, r Recipe) {
	for i, fs := range kept {
		g := w.marginals[i]
		small := true
		for _, x := range g {
			small = small && math.Abs(x) < 1e-4
		}
		if small {
			continue
		}
		for _, f := range fs {
			at := int(f) * labels
			for y, x := range g {
				x += r.Shrink * c.weights[at+y]
				squares[at+y] += x * x
				c.weights[at+y] -= r.Rate * x / math.Sqrt(squares[at+y]+1e-6)
			}
		}
	}
	for x := range labels {
		for y := range labels {
			g := w.transGrad[x][y]
			if g == 0 {
				continue
			}
			transSquares[x][y] += g * g
			c.trans[x][y] -= r.Rate * g / math.Sqrt(transSquares[x][y]+1e-6)
		}
	}
}
