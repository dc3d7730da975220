package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/store"
)

// testAlerts: events are written once and read back as they are; the view follows their order, whatever order
// they are written in, and what people decided.
func testAlerts(t *testing.T, open Open) {
	ctx, s := t.Context(), open(t)
	day := time.Date(2026, 3, 2, 6, 30, 0, 0, time.UTC)
	event := func(id, alert, state, quiet string, days int) store.AlertEvent {
		body := fmt.Sprintf(`{"text":"text of %s","query":"SELECT 1","evidence":{"recent_count":7,"ratio":2.5,"first_seen":"2026-02-01T00:00:00Z","members":["a","b"],"role":"sales"}}`, id)
		return store.AlertEvent{
			ID: id, AlertID: alert, Rule: "rising", Kind: "emerging", Subject: "title:term " + alert, State: state, Stage: "emerging", Class: "novel",
			Quiet: quiet, At: day.AddDate(0, 0, days), Onset: day, Slot: day.AddDate(0, 0, days), Title: "title of " + id, Body: body,
		}
	}
	all := []store.AlertEvent{
		event("e3", "one", "resolved", "", 5), event("e1", "one", "pending", "pending", 0), event("e2", "one", "firing", "", 1),
		event("f1", "two", "firing", "first_look", 1), event("g1", "three", "pending", "pending", 3),
		{ID: "m1", AlertID: "many", Rule: "rising", Kind: "emerging", Subject: "rule:rising", State: "firing", At: day, Onset: day, Slot: day, Title: "12 alerts", Body: "{}"},
	}
	for range 2 {
		for i := range all {
			if err := s.PutAlertEvents(ctx, all[i:]); err != nil {
				t.Fatal(err)
			}
		}
	}
	other := event("e2", "one", "firing", "", 1)
	other.Title, other.Slot = "told differently", day.AddDate(0, 0, 9)
	if err := s.PutAlertEvents(ctx, []store.AlertEvent{other, other}); err != nil {
		t.Fatal(err)
	}
	got, err := s.AlertEvents(ctx, "rising", day.AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]store.AlertEvent{all[2], all[3]}, got); d != "" {
		t.Errorf("events of one evaluation (-want +got):\n%s", d)
	}
	query := `SELECT alert_id, kind, term, role, state, quiet, title, toDate(fired_at), toDate(changed_at), toDate(resolved_at), toDate(first_seen), recent_count, ratio, members,
		acknowledged_at IS NOT NULL, toDate(silenced_until) FROM v_alerts ORDER BY alert_id FORMAT TSV`
	row := func(alert, state, quiet, title, fired, changed, resolved, acked, silenced string) string {
		return fmt.Sprintf("%s\ttitle\tterm %[1]s\tsales\t%s\t%s\t%s\t%s\t%s\t%s\t2026-02-01\t7\t2.5\t['a','b']\t%s\t%s\n", alert, state, quiet, title, fired, changed, resolved, acked, silenced)
	}
	want := row("one", "resolved", "", "title of e2", "2026-03-03", "2026-03-07", "2026-03-07", "0", `\N`) +
		row("three", "pending", "pending", "title of g1", "2026-03-02", "2026-03-05", `\N`, "0", `\N`) +
		row("two", "firing", "first_look", "title of f1", "2026-03-03", "2026-03-03", `\N`, "0", `\N`)
	if d := cmp.Diff(want, tsv(t, s, query)); d != "" {
		t.Errorf("v_alerts (-want +got):\n%s", d)
	}
	for _, d := range []store.AlertDecision{
		{Decision: store.DecisionAcknowledge, At: day, AlertID: "two", Note: "it's known"},
		{Decision: store.DecisionAcknowledge, At: day, AlertID: "one"},
		{Decision: store.DecisionSilence, At: day, Rule: "rising", Subject: "term one", Until: day.AddDate(0, 0, 7)},
		{Decision: store.DecisionSilence, At: day.Add(time.Hour), Rule: "rising", Subject: "term one", Until: day.AddDate(0, 0, 2)},
		{Decision: store.DecisionSilence, At: day, Subject: "title:term two", Until: day.AddDate(0, 0, 3)},
		{Decision: store.DecisionSilence, At: day, Rule: "other", Until: day.AddDate(1, 0, 0)},
	} {
		for range 2 {
			if err := s.DecideAlert(ctx, d); err != nil {
				t.Fatal(err)
			}
		}
	}
	want = row("one", "resolved", "", "title of e2", "2026-03-03", "2026-03-07", "2026-03-07", "1", "2026-03-04") +
		row("three", "pending", "pending", "title of g1", "2026-03-02", "2026-03-05", `\N`, "0", `\N`) +
		row("two", "acknowledged", "first_look", "title of f1", "2026-03-03", "2026-03-03", `\N`, "1", "2026-03-05")
	if d := cmp.Diff(want, tsv(t, s, query)); d != "" {
		t.Errorf("v_alerts with decisions (-want +got):\n%s", d)
	}
	silences, err := s.Silences(ctx)
	if err != nil || len(silences) != 3 || !silences[2].Until.Equal(day.AddDate(0, 0, 2)) {
		t.Errorf("silences %+v, %v", silences, err)
	}
	testAlertMemory(t, s, day)
}

func testAlertMemory(t *testing.T, s *store.Store, day time.Time) {
	for i, text := range []string{"first", "second"} {
		if err := s.PutAlertMemory(t.Context(), "rising", day.AddDate(0, 0, i), text); err != nil {
			t.Fatal(err)
		}
	}
	for before, want := range map[time.Time]string{
		day.Add(-time.Millisecond): "", day: "first", day.AddDate(0, 0, 1).Add(-time.Millisecond): "first", day.AddDate(1, 0, 0): "second",
	} {
		if got, _, err := s.AlertMemory(t.Context(), "rising", before); err != nil || got != want {
			t.Errorf("what the rule knew at %s: %q, %v, want %q", before, got, err, want)
		}
	}
}
