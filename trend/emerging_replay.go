package trend

import (
	"context"
	"fmt"
	"time"
)

// EmergingHistory is what became of a fold over evaluations: Transitions in order, States and the last evaluation
// as they are at its end. The last one's Refusal says that there was none, or none at the end.
type EmergingHistory struct {
	From        time.Time      `json:"from,omitzero"` // the first evaluation
	Evaluations int            `json:"evaluations"`   // that were not refused
	Last        EmergingAnswer `json:"last"`
	States      States         `json:"states"`
	Transitions []Transition   `json:"transitions"`
}

// ReplayEmerging folds the evaluations from a boundary up to the question's, or without one as many as it takes for a
// category to become emerging: what emerges now. Track and Settled are the fold's own.
func ReplayEmerging(ctx context.Context, q Querier, question EmergingQuestion, from time.Time) (EmergingHistory, error) {
	out := EmergingHistory{Transitions: []Transition{}}
	e := &evaluation{asked: &asked{q: q}, question: question, answer: &EmergingAnswer{}}
	if err := e.check(); err != nil {
		return out, err
	}
	var found []watched
	if err := e.run(ctx, &found, "emerging_extent", map[string]string{}); err != nil {
		return out, err
	}
	if len(found) > 0 {
		if err := e.place(found[0]); err != nil {
			return out, err
		}
	}
	question.Unit, question.At = e.answer.Unit, e.answer.At
	at := AddUnits(question.At, question.Unit, 1-EmergingStreak)
	if !from.IsZero() && !question.At.IsZero() {
		if at = unitStart(from, question.Unit); at.Before(from) {
			at = NextUnit(from, question.Unit)
		}
	}
	if at.After(question.At) || AddUnits(at, question.Unit, periodsMax).Before(question.At) {
		return out, fmt.Errorf("%w: evaluations from %s up to %s: at least one, at most %d", ErrQuestion, at.Format(time.DateOnly), question.At.Format(time.DateOnly), periodsMax)
	}
	out.From = at
	for {
		answer, err := Emerging(ctx, q, out.States.Next(question, at))
		if err != nil {
			return out, err
		}
		var told []Transition
		out.States, told = Advance(out.States, answer)
		out.Transitions, out.Last = append(out.Transitions, told...), answer
		if answer.Refusal == nil {
			out.Evaluations++
		}
		if at.IsZero() || !at.Before(question.At) {
			return out, nil
		}
		at = AddUnits(at, question.Unit, 1)
	}
}
