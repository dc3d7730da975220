// Package scheduler decides which board is due when: cron specifications in UTC become slots, the
// boards of one schedule are spread over its period by a hash of their identity, and what was
// missed while nobody ran is caught up once.
//
// Everything but Loop.Run is a pure function of values and of a time that is passed in. cmd calls
// it. It knows neither NATS nor HTTP: where marks are kept and how a slot is sent is handed in.
package scheduler

import (
	"fmt"
	"math/bits"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/rolescope/rolescope/posting"
)

const (
	// PeriodMin is the least time between two firings of a schedule. Boards change a few times a
	// day, and a whole board every quarter of an hour is as much as a public feed should bear.
	PeriodMin = 15 * time.Minute

	// periodMax bounds "@every": a longer period is a slip of the pen, and keeps arithmetic in range.
	periodMax = 366 * 24 * time.Hour

	// lookBack is how far the last firing is searched for. The cron parser itself gives up on a
	// specification that does not fire within five years.
	lookBack = 5 * 366 * 24 * time.Hour

	specBytesMax = 256 // a cron specification; anything longer is not one
)

// Schedule is a parsed specification. The zero value never fires.
type Schedule struct {
	spec   string
	cron   *cron.SpecSchedule // nil for "@every" and for the zero value
	period time.Duration      // for "@every" the delay itself
}

// Parse reads a standard cron specification of five fields, "@hourly" to "@yearly", or "@every 6h",
// always in UTC, where no hour is skipped or repeated. "@every" is anchored to the Unix epoch, not
// to the start of a process, so a restart does not move it. Refused, wrapping posting.ErrInvalid:
// other time zones, what fires more often than PeriodMin, what never fires.
func Parse(spec string) (Schedule, error) {
	spec = strings.TrimSpace(spec)
	fail := func(why string) (Schedule, error) {
		return Schedule{}, fmt.Errorf("parse schedule %.60q: %s: %w", spec, why, posting.ErrInvalid)
	}
	if spec == "" || len(spec) > specBytesMax {
		return fail("want five cron fields or a word such as @daily")
	}
	// The parser panics on a zone without fields behind it, so zones are refused before it runs.
	if strings.HasPrefix(spec, "TZ=") || strings.HasPrefix(spec, "CRON_TZ=") {
		return fail("schedules are in UTC, leave out the time zone")
	}
	parsed, err := cron.ParseStandard(spec)
	if err != nil {
		return fail(err.Error())
	}
	s := Schedule{spec: spec}
	switch c := parsed.(type) {
	case cron.ConstantDelaySchedule:
		s.period = c.Delay
		if s.period > periodMax {
			return fail("longer than a year")
		}
	case *cron.SpecSchedule:
		c.Location = time.UTC
		s.cron, s.period = c, smallestGap(c)
		// Any leap year and the four years behind it show whether a specification fires at all.
		if c.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
			return fail("it never fires")
		}
	default:
		return fail("unknown kind of schedule")
	}
	if s.period < PeriodMin {
		return fail("it fires more often than every " + PeriodMin.String())
	}
	return s, nil
}

// smallestGap is the least time between two firings when every day matches: between two times of
// one day, or from the last of a day to the first of the next. At most 24 hours, so that a board
// planned for Mondays is crawled before Tuesday's same hour.
func smallestGap(c *cron.SpecSchedule) time.Duration {
	first, last, gap := -1, -1, 24*60
	for minute := range 24 * 60 {
		if c.Hour&(1<<(minute/60)) == 0 || c.Minute&(1<<(minute%60)) == 0 {
			continue
		}
		if first < 0 {
			first = minute
		} else {
			gap = min(gap, minute-last)
		}
		last = minute
	}
	return time.Duration(min(gap, first+24*60-last)) * time.Minute
}

// String is the specification as it was given.
func (s Schedule) String() string { return s.spec }

// Period is the least time between two firings, over which the boards of the schedule are spread:
// from PeriodMin to 24 hours for cron fields, to a year for "@every".
func (s Schedule) Period() time.Duration { return s.period }

// next is the first firing strictly after t, in UTC and whole seconds; zero when there is none.
func (s Schedule) next(t time.Time) time.Time {
	t = t.UTC()
	switch {
	case s.cron != nil:
		return s.cron.Next(t)
	case s.period > 0:
		return s.floor(t).Add(s.period)
	}
	return time.Time{}
}

// latest is the last firing at or before t; zero when there was none in the last five years.
func (s Schedule) latest(t time.Time) time.Time {
	t = t.UTC()
	if s.cron == nil {
		if s.period == 0 {
			return time.Time{}
		}
		return s.floor(t)
	}
	fired := func(from time.Time) bool {
		n := s.cron.Next(from)
		return !n.IsZero() && !n.After(t)
	}
	// The parser only looks forward. Find a start from which something fired by t, then halve.
	back := 24 * time.Hour
	for !fired(t.Add(-back)) {
		if back == lookBack {
			return time.Time{}
		}
		back = min(2*back, lookBack)
	}
	lo, hi := t.Add(-back).Truncate(time.Second), t
	for hi.Sub(lo) > time.Second {
		if mid := lo.Add(hi.Sub(lo) / 2).Truncate(time.Second); fired(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return s.cron.Next(lo)
}

// floor is the last multiple of the period since the Unix epoch at or before t. The period is in
// whole seconds, as the parser rounds it.
func (s Schedule) floor(t time.Time) time.Time {
	period, sec := int64(s.period/time.Second), t.Unix()
	rest := sec % period
	if rest < 0 {
		rest += period
	}
	return time.Unix(sec-rest, 0).UTC()
}

// reduce maps a hash to 0 .. n-1 without the bias of a remainder.
func reduce(hash, n uint64) uint64 {
	hi, _ := bits.Mul64(hash, n)
	return hi
}
