package markettest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "rewrite the data dictionary")

const dictionaryPath = "../../../docs/reference/schema.md"

// entry is what the dictionary says of a view beside what the database knows: what a row is, the columns
// that tell rows apart, and where they lead.
type entry struct {
	view, about string
	key         []string
	joins       []join
	example     string // the rest of a statement that finds a row; {p} is one posting, the same in all views
}

// join is from columns of a view to those of another. On all rows where holds, there is one; a test counts.
type join struct {
	columns, view, to string
	where             string // empty: for every row
	says              string // of where, in words
}

// dictionary is in the order in which somebody new should read.
var dictionary = []entry{
	{"v_postings", "One row is one posting (advert) as its board listed it last. Start here for: how many, who, where, how paid.", []string{"posting_id"}, []join{
		{columns: "vacancy_id", view: "v_vacancies", to: "vacancy_id", where: "vacancy_id != ''", says: "where it is known"},
		{columns: "posting_id", view: "v_spells", to: "posting_id"},
		{columns: "posting_id, content_hash", view: "v_posting_texts", to: "posting_id, content_hash"},
	}, "WHERE posting_id = {p}"},
	{"v_vacancies", "One row is one job, however many postings advertise it: count these, not postings, to count demand.", []string{"vacancy_id"}, []join{
		{columns: "vacancy_id", view: "v_postings", to: "vacancy_id"},
	}, "WHERE vacancy_id = (SELECT vacancy_id FROM v_postings WHERE posting_id = {p})"},
	{"v_spells", "One row is one uninterrupted time during which a posting was open: for durations, stocks and flows.", []string{"posting_id", "spell"}, []join{
		{columns: "posting_id", view: "v_postings", to: "posting_id"},
	}, "WHERE posting_id = {p}"},
	{"v_posting_skills", "One row is one mention of a skill in the current version of a posting, with the bytes that prove it.", []string{"posting_id", "skill", "field", "start"}, []join{
		{columns: "posting_id", view: "v_postings", to: "posting_id"},
		{columns: "posting_id, content_hash", view: "v_posting_texts", to: "posting_id, content_hash"},
		{columns: "skill", view: "v_skills", to: "skill", where: "NOT unlisted", says: "where it is in the taxonomy"},
	}, "WHERE posting_id = {p} ORDER BY field, start"},
	{"v_skills", "One row is one skill of the taxonomy that some posting mentions.", []string{"skill"}, nil, "WHERE skill = 'pytorch'"},
	{"v_vacancy_months", "One row is one job in one month in which it was open, or claimed to be posted: what the questions about history count.", []string{"vacancy_id", "month"}, []join{
		{columns: "vacancy_id", view: "v_vacancies", to: "vacancy_id"},
		{columns: "month", view: "v_rollups", to: "month"},
	}, "WHERE vacancy_id = (SELECT vacancy_id FROM v_postings WHERE posting_id = {p}) ORDER BY month"},
	{"v_vacancy_starts", "One row is one job that was new: what emerging terms are counted in. Jobs that were open before we looked have none.", []string{"vacancy_id"}, []join{
		{columns: "vacancy_id", view: "v_vacancies", to: "vacancy_id"},
		{columns: "vacancy_id, month", view: "v_vacancy_months", to: "vacancy_id, month"},
		{columns: "posting_id", view: "v_postings", to: "posting_id"},
	}, "WHERE posting_id = {p}"},
	{"v_role_skill_month", "One row is a role, a skill and a month in which a vacancy of the role asked for the skill. No row means that none did.", []string{"role", "month", "skill"}, []join{
		{columns: "skill", view: "v_skills", to: "skill", where: "skill NOT LIKE '%unlisted%'", says: "where it is in the taxonomy"},
	}, "WHERE role = 'ml_engineer' AND skill = 'pytorch' AND new_vacancies > 0 ORDER BY month"},
	{"v_role_similarity", "One row is a month and a pair of roles whose vacancies share a skill, as a stock.", []string{"month", "role_a", "role_b"}, []join{
		{columns: "month, role_a", view: "v_role_skill_month", to: "month, role"},
		{columns: "month, role_b", view: "v_role_skill_month", to: "month, role"},
	}, "WHERE role_a = 'ml_engineer' AND role_b = 'research_engineer' AND cosine IS NOT NULL ORDER BY month"},
	{"v_similarity_revisions", "One row is a pair of roles in one revision of a month, on one basis. What is shown now is v_role_similarity.", []string{"month", "basis", "role_a", "role_b", "revision"}, []join{
		{columns: "month", view: "v_rollups", to: "month"},
	}, "WHERE role_a = 'ml_engineer' AND role_b = 'research_engineer' AND basis = 'new' AND cosine IS NOT NULL ORDER BY month"},
	{"v_rollups", "One row is one month that v_vacancy_months, v_role_skill_month and v_role_similarity were built for: how old they are.", []string{"month"}, nil, "ORDER BY month"},
	{"v_posting_list", "One row is one posting (advert) as its board listed it last, at the store's last refresh: for searches over all postings, many times faster than v_postings.", []string{"posting_id"}, []join{
		{columns: "posting_id", view: "v_postings", to: "posting_id"},
		{columns: "source, board", view: "v_boards", to: "source, board"},
	}, "WHERE posting_id = {p}"},
	{"v_posting_counts", "One row is the total, a role or a skill, as they were counted at the store's last refresh.", []string{"of", "name"}, nil, "WHERE of = 'skill' AND name = 'pytorch'"},
	{"v_boards", "One row is one board that any run has seen.", []string{"source", "board"}, nil, "ORDER BY source, board"},
	{"v_board_months", "One row is one board in one month in which it was looked at, as of the store's last refresh.", []string{"source", "board", "month"}, []join{
		{columns: "source, board", view: "v_boards", to: "source, board"},
	}, "ORDER BY source, board, month"},
	{
		"v_runs", "One row is one look at a board: whether it can be trusted, and what it did to the spells.",
		[]string{"run_id"},
		nil,
		"WHERE (source, board, observed_at) = (SELECT source, board, first_seen FROM v_postings WHERE posting_id = {p})",
	},
	{"v_posting_texts", "One row is the long text of one version of a posting. Texts are the employers': mind what you publish.", []string{"posting_id", "content_hash"}, []join{
		{columns: "posting_id", view: "v_postings", to: "posting_id"},
	}, "WHERE posting_id = {p}"},
	{"v_tagger_versions", "One row is one version of the tagger that has been active. Every other view shows the readings of the active one only.", []string{"tagger_version"}, nil, ""},
	{"v_dead", "One row is one message that could not be used, so that it is in no answer. Its head may hold what was not masked: do not publish it.", []string{"id"}, []join{
		{columns: "run_id", view: "v_runs", to: "run_id", where: "run_id != ''", says: "where the message tells"},
	}, ""},
	{"v_alerts", "One row is one alert, however often its state changed. Empty before any rule was evaluated (docs/alerts.md).", []string{"alert_id"}, nil, ""},
	{"v_alert_events", "One row is one change of an alert's state: what was told, and why what was not.", []string{"event_id"}, []join{
		{columns: "alert_id", view: "v_alerts", to: "alert_id", where: "kind != 'rule'", says: "but for messages that stand for many events"},
	}, ""},
}

// units are what numbers count, by column, or by view and column where that differs.
var units = map[string]string{
	"track": "per mille", "salary_min": "salary_currency per salary_period", "salary_max": "salary_currency per salary_period", "min_years": "years",
	"spells": "spells", "v_spells.spell": "from 1", "start": "bytes, from 0", "end": "bytes, from 0", "size": "bytes",
	"expected": "postings", "fetched": "postings", "listed": "postings", "opened": "postings", "changed": "postings", "closed": "postings",
	"runs": "runs", "full_runs": "runs", "open_postings": "postings", "open_vacancies": "vacancies",
	"reopened": "postings", "rejected": "postings", "postings": "postings",
	"mentioning": "vacancies", "vacancies": "vacancies", "new_mentioning": "vacancies", "new_vacancies": "vacancies", "vacancies_a": "vacancies", "vacancies_b": "vacancies",
	"mentions": "skills of vacancies", "boilerplate": "skills of vacancies", "revision": "from 1",
	"share": "0 to 1", "new_share": "0 to 1", "mentioning_employers": "employers", "employers": "employers", "employers_a": "employers", "employers_b": "employers",
	"shared_skills": "skills", "cosine": "0 to about 1", "cosine_low": "0 to about 1", "cosine_high": "0 to about 1", "jaccard_n": "vacancies", "jaccard_at_n": "0 to 1", "jaccard_self_a": "0 to 1",
	"jaccard_self_b": "0 to 1", "jaccard_relative": "0 to about 1", "divergence": "bits, 0 to 1", "set_jaccard": "0 to 1", "overlap": "0 to 1", "weighted_jaccard": "0 to 1",
	"recent_count": "employer-weeks", "recent_total": "employer-weeks", "base_count": "employer-weeks", "base_total": "employer-weeks",
	"value": "unit", "level": "unit", "salary_low": "salary_currency a year", "salary_median": "salary_currency a year", "salary_high": "salary_currency a year",
	"ratio": "times", "ratio_low": "times", "ratio_high": "times", "q_value": "0 to 1",
}

var numeric = regexp.MustCompile(`^(Nullable\()?(U?Int\d+|Float\d+|Decimal)`)

// unit is what a column's values are counted in. Numbers have to have one.
func unit(t *testing.T, view string, c described) string {
	t.Helper()
	u := units[c.Name]
	if own, ok := units[view+"."+c.Name]; ok {
		u = own
	}
	switch {
	case numeric.MatchString(c.Type) && u == "":
		t.Errorf("%s.%s: nobody says what it counts", view, c.Name)
	case strings.Contains(c.Type, "DateTime64"):
		return "UTC, ms"
	case strings.HasPrefix(c.Type, "Date"):
		return "day, UTC"
	}
	return u
}

// described is a column as the database describes it.
type described struct {
	Table   string `ch:"table"`
	Name    string `ch:"name"`
	Type    string `ch:"type"`
	Comment string `ch:"comment"`
	About   string `ch:"about"`
}

const describedQuery = `SELECT c.table AS table, c.name AS name, c.type AS type, c.comment AS comment, t.comment AS about
FROM system.columns AS c INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
WHERE c.database = currentDatabase() ORDER BY c.table, c.position`

// absent cuts a comment into what a value means and what the lack of one does.
func absent(comment string) (meaning, none string) {
	var said, lacking []string
	for part := range strings.SplitSeq(comment, "; ") {
		if strings.HasPrefix(part, "NULL ") || strings.HasPrefix(part, "empty ") {
			lacking = append(lacking, part)
		} else {
			said = append(said, part)
		}
	}
	if i := strings.Index(comment, ". NULL "); i >= 0 {
		return comment[:i], comment[i+2:]
	}
	return strings.Join(said, "; "), strings.Join(lacking, "; ")
}

// testDictionary keeps the dictionary true to what the database says of itself, and what it says beside
// that - keys, joins, units - true of a market.
func testDictionary(t *testing.T, f filled) {
	if f.Config().Seed != 0 {
		t.Skip("one market is enough")
	}
	var columns []described
	if err := f.store.Ask(t.Context(), &columns, describedQuery, nil); err != nil {
		t.Fatal(err)
	}
	byView := map[string][]described{}
	for _, c := range columns {
		if c.Comment == "" || c.About == "" {
			t.Errorf("%s.%s: a column or its table has no comment", c.Table, c.Name)
		}
		if meaning, none := absent(c.Comment); strings.HasPrefix(c.Type, "Nullable") && none == "" {
			t.Errorf("%s.%s: %q does not say what NULL means", c.Table, c.Name, meaning)
		}
		byView[c.Table] = append(byView[c.Table], c)
	}
	for name := range byView {
		if strings.HasPrefix(name, "v_") && !slices.ContainsFunc(dictionary, func(e entry) bool { return e.view == name }) {
			t.Errorf("%s is not in the dictionary", name)
		}
	}
	var page bytes.Buffer
	page.WriteString(dictionaryIntro)
	page.WriteString("\n| view | one row is | key |\n|---|---|---|\n")
	for _, e := range dictionary {
		row, _, _ := strings.Cut(strings.TrimPrefix(e.about, "One row is "), ".")
		fmt.Fprintf(&page, "| [%s](#%s) | %s | %s |\n", e.view, e.view, row, strings.Join(e.key, ", "))
	}
	writeValues(t, f, &page)
	for _, e := range dictionary {
		saysEmpty(t, f, e.view, byView[e.view])
	}
	p := f.examplePosting(t)
	for _, e := range dictionary {
		e.prove(t, f)
		example := e.sample(t, f, p)
		fmt.Fprintf(&page, "\n## %s\n\n%s. %s\n\n", e.view, strings.TrimSuffix(byView[e.view][0].About, "."), e.about)
		for _, j := range e.joins {
			when := ""
			if j.says != "" {
				when = ", " + j.says
			}
			fmt.Fprintf(&page, "- `%s` leads to `%s` of [%s](#%s)%s\n", j.columns, j.to, j.view, j.view, when)
		}
		if len(e.joins) > 0 {
			page.WriteString("\n")
		}
		page.WriteString("| column | type | meaning | unit | when there is none | example |\n|---|---|---|---|---|---|\n")
		for _, c := range byView[e.view] {
			meaning, none := absent(c.Comment)
			cell := strings.NewReplacer("|", `\|`, "\n", " ").Replace
			fmt.Fprintf(&page, "| `%s` | `%s` | %s | %s | %s | %s |\n", c.Name, cell(c.Type), cell(meaning), unit(t, e.view, c), cell(none), cell(example[c.Name]))
		}
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(dictionaryPath, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(dictionaryPath)
	if err != nil {
		t.Fatal(err)
	}
	if withoutExamples(string(got)) != withoutExamples(page.String()) {
		t.Errorf("%s is out of date: go test ./internal/market/markettest -run 'TestStoreAgainstTruth/.*_seed_0/dictionary' -update", dictionaryPath)
	}
}

// saysEmpty: a text that is empty in some row says in its comment what that means.
func saysEmpty(t *testing.T, f filled, view string, columns []described) {
	t.Helper()
	var counts, names []string
	for _, c := range columns {
		if strings.HasSuffix(c.Type, "String") || c.Type == "LowCardinality(String)" {
			counts, names = append(counts, fmt.Sprintf("max(%s = '')", c.Name)), append(names, c.Name)
			if strings.Contains(c.Comment, "empty") {
				counts[len(counts)-1] = "toUInt8(0)"
			}
		}
	}
	var rows []struct {
		Empty []uint8 `ch:"empty"`
	}
	if err := f.store.Ask(t.Context(), &rows, "SELECT ["+strings.Join(counts, ", ")+"] AS empty FROM "+view, nil); err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		if rows[0].Empty[i] == 1 {
			t.Errorf("%s.%s is empty in some row, and its comment does not say what that means", view, name)
		}
	}
}

// withoutExamples leaves out the last cell of each row: examples follow the tagger, and a change of it need
// not change the dictionary.
func withoutExamples(page string) string {
	return regexp.MustCompile("(?m)^(\\| `.*) \\| [^|]*(\\\\\\|[^|]*)* \\|$").ReplaceAllString(page, "$1")
}

// examplePosting is one posting that says much.
func (f filled) examplePosting(t *testing.T) string {
	t.Helper()
	var rows []struct {
		ID string `ch:"posting_id"`
	}
	const q = `SELECT posting_id FROM v_postings WHERE role_title = 'ml_engineer' AND salary_min IS NOT NULL AND closed_at IS NOT NULL AND NOT opened_censored
		AND min_years IS NOT NULL AND seniority = 'senior' ORDER BY posting_id LIMIT 1`
	if err := f.store.Ask(t.Context(), &rows, q, nil); err != nil || len(rows) != 1 {
		t.Fatalf("no posting serves as an example: %v", err)
	}
	return rows[0].ID
}

// exampleMax is how many letters of a value are shown.
const exampleMax = 60

// sample are the values of one row.
func (e entry) sample(t *testing.T, f filled, p string) map[string]string {
	t.Helper()
	var answer bytes.Buffer
	query := "SELECT * FROM " + e.view + " " + strings.ReplaceAll(e.example, "{p}", "'"+p+"'") + " LIMIT 1"
	if err := f.store.Raw(t.Context(), &answer, query, "JSONEachRow", nil); err != nil {
		t.Fatal(err)
	}
	var values map[string]json.RawMessage
	if answer.Len() == 0 {
		if e.example != "" {
			t.Errorf("%s: no example", e.view)
		}
		return nil
	}
	if err := json.Unmarshal(answer.Bytes(), &values); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for name, v := range values {
		text := strings.Trim(string(v), `"`)
		if utf8.RuneCountInString(text) > exampleMax {
			text = string([]rune(text)[:exampleMax]) + "..."
		}
		if text != "" {
			out[name] = "`" + strings.ReplaceAll(text, "`", "'") + "`"
		}
	}
	return out
}

// prove counts rows that share a key, and rows that lead nowhere.
func (e entry) prove(t *testing.T, f filled) {
	t.Helper()
	count := func(query string) uint64 {
		var rows []struct {
			N uint64 `ch:"n"`
		}
		if err := f.store.Ask(t.Context(), &rows, query, nil); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return rows[0].N
	}
	if n := count(fmt.Sprintf("SELECT toUInt64(count() - uniqExact(%s)) AS n FROM %s", strings.Join(e.key, ", "), e.view)); n != 0 {
		t.Errorf("%s: %d rows share a key (%v)", e.view, n, e.key)
	}
	for _, j := range e.joins {
		where := "1"
		if j.where != "" {
			where = j.where
		}
		n := count(fmt.Sprintf("SELECT count() AS n FROM %s WHERE %s AND (%s) NOT IN (SELECT %s FROM %s)", e.view, where, j.columns, j.to, j.view))
		if n != 0 {
			t.Errorf("%s: %d rows lead to no %s by %s", e.view, n, j.view, j.columns)
		}
	}
}
