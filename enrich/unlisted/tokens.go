package unlisted

import (
	"unicode"
	"unicode/utf8"
)

// token is one word of a text as the labelled sentences write them: what stands between spaces, with
// brackets, bars and full stops apart.
type token struct {
	start, end int32 // bytes of the word, without the marks that end it
	cut        bool  // a comma, a semicolon or a slash with a space stands before: no phrase goes across
	mark       byte  // the mark that ends it: ':', ';', '?', '!' or 0
}

// tokenise cuts one line, text[from:to], into words. Commas are left out as in the labelled
// sentences, but remembered. The time is linear in the line.
func tokenise(tokens []token, text string, from, to int) []token {
	cut := false
	for i := from; i < to; {
		r, size := utf8.DecodeRuneInString(text[i:to])
		switch {
		case unicode.IsSpace(r):
			i += size
		case r == ',':
			cut = true
			i += size
		case standsAlone(r):
			tokens = append(tokens, token{start: int32(i), end: int32(i + size), cut: cut})
			cut = false
			i += size
		default:
			end := chunkEnd(text, i, to)
			tokens = appendChunk(tokens, text, i, end, cut)
			mark := tokens[len(tokens)-1].mark
			cut = mark == ';' || mark == ':'
			i = end
		}
	}
	return tokens
}

// standsAlone tells which characters are always words of their own.
func standsAlone(r rune) bool {
	switch r {
	case '(', ')', '[', ']', '{', '}', '|', '•', '·', '●', '▪', '*':
		return true
	}
	return false
}

// chunkEnd is where the run of other characters that begins at i ends.
func chunkEnd(text string, i, to int) int {
	for i < to {
		r, size := utf8.DecodeRuneInString(text[i:to])
		if unicode.IsSpace(r) || r == ',' || r != '*' && standsAlone(r) {
			return i
		}
		i += size
	}
	return to
}

// appendChunk adds the word text[start:end] and, apart, the full stops that end it.
func appendChunk(tokens []token, text string, start, end int, cut bool) []token {
	stop := end
	for stop > start && text[stop-1] == '.' {
		stop--
	}
	if stop == start {
		return append(tokens, token{start: int32(start), end: int32(end), cut: cut})
	}
	word := stop
	var mark byte
	for word > start+1 && isMark(text[word-1]) {
		word--
		mark = text[word]
	}
	tokens = append(tokens, token{start: int32(start), end: int32(word), cut: cut, mark: mark})
	if stop < end {
		tokens = append(tokens, token{start: int32(stop), end: int32(end)})
	}
	return tokens
}

func isMark(c byte) bool { return c == ':' || c == ';' || c == '?' || c == '!' }
