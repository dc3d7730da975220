package web

import (
	"context"
	"net/http"
	"time"
)

const (
	// answerTimeout bounds the questions of one page, from its turn on: longer than anybody waits,
	// shorter than the engine's own limit of a minute.
	answerTimeout = 20 * time.Second
	// askersMax is how many requests may ask the store at once: more than the embedded engine lets readers
	// in, so that it is not idle between them, and few of the store's connections.
	askersMax = 4
	// waitersMax is how many more wait for a turn, and turnTimeout how long. Who would wait longer is
	// told at once to come back.
	waitersMax  = 16
	turnTimeout = 15 * time.Second
	// retryAfter is when to come back, in seconds: a few pages have been made by then.
	retryAfter = "5"
)

// turns are who may ask the store, and who may stand in the queue or ask.
type turns struct{ queue, askers chan struct{} }

func newTurns() turns {
	return turns{queue: make(chan struct{}, askersMax+waitersMax), askers: make(chan struct{}, askersMax)}
}

// inTurn waits until the request may ask the store, and lets it.
func inTurn[T any](ctx context.Context, s *server, r *http.Request, answer func(context.Context, *http.Request) (T, error)) (T, error) {
	var none T
	if isWarm(ctx) {
		return answer(ctx, r) // it has no turn, and its own time
	}
	select {
	case s.turns.queue <- struct{}{}:
		defer func() { <-s.turns.queue }()
	default:
		return none, errBusy
	}
	late := time.NewTimer(turnTimeout)
	defer late.Stop()
	select {
	case s.turns.askers <- struct{}{}:
		defer func() { <-s.turns.askers }()
	case <-late.C:
		return none, errBusy
	case <-ctx.Done():
		return none, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	return answer(ctx, r)
}
