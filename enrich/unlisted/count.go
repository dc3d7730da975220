package unlisted

import (
	"cmp"
	"math"
	"slices"
)

// Counter gathers from texts without labels which words stand beside each other, and between which
// a comma stands. It keeps hashes, not words.
type Counter struct {
	numbers  map[uint32]int32 // by hash of the folded word
	hashes   []uint32
	counts   []int32
	capitals []int32   // how often the word has a capital and is not the first
	lines    [][]int32 // twice the number of each word, plus one if a comma stands before
	scratch  []token
}

// NewCounter returns an empty counter.
func NewCounter() *Counter { return &Counter{numbers: map[uint32]int32{}} }

// Add reads one line of text. The result of training depends on the order of the lines.
func (c *Counter) Add(line string) {
	c.scratch = tokenise(c.scratch[:0], line, 0, len(line))
	words := make([]int32, len(c.scratch))
	for i, t := range c.scratch {
		h := fold(line[t.start:t.end])
		n, ok := c.numbers[h]
		if !ok {
			n = int32(len(c.hashes))
			c.numbers[h] = n
			c.hashes = append(c.hashes, h)
			c.counts = append(c.counts, 0)
			c.capitals = append(c.capitals, 0)
		}
		c.counts[n]++
		if first := line[t.start]; i > 0 && first >= 'A' && first <= 'Z' {
			c.capitals[n]++
		}
		words[i] = 2 * n
		if t.cut {
			words[i]++
		}
	}
	c.lines = append(c.lines, words)
}

// Tokens is how many words were read.
func (c *Counter) Tokens() int {
	n := 0
	for _, line := range c.lines {
		n += len(line)
	}
	return n
}

// wordSeenMin is how often a word must be seen to be known.
const wordSeenMin = 5

// rank renumbers words from the most to the least frequent; those seen too rarely get -1. size is
// how many are left.
func (c *Counter) rank() (ranks []int32, size int) {
	order := make([]int32, 0, len(c.counts))
	for n, seen := range c.counts {
		if seen >= wordSeenMin {
			order = append(order, int32(n))
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(c.counts[b], c.counts[a]) })
	ranks = make([]int32, len(c.counts))
	for i := range ranks {
		ranks[i] = -1
	}
	for r, n := range order {
		ranks[n] = int32(r)
	}
	return ranks, len(order)
}

// describe fills the lexicon's word table and what it knows of commas.
func (c *Counter) describe(l *lexicon) {
	ranks, size := c.rank()
	if size == 0 {
		return
	}
	l.values = append(l.values, make([][columns]uint16, size)...)
	for n, r := range ranks {
		if r >= 0 {
			l.rows[c.hashes[n]] = r + 1
		}
	}
	vectors := c.neighbours(ranks, size).vectors()
	for column, groups := range clusterSizes {
		for r, group := range clusters(vectors, groups) {
			l.values[r+1][column] = group
		}
	}
	c.uses(l, ranks, size)
	c.commas(l, ranks)
}

// uses fills the column of that name: six steps of how often commas stand around a word, by five
// steps of how often it has a capital.
func (c *Counter) uses(l *lexicon, ranks []int32, size int) {
	around := make([]int32, size)
	for _, line := range c.lines {
		for i, w := range line {
			r := ranks[w/2]
			if r < 0 {
				continue
			}
			around[r] += w & 1
			if i+1 < len(line) {
				around[r] += line[i+1] & 1
			}
		}
	}
	for n, r := range ranks {
		if r < 0 {
			continue
		}
		list := min(5, around[r]*5/c.counts[n])
		capital := min(4, c.capitals[n]*5/c.counts[n])
		l.values[r+1][columnUse] = uint16(1 + list*5 + capital)
	}
}

// tally is how often a pair was seen, and how often with a comma between.
type tally struct{ all, cut int32 }

// Limits on what is kept of pairs, so that the model stays small.
const (
	pairSeenMin   = 6  // seen less often, the clusters know better
	classSeenMin  = 10 // clusters seen beside each other less often tell nothing
	pairPrior     = 3  // seen pairs that the clusters' share counts for
	classPrior    = 5  // the same for the share of all pairs
	pairStepsMore = 2  // kept if it differs from its clusters' step by this much
)

// commas fills in how likely commas are between words.
func (c *Counter) commas(l *lexicon, ranks []int32) {
	words := map[uint64]tally{}
	classes := make([]tally, len(l.classes))
	total := tally{1, 0}
	middle := func(n int32) uint16 { return l.values[ranks[n]+1][columnMiddle] }
	for _, line := range c.lines {
		for i := 1; i < len(line); i++ {
			a, b, cut := line[i-1]/2, line[i]/2, line[i]&1
			if ranks[a] < 0 || ranks[b] < 0 {
				continue
			}
			key := uint64(a)<<32 | uint64(b)
			t := words[key]
			words[key] = tally{t.all + 1, t.cut + cut}
			pair := classPair(middle(a), middle(b))
			classes[pair].all++
			classes[pair].cut += cut
			total.all++
			total.cut += cut
		}
	}
	shares := make([]float64, len(classes))
	prior := float64(total.cut+1) / float64(total.all+1)
	for i, t := range classes {
		shares[i] = (float64(t.cut) + classPrior*prior) / (float64(t.all) + classPrior)
		if t.all >= classSeenMin {
			l.classes[i] = cutStep(shares[i])
		}
	}
	for key, t := range words {
		if t.all < pairSeenMin {
			continue
		}
		a, b := int32(key>>32), int32(uint32(key))
		class := classPair(middle(a), middle(b))
		step := cutStep((float64(t.cut) + pairPrior*shares[class]) / (float64(t.all) + pairPrior))
		if math.Abs(float64(step)-float64(l.classes[class])) >= pairStepsMore {
			l.pairs[mix(c.hashes[a], c.hashes[b])] = step
		}
	}
}
