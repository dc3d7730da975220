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
		{"Papertrail | London | Onsite", "", nil},
		{"Fern.ai | Software Engineer | London", roleSoftwareEngineer, nil},
		{"Learning Fern | London | Contract | Onsite", "", nil},
		{"Papertrail | Data Science Lead | London", roleDataScientist, nil},
		{"Papertrail | 2 Python devs | London", roleSoftwareEngineer, nil},
		{"Quillnet | Front-End, Data Science | Oslo | Full-time", roleSoftwareEngineer, []string{roleSoftwareEngineer, roleDataScientist}},
		{"Quillnet | Several jobs (Backend, Full-Stack) | Oslo | Onsite", roleSoftwareEngineer, nil},
		{"Quillnet | Product and Engineering Roles | Oslo | Full-time", roleProductManager, []string{roleProductManager, roleSoftwareEngineer}},
		{"Quillnet | Payments Engineering | Oslo | Full-time", roleSoftwareEngineer, nil},
		{"Quillnet | Ruby on Rails / React | Oslo | Full-time", "", nil},
		{"Quillnet | Sales, Marketing, Software Engineering | Oslo", roleSales, []string{roleSales, roleMarketing, roleSoftwareEngineer}},
		{"Quillnet | Oslo | Software/Data Engineers, Data Scientists | Visa", roleSoftwareEngineer, []string{roleSoftwareEngineer, roleDataEngineer, roleDataScientist}},
		{"Quillnet | Backend and Data Engineers | Oslo | Visa", roleSoftwareEngineer, []string{roleSoftwareEngineer, roleDataEngineer}},
		{"Quillnet | Software Engineering, Marketing, Sales | Oslo | Full-time", roleSoftwareEngineer, []string{roleSoftwareEngineer, roleMarketing, roleSales}},
		{"Data Scientist/Software Engineer, Abuse", roleDataScientist, []string{roleDataScientist, roleSoftwareEngineer}},
		{"Beekeeper", roleOther, nil},
		{"Cinematographer II", roleOther, nil},
		{"Talent pool", "", nil},
		{"Quillnet | Sales | Oslo | Onsite", roleSales, nil},
		{"Quillnet", "", nil},
		{"Oslo, Norway", "", nil},
		{"Fern Talent - Albany, NY - Full time - HIGH COMPENSATION", "", nil},
		{"React, Docker, Kafka, Kubernetes", "", nil},
		{"Fern On Demand -- rides with good and kind drivers -- Albany, NY", "", nil},
		{"Driver | Fern | Albany, NY | Part-time", roleOther, nil},
		{"Data Science Fern | Oslo | Onsite | Full-time", "", nil},
		{"SDK developer | Quillnet | Oslo head office | Full-time", roleSoftwareEngineer, nil},
		{"Fernwood Technology, Oslo", "", nil},
		{"Fern Networks - REMOTE", "", nil},
		{"Fern is a shop that uses technology, data and design to sell ferns", "", nil},
		{"Fern Labs is looking to hire its 4th engineer, with health benefits and a short week", roleSoftwareEngineer, nil},
		{"We need Python developers plus UX designers & project managers in all our offices", roleSoftwareEngineer, []string{roleSoftwareEngineer, roleDesign, roleOperations}},
		{"Backend Engineer, ML Engineer, Designer", roleSoftwareEngineer, []string{roleSoftwareEngineer, roleMLEngineer, roleDesign}},
		{"Quillnet | Mid Level, TypeScript Mobile | Oslo | Full-time, Onsite", roleSoftwareEngineer, nil},
		{"Love Elixir, Kafka and queues?", "", nil},
		{"Fern Talent - Oslo, Norway", "", nil},
		{"The Malware Analysis Tools Security Team is hiring, so come and join us", roleSoftwareEngineer, nil},
		{"Fern is an inventive company that designs and engineers kettles for people who drink tea", "", nil},
		{"Fern is a marketplace for developers, and our users are happy with it", "", nil},
		{"oslo norway Intern", "", nil},
		{"Fern Media - Oslo - INTERN, VISA", "", nil},
		{"Oslo Internship Program", "", nil},
		{"Quillnet | | Oslo, NO | Full Time | Front, Back, Data Scientist", roleSoftwareEngineer, []string{roleSoftwareEngineer, roleDataScientist}},
		{"Data Science | Oslo | Backend Engineer", roleSoftwareEngineer, nil},
		{"Quillnet | ML/Algo Platform | Oslo | Full-time", roleMLPlatform, nil},
		{"Quillnet | Oslo | Software Engineer's & Business Analyst's | Onsite", roleSoftwareEngineer, []string{roleSoftwareEngineer, roleOperations}},
		{"Fernister | Oslo, Norway (On-site)", "", nil},
		{"Fern Medical School", "", nil},
		{"The Fern Web Services team is hiring for positions in Oslo, Bergen and Narvik", "", nil},
		{"シダ株式会社 人材登録 (財務企画)", "", nil},
		{"고사리 인재풀 등록", "", nil},
		{"고사리 - Backend Engineer (백엔드)", roleSoftwareEngineer, nil},
		{"Account Executive, Data Scientist Tools, EMEA", roleSales, nil},
	} {
		got := rules.roleOfTitle(c.title, splitTitle(c.title))
		if got.role != c.role || !slices.Equal(got.roles, c.roles) {
			t.Errorf("%q is %s %v, want %s %v", c.title, got.role, got.roles, c.role, c.roles)
		}
	}
}

func TestHeaderSeniority(t *testing.T) {
	t.Parallel()
	rules := testTagger(t).titles
	one, three := 1, 3
	for _, c := range []struct {
		title string
		years *int
		want  string
	}{
		{"Quillnet | Rails Developer | Oslo | ONSITE, INTERNS, VISA", nil, ""},
		{"Quillnet | Full-time and internships | Oslo", nil, ""},
		{"Quillnet | Oslo | Internships, Onsite", nil, seniorityIntern},
		{"Quillnet | Software Engineering Interns | Oslo", nil, seniorityIntern},
		{"Quillnet | Software Engineer or Junior Software Engineer | Oslo", nil, ""},
		{"Quillnet | DevOps TL | Oslo", nil, seniorityLead},
		{"tl;dr Quillnet seeks a PHP dev", nil, ""},
		{"Operations Associate", nil, ""},
		{"Operations Associate", &one, seniorityEntry},
		{"Operations Associate", &three, ""},
		{"Investment Associate", &one, ""},
	} {
		words := splitTitle(c.title)
		if got := seniorityOf(words, rules.roleOfTitle(c.title, words), c.years); got != c.want {
			t.Errorf("seniority of %q is %q, want %q", c.title, got, c.want)
		}
	}
}
