package markettest_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/internal/market/markettest"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/trend"
)

func TestMain(m *testing.M) { markettest.Main(m) }

// asker asks the store as cmd does.
type asker struct{ *store.Store }

func (a asker) Select(ctx context.Context, dest any, query string, params map[string]string) error {
	var args []any
	for name, value := range params {
		args = append(args, store.Named(name, value))
	}
	return a.Store.Select(ctx, dest, query, args...)
}

// seeds is how many markets of full size are tested beside the small ones.
const seeds = "ROLESCOPE_TEST_MARKET_SEEDS"

// markets are two small markets (one with -short), and as many large ones as the environment asks for,
// each made when it is its turn: rendered, one takes a hundred megabytes.
func markets(t *testing.T) iter.Seq[*market.Market] {
	n, _ := strconv.Atoi(os.Getenv(seeds))
	return func(yield func(*market.Market) bool) {
		if !yield(small(t, 0)) || testing.Short() { // the race detector makes tagging ten times slower
			return
		}
		if !yield(small(t, 1)) {
			return
		}
		for seed := range n {
			if !yield(made(t, market.Config{Seed: uint64(seed)})) {
				return
			}
		}
	}
}

func made(t *testing.T, cfg market.Config) *market.Market {
	t.Helper()
	m, err := market.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// june has a December in the 40 weeks after it.
var june = time.Date(2024, 6, 3, 0, 0, 0, 0, time.UTC)

func small(t *testing.T, seed uint64) *market.Market {
	t.Helper()
	return made(t, market.Config{Seed: seed, Employers: 15, Weeks: 40, Start: june})
}

// byID finds the truth about a posting.
func byID(m *market.Market) map[string]market.Advert {
	out := map[string]market.Advert{}
	for _, a := range m.Adverts() {
		out[posting.ID(a.Source, a.Board, a.ID)] = a
	}
	return out
}

// filled is a market in a store.
type filled struct {
	*market.Market
	store *store.Store
	sent  markettest.Messages
	lives map[string]market.Life // by posting id
}

// TestStoreAgainstTruth: what the views and questions say of a market is what is true of it.
func TestStoreAgainstTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("statistics, of no use to the race detector: run in full without -short, also in CI")
	}
	t.Parallel()
	for m := range markets(t) {
		t.Run(fmt.Sprintf("%d_employers_seed_%d", len(m.Boards()), m.Config().Seed), func(t *testing.T) {
			start := time.Now()
			f := filled{Market: m, store: markettest.Open(t), lives: map[string]market.Life{}}
			f.sent, _ = markettest.Fill(t, f.store, m, markettest.Visits(m))
			for _, l := range m.Lives(f.sent.Seen) {
				f.lives[posting.ID(l.Advert.Source, l.Advert.Board, l.Advert.ID)] = l
			}
			t.Logf("%d postings of %d boards filled in %s", len(f.lives), len(m.Boards()), time.Since(start).Round(time.Millisecond))
			for name, test := range map[string]func(*testing.T, filled){
				"volume": testVolume, "adverts": testAdverts, "spells": testSpells, "skills": testSkills, "events": testEvents,
			} {
				t.Run(name, func(t *testing.T) { test(t, f) })
			}
		})
	}
}

// cell is a role in a week.
type cell struct{ week, role string }

// diff compares two maps and shows what differs, not what is equal.
func diff[K comparable, V comparable](t *testing.T, want, got map[K]V) {
	t.Helper()
	shown := 0
	show := func(k K, w, g any) {
		if shown++; shown <= 10 {
			t.Errorf("%v: want %v, got %v", k, w, g)
		}
	}
	for k, w := range want {
		if g, ok := got[k]; !ok {
			show(k, w, "nothing")
		} else if g != w {
			show(k, w, g)
		}
	}
	for k, g := range got {
		if _, ok := want[k]; !ok {
			show(k, "nothing", g)
		}
	}
	if shown > 10 {
		t.Errorf("%d differ of %d", shown, len(want))
	}
}

// testVolume: active and new vacancies per role and week.
func testVolume(t *testing.T, f filled) {
	answer, err := trend.Volume(t.Context(), asker{f.store}, trend.VolumeQuestion{Filter: trend.Filter{Period: trend.Week}})
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[cell][2]int{}, map[cell][2]int{}
	for _, c := range f.Expected(f.sent.Seen) {
		want[cell{c.Week.Format(time.DateOnly), c.Role}] = [2]int{c.ActiveVacancies, c.NewVacancies}
	}
	for _, r := range answer.Rows {
		got[cell{r.Period.Format(time.DateOnly), r.Group}] = [2]int{int(r.Active), int(r.New)}
	}
	diff(t, want, got)
	t.Logf("%d cells of a role and a week", len(want))
}

// testAdverts: the same of adverts, of which a vacancy may have many.
func testAdverts(t *testing.T, f filled) {
	var rows []struct {
		Week   time.Time `ch:"week"`
		Role   string    `ch:"role"`
		Active uint64    `ch:"active"`
		Fresh  uint64    `ch:"fresh"`
	}
	const q = `SELECT week, role, uniqExact(posting_id) AS active, uniqExactIf(posting_id, week = opened AND number = 1 AND NOT censored) AS fresh
		FROM (
			SELECT s.posting_id AS posting_id, p.role_title AS role, toMonday(s.opened_at) AS opened, s.spell AS number, s.opened_censored AS censored,
				arrayJoin(arrayMap(i -> addWeeks(toMonday(s.opened_at), i), range(toUInt32(1 + dateDiff('week', toMonday(s.opened_at), toMonday(s.active_until)))))) AS week
			FROM v_spells AS s INNER JOIN v_postings AS p ON p.posting_id = s.posting_id
		) GROUP BY week, role`
	if err := (asker{f.store}).Select(t.Context(), &rows, q, nil); err != nil {
		t.Fatal(err)
	}
	want, got := map[cell][2]int{}, map[cell][2]int{}
	for _, c := range f.Expected(f.sent.Seen) {
		want[cell{c.Week.Format(time.DateOnly), c.Role}] = [2]int{c.ActivePostings, c.NewPostings}
	}
	for _, r := range rows {
		got[cell{r.Week.Format(time.DateOnly), r.Role}] = [2]int{int(r.Active), int(r.Fresh)}
	}
	diff(t, want, got)
}

// spell is a row of v_spells.
type spell struct {
	PostingID string     `ch:"posting_id"`
	Number    uint32     `ch:"spell"`
	Opened    time.Time  `ch:"opened_at"`
	Last      time.Time  `ch:"last_seen"`
	Closed    *time.Time `ch:"closed_at"`
	Censored  bool       `ch:"opened_censored"`
}

func spells(t *testing.T, f filled) []spell {
	t.Helper()
	var rows []spell
	if err := (asker{f.store}).Select(t.Context(), &rows, "SELECT posting_id, spell, opened_at, last_seen, closed_at, opened_censored FROM v_spells", nil); err != nil {
		t.Fatal(err)
	}
	return rows
}

// testSpells: every advert seen has one spell, from its first to its last sighting, closed when it was
// first missed: never while it stood on its board, and never anew.
func testSpells(t *testing.T, f filled) {
	rows := spells(t, f)
	if len(rows) != len(f.lives) {
		t.Errorf("%d spells of %d adverts seen", len(rows), len(f.lives))
	}
	for _, s := range rows {
		l, ok := f.lives[s.PostingID]
		stood := slices.MaxFunc(l.Advert.Listed, func(a, b market.Interval) int { return a.To.Compare(b.To) }).To
		seen := f.sent.Seen[market.Key{Source: l.Advert.Source, Board: l.Advert.Board}]
		switch {
		case !ok || s.Number != 1:
			t.Errorf("a spell nobody made: %+v", s)
		case !s.Opened.Equal(l.First) || !s.Last.Equal(l.Last) || s.Censored != l.Censored:
			t.Errorf("%s: opened %s, last seen %s, censored %t; want %s, %s, %t", l.Advert.Title, s.Opened, s.Last, s.Censored, l.First, l.Last, l.Censored)
		case s.Closed != nil && s.Closed.Before(stood):
			t.Errorf("%s: closed %s while it stood until %s", l.Advert.Title, s.Closed, stood)
		case s.Closed == nil && !l.Missed.IsZero() && l.Missed.Equal(seen[len(seen)-1]):
			// Missed by the last crawl alone: that of a board more than half of which was gone waits.
		case (s.Closed == nil) != l.Missed.IsZero() || s.Closed != nil && !s.Closed.Equal(l.Missed):
			t.Errorf("%s: closed %v, missed %s", l.Advert.Title, s.Closed, l.Missed)
		}
	}
}

// mention is a skill of a role in a month.
type mention struct{ month, role, skill string }

// testSkills: in each month, the vacancies of each role that ask for each skill are those that drew it.
func testSkills(t *testing.T, f filled) {
	answer, err := trend.Skills(t.Context(), asker{f.store}, trend.SkillsQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	of := map[mention]map[int]bool{}
	add := func(m mention, vacancy int) {
		if of[m] == nil {
			of[m] = map[int]bool{}
		}
		of[m][vacancy] = true
	}
	for _, l := range f.lives {
		a := l.Advert
		for month := l.First.AddDate(0, 0, 1-l.First.Day()).Truncate(24 * time.Hour); !month.After(l.Last); month = month.AddDate(0, 1, 0) {
			in := month.Format(time.DateOnly)
			add(mention{in, a.Role, ""}, a.Vacancy)
			for _, s := range a.Skills {
				add(mention{in, a.Role, s.ID}, a.Vacancy)
			}
		}
	}
	want, got := map[mention][2]int{}, map[mention][2]int{}
	for m, vacancies := range of {
		if m.skill != "" {
			want[m] = [2]int{len(vacancies), len(of[mention{m.month, m.role, ""}])}
		}
	}
	for _, r := range answer.Rows {
		got[mention{r.Period.Format(time.DateOnly), r.Role, r.Skill}] = [2]int{int(r.Mentioning), int(r.Total)}
	}
	diff(t, want, got)
	t.Logf("%d cells of a role, a skill and a month", len(want))
}
