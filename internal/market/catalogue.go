package market

import (
	"embed"
	"fmt"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed data/*.yaml
var data embed.FS

// catalogue is what the files in data say.
type catalogue struct {
	skills    map[string]skill
	roles     []*role // those that hire from the beginning first, in the order of the file
	byID      map[string]*role
	parts     parts
	sentences sentences
}

// skill is one thing an advert may ask for.
type skill struct {
	ID    string   `yaml:"id"`
	Kind  string   `yaml:"kind"` // language, tool or method: which sentences it fits
	Names []string `yaml:"names"`
}

// role is one kind of job that employers hire for.
type role struct {
	ID         string          `yaml:"id"`
	Role       string          `yaml:"role"`   // the role it counts under; its own id when empty
	MixOf      string          `yaml:"mix_of"` // the role whose mix it hires from; its own when empty
	Weight     float64         `yaml:"weight"` // share of all hiring; 0 for a category that a script brings in
	Growth     float64         `yaml:"growth"` // factor of hiring from year to year
	Pay        [2]int          `yaml:"pay"`    // thousands a year in the United States at the plain level
	Department string          `yaml:"department"`
	Teams      []string        `yaml:"teams"`
	Titles     []titleForm     `yaml:"titles"`
	Focuses    []focus         `yaml:"focuses"`
	Mix        map[string]span `yaml:"mix"`
	Do         []string        `yaml:"do"`
	Ask        []string        `yaml:"ask"`
}

// titleForm is a title without level and focus, with the skills and the level that it names.
type titleForm struct {
	Text   string   `yaml:"text"`
	Weight float64  `yaml:"weight"`
	Skills []string `yaml:"skills"`
	Level  string   `yaml:"level"` // of everybody who has it; empty when it takes one of the ladder
}

// focus is the field a title adds, with the skill that it names, if any.
type focus struct {
	Text  string `yaml:"text"`
	Skill string `yaml:"skill"`
}

// span is a share at the beginning and at the end of the market.
type span struct{ from, to float64 }

// UnmarshalYAML reads one number, or two.
func (s *span) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		err := n.Decode(&s.from)
		s.to = s.from
		return err
	}
	var both [2]float64
	err := n.Decode(&both)
	s.from, s.to = both[0], both[1]
	return err
}

// parts is what employers are put together from.
type parts struct {
	Prefixes []string           `yaml:"prefixes"`
	Suffixes []string           `yaml:"suffixes"`
	Boards   map[string]float64 `yaml:"boards"`
	Headings [][]string         `yaml:"headings"`
	Sectors  []sector           `yaml:"sectors"`
	Benefits []string           `yaml:"benefits"`
	Equal    []string           `yaml:"equal"`
	Cities   []city             `yaml:"cities"`
}

type sector struct {
	Name     string             `yaml:"name"`
	Tails    []string           `yaml:"tails"`
	Lean     map[string]float64 `yaml:"lean"`
	Products []string           `yaml:"products"`
	About    []string           `yaml:"about"`
}

type city struct {
	Name     string  `yaml:"name"`
	Text     string  `yaml:"text"`
	Region   string  `yaml:"region"`
	Country  string  `yaml:"country"`
	Nation   string  `yaml:"nation"`
	Currency string  `yaml:"currency"`
	Pay      float64 `yaml:"pay"`
}

// sentences are the forms of what adverts say, by strength and kind where they hold a skill.
type sentences struct {
	Required  map[string][]string `yaml:"required"`
	Preferred map[string][]string `yaml:"preferred"`
	Intro     []string            `yaml:"intro"`
	Years     []string            `yaml:"years"`
	Place     []string            `yaml:"place"`
	Pay       []string            `yaml:"pay"`
	Added     []string            `yaml:"added"`
}

// load reads the embedded files once; what it returns is never changed.
var load = sync.OnceValues(func() (*catalogue, error) {
	c := &catalogue{skills: map[string]skill{}, byID: map[string]*role{}}
	var skills []skill
	for name, into := range map[string]any{
		"skills": &skills, "roles": &c.roles, "employers": &c.parts, "sentences": &c.sentences,
	} {
		text, err := data.ReadFile("data/" + name + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("read market data: %w", err)
		}
		if err := yaml.Unmarshal(text, into); err != nil {
			return nil, fmt.Errorf("read market data %s: %w", name, err)
		}
	}
	for _, s := range skills {
		c.skills[s.ID] = s
	}
	for _, r := range c.roles {
		c.byID[r.ID] = r
		if r.Role == "" {
			r.Role = r.ID
		}
		if r.MixOf == "" {
			r.MixOf = r.ID
		}
		for s := range r.Mix {
			if _, ok := c.skills[s]; !ok {
				return nil, fmt.Errorf("read market data: role %s asks for %s, which skills.yaml does not list", r.ID, s)
			}
		}
	}
	return c, nil
})
