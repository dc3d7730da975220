package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"
)

// object is a JSON object; encoding/json writes its keys in order of the alphabet.
type object = map[string]any

// envelope is one line of a recorded file.
func envelope(c employer, at time.Time, adverts []advert) ([]byte, error) {
	var payload any
	jobs := []object{}
	for _, a := range adverts {
		switch c.kind {
		case "greenhouse":
			jobs = append(jobs, greenhouse(a))
		case "lever":
			jobs = append(jobs, lever(a))
		case "ashby":
			jobs = append(jobs, ashby(a))
		}
	}
	switch c.kind {
	case "greenhouse":
		payload = object{"jobs": jobs, "meta": object{"total": len(jobs)}}
	case "lever":
		payload = jobs
	default:
		payload = object{"apiVersion": "1", "jobs": jobs}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(struct {
		Board      string `json:"board"`
		Company    string `json:"company"`
		RecordedAt string `json:"recorded_at"`
		Payload    any    `json:"payload"`
	}{c.board, c.name, at.Format(time.RFC3339), payload})
	return bytes.TrimSpace(buf.Bytes()), err
}

// number is the advert's id where ids are numbers.
func (a advert) numericID() int64 {
	return 4_000_000_000 + int64(chance(a.employer.board)*9_000_000)*100 + int64(a.number)
}

// uuid is the advert's id where ids are UUIDs.
func (a advert) uuid() string {
	s := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%d", seed, a.employer.board, a.number))
	s[6], s[8] = s[6]&0x0f|0x40, s[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", s[0:4], s[4:6], s[6:8], s[8:10], s[10:16])
}

// word returns the source's own word for the advert's contract.
func (a advert) word(full, contract string) string {
	if a.contract == "contract" {
		return contract
	}
	return full
}

func (a advert) placeText() string {
	if a.second != nil {
		return a.place.text + "; " + a.second.text
	}
	return a.place.text
}

// amount writes money as adverts do, such as $150,000.
func amount(currency string, n int) string {
	sign := map[string]string{"USD": "$", "EUR": "€", "GBP": "£"}[currency]
	return fmt.Sprintf("%s%d,%03d", sign, n/1000, n%1000)
}

// asHTML writes sections as the editors of these boards do.
func asHTML(sections []section, tag string) string {
	var b strings.Builder
	for _, s := range sections {
		if s.heading != "" {
			fmt.Fprintf(&b, "<%s>%s</%s>\n", tag, html.EscapeString(s.heading), tag)
		}
		if s.text != "" {
			fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(s.text))
		}
		if len(s.items) > 0 {
			fmt.Fprintf(&b, "<ul>\n%s</ul>\n", listItems(s.items))
		}
	}
	return strings.TrimSpace(b.String())
}

func listItems(items []string) string {
	var b strings.Builder
	for _, item := range items {
		fmt.Fprintf(&b, "<li>%s</li>\n", html.EscapeString(item))
	}
	return b.String()
}

func greenhouse(a advert) object {
	content := asHTML(a.sections, "h3")
	job := object{
		"id": a.numericID(), "internal_job_id": a.numericID() + 1_000_000_000, "title": a.title, "company_name": a.employer.name,
		"absolute_url": fmt.Sprintf("https://boards.example.com/%s/jobs/%d", a.employer.board, a.numericID()), "requisition_id": fmt.Sprintf("R-%d", 100+a.number),
		"location": object{"name": a.placeText()}, "language": "en", "first_published": a.published.Format(time.RFC3339), "updated_at": a.updated.Format(time.RFC3339),
		"departments":     []object{{"id": 100 + len(a.role.department), "name": a.role.department, "parent_id": nil, "child_ids": []int{}}},
		"data_compliance": []object{{"type": "gdpr", "requires_consent": false}},
		"metadata": []object{
			{"id": 1, "name": "Workplace Type", "value": a.workplace, "value_type": "single_select"},
			{"id": 2, "name": "Employment Type", "value": a.word("Full-time", "Contract"), "value_type": "single_select"},
		},
	}
	if a.pay[0] > 0 && a.number%2 == 0 {
		job["pay_input_ranges"] = []object{{
			"min_cents": a.pay[0] * 100, "max_cents": a.pay[1] * 100, "currency_type": a.place.currency, "title": "Base pay range", "blurb": "",
		}}
	} else if a.pay[0] > 0 {
		content += fmt.Sprintf("\n<div class=\"pay-range\"><span>%s</span><span class=\"divider\">&mdash;</span><span>%s %s</span></div>",
			amount(a.place.currency, a.pay[0]), amount(a.place.currency, a.pay[1]), a.place.currency)
	}
	job["content"] = html.EscapeString(content)
	return job
}

func lever(a advert) object {
	lists, body, additional := []object{}, []section{}, []section{}
	for _, s := range a.sections[1:] {
		switch {
		case len(s.items) > 0:
			lists = append(lists, object{"text": s.heading, "content": "\n" + listItems(s.items)})
		case s.heading != "":
			body = append(body, s)
		default:
			additional = append(additional, s)
		}
	}
	opening, rest := asHTML(a.sections[:1], "h3"), asHTML(body, "h3")
	locations := []string{a.place.text}
	if a.second != nil {
		locations = append(locations, a.second.text)
	}
	url := "https://jobs.example.com/" + a.employer.board + "/" + a.uuid()
	job := object{
		"id": a.uuid(), "text": a.title, "createdAt": a.published.UnixMilli(), "country": a.place.code, "hostedUrl": url, "applyUrl": url + "/apply",
		"workplaceType": strings.ToLower(a.workplace), "opening": opening, "descriptionBody": rest, "description": opening + rest, "lists": lists, "additional": asHTML(additional, "h3"),
		"categories": object{"department": a.role.department, "team": a.role.team, "commitment": a.word("Full-time", "Contractor"), "location": a.place.text, "allLocations": locations},
	}
	if a.pay[0] > 0 {
		job["salaryRange"] = object{"min": a.pay[0], "max": a.pay[1], "currency": a.place.currency, "interval": "per-year-salary"}
	}
	return job
}

func ashby(a advert) object {
	address := func(p place) object {
		return object{"postalAddress": object{"addressLocality": p.city, "addressRegion": p.region, "addressCountry": p.country}}
	}
	second := []object{}
	if a.second != nil {
		second = append(second, object{"location": a.second.city, "address": address(*a.second)})
	}
	url := "https://jobs.example.com/" + strings.ReplaceAll(a.employer.board, " ", "%20") + "/" + a.uuid()
	workplace := map[string]string{"on-site": "OnSite", "remote": "Remote", "hybrid": "Hybrid"}[strings.ToLower(a.workplace)]
	compensation := object{"compensationTierSummary": nil, "compensationTiers": []object{}, "summaryComponents": []object{}}
	if a.pay[0] > 0 {
		sign := map[string]string{"USD": "$", "EUR": "€", "GBP": "£"}[a.place.currency]
		summary := fmt.Sprintf("%s%dK – %s%dK", sign, a.pay[0]/1000, sign, a.pay[1]/1000)
		salary := object{"compensationType": "Salary", "interval": "1 YEAR", "currencyCode": a.place.currency, "minValue": a.pay[0], "maxValue": a.pay[1]}
		tier := object{"id": a.uuid(), "title": nil, "tierSummary": summary + " • Offers Equity", "components": []object{
			{"compensationType": "EquityPercentage", "interval": "NONE", "currencyCode": nil, "minValue": nil, "maxValue": nil, "summary": "Offers Equity"},
		}}
		withSummary := object{"summary": summary}
		for k, v := range salary {
			withSummary[k] = v
		}
		tier["components"] = slices.Insert(tier["components"].([]object), 0, withSummary)
		compensation = object{"compensationTierSummary": summary + " • Offers Equity", "compensationTiers": []object{tier}, "summaryComponents": []object{salary}}
	}
	return object{
		"id": a.uuid(), "title": a.title, "department": a.role.department, "team": a.role.team, "employmentType": a.word("FullTime", "Contract"), "isListed": true,
		"location": a.place.city, "address": address(a.place), "secondaryLocations": second, "isRemote": workplace == "Remote", "workplaceType": workplace,
		"publishedAt": a.published.Format("2006-01-02T15:04:05.000+00:00"), "jobUrl": url, "applyUrl": url + "/application",
		"descriptionHtml":                        asHTML(a.sections, "h2"),
		"shouldDisplayCompensationOnJobPostings": a.pay[0] > 0, "compensation": compensation,
	}
}
