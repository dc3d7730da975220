package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/rolescope/rolescope/posting"
)

// lcString is the type of columns with few distinct values.
const (
	lcString  = "LowCardinality(String)"
	lcStrings = "Array(LowCardinality(String))"
)

// archived is a raw version with its record as the archive keeps it.
type archived struct {
	posting.Raw
	record string
}

func archive(r posting.Raw) (archived, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // descriptions are HTML; escaping would grow them by a third
	if err := enc.Encode(r.Record); err != nil {
		return archived{}, fmt.Errorf("encode record of raw %s: %w: %w", r.ID, posting.ErrInvalid, err)
	}
	return archived{r, string(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))}, nil
}

func rawTable() table[archived] {
	type T = archived
	return table[T]{"raw", []column[T]{
		col("id", "String", func(r *T) string { return r.ID }),
		col("posting_id", "String", func(r *T) string { return r.PostingID }),
		col("source", lcString, func(r *T) string { return r.Source }),
		col("board", lcString, func(r *T) string { return r.Board }),
		col("external_id", "String", func(r *T) string { return r.Record.ExternalID }),
		col("company", "String", func(r *T) string { return r.Company }),
		col("content_hash", "String", func(r *T) string { return r.ContentHash }),
		col("normaliser", lcString, func(r *T) string { return r.Normaliser }),
		col("run_id", "String", func(r *T) string { return r.RunID }),
		col("observed_at", dateTime, func(r *T) time.Time { return stored(r.ObservedAt) }),
		col("record", "String", func(r *T) string { return r.record }),
	}}
}

// amountMax bounds a salary's amount: a Decimal(18, 2) holds 16 digits before the point.
const amountMax = 1e15

// checkPosting refuses what no column can hold, before the client cuts it or panics.
func checkPosting(p posting.Posting) error {
	for _, s := range p.Salaries {
		for _, a := range []float64{s.Min, s.Max} {
			if math.IsNaN(a) || math.Abs(a) > amountMax {
				return fmt.Errorf("posting %s: %w: salary %v is out of range", p.ID, posting.ErrInvalid, a)
			}
		}
	}
	for _, n := range []*int{p.Track, p.MinYears} {
		if n != nil && (*n < math.MinInt32 || *n > math.MaxInt32) {
			return fmt.Errorf("posting %s: %w: number %d is out of range", p.ID, posting.ErrInvalid, *n)
		}
	}
	return nil
}

func money(a float64) decimal.Decimal { return decimal.NewFromFloat(a).Round(2) }

func int32Or(n *int) *int32 {
	if n == nil {
		return nil
	}
	v := int32(*n)
	return &v
}

// listedSkills are the distinct ids of the taxonomy's skills, sorted. Phrases that the tagger found
// without knowing them stay evidence (posting_skills) and are no skills yet.
func listedSkills(skills []posting.Skill) []string {
	out := make([]string, 0, len(skills))
	for _, s := range skills {
		if !s.Unlisted {
			out = append(out, s.ID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func versionTable() table[posting.Posting] {
	type T = posting.Posting
	type place = posting.Location
	type pay = posting.Salary
	return table[T]{"posting_versions", []column[T]{
		col("id", "String", func(p *T) string { return p.ID }),
		col("raw_id", "String", func(p *T) string { return p.RawID }),
		col("posting_id", "String", func(p *T) string { return p.PostingID }),
		col("source", lcString, func(p *T) string { return p.Source }),
		col("board", lcString, func(p *T) string { return p.Board }),
		col("external_id", "String", func(p *T) string { return p.ExternalID }),
		col("content_hash", "String", func(p *T) string { return p.ContentHash }),
		col("observed_at", dateTime, func(p *T) time.Time { return stored(p.ObservedAt) }),
		col("tagger_version", lcString, func(p *T) string { return p.TaggerVersion }),
		col("vacancy_id", "String", func(p *T) string { return p.VacancyID }),
		col("company", "String", func(p *T) string { return p.Company }),
		col("company_key", lcString, func(p *T) string { return p.CompanyKey }),
		col("title", "String", func(p *T) string { return p.Title }),
		col("title_normalised", "String", func(p *T) string { return p.TitleNormalised }),
		col("language", lcString, func(p *T) string { return p.Language }),
		col("role_title", lcString, func(p *T) string { return p.RoleTitle }),
		col("role_text", lcString, func(p *T) string { return p.RoleText }),
		col("role_reason", "String", func(p *T) string { return p.RoleReason }),
		col("onet_code", "LowCardinality(String)", func(p *T) string { return p.ONETCode }),
		col("esco_code", "LowCardinality(String)", func(p *T) string { return p.ESCOCode }),
		col("roles", lcStrings, func(p *T) []string { return p.Roles }),
		col("seniority", lcString, func(p *T) string { return p.Seniority }),
		col("track", "Nullable(Int32)", func(p *T) *int32 { return int32Or(p.Track) }),
		col("team", "String", func(p *T) string { return p.Team }),
		col("workplace", lcString, func(p *T) string { return p.Workplace }),
		col("employment_type", lcString, func(p *T) string { return p.EmploymentType }),
		col("location_countries", lcStrings, func(p *T) []string { return each(p.Locations, func(l *place) string { return l.Country }) }),
		col("location_regions", "Array(String)", func(p *T) []string { return each(p.Locations, func(l *place) string { return l.Region }) }),
		col("location_cities", "Array(String)", func(p *T) []string { return each(p.Locations, func(l *place) string { return l.City }) }),
		col("location_remotes", "Array(Bool)", func(p *T) []bool { return each(p.Locations, func(l *place) bool { return l.Remote }) }),
		col("location_scopes", lcStrings, func(p *T) []string { return each(p.Locations, func(l *place) string { return l.Scope }) }),
		col("location_texts", "Array(String)", func(p *T) []string { return each(p.Locations, func(l *place) string { return l.Text }) }),
		col("salary_mins", "Array(Decimal(18, 2))", func(p *T) []decimal.Decimal {
			return each(p.Salaries, func(s *pay) decimal.Decimal { return money(s.Min) })
		}),
		col("salary_maxs", "Array(Decimal(18, 2))", func(p *T) []decimal.Decimal {
			return each(p.Salaries, func(s *pay) decimal.Decimal { return money(s.Max) })
		}),
		col("salary_currencies", lcStrings, func(p *T) []string { return each(p.Salaries, func(s *pay) string { return s.Currency }) }),
		col("salary_periods", lcStrings, func(p *T) []string { return each(p.Salaries, func(s *pay) string { return s.Period }) }),
		col("salary_texts", "Array(String)", func(p *T) []string { return each(p.Salaries, func(s *pay) string { return s.Text }) }),
		col("salary_sources", lcStrings, func(p *T) []string { return each(p.Salaries, func(s *pay) string { return s.Source }) }),
		col("min_years", "Nullable(Int32)", func(p *T) *int32 { return int32Or(p.MinYears) }),
		col("degree", lcString, func(p *T) string { return p.Degree }),
		col("skills", lcStrings, func(p *T) []string { return listedSkills(p.Skills) }),
		col("url", "String", func(p *T) string { return p.URL }),
		col("posted_claim", dateTime, func(p *T) time.Time { return stored(p.PostedClaim) }),
	}}
}

func textTable() table[posting.Posting] {
	type T = posting.Posting
	return table[T]{"posting_texts", append(versionKey(),
		col("description", "String", func(p *T) string { return p.Description }))}
}

func skillTable() table[posting.Posting] {
	type T = posting.Posting
	type skill = posting.Skill
	strings := func(name, typ string, get func(*skill) string) column[T] {
		return col(name, typ, func(p *T) []string { return each(p.Skills, get) })
	}
	return table[T]{"posting_skills", append(versionKey(),
		strings("ids", lcStrings, func(s *skill) string { return s.ID }),
		strings("labels", lcStrings, func(s *skill) string { return s.Label }),
		strings("kinds", lcStrings, func(s *skill) string { return s.Kind }),
		strings("fields", lcStrings, func(s *skill) string { return s.Field }),
		col("starts", "Array(UInt32)", func(p *T) []uint32 { return each(p.Skills, func(s *skill) uint32 { return uint32(s.Start) }) }),
		col("ends", "Array(UInt32)", func(p *T) []uint32 { return each(p.Skills, func(s *skill) uint32 { return uint32(s.End) }) }),
		strings("texts", "Array(String)", func(s *skill) string { return s.Text }),
		strings("sections", lcStrings, func(s *skill) string { return s.Section }),
		strings("strengths", lcStrings, func(s *skill) string { return s.Strength }),
		strings("paragraph_hashes", "Array(String)", func(s *skill) string { return s.ParagraphHash }),
		strings("rules", lcStrings, func(s *skill) string { return s.Rule }),
		col("unlisted", "Array(Bool)", func(p *T) []bool { return each(p.Skills, func(s *skill) bool { return s.Unlisted }) }),
	)}
}

// recordTable keeps when each reading was recorded first.
func recordTable() table[posting.Posting] {
	type T = posting.Posting
	return table[T]{"version_records", []column[T]{
		col("tagger_version", lcString, func(p *T) string { return p.TaggerVersion }),
		col("source", lcString, func(p *T) string { return p.Source }),
		col("board", lcString, func(p *T) string { return p.Board }),
		col("posting_id", "String", func(p *T) string { return p.PostingID }),
		col("content_hash", "String", func(p *T) string { return p.ContentHash }),
	}}
}

// versionKey are the columns that say which reading of which version a row belongs to.
func versionKey() []column[posting.Posting] {
	type T = posting.Posting
	return []column[T]{
		col("posting_id", "String", func(p *T) string { return p.PostingID }),
		col("source", lcString, func(p *T) string { return p.Source }),
		col("board", lcString, func(p *T) string { return p.Board }),
		col("content_hash", "String", func(p *T) string { return p.ContentHash }),
		col("tagger_version", lcString, func(p *T) string { return p.TaggerVersion }),
		col("observed_at", dateTime, func(p *T) time.Time { return stored(p.ObservedAt) }),
	}
}
