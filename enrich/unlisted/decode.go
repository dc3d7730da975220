package unlisted

// Scores of a model are whole numbers, so that every machine finds the same phrases; unit of them
// are one of log-odds.
const unit = 64

// impossible is far below the score of any path: a sentence has at most sentenceWordsMax words, each
// of under 200 features of at most 127.
const impossible = -1 << 30

// lattice is memory for finding the best labels of one sentence.
type lattice struct {
	emit     [][labels]int32
	cut      []bool // no phrase goes on into this word
	forward  [][labels]int32
	backward [][labels]int32
	path     []uint8
}

func (l *lattice) grow(n int) {
	if cap(l.emit) < n {
		l.emit, l.cut = make([][labels]int32, n), make([]bool, n)
		l.forward, l.backward = make([][labels]int32, n), make([][labels]int32, n)
		l.path = make([]uint8, n)
	}
	l.emit, l.cut, l.forward, l.backward, l.path = l.emit[:n], l.cut[:n], l.forward[:n], l.backward[:n], l.path[:n]
}

// decode fills in the best path (Viterbi 1967); of equal ones the one with the lower labels at the
// end. forward and backward are the scores of the best paths up to and from each label.
func (l *lattice) decode(trans *[labels][labels]int32) {
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
			best := int32(impossible)
			for x := range labels {
				if l.may(i, x, y) && l.forward[i-1][x] > impossible {
					best = max(best, l.forward[i-1][x]+trans[x][y])
				}
			}
			if best > impossible {
				best += l.emit[i][y]
			}
			l.forward[i][y] = best
		}
	}
	for i := n - 2; i >= 0; i-- {
		for x := range labels {
			best := int32(impossible)
			for y := range labels {
				if l.may(i+1, x, y) && l.backward[i+1][y] > impossible {
					best = max(best, trans[x][y]+l.emit[i+1][y]+l.backward[i+1][y])
				}
			}
			l.backward[i][x] = best
		}
	}
	l.trace(trans)
}

// may tells whether y may stand at word i after x.
func (l *lattice) may(i, x, y int) bool {
	return follows(x, y) && (!l.cut[i] || y != labelI && y != labelE)
}

// trace follows the best path from the front: what is best from each label on is known.
func (l *lattice) trace(trans *[labels][labels]int32) {
	for i := range l.path {
		best, at := int32(impossible), labelO
		for y := range labels {
			if l.backward[i][y] == impossible {
				continue
			}
			score := l.emit[i][y] + l.backward[i][y]
			if i == 0 {
				if !mayStart(y) {
					continue
				}
			} else {
				x := int(l.path[i-1])
				if !l.may(i, x, y) {
					continue
				}
				score += trans[x][y]
			}
			if score > best {
				best, at = score, y
			}
		}
		l.path[i] = uint8(at)
	}
}

// margin is by how much the best path beats the best one that leaves a word of the phrase outside,
// at its weakest word.
func (l *lattice) margin(r Range) int32 {
	best := int32(impossible)
	for y := range labels {
		if l.backward[0][y] > impossible && l.forward[0][y] > impossible {
			best = max(best, l.forward[0][y]+l.backward[0][y])
		}
	}
	least := int32(-impossible)
	for i := r.From; i < r.To; i++ {
		least = min(least, best-l.forward[i][labelO]-l.backward[i][labelO])
	}
	return least
}
