package unlisted

import (
	"unicode"
	"unicode/utf8"
)

// word is what the features need to know of one token.
type word struct {
	norm      uint32 // hash of the folded word: lower case, digits as 0
	shape     uint32 // hash of the kinds of its characters, in runs
	prefix    [affixes]uint32
	suffix    [affixes]uint32
	flags     uint32
	row       int32            // of the word table, 0 if it is not there
	listed    [listKinds]uint8 // place in a phrase of each word list, 0 if in none
	kind      uint32           // hash of the kind of skill that the dictionary found here, 0 for none
	cutBefore uint8            // how likely a comma stands before, in steps; 0 unknown
	cutAfter  uint8
	isMark    bool // one character that is no letter or digit
	function  bool // a preposition or the like
}

// affixes is how many prefixes and suffixes of a word are looked at: of 1 to this many characters.
const affixes = 4

// Flags of a word.
const (
	flagCapital uint32 = 1 << iota
	flagAllCaps
	flagInnerCapital
	flagDigit
	flagHyphen
	flagSlash
	flagDot
	flagPlus
	flagColon
	flagPlaceholder
)

const (
	hashSeed = 2166136261
)

// mix joins hashes; it is not commutative.
func mix(a, b uint32) uint32 {
	h := (a ^ b*0x9E3779B1) * 0x85EBCA6B
	h ^= h >> 13
	h *= 0xC2B2AE35
	return h ^ h>>16
}

// runesMax is how much of a word is looked at: the longest real ones are shorter.
const runesMax = 40

// readWord reads one token. mark is the mark that ends it.
func readWord(s string, mark byte) word {
	var folded [runesMax]rune
	w := word{shape: hashSeed}
	n := 0
	var last rune
	for i, r := range s {
		if n == runesMax {
			break
		}
		kind := w.see(r, i)
		if kind != last {
			w.shape = mix(w.shape, uint32(kind))
			last = kind
		}
		if kind == '0' {
			r = '0'
		}
		folded[n] = unicode.ToLower(r)
		n++
	}
	h := uint32(hashSeed)
	for i, r := range folded[:n] {
		h = mix(h, uint32(r))
		if i < affixes {
			w.prefix[i] = h
		}
	}
	w.norm = h
	h = hashSeed
	for i := range min(n, affixes) {
		h = mix(h, uint32(folded[n-1-i]))
		w.suffix[i] = h
	}
	if mark == ':' {
		w.flags |= flagColon
	}
	if s != "" && s[0] == '<' {
		w.flags |= flagPlaceholder
	}
	r, _ := utf8.DecodeRuneInString(s)
	w.isMark = n == 1 && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	return w
}

// see notes one character and returns its kind: A, a, 0 or itself.
func (w *word) see(r rune, at int) rune {
	switch {
	case unicode.IsUpper(r):
		if at == 0 {
			w.flags |= flagCapital | flagAllCaps
		} else {
			w.flags |= flagInnerCapital
		}
		return 'A'
	case unicode.IsLetter(r):
		w.flags &^= flagAllCaps
		return 'a'
	case unicode.IsDigit(r):
		w.flags |= flagDigit
		return '0'
	}
	switch r {
	case '-', '–':
		w.flags |= flagHyphen
	case '/':
		w.flags |= flagSlash
	case '.':
		w.flags |= flagDot
	case '+', '#':
		w.flags |= flagPlus
	}
	return r
}

// fold is the hash under which a word is looked up in the word table and the word lists.
func fold(s string) uint32 { w := readWord(s, 0); return w.norm }
