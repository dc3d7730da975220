package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rolescope/rolescope/store"
)

// sqlSession is the prompt's way to the store. A prompt may be open for days, so as a joiner it holds
// nobody up: when the owner of the data directory is done or gone, it lets go between two queries, and
// the next one opens the system anew.
type sqlSession struct {
	app *app
	ctx context.Context // the command's

	mu  sync.Mutex
	sys *system // nil when nothing is open
}

// use runs f with the store, opened if need be.
func (p *sqlSession) use(ctx context.Context, f func(context.Context, *store.Store) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lost() {
		p.let()
	}
	if p.sys == nil {
		s, err := p.app.open(p.ctx)
		if err != nil {
			return err
		}
		p.sys = s
	}
	err := f(ctx, p.sys.store)
	if err != nil && p.sys.ownerGone() {
		err = errors.Join(p.sys.lostOwner(), p.sys.closeAll())
		p.sys = nil
	}
	return err
}

func (p *sqlSession) lost() bool { return p.sys != nil && (p.sys.ownerGone() || p.sys.ownerLeaving()) }

func (p *sqlSession) let() {
	if err := p.sys.closeAll(); err != nil {
		p.app.logger().Debug("let go of the data directory", "error", err)
	}
	p.sys = nil
}

// watch lets go of an owner that is done or gone, until ctx ends.
func (p *sqlSession) watch(ctx context.Context) {
	tick := time.NewTicker(ownerPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !p.mu.TryLock() { // a query runs: it is let end
			continue
		}
		if p.lost() {
			p.let()
		}
		p.mu.Unlock()
	}
}

// close waits for the query that runs, if any, and closes the system.
func (p *sqlSession) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sys == nil {
		return nil
	}
	return p.sys.Close()
}
