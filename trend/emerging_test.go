package trend_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/trend"
)

// Without a gap, or with a short one, the market can be small.
var (
	without  = trend.Windows{Recent: 4, Base: 26}
	shortGap = trend.Windows{Recent: 4, Gap: 2, Base: 26}
)

// emergingMarket has 30 employers with a board each, every one with a new job every week. From week 28 on, ever more
// of them ask for prompt engineers, who know langchain. What else rises is none: copies of one employer's job, jobs
// of boards that are new, and what was open before anybody looked.
func emergingMarket(weeks int) plot {
	p := plot{weeks: weeks, boards: map[string]plotBoard{}}
	roles, skills := []string{"data engineer", "ml engineer", "research scientist"}, []string{"python", "sql", "go"}
	for e := range 30 {
		employer := fmt.Sprintf("Employer%02d", e)
		for w := range weeks {
			j := job{id: fmt.Sprintf("%s-%d", employer, w), employer: employer, role: roles[(e+w)%3], skills: []string{skills[(e+w/2)%3], "git"}, from: w, to: w + 2}
			if w >= 28 && e < min(24, 4*(w-27)) {
				j.role, j.skills = "prompt engineer", []string{"langchain", "git"}
				j.pay = posting.Salary{Min: 100_000, Max: 120_000, Currency: "EUR", Period: "year"}
			}
			p.jobs = append(p.jobs, j)
		}
	}
	for n := range 60 { // one employer, sixty jobs of one title
		p.jobs = append(p.jobs, job{id: fmt.Sprint("mass-", n), employer: "Employer29", role: "crypto guru", skills: []string{"solidity"}, from: 28 + n/12, to: 31 + n/12})
	}
	for n := range 12 { // twelve boards that nobody had looked at
		late := fmt.Sprintf("Late%02d", n)
		p.boards[late] = plotBoard{first: 27}
		for w := 20; w < weeks; w++ {
			p.jobs = append(p.jobs, job{id: fmt.Sprintf("%s-%d", late, w), employer: late, role: "quantum engineer", skills: []string{"qiskit"}, from: w, to: w + 2})
		}
	}
	return p
}

// TestEmergingOfItsOwn: what rises later, in vacancies that ask for what has risen before, is told as well.
func TestEmergingOfItsOwn(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine asks the engine for long: runs without -short, also in CI")
	}
	t.Parallel()
	const weeks = 47
	p := emergingMarket(weeks)
	for i := range p.jobs {
		if j := &p.jobs[i]; j.role == "prompt engineer" && j.from >= 40 {
			j.skills = append(j.skills, "qdrant")
		}
	}
	h, err := trend.ReplayEmerging(t.Context(), planted(t, p), trend.EmergingQuestion{Windows: shortGap}, week(32))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{unitOf(week(34)).Format(time.DateOnly) + " prompt engineer emerging", unitOf(week(42)).Format(time.DateOnly) + " qdrant emerging"}
	if diff := cmp.Diff(want, toldOf(h)); diff != "" {
		t.Errorf("(-planted +told):\n%s", diff)
	}
	for _, s := range h.States.Categories {
		for _, m := range s.Members {
			if s.Name == "qdrant" && !strings.Contains(m.Key, "qdrant") {
				t.Errorf("%s is taken for a part of it", m.Key)
			}
		}
	}
}

func toldOf(h trend.EmergingHistory) (told []string) {
	for _, t := range h.Transitions {
		if t.To != trend.StageCandidate && t.To != trend.StageNone {
			told = append(told, fmt.Sprintf("%s %s %s", t.At.Format(time.DateOnly), t.State.Name, t.To))
		}
	}
	return told
}

// TestEmergingPlanted: what was planted emerges, once, as one category; the confounders do not.
func TestEmergingPlanted(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine asks the engine for long: runs without -short, also in CI")
	}
	t.Parallel()
	q := planted(t, emergingMarket(36))
	h, err := trend.ReplayEmerging(t.Context(), q, trend.EmergingQuestion{Windows: shortGap}, week(20))
	if err != nil {
		t.Fatal(err)
	}
	if h.Last.Refusal != nil || h.Last.Unit != trend.Week || !h.Last.At.Equal(unitOf(week(35))) {
		t.Fatalf("as of %s, by the %s: %+v", h.Last.At, h.Last.Unit, h.Last.Refusal)
	}
	// The first evaluation that has 32 weeks after the first look is as of week 33; the second makes it emerging.
	if diff := cmp.Diff([]string{unitOf(week(34)).Format(time.DateOnly) + " prompt engineer emerging"}, toldOf(h)); diff != "" {
		t.Fatalf("(-planted +told):\n%s", diff)
	}
	i := slices.IndexFunc(h.Transitions, func(x trend.Transition) bool { return x.To == trend.StageEmerging })
	told := h.Transitions[i]
	if told.State.Class != trend.Unwatched || !told.State.Onset.Equal(unitOf(week(33))) {
		t.Errorf("class %s, onset %s", told.State.Class, told.State.Onset)
	}
	keys := map[string]bool{}
	for _, m := range told.State.Members {
		keys[m.TermID.String()] = true
	}
	for _, want := range []string{"title\tpromptengineer", "title\tprompt", "skill\tlangchain"} {
		if !keys[want] {
			t.Errorf("%q is no member: %v", want, slices.Sorted(maps.Keys(keys)))
		}
	}
	if keys["role_skill\tprompt engineer langchain"] {
		t.Error("a skill of a role that nobody had is held against all roles")
	}
	c := told.Category
	if c.Pay == nil || *c.Pay != (trend.Pay{Currency: "EUR", Vacancies: c.Vacancies, Low: 110_000, Median: 110_000, High: 110_000}) {
		t.Errorf("pay %+v", c.Pay)
	}
	if len(c.Skills) == 0 || c.Skills[0].ID != "langchain" || len(c.Examples) == 0 || c.NearestRole == "" {
		t.Errorf("skills %+v, examples %+v, nearest %q", c.Skills, c.Examples, c.NearestRole)
	}
	if p := h.Last.Panel; p.Healthy != 30 || p.Boards != 42 || len(p.LeftOut) != 12 || !strings.Contains(p.LeftOut[0].Why, "first looked at on") {
		t.Errorf("panel %+v", p)
	}
}

func unitOf(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

// testedTerm is a row of the statement.
type testedTerm struct {
	Family     string  `ch:"family"`
	Term       string  `ch:"term"`
	X1         uint64  `ch:"x1"`
	N1         uint64  `ch:"n1"`
	X0         uint64  `ch:"x0"`
	N0         uint64  `ch:"n0"`
	Dispersion float64 `ch:"dispersion"`
	P          float64 `ch:"p"`
	Q          float64 `ch:"q"`
	Employers  uint64  `ch:"employers"`
	Candidates uint64  `ch:"candidates"`
}

// TestEmergingStatement: all p and q of an evaluation are those of an exact test and of Benjamini and Hochberg, and
// its counts those of counting in memory.
func TestEmergingStatement(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine asks the engine for long: runs without -short, also in CI")
	}
	t.Parallel()
	market := emergingMarket(36)
	q := planted(t, market)
	answer, err := trend.Emerging(t.Context(), q, trend.EmergingQuestion{At: week(34), Windows: without})
	if err != nil || answer.Refusal != nil {
		t.Fatal(err, answer.Refusal)
	}
	params := maps.Clone(answer.Params)
	params["q_max"] = "2" // all of them
	var rows []testedTerm
	sql := "SELECT family, term, x1, n1, x0, n0, dispersion, p, q, employers, candidates FROM (" + answer.SQL + ")"
	if err := q.Ask(t.Context(), &rows, sql, params); err != nil {
		t.Fatal(err)
	}
	ps := map[string][]float64{}
	for _, r := range rows {
		ps[r.Family] = append(ps[r.Family], r.P)
		if want := binomialTail(int64(r.X1), int64(r.N1), int64(r.X0), int64(r.N0), 2, r.Dispersion); math.Abs(want-r.P) > tailAccuracy {
			t.Errorf("%s %s: p %g, exactly %g", r.Family, r.Term, r.P, want)
		}
	}
	if len(rows) < 20 || len(ps) != 3 {
		t.Fatalf("%d terms of %d families prove nothing", len(rows), len(ps))
	}
	for _, r := range rows {
		if int(r.Candidates) != len(ps[r.Family]) {
			t.Errorf("%s has %d candidates of %d", r.Family, r.Candidates, len(ps[r.Family]))
		}
		if want := benjaminiHochberg(ps[r.Family], r.P); math.Abs(want-r.Q) > tailAccuracy {
			t.Errorf("%s %s: q %g, want %g", r.Family, r.Term, r.Q, want)
		}
	}
	employers, recent, base := market.count(func(j job) bool { return slices.Contains(j.skills, "langchain") }, week(4), week(30), week(34))
	i := slices.IndexFunc(rows, func(r testedTerm) bool {
		return r.Family == "skill" && r.Term == "langchain"
	})
	if r := rows[i]; int(r.X1) != recent || int(r.X0) != base || int(r.Employers) != employers {
		t.Errorf("langchain: %d recent, %d before, %d employers; counted %d, %d, %d", r.X1, r.X0, r.Employers, recent, base, employers)
	}
}

// benjaminiHochberg is the q of one p among all: the least rate at which it would be rejected.
func benjaminiHochberg(all []float64, p float64) float64 {
	q := 1.0
	for _, limit := range all {
		if limit >= p {
			rank := 0
			for _, other := range all {
				if other <= limit {
					rank++
				}
			}
			q = min(q, limit*float64(len(all))/float64(rank))
		}
	}
	return q
}

// count counts employer-weeks of the boards that were looked at from the beginning.
func (p plot) count(of func(job) bool, baseFrom, baseTo, to time.Time) (employers, recent, base int) {
	seen, names := map[string]bool{}, map[string]bool{}
	for _, j := range p.jobs {
		at := unitOf(week(j.from))
		key := fmt.Sprint(j.employer, at)
		if seen[key] || !of(j) || strings.HasPrefix(j.employer, "Late") || j.from == 0 {
			continue
		}
		seen[key] = true
		switch {
		case !at.Before(unitOf(baseTo)) && at.Before(unitOf(to)):
			recent++
			names[j.employer] = true
		case !at.Before(unitOf(baseFrom)) && at.Before(unitOf(baseTo)):
			base++
		}
	}
	return len(names), recent, base
}

// TestEmergingRefusal: too little history is told in words, with what is needed and from when on.
func TestEmergingRefusal(t *testing.T) {
	t.Parallel()
	q := planted(t, emergingMarket(36))
	for name, c := range map[string]struct {
		question trend.EmergingQuestion
		why      []string
		possible time.Time
	}{
		"short": {
			trend.EmergingQuestion{At: week(20), Windows: without}, []string{"too short a history before 2025-05-26", "watched since 2025-01-06", "for 30 weeks: 4 recent ones, held against the 26 before"}, week(31),
		},
		"months": {
			trend.EmergingQuestion{Unit: trend.Month, Windows: trend.Windows{Recent: 2, Base: 12}}, []string{"7 whole months up to 2025-09-08", "for 14 months"}, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
		},
		"future": {trend.EmergingQuestion{At: week(80), Windows: without}, []string{"nobody has looked after 2025-09-08"}, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := trend.Emerging(t.Context(), q, c.question)
			if err != nil || answer.Refusal == nil {
				t.Fatal(err, "no refusal")
			}
			for _, words := range c.why {
				if !strings.Contains(answer.Refusal.Why, words) {
					t.Errorf("%q does not say %q", answer.Refusal.Why, words)
				}
			}
			if !c.possible.IsZero() && !answer.Refusal.Possible.Equal(unitOf(c.possible)) || c.possible.IsZero() != answer.Refusal.Possible.IsZero() {
				t.Errorf("possible from %s, want %s", answer.Refusal.Possible, c.possible)
			}
		})
	}
	empty, err := trend.Emerging(t.Context(), emptyWorld(t), trend.EmergingQuestion{})
	if err != nil || empty.Refusal == nil || !strings.Contains(empty.Refusal.Why, "Nothing is stored") {
		t.Errorf("an empty store says %+v, %v", empty.Refusal, err)
	}
}

// TestAdvance: stages follow each other, and nothing is told twice.
func TestAdvance(t *testing.T) {
	t.Parallel()
	at := func(n int) time.Time { return unitOf(week(n)) }
	lead, other := trend.TermID{Family: trend.FamilyTitle, Key: "mlops"}, trend.TermID{Family: trend.FamilySkill, Key: "kubeflow"}
	term := func(id trend.TermID, passes bool, x1, x0 uint64) trend.Term {
		ratio := (float64(x1) + .5) / 100 / ((float64(x0) + .5) / 650)
		return trend.Term{TermID: id, Label: id.Key, Passes: passes, X1: x1, N1: 100, X0: x0, N0: 650, Ratio: ratio, Class: trend.Novel}
	}
	look := func(n int, terms ...trend.Term) trend.EmergingAnswer {
		a := trend.EmergingAnswer{At: at(n), Unit: trend.Week, Terms: terms}
		c := trend.Category{Name: "mlops", Lead: lead}
		for _, x := range terms {
			if x.Passes {
				c.Members = append(c.Members, x.TermID)
			}
		}
		if len(c.Members) > 0 {
			c.Lead = c.Members[0]
			c.Name = c.Lead.Key
			a.Categories = []trend.Category{c}
		}
		return a
	}
	both := look(2, term(lead, true, 30, 5), term(other, true, 20, 3))
	for name, c := range map[string]struct {
		looks []trend.EmergingAnswer
		want  []string
	}{
		"twice":        {[]trend.EmergingAnswer{look(1, term(lead, true, 20, 3)), both, look(3, term(lead, true, 40, 8), term(other, true, 30, 5))}, []string{"1 candidate", "2 emerging"}},
		"once":         {[]trend.EmergingAnswer{look(1, term(lead, true, 20, 3)), look(2, term(lead, false, 20, 3)), look(3, term(lead, true, 20, 3))}, []string{"1 candidate", "2 ", "3 candidate"}},
		"with a hole":  {[]trend.EmergingAnswer{look(1, term(lead, true, 20, 3)), look(3, term(lead, true, 20, 3)), look(4, term(lead, true, 20, 3))}, []string{"1 candidate", "4 emerging"}},
		"a refusal":    {[]trend.EmergingAnswer{look(1, term(lead, true, 20, 3)), {At: at(2), Unit: trend.Week, Refusal: &trend.Refusal{}}, look(3, term(lead, true, 20, 3))}, []string{"1 candidate"}},
		"again":        {[]trend.EmergingAnswer{look(1, term(lead, true, 20, 3)), look(1, term(lead, true, 20, 3)), look(2, term(lead, true, 20, 3)), look(2, term(lead, true, 20, 3))}, []string{"1 candidate", "2 emerging"}},
		"established":  {[]trend.EmergingAnswer{look(1, term(lead, true, 20, 3)), both, look(3, term(lead, false, 30, 300), term(other, false, 1, 3)), look(4, term(lead, true, 30, 5))}, []string{"1 candidate", "2 emerging", "3 established"}},
		"faded":        {[]trend.EmergingAnswer{look(1, term(lead, true, 20, 3)), both, look(3, term(lead, false, 0, 300), term(other, false, 1, 3)), look(4, term(lead, false, 0, 40))}, []string{"1 candidate", "2 emerging", "3 established", "4 faded"}},
		"comes back":   {[]trend.EmergingAnswer{look(1, term(lead, true, 20, 3)), look(2, term(lead, true, 20, 3)), look(3, term(lead, false, 0, 0)), look(4, term(lead, true, 20, 3)), look(5, term(lead, true, 20, 3))}, []string{"1 candidate", "2 emerging", "3 faded", "5 emerging"}},
		"another unit": {[]trend.EmergingAnswer{look(1, term(lead, true, 20, 3)), {At: at(2), Unit: trend.Month, Terms: both.Terms, Categories: both.Categories}}, []string{"1 candidate"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var states trend.States
			var got []string
			for _, a := range c.looks {
				before, err := json.Marshal(states)
				if err != nil {
					t.Fatal(err)
				}
				next, told := trend.Advance(states, a)
				if after, _ := json.Marshal(states); string(after) != string(before) {
					t.Errorf("the states were changed: %s, then %s", before, after)
				}
				for _, x := range told {
					got = append(got, fmt.Sprintf("%d %s", int(x.At.Sub(at(0)).Hours()/24/7), x.To))
				}
				text, err := json.Marshal(next)
				if err != nil {
					t.Fatal(err)
				}
				states = trend.States{}
				if err := json.Unmarshal(text, &states); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(next, states, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("JSON loses (-states +read):\n%s", diff)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +told):\n%s", diff)
			}
		})
	}
}
