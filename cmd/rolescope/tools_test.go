package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const toolsPage = "../../docs/tools.md"

// toolsQuestion is what every recipe of the page asks.
const toolsQuestion = `SELECT role_title, count() AS vacancies FROM v_vacancies
WHERE has(skills, 'python') GROUP BY role_title ORDER BY vacancies DESC, role_title LIMIT 5 FORMAT TSV`

// recipe is a block of the page that is run.
type recipe struct {
	language, heading, text string
	line                    int
}

// recipes are the fenced blocks of a page, but those of text.
func recipes(page string) []recipe {
	var out []recipe
	var open *recipe
	heading := ""
	for i, line := range strings.Split(page, "\n") {
		fence, fenced := strings.CutPrefix(line, "```")
		switch {
		case fenced && open == nil:
			open = &recipe{language: fence, heading: heading, line: i + 1}
		case fenced:
			if open.language != "text" {
				out = append(out, *open)
			}
			open = nil
		case open != nil:
			open.text += line + "\n"
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimLeft(line, "# ")
		}
	}
	return out
}

// TestTools runs the recipes of docs/tools.md, in their order and in one folder, beside a store that holds an
// invented market; all that ask something ask the same, and have to answer as `rolescope sql` does.
func TestTools(t *testing.T) {
	t.Parallel()
	bin, demo := binary(t), binaryAs(t, "small-demo")
	page, err := os.ReadFile(toolsPage)
	if err != nil {
		t.Fatal(err)
	}
	k := kitchen{dir: t.TempDir(), data: filepath.Join(t.TempDir(), "data"), bin: bin}
	k.env = append(os.Environ(), "ROLESCOPE_DATA_DIR="+k.data, "ROLESCOPE_CLICKHOUSE_HTTP_ADDR=127.0.0.1:0", "ROLESCOPE_HTTP_ADDR=127.0.0.1:0",
		"PATH="+filepath.Dir(bin)+string(os.PathListSeparator)+os.Getenv("PATH"),
		"npm_config_ignore_scripts=true", "npm_config_audit=false", "npm_config_fund=false", "npm_config_loglevel=error", "npm_config_update_notifier=false", "npm_config_prefer_offline=true")
	// A person may choose the password; none of the ways to hand it on may mind what is in it.
	if err := os.MkdirAll(k.data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(k.data, analystPasswordFile), []byte(chosenPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k.run(t, demo, "direct")
	k.serve(t)
	answers := 0
	for _, r := range recipes(string(page)) {
		t.Run(fmt.Sprintf("line_%d_%s", r.line, strings.ReplaceAll(r.heading, " ", "_")), func(t *testing.T) {
			got := k.cook(t, r)
			if got == "" || strings.Contains(r.text, "npm install") || strings.Contains(r.text, "rolescope export") {
				return // prepares
			}
			answers++
			if d := cmp.Diff(k.want, got); d != "" {
				t.Errorf("-rolescope sql +recipe:\n%s", d)
			}
		})
	}
	if answers < 4 && !t.Failed() && os.Getenv(requireClients) == "1" {
		t.Errorf("%d recipes have answered, want curl, Node.js, Go and DuckDB", answers)
	}
	t.Run("every view in DuckDB", k.countViews)
	t.Run("catalogue", k.catalogue)
}

const chosenPassword = `it's "mine": \ $HOME %41&?#/@`

// requireClients set to 1 makes a tool that is not there a failure.
const requireClients = "ROLESCOPE_REQUIRE_CLIENTS"

// kitchen is where the recipes are run.
type kitchen struct {
	dir, data, bin string
	env            []string
	want           string
}

func (k *kitchen) run(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = k.dir, append(k.env, "ROLESCOPE_TEST_DEMO=12x12")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s%s", filepath.Base(program), args, err, out, stderr.String())
	}
	return string(out)
}

// serve runs the store as an analyst finds it, until the test ends.
func (k *kitchen) serve(t *testing.T) {
	t.Helper()
	up := exec.Command(k.bin, "up", roleWeb)
	up.Env, up.Stderr = k.env, t.Output()
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- up.Wait() }()
	t.Cleanup(func() {
		_ = up.Process.Signal(syscall.SIGTERM)
		<-exited
	})
	awaitFile(t, filepath.Join(k.data, "instance.json"), exited)
	k.want = k.run(t, k.bin, "sql", toolsQuestion)
	if n := strings.Count(k.want, "\n"); n != 5 {
		t.Fatalf("the market answers with %d rows of 5: %q", n, k.want)
	}
	const names = "CLICKHOUSE_HOST CLICKHOUSE_PORT CLICKHOUSE_USER CLICKHOUSE_PASSWORD CLICKHOUSE_DATABASE"
	set := k.run(t, "sh", "-c", `eval "$(rolescope connection --env)"; for n in `+names+`; do printenv $n; done`)
	for i, value := range strings.Split(strings.TrimSpace(set), "\n") {
		k.env = append(k.env, strings.Fields(names)[i]+"="+value)
	}
	var it connection
	if err := json.Unmarshal([]byte(k.run(t, k.bin, "connection", "--json")), &it); err != nil || it.Password != chosenPassword || it.User != "analyst" {
		t.Errorf("connection: %+v, %v", it, err)
	}
}

// cook runs one recipe and returns what it prints.
func (k *kitchen) cook(t *testing.T, r recipe) string {
	t.Helper()
	switch r.language {
	case "sh":
		k.needs(t, "bash", "curl")
		if strings.Contains(r.text, "npm ") {
			k.needs(t, "npm")
		}
		return k.run(t, "bash", "-euo", "pipefail", "-c", r.text)
	case "js":
		k.needs(t, "node")
		return k.run(t, "node", k.file(t, "recipe.mjs", r.text))
	case "go":
		k.needs(t, "go")
		here := *k
		here.dir = "." // the module that has clickhouse-go
		return here.run(t, "go", "run", k.file(t, "recipe.go", r.text))
	case "sql":
		return k.duck(t, r.text)
	case "python":
		return k.python(t, r.text)
	}
	t.Fatalf("line %d: nobody knows how to run %q", r.line, r.language)
	return ""
}

func (k *kitchen) file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(k.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// needs skips a recipe whose program is not here, or fails where all must run.
func (k *kitchen) needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			if os.Getenv(requireClients) == "1" {
				t.Fatalf("no %s in PATH", p)
			}
			t.Skipf("no %s in PATH (%s=1 makes this a failure)", p, requireClients)
		}
	}
}

// duckDB is DuckDB as npm has it; it prints an answer's rows, tab separated.
const (
	duckPackage = "@duckdb/node-api@1.5.6-r.1"
	duckScript  = `import { DuckDBInstance } from '@duckdb/node-api'
const db = await (await DuckDBInstance.create()).connect()
for (const row of (await db.runAndReadAll(process.argv[2])).getRows()) console.log(row.join('\t'))
`
)

func (k *kitchen) duck(t *testing.T, sql string) string {
	t.Helper()
	k.needs(t, "node", "npm")
	if _, err := os.Stat(filepath.Join(k.dir, "node_modules", "@duckdb")); err != nil {
		k.run(t, "npm", "install", duckPackage)
	}
	return k.run(t, "node", k.file(t, "duck.mjs", duckScript), sql)
}

// countViews compares the rows of each exported view, as DuckDB reads them, with the store's.
func (k *kitchen) countViews(t *testing.T) {
	var manifest struct {
		Views []struct {
			Name string
			Rows int64
		}
	}
	text, err := os.ReadFile(filepath.Join(k.dir, "history", "manifest.json"))
	if err != nil {
		t.Fatalf("the page exports nothing: %v", err)
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	var files, store []string
	for _, v := range manifest.Views {
		if v.Rows == 0 {
			continue // no file
		}
		files = append(files, fmt.Sprintf("SELECT '%s' AS view, count(*) FROM read_parquet('history/%s/**/*.parquet')", v.Name, v.Name))
		store = append(store, fmt.Sprintf("SELECT '%s' AS view, count() FROM %s", v.Name, v.Name))
	}
	if len(files) < 8 {
		t.Errorf("%d views prove little", len(files))
	}
	got := k.duck(t, strings.Join(files, " UNION ALL ")+" ORDER BY view")
	want := k.run(t, k.bin, "sql", "SELECT * FROM ("+strings.Join(store, " UNION ALL ")+") ORDER BY view FORMAT TSV")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-store +DuckDB:\n%s", d)
	}
}

// catalogue asks what JDBC drivers, Grafana's editor and other explorers ask when they connect, in the format
// and with the settings of ClickHouse's JDBC driver.
func (k *kitchen) catalogue(t *testing.T) {
	k.needs(t, "bash", "curl")
	for _, sql := range []string{
		"SELECT currentUser() AS user, timezone() AS timezone, version() AS version LIMIT 1",
		"SELECT name AS TABLE_SCHEM, '' AS TABLE_CATALOG FROM system.databases ORDER BY name",
		`SELECT t.database, t.name, t.engine, t.is_temporary, t.comment, d.engine FROM system.tables t JOIN system.databases d
			ON system.tables.database = system.databases.name WHERE t.database LIKE 'default' AND t.name LIKE 'v\_%'`,
		`SELECT table, name, type, comment, default_expression, position, numeric_precision, numeric_scale, numeric_precision_radix,
			character_octet_length FROM system.columns WHERE database LIKE 'default' AND table LIKE 'v\_spells'`,
		"SELECT name FROM system.functions ORDER BY name", "SHOW DATABASES", "SHOW TABLES FROM default", "DESC TABLE default.v_postings",
		"SHOW CREATE TABLE v_postings", "SELECT table_name FROM information_schema.tables WHERE table_schema = 'default'",
	} {
		for _, settings := range []string{
			"default_format=TSV", // to be read here
			"default_format=RowBinaryWithNamesAndTypes&compress=1&max_result_rows=200&result_overflow_mode=break&max_execution_time=90",
		} {
			script := `rolescope connection --curl | sed '1s|?|?` + strings.ReplaceAll(settings, "&", `\&`) + `\&|' > asked.conf; curl -sS --fail-with-body -K asked.conf --data-binary @asked.sql`
			k.file(t, "asked.sql", sql)
			if got := k.run(t, "bash", "-euo", "pipefail", "-c", script); got == "" {
				t.Errorf("no answer to %s", sql)
			}
		}
	}
}

// python runs a recipe where python3 has what it imports. Python's packages cannot be had from npm or Go's
// proxy, so nothing demands them.
func (k *kitchen) python(t *testing.T, text string) string {
	t.Helper()
	program := os.Getenv("ROLESCOPE_TEST_PYTHON")
	if program == "" {
		program = "python3"
	}
	modules := "pandas"
	if strings.Contains(text, "read_parquet") {
		modules += ", pyarrow"
	}
	if out, err := exec.CommandContext(t.Context(), program, "-c", "import "+modules).CombinedOutput(); err != nil {
		t.Skipf("%s has not %s: %v\n%s", program, modules, err, out)
	}
	return k.run(t, program, k.file(t, "recipe.py", text))
}
