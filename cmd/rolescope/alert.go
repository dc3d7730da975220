package main

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/alert"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/trend"
)

func newAlertCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "alert",
		Short: "See, check, test, acknowledge and silence alerts",
		Long: `Alerts tell of emerging categories of jobs, of skills that come up in a role, of levels that are crossed,
and of trouble of the pipeline. The rules are a file (ROLESCOPE_ALERTS); docs/alerts.md explains them.
` + "`rolescope up`" + ` evaluates them by their schedules.`,
		Args: knownCommand,
		RunE: showHelp,
	}
	c.AddCommand(newAlertListCommand(a), newAlertCheckCommand(a), newAlertTestCommand(a), newAlertAckCommand(a), newAlertSilenceCommand(a))
	return c
}

func newAlertListCommand(a *app) *cobra.Command {
	var all, asJSON bool
	var question trend.AlertsQuestion
	c := &cobra.Command{
		Use:     "list",
		Short:   "List what fires",
		Long:    "List the alerts that fire, those that were acknowledged, and those that are pending." + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope alert list\n  rolescope alert list --all --rule emerging_category --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !all && len(question.States) == 0 {
				question.States = []string{"firing", "acknowledged", "pending"}
			}
			a.reads = true
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				answer, err := trend.Alerts(ctx, querier{s.store}, question)
				if err != nil {
					return asUsage(err)
				}
				if a.wantJSON(asJSON) {
					return a.printJSON(answer.Rows)
				}
				return a.alertsTable(answer.Rows)
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "also those that are over")
	c.Flags().StringSliceVar(&question.States, "state", nil, "only these: pending, firing, acknowledged, resolved")
	c.Flags().StringVar(&question.Rule, "rule", "", "only of this rule")
	c.Flags().IntVar(&question.Limit, "limit", 100, "at most so many")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, with the evidence")
	return c
}

// shortID is how much of an alert's id a table shows; commands take it.
const shortID = 8

func (a *app) alertsTable(rows []trend.AlertRow) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(a.stdout, "no alerts")
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATE\tSINCE\tRULE\tALERT")
	for _, r := range rows {
		state := r.State
		if state == string(alert.Resolved) && r.Stage != "" { // of a category: established or faded
			state = r.Stage
		}
		fmt.Fprintf(w, "%.*s\t%s\t%s\t%s\t%s\n", shortID, r.ID, state, r.ChangedAt.Format(time.DateOnly), r.Rule, oneLine(r.Title, 100))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func newAlertCheckCommand(a *app) *cobra.Command {
	var atText string
	var rules []string
	var record, asJSON bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Evaluate the rules now, and print what fires",
		Long: `Evaluate the rules as of now and print what fires, what is pending, and which rules have no answer and
why. Nothing is written and nothing is sent, so that a rules file can be tried; with --record the
evaluation counts as one of the schedule: its events are kept, and sent when ` + "`rolescope up`" + ` runs.
The exit status is 4 when anything fires.` + exitStatusHelp(exitOK, exitError, exitUsage, exitCondition),
		Example: "  rolescope alert check\n  ROLESCOPE_ALERTS=my.yaml rolescope alert check --rule pytorch_in_ml\n  rolescope alert check --at 2026-03-02",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := parseMoment("--at", atText)
			if err != nil {
				return err
			}
			a.reads = true
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				return s.checkAlerts(ctx, at, rules, record, asJSON)
			})
		},
	}
	c.Flags().StringVar(&atText, "at", "", "as of this time instead of now: RFC 3339 or YYYY-MM-DD")
	c.Flags().StringSliceVar(&rules, "rule", nil, "only these rules")
	c.Flags().BoolVar(&record, "record", false, "keep what is found, as an evaluation of the schedule does")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, with the events and their evidence")
	return c
}

// present is now; of a demo, the end of its market.
func (s *system) present() time.Time {
	if s.demo != nil && !s.demo.End.IsZero() {
		return s.demo.End
	}
	return time.Now().UTC()
}

func (s *system) checkAlerts(ctx context.Context, at time.Time, only []string, record, asJSON bool) error {
	file, err := loadAlerts(s.config)
	if err != nil {
		return err
	}
	for _, name := range only {
		if _, ok := file.Find(name); !ok {
			return usageError{fmt.Errorf("--rule %q is no rule of the file", name)}
		}
	}
	if at.IsZero() {
		at = s.present()
	}
	s.freshen(ctx)
	out, firing := []ruleLook{}, 0
	for _, rule := range file.Rules {
		if len(only) > 0 && !slices.Contains(only, rule.Name) {
			continue
		}
		e, err := s.evaluateRule(ctx, rule, at, file.URL)
		if err == nil && record {
			e.Events, _, err = s.record(ctx, rule, at, file.URL)
		}
		if err != nil {
			return err
		}
		out, firing = append(out, e), firing+len(e.Firing)
	}
	if s.app.wantJSON(asJSON) {
		err = s.app.printJSON(out)
	} else {
		err = s.app.rulesTable(out)
	}
	if err == nil && firing > 0 {
		return exitStatus(exitCondition)
	}
	return err
}

func (a *app) rulesTable(all []ruleLook) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tSTATE\tSINCE\tALERT")
	for _, e := range all {
		for _, list := range [][]standing{e.Firing, e.Pending} {
			for _, st := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.Rule, st.State, st.Onset.Format(time.DateOnly), oneLine(st.Title, 110))
			}
		}
		switch {
		case e.Refused != "":
			fmt.Fprintf(w, "%s\tno answer\t\t%s\n", e.Rule, oneLine(e.Refused, 1000))
		case len(e.Firing)+len(e.Pending) == 0:
			fmt.Fprintf(w, "%s\tquiet\t\t\n", e.Rule)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func newAlertTestCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "test CHANNEL",
		Short: "Send a test event to one channel",
		Long: `Send an event that says that it is a test to one channel of the alerts file, at once and once, and tell
what the receiver answered.` + exitStatusHelp(exitOK, exitError),
		Example: "  ROLESCOPE_ALERTS=alerts.yaml rolescope alert test ops",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := loadConfig(cmd.Context(), a.environ)
			if err != nil {
				return err
			}
			file, _, err := alertsFile(c)
			if err != nil {
				return err
			}
			if err := a.testAlertChannel(cmd.Context(), file, args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s has taken a test event\n", args[0])
			return err
		},
	}
}

func newAlertAckCommand(a *app) *cobra.Command {
	var note string
	c := &cobra.Command{
		Use:   "ack ID...",
		Short: "Acknowledge alerts: somebody has seen them",
		Long: `Acknowledge alerts: they leave the list of what fires, and are shown as acknowledged until they are over.
An id's first 8 digits are enough.` + exitStatusHelp(exitOK, exitError),
		Example: "  rolescope alert ack 0123abcd --note 'a new board, see issue 7'",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				for _, id := range ids {
					title, err := decisions{s}.Acknowledge(ctx, id, note)
					if err != nil {
						return err
					}
					fmt.Fprintf(a.stdout, "acknowledged: %s\n", oneLine(title, 120))
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&note, "note", "", "what is known about it")
	return c
}

func newAlertSilenceCommand(a *app) *cobra.Command {
	var rule, term, note string
	var lasts time.Duration
	c := &cobra.Command{
		Use:   "silence [ID]",
		Short: "Keep alerts from being sent for a time",
		Long: `Keep what an alert, a rule or a term has to tell from being sent, for a time. Alerts are still found, kept
and shown, with the reason for which nobody was told. --for 0s ends a silence.` + exitStatusHelp(exitOK, exitError, exitUsage),
		Example: "  rolescope alert silence 0123abcd --for 168h\n  rolescope alert silence --rule board_silent --term greenhouse/acme --for 24h\n  rolescope alert silence --rule run_suspect --for 0s",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.with(cmd.Context(), func(ctx context.Context, s *system) error {
				if len(ids) == 1 {
					if rule != "" || term != "" {
						return usageError{fmt.Errorf("an id, or --rule and --term: choose one")}
					}
					row, err := s.alertByID(ctx, ids[0])
					if err != nil {
						return err
					}
					rule, term = row.Rule, alert.Subject(row.Kind, row.Term)
				}
				until, err := decisions{s}.Silence(ctx, rule, term, lasts, note)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(a.stdout, "silent until %s: %s\n", until.Format(time.RFC3339), first(rule+" "+term, "everything"))
				return err
			})
		},
	}
	c.Flags().StringVar(&rule, "rule", "", "of this rule only")
	c.Flags().StringVar(&term, "term", "", "about this only, such as greenhouse/acme or a skill's id")
	c.Flags().DurationVar(&lasts, "for", 24*time.Hour, "how long")
	c.Flags().StringVar(&note, "note", "", "why")
	return c
}

// alertByID is the alert of an id or of the beginning of one.
func (s *system) alertByID(ctx context.Context, id string) (trend.AlertRow, error) {
	var none trend.AlertRow
	if len(id) < shortID {
		return none, usageError{fmt.Errorf("%q: want at least %d digits of an id", id, shortID)}
	}
	answer, err := trend.Alerts(ctx, querier{s.store}, trend.AlertsQuestion{Alert: id, Limit: 2})
	switch {
	case err != nil:
		return none, err
	case len(answer.Rows) == 0:
		return none, &hinted{fmt.Errorf("%w: %q", errNoAlert, id), "rolescope alert list --all"}
	case len(answer.Rows) > 1:
		return none, usageError{fmt.Errorf("%q is the beginning of more than one id", id)}
	}
	return answer.Rows[0], nil
}

// Acknowledge records that somebody has seen an alert, and returns its title.
func (d decisions) Acknowledge(ctx context.Context, id, note string) (string, error) {
	row, err := d.sys.alertByID(ctx, id)
	if err != nil {
		return "", err
	}
	return row.Title, d.sys.store.DecideAlert(ctx, store.AlertDecision{
		Decision: store.DecisionAcknowledge, At: time.Now().UTC(), AlertID: row.ID, Note: note,
	})
}

// Silence keeps what a rule finds of a subject from being sent for a time; empty stands for all.
func (d decisions) Silence(ctx context.Context, rule, subject string, lasts time.Duration, note string) (time.Time, error) {
	if lasts < 0 || lasts > silenceMax {
		return time.Time{}, usageError{fmt.Errorf("a silence of %s: want 0s, which ends it, to %s", lasts, silenceMax)}
	}
	now := time.Now().UTC()
	return now.Add(lasts), d.sys.store.DecideAlert(ctx, store.AlertDecision{
		Decision: store.DecisionSilence, At: now, Rule: rule, Subject: subject, Until: now.Add(lasts), Note: note,
	})
}
