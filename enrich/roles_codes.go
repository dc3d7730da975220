package enrich

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// occupation is a title's place in two public vocabularies, as far as it is certain: an empty code
// says that it is not. Attribution stands in roles/codes.yaml.
type occupation struct {
	ONET      string `yaml:"onet"`       // O*NET-SOC code, such as 15-2051.00
	ONETTitle string `yaml:"onet_title"` // its title there
	ESCO      string `yaml:"esco"`       // last part of the ESCO concept's address
	ESCOLabel string `yaml:"esco_label"` // its preferred label
}

// occupations is roles/codes.yaml: by role, and by the phrase that decides a title.
type occupations struct {
	Roles  map[string]occupation `yaml:"roles"`
	Titles map[string]occupation `yaml:"titles"`
}

func loadOccupations(titles *titleRules) (*occupations, error) {
	data, err := roleFiles.ReadFile("roles/codes.yaml")
	if err != nil {
		return nil, fmt.Errorf("read codes: %w", err)
	}
	var o occupations
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	if err := dec.Decode(&o); err != nil {
		return nil, fmt.Errorf("decode codes: %w", err)
	}
	for _, role := range slices.Sorted(maps.Keys(o.Roles)) {
		if err := checkRole(role); err != nil {
			return nil, fmt.Errorf("codes: %w", err)
		}
	}
	for _, phrase := range slices.Sorted(maps.Keys(o.Titles)) {
		if titles.roleOf(splitTitle(phrase)).rule != phrase {
			return nil, fmt.Errorf("codes: no title is decided by the phrase %q", phrase)
		}
	}
	return &o, nil
}

// of returns the codes of what a title states. Titles of several roles have none: a code is that of
// one occupation.
func (o *occupations) of(title titleRole) occupation {
	if len(title.roles) > 0 {
		return occupation{}
	}
	if code, ok := o.Titles[title.rule]; ok {
		return code
	}
	return o.Roles[title.role]
}
