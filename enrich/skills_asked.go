package enrich

import (
	"slices"
	"strings"
	"unicode"
)

// An advert names many fields and products that it does not ask for: what the employer sells, whose
// market it is in, whom one will work with. This file takes them back. Languages, frameworks,
// libraries and databases stay: employers do not describe themselves by them.

// isProduct reports whether the skill is something a company sells or runs.
func (s *skill) isProduct() bool {
	return s.Kind == "platform" || s.Kind == "service" || s.Kind == "tool" || s.Kind == "system"
}

// isMade reports whether the skill is something that software is made with.
func (s *skill) isMade() bool {
	return s.Kind == "language" || s.Kind == "framework" || s.Kind == "library" || s.Kind == "database" || s.Kind == "format"
}

// leadOf is the first paragraph that stands under a heading about the employer or the post. What
// stands before it in prose is how the advert begins: with the employer. Adverts with fewer headings
// than leadSectionsMin, or with a line such as "Acme | Engineer | Berlin" first, have no such order.
func leadOf(doc document) int {
	if len(doc.paragraphs) == 0 || inHeader(&mention{}, doc) {
		return 0
	}
	var seen [leadSectionsMin]section
	first, n := 0, 0
	for i := range doc.paragraphs {
		sec := doc.paragraphs[i].section
		if sec == sectionNone || sec == sectionLegal || sec == sectionProcess || slices.Contains(seen[:n], sec) {
			continue
		}
		if n == 0 {
			first = i
		}
		seen[n] = sec
		if n++; n == leadSectionsMin {
			return first
		}
	}
	return 0
}

// leadSectionsMin is how many kinds of section an advert with headings throughout has; a single one
// may have been recognised by its words.
const leadSectionsMin = 2

// speaker is of whom a part of an advert speaks.
type speaker uint8

const (
	ofThePost speaker = iota
	unknown
	ofTheEmployer
)

// sectionOf is the section of a mention; what stands under a heading that names the employer and says
// nothing else known is about it.
func (s *sentence) sectionOf(m *mention, doc document) section {
	if m.paragraph >= 0 && slices.ContainsFunc(s.f.told, func(r part) bool { return r.from <= m.paragraph && m.paragraph < r.to }) {
		return sectionAbout
	}
	return m.sectionOf(s.f, doc)
}

// part is the paragraphs from one to before another.
type part struct{ from, to int }

// toldMax bounds the headings that name the employer: an advert has a few.
const toldMax = 8

// toldOf finds the parts of an advert under headings that name the employer: "Acme: a leader in AI".
func toldOf(f *field, doc document) []part {
	if f.own == nil {
		return nil
	}
	var out []part
	open, t := false, 0
	for i, p := range doc.paragraphs {
		if p.kind != heading {
			continue
		}
		if open {
			out[len(out)-1].to, open = i, false
		}
		if len(out) == toldMax {
			break
		}
		for t < len(f.tokens) && int(f.tokens[t].start) < p.start {
			t++
		}
		for named := t; named < len(f.tokens) && int(f.tokens[named].start) < p.end; named++ {
			if f.own[named] && sectionOfHeading(doc.text[p.start:p.end]) == sectionNone {
				out, open = append(out, part{i, len(doc.paragraphs)}), true
				break
			}
		}
	}
	return out
}

// speakerOf tells of whom the part of an advert speaks in which a mention stands.
func (s *sentence) speakerOf(m *mention, doc document) speaker {
	switch s.sectionOf(m, doc) {
	case "title", sectionRequirements, sectionPreferred:
		return ofThePost
	case sectionAbout:
		// A list there is as often the team's work or tools, under a heading such as "The team".
		if doc.paragraphs[m.paragraph].kind == item && !s.ofUs(m.found) {
			return unknown
		}
		return ofTheEmployer
	case sectionBenefits, sectionLegal, sectionProcess:
		return ofTheEmployer
	}
	if m.paragraph < s.f.lead && doc.paragraphs[m.paragraph].kind == prose {
		return ofTheEmployer
	}
	return unknown
}

// ofEmployer reports whether a section is about the employer or its offer.
func ofEmployer(sec section) bool {
	return sec == sectionAbout || sec == sectionBenefits || sec == sectionLegal || sec == sectionProcess
}

// dropUnasked takes back what the employer says of itself and of others.
func (s *sentence) dropUnasked(doc document) {
	tech, tools := s.lists()
	named := -1 // 1 when the sentence names the employer; looked up once it matters
	for i := range s.matches {
		m := &s.matches[i]
		if m.chosen != nil && s.f.isShortName(m.found) && !s.inList(i) {
			m.chosen = nil
		}
		if m.chosen != nil && s.namesMaker(m, doc) {
			m.chosen = nil
		}
		if m.chosen == nil || m.chosen.skill.isMade() {
			continue
		}
		if s.ofEmployersProduct(m.found) {
			m.chosen = nil
			continue
		}
		in, sec := s.speakerOf(m, doc), s.sectionOf(m, doc)
		product, broad := m.chosen.skill.isProduct(), m.chosen.skill.Broad
		if !product && sec != "title" && s.ofOthers(m, in) {
			m.chosen = nil
			continue
		}
		if in == ofThePost {
			continue
		}
		if s.ofStory(m.found) || s.ofFounders(m.found) || s.ofMarket(m.found) || broad && ofEmployer(sec) {
			m.chosen = nil
			continue
		}
		if s.askedFor(m.found) || s.namesWorker(m.found) || !broad && (tech[m.run] || in == unknown && tools[m.run]) {
			continue
		}
		if named < 0 {
			named = 0
			if s.self || s.namesEmployer() && !inHeader(m, doc) {
				named = 1
			}
		}
		switch {
		case broad && named == 1:
			m.chosen = nil
		case in == unknown && (product && sec != sectionAbout || !product && named == 0 || sec == sectionResponsibilities):
		case !s.self && s.asks(m.found, s.m.asks) || product && named == 0 && s.asks(m.found, s.m.uses):
		default:
			m.chosen = nil
		}
	}
}

// isShortName reports whether a match is the first word of the employer's name, by which adverts call it:
// "Maven" of Maven Robotics.
func (f *field) isShortName(m found) bool {
	return f.short != 0 && m.first == m.last && f.tokens[m.first].word == f.short && unicode.IsUpper(firstRune(f.text, f.tokens[m.first]))
}

// inList reports whether a list holds another skill beside a match of it.
func (s *sentence) inList(i int) bool {
	run := s.matches[i].run
	return i > 0 && s.matches[i-1].kind == isSkill && s.matches[i-1].run == run ||
		i+1 < len(s.matches) && s.matches[i+1].kind == isSkill && s.matches[i+1].run == run
}

// inHeader reports whether a mention stands in a line such as "Acme | Rust Engineer | Berlin" at the
// beginning of an advert: it names the employer beside the post.
func inHeader(m *mention, doc document) bool {
	if m.paragraph < 0 || m.paragraph >= titleLinesMax {
		return false
	}
	p := doc.paragraphs[m.paragraph]
	return p.end-p.start <= titleLineMax && strings.Count(doc.text[p.start:p.end], "|") > 1
}

// Limits of a header.
const (
	titleLinesMax = 3
	titleLineMax  = 500
)

// lists are the lists of the sentence that hold something that software is made with, and those that
// hold a tool.
func (s *sentence) lists() (tech, tools map[int]bool) {
	for i := range s.matches {
		m := &s.matches[i]
		switch {
		case m.chosen == nil:
		case m.chosen.skill.isMade():
			if tech == nil {
				tech = map[int]bool{}
			}
			tech[m.run] = true
		case m.chosen.skill.isProduct():
			if tools == nil {
				tools = map[int]bool{}
			}
			tools[m.run] = true
		}
	}
	return tech, tools
}

// askReach is how many words may stand between a cue and the field it asks for.
const askReach = 6

// askedFor reports whether a cue close before a match asks for it, as in "bonus if you have built with
// LLMs at Acme".
func (s *sentence) askedFor(m found) bool {
	for _, c := range s.cues {
		if c.last < m.first && m.first-c.last <= askReach {
			return true
		}
	}
	return false
}

// How far words tell what a field in their sentence is there for.
const (
	asksReach   = 24 // before it: "you", "experience"
	workerReach = 2  // behind it: "Machine Learning Engineers"
)

// asks reports whether one of the words stands in the sentence before a match.
func (s *sentence) asks(m found, words map[int32]struct{}) bool {
	for i := m.last; i >= max(0, m.first-asksReach); i-- {
		if has(words, s.f.tokens[i]) && (s.f.own == nil || !s.f.own[i]) {
			return true
		}
		if s.f.tokens[i].before >= gapSentence && i <= m.first {
			break
		}
	}
	return false
}

// namesWorker reports whether a match ends in a worker or stands before one: "robotics engineers".
func (s *sentence) namesWorker(m found) bool {
	if m.last > m.first && has(s.m.worker, s.f.tokens[m.last]) {
		return true
	}
	for i := m.last + 1; i < min(len(s.f.tokens), m.last+1+workerReach); i++ {
		t := s.f.tokens[i]
		if t.before >= gapSentence || has(s.m.aim, t) || t.before >= gapList && s.f.text[s.f.tokens[i-1].end] != ')' {
			return false
		}
		if has(s.m.worker, s.f.tokens[i]) {
			return true
		}
	}
	return false
}

// ofUs reports whether the employer speaks of its own in the words before a match: "our papers at ...".
func (s *sentence) ofUs(m found) bool {
	for i := m.first; i > max(0, m.first-asksReach) && s.f.tokens[i].before < gapSentence; {
		i--
		if has(s.m.us, s.f.tokens[i]) {
			return true
		}
	}
	return false
}

// ofEmployersProduct reports whether a match is the name of a product behind that of the employer:
// "Acme SSH", "Acme AI", but not "Acme AI engineers".
func (s *sentence) ofEmployersProduct(m found) bool {
	first, last := s.f.tokens[m.first], s.f.tokens[m.last]
	if s.f.own == nil || s.f.name == "title" || m.first == 0 || !s.f.own[m.first-1] || first.before != gapSpace || !unicode.IsUpper(firstRune(s.f.text, first)) {
		return false
	}
	if has(s.m.worker, last) || has(s.m.group, last) {
		return false
	}
	next := m.last + 1
	return next == len(s.f.tokens) || s.f.tokens[next].before >= gapList || !has(s.m.worker, s.f.tokens[next]) && !has(s.m.group, s.f.tokens[next])
}

// ofMarket reports whether a match says in what trade a company is: "a leading fintech startup".
func (s *sentence) ofMarket(m found) bool {
	next := m.last + 1
	return next < len(s.f.tokens) && s.f.tokens[next].before <= gapHyphen && has(s.m.trade, s.f.tokens[next]) && !s.askedFor(m)
}

// selfReach is how many words before its first match a sentence is searched for the employer's name.
const selfReach = 24

// namesEmployer reports whether the employer's name stands in the sentence, up to its last match.
func (s *sentence) namesEmployer() bool {
	if s.f.own == nil {
		return false
	}
	first, last := s.matches[0].first, s.matches[len(s.matches)-1].last
	for i := last; i >= 0 && i >= first-selfReach; i-- {
		if s.f.own[i] {
			return true
		}
		if i <= first && s.f.tokens[i].before >= gapSentence {
			return false
		}
	}
	return false
}
