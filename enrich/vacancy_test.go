package enrich

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

// copyOf is one of several adverts of a job, each in the manner of a board that writes the place into
// the title, the text, the pay line and the legal notice.
func copyOf(city, country string, i int) posting.Record {
	titles := []string{"Senior Software Engineer, Payments", "Senior Software Engineer, Payments - %s", "Senior Software Engineer, Payments (%s)", "Senior Software Engineer, Payments (Remote)"}
	title := titles[i%len(titles)]
	if strings.Contains(title, "%s") {
		title = fmt.Sprintf(title, city)
	}
	return posting.Record{
		ExternalID: fmt.Sprint("copy-", i), Title: title,
		Places: []posting.Place{{Text: city + ", " + country, City: city, Country: country}},
		Description: fmt.Sprintf(`<h3>About us</h3><p>Quillnet serves %s and the world.</p>
<h3>What you will do</h3><ul><li>Design payment services in Go</li><li>Join our team in %s and ship every day</li></ul>
<h3>What you bring</h3><ul><li>Experience with distributed systems</li></ul>
<p>This role is based in our %s office.</p>
<h3>Compensation</h3><p>The salary range for %s is $%d,000 - $%d,000.</p>`, city, city, city, city, 120+i, 160+i),
	}
}

func cities() [][2]string {
	return [][2]string{
		{"Berlin", "Germany"},
		{"Munich", "Germany"},
		{"Hamburg", "Germany"},
		{"Paris", "France"},
		{"Lyon", "France"},
		{"Madrid", "Spain"},
		{"Barcelona", "Spain"},
		{"Lisbon", "Portugal"},
		{"London", "United Kingdom"},
		{"Manchester", "United Kingdom"},
		{"Dublin", "Ireland"},
		{"Amsterdam", "Netherlands"},
		{"Brussels", "Belgium"},
		{"Vienna", "Austria"},
		{"Zurich", "Switzerland"},
		{"Milan", "Italy"},
		{"Rome", "Italy"},
		{"Warsaw", "Poland"},
		{"Krakow", "Poland"},
		{"Prague", "Czech Republic"},
		{"Stockholm", "Sweden"},
		{"Oslo", "Norway"},
		{"Copenhagen", "Denmark"},
		{"Helsinki", "Finland"},
		{"New York", "United States"},
		{"San Francisco", "United States"},
		{"Los Angeles", "United States"},
		{"Seattle", "United States"},
		{"Austin", "United States"},
		{"Boston", "United States"},
		{"Chicago", "United States"},
		{"Denver", "United States"},
		{"Toronto", "Canada"},
		{"Vancouver", "Canada"},
		{"Sydney", "Australia"},
		{"Melbourne", "Australia"},
		{"Tokyo", "Japan"},
		{"Singapore", "Singapore"},
		{"Bengaluru", "India"},
		{"São Paulo", "Brazil"},
	}
}

func vacancyID(t testing.TB, tagger *Tagger, rec posting.Record) string {
	t.Helper()
	p, err := tagger.Enrich(testRaw(t, rec))
	if err != nil {
		t.Fatal(err)
	}
	return p.VacancyID
}

func TestFortyCityCopiesAreOneVacancy(t *testing.T) {
	t.Parallel()
	tagger := testTagger(t)
	list := cities()
	if len(list) != 40 {
		t.Fatalf("%d cities", len(list))
	}
	want := vacancyID(t, tagger, copyOf(list[0][0], list[0][1], 0))
	for i, c := range list {
		rec := copyOf(c[0], c[1], i)
		if got := vacancyID(t, tagger, rec); got != want {
			p, _ := tagger.Enrich(testRaw(t, rec))
			t.Errorf("the copy in %s is another vacancy: title %q, text %q", c[0], p.TitleNormalised,
				essentialText(readDocument(rec.Title, rec.Description), placeBooks{known: tagger.places, own: ownPlaces(rec, p.Locations)}, &room{}))
		}
	}
}

func TestDifferentJobsAreDifferentVacancies(t *testing.T) {
	t.Parallel()
	tagger := testTagger(t)
	base := copyOf("Berlin", "Germany", 0)
	seen := map[string]string{vacancyID(t, tagger, base): "base"}
	change := func(name string, edit func(*posting.Record)) {
		rec := base
		edit(&rec)
		id := vacancyID(t, tagger, rec)
		if other, ok := seen[id]; ok {
			t.Errorf("%s is the same vacancy as %s", name, other)
		}
		seen[id] = name
	}
	change("another team", func(r *posting.Record) { r.Title = "Senior Software Engineer, Search" })
	change("another grade", func(r *posting.Record) { r.Title = "Software Engineer, Payments" })
	change("another trade", func(r *posting.Record) { r.Title = "Senior Data Engineer, Payments" })
	change("another task", func(r *posting.Record) {
		r.Description = strings.Replace(r.Description, "payment services in Go", "risk models in Python", 1)
	})
	change("another employer", func(r *posting.Record) { r.Company = "Papertrail Inc." })
	change("no text", func(r *posting.Record) { r.Description = "" })
	change("no text, another team", func(r *posting.Record) { r.Description, r.Team = "", "Ledger" })
}

func TestCompanyKey(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Quillnet": "quillnet", "Quillnet, Inc.": "quillnet", "QUILLNET GmbH": "quillnet", "Quillnet GmbH & Co. KG": "quillnet", "Quillnet Careers": "quillnet",
		"The Paper Company": "paper", "Société Mirabelle S.A.S.": "societe mirabelle", "Fern & Cast Ltd": "fern cast", "Fern and Cast Limited": "fern cast", "Inc": "inc", "9fern": "9fern", "彗星": "彗星", "": "",
	} {
		if got := companyKey(name); got != want {
			t.Errorf("key of %q is %q, want %q", name, got, want)
		}
	}
}

func TestNormaliseTitle(t *testing.T) {
	t.Parallel()
	tagger := testTagger(t)
	for title, want := range map[string]string{
		"Senior Software Engineer (m/w/d), Payments - Berlin (Req. 4411)": "software engineer, payments",
		"Software Engineer II, Mobile":                                    "software engineer, mobile",
		"Staff Machine Learning Engineer | Remote | US":                   "machine learning engineer",
		"Account Executive DACH":                                          "account executive",
		"Account Executive, New York":                                     "account executive",
		"Enterprise Account Executive (Full-time)":                        "enterprise account executive",
		"Engineering Manager, Search":                                     "engineering manager, search",
		"Head of Research":                                                "head of research",
		"Ingénieur·e Machine Learning (H/F) - CDI":                        "ingenieur machine learning",
		"Chief of Staff":                                                  "chief of staff",
		"Member of Technical Staff, Inference":                            "member of technical staff, inference",
		"Senior":                                                          "senior",
		"Contract Manager":                                                "contract manager",
		"Recruiter (6 month contract)":                                    "recruiter",
		"Data Science Intern, Summer 2026":                                "data science intern",
		"Data Science Intern (Summer)":                                    "data science intern",
		"Java Spring Developer":                                           "java spring developer",
		"Lead Generation Specialist":                                      "lead generation specialist",
		"Software Engineer - Web3":                                        "software engineer, web3",
		"Data Scientist, London or Paris":                                 "data scientist",
		"Context Engineer - 2026":                                         "context engineer",
		"(Junior) Software-Entwickler:in":                                 "software entwickler",
	} {
		got := normaliseTitle(splitTitle(title), placeBooks{known: tagger.places, own: newPhraseBook[placeUse]()})
		if got != want {
			t.Errorf("%q becomes %q, want %q", title, got, want)
		}
		again := normaliseTitle(splitTitle(got), placeBooks{known: tagger.places, own: newPhraseBook[placeUse]()})
		if again != got {
			t.Errorf("%q becomes %q when normalised again", got, again)
		}
	}
}
