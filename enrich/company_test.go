package enrich

import (
	"strings"
	"testing"

	"github.com/rolescope/rolescope/posting"
)

// threadPost is a post of a thread as its source reads it: the first line is the title.
func threadPost(t *testing.T, company string, lines ...string) posting.Raw {
	t.Helper()
	title, _, _ := strings.Cut(lines[0], "http")
	at := testRaw(t, posting.Record{}).ObservedAt
	run := posting.NewRun(postSource, "whoishiring", "", posting.ProofEvent, at, at)
	raw, err := posting.NewRaw(run, "1", posting.Record{ExternalID: "1", Title: strings.Trim(title, " -("), Company: company, Description: strings.Join(lines, "<p>")})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestEmployerOfPost(t *testing.T) {
	t.Parallel()
	tagger, err := New()
	if err != nil {
		t.Fatal(err)
	}
	const body = "We are looking for somebody who knows Go and likes paper."
	tests := []struct {
		name, want string
		lines      []string
	}{
		{"first of the fields", "Papertrail Foundry", []string{"Papertrail Foundry | Backend Engineer | Oslo, Norway | ONSITE", body}},
		{"batch and address in brackets", "Fernway", []string{"Fernway (YC S15) (fernway.example) | Engineers | SF | Full-time", body}},
		{"behind the place", "Fernway", []string{"Seattle, WA | Fernway | Senior Backend Engineer", body}},
		{"behind place and terms", "Quillstone", []string{"London, UK - Full time - Quillstone", body}},
		{"behind the post", "Quillstone", []string{"Lead Engineer | Quillstone (YC W16) | Boston, MA | ONSITE", body}},
		{"the post at the employer", "Quillstone", []string{"C++ Developer @ Quillstone | Amsterdam, Netherlands | Full-time", body}},
		{"dashes", "Moss & Lantern", []string{"Moss & Lantern - San Francisco, CA - Full-time", body}},
		{"commas", "LarkBox", []string{"LarkBox, San Francisco. Frontend Engineer, Rails Developer.", body}},
		{"slashes", "Rain Token Inc", []string{"Rain Token Inc/QA Developer/Full Time/Sunnyvale, CA", body}},
		{"a sentence", "Velvet Hat", []string{"Velvet Hat is hiring for a number of roles: mobile, devops, web.", body}},
		{"a sentence with an aside", "Quillbase", []string{"Quillbase, a leading maker of paper, is looking for more people to join us.", body}},
		{"a sentence below a line of places", "Quill Hero", []string{"REDWOOD CITY, CA", "NO REMOTE, BUT WE DO HELP YOU MOVE", "Quill Hero is looking for a software engineer."}},
		{"what the employer is", "Quillantis", []string{"Mountain View, CA - Fulltime", "Quillantis is an open paper company. At Quillantis we fold.", "Come fold with us."}},
		{"a line with an address", "Fernfuel", []string{"Atlanta, GA | Full-Stack Developer | Full-time | Onsite", "Fernfuel https://www.fernfuel.com/", "We fold paper for Fernfuel's customers."}},
		{"the address, as the post writes it", "Paper Hero", []string{"San Francisco, CA. Full time.", "See https://www.paperhero.com/about", "Everybody loves Paper Hero."}},
		{"an address where posts are told", "paperhero", []string{"San Francisco, CA. Full time.", "We fold. See https://www.paperhero.com/jobs"}},
		{"the address on a job site", "paperhero", []string{"San Francisco, CA. Full time.", "We fold. https://jobs.lever.co/paperhero/123"}},
		{"an address of everybody's", "", []string{"San Francisco, CA. Full time.", "We fold. See https://github.com/somebody/jobs"}},
		{"what the employer does", "Savanto", []string{"Savanto builds robots for hotels. Headquartered in Oslo.", body}},
		{"an unknown place is no employer", "Informa Paper", []string{"North Lake Quill (Fern Cove, NV)", "Informa Paper, Inc. is seeking a web developer."}},
		{"a dot in the name", "fold.ly", []string{"San Francisco, CA. Full time.", "That is why fold.ly folds. See http://totally.fold.ly/jobs"}},
		{"a name that begins as a sentence does", "We Are Paper", []string{"We Are Paper - London, UK - Developer", "We Are Paper folds."}},
		{"terms are no employer", "", []string{"San Francisco, CA. Full time. Remote is fine too.", body}},
		{"nobody", "", []string{"San Francisco, CA - Full time - Ruby developer", body}},
		{"somebody who does not tell", "", []string{"Senior Engineer, Test | Hedge-fund | Chicago | Onsite", "The team is tasked with tests."}},
		{"no post", "", []string{"Are there any jobs in Norway?", "I would like to know."}},
		{"a skill is no employer", "", []string{"San Francisco, CA - Python - HALF-TIME", "We use Python."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := tagger.Enrich(threadPost(t, "Whatever the first field says", tt.lines...))
			if err != nil {
				t.Fatal(err)
			}
			if p.Company != tt.want || p.CompanyKey != companyKey(tt.want) {
				t.Errorf("employer %q, key %q, want %q", p.Company, p.CompanyKey, tt.want)
			}
		})
	}
}

// TestUnknownEmployers: what no employer is known of is not one employer's, and not one job.
func TestUnknownEmployers(t *testing.T) {
	t.Parallel()
	tagger, err := New()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, id := range []string{"1", "2"} {
		raw := threadPost(t, "", "Ruby developer")
		raw.Record.ExternalID, raw.Record.Description = id, ""
		raw, err := posting.NewRaw(posting.NewRun(raw.Source, raw.Board, "", posting.ProofEvent, raw.ObservedAt, raw.ObservedAt), "1", raw.Record)
		if err != nil {
			t.Fatal(err)
		}
		p, err := tagger.Enrich(raw)
		if err != nil {
			t.Fatal(err)
		}
		if p.Company != "" || p.CompanyKey != "" {
			t.Errorf("employer %q", p.Company)
		}
		ids[p.VacancyID] = true
	}
	if len(ids) != 2 {
		t.Error("two adverts of unknown employers are one vacancy")
	}
	raw := threadPost(t, "", "Fernway | Engineer | Oslo")
	raw.Company = "As Configured"
	if name, _ := tagger.companyOf(raw, readDocument(raw.Record.Title, "")); name != "As Configured" {
		t.Errorf("employer %q, the configured one was expected", name)
	}
}

// FuzzEmployerOfPost: any text has an employer's name of bounded length or none, the same again.
func FuzzEmployerOfPost(f *testing.F) {
	f.Add("Fernway | Engineer | Oslo", "We fold. https://jobs.lever.co/fernway/1")
	f.Add("At Fernway (YC S15) we are hiring", "a.b.c.co.uk/\x00 - -- |||| ((((")
	tagger, err := New()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, title, text string) {
		doc := readDocument(title, text)
		name := cleanName(tagger.employerOfPost(doc))
		if len(name) > companyNameMax || strings.ContainsAny(name, "\n\t") || name != cleanName(tagger.employerOfPost(doc)) {
			t.Errorf("employer %q", name)
		}
	})
}
