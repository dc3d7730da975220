package unlisted

import "slices"

// Score is how well predicted phrases agree with the gold ones: strictly, both ends must be the same.
type Score struct {
	Gold, Predicted, Right int
	Precision, Recall, F1  Estimate
}

// Estimate is a share with its 95 % interval.
type Estimate struct{ Value, Low, High float64 }

// bootstrapRounds is how often the bootstrap anew (Efron 1979): enough for two digits of an interval's ends.
const bootstrapRounds = 1000

// Evaluate compares gold and predicted phrases sentence by sentence; both have one list a sentence.
// The intervals are the 2.5th and 97.5th percentile of a bootstrap over sentences with a fixed seed.
func Evaluate(gold, predicted [][]Range) Score {
	type counts struct{ gold, predicted, right int }
	rows := make([]counts, len(gold))
	total := counts{}
	for i := range gold {
		c := counts{gold: len(gold[i]), predicted: len(predicted[i])}
		for _, p := range predicted[i] {
			if slices.Contains(gold[i], p) {
				c.right++
			}
		}
		rows[i] = c
		total.gold += c.gold
		total.predicted += c.predicted
		total.right += c.right
	}
	s := Score{Gold: total.gold, Predicted: total.predicted, Right: total.right}
	s.Precision.Value, s.Recall.Value, s.F1.Value = rates(total.gold, total.predicted, total.right)
	if len(rows) == 0 {
		return s
	}
	rnd := random(1)
	ps, rs, fs := make([]float64, bootstrapRounds), make([]float64, bootstrapRounds), make([]float64, bootstrapRounds)
	for b := range bootstrapRounds {
		var t counts
		for range rows {
			c := rows[rnd.below(len(rows))]
			t.gold += c.gold
			t.predicted += c.predicted
			t.right += c.right
		}
		ps[b], rs[b], fs[b] = rates(t.gold, t.predicted, t.right)
	}
	s.Precision.interval(ps)
	s.Recall.interval(rs)
	s.F1.interval(fs)
	return s
}

func rates(gold, predicted, right int) (precision, recall, f1 float64) {
	if predicted > 0 {
		precision = float64(right) / float64(predicted)
	}
	if gold > 0 {
		recall = float64(right) / float64(gold)
	}
	if gold+predicted > 0 {
		f1 = 2 * float64(right) / float64(gold+predicted)
	}
	return precision, recall, f1
}

// interval sets the ends to the middle 95 % of xs.
func (e *Estimate) interval(xs []float64) {
	slices.Sort(xs)
	e.Low, e.High = xs[len(xs)*25/1000], xs[len(xs)*975/1000-1]
}
