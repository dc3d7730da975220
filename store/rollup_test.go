package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/store/storetest"
)

// rollupViews are what a refresh makes.
var rollupViews = []string{"vacancy_months", "employer_skill_months", "role_skill_months", "vacancy_starts"}

// clock is a time that goes on by a minute whenever it is asked.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Minute)
	return c.now
}

func rollupStore(t *testing.T, measure *store.Measure) *store.Store {
	t.Helper()
	c := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	s := store.FreshWith(t, func(cfg *store.Config) { cfg.Now, cfg.Measure = c.Now, measure })
	if err := s.Activate(t.Context(), storetest.Tagger); err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *store.Store, batch []any) {
	t.Helper()
	if err := errors.Join(s.Write(t.Context(), batch)...); err != nil {
		t.Fatal(err)
	}
}

func refresh(t *testing.T, s *store.Store) store.Refreshed {
	t.Helper()
	r, err := s.Refresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func asked(t *testing.T, s *store.Store, query string) string {
	t.Helper()
	var out bytes.Buffer
	if err := s.Raw(t.Context(), &out, query, "TSV", nil); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out.String()
}

// rollups are all rows of the rollups, by month.
func rollups(t *testing.T, s *store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, table := range rollupViews {
		for line := range strings.Lines(asked(t, s, "SELECT month, * EXCEPT (month) FROM "+table+" ORDER BY ALL")) {
			out[line[:len("2006-01")]] += table + "\t" + line
		}
	}
	return out
}

func builtAt(t *testing.T, s *store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(asked(t, s, "SELECT month, built_at, fingerprint FROM v_rollups")) {
		out[line[:len("2006-01")]] = line
	}
	return out
}

func names(months []time.Time) []string {
	out := []string{}
	for _, m := range months {
		out = append(out, m.Format("2006-01"))
	}
	return out
}

// TestRefreshEqualsRebuild: whatever comes in whatever order, refreshed after every batch, the rollups are those
// of one build of everything, and each refresh built what had changed, and nothing else.
func TestRefreshEqualsRebuild(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine, a minute under the race detector")
	}
	steps, untouched, dropped, wholly := 0, 0, 0, 0
	rnd := rand.New(rand.NewPCG(0, 5))
	var messages []any
	for n := range uint64(2) {
		messages = append(messages, storetest.NewWorld(fmt.Sprintf("r%d", n), n).Messages()...)
	}
	whole := rollupStore(t, nil)
	store.ReadInParts(whole, 7)
	put(t, whole, messages)
	refresh(t, whole)
	s := rollupStore(t, nil)
	rnd.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
	for left := messages; len(left) > 0; steps++ {
		n := min(1+rnd.IntN(len(messages)/5), len(left))
		before, built := rollups(t, s), builtAt(t, s)
		put(t, s, left[:n])
		left = left[n:]
		r := refresh(t, s)
		after, now := rollups(t, s), builtAt(t, s)
		want := []string{}
		for month := range after {
			if after[month] != before[month] {
				want = append(want, month)
			} else {
				untouched++
				if built[month] != now[month] {
					t.Errorf("%s has not changed, and was built at %q, then %q", month, built[month], now[month])
				}
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, names(r.Built)); diff != "" {
			t.Errorf("months (-changed +built):\n%s", diff)
		}
		dropped += len(r.Dropped)
		if r.Whole {
			wholly++
		}
		if again := refresh(t, s); len(again.Built)+len(again.Dropped) > 0 {
			t.Errorf("refreshed again, it built %v", again.Built)
		}
	}
	if diff := cmp.Diff(rollups(t, whole), rollups(t, s)); diff != "" {
		t.Errorf("(-built at once +refreshed):\n%s", diff)
	}
	if a, b := listed(t, whole), listed(t, s); a != b || a == [2]uint64{} {
		t.Errorf("the list of postings made in parts %v, at once %v", a, b)
	}
	if untouched < 5 {
		t.Errorf("%d months of %d refreshes were left alone: too few to prove anything", untouched, steps)
	}
	if wholly > 1 {
		t.Errorf("%d of %d refreshes read everything, not only the first", wholly, steps)
	}
	t.Logf("%d refreshes, %d times a month was left alone, %d times dropped", steps, untouched, dropped)
}

// listed is how many postings are listed, and a hash of them.
func listed(t *testing.T, s *store.Store) (out [2]uint64) {
	t.Helper()
	var rows []struct {
		N    uint64 `ch:"n"`
		Hash uint64 `ch:"hash"`
	}
	if err := s.Select(t.Context(), &rows, "SELECT count() AS n, sum(cityHash64(* EXCEPT (data_state))) AS hash FROM posting_list"); err != nil {
		t.Fatal(err)
	}
	return [2]uint64{rows[0].N, rows[0].Hash}
}

// TestRefreshKilled: a refresh that ends before any of its steps leaves what the next one mends.
func TestRefreshKilled(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	measure := countingMeasure()
	messages := storetest.NewWorld("k", 3).Messages()
	whole := rollupStore(t, measure)
	put(t, whole, messages)
	refresh(t, whole)
	want := rollups(t, whole)
	if len(want) < 2 {
		t.Fatalf("%d months", len(want))
	}
	killed := errors.New("killed")
	for _, step := range []int{0, 2, 4, 6} { // of the second month: between tables, before it is recorded
		s := rollupStore(t, measure)
		put(t, s, messages[:len(messages)/2])
		refresh(t, s)
		put(t, s, messages)
		n, at := 0, ""
		store.FailBefore(s, func(before string) error {
			if n++; n == 7+step {
				at = before
				return killed
			}
			return nil
		})
		if _, err := s.Refresh(t.Context()); !errors.Is(err, killed) && at != "" {
			t.Fatalf("before %q: %v", at, err)
		}
		store.FailBefore(s, nil)
		if left := asked(t, s, "SELECT count() FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'scratch_')"); left != "0\n" {
			t.Errorf("%s scratch tables are left", left)
		}
		refresh(t, s)
		if diff := cmp.Diff(want, rollups(t, s)); diff != "" {
			t.Errorf("killed before %q (-whole +mended):\n%s", at, diff)
		}
		const shown = "SELECT month, role_a, role_b, vacancies_a FROM v_role_similarity ORDER BY ALL"
		if diff := cmp.Diff(asked(t, whole, shown), asked(t, s, shown)); diff != "" {
			t.Errorf("killed before %q, similarities (-whole +mended):\n%s", at, diff)
		}
	}
}

// TestRefreshTwiceAtOnce: two processes refresh while a third writes.
func TestRefreshTwiceAtOnce(t *testing.T) {
	t.Parallel()
	messages := storetest.NewWorld("two", 5).Messages()
	whole := rollupStore(t, nil)
	put(t, whole, messages)
	refresh(t, whole)
	s := rollupStore(t, nil)
	others := []*store.Store{store.Again(t, s), store.Again(t, s)}
	done := make(chan error, len(others))
	for _, other := range others {
		go func() {
			var err error
			for range 4 {
				_, e := other.Refresh(t.Context())
				err = errors.Join(err, e)
			}
			done <- err
		}()
	}
	for part := range slices.Chunk(messages, len(messages)/4+1) {
		put(t, s, part)
	}
	for range others {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	refresh(t, s)
	if diff := cmp.Diff(rollups(t, whole), rollups(t, s)); diff != "" {
		t.Errorf("(-alone +two at once):\n%s", diff)
	}
}

// countingMeasure says of each month how many vacancies its pairs of roles have.
func countingMeasure() *store.Measure {
	return &store.Measure{Version: "m", Similarities: countSimilarities}
}

// TestLateData: what an import of an old month changes is that month, and what was published of it is kept.
func TestLateData(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	s := rollupStore(t, countingMeasure())
	at := time.Date(2025, 6, 10, 0, 0, 0, 0, time.UTC)
	for i := range 4 {
		put(t, s, snapshot(at.AddDate(0, i, 0), "acme", "cook", "baker"))
	}
	first := refresh(t, s)
	if diff := cmp.Diff([]string{"2025-06", "2025-07", "2025-08", "2025-09"}, names(first.Built)); diff != "" {
		t.Fatal(diff)
	}
	before, built := rollups(t, s), builtAt(t, s)
	put(t, s, snapshot(at.AddDate(0, 1, 3), "late", "cook", "baker", "waiter"))
	late := refresh(t, s)
	if diff := cmp.Diff([]string{"2025-07"}, names(late.Built)); diff != "" {
		t.Error(diff)
	}
	for month, rows := range rollups(t, s) {
		if (rows == before[month]) != (month != "2025-07") || (builtAt(t, s)[month] == built[month]) != (month != "2025-07") {
			t.Errorf("%s: touched or not, it is otherwise", month)
		}
	}
	const revisions = "SELECT month, revision, shown, role_a, role_b, vacancies_a FROM v_similarity_revisions WHERE month IN ('2025-06-01', '2025-07-01') ORDER BY ALL"
	want := "2025-06-01\t1\ttrue\tbaker\tcook\t1\n" +
		"2025-07-01\t1\tfalse\tbaker\tcook\t1\n" +
		"2025-07-01\t2\ttrue\tbaker\tcook\t2\n2025-07-01\t2\ttrue\tbaker\twaiter\t2\n2025-07-01\t2\ttrue\tcook\twaiter\t2\n"
	if diff := cmp.Diff(want, asked(t, s, revisions)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("2025-07-01\t2\n", asked(t, s, "SELECT DISTINCT month, revision FROM v_role_similarity WHERE revision > 1")); diff != "" {
		t.Error(diff)
	}
}

// snapshot is one look at a board that lists one new advert per role, each for that moment only.
func snapshot(at time.Time, company string, roles ...string) []any {
	run := posting.NewRun("x", fmt.Sprintf("%s%d", company, at.Unix()), company, posting.ProofWindow, at.Add(-time.Minute), at)
	run.Outcome, run.Complete = posting.OutcomeOK, true
	var out []any
	for _, role := range roles {
		raw, p := advert(run, role, role)
		run.Listing = append(run.Listing, posting.Listed{ExternalID: raw.Record.ExternalID, ContentHash: raw.ContentHash})
		out = append(out, raw, p)
	}
	run.Fetched = len(run.Listing)
	for _, part := range run.Split() {
		out = append(out, part)
	}
	return out
}

// advert is an advert of a role with mentions of skills.
func advert(run posting.Run, id, role string, skills ...posting.Skill) (posting.Raw, posting.Posting) {
	raw, err := posting.NewRaw(run, "1", posting.Record{ExternalID: id, Title: role, Description: run.Board + id})
	if err != nil {
		panic(err) // an invented record is valid
	}
	return raw, posting.Posting{
		ID: posting.TagID(raw.ID, storetest.Tagger), RawID: raw.ID, PostingID: raw.PostingID, Source: raw.Source, Board: raw.Board,
		ExternalID: id, ContentHash: raw.ContentHash, ObservedAt: raw.ObservedAt, TaggerVersion: storetest.Tagger,
		Company: run.Company, CompanyKey: strings.ToLower(run.Company), Title: role, Description: run.Board + id, RoleTitle: role,
		VacancyID: posting.VacancyID(run.Company, role, run.Board+id), Skills: skills,
	}
}
