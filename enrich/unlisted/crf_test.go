package unlisted

import (
	"math"
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

func TestDecodeEqualsBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "words")
		weight := rapid.Int32Range(-300, 300)
		var trans [labels][labels]int32
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
		l.decode(&trans)
		score := func(p []uint8) (sum int32, ok bool) {
			for i, y := range p {
				sum += l.emit[i][y]
				if i > 0 {
					sum += trans[p[i-1]][y]
					if l.cut[i] && (y == labelI || y == labelE) {
						return 0, false
					}
				}
			}
			return sum, true
		}
		best := int32(math.MinInt32)
		outside := make([]int32, n) // the best with word i outside
		for i := range outside {
			outside[i] = math.MinInt32
		}
		paths(n, func(p []uint8) {
			sum, ok := score(p)
			if !ok {
				return
			}
			best = max(best, sum)
			for i, y := range p {
				if y == labelO {
					outside[i] = max(outside[i], sum)
				}
			}
		})
		if got, ok := score(l.path); !ok || got != best {
			t.Fatalf("path %v scores %d (allowed: %t), the best scores %d", l.path, got, ok, best)
		}
		for _, r := range decodeRanges(nil, l.path) {
			want := int32(math.MaxInt32)
			for i := r.From; i < r.To; i++ {
				want = min(want, best-outside[i])
			}
			if got := l.margin(r); got != want {
				t.Fatalf("margin of %v is %d, want %d", r, got, want)
			}
		}
	})
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
	again := decodeRanges(nil, encode(len(tags), got))
	for i := range want {
		if again[i] != want[i] {
			t.Fatalf("after encoding %v, want %v", again, want)
		}
	}
}
