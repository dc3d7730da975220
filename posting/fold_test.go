package posting

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// historiesInCI is how many random histories every run of the tests compares; ROLESCOPE_HISTORIES
// asks for another number.
const historiesInCI = 300

// TestSpellsEqualASecondReading compares the fold of random histories with internal/proof/spells.py,
// which was written from the design's text and shares no code with this package.
func TestSpellsEqualASecondReading(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("ROLESCOPE_REQUIRE_SHARED") == "1" {
			t.Fatalf("ROLESCOPE_REQUIRE_SHARED=1 but: %v", err)
		}
		t.Skip("needs python3; set ROLESCOPE_REQUIRE_SHARED=1 to fail instead:", err)
	}
	n := historiesInCI
	if asked := os.Getenv("ROLESCOPE_HISTORIES"); asked != "" {
		if n, err = strconv.Atoi(asked); err != nil {
			t.Fatal("ROLESCOPE_HISTORIES:", err)
		}
	}
	start := time.Now()
	var lines bytes.Buffer
	var seen coverage
	mine := make([][]string, n)
	sent := make([][]byte, n)
	for i := range n {
		messages := randomHistory(uint64(i))
		spells, effects := Spells(messages)
		mine[i] = rows(messages, spells, effects)
		seen.count(messages, spells, effects)
		sent[i] = told(t, messages)
		lines.Write(sent[i])
		lines.WriteByte('\n')
	}
	took := time.Since(start)
	theirs := secondReading(t, python, lines.Bytes(), n)
	shortest := -1
	failed := 0
	for i := range n {
		if slices.Equal(mine[i], theirs[i]) {
			continue
		}
		if failed++; shortest < 0 || len(sent[i]) < len(sent[shortest]) {
			shortest = i
		}
	}
	if failed > 0 {
		t.Errorf("%d of %d histories; the shortest, number %d (-spells.py +Spells):\n%s\n%s", failed, n, shortest,
			cmp.Diff(theirs[shortest], mine[shortest]), sent[shortest])
	}
	t.Logf("%d histories in %s, of these %s for making and folding them: %s", n, time.Since(start).Round(time.Millisecond),
		took.Round(time.Millisecond), seen)
	seen.check(t)
}

// secondReading runs spells.py once over all histories and returns the sorted rows of each.
func secondReading(t *testing.T, python string, lines []byte, n int) [][]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "histories.jsonl")
	if err := os.WriteFile(path, lines, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, filepath.Join("..", "internal", "proof", "spells.py"), "histories", path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	theirs := make([][]string, n)
	scanner := bufio.NewScanner(bytes.NewReader(out))
	for scanner.Scan() {
		table, rest, _ := strings.Cut(scanner.Text(), "\t")
		number, rest, _ := strings.Cut(rest, "\t")
		i, err := strconv.Atoi(number)
		if err != nil || i < 1 || i > n {
			t.Fatalf("spells.py printed %q", scanner.Text())
		}
		theirs[i-1] = append(theirs[i-1], table+"\t"+rest)
	}
	for _, rows := range theirs {
		slices.Sort(rows)
	}
	return theirs
}

// rows writes spells and effects as spells.py does.
func rows(messages []Run, spells []Spell, effects []Effect) []string {
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.Format(time.RFC3339)
	}
	observed := map[string]time.Time{}
	for _, m := range messages {
		observed[m.ID] = m.ObservedAt
	}
	var out []string
	for _, e := range effects {
		out = append(out, fmt.Sprintf("change\t%s\t%d\t%d\t%d\t%d\t%t", stamp(observed[e.RunID]), e.Listed, e.Opened, e.Closed, e.Reopened, e.Suspect))
	}
	for _, s := range spells {
		out = append(out, fmt.Sprintf("spell\t%s\t%d\t%s\t%s\t%s\t%t\t%s", s.ExternalID, s.Number, stamp(s.OpenedAt),
			stamp(s.LastSeen), stamp(s.ClosedAt), s.OpenedCensored, s.ClosedReason))
	}
	slices.Sort(out)
	return out
}

// told writes messages in the form spells.py reads.
func told(t *testing.T, messages []Run) []byte {
	t.Helper()
	type message struct {
		At       int64    `json:"at"`
		Proof    Proof    `json:"proof"`
		Outcome  Outcome  `json:"outcome"`
		Complete bool     `json:"complete"`
		Digest   string   `json:"digest"`
		Part     int      `json:"part"`
		Parts    int      `json:"parts"`
		IDs      [][2]any `json:"ids"`
	}
	out := make([]message, 0, len(messages))
	for _, m := range messages {
		ids := [][2]any{}
		for _, l := range m.Listing {
			var own any
			if !l.At.IsZero() {
				own = l.At.Unix()
			}
			ids = append(ids, [2]any{l.ExternalID, own})
		}
		out = append(out, message{m.ObservedAt.Unix(), m.Proof, m.Outcome, m.Complete, m.Digest, m.Part, m.Parts, ids})
	}
	data, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// coverage counts what the histories had, so that a generator gone dull is noticed.
type coverage struct {
	messages, runs, spells, censored, open, closings, reopenings, suspect, again int
	reasons                                                                      map[string]int
}

func (c *coverage) count(messages []Run, spells []Spell, effects []Effect) {
	if c.reasons == nil {
		c.reasons = map[string]int{}
	}
	c.messages += len(messages)
	c.runs += len(effects)
	c.spells += len(spells)
	for _, e := range effects {
		c.closings += e.Closed
		c.reopenings += e.Reopened
		if e.Suspect {
			c.suspect++
		}
	}
	for _, s := range spells {
		c.reasons[s.ClosedReason]++
		if s.Number > 1 {
			c.again++
		}
		if s.OpenedCensored {
			c.censored++
		}
	}
	c.open = c.reasons[""]
}

func (c coverage) String() string {
	return fmt.Sprintf("%d messages, %d runs (%d suspect), %d spells (%d censored, %d open, %d after the grace), %d closings, %d reopenings; ends %v",
		c.messages, c.runs, c.suspect, c.spells, c.censored, c.open, c.again, c.closings, c.reopenings, c.reasons)
}

func (c coverage) check(t *testing.T) {
	t.Helper()
	least := min(c.open, c.censored, c.again, c.reopenings, c.suspect)
	for _, reason := range []string{ClosedDelisted, ClosedBoardEmpty, ClosedBoardGone, ClosedAgedOut, ClosedExpired} {
		least = min(least, c.reasons[reason])
	}
	if least < 10 {
		t.Errorf("the histories miss what they are for: %s", c)
	}
}

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
	ids := make([]string, 0, len(h.board))
	for id := range h.board {
		ids = append(ids, id)
	}
	slices.Sort(ids)
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
