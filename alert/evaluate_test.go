package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rolescope/rolescope/trend"
)

var day0 = time.Date(2026, 3, 2, 6, 30, 0, 0, time.UTC)

// fold evaluates a rule day by day over what is found on each, and returns all events. A day of nil has no answer.
func fold(rule Rule, silences []Silence, days ...[]string) (events []Event, last Memory) {
	memory := Memory{Kind: rule.Kind}
	for i, subjects := range days {
		at := day0.AddDate(0, 0, i)
		f := found{}
		for _, s := range subjects {
			name, weak := strings.CutSuffix(s, "?")
			f.findings = append(f.findings, finding{subject: Subject("role", name), weak: weak, title: name + " fell", text: "It fell."})
		}
		out := step(rule, at, memory, f)
		out.finish(rule, at, memory, silences, "https://dashboard.example/")
		memory, events = out.After, append(events, out.Events...)
	}
	return events, memory
}

// told writes events as "day state subject quiet".
func told(events []Event) []string {
	out := []string{}
	for _, e := range events {
		_, term := SplitSubject(e.Subject)
		line := fmt.Sprintf("%d %s %s", int(e.At.Sub(day0).Hours()/24), e.State, term)
		if e.Quiet != "" {
			line += " (" + e.Quiet + ")"
		}
		out = append(out, line)
	}
	return out
}

func TestStates(t *testing.T) {
	t.Parallel()
	none, a := []string{}, []string{"a"}
	drop := Rule{Name: "drop", Kind: KindVolumeDrop, For: 1}
	twice, pipeline := drop, drop
	twice.For = 2
	pipeline.Kind = KindBoardSilent
	for _, c := range []struct {
		name     string
		rule     Rule
		silences []Silence
		days     [][]string
		want     []string
	}{
		{"begins and ends", drop, nil, [][]string{none, a, a, none}, []string{"1 firing a", "3 resolved a"}},
		{"fires again", drop, nil, [][]string{none, a, none, a}, []string{"1 firing a", "2 resolved a", "3 firing a"}},
		{"two in a row", twice, nil, [][]string{none, a, a, a}, []string{"1 pending a (pending)", "2 firing a"}},
		{"one of two", twice, nil, [][]string{none, a, none, a, none}, []string{"1 pending a (pending)", "2 resolved a (pending)", "3 pending a (pending)", "4 resolved a (pending)"}},
		{"flaps while it fires", twice, nil, [][]string{none, a, a, none, a, none, none}, []string{"1 pending a (pending)", "2 firing a", "6 resolved a"}},
		{"weak begins nothing", drop, nil, [][]string{none, {"a?"}, {"a?"}}, []string{}},
		{"weak goes on", drop, nil, [][]string{none, a, {"a?"}, none}, []string{"1 firing a", "3 resolved a"}},
		{"weak does not count", twice, nil, [][]string{none, a, {"a?"}, a}, []string{"1 pending a (pending)", "3 firing a"}},
		{"first look", drop, nil, [][]string{a, {"a", "b"}, none}, []string{"0 firing a (first_look)", "1 firing b", "2 resolved a (first_look)", "2 resolved b"}},
		{"first look, twice", twice, nil, [][]string{a, a, none, none}, []string{"0 pending a (pending)", "1 firing a (first_look)", "3 resolved a (first_look)"}},
		{"the pipeline's first look is told", pipeline, nil, [][]string{a, none}, []string{"0 firing a", "1 resolved a"}},
		{
			"silence of the term", drop,
			[]Silence{{Subject: "a", From: day0, Until: day0.AddDate(0, 0, 2)}},
			[][]string{none, {"a", "b"}, none, a, none},
			[]string{"1 firing a (silenced)", "1 firing b", "2 resolved a (silenced)", "2 resolved b", "3 firing a", "4 resolved a"},
		},
		{
			"silence of another rule", drop,
			[]Silence{{Rule: "other", From: day0, Until: day0.AddDate(1, 0, 0)}},
			[][]string{none, a},
			[]string{"1 firing a"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events, _ := fold(c.rule, c.silences, c.days...)
			if d := cmp.Diff(c.want, told(events)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestManyAtOnce: what has one cause is told in one message.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range burstMax + 1 {
		many = append(many, fmt.Sprintf("board%02d", i))
	}
	rule := Rule{Name: "silent", Kind: KindBoardSilent, For: 1}
	for n, want := range map[int]int{burstMax: burstMax, burstMax + 1: 1} {
		events, _ := fold(rule, nil, nil, many[:n], nil)
		var loud []Event
		for _, e := range events {
			if e.Deliver() && e.State == Firing {
				loud = append(loud, e)
			}
		}
		if len(loud) != want {
			t.Fatalf("%d findings: %d messages, want %d", n, len(loud), want)
		}
		if n > burstMax && (!strings.Contains(loud[0].Text, "board00") || !strings.Contains(loud[0].Title, "11")) {
			t.Errorf("the one message says %q, %q", loud[0].Title, loud[0].Text)
		}
	}
}

// TestEventsOfAnyHistory: whatever is found, every alert fires at most once and ends at most once after that, ids
// tell all events apart, nothing is told that did not fire, and the same history gives the same bytes.
func TestEventsOfAnyHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rule := Rule{Name: "r", Kind: rapid.SampledFrom([]Kind{KindVolumeDrop, KindBoardSilent}).Draw(t, "kind"), For: rapid.IntRange(1, 3).Draw(t, "for")}
		days := rapid.SliceOfN(rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c", "a?", "b?"}), func(s string) string { return s[:1] }), 1, 20).Draw(t, "days")
		events, memory := fold(rule, nil, days...)
		again, _ := fold(rule, nil, days...)
		if d := cmp.Diff(events, again); d != "" {
			t.Fatal(d)
		}
		ids, states := map[string]bool{}, map[string]State{}
		for _, e := range events {
			if ids[e.ID] {
				t.Fatalf("event %s twice: %v", e.ID, told(events))
			}
			ids[e.ID] = true
			before := states[e.AlertID]
			if before == Resolved || before == Firing && e.State != Resolved || before == Pending && e.State == Pending {
				t.Fatalf("%s after %s: %v", e.State, before, told(events))
			}
			if e.Deliver() && (e.State == Pending || e.State == Resolved && before != Firing) {
				t.Fatalf("%s after %s is told: %v", e.State, before, told(events))
			}
			states[e.AlertID] = e.State
		}
		for subject, s := range memory.Alerts {
			if got := states[AlertID(rule.Name, subject, s.Onset)]; got != s.State {
				t.Fatalf("memory has %s as %s, the events as %s", subject, s.State, got)
			}
		}
		text, err := json.Marshal(memory)
		if err != nil {
			t.Fatal(err)
		}
		var back Memory
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(memory, back); d != "" {
			t.Fatal(d)
		}
	})
}

// fake answers the questions about the pipeline.
type fake struct {
	boards  []trend.BoardWatch
	dead    []trend.DeadWatch
	waiting map[string]uint64
}

func (f fake) Waiting(context.Context) (map[string]uint64, error) { return f.waiting, nil }

func (f fake) Select(_ context.Context, dest any, _ string, _ map[string]string) error {
	switch to := dest.(type) {
	case *[]trend.BoardWatch:
		*to = f.boards
	case *[]trend.DeadWatch:
		*to = f.dead
	}
	return nil
}

func seen(board string, healthy, newest time.Time, runs uint64) trend.BoardWatch {
	return trend.BoardWatch{Source: "greenhouse", Board: board, Runs: runs, FirstRun: newest.Add(-time.Duration(runs-1) * 24 * time.Hour), NewestRun: newest, Healthy: healthy, Outcome: "ok"}
}

func TestPipelineRules(t *testing.T) {
	t.Parallel()
	now, old := day0, day0.AddDate(0, 0, -5)
	never := time.Unix(0, 0).UTC()
	suspect, refused := seen("doubted", now, now, 9), seen("broken", now, now, 9)
	suspect.Suspect, suspect.Listed = true, 4
	refused.Fetched, refused.Rejected = 20, 11
	for _, c := range []struct {
		name string
		rule Rule
		fake fake
		want []string
	}{
		{"silent", Rule{Kind: KindBoardSilent, After: 72 * time.Hour}, fake{boards: []trend.BoardWatch{seen("fine", now, now, 9), seen("silent", old, now, 9)}}, []string{"0 firing greenhouse/silent"}},
		{"never seen whole", Rule{Kind: KindBoardSilent, After: 72 * time.Hour}, fake{boards: []trend.BoardWatch{seen("new", never, now, 2), seen("never", never, now, 9)}}, []string{"0 firing greenhouse/never"}},
		{"nothing is crawled", Rule{Kind: KindBoardSilent, After: 72 * time.Hour}, fake{boards: []trend.BoardWatch{seen("one", old, old, 9), seen("two", old, old, 9)}}, []string{"0 firing all boards"}},
		{"weekly", Rule{Kind: KindBoardSilent, After: 72 * time.Hour}, fake{boards: []trend.BoardWatch{{Source: "s", Board: "b", Runs: 3, FirstRun: old.AddDate(0, 0, -14), NewestRun: old, Healthy: old}}}, []string{}},
		{"suspect", Rule{Kind: KindRunSuspect}, fake{boards: []trend.BoardWatch{seen("fine", now, now, 9), suspect, refused}}, []string{"0 firing greenhouse/broken", "0 firing greenhouse/doubted"}},
		{"backlog", Rule{Kind: KindBacklog, Least: 100}, fake{waiting: map[string]uint64{"sink": 100, "enrich": 99}}, []string{"0 firing sink"}},
		{"dead letters", Rule{Kind: KindDeadLetters, Least: 10, Within: time.Hour}, fake{dead: []trend.DeadWatch{{Stage: "enrich", Recent: 10, Open: 12}, {Stage: "sink", Recent: 9, Open: 99}}}, []string{"0 firing enrich"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.rule.Name, c.rule.For = "rule", 1
			out, err := Evaluate(t.Context(), c.fake, c.rule, day0, Memory{}, nil, "")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, told(out.Events)); d != "" {
				t.Error(d)
			}
			for _, e := range out.Events {
				if e.Title == "" || !strings.ContainsAny(e.Text[len(e.Text)-1:], ".?") {
					t.Errorf("an event says %q, %q", e.Title, e.Text)
				}
			}
		})
	}
}

// TestNoAnswer: what cannot be told changes nothing, and says why.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	rule := Rule{Name: "silent", Kind: KindBoardSilent, For: 1, After: time.Hour}
	before := Memory{Kind: rule.Kind, At: day0, Answered: true, Alerts: map[string]Standing{"board:a/b": {Onset: day0, State: Firing, Title: "a/b"}}}
	out, err := Evaluate(t.Context(), fake{}, rule, day0.Add(time.Hour), before, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.At, want.Refused = day0.Add(time.Hour), "no schedule has crawled any board"
	if d := cmp.Diff(Outcome{After: want}, out); d != "" {
		t.Error(d)
	}
	if out, err = Evaluate(t.Context(), fake{}, rule, day0, before, nil, ""); err != nil || len(out.Events) > 0 || !out.After.At.Equal(day0) {
		t.Errorf("an evaluation that is not after the last one: %+v, %v", out, err)
	}
}

func TestInline(t *testing.T) {
	t.Parallel()
	got := inline(trend.Audit{SQL: "SELECT {a:String}, {n:UInt64}, {x:Array(String)}, {unknown:String}\n", Params: map[string]string{"a": "it's \\ a\nline", "n": "3", "x": "['b']"}})
	want := `SELECT 'it\'s \\ a\nline', CAST('3', 'UInt64'), CAST('[\'b\']', 'Array(String)'), {unknown:String}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		got := oneLine(rapid.String().Draw(t, "text"))
		if strings.ContainsAny(got, "\n\r\x00\u2028") || len(got) > titleMax {
			t.Fatalf("%q", got)
		}
	})
}
