package measure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// remissions is the 6-MP arm of Freireich et al. (Blood 21, 1963; Gehan 1965): weeks of remission of 21
// patients, negative where censored. Each patient is an employer.
func remissions() []Lifetime {
	var l []Lifetime
	for i, weeks := range []int{6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35} {
		l = append(l, Lifetime{Employer: fmt.Sprint(i), Days: max(weeks, -weeks), Closed: weeks > 0, N: 1})
	}
	return l
}

func TestKaplanMeierTextbook(t *testing.T) {
	t.Parallel()
	// Day, at risk, closed, S and Greenwood's standard error, S sqrt(sum d / (n (n - d))), as textbooks print them.
	want := []struct {
		day, atRisk, closed int
		s, se               float64
	}{
		{6, 21, 3, 0.857, 0.0764},
		{7, 17, 1, 0.807, 0.0869},
		{10, 15, 1, 0.753, 0.0963},
		{13, 12, 1, 0.690, 0.1068},
		{16, 11, 1, 0.627, 0.1141},
		{22, 7, 1, 0.538, 0.1282},
		{23, 6, 1, 0.448, 0.1346},
	}
	curve, median, low, high := KaplanMeier(remissions(), 0.95)
	if len(curve) != len(want) {
		t.Fatalf("%d steps, want %d", len(curve), len(want))
	}
	for i, w := range want {
		got := curve[i]
		if got.Day != w.day || got.AtRisk != w.atRisk || got.Closed != w.closed || math.Abs(got.S-w.s) > 0.0005 {
			t.Errorf("step %d: %+v, want %+v", i, got, w)
		}
		// The jackknife over patients is close to Greenwood on the log-log scale.
		greenwood := w.se / (w.s * -math.Log(w.s))
		if got.Low == nil || got.High == nil {
			t.Fatalf("step %d has no interval", i)
		}
		jackknife := (logLog(*got.Low) - logLog(*got.High)) / 2 / StudentT(0.975, 20)
		if ratio := jackknife / greenwood; ratio < 0.95 || ratio > 1.3 {
			t.Errorf("day %d: standard error of log(-log S) %.3f, Greenwood's %.3f", w.day, jackknife, greenwood)
		}
	}
	if median == nil || *median != 23 {
		t.Errorf("median %v, want 23", median)
	}
	// With Greenwood's error and 1.96 the bound at day 10 is 0.503 and the median's 13; t with 20 degrees and the
	// jackknife are a little wider.
	if low == nil || *low != 10 || high != nil {
		t.Errorf("median from %v to %v", low, high)
	}
}

func TestKaplanMeierProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Lifetime {
			return Lifetime{
				Employer: fmt.Sprint(rapid.IntRange(0, 12).Draw(t, "employer")),
				Days:     rapid.IntRange(-1, 9).Draw(t, "days"),
				Closed:   rapid.Bool().Draw(t, "closed"),
				N:        rapid.IntRange(-1, 4).Draw(t, "n"),
			}
		}), 0, 60).Draw(t, "lifetimes")
		curve, median, low, high := KaplanMeier(l, 0.9)
		shuffled, _, _, _ := KaplanMeier(rapid.Permutation(l).Draw(t, "shuffled"), 0.9)
		last := 1.0
		for i, s := range curve {
			if s.S > last || s.S < 0 || s.Closed > s.AtRisk || s.Closed < 1 {
				t.Fatalf("step %d: %+v after %v", i, s, last)
			}
			if s.Low != nil && !(*s.Low <= s.S && s.S <= *s.High) {
				t.Fatalf("step %d: %v in %v to %v", i, s.S, *s.Low, *s.High)
			}
			if s.S != shuffled[i].S || s.Low != nil && *s.Low != *shuffled[i].Low {
				t.Fatalf("depends on the order of lifetimes")
			}
			last = s.S
		}
		if (median != nil) != (last <= 0.5+tiny) || low != nil && median != nil && *low > *median && curveHasBounds(curve, *median) || high != nil && *high < *median {
			t.Fatalf("median %v from %v to %v", median, low, high)
		}
		// Without censoring, S is the fraction that lives longer.
		for i := range l {
			l[i].Closed = true
		}
		curve, _, _, _ = KaplanMeier(l, 0.9)
		for _, s := range curve {
			all, longer := 0, 0
			for _, l := range l {
				if l.N > 0 && l.Days >= 0 {
					all += l.N
					if l.Days > s.Day {
						longer += l.N
					}
				}
			}
			if !near(s.S, float64(longer)/float64(all), 1e-12) {
				t.Fatalf("day %d: %v, but %d of %d", s.Day, s.S, longer, all)
			}
		}
	})
}

func curveHasBounds(curve []Survival, day float64) bool {
	for _, s := range curve {
		if float64(s.Day) == day {
			return s.Low != nil
		}
	}
	return false
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	var values []Value
	for i := range 100 {
		values = append(values, Value{Employer: fmt.Sprint(i % 25), V: float64(i + 1)})
	}
	for _, c := range []struct{ q, want float64 }{{0.5, 50}, {0.55, 55}, {0.07, 7}, {0.9999, 100}, {0.001, 1}, {0.501, 51}} {
		v, low, high, ok := Quantile(values, c.q, 0.95)
		if !ok || v != c.want || low != nil && *low > v || high != nil && *high < v {
			t.Errorf("q %v: %v %v %v %v, want %v", c.q, v, low, high, ok, c.want)
		}
	}
	// At q = 1/2 employer i has 2 of its 4 values (i+1, i+26, i+51, i+76) at or below 50: without it the
	// fraction is 48/96, for each: se = 0 and the interval is the value.
	if _, low, high, _ := Quantile(values, 0.5, 0.95); *low != 50 || *high != 50 {
		t.Errorf("%v %v", *low, *high)
	}
	// One value an employer: the jackknife's se of a fraction is sqrt(p (1-p) / (n-1)).
	for i := range values {
		values[i].Employer = fmt.Sprint(i)
	}
	half := StudentT(0.975, 99) * math.Sqrt(0.25/99)
	if _, low, high, _ := Quantile(values, 0.5, 0.95); *low != math.Ceil(100*(0.5-half)) || *high != math.Ceil(100*(0.5+half)) {
		t.Errorf("%v to %v, half %v", *low, *high, half)
	}
	if _, low, high, ok := Quantile(values[:9], 0.5, 0.95); !ok || low != nil || high != nil {
		t.Error("an interval from nine employers")
	}
	if _, low, high, ok := Quantile(values, 0.01, 0.95); !ok || low != nil || high == nil {
		t.Error("a bound below the smallest value")
	}
	for _, q := range []float64{0, 1, -1, math.NaN()} {
		if _, _, _, ok := Quantile(values, q, 0.95); ok {
			t.Errorf("defined at %v", q)
		}
	}
	if _, _, _, ok := Quantile([]Value{{"e", math.NaN()}}, 0.5, 0.95); ok {
		t.Error("defined of NaN")
	}
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Value {
			return Value{fmt.Sprint(rapid.IntRange(0, 14).Draw(t, "employer")), float64(rapid.IntRange(0, 9).Draw(t, "v"))}
		})).Draw(t, "values")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		v, low, high, ok := Quantile(values, q, 0.95)
		v2, low2, high2, _ := Quantile(rapid.Permutation(values).Draw(t, "shuffled"), q, 0.95)
		if v != v2 || (low == nil) != (low2 == nil) || low != nil && *low != *low2 || (high == nil) != (high2 == nil) || high != nil && *high != *high2 {
			t.Fatal("depends on the order of values")
		}
		if ok && (low != nil && *low > v || high != nil && *high < v) {
			t.Fatalf("%v outside its interval", v)
		}
	})
}

// TestIntervalsCover: Woodruff's interval and that of S cover the truth about as often as they say, with
// employers whose vacancies are alike.
func TestIntervalsCover(t *testing.T) {
	t.Parallel()
	const runs = 200
	quantiles, survivals, defined := 0, 0, 0
	for seed := range uint64(runs) {
		rng := rand.New(rand.NewPCG(seed, 9))
		var values []Value
		var lifetimes []Lifetime
		for e := range 30 {
			own := rng.NormFloat64()
			for range 1 + rng.IntN(8) {
				values = append(values, Value{fmt.Sprint(e), own + rng.NormFloat64()}) // median 0
				lived := rng.ExpFloat64() * 20 * math.Exp(own/2-1.0/8)
				seen := 60 * rng.Float64()
				lifetimes = append(lifetimes, Lifetime{fmt.Sprint(e), int(min(lived, seen)), lived <= seen, 1})
			}
		}
		if _, low, high, ok := Quantile(values, 0.5, 0.95); ok && *low <= 0 && 0 <= *high {
			quantiles++
		}
		curve, _, _, _ := KaplanMeier(lifetimes, 0.95)
		i, _ := slices.BinarySearchFunc(curve, 14, func(s Survival, day int) int { return s.Day - day })
		if at := curve[i-1]; at.Day == 13 && at.Low != nil { // int(lived) <= 13 is lived < 14
			defined++
			truth := survivalAt(14)
			if *at.Low <= truth && truth <= *at.High {
				survivals++
			}
		}
	}
	if quantiles < 180 || quantiles > 199 {
		t.Errorf("the median's intervals cover it in %d of %d", quantiles, runs)
	}
	if defined < 100 || float64(survivals) < 0.9*float64(defined) {
		t.Errorf("the curve's cover in %d of %d", survivals, defined)
	}
}

// survivalAt is the mean of exp(-t / (20 exp(x/2 - 1/8))) over a standard normal x.
func survivalAt(t float64) float64 {
	var sum, weight float64
	for x := -8.0; x <= 8; x += 0.01 {
		w := math.Exp(-x * x / 2)
		sum += w * math.Exp(-t/(20*math.Exp(x/2-1.0/8)))
		weight += w
	}
	return sum / weight
}

// TestKaplanMeierLastAtRisk: S has an interval as long as somebody stays at risk without each employer.
func TestKaplanMeierLastAtRisk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		late     []Lifetime // beside twelve employers of whom half close on day 5
		interval bool
	}{
		{"without 0 the only one left closes", []Lifetime{{"0", 10, false, 2}, {"1", 10, true, 1}}, false},
		{"without 0 one of two closes", []Lifetime{{"0", 10, false, 2}, {"1", 10, true, 1}, {"2", 11, false, 1}}, true},
		{"without 1 nobody is at risk", []Lifetime{{"1", 10, true, 1}, {"1", 11, false, 2}}, false},
		{"without 1 one is at risk and stays", []Lifetime{{"1", 10, true, 1}, {"1", 11, false, 1}, {"2", 11, false, 1}}, true},
	} {
		lifetimes := c.late
		for i := range 12 {
			lifetimes = append(lifetimes, Lifetime{Employer: fmt.Sprint(i), Days: 5, Closed: i%2 == 0, N: 3})
		}
		curve, _, _, _ := KaplanMeier(lifetimes, 0.95)
		if len(curve) != 2 || curve[0].Low == nil || curve[1].Closed != 1 || (curve[1].Low != nil) != c.interval {
			t.Errorf("%s: %+v", c.name, curve)
		}
	}
}
