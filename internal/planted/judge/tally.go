package judge

import "math"

// Figure is one figure of many markets.
type Figure struct {
	Truth   float64 `json:"truth"`
	Mean    float64 `json:"mean"`
	SD      float64 `json:"sd"` // over markets
	Covered int     `json:"covered"`
	Rises   int     `json:"above_0"` // whole interval above 0
	Defined int     `json:"defined"` // with an interval
}

// Tally is how many of many markets of one kind were answered rightly.
type Tally struct {
	Markets int    `json:"markets"`
	Total   Figure `json:"total"`
	Within  Figure `json:"within"`
	Cosine  Figure `json:"cosine_last_quarter"`
	Naive   Figure `json:"naive_total"`
}

// Sum adds answers up.
func Sum(answers []Answer) Tally {
	figure := func(of func(Answer) Reading) (f Figure) {
		sum, squares := 0.0, 0.0
		for _, a := range answers {
			r := of(a)
			f.Truth = r.Truth
			if !r.Defined {
				continue
			}
			f.Defined++
			sum += r.Value
			squares += r.Value * r.Value
			if r.Covers() {
				f.Covered++
			}
			if r.Rises() {
				f.Rises++
			}
		}
		if n := float64(f.Defined); n > 0 {
			f.Mean = sum / n
			f.SD = math.Sqrt(max(0, squares/n-f.Mean*f.Mean))
		}
		return f
	}
	return Tally{
		Markets: len(answers),
		Total:   figure(func(a Answer) Reading { return a.Total }),
		Within:  figure(func(a Answer) Reading { return a.Within }),
		Cosine:  figure(func(a Answer) Reading { return a.Cosine }),
		Naive:   figure(func(a Answer) Reading { return a.Naive }),
	}
}
