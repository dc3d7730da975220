package posting

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var day0 = time.Date(2026, 1, 1, 6, 0, 0, 0, time.UTC)

func at(days float64) time.Time { return day0.Add(time.Duration(days * 24 * float64(time.Hour))) }

// crawl makes a whole run: ids separated by spaces, "id=hash" for a version other than "v1".
func crawl(days float64, ids string) Run {
	r := NewRun("ashby", "acme", "", ProofFull, at(days), at(days))
	r.Outcome, r.Complete = OutcomeOK, true
	for id := range strings.FieldsSeq(ids) {
		id, hash, ok := strings.Cut(id, "=")
		if !ok {
			hash = "v1"
		}
		r.Listing = append(r.Listing, Listed{ExternalID: id, ContentHash: hash})
	}
	return r.Split()[0]
}

func with(r Run, outcome Outcome) Run {
	r.Outcome, r.Complete = outcome, false
	return r.Split()[0]
}

// event lists events of an earlier day.
func event(days float64, ids string, own float64) Run {
	r := crawl(days, ids)
	r.Proof = ProofEvent
	for i := range r.Listing {
		r.Listing[i].At = at(own)
	}
	return r.Split()[0]
}

// confirming is a 304 to the answer of an earlier day.
func confirming(days, answer float64) Run {
	r := with(crawl(days, ""), OutcomeNotModified)
	r.Confirms = RunID(r.Source, r.Board, at(answer))
	return r
}

func proof(r Run, p Proof) Run {
	r.Proof = p
	return r
}

// many is n ids "a1 .. an", in which the given ones are left out.
func many(n int, without ...int) string {
	var ids []string
	for i := 1; i <= n; i++ {
		if !slices.Contains(without, i) {
			ids = append(ids, fmt.Sprintf("a%d", i))
		}
	}
	return strings.Join(ids, " ")
}

// render shows the spells of one id as "opened-last_seen[>closed reason][*censored]", in days.
func render(spells []Spell, id string) string {
	var out []string
	days := func(t time.Time) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", t.Sub(day0).Hours()/24), ".0") }
	for _, s := range spells {
		if s.ExternalID != id {
			continue
		}
		text := days(s.OpenedAt) + "-" + days(s.LastSeen)
		if !s.ClosedAt.IsZero() {
			text += ">" + days(s.ClosedAt) + " " + s.ClosedReason
		}
		if s.OpenedCensored {
			text += "*"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func TestSpells(t *testing.T) {
	t.Parallel()
	gone := []int{1, 2, 3, 4, 5, 6, 7}
	for _, c := range []struct {
		name string
		runs []Run
		id   string
		want string
	}{
		{"what the first whole run lists was open before", []Run{crawl(0, "a b"), crawl(7, "a b")}, "a", "0-7*"},
		{"what appears later is new", []Run{crawl(0, "b"), crawl(7, "a b")}, "a", "7-7"},
		{"a complete run that misses it closes it", []Run{crawl(0, "a b"), crawl(7, "b")}, "a", "0-0>7 delisted*"},
		{"a partial run closes nothing", []Run{crawl(0, "a b"), with(crawl(7, "b"), OutcomePartial)}, "a", "0-0*"},
		{"a partial run opens", []Run{crawl(0, "b"), with(crawl(7, "a"), OutcomePartial)}, "a", "7-7"},
		{"before the first whole run everything is censored", []Run{with(crawl(0, "a"), OutcomePartial), crawl(7, "a b")}, "a", "0-7*"},
		{"a failed run says nothing", []Run{crawl(0, "a"), with(crawl(7, ""), OutcomeError), with(crawl(8, ""), OutcomeBlocked)}, "a", "0-0*"},
		{"back within the grace: as if never closed", []Run{crawl(0, "a b"), crawl(7, "b"), crawl(28, "a b")}, "a", "0-28*"},
		{"back after the grace: a new spell", []Run{crawl(0, "a b"), crawl(7, "b"), crawl(28.5, "a b")}, "a", "0-0>7 delisted*, 28.5-28.5"},
		{"a mass closing waits for confirmation", []Run{crawl(0, many(12)), crawl(7, many(12, gone...))}, "a1", "0-0*"},
		{"confirmed, it dates from the first miss", []Run{crawl(0, many(12)), crawl(7, many(12, gone...)), crawl(14, many(12, gone...))}, "a1", "0-0>7 delisted*"},
		{"not confirmed, it never was", []Run{crawl(0, many(12)), crawl(7, many(12, gone...)), crawl(14, many(12))}, "a1", "0-14*"},
		{"half of a board is not more than half", []Run{crawl(0, many(12)), crawl(7, many(12, gone[:6]...))}, "a1", "0-0>7 delisted*"},
		{"nor does what comes back hide it", []Run{crawl(0, many(18)), crawl(3, many(12)), crawl(7, "a13 a14 a15 a16 a17 a18 "+many(12, gone...))}, "a1", "0-3*"},
		{"a small board may lose most of itself", []Run{crawl(0, many(9)), crawl(7, many(9, gone...))}, "a1", "0-0>7 delisted*"},
		{"newcomers do not hide a mass closing", []Run{crawl(0, many(12)), crawl(7, "n1 n2 n3 n4 n5 n6 n7 n8 n9 "+many(12, gone...))}, "a1", "0-0*"},
		{"304 keeps all open", []Run{crawl(0, "a b"), with(crawl(7, ""), OutcomeNotModified)}, "a", "0-7*"},
		{"304 does not confirm what a suspect run said", []Run{crawl(0, many(12)), crawl(7, many(12, gone...)), with(crawl(8, ""), OutcomeNotModified)}, "a1", "0-0*"},
		{"the next complete run does, past any number of 304", []Run{crawl(0, many(12)), crawl(7, many(12, gone...)), with(crawl(8, ""), OutcomeNotModified), crawl(9, many(12, gone...))}, "a1", "0-0>7 delisted*"},
		{"304 does not close what a partial run opened", []Run{crawl(0, "b"), with(crawl(1, "a"), OutcomePartial), with(crawl(2, ""), OutcomeNotModified)}, "a", "1-1"},
		{"304 before anything was read proves nothing", []Run{with(crawl(0, ""), OutcomeNotModified), crawl(7, "a")}, "a", "7-7*"},
		{"304 speaks of the answer it repeats, whatever another run has listed since", []Run{crawl(0, "a b"), crawl(1, "b"), confirming(2, 0)}, "a", "0-2*"},
		{"and does not bring back what only that other run listed", []Run{crawl(0, "b"), crawl(1, "a b"), crawl(2, "b"), confirming(3, 2)}, "a", "1-1>2 delisted"},
		{"304 to an answer that is not known, or was not whole, says nothing of any posting", []Run{crawl(0, "b"), with(crawl(1, "a"), OutcomePartial), confirming(2, 1), confirming(3, 0.5)}, "a", "1-1"},
		{"304 to an answer that comes later says nothing", []Run{confirming(2, 3), crawl(3, "a")}, "a", "3-3*"},
		{"a complete listing of nothing is an empty answer", []Run{crawl(0, "a"), crawl(7, "")}, "a", "0-0*"},
		{"and is confirmed like one", []Run{crawl(0, "a"), crawl(7, ""), with(crawl(8, ""), OutcomeEmpty)}, "a", "0-0>7 board_empty*"},
		{"304 between two empty answers begins anew", []Run{with(crawl(0, "a"), OutcomePartial), with(crawl(7, ""), OutcomeEmpty), with(crawl(7.5, ""), OutcomeNotModified), with(crawl(8, ""), OutcomeEmpty)}, "a", "0-0*"},
		{"what was listed at the moment of an empty answer was there", []Run{crawl(0, "a"), with(crawl(7, ""), OutcomeEmpty), with(crawl(7, "a"), OutcomePartial), with(crawl(8, ""), OutcomeEmpty)}, "a", "0-7*"},
		{"a failure at the moment of an empty answer speaks for it", []Run{crawl(0, "a"), with(crawl(7, ""), OutcomeGone), with(crawl(7, ""), OutcomeError), with(crawl(8, ""), OutcomeGone)}, "a", "0-0*"},
		{"one empty answer closes nothing", []Run{crawl(0, "a"), with(crawl(7, ""), OutcomeEmpty)}, "a", "0-0*"},
		{"two within a day close nothing", []Run{crawl(0, "a"), with(crawl(7, ""), OutcomeEmpty), with(crawl(7.9, ""), OutcomeEmpty)}, "a", "0-0*"},
		{"two a day apart close as of the first", []Run{crawl(0, "a"), with(crawl(7, ""), OutcomeEmpty), with(crawl(8, ""), OutcomeEmpty)}, "a", "0-0>7 board_empty*"},
		{"an answer between them begins anew", []Run{crawl(0, "a"), with(crawl(7, ""), OutcomeEmpty), crawl(7.5, "a"), with(crawl(8.2, ""), OutcomeEmpty)}, "a", "0-7.5*"},
		{"a partial answer between them too", []Run{crawl(0, "a b"), with(crawl(7, ""), OutcomeEmpty), with(crawl(7.5, "b"), OutcomePartial), with(crawl(8.2, ""), OutcomeEmpty)}, "a", "0-0*"},
		{"gone and empty do not confirm each other", []Run{crawl(0, "a"), with(crawl(7, ""), OutcomeEmpty), with(crawl(9, ""), OutcomeGone)}, "a", "0-0*"},
		{"gone twice", []Run{crawl(0, "a"), with(crawl(7, ""), OutcomeGone), with(crawl(9, ""), OutcomeGone)}, "a", "0-0>7 board_gone*"},
		{"a failure between does not break the streak", []Run{crawl(0, "a"), with(crawl(7, ""), OutcomeGone), with(crawl(8, ""), OutcomeError), with(crawl(9, ""), OutcomeGone)}, "a", "0-0>7 board_gone*"},
		{"after a confirmed empty board all is new", []Run{with(crawl(0, ""), OutcomeEmpty), with(crawl(2, ""), OutcomeEmpty), crawl(7, "a")}, "a", "7-7"},
		{"after one empty answer it is not", []Run{with(crawl(0, ""), OutcomeEmpty), crawl(7, "a")}, "a", "7-7*"},
		{"leaving a window is ageing out", []Run{proof(crawl(0, "a b"), ProofWindow), proof(crawl(7, "b"), ProofWindow)}, "a", "0-0>7 aged_out*"},
		{"so much of it that a whole board would be doubted", []Run{proof(crawl(0, many(12)), ProofWindow), proof(crawl(7, many(12, gone...)), ProofWindow)}, "a1", "0-0>7 aged_out*"},
		{"and so is the emptying of one", []Run{proof(crawl(0, "a"), ProofWindow), proof(with(crawl(7, ""), OutcomeGone), ProofWindow), proof(with(crawl(8, ""), OutcomeGone), ProofWindow)}, "a", "0-0>7 aged_out*"},
		{"an event is open for thirty days", []Run{event(3, "a", 2), event(4, "a", 2)}, "a", "2-2>32 expired"},
		{"one without a time of its own opens nothing", []Run{event(3, "a b", 2), proof(crawl(4, "c"), ProofEvent)}, "c", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spells, _ := Spells(c.runs)
			if got := render(spells, c.id); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestEffects(t *testing.T) {
	t.Parallel()
	_, effects := Spells([]Run{crawl(0, "a b"), crawl(7, "a=v2 c"), crawl(8, "a=v2 b c")})
	want := []Effect{
		{Listed: 2, Opened: 2},
		{Listed: 2, Opened: 1, Changed: 1, Closed: 1},
		{Listed: 3, Reopened: 1},
	}
	for i, days := range []float64{0, 7, 8} {
		want[i].RunID = RunID("ashby", "acme", at(days))
	}
	if diff := cmp.Diff(want, effects); diff != "" {
		t.Error(diff)
	}
}

func TestAListingWithAMissingPartIsNotApplied(t *testing.T) {
	t.Parallel()
	run := NewRun("ashby", "acme", "", ProofFull, at(7), at(7))
	run.Outcome, run.Complete = OutcomeOK, true
	for i := range 6000 {
		run.Listing = append(run.Listing, Listed{ExternalID: fmt.Sprintf("id-%06d", i), ContentHash: strings.Repeat("f", 64)})
	}
	parts := run.Split()
	if len(parts) < 3 {
		t.Fatalf("only %d parts", len(parts))
	}
	whole, _ := Spells(append([]Run{crawl(0, "old")}, parts...))
	if len(whole) != 6001 {
		t.Fatalf("%d spells of the whole listing", len(whole))
	}
	for missing := range parts {
		spells, effects := Spells(append([]Run{crawl(0, "old")}, slices.Delete(slices.Clone(parts), missing, missing+1)...))
		if len(spells) != 1 || len(effects) != 1 || !spells[0].ClosedAt.IsZero() {
			t.Errorf("without part %d: %d spells", missing, len(spells))
		}
	}
}

func TestTwoListingsOfOneRunAreUnited(t *testing.T) {
	t.Parallel()
	for _, runs := range [][]Run{
		{with(crawl(0, "a"), OutcomePartial), with(crawl(0, "b"), OutcomePartial)},
		{with(crawl(0, "b"), OutcomePartial), with(crawl(0, "a"), OutcomePartial)},
	} {
		spells, effects := Spells(runs)
		if len(spells) != 2 || len(effects) != 1 || effects[0].Listed != 2 {
			t.Errorf("%d spells, effects %+v", len(spells), effects)
		}
	}
}

// TestSpellsDependOnTheSetOfRunsOnly shuffles, repeats and splits random histories.
func TestSpellsDependOnTheSetOfRunsOnly(t *testing.T) {
	t.Parallel()
	outcomes := []Outcome{OutcomeOK, OutcomeOK, OutcomeOK, OutcomePartial, OutcomeEmpty, OutcomeGone, OutcomeNotModified, OutcomeError}
	rapid.Check(t, func(t *rapid.T) {
		var runs []Run
		day := 0.0
		for range rapid.IntRange(1, 12).Draw(t, "runs") {
			day += rapid.SampledFrom([]float64{0.3, 1, 7, 22}).Draw(t, "gap")
			outcome := rapid.SampledFrom(outcomes).Draw(t, "outcome")
			var ids []string
			if outcome == OutcomeOK || outcome == OutcomePartial {
				for i := range 14 {
					if rapid.IntRange(0, 3).Draw(t, "listed") > 0 {
						ids = append(ids, fmt.Sprintf("a%d=v%d", i, rapid.IntRange(1, 2).Draw(t, "version")))
					}
				}
			}
			run := crawl(day, strings.Join(ids, " "))
			if outcome != OutcomeOK {
				run = with(run, outcome)
			}
			runs = append(runs, run)
		}
		spells, effects := Spells(runs)
		r := rand.New(rand.NewPCG(uint64(rapid.Int64().Draw(t, "seed")), 1))
		mixed := slices.Clone(runs)
		for range 3 {
			mixed = append(mixed, runs[r.IntN(len(runs))])
		}
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		spells2, effects2 := Spells(mixed)
		if diff := cmp.Diff(spells, spells2); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(effects, effects2); diff != "" {
			t.Fatal(diff)
		}
		checkSpells(t, spells)
	})
}

// checkSpells holds what must be true of any spells.
func checkSpells(t *rapid.T, spells []Spell) {
	for i, s := range spells {
		if s.LastSeen.Before(s.OpenedAt) || (!s.ClosedAt.IsZero() && s.ClosedAt.Before(s.LastSeen)) {
			t.Fatalf("opened %v, seen %v, closed %v", s.OpenedAt, s.LastSeen, s.ClosedAt)
		}
		if i == 0 || spells[i-1].ExternalID != s.ExternalID {
			if s.Number != 1 {
				t.Fatalf("first spell has number %d", s.Number)
			}
			continue
		}
		before := spells[i-1]
		if s.Number != before.Number+1 || before.ClosedAt.IsZero() || s.OpenedAt.Sub(before.ClosedAt) <= Grace {
			t.Fatalf("spell %d opens %v after one closed %v", s.Number, s.OpenedAt, before.ClosedAt)
		}
		if s.OpenedCensored {
			t.Fatal("a later spell is censored")
		}
	}
}

// TestPartsOfTwoCutsDoNotMix has one listing cut in two and, by another version of the code, in three.
func TestPartsOfTwoCutsDoNotMix(t *testing.T) {
	t.Parallel()
	part := func(i, n int, ids string) Run {
		r := crawl(7, "a b c d e f")
		r.Part, r.Parts, r.Listing = i, n, crawl(7, ids).Listing
		return r
	}
	before := crawl(0, "a b c d e f")
	runs := []Run{before, part(0, 3, "a b"), part(1, 2, "d e f")}
	for range 2 {
		slices.Reverse(runs)
		if spells, effects := Spells(runs); len(effects) != 1 || render(spells, "c") != "0-0*" {
			t.Errorf("a listing without c was applied: %+v", effects)
		}
	}
	runs = append(runs, part(2, 3, "e f"), part(0, 2, "a b c"))
	for range 2 {
		slices.Reverse(runs)
		if spells, effects := Spells(runs); len(effects) != 2 || render(spells, "c") != "0-7*" {
			t.Errorf("the whole cut beside another was not applied: %+v", effects)
		}
	}
}
