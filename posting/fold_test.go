package posting

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
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
		Confirms *int64   `json:"confirms"`
		Digest   string   `json:"digest"`
		Part     int      `json:"part"`
		Parts    int      `json:"parts"`
		IDs      [][2]any `json:"ids"`
	}
	observed := map[string]int64{}
	for _, m := range messages {
		observed[m.ID] = m.ObservedAt.Unix()
	}
	out := make([]message, 0, len(messages))
	for _, m := range messages {
		var confirms *int64
		if m.Confirms != "" {
			at := observed[m.Confirms] // 0, when there was no run, for one that never came
			confirms = &at
		}
		ids := [][2]any{}
		for _, l := range m.Listing {
			var own any
			if !l.At.IsZero() {
				own = l.At.Unix()
			}
			ids = append(ids, [2]any{l.ExternalID, own})
		}
		out = append(out, message{m.ObservedAt.Unix(), m.Proof, m.Outcome, m.Complete, confirms, m.Digest, m.Part, m.Parts, ids})
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
