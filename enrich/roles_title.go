package enrich

import (
	"slices"
	"strings"
)

// titleRole is what a title says of the work.
type titleRole struct {
	role    string
	rule    string   // the phrase that decided, with its refinement
	roles   []string // all roles, in order, when the title advertises several; else nil
	manager bool     // the title is that of somebody who leads people
	// headless says that no word names a person who works: the role is that of a field of work.
	headless bool
	// first is the words of the first role, up to the second, where several stand in segments of their own, else nil.
	first []titleWord
}

// headFound is one head phrase in a title: words[start:end].
type headFound struct {
	rule       headRule
	start, end int
}

// titleSegment is words[start:end] of a title with the heads found in it, by position. cut is where
// its first preposition stands (or end): heads after it only describe the one before.
type titleSegment struct {
	start, end, cut int
	heads           []headFound
	noise           bool // about the contract or the place
}

// roleOf decides the role of a title, by the rules of roles/titles.yaml:
//
//  1. The first segment with a head that means something decides. In it, the head that ends last and
//     begins before any preposition wins.
//  2. A generic head (engineer, software engineer, scientist) is refined by the words around it; a
//     literal research or machine learning head in a later segment replaces it.
//  3. A head that means leading people takes the business function beside it, else "management".
//  4. Without such a head the function words decide, nearest to a bare title ("specialist") first.
//  5. Without any, the role is "other".
//
// A title with several heads in one slash or "and" list has several roles; role is then the first.
func (r *titleRules) roleOf(words []titleWord) titleRole {
	segments := r.segments(words)
	var other titleRole
	for i := range segments {
		out, ok := r.bySegment(words, segments, i)
		if ok && out.role != roleOther {
			return out
		}
		if ok && (i > 0 && isBare(segments[0].heads) || r.pools[out.rule]) {
			// "Intern - Software - Drivers", "Communications (open application)"
			if field := r.byFunction(words, slices.Delete(slices.Clone(segments), i, i+1)); strings.Contains(field.rule, " + ") || r.pools[out.rule] && field.headless {
				return field
			}
		}
		if ok && other.role == "" {
			other = out // "Open application: data engineer" goes on to what it is for
		}
	}
	if other.role != "" {
		return other
	}
	return r.byFunction(words, segments)
}

func (r *titleRules) segments(words []titleWord) []titleSegment {
	var out []titleSegment
	for i := range words {
		if words[i].join == joinSegment || i == 0 {
			out = append(out, titleSegment{start: i})
		}
		out[len(out)-1].end = i + 1
	}
	for i := range out {
		s := &out[i]
		s.cut = s.end
		for k := s.start + 1; k < s.end; k++ {
			if isPreposition(words[k].text) {
				s.cut = k
				break
			}
		}
		s.heads = r.headsOf(words, s.start, s.end)
		s.noise = slices.ContainsFunc(words[s.start:s.end], func(w titleWord) bool { return r.noise[w.stem] }) ||
			s.end == s.start+1 && words[s.start].stem == "contract"
	}
	return out
}

// isBare reports whether heads are nothing but the way somebody is employed.
func isBare(heads []headFound) bool {
	return len(heads) > 0 && !slices.ContainsFunc(heads, func(h headFound) bool { return !isContractTitle(h.rule.phrase) })
}

// headsOf finds the heads in words[start:end]: the longest at each end, none inside another.
func (r *titleRules) headsOf(words []titleWord, start, end int) []headFound {
	var out []headFound
	for i := start; i < end; i++ {
		rule, n := r.heads.endingAt(words[start:end], i-start)
		if n == 0 || rule.final && !endsPhrase(words, i+1) {
			continue
		}
		found := headFound{rule, i + 1 - n, i + 1}
		for len(out) > 0 && out[len(out)-1].start >= found.start {
			out = out[:len(out)-1] // the longer phrase swallows what it contains
		}
		out = append(out, found)
	}
	return out
}

func isPreposition(w string) bool {
	switch w {
	case "of", "for", "in", "at", "with", "to", "on", "by", "from", "fur", "im", "bei", "de", "du", "des", "da", "do",
		"para", "en", "per", "di", "van", "voor", "pour", "del", "della", "within", "supporting", "focused", "als":
		return true
	}
	return false
}

// bySegment decides by the heads of segment i; ok is false when it has none that means something.
func (r *titleRules) bySegment(words []titleWord, segments []titleSegment, i int) (out titleRole, ok bool) {
	s := segments[i]
	parts := s.parts(words)
	for k, part := range parts {
		head, found := mainHead(part, s.cut)
		if !found {
			continue
		}
		if k > 0 {
			head = r.borrow(words, parts, k, head)
		}
		one, described := r.byDescribedTitle(words, part, head)
		if !described {
			one = r.byHead(words, segments, i, head, siblings(parts, k, s.cut))
		}
		if !ok {
			out, ok = one, true
			if out.roles = r.sharedNoun(words, s, head, out); len(out.roles) > 0 {
				out.role = out.roles[0]
			}
			continue
		}
		if one.role != out.role && !one.manager && !out.manager && one.role != roleOther {
			if len(out.roles) == 0 {
				out.roles = []string{out.role}
			}
			if !slices.Contains(out.roles, one.role) {
				out.roles = append(out.roles, one.role)
			}
		}
	}
	return out, ok
}

// byDescribedTitle decides a segment whose head only describes a title behind it: a "developer
// marketing specialist" markets. Grades such as "intern" are no such titles.
func (r *titleRules) byDescribedTitle(words []titleWord, part []headFound, head headFound) (titleRole, bool) {
	last := part[len(part)-1]
	if last.rule.kind != headTitle || last.start <= head.end {
		return titleRole{}, false
	}
	switch words[last.end-1].stem {
	case "specialist", "analyst", "coordinator", "representative", "associate", "officer", "advisor", "lead":
	default:
		return titleRole{}, false
	}
	if nextCut(words, head.end-2, last.start) < last.start {
		return titleRole{}, false // "Chief of Staff to the Chief Customer Officer"
	}
	role, phrase := r.lastFunction(words, head.end, last.start)
	return titleRole{role: role, rule: joinRule(last.rule.phrase, phrase)}, role != "" && role != roleAIEngineer
}

// parts divides the segment's heads where a list join stands right behind a head: "Research Engineer
// / Scientist" has two parts, "Backend / Frontend Engineer" has one.
func (s titleSegment) parts(words []titleWord) [][]headFound {
	var out [][]headFound
	for i, h := range s.heads {
		listed := i > 0 && s.heads[i-1].end < len(words) && words[s.heads[i-1].end].join == joinList && h.start >= s.heads[i-1].end
		if i == 0 || listed {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], h)
	}
	return out
}

// mainHead is the head that ends last among those that begin before the preposition at cut, or among
// all when none does. Bare titles do not count.
func mainHead(heads []headFound, cut int) (headFound, bool) {
	var best headFound
	found := false
	for _, h := range heads {
		if h.rule.kind == headTitle || found && (h.start >= cut || h.rule.yields) {
			continue
		}
		best, found = h, true
	}
	return best, found
}

// borrow completes a bare family head of a later part with the first part's words: the "scientist" of
// "research engineer / scientist" is a research scientist.
func (r *titleRules) borrow(words []titleWord, parts [][]headFound, k int, head headFound) headFound {
	first, ok := mainHead(parts[0], len(words))
	if !ok || head.rule.kind != headFamily || head.end-head.start != 1 || words[head.start].join != joinList {
		return head
	}
	joined := append(slices.Clone(words[first.start:first.end-1]), words[head.start])
	if rule, n := r.heads.endingAt(joined, len(joined)-1); n > 1 {
		head.rule = rule
	}
	return head
}

func (r *titleRules) byHead(words []titleWord, segments []titleSegment, i int, head headFound, others span) titleRole {
	rule := head.rule
	switch rule.kind {
	case headFamily:
		if literal, ok := r.literal(words, segments, i); ok {
			return literal
		}
		for _, ref := range rule.refine {
			if phrase := ref.match(words, segments[i].start, head, others); phrase != "" {
				return titleRole{role: ref.role, rule: rule.phrase + " + " + phrase}
			}
		}
		if rule.field {
			if role, phrase := r.lastFunction(words, segments[i].start, head.start); isBusiness(role) || role == roleOperations {
				return titleRole{role: role, rule: joinRule(rule.phrase, phrase)}
			}
			if i+1 < len(segments) && rule.phrase == "consultant" && len(segments[i+1].heads) == 0 && segments[i].end == head.end {
				if role, phrase := r.lastFunction(words, segments[i+1].start, segments[i+1].end); isBusiness(role) && !r.wide[phrase] && !r.faint[phrase] {
					return titleRole{role: role, rule: joinRule(rule.phrase, phrase)} // "Consultant, Value Engineering"
				}
			}
		}
		return titleRole{role: rule.role, rule: rule.phrase}
	case headManager:
		role, phrase := r.functionBeside(words, segments, i, head)
		for _, h := range segments[i].heads {
			if h.rule.kind == headRole && h.end <= head.start {
				role, phrase = h.rule.role, h.rule.phrase // an "SDR manager" manages those
			}
		}
		switch {
		case role == "" && (rule.phrase == "manager" || rule.phrase == "development manager" || rule.phrase == "supervisor") && manages(words, segments[i].start, head.start):
			role = roleOperations // a "capacity planning manager" manages a thing
		case role == roleOther:
			role = roleOperations // leading translators or nurses is running a service
		case role == "" || isTechnical(role):
			role = roleManagement
		}
		return titleRole{role: role, rule: joinRule(rule.phrase, phrase), manager: true}
	}
	if r.overridden[rule.role] {
		if literal, ok := r.literal(words, segments, i); ok {
			return literal
		}
		for k := i + 1; k < len(segments); k++ {
			if next, ok := mainHead(segments[k].heads, segments[k].cut); ok && endsPhrase(words, next.end) {
				if one := r.byHead(words, segments, k, next, span{}); isTechnical(one.role) && one.role != rule.role {
					return one
				}
			}
		}
	}
	if role, phrase := r.listedBefore(words, segments[i].start, head); role != "" && rule.role != roleManagement {
		return titleRole{role: role, rule: joinRule(rule.phrase, phrase)}
	}
	return titleRole{role: rule.role, rule: rule.phrase, manager: rule.role == roleManagement}
}

// isBusiness reports whether role is that of a trade with helpers of its own: a marketing coordinator
// is of marketing, but a design coordinator is no designer.
func isBusiness(role string) bool {
	switch role {
	case roleSales, roleMarketing, rolePeople, roleFinanceLegal, roleCustomerSuccess:
		return true
	}
	return false
}

// manages reports whether words[start:end], before "manager", name something to manage: anything
// but grades and regions.
func manages(words []titleWord, start, end int) bool {
	for i := start; i < end; i++ {
		switch words[i].text {
		case "regional", "area", "group", "general", "country", "team", "assistant", "associate", "deputy", "district", "global", "shift", "senior", "sr", "lead", "principal", "staff", "junior", "jr":
		default:
			return true
		}
	}
	return false
}

// literal finds a research or machine learning head in the segments after i.
func (r *titleRules) literal(words []titleWord, segments []titleSegment, i int) (titleRole, bool) {
	for _, s := range segments[i+1:] {
		head, ok := mainHead(s.heads, s.cut)
		if !ok || head.rule.kind != headRole || !endsPhrase(words, head.end) {
			continue
		}
		switch head.rule.role {
		case roleResearchScientist, roleResearchEngineer, roleAppliedScientist, roleMLEngineer:
			if head.end-head.start > 1 {
				return titleRole{role: head.rule.role, rule: head.rule.phrase}, true
			}
		}
	}
	return titleRole{}, false
}

// endsPhrase reports whether the noun phrase that ends before word i is complete: the "ML developer"
// of "ML Developer Experience" is not a person.
func endsPhrase(words []titleWord, i int) bool {
	return i >= len(words) || words[i].join != joinSpace || isPreposition(words[i].text) || gradeWord(words, i) || isNumberWord(words[i].text)
}

// match returns the phrase that makes the refinement apply to a head in the segment that begins at
// start, or "". The words of other jobs in the same list refine nothing.
func (ref *refinement) match(words []titleWord, start int, head headFound, others span) string {
	for i := range words {
		if _, n := ref.except.endingAt(words, i); n > 0 {
			return ""
		}
	}
	first, last := 0, len(words)
	if isProse(words) {
		first, last = max(0, head.start-proseReach), min(len(words), head.end+proseReach)
		start = head.start // before it may stand who hires
	}
	if others.end <= head.start {
		start = max(start, others.end)
	}
	for i := first; i < last; i++ {
		if others.start <= i && i < others.end {
			continue
		}
		if phrase, n := ref.around.endingAt(words[:last], i); n > 0 {
			return phrase
		}
	}
	for i := start; i < head.end-1; i++ {
		if phrase, n := ref.before.endingAt(words[start:], i-start); n > 0 {
			return phrase
		}
	}
	return ""
}

func joinRule(head, with string) string {
	if with == "" {
		return head
	}
	return head + " + " + with
}

func joinWords(words []titleWord) string {
	n := 0
	for _, w := range words {
		n += len(w.text) + 1
	}
	b := make([]byte, 0, n)
	for i, w := range words {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, w.text...)
	}
	return string(b)
}
