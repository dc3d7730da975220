package fetch

import (
	"errors"
	"time"
)

const (
	// breakerRuns is how many runs in a row must fail before a host is left alone.
	breakerRuns = 3
	// coolDownMin is the first pause of an open breaker; each failed probe doubles it.
	coolDownMin = 10 * time.Minute
	// coolDownMax bounds it, so that a host that recovers is seen within the day.
	coolDownMax = 6 * time.Hour
	// probeMax is how long a probe may stay without a report, as after a crash, before another goes.
	probeMax = 15 * time.Minute
	// probeLook is when those whom a probe holds back may ask again: most probes take moments.
	probeLook = time.Minute
)

// BreakerState is what is remembered of one host's last runs: plain data, stored as JSON where all
// crawlers of a deployment see it. The zero value is a host in good standing.
type BreakerState struct {
	Failures   int       `json:"failures,omitempty"`   // failed runs in a row, up to breakerRuns
	CoolDown   string    `json:"cool_down,omitempty"`  // the current pause, as time.Duration writes it
	OpenUntil  time.Time `json:"open_until,omitzero"`  // when the next probe may go
	ProbeUntil time.Time `json:"probe_until,omitzero"` // until when the probe under way may report
}

// Admit decides whether a run at the host may begin at now. While the breaker is open it returns an
// ErrOpen with the time to wait; after the pause it lets one run through as a probe and holds the
// others back until that has reported. Store the state returned.
func (s BreakerState) Admit(now time.Time) (BreakerState, error) {
	if s.Failures < breakerRuns {
		return s, nil
	}
	// A moment further ahead than it can lie was set by a clock that was wrong.
	if wait := s.OpenUntil.Sub(now); wait > 0 && wait <= coolDownMax {
		return s, &Error{Kind: ErrOpen, RetryAfter: wait}
	}
	if wait := s.ProbeUntil.Sub(now); wait > 0 && wait <= probeMax {
		return s, &Error{Kind: ErrOpen, RetryAfter: min(wait, probeLook), Reason: "a probe is under way"}
	}
	s.ProbeUntil = now.Add(probeMax)
	return s, nil
}

// Report takes in how a run at the host ended. Failures of runs that began before the breaker
// opened change nothing; any success closes it.
func (s BreakerState) Report(ok bool, now time.Time) BreakerState {
	switch wait := s.OpenUntil.Sub(now); {
	case ok:
		return BreakerState{}
	case s.Failures < breakerRuns-1:
		s.Failures++
		return s
	case s.Failures >= breakerRuns && wait > 0 && wait <= coolDownMax:
		return s
	}
	pause := coolDownMin
	if last, err := time.ParseDuration(s.CoolDown); err == nil && last > 0 {
		pause = min(2*min(last, coolDownMax), coolDownMax)
	}
	return BreakerState{Failures: breakerRuns, CoolDown: pause.String(), OpenUntil: now.Add(pause)}
}

// Admit asks this process's breaker of the host whether a run may begin; see BreakerState.Admit. A
// run is: Admit, any number of Do, Report(host, !HostFault(err)).
func (c *Client) Admit(host string, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.breakers[host].Admit(now)
	if s != (BreakerState{}) {
		c.breakers[host] = s
	}
	var e *Error
	if errors.As(err, &e) {
		e.URL = host
	}
	return err
}

// Report tells this process's breaker of the host how a run ended.
func (c *Client) Report(host string, ok bool, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.breakers[host].Report(ok, now); s != (BreakerState{}) {
		c.breakers[host] = s
	} else {
		delete(c.breakers, host)
	}
}

// Breakers is a copy of the states of all hosts that are not in good standing.
func (c *Client) Breakers() map[string]BreakerState {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]BreakerState, len(c.breakers))
	for host, s := range c.breakers {
		out[host] = s
	}
	return out
}

// SetBreaker puts a stored state in place.
func (c *Client) SetBreaker(host string, s BreakerState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.breakers[host] = s
}
