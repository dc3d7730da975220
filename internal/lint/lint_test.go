package lint

import (
	"strings"
	"testing"
)

// TestTheHouse is the gate: no file of the project breaks a rule.
func TestTheHouse(t *testing.T) {
	t.Parallel()
	problems, err := Check("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}

// TestEachRuleCanBeBroken shows that the gate is shut: each of these must be refused.
func TestEachRuleCanBeBroken(t *testing.T) {
	t.Parallel()
	long := "package enrich\n" + strings.Repeat("// a line\n", fileLinesMax+1)
	body := "package enrich\nfunc f() {\n" + strings.Repeat("_ = 1\n", funcLinesMax+1) + "}\n"
	for _, c := range []struct{ name, file, src, want string }{
		{"a sibling", "enrich/a.go", "package enrich\nimport _ \"" + module + "/store\"\n", "may not import store"},
		{"nouns import nothing", "posting/a.go", "package posting\nimport _ \"" + module + "/bus\"\n", "may not import bus"},
		{"a folder inside a room", "store/engine/a.go", "package engine\nimport _ \"" + module + "/store\"\n", "may not import store"},
		{"nats outside the bus", "store/a.go", "package store\nimport _ \"github.com/nats-io/nats.go/jetstream\"\n", "nats belongs to other rooms"},
		{"clickhouse outside the store", "trend/a.go", "package trend\nimport _ \"github.com/ClickHouse/clickhouse-go/v2\"\n", "clickhouse belongs"},
		{"http in a pure room", "enrich/a.go", "package enrich\nimport _ \"net/http\"\n", "http belongs"},
		{"the clock in a pure room", "enrich/a.go", "package enrich\nimport \"time\"\nvar now = time.Now\n", "time.Now does not belong"},
		{"the environment", "store/a.go", "package store\nimport \"os\"\nvar home = os.Getenv(\"HOME\")\n", "environment is read in cmd"},
		{"sleeping", "bus/a.go", "package bus\nimport \"time\"\nfunc f() { time.Sleep(1) }\n", "time.Sleep"},
		{"sleeping in a test", "bus/a_test.go", "package bus\nimport \"time\"\nfunc f() { time.Sleep(1) }\n", "time.Sleep"},
		{"printing", "cmd/rolescope/a.go", "package main\nimport \"fmt\"\nfunc f() { fmt.Println() }\n", "fmt.Println"},
		{"the log package", "bus/a.go", "package bus\nimport _ \"log\"\n", "slog"},
		{"init", "bus/a.go", "package bus\nfunc init() {}\n", "init runs before"},
		{"a long file", "enrich/a.go", long, "lines, over 400"},
		{"a long function", "enrich/a.go", body, "func f has"},
		{"an unknown folder", "util/a.go", "package util\n", "is not a room"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			problems, err := checkFile(c.file, []byte(c.src))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(problems, "\n"); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want something about %q", got, c.want)
			}
		})
	}
}

func TestWhatIsAllowedPasses(t *testing.T) {
	t.Parallel()
	for file, src := range map[string]string{
		"store/a.go":         "package store\nimport _ \"" + module + "/posting\"\nimport _ \"github.com/ClickHouse/clickhouse-go/v2\"\n",
		"cmd/rolescope/a.go": "package main\nimport _ \"" + module + "/store\"\nimport _ \"" + module + "/bus\"\n",
		"enrich/a_test.go":   "package enrich\nimport \"time\"\nvar now = time.Now\n",
	} {
		if problems, err := checkFile(file, []byte(src)); err != nil || len(problems) > 0 {
			t.Errorf("%s: %v %v", file, problems, err)
		}
	}
}
