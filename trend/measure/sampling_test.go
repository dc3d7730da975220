package measure

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// subsets calls f with every set of size n of the numbers 0 to population-1.
func subsets(population, n int, f func(set uint)) {
	for set := range uint(1) << population {
		if bits.OnesCount(set) == n {
			f(set)
		}
	}
}

// marked is how many of the first x numbers are in a set.
func marked(set uint, x int) float64 { return float64(bits.OnesCount(set & (1<<x - 1))) }

// TestJaccardAtEnumerates draws every subsample there is: vacancies 0 to X-1 mention the skill, skill by
// skill, since expectations of sums do not mind how skills go together.
func TestJaccardAtEnumerates(t *testing.T) {
	t.Parallel()
	mentionsA, mentionsB := []int{5, 1, 0, 3}, []int{2, 6, 1, 0}
	const sizeA, sizeB, n = 6, 7, 3
	var pair, selfA, selfB [2]float64 // sums of minima and maxima
	for s, xa := range mentionsA {
		xb := mentionsB[s]
		draws := 0.0
		var sum [2]float64
		subsets(sizeA, n, func(a uint) {
			subsets(sizeB, n, func(b uint) {
				sum[0] += min(marked(a, xa), marked(b, xb))
				sum[1] += max(marked(a, xa), marked(b, xb))
				draws++
			})
		})
		pair[0], pair[1] = pair[0]+sum[0]/draws, pair[1]+sum[1]/draws
	}
	self := func(size int, mentions []int) (self [2]float64) {
		for _, x := range mentions {
			draws := 0.0
			var sum [2]float64
			subsets(size, n, func(a uint) {
				subsets(size, n, func(b uint) {
					if a&b == 0 {
						sum[0] += min(marked(a, x), marked(b, x))
						sum[1] += max(marked(a, x), marked(b, x))
						draws++
					}
				})
			})
			self[0], self[1] = self[0]+sum[0]/draws, self[1]+sum[1]/draws
		}
		return self
	}
	selfA, selfB = self(sizeA, mentionsA), self(sizeB, mentionsB)
	got, ok := JaccardAt(one(sizeA, mentionsA...), one(sizeB, mentionsB...), n)
	want := JaccardAtN{N: n, Pair: pair[0] / pair[1], SelfA: selfA[0] / selfA[1], SelfB: selfB[0] / selfB[1]}
	want.Relative = want.Pair / ((want.SelfA + want.SelfB) / 2)
	if !ok || !near(got.Pair, want.Pair, 1e-14) || !near(got.SelfA, want.SelfA, 1e-14) ||
		!near(got.SelfB, want.SelfB, 1e-14) || !near(got.Relative, want.Relative, 1e-14) {
		t.Errorf("%+v %v, want %+v", got, ok, want)
	}
	if _, ok := JaccardAt(one(5, 3), one(6, 3), 3); ok {
		t.Error("defined with fewer than 2n vacancies")
	}
	if _, ok := JaccardAt(one(6, 3), one(6, 7), 3); ok {
		t.Error("defined with more mentions than vacancies")
	}
	if _, ok := JaccardAt(one(6), one(6), 3); ok {
		t.Error("defined without skills")
	}
}

// TestJaccardAtFalls: sampling alone pulls the plain one down as n falls, and the relative one not.
func TestJaccardAtFalls(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4))
	var p []float64
	for range 300 {
		p = append(p, 0.2*rng.Float64()*rng.Float64())
	}
	a, b := simulated(rng, 300, 1, p), simulated(rng, 300, 1, p)
	last := 1.0
	for _, n := range []int{200, 50, 10} {
		at, ok := JaccardAt(a, b, n)
		if !ok || at.Pair >= last || !near(at.Relative, 1, 0.03) {
			t.Errorf("n %d: %+v %v, after %v", n, at, ok, last)
		}
		last = at.Pair
	}
}

func TestJaccardAtProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRole(3).Draw(t, "a"), drawRole(3).Draw(t, "b")
		n := rapid.IntRange(-1, 30).Draw(t, "n")
		ab, ok := JaccardAt(a, b, n)
		ba, ok2 := JaccardAt(b, a, n)
		if ok != ok2 || !near(ab.Pair, ba.Pair, 1e-14) || ab.SelfA != ba.SelfB || !near(ab.Relative, ba.Relative, 1e-14) {
			t.Fatalf("%+v, other way round %+v", ab, ba)
		}
		for _, v := range []float64{ab.Pair, ab.SelfA, ab.SelfB} {
			if !(v >= 0 && v <= 1+1e-14) {
				t.Fatalf("%+v", ab)
			}
		}
	})
}

func TestHypergeometric(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		population := rapid.Int64Range(0, 2_000_000).Draw(t, "population")
		marked := rapid.Int64Range(0, population).Draw(t, "marked")
		draws := rapid.Int64Range(0, population).Draw(t, "draws")
		first, p := hypergeometric(population, marked, draws)
		var sum, mean float64
		for i, p := range p {
			sum += p
			mean += p * float64(first+int64(i))
		}
		if want := float64(draws) * float64(marked) / math.Max(1, float64(population)); !near(sum, 1, 1e-12) || !near(mean, want, 1e-12) {
			t.Fatalf("adds up to %v, mean %v, want %v", sum, mean, want)
		}
		other, q := hypergeometric(population, draws, marked) // symmetric in marked and draws
		if other != first || len(q) != len(p) {
			t.Fatalf("from %d %d long, exchanged from %d %d long", first, len(p), other, len(q))
		}
	})
}

func TestChange(t *testing.T) {
	t.Parallel()
	before, after := one(4, 2, 1, 0, 3), one(5, 0, 2, 4, 3)
	got, ok := Change(before, after)
	// 2/4 vanished, |2/5 - 1/4| and |3/5 - 3/4| intensity, 4/5 new.
	if !ok || !near(got.Vanished, 0.5, 1e-15) || !near(got.New, 0.8, 1e-15) || !near(got.Intensity, 0.3, 1e-15) || !near(got.Total, 1.6, 1e-15) {
		t.Errorf("%+v %v", got, ok)
	}
	wantParts := []Part{{2, 0.8}, {0, -0.5}, {1, 0.15}, {3, -0.15}}
	for i, p := range got.Parts {
		if p.Skill != wantParts[i].Skill || !near(p.Value, wantParts[i].Value, 1e-15) {
			t.Errorf("parts %v, want %v", got.Parts, wantParts)
		}
	}
	var noise float64 // every way to deal nine vacancies into four and five
	for _, x := range []int{2, 3, 4, 6} {
		deals, sum := 0.0, 0.0
		subsets(9, 4, func(set uint) {
			a := marked(set, x)
			sum += math.Abs(a/4 - (float64(x)-a)/5)
			deals++
		})
		noise += sum / deals
	}
	if !near(got.Noise, noise, 1e-14) || !near(got.Excess, got.Total-noise, 1e-14) {
		t.Errorf("noise %v, want %v", got.Noise, noise)
	}
	if _, ok := Change(nil, after); ok {
		t.Error("defined without vacancies before")
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRole(3).Draw(t, "a"), drawRole(3).Draw(t, "b")
		ab, ok := Change(a, b)
		ba, _ := Change(b, a)
		if ab.Total != ba.Total || ab.New != ba.Vanished || ab.Noise < 0 || !near(ab.Noise, ba.Noise, 1e-13) || !near(ab.Total, ab.New+ab.Vanished+ab.Intensity, 1e-14) {
			t.Fatalf("%+v, backwards %+v", ab, ba)
		}
		if self, _ := Change(a, a); ok && self.Total != 0 {
			t.Fatalf("from itself to itself %+v", self)
		}
	})
}

// TestNoiseIsWhatSamplingGives: two samples of the same shares change by the noise, on average.
func TestNoiseIsWhatSamplingGives(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 5))
	p := []float64{0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.3, 0.3}
	const runs = 1000
	var total, noise float64
	for range runs {
		c, ok := Change(simulated(rng, 10, 1, p), simulated(rng, 15, 1, p))
		if !ok {
			t.Fatal("undefined")
		}
		total, noise = total+c.Total/runs, noise+c.Noise/runs
	}
	if !near(total/noise, 1, 0.03) {
		t.Errorf("change %v on average, noise %v", total, noise)
	}
}

func TestContinuum(t *testing.T) {
	t.Parallel()
	// p_r = (1/2, 1/2), p_0 = (1/2, 0), p_1 = (0, 1/2): V_0 = V_1 = 2/12, nothing shared:
	// (1/4 - 1/4 - 0 + 1/6) / (1/3) = 1/2.
	if got, ok := Continuum(one(4, 2, 2), one(4, 2, 0), one(4, 0, 2)); !ok || !near(got, 0.5, 1e-15) {
		t.Errorf("%v %v", got, ok)
	}
	if got, ok := Continuum(one(4, 0, 2), one(4, 2, 0), one(4, 0, 2)); !ok || got <= 1 { // further out, by chance
		t.Errorf("%v %v", got, ok)
	}
	if _, ok := Continuum(one(4, 2, 2), one(400, 200), one(400, 200)); ok {
		t.Error("defined between equal ends")
	}
	if _, ok := Continuum(nil, one(4, 2), one(4, 0, 2)); ok {
		t.Error("defined for nobody")
	}
	rng := rand.New(rand.NewPCG(6, 6))
	ends := [2][]float64{{0.6, 0.1, 0.3, 0.2}, {0.1, 0.5, 0.3, 0.4}}
	const runs = 1000
	for _, want := range []float64{0, 0.3, 1} {
		var p []float64
		for s := range ends[0] {
			p = append(p, (1-want)*ends[0][s]+want*ends[1][s])
		}
		var mean float64
		for range runs {
			c, ok := Continuum(simulated(rng, 20, 1, p), simulated(rng, 20, 1, ends[0]), simulated(rng, 20, 1, ends[1]))
			if !ok {
				t.Fatal("undefined")
			}
			mean += c / runs
		}
		if math.Abs(mean-want) > 0.02 {
			t.Errorf("planted at %v, %v on average", want, mean)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		r, a, b := drawRole(3).Draw(t, "r"), drawRole(3).Draw(t, "a"), drawRole(3).Draw(t, "b")
		forth, ok := Continuum(r, a, b)
		back, _ := Continuum(r, b, a)
		// The two do not add up to 1 at each sample unless V stands for p.p on both sides: they do.
		if ok && !near(forth+back, 1, 1e-9*max(1, math.Abs(forth))) {
			t.Fatalf("%v from one end, %v from the other", forth, back)
		}
	})
}

func drawAdverts() *rapid.Generator[[]Advert] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Advert {
		return Advert{
			Employer: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "employer"),
			Stratum:  rapid.SampledFrom([]string{"q1", "q2"}).Draw(t, "stratum"),
			Second:   rapid.Bool().Draw(t, "second"),
			Skills:   rapid.SliceOfN(rapid.IntRange(-1, 5), 0, 5).Draw(t, "skills"),
		}
	}), 0, 40)
}

func TestFalsifyProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		adverts := drawAdverts().Draw(t, "adverts")
		got, ok := Falsify(adverts, 20, 7)
		shuffled := rapid.Permutation(adverts).Draw(t, "shuffled")
		for i, a := range shuffled {
			a.Skills = slices.Clone(a.Skills)
			slices.Reverse(a.Skills)
			shuffled[i] = a
		}
		if again, ok2 := Falsify(shuffled, 20, 7); got != again || ok != ok2 {
			t.Fatalf("%+v, in another order %+v", got, again)
		}
		if ok && (got.P < 1.0/21 || got.P > 1 || got.Ratio < 0) {
			t.Fatalf("%+v", got)
		}
		var roles [2]Role // the observed one is the Cosine
		for _, a := range adverts {
			cell := Cell{Employer: a.Employer, Vacancies: 1}
			for _, s := range slices.Compact(slices.Sorted(slices.Values(a.Skills))) {
				cell.Counts = append(cell.Counts, Count{s, 1})
			}
			r := 0
			if a.Second {
				r = 1
			}
			roles[r] = append(roles[r], cell)
		}
		if cosine, _ := Cosine(roles[0], roles[1]); ok && cosine != got.Observed {
			t.Fatalf("observed %v, cosine %v", got.Observed, cosine)
		}
	})
}

// TestDealPermutes: each permutation keeps every stratum's numbers of both roles, and is uniform.
func TestDealPermutes(t *testing.T) {
	t.Parallel()
	var adverts []Advert
	for i := range 5 { // four of the first role and one of the second, then the reverse
		adverts = append(adverts, Advert{"e", "q1", i == 0, []int{i}}, Advert{"e", "q2", i != 0, []int{10 + i}})
	}
	adverts = append(adverts, Advert{"f", "q1", true, []int{20}}, Advert{"g", "q1", false, []int{21}})
	m, skills := mixOf(adverts)
	source := rand.NewPCG(1, 1)
	seen := make([]int, skills)
	const deals = 10_000
	for range deals {
		second := slices.Clone(m.fixed)
		for i := range m.strata {
			m.strata[i].deal(source, second)
		}
		var early, late int64
		for i, n := range second {
			seen[i] += int(n)
			if i < 5 {
				early += n
			} else if i < 10 {
				late += n
			}
		}
		if early != 1 || late != 4 || second[10] != 1 || second[11] != 0 {
			t.Fatalf("dealt %v", second)
		}
	}
	for i := range 10 {
		want := deals / 5
		if i >= 5 {
			want = deals * 4 / 5
		}
		if math.Abs(float64(seen[i]-want)) > 200 { // five standard errors
			t.Errorf("advert %d was the second role's %d times, want about %d", i, seen[i], want)
		}
	}
}

// TestFalsify: names that say nothing give a ratio near 1 and a p that is uniform; names that do, neither.
func TestFalsify(t *testing.T) {
	t.Parallel()
	market := func(seed uint64, apart float64) []Advert {
		rng := rand.New(rand.NewPCG(seed, 3))
		var adverts []Advert
		for i := range 300 {
			a := Advert{Employer: string(rune('a' + i%15)), Stratum: "q1", Second: rng.IntN(2) == 0}
			for s := range 12 {
				p := 0.1 + 0.03*float64(i%15) // employers differ: the strata must take care of it
				if a.Second == (s%2 == 0) {
					p += apart
				}
				if rng.Float64() < p {
					a.Skills = append(a.Skills, s)
				}
			}
			adverts = append(adverts, a)
		}
		return adverts
	}
	small := 0
	for seed := range uint64(60) {
		got, ok := Falsify(market(seed, 0), 99, seed)
		if !ok || !near(got.Ratio, 1, 0.1) {
			t.Errorf("seed %d: %+v %v", seed, got, ok)
		}
		if got.P <= 0.2 {
			small++
		}
	}
	if small < 4 || small > 22 { // 12 expected, standard deviation 3.1
		t.Errorf("p <= 0.2 in %d of 60 markets whose names say nothing", small)
	}
	if got, ok := Falsify(market(1, 0.2), 99, 1); !ok || got.Ratio > 0.95 || got.P != 0.01 {
		t.Errorf("apart: %+v %v", got, ok)
	}
	alone := []Advert{{"e", "q1", false, []int{1}}, {"e", "q2", true, []int{1}}, {"e", "q1", false, []int{1}}, {"e", "q2", true, []int{1}}}
	if got, ok := Falsify(alone, 9, 1); ok {
		t.Errorf("nothing to permute: %+v", got)
	}
}
