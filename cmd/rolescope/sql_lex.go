package main

import (
	"slices"
	"strings"
)

// sqlKind is what a token of a statement is.
type sqlKind int

const (
	sqlWord    sqlKind = iota // a name, keyword or number
	sqlName                   // a name in backticks or double quotes
	sqlText                   // a text in single quotes, or a heredoc
	sqlSymbol                 // one character
	sqlComment                // to the line's end, or /* */
	sqlBroken                 // a text, name or comment that does not end
)

// sqlToken is a piece of a statement, as a place in its bytes.
type sqlToken struct {
	kind       sqlKind
	start, end int
}

// sqlTokens splits ClickHouse's SQL as far as a prompt needs it: where statements, texts and comments
// end. It checks no syntax, which is the engine's task. Blanks are no tokens.
func sqlTokens(src string) []sqlToken {
	var out []sqlToken
	for i := 0; i < len(src); {
		if isBlank(src[i]) {
			i++
			continue
		}
		t := sqlTokenAt(src, i)
		out = append(out, t)
		i = t.end
	}
	return out
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func sqlTokenAt(src string, i int) sqlToken {
	rest := src[i:]
	// until is a token that ends behind the text, or does not end.
	until := func(kind sqlKind, from int, text string) sqlToken {
		if n := strings.Index(rest[from:], text); n >= 0 {
			return sqlToken{kind, i, i + from + n + len(text)}
		}
		return sqlToken{sqlBroken, i, len(src)}
	}
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "#!"), strings.HasPrefix(rest, "# "):
		n := strings.IndexByte(rest, '\n')
		if n < 0 {
			n = len(rest)
		}
		return sqlToken{sqlComment, i, i + n}
	case strings.HasPrefix(rest, "/*"):
		return until(sqlComment, 2, "*/")
	case c == '\'':
		return sqlQuoted(src, i, sqlText)
	case c == '`', c == '"':
		return sqlQuoted(src, i, sqlName)
	case c == '$':
		if n := strings.IndexByte(rest[1:], '$'); n >= 0 && strings.IndexFunc(rest[1:1+n], func(r rune) bool { return r >= 0x80 || !isWordByte(byte(r)) }) < 0 {
			return until(sqlText, n+2, rest[:n+2])
		}
	case isWordByte(c):
		n := 1
		for n < len(rest) && (isWordByte(rest[n]) || rest[n] == '$') {
			n++
		}
		return sqlToken{sqlWord, i, i + n}
	}
	return sqlToken{sqlSymbol, i, i + 1}
}

// sqlQuoted reads to the same quote, which a backslash or a second quote escapes.
func sqlQuoted(src string, i int, kind sqlKind) sqlToken {
	quote := src[i]
	for n := i + 1; n < len(src); n++ {
		switch src[n] {
		case '\\':
			n++
		case quote:
			if n+1 < len(src) && src[n+1] == quote {
				n++
				continue
			}
			return sqlToken{kind, i, n + 1}
		}
	}
	return sqlToken{sqlBroken, i, len(src)}
}

func (t sqlToken) text(src string) string { return src[t.start:t.end] }

func (t sqlToken) is(src, text string) bool {
	return (t.kind == sqlWord || t.kind == sqlSymbol) && strings.EqualFold(src[t.start:t.end], text)
}

// sqlStatements splits at semicolons and leaves out what is nothing but comments. closed says that the
// last one was ended by its semicolon.
func sqlStatements(src string) (statements []string, closed bool) {
	start, something := 0, false
	for _, t := range sqlTokens(src) {
		switch {
		case t.is(src, ";"):
			if something {
				statements = append(statements, strings.TrimSpace(src[start:t.start]))
			}
			start, something, closed = t.end, false, true
		case t.kind != sqlComment:
			something, closed = true, false
		}
	}
	if something {
		statements = append(statements, strings.TrimSpace(src[start:]))
	}
	return statements, closed
}

// sqlParameter is a {name:Type} of a statement.
type sqlParameter struct{ name, typ string }

// sqlParameters are the parameters that a statement asks for, each once, in order.
func sqlParameters(src string) []sqlParameter {
	var out []sqlParameter
	tokens := slices.DeleteFunc(sqlTokens(src), func(t sqlToken) bool { return t.kind == sqlComment })
	for i := 0; i+3 < len(tokens); i++ {
		if !tokens[i].is(src, "{") || tokens[i+1].kind != sqlWord || !tokens[i+2].is(src, ":") || tokens[i+3].is(src, "}") {
			continue
		}
		end := i + 3
		for end < len(tokens) && !tokens[end].is(src, "}") {
			end++
		}
		if end == len(tokens) {
			break
		}
		p := sqlParameter{tokens[i+1].text(src), strings.TrimSpace(src[tokens[i+2].end:tokens[end].start])}
		if !slices.ContainsFunc(out, func(o sqlParameter) bool { return o.name == p.name }) {
			out = append(out, p)
		}
		i = end
	}
	return out
}

// cutFormat takes a statement's own FORMAT clause out of it. Without one, format is empty.
func cutFormat(src string) (rest, format string) {
	tokens := slices.DeleteFunc(sqlTokens(src), func(t sqlToken) bool { return t.kind == sqlComment })
	depth := 0
	for i, t := range tokens {
		switch {
		case t.is(src, "("), t.is(src, "["), t.is(src, "{"):
			depth++
		case t.is(src, ")"), t.is(src, "]"), t.is(src, "}"):
			depth--
		case depth != 0 || !t.is(src, "FORMAT") || i+1 == len(tokens) || i == 0 || tokens[i+1].kind != sqlWord:
		case i+2 == len(tokens) || tokens[i+2].is(src, "SETTINGS"):
			name := tokens[i+1].text(src)
			if strings.EqualFold(name, "asc") || strings.EqualFold(name, "desc") { // ORDER BY format ASC
				continue
			}
			return strings.TrimSpace(src[:t.start] + src[tokens[i+1].end:]), name
		}
	}
	return src, ""
}

// flatStatement writes a statement without line ends, meaning the same: it is what the history holds.
func flatStatement(src string) string {
	var b strings.Builder
	last := 0
	for i, t := range sqlTokens(src) {
		if i > 0 && t.start > last {
			b.WriteByte(' ')
		}
		last = t.end
		text := t.text(src)
		switch {
		case t.kind == sqlComment && !strings.HasPrefix(text, "/*"):
			text = "/* " + strings.ReplaceAll(strings.TrimSpace(strings.TrimLeft(text, "-#!")), "*/", "* /") + " */"
		case t.kind == sqlText && text[0] == '\'', t.kind == sqlName:
			text = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(text)
		}
		b.WriteString(strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(text))
	}
	return b.String()
}
