package measure_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/rolescope/rolescope/trend/measure"
)

// plainAtRisk is how many were open for so many days or more, and how many of them closed on that day.
func plainAtRisk(lives []measure.Lifetime, day int, without string) (atRisk, closed int) {
	for _, l := range lives {
		if l.Employer == without || l.N < 1 || l.Days < 0 {
			continue
		}
		if l.Days >= day {
			atRisk += l.N
		}
		if l.Days == day && l.Closed {
			closed += l.N
		}
	}
	return atRisk, closed
}

// plainS is the Kaplan-Meier estimate.
func plainS(lives []measure.Lifetime, day int, without string) *big.Rat {
	s := ratio(1, 1)
	for d := range day + 1 {
		if atRisk, closed := plainAtRisk(lives, d, without); closed > 0 {
			s = times(s, minus(ratio(1, 1), ratio(closed, atRisk)))
		}
	}
	return s
}

func plainPointer(what string, got *float64, want float64, wantOK bool) []string {
	if got == nil {
		return plainAnswer(what, 0, false, want, wantOK)
	}
	return plainAnswer(what, *got, true, want, wantOK)
}

// plainFirst is the first day that is told of, and whether there is one.
type plainFirst struct {
	day float64
	ok  bool
}

func (f *plainFirst) tell(day int, is bool) {
	if is && !f.ok {
		*f = plainFirst{float64(day), true}
	}
}

func plainKaplanMeier(lives []measure.Lifetime, level float64) (problems []string, intervals int) {
	curve, median, medianLow, medianHigh := measure.KaplanMeier(lives, level)
	employers := map[string]int{}
	for _, l := range lives {
		if l.N > 0 && l.Days >= 0 {
			employers[l.Employer] += l.N
		}
	}
	var half, lowHalf, highHalf plainFirst
	i := 0
	for day := range 100 {
		atRisk, closed := plainAtRisk(lives, day, "")
		if closed == 0 {
			continue
		}
		if i >= len(curve) || curve[i].Day != day {
			return []string{fmt.Sprintf("no step for day %d: %v", day, curve)}, 0
		}
		got, what, s := curve[i], fmt.Sprint("day ", day, ": "), plainS(lives, day, "")
		i++
		if got.AtRisk != atRisk || got.Closed != closed {
			problems = append(problems, fmt.Sprintf("%s%d closed of %d, by the page %d of %d", what, got.Closed, got.AtRisk, closed, atRisk))
		}
		problems = append(problems, plainDiffer(what+"S", got.S, float(s))...)
		half.tell(day, s.Cmp(ratio(1, 2)) <= 0)
		want, ok := plainJackknife([]map[string]int{employers}, level, func(c string) (float64, bool) {
			atRisk, _ := plainAtRisk(lives, day, c)
			s := plainS(lives, day, c)
			if atRisk == 0 || s.Sign() == 0 || s.Cmp(ratio(1, 1)) == 0 {
				return 0, false
			}
			return math.Log(-math.Log(float(s))), true
		})
		centre := math.Log(-math.Log(float(s)))
		low, high := math.Exp(-math.Exp(centre+want.q*want.se)), math.Exp(-math.Exp(centre-want.q*want.se))
		problems = append(problems, plainPointer(what+"low", got.Low, low, ok)...)
		problems = append(problems, plainPointer(what+"high", got.High, high, ok)...)
		lowHalf.tell(day, ok && low <= 0.5)
		highHalf.tell(day, ok && high <= 0.5)
		if ok {
			intervals++
		}
	}
	if i != len(curve) {
		problems = append(problems, fmt.Sprintf("%d steps, by the page %d", len(curve), i))
	}
	return slices.Concat(problems,
		plainPointer("median", median, half.day, half.ok),
		plainPointer("median's low", medianLow, lowHalf.day, lowHalf.ok),
		plainPointer("median's high", medianHigh, highHalf.day, highHalf.ok)), intervals
}

func TestIndependentKaplanMeier(t *testing.T) {
	independent(t)
	all := 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 8))
		var lives []measure.Lifetime
		employers, last := 1+rng.IntN(16), 1+rng.IntN(12)
		for range rng.IntN(60) {
			lives = append(lives, measure.Lifetime{
				Employer: fmt.Sprint("employer ", rng.IntN(employers)),
				Days:     rng.IntN(last+1) - rng.IntN(2)*rng.IntN(2), Closed: rng.IntN(3) > 0, N: rng.IntN(4),
			})
		}
		problems, intervals := plainKaplanMeier(lives, []float64{0.95, 0.8}[seed%2])
		all += intervals
		for _, problem := range problems {
			t.Errorf("seed %d: %s\n%v", seed, problem, lives)
		}
	}
	if all < 30 {
		t.Errorf("%d intervals: too few to mean anything", all)
	}
	// S comes to exactly 1/2 in steps that no binary fraction has: one closes a day, of 2n at first.
	for n := 1; n <= 30; n++ {
		var lives []measure.Lifetime
		for day := range 2 * n {
			lives = append(lives, measure.Lifetime{Employer: "a", Days: day, Closed: true, N: 1})
		}
		if _, median, _, _ := measure.KaplanMeier(lives, 0.95); median == nil || *median != float64(n-1) {
			t.Errorf("half of %d are closed on day %d; the median is %v", 2*n, n-1, median)
		}
		problems, _ := plainKaplanMeier(lives, 0.95)
		for _, problem := range problems {
			t.Errorf("%d close one a day: %s", 2*n, problem)
		}
	}
}

// TestIndependentLeukemia is the example of the textbooks: weeks of remission with 6-MP (Freireich
// and others 1963).
func TestIndependentLeukemia(t *testing.T) {
	independent(t)
	var lives []measure.Lifetime
	add := func(closed bool, days ...int) {
		for _, d := range days {
			lives = append(lives, measure.Lifetime{Employer: fmt.Sprint(len(lives)), Days: d, Closed: closed, N: 1})
		}
	}
	add(true, 6, 6, 6, 7, 10, 13, 16, 22, 23)
	add(false, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
	curve, median, _, _ := measure.KaplanMeier(lives, 0.95)
	printed := []struct {
		day, atRisk, closed int
		s                   float64
	}{
		{6, 21, 3, 0.857},
		{7, 17, 1, 0.807},
		{10, 15, 1, 0.753},
		{13, 12, 1, 0.690},
		{16, 11, 1, 0.627},
		{22, 7, 1, 0.538},
		{23, 6, 1, 0.448},
	}
	if len(curve) != len(printed) || median == nil || *median != 23 {
		t.Fatalf("%v, median %v", curve, median)
	}
	for i, want := range printed {
		got := curve[i]
		if got.Day != want.day || got.AtRisk != want.atRisk || got.Closed != want.closed || math.Abs(got.S-want.s) > 0.0005 {
			t.Errorf("%+v, in the textbook %+v", got, want)
		}
	}
	problems, intervals := plainKaplanMeier(lives, 0.95)
	for _, problem := range problems {
		t.Error(problem)
	}
	if intervals != len(printed) {
		t.Errorf("%d intervals", intervals)
	}
}

// plainQuantile is the smallest value with at least the fraction of values <= it.
func plainQuantile(values []measure.Value, enough func(atMost, all int) bool) float64 {
	best := math.Inf(1)
	for _, v := range values {
		atMost := 0
		for _, w := range values {
			if w.V <= v.V {
				atMost++
			}
		}
		if enough(atMost, len(values)) {
			best = min(best, v.V)
		}
	}
	return best
}

func TestIndependentQuantile(t *testing.T) {
	independent(t)
	intervals := 0
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 9))
		var values []measure.Value
		employers := map[string]int{}
		howMany := 1 + rng.IntN(15)
		for range 1 + rng.IntN(60) {
			c := rng.IntN(howMany)
			v := measure.Value{Employer: fmt.Sprint(c), V: float64(rng.IntN(12)*10 + c%3)}
			values = append(values, v)
			employers[v.Employer]++
		}
		percent := 1 + rng.IntN(99)
		q, _ := strconv.ParseFloat(fmt.Sprintf("0.%02d", percent), 64)
		v, low, high, ok := measure.Quantile(values, q, 0.9)
		want := plainQuantile(values, func(atMost, all int) bool { return atMost*100 >= percent*all })
		problems := plainAnswer("quantile", v, ok, want, true)
		interval, given := plainJackknife([]map[string]int{employers}, 0.9, func(without string) (float64, bool) {
			atMost, all := 0, 0
			for _, w := range values {
				if w.Employer == without {
					continue
				}
				all++
				if w.V <= want {
					atMost++
				}
			}
			return float64(atMost) / float64(all), true
		})
		if given {
			intervals++
		}
		for _, bound := range []struct {
			what     string
			got      *float64
			fraction float64
		}{{"low", low, q - interval.q*interval.se}, {"high", high, q + interval.q*interval.se}} {
			told := given && bound.fraction > 0 && bound.fraction <= 1
			at := plainQuantile(values, func(atMost, all int) bool { return float64(atMost)/float64(all) >= bound.fraction })
			problems = append(problems, plainPointer(bound.what, bound.got, at, told)...)
		}
		for _, problem := range problems {
			t.Errorf("seed %d: the %v of %v: %s", seed, q, values, problem)
		}
	}
	if intervals < 30 {
		t.Errorf("%d intervals: too few to mean anything", intervals)
	}
	// Every hundredth of a hundred values is the value of that rank, however the fraction is rounded.
	var values []measure.Value
	for i := range 100 {
		values = append(values, measure.Value{Employer: fmt.Sprint(i % 20), V: float64(i + 1)})
	}
	for percent := 1; percent < 100; percent++ {
		q, _ := strconv.ParseFloat(fmt.Sprintf("0.%02d", percent), 64)
		if v, _, _, _ := measure.Quantile(values, q, 0.95); v != float64(percent) {
			t.Errorf("the %v of 1 to 100 is %v", q, v)
		}
	}
}
