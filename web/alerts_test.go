package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/web"
)

// doing records what readers do.
type doing struct{ did []string }

func (d *doing) Acknowledge(_ context.Context, id, note string) (string, error) {
	d.did = append(d.did, fmt.Sprintf("ack %s %s", id, note))
	return "", nil
}

func (d *doing) Silence(_ context.Context, rule, subject string, lasts time.Duration, _ string) (time.Time, error) {
	d.did = append(d.did, fmt.Sprintf("silence %s %s %s", rule, subject, lasts))
	return now, nil
}

// putAlert stores an alert of which everything that a stranger may have written is the text.
func putAlert(t *testing.T, s *store.Store, n int, text string, state alert.State, quiet ...string) alert.Event {
	t.Helper()
	ratio, value := 2.5, 0.5
	subject := alert.Subject("title", text+fmt.Sprint(n))
	e := alert.Event{
		ID: alert.EventID("rule", subject, now, state, ""), AlertID: alert.AlertID("rule", subject, now), Rule: "rule", Kind: alert.KindEmerging,
		Subject: subject, State: state, Stage: text, Class: text, At: now, Onset: now, Title: text, Text: text, Query: "SELECT 1 -- " + text,
		Evidence: alert.Evidence{
			RecentCount: 7, RecentTotal: 1234, BaseCount: 2, BaseTotal: 5678, Ratio: &ratio, RatioLow: &ratio, QValue: &value, Value: &value, Level: &value, Unit: text,
			FirstSeen: now, Employers: 5, Members: []string{text}, Skills: []string{text}, Companies: []string{text}, NearestRole: text,
			SalaryLow: 1, SalaryMedian: 2, SalaryHigh: 3, SalaryCurrency: text, ExamplePostings: []string{text}, TaggerVersion: text,
		},
	}
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	err = s.PutAlertEvents(t.Context(), []store.AlertEvent{{
		ID: e.ID, AlertID: e.AlertID, Rule: e.Rule, Kind: string(e.Kind), Subject: e.Subject, State: string(e.State), Stage: e.Stage, Class: e.Class,
		Quiet: strings.Join(quiet, ""), At: e.At, Onset: e.Onset, Slot: e.At, Title: e.Title, Body: string(body),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestHostileAlerts: an alert names what adverts say: nothing of it becomes markup.
func TestHostileAlerts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	s := open(t)
	for i, attack := range attacks() {
		putAlert(t, s, i, attack, []alert.State{alert.Firing, alert.Pending, alert.Resolved}[i%3])
	}
	h := dashboard(t, web.Options{Querier: querier{s}, Actions: &doing{}})
	for _, address := range []string{"/alerts", "/alerts?state=firing&rule=rule", "/api/v1/alerts"} {
		w := get(t, h, address)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s: status %d, or nothing of the attacks is shown", address, w.Code)
		}
		check(t, address, w)
	}
	for _, attack := range attacks() {
		if usable(attack) {
			address := "/alerts?rule=" + url.QueryEscape(attack) + "&id=" + url.QueryEscape(attack)
			w := get(t, h, address)
			if w.Code != http.StatusOK {
				t.Errorf("%s: status %d", address, w.Code)
			}
			check(t, address, w)
		}
	}
}

// TestAlertsThatCameToNothing: what was a candidate and never told is not listed once it is over; its id finds it.
func TestAlertsThatCameToNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	putAlert(t, s, 1, "Passing Fad", alert.Pending, alert.QuietPending)
	h := dashboard(t, web.Options{Querier: querier{s}})
	for _, address := range []string{"/alerts", "/api/v1/alerts"} {
		if body := get(t, h, address).Body.String(); !strings.Contains(body, "Passing Fad") {
			t.Errorf("%s does not name a candidate", address)
		}
	}
	e := putAlert(t, s, 1, "Passing Fad", alert.Resolved, alert.QuietPending)
	told := putAlert(t, s, 2, "Told", alert.Resolved)
	for _, address := range []string{"/alerts?state=resolved", "/api/v1/alerts?state=resolved"} {
		if body := get(t, h, address).Body.String(); strings.Contains(body, "Passing Fad") || !strings.Contains(body, told.AlertID) {
			t.Errorf("%s names what came to nothing, or not what was told", address)
		}
	}
	if body := get(t, h, "/api/v1/alerts?id="+e.AlertID).Body.String(); !strings.Contains(body, "Passing Fad") {
		t.Errorf("its id does not find it: %s", body)
	}
}

func TestAlertActions(t *testing.T) {
	t.Parallel()
	s, acts := open(t), &doing{}
	e := putAlert(t, s, 0, "Context Engineer", alert.Firing)
	h := dashboard(t, web.Options{Querier: querier{s}, Actions: acts})
	page := get(t, h, "/alerts").Body.String()
	for _, want := range []string{"Context Engineer", "7 of 1", "2.5 times the share", `id="` + e.AlertID, "Acknowledge</button>", "<dd>0.5</dd>", "0.5, level 0.5"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "%!") || strings.Contains(page, "0xc") {
		t.Errorf("the page shows how it is written:\n%s", page)
	}
	post := func(h http.Handler, address, form string, headers ...string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form))
		r.Host = "localhost:8080"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		check(t, address, w)
		return w
	}
	ack, silence := "/alerts/"+e.AlertID+"/acknowledge", "/alerts/"+e.AlertID+"/silence"
	for _, c := range []struct {
		address, form string
		headers       []string
		want          int
	}{
		{ack, "note=known", []string{"Sec-Fetch-Site", "same-origin"}, http.StatusSeeOther},
		{silence, "for=week", []string{"Origin", "http://localhost:8080"}, http.StatusSeeOther},
		{silence, "for=end", nil, http.StatusSeeOther},
		{ack, "", []string{"Sec-Fetch-Site", "cross-site"}, http.StatusMethodNotAllowed},
		{ack, "", []string{"Origin", "https://evil.example"}, http.StatusMethodNotAllowed},
		{silence, "for=ever", nil, http.StatusBadRequest},
		{ack, "note=" + strings.Repeat("x", 300), nil, http.StatusBadRequest},
		{ack, "note=" + strings.Repeat("x", 9000), nil, http.StatusBadRequest},
		{ack, "note=%00", nil, http.StatusBadRequest},
		{"/alerts/" + strings.Repeat("0", 32) + "/acknowledge", "", nil, http.StatusNotFound},
		{"/alerts/x/acknowledge", "", nil, http.StatusNotFound},
		{"/alerts", "", nil, http.StatusMethodNotAllowed},
		{"/postings", "", nil, http.StatusMethodNotAllowed},
	} {
		if w := post(h, c.address, c.form, c.headers...); w.Code != c.want {
			t.Errorf("POST %s %.40s %v: status %d, want %d", c.address, c.form, c.headers, w.Code, c.want)
		}
	}
	want := []string{"ack " + e.AlertID + " known", "silence rule title:Context Engineer0 168h0m0s", "silence rule title:Context Engineer0 0s"}
	if d := cmp.Diff(want, acts.did); d != "" {
		t.Errorf("done (-want +got):\n%s", d)
	}
	readonly := dashboard(t, web.Options{Querier: querier{s}})
	if w := post(readonly, ack, ""); w.Code != http.StatusMethodNotAllowed || strings.Contains(get(t, readonly, "/alerts").Body.String(), "<form") {
		t.Errorf("a dashboard without actions: status %d, or forms", w.Code)
	}
}
