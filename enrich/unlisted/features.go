package unlisted

// Without is a set of groups of features to leave out, to measure what each is worth.
type Without uint32

// Groups of features.
const (
	WithoutWords Without = 1 << iota
	WithoutShapes
	WithoutClusters
	WithoutLists
	WithoutCommas
	WithoutReach
)

// reader turns tokens into the keys of their features.
type reader struct {
	lexicon *lexicon
	without Without
}

// edge stands for the words before the first and after the last.
var edge = word{norm: 1, shape: 1}

func (s *sentence) at(i int) *word {
	if i < 0 || i >= len(s.words) {
		return &edge
	}
	return &s.words[i]
}

// collector gathers the keys of one token. Each call is one kind of feature, numbered by template.
type collector struct {
	keys     []uint32
	template uint32
}

func (c *collector) one(a uint32)         { c.known(true, a) }
func (c *collector) two(a, b uint32)      { c.known(true, mix(a, b)) }
func (c *collector) three(a, b, d uint32) { c.known(true, mix(mix(a, b), d)) }

// known is like one, but only if the value is known; the template counts all the same.
func (c *collector) known(ok bool, a uint32) {
	if c.template++; ok {
		c.keys = append(c.keys, mix(c.template, a))
	}
}

// around is a word with its neighbours and what the word table says of them.
type around struct {
	w, p, pp, n, nn      *word
	wv, pv, ppv, nv, nnv *[columns]uint16
}

// features appends the keys of the features of word i to keys, each key once at most.
func (r *reader) features(keys []uint32, s *sentence, i int) []uint32 {
	c := &collector{keys: keys}
	a := &around{w: s.at(i), p: s.at(i - 1), pp: s.at(i - 2), n: s.at(i + 1), nn: s.at(i + 2)}
	values := r.lexicon.values
	a.wv, a.pv, a.ppv, a.nv, a.nnv = &values[a.w.row], &values[a.p.row], &values[a.pp.row], &values[a.n.row], &values[a.nn.row]
	c.one(0)
	groups := [...]func(){
		func() { c.words(a) },
		func() { c.shapes(a) },
		func() { c.clusters(a) },
		func() { c.lists(a) },
		func() { c.commas(a) },
		func() { c.reach(r.lexicon, s, i) },
	}
	for g, collect := range groups {
		if r.without&(1<<g) == 0 {
			c.template = uint32(g+1) * 50 // the numbers of a group do not depend on the others
			collect()
		}
	}
	return c.keys
}

func (c *collector) words(a *around) {
	c.one(a.w.norm)
	c.one(a.p.norm)
	c.one(a.pp.norm)
	c.one(a.n.norm)
	c.one(a.nn.norm)
	c.two(a.p.norm, a.w.norm)
	c.two(a.w.norm, a.n.norm)
	c.two(a.pp.norm, a.p.norm)
	c.two(a.n.norm, a.nn.norm)
	c.two(a.p.norm, a.n.norm)
	c.three(a.pp.norm, a.p.norm, a.w.norm)
	c.three(a.w.norm, a.n.norm, a.nn.norm)
}

func (c *collector) shapes(a *around) {
	w, p, n := a.w, a.p, a.n
	for i := range affixes {
		c.known(w.prefix[i] != 0, w.prefix[i])
		c.known(w.suffix[i] != 0, w.suffix[i])
	}
	c.known(p.suffix[2] != 0, p.suffix[2])
	c.known(n.suffix[2] != 0, n.suffix[2])
	c.two(w.suffix[2], p.suffix[2])
	c.two(w.suffix[2], n.suffix[2])
	c.one(w.shape)
	c.two(p.shape, w.shape)
	c.two(w.shape, n.shape)
	c.three(p.shape, w.shape, n.shape)
	c.one(w.flags)
	c.one(p.flags)
	c.one(n.flags)
	c.two(p.norm, w.flags)
	c.two(w.flags, n.norm)
}

func (c *collector) clusters(a *around) {
	const m, k = columnMiddle, columnCoarse
	wv, pv, ppv, nv, nnv := a.wv, a.pv, a.ppv, a.nv, a.nnv
	for _, col := range [...]int{columnFine, columnMiddle, columnCoarse} {
		for _, v := range [...]*[columns]uint16{wv, pv, nv, ppv, nnv} {
			c.known(v[col] != 0, uint32(v[col]))
		}
	}
	c.two(uint32(pv[m]), uint32(wv[m]))
	c.two(uint32(wv[m]), uint32(nv[m]))
	c.two(uint32(pv[k]), uint32(wv[k]))
	c.two(uint32(wv[k]), uint32(nv[k]))
	c.two(uint32(ppv[k]), uint32(pv[k]))
	c.two(uint32(nv[k]), uint32(nnv[k]))
	c.three(uint32(pv[k]), uint32(wv[k]), uint32(nv[k]))
	c.two(a.p.norm, uint32(wv[m]))
	c.two(uint32(wv[m]), a.n.norm)
	c.two(uint32(wv[k]), a.w.shape)
	c.two(uint32(pv[m]), a.w.shape)
	c.known(wv[columnUse] != 0, uint32(wv[columnUse]))
	c.known(pv[columnUse] != 0, uint32(pv[columnUse]))
	c.known(nv[columnUse] != 0, uint32(nv[columnUse]))
}

func (c *collector) lists(a *around) {
	all := uint32(0)
	for kind := range listKinds {
		at := uint32(a.w.listed[kind])
		c.known(at != 0, at)
		c.known(a.p.listed[kind] != 0, uint32(a.p.listed[kind]))
		c.known(a.n.listed[kind] != 0, uint32(a.n.listed[kind]))
		c.known(at != 0, mix(at, a.w.flags))
		all = all*5 + at
	}
	c.known(all != 0, all)
	at := uint32(a.w.listed[listDictionary])
	for _, w := range [...]*word{a.w, a.p, a.n, a.pp, a.nn} {
		c.known(w.kind != 0, mix(uint32(w.listed[listDictionary]), w.kind))
	}
	c.three(uint32(a.p.listed[listDictionary]), at, uint32(a.n.listed[listDictionary]))
	c.known(at != 0, mix(at, a.w.norm))
	c.known(at != 0, mix(at, uint32(a.wv[columnMiddle])))
	c.known(at != 0, mix(at, uint32(a.pv[columnMiddle])))
	c.known(at != 0, mix(at, uint32(a.nv[columnMiddle])))
}

func (c *collector) commas(a *around) {
	before, after := uint32(a.w.cutBefore), uint32(a.w.cutAfter)
	c.one(before)
	c.one(after)
	c.two(before, after)
	c.two(before, uint32(a.p.cutBefore))
	c.two(after, uint32(a.n.cutAfter))
	c.three(before, after, a.w.flags)
	c.three(before, after, uint32(a.wv[columnCoarse]))
	c.two(before, uint32(a.pv[columnMiddle]))
	c.two(after, uint32(a.nv[columnMiddle]))
	c.two(before, a.p.norm)
	c.two(after, a.n.norm)
	c.two(before, uint32(a.wv[columnMiddle]))
	c.two(after, uint32(a.wv[columnMiddle]))
}

// reachMax is how far back the word that governs a list is looked for: lists are seldom longer.
const reachMax = 24

// reach looks further than the neighbours: at the first word, at the nearest function word before,
// which governs a list, and at what the sentence is about.
func (c *collector) reach(l *lexicon, s *sentence, i int) {
	w := &s.words[i]
	first := &s.words[0]
	if first.isMark && len(s.words) > 1 {
		first = &s.words[1]
	}
	coarse, middle := uint32(l.values[w.row][columnCoarse]), uint32(l.values[w.row][columnMiddle])
	c.one(first.norm)
	c.two(first.norm, w.flags)
	c.two(uint32(l.values[first.row][columnMiddle]), coarse)
	governor, before := governorOf(l, s, i)
	c.one(governor.norm)
	c.two(governor.norm, before.norm)
	c.two(governor.norm, w.flags)
	c.two(governor.norm, middle)
	c.three(before.norm, governor.norm, coarse)
	c.one(before.norm)
	c.one(s.cues)
	c.two(s.cues, w.flags)
	c.two(s.cues, middle)
	c.two(s.cues, mix(uint32(w.listed[listDictionary]), uint32(w.listed[listTechnology])))
	c.one(s.tools)
	c.two(s.tools, coarse)
	c.two(s.tools, w.flags)
}

// governorOf is the nearest function word before word i that does not only join, and the word before
// it.
func governorOf(l *lexicon, s *sentence, i int) (governor, before *word) {
	for j := i - 1; j >= max(0, i-reachMax); j-- {
		p := &s.words[j]
		if p.isMark && p.norm == l.cues.stop {
			break
		}
		if p.function && p.norm != l.cues.and && p.norm != l.cues.or {
			return p, s.at(j - 1)
		}
	}
	return &edge, &edge
}
