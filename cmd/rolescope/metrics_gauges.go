package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// scrapeTimeout is below Prometheus's own of ten seconds, so that it gets what could be read.
	scrapeTimeout = 5 * time.Second
	// accountsFirst and accountsEvery are when the books are made up: it reads every listing, which
	// takes a second per hundred thousand, so not at every scrape.
	accountsFirst = time.Minute
	accountsEvery = time.Hour
)

// gauges shows a snapshot that is taken when Prometheus asks.
type gauges struct {
	read func(context.Context) snapshot

	messages, batches, panics            *prometheus.Desc
	streamMessages, streamBytes          *prometheus.Desc
	pending, unacknowledged, redelivered *prometheus.Desc
	lastRun, clickhouse, owner           *prometheus.Desc
}

func newGauges(read func(context.Context) snapshot) *gauges {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("rolescope_"+name, help, labels, nil)
	}
	return &gauges{
		read:           read,
		messages:       desc("stage_messages_total", "Messages this process's stages have settled, by stage and result (handled, retried, dead).", "stage", "result"),
		batches:        desc("stage_batches_total", "Batches this process's stages have handled.", "stage"),
		panics:         desc("stage_panics_total", "Panics of handlers that were caught.", "stage"),
		streamMessages: desc("stream_messages", "Messages kept in a stream.", "stream"),
		streamBytes:    desc("stream_bytes", "Size of a stream in bytes.", "stream"),
		pending:        desc("consumer_pending_messages", "Messages that wait for a stage and were never delivered.", "stream", "consumer"),
		unacknowledged: desc("consumer_unacknowledged_messages", "Messages delivered to a stage and not settled, delayed retries included.", "stream", "consumer"),
		redelivered:    desc("consumer_redelivered_messages", "Of the unsettled messages those delivered more than once.", "stream", "consumer"),
		lastRun:        desc("last_run_timestamp_seconds", "When a source's newest run was observed: time() minus this is its age.", "source"),
		clickhouse:     desc("clickhouse_up", "1 when ClickHouse, embedded or not, has answered this scrape."),
		owner:          desc("data_directory_owner", "1 when this process runs the embedded servers, 0 when it has joined another that does."),
	}
}

// watch shows the state of a system until the function returned is called.
func (m *metrics) watch(s *system) (unwatch func()) {
	g := newGauges(s.snapshot)
	m.registry.MustRegister(g)
	return func() { m.registry.Unregister(g) }
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		g.messages, g.batches, g.panics, g.streamMessages, g.streamBytes, g.pending, g.unacknowledged, g.redelivered, g.lastRun, g.clickhouse, g.owner,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	now := g.read(ctx)
	send := func(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, t, v, labels...)
	}
	for stage, c := range now.stages {
		send(g.messages, prometheus.CounterValue, float64(c.Acked), stage, "handled")
		send(g.messages, prometheus.CounterValue, float64(c.Retried), stage, "retried")
		send(g.messages, prometheus.CounterValue, float64(c.Dead), stage, "dead")
		send(g.batches, prometheus.CounterValue, float64(c.Batches), stage)
		send(g.panics, prometheus.CounterValue, float64(c.Panics), stage)
	}
	for stream, b := range now.streams {
		send(g.streamMessages, prometheus.GaugeValue, float64(b.Messages), stream)
		send(g.streamBytes, prometheus.GaugeValue, float64(b.Bytes), stream)
		for name, c := range b.Consumers {
			send(g.pending, prometheus.GaugeValue, float64(c.Pending), stream, name)
			send(g.unacknowledged, prometheus.GaugeValue, float64(c.AckPending), stream, name)
			send(g.redelivered, prometheus.GaugeValue, float64(c.Redelivered), stream, name)
		}
	}
	for _, s := range now.sources {
		send(g.lastRun, prometheus.GaugeValue, float64(s.At.Unix()), s.Source)
	}
	send(g.clickhouse, prometheus.GaugeValue, oneIf(now.engine))
	send(g.owner, prometheus.GaugeValue, oneIf(now.owner))
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// keepAccounts makes up the books from time to time, for the gauges.
func (s *system) keepAccounts(ctx context.Context) error {
	for wait := accountsFirst; pause(ctx, wait); wait = accountsEvery {
		began := time.Now()
		report, err := s.store.Verify(ctx, s.bus.InFlight)
		if err != nil {
			if ctx.Err() == nil {
				s.app.logger().Warn("account for listed versions", "error", err)
			}
			continue
		}
		s.app.metrics.accounts.set(report, time.Now(), time.Since(began))
		if !report.OK() {
			s.app.logger().Error("the books do not balance: rolescope verify says more", "missing", report.Missing, "incomplete_runs", report.IncompleteRuns, "spells_differ", report.SpellsDiffer)
		}
	}
	return nil
}
