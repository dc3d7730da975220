package measure

// negligible is the probability, of the mode's, below which a tail is not followed further: all that is
// cut off is far below the rounding of what is kept.
const negligible = 1e-25

// hypergeometric is the distribution of how many of so many draws without replacement are marked: p[i]
// is the probability of first + i, without negligible tails. It needs 0 <= marked, draws <= population.
//
// Ratios of neighbours from the mode, divided by their sum, keep all digits, where a difference of
// log-gammas would lose one for each digit of the population.
func hypergeometric(population, marked, draws int64) (first int64, p []float64) {
	low, high := max(0, draws+marked-population), min(marked, draws)
	mode := min(max((draws+1)*(marked+1)/(population+2), low), high)
	var below []float64 // mode - 1, mode - 2, ...
	for k, q := mode, 1.0; k > low && q > negligible; k-- {
		q *= float64(k) * float64(population-marked-draws+k) / (float64(marked-k+1) * float64(draws-k+1))
		below = append(below, q)
	}
	first = mode - int64(len(below))
	p = make([]float64, len(below), len(below)+16)
	sum := 0.0
	for i := range below {
		p[i] = below[len(below)-1-i]
		sum += p[i]
	}
	p = append(p, 1)
	sum++
	for k, q := mode, 1.0; k < high && q > negligible; k++ {
		q *= float64(marked-k) * float64(draws-k) / (float64(k+1) * float64(population-marked-draws+k+1))
		p = append(p, q)
		sum += q
	}
	for i := range p {
		p[i] /= sum
	}
	return first, p
}
