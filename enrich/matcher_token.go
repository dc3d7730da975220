package enrich

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// gap is what stands between two words.
type gap uint8

const (
	gapJoined     gap = iota // nothing: "C++" and "17"
	gapSpace                 // white space only
	gapHyphen                // one hyphen, dash or underscore without spaces
	gapDot                   // one dot without spaces
	gapSlash                 // a slash, with or without spaces
	gapAmp                   // an ampersand or a plus sign, with or without spaces
	gapApostrophe            // one apostrophe without spaces
	gapList                  // commas, semicolons, bars, bullets, brackets
	gapHard                  // any other punctuation: colon, quotation marks, dashes with spaces
	gapSentence              // end of a sentence
	gapLine                  // end of a paragraph
)

// token is one word of a text.
type token struct {
	start, end int32
	word       int32 // the matcher's number for the folded word, 0 if it knows none
	before     gap   // what stands between the previous word and this one
	inURL      bool  // part of a web or mail address
}

// tokenMax is how long a word can be and still be looked up; the longest alias word is far shorter.
const tokenMax = 48

// isWordByte tells which ASCII bytes make words.
func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// wordEnd returns the end of the run of letters and digits that begins at i; i if there is none.
func wordEnd(text string, i int) int {
	for i < len(text) {
		if c := text[i]; c < utf8.RuneSelf {
			if !isWordByte(c) {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) { // a number too is the 2 of "I²C"
			return i
		}
		i += size
	}
	return i
}

// tokenise cuts text into words. A word is a run of letters and digits, with the "++" or "#" that
// ends some names ("C++", "F#") and the dot that begins others (".NET"). words numbers the folded
// words that matter; all others get 0. Time is linear in the text.
func tokenise(tokens []token, text string, words *wordNumbers) []token {
	var fold [tokenMax]byte
	last := 0    // end of the previous token
	urlEnd := -1 // end of the address being read
	for i := 0; i < len(text); {
		end := wordEnd(text, i)
		if end == i {
			i += gapStep(text, i)
			continue
		}
		start := i
		switch {
		case strings.HasPrefix(text[end:], "++"):
			end += 2
		case end < len(text) && text[end] == '#' && wordEnd(text, end+1) == end+1:
			end++
		}
		word := words.lookup(text[start:end], &fold)
		if start > last && text[start-1] == '.' && (start < 2 || !isWordByte(text[start-2])) {
			if w := words.lookup(text[start-1:end], &fold); w != 0 {
				word, start = w, start-1
			}
		}
		t := token{start: int32(start), end: int32(end), word: word}
		t.before = classify(text[last:start])
		if t.before == gapSentence && abbreviated(text, tokens, start) {
			t.before = gapList
		}
		if start >= urlEnd && startsURL(text, end) {
			urlEnd = chunkEnd(text, end)
		}
		t.inURL = start < urlEnd
		tokens = append(tokens, t)
		last, i = end, end
	}
	return tokens
}

// gapStep is the size of the character at i.
func gapStep(text string, i int) int {
	if text[i] < utf8.RuneSelf {
		return 1
	}
	_, size := utf8.DecodeRuneInString(text[i:])
	return size
}

// wordNumbers numbers folded words from 1.
type wordNumbers struct {
	numbers map[string]int32
	filter  wordFilter
}

// number returns the number of a folded word, giving it one if it has none.
func (w *wordNumbers) number(folded string) int32 {
	n := w.numbers[folded]
	if n == 0 {
		n = int32(len(w.numbers) + 1)
		w.numbers[folded] = n
		w.filter.add(folded)
	}
	return n
}

// lookup returns the number of a word after folding it to lower case, 0 if it has none. fold is
// room to do so.
func (w *wordNumbers) lookup(s string, fold *[tokenMax]byte) int32 {
	if w == nil || len(s) > tokenMax {
		return 0
	}
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return w.numbers[foldWord(s)]
		}
		fold[i] = lowerByte(c)
	}
	if folded := fold[:len(s)]; w.filter.mayHold(filterHash(folded)) {
		return w.numbers[string(folded)]
	}
	return 0
}

// foldWord is the spelling under which words are compared.
func foldWord(s string) string { return strings.ToLower(s) }

// classify tells what a gap is by its characters.
func classify(s string) gap {
	switch s {
	case "":
		return gapJoined
	case " ":
		return gapSpace
	case ", ": // these four are nine gaps in ten
		return gapList
	case ". ":
		return gapSentence
	case "\n- ":
		return gapLine
	}
	marks, spaces := 0, 0
	var mark rune
	list, sentence := false, false
	for i, r := range s {
		switch {
		case r == '\n':
			return gapLine
		case unicode.IsSpace(r):
			spaces++
			continue
		case strings.ContainsRune(",;|()[]•·●▪*", r):
			list = true
		case r == '.' || r == '!' || r == '?' || r == '…':
			// A mark ends a sentence when a space follows it.
			next, _ := utf8.DecodeRuneInString(s[i+1:])
			sentence = sentence || unicode.IsSpace(next)
		}
		marks++
		mark = r
	}
	switch {
	case marks == 0:
		return gapSpace
	case sentence:
		return gapSentence
	case list:
		return gapList
	case marks > 1:
		return gapHard
	}
	return classifyMark(mark, spaces)
}

func classifyMark(mark rune, spaces int) gap {
	switch {
	case mark == '/':
		return gapSlash
	case mark == '&' || mark == '+':
		return gapAmp
	case spaces > 0:
		return gapHard
	case mark == '.':
		return gapDot
	case mark == '\'' || mark == '’' || mark == '‘' || mark == '`':
		return gapApostrophe
	case mark == '-' || mark == '_' || mark == '‐' || mark == '‑' || mark == '–' || mark == '—':
		return gapHyphen
	}
	return gapHard
}

// abbreviated reports whether the dot before start belongs to "e.g.", "i.e." or the like, or is
// followed by a lower-case word and so did not end a sentence.
func abbreviated(text string, tokens []token, start int) bool {
	if len(tokens) == 0 {
		return false
	}
	last := tokens[len(tokens)-1]
	if strings.ContainsAny(text[last.end:start], "!?") {
		return false
	}
	switch foldWord(text[last.start:last.end]) {
	case "g", "e", "eg", "ie", "incl", "vs", "approx", "z", "bzw":
		return true
	}
	c := text[start]
	return c >= 'a' && c <= 'z'
}

// startsURL reports whether the word that ends at end is the first of a web or mail address.
func startsURL(text string, end int) bool {
	if end >= len(text) {
		return false
	}
	switch text[end] {
	case ':':
		return strings.HasPrefix(text[end:], "://")
	case '@':
		return wordEnd(text, end+1) > end+1
	case '.':
		return end >= 3 && strings.EqualFold(text[end-3:end], "www") || strings.HasPrefix(text[end:], ".com/")
	}
	return false
}

// chunkEnd is where the next white space after i is.
func chunkEnd(text string, i int) int {
	if n := strings.IndexAny(text[i:], " \n\t<>\""); n >= 0 {
		return i + n
	}
	return len(text)
}
