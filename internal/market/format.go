package market

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"time"
)

// render is one version of an advert as its source's API lists it.
func (a *advert) render(n int) []byte {
	v := &a.versions[n]
	v.once.Do(func() {
		published, updated := a.Listed[0].From, a.Listed[0].From
		if n > 0 {
			updated = a.Edits[n-1]
		}
		switch a.Source {
		case "greenhouse":
			v.job = encode(a.greenhouse(v, published, updated))
		case "lever":
			v.job = encode(a.lever(v, published))
		default:
			v.job = encode(a.ashby(v, published))
		}
	})
	return v.job
}

// object is a JSON object; encoding/json writes its keys in the order of the alphabet.
type object = map[string]any

func encode(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // maps of strings and numbers
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// page writes sections as HTML in the employer's style.
func (e *employer) page(sections []section) string {
	var b strings.Builder
	for _, s := range sections {
		head := html.EscapeString(s.heading)
		switch e.style {
		case 0:
			fmt.Fprintf(&b, "<h3>%s</h3>\n", head)
		case 1:
			fmt.Fprintf(&b, "<p><strong>%s</strong></p>\n", head)
		default:
			fmt.Fprintf(&b, "<h2><strong>%s</strong></h2>\n", head)
		}
		b.WriteString(body(s))
	}
	return b.String()
}

func body(s section) string {
	var b strings.Builder
	if len(s.items) > 0 {
		b.WriteString("<ul>\n")
		for _, i := range s.items {
			fmt.Fprintf(&b, "<li>%s</li>\n", html.EscapeString(i))
		}
		b.WriteString("</ul>\n")
	}
	for _, p := range s.paragraphs {
		fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(p))
	}
	return b.String()
}

// eastern is the offset that Greenhouse's dates carry.
var eastern = time.FixedZone("", -5*60*60)

// Links lead to hosts under a top-level name that is reserved (RFC 2606): nobody is at the other end.

func (a *advert) greenhouse(v *version, published, updated time.Time) object {
	return object{
		"id":                   json.Number(a.ID),
		"internal_job_id":      3_000_000_000 + a.Vacancy,
		"requisition_id":       fmt.Sprintf("R-%d", 10_000+a.Vacancy),
		"title":                a.Title,
		"absolute_url":         fmt.Sprintf("https://greenhouse.example/%s/jobs/%s", a.Board, a.ID),
		"company_name":         a.Company,
		"location":             object{"name": a.place()},
		"departments":          []object{{"id": 100 + len(a.plan.role.ID), "name": a.plan.role.Department, "child_ids": []int{}, "parent_id": nil}},
		"offices":              []object{{"id": 200 + len(a.city.Name), "name": a.city.Name, "location": a.city.Text}},
		"metadata":             []object{{"id": 1, "name": "Workplace Type", "value": map[string]string{"hybrid": "Hybrid", "onsite": "On-site", "remote": "Remote"}[a.plan.work], "value_type": "single_select"}},
		"first_published":      published.In(eastern).Format(time.RFC3339),
		"updated_at":           updated.In(eastern).Format(time.RFC3339),
		"language":             "en",
		"content":              html.EscapeString(a.e.page(a.sections(v))),
		"data_compliance":      []object{},
		"education":            nil,
		"application_deadline": nil,
	}
}

func (a *advert) place() string {
	if a.plan.work == "remote" {
		return "Remote - " + a.city.Text
	}
	return a.city.Text
}

// lever puts the lists of an advert apart and the rest around them.
func (a *advert) lever(v *version, published time.Time) object {
	var opening, additional strings.Builder
	lists := []object{}
	for i, s := range a.sections(v) {
		switch {
		case i < 2:
			opening.WriteString(body(section{paragraphs: s.paragraphs}))
		case len(s.items) > 0:
			content := strings.TrimSuffix(strings.TrimPrefix(body(section{items: s.items}), "<ul>\n"), "</ul>\n")
			lists = append(lists, object{"text": s.heading, "content": strings.ReplaceAll(content, "\n", "")})
			additional.WriteString(body(section{paragraphs: s.paragraphs}))
		default:
			fmt.Fprintf(&additional, "<h3>%s</h3>\n%s", html.EscapeString(s.heading), body(s))
		}
	}
	commitment := "Full-time"
	if a.Seniority == "intern" {
		commitment = "Internship"
	}
	job := object{
		"id":   a.ID,
		"text": a.Title,
		"categories": object{
			"commitment": commitment, "department": a.plan.role.Department, "team": a.plan.team,
			"location": a.city.Text, "allLocations": []string{a.city.Text},
		},
		"country":         a.Country,
		"createdAt":       published.UnixMilli(),
		"workplaceType":   map[string]string{"hybrid": "hybrid", "onsite": "on-site", "remote": "remote"}[a.plan.work],
		"hostedUrl":       fmt.Sprintf("https://lever.example/%s/%s", a.Board, a.ID),
		"applyUrl":        fmt.Sprintf("https://lever.example/%s/%s/apply", a.Board, a.ID),
		"opening":         opening.String(),
		"descriptionBody": "",
		"description":     opening.String(),
		"lists":           lists,
		"additional":      additional.String(),
	}
	if v.pay != (Pay{}) {
		job["salaryRange"] = object{"currency": v.pay.Currency, "interval": "per-year-salary", "min": v.pay.Min, "max": v.pay.Max}
	}
	return job
}

func (a *advert) ashby(v *version, published time.Time) object {
	kind := "FullTime"
	if a.Seniority == "intern" {
		kind = "Intern"
	}
	compensation := object{"compensationTierSummary": nil, "scrapeableCompensationSalarySummary": nil, "compensationTiers": []object{}, "summaryComponents": []object{}}
	if v.pay != (Pay{}) {
		summary := money(v.pay.Min, v.pay.Currency) + " - " + money(v.pay.Max, v.pay.Currency)
		component := object{"compensationType": "Salary", "interval": "1 YEAR", "currencyCode": v.pay.Currency, "minValue": v.pay.Min, "maxValue": v.pay.Max, "summary": summary}
		compensation = object{
			"compensationTierSummary": summary, "scrapeableCompensationSalarySummary": summary,
			"compensationTiers": []object{{"title": nil, "tierSummary": summary, "components": []object{component}}},
			"summaryComponents": []object{component},
		}
	}
	return object{
		"id":                                     a.ID,
		"title":                                  a.Title,
		"department":                             a.plan.role.Department,
		"team":                                   a.plan.team,
		"employmentType":                         kind,
		"location":                               a.city.Name,
		"secondaryLocations":                     []object{},
		"address":                                object{"postalAddress": object{"addressLocality": a.city.Name, "addressRegion": a.city.Region, "addressCountry": a.city.Nation}},
		"isRemote":                               a.plan.work == "remote",
		"workplaceType":                          map[string]string{"hybrid": "Hybrid", "onsite": "OnSite", "remote": "Remote"}[a.plan.work],
		"isListed":                               true,
		"publishedAt":                            published.Format("2006-01-02T15:04:05.000-07:00"),
		"jobUrl":                                 fmt.Sprintf("https://ashby.example/%s/%s", a.Board, a.ID),
		"applyUrl":                               fmt.Sprintf("https://ashby.example/%s/%s/application", a.Board, a.ID),
		"descriptionHtml":                        a.e.page(a.sections(v)),
		"compensation":                           compensation,
		"shouldDisplayCompensationOnJobPostings": v.pay != (Pay{}),
	}
}
