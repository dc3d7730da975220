package engine

import "strings"

// tokenKind is what a token of ClickHouse's SQL is, as far as this room cares.
type tokenKind int

const (
	tokenEnd    tokenKind = iota
	tokenWord             // a bare word: keyword, unquoted name or number
	tokenName             // a quoted name: "a" or `a`
	tokenText             // a string literal: 'a', x'61', $$a$$
	tokenSymbol           // one other byte
	tokenBroken           // a quote or comment that never closes; it takes the rest
)

// token is the bytes [start, end) of the statement.
type token struct {
	kind       tokenKind
	start, end int
}

// lexer walks over a statement as ClickHouse's own lexer does: quotes with
// backslash and doubled quotes, typographic quotes, heredocs, nested comments.
// Spaces and comments are skipped.
type lexer struct {
	src string
	pos int
	// exotic is set once something was seen that versions of ClickHouse read
	// differently; whoever relies on the lexer for safety then looks at raw bytes.
	exotic bool
}

func (l *lexer) text(t token) string { return l.src[t.start:t.end] }

// is reports whether the token is this keyword (given in upper case).
func (l *lexer) is(t token, keyword string) bool {
	return t.kind == tokenWord && strings.EqualFold(l.text(t), keyword)
}

// symbol reports whether the token is this one byte.
func (l *lexer) symbol(t token, b byte) bool {
	return t.kind == tokenSymbol && l.src[t.start] == b
}

// peek is next without moving.
func (l *lexer) peek() token {
	pos := l.pos
	t := l.next()
	l.pos = pos
	return t
}

func (l *lexer) next() token {
	if broken := l.skipBlank(); broken {
		start := l.pos
		l.pos = len(l.src)
		return token{tokenBroken, start, l.pos}
	}
	start := l.pos
	if start >= len(l.src) {
		return token{tokenEnd, start, start}
	}
	switch c := l.src[start]; {
	case c == '\'':
		return l.quoted(start, start, tokenText)
	case c == '"' || c == '`':
		return l.quoted(start, start, tokenName)
	case c == '$':
		if t, ok := l.heredoc(start); ok {
			return t
		}
	case c == 0xE2:
		if t, ok := l.typographic(start); ok {
			return t
		}
	case strings.IndexByte("xXbB", c) >= 0 && start+1 < len(l.src) && l.src[start+1] == '\'':
		return l.quoted(start, start+1, tokenText)
	}
	for l.pos < len(l.src) && isWordByte(l.src[l.pos]) {
		l.pos++
	}
	if l.pos > start {
		return token{tokenWord, start, l.pos}
	}
	l.pos++
	return token{tokenSymbol, start, l.pos}
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$'
}

func isBlank(c byte) bool {
	return c == ' ' || c >= '\t' && c <= '\r'
}

// skipBlank moves over spaces and comments; true means a comment never closes.
func (l *lexer) skipBlank() (broken bool) {
	for l.pos < len(l.src) {
		rest := l.src[l.pos:]
		switch {
		case isBlank(rest[0]):
			l.pos++
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "# "), strings.HasPrefix(rest, "#!"):
			l.exotic = true
			l.skipLine()
		case strings.HasPrefix(rest, "//"):
			l.exotic = true
			l.skipLine()
		case strings.HasPrefix(rest, "/*"):
			l.exotic = true
			if !l.skipComment() {
				return true
			}
		default:
			return false
		}
	}
	return false
}

func (l *lexer) skipLine() {
	if i := strings.IndexByte(l.src[l.pos:], '\n'); i >= 0 {
		l.pos += i + 1
		return
	}
	l.pos = len(l.src)
}

// skipComment moves over one /* comment */, which may nest; false means it never closes.
func (l *lexer) skipComment() bool {
	depth := 0
	for i := l.pos; i+1 < len(l.src); {
		switch l.src[i : i+2] {
		case "/*":
			depth++
			i += 2
		case "*/":
			depth--
			i += 2
			if depth == 0 {
				l.pos = i
				return true
			}
		default:
			i++
		}
	}
	return false
}

// quoted reads from the opening quote at position quote to its end.
func (l *lexer) quoted(start, quote int, kind tokenKind) token {
	q := l.src[quote]
	for i := quote + 1; i < len(l.src); i++ {
		switch l.src[i] {
		case '\\':
			i++
		case q:
			if i+1 < len(l.src) && l.src[i+1] == q {
				i++
				continue
			}
			l.pos = i + 1
			return token{kind, start, l.pos}
		}
	}
	l.pos = len(l.src)
	return token{tokenBroken, start, l.pos}
}

// heredoc reads $tag$ ... $tag$.
func (l *lexer) heredoc(start int) (token, bool) {
	rest := l.src[start:]
	n := strings.IndexByte(rest[1:], '$')
	if n < 0 {
		return token{}, false
	}
	tag := rest[:n+2]
	end := strings.Index(rest[len(tag):], tag)
	if end < 0 {
		return token{}, false
	}
	l.exotic = true
	l.pos = start + len(tag) + end + len(tag)
	return token{tokenText, start, l.pos}, true
}

// typographic reads a literal in typographic single quotes or a name in double ones.
func (l *lexer) typographic(start int) (token, bool) {
	for _, q := range []struct {
		open, end string
		kind      tokenKind
	}{{"\u2018", "\u2019", tokenText}, {"\u201c", "\u201d", tokenName}} {
		if !strings.HasPrefix(l.src[start:], q.open) {
			continue
		}
		l.exotic = true
		if i := strings.Index(l.src[start+len(q.open):], q.end); i >= 0 {
			l.pos = start + len(q.open) + i + len(q.end)
			return token{q.kind, start, l.pos}, true
		}
		l.pos = len(l.src)
		return token{tokenBroken, start, l.pos}, true
	}
	return token{}, false
}
