package fetch

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

const (
	// productToken is the name by which robots.txt files address us; the User-Agent begins with it.
	productToken = "rolescope"

	// robotsBytesMax is how much of a robots.txt is read; RFC 9309 2.5 asks for at least 500 KiB.
	robotsBytesMax = 500 << 10

	// crawlDelayMax bounds Crawl-delay, which is no part of the RFC: a listing of 50 pages then
	// still takes less than half an hour.
	crawlDelayMax = 30 * time.Second
)

// robots are the rules of one robots.txt that apply to us.
type robots struct {
	rules []rule
	delay time.Duration // Crawl-delay, 0 to crawlDelayMax
}

// rule is one Allow or Disallow line; its pattern is normalised as paths are.
type rule struct {
	allow   bool
	pattern string
}

// parseRobots reads a robots.txt by RFC 9309 and never fails: lines it cannot read are passed over.
// All groups that name our product token count together; without one, all groups of "*".
func parseRobots(text []byte) robots {
	if len(text) > robotsBytesMax {
		text = text[:robotsBytesMax]
		// A rule cut in the middle would forbid or allow more than was written.
		text = text[:max(bytes.LastIndexAny(text, "\r\n"), 0)]
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var ours, others robots
	var named, any, found, inAgents bool
	for line := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return r == '\n' || r == '\r' }) {
		line, _, _ = strings.Cut(line, "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch key {
		case "user-agent":
			if !inAgents {
				named, any, inAgents = false, false, true
			}
			named = named || agentToken(value) == productToken
			any = any || value == "*"
			found = found || named
			continue
		case "allow", "disallow", "crawl-delay":
			inAgents = false
		default:
			continue // such as Sitemap, which stands outside all groups and ends none
		}
		if named {
			ours.add(key, value)
		}
		if any {
			others.add(key, value)
		}
	}
	if found {
		return ours
	}
	return others
}

// agentToken is the product token that a user-agent line begins with, in lower case: some write the
// whole User-Agent with its version there.
func agentToken(value string) string {
	end := strings.IndexFunc(value, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_')
	})
	if end >= 0 {
		value = value[:end]
	}
	return strings.ToLower(value)
}

func (r *robots) add(key, value string) {
	switch {
	case key == "crawl-delay":
		if s, err := strconv.ParseFloat(value, 64); err == nil && s > 0 {
			r.delay = max(r.delay, time.Duration(min(s, crawlDelayMax.Seconds())*float64(time.Second)))
		}
	case value != "": // an empty Disallow forbids nothing
		r.rules = append(r.rules, rule{allow: key == "allow", pattern: normalise(value, true)})
	}
}

// allowed reports whether path, the escaped path and query of a URL, may be fetched: the longest
// matching pattern decides, Allow where both are as long, and without any the answer is yes.
func (r robots) allowed(path string) bool {
	path = normalise(path, false)
	if path == "/robots.txt" {
		return true
	}
	allow, longest := true, -1
	for _, rule := range r.rules {
		n := len(rule.pattern)
		if n < longest || (n == longest && !rule.allow) || !matches(rule.pattern, path) {
			continue
		}
		allow, longest = rule.allow, n
	}
	return allow
}

// matches reports whether pattern matches a beginning of path, or all of it when it ends in "$".
// "*" stands for any run of bytes. Taking the first place where each piece fits is enough, so the
// time is bounded by the product of the lengths.
func matches(pattern, path string) bool {
	pattern, whole := strings.CutSuffix(pattern, "$")
	pieces := strings.Split(pattern, "*")
	if !strings.HasPrefix(path, pieces[0]) {
		return false
	}
	path = path[len(pieces[0]):]
	if len(pieces) == 1 {
		return !whole || path == ""
	}
	last := len(pieces) - 1
	for _, piece := range pieces[1:last] {
		i := strings.Index(path, piece)
		if i < 0 {
			return false
		}
		path = path[i+len(piece):]
	}
	if whole {
		return strings.HasSuffix(path, pieces[last])
	}
	return strings.Contains(path, pieces[last])
}

const upperHex = "0123456789ABCDEF"

// normalise gives paths and patterns one spelling before they are compared byte by byte (RFC 9309
// 2.2.2): bytes outside ASCII are escaped, escapes of unreserved characters are undone, and the hex
// digits of all others are upper case. "*" and "$" mean something in a pattern only, so as plain
// characters they are escaped in both; so is a "%" that escapes nothing, or it would with what is
// undone behind it.
func normalise(s string, pattern bool) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		escaped := false
		if c == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				c, escaped = byte(n), true
				i += 2
			}
		}
		special := c == '*' || c == '$' || c == '%'
		plain := !escaped && c > ' ' && c < 0x7f && !special
		wild := !escaped && pattern && (c == '*' || c == '$' && i == len(s)-1)
		if unreserved(c) || plain || wild {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(upperHex[c>>4])
		b.WriteByte(upperHex[c&15])
	}
	return b.String()
}

// unreserved are the characters of RFC 3986 2.3, which mean the same escaped or not.
func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
