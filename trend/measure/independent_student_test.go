package measure_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rolescope/rolescope/trend/measure"
)

// plainStudentT integrates the density. With x = sqrt(degrees) tan(angle) it is proportional to the
// cosine of the angle to the power of degrees - 1; the angle is found by Newton's steps, which come to
// it from below since the density falls. p is from 1/2 to 1.
func plainStudentT(p float64, degrees int) float64 {
	density := func(angle float64) float64 { return math.Pow(math.Cos(angle), float64(degrees-1)) }
	area := func(to float64) float64 { // Simpson's rule
		const panels = 2000
		h := to / panels
		sum := density(0) + density(to)
		for i := 1; i < panels; i++ {
			sum += density(float64(i)*h) * float64(2+2*(i%2))
		}
		return sum * h / 3
	}
	end := min(math.Pi/2, 12/math.Sqrt(float64(degrees)))
	want, angle := area(end)*(2*p-1), 0.0
	for range 100 {
		step := (want - area(angle)) / density(angle)
		angle += step
		if math.Abs(step) <= 1e-15*angle {
			break
		}
	}
	return math.Sqrt(float64(degrees)) * math.Tan(angle)
}

func TestIndependentStudentT(t *testing.T) {
	independent(t)
	for _, degrees := range []int{1, 2, 3, 4, 7, 10, 29, 30, 150, 1999, 2000, 2001, 5000} {
		for _, p := range []float64{0.6, 0.9, 0.95, 0.975, 0.995} {
			got, what := measure.StudentT(p, degrees), fmt.Sprintf("t(%v) with %d degrees", p, degrees)
			for _, problem := range plainDiffer(what, got, plainStudentT(p, degrees)) {
				t.Error(problem)
			}
			for _, problem := range plainDiffer(what+" from below", measure.StudentT(1-p, degrees), -plainStudentT(p, degrees)) {
				t.Error(problem)
			}
		}
	}
	// Closed forms, and a printed table to its digits.
	for _, p := range []float64{0.51, 0.9, 0.975, 0.999} {
		for _, problem := range append(
			plainDiffer("t with 1 degree", measure.StudentT(p, 1), math.Tan(math.Pi*(p-0.5))),
			plainDiffer("t with 2 degrees", measure.StudentT(p, 2), (2*p-1)/math.Sqrt(2*p*(1-p)))...) {
			t.Error(problem)
		}
	}
	for degrees, want := range map[int]float64{1: 12.706, 5: 2.571, 9: 2.262, 10: 2.228, 30: 2.042, 120: 1.980, 1e6: 1.960} {
		if got := measure.StudentT(0.975, degrees); math.Abs(got-want) > 0.0005 {
			t.Errorf("t(0.975) with %d degrees is %v, in tables %v", degrees, got, want)
		}
	}
}

// TestIndependentIntervalOf is about which roles have an interval: ten employers, two of them effective.
func TestIndependentIntervalOf(t *testing.T) {
	independent(t)
	given := 0
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 11))
		values := map[string]float64{"": rng.NormFloat64()}
		roles := make([]map[string]int, 1+rng.IntN(3))
		vacancies := make([][]int, len(roles))
		for i := range roles {
			roles[i] = map[string]int{}
			for c := range 9 + rng.IntN(5) {
				n := 1 + rng.IntN(6)
				if c == 0 {
					n += rng.IntN(2) * rng.IntN(120)
				}
				employer := fmt.Sprint(c)
				roles[i][employer], vacancies[i], values[employer] = n, append(vacancies[i], n), rng.NormFloat64()
			}
		}
		var without []float64
		for c := range len(values) - 1 {
			without = append(without, values[fmt.Sprint(c)])
		}
		want, wantOK := plainJackknife(roles, 0.99, func(c string) (float64, bool) { return values[c], true })
		got, ok := measure.IntervalOf(values[""], without, vacancies, 0.99)
		for _, problem := range plainIntervalOf("of values", got, ok, want, wantOK) {
			t.Errorf("seed %d: %s\n%v", seed, problem, vacancies)
		}
		if ok {
			given++
		}
	}
	if given < 50 || given > 180 {
		t.Errorf("%d of 200 intervals are given: too few either way to mean anything", given)
	}
	// 30^2 / (21^2 + 9) is 2 exactly, and one vacancy more is less.
	for most, want := range map[int]int{20: 2, 21: 2, 22: 1} {
		vacancies := []int{most, 1, 1, 1, 1, 1, 1, 1, 1, 1}
		_, ok := measure.IntervalOf(1, make([]float64, 10), [][]int{vacancies}, 0.95)
		if got := measure.Effective(vacancies); got != want || ok != (want == 2) {
			t.Errorf("%v are %d effective employers, interval %v; by the page %d", vacancies, got, ok, want)
		}
	}
}
