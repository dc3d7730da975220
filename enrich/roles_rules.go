package enrich

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed roles/*.yaml
var roleFiles embed.FS

// The roles a posting can have. roles/README.md says what each means.
const (
	roleResearchScientist = "research_scientist"
	roleResearchEngineer  = "research_engineer"
	roleAppliedScientist  = "applied_scientist"
	roleMLEngineer        = "ml_engineer"
	roleAIEngineer        = "ai_engineer"
	roleTechnicalStaff    = "member_of_technical_staff"
	roleDataScientist     = "data_scientist"
	roleDataEngineer      = "data_engineer"
	roleDataAnalyst       = "data_analyst"
	roleMLPlatform        = "ml_platform_engineer"
	rolePromptEngineer    = "prompt_engineer"
	roleForwardDeployed   = "forward_deployed_engineer"
	roleSoftwareEngineer  = "software_engineer"
	roleHardwareEngineer  = "hardware_engineer"
	roleProductManager    = "product_manager"
	roleDesign            = "design"
	roleSales             = "sales"
	roleMarketing         = "marketing"
	roleOperations        = "operations"
	rolePeople            = "people"
	roleFinanceLegal      = "finance_legal"
	roleCustomerSuccess   = "customer_success_support"
	roleManagement        = "management"
	roleOther             = "other"
)

// Roles lists every role a tag can have, the technical ones first, "other" last.
func Roles() []string {
	return []string{
		roleResearchScientist, roleResearchEngineer, roleAppliedScientist, roleMLEngineer, roleAIEngineer,
		roleTechnicalStaff, roleDataScientist, roleDataEngineer, roleDataAnalyst, roleMLPlatform,
		rolePromptEngineer, roleForwardDeployed, roleSoftwareEngineer, roleHardwareEngineer,
		roleProductManager, roleDesign, roleSales, roleMarketing, roleOperations, rolePeople,
		roleFinanceLegal, roleCustomerSuccess, roleManagement, roleOther,
	}
}

// isTechnical reports whether role is done by people who build or research technology themselves.
func isTechnical(role string) bool {
	switch role {
	case roleResearchScientist, roleResearchEngineer, roleAppliedScientist, roleMLEngineer, roleAIEngineer,
		roleTechnicalStaff, roleDataScientist, roleDataEngineer, roleDataAnalyst, roleMLPlatform,
		rolePromptEngineer, roleForwardDeployed, roleSoftwareEngineer, roleHardwareEngineer:
		return true
	}
	return false
}

// titleFile is roles/titles.yaml; its comments say what each part means.
type titleFile struct {
	Heads    map[string][]string `yaml:"heads"`
	Families []struct {
		Name   string   `yaml:"name"`
		Role   string   `yaml:"role"`
		Field  bool     `yaml:"field"`
		Final  bool     `yaml:"final"`
		Yields bool     `yaml:"yields"`
		Refine []string `yaml:"refine"`
		Heads  []string `yaml:"heads"`
	} `yaml:"families"`
	Refine     map[string]refineFile `yaml:"refine"`
	Managers   []string              `yaml:"managers"`
	Titles     []string              `yaml:"titles"`
	Functions  map[string][]string   `yaml:"functions"`
	Overridden []string              `yaml:"overridden"`
	Wide       []string              `yaml:"wide"`
	Faint      []string              `yaml:"faint"`
	Noise      []string              `yaml:"noise"`
	Terms      []string              `yaml:"terms"`
	Tools      []string              `yaml:"tools"`
	Pools      []string              `yaml:"pools"`
}

type refineFile struct {
	Role   string   `yaml:"role"`
	Around []string `yaml:"around"`
	Before []string `yaml:"before"`
	Except []string `yaml:"except"`
}

// headKind is what a head phrase decides.
type headKind uint8

const (
	headRole    headKind = iota + 1 // the role
	headFamily                      // a role the words around may refine
	headManager                     // that people are led
	headTitle                       // nothing, but that the words before name the field
)

// headRule is one head phrase.
type headRule struct {
	phrase string
	kind   headKind
	role   string
	field  bool // a business function named before the head in its segment replaces the role
	final  bool // a head only where its noun phrase ends: the "executive" of "sales executive"
	yields bool // another head before it stands: a "research scientist tech lead" is a research scientist
	refine []*refinement
}

// refinement turns a family's role into a narrower one.
type refinement struct {
	name                   string
	role                   string
	around, before, except *phraseBook[string]
}

// titleRules is the compiled titles.yaml. It is never changed after loading.
type titleRules struct {
	heads      *phraseBook[headRule]
	functions  *phraseBook[string] // phrase -> role
	overridden map[string]bool
	noise      map[string]bool // stems
	terms      map[string]bool // stems
	tools      map[string]bool // stems
	pools      map[string]bool // head phrases
	wide       map[string]bool // words as they stand and stems
	faint      map[string]bool // phrases as they stand, and of one word their stems
}

// phraseBook finds phrases by their last word. Values belong to phrases.
type phraseBook[T any] struct {
	byLast map[string][]bookEntry[T]
	filter wordFilter // of the keys of byLast
}

type bookEntry[T any] struct {
	words []string
	value T
}

func newPhraseBook[T any]() *phraseBook[T] {
	return &phraseBook[T]{byLast: map[string][]bookEntry[T]{}}
}

// add files a phrase under value. A phrase that is already there is an error, because which of two
// rules wins must not depend on the order of a file.
func (b *phraseBook[T]) add(phrase string, value T) error {
	var words []string
	for _, w := range splitTitle(phrase) {
		words = append(words, w.stem)
	}
	if len(words) == 0 {
		return fmt.Errorf("phrase %q has no words", phrase)
	}
	last := words[len(words)-1]
	for _, e := range b.byLast[last] {
		if slices.Equal(e.words, words) {
			return fmt.Errorf("phrase %q is there twice", phrase)
		}
	}
	list := append(b.byLast[last], bookEntry[T]{words, value})
	slices.SortStableFunc(list, func(x, y bookEntry[T]) int { return len(y.words) - len(x.words) })
	b.byLast[last] = list
	b.filter.add(last)
	return nil
}

// endingWith returns the phrases whose last word is stem, the longest first.
func (b *phraseBook[T]) endingWith(stem string) []bookEntry[T] {
	if !b.filter.mayHold(filterHash(stem)) {
		return nil
	}
	return b.byLast[stem]
}

// endingAt returns the longest phrase that ends with word i of words, and its length in words.
func (b *phraseBook[T]) endingAt(words []titleWord, i int) (value T, n int) {
	for _, e := range b.endingWith(words[i].stem) {
		k := len(e.words)
		if k > i+1 {
			continue
		}
		ok := true
		for j := range k - 1 {
			if words[i+1-k+j].stem != e.words[j] {
				ok = false
				break
			}
		}
		if ok {
			return e.value, k
		}
	}
	return value, 0
}

// loadTitleRules reads and checks roles/titles.yaml.
func loadTitleRules() (*titleRules, error) {
	data, err := roleFiles.ReadFile("roles/titles.yaml")
	if err != nil {
		return nil, fmt.Errorf("read title rules: %w", err)
	}
	var f titleFile
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("decode title rules: %w", err)
	}
	r, err := f.compile()
	if err != nil {
		return nil, fmt.Errorf("compile title rules: %w", err)
	}
	return r, nil
}

func (f titleFile) compile() (*titleRules, error) {
	r := &titleRules{heads: newPhraseBook[headRule](), functions: newPhraseBook[string](), overridden: map[string]bool{}, noise: map[string]bool{}, terms: map[string]bool{}, tools: map[string]bool{}, pools: map[string]bool{}, wide: map[string]bool{}, faint: map[string]bool{}}
	addHeads := func(phrases []string, rule headRule) error {
		for _, p := range phrases {
			rule.phrase = p
			if err := r.heads.add(p, rule); err != nil {
				return err
			}
		}
		return nil
	}
	for _, role := range slices.Sorted(maps.Keys(f.Heads)) {
		if err := checkRole(role); err != nil {
			return nil, err
		}
		if err := addHeads(f.Heads[role], headRule{kind: headRole, role: role}); err != nil {
			return nil, fmt.Errorf("heads of %s: %w", role, err)
		}
	}
	refinements, err := f.refinements()
	if err != nil {
		return nil, err
	}
	for _, family := range f.Families {
		rule := headRule{kind: headFamily, role: family.Role, field: family.Field, final: family.Final, yields: family.Yields}
		for _, name := range family.Refine {
			if refinements[name] == nil {
				return nil, fmt.Errorf("family %s: unknown refinement %q", family.Name, name)
			}
			rule.refine = append(rule.refine, refinements[name])
		}
		if err := addHeads(family.Heads, rule); err != nil {
			return nil, fmt.Errorf("family %s: %w", family.Name, err)
		}
	}
	if err := addHeads(f.Managers, headRule{kind: headManager, role: roleManagement}); err != nil {
		return nil, fmt.Errorf("managers: %w", err)
	}
	if err := addHeads(f.Titles, headRule{kind: headTitle}); err != nil {
		return nil, fmt.Errorf("titles: %w", err)
	}
	for _, role := range slices.Sorted(maps.Keys(f.Functions)) {
		if err := addAll(r.functions, f.Functions[role], role); err != nil {
			return nil, fmt.Errorf("functions of %s: %w", role, err)
		}
	}
	for _, word := range f.Noise {
		r.noise[singular(word)] = true
	}
	for _, word := range f.Terms {
		r.terms[singular(word)] = true
	}
	for _, word := range f.Tools {
		r.tools[singular(word)] = true
	}
	for _, phrase := range f.Pools {
		r.pools[phrase] = true
	}
	for _, word := range f.Wide {
		r.wide[word], r.wide[singular(word)] = true, true
	}
	for _, phrase := range f.Faint {
		r.faint[phrase], r.faint[singular(phrase)] = true, true
	}
	for _, role := range f.Overridden {
		r.overridden[role] = true
	}
	return r, nil
}

func (f titleFile) refinements() (map[string]*refinement, error) {
	out := map[string]*refinement{}
	for _, name := range slices.Sorted(maps.Keys(f.Refine)) {
		x := f.Refine[name]
		if err := checkRole(x.Role); err != nil {
			return nil, fmt.Errorf("refinement %s: %w", name, err)
		}
		ref := &refinement{name: name, role: x.Role, around: newPhraseBook[string](), before: newPhraseBook[string](), except: newPhraseBook[string]()}
		for i, phrases := range [][]string{x.Around, x.Before, x.Except} {
			book := []*phraseBook[string]{ref.around, ref.before, ref.except}[i]
			for _, p := range phrases {
				if err := book.add(p, p); err != nil {
					return nil, fmt.Errorf("refinement %s: %w", name, err)
				}
			}
		}
		out[name] = ref
	}
	return out, nil
}

func addAll(b *phraseBook[string], phrases []string, value string) error {
	if err := checkRole(value); err != nil {
		return err
	}
	for _, p := range phrases {
		if err := b.add(p, value); err != nil {
			return err
		}
	}
	return nil
}

func checkRole(role string) error {
	if !slices.Contains(Roles(), role) {
		return fmt.Errorf("unknown role %q", role)
	}
	return nil
}
