package measure

import "fmt"

// Trend is how the similarity S(u) of two roles' fitted shares moves: the slopes of the least-squares
// lines through S(0), S(1), ..., per year, in units of the cosine (0.02 means two hundredths a year
// towards each other). Total fits each role's shares by one line, Within by one with an intercept for
// each employer, and Between is Total less Within: what the changed mix of employers did.
type Trend struct {
	Total, Within, Between float64
	TotalAt, WithinAt      []float64 // S(u) at each period; nil where undefined
}

// Slope fits the Trend of roles a and b over periods 0 to periods-1, perYear of which are a year (12 for
// months). ErrUndefined, with the reason, when a role is not seen in two periods (within: no employer
// of it is), some V(u) is not above 0, there are fewer than two periods, or a cell is of none of them;
// when only one of the two slopes is undefined, the other and its S are still in the Trend.
func Slope(a, b Role, periods int, perYear float64) (Trend, error) {
	trend, _, _, err := slopes(a, b, periods, perYear)
	return trend, err
}

// SlopeIntervals is Slope with the Jackknife intervals of its three slopes, in one pass over the counts:
// taking an employer out changes the sums at its own skills only. An interval is nil when its slope is
// undefined, with all employers or without some one, or a role has fewer than EmployersMin employers.
func SlopeIntervals(a, b Role, periods int, perYear, level float64) (trend Trend, total, within, between *Interval, err error) {
	trend, totals, withins, err := slopes(a, b, periods, perYear)
	if totals == nil && withins == nil {
		return trend, nil, nil, nil, err
	}
	var sizes [][]int
	deleted := func(l *lines) []float64 {
		if l == nil {
			return nil
		}
		sizes = l.book.sizes(2)
		if !enough(sizes, level) {
			return nil
		}
		values := make([]float64, len(l.book.firms))
		for c := range values {
			at, err := l.without(c).similarities(periods)
			if err != nil {
				return nil
			}
			values[c] = leastSquares(at) * perYear
		}
		return values
	}
	interval := func(value float64, without []float64) *Interval {
		if without == nil {
			return nil
		}
		if i, ok := IntervalOf(value, without, sizes, level); ok {
			return &i
		}
		return nil
	}
	withoutTotal, withoutWithin := deleted(totals), deleted(withins)
	total, within = interval(trend.Total, withoutTotal), interval(trend.Within, withoutWithin)
	if total != nil && within != nil {
		for c, v := range withoutWithin {
			withoutTotal[c] -= v
		}
		between = interval(trend.Between, withoutTotal)
	}
	return trend, total, within, between, err
}

// slopes fits both models; one whose slope is undefined is nil.
func slopes(a, b Role, periods int, perYear float64) (trend Trend, total, within *lines, err error) {
	if periods < 2 {
		return trend, nil, nil, fmt.Errorf("%w: a slope over %d periods", ErrUndefined, periods)
	}
	for _, role := range []Role{a, b} {
		for _, cell := range role {
			if cell.Period < 0 || cell.Period >= periods {
				return trend, nil, nil, fmt.Errorf("%w: period %d is not one of 0 to %d", ErrUndefined, cell.Period, periods-1)
			}
		}
	}
	bk := bookOf(a, b)
	total, within = linesOf(bk, false), linesOf(bk, true)
	trend.TotalAt, err = total.similarities(periods)
	if err != nil {
		total, err = nil, fmt.Errorf("total: %w", err)
	} else {
		trend.Total = leastSquares(trend.TotalAt) * perYear
	}
	var errWithin error
	trend.WithinAt, errWithin = within.similarities(periods)
	if errWithin != nil {
		within = nil
		if err == nil {
			err = fmt.Errorf("within: %w", errWithin)
		}
	} else {
		trend.Within = leastSquares(trend.WithinAt) * perYear
	}
	if err == nil {
		trend.Between = trend.Total - trend.Within
	}
	return trend, total, within, err
}

// leastSquares is the slope of the line through (0, y0), (1, y1), ...
func leastSquares(y []float64) float64 {
	middle := float64(len(y)-1) / 2
	var xy, xx float64
	for t, v := range y {
		x := float64(t) - middle
		xy += x * v
		xx += x * x
	}
	return xy / xx
}
