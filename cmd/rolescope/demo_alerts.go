package main

import (
	"context"
	"fmt"
	"time"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/trend"
)

// demoAlerts evaluates the shipped rules at the end of the market, as `up` would have: what has emerged in its
// history is found as of the week in which it could be told. Skills of roles are left to `rolescope alert check`,
// because they take as long again.
func (s *system) demoAlerts(ctx context.Context, end time.Time) error {
	file, err := alert.ReadRules(alert.Defaults())
	if err != nil {
		return err
	}
	fmt.Fprintln(s.app.stdout, "Looking for what has emerged, week by week.")
	s.freshen(ctx)
	for _, rule := range file.Rules {
		if rule.Kind == alert.KindNewSkill {
			continue
		}
		if _, _, err := s.record(ctx, rule, end, file.URL); err != nil {
			return err
		}
	}
	return nil
}

// demoFound prints what the rules found of the market, with what is over.
func (s *system) demoFound(ctx context.Context) error {
	answer, err := trend.Alerts(ctx, querier{s.store}, trend.AlertsQuestion{States: []string{"firing", "acknowledged", "resolved"}})
	if err != nil || len(answer.Rows) == 0 {
		return err
	}
	fmt.Fprintln(s.app.stdout, "\n$ rolescope alert list --state firing,acknowledged,resolved")
	return s.app.alertsTable(answer.Rows)
}
