package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Limits on the asking for pages that nobody has asked for yet.
const (
	// warmEvery is how often is looked whether the standing pages still hold: refreshes are a minute apart.
	warmEvery = 10 * time.Second
	// warmRest is how many times as long as the last round took the next one waits: at most a fifth of the time of
	// the reader's place in the engine goes to it, however large the store is and however often it is refreshed.
	warmRest = 4
	// warmTime is when a round asks for no further page. What it has not come to is left to the next, in which the
	// pages that hold cost nothing.
	warmTime = 2 * time.Minute
	// warmPause is how long the first round waits, and how often one that gives way looks whether readers still ask.
	warmPause = 200 * time.Millisecond
	// Pages of the largest roles and of the skills most mentioned: what the overview leads to.
	warmRoles, warmSkills = 12, 12
)

// Dashboard is the handler of everything, which can keep its standing pages ready.
type Dashboard struct {
	http.Handler
	server *server
}

// Warm asks for the standing pages whenever they would be other than those that are remembered, one at a time. It takes
// no turn from readers, and begins no statement while one of them asks. It returns when ctx ends, and at once where
// nobody tells what has changed.
func (d *Dashboard) Warm(ctx context.Context) {
	s := d.server
	if s.follow.Follower == nil {
		return
	}
	told := false
	for wait := warmPause; pause(ctx, wait); {
		began, w := s.Now(), &warmth{turns: s.turns}
		err := d.warmRound(context.WithValue(ctx, warmKey{}, w))
		switch {
		case err == nil:
			told = false
		case ctx.Err() == nil && !told:
			s.Logger.WarnContext(ctx, "pages are not made before they are asked for", "error", err)
			told = true
		}
		wait = max(warmEvery, warmRest*(s.Now().Sub(began)-w.waited))
	}
}

// warmRound asks for every standing page once. An error is that of one of them. Without the first two, whose names all
// pages need, it ends: a large store that was never refreshed answers none, at the price of many.
func (d *Dashboard) warmRound(ctx context.Context) error {
	s := d.server
	if s.follow.latest(ctx).states == nil {
		return nil // said where it was found
	}
	var failed error
	began, pages := s.Now(), []string{"/", "/skills"}
	for i := 0; i < len(pages) && ctx.Err() == nil && s.Now().Sub(began) < warmTime; i++ {
		if err := d.warmPage(ctx, pages[i]); err != nil {
			failed = err
			if i < 2 {
				return err
			}
		}
		if pages[i] != "/skills" {
			continue
		}
		names, _, err := s.names(ctx) // as that page has just read them
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

func (d *Dashboard) warmPage(ctx context.Context, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+address, nil)
	if err != nil {
		return fmt.Errorf("ask for %s: %w", address, err)
	}
	w := nobody{header: http.Header{}}
	if d.ServeHTTP(&w, r); w.status != http.StatusOK {
		return fmt.Errorf("ask for %s: status %d", address, w.status)
	}
	return nil
}

// warmth marks the context of what nobody but Warm has asked for, in one round.
type warmth struct {
	turns  turns
	waited time.Duration // for readers
}

type warmKey struct{}

// isWarm reports whether nobody but Warm has asked for what is done in ctx.
func isWarm(ctx context.Context) bool { return ctx.Value(warmKey{}) != nil }

// giveWay has a statement of Warm's wait until no reader asks for anything, or one asks for this very page. A statement
// that has begun goes on: to end one in the middle may cost the engine a restart.
func giveWay(ctx context.Context) error {
	w, ok := ctx.Value(warmKey{}).(*warmth)
	if !ok {
		return nil
	}
	wanted, _ := ctx.Value(wantedKey{}).(chan struct{})
	look := time.NewTicker(warmPause)
	defer look.Stop()
	for len(w.turns.queue) > 0 {
		select {
		case <-wanted:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			w.waited += warmPause
		}
	}
	return nil
}

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
