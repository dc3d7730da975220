package alert

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// never is before any run: what the store answers where there was none.
var never = time.Unix(0, 0)

// intervals is after how many of its own intervals a board is silent, if that is longer than the rule says:
// a board that is read once a week is not silent on the fourth day.
const intervals = 3

// usual is how long a board is from one planned run to the next, on average; 0 before its second.
func usual(b trend.BoardWatch) time.Duration {
	if b.Runs < 2 {
		return 0
	}
	return b.NewestRun.Sub(b.FirstRun) / time.Duration(b.Runs-1)
}

// boardSilent finds the boards that were not seen whole for too long, by the newest run of any board: when
// nothing was crawled at all, that is one finding, and not one for each board.
func boardSilent(ctx context.Context, ask Asker, rule Rule, at time.Time) (found, error) {
	a, err := trend.BoardsWatch(ctx, ask, at)
	if err != nil {
		return found{}, err
	}
	if len(a.Rows) == 0 {
		return found{}, fmt.Errorf("%w: no schedule has crawled any board", ErrUnknown)
	}
	query := inline(a.Audit)
	newest, shortest := time.Time{}, usual(a.Rows[0])
	for _, b := range a.Rows {
		shortest = min(shortest, usual(b))
		if b.NewestRun.After(newest) {
			newest = b.NewestRun
		}
	}
	f := found{unknown: map[string]bool{}, missing: func(subject string) (string, string) {
		_, board := SplitSubject(subject)
		return board + " is seen again", fmt.Sprintf("A run saw all of %s again, or nobody crawls it any more.", board)
	}}
	if idle := at.Sub(newest); idle > max(rule.After, intervals*shortest) {
		f.findings = append(f.findings, finding{
			subject: Subject("crawl", "all boards"), title: fmt.Sprintf("No board was crawled for %s", span(idle)), query: query,
			text:     fmt.Sprintf("The newest run of any of the %d boards is of %s. Does `rolescope up` run, with the roles scheduler, crawler and sink?", len(a.Rows), minute(newest)),
			evidence: hours(idle, max(rule.After, intervals*shortest)),
		})
	}
	for _, b := range a.Rows {
		since := b.Healthy
		if !since.After(never) {
			since = time.Time{}
		}
		silent := newest.Sub(b.Healthy)
		limit := max(rule.After, intervals*usual(b))
		if silent <= limit {
			continue
		}
		name := b.Source + "/" + b.Board
		g := finding{subject: Subject("board", name), query: query, evidence: hours(silent, limit)}
		g.title = fmt.Sprintf("%s was not seen whole for %s", name, span(silent))
		g.text = fmt.Sprintf("The last run that saw all of it was on %s, and %d runs were planned since the first. The newest, on %s, ended as %q.", minute(since), b.Runs, minute(b.NewestRun), b.Outcome)
		if since.IsZero() {
			if newest.Sub(b.FirstRun) <= limit {
				continue // it was looked at for too short a time
			}
			g.title, g.evidence = name+" was never seen whole", Evidence{}
			g.text = fmt.Sprintf("None of %d planned runs saw all of it. The newest, on %s, ended as %q.", b.Runs, minute(b.NewestRun), b.Outcome)
		}
		if b.Note != "" {
			g.text += " Its note: " + oneLine(b.Note) + "."
		}
		g.text += " What opens and closes on it meanwhile is not known; questions on the fixed panel leave it out."
		f.findings = append(f.findings, g)
	}
	return f, nil
}

// rejectedMin is of how many rejected postings a run is suspect when they are the larger part.
const rejectedMin = 10

// runSuspect finds the boards whose newest run is not to be believed.
func runSuspect(ctx context.Context, ask Asker, at time.Time) (found, error) {
	a, err := trend.BoardsWatch(ctx, ask, at)
	if err != nil {
		return found{}, err
	}
	if len(a.Rows) == 0 {
		return found{}, fmt.Errorf("%w: no schedule has crawled any board", ErrUnknown)
	}
	f := found{missing: func(subject string) (string, string) {
		_, board := SplitSubject(subject)
		return "The newest run of " + board + " is not suspect", "A later run of " + board + " confirmed or corrected what the suspect one found."
	}}
	for _, b := range a.Rows {
		name, why := b.Source+"/"+b.Board, ""
		switch {
		case b.Suspect:
			why = fmt.Sprintf("It listed %d postings and would have closed more than half of the board, so it closes nothing before the next run confirms it.", b.Listed)
		case b.Rejected >= rejectedMin && 2*b.Rejected > b.Fetched:
			why = fmt.Sprintf("%d of the %d postings it received could not be used: the source's format may have changed (rolescope dead list --source %s).", b.Rejected, b.Fetched, b.Source)
		default:
			continue
		}
		f.findings = append(f.findings, finding{
			subject: Subject("board", name), title: "The newest run of " + name + " is suspect", query: inline(a.Audit),
			text: fmt.Sprintf("The run of %s ended as %q. %s", minute(b.NewestRun), b.Outcome, why),
		})
	}
	return f, nil
}

// backlog finds the stages before which too many messages wait.
func backlog(ctx context.Context, ask Asker, rule Rule) (found, error) {
	waiting, err := ask.Waiting(ctx)
	if err != nil {
		return found{}, err
	}
	f := found{missing: func(subject string) (string, string) {
		_, stage := SplitSubject(subject)
		return "The backlog of stage " + stage + " is gone", fmt.Sprintf("%d messages wait for it.", waiting[stage])
	}}
	for _, stage := range slices.Sorted(maps.Keys(waiting)) {
		n := waiting[stage]
		if n < uint64(rule.Least) {
			continue
		}
		f.findings = append(f.findings, finding{
			subject: Subject("stage", stage), title: fmt.Sprintf("%d messages wait for stage %s", n, stage), evidence: counted(n, rule.Least, "messages"),
			text: fmt.Sprintf("%d messages or more were waiting in %d looks in a row. Does a process run its role (`rolescope up %s`), and what do its logs say?", rule.Least, rule.For, stageRole(stage)),
		})
	}
	return f, nil
}

// stageRole is the role of `up` that works a stage.
func stageRole(stage string) string {
	switch stage {
	case "crawl":
		return "crawler"
	case "enrich":
		return "enricher"
	case "alert", "notify":
		return "alerter"
	}
	return "sink"
}

// deadLetters finds the stages whose dead letters grow.
func deadLetters(ctx context.Context, ask Asker, rule Rule, at time.Time) (found, error) {
	a, err := trend.DeadLettersWatch(ctx, ask, at, rule.Within)
	if err != nil {
		return found{}, err
	}
	f := found{missing: func(subject string) (string, string) {
		_, stage := SplitSubject(subject)
		return "No new dead letters of stage " + stage, fmt.Sprintf("No message of stage %s became a dead letter within %s, or all were dealt with.", stage, span(rule.Within))
	}}
	for _, d := range a.Rows {
		if d.Recent == 0 {
			continue
		}
		f.findings = append(f.findings, finding{
			subject: Subject("stage", d.Stage), weak: d.Recent < uint64(rule.Least), query: inline(a.Audit),
			title: fmt.Sprintf("%d new dead letters of stage %s", d.Recent, d.Stage), evidence: counted(d.Recent, rule.Least, "dead letters"),
			text: fmt.Sprintf("%d messages could not be used within %s; %d are open in all. The newest because: %s. `rolescope dead list --stage %s` shows them.",
				d.Recent, span(rule.Within), d.Open, strings.TrimRight(oneLine(d.Reason), ". "), d.Stage),
		})
	}
	return f, nil
}

func counted(n uint64, least int, unit string) Evidence {
	value, level := float64(n), float64(least)
	return Evidence{Value: &value, Level: &level, Unit: unit}
}

func hours(d, level time.Duration) Evidence {
	value, limit := float64(int64(d/time.Minute))/60, level.Hours()
	return Evidence{Value: &value, Level: &limit, Unit: "hours"}
}

// span writes a duration as people say it.
func span(d time.Duration) string {
	if d < 48*time.Hour {
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
