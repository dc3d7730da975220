package score

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func near(a, b float64) bool { return math.Abs(a-b) < 5e-5 }

// TestWilson has the values of Newcombe (Stat. Med. 17, 1998, table I, method 3).
func TestWilson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {29, 29, 0.8830, 1},
	} {
		e := Wilson(c.k, c.n)
		if !near(e.Low, c.low) || !near(e.High, c.high) || e.N != c.n {
			t.Errorf("Wilson(%d, %d) = %+v, want %v to %v", c.k, c.n, e, c.low, c.high)
		}
	}
	if e := Wilson(0, 0); e != (Estimate{}) {
		t.Errorf("of nothing: %+v", e)
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	r := Of(Counts{TP: 6, FP: 2, FN: 4})
	if r.Precision.Value != 0.75 || r.Recall.Value != 0.6 || !near(r.F1.Value, 2.0/3) {
		t.Errorf("%+v", r)
	}
	b, err := json.Marshal(Of(Counts{FN: 1}))
	if want := `{"tp":0,"fp":0,"fn":1,"precision":null,"recall":{"value":0,"low":0,"high":0.7935,"n":1},"f1":{"value":0,"low":0,"high":0.8848,"n":1}}`; err != nil || string(b) != want {
		t.Errorf("%s %v, want %s", b, err, want)
	}
}

// TestIntervalsHoldTheirValue for any counts, and stay shares.
func TestIntervalsHoldTheirValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.IntRange(0, 5)
		units := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Counts {
			return Counts{small.Draw(t, "tp"), small.Draw(t, "fp"), small.Draw(t, "fn")}
		}), 0, 12).Draw(t, "units")
		var sum Counts
		for _, u := range units {
			sum = sum.Plus(u)
		}
		for _, r := range []Rates{Of(sum), Bootstrap(units)} {
			for _, e := range []Estimate{r.Precision, r.Recall, r.F1} {
				if e.N > 0 && !(0 <= e.Low && e.Low <= e.Value && e.Value <= e.High && e.High <= 1 && e.Low < e.High) {
					t.Fatalf("%+v of %+v", e, units)
				}
			}
		}
	})
}

// TestBootstrapCovers draws postings whose finds stand and fall together: the interval over postings
// must hold the truth nearly always, which one that takes finds as independent does not.
func TestBootstrapCovers(t *testing.T) {
	t.Parallel()
	const worlds, postings, finds = 200, 100, 10
	rng := rand.New(rand.NewPCG(1, 2))
	clustered, independent := 0, 0
	for range worlds {
		units := make([]Counts, postings)
		var sum Counts
		for i := range units {
			units[i] = Counts{FP: finds}
			if rng.IntN(10) < 8 {
				units[i] = Counts{TP: finds}
			}
			sum = sum.Plus(units[i])
		}
		covers := func(e Estimate) int {
			if e.Low <= 0.8 && 0.8 <= e.High {
				return 1
			}
			return 0
		}
		clustered += covers(Bootstrap(units).Precision)
		independent += covers(Of(sum).Precision)
	}
	if clustered < worlds*90/100 || independent > worlds*70/100 {
		t.Errorf("of %d: %d hold the truth over postings, %d over finds", worlds, clustered, independent)
	}
}

func TestClasses(t *testing.T) {
	t.Parallel()
	var c Classes
	if c.MacroF1().N != 0 || c.Accuracy().N != 0 {
		t.Error("figures of nothing")
	}
	for _, item := range [][2]string{{"a", "a"}, {"a", "a"}, {"a", "b"}, {"b", "b"}, {"c", "none"}, {"b", "b"}} {
		c.Add(item[0], item[1])
	}
	if acc := c.Accuracy(); !near(acc.Value, 4.0/6) || acc.N != 6 {
		t.Errorf("accuracy %+v", acc)
	}
	// F1 of a, b, c: 0.8, 0.8, 0
	if m := c.MacroF1("none"); !near(m.Value, 1.6/3) || m.Low >= m.Value || m.High <= m.Value {
		t.Errorf("macro-F1 %+v", m)
	}
	if m := c.MacroF1(); !near(m.Value, 1.6/4) {
		t.Errorf("macro-F1 with none %+v", m)
	}
	if per := c.PerClass(); len(per) != 4 || per[0].Name != "a" || per[0].Counts != (Counts{TP: 2, FN: 1}) {
		t.Errorf("%+v", per)
	}
	if cells := c.Confusion(); len(cells) != 4 || cells[0] != (Cell{"a", "a", 2}) || cells[3] != (Cell{"c", "none", 1}) {
		t.Errorf("%+v", cells)
	}
}

func TestKappa(t *testing.T) {
	t.Parallel()
	var c Classes
	if _, ok := c.Kappa(); ok {
		t.Error("agreement about nothing")
	}
	for cell, n := range map[[2]string]int{{"y", "y"}: 20, {"y", "n"}: 5, {"n", "y"}: 10, {"n", "n"}: 15} {
		for range n {
			c.Add(cell[0], cell[1])
		}
	}
	if k, ok := c.Kappa(); !ok || !near(k, 0.4) {
		t.Errorf("kappa %v, want 0.4", k)
	}
	var same Classes
	same.Add("y", "y")
	if _, ok := same.Kappa(); ok {
		t.Error("kappa is not defined where chance alone agrees always")
	}
}
