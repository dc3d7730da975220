package unlisted

// Sentence is one labelled sentence: its words as the labelling tool cut them, and its phrases.
type Sentence struct {
	Document  string   // sentences of one document stand together, in its order
	Words     []string // punctuation apart, commas left out
	Knowledge []Range
	Skill     []Range
}

// Range is one phrase: the numbers of its first word and of the one behind its last.
type Range struct{ From, To int }

// Ranges reads phrases from tags of the form B, I and O.
func Ranges(tags []string) []Range {
	var out []Range
	for i, t := range tags {
		switch {
		case t == "B" || t == "I" && (i == 0 || tags[i-1] == "O"):
			out = append(out, Range{i, i + 1})
		case t == "I":
			out[len(out)-1].To = i + 1
		}
	}
	return out
}

// phrases are the phrases of one kind.
func (s *Sentence) phrases(k Kind) []Range {
	if k == Skill {
		return s.Skill
	}
	return s.Knowledge
}

// encode writes phrases as the labels of n words.
func encode(n int, phrases []Range) []uint8 {
	out := make([]uint8, n)
	for _, p := range phrases {
		for i := p.From; i < p.To; i++ {
			switch {
			case p.To == p.From+1:
				out[i] = labelS
			case i == p.From:
				out[i] = labelB
			case i == p.To-1:
				out[i] = labelE
			default:
				out[i] = labelI
			}
		}
	}
	return out
}

// decodeRanges reads phrases from labels that follow each other as they may.
func decodeRanges(out []Range, path []uint8) []Range {
	from := 0
	for i, y := range path {
		switch y {
		case labelB:
			from = i
		case labelS:
			out = append(out, Range{i, i + 1})
		case labelE:
			out = append(out, Range{from, i + 1})
		}
	}
	return out
}

// splitMark takes the marks off the end of a word, which the labelled sentences leave on.
func splitMark(s string) (string, byte) {
	var mark byte
	for len(s) > 1 && isMark(s[len(s)-1]) {
		mark = s[len(s)-1]
		s = s[:len(s)-1]
	}
	return s, mark
}

// sentences reads labelled sentences as the tagger reads those of a posting.
func (l *lexicon) sentences(data []Sentence) []sentence {
	out := make([]sentence, len(data))
	for from := 0; from < len(data); {
		to := from + 1
		for to < len(data) && data[to].Document == data[from].Document {
			to++
		}
		header := uint32(0)
		for i := from; i < to; i++ {
			s := &out[i]
			for _, text := range data[i].Words {
				core, mark := splitMark(text)
				s.words = append(s.words, readWord(core, mark))
			}
			s.header, s.place = header, placeOf(i-from, to-from)
			l.read(s)
			header = s.headerAfter()
		}
		from = to
	}
	return out
}

// placeOf is the tenth of its posting that line i of n stands in.
func placeOf(i, n int) uint32 { return uint32(i * 10 / n) }

// Gold are the phrases of one kind, sentence by sentence, as Evaluate takes them.
func Gold(data []Sentence, k Kind) [][]Range {
	out := make([][]Range, len(data))
	for i := range data {
		out[i] = data[i].phrases(k)
	}
	return out
}
