package posting

import (
	"fmt"
	"slices"
	"time"
)

// Listed names one posting a run saw on its board.
type Listed struct {
	ExternalID  string    `json:"id"`
	ContentHash string    `json:"hash"`
	At          time.Time `json:"at,omitzero"` // the event's own time, without which it opens no spell; only for ProofEvent
}

// Run is one crawl of one board with what it listed. On the wire a long listing travels in several
// parts that differ only in Part and Listing.
type Run struct {
	ID         string    `json:"id"`
	Source     string    `json:"source"`
	Board      string    `json:"board"`
	Company    string    `json:"company,omitempty"`
	Proof      Proof     `json:"proof"`
	PlannedAt  time.Time `json:"planned_at,omitzero"`
	ObservedAt time.Time `json:"observed_at"`
	Outcome    Outcome   `json:"outcome"`
	Expected   int       `json:"expected"` // postings the source says the board has; -1 when it does not say
	Fetched    int       `json:"fetched"`  // postings received, rejected ones included
	Complete   bool      `json:"complete"` // proven to name the whole board (or window)
	Rejected   int       `json:"rejected"` // postings received that could not be used
	Note       string    `json:"note,omitempty"`
	// Confirms is the id of the run whose answer a run with OutcomeNotModified repeats; empty for other
	// outcomes and in messages older than the field, which repeat the board's last complete run.
	Confirms string   `json:"confirms,omitempty"`
	Listing  []Listed `json:"listing,omitempty"`
	Digest   string   `json:"digest"` // identity of the whole listing, the same in every part
	Part     int      `json:"part"`   // 0-based
	Parts    int      `json:"parts"`  // at least 1
}

// partBytesMax is the size above which a listing is split (DESIGN.md section 4). It leaves a part
// far below the message limit even beside the run's other fields.
const partBytesMax = 256 << 10

// listedOverhead is the JSON around one listing entry, measured generously, its time included.
const listedOverhead = 64

// NewRun starts the run of one board at one moment; the caller fills in what it found.
func NewRun(source, board, company string, proof Proof, plannedAt, observedAt time.Time) Run {
	return Run{
		ID: RunID(source, board, observedAt), Source: source, Board: board, Company: company,
		Proof: proof, PlannedAt: Time(plannedAt), ObservedAt: Time(observedAt), Expected: -1, Parts: 1,
	}
}

// Split sorts the listing by external id, names it by its digest and cuts it into parts of at most
// 256 KiB. A run without a listing is one part. The same listing gives the same parts.
func (r Run) Split() []Run {
	listing := slices.Clone(r.Listing)
	slices.SortFunc(listing, compareListed)
	listing = slices.Compact(listing)
	keys := make([]string, 0, 3*len(listing)+2)
	keys = append(keys, string(r.Outcome), fmt.Sprint(r.Complete))
	if r.Confirms != "" {
		keys = append(keys, "confirms", r.Confirms)
	}
	for _, l := range listing {
		keys = append(keys, l.ExternalID, l.ContentHash, wireTime(l.At))
	}
	r.Digest = hashID("listing", keys...)
	var parts []Run
	for start := 0; start < len(listing) || len(parts) == 0; {
		end, size := start, 0
		for end < len(listing) && (size == 0 || size+listedSize(listing[end]) <= partBytesMax) {
			size += listedSize(listing[end])
			end++
		}
		part := r
		part.Part, part.Listing = len(parts), listing[start:end:end]
		parts = append(parts, part)
		start = end
	}
	for i := range parts {
		parts[i].Parts = len(parts)
	}
	return parts
}

func listedSize(l Listed) int { return len(l.ExternalID) + len(l.ContentHash) + listedOverhead }

// MessageID is the identity of this part of the run for publishing.
func (r Run) MessageID() string {
	return hashID("runpart", r.ID, r.Digest, fmt.Sprint(r.Part), fmt.Sprint(r.Parts))
}

// Validate returns an error wrapping ErrInvalid when the run contradicts itself.
func (r Run) Validate() error {
	switch {
	case r.Source == "" || r.Board == "":
		return fmt.Errorf("run %q: %w: source and board are needed", r.ID, ErrInvalid)
	case r.ObservedAt.IsZero():
		return fmt.Errorf("run %q: %w: no observation time", r.ID, ErrInvalid)
	case r.ID != RunID(r.Source, r.Board, r.ObservedAt):
		return fmt.Errorf("run %q: %w: id is not that of its board and observation time", r.ID, ErrInvalid)
	case !r.Proof.Valid() || !r.Outcome.Valid():
		return fmt.Errorf("run %q: %w: proof %q, outcome %q", r.ID, ErrInvalid, r.Proof, r.Outcome)
	case r.Parts < 1 || r.Part < 0 || r.Part >= r.Parts:
		return fmt.Errorf("run %q: %w: part %d of %d", r.ID, ErrInvalid, r.Part, r.Parts)
	}
	return nil
}

func compareListed(a, b Listed) int {
	switch {
	case a.ExternalID != b.ExternalID:
		return cmpString(a.ExternalID, b.ExternalID)
	case a.ContentHash != b.ContentHash:
		return cmpString(a.ContentHash, b.ContentHash)
	}
	return a.At.Compare(b.At)
}

func cmpString(a, b string) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}
