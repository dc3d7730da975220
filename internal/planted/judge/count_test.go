package judge_test

import (
	"testing"

	"github.com/rolescope/rolescope/internal/planted"
	"github.com/rolescope/rolescope/internal/planted/judge"
)

// TestPlanted is a small version of the planted proof, on the markets themselves: with a dozen seeds nine intervals of
// 95 % have the truth in them but for one time in ten thousand. What only looks convergent must look so to who
// has no guards: without them the test would prove nothing.
func TestPlanted(t *testing.T) {
	t.Parallel()
	const seeds = 12
	looks := map[planted.Scenario]bool{
		planted.Converge: true, planted.Mix: true, planted.Boilerplate: true, planted.NewBoard: true, planted.Censoring: true,
	}
	for _, scenario := range planted.Scenarios() {
		t.Run(string(scenario), func(t *testing.T) {
			t.Parallel()
			var answers []judge.Answer
			for seed := range uint64(seeds) {
				m, err := planted.New(planted.Spec{Scenario: scenario, Employers: 30, Rate: 0.3}, seed+1)
				if err != nil {
					t.Fatal(err)
				}
				a, err := judge.Count(m)
				if err != nil {
					t.Fatal(err)
				}
				answers = append(answers, a)
			}
			tally := judge.Sum(answers)
			t.Logf("%+v", tally)
			for name, f := range map[string]judge.Figure{"total": tally.Total, "within": tally.Within, "cosine": tally.Cosine} {
				if f.Covered < 9 {
					t.Errorf("%s: %d of %d intervals have the truth in them", name, f.Covered, seeds)
				}
			}
			if scenario == planted.Converge {
				if tally.Within.Rises < 10 || tally.Within.Truth < 0.05 {
					t.Errorf("%d of %d convergent markets are found", tally.Within.Rises, seeds)
				}
			} else if tally.Within.Rises > 3 || tally.Within.Truth > 1e-9 {
				t.Errorf("%d of %d false markets are called convergent", tally.Within.Rises, seeds)
			}
			if looks[scenario] && tally.Naive.Rises < 7 {
				t.Errorf("only %d of %d markets look convergent without guards", tally.Naive.Rises, seeds)
			}
		})
	}
}
