package measure

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// one is a role of one employer and period.
func one(vacancies int, mentions ...int) Role {
	cell := Cell{Employer: "e", Vacancies: vacancies}
	for s, n := range mentions {
		if n > 0 {
			cell.Counts = append(cell.Counts, Count{Skill: s, N: n})
		}
	}
	return Role{cell}
}

// drawRole draws a role: some employers, periods 0 to periods-1, some skills.
func drawRole(periods int) *rapid.Generator[Role] {
	return rapid.Custom(func(t *rapid.T) Role {
		var role Role
		for range rapid.IntRange(0, 40).Draw(t, "cells") {
			cell := Cell{
				Employer:  fmt.Sprintf("e%d", rapid.IntRange(0, 15).Draw(t, "employer")),
				Period:    rapid.IntRange(0, periods-1).Draw(t, "period"),
				Vacancies: rapid.IntRange(0, 9).Draw(t, "vacancies"),
			}
			for s := range 6 {
				if n := rapid.IntRange(0, cell.Vacancies).Draw(t, "n"); n > 0 {
					cell.Counts = append(cell.Counts, Count{Skill: s * 7, N: n})
				}
			}
			role = append(role, cell)
		}
		return role
	})
}

// simulated is a role of employers that each have two to five vacancies a period and skills at their own shares
// around p.
func simulated(rng *rand.Rand, employers, periods int, p []float64) Role {
	var role Role
	for e := range employers {
		for t := range periods {
			cell := Cell{Employer: fmt.Sprintf("e%03d", e), Period: t, Vacancies: 2 + rng.IntN(4)}
			for s, p := range p {
				n := 0
				for range cell.Vacancies {
					if rng.Float64() < p {
						n++
					}
				}
				if n > 0 {
					cell.Counts = append(cell.Counts, Count{Skill: s, N: n})
				}
			}
			role = append(role, cell)
		}
	}
	return role
}

func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*max(1, math.Abs(a), math.Abs(b))
}

func TestCosine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		a, b Role
		want float64
		ok   bool
	}{
		// p.p = (2*3 + 1*2)/16 = 1/2; V_a = 2/12, V_b = (6+2)/12: 1/2 / sqrt(1/6 * 2/3) = 3/2.
		{"above one by chance", one(4, 2, 1), one(4, 3, 2), 1.5, true},
		{"nothing shared", one(4, 2, 0), one(4, 0, 2), 0, true},
		{"nothing twice", one(4, 1, 1), one(4, 3, 2), 0, false},
		{"one vacancy", one(1, 1), one(4, 3), 0, false},
		{"none", nil, one(4, 3), 0, false},
	} {
		got, ok := Cosine(c.a, c.b)
		if ok != c.ok || !near(got, c.want, 1e-15) {
			t.Errorf("%s: %v %v, want %v %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

// TestCosineIsUnbiased: V is unbiased at any n, so the mean of many cosines of small samples is near
// the cosine of the shares, where the plain cosine is far below.
func TestCosineIsUnbiased(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	p, q := make([]float64, 60), make([]float64, 60)
	var pq, pp, qq float64
	for s := range p {
		p[s], q[s] = 0.3*rng.Float64(), 0.3*rng.Float64()
		pq, pp, qq = pq+p[s]*q[s], pp+p[s]*p[s], qq+q[s]*q[s]
	}
	var numerator, va, plain float64
	const runs = 2000
	for range runs {
		_, sums := totals(simulated(rng, 4, 1, p), simulated(rng, 5, 1, q))
		a, b := sums[0], sums[1]
		na, nb := float64(a.n), float64(b.n)
		numerator += float64(dot(a.x, b.x)) / (na * nb) / runs
		va += float64(pairs(a.x)) / (na * (na - 1)) / runs
		plain += float64(dot(a.x, a.x)) / (na * na) / runs
	}
	if !near(numerator/pq, 1, 0.01) || !near(va/pp, 1, 0.02) || plain/pp < 1.1 {
		t.Errorf("of the truth: products %.3f, V %.3f, plain squares %.3f", numerator/pq, va/pp, plain/pp)
	}
	var mean float64
	for range runs {
		c, ok := Cosine(simulated(rng, 12, 1, p), simulated(rng, 12, 1, q))
		if !ok {
			t.Fatal("undefined")
		}
		mean += c / runs
	}
	if want := pq / math.Sqrt(pp*qq); !near(mean, want, 0.02) {
		t.Errorf("mean cosine %.4f, of the shares %.4f", mean, want)
	}
}

func TestCosineProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRole(3).Draw(t, "a"), drawRole(3).Draw(t, "b")
		ab, ok := Cosine(a, b)
		ba, ok2 := Cosine(b, a)
		if ab != ba || ok != ok2 || ab < 0 {
			t.Fatalf("%v %v, other way round %v %v", ab, ok, ba, ok2)
		}
		if shuffled, _ := Cosine(shuffle(t, a), b); shuffled != ab {
			t.Fatalf("depends on the order of cells: %v, %v", ab, shuffled)
		}
		value, fast, okFast := CosineInterval(a, b, 0.9)
		plain, okPlain := Jackknife([]Role{a, b}, ab, 0.9, func(r []Role) (float64, bool) { return Cosine(r[0], r[1]) })
		okPlain = okPlain && ok
		if value != ab || okFast != okPlain || okFast && fast != plain {
			t.Fatalf("fast %v %v %v, plain %v %v %v", value, fast, okFast, ab, plain, okPlain)
		}
	})
}

// TestContinuumInterval: what is taken out of sums leaves what leaving the employer out leaves, to the last bit. Drawn roles
// seldom have an interval, so that roles of which each has one are compared beside them.
func TestContinuumInterval(t *testing.T) {
	t.Parallel()
	type failer interface{ Fatalf(string, ...any) }
	compare := func(t failer, roles []Role) bool {
		of := func(r []Role) (float64, bool) { return Continuum(r[0], r[1], r[2]) }
		want, ok := of(roles)
		value, fast, okFast := ContinuumInterval(roles[0], roles[1], roles[2], 0.9)
		plain, okPlain := Jackknife(roles, want, 0.9, of)
		okPlain = okPlain && ok
		if value != want || okFast != okPlain || okFast && fast != plain {
			t.Fatalf("fast %v %v %v, plain %v %v %v", value, fast, okFast, want, plain, okPlain)
		}
		return okFast
	}
	rapid.Check(t, func(t *rapid.T) {
		compare(t, []Role{drawRole(3).Draw(t, "role"), drawRole(3).Draw(t, "research"), drawRole(3).Draw(t, "engineering")})
	})
	rng := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		roles := make([]Role, 3)
		for i := range roles {
			p := make([]float64, 12)
			for s := range p {
				p[s] = 0.1 + 0.6*rng.Float64()
			}
			roles[i] = simulated(rng, 14+rng.IntN(6), 3, p)
		}
		if !compare(t, roles) {
			t.Fatal("no interval")
		}
	}
}

func shuffle(t *rapid.T, role Role) Role {
	return rapid.Permutation(role).Draw(t, "shuffled")
}

func TestStudentT(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p       float64
		degrees int
		want    float64
		within  float64
	}{
		{0.975, 1, math.Tan(math.Pi * 0.475), 1e-12},
		{0.975, 2, 0.95 / math.Sqrt(2*0.975*0.025), 1e-12},
		{0.975, 3, 3.182446, 1e-6},
		{0.975, 9, 2.262157, 1e-6},
		{0.95, 9, 1.833113, 1e-6},
		{0.995, 10, 3.169273, 1e-6},
		{0.9995, 30, 3.645959, 1e-6},
		{0.975, 120, 1.979930, 1e-6},
		{0.975, 100_000_000, 1.959964, 1e-6},
		{0.5, 7, 0, 0},
	} {
		if got := StudentT(c.p, c.degrees); !near(got, c.want, c.within) {
			t.Errorf("StudentT(%v, %d) = %.9f, want %.9f", c.p, c.degrees, got, c.want)
		}
		if got, mirrored := StudentT(c.p, c.degrees), StudentT(1-c.p, c.degrees); !near(got, -mirrored, 1e-12) {
			t.Errorf("StudentT(%v, %d) = %v, but %v at 1-p", c.p, c.degrees, got, mirrored)
		}
	}
	if !math.IsNaN(StudentT(0.9, 0)) || !math.IsNaN(StudentT(1.1, 5)) || !math.IsInf(StudentT(1, 5), 1) {
		t.Error("outside its range it is NaN, at the ends infinite")
	}
	for _, p := range []float64{0.6, 0.9, 0.975, 0.9995} { // the series and the expansion meet
		low, high := StudentT(p, seriesMax), StudentT(p, seriesMax+1)
		if expanded := studentExpansion(p, seriesMax); !near(low, expanded, 1e-11) || high >= low {
			t.Errorf("p %v: series %.15f, expansion %.15f, one degree more %.15f", p, low, expanded, high)
		}
	}
}

func TestWeightedJaccard(t *testing.T) {
	t.Parallel()
	got, ok := WeightedJaccard(one(4, 2, 1, 0), one(8, 2, 2, 4)) // min 1/4 + 1/4, max 1/2 + 1/4 + 1/2
	if !ok || !near(got, 0.4, 1e-15) {
		t.Errorf("%v %v, want 0.4", got, ok)
	}
	if _, ok := WeightedJaccard(one(4), one(4)); ok {
		t.Error("defined without skills")
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRole(3).Draw(t, "a"), drawRole(3).Draw(t, "b")
		ab, ok := WeightedJaccard(a, b)
		ba, _ := WeightedJaccard(b, a)
		twice, _ := WeightedJaccard(slices.Concat(a, a), b)
		self, okSelf := WeightedJaccard(a, a)
		if ab != ba || ab < 0 || ab > 1 || ab != twice || okSelf && self != 1 || ok && !okSelf && ab != 0 {
			t.Fatalf("ab %v ba %v, a twice %v, self %v", ab, ba, twice, self)
		}
	})
}

// TestSlopeByHand: in both roles one employer, two periods of four vacancies. a's skill 0 goes from 1 of 4 to 3
// of 4 and its skill 1 from 3 to 1; b has both at 2 of 4, at both times.
func TestSlopeByHand(t *testing.T) {
	t.Parallel()
	a := Role{
		{Employer: "e", Period: 0, Vacancies: 4, Counts: []Count{{0, 1}, {1, 3}}},
		{Employer: "e", Period: 1, Vacancies: 4, Counts: []Count{{0, 3}, {1, 1}}},
	}
	b := Role{
		{Employer: "e", Period: 0, Vacancies: 4, Counts: []Count{{0, 2}, {1, 2}}},
		{Employer: "e", Period: 1, Vacancies: 4, Counts: []Count{{0, 2}, {1, 2}}},
	}
	// The fit goes through both points: h is 1/4 in its period and 0 in the other, so V is the plain one:
	// V_a = (0 + 3*2)/12 = 1/2, V_b = (2+2)/12 = 1/3, p.p = 1/8 + 3/8 = 1/2 at both times.
	want := 0.5 / math.Sqrt(0.5/3)
	trend, err := Slope(a, b, 2, 12)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range [][]float64{trend.TotalAt, trend.WithinAt} {
		if !near(at[0], want, 1e-14) || !near(at[1], want, 1e-14) {
			t.Errorf("S = %v, want %v twice", at, want)
		}
	}
	if !near(trend.Total, 0, 1e-13) || !near(trend.Within, 0, 1e-13) || !near(trend.Between, 0, 1e-13) {
		t.Errorf("slopes %+v", trend)
	}
	b[1].Counts = []Count{{0, 3}, {1, 1}} // b follows: p.p = 3/16 + 9/16 - ...
	trend, err = Slope(a, b, 2, 12)
	if err != nil {
		t.Fatal(err)
	}
	// At 1: p.p = 9/16 + 1/16, V = 1/2 both: 5/4. So 12 (5/4 - want) a year.
	if !near(trend.Total, 12*(1.25-want), 1e-13) || !near(trend.Within, trend.Total, 1e-13) {
		t.Errorf("slopes %+v, want %v", trend, 12*(1.25-want))
	}
}

func TestSlopeUndefined(t *testing.T) {
	t.Parallel()
	early, late := one(5, 3, 4, 2), one(5, 4, 3, 2)
	late[0].Period, late[0].Employer = 1, "f"
	mix := slices.Concat(early, late)
	trend, err := Slope(mix, mix, 2, 1)
	if !errors.Is(err, ErrUndefined) || trend.TotalAt == nil || trend.WithinAt != nil {
		t.Errorf("nobody seen twice: %v %+v", err, trend)
	}
	for name, f := range map[string]func() (Trend, error){
		"one period":  func() (Trend, error) { return Slope(early, early, 1, 1) },
		"period seen": func() (Trend, error) { return Slope(early, early, 3, 1) },
		"outside":     func() (Trend, error) { return Slope(mix, mix, 1, 1) },
		"negative":    func() (Trend, error) { return Slope(Role{{"e", -1, 3, nil}}, mix, 2, 1) },
		"nothing":     func() (Trend, error) { return Slope(nil, nil, 2, 1) },
		// Each end of the line hangs on one vacancy: sum h^2 n is 1 there, and V would be x / 0.
		"singles": func() (Trend, error) {
			r := Role{{"e", 0, 1, []Count{{0, 1}}}, {"e", 1, 1, []Count{{0, 1}}}}
			return Slope(r, r, 2, 1)
		},
	} {
		if trend, err := f(); !errors.Is(err, ErrUndefined) || trend.TotalAt != nil {
			t.Errorf("%s: %v %+v", name, err, trend)
		}
	}
}

func TestSlopeFastIsPlain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRole(4).Draw(t, "a"), drawRole(4).Draw(t, "b")
		compareSlopes(t, a, b, 4)
	})
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		a := simulated(rng, 12, 6, []float64{0.5, 0.3, 0.2, 0.1, 0.7})
		b := simulated(rng, 14, 6, []float64{0.3, 0.3, 0.4, 0.1, 0.6})
		a = append(a, Cell{"giant", 0, 100, []Count{{0, 80}, {2, 2}}}, Cell{"giant", 5, 120, []Count{{0, 80}, {1, 12}}})
		if !compareSlopes(t, a, b, 6) {
			t.Error("no interval")
		}
	}
}

// compareSlopes compares the three intervals with plain jackknives, and says whether there were any.
func compareSlopes(t interface{ Fatalf(string, ...any) }, a, b Role, periods int) bool {
	trend, total, within, between, err := SlopeIntervals(a, b, periods, 12, 0.95)
	again, err2 := Slope(a, b, periods, 12)
	if (err == nil) != (err2 == nil) || trend.Total != again.Total || trend.Within != again.Within {
		t.Fatalf("%v %v, %v %v", trend, err, again, err2)
	}
	for i, c := range []struct {
		value float64
		fast  *Interval
	}{{trend.Total, total}, {trend.Within, within}, {trend.Between, between}} {
		plain, ok := Jackknife([]Role{a, b}, c.value, 0.95, func(r []Role) (float64, bool) {
			trend, err := Slope(r[0], r[1], periods, 12)
			defined := []bool{trend.TotalAt != nil, trend.WithinAt != nil, err == nil}[i]
			return []float64{trend.Total, trend.Within, trend.Between}[i], defined
		})
		ok = ok && []bool{trend.TotalAt != nil, trend.WithinAt != nil, err == nil}[i]
		if ok != (c.fast != nil) {
			t.Fatalf("%d: plain %v %v, fast %v", i, plain, ok, c.fast)
		}
		if ok && (!near(plain.SE, c.fast.SE, 1e-12*condition(trend)) || plain.Employers != c.fast.Employers || plain.Degrees != c.fast.Degrees) {
			t.Fatalf("%d: plain %+v, fast %+v", i, plain, *c.fast)
		}
	}
	return total != nil
}

// condition is how much larger than 1 the similarities are: a V near 0 makes them large, and with them what rounding
// does.
func condition(trend Trend) float64 {
	largest := 1.0
	for _, at := range [][]float64{trend.TotalAt, trend.WithinAt} {
		for _, v := range at {
			largest = max(largest, math.Abs(v))
		}
	}
	return largest * largest
}

func TestJackknife(t *testing.T) {
	t.Parallel()
	// The jackknife of a mean is the mean's standard error: shares of employers of equal size.
	var role Role
	values := []int{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5}
	var mean, squares float64
	for i, v := range values {
		role = append(role, Cell{Employer: fmt.Sprint(i), Vacancies: 10, Counts: []Count{{0, v}}})
		mean += float64(v) / 10 / 11
	}
	for _, v := range values {
		squares += (float64(v)/10 - mean) * (float64(v)/10 - mean)
	}
	share := func(r []Role) (float64, bool) {
		_, sums := totals(r[0])
		return float64(sums[0].x[0]) / float64(sums[0].n), true
	}
	got, ok := Jackknife([]Role{role}, mean, 0.95, share)
	se := math.Sqrt(squares / 10 / 11)
	if !ok || !near(got.SE, se, 1e-14) || got.Employers != 11 || got.Degrees != 10 || !near(got.High-mean, 2.228139*se, 1e-6) || !near(mean-got.Low, got.High-mean, 1e-12) {
		t.Errorf("%+v %v, want se %v", got, ok, se)
	}
	if _, ok := Jackknife([]Role{role[:9]}, mean, 0.95, share); ok {
		t.Error("an interval from nine employers")
	}
	if _, ok := Jackknife([]Role{role, role[:9]}, mean, 0.95, share); ok {
		t.Error("an interval from nine employers of the second role")
	}
	// The plug-in square of a share is too large by the share's variance: the jackknife takes it out.
	square := func(r []Role) (float64, bool) {
		v, ok := share(r)
		return v * v, ok
	}
	got, ok = Jackknife([]Role{role}, mean*mean, 0.95, square)
	if want := mean*mean - squares/10/11; !ok || !near(got.Centre, want, 1e-14) || !near((got.Low+got.High)/2, want, 1e-14) {
		t.Errorf("%+v %v, want around %v", got, ok, want)
	}
	// A large employer is as good as fewer: (10*10 + 40)^2 / (10*100 + 1600) = 7.5.
	role[0] = Cell{Employer: "0", Vacancies: 40, Counts: []Count{{0, 12}}}
	if got, ok = Jackknife([]Role{role}, mean, 0.95, share); !ok || got.Employers != 11 || got.Degrees != 6 {
		t.Errorf("%+v %v, want 6 degrees", got, ok)
	}
	role[0].Vacancies = 1000
	if _, ok = Jackknife([]Role{role}, mean, 0.95, share); ok {
		t.Error("an interval from one employer and ten small ones")
	}
	if _, ok := Jackknife(nil, mean, 0.95, share); ok {
		t.Error("an interval from nothing")
	}
}

func TestDivergence(t *testing.T) {
	t.Parallel()
	// P = (1/2, 1/2, 0), Q = (1/2, 0, 1/2): skill 0 adds 0, each of the others 1/2 log2(2) / 2 = 1/4.
	total, parts, ok := Divergence(one(4, 2, 2, 0), one(9, 3, 0, 3))
	if want := []Part{{1, 0.25}, {2, 0.25}, {0, 0}}; !ok || total != 0.5 || !slices.Equal(parts, want) {
		t.Errorf("%v %v %v", total, parts, ok)
	}
	if _, _, ok := Divergence(one(4, 2), one(4)); ok {
		t.Error("defined without skills")
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRole(3).Draw(t, "a"), drawRole(3).Draw(t, "b")
		ab, parts, ok := Divergence(a, b)
		ba, _, _ := Divergence(b, a)
		twice, _, _ := Divergence(slices.Concat(a, a), b)
		self, _, _ := Divergence(a, a)
		var sum float64
		for i, p := range parts {
			sum += p.Value
			if p.Value < 0 || i > 0 && p.Value > parts[i-1].Value {
				t.Fatalf("parts %v", parts)
			}
		}
		if ab != ba || ab < 0 || ab > 1 || !near(ab, twice, 1e-14) || self != 0 || ok && !near(sum, ab, 1e-14) {
			t.Fatalf("ab %v ba %v twice %v self %v, parts add up to %v", ab, ba, twice, self, sum)
		}
	})
}

func TestRCAAndSets(t *testing.T) {
	t.Parallel()
	a, b, c := one(10, 6, 2, 0, 0), one(10, 4, 4, 0, 0), one(100, 0, 0, 4, 4)
	all := []Role{a, b, c}
	// Mentions: a 8, b 8, c 8, all 24. Skill 0: 10 of all: a (6/8)/(10/24) = 1.8, b 1.2. Skill 1: 6: a 1, b 2.
	for skill, want := range map[int]float64{0: 1.8, 1: 1} {
		if got := RCA(a, all); len(got) != 2 || !near(got[skill], want, 1e-15) {
			t.Errorf("RCA of a %v, skill %d should be %v", got, skill, want)
		}
	}
	// A = {0} (1 is not above 1), B = {0, 1}.
	if j, o, ok := SetSimilarity(a, b, all); !ok || j != 0.5 || o != 1 {
		t.Errorf("%v %v %v", j, o, ok)
	}
	if _, _, ok := SetSimilarity(a, c, all); ok { // 4 of 100 is under one in twenty
		t.Error("c has a set")
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawRole(3).Draw(t, "a"), drawRole(3).Draw(t, "b"), drawRole(3).Draw(t, "c")
		j, o, ok := SetSimilarity(a, b, []Role{a, b, c})
		j2, o2, _ := SetSimilarity(b, a, []Role{c, b, a})
		if j != j2 || o != o2 || j < 0 || j > o || o > 1 {
			t.Fatalf("%v %v, other way round %v %v", j, o, j2, o2)
		}
		if selfJ, selfO, okSelf := SetSimilarity(a, a, []Role{a, b, c}); ok && (!okSelf || selfJ != 1 || selfO != 1) {
			t.Fatalf("itself: %v %v %v", selfJ, selfO, okSelf)
		}
		for _, v := range RCA(a, []Role{a, b, c}) {
			if v <= 0 {
				t.Fatal("an entry that is not above 0")
			}
		}
		for skill, v := range RCA(a, []Role{a}) {
			if !near(v, 1, 1e-14) {
				t.Fatalf("alone: skill %d has %v", skill, v)
			}
		}
	})
}
