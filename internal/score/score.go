// Package score says how good labels are: precision, recall and F1 with 95% intervals, macro-F1 and
// the confusion of classes, agreement of two readers. It is arithmetic over counts: it reads no
// files, draws with a stated seed, and knows nothing of postings. cmd/rolescope's eval calls it.
package score

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// z is the normal quantile of a two-sided 95% interval.
const z = 1.959963984540054

// Resamples and Seed are of every bootstrap here. With 2,000 draws the ends of an interval are
// steady to about a hundredth of its width; with one seed they are the same in every run.
const (
	Resamples = 2000
	Seed      = 20260923
)

// Estimate is a share with its 95% interval; N is what it is a share of. With N = 0 nothing is known.
type Estimate struct {
	Value, Low, High float64
	N                int
}

// MarshalJSON writes {"value","low","high","n"} to four decimals; null when nothing is known.
func (e Estimate) MarshalJSON() ([]byte, error) {
	if e.N == 0 {
		return []byte("null"), nil
	}
	return fmt.Appendf(nil, `{"value":%s,"low":%s,"high":%s,"n":%d}`, decimals(e.Value), decimals(e.Low), decimals(e.High), e.N), nil
}

func decimals(v float64) string {
	b, _ := json.Marshal(math.Round(v*1e4) / 1e4) // a share is always a number
	return string(b)
}

// Wilson is the score interval of k of n (Wilson, J. Am. Stat. Assoc. 22, 1927): right for
// independent trials, also where k is 0 or n.
func Wilson(k, n int) Estimate {
	if n == 0 {
		return Estimate{}
	}
	p, m := float64(k)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Estimate{Value: p, Low: min(p, max(0, centre-half)), High: max(p, min(1, centre+half)), N: n}
}

// Counts are the finds that were right (TP), those that were wrong (FP) and what was not found (FN).
type Counts struct {
	TP int `json:"tp"`
	FP int `json:"fp"`
	FN int `json:"fn"`
}

// Plus is the sum of both.
func (c Counts) Plus(d Counts) Counts { return Counts{c.TP + d.TP, c.FP + d.FP, c.FN + d.FN} }

// Rates are the three figures of Counts.
type Rates struct {
	Counts
	Precision Estimate `json:"precision"`
	Recall    Estimate `json:"recall"`
	F1        Estimate `json:"f1"`
}

// Of has Wilson's intervals, for finds that are independent of each other. F1 is 2J/(1+J) of the
// share J = TP/(TP+FP+FN), so its ends are those of J carried over.
func Of(c Counts) Rates {
	f := Wilson(c.TP, c.TP+c.FP+c.FN)
	if f.N > 0 {
		f.Value, f.Low, f.High = 2*f.Value/(1+f.Value), 2*f.Low/(1+f.Low), 2*f.High/(1+f.High)
	}
	return Rates{Counts: c, Precision: Wilson(c.TP, c.TP+c.FP), Recall: Wilson(c.TP, c.TP+c.FN), F1: f}
}

// Bootstrap has percentile intervals over units drawn with replacement, for finds that come in
// postings: those of one posting stand and fall together. Where every draw gives the same figure,
// as when all are right, the interval is Wilson's.
func Bootstrap(units []Counts) Rates {
	var sum Counts
	for _, u := range units {
		sum = sum.Plus(u)
	}
	out := Of(sum)
	if len(units) < 2 {
		return out
	}
	rng := rand.New(rand.NewPCG(Seed, uint64(len(units))))
	var draws [3][]float64
	for range Resamples {
		var c Counts
		for range units {
			c = c.Plus(units[rng.IntN(len(units))])
		}
		for i, of := range [3][2]int{{c.TP, c.TP + c.FP}, {c.TP, c.TP + c.FN}, {2 * c.TP, 2*c.TP + c.FP + c.FN}} {
			if of[1] > 0 {
				draws[i] = append(draws[i], float64(of[0])/float64(of[1]))
			}
		}
	}
	for i, e := range []*Estimate{&out.Precision, &out.Recall, &out.F1} {
		e.spread(draws[i])
	}
	return out
}

// spread takes the middle 95% of draws as the interval, unless they are all the same.
func (e *Estimate) spread(draws []float64) {
	if len(draws) == 0 {
		return
	}
	slices.Sort(draws)
	low, high := draws[len(draws)*25/1000], draws[min(len(draws)-1, len(draws)*975/1000)]
	if low < high {
		e.Low, e.High = min(low, e.Value), max(high, e.Value)
	}
}
