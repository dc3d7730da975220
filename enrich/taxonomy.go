package enrich

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// taxonomyFiles is the taxonomy this build tags with; docs/taxonomy.md documents its format.
//
//go:embed taxonomy/*.yaml
var taxonomyFiles embed.FS

// wordsFile holds what is not a skill: word groups, shields and cues. Every other file is skills.
const wordsFile = "words.yaml"

// skill is one entry of the taxonomy.
type skill struct {
	ID      string      `yaml:"id"`      // stable for ever: lower case, digits and hyphens
	Label   string      `yaml:"label"`   // what people read; unique
	Kind    string      `yaml:"kind"`    // one of skillKinds
	Aliases []aliasRule `yaml:"aliases"` // beside the label, which always is one
	Broader string      `yaml:"broader"` // id of the wider skill, or empty
	Broad   bool        `yaml:"broad"`   // so wide that employers describe themselves by it
	Owner   []string    `yaml:"owner"`   // companies at which it is the employer's own product
	ESCO    string      `yaml:"esco"`    // URI of an ESCO concept
	ONET    string      `yaml:"onet"`    // O*NET technology skill commodity code

	ordinal   int   // position in taxonomy.list
	ancestors []int // ordinals of the broader skills, nearest first, itself included
}

// aliasRule is one or more spellings that share one context rule.
type aliasRule struct {
	Text    []string // spellings
	Exact   bool     // case: exact
	NotIn   []string // sections (or "title") in which the spelling does not count
	NotNear []string // none of the words stands within nearWindow words in the same paragraph

	// Proofs: when any is given, at least one of them must hold.
	List bool     // stands in a list with a skill that needs no proof
	Near []string // one of the words within nearWindow words in the same paragraph
	Prev []string // one of the words directly before
	Next []string // one of the words directly after
	With []string // ids: one of the skills, or a narrower one, is tagged elsewhere in the posting
}

// guarded reports whether the spelling means the skill only under proof.
func (a aliasRule) guarded() bool {
	return a.List || len(a.Near)+len(a.Prev)+len(a.Next)+len(a.With) > 0
}

// UnmarshalYAML reads either a plain spelling or a mapping with rules.
func (a *aliasRule) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		a.Text = []string{node.Value}
		return nil
	}
	var m struct {
		Text    oneOrMore `yaml:"text"`
		Case    string    `yaml:"case"`
		List    bool      `yaml:"list"`
		Near    oneOrMore `yaml:"near"`
		Prev    oneOrMore `yaml:"prev"`
		Next    oneOrMore `yaml:"next"`
		With    oneOrMore `yaml:"with"`
		NotIn   oneOrMore `yaml:"not_in"`
		NotNear oneOrMore `yaml:"not_near"`
	}
	if err := decodeStrict(node, &m); err != nil {
		return err
	}
	if m.Case != "" && m.Case != "exact" {
		return fmt.Errorf("line %d: case is %q, want exact or nothing", node.Line, m.Case)
	}
	if len(m.Text) == 0 {
		return fmt.Errorf("line %d: alias without text", node.Line)
	}
	*a = aliasRule{
		Text: m.Text, Exact: m.Case == "exact", NotIn: m.NotIn, NotNear: m.NotNear,
		List: m.List, Near: m.Near, Prev: m.Prev, Next: m.Next, With: m.With,
	}
	return nil
}

// oneOrMore lets a list of one be written without brackets.
type oneOrMore []string

func (o *oneOrMore) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*o = []string{node.Value}
		return nil
	}
	return node.Decode((*[]string)(o))
}

// decodeStrict refuses unknown keys, so that a mistyped rule is an error and not silently no rule.
func decodeStrict(node *yaml.Node, out any) error {
	raw, err := yaml.Marshal(node)
	if err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	dec := yaml.NewDecoder(strings.NewReader(string(raw)))
	dec.KnownFields(true)
	if err := dec.Decode(out); err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	return nil
}

// skillWords is the content of words.yaml.
type skillWords struct {
	Groups  map[string][]string `yaml:"groups"`  // named word lists, used as $name in near, prev and next
	Shields []aliasRule         `yaml:"shields"` // phrases in which nothing is a skill; only their case may have a rule
	Vendors [][]string          `yaml:"vendors"` // names of one vendor, which stand for each other before its products
	Cues    struct {
		Required      []string `yaml:"required"`
		Preferred     []string `yaml:"preferred"`
		NegatedBefore []string `yaml:"negated_before"`
		NegatedAfter  []string `yaml:"negated_after"`
		Companies     []string `yaml:"companies"`
		Self          []string `yaml:"self"`
	} `yaml:"cues"`
	Fillers     []string `yaml:"fillers"`     // may stand between a negation and what it negates
	Connectives []string `yaml:"connectives"` // may stand between the items of a list
	Asks        []string `yaml:"asks"`        // their sentence speaks of the post and what it needs
	Uses        []string `yaml:"uses"`        // the employer works with what follows
	Workers     []string `yaml:"workers"`     // who does the work, as in "Rust engineers"
	Colleagues  []string `yaml:"colleagues"`  // others at the employer, as in "the Rust team"
	Partners    []string `yaml:"partners"`    // that one works with them
}

// taxonomy is the loaded vocabulary with its matcher. It is immutable and safe for concurrent use.
type taxonomy struct {
	list    []*skill // in order of id
	byID    map[string]*skill
	words   skillWords
	matcher *matcher
}

// skillKinds is the closed set of kinds.
func skillKinds() []string {
	return []string{
		"language", "framework", "library", "platform", "service", "database", "tool", "model",
		"method", "field", "practice", "hardware", "protocol", "format", "standard", "system",
	}
}

// loadTaxonomy reads the embedded taxonomy.
func loadTaxonomy() (*taxonomy, error) {
	sub, err := fs.Sub(taxonomyFiles, "taxonomy")
	if err != nil {
		return nil, fmt.Errorf("open embedded taxonomy: %w", err)
	}
	return newTaxonomy(sub)
}

// newTaxonomy reads every *.yaml file at the root of files and checks it as a whole.
func newTaxonomy(files fs.FS) (*taxonomy, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list taxonomy files: %w", err)
	}
	t := &taxonomy{byID: map[string]*skill{}}
	for _, name := range names {
		if err := t.read(files, name); err != nil {
			return nil, fmt.Errorf("read taxonomy file %s: %w", name, err)
		}
	}
	slices.SortFunc(t.list, func(a, b *skill) int { return strings.Compare(a.ID, b.ID) })
	for i, s := range t.list {
		s.ordinal = i
	}
	if err := t.link(); err != nil {
		return nil, fmt.Errorf("check taxonomy: %w", err)
	}
	if t.matcher, err = newMatcher(t); err != nil {
		return nil, fmt.Errorf("build skill matcher: %w", err)
	}
	return t, nil
}

func (t *taxonomy) read(files fs.FS, name string) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	dec := yaml.NewDecoder(f)
	dec.KnownFields(true)
	if path.Base(name) == wordsFile {
		return dec.Decode(&t.words)
	}
	var entries []*skill
	if err := dec.Decode(&entries); err != nil {
		return err
	}
	for _, s := range entries {
		if t.byID[s.ID] != nil {
			return fmt.Errorf("skill id %q is used twice", s.ID)
		}
		t.byID[s.ID] = s
		t.list = append(t.list, s)
	}
	return nil
}

// link checks references and fills in ancestors and word groups.
func (t *taxonomy) link() error {
	for _, s := range t.list {
		if s.ID == "" || s.Label == "" || !slices.Contains(skillKinds(), s.Kind) {
			return fmt.Errorf("skill %q: id, label and a known kind are needed, kind is %q", s.ID, s.Kind)
		}
		for at := s; ; {
			if slices.Contains(s.ancestors, at.ordinal) {
				return fmt.Errorf("skill %q: broader goes in a circle", s.ID)
			}
			s.ancestors = append(s.ancestors, at.ordinal)
			if at.Broader == "" {
				break
			}
			next := t.byID[at.Broader]
			if next == nil {
				return fmt.Errorf("skill %q: broader %q does not exist", at.ID, at.Broader)
			}
			at = next
		}
		for i := range s.Aliases {
			a := &s.Aliases[i]
			for _, id := range a.With {
				if t.byID[id] == nil {
					return fmt.Errorf("skill %q: with %q does not exist", s.ID, id)
				}
			}
			for _, words := range []*[]string{&a.Near, &a.Prev, &a.Next, &a.NotNear} {
				expanded, err := t.words.expand(*words)
				if err != nil {
					return fmt.Errorf("skill %q: %w", s.ID, err)
				}
				*words = expanded
			}
		}
	}
	return nil
}

// expand replaces each $name by the words of that group.
func (w skillWords) expand(words []string) ([]string, error) {
	var out []string
	for _, word := range words {
		name, isGroup := strings.CutPrefix(word, "$")
		if !isGroup {
			out = append(out, word)
			continue
		}
		group, ok := w.Groups[name]
		if !ok {
			return nil, fmt.Errorf("word group %q does not exist", name)
		}
		out = append(out, group...)
	}
	return out, nil
}

// spellings are the skill's alias rules, with the label as a plain one unless the aliases spell it.
func (s *skill) spellings() []aliasRule {
	for _, a := range s.Aliases {
		if slices.Contains(a.Text, s.Label) {
			return s.Aliases
		}
	}
	return append([]aliasRule{{Text: []string{s.Label}}}, s.Aliases...)
}
