package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// corpus is one data directory of the findings. Each has its own, so that no corpus can get into the
// figures of another: the labs' snapshots have no texts, and would dilute every share of the boards'.
type corpus struct {
	name  string
	args  []string // of `import`
	files string   // below the folder of shared data
}

var corpora = []corpus{
	{"hn", []string{"--as", "hn"}, "data/hn_hiring/*.jsonl.gz"},
	{"ashby", []string{"--as", "ashby", "--complete"}, "recorded/ashby_boards_2025-10-28.jsonl.gz"},
	{"labs", []string{"--as", "snapshot"}, "data/ai_labs_snapshots/*.csv.gz"},
}

// findingsMain imports the corpora, asks, and writes the answers and the page. A corpus that is there is
// only asked.
func findingsMain(args []string) error {
	flags := flag.NewFlagSet("findings", flag.ExitOnError)
	dir := flags.String("dir", "", "data directories are made here and kept; empty makes them and removes them")
	shared := flags.String("shared", "../shared", "folder of the shared corpora")
	answers := flags.String("answers", "docs/proof/findings.json", "the answers, aggregates only")
	page := flags.String("out", "docs/findings.md", "the page")
	bin := flags.String("bin", "", "built program; empty builds it")
	render := flags.Bool("render", false, "only write the page of the answers that are there")
	_ = flags.Parse(args)
	if !*render {
		p, err := newProver(*bin)
		if err != nil {
			return err
		}
		defer os.RemoveAll(p.work)
		if *dir == "" {
			*dir = filepath.Join(p.work, "data")
		}
		f, err := p.find(*dir, *shared)
		if err != nil {
			return err
		}
		if err := writeJSON(*answers, f); err != nil {
			return err
		}
	}
	b, err := os.ReadFile(*answers)
	if err != nil {
		return fmt.Errorf("read answers: %w", err)
	}
	text, err := findingsPage(b)
	if err != nil {
		return err
	}
	return os.WriteFile(*page, text, 0o644)
}

func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("encode answers: %w", err)
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// find imports what is not there yet, and asks everything.
func (p *prover) find(dir, shared string) (*findings, error) {
	f := &findings{Commit: p.commit}
	for _, c := range corpora {
		facts, err := p.corpus(dir, shared, c)
		if err != nil {
			return nil, err
		}
		f.Corpora = append(f.Corpora, facts)
	}
	if err := f.ask(asker{p, dir}); err != nil {
		return nil, err
	}
	return f, nil
}

// corpus imports a corpus, unless that was done, and tells what its store holds.
func (p *prover) corpus(dir, shared string, c corpus) (corpusFacts, error) {
	facts := corpusFacts{Name: c.name, Command: strings.Join(append(append([]string{"rolescope import"}, c.args...), "shared/"+c.files), " ")}
	done := filepath.Join(dir, c.name+".imported.json") // written last
	if _, err := os.Stat(done); errors.Is(err, os.ErrNotExist) {
		files, err := filepath.Glob(filepath.Join(shared, c.files))
		if err != nil || len(files) == 0 {
			return facts, fmt.Errorf("find corpus %s in %s: %d files, %w", c.name, shared, len(files), err)
		}
		cmd := p.command(filepath.Join(dir, c.name), append(append([]string{"import", "--json"}, c.args...), files...)...)
		cmd.Stderr = os.Stderr
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return facts, err
		}
		fmt.Fprintf(os.Stderr, "import %s: %d files\n", c.name, len(files))
		out, err := cmd.Output()
		if err != nil {
			return facts, fmt.Errorf("import %s: %w", c.name, err)
		}
		if err := os.WriteFile(done, out, 0o644); err != nil {
			return facts, err
		}
	}
	b, err := os.ReadFile(done)
	if err == nil {
		err = json.Unmarshal(b, &facts.Import)
	}
	if err != nil {
		return facts, fmt.Errorf("read what the import of %s said: %w", c.name, err)
	}
	var rows told[[]storeFacts]
	if err := sqlInto(asker{p, dir}, c.name, storeSQL, &rows); err != nil {
		return facts, err
	}
	if len(rows.Answer) != 1 {
		return facts, fmt.Errorf("read facts of %s: %d rows", c.name, len(rows.Answer))
	}
	facts.Store = rows.Answer[0]
	return facts, nil
}

// asker asks the built program about the corpora below dir.
type asker struct {
	*prover
	dir string
}

func (a asker) output(corpus string, args ...string) ([]byte, error) {
	cmd := a.command(filepath.Join(a.dir, corpus), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s %q: %w: %s", corpus, args, err, stderr.String())
	}
	return out, nil
}

// trendInto asks a history question; args, which are words, stand as the page shows them; more may have spaces. What T has no field for is not kept.
func trendInto[T any](a asker, corpus, args string, into *told[T], more ...string) error {
	into.Command = "ROLESCOPE_DATA_DIR=DIR/" + corpus + " rolescope trend " + args
	for _, arg := range more {
		if strings.Contains(arg, " ") {
			arg = strconv.Quote(arg)
		}
		into.Command += " " + arg
	}
	words := append([]string{"trend"}, strings.Fields(args)...)
	out, err := a.output(corpus, append(append(words, more...), "--json")...)
	if err == nil {
		err = json.Unmarshal(out, &into.Answer)
	}
	if err != nil {
		return fmt.Errorf("trend %s: %w", args, err)
	}
	return nil
}

// sqlInto asks a query of JSON lines.
func sqlInto[T any](a asker, corpus, query string, into *told[[]T]) error {
	into.Command = "ROLESCOPE_DATA_DIR=DIR/" + corpus + " rolescope sql \"" + query + "\""
	out, err := a.output(corpus, "sql", "--format", "jsonl", query)
	if err != nil {
		return err
	}
	for line := range bytes.Lines(out) {
		var row T
		if err := json.Unmarshal(line, &row); err != nil {
			return fmt.Errorf("decode answer to %q: %w", query, err)
		}
		into.Answer = append(into.Answer, row)
	}
	return nil
}
