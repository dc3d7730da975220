package unlisted

import "math"

// Columns of the word table: what is known of a word from texts without labels.
const (
	columnFine   = iota // its cluster among many
	columnMiddle        // among fewer
	columnCoarse        // among few
	columnUse           // how often commas stand around it and how often it has a capital
	columns
)

// clusterSizes are how many clusters the first three columns have.
var clusterSizes = [...]int{1024, 256, 64}

// Word lists: what the dictionary found in this very place, and public vocabularies.
const (
	listDictionary = iota
	listTechnology
	listKnowledge
	listActivity
	listLanguage
	listKinds
)

// phraseWordsMax is the longest phrase of a word list, in words.
const phraseWordsMax = 6

// Places of a word in a phrase of a word list.
const (
	placeSingle = iota + 1
	placeFirst
	placeInner
	placeLast
)

// lexicon is what is known of words and phrases before any sentence is labelled. It holds hashes
// only: no text can be read from it.
type lexicon struct {
	cues    cues
	rows    map[uint32]int32 // by hash of the folded word: row of values
	values  [][columns]uint16
	phrases map[uint32]uint8 // by hash of the phrase: bits of the lists that hold it

	// How likely a comma stands between two words, in steps, as seen in texts that have commas. The
	// labelled sentences have none, and without them a list cannot be told from a phrase.
	pairs   map[uint32]uint8 // by hash of both words, where their clusters do not tell
	classes []uint8          // by middle clusters of both
}

func newLexicon() *lexicon {
	side := clusterSizes[columnMiddle] + 1
	return &lexicon{
		cues: newCues(), rows: map[uint32]int32{}, values: make([][columns]uint16, 1), phrases: map[uint32]uint8{},
		pairs: map[uint32]uint8{}, classes: make([]uint8, side*side),
	}
}

// cutSteps is how many steps the likeliness of a comma is put in, from 1; 0 is unknown.
const cutSteps = 8

// cutStep puts a share into steps that are finer at both ends.
func cutStep(share float64) uint8 {
	x := math.Log(share/(1-share)) / 1.2
	return uint8(max(0, min(cutSteps-1, int(math.Floor(x+cutSteps/2))))) + 1
}

// between is the step of a comma between two words.
func (l *lexicon) between(a, b *word) uint8 {
	if s, ok := l.pairs[mix(a.norm, b.norm)]; ok {
		return s
	}
	return l.classes[classPair(l.values[a.row][columnMiddle], l.values[b.row][columnMiddle])]
}

func classPair(a, b uint16) int { return int(a)*(clusterSizes[columnMiddle]+1) + int(b) }

// read fills in what the lexicon knows of the words of one sentence.
func (l *lexicon) read(s *sentence) {
	words := s.words
	for i := range words {
		words[i].row = l.rows[words[i].norm]
		if i > 0 {
			step := l.between(&words[i-1], &words[i])
			words[i-1].cutAfter, words[i].cutBefore = step, step
		}
	}
	for _, f := range s.listed {
		if words[f.From].listed[listDictionary] != 0 {
			continue // finds may overlap: the first counts
		}
		place(words[f.From:f.To], listDictionary)
		for i := f.From; i < f.To; i++ {
			words[i].kind = f.kind
		}
	}
	for i := range words {
		key := uint32(hashSeed)
		var longest [listKinds]int
		for n := 0; n < phraseWordsMax && i+n < len(words); n++ {
			if words[i+n].isMark {
				break
			}
			key = mix(key, words[i+n].norm)
			held := l.phrases[key]
			for kind := 0; held != 0; kind, held = kind+1, held>>1 {
				if held&1 != 0 {
					longest[kind] = n + 1
				}
			}
		}
		for kind, n := range longest {
			if n > 0 {
				place(words[i:i+n], kind)
			}
		}
	}
	l.cues.tell(s)
}

// place marks the words of one phrase, unless they stand in one that began before.
func place(words []word, kind int) {
	n := len(words)
	if words[0].listed[kind] != 0 {
		return
	}
	for i := range words {
		p := uint8(placeInner)
		switch {
		case n == 1:
			p = placeSingle
		case i == 0:
			p = placeFirst
		case i == n-1:
			p = placeLast
		}
		words[i].listed[kind] = p
	}
}

// addPhrase puts a phrase into a list; phrases longer than phraseWordsMax are left out.
func (l *lexicon) addPhrase(kind int, phrase string) {
	tokens := tokenise(nil, phrase, 0, len(phrase))
	if len(tokens) == 0 || len(tokens) > phraseWordsMax {
		return
	}
	key := uint32(hashSeed)
	for _, t := range tokens {
		key = mix(key, fold(phrase[t.start:t.end]))
	}
	l.phrases[key] |= 1 << kind
}
