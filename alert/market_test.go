package alert

import (
	"testing"

	"github.com/rolescope/rolescope/trend"
)

func TestBeyond(t *testing.T) {
	t.Parallel()
	number := func(x float64) *float64 { return &x }
	estimate := trend.Estimate{Value: number(0.3), Low: number(0.2), High: number(0.4)}
	alone := trend.Estimate{Value: number(0.3)}
	for _, c := range []struct {
		name       string
		of         trend.Estimate
		rule       Rule
		value, all bool
	}{
		{"above all of it", estimate, Rule{Above: number(0.2)}, true, true},
		{"above a part", estimate, Rule{Above: number(0.21)}, true, false},
		{"not above", estimate, Rule{Above: number(0.31)}, false, false},
		{"below all of it", estimate, Rule{Below: number(0.4)}, true, true},
		{"below a part", estimate, Rule{Below: number(0.39)}, true, false},
		{"not below", estimate, Rule{Below: number(0.29)}, false, false},
		{"no interval, above", alone, Rule{Above: number(0.3)}, true, true},
		{"no interval, below", alone, Rule{Below: number(0.3)}, true, true},
		{"no interval, not below", alone, Rule{Below: number(0.29)}, false, false},
	} {
		if value, all := beyond(c.rule, c.of); value != c.value || all != c.all {
			t.Errorf("%s: %t, %t; want %t, %t", c.name, value, all, c.value, c.all)
		}
	}
}

// TestDrop: a role's share has to be down by the rule's part, and further than its weeks are uneven.
func TestDrop(t *testing.T) {
	t.Parallel()
	// weeks of 100 vacancies of the role and 900 others, then four of the recent numbers.
	market := func(recent, others float64, burst bool) []map[string]float64 {
		out := make([]map[string]float64, dropBase+dropRecent)
		for i := range out {
			out[i] = map[string]float64{"role": 100, "others": 900}
			if burst {
				out[i]["role"] = float64(200 * (i % 2))
			}
			if i >= dropBase {
				out[i] = map[string]float64{"role": recent, "others": others}
			}
		}
		return out
	}
	rare := make([]map[string]float64, dropBase+dropRecent)
	for i := range rare {
		rare[i] = map[string]float64{"role": 1, "others": 900}
	}
	for _, c := range []struct {
		name         string
		weeks        []map[string]float64
		found, sure  bool
		recent, base uint64
	}{
		{"half of it", market(45, 900, false), true, true, 180, 2600},
		{"gone", market(0, 900, false), true, true, 0, 2600},
		{"less by a third is not by half, and keeps what fires", market(66, 900, false), true, false, 264, 2600},
		{"less by a tenth", market(90, 900, false), false, false, 0, 0},
		{"December: all by half", market(50, 450, false), false, false, 0, 0},
		{"in bursts: half of it is chance", market(45, 900, true), true, false, 180, 2600},
		{"too rare to be looked at", rare, false, false, 0, 0},
		{"nothing new of anybody", market(0, 0, false), false, false, 0, 0},
	} {
		got, ok := dropOf(Rule{Drop: 0.5}, "role", c.weeks)
		if ok != c.found || ok && (got.weak == c.sure || got.evidence.RecentCount != c.recent || got.evidence.BaseCount != c.base) {
			t.Errorf("%s: found %t (want %t), %+v", c.name, ok, c.found, got)
		}
	}
}
