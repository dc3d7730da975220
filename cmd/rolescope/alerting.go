package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/store"
)

// alertsFile is the file of rules and channels that the configuration names, or the one inside the program.
func alertsFile(c config) (data []byte, path string, err error) {
	if c.Alerts == "" {
		return alert.Defaults(), "the shipped alerts.yaml", nil
	}
	st, err := os.Stat(c.Alerts)
	if err == nil && st.Size() > alert.RulesBytesMax {
		err = fmt.Errorf("%s has %d bytes, over the limit of %d", c.Alerts, st.Size(), alert.RulesBytesMax)
	}
	if err == nil {
		data, err = os.ReadFile(c.Alerts)
	}
	if err != nil {
		err = &hinted{fmt.Errorf("read rules: %w", err), "set ROLESCOPE_ALERTS to a file of rules, or unset it to use the shipped ones"}
	}
	return data, c.Alerts, err
}

// loadAlerts reads the rules.
func loadAlerts(c config) (alert.Config, error) {
	data, path, err := alertsFile(c)
	if err != nil {
		return alert.Config{}, err
	}
	rules, err := alert.ReadRules(data)
	for i := 0; i < len(rules.Rules) && err == nil; i++ {
		if _, err = ruleBoard(rules.Rules[i]); err != nil {
			err = fmt.Errorf("rule %s: %w", rules.Rules[i].Name, err)
		}
	}
	if err != nil {
		return rules, &hinted{fmt.Errorf("read rules: %s: %w", path, err), "rolescope alert check, once the file is right; docs/alerts.md has every key"}
	}
	return rules, nil
}

// asker is what evaluations ask: the store as a reader, and the bus.
type asker struct {
	querier
	sys *system
}

// Waiting implements alert.Asker.
func (a asker) Waiting(ctx context.Context) (map[string]uint64, error) {
	streams, err := a.sys.bus.Pending(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]uint64{}
	for _, stream := range streams {
		for stage, c := range stream.Consumers {
			out[stage] += c.Pending + c.AckPending
		}
	}
	return out, nil
}

// ruleLook is what evaluating one rule came to.
type ruleLook struct {
	Rule    string        `json:"rule"`
	Kind    alert.Kind    `json:"kind"`
	At      time.Time     `json:"at"`
	Refused string        `json:"refused,omitempty"` // why there is no answer
	Firing  []standing    `json:"firing"`
	Pending []standing    `json:"pending"`
	Events  []alert.Event `json:"events"` // what changed since the evaluation before
	after   alert.Memory
}

// standing is an alert of a rule with its subject.
type standing struct {
	Subject string `json:"subject"`
	alert.Standing
}

// evaluateRule evaluates a rule as of a time from what it knew before, and writes nothing.
func (s *system) evaluateRule(ctx context.Context, rule alert.Rule, at time.Time, url string) (ruleLook, error) {
	out := ruleLook{Rule: rule.Name, Kind: rule.Kind, At: at, Firing: []standing{}, Pending: []standing{}, Events: []alert.Event{}}
	before, _, err := s.alertMemory(ctx, rule, at.Add(-time.Millisecond))
	if err != nil {
		return out, err
	}
	silences, err := s.silences(ctx)
	if err != nil {
		return out, err
	}
	o, err := alert.Evaluate(ctx, asker{querier{s.store}, s}, rule, at, before, silences, url)
	if err != nil {
		return out, err
	}
	out.after, out.Refused = o.After, o.After.Refused
	out.Events = append(out.Events, o.Events...)
	for key, st := range o.After.Alerts {
		subject := st.Subject
		if subject == "" {
			subject = key
		}
		switch st.State {
		case alert.Firing:
			out.Firing = append(out.Firing, standing{subject, st})
		case alert.Pending:
			out.Pending = append(out.Pending, standing{subject, st})
		}
	}
	for _, list := range [][]standing{out.Firing, out.Pending} {
		slices.SortFunc(list, func(a, b standing) int {
			if c := b.Onset.Compare(a.Onset); c != 0 {
				return c
			}
			return strings.Compare(a.Subject, b.Subject)
		})
	}
	return out, nil
}

// alertMemory is what a rule knew at a time, and as of which evaluation.
func (s *system) alertMemory(ctx context.Context, rule alert.Rule, at time.Time) (alert.Memory, time.Time, error) {
	var m alert.Memory
	text, as, err := s.store.AlertMemory(ctx, rule.Name, at)
	if err != nil || text == "" {
		return m, as, err
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return m, as, fmt.Errorf("read what rule %s knows: %w", rule.Name, err)
	}
	return m, as, nil
}

func (s *system) silences(ctx context.Context) ([]alert.Silence, error) {
	decided, err := s.store.Silences(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]alert.Silence, len(decided))
	for i, d := range decided {
		out[i] = alert.Silence{Rule: d.Rule, Subject: d.Subject, From: d.At, Until: d.Until}
	}
	return out, nil
}

// record evaluates a rule as of a slot and keeps what came of it, once: events first, then what the rule
// knows, which says that the evaluation is done. Whoever is killed in between does it again from the same
// memory and finds the same events; those that are stored already stay as they are. It returns the events of
// the slot as they are stored, which are to be delivered.
func (s *system) record(ctx context.Context, rule alert.Rule, slot time.Time, url string) ([]alert.Event, ruleLook, error) {
	slot = slot.UTC().Truncate(time.Millisecond)
	e := ruleLook{Rule: rule.Name, Kind: rule.Kind, At: slot}
	_, done, err := s.alertMemory(ctx, rule, slot)
	if err != nil {
		return nil, e, err
	}
	if done.Before(slot) {
		if e, err = s.evaluateRule(ctx, rule, slot, url); err != nil {
			return nil, e, err
		}
		if err := s.keepEvents(ctx, slot, e.Events); err != nil {
			return nil, e, err
		}
		s.app.logger().Info("alert events kept", "rule", rule.Name, "at", slot, "events", len(e.Events))
		memory, err := json.Marshal(e.after)
		if err != nil {
			return nil, e, fmt.Errorf("write what rule %s knows: %w", rule.Name, err)
		}
		if err := s.store.PutAlertMemory(ctx, rule.Name, slot, string(memory)); err != nil {
			return nil, e, err
		}
	}
	rows, err := s.store.AlertEvents(ctx, rule.Name, slot)
	if err != nil {
		return nil, e, err
	}
	events := make([]alert.Event, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal([]byte(r.Body), &events[i]); err != nil {
			return nil, e, fmt.Errorf("read alert event %s: %w", r.ID, err)
		}
	}
	return events, e, nil
}

func (s *system) keepEvents(ctx context.Context, slot time.Time, events []alert.Event) error {
	rows := make([]store.AlertEvent, len(events))
	for i, e := range events {
		body, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("write alert event %s: %w", e.ID, err)
		}
		rows[i] = store.AlertEvent{
			ID: e.ID, AlertID: e.AlertID, Rule: e.Rule, Kind: string(e.Kind), Subject: e.Subject, State: string(e.State), Stage: e.Stage,
			Class: e.Class, Quiet: e.Quiet, At: e.At, Onset: e.Onset, Slot: slot, Title: e.Title, Body: string(body),
		}
	}
	return s.store.PutAlertEvents(ctx, rows)
}

// decisions are what people decide about alerts, for the command line and the dashboard.
type decisions struct{ sys *system }

// errNoAlert is of an id that no alert has.
var errNoAlert = errors.New("there is no such alert")

// silenceMax is how long a silence lasts at most: who wants none for longer takes the rule out of the file.
const silenceMax = 366 * 24 * time.Hour
