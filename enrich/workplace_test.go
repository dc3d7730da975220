package enrich

import (
	"testing"

	"github.com/rolescope/rolescope/posting"
)

func TestWorkplace(t *testing.T) {
	t.Parallel()
	yes := true
	place := func(s string) []posting.Place { return []posting.Place{{Text: s}} }
	tests := map[string]struct {
		rec         posting.Record
		title, text string
		want        string
	}{
		"field":               {posting.Record{Workplace: "on-site", Places: place("Remote")}, "", "", "onsite"},
		"field Hybrid":        {posting.Record{Workplace: "Hybrid"}, "", "", "hybrid"},
		"unspecified":         {posting.Record{Workplace: "unspecified"}, "", "This is a fully remote role.", "remote"},
		"flag":                {posting.Record{Remote: &yes}, "", "", "remote"},
		"flag of hybrid":      {posting.Record{Remote: &yes, Places: place("San Francisco-Hybrid")}, "", "", "hybrid"},
		"place":               {posting.Record{Places: place("Remote - US")}, "", "", "remote"},
		"places differ":       {posting.Record{Places: []posting.Place{{Text: "Remote"}, {Text: "Berlin"}}}, "", "", ""},
		"title":               {posting.Record{}, "Engineer (Remote)", "", "remote"},
		"remote sensing":      {posting.Record{}, "Remote Sensing Scientist", "", ""},
		"days in office":      {posting.Record{}, "", "We meet three days a week in the office.", "hybrid"},
		"hybrid cloud":        {posting.Record{}, "", "You build our hybrid cloud.", ""},
		"in person":           {posting.Record{}, "", "This role is in-person at our office.", "onsite"},
		"header":              {posting.Record{}, "", "Acme | Engineer | Berlin | ONSITE", "onsite"},
		"header says either":  {posting.Record{}, "", "Acme | Engineer | Berlin | ONSITE or REMOTE", ""},
		"nothing":             {posting.Record{}, "", "You build.", ""},
		"remote or on site":   {posting.Record{Places: place("Berlin or Remote")}, "", "", ""},
		"contradicting text":  {posting.Record{}, "", "This is a remote role. This role is onsite.", ""},
		"five days":           {posting.Record{}, "", "This role needs you in our Boston office 5 days a week.", "onsite"},
		"five days, slash":    {posting.Record{}, "", "In person, 5 days/week, in Boston.", "onsite"},
		"flag, four days":     {posting.Record{Remote: &yes}, "", "Presence in our Boston office 4 days per week; home on Tuesdays.", "hybrid"},
		"flag, three days":    {posting.Record{Remote: &yes}, "", "Requires in-office presence three days per week.", "hybrid"},
		"flag, remote days":   {posting.Record{Remote: &yes}, "", "- Remote days on Mondays and Fridays", "hybrid"},
		"flag, remote title":  {posting.Record{Remote: &yes}, "Engineer (Remote)", "Teams meet 2 days a week in the office.", "remote"},
		"flag, office days":   {posting.Record{Remote: &yes}, "", "We meet for a 3 day workshop in the office. 25 days of holiday at the office.", "remote"},
		"days at home":        {posting.Record{Remote: &yes}, "", "5 days a week from home, or from an office.", "remote"},
		"one day, another":    {posting.Record{}, "", "One day you are on-site with us, another you write in the office.", ""},
		"one day a week":      {posting.Record{}, "", "You come to the office one day a week.", "hybrid"},
		"range of days":       {posting.Record{}, "", "You come to the office 2-3 days a week.", "hybrid"},
		"4 and 1":             {posting.Record{}, "", "We work 4 days on-site, with 1 day remote.", "hybrid"},
		"line beats company":  {posting.Record{}, "", "<p>We are an all-remote company.</p><p>In person in Tacoma, WA.</p>", "onsite"},
		"label":               {posting.Record{}, "", "<p>We are an all-remote company.</p><p>Modality: On-site (later at home)</p>", "onsite"},
		"label without place": {posting.Record{}, "", "<p>Location: Boston office tower</p>", ""},
		"based in office":     {posting.Record{}, "", "This role is based out of our Boston office.", "onsite"},
		"hybrid in office":    {posting.Record{}, "", "This position will be hybrid based out of our Boston office.", "hybrid"},
		"based near us":       {posting.Record{}, "", "Customers are based out of our reach.", ""},
		"no remote or hybrid": {posting.Record{Places: place("Oslo (no remote/hybrid)")}, "", "", "onsite"},
		"office management":   {posting.Record{}, "Werkstudent:in Office Management", "", ""},
		"not remote in place": {posting.Record{Places: place("Berlin (no remote)")}, "", "", "onsite"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := workplace(tt.rec, readDocument(tt.title, tt.text)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEmploymentType(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ field, title, text, want string }{
		"ashby":             {"FullTime", "Engineer", "", "full_time"},
		"lever":             {"Regular Full Time (Salary)", "Engineer", "", "full_time"},
		"freelance in text": {"FullTime", "Translator", "This is a remote, freelance opportunity.", "contract"},
		"1099 in text":      {"FullTime", "Nurse", "This is a 1099 position.", "contract"},
		"either in text":    {"FullTime", "Writer", "A full-time or contract role.", "full_time"},
		"manages freelance": {"FullTime", "Producer", "You manage freelancers and contractors.", "full_time"},
		"part-time field":   {"PartTime", "Writer", "This is a contract role.", "part_time"},
		"intern by title":   {"FullTime", "Research Intern", "", "internship"},
		"internal":          {"", "Internal Tools Engineer", "", ""},
		"internist":         {"", "Internist", "", ""},
		"part time":         {"PartTime", "", "", "part_time"},
		"temporary":         {"Temporary", "", "", "temporary"},
		"contract":          {"Contract", "", "", "contract"},
		"title contract":    {"", "Analyst (Contract)", "", "contract"},
		"contracts manager": {"", "Contracts Manager", "", ""},
		"working student":   {"", "Werkstudent Data (m/w/d)", "", "part_time"},
		"apprentice":        {"", "Software Apprentice", "", "apprenticeship"},
		"text":              {"", "", "This is a full-time position in Berlin.", "full_time"},
		"permanent":         {"Permanent", "", "", ""},
		"header":            {"", "", "Acme | Engineer | Berlin | Full-time", "full_time"},
		"header with two":   {"", "", "Acme | Engineer | Berlin | Full-time, Interns", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := employmentType(posting.Record{Employment: tt.field}, readDocument(tt.title, tt.text)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMinYears(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want int // -1 for none
	}{
		{"5+ years of experience with Go", 5},
		{"3-5 years of experience", 3},
		{"3 to 5 years' experience", 3},
		{"At least five (5) years of professional experience", 5},
		{"Minimum 2 yrs experience", 2},
		{"10+ years building systems", 10},
		{"Bachelor's with 5 years of experience or PhD with 2 years of experience", 2},
		{"<li>2+ years of experience with Python</li><li>6+ years of experience as an engineer</li>", 6},
		{"Mindestens 3 Jahre Berufserfahrung", 3},
		{"3 ans d'expérience minimum", 3},
		{"<h3>Nice to have</h3><p>8+ years of experience</p>", -1},
		{"<h3>About us</h3><p>Our founders have 20 years of experience</p>", -1},
		{"We have over 30 years of experience in anvils", -1},
		{"Founded 5 years ago", -1},
		{"A 4 years vesting schedule", -1},
		{"Must be 18 years old", -1},
		{"0-2 years of experience", 0},
		{"<h3>Desirable skills</h3><p>Minimum 5 years professional experience in a backend language</p>", 5},
		{"2–5 years of experience in a closing role (anvils or B2B preferred)", 2},
		{"2-5 years of experience in sales preferred", -1},
		{"7+ years in infrastructure, including 3+ years operating clusters", 7},
		{"Go: 3+ years writing clean code", 3},
		{"5+ years of experience in anvil sales, with at least 1 year as a manager", 5},
		{"6+ years as an engineer, with 2+ years leading teams", 6},
		{"Experience: 5+ years of software engineering experience. At least 1 year of experience with anvils.", 5},
		{"Bachelor's with at least 5 years of experience, or Master's with at least 2 years of experience", 2},
		{"5 years of experience with a Bachelor's. 3 years of experience with a Master's.", 3},
		{"4+ years of independent practice", 4},
		{"A 12 years old practice of ours", -1},
		{"", -1},
	}
	for _, tt := range tests {
		got := -1
		if n := minYears(readDocument("", tt.text)); n != nil {
			got = *n
		}
		if got != tt.want {
			t.Errorf("%q: %d, want %d", tt.text, got, tt.want)
		}
	}
}

func TestDegree(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"PhD or equivalent experience":                                             degreePhD,
		"Licensed psychologist (PhD or PsyD) in Ohio; further licences are a plus": degreePhD,
		"Doctorate or PsyD":                       degreePhD,
		"Pharmacy degree (PharmD) preferred":      "",
		"BS/MS/PhD in CS":                         degreeBachelor,
		"Bachelor's degree in Computer Science":   degreeBachelor,
		"Master’s degree in Statistics":           degreeMaster,
		"MS or PhD in Computer Science":           degreeMaster,
		"Advanced degree in a quantitative field": degreeMaster,
		"Bachelor's required, Master's preferred": degreeBachelor,
		"No degree required":                      degreeNone,
		"PhD preferred":                           "",
		"Scrum master, MS Office and master data management, high degree of care": "",
		"<h3>Nice to have</h3><p>PhD in ML</p>":                                   "",
		"<h3>Requirements</h3><li>Degree in engineering</li>":                     degreeBachelor,
		"Abgeschlossenes Studium der Informatik":                                  degreeBachelor,
		"An engineering culture with no BS":                                       "",
		"Associate's degree in engineering":                                       "",
		"Engineers from leading PhD programs":                                     "",
		"Engineering reports in MS Access and MS Word":                            "",
		"Bachelor's degree in engineering or equivalent work, preferred":          "",
		"Bachelor's degree in engineering or a related field. CPA preferred":      degreeBachelor,
		"You master the art of data":                                              "",
		"":                                                                        "",
	} {
		if got := degree(readDocument("", text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
