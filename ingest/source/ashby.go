package source

import (
	"encoding/json"
	"html"
	"slices"

	"github.com/rolescope/rolescope/posting"
)

// Ashby reads api.ashbyhq.com/posting-api/job-board/{name}?includeCompensation=true and a single
// posting. The payload has no total, so that it never proves itself complete.
type Ashby struct{}

// Kind implements Source.
func (Ashby) Kind() string { return "ashby" }

// Proof implements Source: the API answers with the whole board.
func (Ashby) Proof() posting.Proof { return posting.ProofFull }

// Parse implements Source. Postings with isListed false are skipped: they are reachable by link
// only and not for the public.
func (a Ashby) Parse(payload []byte) (Board, error) {
	_, jobs, _, err := split(a.Kind(), "jobs", payload)
	if err != nil {
		return Board{}, err
	}
	return collect(jobs, payload, readAshby), nil
}

func readAshby(o *object) (posting.Record, string) {
	rec := posting.Record{
		ExternalID:  o.id("id"),
		Title:       o.text("title"),
		Department:  o.text("department"),
		Team:        o.text("team"),
		Employment:  o.text("employmentType"),
		Workplace:   o.text("workplaceType"),
		Remote:      o.flag("isRemote"),
		URL:         o.url("jobUrl"),
		PostedAt:    o.time("publishedAt"),
		Description: o.html("descriptionHtml"),
	}
	if plain := o.html("descriptionPlain"); rec.Description == "" && plain != "" {
		rec.Description = "<pre>" + html.EscapeString(plain) + "</pre>"
	}
	if p := ashbyPlace(o); p != (posting.Place{}) {
		rec.Places = append(rec.Places, p)
	}
	for _, second := range o.objects("secondaryLocations") {
		if p := ashbyPlace(second); p != (posting.Place{}) && !slices.Contains(rec.Places, p) {
			rec.Places = append(rec.Places, p)
		}
	}
	if show := o.flag("shouldDisplayCompensationOnJobPostings"); show != nil && !*show {
		o.drop("compensation") // the employer does not publish it, so it is neither read nor kept
	}
	rec.Pay = ashbyPay(o)
	if listed := o.flag("isListed"); listed != nil && !*listed {
		return rec, "not listed"
	}
	return rec, ""
}

func ashbyPlace(o *object) posting.Place {
	address := o.object("address").object("postalAddress")
	return posting.Place{
		Text:    o.text("location"),
		City:    address.text("addressLocality"),
		Region:  address.text("addressRegion"),
		Country: address.text("addressCountry"),
	}
}

type ashbyComponent struct {
	Type     string  `json:"compensationType"`
	Interval string  `json:"interval"`
	Currency string  `json:"currencyCode"`
	Min      float64 `json:"minValue"`
	Max      float64 `json:"maxValue"`
	Summary  string  `json:"summary"`
}

// ashbyPay takes the components that are salary from the tiers, else from the summary. The whole
// compensation stays in Extra for its equity and bonuses.
func ashbyPay(o *object) []posting.Pay {
	raw, ok := o.fields["compensation"]
	var c struct {
		Tiers []struct {
			Components []ashbyComponent `json:"components"`
		} `json:"compensationTiers"`
		Summary []ashbyComponent `json:"summaryComponents"`
	}
	if !ok || !o.take("compensation", "an object of pay tiers", &c) {
		return nil
	}
	o.fields["compensation"] = json.RawMessage(raw)
	var components []ashbyComponent
	for _, tier := range c.Tiers {
		components = append(components, tier.Components...)
	}
	pay := salaries(components)
	if len(pay) == 0 {
		pay = salaries(c.Summary)
	}
	return pay
}

func salaries(components []ashbyComponent) []posting.Pay {
	var pay []posting.Pay
	for _, c := range components {
		p := posting.Pay{Min: c.Min, Max: c.Max, Currency: c.Currency, Interval: c.Interval, Text: mask(cleanText(c.Summary))}
		if c.Type != "Salary" || c.Min == 0 && c.Max == 0 || slices.Contains(pay, p) {
			continue
		}
		pay = append(pay, p)
	}
	return pay
}
