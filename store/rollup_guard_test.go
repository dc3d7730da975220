package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
)

// countSimilarities says of each pair of roles of a month how many vacancies the first has.
func countSimilarities(ctx context.Context, s *store.Store, taggerVersion string, month time.Time) ([]store.Similarity, error) {
	var out []store.Similarity
	err := s.Select(ctx, &out, `SELECT 'active' AS basis, toString(a.role) AS role_a, toString(b.role) AS role_b, a.active AS vacancies_a, b.active AS vacancies_b
		FROM role_skill_months AS a INNER JOIN role_skill_months AS b ON b.tagger_version = a.tagger_version AND b.month = a.month AND b.skill = a.skill
		WHERE a.skill = '' AND a.role != '' AND a.role < b.role AND a.active > 0 AND a.tagger_version = {version:String} AND a.month = {month:Date}`,
		store.Named("version", taggerVersion), store.Named("month", month.Format(time.DateOnly)))
	return out, err
}

// TestBoilerplate: one advert of each kind, each with skills in paragraphs whose name says what they are.
func TestBoilerplate(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	s := rollupStore(t, nil)
	at := time.Date(2025, 6, 10, 0, 0, 0, 0, time.UTC)
	in := func(skill, paragraph, section string) posting.Skill {
		return posting.Skill{ID: skill, Label: skill, Kind: "tool", Field: "description", Section: section, Strength: "mentioned", ParagraphHash: paragraph}
	}
	// What only a title names is nowhere: it says what the job is called.
	title := func(skill string) posting.Skill {
		return posting.Skill{ID: skill, Label: skill, Kind: "tool", Field: "title", Strength: "mentioned"}
	}
	look := func(at time.Time, company string, adverts map[string][]posting.Skill) {
		run := posting.NewRun("x", company, company, posting.ProofWindow, at.Add(-time.Minute), at)
		run.Outcome, run.Complete = posting.OutcomeOK, true
		var out []any
		for id, skills := range adverts {
			role, _, _ := strings.Cut(id, "#")
			raw, p := advert(run, id, role, skills...)
			run.Listing = append(run.Listing, posting.Listed{ExternalID: id, ContentHash: raw.ContentHash})
			out = append(out, raw, p)
		}
		for _, part := range run.Split() {
			out = append(out, part)
		}
		put(t, s, out)
	}
	// Four roles of one employer share a paragraph of what is asked for; three do at the other.
	look(at, "four", map[string][]posting.Skill{
		"a": {in("sql", "everybody", "requirements"), in("go", "own a", "requirements"), in("sql", "own a", "")},
		"b": {in("sql", "everybody", "requirements"), in("go", "about us", "about"), in("go", "own b", "requirements")},
		"c": {in("sql", "everybody", "requirements"), in("go", "about us", "about"), title("rust"), title("go")},
		"d": {in("sql", "everybody", "requirements"), in("rust", "about us", "")},
	})
	look(at, "three", map[string][]posting.Skill{
		"a": {in("sql", "all three", "responsibilities"), in("java", "about us", "about")},
		"b": {in("sql", "all three", "preferred"), in("sql", "everybody", "requirements"), title("java"), in("java", "about us", "about"), title("rust"), in("rust", "own b", "requirements")},
		"c": {in("sql", "all three", "requirements"), in("java", "about us", "requirements"), in("java", "the c", "about"), {
			ID: "unknown thing", Label: "unknown thing", Field: "description", ParagraphHash: "about us", Unlisted: true,
		}},
	})
	// Alone in its month, a paragraph is none's boilerplate.
	look(at.AddDate(0, 2, 0), "later", map[string][]posting.Skill{"a": {in("go", "about us", "about")}})
	// Two vacancies of one role share what is said of their employer, what is not said to be of anything, and what is asked for.
	same := []posting.Skill{in("go", "of ours", "about"), in("sql", "of anything", ""), in("rust", "wanted", "requirements")}
	look(at.AddDate(0, 4, 0), "twice", map[string][]posting.Skill{"a#1": same, "a#2": same, "b": {in("go", "alone here", "about")}})
	refresh(t, s)
	want := `2025-06-01	four	a	['go','sql']	[]
2025-06-01	four	b	['go']	['sql']
2025-06-01	four	c	[]	['go','sql']
2025-06-01	four	d	[]	['rust','sql']
2025-06-01	three	a	['sql']	['java']
2025-06-01	three	b	['rust','sql']	['java']
2025-06-01	three	c	['java','sql']	[]
2025-08-01	later	a	['go']	[]
2025-10-01	twice	a	['rust','sql']	['go']
2025-10-01	twice	a	['rust','sql']	['go']
2025-10-01	twice	b	['go']	[]
`
	if diff := cmp.Diff(want, asked(t, s, "SELECT month, employer, role, skills, boilerplate_skills FROM v_vacancy_months ORDER BY ALL")); diff != "" {
		t.Errorf("(-definition +view):\n%s", diff)
	}
	if got := asked(t, s, "SELECT mentions, boilerplate FROM v_rollups ORDER BY month"); got != "8\t7\n1\t0\n5\t2\n" {
		t.Errorf("counted %q", got)
	}
	if got := asked(t, s, "SELECT role, skill, mentioning, vacancies, employers FROM v_role_skill_month WHERE month = '2025-06-01' AND skill = 'sql' ORDER BY role"); got != "a\tsql\t2\t2\t2\nb\tsql\t1\t2\t2\nc\tsql\t1\t2\t2\n" {
		t.Errorf("counted %q", got)
	}
}
