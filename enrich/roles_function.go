package enrich

import (
	"cmp"
	"slices"
	"strings"
)

// functionBeside is the function nearest to a head: before it in its segment, then behind it, then in
// later segments, then in earlier ones.
func (r *titleRules) functionBeside(words []titleWord, segments []titleSegment, i int, head headFound) (role, phrase string) {
	s := segments[i]
	if role, phrase = r.lastFunction(words, s.start, head.start); role != "" {
		if i > 0 && isMeans(phrase) && head.start == s.start+1 {
			// The bracket of "People (HR) Ops Specialist" parts what belongs together.
			if of, said := r.lastFunction(words, segments[i-1].start, segments[i-1].end); of == rolePeople || of == roleFinanceLegal {
				return of, said + " " + phrase
			}
		}
		return role, phrase
	}
	if role, phrase = r.lastFunction(words, head.end, nextCut(words, head.end, s.end)); role != "" {
		return role, phrase
	}
	for _, other := range slices.Concat(segments[i+1:], segments[:i]) {
		if other.noise {
			continue
		}
		if role, phrase = r.tradeOf(words, other); role != "" && other.start > s.start {
			return role, phrase
		}
		if role, phrase = r.lastFunction(words, other.start, other.cut); role != "" && (other.start > s.start || !r.wide[phrase] || other.end-other.start == 1) {
			return role, phrase
		}
	}
	for _, other := range segments[i+1:] {
		// "Senior Manager, Global Lead for Tax"
		if role, phrase = r.lastFunction(words, min(other.cut+1, other.end), nextCut(words, other.cut, other.end)); role != "" && !other.noise {
			return role, phrase
		}
	}
	return "", ""
}

// tradeOf is the role of somebody of a trade whom a segment is about: a "VP, HR Business Partner" is
// of people, whatever "partner" is of.
func (r *titleRules) tradeOf(words []titleWord, s titleSegment) (role, phrase string) {
	head, ok := mainHead(s.heads, s.cut)
	switch {
	case !ok || !endsPhrase(words, head.end) || head.rule.role == roleOther:
		return "", ""
	case head.rule.kind == headRole, head.rule.kind == headFamily && isTechnical(head.rule.role):
		return head.rule.role, head.rule.phrase
	}
	return "", ""
}

// listedBefore is the trade that a list names before a head of another ("People & Payroll Specialist"
// is of people first), "" if none.
func (r *titleRules) listedBefore(words []titleWord, start int, head headFound) (role, phrase string) {
	if head.start <= start || words[head.start].join != joinList || words[head.start-1].join == joinSegment && head.start-1 > start {
		return "", ""
	}
	switch words[head.end-1].stem {
	case "specialist", "manager", "coordinator", "associate", "partner", "generalist":
	default:
		return "", ""
	}
	role, k := r.functions.endingAt(words[start:head.start], head.start-1-start)
	if said := joinWords(words[head.start-k : head.start]); k > 0 && (isBusiness(role) || role == roleOperations) && !r.faint[said] && !r.faint[words[head.start-1].stem] {
		return role, said
	}
	return "", ""
}

// nextCut is where the noun phrase that begins at from (after its own preposition) ends.
func nextCut(words []titleWord, from, end int) int {
	for k := from + 2; k < end; k++ {
		if isPreposition(words[k].text) {
			return k
		}
	}
	return end
}

// lastFunction is the function phrase that ends last in words[start:end], the longest among equals.
// AI is what many functions are now done with, so any other function there goes before it and before the faint ones.
func (r *titleRules) lastFunction(words []titleWord, start, end int) (role, phrase string) {
	for i := end - 1; i >= start; i-- {
		found, n := r.functions.endingAt(words[start:end], i-start)
		if n == 0 {
			continue
		}
		if at := i + 1 - n; at > start && (isMeans(words[i].stem) && (n == 1 || words[at].stem == "business") || words[i].stem == "initiative") {
			// "Payroll Operations" is payroll, "Sales Operations" is not sales.
			if of, k := r.functions.endingAt(words[start:end], at-1-start); k > 0 && (of == roleFinanceLegal || of == rolePeople) && !r.faint[words[at-1].stem] {
				k += n - 1
				return of, joinWords(words[i-k : i+1])
			}
		}
		said := joinWords(words[i+1-n : i+1])
		faint := found == roleAIEngineer || r.faint[said] || n == 1 && r.faint[words[i].stem]
		if role != "" && faint {
			continue
		}
		role, phrase = found, said
		if faint {
			continue
		}
		for at := i + 1 - n; at > start && words[at].join == joinList; {
			// The first of a list names the role: "Sales & Marketing".
			first, k := r.functions.endingAt(words[start:end], at-1-start)
			if k == 1 && at-1 > start && isMeans(words[at-1].stem) {
				if of, m := r.functions.endingAt(words[start:end], at-2-start); m > 0 && (of == roleFinanceLegal || of == rolePeople) {
					first, k = of, m+1
				}
			}
			if said := joinWords(words[at-k : at]); k == 0 || first == roleAIEngineer || r.faint[said] || r.faint[words[at-1].stem] || r.wide[said] {
				break
			}
			role, phrase = first, joinWords(words[at-k:at])
			at -= k
		}
		break
	}
	return role, phrase
}

// isMeans tells how a department works from what it is for.
func isMeans(stem string) bool {
	switch stem {
	case "operation", "op", "ops", "transformation", "enablement":
		return true
	}
	return false
}

// byFunction decides a title without a head that means something. Without a function, a bare title
// names work nobody knows, and a title that has not even that names no job.
func (r *titleRules) byFunction(words []titleWord, segments []titleSegment) titleRole {
	bare := ""
	for i, s := range segments {
		if len(s.heads) == 0 {
			continue
		}
		head := s.heads[len(s.heads)-1]
		if !isContractTitle(head.rule.phrase) {
			bare = cmp.Or(bare, head.rule.phrase)
		}
		if role, phrase := r.functionBeside(words, segments, i, head); role != "" {
			if trade, said := r.lastFunction(words, segments[0].start, segments[0].end); i > 0 && len(segments[0].heads) == 0 && isBusiness(trade) && isTechnical(role) && !r.wide[said] {
				role, phrase = trade, said // "Product Finance, Inference Capacity Lead"
			}
			return titleRole{role: role, rule: joinRule(head.rule.phrase, phrase)}
		}
	}
	for _, s := range segments {
		if r.isTerms(words[s.start:s.end]) {
			continue
		}
		role, phrase := r.lastFunction(words, s.start, s.cut)
		if role != "" && r.allTools(phrase) && !isGraded(words) {
			continue // technologies alone name no job, a "Senior .NET" does
		}
		for end := s.cut; role != "" && r.wide[phrase] && s.end-s.start > 1; end-- {
			// "Fernwood Technology" is an employer.
			if end <= s.start {
				role = ""
				break
			}
			role, phrase = r.lastFunction(words, s.start, end)
		}
		if role != "" {
			return titleRole{role: role, rule: phrase, headless: true}
		}
	}
	switch bare {
	case "":
		return titleRole{}
	case "analyst", "analista", "analyste", "specialist", "spezialist", "specialista", "especialista", "specialiste", "assistente", "charge", "chargee", "admin", "associate", "assistant", "lead", "leader", "representative":
		return titleRole{role: roleOperations, rule: bare} // of no trade that has a name here
	}
	return titleRole{role: roleOther, rule: bare}
}

// allTools reports whether a phrase only names technologies.
func (r *titleRules) allTools(phrase string) bool {
	for _, w := range strings.Fields(phrase) {
		if !r.tools[singular(w)] && w != "on" {
			return false
		}
	}
	return true
}

// isGraded reports whether a title holds a grade.
func isGraded(words []titleWord) bool {
	for i := range words {
		if gradeWord(words, i) {
			return true
		}
	}
	return false
}

// isContractTitle tells the bare titles that say how somebody is employed, not as what.
func isContractTitle(phrase string) bool {
	switch phrase {
	case "intern", "internship", "internship program", "intern program", "graduate program", "trainee program", "contractor", "freelancer", "student", "graduate", "stage", "trainee", "apprentice", "staff", "worker", "resident", "head office":
		return true
	}
	return false
}
