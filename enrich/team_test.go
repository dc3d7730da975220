package enrich

import (
	"strings"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

func TestTeam(t *testing.T) {
	t.Parallel()
	tests := []struct{ team, department, title, want string }{
		{"Search", "Engineering", "Engineer", "Search"},
		{"", "Engineering", "Engineer", "Engineering"},
		{"Engineering Team", "", "", "Engineering"},
		{"ENG", "", "", "Engineering"},
		{"02 Accounting Staff", "", "", "Accounting Staff"},
		{"10200 - Anvil Sales", "", "", "Anvil Sales"},
		{"3D", "", "", "3D"},
		{" N/A ", "Operations ", "", "Operations"},
		{"1234", "", "", ""},
		{"Other", "", "Backend Engineer, Growth & Engagement Team", "Growth & Engagement"},
		{"", "", "Senior Engineer (Roads Team)", "Roads"},
		{"", "", "Senior Engineer  - Money Team", "Money"},
		{"", "", "Senior Engineer - (Backend) Anvil Growth Team", "Anvil Growth"},
		{"", "", "Senior Manager, Bookings team - Oslo", "Bookings"},
		// What is no team.
		{"", "", "Customer Support Team Lead", ""},
		{"", "", "Team Lead, Roads", ""},
		{"", "", "Engineer, Red Team", ""},
		{"", "", "Engineer - Join our Team", ""},
		{"", "", "Teamster", ""},
		{"", "", "Customer Support Team", ""},
		{"", "", "", ""},
	}
	for _, tt := range tests {
		if got := teamOf(posting.Record{Team: tt.team, Department: tt.department}, tt.title); got != tt.want {
			t.Errorf("%+v: got %q", tt, got)
		}
	}
	hostile := strings.Repeat("a team, ", titleBytesMax/8)
	if got := teamOfTitle(hostile); got != "" {
		t.Errorf("got %.40q", got)
	}
}
