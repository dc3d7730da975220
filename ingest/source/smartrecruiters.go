package source

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// SmartRecruiters reads the two answers of api.smartrecruiters.com/v1/companies/{id}/postings: a
// page of the list and one posting. A company nobody knows answers as one without postings.
type SmartRecruiters struct{}

// smartRecruitersPage is the largest page the API gives.
const smartRecruitersPage = 100

// Kind implements Source.
func (SmartRecruiters) Kind() string { return "smartrecruiters" }

// Proof implements Source: all pages together are the board.
func (SmartRecruiters) Proof() posting.Proof { return posting.ProofFull }

// Plan implements Crawler.
func (SmartRecruiters) Plan() Plan {
	return Plan{
		PageSize: smartRecruitersPage,
		Terms:    "the terms are said not to allow automated reading; have them reviewed",
	}
}

// Parse implements Source.
func (s SmartRecruiters) Parse(payload []byte) (Board, error) {
	top, jobs, single, err := split(s.Kind(), "content", payload)
	if err != nil {
		return Board{}, err
	}
	b := collect(jobs, payload, readSmartRecruiters)
	if !single {
		if b.Expected = wholeNumber(top["totalFound"]); b.Expected == 0 && b.Received == 0 {
			b.Note = "a company that does not exist answers the same"
		}
	}
	return b, nil
}

func readSmartRecruiters(o *object) (posting.Record, string) {
	rec := posting.Record{
		ExternalID:  o.id("id"),
		Title:       o.text("name"),
		Company:     o.object("company").text("name"),
		Department:  o.object("department").text("label"),
		Employment:  o.object("typeOfEmployment").text("label"),
		Language:    o.object("language").text("code"),
		URL:         o.url("postingUrl"),
		Requisition: o.scalar("refNumber"),
		PostedAt:    o.time("releasedDate"),
	}
	place := o.object("location")
	rec.Remote = place.flag("remote")
	if hybrid := place.flag("hybrid"); hybrid != nil && *hybrid {
		rec.Workplace = "hybrid"
	}
	p := posting.Place{
		Text: place.text("fullLocation"), City: place.text("city"),
		Region: place.text("region"), Country: place.text("country"),
	}
	if p != (posting.Place{}) {
		rec.Places = []posting.Place{p}
	}
	rec.Description = smartRecruitersText(o.object("jobAd").object("sections"))
	o.drop("creator", "referralUrl", "ref", "actions")
	if active := o.flag("active"); active != nil && !*active {
		return rec, "not active"
	}
	if seen := o.text("visibility"); seen != "" && !strings.EqualFold(seen, "PUBLIC") {
		return rec, "not public"
	}
	return rec, ""
}

// smartRecruitersText puts the sections of an advert together in the order of its page.
func smartRecruitersText(sections *object) string {
	var parts []string
	for _, key := range []string{"companyDescription", "jobDescription", "qualifications", "additionalInformation"} {
		s := sections.object(key)
		parts = section(parts, s.text("title"), s.html("text"))
	}
	return strings.Join(parts, "\n")
}

func (SmartRecruiters) at(site Site, path string) (Request, error) {
	token, err := site.token()
	if err != nil {
		return Request{}, err
	}
	return site.get("https://api.smartrecruiters.com", "/v1/companies/"+token+"/postings"+path)
}

// Request implements Crawler.
func (s SmartRecruiters) Request(site Site, offset int) (Request, error) {
	return s.at(site, fmt.Sprintf("?limit=%d&offset=%d", smartRecruitersPage, offset))
}

// Ref implements Detailer.
func (SmartRecruiters) Ref(row posting.Record) string { return row.ExternalID }

// Detail implements Detailer.
func (s SmartRecruiters) Detail(site Site, ref string) (Request, error) {
	if ref == "" || ref == "." || ref == ".." {
		return Request{}, fmt.Errorf("%w: a posting without an id", posting.ErrInvalid)
	}
	return s.at(site, "/"+url.PathEscape(ref))
}
