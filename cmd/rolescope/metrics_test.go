package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
)

// busyMetrics have every series there is, at least once.
func busyMetrics(t *testing.T) *metrics {
	t.Helper()
	m := newMetrics(allRoles())
	m.slotSent(time.Second)
	slot := posting.Slot{Kind: ingest.KindBoard, Source: "greenhouse"}
	m.worked(slot, ingest.Result{Summary: ingest.Summary{Run: posting.Run{Outcome: posting.OutcomeOK}, Published: 2, Unchanged: 5}})
	slot.Kind = ingest.KindDetail
	m.worked(slot, ingest.Result{Err: errors.New("not there")})
	for _, status := range []int{200, 304, 503, 0} {
		m.answered(withSource(t.Context(), "greenhouse"), status)
	}
	m.waited(time.Second)
	m.folded(time.Second)
	m.stored([]any{posting.Raw{}, posting.Posting{}, posting.Run{}, posting.Dead{}},
		[]bus.Result{{}, {Err: posting.ErrInvalid}, {Err: errors.New("away")}, {}}, time.Second)
	m.accounts.set(store.VerifyReport{Stored: 7}, time.Unix(1, 0), time.Second)
	m.registry.MustRegister(newGauges(func(context.Context) snapshot {
		return snapshot{
			stages:  map[string]bus.Counts{bus.StageSink: {Acked: 3, Retried: 2, Dead: 1}},
			streams: map[string]bus.Backlog{bus.StreamRaw: {Messages: 9, Consumers: map[string]bus.ConsumerBacklog{bus.StageEnrich: {Pending: 4}}}},
			sources: []sourceAge{{"greenhouse", time.Unix(1, 0)}}, engine: true, owner: true,
		}
	}))
	return m
}

// metricsPage is docs/reference/metrics.md: every metric of the program's own.
func metricsPage(t *testing.T) string {
	t.Helper()
	families, err := busyMetrics(t).registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("# Metrics\n\nServed at `/metrics` of the dashboard (ROLESCOPE_HTTP_ADDR) by a process of `up` with the role web, and at\n" +
		"ROLESCOPE_METRICS_ADDR by one without it, beside the usual `go_` and `process_` ones. Counters are of that process since its start. Generated: do not edit.\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n")
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "rolescope_") {
			continue
		}
		labels := map[string]bool{}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels["`"+l.GetName()+"`"] = true
			}
		}
		names := slices.Sorted(maps.Keys(labels))
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.GetName(), strings.ToLower(f.GetType().String()), strings.Join(names, " "), f.GetHelp())
	}
	return b.String()
}

// TestMetrics: names and units follow Prometheus, every family that is declared shows, and nothing is
// counted as something else.
func TestMetrics(t *testing.T) {
	t.Parallel()
	m := busyMetrics(t)
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, f := range families {
		shown[f.GetName()] = true
		if isCounter := f.GetType().String() == "COUNTER"; strings.HasPrefix(f.GetName(), "rolescope_") && isCounter != strings.HasSuffix(f.GetName(), "_total") {
			t.Errorf("%s is a %s", f.GetName(), f.GetType())
		}
		if f.GetHelp() == "" {
			t.Errorf("%s has no help", f.GetName())
		}
	}
	declared := make(chan *prometheus.Desc, 1000)
	m.registry.Describe(declared)
	close(declared)
	for d := range declared {
		_, name, _ := strings.Cut(d.String(), `fqName: "`)
		if name, _, _ = strings.Cut(name, `"`); strings.HasPrefix(name, "rolescope_") && !shown[name] {
			t.Errorf("%s is declared and never shown", name)
		}
	}
	var none *metrics // a command without metrics counts nothing
	none.slotSent(0)
	none.worked(posting.Slot{}, ingest.Result{})
	none.answered(t.Context(), 200)
	none.waited(0)
	none.folded(0)
	none.stored([]any{1}, nil, 0)
}
