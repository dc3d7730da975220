package posting

import (
	"slices"
	"time"
)

// Limits of the ledger's inferences (DESIGN.md section 4).
const (
	// Grace is how long after its closing a posting may come back and count as never closed. On
	// three real boards postings vanished and returned with the same id after up to 17 days.
	Grace = 21 * 24 * time.Hour
	// EmptyConfirm is how far apart two empty (or gone) runs must be before they close anything.
	EmptyConfirm = 24 * time.Hour
	// EventOpen is how long an event, such as a post in a monthly thread, counts as open.
	EventOpen = 30 * 24 * time.Hour
	// suspectBoardMin is the least number of open postings at which a mass closing is suspect: on
	// smaller boards half of the postings may well close in one day.
	suspectBoardMin = 10
)

// Reasons for a spell's end.
const (
	ClosedDelisted   = "delisted"    // a complete run did not list it
	ClosedBoardEmpty = "board_empty" // the board answered with nothing, twice, a day apart
	ClosedBoardGone  = "board_gone"  // the board was not found, twice, a day apart
	ClosedAgedOut    = "aged_out"    // left the window of the latest N: says nothing of its life
	ClosedExpired    = "expired"     // an event's 30 days are over
)

// Spell is one uninterrupted time during which a posting was open.
type Spell struct {
	PostingID      string
	Source         string
	Board          string
	ExternalID     string
	Number         int // 1-based, in order of opening
	OpenedAt       time.Time
	LastSeen       time.Time
	ClosedAt       time.Time // zero while open
	ClosedReason   string
	OpenedCensored bool   // open before the board was first seen whole: active, but never new
	ContentHash    string // of the version last listed
}

// Effect is what one run did to its board's spells.
type Effect struct {
	RunID    string
	Listed   int
	Opened   int
	Changed  int
	Closed   int
	Reopened int
	Suspect  bool // it would have closed more than half of the board, so the next run must confirm
}

// Spells folds the runs of one board into the spells of its postings, and tells what each run did.
//
// It is a pure function of the set of runs: order and repetition do not matter. Parts and repeats
// of one run are merged first; parts of a listing that is not whole yet are left out. Runs are
// applied in order of (observed at, id). Spells come back in order of (external id, number),
// effects in order of their runs.
func Spells(runs []Run) ([]Spell, []Effect) {
	f := fold{byID: map[string]*history{}, whole: map[string][]Listed{}}
	for _, run := range mergeRuns(runs) {
		f.apply(run)
	}
	var spells []Spell
	for _, h := range f.byID {
		spells = append(spells, h.spells...)
	}
	slices.SortFunc(spells, func(a, b Spell) int {
		if c := cmpString(a.ExternalID, b.ExternalID); c != 0 {
			return c
		}
		return a.Number - b.Number
	})
	return spells, f.effects
}

// mergeRuns joins the parts of each listing and then the listings of each run, and sorts the runs.
// Two listings of one run, which only an import can make, are united: both were seen.
func mergeRuns(parts []Run) []Run {
	// The same listing may have been cut in two ways, by two versions of this code: a part of one
	// cut does not fill a gap in the other.
	type cut struct {
		run, digest string
		parts       int
	}
	listings := map[cut]map[int]Run{}
	for _, p := range parts {
		k := cut{p.ID, p.Digest, p.Parts}
		if listings[k] == nil {
			listings[k] = map[int]Run{}
		}
		listings[k][p.Part] = p
	}
	byRun := map[string][]Run{}
	for k, l := range listings {
		if len(l) < k.parts {
			continue
		}
		whole := l[0]
		for i := 1; i < k.parts; i++ {
			whole.Listing = slices.Concat(whole.Listing, l[i].Listing)
		}
		if whole.Outcome == OutcomeOK && whole.Complete && len(whole.Listing) == 0 {
			whole.Outcome = OutcomeEmpty // a board that lists nothing, whoever called it a listing
		}
		byRun[k.run] = append(byRun[k.run], whole)
	}
	merged := make([]Run, 0, len(byRun))
	for _, rs := range byRun {
		merged = append(merged, unite(rs))
	}
	slices.SortFunc(merged, func(a, b Run) int {
		if c := a.ObservedAt.Compare(b.ObservedAt); c != 0 {
			return c
		}
		return cmpString(a.ID, b.ID)
	})
	return merged
}

// unite makes one run of several listings of it: the one that says most of what was there speaks, a
// listing before a failure and a failure before an absence, and the listings are united with one
// hash per posting (the largest, so that order does not matter).
func unite(rs []Run) Run {
	slices.SortFunc(rs, func(a, b Run) int {
		if c := accountRank(a) - accountRank(b); c != 0 {
			return c
		}
		return cmpString(a.Digest, b.Digest)
	})
	out := rs[0]
	byID := map[string]Listed{}
	for _, r := range rs {
		for _, l := range r.Listing {
			if old, ok := byID[l.ExternalID]; !ok || compareListed(l, old) > 0 {
				byID[l.ExternalID] = l
			}
		}
	}
	out.Listing = make([]Listed, 0, len(byID))
	for _, l := range byID {
		out.Listing = append(out.Listing, l)
	}
	slices.SortFunc(out.Listing, compareListed)
	return out
}

// accountRank orders the accounts of one moment by how much they say was there.
func accountRank(r Run) int {
	switch {
	case len(r.Listing) > 0 && r.Complete:
		return -2
	case len(r.Listing) > 0:
		return -1
	}
	return slices.Index([]Outcome{
		OutcomeNotModified, OutcomeError, OutcomeBlocked, OutcomePartial, OutcomeOK, OutcomeEmpty, OutcomeGone,
	}, r.Outcome)
}

// history is one posting's spells; only the last one can be open.
type history struct {
	spells  []Spell
	pending time.Time // the suspect run that missed it and waits for confirmation
}

func (h *history) last() *Spell { return &h.spells[len(h.spells)-1] }

type fold struct {
	byID        map[string]*history
	effects     []Effect
	seenWhole   bool // a complete run has been applied: what appears from now on is new
	lastListing []Listed
	whole       map[string][]Listed // the listing of each complete run so far, by its id
	absentSince time.Time           // first of the current streak of empty (or of gone) runs
	absentAs    Outcome
}

func (f *fold) apply(run Run) {
	e := Effect{RunID: run.ID, Listed: len(run.Listing)}
	switch {
	case run.Proof == ProofEvent:
		f.seeEvents(run, &e)
	case run.Outcome == OutcomeOK && run.Complete:
		f.absentAs = ""
		// Before it is seen, because what the run itself opens or brings back did not stand on the
		// board that it might have emptied.
		f.closeMissing(run, &e)
		f.see(run, run.Listing, &e)
		f.seenWhole, f.lastListing = true, run.Listing
		f.whole[run.ID] = run.Listing
	case run.Outcome == OutcomeNotModified:
		// The answer is an earlier one again. It closes nothing: it cannot confirm a suspect run,
		// because the same faulty answer may have been kept somewhere on the way.
		f.absentAs = ""
		f.see(run, f.repeated(run), &e)
	case run.Outcome == OutcomeEmpty || run.Outcome == OutcomeGone:
		f.absent(run, &e)
	case run.Outcome == OutcomeOK || run.Outcome == OutcomePartial:
		// What is listed is open; what is not proves nothing. But a board that lists anything is
		// neither empty nor gone.
		if len(run.Listing) > 0 {
			f.absentAs = ""
		}
		f.see(run, run.Listing, &e)
	}
	f.effects = append(f.effects, e)
}

// repeated is the listing that a 304 repeats: that of the run it names, not of whatever came last,
// because an import may have listed the board from elsewhere since. One that names a run which is not
// known, or did not list the whole board, repeats nothing.
func (f *fold) repeated(run Run) []Listed {
	if run.Confirms == "" {
		return f.lastListing
	}
	return f.whole[run.Confirms]
}

// see opens, prolongs or reopens the spells of what the run listed.
func (f *fold) see(run Run, listing []Listed, e *Effect) {
	for _, l := range listing {
		h := f.byID[l.ExternalID]
		if h == nil {
			h = &history{}
			f.byID[l.ExternalID] = h
		}
		h.pending = time.Time{}
		if len(h.spells) == 0 || f.goneForGood(h, run.ObservedAt) {
			h.open(run, l, run.ObservedAt, len(h.spells) == 0 && !f.seenWhole)
			e.Opened++
			continue
		}
		s := h.last()
		if !s.ClosedAt.IsZero() {
			s.ClosedAt, s.ClosedReason = time.Time{}, ""
			e.Reopened++
		}
		if s.ContentHash != l.ContentHash {
			s.ContentHash = l.ContentHash
			e.Changed++
		}
		s.LastSeen = run.ObservedAt
	}
}

func (f *fold) goneForGood(h *history, now time.Time) bool {
	s := h.last()
	return !s.ClosedAt.IsZero() && now.Sub(s.ClosedAt) > Grace
}

func (h *history) open(run Run, l Listed, at time.Time, censored bool) {
	h.spells = append(h.spells, Spell{
		PostingID: ID(run.Source, run.Board, l.ExternalID), Source: run.Source, Board: run.Board,
		ExternalID: l.ExternalID, Number: len(h.spells) + 1, OpenedAt: at, LastSeen: at,
		OpenedCensored: censored, ContentHash: l.ContentHash,
	})
}

// closeMissing closes what a complete run did not list, unless that is so much of the board that
// the run itself is suspect; then the next complete run decides.
func (f *fold) closeMissing(run Run, e *Effect) {
	listed := make(map[string]bool, len(run.Listing))
	for _, l := range run.Listing {
		listed[l.ExternalID] = true
	}
	reason := ClosedDelisted
	if run.Proof == ProofWindow {
		reason = ClosedAgedOut
	}
	open, missing := 0, []*history(nil)
	for id, h := range f.byID {
		switch {
		case !h.last().ClosedAt.IsZero():
		case listed[id]:
			open++
		case !h.pending.IsZero():
			h.close(h.pending, reason)
			e.Closed++
		default:
			open++
			missing = append(missing, h)
		}
	}
	// Leaving a window closes nothing, so there is nothing to doubt.
	e.Suspect = run.Proof == ProofFull && open >= suspectBoardMin && 2*len(missing) > open
	for _, h := range missing {
		if e.Suspect {
			h.pending = run.ObservedAt
			continue
		}
		h.close(run.ObservedAt, reason)
		e.Closed++
	}
}

func (h *history) close(at time.Time, reason string) {
	s := h.last()
	s.ClosedAt, s.ClosedReason = at, reason
	h.pending = time.Time{}
}

// absent takes a run that found no board, or a board with nothing. A single such answer has often
// been a fault of the site; the same answer a day later closes everything as of the first.
func (f *fold) absent(run Run, e *Effect) {
	if f.absentAs != run.Outcome {
		f.absentAs, f.absentSince = run.Outcome, run.ObservedAt
		return
	}
	if run.ObservedAt.Sub(f.absentSince) < EmptyConfirm {
		return
	}
	reason := ClosedBoardEmpty
	if run.Outcome == OutcomeGone {
		reason = ClosedBoardGone
	} else {
		// A board confirmed empty has been seen whole: what it lists later is new.
		f.seenWhole, f.lastListing = true, nil
	}
	if run.Proof == ProofWindow {
		reason = ClosedAgedOut // a window closes nothing, however it empties
	}
	for _, h := range f.byID {
		if h.last().ClosedAt.IsZero() {
			at := f.absentSince
			if !h.pending.IsZero() {
				at = h.pending
			}
			h.close(at, reason)
			e.Closed++
		}
	}
}

// seeEvents opens each event at its own time for a fixed while. Events are never left-censored:
// their time is their own, whenever we read it. One without opens nothing, because the time at which
// it was read is not when it was posted.
func (f *fold) seeEvents(run Run, e *Effect) {
	for _, l := range run.Listing {
		if l.At.IsZero() {
			continue
		}
		h := f.byID[l.ExternalID]
		if h == nil {
			h = &history{}
			f.byID[l.ExternalID] = h
			h.open(run, l, l.At, false)
			h.close(l.At.Add(EventOpen), ClosedExpired)
			e.Opened++
			continue
		}
		if s := h.last(); s.ContentHash != l.ContentHash {
			s.ContentHash = l.ContentHash
			e.Changed++
		}
	}
}
