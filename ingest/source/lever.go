package source

import (
	"html"
	"slices"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// Lever reads api.lever.co/v0/postings/{site}?mode=json and a single posting. The payload names
// neither the company nor a total, so that it never proves itself complete.
type Lever struct{}

// Kind implements Source.
func (Lever) Kind() string { return "lever" }

// Proof implements Source: the API answers with the whole board.
func (Lever) Proof() posting.Proof { return posting.ProofFull }

// Parse implements Source.
func (l Lever) Parse(payload []byte) (Board, error) {
	_, jobs, _, err := split(l.Kind(), "", payload)
	if err != nil {
		return Board{}, err
	}
	return collect(jobs, payload, readLever), nil
}

func readLever(o *object) (posting.Record, string) {
	categories := o.object("categories")
	rec := posting.Record{
		ExternalID: o.id("id"),
		Title:      o.text("text"),
		Department: categories.text("department"),
		Team:       categories.text("team"),
		Employment: categories.text("commitment"),
		Workplace:  o.text("workplaceType"),
		URL:        o.url("hostedUrl"),
		PostedAt:   o.millis("createdAt"),
	}
	rec.Places = leverPlaces(categories, o.text("country"))
	rec.Description = leverDescription(o)
	rec.Pay = leverPay(o)
	o.drop("openingPlain", "descriptionPlain", "descriptionBodyPlain", "additionalPlain")
	return rec, ""
}

// leverPlaces lists the main location first; the country belongs to it.
func leverPlaces(categories *object, country string) []posting.Place {
	main := categories.text("location")
	var places []posting.Place
	if main != "" || country != "" {
		places = append(places, posting.Place{Text: main, Country: country})
	}
	for _, text := range categories.texts("allLocations") {
		same := func(p posting.Place) bool { return p.Text == text }
		if text != "" && !slices.ContainsFunc(places, same) {
			places = append(places, posting.Place{Text: text})
		}
	}
	return places
}

// leverDescription puts the parts of an advert together in the order of its page. description is
// opening and body in one, used when a recorder left those out.
func leverDescription(o *object) string {
	opening, body, both := o.html("opening"), o.html("descriptionBody"), o.html("description")
	if opening == "" && body == "" {
		opening = both
	}
	parts := []string{opening, body}
	for _, list := range o.objects("lists") {
		heading, content := list.text("text"), strings.TrimSpace(list.html("content"))
		if heading != "" {
			parts = append(parts, "<h3>"+html.EscapeString(heading)+"</h3>")
		}
		if strings.HasPrefix(content, "<li") {
			content = "<ul>" + content + "</ul>"
		}
		parts = append(parts, content)
	}
	parts = append(parts, o.html("additional"))
	parts = slices.DeleteFunc(parts, func(p string) bool { return strings.TrimSpace(p) == "" })
	return strings.Join(parts, "\n")
}

// leverPay reads salaryRange; salaryDescription is the text beside it.
func leverPay(o *object) []posting.Pay {
	r := o.object("salaryRange")
	p := posting.Pay{Min: r.number("min"), Max: r.number("max"), Currency: r.text("currency"), Interval: r.text("interval")}
	formatted, plain := o.text("salaryDescription"), o.text("salaryDescriptionPlain")
	if p.Text = plain; plain == "" {
		p.Text = formatted
	}
	if p.Min == 0 && p.Max == 0 && p.Text == "" {
		return nil
	}
	return []posting.Pay{p}
}
