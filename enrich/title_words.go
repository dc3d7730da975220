package enrich

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// titleWord is one word of a title in the form the title rules compare.
type titleWord struct {
	text string   // lower case, without accents
	stem string   // text without a plural s
	join wordJoin // what stands between this word and the one before
}

// wordJoin says how two neighbouring words of a title are joined.
type wordJoin uint8

const (
	joinSpace   wordJoin = iota
	joinList             // a slash, an ampersand, "and", "or": two words of one list
	joinSegment          // a comma, a dash between spaces, a bar, a colon, a bracket: a new segment
)

// titleWordsMax bounds the words that are looked at; longer titles are header lines of threads whose
// role stands in front.
const titleWordsMax = 200

// splitTitle cuts a canonical title into words. Gender markers such as "(m/w/d)", inclusive endings
// such as "Ingenieur:in" and the conjunctions themselves are dropped.
func splitTitle(title string) []titleWord {
	s := dropInclusive(dropGender(foldLatin(title)))
	var words []titleWord
	join := joinSegment
	plural := false // the last word is the ending of "engineer's"
	for i := 0; i < len(s) && len(words) < titleWordsMax; {
		n := titleWordLen(s[i:])
		if n == 0 {
			r, size := utf8.DecodeRuneInString(s[i:])
			join = max(join, joinOf(r, i > 0 && s[i-1] == ' ', i+size < len(s) && s[i+size] == ' '))
			i += size
			continue
		}
		w := s[i : i+n]
		i += n
		if isConjunction(w) {
			join = max(join, joinList)
			continue
		}
		if join != joinSpace {
			words = dropPlural(words, plural)
		}
		plural = w == "s" && join == joinSpace && endsApostrophe(s[:i-n])
		words = append(words, titleWord{text: w, stem: singular(w), join: join})
		join = joinSpace
	}
	words = dropPlural(words, plural)
	if len(words) > 0 {
		words[0].join = joinSegment
	}
	return words
}

// dropPlural is words without the last one if that is but an ending: before a cut or a conjunction
// nothing follows that could be owned ("Software Engineer's & Designer's").
func dropPlural(words []titleWord, plural bool) []titleWord {
	if plural && len(words) > 1 {
		return words[:len(words)-1]
	}
	return words
}

func endsApostrophe(s string) bool {
	return strings.HasSuffix(s, "'") || strings.HasSuffix(s, "’")
}

// titleWordLen is the length of the word s begins with: letters and digits, with "c++", "c#" whole.
func titleWordLen(s string) int {
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		n += size
	}
	if n == 1 {
		for n < len(s) && n < 3 && (s[n] == '+' || s[n] == '#') {
			n++
		}
	}
	return n
}

func joinOf(r rune, spaceBefore, spaceAfter bool) wordJoin {
	switch r {
	case '/', '&', '+':
		return joinList
	case ',', ';', ':', '|', '(', ')', '[', ']', '{', '}', '•', '·', '–', '—', '@', '\n', '>', '<', '~', '*':
		return joinSegment
	case '-':
		if spaceBefore || spaceAfter {
			return joinSegment
		}
	}
	return joinSpace
}

func isConjunction(w string) bool {
	switch w {
	case "and", "und", "et", "or", "oder", "ou", "plus", "y":
		return true
	}
	return false
}

// singular drops a plural s, on both sides of every comparison, so it need not be right English,
// only the same for equal words.
func singular(w string) string {
	if len(w) > 3 && w[len(w)-1] == 's' {
		switch w[len(w)-2] {
		case 's', 'u', 'i':
		default:
			return w[:len(w)-1]
		}
	}
	return w
}

// foldLatin is s in lower case without accents: "Ingénieur" becomes "ingenieur", "für" "fur".
func foldLatin(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	b := make([]byte, 0, len(s)+8)
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			b = append(b, lowerByte(byte(r)))
		case r == 'ß' || r == 'ẞ':
			b = append(b, "ss"...)
		case r == 'ø' || r == 'Ø':
			b = append(b, 'o')
		case r == 'ł' || r == 'Ł':
			b = append(b, 'l')
		case r >= 0x2010 && r <= 0x2044:
			b = utf8.AppendRune(b, r) // punctuation, the bulk of what is not ASCII
		default:
			b = foldRune(b, r)
		}
	}
	return string(b)
}

// foldRune appends r in lower case without its accents.
func foldRune(b []byte, r rune) []byte {
	var in [utf8.UTFMax]byte
	var out [32]byte
	for _, d := range string(norm.NFKD.Append(out[:0], in[:utf8.EncodeRune(in[:], r)]...)) {
		if !unicode.Is(unicode.Mn, d) {
			b = utf8.AppendRune(b, unicode.ToLower(d))
		}
	}
	return b
}

// dropGender blanks markers such as "m/w/d", "h/f", "f/m/x" and "all genders" in folded text.
func dropGender(s string) string {
	if !strings.ContainsAny(s, "/|*") && !strings.Contains(s, "gender") {
		return s
	}
	b := []byte(s)
	for i := 0; i < len(b); {
		n := genderLen(b[i:])
		if n > 0 && (i == 0 || !isWordASCII(b[i-1])) {
			for k := range n {
				b[i+k] = ' '
			}
			i += n
			continue
		}
		i++
	}
	out := string(b)
	for _, phrase := range []string{"all genders", "all gender", "any gender", "alle geschlechter"} {
		out = strings.ReplaceAll(out, phrase, " ")
	}
	return out
}

// genderLen is the length of the gender marker b begins with, 0 if none: at least two of the known
// one-letter marks joined by slashes or bars.
func genderLen(b []byte) int {
	n, marks := 0, 0
	for n < len(b) {
		size := genderMark(b[n:])
		if size == 0 {
			return 0
		}
		marks++
		n += size
		k := n
		for k < len(b) && b[k] == ' ' {
			k++
		}
		if k >= len(b) || (b[k] != '/' && b[k] != '|') {
			break
		}
		k++
		for k < len(b) && b[k] == ' ' {
			k++
		}
		if k >= len(b) || genderMark(b[k:]) == 0 {
			break
		}
		n = k
	}
	if marks < 2 {
		return 0
	}
	return n
}

func genderMark(b []byte) int {
	for _, mark := range []string{"div", "gn", "nb", "m", "w", "d", "f", "h", "x", "*", "i"} {
		if n := len(mark); len(b) >= n && string(b[:n]) == mark && (len(b) == n || !isWordASCII(b[n])) {
			return n
		}
	}
	return 0
}

func isWordASCII(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
}

// inclusiveEndings are the endings that add the other gender to a noun, longest first.
func inclusiveEndings() []string {
	return []string{"innen", "trice", "euse", "frau", "esse", "lle", "sse", "rice", "ere", "fe", "ve", "le", "in", "se", "ne", "es", "re", "os", "as", "e", "a", "o", "r", "n"}
}

// dropInclusive cuts inclusive endings off folded text: "ingenieur:in", "ingenieur(e)",
// "developpeur.euse", "ingeniero/a", "mitarbeiter/-in".
func dropInclusive(s string) string {
	if !strings.ContainsAny(s, ":*_/·.(") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if n := inclusiveLen(s, i); n > 0 {
			i += n
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

func inclusiveLen(s string, i int) int {
	// A noun of at least four letters must stand before, so that "r/e" and "c.o" stay.
	if i < 4 || !isWordASCII(s[i-1]) || !isWordASCII(s[i-2]) || !isWordASCII(s[i-3]) || !isWordASCII(s[i-4]) {
		return 0
	}
	start := i
	closing := false
	switch {
	case strings.HasPrefix(s[i:], "·"):
		i += len("·")
	case s[i] == '(':
		closing = true
		i++
	case s[i] == ':' || s[i] == '*' || s[i] == '_' || s[i] == '/' || s[i] == '.':
		i++
	default:
		return 0
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	for _, ending := range inclusiveEndings() {
		if !strings.HasPrefix(s[i:], ending) {
			continue
		}
		end := i + len(ending)
		if closing {
			if end < len(s) && s[end] == ')' {
				return end + 1 - start
			}
			continue
		}
		if end == len(s) || !isWordASCII(s[end]) {
			return end - start
		}
	}
	return 0
}
