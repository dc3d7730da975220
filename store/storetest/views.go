package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
)

// monthRow is one row of v_role_skill_month.
type monthRow struct {
	Role         string    `ch:"role"`
	Month        time.Time `ch:"month"`
	Skill        string    `ch:"skill"`
	Mentioning   uint64    `ch:"mentioning"`
	Vacancies    uint64    `ch:"vacancies"`
	Share        float64   `ch:"share"`
	NewMention   uint64    `ch:"new_mentioning"`
	NewVacancies uint64    `ch:"new_vacancies"`
	NewShare     *float64  `ch:"new_share"`
}

// testRoleSkillMonth compares the view with the definition of DESIGN.md section 6, written in Go.
func testRoleSkillMonth(t *testing.T, open Open) {
	s := activated(t, open(t))
	for seed := range uint64(8) {
		w := NewWorld(fmt.Sprintf("m%d", seed), seed)
		mustWrite(t, s, w.Messages()...)
		refreshed(t, s)
		var got []monthRow
		err := s.Select(t.Context(), &got, "SELECT role, month, skill, mentioning, vacancies, share, new_mentioning, new_vacancies, new_share FROM v_role_skill_month WHERE startsWith(role, ?) ORDER BY role, month, skill", w.Name+"_")
		if err != nil {
			t.Fatal(err)
		}
		if want := roleSkillMonth(w); len(want) == 0 && seed == 0 {
			t.Fatal("the world has no vacancy: the test shows nothing")
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-go +view):\n%s", seed, diff)
		}
	}
}

func month(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }

// seen is when a vacancy was first seen, and whether it was open before we looked.
type seen struct {
	at       time.Time
	censored bool
}

// cell is one role in one month.
type cell struct {
	role  string
	month time.Time
}

// job is one vacancy as one role.
type job struct{ role, vacancy string }

func firstSeen(current map[string]posting.Posting, spells map[string][]posting.Spell) map[string]seen {
	first := map[string]seen{}
	for id, p := range current {
		sp := spells[id][0]
		f, ok := first[p.VacancyID]
		if !ok || sp.OpenedAt.Before(f.at) || sp.OpenedAt.Equal(f.at) && sp.OpenedCensored {
			first[p.VacancyID] = seen{sp.OpenedAt, sp.OpenedCensored}
		}
	}
	return first
}

// activeVacancies are the vacancies of each role and month, and the skills of each vacancy.
func activeVacancies(current map[string]posting.Posting, spells map[string][]posting.Spell) (map[cell]map[string]bool, map[job]map[string]bool) {
	active, mentions := map[cell]map[string]bool{}, map[job]map[string]bool{}
	for id, p := range current {
		if len(p.Roles) > 0 {
			continue
		}
		j := job{p.RoleTitle, p.VacancyID}
		if mentions[j] == nil {
			mentions[j] = map[string]bool{}
		}
		for _, k := range p.Skills {
			if !k.Unlisted {
				mentions[j][k.ID] = true
			}
		}
		for _, sp := range spells[id] {
			until := sp.LastSeen
			if sp.ClosedReason == posting.ClosedExpired {
				until = sp.ClosedAt.Add(-time.Millisecond)
			}
			for m := month(sp.OpenedAt); !m.After(until); m = m.AddDate(0, 1, 0) {
				c := cell{p.RoleTitle, m}
				if active[c] == nil {
					active[c] = map[string]bool{}
				}
				active[c][p.VacancyID] = true
			}
		}
	}
	return active, mentions
}

func roleSkillMonth(w World) []monthRow {
	current, spells := w.Current()
	first := firstSeen(current, spells)
	active, mentions := activeVacancies(current, spells)
	var out []monthRow
	for c, vacancies := range active {
		rows, fresh := map[string]*monthRow{}, uint64(0)
		for v := range vacancies {
			isNew := month(first[v].at).Equal(c.month) && !first[v].censored
			if isNew {
				fresh++
			}
			for k := range mentions[job{c.role, v}] {
				if rows[k] == nil {
					rows[k] = &monthRow{Role: c.role, Month: c.month, Skill: k, Vacancies: uint64(len(vacancies))}
				}
				rows[k].Mentioning++
				if isNew {
					rows[k].NewMention++
				}
			}
		}
		for _, r := range rows {
			r.NewVacancies, r.Share = fresh, float64(r.Mentioning)/float64(r.Vacancies)
			if fresh > 0 {
				share := float64(r.NewMention) / float64(fresh)
				r.NewShare = &share
			}
			out = append(out, *r)
		}
	}
	slices.SortFunc(out, func(a, b monthRow) int {
		return strings.Compare(a.Role+a.Month.Format("|2006-01|")+a.Skill, b.Role+b.Month.Format("|2006-01|")+b.Skill)
	})
	return out
}

// testRoundTrip reads one full posting back through the views.
func testRoundTrip(t *testing.T, open Open) {
	s := activated(t, open(t))
	run := posting.NewRun("lever", "acme", "Acme Ltd", posting.ProofFull, worldStart.Add(-time.Minute), worldStart)
	run.Outcome, run.Complete, run.Expected, run.Fetched, run.Rejected, run.Note = posting.OutcomeOK, true, 5, 2, 1, "one was odd"
	remote := true
	raw, err := posting.NewRaw(run, "1", posting.Record{ExternalID: "x1", Title: "Cook", Description: "<p>a & b</p>", Remote: &remote})
	if err != nil {
		t.Fatal(err)
	}
	run.Listing = []posting.Listed{{ExternalID: "x1", ContentHash: raw.ContentHash}}
	track, years := 420, 5
	p := Tag(raw, "acme")
	p.Track, p.MinYears, p.Degree, p.Seniority, p.Team = &track, &years, "master", "senior", "Kitchen"
	p.Workplace, p.EmploymentType, p.PostedClaim = "remote", "full_time", time.Time{}
	p.Locations = []posting.Location{{Country: "US", Region: "CA", City: "San José"}, {Remote: true, Scope: "EU"}, {Country: "DE"}, {Country: "US", City: "Reno"}}
	p.Salaries = []posting.Salary{{Min: 180000.1, Currency: "USD", Period: "year", Text: "$180K+", Source: "text"}}
	p.Title, p.Description = "Cook", "Cook with go"
	p.Skills = []posting.Skill{
		{ID: "go", Label: "Go", Kind: "language", Field: "description", Start: 10, End: 12, Text: "go", Section: "requirements", Strength: "required", ParagraphHash: "ff", Rule: "context"},
		{ID: "stirring", Label: "Cook", Kind: "phrase", Field: "title", Start: 0, End: 4, Text: "Cook", Unlisted: true},
	}
	mustWrite(t, s, raw, p, run.Split()[0])
	for query, want := range map[string]string{
		`SELECT title, role_title, seniority, track, team, workplace, employment_type, countries, cities, skills, salary_min, salary_max, salary_currency, salary_period, language, min_years, degree, first_seen, last_seen, closed_at, opened_censored, posted_claim, spells FROM v_postings FORMAT TSV`: "Cook\tacme_cook\tsenior\t420\tKitchen\tremote\tfull_time\t['DE','US']\t['Reno','San José']\t['go']\t180000.1\t\\N\tUSD\tyear\ten\t5\tmaster\t2025-10-20 06:00:00.000\t2025-10-20 06:00:00.000\t\\N\ttrue\t\\N\t1\n",
		`SELECT locations[1].city, locations[2].remote, locations[2].scope, length(locations), salaries[1].text FROM v_postings FORMAT TSV`:                                                                                                                                                                "San José\ttrue\tEU\t4\t$180K+\n",
		"SELECT skill, label, kind, field, start, `end`, text, section, strength, paragraph_hash, rule, unlisted, tagger_version FROM v_posting_skills ORDER BY skill FORMAT TSV":                                                                                                                          "go\tGo\tlanguage\tdescription\t10\t12\tgo\trequirements\trequired\tff\tcontext\tfalse\ttest-1\nstirring\tCook\tphrase\ttitle\t0\t4\tCook\t\t\t\t\ttrue\ttest-1\n",
		`SELECT outcome, expected, fetched, complete, listed, opened, changed, closed, reopened, rejected, suspect, applied, note, planned_at FROM v_runs FORMAT TSV`:                                                                                                                                      "ok\t5\t2\ttrue\t1\t1\t0\t0\t0\t1\tfalse\ttrue\tone was odd\t2025-10-20 05:59:00.000\n",
		`SELECT postings, sources, countries, skills, role_title, opened_censored, roles, workplaces, salary_min, salary_max, salary_currency, salary_period FROM v_vacancies FORMAT TSV`:                                                                                                                  "1\t['lever']\t['DE','US']\t['go']\tacme_cook\ttrue\t[]\t['remote']\t180000.1\t\\N\tUSD\tyear\n",
		`SELECT JSONExtractString(record, 'description') FROM raw FORMAT TSVRaw`: "<p>a & b</p>\n",
		`SELECT description FROM posting_texts FORMAT TSVRaw`:                    "Cook with go\n",
	} {
		if got := tsv(t, s, query); got != want {
			t.Errorf("%s\ngot  %q\nwant %q", query, got, want)
		}
	}
}

// testVersions: the views show the active tagger version only, and a switch switches all of them.
func testVersions(t *testing.T, open Open) {
	s := open(t)
	w := NewWorld("v", 3)
	mustWrite(t, s, w.Messages()...)
	count := func() string { return tsv(t, s, "SELECT count() FROM v_postings FORMAT TSV") }
	if got := count(); got != "0\n" {
		t.Errorf("%s postings before any version is active", got)
	}
	activated(t, s)
	activated(t, s)
	current, _ := w.Current()
	if got, want := count(), fmt.Sprintf("%d\n", len(current)); got != want {
		t.Errorf("%s postings, want %s", got, want)
	}
	if err := s.Activate(t.Context(), "test-2"); err != nil {
		t.Fatal(err)
	}
	for _, p := range w.Postings {
		p.TaggerVersion, p.ID, p.Skills = "test-2", posting.TagID(p.RawID, "test-2"), nil
		mustWrite(t, s, p)
		break
	}
	if got := tsv(t, s, "SELECT count() <= 1, countIf(tagger_version != 'test-2') FROM v_postings FORMAT TSV"); got != "1\t0\n" {
		t.Errorf("got %q", got)
	}
	if got := tsv(t, s, "SELECT count() FROM v_posting_skills FORMAT TSV"); got != "0\n" {
		t.Errorf("%s mentions of the old version show", got)
	}
}

// testFirstObserved: a version that a later run sends again keeps its first observation.
func testFirstObserved(t *testing.T, open Open) {
	s := activated(t, open(t))
	w := NewWorld("f", 2)
	early, late := w.Raws[0], w.Raws[0]
	late.ObservedAt, late.RunID = early.ObservedAt.AddDate(0, 2, 0), posting.RunID(early.Source, early.Board, early.ObservedAt.AddDate(0, 2, 0))
	mustWrite(t, s, late, Tag(late, "f"))
	mustWrite(t, s, early, Tag(early, "f"))
	mustWrite(t, s, late, Tag(late, "f"))
	want := fmt.Sprintf("%s\n", early.ObservedAt.Format("2006-01-02 15:04:05.000"))
	for _, table := range []string{"raw", "posting_versions", "posting_texts", "posting_skills"} {
		if got := tsv(t, s, "SELECT observed_at FROM "+table+" FINAL FORMAT TSV"); got != want {
			t.Errorf("%s: observed at %q, want %q", table, got, want)
		}
	}
}
