package enrich

// What colleagues and superiors do is not what the post asks for, be it told among the tasks or among
// the requirements: this file tells where a field names people and not a skill.

// How far words tell that others are meant.
const (
	partnerReach = 14 // between "partner with" and whom one works with
	groupReach   = 5  // between a field and the "team" that does it
	reportReach  = 9  // between "reporting to" and the superior's field
)

// ofOthers reports whether a mention, in a part that speaks of in, names those one works with or for.
func (s *sentence) ofOthers(m *mention, in speaker) bool {
	if has(s.m.manner, s.f.tokens[m.last]) {
		return false // "work with agile teams" says how
	}
	return s.ofColleagues(m.found, in) || s.ofPartners(m) || in != ofThePost && s.ofSuperior(m.found) || s.ofHead(m.found)
}

// ofColleagues reports whether a match names a group that one works with: "partner with the data science
// and design teams", "partner with teams such as data science".
func (s *sentence) ofColleagues(m found, in speaker) bool {
	for i := m.first; i < min(len(s.f.tokens), m.last+1+groupReach); i++ {
		if i > m.last && (s.f.tokens[i].before >= gapHard || has(s.m.aim, s.f.tokens[i])) {
			break
		}
		if has(s.m.group, s.f.tokens[i]) {
			return s.partnersBefore(m.first, in)
		}
	}
	for i := m.first; i > max(0, m.first-groupReach) && s.f.tokens[i].before < gapHard; i-- {
		if has(s.m.like, s.f.tokens[i]) && has(s.m.group, s.f.tokens[i-1]) {
			return s.partnersBefore(i, in)
		}
	}
	return false
}

// partnersBefore reports whether one works with others in front of a word, with nothing between that
// begins another thought. Among requirements "with a" is none of these: it also follows "experience".
func (s *sentence) partnersBefore(at int, in speaker) bool {
	for i := at; i > max(0, at-partnerReach) && s.f.tokens[i].before < gapHard; {
		i--
		t := s.f.tokens[i]
		if has(s.m.partner, t) || in != ofThePost && i+1 < at && has(s.m.with, t) && (has(s.m.article, s.f.tokens[i+1]) || has(s.m.us, s.f.tokens[i+1])) {
			return true
		}
		switch {
		case has(s.m.role, t) && i+1 < at && has(s.m.article, s.f.tokens[i+1]): // "as an engineer"
			return false
		case i > 0 && has(s.m.with, t) && has(s.m.work, s.f.tokens[i-1]):
			return true
		case has(s.m.aim, t) && (i == 0 || !has(s.m.partner, s.f.tokens[i-1])): // but "partner to"
			return false
		}
	}
	return false
}

// ofPartners reports whether a match is one of those behind "partner with" or "collaborate with", for
// itself and not as what the work is about: "partner closely with data science, SRE and product to ...",
// but not "collaborate with robotics startups".
func (s *sentence) ofPartners(m *mention) bool {
	tokens := s.f.tokens
	if m.chosen.skill.Broad || !s.isItem(m.found) {
		return false // "collaborate with AI" speaks of a thing
	}
	for i := m.first; i > max(1, m.first-partnerReach) && tokens[i].before < gapHard; {
		i--
		if has(s.m.with, tokens[i]) {
			if has(s.m.joint, tokens[i-1]) || i > 1 && has(s.m.joint, tokens[i-2]) {
				return false // so does "interface with hypervisors"
			}
			return has(s.m.partner, tokens[i-1]) || i > 1 && has(s.m.partner, tokens[i-2]) && tokens[i-1].before < gapList
		}
		if has(s.m.aim, tokens[i]) || has(s.m.serving, tokens[i]) {
			return false
		}
	}
	return false
}

// isItem reports whether a match is by itself one of several things, or the only one, behind a word
// such as "with".
func (s *sentence) isItem(m found) bool {
	tokens, next := s.f.tokens, m.last+1
	if m.first == 0 || tokens[m.first].before >= gapHard ||
		!isSeparator(tokens[m.first].before) && !has(s.m.connect, tokens[m.first-1]) {
		return false
	}
	return next == len(tokens) || tokens[next].before >= gapList || isSeparator(tokens[next].before) ||
		has(s.m.connect, tokens[next]) || has(s.m.to, tokens[next])
}

// ofSuperior reports whether a match belongs to the name of a post that this one reports to.
func (s *sentence) ofSuperior(m found) bool {
	to := false
	for i := m.first; i > max(0, m.first-reportReach) && s.f.tokens[i].before < gapHard; {
		i--
		if to && has(s.m.report, s.f.tokens[i]) {
			return true
		}
		to = to || has(s.m.to, s.f.tokens[i])
	}
	return false
}

// ofHead reports whether a match ends the name of somebody's post behind "to the", "with our" or the
// like: "right hand to the Head of AI".
func (s *sentence) ofHead(m found) bool {
	i := m.first - 1
	if i < 3 || s.f.tokens[m.first].before > gapHyphen || !has(s.m.serving, s.f.tokens[i]) || !has(s.m.head, s.f.tokens[i-1]) {
		return false
	}
	whose, link := s.f.tokens[i-2], s.f.tokens[i-3]
	return (has(s.m.article, whose) || has(s.m.us, whose)) && (has(s.m.with, link) || has(s.m.to, link))
}

// ofFounders reports whether the sentence tells, up to a match, what the founders did: "our founders
// have built robots", but not "the founders are looking for robotics engineers".
func (s *sentence) ofFounders(m found) bool {
	if s.asks(m, s.m.asks) || s.namesWorker(m) {
		return false
	}
	for i := m.first; i > max(0, m.first-asksReach) && s.f.tokens[i].before < gapSentence; {
		i--
		if has(s.m.founder, s.f.tokens[i]) {
			return i <= 1 || s.f.tokens[i].before >= gapSentence || s.f.tokens[i-1].before >= gapSentence
		}
	}
	return false
}
