package enrich

import "strings"

// ruleNoJob is the reason of a title that names no work at all.
const ruleNoJob = "names no job"

// orNoJob is out, or, when no word of the title decided it, what is left to say: the work of nobody
// we know ("Beekeeper"), or no work ("Fernwood - Oslo", "Full time, several positions"). What stands before a
// bar is an employer's name, though it may sound like a trade ("Fernister | Oslo").
func (r *titleRules) orNoJob(title string, words []titleWord, segments []titleSegment, out titleRole) titleRole {
	line := isPostLine(title, words) || isProse(words)
	switch {
	case r.pools[out.rule]:
		return titleRole{rule: ruleNoJob}
	case out.role != "" && (out.role != roleOther || !line):
		return out
	case out.role == roleOther && r.namesWork(words, segments):
		return out
	case line && out.role == "" && r.namesWork(words, segments):
		return titleRole{role: roleOther}
	case line:
		return titleRole{rule: ruleNoJob}
	}
	for i, s := range segments {
		end := s.cut
		for end > s.start+1 && (gradeWord(words, end-1) || isNumberWord(words[end-1].text)) {
			end--
		}
		last := words[max(s.start, end-1)]
		if i == 0 && !strings.Contains(title, "|") && isOccupation(last.text) || len(s.heads) > 0 && !isBare(s.heads) && end > s.start+1 {
			return titleRole{role: roleOther, rule: last.text}
		}
	}
	return titleRole{rule: ruleNoJob}
}

// occupationWordsMax is how many words may stand before the noun of a job in a line of a post.
const occupationWordsMax = 3

// occupationLettersMin keeps short names ("Uber") from being read as trades.
const occupationLettersMin = 5

// namesWork reports whether a line of a post names the work it was given: at the end of a phrase, not
// inside the employer's name or what is said of it.
func (r *titleRules) namesWork(words []titleWord, segments []titleSegment) bool {
	prose := isProse(words)
	for _, s := range segments {
		for _, h := range s.heads {
			switch {
			case h.rule.kind == headTitle || !endsPhrase(words, h.end):
			case prose && !sought(words[:h.start]):
			case !prose && (h.end < s.end || h.start > s.start+occupationWordsMax):
			default:
				return true
			}
		}
	}
	return false
}

// soughtReach is how many words may stand between what is said of looking for somebody and whom.
const soughtReach = 8

// sought reports whether the words before a head look for somebody.
func sought(before []titleWord) bool {
	for _, w := range before[max(0, len(before)-soughtReach):] {
		switch w.stem {
		case "hiring", "hire", "looking", "seeking", "seek", "need", "wanted", "want", "join", "position", "job", "role", "opening":
			return true
		}
	}
	return false
}

// isTerms reports whether a segment is about pay and terms ("High compensation", "Visa support").
func (r *titleRules) isTerms(words []titleWord) bool {
	for _, w := range words {
		if r.terms[w.stem] {
			return true
		}
	}
	return false
}

// isPostLine reports whether a title has what first lines of thread posts have and boards' titles
// have not: bars, addresses, the contract, a state behind a comma.
func isPostLine(title string, words []titleWord) bool {
	if strings.Count(title, "|") >= headerBars || strings.Contains(title, "--") || strings.Contains(title, "://") || strings.Contains(title, "www.") || strings.Contains(title, ".com") || strings.Contains(title, "REMOTE") {
		return true
	}
	for i, w := range words {
		after := wordAt(words, i+1)
		switch w.text {
		case "onsite", "fulltime", "parttime", "yc", "h1b", "visa":
			return true
		case "full", "part", "half":
			if after == "time" {
				return true
			}
		}
		if w.join == joinSegment && i > 0 && isState(w.text) && !(w.text == "co" && after != "" && words[i+1].join == joinSpace) {
			return true
		}
	}
	return false
}

// isState reports whether w is the abbreviation of a state or province of North America that is no
// word of a trade (IT and HR are none; ME, OR, AI, IN and OK are words).
func isState(w string) bool {
	switch w {
	case "ak", "az", "ca", "co", "ct", "dc", "fl", "ga", "ia", "il", "ks", "ky", "ma", "md", "mi", "mn", "nc", "nd", "ne",
		"nh", "nj", "nm", "nv", "ny", "oh", "pa", "ri", "sc", "sd", "tn", "tx", "ut", "va", "vt", "wa", "wi", "wv", "wy", "nyc", "sf", "bc":
		return true
	}
	return false
}

// isOccupation reports whether a word has the form of one that names who does something.
func isOccupation(w string) bool {
	if len(w) < occupationLettersMin {
		return false
	}
	for _, ending := range []string{"er", "or", "ist", "ian", "eur", "euse", "eiro", "eira", "grafo", "ologo", "man", "woman", "keeper", "hand", "smith", "wright", "ant", "logue", "ista", "ente", "ante", "ers", "ors", "ists", "ians"} {
		if strings.HasSuffix(w, ending) {
			return true
		}
	}
	return false
}

// span is words[start:end].
type span struct{ start, end int }

// siblings is where the other jobs of a list stand that surround the head of part k.
func siblings(parts [][]headFound, k, cut int) span {
	if len(parts) == 1 {
		return span{}
	}
	if k > 0 {
		if head, ok := mainHead(parts[k-1], cut); ok {
			return span{parts[0][0].start, head.end}
		}
		return span{}
	}
	last := parts[len(parts)-1]
	return span{parts[1][0].start, last[len(last)-1].end}
}

// sharedNoun is the roles of a list whose members share their noun ("Software/Data Engineers"), nil
// when all are of one.
func (r *titleRules) sharedNoun(words []titleWord, s titleSegment, head headFound, out titleRole) []string {
	noun := words[head.end-1]
	switch noun.stem {
	case "engineer", "developer", "dev", "scientist", "designer", "researcher", "analyst":
	default:
		return nil
	}
	var roles []string
	for i := s.start; i < head.start; i++ {
		if words[i+1].join != joinList {
			continue
		}
		one := append(append([]titleWord{}, words[s.start:i+1]...), noun)
		rule, n := r.heads.endingAt(one, len(one)-1)
		if n < 2 || rule.kind != headRole && one[len(one)-2].stem != "software" {
			continue // a "test and reliability engineer" is one
		}
		if head.end-head.start > 1 && words[head.start].join != joinList {
			continue // the "Hardware / Infrastructure Site Reliability Engineer" is one
		}
		if out.role == roleHardwareEngineer && rule.role == roleSoftwareEngineer && one[len(one)-2].stem != "software" {
			continue // "Automation & Controls Engineer"
		}
		roles = appendRole(roles, rule.role)
	}
	if roles = appendRole(roles, out.role); len(roles) < 2 {
		return nil
	}
	return roles
}

func appendRole(roles []string, role string) []string {
	for _, r := range roles {
		if r == role {
			return roles
		}
	}
	return append(roles, role)
}
