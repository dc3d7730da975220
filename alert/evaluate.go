package alert

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// Asker is what an evaluation asks.
type Asker interface {
	trend.Querier
	// Waiting is how many messages wait now, by stage. Its error wraps ErrUnknown where nobody can tell.
	Waiting(ctx context.Context) (map[string]uint64, error)
}

// ErrUnknown says that a rule's question has no answer: too little history, nothing stored, nobody to
// ask. It is no failure: the rule's memory stays as it is, and Outcome.Refused tells why.
var ErrUnknown = errors.New("no answer")

// Standing is where one alert of a rule stands between two evaluations.
type Standing struct {
	Subject string    `json:"subject,omitempty"` // of a category, which is kept by its alert's id
	Onset   time.Time `json:"onset"`             // when the condition was first seen to hold
	State   State     `json:"state"`             // pending or firing
	Held    int       `json:"held"`              // evaluations in a row in which it held, up to its rule's For
	Missed  int       `json:"missed,omitempty"`  // evaluations in a row in which it did not
	Stage   string    `json:"stage,omitempty"`
	Title   string    `json:"title"`
	Quiet   string    `json:"quiet,omitempty"` // why its beginning is told to nobody: then neither is its end
}

// Memory is all that a rule knows from one evaluation to the next: plain data, kept as JSON. Its zero
// value is a rule that was never evaluated.
type Memory struct {
	Kind   Kind                `json:"kind,omitempty"`
	At     time.Time           `json:"at,omitzero"` // of the last evaluation
	Alerts map[string]Standing `json:"alerts"`
	// Categories is what the fold of the emerging rules knows.
	Categories *trend.States `json:"categories,omitempty"`
	// Refused is why the last evaluation had no answer; empty when it had one.
	Refused string `json:"refused,omitempty"`
	// Answered tells whether any evaluation had an answer: what the first one finds was so already.
	Answered bool `json:"answered,omitempty"`
}

// Silence is somebody's wish not to be told of a rule's or a subject's alerts until a time.
type Silence struct {
	Rule    string    `json:"rule,omitempty"`    // empty: of all rules
	Subject string    `json:"subject,omitempty"` // or its term alone; empty: of all subjects
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"` // exclusive
}

// Covers reports whether the silence is about an event of an evaluation.
func (s Silence) Covers(e Event, at time.Time) bool {
	_, term := SplitSubject(e.Subject)
	return (s.Rule == "" || s.Rule == e.Rule) && (s.Subject == "" || s.Subject == e.Subject || s.Subject == term) &&
		!at.Before(s.From) && at.Before(s.Until)
}

// Subject is "what:term", such as "skill:pytorch" or "board:greenhouse/acme".
func Subject(what, term string) string { return what + ":" + term }

// SplitSubject is the inverse of Subject.
func SplitSubject(subject string) (what, term string) {
	what, term, ok := strings.Cut(subject, ":")
	if !ok {
		return "", subject
	}
	return what, term
}

// finding is something for which a rule's condition holds in one evaluation.
type finding struct {
	subject string
	// weak is a condition that holds no longer for sure: it keeps what fires firing and begins nothing.
	weak     bool
	title    string // one line
	text     string
	evidence Evidence
	query    string
}

// found is all that a rule's question answered. Of the subjects in unknown nothing can be told: their
// alerts stay as they are.
type found struct {
	findings []finding
	unknown  map[string]bool
	// missing tells of alerts whose condition no longer holds.
	missing func(subject string) (title, text string)
}

// Outcome is what an evaluation came to.
type Outcome struct {
	Events []Event // in the order in which they are told
	After  Memory
}

// Evaluate asks a rule's question as of a time and tells what changed. It is a function of what it is
// given: the same evaluation again returns the same events with the same ids. before is what the
// evaluation before it returned; one that is not after it changes nothing.
func Evaluate(ctx context.Context, ask Asker, rule Rule, at time.Time, before Memory, silences []Silence, url string) (Outcome, error) {
	at = at.UTC().Truncate(time.Millisecond)
	if before.Kind != rule.Kind {
		before = Memory{Kind: rule.Kind} // another rule had the name
	}
	if !before.At.IsZero() && !at.After(before.At) {
		return Outcome{After: before}, nil
	}
	out, err := evaluate(ctx, ask, rule, at, before)
	if errors.Is(err, ErrUnknown) {
		after := before
		after.At, after.Refused = at, strings.TrimPrefix(err.Error(), ErrUnknown.Error()+": ")
		return Outcome{After: after}, nil
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("evaluate rule %s: %w", rule.Name, err)
	}
	out.finish(rule, at, before, silences, url)
	return out, nil
}

// finish decides of each event whether it is told, and completes what is known.
func (o *Outcome) finish(rule Rule, at time.Time, before Memory, silences []Silence, url string) {
	o.After.Kind, o.After.At, o.After.Refused, o.After.Answered = rule.Kind, at, "", true
	for i := range o.Events {
		o.hush(&o.Events[i], rule, at, before, silences)
	}
	o.Events = calm(rule, at, o.Events)
	for i := range o.Events {
		if url != "" {
			o.Events[i].URL = strings.TrimSuffix(url, "/") + "/alerts#" + o.Events[i].AlertID
		}
	}
}

// hush decides whether an event is told to nobody. What was so already at the first look of a rule about
// the market is no news: it is shown, and neither it nor its end is sent. What is wrong with the pipeline
// now is told at the first look, too.
func (o *Outcome) hush(e *Event, rule Rule, at time.Time, before Memory, silences []Silence) {
	key := e.AlertID
	if rule.conditional() {
		key = e.Subject
	}
	quiet := before.Alerts[key].Quiet
	if quiet == "" && !before.Answered && rule.OfPast() {
		quiet = QuietFirstLook
	}
	if quiet == "" && e.State != Pending && slices.ContainsFunc(silences, func(s Silence) bool { return s.Covers(*e, at) }) {
		quiet = QuietSilenced
	}
	if s, ok := o.After.Alerts[key]; ok {
		s.Quiet = quiet
		o.After.Alerts[key] = s
	}
	if e.Quiet == "" {
		e.Quiet = quiet
	}
}

// conditional reports whether the rule's alerts are conditions that hold or do not, of which each subject
// has one at a time; categories have stages instead.
func (r Rule) conditional() bool { return r.Kind != KindEmerging && r.Kind != KindNewSkill }

func evaluate(ctx context.Context, ask Asker, rule Rule, at time.Time, before Memory) (Outcome, error) {
	var f found
	var err error
	switch rule.Kind {
	case KindEmerging, KindNewSkill:
		return emerging(ctx, ask, rule, at, before)
	case KindLevel:
		f, err = level(ctx, ask, rule, at)
	case KindVolumeDrop:
		f, err = volumeDrop(ctx, ask, rule, at)
	case KindBoardSilent:
		f, err = boardSilent(ctx, ask, rule, at)
	case KindRunSuspect:
		f, err = runSuspect(ctx, ask, at)
	case KindBacklog:
		f, err = backlog(ctx, ask, rule)
	case KindDeadLetters:
		f, err = deadLetters(ctx, ask, rule, at)
	default:
		err = fmt.Errorf("kind %q: %w", rule.Kind, ErrRules)
	}
	if err != nil {
		return Outcome{}, err
	}
	return step(rule, at, before, f), nil
}

// step moves each alert of a rule by what one evaluation found.
func step(rule Rule, at time.Time, before Memory, f found) Outcome {
	out := Outcome{After: Memory{Alerts: map[string]Standing{}}}
	tell := func(s Standing, subject string, state State, title, text string, e Evidence, query string) Event {
		return newEvent(rule, subject, s.Onset, at, state, "", title, text, e, query)
	}
	holds := map[string]bool{}
	slices.SortStableFunc(f.findings, func(a, b finding) int { return strings.Compare(a.subject, b.subject) })
	for _, g := range f.findings {
		s, known := before.Alerts[g.subject]
		if holds[g.subject] || g.weak && !known {
			continue
		}
		holds[g.subject] = true
		if !known {
			s = Standing{Onset: at, State: Pending}
		}
		s.Missed, s.Title = 0, g.title
		if !g.weak {
			s.Held = min(s.Held+1, rule.For)
		}
		switch {
		case s.State == Pending && s.Held >= rule.For:
			s.State = Firing
			out.Events = append(out.Events, tell(s, g.subject, Firing, g.title, g.text, g.evidence, g.query))
		case !known:
			e := tell(s, g.subject, Pending, g.title, g.text, g.evidence, g.query)
			e.Quiet = QuietPending
			out.Events = append(out.Events, e)
		}
		out.After.Alerts[g.subject] = s
	}
	for _, subject := range slices.Sorted(maps.Keys(before.Alerts)) {
		s := before.Alerts[subject]
		if holds[subject] {
			continue
		}
		if f.unknown[subject] {
			out.After.Alerts[subject] = s
			continue
		}
		if s.Missed++; s.State == Firing && s.Missed < rule.For {
			out.After.Alerts[subject] = s
			continue
		}
		title, text := "Over: "+s.Title, "This is so no longer."
		if f.missing != nil {
			title, text = f.missing(subject)
		}
		e := tell(s, subject, Resolved, title, text, Evidence{}, "")
		if s.State == Pending { // it was never told
			e.Quiet = QuietPending
		}
		out.Events = append(out.Events, e)
	}
	return out
}

func newEvent(rule Rule, subject string, onset, at time.Time, state State, stage, title, text string, e Evidence, query string) Event {
	return Event{
		ID: EventID(rule.Name, subject, onset, state, stage), AlertID: AlertID(rule.Name, subject, onset),
		Rule: rule.Name, Kind: rule.Kind, Subject: subject, State: state, Stage: stage, At: at, Onset: onset.UTC(),
		Title: oneLine(title), Text: text, Evidence: e, Query: query,
	}
}

// burstMax is how many events of one rule are told apiece in one evaluation. More have one cause, which
// one message tells better: a provider that is down silences all its boards.
const burstMax = 10

// QuietBurst is of an event that is told together with others of its evaluation.
const QuietBurst = "burst"

// calm puts one event in the place of many.
func calm(rule Rule, at time.Time, events []Event) []Event {
	for _, state := range []State{Firing, Resolved} {
		var loud []*Event
		for i := range events {
			if events[i].Deliver() && events[i].State == state && events[i].Stage == "" {
				loud = append(loud, &events[i])
			}
		}
		if len(loud) <= burstMax {
			continue
		}
		text := "At once, so that they are told together:"
		for i, e := range loud {
			if e.Quiet = QuietBurst; i < burstMax {
				text += "\n" + e.Title
			}
		}
		text += fmt.Sprintf("\nand %d more, which `rolescope alert list --rule %s` and the page of alerts show.", len(loud)-burstMax, rule.Name)
		what := "alerts began"
		if state == Resolved {
			what = "alerts ended"
		}
		e := newEvent(rule, Subject("rule", rule.Name), at, at, state, "", fmt.Sprintf("%d %s of rule %s", len(loud), what, rule.Name), text, Evidence{}, "")
		events = append(events, e)
	}
	return events
}

// titleMax is how long a title may be, in bytes: a subject line, and a row of a table.
const titleMax = 200

// oneLine keeps what adverts say from being more than one line of text.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
	if len(s) <= titleMax {
		return s
	}
	cut := titleMax - len("…")
	for cut > 0 && s[cut]&0xc0 == 0x80 { // not inside of a character
		cut--
	}
	return s[:cut] + "…"
}
