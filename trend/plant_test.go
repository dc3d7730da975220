package trend_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store/storetest"
	"github.com/rolescope/rolescope/trend"
)

// plot is a market that a test invents: what is said of its boards and jobs is all that is so.
type plot struct {
	weeks  int
	boards map[string]plotBoard
	jobs   []job
}

// plotBoard is looked at in every week from its first on, and its looks of the blind weeks are not whole.
type plotBoard struct {
	first int
	blind []int
	proof posting.Proof // empty is full
}

// job is listed from one week to before another. Its board is its employer's unless it says another.
type job struct {
	id, employer, board, role string
	skills                    []string // in a paragraph of its own, among the requirements
	boiler                    []string // in the employer's paragraph about itself, which all its jobs have
	from, to                  int
	copies                    int            // 0 is one
	pay                       posting.Salary // zero is not said
	roles                     []string
}

var plotStart = time.Date(2025, 1, 6, 6, 0, 0, 0, time.UTC) // a Monday

func week(n int) time.Time { return plotStart.AddDate(0, 0, 7*n) }

// asker of a plot also says when it was recorded.
type plotted struct{ asker }

func (plotted) DataCut(context.Context) (time.Time, error) { return week(500), nil }

// planted is a store with the plot in it: the same store for equal plots.
func planted(t *testing.T, p plot) plotted {
	t.Helper()
	return plotted{shared.market(t, fmt.Sprintf("%+v", p), p.messages, true)}
}

// messages are what crawls of the plot's boards would send.
func (p plot) messages() (out []any) {
	p.jobs, p.boards = slices.Clone(p.jobs), maps.Clone(p.boards)
	if p.boards == nil {
		p.boards = map[string]plotBoard{}
	}
	for i, j := range p.jobs {
		if j.board == "" {
			p.jobs[i].board = j.employer
		}
		if _, ok := p.boards[p.jobs[i].board]; !ok {
			p.boards[p.jobs[i].board] = plotBoard{}
		}
	}
	for name, board := range p.boards {
		if board.proof == "" {
			board.proof = posting.ProofFull
		}
		for w := board.first; w < p.weeks; w++ {
			run := posting.NewRun("plot", name, name, board.proof, week(w), week(w))
			run.Outcome, run.Complete = posting.OutcomeOK, !slices.Contains(board.blind, w)
			if !run.Complete {
				run.Outcome = posting.OutcomePartial
			}
			for _, j := range p.jobs {
				for c := range max(1, j.copies) {
					if j.board == name && w >= j.from && w < j.to {
						posted := j.posting(run, c)
						run.Listing = append(run.Listing, posting.Listed{ExternalID: posted.ExternalID, ContentHash: posted.ContentHash})
						out = append(out, posted)
					}
				}
			}
			run.Fetched = len(run.Listing)
			for _, part := range run.Split() {
				out = append(out, part)
			}
		}
	}
	return out
}

func (j job) posting(run posting.Run, number int) posting.Posting {
	external := fmt.Sprint(j.id, "-", number)
	p := posting.Posting{
		Source: run.Source, Board: run.Board, ExternalID: external, PostingID: posting.ID(run.Source, run.Board, external),
		ContentHash: fmt.Sprintf("%064x", len(j.id)), ObservedAt: run.ObservedAt, TaggerVersion: storetest.Tagger,
		Company: j.employer, CompanyKey: strings.ToLower(j.employer), Title: j.role, TitleNormalised: j.role, RoleTitle: j.role, Roles: j.roles,
		VacancyID: posting.VacancyID(j.employer, j.id, ""), Language: "en",
	}
	p.RawID = posting.RawID(p.PostingID, p.ContentHash, "1")
	p.ID = posting.TagID(p.RawID, storetest.Tagger)
	for _, s := range j.skills {
		p.Skills = append(p.Skills, posting.Skill{ID: s, Label: s, Kind: "tool", Field: "description", Section: "requirements", ParagraphHash: "own " + j.id, End: 1})
	}
	for i, s := range j.boiler {
		p.Skills = append(p.Skills, posting.Skill{ID: s, Label: s, Kind: "tool", Field: "description", Section: "company", ParagraphHash: "about " + j.employer, Start: 10 + i, End: 11 + i})
	}
	if j.pay != (posting.Salary{}) {
		p.Salaries = []posting.Salary{j.pay}
	}
	return p
}

// employers are n of them, each with jobs of two roles that run through the whole plot. skills says what a job
// of a role asks for.
func employers(n, weeks int, skills func(employer int, role string) []string) (jobs []job) {
	for e := range n {
		for _, role := range []string{"alpha", "beta"} {
			for k := range 3 {
				jobs = append(jobs, job{
					id: fmt.Sprintf("%s%d%d", role, e, k), employer: fmt.Sprintf("e%02d", e), role: role, skills: skills(e, role), from: 0, to: weeks,
				})
			}
		}
	}
	return jobs
}

// tastes are skills of which roles share some, and employers differ in them.
func tastes(e int, role string) []string {
	out := []string{"shared"}
	if e%2 == 0 {
		out = append(out, "some")
	}
	if e%3 == 0 {
		out = append(out, role+"-rare")
	}
	return append(out, role+"-own")
}

func similarity(t *testing.T, q trend.Querier, scope trend.Scope) trend.SimilarityAnswer {
	t.Helper()
	scope.Roles = []string{"alpha", "beta"}
	answer, err := trend.Similarity(t.Context(), q, trend.SimilarityQuestion{Scope: scope})
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Pairs) != 1 {
		t.Fatalf("%d pairs", len(answer.Pairs))
	}
	return answer
}
