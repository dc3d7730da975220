package enrich

import (
	"bytes"
	"strings"

	"golang.org/x/net/html/atom"
)

// elementKind is what an element means for the lines of a text.
type elementKind uint8

const (
	elementUnknown elementKind = iota // not an element at all: "List<String>", "<your name>"
	elementInline
	elementStrong
	elementHeading
	elementBlock
	elementBreak
	elementItem
	elementCell
	elementPre
	elementDropped // its content is no text: scripts, styles, drawings
)

func kindOfElement(name []byte, a atom.Atom) elementKind {
	switch a {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return elementHeading
	case atom.B, atom.Strong, atom.U:
		return elementStrong
	case atom.Br, atom.Hr:
		return elementBreak
	case atom.Li, atom.Dt, atom.Dd:
		return elementItem
	case atom.Td, atom.Th:
		return elementCell
	case atom.Pre, atom.Textarea:
		return elementPre
	case atom.Script, atom.Style, atom.Svg, atom.Template, atom.Iframe, atom.Object, atom.Head, atom.Noscript,
		atom.Title, atom.Select, atom.Audio, atom.Video, atom.Canvas, atom.Noframes, atom.Noembed:
		return elementDropped
	case atom.P, atom.Div, atom.Ul, atom.Ol, atom.Dl, atom.Table, atom.Tr, atom.Tbody, atom.Thead, atom.Tfoot,
		atom.Caption, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Nav, atom.Aside,
		atom.Blockquote, atom.Address, atom.Figure, atom.Figcaption, atom.Form, atom.Fieldset, atom.Legend,
		atom.Details, atom.Summary, atom.Center, atom.Body, atom.Html, atom.Menu, atom.Hgroup, atom.Dir,
		atom.Button, atom.Plaintext, atom.Xmp:
		return elementBlock
	case atom.A, atom.Span, atom.I, atom.Em, atom.Font, atom.Small, atom.Sub, atom.Sup, atom.S, atom.Strike,
		atom.Del, atom.Ins, atom.Mark, atom.Code, atom.Kbd, atom.Samp, atom.Var, atom.Tt, atom.Abbr, atom.Acronym,
		atom.Cite, atom.Q, atom.Dfn, atom.Time, atom.Label, atom.Img, atom.Input, atom.Meta, atom.Link, atom.Base,
		atom.Col, atom.Colgroup, atom.Wbr, atom.Bdi, atom.Bdo, atom.Data, atom.Picture, atom.Source, atom.Big,
		atom.Nobr, atom.Ruby, atom.Rt, atom.Rp, atom.Map, atom.Area, atom.Param, atom.Embed, atom.Output,
		atom.Image, atom.Blink, atom.Marquee, atom.Option, atom.Optgroup, atom.Math:
		return elementInline
	}
	if bytes.ContainsAny(name, ":-") {
		return elementInline // office and web component elements, such as o:p
	}
	return elementUnknown
}

// looksLikeMarkup reports whether s holds a tag of an element that HTML knows, or a comment.
func looksLikeMarkup(s string) bool {
	return anyTag(s, func(k elementKind) bool { return k != elementUnknown })
}

// hasBlocks reports whether the markup in s makes lines of its own.
func hasBlocks(s string) bool {
	return anyTag(s, func(k elementKind) bool {
		return k != elementUnknown && k != elementInline && k != elementStrong
	})
}

// tagNameMax is above the length of any element name HTML knows (blockquote, figcaption).
const tagNameMax = 24

func anyTag(s string, match func(elementKind) bool) bool {
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			return false
		}
		s = s[i+1:]
		name := strings.TrimPrefix(s, "/")
		n := 0
		for n < len(name) && n < tagNameMax && isNameByte(name[n]) {
			n++
		}
		switch {
		case strings.HasPrefix(s, "!--") || strings.HasPrefix(s, "![CDATA["):
			if match(elementInline) {
				return true
			}
		case n > 0 && (n == len(name) || strings.IndexByte(" />\t\r\n\f", name[n]) >= 0):
			lower := appendLower(make([]byte, 0, tagNameMax), name[:n])
			if match(kindOfElement(lower, atom.Lookup(lower))) {
				return true
			}
		}
	}
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == ':' || c == '-'
}
