package unlisted

import "math"

// clusterRounds of k-means: after these hardly a word moves.
const clusterRounds = 12

// clusters groups vectors by direction (spherical k-means, Dhillon and Modha 2001) and numbers the
// groups from 1. The vectors stand from the most to the least frequent word.
func clusters(vectors [][]float32, groups int) []uint16 {
	unit := make([][]float32, len(vectors))
	for i, v := range vectors {
		unit[i] = append([]float32(nil), v...)
		normalise(unit[i])
	}
	groups = min(groups, len(unit))
	centres := make([][]float32, groups)
	rnd := random(11)
	for g := range centres {
		// Centres begin at frequent words, whose vectors are the surest.
		centres[g] = append([]float32(nil), unit[rnd.below(min(len(unit), 8*groups))]...)
	}
	of := make([]uint16, len(unit))
	for range clusterRounds {
		sums := make([][]float32, groups)
		for i, v := range unit {
			g := nearest(v, centres)
			of[i] = uint16(g + 1)
			if sums[g] == nil {
				sums[g] = make([]float32, len(v))
			}
			for d, x := range v {
				sums[g][d] += x
			}
		}
		for g, sum := range sums {
			if sum != nil {
				normalise(sum)
				centres[g] = sum
			}
		}
	}
	return of
}

// nearest is the centre of the largest dot product; the first of equals.
func nearest(v []float32, centres [][]float32) int {
	best, at := float32(math.Inf(-1)), 0
	for g, centre := range centres {
		dot := float32(0)
		for d, x := range v {
			dot += x * centre[d]
		}
		if dot > best {
			best, at = dot, g
		}
	}
	return at
}

func normalise(v []float32) {
	sum := float32(0)
	for _, x := range v {
		sum += x * x
	}
	length := max(float32(math.Sqrt(float64(sum))), tiny)
	for d := range v {
		v[d] /= length
	}
}
