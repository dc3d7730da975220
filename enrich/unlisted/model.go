package unlisted

import (
	"maps"
	"math"
	"slices"
)

// rowWidth is how many weights a feature has: one for each kind of phrase and label.
const rowWidth = int(kinds) * labels

// Model is a trained tagger: the lexicon, the weights of features in units and those of neighbouring
// labels. It holds hashes and numbers only.
type Model struct {
	reader  reader
	keys    []uint32 // of the features, ascending
	weights [][rowWidth]int8
	trans   [kinds][labels][labels]int32
	least   [kinds]int32 // probability from which on a phrase is found, in parts of certain

	adder *adder
	chain [kinds][labels][labels]int64 // trans in parts of fine
	slots []slot                       // hash table of the features, by the low bits of their keys
}

// slot holds the key beside the number, so that looking for a feature that is not there, as most are, reads no other memory.
type slot struct {
	key    uint32
	number int32 // of the feature plus one; 0 is empty
}

// index builds what the rest is looked up by. The hash table is at most half full, so that a probe
// ends soon.
func (m *Model) index() {
	m.adder = newAdder()
	for k := range kinds {
		for x := range labels {
			for y := range labels {
				m.chain[k][x][y] = int64(m.trans[k][x][y]) * (fine / unit)
			}
		}
	}
	size := 1
	for size < 2*len(m.keys)+2 {
		size *= 2
	}
	m.slots = make([]slot, size)
	for n, k := range m.keys {
		at := int(k) & (size - 1)
		for m.slots[at].number != 0 {
			at = (at + 1) & (size - 1)
		}
		m.slots[at] = slot{k, int32(n + 1)}
	}
}

// row is the weights of a feature, nil if it has none.
func (m *Model) row(key uint32) *[rowWidth]int8 {
	mask := len(m.slots) - 1
	for at := int(key) & mask; ; at = (at + 1) & mask {
		s := m.slots[at]
		if s.number == 0 {
			return nil
		}
		if s.key == key {
			return &m.weights[s.number-1]
		}
	}
}

// quantise makes a model of trained chains, one a kind, over the same features.
func quantise(r reader, dict map[uint32]int32, chains [kinds]*chain, least [kinds]float64) *Model {
	m := &Model{reader: r}
	for _, key := range slices.Sorted(maps.Keys(dict)) {
		var row [rowWidth]int8
		for k, c := range chains {
			for y := range labels {
				row[k*labels+y] = int8(max(-127, min(127, math.Round(c.weights[int(dict[key])*labels+y]*unit))))
			}
		}
		if row != [rowWidth]int8{} {
			m.keys = append(m.keys, key)
			m.weights = append(m.weights, row)
		}
	}
	for k, c := range chains {
		m.least[k] = int32(math.Round(least[k] * certain))
		for x := range labels {
			for y := range labels {
				m.trans[k][x][y] = int32(math.Round(c.trans[x][y] * unit))
			}
		}
	}
	m.index()
	return m
}

// room is memory that one sentence after another is worked on in.
type room struct {
	keys     []uint32
	lattices [kinds]lattice
}

// label finds the phrases of a sentence, of the first kinds. cut tells before which words no phrase
// goes on; nil for none.
func (m *Model) label(r *room, s *sentence, cut []bool, first Kind) {
	n := len(s.words)
	for k := range first {
		r.lattices[k].grow(n)
		clear(r.lattices[k].cut)
		copy(r.lattices[k].cut, cut)
	}
	for i := range n {
		var sum [rowWidth]int32
		r.keys = m.reader.features(r.keys[:0], s, i)
		for _, key := range r.keys {
			if row := m.row(key); row != nil {
				for j, w := range row[:int(first)*labels] {
					sum[j] += int32(w)
				}
			}
		}
		for k := range first {
			for y := range labels {
				r.lattices[k].emit[i][y] = int64(sum[int(k)*labels+y]) * (fine / unit)
			}
		}
	}
	for k := range first {
		r.lattices[k].decode(m.adder, &m.chain[k], int(m.least[k]))
	}
}

// Predict finds the phrases of labelled sentences, to be compared with their own by Evaluate.
func (m *Model) Predict(data []Sentence, kind Kind) [][]Range {
	var r room
	out := make([][]Range, len(data))
	for i, s := range m.reader.lexicon.sentences(data) {
		if len(s.words) > 0 {
			m.label(&r, &s, nil, kinds)
			for _, f := range r.lattices[kind].found {
				out[i] = append(out[i], f.Range)
			}
		}
	}
	return out
}
