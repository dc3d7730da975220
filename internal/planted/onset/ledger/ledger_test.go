package ledger_test

import (
	"math"
	"os"
	"testing"
	"time"

	"github.com/rolescope/rolescope/internal/planted/onset"
	"github.com/rolescope/rolescope/internal/planted/onset/ledger"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/engine/enginetest"
	"github.com/rolescope/rolescope/trend"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

func open(t *testing.T, m *onset.Market) *store.Store {
	t.Helper()
	options := enginetest.Options(t, t.TempDir())
	options.Logger = nil
	s, err := store.Open(t.Context(), store.Config{Engine: options, Now: func() time.Time { return ledger.End(m) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return s
}

// tiny is a market of which the last five weeks can be asked about.
func tiny() onset.Spec {
	return onset.Spec{Weeks: 44, Employers: 60, Titles: 20, Skills: 30, Onsets: 3, First: 32, Volume: [2]float64{120, 120}, Final: [2]float64{0.04, 0.06}}
}

// TestScene proves on a small market that what is planted is told, that a look after an outage is no emergence, and that
// store and statement count and test as package onset does, which shares nothing with them.
func TestScene(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("fills a whole store")
	}
	m := onset.New(tiny(), 1)
	s := open(t, m)
	r, err := ledger.Replay(t.Context(), s, m, ledger.Plain)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, f := range r.Found {
		if f.At >= 0 {
			told++
		}
	}
	if r.Refused == 0 || r.Looks < 5 || told == 0 || len(r.False) > 0 {
		t.Errorf("%d refused (%s), %d looks, %d of %d onsets told, false: %v", r.Refused, r.Why, r.Looks, told, len(r.Found), r.False)
	}
	a, err := trend.Emerging(t.Context(), ledger.Asker(s), trend.EmergingQuestion{At: ledger.End(m), Unit: trend.Week})
	if err != nil || a.Refusal != nil {
		t.Fatal(err, a.Refusal)
	}
	counted, compared := onset.Count(m), 0
	for _, family := range []onset.Family{onset.Skill, onset.RoleSkill} {
		looks, _ := counted.Look(family, m.Weeks, onset.Standard())
		for _, l := range looks {
			key := ledger.Key(m, counted.Terms[l.Term].Key)
			for _, term := range a.Terms {
				if term.Family != trend.Family(family) || term.Key != key {
					continue
				}
				compared++
				if [4]int{l.X1, l.N1, l.X0, l.N0} != [4]int{int(term.X1), int(term.N1), int(term.X0), int(term.N0)} || math.Abs(l.P-term.P) > 1e-9 || math.Abs(l.Q-term.Q) > 1e-9 {
					t.Errorf("%s %s: %+v, counted %+v", family, key, term, l)
				}
			}
		}
		for _, test := range a.Tests {
			if test.Family == trend.Family(family) && int(test.Candidates) != len(looks) {
				t.Errorf("%s: %d candidates, counted %d", family, test.Candidates, len(looks))
			}
		}
	}
	if compared == 0 {
		t.Error("no term was compared")
	}
}
