// Package source reads what job boards answer: one file per kind of board turns a payload into
// posting.Record values, in the same shape for every kind and with nothing interpreted.
//
// It is pure: no network, no files, no clock. The crawlers of package ingest and the import of
// recorded payloads call it with bytes they have fetched or read. It knows neither NATS nor SQL,
// and no words of its own: "FullTime" stays "FullTime" until enrichment reads it. Personal data of
// recruiters is masked here, before a record leaves the package.
//
// Every parser keeps three promises. A payload that is not a board is an error that says what was
// expected. A posting that cannot be used never spoils the board: it is listed in Rejected with the
// reason. The same payload gives the same Board, whatever its white space and the order of its keys.
package source

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/posting"
)

// NormaliserVersion names the code that makes records from payloads. Raise it whenever a parser,
// the masking or the treatment of noise changes what a record says: recorded payloads imported
// again then make new raw versions instead of being taken for known ones.
const NormaliserVersion = "1"

// Source reads the payloads of one kind of board.
type Source interface {
	// Kind is the name used in configuration, ids and file names, such as "greenhouse".
	Kind() string
	// Proof is what a complete listing of this kind proves about postings it does not name.
	Proof() posting.Proof
	// Parse reads the answer to one request for a board, or one single posting, which is never a
	// complete board. It returns an error when the payload as a whole cannot be read.
	Parse(payload []byte) (Board, error)
}

// Board is what one payload says.
type Board struct {
	Records  []posting.Record // usable postings, in the order of the payload, one for each id
	Rejected []Rejected       // postings that could not be used
	Skipped  []Skipped        // postings that the source itself says are not for the public
	Received int              // postings in the payload, usable or not, copies included
	Expected int              // postings the payload says the board has; -1 when it does not say
	Complete bool             // the payload itself proves that it names the whole board
	Company  string           // the employer's name that most postings state; may be empty
	Note     string           // what a person should know about the payload; may be empty
	Missing  string           `json:",omitempty"` // why postings are known to be missing; empty when none are known to be
}

// Rejected is a posting that could not be used.
type Rejected struct {
	ExternalID string // empty when the posting has no usable id
	Title      string // masked; may be empty
	Reason     string
	Raw        string    // the beginning of the posting as masked JSON, for people; at most HeadBytesMax
	Size       int64     // bytes of the posting in the payload
	Hash       string    // identity of its masked content without noise, 64 hex digits
	PostedAt   time.Time `json:",omitzero"` // the event's own time, where it is known; only for ProofEvent
	At         int       `json:"-"`         // 1-based place among the postings of the payload
	Line       int       `json:"-"`         // 1-based line of the file it came from; 0 when there is none
}

// Skipped is a posting that the source itself says is not for the public.
type Skipped struct {
	ExternalID string
	Title      string
	Reason     string
}

// HeadBytesMax is how much of a rejected posting is kept: enough for a person to see what is wrong,
// and no copy of the whole.
const HeadBytesMax = 4 << 10

// All lists every source there is, by kind. It is the only list: a new source is one file and one
// line here.
func All() []Source {
	return []Source{Ashby{}, Greenhouse{}, HackerNews{}, Lever{}, Personio{}, Recruitee{}, SmartRecruiters{}, Workday{}}
}

// Kinds lists the kinds of All in its order.
func Kinds() []string {
	var kinds []string
	for _, s := range All() {
		kinds = append(kinds, s.Kind())
	}
	return kinds
}

// ByKind returns the source of a kind. The error of an unknown kind names the nearest one.
func ByKind(kind string) (Source, error) {
	best, distance := "", 3 // more than two typing errors are another word
	for _, s := range All() {
		if s.Kind() == kind {
			return s, nil
		}
		if d := editDistance(strings.ToLower(strings.TrimSpace(kind)), s.Kind()); d < min(distance, len(s.Kind())) {
			best, distance = s.Kind(), d
		}
	}
	if best != "" {
		return nil, fmt.Errorf("find source: no kind %q; did you mean %q?", kind, best)
	}
	return nil, fmt.Errorf("find source: no kind %q; the kinds are %s", kind, strings.Join(Kinds(), ", "))
}

// editDistance is the Levenshtein distance in bytes. Kinds are short ASCII words, so anything much
// longer is not worth comparing.
func editDistance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost = 1 + min(diagonal, row[j], row[j-1])
			}
			diagonal, row[j] = row[j], cost
		}
	}
	return row[len(b)]
}

// mostCommon returns the company most records state, the first in the alphabet among equals.
func mostCommon(records []posting.Record) string {
	counts := map[string]int{}
	for _, r := range records {
		if r.Company != "" {
			counts[r.Company]++
		}
	}
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// Distinct is the number of postings in the payload, each id counted once: what a total is compared
// with. A page given twice in place of two has as many postings as it should, and lacks half of them.
func (b Board) Distinct() int {
	ids, nameless := make(map[string]bool, len(b.Records)), 0
	for _, r := range b.Records {
		ids[r.ExternalID] = true
	}
	for _, s := range b.Skipped {
		ids[s.ExternalID] = true
	}
	for _, r := range b.Rejected {
		if r.ExternalID == "" {
			nameless++
			continue
		}
		ids[r.ExternalID] = true
	}
	return len(ids) + nameless
}

// Identified reports whether every rejected posting has an id. One without may be any posting of
// the board, so that the payload then proves nothing about the ones it does not name.
func (b Board) Identified() bool {
	return !slices.ContainsFunc(b.Rejected, func(r Rejected) bool { return r.ExternalID == "" })
}
