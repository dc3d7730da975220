package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/trend"
	"github.com/rolescope/rolescope/web"
)

// benchQuestion is one thing that is timed. before, if set, is called before each run and not timed.
type benchQuestion struct {
	name   string
	warm   bool // it has no cold time
	before func(*benchStore, context.Context) error
	ask    func(context.Context, benchTarget) error
}

// benchTarget is what questions are asked of.
type benchTarget struct {
	q       trend.Querier
	store   *store.Store
	web     http.Handler
	posting string // the id of one
	now     *time.Time
	anew    func() (http.Handler, error) // a dashboard that remembers nothing
}

// benchQuestions are what is timed, in the report's order: a new question is a line here.
func benchQuestions() []benchQuestion {
	const role, skill, company = "ml_engineer", "skill_010", "Employer 0003"
	month := func(year int, m time.Month) trend.Span {
		return trend.Span{From: time.Date(year, m, 1, 0, 0, 0, 0, time.UTC), To: time.Date(year, m+1, 1, 0, 0, 0, 0, time.UTC)}
	}
	one := trend.Scope{Roles: []string{role}}
	out := []benchQuestion{
		asked("volumes", trend.VolumesOf, trend.VolumesQuestion{}),
		asked("volumes, one role", trend.VolumesOf, trend.VolumesQuestion{Scope: one}),
		asked("volumes, one company", trend.VolumesOf, trend.VolumesQuestion{Scope: trend.Scope{Companies: []string{company}}}),
		asked("volumes by country", trend.VolumesOf, trend.VolumesQuestion{By: "country"}),
		asked("volumes, quarters", trend.VolumesOf, trend.VolumesQuestion{Scope: trend.Scope{Period: trend.Quarter}}),
		asked("volumes, weeks", trend.VolumesOf, trend.VolumesQuestion{Scope: trend.Scope{Period: trend.Week}}),
		asked("mentions, one role", trend.Mentions, trend.MentionsQuestion{Scope: one}),
		asked("mentions, one skill", trend.Mentions, trend.MentionsQuestion{Skill: skill}),
		asked("postings", trend.Postings, trend.PostingsQuestion{Page: 1, Rows: 50}),
		asked("postings, page 1000", trend.Postings, trend.PostingsQuestion{Page: 1000, Rows: 50}),
		asked("postings, role skill open", trend.Postings, trend.PostingsQuestion{Role: role, Skill: skill, Open: true, Page: 1, Rows: 50}),
		asked("postings, words company", trend.Postings, trend.PostingsQuestion{Words: "search", Company: "0003", Page: 1, Rows: 50}),
		asked("postings, no match", trend.Postings, trend.PostingsQuestion{Words: "no such words", Page: 1, Rows: 50}),
		{name: "catalogue", ask: func(ctx context.Context, t benchTarget) error { _, err := trend.Catalogue(ctx, t.q); return err }},
		{name: "summary", ask: func(ctx context.Context, t benchTarget) error { _, err := trend.Summary(ctx, t.q); return err }},
		{name: "posting", ask: func(ctx context.Context, t benchTarget) error {
			_, err := trend.Posting(ctx, t.q, t.posting)
			return err
		}},
		{name: "status", ask: func(ctx context.Context, t benchTarget) error { _, err := t.store.Status(ctx); return err }},
		statement("v_role_skill_month", "SELECT * FROM v_role_skill_month"),
		statement("v_role_similarity", "SELECT * FROM v_role_similarity"),
	}
	pair := trend.Scope{Roles: []string{role, "data_scientist"}}
	out = append(
		out,
		asked("shares, one role", trend.Shares, trend.SharesQuestion{Scope: trend.Scope{Roles: one.Roles}}),
		asked("similarity", trend.Similarity, trend.SimilarityQuestion{}),
		asked("slope", trend.Slope, trend.SlopeQuestion{Scope: pair}),
		asked("slope, falsified", trend.Slope, trend.SlopeQuestion{Scope: pair, Permutations: 200, Seed: 1}),
		asked("change", trend.Change, trend.ChangeQuestion{Before: month(2024, time.December), After: month(2025, time.December)}),
		asked("continuum", trend.Continuum, trend.ContinuumQuestion{}),
		asked("salary", trend.Salary, trend.SalaryQuestion{}),
		asked("lifetimes", trend.Lifetimes, trend.LifetimeQuestion{}),
		asked("emerging, one week", trend.Emerging, trend.EmergingQuestion{Unit: trend.Week}),
		asked("emerging, one month", trend.Emerging, trend.EmergingQuestion{Unit: trend.Month}),
	)
	out = append(out, benchQuestion{name: "refresh, nothing new", ask: refreshAll}, benchQuestion{name: "refresh, one month touched", before: (*benchStore).late, ask: refreshAll})
	for _, address := range []string{
		"/", "/roles/" + role, "/skills", "/skills/" + skill, "/postings", "/postings?open=1&role=" + role + "&skill=" + skill, "/postings?q=search", "/postings/{id}",
	} {
		out = append(out, page(address, false), page(address, true))
	}
	return out
}

func refreshAll(ctx context.Context, t benchTarget) error {
	_, err := t.store.Refresh(ctx)
	return err
}

// asked is a question of trend.
func asked[Q, A any](name string, ask func(context.Context, trend.Querier, Q) (A, error), question Q) benchQuestion {
	return benchQuestion{name: name, ask: func(ctx context.Context, t benchTarget) error {
		_, err := ask(ctx, t.q, question)
		return err
	}}
}

// statement is what an analyst writes.
func statement(name, text string) benchQuestion {
	return benchQuestion{name: "sql " + name, ask: func(ctx context.Context, t benchTarget) error {
		return t.store.Raw(ctx, io.Discard, text, "TSV", nil)
	}}
}

// page is one of the dashboard: made anew by one that remembers nothing, also not the names of roles and skills, or
// asked again while nothing is stored. The clock goes on by more than an answer is given without a look whether that is so.
func page(address string, again bool) benchQuestion {
	name := "page " + address
	if again {
		name += ", again"
	}
	return benchQuestion{name: name, warm: again, ask: func(ctx context.Context, t benchTarget) (err error) {
		*t.now = t.now.Add(6 * time.Second)
		h := t.web
		if !again {
			if h, err = t.anew(); err != nil {
				return err
			}
		}
		path := address
		if address == "/postings/{id}" {
			path = "/postings/" + t.posting
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil))
		if w.Code != http.StatusOK {
			return fmt.Errorf("status %d", w.Code)
		}
		return nil
	}}
}

// target is the store as it is open now. Finding a posting to ask about does not touch the questions' columns.
func (b *benchStore) target(ctx context.Context) (benchTarget, error) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	t := benchTarget{q: reader{b.store}, store: b.store, now: &now}
	var rows []struct {
		ID string `ch:"posting_id"`
	}
	err := b.store.Select(ctx, &rows, "SELECT posting_id FROM posting_skills LIMIT 1")
	if err == nil && len(rows) == 0 {
		err = errors.New("no postings are stored")
	}
	if err != nil {
		return t, fmt.Errorf("find a posting: %w", err)
	}
	t.posting = rows[0].ID
	t.anew = func() (http.Handler, error) {
		return web.New(web.Options{Querier: t.q, Follower: b.store, Version: version, Now: func() time.Time { return now }})
	}
	t.web, err = t.anew()
	return t, err
}
