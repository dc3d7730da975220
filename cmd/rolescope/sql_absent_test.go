package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestComparisons(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string][]comparison{
		`SELECT 1 FROM v_postings WHERE role_title = 'ML Engineer' AND p.seniority=='Senior'`: {{"role_title", "ML Engineer"}, {"seniority", "Senior"}},
		`WHERE role_title IN ('a', 'it''s', {r:String}) OR role = {r:String}`:                 {{"role_title", "a"}, {"role_title", "it's"}, {"role_title", "given"}, {"role", "given"}},
		`WHERE has(skills, 'K8s') OR hasAny(p.skills, ['Go', 'C++'])`:                         {{"skills", "K8s"}, {"skills", "Go"}, {"skills", "C++"}},
		`WHERE role_title != 'a' AND role_title NOT IN ('b') AND seniority LIKE 's%'`:         nil,
		`WHERE role_title = {missing:String} OR role_title = lower('x') OR role_title = ''`:   nil,
		`WHERE title = 'role_title' -- role_title = 'x'`:                                      nil,
		`SELECT skill, 'x' FROM v_skills WHERE role_title`:                                    nil,
		`WHERE role_title IN (SELECT 'x')`:                                                    nil,
		`WHERE role_title IN ('a'`:                                                            {{"role_title", "a"}},
		`role_title =`:                                                                        nil,
	} {
		if diff := cmp.Diff(want, comparisons(statement, map[string]string{"r": "given"}), cmp.AllowUnexported(comparison{})); diff != "" {
			t.Errorf("%s: -want +got\n%s", statement, diff)
		}
	}
}

func TestNearestID(t *testing.T) {
	t.Parallel()
	ids := []string{"ml_engineer", "ml_platform_engineer", "research_engineer", "cpp", "vector-databases", "senior"}
	labels := []string{"", "", "", "C++", "Vector databases", ""}
	for text, want := range map[string]string{
		"ML Engineer": "ml_engineer", "machine_learning_engineer": "ml_engineer", "Machine-Learning Engineer": "ml_engineer", "mlengineer": "ml_engineer",
		"C++": "cpp", "Vector Databases": "vector-databases", "Senior": "senior", "welder": "", "": "",
	} {
		got := nearestID(text, ids, labels)
		if want == "" && len(got) > 0 || want != "" && !slices.Contains(got[:min(1, len(got))], want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// testAbsent asks a market for ids that it does not have.
func testAbsent(t *testing.T, bin, data string) {
	t.Helper()
	for _, c := range []struct {
		query string
		want  string // on stderr; empty for nothing of the kind
	}{
		{"SELECT title FROM v_postings WHERE role_title = 'ML Engineer'", "No posting has the role_title 'ML Engineer'; try ml_engineer"},
		{"SELECT count() FROM v_vacancies WHERE role_title = 'machine_learning_engineer'", "; try ml_engineer"},
		{"SELECT 1 FROM v_vacancies WHERE seniority IN ('Senior', 'boss')", "No posting has the seniority 'Senior'; try senior"},
		{"SELECT count() FROM v_postings WHERE has(skills, 'PyTorch')", "No posting has the skill 'PyTorch'; try pytorch"},
		{"SELECT count() FROM v_skills WHERE kind = 'xyzzy'", "No mention has the kind 'xyzzy', but "},
		{"SELECT count() FROM v_postings WHERE seniority = 'junior'", "No posting has the seniority 'junior'; try entry"},
		{"SELECT count() FROM v_vacancies WHERE has(countries, 'Germany')", "No posting has the country 'Germany', but "},
		{"SELECT count() FROM v_postings WHERE source = 'Greenhouse'", "No run has the source 'Greenhouse'; try greenhouse"},
		{"SELECT count() FROM v_runs WHERE outcome = 'failed'", "No run has the outcome 'failed', but "},
		{"SELECT count() FROM v_posting_skills WHERE strength = 'Required'", "No mention has the strength 'Required'; try required"},
		{"SELECT count() FROM v_role_similarity WHERE role_a = 'Machine Learning Engineer'", "No posting has the role_a 'Machine Learning Engineer'; try ml_engineer"},
		{"SELECT count() FROM v_postings WHERE role_title = 'ml_engineer' AND company = 'Nobody at all'", "No posting has the company 'Nobody at all'"},
		{"SELECT count() FROM v_postings WHERE closed_at = NULL", "Nothing is = NULL or != NULL: IS NULL, or IS NOT NULL."},
		{"SELECT cosine FROM v_role_similarity WHERE role_a = 'research_engineer' AND role_b = 'ml_engineer'", "A pair is in the order of the alphabet: role_a = 'ml_engineer' AND role_b = 'research_engineer'."},
		{"SELECT share FROM v_role_skill_month WHERE month = '2024-02-15'", "A month is its first day: '2024-02-01'."},
		{"SELECT title FROM v_postings WHERE role_title = 'ml_engineer' AND title = 'Nobody'", ""},
		{"SELECT title FROM v_postings WHERE role_title = 'ml_engineer' OR role_title = 'ML Engineer' LIMIT 2", ""},
	} {
		var said bytes.Buffer
		cmd := commandEnv(bin, append(os.Environ(), "ROLESCOPE_DATA_DIR="+filepath.Clean(data)), "sql", c.query)
		cmd.Stderr = &said
		if _, err := cmd.Output(); err != nil {
			t.Errorf("%s: %v\n%s", c.query, err, said.String())
		}
		if got := strings.Join(strings.Fields(said.String()), " "); !strings.Contains(got, c.want) || c.want == "" && strings.Contains(got, "No ") {
			t.Errorf("%s\nsays %q, want %q", c.query, got, c.want)
		}
		if told := regexp.MustCompile(`rolescope: .*` + regexp.QuoteMeta(filepath.Base(data)) + `: [\d,]+ postings, \d{4}-`).MatchString(said.String()); told != (c.want != "") {
			t.Errorf("%s\nsays %q, which store it is: %v", c.query, said.String(), told)
		}
	}
}
