package posting

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Slot is one planned crawl of one board, or of one posting whose list row is not the whole of it.
type Slot struct {
	Kind       string    `json:"kind"` // the work to do: "board", "detail" or "alerts"
	Source     string    `json:"source"`
	Board      string    `json:"board"`
	Company    string    `json:"company,omitempty"` // as configured; empty when the board's own name shall serve
	PlannedAt  time.Time `json:"planned_at"`
	ObservedAt time.Time `json:"observed_at,omitzero"` // replaces the clock when recorded boards are replayed

	// Of kind "detail" only: the one posting to read.
	ExternalID string `json:"external_id,omitempty"`
	Ref        string `json:"ref,omitempty"` // what its source needs to ask for it
	Row        string `json:"row,omitempty"` // fingerprint of the list row that ordered it
}

// SlotAlerts is the kind of a slot that plans the evaluation of an alert rule: Source is "alerts", Board the
// rule's name.
const SlotAlerts = "alerts"

// ID is the slot's identity: the same board, or the same row of it, planned for the same moment is
// the same slot.
func (s Slot) ID() string {
	if s.ExternalID != "" {
		return hashID("slot", s.Kind, s.Source, s.Board, wireTime(s.PlannedAt), s.ExternalID, s.Row)
	}
	return hashID("slot", s.Kind, s.Source, s.Board, wireTime(s.PlannedAt))
}

// Record is one posting as its source states it, in the same shape for every source and with
// nothing interpreted: words such as "FullTime" or "on-site" are the source's own. Personal data
// of recruiters and applicants is masked before a Record is made.
type Record struct {
	ExternalID  string    `json:"external_id"`
	Title       string    `json:"title"`
	Company     string    `json:"company,omitempty"`     // the employer's name, where the payload states one
	Description string    `json:"description,omitempty"` // HTML, unescaped
	Department  string    `json:"department,omitempty"`
	Team        string    `json:"team,omitempty"`
	Places      []Place   `json:"places,omitempty"`
	Remote      *bool     `json:"remote,omitempty"`     // the source's own remote flag; nil when it has none
	Workplace   string    `json:"workplace,omitempty"`  // the source's own word
	Employment  string    `json:"employment,omitempty"` // the source's own word
	Pay         []Pay     `json:"pay,omitempty"`
	Language    string    `json:"language,omitempty"` // BCP 47, as claimed
	URL         string    `json:"url,omitempty"`
	Requisition string    `json:"requisition,omitempty"`
	PostedAt    time.Time `json:"posted_at,omitzero"`   // the source's claim, never our observation
	ValidUntil  time.Time `json:"valid_until,omitzero"` // application deadline or expiry, as claimed
	// Extra holds the remaining fields of the source's payload, masked and without noise, as one
	// JSON object, so that the archive loses nothing a later normaliser may want.
	Extra json.RawMessage `json:"extra,omitempty"`
}

// Place is a place as the source states it: a display text, address parts, or both.
type Place struct {
	Text    string `json:"text,omitempty"`
	City    string `json:"city,omitempty"`
	Region  string `json:"region,omitempty"`
	Country string `json:"country,omitempty"` // a name or a code, as stated
}

// Pay is a pay range as the source states it in structured fields.
type Pay struct {
	Min      float64 `json:"min,omitempty"`
	Max      float64 `json:"max,omitempty"`
	Currency string  `json:"currency,omitempty"` // ISO 4217, as stated
	Interval string  `json:"interval,omitempty"` // the source's own word, such as "1 YEAR" or "per-year-salary"
	Text     string  `json:"text,omitempty"`     // the summary the source shows
}

// Hash is the content hash of the record: 64 hex digits of the SHA-256 over its JSON form. A record
// holds no noise (update stamps, tracking parameters), so two records with equal hashes say the same.
func (r Record) Hash() (string, error) {
	if len(r.Extra) > 0 {
		// Key order and white space of the payload must not make a new version.
		var v any
		if err := json.Unmarshal(r.Extra, &v); err != nil {
			return "", fmt.Errorf("hash record %q: %w: %w", r.ExternalID, ErrInvalid, err)
		}
		canonical, err := json.Marshal(v)
		if err != nil {
			return "", fmt.Errorf("hash record %q: %w", r.ExternalID, err)
		}
		r.Extra = canonical
	}
	b, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("hash record %q: %w", r.ExternalID, err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Raw is one version of one posting as published by a crawl or an import: the record, where and
// when it was seen, and the ids that make every later write idempotent.
type Raw struct {
	ID          string    `json:"id"`
	PostingID   string    `json:"posting_id"`
	Source      string    `json:"source"`
	Board       string    `json:"board"`
	Company     string    `json:"company,omitempty"` // as configured for the board; wins over the record's
	ContentHash string    `json:"content_hash"`
	Normaliser  string    `json:"normaliser"` // version of the code that made the record
	RunID       string    `json:"run_id"`
	ObservedAt  time.Time `json:"observed_at"`
	Record      Record    `json:"record"`
}

// NewRaw makes the raw message of one record seen in run. It returns an error wrapping ErrInvalid
// when the record has no id or cannot be hashed.
func NewRaw(run Run, normaliser string, rec Record) (Raw, error) {
	if rec.ExternalID == "" {
		return Raw{}, fmt.Errorf("make raw: %w: posting without an id", ErrInvalid)
	}
	hash, err := rec.Hash()
	if err != nil {
		return Raw{}, err
	}
	id := ID(run.Source, run.Board, rec.ExternalID)
	return Raw{
		ID: RawID(id, hash, normaliser), PostingID: id,
		Source: run.Source, Board: run.Board, Company: run.Company,
		ContentHash: hash, Normaliser: normaliser,
		RunID: run.ID, ObservedAt: run.ObservedAt, Record: rec,
	}, nil
}

// Validate returns an error wrapping ErrInvalid when the ids do not belong to the content.
func (r Raw) Validate() error {
	switch {
	case r.Source == "" || r.Board == "" || r.Record.ExternalID == "":
		return fmt.Errorf("raw %q: %w: source, board and external id are needed", r.ID, ErrInvalid)
	case r.PostingID != ID(r.Source, r.Board, r.Record.ExternalID):
		return fmt.Errorf("raw %q: %w: posting id is not that of its source, board and external id", r.ID, ErrInvalid)
	case r.ID != RawID(r.PostingID, r.ContentHash, r.Normaliser):
		return fmt.Errorf("raw %q: %w: id is not that of its posting, content and normaliser", r.ID, ErrInvalid)
	case r.ObservedAt.IsZero():
		return fmt.Errorf("raw %q: %w: no observation time", r.ID, ErrInvalid)
	}
	return nil
}
