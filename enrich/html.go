package enrich

import (
	"bytes"
	"html"
	"strings"

	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// roundsMax bounds how often markup that appears only after decoding (escaped twice, or escaped
// inside markup) is read again. Real boards escape at most twice; one round more confirms the end.
const roundsMax = 5

// readDocument makes the canonical document of a posting. The description may be HTML, HTML escaped
// once more as text, or plain text. Reading a canonical text again gives the same text. The time is
// linear in the input.
func readDocument(title, description string) document {
	lines := readLines(description)
	d := document{title: readTitle(title)}
	var b strings.Builder
	b.Grow(len(description))
	d.paragraphs = make([]paragraph, 0, len(lines))
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		p := paragraph{start: b.Len(), end: b.Len() + len(l.text), kind: l.kind()}
		b.WriteString(l.text)
		d.paragraphs = append(d.paragraphs, p)
	}
	d.text = b.String()
	d.lowerText()
	d.readSignals()
	assignSections(&d)
	d.foldWork()
	return d
}

// readTitle is the canonical form of a title: no markup, one line, single spaces.
func readTitle(s string) string {
	var b strings.Builder
	for i, l := range readLines(s) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strings.TrimPrefix(l.text, itemPrefix))
	}
	return b.String()
}

// readLines reads a text of unknown form into canonical lines. Decoding can bring new markup to
// light, so it is repeated until nothing changes; what is still markup then was made to be, and is
// broken up so that reading it again cannot change it.
func readLines(s string) []line {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for range roundsMax {
		if looksLikeMarkup(s) {
			break
		}
		decoded := decodeEntities(s)
		if decoded == s {
			break
		}
		s = decoded
	}
	lines := canonicalLines(readOnce(s, false))
	for range roundsMax {
		if !anyMarkup(lines) {
			return lines
		}
		lines = canonicalLines(readOnce(joinLines(lines), true))
	}
	if anyMarkup(lines) {
		breaker := strings.NewReplacer("<", "< ", "&", "& ")
		for i := range lines {
			lines[i].text = breaker.Replace(lines[i].text)
		}
		lines = canonicalLines(lines)
	}
	return lines
}

func anyMarkup(lines []line) bool {
	for _, l := range lines {
		if looksLikeMarkup(l.text) || decodeEntities(l.text) != l.text {
			return true
		}
	}
	return false
}

func joinLines(lines []line) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.text)
	}
	return b.String()
}

// readOnce removes one level of markup. With keepBreaks the line breaks of the input are lines
// already and stay so.
func readOnce(s string, keepBreaks bool) []line {
	if !looksLikeMarkup(s) {
		s = decodeEntities(s)
		if keepBreaks {
			return splitLines(s)
		}
		return unwrap(s)
	}
	if !keepBreaks && !hasBlocks(s) {
		// Plain text with a link or an emphasis in it: its line breaks mean what they do in plain text.
		return unwrapLines(readMarkup(s, true))
	}
	return readMarkup(s, keepBreaks)
}

func readMarkup(s string, keepBreaks bool) []line {
	r := markupReader{keepBreaks: keepBreaks}
	if !r.readSimple(s) {
		r = markupReader{keepBreaks: keepBreaks}
		r.read(s)
	}
	return r.lines
}

// markupReader turns a token stream into lines.
type markupReader struct {
	keepBreaks bool
	lines      []line
	buf        []byte
	item       bool // the line being built is a list item
	strong     int  // depth of elements that print bold
	headed     int  // depth of heading elements
	plain      bool // the line holds text that is neither bold nor in a heading
	pre        int
	skip       atom.Atom // element whose content is dropped until its end
	skipDepth  int
}

// read reads any markup.
func (r *markupReader) read(s string) {
	z := nethtml.NewTokenizer(strings.NewReader(s))
	z.AllowCDATA(true)
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			// A tag cut off at the end of the input is dropped with the error; strings do not fail.
			r.breakLine()
			return
		case nethtml.TextToken:
			if r.skip == 0 {
				r.text(string(z.Text()))
			}
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			raw := string(z.Raw()) // reading the name lowers it in place
			name, _ := z.TagName()
			r.start(name, atom.Lookup(name), raw)
		case nethtml.EndTagToken:
			raw := string(z.Raw())
			name, _ := z.TagName()
			r.end(name, atom.Lookup(name), raw)
		}
	}
}

// start reads a start tag: its name in lower case and what is written.
func (r *markupReader) start(name []byte, a atom.Atom, raw string) {
	closed := strings.HasSuffix(raw, "/>")
	if r.skip != 0 {
		if a == r.skip && !closed {
			r.skipDepth++
		}
		return
	}
	switch kindOfElement(name, a) {
	case elementUnknown:
		r.text(raw)
	case elementDropped:
		if !closed {
			r.skip, r.skipDepth = a, 1
		}
	case elementCell:
		if len(r.buf) > 0 {
			r.buf = append(r.buf, " | "...)
		}
	case elementStrong:
		r.strong++
	case elementHeading:
		r.breakLine()
		r.headed++
	case elementItem:
		r.breakLine()
		r.item = true
	case elementPre:
		r.breakLine()
		r.pre++
	case elementBlock:
		r.breakBlock()
	case elementBreak:
		r.breakLine()
	}
}

func (r *markupReader) end(name []byte, a atom.Atom, raw string) {
	if r.skip != 0 {
		if a == r.skip {
			r.skipDepth--
			if r.skipDepth == 0 {
				r.skip = 0
			}
		}
		return
	}
	switch kindOfElement(name, a) {
	case elementUnknown:
		r.text(raw)
	case elementStrong:
		r.strong = max(0, r.strong-1)
	case elementHeading:
		r.breakLine()
		r.headed = max(0, r.headed-1)
	case elementItem:
		r.breakLine()
		r.item = false
	case elementPre:
		r.breakLine()
		r.pre = max(0, r.pre-1)
	case elementBlock, elementBreak:
		r.breakBlock()
	}
}

func (r *markupReader) text(s string) {
	breaks := r.keepBreaks || r.pre > 0
	for s != "" {
		part, rest, cut := s, "", false
		if breaks {
			part, rest, cut = strings.Cut(s, "\n")
		}
		if r.headed == 0 && r.strong == 0 && strings.TrimSpace(part) != "" {
			r.plain = true
		}
		r.buf = append(r.buf, part...)
		if cut {
			r.breakRaw()
		}
		s = rest
	}
}

// breakBlock ends the line at a block's edge; an item whose text has not begun yet stays an item.
func (r *markupReader) breakBlock() {
	if isSpace(r.buf) {
		r.buf = r.buf[:0]
		return
	}
	r.breakLine()
}

// breakLine ends the line being built.
func (r *markupReader) breakLine() {
	if !isSpace(r.buf) {
		r.breakRaw()
	}
	r.buf = r.buf[:0]
	r.item = false
}

// breakRaw ends the line being built even when it is blank: in text whose breaks count, a blank
// line separates paragraphs.
func (r *markupReader) breakRaw() {
	s := string(r.buf)
	if r.item {
		s = itemPrefix + s
	}
	r.lines = append(r.lines, line{text: s, marked: !r.plain})
	r.buf = r.buf[:0]
	r.item, r.plain = false, false
}

func isSpace(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }

// decodeEntities decodes character references that end in a semicolon. The ones without are legal
// HTML but in plain text they are mostly query strings.
func decodeEntities(s string) string {
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i >= 0 {
		b.WriteString(s[:i])
		s = s[i:]
		n := entityLen(s)
		b.WriteString(html.UnescapeString(s[:n]))
		s = s[n:]
		i = strings.IndexByte(s, '&')
	}
	b.WriteString(s)
	return b.String()
}

// entityNameMax is the length of the longest name in the HTML standard's list of references
// (CounterClockwiseContourIntegral), with room for the ampersand and the semicolon.
const entityNameMax = 33

// entityLen is the length of the reference s begins with, or 1 for a mere ampersand.
func entityLen(s string) int {
	for i := 1; i < len(s) && i < entityNameMax; i++ {
		c := s[i]
		switch {
		case c == ';' && i > 1:
			return i + 1
		case c == '#' && i == 1, 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		default:
			return 1
		}
	}
	return 1
}
