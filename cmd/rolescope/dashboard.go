package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/web"
)

// dashboard is the web room over this system. It asks as a reader: read-only, within the
// limits that analysts have, too. A demo's data has its notice on every page, and its own time.
func (s *system) dashboard() (*web.Dashboard, error) {
	notice, now := "", time.Now
	if s.demo != nil {
		notice = simulatedNotice
		if end := s.demo.End; !end.IsZero() {
			now = func() time.Time { return end }
		}
	}
	return web.New(web.Options{
		Querier: reader{s.store}, Follower: s.store, Ready: s.ready, Actions: decisions{s}, Metrics: s.app.metrics.handler(), Notice: notice, Version: version,
		Now: now, Logger: s.app.logger(), Program: s.program(),
		Hosts: strings.FieldsFunc(s.config.HTTPHosts, func(r rune) bool { return r == ',' || r == ' ' }),
	})
}

// program is how a shell calls rolescope on this system's data. The data directory is named unless it
// is the one that everybody gets who names none; a server's address is not, because it holds passwords.
func (s *system) program() string {
	if s.config.ClickHouseURL != "" {
		return "rolescope"
	}
	if dir, err := defaultDataDir(environMap(s.app.environ)); err == nil && dir == s.config.DataDir {
		return "rolescope"
	}
	return "ROLESCOPE_DATA_DIR=" + shellWord(s.config.DataDir) + " rolescope"
}

// reader lets the dashboard ask the store without being able to write.
type reader struct{ store *store.Store }

// Select implements trend.Querier.
func (q reader) Select(ctx context.Context, dest any, query string, params map[string]string) error {
	return q.store.Ask(ctx, dest, query, params)
}

// ready reports whether the servers answer. It asks over the pipeline's connections: readers of the
// dashboard who take all of their own make it slow, not unready.
func (s *system) ready(ctx context.Context) error {
	if s.lease != nil && !s.lease.Owner() && (s.ownerGone() || s.ownerLeaving()) {
		return errOwnerGone
	}
	if _, err := s.bus.Pending(ctx); err != nil {
		return errors.New("nats does not answer")
	}
	if s.store == nil {
		return nil
	}
	var one []struct {
		One uint8 `ch:"one"`
	}
	if err := s.store.Select(ctx, &one, "SELECT toUInt8(1) AS one"); err != nil {
		return errors.New("clickhouse does not answer")
	}
	return nil
}

// webRetry is how often a process looks whether the dashboard's address has become free.
const webRetry = 2 * time.Second

// runWeb serves the dashboard while the roles run. Two processes of one data directory cannot share
// an address: the one that came later stands by, and serves when the other is gone. Where nothing
// but the dashboard is asked for, or where no other process of ours can have it, that is an error.
func (s *system) runWeb(ctx context.Context, roles []string) error {
	d, err := s.dashboard()
	if err != nil {
		return err
	}
	standby := s.lease != nil && !s.lease.Owner() && slices.ContainsFunc(roles, func(r string) bool { return r != roleWeb })
	l, err := listen(ctx, settingHTTPAddr, s.config.HTTPAddr)
	for said := false; standby && errors.Is(err, syscall.EADDRINUSE); l, err = listen(ctx, settingHTTPAddr, s.config.HTTPAddr) {
		if !said {
			s.app.logger().Info("another process serves the dashboard; standing by", "addr", s.config.HTTPAddr)
			said = true
		}
		if !pause(ctx, webRetry) {
			return nil
		}
	}
	if err != nil {
		return err
	}
	s.app.logger().Info("dashboard", "url", "http://"+reachable(l.Addr()))
	return serveDashboard(ctx, l, d)
}

// serveDashboard answers at l until ctx ends, and meanwhile keeps the pages ready that most readers ask for.
func serveDashboard(ctx context.Context, l net.Listener, d *web.Dashboard) error {
	ctx, cancel := context.WithCancel(ctx)
	warm := make(chan struct{})
	go func() {
		defer close(warm)
		d.Warm(ctx)
	}()
	defer func() {
		cancel()
		<-warm
	}()
	return serveHTTP(ctx, l, d)
}

// runMetrics serves metrics and health of a process without a dashboard.
func (s *system) runMetrics(ctx context.Context) error {
	l, err := listen(ctx, settingMetricsAddr, s.config.MetricsAddr)
	if err != nil {
		return err
	}
	answer := func(w http.ResponseWriter, err error) {
		text := "ok"
		if err != nil {
			text = err.Error()
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = fmt.Fprintln(w, text) //nolint:errcheck // a probe that went away needs no answer
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.app.metrics.handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { answer(w, s.ready(r.Context())) })
	s.app.logger().Info("metrics", "url", "http://"+reachable(l.Addr()))
	return serveHTTP(ctx, l, mux)
}

// reachable is an address by which this machine finds a listener that listens everywhere.
func reachable(at net.Addr) string {
	host, port, err := net.SplitHostPort(at.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return fmt.Sprint(at)
}
