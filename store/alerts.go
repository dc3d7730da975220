package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// AlertEvent is a change of an alert's state as the store keeps it. Body is the whole event as JSON; the
// other fields are what is asked for.
type AlertEvent struct {
	ID      string    `ch:"event_id"`
	AlertID string    `ch:"alert_id"`
	Rule    string    `ch:"rule"`
	Kind    string    `ch:"kind"`
	Subject string    `ch:"subject"`
	State   string    `ch:"state"`
	Stage   string    `ch:"stage"`
	Class   string    `ch:"class"`
	Quiet   string    `ch:"quiet"`
	At      time.Time `ch:"at"`
	Onset   time.Time `ch:"onset"`
	Slot    time.Time `ch:"slot"` // the evaluation that wrote it
	Title   string    `ch:"title"`
	Body    string    `ch:"body"`
}

func alertEventTable() table[AlertEvent] {
	type T = AlertEvent
	return table[T]{"alert_events", []column[T]{
		col("event_id", "String", func(e *T) string { return e.ID }),
		col("alert_id", "String", func(e *T) string { return e.AlertID }),
		col("rule", lcString, func(e *T) string { return e.Rule }),
		col("kind", lcString, func(e *T) string { return e.Kind }),
		col("subject", "String", func(e *T) string { return e.Subject }),
		col("state", lcString, func(e *T) string { return e.State }),
		col("stage", lcString, func(e *T) string { return e.Stage }),
		col("class", lcString, func(e *T) string { return e.Class }),
		col("quiet", lcString, func(e *T) string { return e.Quiet }),
		col("at", dateTime, func(e *T) time.Time { return stored(e.At) }),
		col("onset", dateTime, func(e *T) time.Time { return stored(e.Onset) }),
		col("slot", dateTime, func(e *T) time.Time { return stored(e.Slot) }),
		col("title", "String", func(e *T) string { return e.Title }),
		col("body", "String", func(e *T) string { return e.Body }),
	}}
}

// PutAlertEvents appends events. One that is there already stays as it is: what was told is not told
// differently later.
func (s *Store) PutAlertEvents(ctx context.Context, events []AlertEvent) error {
	if len(events) == 0 {
		return nil
	}
	var there []struct {
		ID string `ch:"event_id"`
	}
	ids := each(events, func(e *AlertEvent) string { return e.ID })
	if err := s.conn.Select(ctx, &there, "SELECT DISTINCT event_id FROM alert_events WHERE event_id IN ({ids:Array(String)})", clickhouse.Named("ids", ids)); err != nil {
		return fmt.Errorf("look for alert events: %w", serverError(err))
	}
	known := map[string]bool{}
	for _, e := range there {
		known[e.ID] = true
	}
	var fresh []AlertEvent
	for _, e := range events {
		if !known[e.ID] {
			known[e.ID] = true
			fresh = append(fresh, e)
		}
	}
	return alertEventTable().insert(ctx, s, fresh)
}

// AlertEvents are the events that one evaluation of a rule wrote, in the order of their times.
func (s *Store) AlertEvents(ctx context.Context, rule string, slot time.Time) ([]AlertEvent, error) {
	var out []AlertEvent
	err := s.conn.Select(ctx, &out, `SELECT event_id, alert_id, rule, kind, subject, state, stage, class, quiet, at, onset, slot, title, body
		FROM alert_events FINAL WHERE rule = {rule:String} AND slot = fromUnixTimestamp64Milli({slot:Int64})
		ORDER BY at, transform(state, ['pending', 'firing', 'resolved'], [1, 2, 3], 0), event_id`,
		clickhouse.Named("rule", rule), clickhouse.Named("slot", stored(slot).UnixMilli()))
	if err != nil {
		return nil, fmt.Errorf("read alert events: %w", serverError(err))
	}
	return out, nil
}

// AlertMemory is what a rule knew after its last evaluation at or before a moment, as JSON; empty when it
// was never evaluated.
func (s *Store) AlertMemory(ctx context.Context, rule string, before time.Time) (memory string, at time.Time, err error) {
	var rows []struct {
		Memory string    `ch:"memory"`
		At     time.Time `ch:"at"`
	}
	err = s.conn.Select(ctx, &rows, `SELECT memory, at FROM alert_memory WHERE rule = {rule:String} AND at <= fromUnixTimestamp64Milli({before:Int64})
		ORDER BY at DESC, recorded_at LIMIT 1`, clickhouse.Named("rule", rule), clickhouse.Named("before", stored(before).UnixMilli()))
	if err != nil {
		return "", time.Time{}, fmt.Errorf("read what rule %s knows: %w", rule, serverError(err))
	}
	if len(rows) == 0 {
		return "", time.Time{}, nil
	}
	return rows[0].Memory, rows[0].At.UTC(), nil
}

// alertMemory is what a rule knew after an evaluation.
type alertMemory struct {
	rule, memory string
	at           time.Time
}

// PutAlertMemory records what a rule knows after an evaluation.
func (s *Store) PutAlertMemory(ctx context.Context, rule string, at time.Time, memory string) error {
	return table[alertMemory]{"alert_memory", []column[alertMemory]{
		col("rule", lcString, func(m *alertMemory) string { return m.rule }),
		col("at", dateTime, func(m *alertMemory) time.Time { return stored(m.at) }),
		col("memory", "String", func(m *alertMemory) string { return m.memory }),
	}}.insert(ctx, s, []alertMemory{{rule, memory, at}})
}

// The decisions about alerts.
const (
	DecisionAcknowledge = "acknowledge"
	DecisionSilence     = "silence"
)

// AlertDecision is what somebody decided about alerts.
type AlertDecision struct {
	Decision string    `ch:"decision"`
	At       time.Time `ch:"at"`
	AlertID  string    `ch:"alert_id"` // of an acknowledgement
	Rule     string    `ch:"rule"`     // of a silence; empty for all
	Subject  string    `ch:"subject"`  // of a silence; empty for all
	Until    time.Time `ch:"until"`    // of a silence
	Note     string    `ch:"note"`
}

func (d *AlertDecision) id() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %q %q %q %d %q", d.Decision, d.At.UnixMilli(), d.AlertID, d.Rule, d.Subject, d.Until.UnixMilli(), d.Note))
	return hex.EncodeToString(sum[:16])
}

// DecideAlert records a decision about alerts.
func (s *Store) DecideAlert(ctx context.Context, d AlertDecision) error {
	type T = AlertDecision
	return table[T]{"alert_decisions", []column[T]{
		col("decision_id", "String", func(d *T) string { return d.id() }),
		col("decision", lcString, func(d *T) string { return d.Decision }),
		col("at", dateTime, func(d *T) time.Time { return stored(d.At) }),
		col("alert_id", "String", func(d *T) string { return d.AlertID }),
		col("rule", lcString, func(d *T) string { return d.Rule }),
		col("subject", "String", func(d *T) string { return d.Subject }),
		col("until", dateTime, func(d *T) time.Time { return stored(d.Until) }),
		col("note", "String", func(d *T) string { return d.Note }),
	}}.insert(ctx, s, []T{d})
}

// Silences are the newest silences of each rule and subject, those that are over, too.
func (s *Store) Silences(ctx context.Context) ([]AlertDecision, error) {
	var out []AlertDecision
	err := s.conn.Select(ctx, &out, `SELECT decision, at, alert_id, rule, subject, until, note FROM alert_decisions FINAL
		WHERE decision = 'silence' ORDER BY rule, subject, at DESC, decision_id DESC LIMIT 1 BY rule, subject`)
	if err != nil {
		return nil, fmt.Errorf("read silences: %w", serverError(err))
	}
	return out, nil
}
