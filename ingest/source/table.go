package source

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolescope/rolescope/posting"
)

// Mapping names the column of a table that holds each field of a posting.
type Mapping map[string]string

// Fields of a Mapping that something is decided by; the others are only copied.
const (
	FieldID         = "id"
	FieldTitle      = "title"
	FieldCompany    = "company"
	FieldBoard      = "board"
	FieldStatus     = "status"
	FieldPostedAt   = "posted_at"
	FieldObservedAt = "observed_at"
)

// tableField is a field and the columns, in lower case, that commonly hold it, the most telling first.
type tableField struct {
	name    string
	columns []string
}

// tableFields are the fields a table may fill. Columns of no field are not kept: in ledgers they are
// mostly the keeper's own notes, which change without the posting saying anything else.
var tableFields = []tableField{
	{FieldID, []string{"id", "external_id", "job_id", "posting_id"}},
	{FieldTitle, []string{"title", "job_title", "role_name", "position"}},
	{FieldCompany, []string{"company", "company_name", "employer", "organization"}},
	{FieldBoard, []string{"board", "company_slug", "board_token"}},
	{FieldStatus, []string{"status"}},
	{FieldPostedAt, []string{"posted_at", "date_posted", "time_posted", "published_at", "published_date", "first_published", "job_posted_at_datetime_utc"}},
	{FieldObservedAt, []string{"observed_at", "recorded_at", "fetched_at", "scraped_at", "snapshot_date", "extraction_date"}},
	{"location", []string{"location", "job_location", "locationraw"}},
	{"description", []string{"description", "job_description", "fulldescription", "text", "content"}},
	{"url", []string{"url", "job_url", "absolute_url", "job_link", "link"}},
	{"department", []string{"department"}},
	{"team", []string{"team"}},
	{"employment", []string{"employment", "employment_type", "work_type", "contracttime"}},
	{"workplace", []string{"workplace", "workplace_type", "remote_policy"}},
	{"pay", []string{"pay", "salary_range", "compensation", "salaryraw"}},
	{"pay_min", []string{"pay_min", "salary_min", "min_salary"}},
	{"pay_max", []string{"pay_max", "salary_max", "max_salary"}},
	{"pay_currency", []string{"pay_currency", "salary_currency", "currency"}},
	{"pay_interval", []string{"pay_interval", "salary_period"}},
	{"language", []string{"language"}},
	{"requisition", []string{"requisition", "requisition_id"}},
	{"valid_until", []string{"valid_until", "expires_at", "application_deadline"}},
}

// TableFields lists the fields a table may fill.
func TableFields() []string {
	var names []string
	for _, f := range tableFields {
		names = append(names, f.name)
	}
	return names
}

// NewMapping finds the columns of the fields: those asked for, field to column, else those with
// common names. It returns an error that lists the columns when a needed field has none, when a
// column asked for is not there, when two have the name of one that is used, or when a field is not known.
func NewMapping(columns []string, asked map[string]string, needed ...string) (Mapping, error) {
	m := Mapping{}
	for _, f := range tableFields {
		for _, common := range f.columns {
			at := slices.IndexFunc(columns, func(c string) bool { return strings.EqualFold(c, common) })
			if _, ok := m[f.name]; !ok && at >= 0 {
				m[f.name] = columns[at]
			}
		}
	}
	for _, field := range slices.Sorted(maps.Keys(asked)) {
		if !slices.Contains(TableFields(), field) {
			return nil, fmt.Errorf("map columns: no field %q; the fields are %s", field, strings.Join(TableFields(), ", "))
		}
		if !slices.Contains(columns, asked[field]) {
			return nil, fmt.Errorf("map columns: no column %q for %s; the columns are %s", asked[field], field, columnList(columns))
		}
		m[field] = asked[field]
	}
	for _, field := range slices.Sorted(maps.Keys(m)) {
		if first := slices.Index(columns, m[field]); slices.Contains(columns[first+1:], m[field]) {
			return nil, fmt.Errorf("map columns: two columns are called %q, one of which is the %s; rename one", m[field], field)
		}
	}
	for _, field := range needed {
		if _, ok := m[field]; !ok {
			return nil, fmt.Errorf("map columns: none is the %s; name it with --map %s=COLUMN; the columns are %s", field, field, columnList(columns))
		}
	}
	return m, nil
}

func columnList(columns []string) string {
	var names []string
	for _, c := range columns {
		names = append(names, headOf([]byte(cleanText(c)), 60))
	}
	if len(names) > 60 {
		names = append(names[:60], "...")
	}
	return strings.Join(names, ", ")
}

// Row is one row of a table: column to value as text, empty for none.
type Row map[string]string

// Get is the value of a field, trimmed; empty when no column holds it.
func (m Mapping) Get(row Row, field string) string { return strings.TrimSpace(row[m[field]]) }

// Encode is the row as one posting for ParseTable, with the mapped fields only.
func (m Mapping) Encode(row Row) json.RawMessage {
	fields := map[string]string{}
	for field := range m {
		if v := row[m[field]]; strings.TrimSpace(v) != "" {
			fields[field] = v
		}
	}
	return marshal(fields)
}

// ParseTable reads encoded rows. Rows whose status is "closed" are skipped when open is asked for: a
// ledger keeps what is over. needTime rejects rows without a time of their own; at stands for it
// where it is not zero.
func ParseTable(rows []json.RawMessage, openOnly, needTime bool, at time.Time) Board {
	return collect(rows, nil, func(o *object) (posting.Record, string) {
		rec := readRow(o)
		observed, _ := ReadTime(o.plain(FieldObservedAt))
		if rec.PostedAt.IsZero() && needTime {
			if rec.PostedAt = observed; observed.IsZero() {
				rec.PostedAt = at
			}
			if rec.PostedAt.IsZero() && o.root.err == nil {
				o.root.err = fmt.Errorf("row without a time: neither %s nor %s can be read", FieldPostedAt, FieldObservedAt)
			}
		}
		status := o.text(FieldStatus)
		o.drop(FieldBoard)
		if openOnly && strings.EqualFold(status, "closed") {
			return rec, "closed"
		}
		return rec, ""
	})
}

// RejectRecord describes a posting that was read well but cannot be true.
func RejectRecord(rec posting.Record, reason string) Rejected {
	return reject(marshal(rec), rec.ExternalID, rec.Title, reason)
}

// markup finds what only HTML has.
var markup = regexp.MustCompile(`(?i)</?(?:p|br|div|ul|ol|li|h[1-6]|strong|b|i|em|span|a|table)\b[^>]*>`)

func readRow(o *object) posting.Record {
	rec := posting.Record{
		ExternalID:  o.id(FieldID),
		Title:       o.text(FieldTitle),
		Company:     o.text(FieldCompany),
		Department:  o.text("department"),
		Team:        o.text("team"),
		Employment:  o.text("employment"),
		Workplace:   o.text("workplace"),
		URL:         o.url("url"),
		Language:    o.text("language"),
		Requisition: o.text("requisition"),
		Description: o.html("description"),
	}
	if rec.Description != "" && !markup.MatchString(rec.Description) {
		rec.Description = "<pre>" + html.EscapeString(rec.Description) + "</pre>"
	}
	if place := o.text("location"); place != "" {
		rec.Places = []posting.Place{{Text: place}}
	}
	rec.PostedAt, _ = ReadTime(o.plain(FieldPostedAt)) // a claim that cannot be read is none
	rec.ValidUntil, _ = ReadTime(o.plain("valid_until"))
	pay := posting.Pay{
		Min: o.amount("pay_min"), Max: o.amount("pay_max"), Currency: o.text("pay_currency"),
		Interval: o.text("pay_interval"), Text: o.text("pay"),
	}
	if pay.Min != 0 || pay.Max != 0 || pay.Text != "" {
		rec.Pay = []posting.Pay{pay}
	}
	return rec
}

// timeLayouts are how tables write times; one without a zone is taken for UTC.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05 MST", "2006-01-02 15:04", time.DateOnly, time.RFC1123Z, time.RFC1123,
	"20060102", "20060102150405",
}

// ReadTime reads a time of a table: a time or day as text or as its digits alone, or seconds or
// milliseconds since 1970. Of zones only offsets, UTC and GMT are read: CST and IST are several, and
// EST would be taken for UTC. ok is false when s is none of these, or a time that no posting can have.
func ReadTime(s string) (at time.Time, ok bool) {
	s = strings.TrimSpace(s)
	for _, layout := range timeLayouts {
		t, err := time.ParseInLocation(layout, s, time.UTC)
		if err != nil || !plausible(t.UTC()) {
			continue
		}
		if zone, _ := t.Zone(); strings.Contains(layout, "MST") && zone != "UTC" && zone != "GMT" {
			continue
		}
		return t.UTC().Truncate(time.Millisecond), true
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		switch {
		case n > 1e11 && n < 1e14:
			at = time.UnixMilli(int64(n)).UTC()
		case n > 1e8 && n <= 1e11:
			at = time.Unix(int64(n), 0).UTC()
		}
	}
	return at, !at.IsZero() && plausible(at)
}
