package enrich

import "slices"

// functionBeside is the function nearest to a head: before it in its segment, then behind it, then in
// later segments, then in earlier ones.
func (r *titleRules) functionBeside(words []titleWord, segments []titleSegment, i int, head headFound) (role, phrase string) {
	s := segments[i]
	if role, phrase = r.lastFunction(words, s.start, head.start); role != "" {
		return role, phrase
	}
	if role, phrase = r.lastFunction(words, head.end, nextCut(words, head.end, s.end)); role != "" {
		return role, phrase
	}
	for _, other := range slices.Concat(segments[i+1:], segments[:i]) {
		if other.noise {
			continue
		}
		if role, phrase = r.lastFunction(words, other.start, other.cut); role != "" {
			return role, phrase
		}
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
		said := joinWords(words[i+1-n : i+1])
		faint := found == roleAIEngineer || r.faint[said] || n == 1 && r.faint[words[i].stem]
		if role != "" && faint {
			continue
		}
		role, phrase = found, said
		if !faint {
			break
		}
	}
	return role, phrase
}

// byFunction decides a title without a head that means something.
func (r *titleRules) byFunction(words []titleWord, segments []titleSegment) titleRole {
	for i, s := range segments {
		if len(s.heads) == 0 {
			continue
		}
		head := s.heads[len(s.heads)-1]
		if role, phrase := r.functionBeside(words, segments, i, head); role != "" {
			return titleRole{role: role, rule: joinRule(head.rule.phrase, phrase)}
		}
	}
	for _, s := range segments {
		role, phrase := r.lastFunction(words, s.start, s.cut)
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
	return titleRole{role: roleOther}
}
