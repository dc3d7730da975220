package measure

import (
	"cmp"
	"math"
	"slices"
)

// Lifetime is N vacancies of one employer that were open for so many days: until they were Closed, or
// until they were last seen open (censored). What has N < 1 or Days < 0 is ignored.
type Lifetime struct {
	Employer string
	Days     int
	Closed   bool
	N        int
}

// Survival is one step of a Kaplan-Meier curve: of AtRisk vacancies open for Day days, Closed closed on
// that day; S is the fraction that is open for longer, with its interval.
type Survival struct {
	Day, AtRisk, Closed int
	S                   float64
	Low, High           *float64
}

// KaplanMeier is the Kaplan-Meier estimate (1958) S(t) = product over days d <= t of (1 - closed_d / at
// risk_d), one step for each day on which something closed; what is censored on a day is at risk on it. The
// median is the first day with S <= 1/2, nil when S stays above. Intervals are log(-log S) -/+ q se, carried
// back, with q and se of the Jackknife over employers; nil where it gives none, which includes where S, or
// that without some employer, is 0 or 1 or nobody is at risk. medianLow and medianHigh are the first days on
// which Low and High are at most 1/2, nil when there is none.
func KaplanMeier(lifetimes []Lifetime, level float64) (curve []Survival, median *float64, medianLow, medianHigh *float64) {
	sorted := slices.DeleteFunc(slices.Clone(lifetimes), func(l Lifetime) bool { return l.N < 1 || l.Days < 0 })
	slices.SortFunc(sorted, func(a, b Lifetime) int {
		return cmp.Or(cmp.Compare(a.Employer, b.Employer), cmp.Compare(a.Days, b.Days))
	})
	var days []int
	for _, l := range sorted {
		if l.Closed {
			days = append(days, l.Days)
		}
	}
	slices.Sort(days)
	days = slices.Compact(days)
	all := stepsOf(sorted, days)
	s := 1.0
	for i, d := range days {
		s *= 1 - float64(all.closed[i])/float64(all.atRisk[i])
		curve = append(curve, Survival{Day: d, AtRisk: all.atRisk[i], Closed: all.closed[i], S: s})
	}
	bounds(curve, sorted, all, level)
	median = first(curve, func(s *Survival) *float64 { return &s.S })
	medianLow = first(curve, func(s *Survival) *float64 { return s.Low })
	medianHigh = first(curve, func(s *Survival) *float64 { return s.High })
	return curve, median, medianLow, medianHigh
}

// first is the first day with a value of at most 1/2.
func first(curve []Survival, value func(*Survival) *float64) *float64 {
	for i := range curve {
		if v := value(&curve[i]); v != nil && *v <= 0.5+tiny {
			day := float64(curve[i].Day)
			return &day
		}
	}
	return nil
}

// steps are how many were at risk and closed on each of some days.
type steps struct{ atRisk, closed []int }

// stepsOf counts lifetimes on days, which are ascending and include every day of a closing.
func stepsOf(lifetimes []Lifetime, days []int) steps {
	s := steps{atRisk: make([]int, len(days)), closed: make([]int, len(days))}
	for _, l := range lifetimes {
		i, found := slices.BinarySearch(days, l.Days)
		if found {
			i++
			if l.Closed {
				s.closed[i-1] += l.N
			}
		}
		if i > 0 {
			s.atRisk[i-1] += l.N // and on all days before
		}
	}
	for i := len(days) - 2; i >= 0; i-- {
		s.atRisk[i] += s.atRisk[i+1]
	}
	return s
}

// bounds sets Low and High of a curve; lifetimes are sorted by employer.
func bounds(curve []Survival, lifetimes []Lifetime, all steps, level float64) {
	days := make([]int, len(curve))
	for i, s := range curve {
		days[i] = s.Day
	}
	without := make([][]float64, len(curve)) // log(-log S) by day and employer; NaN is undefined
	var sizes []int
	for from := 0; from < len(lifetimes); {
		to, size := from, 0
		for to < len(lifetimes) && lifetimes[to].Employer == lifetimes[from].Employer {
			size += lifetimes[to].N
			to++
		}
		sizes = append(sizes, size)
		mine := stepsOf(lifetimes[from:to], days)
		from = to
		s := 1.0
		for i := range curve {
			atRisk, closed := all.atRisk[i]-mine.atRisk[i], all.closed[i]-mine.closed[i]
			if atRisk == 0 {
				s = math.NaN()
			} else {
				s *= 1 - float64(closed)/float64(atRisk)
			}
			without[i] = append(without[i], logLog(s))
		}
	}
	for i := range curve {
		theta := logLog(curve[i].S)
		interval, ok := IntervalOf(theta, without[i], [][]int{sizes}, level)
		half := interval.High - interval.Centre
		if !ok || math.IsNaN(half) {
			continue
		}
		low, high := math.Exp(-math.Exp(theta+half)), math.Exp(-math.Exp(theta-half))
		curve[i].Low, curve[i].High = &low, &high
	}
}

// logLog is log(-log s), NaN unless 0 < s < 1.
func logLog(s float64) float64 {
	if s > 0 && s < 1 {
		return math.Log(-math.Log(s))
	}
	return math.NaN()
}
