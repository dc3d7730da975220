package main

import (
	_ "embed" // for the shipped list
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/scheduler"
)

//go:embed sources.yaml
var shippedSources []byte

const (
	// sourcesFile is looked for in the working directory when ROLESCOPE_SOURCES is not set.
	sourcesFile = "sources.yaml"
	// shippedName stands for the list inside the program where a path would stand.
	shippedName = "the shipped sources.yaml"
	// sourcesBytesMax bounds the file: 3,000 boards take about 400 kB.
	sourcesBytesMax = 16 << 20
	// sourceProblemsMax is how many faults of a file are named at once.
	sourceProblemsMax = 10
)

// boardSource is one entry of sources.yaml: a board with how and when it is crawled.
type boardSource struct {
	scheduler.Board        // Source is the kind
	BaseURL         string // replaces scheme and host of the source's API
	AcceptTerms     bool
	Line            int
	crawler         source.Crawler
}

// Name is the board as the command line writes it: SOURCE/BOARD.
func (b boardSource) Name() string { return b.Source + "/" + b.Board.Board }

// Off is why the board is not crawled though it is listed; empty when it is.
func (b boardSource) Off() string {
	if terms := b.crawler.Plan().Terms; terms != "" && !b.AcceptTerms {
		return "off: " + terms + "; accept_terms: true switches it on"
	}
	return ""
}

func (b boardSource) site() source.Site { return source.Site{Board: b.Board.Board, BaseURL: b.BaseURL} }

// sourceList is what sources.yaml says.
type sourceList struct {
	path       string // shippedName when it is the list inside the program
	boards     []boardSource
	byName     map[string]int
	byQuestion map[string]int
}

// question is what a board is known by however its name is written: the request that asks for it.
// One board may be written as acme and acme.recruitee.com, or as "acme corp" and acme%20corp.
func question(crawler source.Crawler, site source.Site) (string, error) {
	req, err := crawler.Request(site, 0)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(req.URL)
	if err != nil {
		return "", fmt.Errorf("read the address of board %q: %w", site.Board, err)
	}
	u.Host = strings.ToLower(u.Host)
	return req.Method + " " + u.String() + " " + string(req.Body), nil
}

func (l *sourceList) find(kind, board string) (boardSource, bool) {
	i, ok := l.byName[kind+"/"+board]
	if !ok {
		return boardSource{}, false
	}
	return l.boards[i], true
}

// active are the boards that are crawled.
func (l *sourceList) active() []boardSource {
	var out []boardSource
	for _, b := range l.boards {
		if b.Off() == "" {
			out = append(out, b)
		}
	}
	return out
}

func (l *sourceList) schedules() []scheduler.Board {
	var out []scheduler.Board
	for _, b := range l.active() {
		out = append(out, b.Board)
	}
	return out
}

// loadSources reads the list that the configuration names: ROLESCOPE_SOURCES, else sources.yaml of
// the working directory, else the shipped one.
func loadSources(c config) (*sourceList, error) {
	path := c.Sources
	if path == "" {
		if _, err := os.Stat(sourcesFile); errors.Is(err, fs.ErrNotExist) {
			return parseSources(shippedName, shippedSources)
		}
		path = sourcesFile
	}
	data, err := readSources(path)
	if err != nil {
		return nil, &hinted{err, "set ROLESCOPE_SOURCES to a list of boards, or unset it to use the shipped one"}
	}
	return parseSources(path, data)
}

func readSources(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	if st.Size() > sourcesBytesMax {
		return nil, fmt.Errorf("read sources: %s has %d bytes, over the limit of %d", path, st.Size(), sourcesBytesMax)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	return data, nil
}

// parseSources reads a list strictly: what is not understood is an error with its line, because a
// misspelt key would silently leave a board uncrawled. Up to sourceProblemsMax faults are named.
func parseSources(path string, data []byte) (*sourceList, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("read sources: %s: %w", path, err)
	}
	p := &sourcesParser{path: path, list: &sourceList{path: path, byName: map[string]int{}, byQuestion: map[string]int{}}}
	if len(doc.Content) == 1 {
		p.document(doc.Content[0])
	} else {
		p.problem(1, "empty: want the key sources with a list of boards")
	}
	if len(p.problems) > 0 {
		more := len(p.problems) - sourceProblemsMax
		if more > 0 {
			p.problems = append(p.problems[:sourceProblemsMax], fmt.Errorf("and %d more", more))
		}
		return nil, &hinted{fmt.Errorf("read sources: %w", errors.Join(p.problems...)), "rolescope source list, once the lines are right"}
	}
	return p.list, nil
}

type sourcesParser struct {
	path     string
	list     *sourceList
	problems []error
}

func (p *sourcesParser) problem(line int, format string, args ...any) {
	p.problems = append(p.problems, fmt.Errorf("%s:%d: %s", p.path, line, fmt.Sprintf(format, args...)))
}

func (p *sourcesParser) document(root *yaml.Node) {
	fields := p.mapping(root, []string{"sources"})
	list := fields["sources"]
	switch {
	case list == nil:
		if root.Kind != yaml.MappingNode {
			return // said already
		}
		p.problem(root.Line, "want the key sources with a list of boards")
	case list.Kind == yaml.ScalarNode && list.Tag == "!!null": // no boards yet
	case list.Kind != yaml.SequenceNode:
		p.problem(list.Line, "sources: want a list")
	default:
		for _, item := range list.Content {
			p.board(item)
		}
	}
}

// mapping returns the values of a mapping by their keys and reports keys that are unknown or twice.
func (p *sourcesParser) mapping(n *yaml.Node, known []string) map[string]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		p.problem(n.Line, "want keys with values: %s", strings.Join(known, ", "))
		return nil
	}
	out := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !slices.Contains(known, key.Value):
			p.problem(key.Line, "unknown key %.60q; the keys are %s", key.Value, strings.Join(known, ", "))
		case out[key.Value] != nil:
			p.problem(key.Line, "key %s stands twice", key.Value)
		case value.Kind == yaml.AliasNode:
			p.problem(value.Line, "%s: aliases are not supported", key.Value)
		default:
			out[key.Value] = value
		}
	}
	return out
}

func (p *sourcesParser) board(n *yaml.Node) {
	before := len(p.problems)
	fields := p.mapping(n, []string{"kind", "board", "company", "schedule", "base_url", "accept_terms"})
	if fields == nil {
		return
	}
	text := func(key string, required bool) string {
		f := fields[key]
		switch {
		case f == nil || f.Tag == "!!null":
			if required {
				p.problem(n.Line, "%s is missing", key)
			}
			return ""
		case f.Kind != yaml.ScalarNode:
			p.problem(f.Line, "%s: want a text", key)
			return ""
		case required && strings.TrimSpace(f.Value) == "":
			p.problem(f.Line, "%s is empty", key)
		}
		return strings.TrimSpace(f.Value)
	}
	b := boardSource{Line: n.Line, BaseURL: text("base_url", false)}
	b.Source, b.Board.Board, b.Company = text("kind", true), text("board", true), text("company", false)
	spec := text("schedule", true)
	if f := fields["accept_terms"]; f != nil {
		if f.Decode(&b.AcceptTerms) != nil {
			p.problem(f.Line, "accept_terms: want true or false")
		}
	}
	line := func(key string) int { return fields[key].Line }
	var err error
	if b.Source != "" {
		if b.crawler, err = source.CrawlerByKind(b.Source); err != nil {
			p.problem(line("kind"), "%v", err)
		}
	}
	if spec != "" {
		if b.Schedule, err = scheduler.Parse(spec); err != nil {
			p.problem(line("schedule"), "%v", err)
		}
	}
	if len(p.problems) > before {
		return
	}
	asks, err := question(b.crawler, b.site())
	if err != nil {
		p.problem(n.Line, "%v", err)
		return
	}
	if i, ok := p.list.byName[b.Name()]; ok {
		p.problem(n.Line, "%s is listed already in line %d", b.Name(), p.list.boards[i].Line)
		return
	}
	if i, ok := p.list.byQuestion[asks]; ok {
		p.problem(n.Line, "%s asks the same address as %s in line %d: it is one board, which would count twice", b.Name(), p.list.boards[i].Name(), p.list.boards[i].Line)
		return
	}
	p.list.byName[b.Name()], p.list.byQuestion[asks] = len(p.list.boards), len(p.list.boards)
	p.list.boards = append(p.list.boards, b)
}

// liveSources follows the list of boards while a process runs. The shipped list holds only until there is a
// sources.yaml, and never replaces one.
func liveSources(c config, log *slog.Logger) (*live[*sourceList], error) {
	return follow("the list of boards", first(c.Sources, sourcesFile), func() (*sourceList, error) { return loadSources(c) }, log)
}
