package enrich

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// titleCase is one line of testdata/titles.txt.
type titleCase struct {
	title, role, seniority string
	roles                  []string
	graded                 bool // the line states a seniority
}

func readTitleCases(t testing.TB) []titleCase {
	t.Helper()
	data, err := os.ReadFile("testdata/titles.txt")
	if err != nil {
		t.Fatal(err)
	}
	var cases []titleCase
	role := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			role = line[1 : len(line)-1]
			continue
		}
		c := titleCase{role: role}
		line, roles, several := strings.Cut(line, " + ")
		if several {
			c.roles = strings.Fields(roles)
		}
		c.title, c.seniority, c.graded = strings.Cut(line, " => ")
		cases = append(cases, c)
	}
	return cases
}

func TestTitles(t *testing.T) {
	t.Parallel()
	rules, err := loadTitleRules()
	if err != nil {
		t.Fatal(err)
	}
	cases := readTitleCases(t)
	if len(cases) < 400 {
		t.Errorf("%d titles, want at least 400", len(cases))
	}
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.title] {
			t.Errorf("%q is there twice", c.title)
		}
		seen[c.title] = true
		words := splitTitle(c.title)
		got := rules.roleOf(words)
		if got.role != c.role {
			t.Errorf("role of %q is %s by %q, want %s", c.title, got.role, got.rule, c.role)
		}
		if !slices.Equal(got.roles, c.roles) {
			t.Errorf("roles of %q are %v, want %v", c.title, got.roles, c.roles)
		}
		if s := seniorityOf(words, got, nil); c.graded && s != c.seniority || !c.graded && s != "" {
			t.Errorf("seniority of %q is %q, want %q", c.title, s, c.seniority)
		}
	}
}
