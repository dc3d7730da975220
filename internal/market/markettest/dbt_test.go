package markettest_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

const dbtSources = "../../../deploy/dbt/models/sources.yml"

const dbtHead = `# The views as dbt sources: ref them as {{ source('rolescope', 'v_vacancies') }}. Generated from the
# database's own comments (go test ./internal/market/markettest -run 'TestStoreAgainstTruth/.*_seed_0/dbt' -update):
# do not edit. The tests of keys are facts that the views promise; dbt test checks them on your store.
version: 2
sources:
  - name: rolescope
    description: What job boards listed, and when; under the active tagger version.
    schema: "{{ env_var('ROLESCOPE_DATABASE', 'rolescope') }}"
    tables:
`

// testDBT keeps dbt's sources true to the views: every view, every column, its comment and type.
func testDBT(t *testing.T, f filled) {
	if f.Config().Seed != 0 {
		t.Skip("one market is enough")
	}
	var columns []described
	if err := f.store.Ask(t.Context(), &columns, describedQuery, nil); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	file.WriteString(dbtHead)
	quoted := strconv.Quote // a YAML string in double quotes, for texts of one line
	for _, e := range dictionary {
		for i, c := range columns {
			if c.Table != e.view {
				continue
			}
			if i == 0 || columns[i-1].Table != c.Table {
				fmt.Fprintf(&file, "      - name: %s\n        description: %s\n        columns:\n", e.view, quoted(strings.TrimSuffix(c.About, ".")+". "+e.about))
			}
			fmt.Fprintf(&file, "          - name: %s\n            description: %s\n            data_type: %s\n", c.Name, quoted(c.Comment), quoted(c.Type))
			if len(e.key) == 1 && e.key[0] == c.Name {
				file.WriteString("            data_tests: [unique, not_null]\n")
			}
		}
	}
	checkSources(t, file.Bytes(), columns)
	checkModels(t, f)
	if *update && !t.Failed() {
		if err := os.WriteFile(dbtSources, file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(dbtSources)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(got), file.String()); d != "" {
		t.Errorf("%s is out of date, -update writes it (-file +views):\n%s", dbtSources, d)
	}
}

var dbtSource = regexp.MustCompile(`\{\{ source\('rolescope', '(v_\w+)'\) \}\}`)

// checkModels runs the example models as plain queries.
func checkModels(t *testing.T, f filled) {
	t.Helper()
	models, err := filepath.Glob(filepath.Join(filepath.Dir(dbtSources), "*.sql"))
	if err != nil || len(models) == 0 {
		t.Fatalf("models: %q, %v", models, err)
	}
	for _, path := range models {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sql := dbtSource.ReplaceAllString(string(text), "$1")
		if sql == string(text) || strings.Contains(sql, "{{") {
			t.Errorf("%s reads no source, or more than that:\n%s", path, sql)
		}
		if got := asAnalyst(t, f, sql); len(got.names) == 0 {
			t.Errorf("%s answers with no column", path)
		}
	}
}

// checkSources reads the file as dbt would, but for Jinja, and compares it with the database.
func checkSources(t *testing.T, text []byte, columns []described) {
	t.Helper()
	var read struct {
		Sources []struct {
			Tables []struct {
				Name    string
				Columns []struct {
					Name, Description string
					DataType          string `yaml:"data_type"`
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "{{") + strings.Count(string(text), "{%"); n != 2 {
		t.Errorf("%d of Jinja's braces, not the two of the head: dbt would run what is in a comment", n)
	}
	got, want := map[string][]described{}, map[string][]described{}
	for _, table := range read.Sources[0].Tables {
		for _, c := range table.Columns {
			got[table.Name] = append(got[table.Name], described{Name: c.Name, Type: c.DataType, Comment: c.Description})
		}
	}
	for _, c := range columns {
		if strings.HasPrefix(c.Table, "v_") {
			want[c.Table] = append(want[c.Table], described{Name: c.Name, Type: c.Type, Comment: c.Comment})
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-views +sources:\n%s", d)
	}
}
