package judge_test

import (
	"math"
	"os"
	"testing"
	"time"

	"github.com/rolescope/rolescope/internal/planted"
	"github.com/rolescope/rolescope/internal/planted/judge"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

func open(t *testing.T) *store.Store {
	t.Helper()
	options := enginetest.Options(t, t.TempDir())
	options.Logger = nil
	s, err := store.Open(t.Context(), store.Config{Engine: options, Now: func() time.Time { return judge.End }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	if err := s.Activate(t.Context(), judge.Tagger); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStore proves that a store that is asked through trend gives what the markets themselves give, with every guard
// counted a second time by judge.Cells.
func TestStore(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("fills a whole store")
	}
	s := open(t)
	var markets []*planted.Market
	for i, scenario := range []planted.Scenario{planted.Boilerplate, planted.NewBoard, planted.Censoring, planted.Copies} {
		m, err := planted.New(planted.Spec{Scenario: scenario, Employers: 24}, uint64(i+1))
		if err != nil {
			t.Fatal(err)
		}
		markets = append(markets, m)
	}
	if err := judge.Fill(t.Context(), s, markets...); err != nil {
		t.Fatal(err)
	}
	together, err := judge.Slopes(t.Context(), s, markets...)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range markets {
		got, err := judge.Slope(t.Context(), s, m)
		if err != nil {
			t.Fatal(err)
		}
		if !judge.Same(got, together[i]) {
			t.Errorf("%s: %+v, together with others %+v", m.Scenario, got, together[i])
		}
		want, err := judge.Count(m)
		if err != nil {
			t.Fatal(err)
		}
		if !want.Within.Defined || !judge.Same(got, want) {
			t.Errorf("%s: %+v, want %+v", m.Scenario, got, want)
		}
		cosine, err := judge.Cosine(t.Context(), s, m)
		if err != nil {
			t.Fatal(err)
		}
		if !want.Cosine.Defined || math.Abs(cosine.Value-want.Cosine.Value) > 1e-9 || math.Abs(cosine.Low-want.Cosine.Low) > 1e-9 || math.Abs(cosine.High-want.Cosine.High) > 1e-9 {
			t.Errorf("%s: cosine %+v, want %+v", m.Scenario, cosine, want.Cosine)
		}
	}
}
