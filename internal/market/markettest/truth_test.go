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

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/internal/market/markettest"
	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
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
	// postings are all versions, as tagged.
	postings []posting.Posting
	lives    map[string]market.Life // by posting id
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
			f.sent, f.postings = markettest.Fill(t, f.store, m, markettest.Visits(m))
			for _, l := range m.Lives(f.sent.Seen) {
				f.lives[posting.ID(l.Advert.Source, l.Advert.Board, l.Advert.ID)] = l
			}
			t.Logf("%d postings of %d boards filled in %s", len(f.lives), len(m.Boards()), time.Since(start).Round(time.Millisecond))
			for name, test := range map[string]func(*testing.T, filled){
				"volumes": testVolumes, "lifetimes": testLifetimes, "adverts": testAdverts, "spells": testSpells, "skills": testSkills, "skill": testSkill, "change": testChange, "events": testEvents,
				"book": testBook, "export": testExport, "dictionary": testDictionary, "recipes": testRecipes, "vacancies": testVacancies,
				"grafana": testGrafana, "dbt": testDBT, "rules": testRules,
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

// vanished reports whether the advert's board said at that moment, wrongly, that most of it was gone.
func (f filled) vanished(a market.Advert, at time.Time) bool {
	return slices.ContainsFunc(f.Script().Vanishings, func(v market.Vanishing) bool {
		return f.Boards()[v.Rank].Key.Board == a.Board && at.Equal(f.Week(v.Week).Add(5*time.Hour))
	})
}

// testSpells: every advert seen has a spell from its first to its last sighting, closed when it was
// first missed: never while it stood on its board. It has another one for each time that it came back
// after Grace, and none besides.
func testSpells(t *testing.T, f filled) {
	got := map[string][]spell{}
	for _, s := range spells(t, f) {
		got[s.PostingID] = append(got[s.PostingID], s)
	}
	if len(got) != len(f.lives) {
		t.Errorf("spells of %d adverts, %d seen", len(got), len(f.lives))
	}
	again := 0
	for id, l := range f.lives {
		slices.SortFunc(got[id], func(a, b spell) int { return int(a.Number) - int(b.Number) })
		var want []spell
		for i, s := range l.Stays {
			w := spell{PostingID: id, Number: uint32(i + 1), Opened: s.First, Last: s.Last, Censored: l.Censored && i == 0}
			if !s.Missed.IsZero() {
				w.Closed = &s.Missed
			}
			want = append(want, w)
		}
		if d := cmp.Diff(want, got[id]); d != "" {
			t.Errorf("%s (-want +got):\n%s", l.Advert.Title, d)
		}
		again += len(l.Stays) - 1
		for i, s := range got[id] {
			if len(got[id]) != len(l.Advert.Listed) || s.Closed == nil || f.vanished(l.Advert, *s.Closed) {
				continue // the board itself said that it was gone, and it was when the board was next seen
			}
			if s.Closed.Before(l.Advert.Listed[i].To) {
				t.Errorf("%s: closed %s while it stood until %s", l.Advert.Title, s.Closed, l.Advert.Listed[i].To)
			}
		}
	}
	if again < 3 {
		t.Errorf("%d adverts came back after they were gone for long: too few to prove anything", again)
	}
}
