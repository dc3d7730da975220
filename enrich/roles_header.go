package enrich

import (
	"cmp"
	"slices"
	"strings"
)

// headerBars is how many bars make a title the header line of a thread's post ("Acme | Backend
// Engineer, Designer | Oslo | Remote"): boards use one bar at most.
const headerBars = 2

// listSegments is how many segments, each a role by itself, make a title a list of roles.
const listSegments = 3

// roleOfTitle is roleOf, but for header lines and plain lists of roles, whose segments each count for
// themselves: there "Software Engineer, Machine Learning Engineer" advertises two jobs.
func (r *titleRules) roleOfTitle(title string, words []titleWord) titleRole {
	if len(words) == 0 {
		return titleRole{}
	}
	segments := r.segments(words)
	header := strings.Count(title, "|") >= headerBars || isList(segments) && isPostLine(title, words)
	if !header && !isRoleList(words, segments) {
		out := r.roleOf(words)
		if out.headless && (isProse(words) || isPostLine(title, words)) {
			out = r.roleOfFields(words, segments, 0)
		}
		if isProse(words) && (out.role == "" || isVerb(words, segments)) {
			out = r.roleOfTeam(words)
		}
		return r.orNoJob(title, words, segments, out)
	}
	var out titleRole
	var roles []string
	headed := 0
	for _, s := range segments {
		if _, ok := mainHead(s.heads, s.cut); !ok {
			continue
		}
		one := r.roleOf(words[s.start:s.end])
		if one.role == roleOther || one.role == "" {
			continue
		}
		headed++
		switch headed {
		case 1:
			out = one
			out.first = words[s.start:]
		case 2:
			out.first = out.first[:len(out.first)-len(words[s.start:])]
		}
		for _, role := range append([]string{one.role}, one.roles...) {
			if !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
	}
	switch {
	case headed == 1 && len(segments) > 1 && len(segments[0].heads) == 0:
		one := r.roleOf(words[segments[1].start:]) // the employer's name ("Fern.ai") refines nothing
		return r.withFieldsBefore(words, segments, one)
	case headed == 1:
		return r.roleOf(words) // one job, whose other segments refine it
	case headed == 0:
		return r.orNoJob(title, words, segments, r.roleOfBareTitles(words, segments))
	}
	out.roles = nil
	if len(roles) > 1 {
		out.roles = roles
	}
	return out
}

// withFieldsBefore adds the fields listed before the one role of a header, which are short for people too
// ("Acme | Front, Back, Data Scientist"): two at least, since one alone may be the employer's trade.
func (r *titleRules) withFieldsBefore(words []titleWord, segments []titleSegment, one titleRole) titleRole {
	at := slices.IndexFunc(segments, func(s titleSegment) bool {
		_, ok := mainHead(s.heads, s.cut)
		return ok
	})
	var roles []string
	fields := 0
	for ; at-fields > 1; fields++ {
		s := segments[at-fields-1]
		found, _ := r.fieldsOf(words[s.start:s.end], false)
		if stem := words[s.start].stem; s.end == s.start+1 && (stem == "front" || stem == "back") {
			found = []string{roleSoftwareEngineer}
		}
		if len(found) != 1 {
			break
		}
		roles = append(roles, found[0])
	}
	if fields < listSegments-1 {
		return one
	}
	slices.Reverse(roles)
	var all []string
	for _, role := range slices.Concat(roles, one.roles, []string{one.role}) {
		all = appendRole(all, role)
	}
	one.role, one.roles = all[0], nil
	if len(all) > 1 {
		one.roles = all
	}
	return one
}

// roleOfBareTitles reads a header without a head that means something: only a bare title ("Data
// Science Lead") can still say the role there, because the other segments are names and places.
func (r *titleRules) roleOfBareTitles(words []titleWord, segments []titleSegment) titleRole {
	for _, s := range segments {
		if len(s.heads) == 0 {
			continue
		}
		if one := r.roleOf(words[s.start:s.end]); one.role != "" && one.role != roleOther && !one.headless {
			return one
		}
	}
	return r.roleOfFields(words, segments, 1)
}

// roleOfFields reads a header that names fields where others name roles ("Acme | Front End, Data
// Science | Oslo", "Product and engineering roles"): segments from the given one on, with no word
// that is not such a field. Beside a field that can only be one ("Engineering, Sales, Marketing"),
// those that may as well be a name's part are fields too.
func (r *titleRules) roleOfFields(words []titleWord, segments []titleSegment, from int) titleRole {
	var out titleRole
	var roles []string
	listed := false // the segment before was a field
	for i, s := range segments[from:] {
		if _, headed := mainHead(s.heads, s.cut); headed || r.isTerms(words[s.start:s.end]) {
			listed = false
			continue
		}
		found, phrase := r.fieldsOf(words[s.start:s.end], listed)
		listed = len(found) > 0
		if listed && len(roles) == 0 && i > 0 && from > 0 {
			before := segments[from+i-1]
			earlier, said := r.fieldsOf(words[before.start:before.end], true)
			found, phrase = append(earlier, found...), cmp.Or(said, phrase)
		}
		for _, role := range found {
			if !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
		if out.role == "" && len(found) > 0 {
			out.role, out.rule = found[0], phrase
		}
	}
	if len(roles) > 1 {
		out.roles = roles
	}
	return out
}

// fieldsOf are the roles of the fields that words consist of, in order, with the phrase that says the
// first; none when any word is something else, or when the fields may as well be an employer's trade.
func (r *titleRules) fieldsOf(words []titleWord, certain bool) (roles []string, phrase string) {
	for i := len(words) - 1; i >= 0; {
		role, n := r.functions.endingAt(words, i)
		if n == 0 || n == 1 && r.tools[words[i].stem] {
			if !isOpening(words[i].stem) && !gradeWord(words, i) && !contractWord(words, i) {
				return r.firstField(words)
			}
			certain = certain || isOpening(words[i].stem)
			i--
			continue
		}
		certain = certain || len(words) == 1 && (words[i].stem == "sale" || words[i].stem == "marketing") || words[i].stem == "engineering" || isCraft(role) && !r.wide[words[i].stem]
		certain = certain || role == roleMLPlatform && words[i+1-n].stem == "ml" // no product is called so
		phrase = joinWords(words[i+1-n : i+1])
		roles = append(roles, role)
		i -= n
	}
	if !certain {
		return nil, ""
	}
	slices.Reverse(roles)
	return roles, phrase
}

// engineeringWordsMax is how many words may name a field of engineering ("Payments Engineering").
const engineeringWordsMax = 3

// firstField is the craft words begin with, whatever follows ("Full Stack React and SQL"), or any
// engineering.
func (r *titleRules) firstField(words []titleWord) (roles []string, phrase string) {
	if last := len(words) - 1; last < engineeringWordsMax && words[last].stem == "engineering" {
		if role, n := r.functions.endingAt(words, last); n > 0 {
			return []string{role}, joinWords(words)
		}
	}
	afterTools := len(words) > 0 && r.tools[words[0].stem] // "TypeScript mobile"
	for len(words) > 0 && r.tools[words[0].stem] {
		words = words[1:]
	}
	for i := range min(len(words), 2) {
		role, n := r.functions.endingAt(words, i)
		if n == i+1 && isCraft(role) && !r.tools[words[i].stem] && (n > 1 || role == roleSoftwareEngineer && (afterTools || !r.wide[words[i].stem])) {
			return []string{role}, joinWords(words[:n])
		}
	}
	return nil, ""
}

func isOpening(stem string) bool {
	switch stem {
	case "role", "position", "job", "opening", "multiple", "various", "several", "all":
		return true
	}
	return false
}

// isCraft reports whether people name the role by its field alone.
func isCraft(role string) bool {
	switch role {
	case roleSoftwareEngineer, roleDataScientist, roleDataEngineer, roleProductManager, roleDesign, roleMLPlatform:
		return true
	}
	return false
}

// proseWordsMin is the least words of a sentence where a title is expected.
const proseWordsMin = 8

// proseReach is how many words beside a head refine it in prose.
const proseReach = 4

// isProse reports whether a title is the first sentence of a text: what stands there without a
// role's name is what the employer does.
func isProse(words []titleWord) bool {
	return len(words) >= proseWordsMin && slices.ContainsFunc(words, func(w titleWord) bool {
		switch w.text {
		case "is", "are", "we", "our", "you", "your", "hiring", "looking", "this", "that", "here", "my", "was":
			return true
		}
		return false
	})
}

// isVerb reports whether all that a sentence has for a head is a word that is a verb as well ("a
// company that designs and engineers").
func isVerb(words []titleWord, segments []titleSegment) bool {
	for _, s := range segments {
		for _, h := range s.heads {
			switch h.rule.phrase {
			case "engineer", "developer", "design engineer":
			default:
				return false
			}
			if sought(words[:h.start]) {
				return false
			}
		}
	}
	return true
}

// roleOfTeam reads a sentence in which a team looks for people ("The Billing Platform Team is hiring").
func (r *titleRules) roleOfTeam(words []titleWord) titleRole {
	for i, w := range words {
		if w.stem != "team" || !sought(words[i:min(len(words), i+proseReach)]) {
			continue
		}
		role, phrase := r.lastFunction(words, max(0, i-proseReach), i)
		if r.wide[phrase] && phrase != words[i-1].text {
			continue // "Fern Web Services" is an employer
		}
		if role != "" {
			return titleRole{role: role, rule: joinRule("team", phrase)}
		}
	}
	return titleRole{}
}

// isList reports whether two segments or more name somebody.
func isList(segments []titleSegment) bool {
	headed := 0
	for _, s := range segments {
		if _, ok := mainHead(s.heads, s.cut); ok {
			headed++
		}
	}
	return headed > 1
}

// isRoleList reports whether a title is nothing but roles: at least three segments that each end
// with a head.
func isRoleList(words []titleWord, segments []titleSegment) bool {
	if len(segments) < listSegments {
		return false
	}
	for _, s := range segments {
		head, ok := mainHead(s.heads, s.cut)
		if !ok || head.end != s.end || head.rule.kind == headManager {
			return false
		}
	}
	return true
}
