package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// State is where an alert stands: it is pending until its condition held for as many evaluations as
// its rule asks, fires, and is resolved when the condition no longer holds.
type State string

// The states of an alert.
const (
	Pending  State = "pending"
	Firing   State = "firing"
	Resolved State = "resolved"
)

// The reasons for which an event is kept and shown, but sent to nobody (Event.Quiet).
const (
	QuietFirstLook = "first_look" // it was so already when its rule was evaluated for the first time
	QuietSilenced  = "silenced"   // somebody asked for silence about it
	QuietPending   = "pending"    // the condition has not held for long enough
)

// Event is one change of an alert's state: what is stored (append-only), and what is delivered, once.
// It is complete in itself: a receiver needs neither this program nor its store to understand it. Its
// JSON is a contract: fields are only added.
type Event struct {
	ID      string `json:"id"`       // 32 hex digits over rule, subject, onset, state and stage (EventID)
	AlertID string `json:"alert_id"` // 32 hex digits over rule, subject and onset: what the events of one alert share
	Rule    string `json:"rule"`     // name of the rule: letters, digits and underscores, so it may be part of a subject
	Kind    Kind   `json:"kind"`     // what the rule looks at
	Subject string `json:"subject"`  // what it is about: a term, a role, source/board
	State   State  `json:"state"`
	Stage   string `json:"stage,omitempty"` // of a category: candidate, emerging, established, faded
	Class   string `json:"class,omitempty"` // of a category: novel or surging
	// Quiet tells why the event is delivered to nobody; empty when it is to be delivered.
	Quiet string `json:"quiet,omitempty"`

	At    time.Time `json:"at"`    // the evaluation's time, UTC: never the clock's
	Onset time.Time `json:"onset"` // when the condition was first seen to hold, UTC

	Title    string   `json:"title"` // one line, no markup
	Text     string   `json:"text"`  // a paragraph of whole sentences, no markup
	Evidence Evidence `json:"evidence"`
	Query    string   `json:"query,omitempty"` // runs as it stands in `rolescope sql` and derives the counts again
	URL      string   `json:"url,omitempty"`   // of the alert on the dashboard, when its address is known
}

// Deliver tells whether the event is to be sent to the channels.
func (e Event) Deliver() bool { return e.Quiet == "" }

// Evidence is what an event rests on. Counts are of employer-weeks (or employer-months), never of
// adverts; zero and empty where a kind of rule has no such thing.
type Evidence struct {
	RecentCount uint64   `json:"recent_count,omitempty"` // x1
	RecentTotal uint64   `json:"recent_total,omitempty"` // n1
	BaseCount   uint64   `json:"base_count,omitempty"`   // x0
	BaseTotal   uint64   `json:"base_total,omitempty"`   // n0
	Ratio       *float64 `json:"ratio,omitempty"`        // (x1/n1) / (x0/n0); absent when x0 is 0
	RatioLow    *float64 `json:"ratio_low,omitempty"`    // ends of its 95 % interval
	RatioHigh   *float64 `json:"ratio_high,omitempty"`
	PValue      *float64 `json:"p_value,omitempty"`
	QValue      *float64 `json:"q_value,omitempty"` // false discovery rate at which it is found

	// Value is what a rule with a level compared with Level: a share, a similarity, a factor, hours,
	// messages, as Unit tells.
	Value *float64 `json:"value,omitempty"`
	Low   *float64 `json:"low,omitempty"` // ends of the value's 95 % interval, where there is one
	High  *float64 `json:"high,omitempty"`
	Level *float64 `json:"level,omitempty"`
	Unit  string   `json:"unit,omitempty"`

	FirstSeen       time.Time `json:"first_seen,omitzero"` // when the first vacancy with the term was first seen
	Employers       uint64    `json:"employers,omitempty"` // distinct, in the recent window
	Role            string    `json:"role,omitempty"`      // the role it is about, or whose skill it is
	Members         []string  `json:"members,omitempty"`   // terms of a category that rise together
	Skills          []string  `json:"skills,omitempty"`    // typical of it, by lift
	Companies       []string  `json:"companies,omitempty"` // that hire for it, most adverts first
	NearestRole     string    `json:"nearest_role,omitempty"`
	SalaryLow       float64   `json:"salary_low,omitempty"` // first quartile, a year
	SalaryMedian    float64   `json:"salary_median,omitempty"`
	SalaryHigh      float64   `json:"salary_high,omitempty"` // third quartile
	SalaryCurrency  string    `json:"salary_currency,omitempty"`
	ExamplePostings []string  `json:"example_postings,omitempty"` // posting_id
	TaggerVersion   string    `json:"tagger_version,omitempty"`
}

// idBytes is how much of a SHA-256 an id keeps: 128 bits, 32 hex digits, as every id of this program.
const idBytes = 16

// AlertID is the id that all events of one alert share.
func AlertID(rule, subject string, onset time.Time) string {
	return hashed("alert", rule, subject, onset.UTC().Format(time.RFC3339Nano))
}

// EventID is the id of a change of state. It is over what the event says and over nothing of the
// process that found it, so that an evaluation that is done again yields the same ids.
func EventID(rule, subject string, onset time.Time, state State, stage string) string {
	return hashed("event", rule, subject, onset.UTC().Format(time.RFC3339Nano), string(state), stage)
}

// hashed joins the parts with their lengths, so that no two lists of parts are one text.
func hashed(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "%d:%s", len(p), p)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:idBytes])
}
