package enrich

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// line is one line of text on its way to becoming a paragraph.
type line struct {
	text   string
	marked bool // the markup prints all of it as a heading or bold
}

// itemPrefix begins every list item of a canonical text.
const itemPrefix = "- "

const (
	// headingRunesMax is the length above which a bold line is a sentence somebody shouts.
	headingRunesMax = 90
	// headingWordsMax likewise, for lines that only their colon makes a heading.
	headingWordsMax = 12
)

func (l line) kind() paragraphKind {
	switch {
	case strings.HasPrefix(l.text, itemPrefix):
		return item
	case isHeading(l.text, l.marked):
		return heading
	}
	return prose
}

// isHeading reports whether a line stands above what follows: a bold or heading element, or a short
// line that ends in a colon or is a well-known heading.
func isHeading(s string, marked bool) bool {
	if utf8.RuneCountInString(s) > headingRunesMax || len(strings.Fields(s)) > headingWordsMax {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(s)
	switch {
	case last == ':' || last == '：':
		return true
	case marked:
		return last != '.' && last != ';' && last != ','
	case last == '.' || last == ',' || last == ';':
		return false
	}
	return headingSection(s) != sectionNone || isShouted(s)
}

// shoutedLettersMin keeps acronyms and codes from being headings.
const shoutedLettersMin = 8

// isShouted reports whether all letters are capitals and there are enough of them for a heading.
func isShouted(s string) bool {
	letters := 0
	for _, r := range s {
		if unicode.IsLower(r) || unicode.IsDigit(r) || r == '|' {
			return false
		}
		if unicode.IsUpper(r) {
			letters++
		}
	}
	return letters >= shoutedLettersMin
}

// canonicalLines cleans every line, gives items their prefix and drops blank lines.
func canonicalLines(in []line) []line {
	out := in[:0:0]
	for _, l := range splitInlineBullets(in) {
		for {
			t := canonicalLine(l.text)
			if t == l.text {
				break
			}
			l.text = t
		}
		if l.text != "" {
			out = append(out, l)
		}
	}
	return out
}

const (
	// inlineBulletsMin and inlineBulletBytesMin tell a list that lost its line breaks from a header
	// that separates its fields with bullets.
	inlineBulletsMin     = 3
	inlineBulletBytesMin = 300
)

// splitInlineBullets gives every item of a list that lost its line breaks a line of its own.
func splitInlineBullets(in []line) []line {
	var out []line
	for i, l := range in {
		if len(l.text) < inlineBulletBytesMin || strings.Count(l.text, "•")+strings.Count(l.text, "●")+strings.Count(l.text, "▪") < inlineBulletsMin {
			if out != nil {
				out = append(out, l)
			}
			continue
		}
		if out == nil {
			out = append(make([]line, 0, len(in)+inlineBulletsMin), in[:i]...)
		}
		for from, at := 0, 0; from < len(l.text); from = at {
			at = len(l.text)
			if k := strings.IndexAny(l.text[from+1:], "•●▪"); k >= 0 {
				at = from + 1 + k
			}
			out = append(out, line{text: l.text[from:at]})
		}
	}
	if out == nil {
		return in
	}
	return out
}

// canonicalLine cleans one line. It is applied until nothing changes: composing characters can, in
// rare cases, bring to light what the cleaning looks for.
func canonicalLine(s string) string {
	s = cleanRunes(s)
	if !isASCII(s) {
		s = norm.NFC.String(s)
	}
	body, bullets := s, 0
	for {
		rest, ok := cutBullet(body)
		if !ok {
			break
		}
		body, bullets = rest, bullets+1
	}
	if body = strings.TrimSpace(body); body == "" {
		return ""
	}
	if bullets > 0 {
		return itemPrefix + body
	}
	return body
}

// cleanRunes drops what does not print, makes every kind of space one space, collapses runs and
// trims. Line breaks do not occur in a line; one that does is a space.
func cleanRunes(s string) string {
	n := cleanLen(s)
	if n == len(s) {
		return s
	}
	b := append(make([]byte, 0, len(s)), s[:n]...)
	space := n > 0 && s[n-1] == ' '
	if space {
		b = b[:n-1]
	}
	for _, r := range s[n:] {
		switch {
		case isBlank(r):
			space = true
			continue
		case isInvisible(r):
			continue
		}
		if space && len(b) > 0 {
			b = append(b, ' ')
		}
		space = false
		b = utf8.AppendRune(b, r)
	}
	return string(b)
}

// cleanLen is the length of the beginning of s that cleanRunes leaves as it is: printing characters
// with single inner spaces. It is nearly always all of s.
func cleanLen(s string) int {
	single := !strings.Contains(s, "  ") && strings.Trim(s, " ") == s
	for i := 0; i < len(s); {
		if single {
			if i += printableLen(s[i:]); i == len(s) {
				break
			}
		}
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f || c == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isPunctuation(r) && (isBlank(r) || isInvisible(r)) {
			return i
		}
		i += size
	}
	return len(s)
}

// isPunctuation reports the dashes, quotation marks and bullets that are most of what is not ASCII.
func isPunctuation(r rune) bool { return 0x2010 <= r && r <= 0x2027 }

func isBlank(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Zs, r) || r == '\u2800' || r == '\u3164'
}

// isInvisible reports control and format characters: zero-width ones, soft hyphens, direction
// marks, byte order marks, variation selectors, tags. Joiners go too: they only shape emoji here.
func isInvisible(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cs, r) ||
		unicode.Is(unicode.Variation_Selector, r) || r == '\u034f' || r == '\u115f' || r == '\u1160'
}

// cutBullet removes the bullet a line begins with. Characters that also begin words or numbers
// count only before a space.
func cutBullet(s string) (string, bool) {
	r, n := utf8.DecodeRuneInString(s)
	rest := s[n:]
	switch r {
	case '•', '●', '○', '◦', '▪', '▫', '■', '□', '‣', '⁃', '∙', '◆', '◇', '➢', '➤', '►', '▶', '▸', '✓', '✔', '✅',
		'★', '☆', '→', '➔', '➜', '❖', '⦿', '⚫', '◉', '\uf0b7', '\uf0a7', '\uf0d8', '\uf076', '\uf0fc', '※':
		return strings.TrimLeft(rest, " "), true
	case '-', '*', '–', '—', '·', '+', '‐', '‑', '−', '~', '»', '›', '>':
		if rest == "" || rest[0] == ' ' {
			return strings.TrimLeft(rest, " "), true
		}
	}
	return s, false
}

// paragraphHashBytes is how much of the SHA-256 a paragraph's hash keeps: 64 bits, enough to tell
// the paragraphs of one employer apart, which is all they are compared with.
const paragraphHashBytes = 8

// paragraphHash is the identity of a paragraph's wording: case, spacing and punctuation do not
// count, so boilerplate that was pasted into different templates stays the same.
func paragraphHash(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if isWordByte(c) || c == '+' || c == '#' {
				b = append(b, lowerByte(c))
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b = utf8.AppendRune(b, unicode.ToLower(r))
		}
		i += size
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:paragraphHashBytes])
}
