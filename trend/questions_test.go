package trend_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
	"github.com/rolescope/rolescope/trend"
)

// TestPostingsAndPosting: every current posting is listed once, newest first, and told whole.
func TestPostingsAndPosting(t *testing.T) {
	t.Parallel()
	q, w := world(t, 2)
	current, spells := w.Current()
	seen := map[string]bool{}
	var last time.Time
	for page := 1; ; page++ {
		a, err := trend.Postings(t.Context(), q, trend.PostingsQuestion{Page: page, Rows: 7})
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Rows) == 0 {
			break
		}
		if a.Total != uint64(len(current)) {
			t.Errorf("page %d: %d in all, want %d", page, a.Total, len(current))
		}
		for _, r := range a.Rows {
			if seen[r.ID] || (!last.IsZero() && r.FirstSeen.After(last)) {
				t.Errorf("%s is listed twice or out of order", r.ID)
			}
			seen[r.ID], last = true, r.FirstSeen
		}
	}
	if len(seen) != len(current) || len(seen) == 0 {
		t.Fatalf("%d postings listed, want %d", len(seen), len(current))
	}
	told := 0
	for id, want := range current {
		if told++; told > 8 { // each is ten questions
			break
		}
		got, err := trend.Posting(t.Context(), q, id)
		if err != nil {
			t.Fatal(err)
		}
		if got.Title != want.Title || got.Text != want.Description || got.RoleTitle != want.RoleTitle || len(got.Mentions) != len(want.Skills) ||
			len(got.Spells) != len(spells[id]) || !got.FirstSeen.Equal(spells[id][0].OpenedAt) || len(got.PlaceCities) != 1 {
			t.Errorf("%s: got %+v, want %+v", id, got, want)
		}
		for _, m := range got.Mentions {
			field := got.Text
			if m.Field == "title" {
				field = got.Title
			}
			if field[m.Start:m.End] != m.Text {
				t.Errorf("%s: %q does not stand at %d", id, m.Text, m.Start)
			}
		}
		versions := 0
		for _, p := range w.Postings {
			if p.PostingID == id {
				versions++
			}
		}
		if len(got.Versions) != versions {
			t.Errorf("%s: %d versions, want %d", id, len(got.Versions), versions)
		}
	}
	if _, err := trend.Posting(t.Context(), q, strings.Repeat("0", 32)); !errors.Is(err, trend.ErrNoPosting) {
		t.Errorf("an id of nobody: %v", err)
	}
}

// TestPostingsAreFiltered: each filter leaves what it names.
func TestPostingsAreFiltered(t *testing.T) {
	t.Parallel()
	q, w := world(t, 2)
	current, _ := w.Current()
	for name, f := range map[string]struct {
		question trend.PostingsQuestion
		match    func(posting.Posting) bool
	}{
		"role":    {trend.PostingsQuestion{Role: "trend_data_analyst"}, func(p posting.Posting) bool { return p.RoleTitle == "trend_data_analyst" }},
		"skill":   {trend.PostingsQuestion{Skill: "kafka"}, func(p posting.Posting) bool { return strings.Contains(p.Description, "kafka") }},
		"words":   {trend.PostingsQuestion{Words: "RESEARCH"}, func(p posting.Posting) bool { return strings.HasPrefix(p.Title, "Research") }},
		"company": {trend.PostingsQuestion{Company: "TREND l"}, func(posting.Posting) bool { return true }},
		"nobody":  {trend.PostingsQuestion{Company: `%' OR 1=1 --`}, func(posting.Posting) bool { return false }},
	} {
		want := 0
		for _, p := range current {
			if f.match(p) {
				want++
			}
		}
		f.question.Page, f.question.Rows = 1, trend.PageRowsMax
		a, err := trend.Postings(t.Context(), q, f.question)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Rows) != want || (want == 0) != (name == "nobody") {
			t.Errorf("%s: %d postings, want %d", name, len(a.Rows), want)
		}
	}
}

func TestSummaryAndCatalogueCount(t *testing.T) {
	t.Parallel()
	q, w := world(t, 2)
	current, spells := w.Current()
	open, vacancies, roles, skills := 0, map[string]bool{}, map[string]map[string]bool{}, map[string]bool{}
	for id, p := range current {
		vacancies[p.VacancyID] = true
		if roles[p.RoleTitle] == nil {
			roles[p.RoleTitle] = map[string]bool{}
		}
		roles[p.RoleTitle][p.VacancyID] = true
		if s := spells[id]; s[len(s)-1].ClosedReason == "" {
			open++
		}
		for _, k := range p.Skills {
			if !k.Unlisted {
				skills[k.ID] = true
			}
		}
	}
	s, err := trend.Summary(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	boards, newest := map[string]bool{}, time.Time{}
	for _, r := range w.Runs {
		boards[r.Board] = true
		if r.ObservedAt.After(newest) {
			newest = r.ObservedAt
		}
	}
	if s.Postings != uint64(len(current)) || s.OpenPostings != uint64(open) || s.Vacancies != uint64(len(vacancies)) ||
		s.Boards != uint64(len(boards)) || !s.NewestRun.Equal(newest) || s.TaggerVersion == "" || s.SQL == "" {
		t.Errorf("got %+v; want %d postings, %d open, %d vacancies, %d boards, newest %s", s, len(current), open, len(vacancies), len(boards), newest)
	}
	c, err := trend.Catalogue(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Roles) != len(roles) || len(c.Skills) != len(skills) {
		t.Errorf("%d roles and %d skills, want %d and %d", len(c.Roles), len(c.Skills), len(roles), len(skills))
	}
	for _, r := range c.Roles {
		if r.Vacancies != uint64(len(roles[r.Role])) {
			t.Errorf("%s: %d vacancies, want %d", r.Role, r.Vacancies, len(roles[r.Role]))
		}
	}
	for _, k := range c.Skills {
		if k.Label != strings.ToUpper(k.Skill) || k.Kind != "tool" || k.Vacancies == 0 || k.Open > k.Vacancies {
			t.Errorf("%+v", k)
		}
	}
}

// TestEmptyStore: nothing stored is an answer, not an error.
func TestEmptyStore(t *testing.T) {
	t.Parallel()
	q := emptyWorld(t)
	s, err := trend.Summary(t.Context(), q)
	if err != nil || s.Postings != 0 || !s.NewestRun.IsZero() {
		t.Errorf("%+v, %v", s, err)
	}
	m, err := trend.Mentions(t.Context(), q, trend.MentionsQuestion{Skill: "go"})
	if err != nil || len(m.Rows) != 0 || len(m.Periods) != 0 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestBadNewQuestions(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"bad period":    second(trend.Mentions(t.Context(), nil, trend.MentionsQuestion{Scope: trend.Scope{Period: "age"}})),
		"bad basis":     second(trend.Mentions(t.Context(), nil, trend.MentionsQuestion{Scope: trend.Scope{Basis: "hope"}})),
		"page 0":        second(trend.Postings(t.Context(), nil, trend.PostingsQuestion{Rows: 1})),
		"too many rows": second(trend.Postings(t.Context(), nil, trend.PostingsQuestion{Page: 1, Rows: trend.PageRowsMax + 1})),
	} {
		if !errors.Is(err, trend.ErrQuestion) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestCommandsRunAsTheyStand: what a page offers to paste into a shell, read by a real shell, gives an
// analyst the rows of the answer.
func TestCommandsRunAsTheyStand(t *testing.T) {
	t.Parallel()
	q, w := world(t, 2)
	summary, err1 := trend.Summary(t.Context(), q)
	volume, err2 := trend.VolumesOf(t.Context(), q, trend.VolumesQuestion{Scope: trend.Scope{
		Roles: []string{"trend_data_analyst", "trend_research_engineer", `it's \n "odd"`}, Companies: []string{"trend Ltd"},
	}})
	watched, err3 := trend.Watched(t.Context(), q, volume.Periods)
	list, err4 := trend.Postings(t.Context(), q, trend.PostingsQuestion{Page: 1, Rows: 3})
	one, err5 := trend.Posting(t.Context(), q, w.Postings[0].PostingID)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	if len(watched) != len(volume.Periods) || !slices.Contains(watched, true) {
		t.Errorf("watched in %v", watched)
	}
	for name, c := range map[string]struct {
		audit trend.Audit
		rows  int
	}{
		"summary": {summary.Audit, 1}, "volume": {volume.Audit, len(volume.Rows)},
		"postings": {list.Audit, len(list.Rows)}, "posting": {one.Audit, 1}, "mentions": {one.MentionsAudit, len(one.Mentions)},
	} {
		query, params := pasted(t, c.audit)
		var out bytes.Buffer
		if err := q.Raw(t.Context(), &out, query, "TSV", params); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := bytes.Count(out.Bytes(), []byte("\n")); got != c.rows || got == 0 {
			t.Errorf("%s: %d rows, want %d", name, got, c.rows)
		}
	}
}

// pasted is the statement and the values that rolescope sql would get of the command of an audit, read by a real shell.
func pasted(t *testing.T, audit trend.Audit) (query string, params map[string]string) {
	t.Helper()
	// The shell writes what rolescope would get: its arguments, a zero byte after each, then its input.
	shell := exec.CommandContext(t.Context(), "sh", "-c", "rolescope() { printf '%s\\0' \"$@\"; cat; }\n"+audit.Command("rolescope"))
	got, err := shell.Output()
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(got), "\x00")
	params = map[string]string{}
	for i, arg := range parts {
		if arg == "--param" {
			key, value, _ := strings.Cut(parts[i+1], "=")
			params[key] = value
		}
	}
	return parts[len(parts)-1], params
}

// switching is a store whose active tagger version changes with every statement.
type switching struct {
	store *store.Store
	t     *testing.T
	n     int
}

func (s *switching) Select(ctx context.Context, dest any, query string, params map[string]string) error {
	s.n++
	if err := s.store.Activate(ctx, fmt.Sprint("version ", s.n)); err != nil {
		s.t.Fatal(err)
	}
	return asker{s.store}.Select(ctx, dest, query, params)
}

// TestVersionsNeverMix: an answer during a switch of versions is refused, not guessed.
func TestVersionsNeverMix(t *testing.T) {
	t.Parallel()
	q := emptyWorld(t)
	if _, err := trend.VolumesOf(t.Context(), &switching{store: q.Store, t: t}, trend.VolumesQuestion{}); err == nil || !strings.Contains(err.Error(), "ask again") {
		t.Errorf("got %v", err)
	}
}
