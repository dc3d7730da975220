package scheduler

import (
	"slices"
	"time"

	"github.com/rolescope/rolescope/posting"
)

const (
	// marksKept is how many published slots a mark remembers. One is enough while clocks are right;
	// several let schedulers with different clocks alternate without repeating each other's slots.
	marksKept = 8

	// Lease is how long a claim holds. It is longer than publishTimeout, so that nobody takes over
	// from a scheduler that is still publishing, and with lookMax it is shorter than JetStream's
	// default window for duplicates (2 minutes), so that a slot taken over from a scheduler that died
	// after publishing is dropped there by its id.
	Lease = time.Minute

	// dropHold is how long a slot that was dropped is not sent again: longer than that same window, in
	// which the stream would take it for a repetition.
	dropHold = 3 * time.Minute

	// publishTimeout bounds one publish, so that a claim outlives it.
	publishTimeout = 20 * time.Second
)

// Mark is what is kept of one board between schedulers: plain data, stored as JSON, the same for
// all of them. The zero value is a board that nobody has planned yet.
//
// A slot is claimed, published, then confirmed. Publishing first and recording afterwards would let
// a scheduler that slept for an hour between the two send the slot twice; recording first and
// publishing afterwards would lose the slot in a crash between the two. A claim that runs out does
// neither: whoever finds it unconfirmed publishes again under the same slot id. So every slot is
// published at least once, and the id makes it once within the stream's window for duplicates. Two
// cases are left, in which the crawler has to drop a slot id that it has finished: a scheduler that
// dies between publish and confirm with nobody else to look within two minutes, and a machine that
// is suspended while it publishes.
type Mark struct {
	Published []time.Time `json:"published,omitempty"` // planned times of the last slots sent, in order of sending
	Claimed   time.Time   `json:"claimed,omitzero"`    // planned time of the slot that somebody is sending
	Until     time.Time   `json:"until,omitzero"`      // when that claim runs out
}

// Owes returns the slot that the board owes at now. What a clock that was ahead has published does
// not count, or one wrong clock would silence a board until its date has come.
func (m Mark) Owes(b Board, now time.Time) (posting.Slot, bool) {
	now = posting.Time(now)
	var done time.Time
	for _, p := range m.Published {
		if !p.After(now) && p.After(done) {
			done = p
		}
	}
	// One cheap look forward answers for nearly every board; looking back is dearer.
	if !done.IsZero() {
		if next := b.Next(done); next.IsZero() || next.After(now) {
			return posting.Slot{}, false
		}
	}
	latest := b.Latest(now)
	if latest.IsZero() || !latest.After(done) {
		return posting.Slot{}, false
	}
	return b.Slot(latest), true
}

// Claim returns the mark with the slot claimed until now + Lease, or false when the slot, or a later
// one that is due by now, has been published, or when another claim of it still holds.
func (m Mark) Claim(s posting.Slot, now time.Time) (Mark, bool) {
	now = posting.Time(now)
	for _, p := range m.Published {
		if p.Equal(s.PlannedAt) || p.After(s.PlannedAt) && !p.After(now) {
			return m, false
		}
	}
	// A claim that ends further ahead than any claim can was made by a clock that was ahead.
	held := m.Until.After(now) && !m.Until.After(now.Add(max(Lease, dropHold)))
	if held && m.Claimed.Equal(s.PlannedAt) {
		return m, false
	}
	m.Claimed, m.Until = s.PlannedAt, now.Add(Lease)
	return m, true
}

// Drop returns the mark with a slot that was published as owed again, because nobody works it: its
// board was taken out of the list. It reports false when the mark does not know the slot.
func (m Mark) Drop(s posting.Slot, now time.Time) (Mark, bool) {
	if !slices.ContainsFunc(m.Published, s.PlannedAt.Equal) {
		return m, false
	}
	m.Published = slices.DeleteFunc(slices.Clone(m.Published), s.PlannedAt.Equal)
	m.Claimed, m.Until = s.PlannedAt, posting.Time(now).Add(dropHold)
	return m, true
}

// Confirm returns the mark with the slot recorded as published.
func (m Mark) Confirm(s posting.Slot) Mark {
	m.Published = slices.Clone(m.Published)
	if !slices.ContainsFunc(m.Published, s.PlannedAt.Equal) {
		m.Published = append(m.Published, s.PlannedAt)
	}
	if over := len(m.Published) - marksKept; over > 0 {
		m.Published = slices.Delete(m.Published, 0, over)
	}
	if m.Claimed.Equal(s.PlannedAt) {
		m.Claimed, m.Until = time.Time{}, time.Time{}
	}
	return m
}
