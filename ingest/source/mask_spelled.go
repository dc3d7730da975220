package source

import (
	"regexp"
	"slices"
	"strings"
)

// Ways in which people write an at sign and a dot so that no machine reads them.
const (
	spelledLocal = `[\pL\d][\pL\d._+-]*`
	spelledAt    = `(?:\s*(?:@|&#64;|[\[({<*]\s*at\s*[\])}>*]|&lt;\s*at\s*&gt;|\[@\]|\(a\))\s*|\s+at\s+|_at_|-at-)`
	spelledDot   = `(?:\s*(?:[\[({<*]\s*dot\s*[\])}>*]|&lt;\s*dot\s*&gt;|\[\.\])\s*|\s+dot\s+|_dot_|-dot-|\s+\.\s+)`
	spelledLabel = `[\pL\d-]+`
)

var (
	// "jane at acme dot com", with the last dot spelled in any way.
	spelledDots = regexp.MustCompile(`(?i)` + spelledLocal + `(?:` + spelledDot + `[\pL\d]+)?` + spelledAt + spelledLabel +
		`(?:(?:` + spelledDot + `|\.)` + spelledLabel + `){0,3}` + spelledDot + `\pL\pL+`)
	// "jane {at} acme.com": an at sign nobody writes for another reason.
	spelledAts = regexp.MustCompile(`(?i)` + spelledLocal +
		`\s*(?:[\[({<*]\s*at\s*[\])}>*]|&lt;\s*at\s*&gt;|\[@\]|\(a\)| @ )\s*` + spelledLabel + `(?:\.` + spelledLabel + `){0,3}\.\pL\pL+`)
	// "e-mail jane at acme.com": a word that announces an address.
	announcedAt = regexp.MustCompile(`(?i)\b(?:e-?mail|mail|contact|reach|write|ping|resumes?|cvs?)\b[^.|<]{0,40}?\s` +
		`(` + spelledLocal + `\s+at\s+` + spelledLabel + `(?:\.` + spelledLabel + `){0,2}\.\pL\pL+)`)
)

// maskSpelled replaces addresses spelled out for people. Only sources whose texts are written by
// persons need it: an employer's "engineers at acme.com" is no address, and is none here either
// unless a word before it announces one. maskSpelled(maskSpelled(s)) is maskSpelled(s).
func maskSpelled(s string) string {
	for range 4 { // an address replaced may have hidden another; four in a row are not found in nature
		before := s
		lower := strings.ToLower(s)
		if containsAny(lower, dotMarks) {
			s = spelledDots.ReplaceAllString(s, emailToken)
		}
		if containsAny(lower, atMarks) {
			s = spelledAts.ReplaceAllString(s, emailToken)
		}
		if hostAfterAt(lower) {
			s = maskAnnounced(s)
		}
		if s == before {
			break
		}
	}
	return s
}

// Texts, in lower case, without which the expressions above cannot match: nearly all posts have none,
// and the expressions take thirty times as long as looking for these.
var (
	dotMarks = []string{
		" dot ", "\tdot", "\ndot", "dot\n", "dot\t", "dot]", "dot ]", "dot)", "dot )", "dot}", "dot }", "dot>", "dot >", "dot*", "dot *", "dot&gt;", "dot &gt;",
		"_dot_", "-dot-", "[.]", " . ",
	}
	atMarks = []string{
		"at]", "at ]", "at)", "at )", "at}", "at }", "at>", "at >", "at*", "at *", "at&gt;", "at &gt;", "[@]", "(a)", " @ ",
	}
)

func containsAny(s string, marks []string) bool {
	return slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(s, mark) })
}

// hostAfterAt reports whether an "at" is followed by something like a host.
func hostAfterAt(s string) bool {
	for rest := s; ; {
		_, after, found := strings.Cut(rest, " at ")
		if !found {
			return false
		}
		word := strings.TrimLeft(after, " \t\n")
		if end := strings.IndexAny(word, " \t\n<"); end >= 0 {
			word = word[:end]
		}
		if dot := strings.IndexByte(word, '.'); dot > 0 && dot+2 < len(word) {
			return true
		}
		rest = after
	}
}

// notLocal are words before "at" that begin no address: "reach us at acme.com" names a page.
var notLocal = []string{"me", "us", "you", "out", "here", "team", "people", "directly", "online", "apply", "jobs", "it", "more", "up", "someone"}

// maskAnnounced replaces the addresses that a word announces.
func maskAnnounced(s string) string {
	m := masker{in: s}
	for _, at := range announcedAt.FindAllStringSubmatchIndex(s, -1) {
		local, _, _ := strings.Cut(s[at[2]:at[3]], " ")
		if !slices.Contains(notLocal, strings.ToLower(strings.TrimSpace(local))) {
			m.replace(at[2], at[3], emailToken)
		}
	}
	return m.text()
}
