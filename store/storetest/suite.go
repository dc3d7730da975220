// Package storetest is the conformance suite of the store: what holds on the embedded engine must
// hold on any ClickHouse server. It is not the store's unit tests, and only tests call it.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
)

// Open opens a store on a database that is empty when the test begins and gone when it ends.
// Opened twice in one test it is two databases.
type Open func(t testing.TB) *store.Store

// Run runs the whole suite.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Open){
		"DeliveryDoesNotShow":    testDelivery,
		"RoleSkillMonth":         testRoleSkillMonth,
		"PostingRoundTrip":       testRoundTrip,
		"RefusedRowIsFound":      testRefused,
		"LateRunRefolds":         testLateRun,
		"ManyWriters":            testManyWriters,
		"LongListing":            testLongListing,
		"Verify":                 testVerify,
		"VersionsNeverMix":       testVersions,
		"ReplayFindsWhatIsLeft":  testUntagged,
		"SwitchedUnderQuestions": testSwitch,
		"DeadLetters":            testDead,
		"Alerts":                 testAlerts,
		"RawStreams":             testRaw,
		"StatusCounts":           testStatus,
		"EmptyStoreBalances":     testEmpty,
		"SameVersionSeenLater":   testFirstObserved,
		"TextsOfAnyBytes":        testBytes,
		"UnknownMessageIsPoison": testUnknown,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open)
		})
	}
}

// tb is what *testing.T and *rapid.T have in common.
type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// mustWrite writes one batch and fails on any error.
func mustWrite(t tb, s *store.Store, batch ...any) {
	t.Helper()
	for i, err := range s.Write(context.Background(), batch) {
		if err != nil {
			t.Fatalf("write %T: %v", batch[i], err)
		}
	}
}

func activated(t tb, s *store.Store) *store.Store {
	t.Helper()
	if err := s.Activate(context.Background(), Tagger); err != nil {
		t.Fatal(err)
	}
	return s
}

// tsv is a query's answer as text.
func tsv(t tb, s *store.Store, query string) string {
	t.Helper()
	var out bytes.Buffer
	if err := s.Raw(context.Background(), &out, query, "TSVWithNames", nil); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out.String()
}

// refreshed brings the rollups up to date.
func refreshed(t tb, s *store.Store) store.Refreshed {
	t.Helper()
	r, err := s.Refresh(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// contents is what every view shows of one world.
func contents(t tb, s *store.Store, w World) map[string]string {
	t.Helper()
	refreshed(t, s)
	out := map[string]string{}
	for view, where := range map[string]string{
		"v_postings":         "source = '" + w.Source + "'",
		"v_spells":           "source = '" + w.Source + "'",
		"v_runs":             "source = '" + w.Source + "'",
		"v_posting_skills":   "source = '" + w.Source + "'",
		"v_vacancies":        "has(sources, '" + w.Source + "')",
		"v_role_skill_month": "startsWith(role, '" + w.Name + "_')",
		"v_dead":             "source = '" + w.Source + "'",
	} {
		out[view] = tsv(t, s, "SELECT * FROM "+view+" WHERE "+where+" ORDER BY ALL")
	}
	return out
}

// deliveryChecks is how many worlds are delivered: each takes some fifteen batches of up to 200 ms.
const deliveryChecks = 6

// testDelivery: order, repetition and grouping of deliveries do not show in any view.
func testDelivery(t *testing.T, open Open) {
	straight, shuffled := activated(t, open(t)), activated(t, open(t))
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > deliveryChecks {
			return
		}
		w := NewWorld(fmt.Sprintf("w%d", n), rapid.Uint64().Draw(rt, "world"))
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "deliveries"), 1))
		messages := w.Messages()
		mustWrite(rt, straight, messages...)
		deliveries := append([]any(nil), messages...)
		for _, m := range messages {
			if rnd.IntN(4) == 0 {
				deliveries = append(deliveries, m)
			}
		}
		rnd.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
		for len(deliveries) > 0 {
			size := min(len(deliveries), 1+rnd.IntN(80))
			mustWrite(rt, shuffled, deliveries[:size]...)
			deliveries = deliveries[size:]
		}
		if diff := cmp.Diff(contents(rt, straight, w), contents(rt, shuffled, w)); diff != "" {
			rt.Fatalf("views differ (-once in order +shuffled, repeated, regrouped):\n%s", diff)
		}
	})
}

func testRefused(t *testing.T, open Open) {
	s := activated(t, open(t))
	w := NewWorld("bad", 5)
	const bad = 7
	p := w.Postings[bad]
	p.Title = strings.Repeat("x", 20_000)
	p.Skills = nil
	w.Postings[bad] = p
	early := w.Raws[3]
	early.ObservedAt = time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)
	w.Raws[3] = early
	for i, err := range s.Write(t.Context(), w.Messages()) {
		switch i {
		case 2*3 + 0, 2*bad + 1:
			if !errors.Is(err, posting.ErrInvalid) {
				t.Errorf("row %d: %v, want ErrInvalid", i, err)
			}
			if want := map[int]string{6: "observed_between_2000_and_2100", 15: "title_at_most_16_KiB"}[i]; !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("row %d: %v does not name %s", i, err, want)
			}
		default:
			if err != nil {
				t.Errorf("row %d: %v", i, err)
			}
		}
	}
	if got, want := tsv(t, s, "SELECT count() FROM posting_versions FINAL"), fmt.Sprintf("count()\n%d\n", len(w.Postings)-1); got != want {
		t.Errorf("stored %q, want %q", got, want)
	}
}

func testLateRun(t *testing.T, open Open) {
	s := open(t)
	day := func(d int) time.Time { return worldStart.AddDate(0, 0, d) }
	run := func(d int, ids ...string) posting.Run {
		r := posting.NewRun("src", "b", "", posting.ProofFull, time.Time{}, day(d))
		r.Outcome, r.Complete = posting.OutcomeOK, true
		for _, id := range ids {
			r.Listing = append(r.Listing, posting.Listed{ExternalID: id, ContentHash: "h"})
		}
		return r.Split()[0]
	}
	const q = "SELECT external_id, spell, toDate(opened_at), toDate(closed_at), opened_censored FROM v_spells ORDER BY ALL"
	const head = "external_id\tspell\ttoDate(opened_at)\ttoDate(closed_at)\topened_censored\n"
	mustWrite(t, s, run(0, "a", "b"), run(1, "b"), run(40, "a", "b"))
	if got, want := tsv(t, s, q), head+"a\t1\t2025-10-20\t2025-10-21\ttrue\na\t2\t2025-11-29\t\\N\tfalse\nb\t1\t2025-10-20\t\\N\ttrue\n"; got != want {
		t.Fatalf("got\n%s\nwant\n%s", got, want)
	}
	// A late run saw it within the grace: the second spell vanishes.
	mustWrite(t, s, run(20, "a", "b"))
	if got, want := tsv(t, s, q), head+"a\t1\t2025-10-20\t\\N\ttrue\nb\t1\t2025-10-20\t\\N\ttrue\n"; got != want {
		t.Fatalf("after the late run got\n%s\nwant\n%s", got, want)
	}
	report, err := s.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.SpellsDiffer != 0 || len(report.BoardsDiffer) != 0 {
		t.Errorf("a fresh fold differs: %+v", report)
	}
}

// testManyWriters: runs of one board stored by several writers at once fold to the same spells.
func testManyWriters(t *testing.T, open Open) {
	s := activated(t, open(t))
	for seed := range uint64(2) {
		w := NewWorld(fmt.Sprintf("many%d", seed), seed)
		messages := make(chan any)
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				for m := range messages {
					for _, err := range s.Write(context.Background(), []any{m}) {
						if err != nil {
							t.Errorf("write %T: %v", m, err)
						}
					}
				}
			})
		}
		for _, m := range w.Messages() {
			messages <- m
		}
		close(messages)
		wg.Wait()
	}
	report, err := s.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK() {
		t.Errorf("%+v", report)
	}
}

// testLongListing: a listing of several parts counts once all of them are stored.
func testLongListing(t *testing.T, open Open) {
	s := open(t)
	r := posting.NewRun("src", "long", "", posting.ProofFull, time.Time{}, worldStart)
	r.Outcome, r.Complete = posting.OutcomeOK, true
	for i := range 6000 {
		r.Listing = append(r.Listing, posting.Listed{ExternalID: fmt.Sprintf("%020d", i), ContentHash: fmt.Sprintf("%064x", i)})
	}
	parts := r.Split()
	if len(parts) < 3 {
		t.Fatalf("%d parts, want at least 3", len(parts))
	}
	for i, part := range parts {
		mustWrite(t, s, part)
		want := "0"
		if i == len(parts)-1 {
			want = "6000"
		}
		if got := tsv(t, s, "SELECT count() FROM v_spells"); got != "count()\n"+want+"\n" {
			t.Fatalf("after part %d of %d: %s spells, want %s", i+1, len(parts), got, want)
		}
		report, err := s.Verify(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if whole := i == len(parts)-1; (report.IncompleteRuns == 0) != whole {
			t.Errorf("after part %d: %d incomplete runs", i+1, report.IncompleteRuns)
		}
	}
	if got, want := tsv(t, s, "SELECT listed, opened, applied FROM v_runs"), "listed\topened\tapplied\n6000\t6000\ttrue\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
