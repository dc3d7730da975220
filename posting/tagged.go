package posting

import "time"

// Posting is one version of one advert as one tagger version reads it. Unknown values are the zero
// value (or nil where zero is a value), never a guess.
type Posting struct {
	ID            string    `json:"id"` // TagID
	RawID         string    `json:"raw_id"`
	PostingID     string    `json:"posting_id"`
	Source        string    `json:"source"`
	Board         string    `json:"board"`
	ExternalID    string    `json:"external_id"`
	ContentHash   string    `json:"content_hash"`
	ObservedAt    time.Time `json:"observed_at"`
	TaggerVersion string    `json:"tagger_version"`

	VacancyID  string `json:"vacancy_id"`
	Company    string `json:"company"`     // display form
	CompanyKey string `json:"company_key"` // normalised, for grouping

	Title           string `json:"title"`       // canonical text of the title
	Description     string `json:"description"` // canonical text; skills' offsets point into it
	TitleNormalised string `json:"title_normalised"`
	Language        string `json:"language,omitempty"` // ISO 639-1

	RoleTitle  string   `json:"role_title,omitempty"` // role the title states
	RoleText   string   `json:"role_text,omitempty"`  // role the text describes
	RoleReason string   `json:"role_reason,omitempty"`
	ONETCode   string   `json:"onet_code,omitempty"` // O*NET-SOC occupation of the title, such as 15-2051.00, where certain
	ESCOCode   string   `json:"esco_code,omitempty"` // last part of the ESCO occupation's address, where certain
	Roles      []string `json:"roles,omitempty"`     // all roles of a post that advertises several; empty for a single one
	Seniority  string   `json:"seniority,omitempty"`
	Track      *int     `json:"track,omitempty"` // 0 all research .. 1000 all engineering, per mille
	Team       string   `json:"team,omitempty"`

	Workplace      string     `json:"workplace,omitempty"`
	EmploymentType string     `json:"employment_type,omitempty"`
	Locations      []Location `json:"locations,omitempty"`
	Salaries       []Salary   `json:"salaries,omitempty"`
	MinYears       *int       `json:"min_years,omitempty"`
	Degree         string     `json:"degree,omitempty"`
	Skills         []Skill    `json:"skills,omitempty"`

	URL         string    `json:"url,omitempty"`
	PostedClaim time.Time `json:"posted_claim,omitzero"` // when the source says it was posted
}

// Skill is one mention of a skill with the evidence that lets anyone check it.
type Skill struct {
	ID            string `json:"id"`
	Label         string `json:"label"`
	Kind          string `json:"kind"`
	Field         string `json:"field"` // "title" or "description"
	Start         int    `json:"start"` // byte offset into the field's canonical text
	End           int    `json:"end"`   // exclusive
	Text          string `json:"text"`
	Section       string `json:"section,omitempty"`
	Strength      string `json:"strength,omitempty"` // required, preferred or mentioned
	ParagraphHash string `json:"paragraph_hash,omitempty"`
	Rule          string `json:"rule,omitempty"` // the alias or context rule that matched
	Unlisted      bool   `json:"unlisted"`       // found by the tagger without being in the taxonomy
}

// Location is one place the work can be done in.
type Location struct {
	Country string `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Region  string `json:"region,omitempty"`  // ISO 3166-2 part after the dash, where known
	City    string `json:"city,omitempty"`
	Remote  bool   `json:"remote"`
	Scope   string `json:"scope,omitempty"` // where a remote worker may be: a country code, "EU", "EMEA", "worldwide", ...
	Text    string `json:"text,omitempty"`
}

// Salary is one pay range as stated. Amounts are in units of the currency with at most two decimals;
// Min equals Max for a single figure, and an end that is not stated is zero.
type Salary struct {
	Min      float64 `json:"min,omitempty"`
	Max      float64 `json:"max,omitempty"`
	Currency string  `json:"currency"` // ISO 4217
	Period   string  `json:"period"`   // hour, day, week, month, year
	Text     string  `json:"text"`
	Source   string  `json:"source"` // "structured" or "text"
}

// Dead is a message that could not be used, with enough of it to find out why.
type Dead struct {
	ID       string    `json:"id"`
	Stage    string    `json:"stage"`
	Origin   string    `json:"origin"`  // id of the failed message, or what stands for it
	Subject  string    `json:"subject"` // where the message came from and may be sent again
	Type     string    `json:"type"`    // its Rolescope-Type
	Reason   string    `json:"reason"`
	Size     int64     `json:"size"`   // bytes of the whole message
	SHA256   string    `json:"sha256"` // of the whole message
	Head     string    `json:"head"`   // its beginning, for people
	Body     []byte    `json:"body,omitempty"`
	FailedAt time.Time `json:"failed_at"`

	Source      string `json:"source,omitempty"`
	Board       string `json:"board,omitempty"`
	RunID       string `json:"run_id,omitempty"`
	PostingID   string `json:"posting_id,omitempty"`
	ContentHash string `json:"content_hash,omitempty"`
}
