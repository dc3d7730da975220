package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rolescope/rolescope/internal/planted/onset"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/trend"
)

// Told is a category that the detector told of.
type Told struct {
	Name    string   `json:"name"`
	Week    int      `json:"week"` // at whose end
	Members []string `json:"members"`
}

// Reading is what became of the onsets, and what else was told.
type Reading struct {
	Scene     Scene                           `json:"scene"`
	Seed      uint64                          `json:"seed"`
	Through   string                          `json:"through"` // store or memory
	Unit      trend.Period                    `json:"unit"`
	Units     int                             `json:"units"`
	Vacancies int                             `json:"vacancies"`
	Looks     int                             `json:"looks"`   // evaluations that answered
	Refused   int                             `json:"refused"` // evaluations that said that the history is too short
	Why       string                          `json:"refusal,omitempty"`
	Found     []onset.Found                   `json:"-"`
	Told      int                             `json:"told"` // categories
	False     []Told                          `json:"false,omitempty"`
	Families  map[trend.Family]onset.Rejected `json:"families"`
	market    *onset.Market
}

// Market is the one that was read.
func (r Reading) Market() *onset.Market { return r.market }

// Replay fills an empty store with a market and a scene, and evaluates every week from the first.
func Replay(ctx context.Context, s *store.Store, m *onset.Market, scene Scene) (Reading, error) {
	w := newWorld(m, scene)
	if err := w.write(ctx, s, append(w.postings(Former), w.runs()...)); err != nil {
		return Reading{}, err
	}
	if err := w.activate(ctx, s, Former); err != nil {
		return Reading{}, err
	}
	r := newReading(m, scene)
	r.Unit, r.Units, r.Vacancies = trend.Week, m.Weeks, len(w.adverts)
	var states trend.States
	for week := firstLook; week <= m.Weeks; week++ {
		if scene == Synonym && week == middle {
			if err := errors.Join(w.write(ctx, s, w.postings(Latest)), w.activate(ctx, s, Latest)); err != nil {
				return r, err
			}
		}
		a, err := trend.Emerging(ctx, querier{s}, states.Next(trend.EmergingQuestion{Unit: trend.Week}, Start.AddDate(0, 0, 7*week)))
		if err != nil {
			return r, fmt.Errorf("evaluate week %d: %w", week, err)
		}
		if states, err = r.fold(w, week, states, a); err != nil {
			return r, err
		}
	}
	return r, nil
}

func newReading(m *onset.Market, scene Scene) Reading {
	r := Reading{Scene: scene, Seed: m.Seed, Through: "store", Families: map[trend.Family]onset.Rejected{}, market: m}
	for i := range m.Onsets {
		r.Found = append(r.Found, m.Adoption(i))
	}
	return r
}

// fold adds an evaluation.
func (r *Reading) fold(w *world, week int, states trend.States, a trend.EmergingAnswer) (trend.States, error) {
	if a.Refusal != nil {
		if r.Looks > 0 {
			return states, fmt.Errorf("week %d is refused, after weeks that were answered: %s", week, a.Refusal.Why)
		}
		r.Refused++
		r.Why = a.Refusal.Why
		return states, nil
	}
	r.Looks++
	r.reject(w, a)
	states, moved := trend.Advance(states, a)
	r.tell(w, week, states, moved)
	return states, nil
}

// firstLook is before any window can be full.
const firstLook = 8

func (w *world) write(ctx context.Context, s *store.Store, rows []any) error {
	for chunk := range slices.Chunk(rows, 20_000) {
		if err := errors.Join(s.Write(ctx, chunk)...); err != nil {
			return fmt.Errorf("write market %d: %w", w.seed, err)
		}
	}
	return nil
}

// activate makes a tagger version the one that answers follow from.
func (w *world) activate(ctx context.Context, s *store.Store, tagger string) error {
	if err := s.Activate(ctx, tagger); err != nil {
		return err
	}
	_, err := s.Refresh(ctx)
	return err
}

func (r *Reading) reject(w *world, a trend.EmergingAnswer) {
	for _, test := range a.Tests {
		rejected, wrong := 0, 0
		for _, t := range a.Terms {
			if t.Family == test.Family && t.Q < trend.EmergingQ {
				rejected++
				if w.onsetOf(string(t.Family), t.Key) < 0 {
					wrong++
				}
			}
		}
		r.Families[test.Family] = r.Families[test.Family].Add(int(test.Candidates), rejected, wrong, test.Dispersion)
	}
}

// tell notes what is told, and which of it is true: a category one of whose terms is of an onset.
func (r *Reading) tell(w *world, week int, states trend.States, moved []trend.Transition) {
	for _, t := range moved {
		if t.To != trend.StageEmerging {
			continue
		}
		r.Told++
		told, is := Told{Name: t.State.Name, Week: week}, -1
		for _, m := range t.State.Members {
			told.Members = append(told.Members, string(m.Family)+" "+m.Key)
			is = max(is, w.onsetOf(string(m.Family), m.Key))
		}
		if is < 0 {
			r.False = append(r.False, told)
		}
	}
	for _, c := range states.Categories { // what joined a known category was told with it
		if c.Stage != trend.StageEmerging && c.Stage != trend.StageEstablished {
			continue
		}
		for _, m := range c.Members {
			if i := w.onsetOf(string(m.Family), m.Key); i >= 0 && r.Found[i].At < 0 {
				r.Found[i].At = week
			}
		}
	}
}

// querier is a store as questions ask it.
type querier struct{ store *store.Store }

func (q querier) Select(ctx context.Context, dest any, query string, params map[string]string) error {
	return q.store.Ask(ctx, dest, query, params)
}

// End is when a market is over.
func End(m *onset.Market) time.Time { return Start.AddDate(0, 0, 7*m.Weeks) }

// Asker is a store as questions ask it.
func Asker(s *store.Store) trend.Querier { return querier{s} }

// Key is the detector's name of a term of a market.
func Key(m *onset.Market, k onset.Key) string {
	w := &world{Market: m}
	if k.Family == onset.RoleSkill {
		return role(k.Role) + " " + w.skill(k.Term)
	}
	return w.skill(k.Term)
}
