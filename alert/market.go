package alert

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// level compares a share or a similarity of the last whole months with a level. It fires when the whole
// interval lies beyond it, or the value where there is no interval, and holds on while the value does.
func level(ctx context.Context, ask Asker, rule Rule, at time.Time) (found, error) {
	to := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	scope := trend.Scope{From: to.AddDate(0, -rule.Months, 0), To: to, Period: trend.Whole}
	value, audit, what, err := levelValue(ctx, ask, rule, scope)
	if errors.Is(err, trend.ErrQuestion) {
		return found{}, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if err != nil {
		return found{}, err
	}
	subject := Subject("share", rule.Role+"/"+rule.Skill)
	if len(rule.Similarity) == 2 {
		subject = Subject("similarity", rule.Similarity[0]+"/"+rule.Similarity[1])
	}
	if value.Value == nil {
		return found{}, fmt.Errorf("%w: too few vacancies or employers from %s up to %s to tell %s", ErrUnknown, scope.From.Format(time.DateOnly), to.Format(time.DateOnly), what)
	}
	limit, word := rule.Below, "at most"
	if rule.Above != nil {
		limit, word = rule.Above, "at least"
	}
	holds, sure := beyond(rule, value)
	f := found{missing: func(string) (string, string) {
		return fmt.Sprintf("%s is %.3g, no longer %s %.3g", what, *value.Value, word, *limit), "The value has crossed the level again."
	}}
	if !holds {
		return f, nil
	}
	interval := "It has no interval, because fewer than ten employers stand behind it."
	if value.Low != nil && value.High != nil {
		interval = fmt.Sprintf("Its 95 %% interval is %.3g to %.3g.", *value.Low, *value.High)
	}
	f.findings = []finding{{
		subject: subject, weak: !sure, title: fmt.Sprintf("%s is %.3g, %s %.3g", what, *value.Value, word, *limit), query: inline(audit),
		text: fmt.Sprintf("%s was %.3g from %s up to %s. %s", what, *value.Value, scope.From.Format(time.DateOnly), to.Format(time.DateOnly), interval),
		evidence: Evidence{
			Value: value.Value, Low: value.Low, High: value.High, Level: limit, Unit: "0 to 1", Role: rule.Role, TaggerVersion: audit.TaggerVersion,
		},
	}}
	return f, nil
}

// beyond reports whether a value is beyond the rule's level, and whether all of its interval is. A value
// without an interval is taken as it is.
func beyond(rule Rule, e trend.Estimate) (value, all bool) {
	if rule.Above != nil {
		value = *e.Value >= *rule.Above
		return value, value && (e.Low == nil || *e.Low >= *rule.Above)
	}
	value = *e.Value <= *rule.Below
	return value, value && (e.High == nil || *e.High <= *rule.Below)
}

// levelValue asks for what the rule compares.
func levelValue(ctx context.Context, ask Asker, rule Rule, scope trend.Scope) (trend.Estimate, trend.Audit, string, error) {
	if len(rule.Similarity) == 2 {
		what := fmt.Sprintf("the similarity of %s and %s", rule.Similarity[0], rule.Similarity[1])
		scope.Roles = rule.Similarity
		a, err := trend.Similarity(ctx, ask, trend.SimilarityQuestion{Scope: scope})
		if err != nil || len(a.Pairs) == 0 {
			return trend.Estimate{}, a.Audit, what, err
		}
		return a.Pairs[0].Cosine, a.Audit, what, nil
	}
	what := fmt.Sprintf("the share of %s vacancies that ask for %s", rule.Role, rule.Skill)
	scope.Roles = []string{rule.Role}
	a, err := trend.Shares(ctx, ask, trend.SharesQuestion{Scope: scope})
	if err != nil {
		return trend.Estimate{}, a.Audit, what, err
	}
	value := trend.Estimate{}
	for _, r := range a.Rows {
		if r.Skill == rule.Skill {
			return r.Share, a.Audit, what, nil
		}
		if r.Share.Value != nil { // the role has enough vacancies, and none of them asks for it
			value.Value = new(float64)
		}
	}
	return value, a.Audit, what, nil
}

// Of volume_drop: the windows of the emergence test, in weeks, and what a role needs to be looked at.
const (
	dropRecent  = 4
	dropBase    = 26
	dropLeast   = 52  // new vacancies in the base window: two a week
	dropZ       = 3.3 // standard errors that the share has to be down by, one-sided p = 0.0005: 25 roles are looked at every week
	weekSeconds = 7 * 24 * 3600
)

// volumeDrop finds the roles whose share of all new vacancies has fallen by the rule's part. It compares
// shares and not numbers, because all roles hire less in December, and when a board is not seen.
func volumeDrop(ctx context.Context, ask Asker, rule Rule, at time.Time) (found, error) {
	until := monday(at)
	from := until.AddDate(0, 0, -7*(dropRecent+dropBase))
	a, err := trend.VolumesOf(ctx, ask, trend.VolumesQuestion{Scope: trend.Scope{From: from, To: until, Period: trend.Week, Basis: trend.New}})
	if errors.Is(err, trend.ErrQuestion) {
		return found{}, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if err != nil {
		return found{}, err
	}
	weeks := make([]map[string]float64, dropRecent+dropBase)
	roles := map[string]bool{}
	for _, r := range a.Rows {
		i := int(r.Period.Sub(from).Seconds()) / weekSeconds
		if r.Period.Before(from) || i >= len(weeks) || r.New == 0 {
			continue
		}
		if weeks[i] == nil {
			weeks[i] = map[string]float64{}
		}
		weeks[i][r.Group] += float64(r.New)
		roles[r.Group] = true
	}
	seen := 0
	for i, w := range weeks {
		if w != nil {
			seen++
		} else if i >= dropBase {
			return found{}, fmt.Errorf("%w: nothing new was seen in the week of %s: nobody looked, or nothing is stored yet", ErrUnknown, from.AddDate(0, 0, 7*i).Format(time.DateOnly))
		}
	}
	if a.Guards.SeenFrom.After(from.AddDate(0, 0, 7)) || seen < len(weeks)/2 {
		return found{}, fmt.Errorf("%w: %d weeks are needed, and boards were seen in %d of those before %s", ErrUnknown, len(weeks), seen, until.Format(time.DateOnly))
	}
	f := found{unknown: map[string]bool{}, missing: func(subject string) (string, string) {
		_, role := SplitSubject(subject)
		return "New " + role + " vacancies are back", "The share of " + role + " among all new vacancies is no longer down."
	}}
	for _, role := range slices.Sorted(maps.Keys(roles)) {
		if role == "unknown" || role == "other" || len(rule.Roles) > 0 && !slices.Contains(rule.Roles, role) {
			continue
		}
		if g, ok := dropOf(rule, role, weeks); ok {
			g.query, g.evidence.TaggerVersion = inline(a.Audit), a.TaggerVersion
			f.findings = append(f.findings, g)
		}
	}
	return f, nil
}

// dropOf compares a role's share of the new vacancies in the recent weeks with that in the base weeks.
func dropOf(rule Rule, role string, weeks []map[string]float64) (finding, bool) {
	var x, n [2]float64 // base, recent
	for i, w := range weeks {
		k := 0
		if i >= dropBase {
			k = 1
		}
		for r, count := range w {
			if n[k] += count; r == role {
				x[k] += count
			}
		}
	}
	if x[0] < dropLeast || n[1] == 0 {
		return finding{}, false
	}
	// Pearson's dispersion of the base weeks around their common share: vacancies of a role come in bursts.
	p, chi, df := x[0]/n[0], 0.0, -1.0
	for _, w := range weeks[:dropBase] {
		total := 0.0
		for _, count := range w {
			total += count
		}
		if total > 0 {
			chi += (w[role] - total*p) * (w[role] - total*p) / (total * p * (1 - p))
			df++
		}
	}
	phi := 1.0
	if df > 0 && p < 1 {
		phi = max(1, chi/df)
	}
	ratio := (x[1] + 0.5) / n[1] / ((x[0] + 0.5) / n[0])
	se := math.Sqrt(phi * (1/(x[1]+0.5) + 1/(x[0]+0.5)))
	if ratio > 1-rule.Drop/2 {
		return finding{}, false
	}
	low, high := ratio*math.Exp(-1.96*se), ratio*math.Exp(1.96*se)
	sure := ratio <= 1-rule.Drop && ratio*math.Exp(dropZ*se) < 1
	return finding{
		subject: Subject("role", role), weak: !sure, title: fmt.Sprintf("%s: share of new vacancies down by %.0f %%", role, 100*(1-ratio)),
		text: fmt.Sprintf("%.0f of %.0f new vacancies of the last %d weeks were for %s, against %.0f of %.0f in the %d weeks before: %.2f times the share (95 %% interval %.2f to %.2f, with weeks %.1f times as uneven as chance makes them).",
			x[1], n[1], dropRecent, role, x[0], n[0], dropBase, ratio, low, high, phi),
		evidence: Evidence{
			RecentCount: uint64(x[1]), RecentTotal: uint64(n[1]), BaseCount: uint64(x[0]), BaseTotal: uint64(n[0]),
			Ratio: &ratio, RatioLow: &low, RatioHigh: &high, Unit: "vacancies", Role: role,
		},
	}, true
}

func monday(t time.Time) time.Time {
	day := t.UTC().Truncate(24 * time.Hour)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}
