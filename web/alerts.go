package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/trend"
)

// Actions is what readers of the dashboard may do.
type Actions interface {
	// Acknowledge records that somebody has seen an alert.
	Acknowledge(ctx context.Context, alertID, note string) (title string, err error)
	// Silence keeps what a rule finds of a subject from being sent for a time; zero ends a silence.
	Silence(ctx context.Context, rule, subject string, lasts time.Duration, note string) (until time.Time, err error)
}

// formBytesMax bounds what a form sends: a note and a choice.
const formBytesMax = 4096

// alertGroup is the alerts of one state.
type alertGroup struct {
	Title, About string
	Rows         []alertView
}

// alertView is an alert as its page shows it.
type alertView struct {
	trend.AlertRow
	Audit    trend.Audit
	Ratio    string
	Pay      string
	Q        string
	Compared string // the value with its level
	Silenced bool   // now
	Untold   string
}

// alertsData is what the page of alerts shows.
type alertsData struct {
	Groups []alertGroup
	Audit  trend.Audit
	Acts   bool
	All    bool // also those that are over
	Cut    bool
}

// alertStates are the groups in the order in which they are shown.
func alertStates() []struct{ state, title, about string } {
	return []struct{ state, title, about string }{
		{"firing", "Firing", "What holds now and nobody has acknowledged."},
		{"acknowledged", "Acknowledged", "What holds now, and somebody has seen."},
		{"pending", "Pending", "What has not held for long enough to be told."},
		{"resolved", "Over", "What no longer holds: a category that is established or faded, a board that is seen again."},
	}
}

func alertsQuestion(r *http.Request) (q trend.AlertsQuestion, err error) {
	if q.States, err = values(r, "state"); err != nil {
		return q, err
	}
	if q.Rule, err = value(r, "rule"); err != nil {
		return q, err
	}
	q.Alert, err = value(r, "id")
	return q, err
}

func (s *server) alerts(ctx context.Context, r *http.Request) (view, error) {
	question, err := alertsQuestion(r)
	if err != nil {
		return view{}, err
	}
	answer, err := trend.Alerts(ctx, s.Querier, question)
	if err != nil {
		return view{}, err
	}
	d := alertsData{Audit: answer.Audit, Acts: s.Actions != nil, Cut: len(answer.Rows) == trend.AlertsMax}
	for _, group := range alertStates() {
		g := alertGroup{Title: group.title, About: group.about}
		for _, row := range answer.Rows {
			if row.State == group.state {
				v := s.alertView(row)
				if v.Silenced {
					holdUntil(ctx, *row.SilencedUntil)
				}
				g.Rows = append(g.Rows, v)
			}
		}
		if len(g.Rows) > 0 {
			d.Groups = append(d.Groups, g)
		}
	}
	return view{"alerts", "Alerts", d}, nil
}

// times is a ratio with two digits, and without an exponent, which few readers want.
func times(ratio float64) string {
	if ratio < 100 || ratio > 1e9 {
		return fmt.Sprintf("%.2g", ratio)
	}
	return thousands(uint64(ratio + 0.5))
}

func (s *server) alertView(row trend.AlertRow) alertView {
	v := alertView{AlertRow: row, Untold: untold(row.Quiet)}
	if row.Query != "" {
		v.Audit = trend.Audit{TaggerVersion: row.TaggerVersion, SQL: row.Query}
	}
	if row.Ratio != nil {
		v.Ratio = times(*row.Ratio) + " times the share"
		switch {
		case row.RatioLow != nil && row.RatioHigh != nil:
			v.Ratio += fmt.Sprintf(" (95 %% interval %s to %s)", times(*row.RatioLow), times(*row.RatioHigh))
		case row.RatioLow != nil:
			v.Ratio += fmt.Sprintf(" (95 %% interval from %s)", times(*row.RatioLow))
		}
	}
	if row.SalaryMedian != nil && row.SalaryLow != nil && row.SalaryHigh != nil && *row.SalaryMedian > 0 {
		v.Pay = fmt.Sprintf("%s to %s, median %s %s", thousands(uint64(*row.SalaryLow)), thousands(uint64(*row.SalaryHigh)), thousands(uint64(*row.SalaryMedian)), row.SalaryCurrency)
	}
	if row.QValue != nil {
		v.Q = fmt.Sprintf("%.2g", *row.QValue)
	}
	if row.Value != nil && row.Level != nil {
		v.Compared = fmt.Sprintf("%.4g, level %.4g (%s)", *row.Value, *row.Level, short(shownMax, row.Unit))
	}
	v.Silenced = row.SilencedUntil != nil && row.SilencedUntil.After(s.Now())
	return v
}

// untold says why an alert's newest event was sent to nobody.
func untold(quiet string) string {
	switch quiet {
	case alert.QuietFirstLook:
		return "Sent to nobody: it was so already when its rule was first evaluated."
	case alert.QuietSilenced:
		return "Sent to nobody: somebody asked for silence."
	case alert.QuietBurst:
		return "Sent in one message with others of the same moment."
	}
	return ""
}

// actRoutes adds the forms' addresses. Without Actions there are none, and nothing can be changed.
func (s *server) actRoutes(mux *http.ServeMux) {
	if s.Actions == nil {
		return
	}
	mux.HandleFunc("POST /alerts/{id}/acknowledge", s.act(func(ctx context.Context, row trend.AlertRow, r *http.Request, note string) error {
		_, err := s.Actions.Acknowledge(ctx, row.ID, note)
		return err
	}))
	mux.HandleFunc("POST /alerts/{id}/silence", s.act(func(ctx context.Context, row trend.AlertRow, r *http.Request, note string) error {
		lasts, ok := map[string]time.Duration{"end": 0, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": 30 * 24 * time.Hour}[r.PostForm.Get("for")]
		if !ok {
			return badRequest("for: want day, week, month or end")
		}
		_, err := s.Actions.Silence(ctx, row.Rule, alert.Subject(row.Kind, row.Term), lasts, note)
		return err
	}))
}

// mayAct reports whether a request may change something: it comes from a page of this server, or from no browser.
// A browser tells where a form stood (Sec-Fetch-Site, else Origin); pages elsewhere cannot make it tell otherwise.
func (s *server) mayAct(r *http.Request) bool {
	return s.Actions != nil && r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/alerts/") &&
		http.NewCrossOriginProtection().Check(r) == nil
}

// act does something to the alert that the address names, and goes back to it.
func (s *server) act(do func(context.Context, trend.AlertRow, *http.Request, string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := func() error {
			r.Body = http.MaxBytesReader(w, r.Body, formBytesMax)
			if err := r.ParseForm(); err != nil {
				return badRequest("the form cannot be read")
			}
			note := strings.TrimSpace(r.PostForm.Get("note"))
			if err := checkValue("note", note); err != nil {
				return err
			}
			id := r.PathValue("id")
			if !isPostingID(id) {
				return notFound{"An alert's id has 32 digits and letters from a to f."}
			}
			answer, err := inTurn(r.Context(), s, r, func(ctx context.Context, _ *http.Request) (trend.AlertsAnswer, error) {
				return trend.Alerts(ctx, s.Querier, trend.AlertsQuestion{Alert: id, Limit: 1})
			})
			if err != nil {
				return err
			}
			if len(answer.Rows) == 0 {
				return notFound{"There is no alert of that id."}
			}
			return do(r.Context(), answer.Rows[0], r, note)
		}()
		if err != nil {
			s.wrong(r, err).write(w)
			return
		}
		s.memory.clear() // the page that follows shows what was done
		http.Redirect(w, r, "/alerts#"+r.PathValue("id"), http.StatusSeeOther)
	}
}
