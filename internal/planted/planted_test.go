package planted

import (
	"math"
	"reflect"
	"slices"
	"testing"
)

func TestSeed(t *testing.T) {
	t.Parallel()
	for _, scenario := range Scenarios() {
		spec := Spec{Scenario: scenario, Employers: 20, Rate: 0.3}
		a, err := New(spec, 7)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := New(spec, 7)
		c, _ := New(spec, 8)
		if !reflect.DeepEqual(a, b) || reflect.DeepEqual(a.Vacancies, c.Vacancies) {
			t.Errorf("%s: a seed does not make the market", scenario)
		}
		for _, v := range a.Vacancies {
			if e := a.Employers[v.Employer]; v.First < e.Joins || v.Censored != (v.First == e.Joins) || v.Missed <= v.First || v.Missed > Crawls || v.Copies < 1 || !slices.IsSorted(v.Skills) {
				t.Fatalf("%s: %+v of %+v", scenario, v, e)
			}
		}
	}
	if _, err := New(Spec{Scenario: "war"}, 1); err == nil {
		t.Error("an unknown scenario")
	}
}

// TestTruth compares the formula with markets of very many employers, in which hardly anything is left to chance.
func TestTruth(t *testing.T) {
	t.Parallel()
	for _, scenario := range []Scenario{Converge, Mix, Censoring} {
		spec := Spec{Scenario: scenario, Employers: 4000, Rate: 0.3}
		m, err := New(spec, 1)
		if err != nil {
			t.Fatal(err)
		}
		truth, err := spec.Truth(true)
		if err != nil {
			t.Fatal(err)
		}
		for _, months := range [][2]int{{0, Months / 2}, {Months / 2, Months}} {
			var n [2]float64
			var p [2][]float64
			p[0], p[1] = make([]float64, Skills), make([]float64, Skills)
			for _, v := range m.Vacancies {
				if v.Role <= RoleB && !v.Censored && months[0] <= v.Month() && v.Month() < months[1] {
					n[v.Role]++
					for _, s := range v.Skills {
						p[v.Role][s]++
					}
				}
			}
			for s := range Skills {
				p[0][s] /= n[0]
				p[1][s] /= n[1]
			}
			got := dot(p[0], p[1]) / math.Sqrt(dot(p[0], p[0])*dot(p[1], p[1]))
			if want := truth.Cosine(months[0], months[1]); math.Abs(got-want) > 0.005 {
				t.Errorf("%s: months %v: cosine %.4f, by formula %.4f", scenario, months, got, want)
			}
		}
	}
	// A market without a rate is one in which nothing happens, and half the way is more than a quarter.
	last := -1.0
	for _, rate := range []float64{0, 0.25, 0.5} {
		truth, err := Spec{Scenario: Converge, Rate: rate}.Truth(true)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(truth.Total-truth.Within) > 1e-12 || truth.Within <= last || rate == 0 && math.Abs(truth.Within) > 1e-12 {
			t.Errorf("rate %v: %v total, %v within", rate, truth.Total, truth.Within)
		}
		last = truth.Within
	}
	mix, _ := Spec{Scenario: Mix}.Truth(true)
	all, _ := Spec{Scenario: NewBoard}.Truth(false)
	if mix.Total < 0.05 || math.Abs(mix.Within) > 1e-12 || all.Total < 0.02 || math.Abs(all.Within) > 1e-12 {
		t.Errorf("mix %v %v, all boards %v %v", mix.Total, mix.Within, all.Total, all.Within)
	}
}
