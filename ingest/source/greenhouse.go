package source

import (
	"encoding/json"
	"html"
	"slices"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// Greenhouse reads boards-api.greenhouse.io/v1/boards/{token}/jobs, with or without content, and
// the answer for one job.
type Greenhouse struct{}

// Kind implements Source.
func (Greenhouse) Kind() string { return "greenhouse" }

// Proof implements Source: the API answers with the whole board.
func (Greenhouse) Proof() posting.Proof { return posting.ProofFull }

// Parse implements Source. The board is complete when meta.total is the number of distinct postings.
func (g Greenhouse) Parse(payload []byte) (Board, error) {
	top, jobs, single, err := split(g.Kind(), "jobs", payload)
	if err != nil {
		return Board{}, err
	}
	b := collect(jobs, payload, readGreenhouse)
	if single {
		return b, nil
	}
	var meta struct {
		Total *int `json:"total"`
	}
	if err := json.Unmarshal(top["meta"], &meta); err == nil && meta.Total != nil && *meta.Total >= 0 {
		b.Expected = *meta.Total
		b.Complete = b.Expected == b.Distinct() && b.Identified()
	}
	return b, nil
}

func readGreenhouse(o *object) (posting.Record, string) {
	rec := posting.Record{
		ExternalID:  o.id("id"),
		Title:       o.text("title"),
		Company:     o.text("company_name"),
		Description: greenhouseContent(o.plain("content")),
		Language:    o.text("language"),
		URL:         o.url("absolute_url"),
		Requisition: o.scalar("requisition_id"),
		PostedAt:    o.time("first_published"),
		ValidUntil:  o.time("application_deadline"),
	}
	if name := o.object("location").text("name"); name != "" {
		rec.Places = append(rec.Places, posting.Place{Text: name})
	}
	var departments []string
	for _, d := range o.objects("departments") {
		if name := d.text("name"); name != "" && !slices.Contains(departments, name) {
			departments = append(departments, name)
		}
	}
	rec.Department = strings.Join(departments, "; ")
	rec.Pay = greenhousePay(o)
	greenhouseMetadata(o, &rec)
	return rec, ""
}

// greenhouseContent undoes the second escaping. Content that holds a tag already is not escaped:
// some recorders undo it themselves.
func greenhouseContent(content string) string {
	if !strings.Contains(content, "<") {
		content = cleanText(html.UnescapeString(content))
	}
	return mask(strings.TrimSpace(content))
}

// greenhousePay reads pay_input_ranges, whose amounts are in hundredths of the currency.
func greenhousePay(o *object) []posting.Pay {
	var pay []posting.Pay
	for _, r := range o.objects("pay_input_ranges") {
		p := posting.Pay{
			Min: r.number("min_cents") / 100, Max: r.number("max_cents") / 100,
			Currency: r.text("currency_type"), Text: r.text("title"),
		}
		if p.Min != 0 || p.Max != 0 {
			pay = append(pay, p)
		}
	}
	return pay
}

// Names of custom fields, in lower case, that state the workplace or the employment type, the most
// telling first. Other custom fields stay in Extra.
var (
	workplaceNames  = []string{"workplace type", "workplace", "location type", "work model", "working model", "remote status", "work arrangement"}
	employmentNames = []string{"employment type", "employment length", "time type", "job type", "contract type", "employment status"}
)

// greenhouseMetadata takes workplace, employment and the remote flag out of the board's custom
// fields.
func greenhouseMetadata(o *object, rec *posting.Record) {
	type field struct {
		Name  string `json:"name"`
		Value any    `json:"value"`
	}
	var entries []json.RawMessage
	if !o.take("metadata", "a list", &entries) {
		return
	}
	workplace, employment := len(workplaceNames), len(employmentNames)
	for _, entry := range entries {
		var f field
		if err := json.Unmarshal(entry, &f); err != nil {
			continue
		}
		name := strings.ToLower(strings.TrimSpace(f.Name))
		if at := slices.Index(workplaceNames, name); at >= 0 && at < workplace && metadataText(f.Value) != "" {
			workplace, rec.Workplace = at, metadataText(f.Value)
		}
		if at := slices.Index(employmentNames, name); at >= 0 && at < employment && metadataText(f.Value) != "" {
			employment, rec.Employment = at, metadataText(f.Value)
		}
		if flag, ok := f.Value.(bool); ok && name == "remote" {
			rec.Remote = &flag
		}
	}
	o.fields["metadata"] = marshal(namedValues(entries))
}

// metadataText is a custom value as text; several values of one field are joined.
func metadataText(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(mask(cleanText(v)))
	case []any:
		var parts []string
		for _, e := range v {
			if s := metadataText(e); s != "" {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, "; ")
	}
	return ""
}

// namedValues leaves out custom fields without a value: they say nothing.
func namedValues(entries []json.RawMessage) []any {
	out := []any{}
	for _, entry := range entries {
		v := decodeAny(entry)
		if m, ok := v.(map[string]any); ok && clean(m["value"]) == nil {
			continue
		}
		out = append(out, v)
	}
	return out
}
