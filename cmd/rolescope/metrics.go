package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
)

// metrics are what this process counts. The rooms do not know them: they are told by the hooks and
// wrappers below, and asked by the gauges of metrics_gauges.go. No label names a board, a host or
// anything else of which there may be thousands. Methods may be called on nil, which counts nothing.
type metrics struct {
	registry *prometheus.Registry

	slots    prometheus.Counter
	slotLag  prometheus.Histogram
	crawls   *prometheus.CounterVec
	details  *prometheus.CounterVec
	postings *prometheus.CounterVec
	requests *prometheus.CounterVec
	hostWait prometheus.Histogram
	sinkRows *prometheus.CounterVec
	sinkTime prometheus.Histogram
	foldTime prometheus.Histogram
	accounts accountGauges
}

// Buckets in seconds: of work in the store, and of waiting for a turn, which takes up to two minutes.
var (
	workBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	waitBuckets = []float64{.01, .1, .5, 1, 2, 5, 10, 30, 60, 120}
	lagBuckets  = []float64{.1, .5, 1, 5, 15, 30, 60, 300, 1800, 7200, 43200}
)

// newMetrics makes the registry of a process that runs these roles.
func newMetrics(roles []string) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rolescope_" + name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "rolescope_" + name, Help: help, Buckets: buckets})
		m.registry.MustRegister(h)
		return h
	}
	m.slots = counter("slots_sent_total", "Slots this process's scheduler has sent.").WithLabelValues()
	m.slotLag = histogram("slot_lag_seconds", "How late slots were sent.", lagBuckets)
	m.crawls = counter("crawls_total", "Crawls of boards, by source and outcome of the run.", "source", "outcome")
	m.details = counter("details_total", "Texts of postings that took a request of their own, by source and result (read, failed).", "source", "result")
	m.postings = counter("postings_total", "Postings that crawls met, by source and result (published, unchanged, rejected, too_large, skipped).", "source", "result")
	m.requests = counter("http_requests_total", "HTTP requests of crawlers, robots.txt and retries included, by source and class of status (none: no answer).", "source", "status")
	m.hostWait = histogram("host_wait_seconds", "How long a request had to wait for its turn at its host.", waitBuckets)
	m.sinkRows = counter("sink_rows_total", "Rows given to the store, by type and result (stored, refused, failed; what failed comes again).", "type", "result")
	m.sinkTime = histogram("sink_batch_seconds", "How long storing a batch took, folds included.", workBuckets)
	m.foldTime = histogram("fold_seconds", "How long recomputing the spells of a batch's boards took.", workBuckets)
	m.accounts = newAccountGauges(m.registry)
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rolescope_build_info", Help: "1, with what this program is in its labels."},
		[]string{"version", "tagger_version", "go_version"})
	build.WithLabelValues(version, enrich.Version, runtime.Version()).Set(1)
	role := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rolescope_role_info", Help: "1 for each role that this process runs."}, []string{"role"})
	for _, r := range roles {
		role.WithLabelValues(r).Set(1)
	}
	m.registry.MustRegister(build, role, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// handler answers Prometheus. A gauge that cannot be read leaves the others in the answer.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

func (m *metrics) slotSent(lag time.Duration) {
	if m == nil {
		return
	}
	m.slots.Inc()
	m.slotLag.Observe(lag.Seconds())
}

// worked counts a slot that was worked.
func (m *metrics) worked(slot posting.Slot, r ingest.Result) {
	if m == nil {
		return
	}
	if slot.Kind == ingest.KindDetail {
		result := "read"
		if r.Err != nil {
			result = "failed"
		}
		m.details.WithLabelValues(slot.Source, result).Inc()
	} else {
		m.crawls.WithLabelValues(slot.Source, string(r.Summary.Run.Outcome)).Inc()
	}
	for result, n := range map[string]int{
		"published": r.Summary.Published, "unchanged": r.Summary.Unchanged, "rejected": r.Summary.Rejected,
		"too_large": r.Summary.TooLarge, "skipped": r.Summary.Skipped,
	} {
		m.postings.WithLabelValues(slot.Source, result).Add(float64(n))
	}
}

// sourceKey is where a context carries the source that a request is made for.
type sourceKey struct{}

func withSource(ctx context.Context, source string) context.Context {
	return context.WithValue(ctx, sourceKey{}, source)
}

// answered counts a request by the source that ctx names.
func (m *metrics) answered(ctx context.Context, status int) {
	if m == nil {
		return
	}
	source, _ := ctx.Value(sourceKey{}).(string)
	class := "none"
	if status > 0 {
		class = fmt.Sprintf("%dxx", status/100)
	}
	m.requests.WithLabelValues(source, class).Inc()
}

func (m *metrics) waited(d time.Duration) {
	if m != nil {
		m.hostWait.Observe(d.Seconds())
	}
}

func (m *metrics) folded(d time.Duration) {
	if m != nil {
		m.foldTime.Observe(d.Seconds())
	}
}

// stored counts a batch that the store has answered.
func (m *metrics) stored(batch []any, out []bus.Result, took time.Duration) {
	if m == nil || len(batch) == 0 {
		return
	}
	m.sinkTime.Observe(took.Seconds())
	for i, v := range batch {
		kind := strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", v), "posting."))
		m.sinkRows.WithLabelValues(kind, sinkResult(out[i].Err)).Inc()
	}
}

func sinkResult(err error) string {
	switch {
	case err == nil:
		return "stored"
	case errors.Is(err, posting.ErrInvalid):
		return "refused"
	}
	return "failed"
}

// snapshot is what the gauges show, read when Prometheus asks.
type snapshot struct {
	stages  map[string]bus.Counts
	streams map[string]bus.Backlog
	sources []sourceAge
	engine  bool
	owner   bool
}

type sourceAge struct {
	Source string    `ch:"source"`
	At     time.Time `ch:"at"`
}

// snapshot reads the state of the system; what cannot be read is left out.
func (s *system) snapshot(ctx context.Context) snapshot {
	out := snapshot{stages: s.bus.Counts(), owner: s.lease == nil || s.lease.Owner()}
	log := s.app.logger()
	var err error
	if out.streams, err = s.bus.Pending(ctx); err != nil {
		log.Warn("metrics: read the streams", "error", err)
	}
	if s.store == nil {
		return out
	}
	// As ready does: readers' load must not look like a server that is down.
	err = s.store.Select(ctx, &out.sources, "SELECT source, max(observed_at) AS at FROM runs GROUP BY source")
	if out.engine = err == nil; err != nil {
		log.Warn("metrics: read the store", "error", err)
	}
	return out
}

// accountGauges are the accounting identity, as last made up.
type accountGauges struct {
	versions *prometheus.GaugeVec
	at       prometheus.Gauge
	seconds  prometheus.Gauge
}

func newAccountGauges(r *prometheus.Registry) accountGauges {
	g := accountGauges{
		versions: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "rolescope_accounted_versions",
			Help: "Listed versions by where they are (stored, dead, pending, missing), as last accounted for; missing is to be 0.",
		}, []string{"state"}),
		at:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "rolescope_accounted_timestamp_seconds", Help: "When versions were last accounted for; 0 before the first time."}),
		seconds: prometheus.NewGauge(prometheus.GaugeOpts{Name: "rolescope_accounting_seconds", Help: "How long that took."}),
	}
	r.MustRegister(g.versions, g.at, g.seconds)
	return g
}

func (g accountGauges) set(r store.VerifyReport, at time.Time, took time.Duration) {
	for state, n := range map[string]uint64{"stored": r.Stored, "dead": r.Dead, "pending": r.Pending, "missing": r.Missing} {
		g.versions.WithLabelValues(state).Set(float64(n))
	}
	g.at.Set(float64(at.Unix()))
	g.seconds.Set(took.Seconds())
}
