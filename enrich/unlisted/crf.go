package unlisted

import "math"

// chain is a linear-chain conditional random field over the labels (Lafferty, McCallum and Pereira
// 2001): a weight for each feature and label, and for each pair of labels that may follow.
type chain struct {
	weights []float64 // by feature*labels + label
	trans   [labels][labels]float64
}

// example is one labelled sentence with its features by number.
type example struct {
	features [][]int32
	gold     []uint8
}

// work is memory for one sentence.
type work struct {
	emit        [][labels]float64
	alpha, beta [][labels]float64
	keep        [][]int32
	transGrad   [labels][labels]float64
	marginals   [][labels]float64
}

func (w *work) grow(n int) {
	if cap(w.emit) < n {
		w.emit = make([][labels]float64, n)
		w.alpha = make([][labels]float64, n)
		w.beta = make([][labels]float64, n)
		w.marginals = make([][labels]float64, n)
	}
	w.emit, w.alpha, w.beta, w.marginals = w.emit[:n], w.alpha[:n], w.beta[:n], w.marginals[:n]
}

var minusInf = math.Inf(-1)

func logSum(xs *[labels]float64) float64 {
	top := minusInf
	for _, x := range xs {
		top = max(top, x)
	}
	if math.IsInf(top, -1) {
		return top
	}
	sum := 0.0
	for _, x := range xs {
		if x != minusInf {
			sum += math.Exp(x - top)
		}
	}
	return top + math.Log(sum)
}

// score fills in the emissions from the kept features.
func (c *chain) score(w *work, features [][]int32) {
	w.grow(len(features))
	for i, fs := range features {
		e := [labels]float64{}
		for _, f := range fs {
			row := c.weights[int(f)*labels : int(f)*labels+labels]
			for y := range labels {
				e[y] += row[y]
			}
		}
		w.emit[i] = e
	}
}

// infer runs forward and backward, fills the marginals and transGrad with expectations and returns
// the log of the partition sum.
func (c *chain) infer(w *work) float64 {
	n := len(w.emit)
	var xs [labels]float64
	for y := range labels {
		w.alpha[0][y] = minusInf
		if mayStart(y) {
			w.alpha[0][y] = w.emit[0][y]
		}
		w.beta[n-1][y] = minusInf
		if mayEnd(y) {
			w.beta[n-1][y] = 0
		}
	}
	for i := 1; i < n; i++ {
		for y := range labels {
			for x := range labels {
				xs[x] = minusInf
				if follows(x, y) {
					xs[x] = w.alpha[i-1][x] + c.trans[x][y]
				}
			}
			w.alpha[i][y] = logSum(&xs) + w.emit[i][y]
		}
	}
	for i := n - 2; i >= 0; i-- {
		for x := range labels {
			for y := range labels {
				xs[y] = minusInf
				if follows(x, y) {
					xs[y] = c.trans[x][y] + w.emit[i+1][y] + w.beta[i+1][y]
				}
			}
			w.beta[i][x] = logSum(&xs)
		}
	}
	for y := range labels {
		xs[y] = w.alpha[n-1][y] + w.beta[n-1][y]
	}
	z := logSum(&xs)
	w.transGrad = [labels][labels]float64{}
	for i := range n {
		for y := range labels {
			w.marginals[i][y] = math.Exp(w.alpha[i][y] + w.beta[i][y] - z)
			if i == 0 {
				continue
			}
			for x := range labels {
				if follows(x, y) {
					w.transGrad[x][y] += math.Exp(w.alpha[i-1][x] + c.trans[x][y] + w.emit[i][y] + w.beta[i][y] - z)
				}
			}
		}
	}
	return z
}

// gradient fills in the gradient of the loss (minus the log-likelihood) of one example: in
// w.marginals by token and label, in w.transGrad by pair. It returns the loss.
func (c *chain) gradient(w *work, features [][]int32, gold []uint8) float64 {
	c.score(w, features)
	z := c.infer(w)
	path := 0.0
	for i, y := range gold {
		path += w.emit[i][y]
		w.marginals[i][y]--
		if i > 0 {
			path += c.trans[gold[i-1]][y]
			w.transGrad[gold[i-1]][y]--
		}
	}
	return z - path
}
