package trend_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rolescope/rolescope/store/storetest"
	"github.com/rolescope/rolescope/trend"
)

// answersNow are the answers that may be read from the tables of a refresh, and how many of them were.
func answersNow(t *testing.T, q asker, w storetest.World) (answers []any, fromTables int) {
	t.Helper()
	var audits []trend.Audit
	keep := func(answer any, audit trend.Audit, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		answers, audits = append(answers, answer), append(audits, audit)
	}
	summary, err := trend.Summary(t.Context(), q)
	keep(summary, summary.Audit, err)
	catalogue, err := trend.Catalogue(t.Context(), q)
	keep(catalogue, catalogue.Audit, err)
	questions := []trend.PostingsQuestion{{}, {Open: true}, {Words: "no such words"}, {Role: "no such role"}, {Skill: "no such skill", Open: true}, {Page: 2, Rows: 7}, {Page: 1000, Rows: 200}}
	current, _ := w.Current()
	for _, id := range slices.Sorted(maps.Keys(current)) {
		p := current[id]
		for _, skill := range p.Skills[:min(2, len(p.Skills))] {
			questions = append(questions, trend.PostingsQuestion{Role: p.RoleTitle, Skill: skill.ID}, trend.PostingsQuestion{Skill: skill.ID}, trend.PostingsQuestion{Role: p.RoleTitle, Open: true}, trend.PostingsQuestion{Skill: skill.ID, Open: true})
		}
		questions = append(questions, trend.PostingsQuestion{Words: strings.ToUpper(p.Title)}, trend.PostingsQuestion{Company: strings.ToLower(p.Company), Role: p.RoleTitle})
		if len(questions) > 20 {
			break
		}
	}
	for _, question := range questions {
		question.Page, question.Rows = max(1, question.Page), max(5, question.Rows)
		a, err := trend.Postings(t.Context(), q, question)
		keep(a, a.Audit, err)
	}
	for _, a := range audits {
		if strings.Contains(a.SQL, "v_posting_list") || strings.Contains(a.SQL, "v_posting_counts") {
			fromTables++
		}
	}
	return answers, fromTables
}

// TestRefreshedAnswersAreThoseOfTheViews: what is read from the tables that a refresh makes equals what the
// views say, at the time of the refresh.
func TestRefreshedAnswersAreThoseOfTheViews(t *testing.T) {
	t.Parallel()
	q := emptyWorld(t)
	w := storetest.NewWorld("trend", 45)
	messages := w.Messages()
	refresh := func() {
		t.Helper()
		if _, err := q.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	store := func(messages []any) {
		t.Helper()
		if err := errors.Join(q.Write(t.Context(), messages)...); err != nil {
			t.Fatal(err)
		}
	}
	store(messages)
	want, tables := answersNow(t, q, w)
	if tables != 0 {
		t.Fatalf("%d answers are of tables that nobody has made", tables)
	}
	half, _ := answersNow(t, q, w)
	refresh()
	got, tables := answersNow(t, q, w)
	if tables != len(got) {
		t.Errorf("%d of %d answers are of the tables", tables, len(got))
	}
	noAudit := cmpopts.IgnoreTypes(trend.Audit{})
	if diff := gocmp.Diff(want, got, noAudit); diff != "" {
		t.Errorf("views -, tables +\n%s", diff)
	}
	if diff := gocmp.Diff(want, half, noAudit); diff != "" {
		t.Errorf("the views say something else the second time:\n%s", diff)
	}
	// Another posting, closed and told about by another source of the same employer.
	other := storetest.NewWorld("later", 46)
	store(other.Messages())
	if stale, _ := answersNow(t, q, w); gocmp.Equal(want, stale, noAudit) == false {
		// Runs are of this moment; everything else of the refresh.
		a, b := want[0].(trend.SummaryAnswer), stale[0].(trend.SummaryAnswer)
		b.Boards, b.Runs, b.FirstRun, b.NewestRun = a.Boards, a.Runs, a.FirstRun, a.NewestRun
		stale[0] = b
		if diff := gocmp.Diff(want, stale, noAudit); diff != "" {
			t.Errorf("before the next refresh:\n%s", diff)
		}
	}
	refresh()
	got, _ = answersNow(t, q, w)
	never := emptyWorld(t) // has all of it, and no tables
	if err := errors.Join(never.Write(t.Context(), append(messages, other.Messages()...))...); err != nil {
		t.Fatal(err)
	}
	now, tables := answersNow(t, never, w)
	if tables != 0 || gocmp.Equal(want[0], now[0], noAudit) {
		t.Fatalf("%d answers are of tables, or nothing more was stored", tables)
	}
	if diff := gocmp.Diff(now, got, noAudit); diff != "" {
		t.Errorf("views -, tables +\n%s", diff)
	}
}
