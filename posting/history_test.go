package posting

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// historian makes one random history of a board.
type historian struct {
	*rand.Rand
	proof Proof
	now   time.Time
	times []time.Time     // of the runs so far
	board map[string]bool // what is on the board
	past  [][]string      // what runs before have listed
	fresh int             // ids used so far
	kind  int             // of the last observation
}

// randomHistory makes the messages of one board in order of arrival. The seed alone decides them.
func randomHistory(seed uint64) []Run {
	h := &historian{Rand: rand.New(rand.NewPCG(seed, 3)), proof: ProofFull, now: day0, board: map[string]bool{}}
	switch h.IntN(10) {
	case 0:
		h.proof = ProofWindow
	case 1:
		h.proof = ProofEvent
	}
	// Nine, ten and eleven stand at the threshold of doubt.
	h.arrive([]int{0, 1, 3, 8, 9, 9, 10, 10, 10, 11, 11, 12, 20, 21}[h.IntN(14)])
	var messages []Run
	for range 2 + h.IntN(14) {
		h.pass()
		h.change()
		run := h.observe()
		messages = append(messages, h.parts(run)...)
		if h.IntN(12) == 0 { // the same moment again: an overlapping crawl or import
			messages = append(messages, h.parts(h.observe())...)
		}
	}
	for range h.IntN(4) {
		messages = append(messages, messages[h.IntN(len(messages))])
	}
	if h.IntN(3) > 0 {
		h.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
	}
	return messages
}

// pass lets time pass: any while, or to a limit of the rules after an earlier run, give or take a second.
func (h *historian) pass() {
	const day = 24 * time.Hour
	next := h.now.Add([]time.Duration{time.Second, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day, 10 * day, 22 * day}[h.IntN(8)])
	if len(h.times) > 0 && h.IntN(2) == 0 {
		from := h.times[max(0, len(h.times)-1-h.IntN(4))]
		limit := []time.Duration{EmptyConfirm, Grace, Grace}[h.IntN(3)] + time.Duration(h.IntN(3)-1)*time.Second
		if at := from.Add(limit); at.After(h.now) {
			next = at
		}
	}
	h.now = next
	h.times = append(h.times, next)
}

func (h *historian) arrive(n int) {
	for range n {
		h.fresh++
		h.board[fmt.Sprintf("a%02d", h.fresh)] = true
	}
}

func (h *historian) ids() []string {
	ids := slices.Sorted(maps.Keys(h.board))
	h.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids
}

// change has the board do one of the things that boards do.
func (h *historian) change() {
	ids := h.ids()
	if len(ids) == 0 && h.IntN(2) == 0 {
		h.back(30)
		return
	}
	leave := func(n int) {
		for _, id := range ids[:min(max(n, 0), len(ids))] {
			delete(h.board, id)
		}
	}
	switch h.IntN(12) {
	case 0, 1: // some go, some come
		leave(h.IntN(3))
		h.arrive(h.IntN(3))
	case 2, 3: // about half go
		leave(len(ids)/2 + h.IntN(3) - 1)
	case 4: // about half go and others come, new ones or old ones
		leave(len(ids)/2 + h.IntN(3) - 1)
		h.arrive(h.IntN(8))
		h.back(h.IntN(8))
	case 5: // all go, and mostly come back soon
		if h.IntN(2) == 0 {
			leave(len(ids))
		}
	case 6: // ids that change with each answer
		leave(len(ids))
		h.arrive(len(ids))
	case 7, 8: // what was there comes back
		h.back(1 + h.IntN(30))
	case 9: // the board flaps: it is as it was a while ago
		if len(h.past) > 0 {
			clear(h.board)
			for _, id := range h.past[max(0, len(h.past)-1-h.IntN(4))] {
				h.board[id] = true
			}
		}
	}
}

// back puts up to n former postings on the board again.
func (h *historian) back(n int) {
	for i := 1; i <= h.fresh && n > 0; i++ {
		if id := fmt.Sprintf("a%02d", i); !h.board[id] && h.IntN(3) > 0 {
			h.board[id] = true
			n--
		}
	}
}

// observe crawls the board, well or badly.
func (h *historian) observe() Run {
	run := NewRun("ashby", "acme", "", h.proof, h.now, h.now)
	run.Outcome, run.Complete = OutcomeOK, true
	ids := h.ids()
	kind := h.IntN(14)
	if (h.kind == 2 || h.kind == 3) && h.IntN(2) == 0 {
		kind = h.kind // a board that is away mostly stays so for a while
	}
	h.kind = kind
	switch kind {
	case 0: // a page failed in the middle
		run.Outcome, run.Complete = OutcomePartial, false
		ids = ids[:h.IntN(len(ids)+1)]
	case 1: // nothing says that this was all
		run.Complete = false
		ids = ids[:h.IntN(len(ids)+1)]
	case 2:
		run.Outcome, run.Complete, ids = OutcomeEmpty, h.IntN(2) == 0, nil
	case 3:
		run.Outcome, run.Complete, ids = OutcomeGone, false, nil
	case 4:
		run.Outcome, run.Complete, ids = []Outcome{OutcomeError, OutcomeBlocked}[h.IntN(2)], false, nil
	case 5:
		run.Outcome, run.Complete, ids = OutcomeNotModified, false, nil
		if n := h.IntN(10); n < 7 { // to the answer of any run, now and then of one that listed nothing, or of none
			earlier := h.times[h.IntN(len(h.times))]
			run.Confirms = RunID(run.Source, run.Board, earlier.Add(time.Duration(n/6)*time.Millisecond))
		}
	case 6: // 200 with nothing, which should have been called empty
		if h.IntN(3) == 0 {
			ids = nil
		}
	}
	for _, id := range ids {
		l := Listed{ExternalID: id, ContentHash: fmt.Sprint("v", h.IntN(2))}
		if n := int(id[len(id)-1] - '0'); h.proof == ProofEvent && n > 0 {
			l.At = day0.Add(time.Duration(n-7) * 17 * time.Hour)
			l.ContentHash = "v1" // of two versions seen at one moment with two times neither is the true one
		}
		run.Listing = append(run.Listing, l)
	}
	h.past = append(h.past, ids)
	return run.Split()[0]
}

// parts sends the run whole or in parts, of which one may never arrive.
func (h *historian) parts(run Run) []Run {
	if len(run.Listing) < 2 || h.IntN(6) > 0 {
		return []Run{run}
	}
	n := 2 + h.IntN(2)
	parts := make([]Run, n)
	for i := range parts {
		parts[i] = run
		parts[i].Part, parts[i].Parts = i, n
		parts[i].Listing = run.Listing[i*len(run.Listing)/n : (i+1)*len(run.Listing)/n]
	}
	if h.IntN(4) == 0 {
		lost := h.IntN(n)
		parts = slices.Delete(parts, lost, lost+1)
	}
	return parts
}
