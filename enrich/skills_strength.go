package enrich

// How far a cue reaches, in words.
const (
	negationReach  = 8  // between "no" and what it negates, fillers only
	postReach      = 12 // between "not a" and the role or position that ends it
	afterReach     = 6  // between a list and the "not required" behind it
	sentenceCapMax = 64 // cues one sentence can have; a text without full stops must not cost n²
)

// judge drops what is negated and says how strongly the rest is asked for.
func (t *taxonomy) judge(f *field, doc document) {
	for start := 0; start < len(f.matches); {
		end := f.sentenceEnd(start)
		s := sentence{f: f, m: t.matcher, matches: f.matches[start:end]}
		s.collect()
		if s.companies {
			s.dropCompanies(doc)
		}
		s.dropUnasked(doc)
		s.wish()
		for i := range s.matches {
			if s.matches[i].chosen == nil {
				continue
			}
			s.matches[i].strength = s.strengthOf(&s.matches[i], doc)
		}
		s.negate()
		start = end
	}
}

// sentenceEnd is the index of the first match behind the sentence that matches[start] stands in.
func (f *field) sentenceEnd(start int) int {
	end := start + 1
	for end < len(f.matches) && end-start < sentenceCapMax*4 {
		for i := f.matches[end-1].first + 1; i <= f.matches[end].first; i++ {
			if g := f.tokens[i].before; g == gapSentence || g == gapLine {
				return end
			}
		}
		end++
	}
	return end
}

// sentence is the matches of one sentence.
type sentence struct {
	f       *field
	m       *matcher
	matches []mention
	cues    []found // required and preferred, in order

	companies bool // companies are being named: customers, investors, former employers
	self      bool // the employer says what it is
}

func (s *sentence) collect() {
	for _, m := range s.matches {
		if (m.kind == cueRequired || m.kind == cuePreferred) && len(s.cues) < sentenceCapMax {
			s.cues = append(s.cues, m.found)
		}
		s.companies = s.companies || m.kind == cueCompanies
		s.self = s.self || m.kind == cueSelf
	}
}

// dropCompanies takes back the names of makers, as in "customers like Notion and Linear". Where the
// employer speaks of itself, it takes back all products that follow: "integrates with Slack" says
// what the employer sells.
func (s *sentence) dropCompanies(doc document) {
	named := false
	for i := range s.matches {
		m := &s.matches[i]
		named = named || m.kind == cueCompanies
		if m.chosen == nil {
			continue
		}
		name := newEmployer(s.f.text[s.f.tokens[m.first].start:s.f.tokens[m.last].end])
		if name.makes(m.chosen) || named && m.chosen.skill.isProduct() && (m.sectionOf(s.f, doc) == sectionAbout || s.speakerOf(m, doc) == ofTheEmployer) {
			m.chosen = nil
		}
	}
}

// strengthOf follows what the sentence says of it, then its nearest cue, then the section.
func (s *sentence) strengthOf(m *mention, doc document) string {
	sec := m.sectionOf(s.f, doc)
	switch sec {
	case "title":
		return strengthRequired
	case sectionAbout, sectionBenefits, sectionLegal, sectionProcess:
		return strengthMentioned
	}
	if m.wished {
		return strengthPreferred
	}
	kind, ok := s.nearestCue(m.found)
	switch {
	case ok && kind == cuePreferred, sec == sectionPreferred:
		return strengthPreferred
	case ok && sec != sectionResponsibilities, sec == sectionRequirements:
		return strengthRequired
	}
	return strengthMentioned
}

func (s *sentence) nearestCue(m found) (spellingKind, bool) {
	best, kind := -1, spellingKind(0)
	for _, c := range s.cues {
		distance := c.first - m.last
		if c.last < m.first {
			distance = m.first - c.last
		}
		if best < 0 || distance < best || distance == best && c.kind == cueRequired {
			best, kind = distance, c.kind
		}
	}
	return kind, best >= 0
}

// negate marks what the sentence says is not asked for or not used. "Not required but a plus" is
// preferred, so a preferred mention stays unless the negation stands before it.
func (s *sentence) negate() {
	for i := range s.matches {
		switch s.matches[i].kind {
		case cueNegatedBefore:
			s.negateBehind(i)
			s.negatePost(i)
		case cueNegatedAfter:
			s.negateAhead(i)
		}
	}
}

// negateBehind takes "no Java", "without prior experience in Java or C++".
func (s *sentence) negateBehind(cue int) {
	first := cue + 1
	for first < len(s.matches) && (s.matches[first].kind == cueRequired || s.matches[first].kind == cuePreferred) {
		first++ // "no experience with" holds the cue "experience with"
	}
	if first >= len(s.matches) || s.matches[first].kind != isSkill {
		return
	}
	from, to := s.matches[cue].last+1, s.matches[first].first
	if to-from > negationReach {
		return
	}
	for i := from; i < to; i++ {
		if _, ok := s.m.filler[s.f.tokens[i].word]; !ok {
			return
		}
	}
	for i := from; i <= to; i++ {
		if s.f.tokens[i].before >= gapList {
			return
		}
	}
	s.negateRun(first)
}

// negatePost takes "this is not a data annotator, UX designer or support role": all that stands before
// the post that this is not.
func (s *sentence) negatePost(cue int) {
	first := int(s.matches[cue].last) + 1
	if first >= len(s.f.tokens) || !has(s.m.article, s.f.tokens[first]) {
		return
	}
	for end := first + 1; end < min(len(s.f.tokens), first+postReach) && s.f.tokens[end].before < gapHard; end++ {
		if !has(s.m.post, s.f.tokens[end]) {
			continue
		}
		for i := cue + 1; i < len(s.matches) && s.matches[i].last < end; i++ {
			s.matches[i].negated = true
		}
		return
	}
}

// negateRun marks a match and, when its list says "or", the list up to there.
func (s *sentence) negateRun(first int) {
	last := first
	for i := first + 1; i < len(s.matches) && s.matches[i].kind == isSkill && s.matches[i].run == s.matches[first].run; i++ {
		for k := s.matches[i-1].last + 1; k <= s.matches[i].first; k++ {
			_, either := s.m.either[s.f.tokens[k].word]
			if either || s.f.tokens[k].before == gapSlash {
				last = i
			}
		}
	}
	for i := first; i <= last; i++ {
		s.matches[i].negated = true
	}
}

// negateAhead takes "Java or C++ experience is not required".
func (s *sentence) negateAhead(cue int) {
	last := cue - 1
	if last < 0 || s.matches[last].kind != isSkill {
		return
	}
	from, to := s.matches[last].last+1, s.matches[cue].first
	if to-from > afterReach {
		return
	}
	for i := from; i <= to; i++ {
		if s.f.tokens[i].before >= gapList {
			return
		}
	}
	for i := last; i >= 0 && s.matches[i].kind == isSkill && s.matches[i].run == s.matches[last].run; i-- {
		if s.matches[i].strength != strengthPreferred {
			s.matches[i].negated = true
		}
	}
}
