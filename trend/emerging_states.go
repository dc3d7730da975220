package trend

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Stage is how far a category has come.
type Stage string

// The stages, in their order.
const (
	StageNone        Stage = ""            // it is none, or no longer
	StageCandidate   Stage = "candidate"   // one of its terms passed, once
	StageEmerging    Stage = "emerging"    // one of its terms passed in EmergingStreak units in a row: this is told
	StageEstablished Stage = "established" // its share no longer grows, and is no longer small
	StageFaded       Stage = "faded"       // nobody new mentions it in the recent window
)

// Member is a term of a category.
type Member struct {
	TermID
	Label  string    `json:"label"`
	Joined time.Time `json:"joined"` // the evaluation at which it did
	Passed time.Time `json:"passed"` // the last evaluation at which it passed
	Streak int       `json:"streak"` // evaluations in a row up to Passed
}

// State is a category that is, or was, on its way.
type State struct {
	ID      string    `json:"id"` // the same in every replay of the same history: lead's family and key, and onset
	Name    string    `json:"name"`
	Lead    TermID    `json:"lead"`
	Stage   Stage     `json:"stage"`
	Class   Class     `json:"class"` // of its lead, when it became emerging
	Onset   time.Time `json:"onset"` // the first evaluation at which one of its terms passed
	Since   time.Time `json:"since"` // the evaluation at which it came to its stage
	Members []Member  `json:"members"`
}

// States is all that a fold knows. Its zero value knows nothing. It marshals to JSON and back without loss.
type States struct {
	Unit       Period    `json:"unit"`
	At         time.Time `json:"at"` // the last evaluation that was folded in
	Categories []State   `json:"categories"`
}

// Next is a question as it is to be asked as of a time, for its answer to be folded in next: it tracks what is known. Categories whose onset is longer ago than it takes to tell of one, a recent window and a streak,
// are settled.
func (s States) Next(question EmergingQuestion, at time.Time) EmergingQuestion {
	question.At, question.Track, question.Settled = at, nil, nil
	for _, c := range s.Categories {
		settled := AddUnits(c.Onset, s.Unit, DefaultWindows(s.Unit).Recent+EmergingStreak).Before(unitStart(at, s.Unit))
		for _, m := range c.Members {
			question.Track = append(question.Track, m.TermID)
			if settled {
				question.Settled = append(question.Settled, m.TermID)
			}
		}
	}
	return question
}

// Transition is a category that came to another stage: what is told, once. From StageNone to StageCandidate it is
// pending; from StageCandidate to StageNone it was nothing; to StageEmerging is the alert.
type Transition struct {
	At       time.Time `json:"at"`
	From     Stage     `json:"from"`
	To       Stage     `json:"to"`
	State    State     `json:"state"`    // as it is now
	Category Category  `json:"category"` // what the evaluation found of it; only name, lead and members when it found nothing
	Terms    []Term    `json:"terms"`    // its members, as the evaluation found them
}

// Advance folds one evaluation into the states: pure, so that replaying a history is folding its evaluations. It
// does not change states. A refusal, an evaluation of another unit, and one that is not after the last, change
// nothing. An evaluation that does not follow the last one directly begins all streaks anew.
func Advance(states States, answer EmergingAnswer) (States, []Transition) {
	if answer.Refusal != nil || !answer.At.After(states.At) || states.Unit != "" && states.Unit != answer.Unit {
		return states, nil
	}
	f := &fold{answer: answer, terms: map[TermID]Term{}, next: States{Unit: answer.Unit, At: answer.At}}
	for _, t := range answer.Terms {
		f.terms[t.TermID] = t
	}
	follows := states.At.Equal(AddUnits(answer.At, answer.Unit, -1))
	for _, s := range states.Categories {
		s.Members = slices.Clone(s.Members)
		for i := range s.Members {
			m := &s.Members[i]
			if !f.terms[m.TermID].Passes {
				m.Streak = 0
				continue
			}
			if !follows {
				m.Streak = 0
			}
			m.Streak, m.Passed = m.Streak+1, answer.At
		}
		f.next.Categories = append(f.next.Categories, s)
	}
	for _, c := range answer.Categories {
		f.join(c)
	}
	for i := range f.next.Categories {
		f.move(&f.next.Categories[i])
	}
	f.next.Categories = slices.DeleteFunc(f.next.Categories, func(s State) bool { return s.Stage == StageNone })
	slices.SortStableFunc(f.told, func(x, y Transition) int { return strings.Compare(x.State.ID, y.State.ID) })
	return f.next, f.told
}

// fold is Advance at work.
type fold struct {
	answer EmergingAnswer
	terms  map[TermID]Term
	next   States
	told   []Transition
}

// join takes the rising terms of a category into the state that knows one of its members, or makes a new one. A
// candidate that turns out to be of another state's category is no longer one of its own.
func (f *fold) join(c Category) {
	at := -1
	for i := range f.next.Categories {
		s := &f.next.Categories[i]
		if s.Stage == StageNone || !slices.ContainsFunc(s.Members, func(m Member) bool { return slices.Contains(c.Members, m.TermID) }) {
			continue
		}
		if at < 0 {
			at = i
			continue
		}
		if s.Stage == StageCandidate {
			f.next.Categories[at].Members = append(f.next.Categories[at].Members, s.Members...)
			s.Members = nil // move takes it away
		}
	}
	if at < 0 {
		f.next.Categories = append(f.next.Categories, State{
			ID:    fmt.Sprintf("%s:%s@%s", c.Lead.Family, c.Lead.Key, f.answer.At.Format(time.DateOnly)),
			Stage: StageNone, Onset: f.answer.At, Since: f.answer.At,
		})
		at = len(f.next.Categories) - 1
	}
	s := &f.next.Categories[at]
	for _, id := range c.Members {
		t := f.terms[id]
		known := slices.ContainsFunc(f.next.Categories, func(s State) bool {
			return slices.ContainsFunc(s.Members, func(m Member) bool { return m.TermID == id })
		})
		if t.Passes && !known {
			s.Members = append(s.Members, Member{TermID: id, Label: t.Label, Joined: f.answer.At, Passed: f.answer.At, Streak: 1})
		}
	}
	if s.Stage == StageNone || s.Stage == StageCandidate {
		s.Name, s.Lead = c.Name, c.Lead
	}
}

// move brings a state to its next stage, if it has come to one.
func (f *fold) move(s *State) {
	streak, mentioned, rising := 0, false, false
	for _, m := range s.Members {
		streak = max(streak, m.Streak)
		mentioned = mentioned || f.terms[m.TermID].X1 > 0
		rising = rising || m.Streak > 0
	}
	to := s.Stage
	switch s.Stage {
	case StageNone:
		to = StageCandidate
	case StageCandidate:
		if !rising {
			to = StageNone
		} else if streak >= EmergingStreak {
			to = StageEmerging
		}
	case StageEmerging, StageEstablished:
		lead := f.terms[s.Lead]
		if !mentioned {
			to = StageFaded
		} else if lead.N0 > 0 && float64(lead.X0) >= EstablishedShare*float64(lead.N0) && lead.Ratio <= 1 {
			to = StageEstablished
		}
	case StageFaded:
		if streak >= EmergingStreak {
			to = StageEmerging
			s.Onset = AddUnits(f.answer.At, f.answer.Unit, 1-streak)
		}
	}
	if to == s.Stage {
		return
	}
	category := f.categoryOf(*s)
	if to == StageEmerging {
		s.Class = f.classOf(category)
		if s.Stage == StageCandidate {
			s.Name, s.Lead = category.Name, category.Lead
		}
	}
	from := s.Stage
	s.Stage, s.Since = to, f.answer.At
	told := Transition{At: f.answer.At, From: from, To: to, State: *s, Category: category, Terms: []Term{}}
	told.State.Members = slices.Clone(s.Members)
	for _, m := range s.Members {
		if t, ok := f.terms[m.TermID]; ok {
			told.Terms = append(told.Terms, t)
		}
	}
	f.told = append(f.told, told)
}

// categoryOf is what the evaluation found of a state.
func (f *fold) categoryOf(s State) Category {
	out := Category{Name: s.Name, Lead: s.Lead, Members: []TermID{}, Skills: []Named{}, Employers: []Named{}, Examples: []Example{}}
	for _, m := range s.Members {
		out.Members = append(out.Members, m.TermID)
	}
	for _, c := range f.answer.Categories {
		if slices.Contains(c.Members, s.Lead) {
			return c
		}
	}
	for _, c := range f.answer.Categories {
		if slices.ContainsFunc(out.Members, func(id TermID) bool { return slices.Contains(c.Members, id) }) {
			return c
		}
	}
	return out
}

// classOf is that of the lead, or else of the most certain member.
func (f *fold) classOf(c Category) Class {
	for _, id := range c.Members {
		if class := f.terms[id].Class; class != "" {
			return class
		}
	}
	return ""
}
