package scheduler

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/rolescope/rolescope/posting"
)

// KindBoard is the kind of work a slot of this package plans: the crawl of a whole board.
const KindBoard = "board"

// KindAlerts is the kind of a slot that plans the evaluation of a rule: its board is the rule's name.
const KindAlerts = posting.SlotAlerts

// Board is one board with its schedule. Source and Board identify it; the caller names each once.
type Board struct {
	Kind     string // of its slots; empty is KindBoard
	Source   string
	Board    string
	Company  string // as configured, handed on in the slot
	Schedule Schedule
}

// phase is how far the board's slots lie behind the firings of its schedule: 0 to less than the
// period, in whole seconds. It depends on nothing but the board's identity and the period, so
// restarts keep it and all schedulers agree. It is the same in every period, so two slots of a
// board are never nearer than two firings (prometheus, scrape/target.go). Evaluations trouble nobody's host,
// and people look for them at the time they wrote down: they come with the firings.
func (b Board) phase() time.Duration {
	if b.Kind == KindAlerts {
		return 0
	}
	seconds := uint64(b.Schedule.period / time.Second)
	if seconds == 0 {
		return 0
	}
	// A hash with avalanche: cheap ones put boards with like names next to each other.
	h := sha256.Sum256([]byte(b.Source + "\x00" + b.Board))
	return time.Duration(reduce(binary.BigEndian.Uint64(h[:8]), seconds)) * time.Second
}

// Next is the board's first slot strictly after t, in UTC; zero when there is none in five years.
func (b Board) Next(t time.Time) time.Time {
	phase := b.phase()
	if fired := b.Schedule.next(t.Add(-phase)); !fired.IsZero() {
		return fired.Add(phase)
	}
	return time.Time{}
}

// Latest is the board's last slot at or before t, in UTC; zero when there was none in five years.
func (b Board) Latest(t time.Time) time.Time {
	phase := b.phase()
	if fired := b.Schedule.latest(t.Add(-phase)); !fired.IsZero() {
		return fired.Add(phase)
	}
	return time.Time{}
}

// Slot is the crawl of the board planned for the moment t.
func (b Board) Slot(t time.Time) posting.Slot {
	return posting.Slot{Kind: cmp.Or(b.Kind, KindBoard), Source: b.Source, Board: b.Board, Company: b.Company, PlannedAt: posting.Time(t)}
}

// Due lists the slots that are owed now, in the order in which they were planned: for each board
// at most one, the latest that has come. Slots missed before it are dropped, because a crawl shows
// a board as it is now and several in a row would show the same. A board without a mark owes its
// latest planned slot, so a new board is crawled at once and every scheduler gives that crawl the
// same identity.
func Due(boards []Board, mark func(source, board string) Mark, now time.Time) []posting.Slot {
	var due []posting.Slot
	for _, b := range boards {
		if s, ok := mark(b.Source, b.Board).Owes(b, now); ok {
			due = append(due, s)
		}
	}
	slices.SortFunc(due, func(x, y posting.Slot) int {
		if c := x.PlannedAt.Compare(y.PlannedAt); c != 0 {
			return c
		}
		return strings.Compare(x.Source+"\x00"+x.Board, y.Source+"\x00"+y.Board)
	})
	return due
}

// lookMax is the longest time between two looks at the wall clock. Timers run on the monotonic
// clock, which stands still while a machine is suspended and does not follow a corrected clock.
const lookMax = 30 * time.Second

// Wait is how long after now the next slot of any board comes, at most 30 seconds.
func Wait(boards []Board, now time.Time) time.Duration {
	wait := lookMax
	for _, b := range boards {
		if next := b.Next(now); !next.IsZero() {
			wait = min(wait, next.Sub(now))
		}
	}
	return wait
}
