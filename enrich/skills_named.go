package enrich

import (
	"strings"
	"unicode"
)

// Companies carry the names of their products, and people have had other posts: this file tells where
// a name or a field belongs to somebody's story and not to the post.

// namesMaker reports whether a match names a company by its product: "at Acme", "former Acme
// engineers", "the Acme for robots", or a header that puts the post before the employer.
func (s *sentence) namesMaker(m *mention, doc document) bool {
	if s.ofCompany(m.found) {
		return true
	}
	if len(m.chosen.skill.Owner) == 0 {
		return false
	}
	first, last := s.f.tokens[m.first], s.f.tokens[m.last]
	name := newEmployer(s.f.text[first.start:last.end])
	if !name.makes(m.chosen) {
		return false
	}
	if s.secondPart(m.found) || s.f.own == nil && s.hires(m.found) {
		return true
	}
	if m.first == 0 || first.before >= gapList {
		return false
	}
	before, next := s.f.tokens[m.first-1], m.last+1
	return has(s.m.where, before) ||
		has(s.m.analogy, before) && s.speakerOf(m, doc) != ofThePost && next < len(s.f.tokens) && s.f.tokens[next].before < gapList && has(s.m.serving, s.f.tokens[next])
}

// secondPart reports whether a match is all that stands between the first and the second bar of a line
// whose first part names a worker: "Rust Engineer | Acme | Berlin".
func (s *sentence) secondPart(m found) bool {
	text, first, last := s.f.text, s.f.tokens[m.first], s.f.tokens[m.last]
	from := max(0, int(first.start)-titleLineMax)
	if cut := strings.LastIndexByte(text[from:first.start], '\n'); cut >= 0 {
		from += cut + 1
	}
	head, ok := strings.CutSuffix(strings.TrimRight(text[from:first.start], " "), "|")
	if !ok || strings.Contains(head, "|") || !strings.HasPrefix(strings.TrimLeft(text[last.end:], " "), "|") {
		return false
	}
	for i := m.first - 1; i >= 0 && int(s.f.tokens[i].start) >= from; i-- {
		if has(s.m.worker, s.f.tokens[i]) {
			return true
		}
	}
	return false
}

// storyReach is how many words may stand between "was a" and what somebody was: "was a very senior".
const storyReach = 3

// ofStory reports whether a match says what somebody was: "Jane was a robotics engineer at Acme".
func (s *sentence) ofStory(m found) bool {
	for i := m.first; i > max(1, m.first-storyReach) && s.f.tokens[i].before < gapList; i-- {
		if has(s.m.article, s.f.tokens[i-1]) && has(s.m.was, s.f.tokens[i-2]) {
			return s.namesWorker(m)
		}
	}
	return false
}

// ofCompany reports whether a match is the name of a company by its legal form: "Serverless, Inc.".
func (s *sentence) ofCompany(m found) bool {
	next := m.last + 1
	return next < len(s.f.tokens) && s.f.tokens[next].before <= gapList && has(s.m.legal, s.f.tokens[next]) &&
		unicode.IsUpper(firstRune(s.f.text, s.f.tokens[m.first])) && unicode.IsUpper(firstRune(s.f.text, s.f.tokens[next]))
}

// hires reports whether a match is who looks for people: "the Acme team is hiring", "Acme is hiring".
func (s *sentence) hires(m found) bool {
	rest := s.f.tokens[m.last+1:]
	if len(rest) > 0 && has(s.m.team, rest[0]) {
		rest = rest[1:]
	}
	return len(rest) > 1 && rest[0].before < gapList && rest[1].before < gapList && has(s.m.is, rest[0]) && has(s.m.hiring, rest[1]) &&
		(m.first == 0 || !has(s.m.us, s.f.tokens[m.first-1]))
}
