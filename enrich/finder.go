package enrich

// finder tells which of a fixed set of phrases stand in a text, in one pass over it whatever their
// number (Aho and Corasick 1975, as a table of all transitions). It never changes after newFinder.
type finder struct {
	class   [256]uint8 // column of a byte; 0 for the bytes no phrase holds
	next    []uint32   // by state + column: the next state; plus finderHit when phrases end there
	ends    [][]int    // by row: the phrases that end there, the longest first
	columns uint32
	lengths []int
}

// finderHit marks the transitions into states where phrases end. States are offsets into next and
// stay far below it.
const finderHit = 1 << 31

func newFinder(phrases []string) *finder {
	f := &finder{columns: 1}
	for _, p := range phrases {
		f.lengths = append(f.lengths, len(p))
		for i := range len(p) {
			if f.class[p[i]] == 0 {
				f.class[p[i]] = uint8(f.columns)
				f.columns++
			}
		}
	}
	rows := [][]uint32{make([]uint32, f.columns)} // by row and column: the next row, 0 for none
	f.ends = make([][]int, 1)
	for id, p := range phrases {
		row := uint32(0)
		for i := range len(p) {
			c := f.class[p[i]]
			if rows[row][c] == 0 {
				rows[row][c] = uint32(len(rows))
				rows = append(rows, make([]uint32, f.columns))
				f.ends = append(f.ends, nil)
			}
			row = rows[row][c]
		}
		f.ends[row] = append(f.ends[row], id)
	}
	f.complete(rows)
	return f
}

// complete fills in where to go when a phrase does not go on, breadth first: to the longest
// beginning of a phrase that the text read so far ends in.
func (f *finder) complete(rows [][]uint32) {
	back := make([]uint32, len(rows))
	queue := []uint32{0}
	for n := 0; n < len(queue); n++ {
		row := queue[n]
		for c, to := range rows[row] {
			fall := uint32(0)
			if row != 0 {
				fall = rows[back[row]][c]
			}
			if to == 0 {
				rows[row][c] = fall
				continue
			}
			back[to] = fall
			f.ends[to] = append(f.ends[to], f.ends[fall]...)
			queue = append(queue, to)
		}
	}
	f.next = make([]uint32, 0, len(rows)*int(f.columns))
	for _, row := range rows {
		for _, to := range row {
			entry := to * f.columns
			if f.ends[to] != nil {
				entry |= finderHit
			}
			f.next = append(f.next, entry)
		}
	}
}

// find calls hit for every occurrence of every phrase, in order of their ends: s[start:end] is the
// phrase of that number.
func (f *finder) find(s string, hit func(phrase, start, end int)) {
	state := uint32(0)
	for i := range len(s) {
		state = f.next[state+uint32(f.class[s[i]])]
		if state >= finderHit {
			state -= finderHit
			for _, id := range f.ends[state/f.columns] {
				hit(id, i+1-f.lengths[id], i+1)
			}
		}
	}
}
