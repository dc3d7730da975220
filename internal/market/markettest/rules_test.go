package markettest_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/trend"
)

// Waiting implements alert.Asker: nothing waits for a market that is stored.
func (asker) Waiting(context.Context) (map[string]uint64, error) { return nil, nil }

// testRules: the rules about the market ask the questions and compare the answers with their levels.
func testRules(t *testing.T, f filled) {
	if f.Config().Seed != 0 {
		return // the same questions of another market prove nothing more
	}
	month := monthOf(f.cut())
	scope := trend.Scope{From: month.AddDate(0, -3, 0), To: month, Period: trend.Whole, Roles: []string{"ml_engineer"}}
	shares, err := trend.Shares(t.Context(), asker{f.store}, trend.SharesQuestion{Scope: scope, Top: 1})
	if err != nil || len(shares.Rows) != 1 || shares.Rows[0].Share.Value == nil {
		t.Fatalf("shares: %+v, %v", shares.Rows, err)
	}
	row := shares.Rows[0]
	testLevel(t, f, alert.Rule{Role: row.Role, Skill: row.Skill}, row.Share, month)
	scope.Roles = []string{"data_scientist", "ml_engineer"}
	similar, err := trend.Similarity(t.Context(), asker{f.store}, trend.SimilarityQuestion{Scope: scope})
	if err != nil || len(similar.Pairs) != 1 || similar.Pairs[0].Cosine.Value == nil {
		t.Fatalf("similarity: %+v, %v", similar.Pairs, err)
	}
	testLevel(t, f, alert.Rule{Similarity: scope.Roles}, similar.Pairs[0].Cosine, month)
	testDrop(t, f)
}

// testLevel moves a level over what the question answers: an alert begins when the answer is beyond the level, and
// ends when it no longer is.
func testLevel(t *testing.T, f filled, rule alert.Rule, value trend.Estimate, at time.Time) {
	rule.Name, rule.Kind, rule.Months, rule.For = "level", alert.KindLevel, 3, 1
	memory := alert.Memory{Answered: true, Kind: alert.KindLevel, At: at.AddDate(0, 0, -1)}
	least := *value.Value
	if value.Low != nil {
		least = *value.Low
	}
	for i, step := range []struct {
		level float64
		want  []alert.State
	}{{least - 1e-9, []alert.State{alert.Firing}}, {*value.Value + 1e-9, []alert.State{alert.Resolved}}} {
		rule.Above = &step.level
		out, err := alert.Evaluate(t.Context(), asker{f.store}, rule, at.Add(time.Duration(i)*time.Hour), memory, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		var got []alert.State
		for _, e := range out.Events {
			got = append(got, e.State)
			if e.State == alert.Firing && *e.Evidence.Value != *value.Value {
				t.Errorf("%+v tells %v, the answer is %v", rule, *e.Evidence.Value, *value.Value)
			}
		}
		if !slices.Equal(got, step.want) || out.After.Refused != "" {
			t.Errorf("%v of %+v: %q, want %q; refused %q", *value.Value, rule, got, step.want, out.After.Refused)
		}
		memory = out.After
	}
}

// testDrop: a market that is watched for long enough is answered about, earlier it is not.
func testDrop(t *testing.T, f filled) {
	rule := alert.Rule{Name: "drop", Kind: alert.KindVolumeDrop, Drop: 0.5, For: 1}
	for weeks, want := range map[int]string{20: "30 weeks are needed", f.Config().Weeks: ""} {
		out, err := alert.Evaluate(t.Context(), asker{f.store}, rule, f.Config().Start.AddDate(0, 0, 7*weeks), alert.Memory{}, nil, "")
		if err != nil || (want == "") != (out.After.Refused == "") || !strings.Contains(out.After.Refused, want) {
			t.Errorf("after %d weeks: refused %q, want %q; %v", weeks, out.After.Refused, want, err)
		}
	}
}
