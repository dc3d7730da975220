package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rolescope/rolescope/internal/planted/onset"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/trend"
)

// The scenes of a real background: its vacancies by month, as posts of threads.
const (
	Background     Scene = "background"      // with categories planted among them
	BackgroundNull Scene = "background_null" // with blocks of months shuffled
)

// Real says whether a scene needs real vacancies.
func (s Scene) Real() bool { return s == Background || s == BackgroundNull }

// Real is a vacancy of a store, as it was when it was new.
type Real struct {
	VacancyID string    `ch:"vacancy_id"`
	FirstSeen time.Time `ch:"first_seen"`
	Source    string    `ch:"source"`
	Board     string    `ch:"board"`
	Employer  string    `ch:"employer"`
	Company   string    `ch:"company"`
	Role      string    `ch:"role"`
	Title     string    `ch:"title_normalised"`
	Skills    []string  `ch:"skills"`
}

// ReadReal reads the new vacancies of a store whose rollups are up to date.
func ReadReal(ctx context.Context, s *store.Store) ([]Real, error) {
	var out []Real
	err := s.Ask(ctx, &out, `SELECT s.vacancy_id AS vacancy_id, s.first_seen AS first_seen, toString(s.source) AS source, toString(s.board) AS board,
			toString(s.employer) AS employer, s.company AS company, toString(s.role) AS role, p.title_normalised AS title_normalised, arrayMap(x -> toString(x), s.skills) AS skills
		FROM v_vacancy_starts AS s
		INNER JOIN (SELECT posting_id, argMax(title_normalised, observed_at) AS title_normalised FROM posting_versions GROUP BY posting_id) AS p ON p.posting_id = s.posting_id
		ORDER BY first_seen, vacancy_id`, nil)
	if err == nil && len(out) == 0 {
		err = errors.New("there is no new vacancy in this store")
	}
	if err != nil {
		return nil, fmt.Errorf("read the background: %w", err)
	}
	return out, nil
}

const (
	realOnsets  = 50
	blockMonths = 4
	blockWeeks  = 4
	// firstMonths are those before the first planted onset: a base window, a gap and a month.
	firstMonths = 16
)

// months are the background's, from its first.
type months struct {
	from time.Time
	n    int
}

func monthsOf(real []Real) months {
	from := time.Date(real[0].FirstSeen.Year(), real[0].FirstSeen.Month(), 1, 0, 0, 0, 0, time.UTC)
	return months{from, months{from: from}.of(real[len(real)-1].FirstSeen) + 1}
}

func (m months) of(t time.Time) int {
	return 12*(t.Year()-m.from.Year()) + int(t.Month()) - int(m.from.Month())
}

func (m months) start(i int) time.Time { return m.from.AddDate(0, i, 0) }

// week is that of a moment, from the first month's beginning.
func (m months) week(t time.Time) int { return int(t.Sub(m.from) / (7 * 24 * time.Hour)) }

// ReplayReal fills an empty store with real vacancies and what a scene does to them, and evaluates every month.
func ReplayReal(ctx context.Context, s *store.Store, real []Real, scene Scene, seed uint64) (Reading, error) {
	span := monthsOf(real)
	real = slices.Clone(real)
	if scene == BackgroundNull {
		to := onset.Shuffled(span.n, blockMonths, seed)
		for i, v := range real {
			month := span.of(v.FirstSeen)
			real[i].FirstSeen = span.start(to[month]).Add(min(v.FirstSeen.Sub(span.start(month)), 27*24*time.Hour))
		}
	}
	m := plant(real, span, scene, seed)
	w := &world{Market: m, scene: scene, seed: seed}
	if err := w.write(ctx, s, w.posts(real, span)); err != nil {
		return Reading{}, err
	}
	if err := w.activate(ctx, s, Former); err != nil {
		return Reading{}, err
	}
	r := newReading(m, scene)
	r.Unit, r.Units, r.Vacancies = trend.Month, span.n, len(real)
	var states trend.States
	for month := 4; month <= span.n; month++ {
		at := span.start(month)
		a, err := trend.Emerging(ctx, querier{s}, states.Next(trend.EmergingQuestion{Unit: trend.Month}, at))
		if err != nil {
			return r, fmt.Errorf("evaluate %s: %w", at.Format(time.DateOnly), err)
		}
		if states, err = r.fold(w, span.week(at), states, a); err != nil {
			return r, err
		}
	}
	return r, nil
}

// plant has some of the vacancies mention what emerges, in Background.
func plant(real []Real, span months, scene Scene, seed uint64) *onset.Market {
	index := map[string]int{}
	var vacancies []onset.Vacancy
	for _, v := range real {
		if _, ok := index[v.Employer]; !ok {
			index[v.Employer] = len(index)
		}
		vacancies = append(vacancies, onset.Vacancy{Employer: index[v.Employer], Week: span.week(v.FirstSeen)})
	}
	onsets := realOnsets
	if scene != Background {
		onsets = 0
	}
	return onset.Inject(vacancies, len(index), span.week(span.start(span.n)), span.week(span.start(firstMonths)), onsets, seed)
}

// posts are real vacancies as posts of monthly threads, and the runs that saw them.
func (w *world) posts(real []Real, span months) []any {
	var out []any
	type thread struct {
		source, board string
		month         int
	}
	listings := map[thread][]posting.Listed{}
	for i, v := range real {
		at := span.start(span.of(v.FirstSeen) + 1).Add(-time.Hour)
		p := posting.Posting{
			Source: v.Source, Board: v.Board, ExternalID: fmt.Sprint(i), ContentHash: fmt.Sprint(i), ObservedAt: at, TaggerVersion: Former,
			Company: v.Company, CompanyKey: v.Employer, Title: v.Title, TitleNormalised: v.Title, RoleTitle: v.Role, RoleText: v.Role,
			VacancyID: posting.VacancyID(v.Employer, fmt.Sprint(i), v.VacancyID),
		}
		p.PostingID = posting.ID(p.Source, p.Board, p.ExternalID)
		p.RawID = posting.RawID(p.PostingID, p.ContentHash, "1")
		p.ID = posting.TagID(p.RawID, Former)
		planted := w.Vacancies[i]
		if planted.Title > 0 {
			p.Title = emergingTitle(planted.Title-w.Titles) + " engineer"
			p.TitleNormalised = p.Title
		}
		skills := v.Skills
		for _, s := range planted.Skills {
			skills = append(slices.Clip(skills), w.skill(s))
		}
		for _, s := range skills {
			p.Skills = append(p.Skills, posting.Skill{ID: s, Label: s, Kind: "tool", Field: "description", Section: "requirements", ParagraphHash: p.PostingID})
		}
		out = append(out, p)
		key := thread{v.Source, v.Board, span.of(v.FirstSeen)}
		listings[key] = append(listings[key], posting.Listed{ExternalID: p.ExternalID, ContentHash: p.ContentHash, At: v.FirstSeen})
	}
	for t, listing := range listings {
		at := span.start(t.month + 1).Add(-time.Hour)
		run := posting.NewRun(t.source, t.board, "", posting.ProofEvent, at, at)
		run.Outcome, run.Complete, run.Listing = posting.OutcomeOK, true, listing
		run.Fetched, run.Expected = len(listing), len(listing)
		for _, part := range run.Split() {
			out = append(out, part)
		}
	}
	return out
}
