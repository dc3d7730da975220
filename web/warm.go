package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Limits on the asking for pages that nobody has asked for yet.
const (
	// warmEvery is how often is looked whether the standing pages still hold: refreshes are a minute apart.
	warmEvery = 10 * time.Second
	// warmRest is how many times as long as the last round took the next one waits: at most a fifth of the time of
	// the reader's place in the engine goes to it, however large the store is and however often it is refreshed.
	warmRest = 4
	// warmTime bounds a round. What it has not come to is left to the next, in which the pages that hold cost nothing.
	warmTime = 2 * time.Minute
	// warmPause is how long no reader has to be asking.
	warmPause = time.Second
	// Pages of the largest roles and of the skills most mentioned: what the overview leads to.
	warmRoles, warmSkills = 12, 12
)

// Dashboard is the handler of everything, which can keep its standing pages ready.
type Dashboard struct {
	http.Handler
	server *server
}

// Warm asks for the standing pages whenever they would be other than those that are remembered, one at a time and only
// while no reader asks for anything that is not: one who comes has it give up. It returns when ctx ends, and
// at once where nobody tells what has changed.
func (d *Dashboard) Warm(ctx context.Context) {
	s := d.server
	if s.follow.Follower == nil {
		return
	}
	told := false
	for wait := warmPause; pause(ctx, wait); {
		began := s.Now()
		err := d.warmRound(ctx)
		switch {
		case err == nil:
			told = false
		case ctx.Err() == nil && !told:
			s.Logger.WarnContext(ctx, "pages are not made before they are asked for", "error", err)
			told = true
		}
		wait = max(warmEvery, warmRest*s.Now().Sub(began))
	}
}

// warmRound asks for every standing page once. An error is that of one of them; the others are asked for all the same.
func (d *Dashboard) warmRound(ctx context.Context) error {
	s := d.server
	round, cancel := context.WithTimeout(context.WithValue(ctx, warmKey{}, true), warmTime)
	defer cancel()
	if s.follow.latest(round).states == nil {
		return nil // said where it was found
	}
	var failed error
	pages := []string{"/", "/skills"}
	for i := 0; i < len(pages); i++ {
		if err := d.warmPage(round, pages[i]); err != nil {
			failed = err
		}
		if round.Err() != nil {
			break
		}
		if pages[i] != "/skills" {
			continue
		}
		names, _, err := s.names(round) // as that page has just read them
		if err != nil {
			return fmt.Errorf("look for roles and skills: %w", err)
		}
		for _, r := range names.Roles[:min(warmRoles, len(names.Roles))] {
			pages = append(pages, "/roles/"+url.PathEscape(r.Role))
		}
		for _, k := range names.Skills[:min(warmSkills, len(names.Skills))] {
			pages = append(pages, "/skills/"+url.PathEscape(k.Skill))
		}
	}
	return failed
}

// warmPage asks for a page until it is there, the round is over, or it fails.
func (d *Dashboard) warmPage(round context.Context, address string) error {
	for round.Err() == nil {
		ctx, release, ok := d.server.warming.begin(round, &d.server.turns)
		if !ok {
			pause(round, warmPause)
			continue
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+address, nil)
		if err != nil {
			release()
			return fmt.Errorf("ask for %s: %w", address, err)
		}
		w := nobody{header: http.Header{}}
		d.ServeHTTP(&w, r)
		gaveUp := ctx.Err() != nil
		release()
		switch {
		case gaveUp:
			pause(round, warmPause)
		case w.status != http.StatusOK:
			return fmt.Errorf("ask for %s: status %d", address, w.status)
		default:
			return nil
		}
	}
	return nil
}

// warming is the page that is asked for and that no reader has asked for.
type warming struct {
	mu     sync.Mutex
	cancel context.CancelFunc // nil: there is none
}

// begin is false while readers ask; else ctx ends as soon as one does.
func (w *warming) begin(ctx context.Context, t *turns) (context.Context, func(), bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(t.queue) > 0 {
		return nil, nil, false
	}
	ctx, cancel := context.WithCancel(ctx)
	w.cancel = cancel
	return ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		cancel()
		w.cancel = nil
	}, true
}

// giveUp makes room for a reader, who is in the queue by now.
func (w *warming) giveUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cancel != nil {
		w.cancel()
	}
}

type warmKey struct{}

// isWarm reports whether nobody but Warm has asked for what is done in ctx.
func isWarm(ctx context.Context) bool { return ctx.Value(warmKey{}) != nil }

// nobody is who a page is written for that is only to be remembered.
type nobody struct {
	header http.Header
	status int
}

func (n *nobody) Header() http.Header { return n.header }

func (n *nobody) WriteHeader(status int) { n.status = status }

func (n *nobody) Write(b []byte) (int, error) {
	if n.status == 0 {
		n.status = http.StatusOK
	}
	return len(b), nil
}

// pause lets d pass and reports whether ctx still lives.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
