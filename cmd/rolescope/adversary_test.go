package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
)

// The three days. They are more than a day apart, so that each begins with reading robots.txt anew.
var (
	firstDay  = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	secondDay = firstDay.Add(30 * time.Hour)
	thirdDay  = secondDay.Add(30 * time.Hour)
)

// trouble is what a board does on the second of three days, and what has to come of it.
type trouble struct {
	name   string
	kind   string                      // greenhouse when empty
	size   int                         // postings of the first day; 12 when 0
	serve  func(*foe) http.HandlerFunc // of the second day; the well board when nil
	robots func(*foe) http.HandlerFunc // of the second day; 404 when nil
	after  func(*foe) http.HandlerFunc // of the third day; the well board without posting 2 when nil
	at     time.Time                   // what the crawler's clock says on the second day; the right time when zero
	times  int                         // crawls of the second day, six hours apart; 1 when 0
	never  bool                        // it is so from the first day
	named  bool                        // the board's host is a name, not an address
	fresh  bool                        // the crawler has been started anew since the first day
	hasty  bool                        // the crawler waits two seconds only for a host that says nothing

	outcome  string // of the second day's last run
	complete bool
	closed   int32 // by it
	suspect  bool
	note     string // begins its note
	says     string // is in the board's line of `source list`; note when empty
	open     uint64 // afterwards; size when 0
	exit     bool   // it counts among the failed
	host     bool   // and against its host
	// left is the day of posting 2's closing when it is not the third: the second, when the trouble
	// was a suspect run that missed it first.
	left   time.Time
	made   uint64   // ids it made up that wait on the third day for a second run without them
	past   []string // ids it made up that are closed as of the second day's last run
	future string   // a posting that closes when the crawler's clock said, which has not come
}

func (c trouble) source() string { return cmp.Or(c.kind, "greenhouse") }

func (c trouble) stillOpen() uint64 {
	if c.never {
		return 0
	}
	return cmp.Or(c.open, uint64(c.size))
}

// shown is the observation time of the run that `source list` shows after the second day, and the
// number of runs: one by a clock that was ahead has not happened yet.
func (c trouble) shown(now time.Time) (last time.Time, runs uint64) {
	switch at := c.moment(c.times - 1); {
	case at.After(now):
		return firstDay, 1
	case at.Before(firstDay):
		return firstDay, 2
	default:
		return at, 1 + uint64(c.times)
	}
}

// moment is when the crawl number round of the second day happens, by the crawler's clock.
func (c trouble) moment(round int) time.Time {
	if !c.at.IsZero() {
		return c.at
	}
	return secondDay.Add(time.Duration(round) * 6 * time.Hour)
}

// closings are the spells that are closed on the third day, as lines of board, posting and day.
func (b *foe) closings() []string {
	var out []string
	if !b.never {
		left := b.left
		if left.IsZero() {
			left = thirdDay
		}
		out = append(out, fmt.Sprintf("%s\t2\t%s", b.board, left.Format(time.DateOnly)))
	}
	for _, id := range b.past {
		out = append(out, fmt.Sprintf("%s\t%s\t%s", b.board, id, b.moment(b.times-1).Format(time.DateOnly)))
	}
	if b.future != "" {
		out = append(out, fmt.Sprintf("%s\t%s\t%s", b.board, b.future, b.at.Format(time.DateOnly)))
	}
	return out
}

// TestAdversary crawls boards that are well on the first day, in trouble on the second and well on
// the third, when posting 2 has left: no single answer closes what is open, each is told as what it
// is, and by the third day nothing is closed but posting 2: not even the many ids that one odd answer
// made up, because their going is a mass disappearance too and waits for the next run.
//
// NATS, the engine and HTTP are real. Each board has a crawler of its own whose clock only waiting
// moves and for which 127.0.0.1 is the public internet; the other addresses of this machine are not.
func TestAdversary(t *testing.T) {
	if testing.Short() {
		t.Skip("long: runs in full without -short, also in CI")
	}
	t.Parallel()
	bin, foes := binary(t), newFoes(t)
	path := filepath.Join(t.TempDir(), "sources.yaml")
	if err := os.WriteFile(path, sourcesOf(foes), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "ROLESCOPE_DATA_DIR="+filepath.Join(t.TempDir(), "data"), "ROLESCOPE_SOURCES="+path,
		"ROLESCOPE_CONTACT=tests@rolescope.example", "ROLESCOPE_CLICKHOUSE_HTTP_ADDR=127.0.0.1:0", "ROLESCOPE_CRAWLERS=6")
	owner := startUp(t, bin, env, roleEnricher, roleSink)
	owner.await(t, "msg=up", 1)
	s, err := (&app{environ: env, stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}).open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if code := owner.stop(t); code != 0 {
			t.Errorf("the owner ends with %d:\n%s", code, owner.log)
		}
	}()

	first := crawlFoes(t, s, foes, func(b *foe) time.Time {
		b.wellToday(t, s)
		return firstDay
	})
	for i, b := range foes {
		if r := first[i]; (r.Outcome != "ok" || !r.Complete) != b.never || (r.Listed != b.size) != b.never {
			t.Fatalf("%s: the first day: %+v", b.name, r)
		}
	}
	secondDayOf(t, s, bin, env, foes)
	thirdDayOf(t, s, bin, env, foes)
	for _, b := range foes {
		if n := b.private.asked.Load(); n != 0 {
			t.Errorf("%s: a private address was connected to %d times", b.name, n)
		}
		if n := b.sent.Load(); n > 200<<20 { // 64 MiB, and what the kernel holds between the two ends
			t.Errorf("%s: %d MiB of its body were taken", b.name, n>>20)
		}
	}
}

// secondDayOf is the day of the troubles.
func secondDayOf(t *testing.T, s *system, bin string, env []string, foes []*foe) {
	runs := map[*foe]crawlRun{}
	for round := range 4 {
		var now []*foe
		for _, b := range foes {
			if round < b.times {
				now = append(now, b)
			}
		}
		for i, r := range crawlFoes(t, s, now, func(b *foe) time.Time {
			if round == 0 {
				b.inTrouble(t, s)
			}
			return b.moment(round)
		}) {
			runs[now[i]] = r
			if round < now[i].times-1 && r.Closed != 0 {
				t.Errorf("%s: run %d of the second day: %+v", now[i].name, round+1, r)
			}
		}
	}
	health := boardsHealth(t, bin, env)
	lines := healthLines(t, foes, health)
	var table strings.Builder
	table.WriteString("| trouble | outcome | complete | closed | source list: outcome | last ok | listed | open | breaker | note |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for i, b := range foes {
		r, h := runs[b], health[i]
		if string(r.Outcome) != b.outcome || r.Complete != b.complete || r.Closed != b.closed || r.Suspect != b.suspect || r.failed() != b.exit ||
			!strings.HasPrefix(r.Note, b.note) || b.note == "" && r.Note != "" {
			t.Errorf("%s: the run says %+v", b.name, r)
		}
		last, n := b.shown(time.Now())
		outcome, note, want := b.outcome, r.Note, b.stillOpen()
		success := outcome == "ok" || outcome == "not_modified"
		if !last.Equal(r.ObservedAt) {
			outcome, note, success = "ok", h.Note, true // those of the first day
		}
		if h.Open != want || h.LastOutcome == nil || *h.LastOutcome != outcome || h.Suspect != b.suspect || h.Runs != n ||
			!h.LastRun.Equal(last) || (h.LastSuccess != nil && h.LastSuccess.Equal(last)) != success || h.Note != note || (h.Breaker == "failing") != b.host {
			t.Errorf("%s: source list --json shows %s, want %d open", b.name, mustJSON(h), want)
		}
		columns := regexp.MustCompile(`\s{2,}`).Split(strings.TrimSpace(lines[i]), 8)
		if len(columns) != 8 || columns[0] != b.kind+"/"+b.board || columns[2] != outcome || columns[5] != count(want) ||
			!strings.Contains(columns[7], cmp.Or(b.says, b.note)) {
			t.Errorf("%s: source list shows %q", b.name, lines[i])
		}
		ok := "never"
		if h.LastSuccess != nil {
			ok = map[bool]string{true: "first day", false: "second day"}[h.LastSuccess.Equal(firstDay)]
		}
		note, _, _ = strings.Cut(columns[len(columns)-1], ", at http") // ports are others each time
		fmt.Fprintf(&table, "| %s | %s%s | %v | %d | %s | %s | %s | %d | %s | %s |\n", b.name, r.Outcome, map[bool]string{true: ", suspect"}[r.Suspect],
			r.Complete, r.Closed, outcome, ok, columns[min(4, len(columns)-1)], h.Open, h.Breaker, note)
	}
	t.Logf("the second day:\n%s", &table)
}

// healthLines is what `source list` shows people of what it tells programs: a line for each board.
func healthLines(t *testing.T, foes []*foe, health []boardHealth) []string {
	t.Helper()
	list, err := parseSources("sources.yaml", sourcesOf(foes))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&app{stdout: &out}).healthTable(list, health, time.Now()); err != nil {
		t.Fatal(err)
	}
	return strings.Split(out.String(), "\n")[1:]
}

// thirdDayOf is the day on which all are well again and posting 2 has left.
func thirdDayOf(t *testing.T, s *system, bin string, env []string, foes []*foe) {
	runs := crawlFoes(t, s, foes, func(b *foe) time.Time {
		b.wellAgain(t, s)
		return thirdDay
	})
	health := boardsHealth(t, bin, env)
	var want []string
	for i, b := range foes {
		if h := health[i]; h.Open != uint64(b.size)-1+b.made || *h.LastOutcome != "ok" || !h.LastRun.Equal(thirdDay) {
			t.Errorf("%s: on the third day source list --json shows %s", b.name, mustJSON(h))
		}
		back := b.closed // what the trouble made look closed, but for posting 2
		if back > 0 && (b.future != "" || !b.left.IsZero()) {
			back--
		}
		if r := runs[i]; r.Outcome != "ok" || !r.Complete || r.Reopened != back {
			t.Errorf("%s: the third day: %+v", b.name, r)
		}
		want = append(want, b.closings()...)
	}
	got := strings.Split(output(t, commandEnv(bin, env, "sql", `SELECT board, toUInt64(external_id), formatDateTime(assumeNotNull(closed_at), '%F')
		FROM v_spells WHERE closed_at IS NOT NULL FORMAT TSV`)), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("closed (board, posting, day; -want +got):\n%s", diff)
	}
	output(t, commandEnv(bin, env, "verify"))
}

// crawlFoes has each board crawled by its own crawler at the moment that ready returns.
func crawlFoes(t *testing.T, s *system, foes []*foe, ready func(*foe) time.Time) []crawlRun {
	t.Helper()
	all, err := parseSources("sources.yaml", sourcesOf(foes))
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*foe{}
	for _, b := range foes {
		b.clock.set(ready(b))
		byName[b.kind+"/"+b.board] = b
	}
	report, err := s.crawlEach(t.Context(), all, func(src boardSource) (*crawler, posting.Slot) {
		b := byName[src.Name()]
		slot := src.Slot(b.clock.Now())
		slot.ObservedAt = b.clock.Now()
		return b.crawler, slot
	})
	if err != nil {
		t.Fatal(err)
	}
	return report.Runs
}

// TestPermitIsForTests: what makes an address of this machine public stands in no program.
func TestPermitIsForTests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(f, "_test.go") && bytes.Contains(text, []byte("Permit:")) {
			t.Errorf("%s sets Permit of the HTTP client", f)
		}
	}
}

// TestPrivateAddressIsRefused crawls a board on a private address without leave to: the server is
// not asked, and what was open stays so.
func TestPrivateAddressIsRefused(t *testing.T) {
	t.Parallel()
	bin, m := binary(t), newMarket(t)
	env := crawlEnv(t, m, filepath.Join(t.TempDir(), "data"), "acme")
	m.set("acme", jobs(numbered(12)...))
	crawlAt(t, bin, env, "2026-03-01T06:00:00Z")
	asked := m.asked["acme"]
	strict := append(env, "ROLESCOPE_FETCH_ALLOW_PRIVATE=false", "ROLESCOPE_FETCH_HOST_INTERVAL=1s")
	report, code := crawlAt(t, bin, strict, "2026-03-02T06:00:00Z")
	if r := report.Runs[0]; code != exitPartial || r.Outcome != "error" || r.Closed != 0 || !strings.Contains(r.Note, "address") || m.asked["acme"] != asked {
		t.Errorf("status %d, asked %d times more, %+v", code, m.asked["acme"]-asked, r)
	}
	if h := boardsHealth(t, bin, env)[0]; h.Open != 12 || *h.LastOutcome != "error" {
		t.Errorf("health: %s", mustJSON(h))
	}
}
