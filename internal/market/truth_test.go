package market

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// day is a moment of an imaginary history that begins on Monday 2024-01-01.
func day(n float64) time.Time {
	return time.Date(2024, 1, 1, 5, 0, 0, 0, time.UTC).Add(time.Duration(n * 24 * float64(time.Hour)))
}

func days(ns ...float64) []time.Time {
	var out []time.Time
	for _, n := range ns {
		out = append(out, day(n))
	}
	return out
}

// stands is an advert that is listed between pairs of days.
func stands(ns ...float64) *advert {
	a := &advert{}
	for i := 0; i < len(ns); i += 2 {
		a.Listed = append(a.Listed, Interval{day(ns[i]), day(ns[i+1])})
	}
	return a
}

// looking is a board that lists the advert whenever it stands there.
func looking(a *advert, moments []time.Time) []look {
	var out []look
	for _, t := range moments {
		out = append(out, look{at: t, lists: map[*advert]bool{a: a.listedAt(t)}})
	}
	return out
}

// TestLife: worked by hand.
func TestLife(t *testing.T) {
	t.Parallel()
	weekly := days(0, 7, 14, 21, 28, 35, 42, 49)
	for _, c := range []struct {
		name    string
		advert  *advert
		moments []time.Time
		want    Life
		weeks   []float64
	}{
		{"there from the beginning", stands(-30, 10), weekly, Life{Stays: []Stay{{First: day(0), Last: day(7), Missed: day(14)}}, Censored: true}, []float64{0, 7}},
		{"opened later", stands(3, 15), weekly, Life{Stays: []Stay{{First: day(7), Last: day(14), Missed: day(21)}}}, []float64{7, 14}},
		{"there to the end", stands(30, 90), weekly, Life{Stays: []Stay{{First: day(35), Last: day(49)}}}, []float64{35, 42, 49}},
		{"gone for one crawl", stands(3, 20, 22, 40), weekly, Life{Stays: []Stay{{First: day(7), Last: day(35), Missed: day(42)}}}, []float64{7, 14, 21, 28, 35}},
		{"gone for just the grace", stands(3, 8, 35, 40), weekly, Life{Stays: []Stay{{First: day(7), Last: day(35), Missed: day(42)}}}, []float64{7, 14, 21, 28, 35}},
		{"gone for longer than the grace", stands(3, 8, 36, 43), weekly, Life{Stays: []Stay{{First: day(7), Last: day(7), Missed: day(14)}, {First: day(42), Last: day(42), Missed: day(49)}}}, []float64{7, 42}},
		{"an outage hides, and misses nothing", stands(3, 45), days(0, 7, 42, 49), Life{Stays: []Stay{{First: day(7), Last: day(42), Missed: day(49)}}}, []float64{7, 14, 21, 28, 35, 42}},
		{"closed during an outage", stands(3, 20), days(0, 7, 42), Life{Stays: []Stay{{First: day(7), Last: day(7), Missed: day(42)}}}, []float64{7}},
		{"on the board's last moment only", stands(49, 50), weekly, Life{Stays: []Stay{{First: day(49), Last: day(49)}}}, []float64{49}},
		{"crawled in the middle of weeks", stands(1, 20), days(3, 10, 17, 24), Life{Stays: []Stay{{First: day(3), Last: day(17), Missed: day(24)}}, Censored: true}, []float64{0, 7, 14}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := c.advert.life(looking(c.advert, c.moments))
			if !ok {
				t.Fatal("not seen")
			}
			var weeks []time.Time
			for _, n := range c.weeks {
				weeks = append(weeks, day(n).Truncate(24*time.Hour))
			}
			if diff := cmp.Diff(weeks, got.open()); diff != "" {
				t.Errorf("weeks (-want +got):\n%s", diff)
			}
			c.want.Advert = got.Advert
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, ok := stands(1, 6).life(looking(stands(1, 6), weekly)); ok {
		t.Error("seen between two crawls")
	}
}
