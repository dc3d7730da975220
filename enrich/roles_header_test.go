package enrich

import (
	"slices"
	"testing"
)

func TestHeaderLines(t *testing.T) {
	t.Parallel()
	rules := testTagger(t).titles
	for _, c := range []struct {
		title, role string
		roles       []string
	}{
		{"Ferncast | Backend Engineer, ML Engineer, Designer | Oslo or REMOTE (EU) | Full-time", roleSoftwareEngineer, []string{roleSoftwareEngineer, roleMLEngineer, roleDesign}},
		{"Quillnet | Software Engineer, Machine Learning Engineer | Berlin", roleSoftwareEngineer, []string{roleSoftwareEngineer, roleMLEngineer}},
		{"Quillnet | Software Engineer, Machine Learning | Berlin", roleMLEngineer, nil},
		{"Papertrail (YC) | Senior Data Scientist | London, UK | Onsite", roleDataScientist, nil},
		{"Papertrail | iOS Engineer, Android Engineer | London", roleSoftwareEngineer, nil},
		{"Papertrail | London | Onsite", roleOther, nil},
		{"Fern.ai | Software Engineer | London", roleSoftwareEngineer, nil},
		{"Learning Fern | London | Contract | Onsite", roleOther, nil},
		{"Papertrail | Data Science Lead | London", roleDataScientist, nil},
		{"Papertrail | 2 Python devs | London", roleSoftwareEngineer, nil},
		{"Backend Engineer, ML Engineer, Designer", roleSoftwareEngineer, []string{roleSoftwareEngineer, roleMLEngineer, roleDesign}},
		{"Account Executive, Data Scientist Tools, EMEA", roleSales, nil},
	} {
		got := rules.roleOfTitle(c.title, splitTitle(c.title))
		if got.role != c.role || !slices.Equal(got.roles, c.roles) {
			t.Errorf("%q is %s %v, want %s %v", c.title, got.role, got.roles, c.role, c.roles)
		}
	}
}
