package trend

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNoPosting is returned for an id that no posting has.
var ErrNoPosting = errors.New("no such posting")

// postingRowsMax bounds the versions, spells and mentions of one posting.
const postingRowsMax = 20_000

// Mention is one skill where it stands. Start and End are byte offsets into the title or the text.
type Mention struct {
	Skill    string `json:"skill" ch:"skill"`
	Label    string `json:"label" ch:"label"`
	Kind     string `json:"kind" ch:"kind"`
	Field    string `json:"field" ch:"field"` // title or description
	Start    uint32 `json:"start" ch:"start"`
	End      uint32 `json:"end" ch:"end"` // exclusive
	Text     string `json:"text" ch:"text"`
	Section  string `json:"section" ch:"section"`
	Strength string `json:"strength" ch:"strength"`
	Rule     string `json:"rule" ch:"rule"`
	Unlisted bool   `json:"unlisted" ch:"unlisted"`
}

// Version is one content that a posting had.
type Version struct {
	ContentHash string    `json:"content_hash" ch:"content_hash"`
	ObservedAt  time.Time `json:"observed_at" ch:"observed_at"` // when it was first seen
	Description string    `json:"-" ch:"description"`
}

// Open is one uninterrupted time in which a posting was open.
type Open struct {
	Spell          uint32     `json:"spell" ch:"spell"`
	OpenedAt       time.Time  `json:"opened_at" ch:"opened_at"`
	LastSeen       time.Time  `json:"last_seen" ch:"last_seen"`
	ClosedAt       *time.Time `json:"closed_at" ch:"closed_at"`
	ClosedReason   string     `json:"closed_reason" ch:"closed_reason"`
	OpenedCensored bool       `json:"opened_censored" ch:"opened_censored"`
}

// PostingFields are the columns of v_postings; lists of places and of pay have equal lengths.
type PostingFields struct {
	ID             string     `json:"posting_id" ch:"posting_id"`
	Source         string     `json:"source" ch:"source"`
	Board          string     `json:"board" ch:"board"`
	ExternalID     string     `json:"external_id" ch:"external_id"`
	VacancyID      string     `json:"vacancy_id" ch:"vacancy_id"`
	Company        string     `json:"company" ch:"company"`
	Title          string     `json:"title" ch:"title"`
	RoleTitle      string     `json:"role_title" ch:"role_title"`
	RoleText       string     `json:"role_text" ch:"role_text"`
	RoleReason     string     `json:"role_reason" ch:"role_reason"`
	Roles          []string   `json:"roles" ch:"roles"`
	Seniority      string     `json:"seniority" ch:"seniority"`
	Track          *int32     `json:"track" ch:"track"` // per mille from research to engineering
	Team           string     `json:"team" ch:"team"`
	Workplace      string     `json:"workplace" ch:"workplace"`
	EmploymentType string     `json:"employment_type" ch:"employment_type"`
	Language       string     `json:"language" ch:"language"`
	MinYears       *int32     `json:"min_years" ch:"min_years"`
	Degree         string     `json:"degree" ch:"degree"`
	URL            string     `json:"url" ch:"url"`
	PlaceTexts     []string   `json:"place_texts" ch:"place_texts"`
	PlaceCities    []string   `json:"place_cities" ch:"place_cities"`
	PlaceRegions   []string   `json:"place_regions" ch:"place_regions"`
	PlaceCountries []string   `json:"place_countries" ch:"place_countries"`
	PlaceRemotes   []bool     `json:"place_remotes" ch:"place_remotes"`
	PayMins        []string   `json:"pay_mins" ch:"pay_mins"` // "0" when not stated
	PayMaxs        []string   `json:"pay_maxs" ch:"pay_maxs"`
	PayCurrencies  []string   `json:"pay_currencies" ch:"pay_currencies"`
	PayPeriods     []string   `json:"pay_periods" ch:"pay_periods"`
	PayTexts       []string   `json:"pay_texts" ch:"pay_texts"`
	FirstSeen      time.Time  `json:"first_seen" ch:"first_seen"`
	LastSeen       time.Time  `json:"last_seen" ch:"last_seen"`
	ClosedAt       *time.Time `json:"closed_at" ch:"closed_at"`
	ClosedReason   string     `json:"closed_reason" ch:"closed_reason"`
	OpenedCensored bool       `json:"opened_censored" ch:"opened_censored"`
	PostedClaim    *time.Time `json:"posted_claim" ch:"posted_claim"`
	ContentHash    string     `json:"content_hash" ch:"content_hash"`
}

// PostingAnswer is everything known of one posting. Audit is that of the fields.
type PostingAnswer struct {
	Audit
	PostingFields
	Text          string    `json:"text"` // canonical; the mentions' offsets point into it and into Title
	Mentions      []Mention `json:"mentions"`
	MentionsAudit Audit     `json:"mentions_audit"`
	Versions      []Version `json:"versions"` // oldest first
	Spells        []Open    `json:"spells"`
}

// Posting tells one posting by its id, or returns ErrNoPosting.
func Posting(ctx context.Context, q Querier, id string) (PostingAnswer, error) {
	a := PostingAnswer{Mentions: []Mention{}, Versions: []Version{}, Spells: []Open{}}
	var found []PostingFields
	var err error
	if a.Audit, err = run(ctx, q, &found, "posting.sql", map[string]string{"posting_id": id}); err != nil {
		return a, err
	}
	if len(found) == 0 {
		return a, ErrNoPosting
	}
	a.PostingFields = found[0]
	// Its tables are ordered by source and board: with them a posting is found without a scan.
	params := map[string]string{
		"posting_id": id, "source": a.Source, "board": a.Board, "content_hash": a.ContentHash,
		"rows_max": fmt.Sprint(postingRowsMax),
	}
	texts, err := run(ctx, q, &a.Versions, "posting_text.sql", params)
	if err != nil {
		return a, err
	}
	if a.MentionsAudit, err = run(ctx, q, &a.Mentions, "posting_mentions.sql", params); err != nil {
		return a, err
	}
	if _, err = run(ctx, q, &a.Spells, "posting_spells.sql", params); err != nil {
		return a, err
	}
	if texts.TaggerVersion != a.TaggerVersion || a.MentionsAudit.TaggerVersion != a.TaggerVersion {
		return a, fmt.Errorf("ask posting: the tagger version changed meanwhile: ask again")
	}
	for i, v := range a.Versions {
		if v.ContentHash == a.ContentHash {
			a.Text = v.Description
		}
		a.Versions[i].Description = ""
	}
	return a, nil
}
