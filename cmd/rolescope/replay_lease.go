package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	// replayValues, replayAll and replayLease are the key of the value by which a replay says that it
	// is at work: one for a whole deployment.
	replayValues = "replay"
	replayAll    = "archive"
	replayLease  = "lease"
	// leaseBeat is how often a replay says so, and leaseStale after how long a silent one counts as
	// killed. A silent one that comes back finds the value changed and stops.
	leaseBeat  = time.Second
	leaseStale = 6 * time.Second
)

// lease says which process replays the archive. Beat changes while it lives, so that nobody has to
// compare the clocks of two machines.
type lease struct {
	Token         string `json:"token"`
	Host          string `json:"host"`
	PID           int    `json:"pid"`
	TaggerVersion string `json:"tagger_version"`
	Beat          int    `json:"beat"`
}

// onlyReplay runs work while no other process of the deployment replays. Two at once would do no harm,
// because every write is idempotent, but the second would only tag what the first has tagged.
func (s *system) onlyReplay(ctx context.Context, version string, work func(context.Context) error) error {
	token, err := newSecret()
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("read the host's name: %w", err)
	}
	own := lease{Token: token, Host: host, PID: os.Getpid(), TaggerVersion: version}
	if err := s.takeLease(ctx, own); err != nil {
		return err
	}
	workCtx, stop := context.WithCancelCause(ctx)
	beaten := make(chan struct{})
	go func() {
		defer close(beaten)
		stop(s.beat(workCtx, own))
	}()
	err = work(workCtx)
	if cause := context.Cause(workCtx); errors.Is(cause, errReplaying) {
		err = cause
	}
	stop(nil)
	<-beaten
	if !errors.Is(err, errReplaying) {
		err = errors.Join(err, s.releaseLease(own))
	}
	return err
}

// takeLease returns when this process holds the lease, or with an error wrapping errReplaying when
// another one that lives does.
func (s *system) takeLease(ctx context.Context, own lease) error {
	var seen lease
	silent := time.Now()
	for {
		var other lease
		err := s.swapLease(ctx, func(held lease) (lease, bool) {
			other = held
			free := held.Token == "" || held == seen && time.Since(silent) > leaseStale
			return own, free
		})
		switch {
		case err != nil:
			return err
		case other.Token == "" || other == seen && time.Since(silent) > leaseStale:
			return nil
		case seen.Token != "" && other != seen:
			return hintf("rolescope replay --status", "%w (by tagger version %s, pid %d on %s)", errReplaying, other.TaggerVersion, other.PID, other.Host)
		}
		seen = other
		if !pause(ctx, leaseBeat/4) {
			return context.Cause(ctx)
		}
	}
}

// beat renews the lease until ctx ends, or until another process has taken it.
func (s *system) beat(ctx context.Context, own lease) error {
	for pause(ctx, leaseBeat) {
		own.Beat++
		lost := false
		err := s.swapLease(ctx, func(held lease) (lease, bool) {
			lost = held.Token != own.Token && held.Token != ""
			return own, !lost
		})
		if lost {
			return errReplaying
		}
		if err != nil && ctx.Err() == nil {
			s.app.logger().Warn("renew the lease of the replay", "error", err)
		}
	}
	return nil
}

// releaseLease works also after ctx has ended: the next replay shall not wait.
func (s *system) releaseLease(own lease) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.told), leaseStale)
	defer cancel()
	return s.swapLease(ctx, func(held lease) (lease, bool) { return lease{}, held.Token == own.Token })
}

func (s *system) swapLease(ctx context.Context, change func(held lease) (lease, bool)) error {
	if err := swapJSON(ctx, s.bus, replayValues, replayAll, replayLease, change); err != nil {
		return fmt.Errorf("ask who replays: %w", err)
	}
	return nil
}
