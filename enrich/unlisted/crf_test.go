package unlisted

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// randomChain draws weights and the features of a short sentence.
func randomChain(t *rapid.T, words int) (*chain, [][]int32) {
	const features = 4
	weight := rapid.Float64Range(-3, 3)
	c := &chain{weights: make([]float64, features*labels)}
	for i := range c.weights {
		c.weights[i] = weight.Draw(t, "weight")
	}
	for x := range labels {
		for y := range labels {
			c.trans[x][y] = weight.Draw(t, "pair")
		}
	}
	fs := make([][]int32, words)
	for i := range fs {
		fs[i] = rapid.SliceOfNDistinct(rapid.Int32Range(0, features-1), 0, 3, rapid.ID[int32]).Draw(t, "features")
	}
	return c, fs
}

// paths calls f with every sequence of labels that is allowed.
func paths(n int, f func([]uint8)) {
	path := make([]uint8, n)
	var walk func(i int)
	walk = func(i int) {
		if i == n {
			if mayEnd(int(path[n-1])) {
				f(path)
			}
			return
		}
		for y := range labels {
			if i == 0 && mayStart(y) || i > 0 && follows(int(path[i-1]), y) {
				path[i] = uint8(y)
				walk(i + 1)
			}
		}
	}
	walk(0)
}

func TestGradientEqualsDifferences(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "words")
		c, fs := randomChain(t, n)
		var all [][]uint8
		paths(n, func(p []uint8) { all = append(all, append([]uint8(nil), p...)) })
		gold := rapid.SampledFrom(all).Draw(t, "gold")
		var w work
		loss := c.gradient(&w, fs, gold)
		if loss < -1e-9 {
			t.Fatalf("loss %g is below zero", loss)
		}
		analytic := make([]float64, len(c.weights))
		for i, f := range fs {
			for _, k := range f {
				for y := range labels {
					analytic[int(k)*labels+y] += w.marginals[i][y]
				}
			}
		}
		pairs := w.transGrad
		const h = 1e-5
		differ := func(x *float64) float64 {
			old := *x
			*x = old + h
			up := c.gradient(&w, fs, gold)
			*x = old - h
			down := c.gradient(&w, fs, gold)
			*x = old
			return (up - down) / (2 * h)
		}
		for i := range c.weights {
			if d := differ(&c.weights[i]); math.Abs(d-analytic[i]) > 1e-5 {
				t.Fatalf("weight %d: gradient %g, differences %g", i, analytic[i], d)
			}
		}
		for x := range labels {
			for y := range labels {
				if d := differ(&c.trans[x][y]); math.Abs(d-pairs[x][y]) > 1e-5 {
					t.Fatalf("pair %d %d: gradient %g, differences %g", x, y, pairs[x][y], d)
				}
			}
		}
	})
}

func TestProbabilitiesEqualBruteForce(t *testing.T) {
	t.Parallel()
	a := newAdder()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "words")
		weight := rapid.Int64Range(-3*fine, 3*fine)
		var trans [labels][labels]int64
		for x := range labels {
			for y := range labels {
				trans[x][y] = weight.Draw(t, "pair")
			}
		}
		var l lattice
		l.grow(n)
		for i := range n {
			l.cut[i] = rapid.Bool().Draw(t, "cut")
			for y := range labels {
				l.emit[i][y] = weight.Draw(t, "emission")
			}
		}
		all, of := 0.0, map[Range]float64{}
		paths(n, func(p []uint8) {
			sum, from := int64(0), 0
			var here []Range
			for i, y := range p {
				sum += l.emit[i][y]
				if i > 0 {
					sum += trans[p[i-1]][y]
				}
				if l.cut[i] && (y == labelI || y == labelE) {
					return
				}
				if y == labelB || y == labelS {
					from = i
				}
				if y == labelE || y == labelS {
					here = append(here, Range{from, i + 1})
				}
			}
			weight := math.Exp(float64(sum) / fine)
			all += weight
			for _, r := range here {
				of[r] += weight
			}
		})
		threshold := rapid.IntRange(certain/10, certain*9/10).Draw(t, "threshold")
		l.decode(a, &trans, threshold)
		const near = certain / 50 // the table of sums is not exact
		worth, last := 0, 0
		for _, f := range l.found {
			want := int(of[f.Range] / all * certain)
			if f.From < last || f.probability < threshold-near || f.probability < want-near || f.probability > want+near {
				t.Fatalf("phrase %+v after %d, its probability is %d and the threshold %d", f, last, want, threshold)
			}
			last = f.To
			worth += want - threshold
		}
		if best := bestWorth(n, func(r Range) int { return int(of[r]/all*certain) - threshold }); worth < best-n*near {
			t.Fatalf("phrases %+v are worth %d, the best are worth %d", l.found, worth, best)
		}
	})
}

// bestWorth is the largest worth of phrases among n words that do not overlap.
func bestWorth(n int, worth func(Range) int) int {
	if n <= 0 {
		return 0
	}
	best := bestWorth(n-1, worth)
	for from := range n {
		best = max(best, bestWorth(from, worth)+worth(Range{from, n}))
	}
	return best
}

func TestLabelsRoundTrip(t *testing.T) {
	t.Parallel()
	tags := []string{"O", "B", "B", "I", "I", "O", "I", "B"}
	want := []Range{{1, 2}, {2, 5}, {6, 7}, {7, 8}}
	got := Ranges(tags)
	if len(got) != len(want) {
		t.Fatalf("ranges %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("ranges %v, want %v", got, want)
		}
	}
	code := encode(len(tags), got)
	if want := []uint8{labelO, labelS, labelB, labelI, labelE, labelO, labelS, labelS}; !slices.Equal(code, want) {
		t.Fatalf("labels %v, want %v", code, want)
	}
}
