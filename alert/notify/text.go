package notify

import (
	"strings"
	"unicode"
)

// line makes s one line of at most limit runes without anything that a terminal, a header or a reader's
// eye could be deceived by: control characters and line breaks become spaces, invisible ones such as
// marks that turn the direction of writing are dropped.
func line(s string, limit int) string {
	return cut(strings.Join(strings.Fields(harmless(s, false)), " "), limit)
}

// block is line for a text that may have several lines.
func block(s string, limit int) string {
	return cut(strings.TrimSpace(harmless(s, true)), limit)
}

func harmless(s string, lines bool) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}

func cut(s string, limit int) string {
	if len(s) <= limit { // bytes are never fewer than runes
		return s
	}
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return s
}

// chatMarks takes the power from what chats act on: Slack's <!channel> and <url|text> by escaping, as
// its documentation asks for; @here, [text](url) of those that take Slack's form, and bare addresses
// by a character of no width in their midst.
var chatMarks = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;",
	"@", "@\u200b", "](", "]\u200b(", "://", ":\u200b//", "www.", "www\u200b.", "mailto:", "mailto\u200b:",
)

// chat makes a text of strangers harmless in a chat.
func chat(s string) string { return chatMarks.Replace(s) }
