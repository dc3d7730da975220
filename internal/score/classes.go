package score

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// Classes compares the class each item was given with the one it has. The zero value is empty.
type Classes struct {
	names []string // in order of first use
	index map[string]int
	items [][2]int // true class, given class
}

// Add counts one item.
func (c *Classes) Add(truth, given string) {
	c.items = append(c.items, [2]int{c.number(truth), c.number(given)})
}

func (c *Classes) number(name string) int {
	n, ok := c.index[name]
	if !ok {
		if c.index == nil {
			c.index = map[string]int{}
		}
		n = len(c.names)
		c.index[name] = n
		c.names = append(c.names, name)
	}
	return n
}

// N is how many items there are.
func (c *Classes) N() int { return len(c.items) }

// Accuracy is the share of items that were given their class, with Wilson's interval.
func (c *Classes) Accuracy() Estimate {
	right := 0
	for _, item := range c.items {
		if item[0] == item[1] {
			right++
		}
	}
	return Wilson(right, len(c.items))
}

// Class is how one class fared.
type Class struct {
	Name string `json:"name"`
	Rates
}

// PerClass lists every class that an item has or was given, by name.
func (c *Classes) PerClass() []Class {
	counts := c.counts(func(i int) [2]int { return c.items[i] })
	out := make([]Class, len(c.names))
	for i, name := range c.names {
		out[i] = Class{name, Of(counts[i])}
	}
	slices.SortFunc(out, func(a, b Class) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (c *Classes) counts(item func(int) [2]int) []Counts {
	counts := make([]Counts, len(c.names))
	for i := range c.items {
		switch it := item(i); {
		case it[0] == it[1]:
			counts[it[0]].TP++
		default:
			counts[it[0]].FN++
			counts[it[1]].FP++
		}
	}
	return counts
}

// MacroF1 is the mean F1 of all classes that an item has or was given, but for those left out, with
// the percentile interval over items drawn with replacement; N counts items. A class that a draw
// does not have is left out of that draw's mean.
func (c *Classes) MacroF1(leftOut ...string) Estimate {
	if len(c.items) == 0 {
		return Estimate{}
	}
	mean := func(item func(int) [2]int) float64 {
		sum, n := 0.0, 0
		for i, k := range c.counts(item) {
			if k != (Counts{}) && !slices.Contains(leftOut, c.names[i]) {
				sum += 2 * float64(k.TP) / float64(2*k.TP+k.FP+k.FN)
				n++
			}
		}
		return sum / float64(max(n, 1))
	}
	v := mean(func(i int) [2]int { return c.items[i] })
	accuracy := c.Accuracy() // for its width, where every draw gives the same
	out := Estimate{Value: v, Low: min(v, accuracy.Low), High: max(v, accuracy.High), N: len(c.items)}
	rng := rand.New(rand.NewPCG(Seed, uint64(len(c.items))))
	draws := make([]float64, Resamples)
	for d := range draws {
		draws[d] = mean(func(int) [2]int { return c.items[rng.IntN(len(c.items))] })
	}
	out.spread(draws)
	return out
}

// Cell is how many items of one class were given another, or the same.
type Cell struct {
	Truth string `json:"truth"`
	Given string `json:"given"`
	N     int    `json:"n"`
}

// Confusion lists the cells that are not empty, the fullest first, then by name.
func (c *Classes) Confusion() []Cell {
	count := map[[2]int]int{}
	for _, item := range c.items {
		count[item]++
	}
	out := make([]Cell, 0, len(count))
	for k, n := range count {
		out = append(out, Cell{c.names[k[0]], c.names[k[1]], n})
	}
	slices.SortFunc(out, func(a, b Cell) int {
		if a.N != b.N {
			return b.N - a.N
		}
		return strings.Compare(a.Truth+"\x00"+a.Given, b.Truth+"\x00"+b.Given)
	})
	return out
}

// Kappa is Cohen's agreement beyond chance of two readers, whose classes are the items' two sides
// (Cohen, Educ. Psychol. Meas. 20, 1960): 1 is full agreement, 0 what chance alone would give. It is
// not defined, and false, for no items or when both always say the same one thing.
func (c *Classes) Kappa() (float64, bool) {
	a, b := make([]int, len(c.names)), make([]int, len(c.names))
	agreed := 0
	for _, item := range c.items {
		a[item[0]]++
		b[item[1]]++
		if item[0] == item[1] {
			agreed++
		}
	}
	n, chance := float64(len(c.items)), 0.0
	for i := range a {
		chance += float64(a[i]) / n * float64(b[i]) / n
	}
	if n == 0 || chance >= 1 {
		return 0, false
	}
	return (float64(agreed)/n - chance) / (1 - chance), true
}
