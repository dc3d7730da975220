// Package lint holds the rules of the house as code: which room may import which, how long a file
// may be, and which calls belong to one room only. `go test ./internal/lint` is the gate; there is
// no other runner. It reads source text and knows no room from the inside.
package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/rolescope/rolescope"

// Limits on size. A file is one thing; a function fits on a screen.
const (
	fileLinesMax = 400
	funcLinesMax = 80
)

// room is a folder with what it may import: of ours, and of the guarded packages that only some
// rooms may touch. A folder below a room belongs to it unless it is listed itself.
type room struct {
	ours    []string // paths below the module; "*" is every one
	guarded []string // keys of guards
}

// guards name the packages that are confined to the rooms listing them.
var guards = map[string][]string{
	"nats":       {"github.com/nats-io/"},
	"clickhouse": {"github.com/ClickHouse/"},
	"engine":     {"github.com/ebitengine/purego"},
	"cron":       {"github.com/robfig/cron"},
	"env":        {"github.com/sethvargo/go-envconfig"},
	"cli":        {"github.com/spf13/cobra", "github.com/schollz/progressbar"},
	"http":       {"net/http"},
	"exec":       {"os/exec"},
}

// rooms is the table of DESIGN.md section 1. A folder that is not in it may not exist.
var rooms = map[string]room{
	"posting":                       {},
	"bus":                           {ours: []string{"posting"}, guarded: []string{"nats"}},
	"scheduler":                     {ours: []string{"posting"}, guarded: []string{"cron"}},
	"ingest":                        {ours: []string{"posting", "ingest/source", "ingest/fetch"}},
	"ingest/source":                 {ours: []string{"posting"}},
	"ingest/fetch":                  {ours: []string{"posting"}, guarded: []string{"http"}},
	"enrich":                        {ours: []string{"posting"}},
	"enrich/unlisted":               {ours: []string{"posting"}},
	"enrich/unlisted/train":         {ours: []string{"enrich", "enrich/unlisted", "posting"}},
	"store":                         {ours: []string{"posting", "store/engine", "store/migrations"}, guarded: []string{"clickhouse", "http"}},
	"store/migrations":              {},
	"store/engine":                  {guarded: []string{"engine", "http", "exec"}},
	"trend":                         {ours: []string{"posting", "trend/measure"}},
	"trend/measure":                 {},
	"alert":                         {ours: []string{"posting", "trend"}},
	"alert/notify":                  {ours: []string{"alert", "posting"}, guarded: []string{"http"}},
	"web":                           {ours: []string{"posting", "trend", "alert"}, guarded: []string{"http"}},
	"internal/instance":             {},
	"internal/export":               {},
	"internal/market":               {ours: []string{"posting"}, guarded: []string{"http"}},
	"internal/market/markettest":    {ours: []string{"*"}, guarded: []string{"http"}},
	"internal/lint":                 {},
	"internal/planted":              {},
	"internal/planted/judge":        {ours: []string{"internal/planted", "posting", "store", "trend", "trend/measure"}},
	"internal/planted/onset":        {},
	"internal/planted/onset/ledger": {ours: []string{"internal/planted/onset", "posting", "store", "trend"}},
	"internal/score":                {},
	"internal/proof":                {ours: []string{"internal/planted", "internal/planted/judge", "store", "store/engine"}, guarded: []string{"exec", "http"}},
	"cmd/rolescope":                 {ours: []string{"*"}, guarded: []string{"env", "cli", "exec", "http"}},
	"bus/bustest":                   {ours: []string{"*"}, guarded: []string{"nats"}},
	"ingest/fetch/fetchtest":        {},
	"alert/notify/notifytest":       {},
	"store/storetest":               {ours: []string{"*"}, guarded: []string{"clickhouse"}},
	"store/engine/enginetest":       {ours: []string{"store/engine"}},
}

// calls that are confined: the environment and the clock are read in cmd, or in the rooms whose
// trade is waiting. Everywhere else both are passed in.
var confinedCalls = map[string][]string{
	"os.Getenv":    {"cmd/rolescope"},
	"os.LookupEnv": {"cmd/rolescope"},
	"os.Environ":   {"cmd/rolescope", "internal/proof", "store/engine"}, // the engine's child inherits it
	"time.Now":     {"cmd/rolescope", "internal/proof", "bus", "store/engine", "scheduler", "ingest/fetch"},
	"time.Since":   {"cmd/rolescope", "internal/proof", "bus", "store/engine", "scheduler", "ingest/fetch"},
	"time.Sleep":   {},
	"time.Tick":    {},
	"fmt.Println":  {},
	"fmt.Printf":   {},
	"fmt.Print":    {},
}

// Check reads every Go file below root and returns one line per broken rule, sorted.
func Check(root string) ([]string, error) {
	var problems []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); p != root && (strings.HasPrefix(name, ".") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		found, err := checkFile(filepath.ToSlash(rel), src)
		problems = append(problems, found...)
		return err
	})
	slices.Sort(problems)
	return problems, err
}

// checkFile returns the rules that one file breaks. Tests may import anything and are as long as
// their cases; they still may not sleep.
func checkFile(name string, src []byte) ([]string, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	c := &checker{fset: fset, name: name, room: roomOf(name), test: strings.HasSuffix(name, "_test.go")}
	if _, ok := rooms[c.room]; !ok {
		c.add(f.Pos(), "folder %q is not a room: list it in internal/lint with what it may import", path.Dir(name))
		return c.problems, nil
	}
	c.calls(f)
	if c.test {
		return c.problems, nil
	}
	if lines := strings.Count(string(src), "\n"); lines > fileLinesMax && !ast.IsGenerated(f) {
		c.add(f.Pos(), "%d lines, over %d: is it one thing?", lines, fileLinesMax)
	}
	c.imports(f)
	c.shape(f)
	return c.problems, nil
}

// roomOf is the longest listed prefix of the file's folder.
func roomOf(name string) string {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, ok := rooms[dir]; ok {
			return dir
		}
	}
	return path.Dir(name)
}

type checker struct {
	fset     *token.FileSet
	name     string
	room     string
	test     bool
	problems []string
}

func (c *checker) add(pos token.Pos, format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf("%s:%d: %s", c.name, c.fset.Position(pos).Line, fmt.Sprintf(format, args...)))
}

func (c *checker) imports(f *ast.File) {
	r := rooms[c.room]
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if ours, ok := strings.CutPrefix(p, module+"/"); ok {
			target := roomOf(ours + "/x.go")
			if target != c.room && !slices.Contains(r.ours, target) && !slices.Contains(r.ours, "*") {
				c.add(spec.Pos(), "%s may not import %s: siblings meet in cmd (DESIGN.md section 1)", c.room, ours)
			}
			continue
		}
		for guard, prefixes := range guards {
			for _, prefix := range prefixes {
				if (p == prefix || strings.HasPrefix(p, strings.TrimSuffix(prefix, "/")+"/")) && !slices.Contains(r.guarded, guard) {
					c.add(spec.Pos(), "%s may not import %s: %s belongs to other rooms", c.room, p, guard)
				}
			}
		}
		if p == "log" {
			c.add(spec.Pos(), "package log writes behind the program's back: take a *slog.Logger")
		}
	}
}

// calls reports confined calls, found by the package names as imported.
func (c *checker) calls(f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := sel.X.(*ast.Ident)
		if !ok || pkg.Obj != nil {
			return true
		}
		call := pkg.Name + "." + sel.Sel.Name
		allowed, confined := confinedCalls[call]
		switch {
		case !confined || slices.Contains(allowed, c.room):
		case c.test && call != "time.Sleep":
		default:
			c.add(n.Pos(), "%s does not belong in %s: %s", call, c.room, confinedReason(call))
		}
		return true
	})
}

func confinedReason(call string) string {
	switch {
	case call == "time.Sleep" || call == "time.Tick":
		return "wait on a timer and a context"
	case strings.HasPrefix(call, "time."):
		return "take the time as an argument"
	case strings.HasPrefix(call, "os."):
		return "the environment is read in cmd"
	}
	return "write to a writer that was passed in"
}

// shape reports functions that are too long, init functions and mutable package state.
func (c *checker) shape(f *ast.File) {
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if fn.Recv == nil && fn.Name.Name == "init" {
			c.add(fn.Pos(), "init runs before anybody asked: make it a function that is called")
		}
		if fn.Body == nil {
			continue
		}
		lines := c.fset.Position(fn.Body.End()).Line - c.fset.Position(fn.Body.Pos()).Line
		if lines > funcLinesMax {
			c.add(fn.Pos(), "func %s has %d lines, over %d", fn.Name.Name, lines, funcLinesMax)
		}
	}
}
