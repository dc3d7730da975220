package unlisted

import (
	"math"
	"slices"
)

// Shape of the word vectors: the usual size for some ten million words.
const (
	contextsMax  = 1000 // the most frequent words, at each offset
	vectorDims   = 64
	vectorRounds = 4
)

// offsets of the neighbours that count, each apart.
var offsets = [...]int{-2, -1, 1, 2}

// sparse is a matrix by rows.
type sparse struct {
	start  []int // of each row in column and value, and one more
	column []int32
	value  []float32
	width  int
}

// neighbours is the matrix of positive pointwise mutual information between words and their
// neighbours (Church and Hanks 1990), with the smoothing of Levy, Goldberg and Dagan 2015.
func (c *Counter) neighbours(ranks []int32, size int) *sparse {
	const edgeOfLine = contextsMax
	counts := map[uint64]uint32{}
	for _, line := range c.lines {
		for i, w := range line {
			r := ranks[w/2]
			if r < 0 {
				continue
			}
			for o, d := range offsets {
				context := int32(edgeOfLine)
				if j := i + d; j >= 0 && j < len(line) {
					if context = ranks[line[j]/2]; context < 0 || context >= contextsMax {
						continue
					}
				}
				counts[uint64(r)<<32|uint64(o*(contextsMax+1)+int(context))]++
			}
		}
	}
	keys := make([]uint64, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	m := &sparse{start: make([]int, size+1), width: len(offsets) * (contextsMax + 1)}
	rows, cols := make([]float64, size), make([]float64, m.width)
	for _, k := range keys {
		rows[k>>32] += float64(counts[k])
		cols[uint32(k)] += float64(counts[k])
	}
	smooth := 0.0
	for i, n := range cols {
		cols[i] = math.Pow(n, 0.75)
		smooth += cols[i]
	}
	for _, k := range keys {
		r, col := k>>32, uint32(k)
		information := math.Log(float64(counts[k]) / rows[r] / (cols[col] / smooth))
		if information > 0 {
			m.column = append(m.column, int32(col))
			m.value = append(m.value, float32(information))
			m.start[r+1] = len(m.column)
		}
	}
	for r := 1; r <= size; r++ {
		m.start[r] = max(m.start[r], m.start[r-1])
	}
	return m
}

// vectors gives each row few dimensions that keep most of it, by subspace iteration (Halko, Martinsson
// and Tropp 2011); dimensions are weighted by the root of their singular values.
func (m *sparse) vectors() [][]float32 {
	rnd := random(7)
	basis, left := matrix(m.width, vectorDims), matrix(len(m.start)-1, vectorDims)
	for _, row := range basis {
		for d := range row {
			row[d] = float64(rnd.next()>>11)/(1<<53) - 0.5
		}
	}
	for range vectorRounds {
		m.times(left, basis)
		orthonormal(left)
		m.transposed(basis, left)
		orthonormal(basis)
	}
	m.times(left, basis)
	lengths := make([]float64, vectorDims)
	for _, row := range left {
		for d, x := range row {
			lengths[d] += x * x
		}
	}
	out := make([][]float32, len(left))
	for i, row := range left {
		out[i] = make([]float32, vectorDims)
		for d, x := range row {
			out[i][d] = float32(x / max(math.Sqrt(math.Sqrt(lengths[d])), tiny))
		}
	}
	return out
}

// tiny keeps divisions by lengths that may be zero harmless.
const tiny = 1e-9

func matrix(rows, cols int) [][]float64 {
	out := make([][]float64, rows)
	for i := range out {
		out[i] = make([]float64, cols)
	}
	return out
}

func (m *sparse) times(out, basis [][]float64) {
	for r, row := range out {
		clear(row)
		for k := m.start[r]; k < m.start[r+1]; k++ {
			v := float64(m.value[k])
			for d, x := range basis[m.column[k]] {
				row[d] += v * x
			}
		}
	}
}

func (m *sparse) transposed(out, left [][]float64) {
	for i := range out {
		clear(out[i])
	}
	for r, row := range left {
		for k := m.start[r]; k < m.start[r+1]; k++ {
			v := float64(m.value[k])
			to := out[m.column[k]]
			for d, x := range row {
				to[d] += v * x
			}
		}
	}
}

// orthonormal makes the columns so (modified Gram-Schmidt).
func orthonormal(a [][]float64) {
	dims := len(a[0])
	dots := make([]float64, dims)
	for d := range dims {
		length := 0.0
		for _, row := range a {
			length += row[d] * row[d]
		}
		length = max(math.Sqrt(length), tiny)
		clear(dots)
		for _, row := range a {
			row[d] /= length
			for e := d + 1; e < dims; e++ {
				dots[e] += row[d] * row[e]
			}
		}
		for _, row := range a {
			for e := d + 1; e < dims; e++ {
				row[e] -= dots[e] * row[d]
			}
		}
	}
}
