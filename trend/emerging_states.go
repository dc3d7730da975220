package trend

import "time"

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

// Tracked are the terms that the next evaluation has to tell of.
func (s States) Tracked() []TermID {
	var out []TermID
	for _, c := range s.Categories {
		for _, m := range c.Members {
			out = append(out, m.TermID)
		}
	}
	return out
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
	return states, nil
}
