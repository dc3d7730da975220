package trend_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/store/storetest"
	"github.com/rolescope/rolescope/trend"
)

// history is each history question's answer, as JSON, and what it rests on.
type history struct {
	name  string
	json  string
	asked trend.Asked
}

// histories ask each history question once, of the first ten months of a plot.
func histories(t *testing.T, q trend.Querier) (out []history) {
	t.Helper()
	ctx := t.Context()
	scope := trend.Scope{Roles: []string{"alpha", "beta"}}
	keep := func(name string, answer any, asked trend.Asked, err error) {
		t.Helper()
		text, err2 := json.Marshal(answer)
		if err := errors.Join(err, err2); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, history{name, string(text), asked})
	}
	similarity, err := trend.Similarity(ctx, q, trend.SimilarityQuestion{Scope: scope})
	keep("similarity", similarity, similarity.Asked, err)
	slope, err := trend.Slope(ctx, q, trend.SlopeQuestion{Scope: scope, Permutations: 50, Seed: 7})
	keep("slope", slope, slope.Asked, err)
	shares, err := trend.Shares(ctx, q, trend.SharesQuestion{Scope: scope})
	keep("skills", shares, shares.Asked, err)
	mentions, err := trend.Mentions(ctx, q, trend.MentionsQuestion{Scope: scope})
	keep("mentions", mentions, mentions.Asked, err)
	volumes, err := trend.VolumesOf(ctx, q, trend.VolumesQuestion{})
	keep("volume", volumes, volumes.Asked, err)
	change, err := trend.Change(ctx, q, trend.ChangeQuestion{
		Before: trend.Span{From: week(0), To: week(8)}, After: trend.Span{From: week(13), To: week(26)},
	})
	keep("change", change, change.Asked, err)
	position, err := trend.Continuum(ctx, q, trend.ContinuumQuestion{Research: "alpha", Engineering: "beta"})
	keep("continuum", position, position.Asked, err)
	salary, err := trend.Salary(ctx, q, trend.SalaryQuestion{})
	keep("salary", salary, salary.Asked, err)
	lifetimes, err := trend.Lifetimes(ctx, q, trend.LifetimeQuestion{})
	keep("lifetime", lifetimes, lifetimes.Asked, err)
	return out
}

// TestAnswersRepeat: the same question of the same data gives the same bytes.
func TestAnswersRepeat(t *testing.T) {
	t.Parallel()
	q := planted(t, random(6))
	first := histories(t, q)
	for range 3 {
		for i, again := range histories(t, q) {
			if again.json != first[i].json {
				t.Fatalf("two answers about %s differ", again.name)
			}
		}
	}
	for _, h := range first {
		if !strings.Contains(h.json, week(500).Format(time.RFC3339)) || strings.Count(h.json, `"data_cut"`) != 1 {
			t.Errorf("the answer about %s does not tell its data cut", h.name)
		}
	}
}

// TestLaterDataChangeNothingBeforeTheirCut: every answer as of its data cut has the bytes it had.
func TestLaterDataChangeNothingBeforeTheirCut(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	q := asker{shared.open(t, func() time.Time { return clock })}
	p := random(6)
	record := func(weeks int) {
		t.Helper()
		p.weeks = weeks
		if err := errors.Join(q.Write(t.Context(), p.messages())...); err != nil {
			t.Fatal(err)
		}
		if _, err := q.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Activate(t.Context(), storetest.Tagger); err != nil {
		t.Fatal(err)
	}
	record(27)
	before := histories(t, q)
	clock = clock.Add(time.Hour)
	record(36) // all of it again, and nine weeks more
	now := histories(t, q)
	then, err := q.AsOf(t.Context(), before[0].asked.Guards.DataCut)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { then.Close() })
	for i, again := range histories(t, asker{then}) {
		if again.json != before[i].json {
			t.Errorf("%s: as of its data cut\n%s\nwas\n%s", again.name, again.json, before[i].json)
		}
		if now[i].json == before[i].json {
			t.Errorf("%s: later data changed nothing: the test shows nothing", again.name)
		}
	}
}

// recorder keeps what each statement of a question gave it.
type recorder struct {
	plotted
	t    *testing.T
	told map[string][]string // rows, as text, of each run of a statement
}

func (r recorder) Select(ctx context.Context, dest any, query string, params map[string]string) error {
	if err := r.plotted.Select(ctx, dest, query, params); err != nil {
		return err
	}
	text := rowsOf(r.t, r.plotted, query, params)
	if n := reflect.ValueOf(dest).Elem().Len(); n != strings.Count(text, "\n") {
		r.t.Errorf("%d rows of %d", strings.Count(text, "\n"), n)
	}
	r.told[strings.TrimSpace(query)] = append(r.told[strings.TrimSpace(query)], text)
	return nil
}

func rowsOf(t *testing.T, q plotted, query string, params map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	if err := q.Raw(t.Context(), &out, query, "TSV", params); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestCommandsOfHistoriesRunAsTheyStand: the commands of every history question, read by a real shell, give a
// reader the rows that the answer was made of.
func TestCommandsOfHistoriesRunAsTheyStand(t *testing.T) {
	t.Parallel()
	q := recorder{planted(t, random(6)), t, map[string][]string{}}
	for _, h := range histories(t, q) {
		audits := []trend.Audit{h.asked.Audit}
		for _, s := range h.asked.Statements {
			audits = append(audits, trend.Audit{SQL: s.SQL, Params: s.Params})
		}
		rows := 0
		for i, audit := range audits {
			query, params := pasted(t, audit)
			got := rowsOf(t, q.plotted, query, params)
			if !slices.Contains(q.told[strings.TrimSpace(query)], got) {
				t.Errorf("%s: statement %d of %d gives other rows than the answer is made of:\n%s", h.name, i+1, len(audits), got)
			}
			rows += strings.Count(got, "\n")
			if i == 0 && rows == 0 {
				t.Errorf("%s: its figures are of no rows", h.name)
			}
		}
		if len(audits) < 2 {
			t.Errorf("%s: %d statements", h.name, len(audits))
		}
	}
}
