package judge

import (
	"errors"
	"math"

	"github.com/rolescope/rolescope/internal/planted"
	"github.com/rolescope/rolescope/trend/measure"
)

// Reading is one figure of an answer beside its truth. Without an interval it is undefined.
type Reading struct {
	Value, Low, High, Truth float64
	Defined                 bool
}

// Covers says whether the interval has the truth in it.
func (r Reading) Covers() bool { return r.Defined && r.Low <= r.Truth && r.Truth <= r.High }

// Rises says whether the whole interval is above 0.
func (r Reading) Rises() bool { return r.Defined && r.Low > 0 }

// Answer is what was answered about one market: the slopes per year, and how alike the roles were in
// the last quarter. Naive is the total slope of who has no guards: what the market looks like.
type Answer struct {
	Total, Within, Cosine, Naive Reading
}

// Level is that of the intervals, as trend's is.
const Level = 0.95

// lastQuarter is the span of months whose cosine is asked for.
const lastQuarter = planted.Months - 3

func truths(m *planted.Market) (out Answer, err error) {
	panel, err := m.Truth(true)
	if err != nil {
		return out, err
	}
	all, err := m.Truth(false) // by the last quarter every board is on the panel
	if err != nil {
		return out, err
	}
	out.Total.Truth, out.Within.Truth, out.Cosine.Truth = panel.Total, panel.Within, all.Cosine(lastQuarter, planted.Months)
	return out, nil
}

// Count answers from the market itself.
func Count(m *planted.Market) (Answer, error) {
	out, err := truths(m)
	if err != nil {
		return out, err
	}
	a, b := Cells(m, 0)
	if err := out.slopes(a, b); err != nil {
		return out, err
	}
	a, b = Cells(m, lastQuarter)
	x, y := Naive(m)
	var naive Answer
	if err := naive.slopes(x, y); err != nil {
		return out, err
	}
	out.Naive = naive.Total
	if cosine, interval, ok := measure.CosineInterval(a, b, Level); ok {
		out.Cosine.read(cosine, &interval)
	}
	return out, nil
}

// Same says whether two answers about one market are the same but for rounding, their cosines left aside.
func Same(a, b Answer) bool { return same(a.Total, b.Total) && same(a.Within, b.Within) }

func same(a, b Reading) bool {
	near := func(x, y float64) bool { return math.Abs(x-y) < 1e-9 }
	return a.Defined == b.Defined && a.Truth == b.Truth && near(a.Value, b.Value) && near(a.Low, b.Low) && near(a.High, b.High)
}

func (a *Answer) slopes(x, y measure.Role) error {
	fitted, total, within, _, err := measure.SlopeIntervals(x, y, planted.Months, 12, Level)
	if err != nil && !errors.Is(err, measure.ErrUndefined) {
		return err
	}
	a.Total.read(fitted.Total, total)
	a.Within.read(fitted.Within, within)
	return nil
}

func (r *Reading) read(value float64, i *measure.Interval) {
	if r.Value = value; i != nil {
		r.Low, r.High, r.Defined = i.Low, i.High, true
	}
}
