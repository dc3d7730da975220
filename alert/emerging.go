package alert

import (
	"context"
	"fmt"
	"maps"
	"sort"
	"strings"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// historyMax is how many units are read at most that no evaluation has seen: three years of weeks. A rule that
// is new reads the history there is, so that it knows what has emerged already.
const historyMax = 160

// emerging folds the evaluations of all weeks (or months) that have ended since the last one into what is known
// of categories, and tells which came to another stage.
func emerging(ctx context.Context, ask Asker, rule Rule, at time.Time, before Memory) (Outcome, error) {
	states := trend.States{}
	if before.Categories != nil && (rule.Unit == "" || string(before.Categories.Unit) == rule.Unit) {
		states = *before.Categories
	}
	question := states.Next(trend.EmergingQuestion{Unit: trend.Period(rule.Unit), Families: rule.families()}, at)
	if states.Unit != "" {
		question.Unit = states.Unit
	}
	newest, err := trend.Emerging(ctx, ask, question)
	if err != nil {
		return Outcome{}, err
	}
	if newest.Refusal != nil {
		return Outcome{}, fmt.Errorf("%w: %s", ErrUnknown, newest.Refusal.Why)
	}
	question.Unit = newest.Unit
	first := trend.AddUnits(newest.At, newest.Unit, -historyMax)
	if next := trend.AddUnits(states.At, newest.Unit, 1); !states.At.IsZero() && next.After(first) {
		first = next
	} else if first, err = earliest(ctx, ask, question, newest.At); err != nil {
		return Outcome{}, err
	}
	out := Outcome{After: Memory{Alerts: maps.Clone(before.Alerts)}}
	if out.After.Alerts == nil || states.At.IsZero() {
		out.After.Alerts = map[string]Standing{}
	}
	for b := first; !b.After(newest.At); b = trend.AddUnits(b, newest.Unit, 1) {
		answer := newest
		if !b.Equal(newest.At) || !b.Equal(first) {
			if answer, err = trend.Emerging(ctx, ask, states.Next(question, b)); err != nil {
				return Outcome{}, err
			}
		}
		var moved []trend.Transition
		states, moved = trend.Advance(states, answer)
		for _, m := range moved {
			if e, ok := categoryEvent(rule, m, answer); ok && rule.wants(m.State) {
				out.Events = append(out.Events, e)
				out.stand(e, m.State)
			}
		}
	}
	out.After.Categories = &states
	return out, nil
}

// families are what a rule's categories are made of.
func (r Rule) families() []trend.Family {
	if r.Kind == KindNewSkill {
		return []trend.Family{trend.FamilyRoleSkill}
	}
	return []trend.Family{trend.FamilyTitle, trend.FamilySkill, trend.FamilyPhrase}
}

// wants reports whether a category is about one of the rule's roles, if it has any.
func (r Rule) wants(s trend.State) bool {
	if r.Kind != KindNewSkill || len(r.Roles) == 0 {
		return true
	}
	for _, role := range r.Roles {
		for _, m := range s.Members {
			if strings.HasPrefix(m.Key, role+" ") {
				return true
			}
		}
	}
	return false
}

// earliest is the first boundary that can be asked about: of those up to at, of which all later ones can.
func earliest(ctx context.Context, ask Asker, question trend.EmergingQuestion, at time.Time) (time.Time, error) {
	var failed error
	refused := sort.Search(historyMax, func(back int) bool {
		if back == 0 || failed != nil {
			return failed != nil
		}
		question = trend.States{}.Next(question, trend.AddUnits(at, question.Unit, -back))
		a, err := trend.Emerging(ctx, ask, question)
		if err != nil {
			failed = err
		}
		return err != nil || a.Refusal != nil
	})
	return trend.AddUnits(at, question.Unit, -max(refused-1, 0)), failed
}

// stand keeps where a category stands for as long as anything may still be told of it.
func (o *Outcome) stand(e Event, s trend.State) {
	if s.Stage == trend.StageNone || s.Stage == trend.StageFaded {
		// The event that ends it needs to know whether its beginning was told: Evaluate asks what was before.
		delete(o.After.Alerts, e.AlertID)
		return
	}
	o.After.Alerts[e.AlertID] = Standing{
		Subject: e.Subject, Onset: e.Onset, State: e.State, Stage: e.Stage, Title: e.Title, Quiet: o.After.Alerts[e.AlertID].Quiet,
	}
}

// categoryEvent is what a category's coming to another stage tells.
func categoryEvent(rule Rule, m trend.Transition, a trend.EmergingAnswer) (Event, bool) {
	subject, _, _ := strings.Cut(m.State.ID, "@")
	what, name := "category", m.State.Name
	switch m.State.Lead.Family {
	case trend.FamilySkill:
		what = "skill"
	case trend.FamilyPhrase:
		what = "phrase"
	case trend.FamilyRoleSkill:
		what = "skill in a role"
	}
	lead := leadOf(m)
	if lead.Role != "" {
		name = strings.TrimSpace(first(lead.Label, lead.Skill, name)) + " in " + lead.Role
	}
	state, quiet, title := Pending, "", ""
	switch {
	case m.To == trend.StageCandidate:
		quiet, title = QuietPending, "Candidate "+what+": "+name
	case m.To == trend.StageNone:
		state, quiet, title = Resolved, QuietPending, "No emerging "+what+": "+name
	case m.To == trend.StageEmerging:
		state, title = Firing, "Emerging "+what+": "+name
	case m.To == trend.StageEstablished:
		state, title = Resolved, "Established "+what+": "+name
	case m.To == trend.StageFaded:
		state, title = Resolved, "Faded "+what+": "+name
		if m.From == trend.StageCandidate {
			quiet = QuietPending
		}
	default:
		return Event{}, false
	}
	e := newEvent(rule, subject, m.State.Onset, m.At, state, string(m.To), title, categoryText(m, lead, a), categoryEvidence(m, lead, a), inline(a.Audit))
	e.Quiet, e.Class = quiet, string(m.State.Class)
	return e, true
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// leadOf is the term that a category is named after, as the evaluation found it.
func leadOf(m trend.Transition) trend.Term {
	for _, t := range m.Terms {
		if t.TermID == m.State.Lead {
			return t
		}
	}
	if len(m.Terms) > 0 {
		return m.Terms[0]
	}
	return trend.Term{TermID: m.State.Lead}
}

func categoryEvidence(m trend.Transition, lead trend.Term, a trend.EmergingAnswer) Evidence {
	e := Evidence{
		RecentCount: lead.X1, RecentTotal: lead.N1, BaseCount: lead.X0, BaseTotal: lead.N0, Unit: "employer-" + string(a.Unit) + "s",
		FirstSeen: lead.FirstSeen, Employers: lead.Employers, Role: lead.Role, NearestRole: m.Category.NearestRole, TaggerVersion: a.TaggerVersion,
	}
	if lead.N1 > 0 {
		e.Ratio, e.RatioLow, e.PValue, e.QValue = &lead.Ratio, &lead.RatioLow, &lead.P, &lead.Q
		if lead.RatioHigh > 0 {
			e.RatioHigh = &lead.RatioHigh
		}
	}
	for _, member := range m.State.Members {
		e.Members = append(e.Members, oneLine(first(member.Label, member.Key)))
	}
	e.Skills, e.Companies = labels(m.Category.Skills), labels(m.Category.Employers)
	for _, x := range m.Category.Examples {
		e.ExamplePostings = append(e.ExamplePostings, x.PostingID)
	}
	if p := m.Category.Pay; p != nil {
		e.SalaryLow, e.SalaryMedian, e.SalaryHigh, e.SalaryCurrency = p.Low, p.Median, p.High, p.Currency
	}
	return e
}

// namedMax is how many employers, skills or terms an event names.
const namedMax = 10

func labels(all []trend.Named) []string {
	var out []string
	for _, n := range all[:min(len(all), namedMax)] {
		out = append(out, oneLine(first(n.Label, n.ID)))
	}
	return out
}

// categoryText explains a category's stage in whole sentences.
func categoryText(m trend.Transition, lead trend.Term, a trend.EmergingAnswer) string {
	var b strings.Builder
	name := "“" + oneLine(m.State.Name) + "”"
	switch m.To {
	case trend.StageNone:
		fmt.Fprintf(&b, "%s passed the test once and not again: it is nothing yet.", name)
	case trend.StageEstablished:
		fmt.Fprintf(&b, "%s no longer grows, and is no longer rare: it is an ordinary part of the market now.", name)
	case trend.StageFaded:
		fmt.Fprintf(&b, "No employer has a new vacancy of %s any more.", name)
	}
	if lead.N1 == 0 || m.To == trend.StageNone || m.To == trend.StageFaded {
		return b.String()
	}
	if b.Len() > 0 {
		b.WriteString(" ")
	}
	fmt.Fprintf(&b, "%d employers had a new vacancy that mentions %s in the %d %ss before %s: %d of %d employer-%[4]ss, against %[8]d of %[9]d in the %[10]d before.",
		lead.Employers, name, a.Windows.Recent, a.Unit, a.At.Format(time.DateOnly), lead.X1, lead.N1, lead.X0, lead.N0, a.Windows.Base)
	interval := fmt.Sprintf("%.1f or more", lead.RatioLow)
	if lead.RatioHigh > 0 {
		interval = fmt.Sprintf("%.1f to %.1f", lead.RatioLow, lead.RatioHigh)
	}
	fmt.Fprintf(&b, " That is %.1f times the share (95 %% interval %s; q, the false discovery rate at which it is found, is %.2g).", lead.Ratio, interval, lead.Q)
	switch m.State.Class {
	case trend.Novel:
		b.WriteString(" Nobody had mentioned it in the year before.")
	case trend.Surging:
		fmt.Fprintf(&b, " %d vacancies had mentioned it in the year before.", lead.Before)
	}
	if !lead.FirstSeen.IsZero() {
		fmt.Fprintf(&b, " First seen on %s.", lead.FirstSeen.Format(time.DateOnly))
	}
	list := func(what string, of []string) {
		if len(of) > 0 {
			fmt.Fprintf(&b, " %s: %s.", what, strings.Join(of, ", "))
		}
	}
	list("Employers", labels(m.Category.Employers))
	list("Typical skills", labels(m.Category.Skills))
	if m.Category.NearestRole != "" {
		fmt.Fprintf(&b, " The nearest role is %s (cosine %.2f).", m.Category.NearestRole, m.Category.Nearness)
	}
	if p := m.Category.Pay; p != nil {
		fmt.Fprintf(&b, " Yearly pay stated: %.0f to %.0f %s, median %.0f.", p.Low, p.High, oneLine(p.Currency), p.Median)
	}
	var also []string
	for _, member := range m.State.Members {
		if member.TermID != m.State.Lead && len(also) < namedMax {
			also = append(also, oneLine(first(member.Label, member.Key)))
		}
	}
	list("Rising with it", also)
	return b.String()
}
