package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store/storetest"
	"github.com/rolescope/rolescope/trend"
	"github.com/rolescope/rolescope/web"
)

// batch is n vacancies of one role, seen open on one day in January 2026.
type batch struct {
	role   string
	n      int
	skills []string
	roles  []string // of adverts for several
}

// market is a board seen once, so that nothing of it is new.
func market(t testing.TB, batches ...batch) []any {
	t.Helper()
	seen := posting.NewRun("lever", "acme", "Acme", posting.ProofFull, now.AddDate(0, -2, 10), now.AddDate(0, -2, 10))
	seen.Outcome, seen.Complete = posting.OutcomeOK, true
	var messages []any
	for b, batch := range batches {
		for i := range batch.n {
			id := fmt.Sprintf("%d-%d", b, i)
			raw, err := posting.NewRaw(seen, "1", posting.Record{ExternalID: id, Title: "Engineer " + id})
			if err != nil {
				t.Fatal(err)
			}
			seen.Listing = append(seen.Listing, posting.Listed{ExternalID: id, ContentHash: raw.ContentHash})
			p := storetest.Tag(raw, "acme")
			p.RoleTitle, p.Roles, p.Skills, p.VacancyID = batch.role, batch.roles, nil, "vacancy "+id
			for _, skill := range batch.skills {
				p.Skills = append(p.Skills, posting.Skill{ID: skill, Label: strings.ToUpper(skill), Kind: "language", Field: "description"})
			}
			messages = append(messages, raw, p)
		}
	}
	for _, part := range seen.Split() {
		messages = append(messages, part)
	}
	return messages
}

// rows are the rows of a page's tables as text, cells parted by |.
func rows(t *testing.T, page []byte) string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "tr" {
			continue
		}
		for cell := range n.Descendants() {
			if cell.Type == html.ElementNode && (cell.Data == "td" || cell.Data == "th") {
				for text := range cell.Descendants() {
					if text.Type == html.TextNode {
						out.WriteString(strings.TrimSpace(text.Data))
					}
				}
				out.WriteString("|")
			}
		}
		out.WriteString("\n")
	}
	return out.String()
}

// TestSharesAndTheFloor: a share is of single-role vacancies, and under five there is none, wherever it
// would stand.
func TestSharesAndTheFloor(t *testing.T) {
	t.Parallel()
	h := dashboard(t, web.Options{Querier: querier{open(t, market(t,
		batch{"ml_engineer", 6, []string{"go", "sql"}, nil}, batch{"ml_engineer", 2, []string{"sql"}, nil},
		batch{"data_engineer", 4, []string{"go"}, nil},
		batch{"research_engineer", 4, []string{"go"}, nil}, batch{"research_engineer", 3, []string{"go"}, []string{"research_engineer", "ml_engineer"}},
	)...)}})
	for address, c := range map[string]struct{ shown, hidden []string }{
		"/roles/ml_engineer":       {[]string{"SQL|100.0 %||8||", "GO|75.0 %||6||"}, []string{"Suppressed"}},
		"/roles/data_engineer":     {[]string{"2026-01|4|–|"}, []string{"100.0 %", "GO|"}},
		"/roles/research_engineer": {[]string{"2026-01|4|–|"}, []string{"100.0 %", "GO|"}}, // three are of several roles
		"/skills/go":               {[]string{"ML engineer|75.0 %||6|8|", "Data engineer|n < 5|too few|4|4|", "Research engineer|n < 5|too few|4|4|", "2026-01|75.0 % of 8|"}, []string{"100.0 %"}},
		"/skills/sql":              {[]string{"ML engineer|100.0 %||8|8|", "Data engineer|n < 5|too few|0|4|"}, nil},
	} {
		w := get(t, h, address)
		text := rows(t, w.Body.Bytes())
		for _, want := range c.shown {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", address, want, text)
			}
		}
		for _, bad := range c.hidden {
			if strings.Contains(w.Body.String(), bad) || strings.Contains(text, bad) {
				t.Errorf("%s shows %q:\n%s", address, bad, text)
			}
		}
		check(t, address, w)
	}
	overview := rows(t, get(t, h, "/").Body.Bytes())
	if !strings.Contains(overview, "2026-01|8|4|4|3|") {
		t.Errorf("the overview counts otherwise:\n%s", overview)
	}
}

// drawing is what a page has its chart draw.
type drawing struct {
	X      []int64
	Series []struct {
		Label string
		Y     []*uint64
	}
}

// drawnIn reads the drawing of a page's chart.
func drawnIn(t *testing.T, page, chart string) (d drawing) {
	t.Helper()
	_, block, _ := strings.Cut(page, `<script type="application/json" id="data-`+chart+`">`)
	block, _, _ = strings.Cut(block, "</script>")
	if err := json.Unmarshal([]byte(block), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestChartsDrawTheAnswers: the numbers under a chart are those of the API, with gaps where nobody looked.
func TestChartsDrawTheAnswers(t *testing.T) {
	t.Parallel()
	h := dashboard(t, web.Options{Querier: querier{open(t, storetest.NewWorld("w", 3).Messages()...)}})
	var answer trend.VolumesAnswer
	if err := json.Unmarshal(get(t, h, "/api/v1/volume?period=week").Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	want, weeks := map[string]uint64{}, map[int64]bool{}
	for _, r := range answer.Rows {
		if weeks[r.Period.Unix()] = true; r.Group == "unknown" || r.Active == 0 {
			continue // not drawn
		}
		want[fmt.Sprint(r.Group, r.Period.Unix())] = r.Active
	}
	page := get(t, h, "/?period=week").Body.String()
	data := drawnIn(t, page, "active")
	got, gaps := map[string]uint64{}, 0
	for i, x := range data.X {
		if i > 0 && x != data.X[i-1]+7*24*3600 {
			t.Errorf("a week is missing before %s", time.Unix(x, 0).UTC())
		}
		for _, s := range data.Series {
			switch role := strings.ReplaceAll(strings.ToLower(s.Label), " ", "_"); {
			case s.Y[i] == nil && weeks[x]:
				t.Errorf("%s has a gap in %s", role, time.Unix(x, 0).UTC())
			case s.Y[i] == nil:
				gaps++
			case *s.Y[i] > 0:
				got[fmt.Sprint(role, x)] = *s.Y[i]
			case !weeks[x]:
				t.Errorf("%s is zero in %s, when nobody looked", role, time.Unix(x, 0).UTC())
			}
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" || len(got) == 0 {
		t.Error(diff)
	}
	t.Logf("%d gaps", gaps)
}

// TestNewIsUnknownAtFirst: what the first crawl found may be older, so that week and its row have no
// number of new vacancies, and the next weeks have.
func TestNewIsUnknownAtFirst(t *testing.T) {
	t.Parallel()
	h := dashboard(t, web.Options{Querier: querier{open(t, storetest.NewWorld("w", 3).Messages()...)}})
	var summary trend.SummaryAnswer
	if err := json.Unmarshal(get(t, h, "/api/v1/summary").Body.Bytes(), &summary); err != nil {
		t.Fatal(err)
	}
	monday := summary.FirstRun.AddDate(0, 0, -(int(summary.FirstRun.Weekday())+6)%7)
	first := time.Date(monday.Year(), monday.Month(), monday.Day(), 0, 0, 0, 0, time.UTC)
	for address, id := range map[string]string{"/?period=week": "new", "/roles/w_research_engineer?period=week": "volume"} {
		page := get(t, h, address).Body.String()
		data := drawnIn(t, page, id)
		if len(data.X) == 0 || data.X[0] != first.Unix() {
			t.Fatalf("%s does not begin in the week of the first crawl: %v", address, data.X)
		}
		later := 0
		for _, s := range data.Series {
			if known := s.Label == "Active"; (s.Y[0] != nil) != known {
				t.Errorf("%s: the first point of %s is %v", address, s.Label, s.Y[0])
			}
			for _, y := range s.Y[1:] {
				if y != nil && s.Label != "Active" {
					later++
				}
			}
		}
		if later == 0 {
			t.Errorf("%s: nothing is known later", address)
		}
		if !strings.Contains(page, "unknown: the first crawl was in it") || !strings.Contains(rows(t, []byte(page)), first.Format(time.DateOnly)+"|") {
			t.Errorf("%s does not say why", address)
		}
	}
	if page := get(t, h, "/?period=week&from=2026-01").Body.String(); strings.Contains(page, "unknown: the first crawl") {
		t.Error("the first crawl is not in what is shown")
	}
}

// TestNothingMatchesTheChoice: where the choice is empty and the store is not, the page says so and
// keeps the form, with all of the choice in it.
func TestNothingMatchesTheChoice(t *testing.T) {
	t.Parallel()
	h := dashboard(t, web.Options{Querier: querier{open(t, market(t, batch{"ml_engineer", 6, []string{"go"}, nil})...)}})
	for address, want := range map[string]string{
		"/?from=2026-06": `name="from" value="2026-06"`, "/?role=nope": `name="role" value="nope" checked`, "/?role=unknown": `name="role" value="unknown" checked`,
		"/?company=nope": `name="company" value="nope" checked`, "/roles/ml_engineer?from=2030-01": `name="from" value="2030-01"`,
		"/roles/ml_engineer?company=nope": `name="company" value="nope" checked`, "/skills/go?from=2030-01": `name="from" value="2030-01"`,
	} {
		w := get(t, h, address)
		body := w.Body.String()
		if w.Code != http.StatusOK || !strings.Contains(body, "matches this choice") || !strings.Contains(body, want) || strings.Contains(body, "Nothing is stored") {
			t.Errorf("%s: status %d, without %q: %s", address, w.Code, want, body)
		}
		check(t, address, w)
	}
	if w := get(t, h, "/?company=Acme"); !strings.Contains(w.Body.String(), `name="company" value="Acme" checked`) || strings.Contains(w.Body.String(), "matches this choice") {
		t.Errorf("a company that is there: %s", w.Body)
	}
}

func TestNothingStoredYet(t *testing.T) {
	t.Parallel()
	h := dashboard(t, web.Options{Querier: querier{open(t)}})
	for address, want := range map[string]string{"/": "Nothing is stored yet", "/skills": "No posting mentions a skill yet", "/postings": "No posting matches", "/?role=x": "Nothing is stored yet"} {
		w := get(t, h, address)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: status %d: %s", address, w.Code, w.Body)
		}
		check(t, address, w)
	}
}
