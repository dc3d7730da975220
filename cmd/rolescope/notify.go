package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/alert/notify"
	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
)

// How a delivery is tried again: after 5 s, then after twice as long each time up to an hour, 34 times in all,
// which is about a day. A receiver that is away for longer finds dead letters, which can be sent again.
const (
	notifyRetryMin = 5 * time.Second
	notifyRetryMax = time.Hour
	notifyAttempts = 34
)

const (
	// notifyWorkers is how many deliveries are under way at a time. Each is a batch of its own, because a batch is
	// acknowledged as a whole: a process that is killed repeats what it had under way and nothing else.
	notifyWorkers = 4
	// notifyWaiting is how many deliveries may wait for their next attempt before they hold others up.
	notifyWaiting = 10_000
)

// openChannels makes the channels that an alerts file lists. s may be nil; channels of the kind nats are then
// an error.
func (a *app) openChannels(file []byte, s *system) ([]notify.Channel, error) {
	configs, err := notify.Parse(file)
	if err != nil {
		return nil, err
	}
	o := a.notifyOptions()
	if s != nil {
		o.Announce = s.bus.Announce
	}
	return notify.Open(configs, o)
}

func (a *app) notifyOptions() notify.Options {
	env := environMap(a.environ)
	return notify.Options{
		Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Now:    time.Now, Proxy: http.ProxyFromEnvironment, Version: version,
	}
}

// publishAlerts sends events on their way to channels: channels names those of an event. It may be called
// with the same events as often as wanted, by any number of processes; each channel gets each event once.
// It returns when the bus has stored them all. Whoever stores events calls it after that, and for those
// of the last days again when it starts, so that a crash in between loses none.
func (s *system) publishAlerts(ctx context.Context, events []alert.Event, channels func(alert.Event) []string) error {
	var out []any
	var errs []error
	for _, e := range events {
		if !e.Deliver() {
			continue
		}
		for _, name := range channels(e) {
			d, err := notify.Delivery(e, name)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			out = append(out, d)
		}
	}
	return errors.Join(append(errs, s.bus.Publish(ctx, out...))...)
}

// notifyStage delivers what publishAlerts has sent. Any number of processes may run it.
func (s *system) notifyStage(channels []notify.Channel) bus.Stage {
	return bus.Stage{
		Name: bus.StageNotify, Stream: bus.StreamNotify, Workers: notifyWorkers, Waiting: notifyWaiting,
		Once: true, BatchRows: 1, BatchBytes: posting.MessageBytesMax, BatchAge: time.Second,
		Retry: bus.Retry{DelayMin: notifyRetryMin, DelayMax: notifyRetryMax, Attempts: notifyAttempts},
		Handle: func(ctx context.Context, batch []any) []bus.Result {
			out := make([]bus.Result, len(batch))
			for i, v := range batch {
				d, ok := v.(posting.Delivery)
				if !ok {
					out[i].Err = fmt.Errorf("deliver %T: %w", v, posting.ErrInvalid)
					continue
				}
				if out[i].Err = notify.Deliver(ctx, channels, d); out[i].Err == nil {
					s.app.logger().Info("alert delivered", "event", d.EventID, "channel", d.Channel, "rule", d.Rule)
				}
			}
			return out
		},
	}
}

// deliverNow makes one attempt at what waits in NOTIFY. What it cannot deliver waits there for `up`, and is no
// error of this command; nor are secrets that its environment does not have.
func (s *system) deliverNow(ctx context.Context) error {
	file, _, err := alertsFile(s.config)
	if err != nil {
		return err
	}
	channels, err := s.app.openChannels(file, s)
	if err != nil {
		fmt.Fprintf(s.app.stderr, "rolescope: the alerts are left for `rolescope up` to deliver: %v\n", err)
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- s.bus.Run(ctx, s.notifyStage(channels)) }()
	tick := time.NewTicker(drainPoll)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
		}
		streams, err := s.bus.Pending(ctx)
		if err != nil {
			stop()
			return errors.Join(err, <-done)
		}
		if streams[bus.StreamNotify].Consumers[bus.StageNotify].Pending == 0 {
			break
		}
	}
	stop() // the stage finishes what it holds
	if err := <-done; err != nil {
		return err
	}
	streams, err := s.bus.Pending(context.WithoutCancel(ctx))
	if err == nil && streams[bus.StreamNotify].Unsettled() > 0 {
		fmt.Fprintf(s.app.stderr, "rolescope: %s alerts wait for their next attempt, which `rolescope up` makes\n", count(streams[bus.StreamNotify].Unsettled()))
	}
	return err
}

// testAlertChannel sends a test event to one channel, at once and once, and returns the receiver's answer.
func (a *app) testAlertChannel(ctx context.Context, file []byte, name string) error {
	configs, err := notify.Parse(file)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(configs, func(c notify.Config) bool { return c.Name == name })
	if i < 0 {
		known := make([]string, len(configs))
		for j, c := range configs {
			known[j] = c.Name
		}
		return hintf(first(strings.Join(known, ", "), "a list of channels in the alerts file"), "the alerts file has no channel %q", name)
	}
	send := func(ctx context.Context, o notify.Options) error {
		channels, err := notify.Open(configs[i:i+1], o) // the secrets of the others need not be there
		if err != nil {
			return err
		}
		return channels[0].Send(ctx, testEvent(name, time.Now()))
	}
	o := a.notifyOptions()
	if configs[i].Kind != notify.KindNATS {
		return send(ctx, o)
	}
	return a.with(ctx, func(ctx context.Context, s *system) error {
		o.Announce = s.bus.Announce
		return send(ctx, o)
	})
}

// testEvent is an event that says it is none. Each one has its own id, or receivers would drop the second.
func testEvent(channel string, now time.Time) alert.Event {
	at := posting.Time(now)
	return alert.Event{
		ID: alert.EventID("test", channel, at, alert.Firing, ""), AlertID: alert.AlertID("test", channel, at),
		Rule: "test", Kind: alert.KindLevel, Subject: channel, State: alert.Firing, At: at, Onset: at,
		Title: "This is a test of the channel " + channel,
		Text:  fmt.Sprintf("Somebody ran `rolescope alert test %s`. Nothing has happened in the market, and nothing needs to be done.", channel),
	}
}
