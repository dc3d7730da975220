package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInvent: the invented market is what the measurements say it is, and writing a part of it again
// changes nothing.
func TestInvent(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	s := open(t, freshConfig(t))
	const seed, size = 7, 5_000
	for _, part := range [][2]uint64{{0, 3000}, {3000, size}, {2000, 4000}} {
		if err := s.Invent(t.Context(), seed, part[0], part[1]); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := s.InventCrawls(t.Context(), seed, 0, 20); err != nil {
			t.Fatal(err)
		}
	}
	type facts struct {
		Postings   uint64 `ch:"postings"`
		Vacancies  uint64 `ch:"vacancies"`
		Roles      uint64 `ch:"roles"`
		Fewest     uint64 `ch:"fewest"`
		Most       uint64 `ch:"most"`
		Skills     uint64 `ch:"skills"`
		Months     uint64 `ch:"months"`
		Misplaced  uint64 `ch:"misplaced"`
		Backwards  uint64 `ch:"backwards"`
		Unobserved uint64 `ch:"unobserved"`
	}
	var got []facts
	err := s.Select(t.Context(), &got, `SELECT count() AS postings, uniqExact(vacancy_id) AS vacancies, uniqExact(role_title) AS roles,
			min(length(p.skills)) AS fewest, max(length(p.skills)) AS most,
			length(groupUniqArrayArray(CAST(p.skills, 'Array(String)'))) AS skills, uniqExact(toStartOfMonth(first_seen)) AS months,
			(SELECT countIf(substring(x.description, m.start + 1, m.end - m.start) != m.label) FROM v_posting_skills AS m
				INNER JOIN v_posting_texts AS x ON x.posting_id = m.posting_id AND x.content_hash = m.content_hash) AS misplaced,
			(SELECT countIf(opened_at > last_seen OR closed_at <= last_seen) FROM v_spells) AS backwards,
			(SELECT countIf((source, board, last_seen) NOT IN (SELECT source, board, observed_at FROM v_runs)) FROM v_spells WHERE board < 'employer-0020') AS unobserved
		FROM v_postings AS p`)
	if err != nil {
		t.Fatal(err)
	}
	want := facts{Postings: size, Vacancies: got[0].Vacancies, Roles: 24, Fewest: 25, Most: 25, Skills: got[0].Skills, Months: 60}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	if got[0].Vacancies < size*91/100 || got[0].Vacancies > size*93/100 || got[0].Skills < 500 {
		t.Errorf("%d vacancies, %d skills", got[0].Vacancies, got[0].Skills)
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}
