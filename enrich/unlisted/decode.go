package unlisted

import (
	"math"
	"slices"
)

// Scores of a model are whole numbers, so that every machine finds the same phrases; unit of them
// are one of log-odds. Sums over paths are kept in fine of them.
const (
	unit = 64
	fine = 1024
)

// impossible is far below the log of any sum over paths: a sentence has at most sentenceWordsMax
// words, each of under 200 features of at most 127.
const impossible = -1 << 40

// phraseMax is the longest phrase that is found, in words. The labelled ones have up to ten.
const phraseMax = 12

// certain is the probability of what is sure: probabilities are whole numbers too.
const certain = 1 << 20

// lattice is memory for finding the phrases of one kind in one sentence.
type lattice struct {
	emit     [][labels]int64
	cut      []bool // no phrase goes on into this word
	forward  [][labels]int64
	backward [][labels]int64
	best     []bestEnd
	found    []found
}

// found is one phrase with its probability, in parts of certain.
type found struct {
	Range
	probability int
}

// bestEnd is the best choice of phrases among the words before a place: its worth, and the last of
// them if it ends here.
type bestEnd struct {
	worth int
	last  found // To is 0 if none ends here
}

func (l *lattice) grow(n int) {
	if cap(l.emit) < n {
		l.emit, l.cut = make([][labels]int64, n), make([]bool, n)
		l.forward, l.backward = make([][labels]int64, n), make([][labels]int64, n)
		l.best = make([]bestEnd, n+1)
	}
	l.emit, l.cut, l.forward, l.backward, l.best = l.emit[:n], l.cut[:n], l.forward[:n], l.backward[:n], l.best[:n+1]
}

// adder adds numbers that are given by their logs, in parts of fine: by table, so that every machine
// gives the same sum.
type adder [8 * fine / adderStep]int16

// adderStep is how many differences share an entry; beyond the table the smaller number is nothing.
const adderStep = 4

func newAdder() *adder {
	var a adder
	for i := range a {
		a[i] = int16(math.Round(fine * math.Log1p(math.Exp(-(float64(i)+0.5)*adderStep/fine))))
	}
	return &a
}

func (a *adder) add(x, y int64) int64 {
	if x < y {
		x, y = y, x
	}
	if d := (x - y) / adderStep; d < int64(len(a)) {
		return x + int64(a[d])
	}
	return x
}

// sum fills in the logs of the sums over all labellings up to and from each label of each word
// (forward and backward, Rabiner 1989), and returns that over all.
func (l *lattice) sum(a *adder, trans *[labels][labels]int64) int64 {
	n := len(l.emit)
	for y := range labels {
		l.forward[0][y], l.backward[n-1][y] = impossible, impossible
		if mayStart(y) {
			l.forward[0][y] = l.emit[0][y]
		}
		if mayEnd(y) {
			l.backward[n-1][y] = 0
		}
	}
	for i := 1; i < n; i++ {
		for y := range labels {
			sum := int64(impossible)
			for x := range labels {
				if l.may(i, x, y) && l.forward[i-1][x] > impossible {
					sum = a.add(sum, l.forward[i-1][x]+trans[x][y])
				}
			}
			if sum > impossible {
				sum += l.emit[i][y]
			}
			l.forward[i][y] = sum
		}
	}
	for i := n - 2; i >= 0; i-- {
		for x := range labels {
			sum := int64(impossible)
			for y := range labels {
				if l.may(i+1, x, y) && l.backward[i+1][y] > impossible {
					sum = a.add(sum, trans[x][y]+l.emit[i+1][y]+l.backward[i+1][y])
				}
			}
			l.backward[i][x] = sum
		}
	}
	all := int64(impossible)
	for y := range labels {
		if l.forward[n-1][y] > impossible && mayEnd(y) {
			all = a.add(all, l.forward[n-1][y])
		}
	}
	return all
}

// may tells whether y may stand at word i after x.
func (l *lattice) may(i, x, y int) bool {
	return follows(x, y) && (!l.cut[i] || y != labelI && y != labelE)
}

// decode fills in found: the phrases that are more probable than the threshold, and of those that
// overlap the ones whose probabilities above it have the largest sum. The labelling that is most probable
// as a whole, which Viterbi's algorithm finds, is not the one that gets most phrases right.
func (l *lattice) decode(a *adder, trans *[labels][labels]int64, threshold int) {
	n := len(l.emit)
	all := l.sum(a, trans)
	clear(l.best)
	least := int64(math.Floor(fine * math.Log(float64(threshold)/certain)))
	end := func(from, to int, log int64) {
		if log -= all; log < least {
			return
		}
		p := int(math.Round(certain * math.Exp(float64(min(log, 0))/fine)))
		if worth := l.best[from].worth + p - threshold; worth > l.best[to].worth {
			l.best[to] = bestEnd{worth, found{Range{from, to}, p}}
		}
	}
	for i := range n {
		l.skip(i)
		end(i, i+1, l.forward[i][labelS]+l.backward[i][labelS])
		path, x := l.forward[i][labelB], labelB
		if path+l.backward[i][labelB]-all < least {
			continue // no phrase that begins here can be probable enough
		}
		for j := i + 1; j < min(n, i+phraseMax) && !l.cut[j]; j++ {
			end(i, j+1, path+trans[x][labelE]+l.emit[j][labelE]+l.backward[j][labelE])
			path, x = path+trans[x][labelI]+l.emit[j][labelI], labelI
		}
	}
	l.skip(n)
	l.found = l.found[:0]
	for at := n; at > 0; {
		if last := l.best[at].last; last.To > 0 {
			l.found = append(l.found, last)
			at = last.From
		} else {
			at--
		}
	}
	slices.Reverse(l.found)
}

// skip leaves the word before place i outside if that is no worse than the best phrase that ends there.
func (l *lattice) skip(i int) {
	if i > 0 && l.best[i-1].worth >= l.best[i].worth {
		l.best[i] = bestEnd{worth: l.best[i-1].worth}
	}
}
