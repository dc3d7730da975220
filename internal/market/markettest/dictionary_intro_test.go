package markettest_test

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/enrich"
)

// dictionaryIntro is what somebody has to know before the columns.
//
//go:embed testdata/dictionary_intro.txt
var dictionaryIntro string

// rolesGuide says what each role means, for those who label; the dictionary takes the beginnings.
const rolesGuide = "../../../enrich/roles/README.md"

var (
	guideEntry  = regexp.MustCompile(`(?ms)^\*\*([a-z_]+)\.\*\* (.*?)(?:[.;]\s|\n\n)`)
	brackets    = regexp.MustCompile(`\s*\([^)]*\)`)
	fencedQuery = regexp.MustCompile("(?s)```sql\n(.*?)```")
)

// meaningMax is how many letters of a role's meaning the list shows; it is cut between two of its examples.
const meaningMax = 110

// testRecipes runs what the dictionary's beginning recommends: each recipe has an answer in a market.
func testRecipes(t *testing.T, f filled) {
	if f.Config().Seed != 0 {
		t.Skip("one market is enough")
	}
	recipes := fencedQuery.FindAllStringSubmatch(dictionaryIntro, -1)
	if len(recipes) == 0 {
		t.Fatal("the dictionary has no recipe")
	}
	for _, m := range recipes {
		var answer bytes.Buffer
		if err := f.store.Raw(t.Context(), &answer, m[1], "TSV", nil); err != nil {
			t.Errorf("%s\n%v", m[1], err)
		}
		if answer.Len() == 0 {
			t.Errorf("no answer to\n%s", m[1])
		}
	}
}

// writeValues lists the ids that role_title and seniority hold: those that the tagger has, and a store holds no others.
func writeValues(t *testing.T, f filled, page *bytes.Buffer) {
	t.Helper()
	guide, err := os.ReadFile(rolesGuide)
	if err != nil {
		t.Fatal(err)
	}
	meanings := map[string]string{}
	for _, m := range guideEntry.FindAllStringSubmatch(string(guide), -1) {
		meanings[m[1]] = meaningOf(m[2])
	}
	page.WriteString("\n## Roles\n\nThe ids that `role_title`, `role_text`, `roles` and `role` hold, and how the [guide](../../enrich/roles/README.md) to them begins:\n\n| id | means |\n|---|---|\n")
	for _, role := range enrich.Roles() {
		if meanings[role] == "" {
			t.Errorf("%s does not say what %s means", rolesGuide, role)
		}
		fmt.Fprintf(page, "| %s | %s |\n", role, meanings[role])
	}
	fmt.Fprintf(page, "\n`seniority` is one of these, from the lowest: `%s`.\n", strings.Join(enrich.Seniorities(), "`, `"))
	for column, known := range map[string][]string{"role_title": enrich.Roles(), "role_text": enrich.Roles(), "seniority": enrich.Seniorities()} {
		var rows []struct {
			Value string `ch:"value"`
		}
		if err := f.store.Ask(t.Context(), &rows, "SELECT DISTINCT toString("+column+") AS value FROM v_postings WHERE value != ''", nil); err != nil {
			t.Fatal(err)
		}
		if len(rows) < 3 {
			t.Errorf("%s has %d values, which proves nothing", column, len(rows))
		}
		for _, r := range rows {
			if !slices.Contains(known, r.Value) {
				t.Errorf("%s holds %q, which is not in the dictionary", column, r.Value)
			}
		}
	}
}

// meaningOf is the beginning of a guide's entry on one line, cut at a comma if it is long.
func meaningOf(said string) string {
	said = brackets.ReplaceAllString(strings.ReplaceAll(strings.TrimRight(said, ".;:"), "\n", " "), "")
	said = strings.NewReplacer("*", "", "|", `\|`).Replace(said)
	for len(said) > meaningMax {
		i := strings.LastIndex(said[:meaningMax], ", ")
		if i < 0 {
			return said
		}
		said = said[:i] + " and so on"
		if len(said) <= meaningMax {
			break
		}
		said = said[:i]
	}
	return said
}

// testVacancies asks the postings, another way, for what v_vacancies says of them.
func testVacancies(t *testing.T, f filled) {
	for query, want := range map[string]string{
		`SELECT count() > 20, countIf(length(workplaces) > 0) > 20 FROM v_vacancies WHERE salary_currency != ''`: "1\t1\n",
		// Each posting's workplace is in its vacancy, and nothing else is.
		`SELECT count() FROM v_vacancies AS v INNER JOIN (SELECT vacancy_id, arraySort(arrayFilter(x -> x != '', groupUniqArray(CAST(workplace, 'String')))) AS w
			FROM v_postings GROUP BY vacancy_id) AS p ON p.vacancy_id = v.vacancy_id WHERE p.w != v.workplaces`: "0\n",
		// The newest of the postings with pay has the pay of the vacancy; one without any has none.
		`SELECT count() FROM v_vacancies AS v LEFT JOIN (SELECT vacancy_id, salary_min, salary_max, salary_currency, salary_period FROM v_postings
			WHERE salary_min IS NOT NULL OR salary_max IS NOT NULL ORDER BY first_seen DESC, posting_id DESC LIMIT 1 BY vacancy_id) AS p ON p.vacancy_id = v.vacancy_id
			WHERE (toString((v.salary_min, v.salary_max)), v.salary_currency, v.salary_period) != (toString((p.salary_min, p.salary_max)), p.salary_currency, p.salary_period)`: "0\n",
		`SELECT count() FROM v_vacancies AS v INNER JOIN (SELECT vacancy_id, roles FROM v_postings ORDER BY first_seen, posting_id LIMIT 1 BY vacancy_id) AS p
			ON p.vacancy_id = v.vacancy_id WHERE arrayStringConcat(p.roles, ',') != arrayStringConcat(v.roles, ',')`: "0\n",
	} {
		var answer bytes.Buffer
		if err := f.store.Raw(t.Context(), &answer, query, "TSV", nil); err != nil || answer.String() != want {
			t.Errorf("%s\ngot %q, want %q, %v", query, answer.String(), want, err)
		}
	}
}
