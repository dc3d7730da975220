package unlisted

// Sentence is one labelled sentence: its words as the labelling tool cut them, and its phrases.
type Sentence struct {
	Document  string   // sentences of one document stand together, in its order
	Words     []string // punctuation apart, commas left out
	Knowledge []Range
	Skill     []Range
	Listed    []Listed // in order of their starts
}

// Listed is a find of the dictionary in a sentence, with the kind of skill it is.
type Listed struct {
	Range
	Kind string
}

// Range is some words: the numbers of its first word and of the one behind its last.
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
	for i := range data {
		s := &out[i]
		for _, text := range data[i].Words {
			core, mark := splitMark(text)
			s.words = append(s.words, readWord(core, mark))
		}
		for _, f := range data[i].Listed {
			s.listed = append(s.listed, listedAt{f.Range, fold(f.Kind)})
		}
		l.read(s)
	}
	return out
}

// Gold are the phrases of one kind, sentence by sentence, as Evaluate takes them.
func Gold(data []Sentence, k Kind) [][]Range {
	out := make([][]Range, len(data))
	for i := range data {
		out[i] = data[i].phrases(k)
	}
	return out
}
