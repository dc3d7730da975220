package trend

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// AlertsMax is how many alerts an answer has at most, and by default.
const AlertsMax = 1000

// AlertsQuestion asks what rules found. Its zero value is all of it.
type AlertsQuestion struct {
	States []string // pending, firing, acknowledged, resolved; none is all
	Rule   string
	Alert  string // id, or its beginning
	Limit  int    // 0 is AlertsMax
}

// AlertRow is one alert, with the evidence of the last time it fired. What a kind of rule does not have
// is null or empty.
type AlertRow struct {
	ID             string     `json:"alert_id" ch:"alert_id"`
	Rule           string     `json:"rule" ch:"rule"`
	RuleKind       string     `json:"rule_kind" ch:"rule_kind"`
	Kind           string     `json:"kind" ch:"kind"`
	Term           string     `json:"term" ch:"term"`
	Role           string     `json:"role" ch:"role"`
	State          string     `json:"state" ch:"state"`
	Stage          string     `json:"stage" ch:"stage"`
	Class          string     `json:"class" ch:"class"`
	Quiet          string     `json:"quiet" ch:"quiet"`
	Title          string     `json:"title" ch:"title"`
	Text           string     `json:"text" ch:"text"`
	Query          string     `json:"query" ch:"query"`
	FirstSeen      *time.Time `json:"first_seen" ch:"first_seen"`
	Onset          time.Time  `json:"onset" ch:"onset"`
	FiredAt        time.Time  `json:"fired_at" ch:"fired_at"`
	ChangedAt      time.Time  `json:"changed_at" ch:"changed_at"`
	ResolvedAt     *time.Time `json:"resolved_at" ch:"resolved_at"`
	AcknowledgedAt *time.Time `json:"acknowledged_at" ch:"acknowledged_at"`
	Note           string     `json:"note" ch:"note"`
	SilencedUntil  *time.Time `json:"silenced_until" ch:"silenced_until"`
	RecentCount    uint64     `json:"recent_count" ch:"recent_count"`
	RecentTotal    uint64     `json:"recent_total" ch:"recent_total"`
	BaseCount      uint64     `json:"base_count" ch:"base_count"`
	BaseTotal      uint64     `json:"base_total" ch:"base_total"`
	Ratio          *float64   `json:"ratio" ch:"ratio"`
	RatioLow       *float64   `json:"ratio_low" ch:"ratio_low"`
	RatioHigh      *float64   `json:"ratio_high" ch:"ratio_high"`
	QValue         *float64   `json:"q_value" ch:"q_value"`
	Employers      uint64     `json:"employers" ch:"employers"`
	Members        []string   `json:"members" ch:"members"`
	Skills         []string   `json:"skills" ch:"skills"`
	Companies      []string   `json:"companies" ch:"companies"`
	NearestRole    string     `json:"nearest_role" ch:"nearest_role"`
	SalaryLow      *float64   `json:"salary_low" ch:"salary_low"`
	SalaryMedian   *float64   `json:"salary_median" ch:"salary_median"`
	SalaryHigh     *float64   `json:"salary_high" ch:"salary_high"`
	SalaryCurrency string     `json:"salary_currency" ch:"salary_currency"`
	Value          *float64   `json:"value" ch:"value"`
	Level          *float64   `json:"level" ch:"level"`
	Unit           string     `json:"unit" ch:"unit"`
	Examples       []string   `json:"example_postings" ch:"example_postings"`
	TaggerVersion  string     `json:"tagger_version" ch:"tagger_version"`
}

// AlertsAnswer has what fires first, then what was acknowledged, what is pending, and what is over.
type AlertsAnswer struct {
	Audit
	Rows []AlertRow `json:"rows"`
}

// Alerts answers an AlertsQuestion.
func Alerts(ctx context.Context, q Querier, question AlertsQuestion) (AlertsAnswer, error) {
	a := AlertsAnswer{Rows: []AlertRow{}}
	if question.Limit < 0 || question.Limit > AlertsMax {
		return a, fmt.Errorf("%w: limit %d: at most %d", ErrQuestion, question.Limit, AlertsMax)
	}
	var err error
	a.Audit, err = run(ctx, q, &a.Rows, "alerts.sql", map[string]string{
		"states": listParam(question.States), "rule": question.Rule, "alert": question.Alert,
		"limit": fmt.Sprint(cmp.Or(question.Limit, AlertsMax)),
	})
	return a, err
}
