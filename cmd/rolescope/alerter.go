package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/scheduler"
)

const (
	// catchUpMax is how many evaluations that were missed are made up for, the newest: two months of days.
	catchUpMax = 60
	// alertsWaiting bounds how long what an evaluation found before a crash is looked for, to be sent: NOTIFY
	// knows deliveries that it had already for longer than that.
	alertsWaiting = 29 * 24 * time.Hour
	// alertBatchAge is how long an alerter waits for more than one slot: it never does.
	alertBatchAge = time.Millisecond
)

// liveAlerts follows the file of rules while a process runs.
func liveAlerts(c config, log *slog.Logger) (*live[alert.Config], error) {
	return follow("the file of rules", c.Alerts, func() (alert.Config, error) { return loadAlerts(c) }, log)
}

// ruleSchedules are the slots of the rules, as a scheduler plans them.
func ruleSchedules(of alert.Config) []scheduler.Board {
	var out []scheduler.Board
	for _, rule := range of.Rules {
		if b, err := ruleBoard(rule); err == nil { // loadAlerts has refused what cannot be parsed
			out = append(out, b)
		}
	}
	return out
}

// ruleBoard is a rule as what a scheduler plans slots for.
func ruleBoard(rule alert.Rule) (scheduler.Board, error) {
	schedule, err := scheduler.Parse(rule.Schedule)
	return scheduler.Board{Kind: scheduler.KindAlerts, Source: posting.SlotAlerts, Board: rule.Name, Schedule: schedule}, err
}

// alerterStages are the stages of the role alerter: one evaluates, one delivers. Channels are those that the file had
// when the process began.
func (s *system) alerterStages() ([]bus.Stage, error) {
	data, path, err := alertsFile(s.config)
	if err != nil {
		return nil, err
	}
	channels, err := s.app.openChannels(data, s)
	if err != nil {
		return nil, &hinted{fmt.Errorf("read channels: %s: %w", path, err), "docs/alerts.md has every key of a channel"}
	}
	all := make([]string, len(channels))
	for i, c := range channels {
		all[i] = c.Name()
	}
	rules := s.app.alerts
	for _, rule := range rules.get().Rules {
		for _, name := range rule.Channels {
			if !slices.Contains(all, name) {
				return nil, hintf("the channels of the file are "+orDash(strings.Join(all, ", ")), "rule %s names the channel %q, which %s does not have", rule.Name, name, path)
			}
		}
	}
	send := func(ctx context.Context, events []alert.Event) error {
		return s.publishAlerts(ctx, events, func(e alert.Event) []string {
			if rule, ok := rules.get().Find(e.Rule); ok && len(rule.Channels) > 0 {
				return rule.Channels
			}
			return all
		})
	}
	return []bus.Stage{s.alertStage(rules, send), s.notifyStage(channels)}, nil
}

// alertStage is the alerter: it works the slots of rules, one at a time.
func (s *system) alertStage(rules *live[alert.Config], send func(context.Context, []alert.Event) error) bus.Stage {
	return bus.Stage{
		Name: bus.StageAlert, Stream: bus.StreamAlert, Workers: 1, BatchRows: 1, BatchBytes: 1, BatchAge: alertBatchAge,
		Handle: func(ctx context.Context, batch []any) []bus.Result {
			out := make([]bus.Result, len(batch))
			for i, v := range batch {
				slot, ok := v.(posting.Slot)
				if !ok || slot.Kind != posting.SlotAlerts {
					out[i].Err = fmt.Errorf("evaluate %T: %w", v, posting.ErrInvalid)
					continue
				}
				out[i].Err = s.workAlerts(ctx, slot, rules.get(), send)
			}
			return out
		},
	}
}

// workAlerts evaluates a rule as of its slot and as of those that were missed before it, in order, and sends what is
// to be told. What an evaluation before found is sent again: whoever was killed after storing it may not have sent it,
// and what was sent is known.
func (s *system) workAlerts(ctx context.Context, slot posting.Slot, file alert.Config, send func(context.Context, []alert.Event) error) error {
	rule, ok := file.Find(slot.Board)
	if !ok {
		s.app.logger().Info("slot dropped: the rule is gone", "rule", slot.Board)
		return nil
	}
	if now := time.Now(); slot.PlannedAt.After(now.Add(healthSlack)) {
		return fmt.Errorf("evaluate rule %s as of %s: that is to come, by this machine's clock %s: %w", rule.Name, slot.PlannedAt, now.UTC().Format(time.RFC3339), posting.ErrInvalid)
	}
	_, last, err := s.alertMemory(ctx, rule, slot.PlannedAt)
	if err != nil {
		return err
	}
	s.freshen(ctx)
	for _, at := range dueAlerts(rule, last, slot.PlannedAt) {
		began := time.Now()
		events, e, err := s.record(ctx, rule, at, file.URL)
		if err != nil {
			return err
		}
		if err := send(ctx, events); err != nil {
			return fmt.Errorf("send what rule %s found: %w", rule.Name, err)
		}
		s.app.logger().Info("rule evaluated", "rule", rule.Name, "at", at, "events", len(events), "firing", len(e.Firing), "refused", e.Refused, "took", time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// dueAlerts are the times as of which a rule is to be evaluated: the last one, which may not have been sent, those that
// were missed since, where the rule can tell of the past, and the slot's.
func dueAlerts(rule alert.Rule, last, slot time.Time) []time.Time {
	var out []time.Time
	if !last.IsZero() && slot.Sub(last) < alertsWaiting {
		out = append(out, last)
	}
	if board, err := ruleBoard(rule); err == nil && !last.IsZero() && rule.OfPast() {
		var missed []time.Time
		for at := board.Next(last); !at.IsZero() && at.Before(slot); at = board.Next(at) {
			missed = append(missed, at)
			if len(missed) > catchUpMax {
				missed = missed[1:]
			}
		}
		out = append(out, missed...)
	}
	if last.Before(slot) {
		out = append(out, slot)
	}
	return out
}
