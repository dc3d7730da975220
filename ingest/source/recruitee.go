package source

import (
	"slices"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// Recruitee reads {company}.recruitee.com/api/offers, which an employer may also serve under a host
// of its own. The answer is the whole board and states no total.
type Recruitee struct{}

// Kind implements Source.
func (Recruitee) Kind() string { return "recruitee" }

// Proof implements Source: the API answers with the whole board.
func (Recruitee) Proof() posting.Proof { return posting.ProofFull }

// Plan implements Crawler.
func (Recruitee) Plan() Plan { return Plan{Whole: true} }

// Request implements Crawler. The board is the company's name, or the host of its own.
func (Recruitee) Request(site Site, _ int) (Request, error) {
	host, err := site.host(".recruitee.com")
	if err != nil {
		return Request{}, err
	}
	return site.get(host, "/api/offers")
}

// Parse implements Source.
func (r Recruitee) Parse(payload []byte) (Board, error) {
	_, jobs, _, err := split(r.Kind(), "offers", payload)
	if err != nil {
		return Board{}, err
	}
	return collect(jobs, payload, readRecruitee), nil
}

// recruiteeNoise are fields of the application form, of sharing on social networks, and the place in
// the list, which changes when another offer is added.
var recruiteeNoise = []string{
	"position", "careers_apply_url", "sharing_description", "sharing_title", "sharing_image", "cover_image", "dynamic_fields",
	"locations_question", "locations_question_type", "locations_question_required", "location_question_visible", "open_questions",
	"options_cv", "options_cover_letter", "options_photo", "options_salutation", "options_phone", "options_title", "mailbox_email",
}

// recruiteeTime is how the API writes times.
const recruiteeTime = "2006-01-02 15:04:05 MST"

func readRecruitee(o *object) (posting.Record, string) {
	rec := posting.Record{
		ExternalID: o.id("id"),
		Title:      o.text("title"),
		Company:    o.text("company_name"),
		Department: o.text("department"),
		Employment: o.text("employment_type_code"),
		URL:        o.url("careers_url"),
		PostedAt:   o.timeAs("published_at", recruiteeTime),
		ValidUntil: o.timeAs("close_at", recruiteeTime),
	}
	rec.Description = joinTexts(o.html("description"), o.html("requirements"))
	rec.Places = recruiteePlaces(o)
	rec.Remote = o.flag("remote")
	if hybrid := o.flag("hybrid"); hybrid != nil && *hybrid {
		rec.Workplace = "hybrid"
	} else if onSite := o.flag("on_site"); onSite != nil && *onSite {
		rec.Workplace = "on_site"
	}
	rec.Pay = recruiteePay(o)
	rec.Language = recruiteeLanguage(o)
	o.drop(recruiteeNoise...)
	if status := o.text("status"); status != "" && status != "published" {
		return rec, status
	}
	return rec, ""
}

// joinTexts joins the parts of an advert that say something.
func joinTexts(parts ...string) string {
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "\n")
}

func recruiteePlaces(o *object) []posting.Place {
	var places []posting.Place
	for _, l := range o.objects("locations") {
		p := posting.Place{City: l.text("city"), Region: l.text("state"), Country: l.text("country")}
		p.Text = l.text("name")
		l.fields = nil // its translations and postal details say the same again
		if p != (posting.Place{}) && !slices.Contains(places, p) {
			places = append(places, p)
		}
	}
	main := posting.Place{
		Text: o.text("location"), City: o.text("city"), Region: o.text("state_name"), Country: o.text("country"),
	}
	if len(places) == 0 && main != (posting.Place{}) {
		places = append(places, main)
	}
	o.drop("country_code", "state_code", "postal_code")
	return places
}

// recruiteePay reads salary, whose amounts are texts or null.
func recruiteePay(o *object) []posting.Pay {
	s := o.object("salary")
	p := posting.Pay{Min: s.amount("min"), Max: s.amount("max"), Currency: s.text("currency"), Interval: s.text("period")}
	if p.Min == 0 && p.Max == 0 {
		return nil
	}
	return []posting.Pay{p}
}

// recruiteeLanguage is the language of the advert when it has one only. The translations repeat the
// texts and are not kept.
func recruiteeLanguage(o *object) string {
	var translations map[string]any
	o.take("translations", "an object", &translations)
	language := ""
	for code := range translations {
		language = mask(cleanText(code))
	}
	if len(translations) != 1 {
		return ""
	}
	return language
}
