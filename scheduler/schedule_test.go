package scheduler

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rolescope/rolescope/posting"
	"pgregory.net/rapid"
)

func date(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

func mustParse(t testing.TB, spec string) Schedule {
	t.Helper()
	s, err := Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec   string
		period time.Duration // 0: refused
	}{
		{"0 */6 * * *", 6 * time.Hour},
		{" 0 6 * * 1 ", 24 * time.Hour},
		{"0 6 1 * *", 24 * time.Hour},
		{"0 6,18 * * 1-5", 12 * time.Hour},
		{"0 6,8,18 * * *", 2 * time.Hour},
		{"30 23,1 * * *", 2 * time.Hour},
		{"*/15 * * * *", 15 * time.Minute},
		{"0 0 29 2 *", 24 * time.Hour},
		{"@hourly", time.Hour},
		{"@daily", 24 * time.Hour},
		{"@weekly", 24 * time.Hour},
		{"@yearly", 24 * time.Hour},
		{"@every 6h", 6 * time.Hour},
		{"@every 72h", 72 * time.Hour},
		{"@every 15m", 15 * time.Minute},
		{"@every 900s500ms", 15 * time.Minute},

		{"", 0},
		{"* * * * *", 0},
		{"*/14 * * * *", 0},
		{"0,10 * * * *", 0},
		{"55,0 23,0 * * *", 0},
		{"0 0 30 2 *", 0},
		{"0 0 31 4,6,9,11 *", 0},
		{"@every 14m59s", 0},
		{"@every -6h", 0},
		{"@every 0s", 0},
		{"@every 9000h", 0},
		{"@reboot", 0},
		{"0 6 * *", 0},
		{"0 0 6 * * *", 0},
		{"0 25 * * *", 0},
		{"TZ=", 0},
		{"CRON_TZ=", 0},
		{"TZ=Europe/Berlin 0 6 * * *", 0},
		{"TZ=UTC", 0},
	} {
		s, err := Parse(c.spec)
		if s.Period() != c.period {
			t.Errorf("%q: period %v, want %v (%v)", c.spec, s.Period(), c.period, err)
		}
		if (err == nil) != (c.period > 0) || (err != nil && !errors.Is(err, posting.ErrInvalid)) {
			t.Errorf("%q: error %v", c.spec, err)
		}
	}
}

// FuzzParse: no specification panics, and what is accepted fires, looks back where it looked
// forward, and keeps its period.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"0 */6 * * *", "@every 6h", "TZ=", "CRON_TZ=UTC", "@daily", "0 0 30 2 *", "*/0 * * * *",
		"0 0 29 2 *", "1-59/99999999999999999999 * * * *", "@every 9223372036854775807ns", "?-? * * * *", "0 0 1 jan mon",
	} {
		f.Add(s, int64(1_780_000_000))
	}
	f.Fuzz(func(t *testing.T, spec string, unix int64) {
		s, err := Parse(spec)
		if err != nil {
			return
		}
		b := Board{Source: "ashby", Board: "acme", Schedule: s}
		at := time.Unix(1_600_000_000+unix%1_000_000_000, 0)
		next := b.Next(at)
		if next.IsZero() {
			t.Fatalf("%q never fires after %v", spec, at)
		}
		if got := b.Latest(next); !got.Equal(next) {
			t.Fatalf("%q: latest at %v is %v", spec, next, got)
		}
		if next2 := b.Next(next); !next2.IsZero() && next2.Sub(next) < s.Period() {
			t.Fatalf("%q: %v and %v are nearer than %v", spec, next, next2, s.Period())
		}
	})
}

var specs = []string{
	"0 */6 * * *", "0 6 * * 1", "0 6,18 * * 1-5", "30 4 1,15 * *", "*/15 * * * *", "17 3 * * 0", "0 0 29 2 *",
	"@hourly", "@daily", "@weekly", "@monthly", "@every 6h", "@every 7h13m", "@every 50h",
}

func drawBoard(t *rapid.T) Board {
	s, err := Parse(rapid.SampledFrom(specs).Draw(t, "spec"))
	if err != nil {
		t.Fatal(err)
	}
	return Board{
		Source: "ashby", Board: fmt.Sprintf("board-%d", rapid.IntRange(0, 1<<20).Draw(t, "board")),
		Company: "Acme", Schedule: s,
	}
}

func drawTime(t *rapid.T, label string) time.Time {
	return time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, label), rapid.Int64Range(0, 999_999_999).Draw(t, label+" ns"))
}

// Looking forward and looking back name the same slots.
func TestNextAndLatestAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b, at := drawBoard(t), drawTime(t, "at")
		latest, next := b.Latest(at), b.Next(at)
		if latest.After(at) || !next.After(at) {
			t.Fatalf("latest %v and next %v around %v", latest, next, at)
		}
		if got := b.Next(latest); !got.Equal(next) {
			t.Fatalf("after %v comes %v, not %v", latest, got, next)
		}
		if got := b.Latest(next.Add(-1)); !got.Equal(latest) {
			t.Fatalf("before %v came %v, not %v", next, got, latest)
		}
	})
}

// A month of slots is as many as the month's firings, whatever the board's phase.
func TestSlotsOfAMonthAreItsFirings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b, from := drawBoard(t), drawTime(t, "from").Truncate(time.Second)
		to := from.AddDate(0, 1, 0)
		firings, slots := 0, 0
		for f := b.Schedule.next(from); f.Before(to) || f.Equal(to); f = b.Schedule.next(f) {
			firings++
		}
		phase := b.phase()
		for s := b.Next(from.Add(phase)); !s.After(to.Add(phase)); s = b.Next(s) {
			slots++
		}
		if firings != slots {
			t.Fatalf("%d slots for %d firings", slots, firings)
		}
	})
}

func TestFiringsAreThoseOfCron(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ spec, from, want string }{
		{"0 */6 * * *", "2026-03-29 00:30", "2026-03-29 06:00"}, // a night of summer time elsewhere
		{"30 2 * * *", "2026-03-28 12:00", "2026-03-29 02:30"},
		{"0 6 * * 1", "2026-11-24 00:00", "2026-11-30 06:00"},
		{"0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00"},
		{"@every 6h", "2026-11-23 05:59", "2026-11-23 06:00"},
		{"@every 6h", "2026-11-23 06:00", "2026-11-23 12:00"},
	} {
		if got := mustParse(t, c.spec).next(date(c.from)); !got.Equal(date(c.want)) {
			t.Errorf("%q after %s: %v", c.spec, c.from, got)
		}
	}
	for _, c := range []struct{ spec, at, want string }{
		{"0 6 * * 1", "2026-11-30 05:59", "2026-11-23 06:00"},
		{"0 0 29 2 *", "2026-11-23 00:00", "2024-02-29 00:00"},
		{"30 4 1 1 *", "2026-12-31 00:00", "2026-01-01 04:30"},
	} {
		if got := mustParse(t, c.spec).latest(date(c.at)); !got.Equal(date(c.want)) {
			t.Errorf("%q at %s: %v", c.spec, c.at, got)
		}
	}
}

// Three thousand boards with like names fill every twentieth of the period evenly: 150 expected,
// five standard deviations are 60.
func TestBoardsAreSpread(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{"0 */6 * * *", "@every 6h", "0 6 * * 1"} {
		s := mustParse(t, spec)
		var counts [20]int
		for i := range 3000 {
			phase := Board{Source: "greenhouse", Board: fmt.Sprintf("company%d", i), Schedule: s}.phase()
			if phase < 0 || phase >= s.Period() {
				t.Fatalf("phase %v outside the period", phase)
			}
			counts[int(phase*20/s.Period())]++
		}
		for i, n := range counts {
			if n < 90 || n > 210 {
				t.Errorf("%q: %d boards in twentieth %d: %v", spec, n, i, counts)
			}
		}
	}
}

// The phase is written down: if it moves, every board of every deployment moves with it.
func TestPhaseIsPinned(t *testing.T) {
	t.Parallel()
	b := Board{Source: "ashby", Board: "acme", Schedule: mustParse(t, "0 */6 * * *")}
	if got, want := b.Next(date("2026-11-23 00:00")).Format(time.RFC3339), "2026-11-23T05:42:12Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func BenchmarkDue(b *testing.B) {
	boards := make([]Board, 3000)
	s := mustParse(b, "0 */6 * * *")
	for i := range boards {
		boards[i] = Board{Source: "greenhouse", Board: fmt.Sprintf("company%d", i), Schedule: s}
	}
	now := date("2026-11-23 08:00")
	for name, mark := range map[string]Mark{"none": {Published: []time.Time{now.Add(-time.Minute)}}, "all": {}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Due(boards, func(string, string) Mark { return mark }, now)
			}
		})
	}
}

// TestRulesComeWithTheFirings: boards are spread over the period, evaluations are not.
func TestRulesComeWithTheFirings(t *testing.T) {
	t.Parallel()
	schedule, err := Parse("30 6 * * *")
	if err != nil {
		t.Fatal(err)
	}
	b := Board{Kind: KindAlerts, Source: "alerts", Board: "emerging", Schedule: schedule}
	now, want := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 6, 30, 0, 0, time.UTC)
	if got := b.Latest(now); !got.Equal(want) {
		t.Errorf("latest %v, want %v", got, want)
	}
	if got := b.Slot(want).Kind; got != "alerts" {
		t.Errorf("kind %q", got)
	}
}
