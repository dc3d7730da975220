package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// dashboardOf waits for the address that a service's log gives.
func dashboardOf(t *testing.T, s *service) string {
	t.Helper()
	s.await(t, "msg=dashboard", 1)
	_, rest, _ := strings.Cut(s.log.String(), "msg=dashboard url=")
	return strings.Fields(rest)[0]
}

// TestUpServes: the dashboard, health and metrics of a process that does everything, and what a
// board's crawl moves in them.
func TestUpServes(t *testing.T) {
	t.Parallel()
	bin, m, dir := binary(t), newMarket(t), filepath.Join(t.TempDir(), "data")
	m.set("acme", jobs("1", "2", "3"))
	env := crawlEnv(t, m, dir, "acme")
	s := startUp(t, bin, env)
	at := dashboardOf(t, s)
	get(t, at+"/healthz", http.StatusOK)
	get(t, at+"/readyz", http.StatusOK)
	if page := get(t, at+"/", http.StatusOK); !strings.Contains(page, "<html") || strings.Contains(page, "Simulated") {
		t.Errorf("the overview:\n%s", page)
	}
	awaitStored(t, bin, env, countPostings, "3\t3")
	want := map[string]float64{
		`rolescope_crawls_total{outcome="ok",source="greenhouse"}`:              1,
		`rolescope_postings_total{result="published",source="greenhouse"}`:      3,
		`rolescope_http_requests_total{source="greenhouse",status="2xx"}`:       1,
		`rolescope_sink_rows_total{result="stored",type="raw"}`:                 3,
		`rolescope_sink_rows_total{result="stored",type="posting"}`:             3,
		`rolescope_sink_rows_total{result="stored",type="run"}`:                 1,
		`rolescope_stage_messages_total{result="handled",stage="crawl"}`:        1,
		`rolescope_stage_messages_total{result="dead",stage="sink"}`:            0,
		`rolescope_consumer_pending_messages{consumer="sink",stream="POSTING"}`: 0,
		`rolescope_slots_sent_total`:                                            1,
		`rolescope_clickhouse_up`:                                               1,
		`rolescope_data_directory_owner`:                                        1,
		`rolescope_role_info{role="web"}`:                                       1,
	}
	samples := map[string]float64{}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); { // the sink acknowledges after it has stored
		samples = scrape(t, at)
		if samples[`rolescope_sink_rows_total{result="stored",type="run"}`] == 1 && samples[`rolescope_stage_messages_total{result="handled",stage="crawl"}`] == 1 {
			break
		}
	}
	for name, v := range want {
		if got, ok := samples[name]; !ok || got != v {
			t.Errorf("%s is %v (there: %v), want %v", name, got, ok, v)
		}
	}
	if age := time.Since(time.Unix(int64(samples[`rolescope_last_run_timestamp_seconds{source="greenhouse"}`]), 0)); age < 0 || age > time.Hour {
		t.Errorf("the last run is %s old", age)
	}
	if code := s.stop(t); code != exitOK {
		t.Errorf("exit status %d:\n%s", code, s.log)
	}
}

// scrape reads /metrics as Prometheus does: sample names with their labels, to values.
func scrape(t *testing.T, at string) map[string]float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(get(t, at+"/metrics", http.StatusOK)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+`="`+l.GetValue()+`"`)
			}
			key := name
			if len(labels) > 0 {
				key += "{" + strings.Join(labels, ",") + "}"
			}
			out[key] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return out
}

// TestUpSharesTheDashboard: of two processes with one address the second stands by and takes over; a
// process of nothing but the dashboard, or one beside a stranger, says that the address is taken.
func TestUpSharesTheDashboard(t *testing.T) {
	t.Parallel()
	bin, m, dir := binary(t), newMarket(t), filepath.Join(t.TempDir(), "data")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := taken.Addr().String()
	env := append(crawlEnv(t, m, dir, "acme"), "ROLESCOPE_HTTP_ADDR="+addr)
	refused := func(roles ...string) {
		t.Helper()
		cmd := commandEnv(bin, env, append([]string{"up"}, roles...)...)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exitError || !strings.Contains(string(out), "ROLESCOPE_HTTP_ADDR=127.0.0.1:0") {
			t.Errorf("up %v: status %d:\n%s", roles, code, out)
		}
	}
	refused()
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	first := startUp(t, bin, env)
	dashboardOf(t, first)
	refused("web")
	third := startUp(t, bin, append(env, "ROLESCOPE_METRICS_ADDR=127.0.0.1:0"), "enricher")
	third.await(t, "msg=metrics", 1)
	_, rest, _ := strings.Cut(third.log.String(), "msg=metrics url=")
	if at := strings.Fields(rest)[0]; scrape(t, at)["rolescope_data_directory_owner"] != 0 || get(t, at+"/readyz", http.StatusOK) == "" {
		t.Error("a joiner says that it owns the directory")
	}
	_ = third.stop(t)
	second := startUp(t, bin, env)
	second.await(t, "another process serves the dashboard; standing by", 1)
	_ = first.cmd.Process.Signal(os.Kill)
	<-first.exited
	if at := dashboardOf(t, second); at != "http://"+addr {
		t.Errorf("the second serves at %s, want %s", at, addr)
	}
	get(t, "http://"+addr+"/readyz", http.StatusOK)
	if code := second.stop(t); code != exitOK {
		t.Errorf("exit status %d:\n%s", code, second.log)
	}
}
