package onset

import (
	"math"
	"reflect"
	"testing"
)

func TestSeed(t *testing.T) {
	t.Parallel()
	a, b, c := New(Small(), 7), New(Small(), 7), New(Small(), 8)
	if !reflect.DeepEqual(a, b) || reflect.DeepEqual(a.Vacancies, c.Vacancies) {
		t.Error("a seed does not make the market")
	}
	for i, v := range a.Vacancies {
		if i > 0 && (v.Week < a.Vacancies[i-1].Week || v.Week == a.Vacancies[i-1].Week && v.Employer < a.Vacancies[i-1].Employer) {
			t.Fatalf("vacancy %d is not in order", i)
		}
		for _, s := range v.Skills {
			if s >= a.Skills && v.Week < a.Onsets[s-a.Skills].Week {
				t.Fatalf("%+v mentions what emerges later", v)
			}
		}
	}
}

// TestReplay: the rule tells what emerges and nothing else; a test of any change tells much that does not.
func TestReplay(t *testing.T) {
	t.Parallel()
	m := New(Small(), 1)
	c := Count(m)
	got := Replay(m, c, Standard())
	for _, f := range got.Found {
		if f.Adopters >= 10 && (f.At < 0 || f.Delay(m) > 26) {
			t.Errorf("%+v of %+v", f, m.Onsets[f.Onset].Family)
		}
	}
	if len(got.False) > 0 {
		t.Errorf("told wrongly: %v", got.False)
	}
	loose := Standard()
	loose.Ratio, loose.Q, loose.EmployersMin, loose.KnownMax, loose.Persist = 1, 0.5, 1, 1, 1
	if wrong := Replay(m, c, loose).False; len(wrong) < 5 {
		t.Errorf("a test of any change tells only %d wrongly: the market has no seasons", len(wrong))
	}
}

func TestBinomialTail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		x, n int
		p, w float64
	}{{0, 5, 0.3, 1}, {5, 5, 0.5, 1.0 / 32}, {1, 2, 0.5, 0.75}, {2, 3, 0.25, 3*0.0625*0.75 + 0.015625}, {1, 5, 1, 1}} {
		if got := binomialTail(c.x, c.n, c.p); math.Abs(got-c.w) > 1e-12 {
			t.Errorf("P(Bin(%d, %g) >= %d) = %g, want %g", c.n, c.p, c.x, got, c.w)
		}
	}
}

func TestShuffled(t *testing.T) {
	t.Parallel()
	to := Shuffled(10, 4, 3)
	seen := make([]bool, 10)
	for i, u := range to {
		if seen[u] || i%4 != 0 && u != to[i-1]+1 {
			t.Fatalf("%v", to)
		}
		seen[u] = true
	}
}
