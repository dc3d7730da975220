package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
)

// next is the tagger version after Tagger.
const next = "test-2"

// retagged is a posting as next reads it: with a team by which it is known.
func retagged(p posting.Posting) posting.Posting {
	p.TaggerVersion, p.ID, p.Team = next, posting.TagID(p.RawID, next), next
	return p
}

// filled is a store with a world in it, under Tagger.
func filled(t *testing.T, open Open) (*store.Store, World) {
	t.Helper()
	s, w := activated(t, open(t)), NewWorld("replayed", 3)
	var batch []any
	for _, raw := range w.Raws {
		batch = append(batch, raw)
	}
	for _, p := range w.Postings {
		batch = append(batch, p)
	}
	for _, run := range w.Runs {
		batch = append(batch, run)
	}
	mustWrite(t, s, batch...)
	return s, w
}

// untagged are the ids of the raw postings that a version has not read, and checks that what the
// archive gives is what was written.
func untagged(t *testing.T, s *store.Store, w World, version string) []string {
	t.Helper()
	written := map[string]posting.Raw{}
	for _, raw := range w.Raws {
		if first, ok := written[raw.ID]; !ok || raw.ObservedAt.Before(first.ObservedAt) {
			written[raw.ID] = raw
		}
	}
	var ids []string
	err := s.Untagged(t.Context(), version, func(raws []posting.Raw) error {
		for _, raw := range raws {
			if diff := cmp.Diff(written[raw.ID], raw); diff != "" {
				t.Errorf("raw %s (-written +read):\n%s", raw.ID, diff)
			}
			ids = append(ids, raw.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	if n := len(ids); n != len(slices.Compact(ids)) {
		t.Errorf("%d raw postings, some of them twice", n)
	}
	return ids
}

func wantCoverage(t *testing.T, s *store.Store, want store.Coverage) {
	t.Helper()
	got, err := s.Coverage(t.Context(), want.TaggerVersion)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
}

// testUntagged reads a part of an archive by another version, buries some of it, and switches.
func testUntagged(t *testing.T, open Open) {
	s, w := filled(t, open)
	ids := untagged(t, s, w, next)
	n := uint64(len(ids))
	if n < 20 {
		t.Fatalf("%d raw postings", n)
	}
	wantCoverage(t, s, store.Coverage{TaggerVersion: Tagger, Active: true, Archived: n, Tagged: n})
	wantCoverage(t, s, store.Coverage{TaggerVersion: next, Archived: n, Left: n})

	byRaw := map[string]posting.Posting{}
	for _, p := range w.Postings {
		byRaw[p.RawID] = p
	}
	read := func(ids []string) {
		t.Helper()
		var batch []any
		for _, id := range ids {
			batch = append(batch, retagged(byRaw[id]))
		}
		mustWrite(t, s, batch...)
	}
	read(ids[:10])
	read(ids[5:10])
	// A letter that a replay makes has the reading's id as its origin, also one that tells nothing else.
	// Letters of another version, of the archive's stage and those that are sent again count for nothing.
	letter := func(stage, origin string) posting.Dead {
		return posting.Dead{ID: posting.DeadID(stage, origin), Stage: stage, Origin: origin, Reason: "unreadable", FailedAt: worldStart}
	}
	again := letter("replay", posting.TagID(ids[13], next))
	mustWrite(
		t, s, letter("replay", posting.TagID(ids[10], next)), letter("sink", posting.TagID(ids[11], next)),
		letter("replay", posting.TagID(ids[12], "test-0")), letter("enrich", ids[12]), again,
	)
	if err := s.MarkDead(t.Context(), []string{again.ID}, store.StateRetried, worldStart.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantCoverage(t, s, store.Coverage{TaggerVersion: next, Archived: n, Tagged: 10, Dead: 2, Left: n - 12})
	left := untagged(t, s, w, next)
	if diff := cmp.Diff(ids[12:], left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	read(left)
	wantCoverage(t, s, store.Coverage{TaggerVersion: next, Archived: n, Tagged: n - 2, Dead: 2})
	if left := untagged(t, s, w, next); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if err := s.Prune(t.Context(), Tagger); err == nil {
		t.Error("the active version was deleted")
	}
	for _, version := range []string{next, Tagger} {
		if _, err := s.RefreshVersion(t.Context(), version); err != nil {
			t.Fatal(err)
		}
	}
	versions := func() string {
		return tsv(t, s, "SELECT arraySort(groupUniqArray(tagger_version)) FROM vacancy_months FORMAT TSV")
	}
	if got, want := versions(), fmt.Sprintf("['%s','%s']\n", Tagger, next); got != want {
		t.Errorf("rollups of %s, want %s", got, want)
	}
	if err := s.Prune(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	if got, want := versions(), fmt.Sprintf("['%s']\n", Tagger); got != want {
		t.Errorf("rollups of %s, want %s", got, want)
	}
	wantCoverage(t, s, store.Coverage{TaggerVersion: next, Archived: n, Dead: 2, Left: n - 2})
	wantCoverage(t, s, store.Coverage{TaggerVersion: Tagger, Active: true, Archived: n, Tagged: n})
}

// testSwitch asks several views in one statement while the active version goes to and fro: every answer
// is of one version.
func testSwitch(t *testing.T, open Open) {
	s, w := filled(t, open)
	var batch []any
	for _, p := range w.Postings {
		batch = append(batch, retagged(p))
	}
	mustWrite(t, s, batch...)
	ctx, stop := context.WithCancel(t.Context())
	switched := make(chan int)
	go func() {
		n := 0
		defer func() { switched <- n }()
		for ctx.Err() == nil {
			for _, version := range []string{next, Tagger} {
				if err := s.Activate(t.Context(), version); err != nil {
					t.Error(err)
					return
				}
				n++
			}
		}
	}()
	seen := map[string]int{}
	for range 40 {
		seen[tsv(t, s, `SELECT arrayStringConcat(arraySort(groupUniqArray(version)), ' ') FROM (
			SELECT toString(tagger_version) AS version FROM v_postings UNION ALL SELECT toString(tagger_version) FROM v_posting_skills
			UNION ALL SELECT toString(tagger_version) FROM v_vacancies UNION ALL SELECT toString(tagger_version) FROM v_posting_texts
			UNION ALL SELECT if(team = '`+next+`', '`+next+`', '`+Tagger+`') FROM v_postings) FORMAT TSV`)]++
	}
	stop()
	n := <-switched
	t.Logf("%d switches; answers: %v", n, seen)
	for versions := range seen {
		if versions != next+"\n" && versions != Tagger+"\n" {
			t.Errorf("answers of versions %q", versions)
		}
	}
}
