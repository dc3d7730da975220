// Package posting holds the nouns of rolescope: what a board's crawl yields (Slot, Record, Raw,
// Run), what enrichment makes of it (Posting with its Skills, Salaries and Locations), what the
// ledger derives from it (Spell), and what could not be used (Dead); their ids, their wire format
// and what makes them valid; and an alert's Delivery.
//
// It is imported by every other room and imports none of them. It does no I/O, reads no clock and
// knows neither NATS nor SQL: everything here is a value or a pure function of values.
package posting

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"
)

// ErrInvalid marks an error that no retry can heal: the message itself is wrong. A stage that
// returns an error wrapping it has its message dead-lettered with the reason, then acknowledged.
var ErrInvalid = errors.New("invalid message")

// Proof is what a source's listing proves about postings it does not name.
type Proof string

// The three kinds of listing. Only a full one proves that an absent posting is closed.
const (
	// ProofFull lists the whole board: absence from a complete run means closed.
	ProofFull Proof = "full"
	// ProofWindow lists the latest N: an absent posting has aged out, which says nothing of its life.
	ProofWindow Proof = "window"
	// ProofEvent lists messages that stand alone, such as posts in a monthly thread.
	ProofEvent Proof = "event"
)

// Outcome is how a run ended.
type Outcome string

// The outcomes of a run. Every outcome but OutcomeOK, OutcomeNotModified and, after a day,
// OutcomeEmpty and OutcomeGone proves nothing about any posting.
const (
	OutcomeOK          Outcome = "ok"
	OutcomeNotModified Outcome = "not_modified"
	OutcomeEmpty       Outcome = "empty"
	OutcomePartial     Outcome = "partial"
	OutcomeBlocked     Outcome = "blocked"
	OutcomeGone        Outcome = "gone"
	OutcomeError       Outcome = "error"
)

// Valid reports whether o is one of the outcomes above.
func (o Outcome) Valid() bool {
	switch o {
	case OutcomeOK, OutcomeNotModified, OutcomeEmpty, OutcomePartial, OutcomeBlocked, OutcomeGone, OutcomeError:
		return true
	}
	return false
}

// Valid reports whether p is one of the kinds of listing above.
func (p Proof) Valid() bool {
	return p == ProofFull || p == ProofWindow || p == ProofEvent
}

// idBytes is how much of the SHA-256 an id keeps: 128 bits make a collision among 10^12 postings
// less likely than one in 10^14.
const idBytes = 16

// hashID is the hex form of the first 128 bits of the SHA-256 over kind and parts. Every part is
// preceded by its length, so that ("ab","c") and ("a","bc") differ.
func hashID(kind string, parts ...string) string {
	h := sha256.New()
	var n [8]byte
	write := func(s string) {
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	write(kind)
	for _, p := range parts {
		write(p)
	}
	return hex.EncodeToString(h.Sum(nil)[:idBytes])
}

// ID is the identity of one advert at one source: 32 hex digits over (source, board, external id).
// It never depends on a URL, because sources put session tokens and tracking into URLs.
func ID(source, board, externalID string) string {
	return hashID("posting", source, board, externalID)
}

// RunID is the identity of one crawl of a board: 32 hex digits over (source, board, observed at).
// A replayed crawl with the same observation time is therefore the same run.
func RunID(source, board string, observedAt time.Time) string {
	return hashID("run", source, board, wireTime(observedAt))
}

// RawID is the identity of one version of a posting as one normaliser saw it.
func RawID(postingID, contentHash, normaliser string) string {
	return hashID("raw", postingID, contentHash, normaliser)
}

// TagID is the identity of one raw version as one tagger version read it.
func TagID(rawID, taggerVersion string) string {
	return hashID("tag", rawID, taggerVersion)
}

// VacancyID is the identity of a job that may be advertised several times: 32 hex digits over the
// company's key, the normalised title and the text without place names and employer boilerplate.
func VacancyID(companyKey, title, text string) string {
	return hashID("vacancy", companyKey, title, text)
}

// DeadID is the identity of a dead letter: the same message failing at the same stage twice is one.
func DeadID(stage, origin string) string {
	return hashID("dead", stage, origin)
}

// Time rounds t down to the millisecond in UTC, the precision of every time that is stored or sent.
func Time(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

func wireTime(t time.Time) string {
	return Time(t).Format("2006-01-02T15:04:05.000Z")
}
