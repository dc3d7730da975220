package ledger

import (
	"fmt"
	"math"
	"slices"

	"github.com/rolescope/rolescope/internal/planted/onset"
	"github.com/rolescope/rolescope/trend"
)

// Slice is what several readings of one scene say together.
type Slice struct {
	Scene      string                          `json:"scene"`
	Through    string                          `json:"through"` // store, or memory: by a second implementation, without one
	Seeds      []uint64                        `json:"seeds"`
	Unit       trend.Period                    `json:"unit"`
	Units      int                             `json:"units"` // of each market
	Employers  int                             `json:"employers"`
	Vacancies  int                             `json:"vacancies"` // of all
	Looks      int                             `json:"looks"`     // evaluations that answered
	Refused    int                             `json:"refused"`
	Onsets     int                             `json:"onsets"`
	Adopted    Recall                          `json:"adopted"` // onsets that 10 or more employers took up in 26 weeks
	ByFamily   map[onset.Family]Recall         `json:"by_family,omitempty"`
	ByFinal    map[string]Recall               `json:"by_final_share,omitempty"`
	ByRamp     map[string]Recall               `json:"by_ramp,omitempty"`
	Told       int                             `json:"told"` // categories
	False      int                             `json:"false"`
	Per12Weeks float64                         `json:"false_per_12_weeks"`
	PerYear    float64                         `json:"false_per_year"`
	FalseTold  []Told                          `json:"false_told,omitempty"`
	Q          float64                         `json:"q"`        // nominal false discovery rate of a family at a look
	Families   map[trend.Family]onset.Rejected `json:"families"` // what the tests rejected
}

// Recall is how many of some onsets were told of within 26 weeks, and how long after the first week of their ramp.
type Recall struct {
	Of     int     `json:"of"`
	Found  int     `json:"found"`
	Recall float64 `json:"recall"`
	Delay  float64 `json:"delay_median_weeks"`
	Slow   float64 `json:"delay_p90_weeks"`
	Third  float64 `json:"delay_from_third_employer_median_weeks"`
	Delays []int   `json:"delays_weeks,omitempty"`
	thirds []int
}

const (
	adoptersMin = 10
	foundWithin = 26
)

func (r Recall) add(f onset.Found, m *onset.Market) Recall {
	r.Of++
	if d := f.Delay(m); f.At >= 0 && d <= foundWithin {
		r.Found++
		r.Delays, r.thirds = append(r.Delays, d), append(r.thirds, f.At-f.Third)
	}
	r.Recall = math.Round(1e4*float64(r.Found)/float64(r.Of)) / 1e4
	r.Delay, r.Slow, r.Third = quantile(r.Delays, 0.5), quantile(r.Delays, 0.9), quantile(r.thirds, 0.5)
	return r
}

func quantile(values []int, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return float64(sorted[low]) + (at-float64(low))*float64(sorted[high]-sorted[low])
}

// Summarise joins readings of one scene.
func Summarise(readings ...Reading) Slice {
	s := Slice{
		ByFamily: map[onset.Family]Recall{}, ByFinal: map[string]Recall{}, ByRamp: map[string]Recall{},
		Q: trend.EmergingQ, Families: map[trend.Family]onset.Rejected{},
	}
	weeks := 0
	for _, r := range readings {
		m := r.market
		s.Scene, s.Through, s.Unit, s.Units, s.Employers = string(r.Scene), r.Through, r.Unit, r.Units, len(m.Employers)
		s.Seeds, s.Vacancies, s.Looks, s.Refused = append(s.Seeds, r.Seed), s.Vacancies+r.Vacancies, s.Looks+r.Looks, s.Refused+r.Refused
		s.Told, s.False, s.FalseTold = s.Told+r.Told, s.False+len(r.False), append(s.FalseTold, r.False...)
		weeks += r.Looks * weeksOf(r.Unit)
		for family, rejected := range r.Families {
			s.Families[family] = s.Families[family].Join(rejected)
		}
		for _, f := range r.Found {
			s.Onsets++
			if f.Adopters < adoptersMin {
				continue
			}
			o := m.Onsets[f.Onset]
			s.Adopted = s.Adopted.add(f, m)
			s.ByFamily[o.Family] = s.ByFamily[o.Family].add(f, m)
			final := "0.2-0.5%"
			if o.Final >= 0.01 {
				final = "1-2%"
			} else if o.Final >= 0.005 {
				final = "0.5-1%"
			}
			s.ByFinal[final] = s.ByFinal[final].add(f, m)
			ramp := "8-16 weeks"
			if o.Ramp > 16 {
				ramp = "17-26 weeks"
			}
			s.ByRamp[ramp] = s.ByRamp[ramp].add(f, m)
		}
	}
	if weeks > 0 {
		s.Per12Weeks, s.PerYear = 12*float64(s.False)/float64(weeks), 52*float64(s.False)/float64(weeks)
	}
	return s
}

func weeksOf(unit trend.Period) int {
	if unit == trend.Month {
		return weeksPerMonth
	}
	return 1
}

// weeksPerMonth is how many weeks a month stands for, in figures of markets that are looked at by month.
const weeksPerMonth = 4

// Of issue 8: what a detector has to reach in simulated markets.
const (
	recallMin     = 0.9
	delayMax      = 8
	per12WeeksMax = 1
)

// Missed says which of its targets a slice does not reach. Confounders may not tell anything false; a real background has
// no target.
func (s Slice) Missed() (out []string) {
	miss := func(format string, args ...any) { out = append(out, s.Scene+": "+fmt.Sprintf(format, args...)) }
	if s.Looks == 0 {
		miss("no evaluation answered")
	}
	switch {
	case s.Scene == string(Plain) && s.Unit == trend.Week:
		if s.Adopted.Of > 0 && s.Adopted.Recall < recallMin {
			miss("recall %.3f, want %.2f", s.Adopted.Recall, recallMin)
		}
		if s.Adopted.Delay > delayMax {
			miss("median delay %.1f weeks, want %d", s.Adopted.Delay, delayMax)
		}
		if s.Per12Weeks > per12WeeksMax {
			miss("%.2f false terms in 12 weeks, want %d", s.Per12Weeks, per12WeeksMax)
		}
	case s.Unit == trend.Week && s.False > 0:
		miss("%d alerts, want none", s.False)
	}
	return out
}
