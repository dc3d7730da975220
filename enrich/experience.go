package enrich

import (
	"strings"
)

const (
	// yearsMax is the most years an advert asks for; larger figures are a company's age.
	yearsMax = 25
	// yearsReach is how far from "years" the word experience may stand.
	yearsReach = 90
	// partReach is how far before a figure "including" may stand ("including at least 3 years").
	partReach = 32
	// requirementBytesMax is how much of one paragraph is searched for years and degrees. The
	// longest recorded advert without line breaks is shorter; it bounds the work on hostile ones.
	requirementBytesMax = 24 << 10
)

var yearWords = []string{"years", "year", "yrs", "yr", "jahre", "jahren", "ans", "años", "anos", "anni", "jaar", "år", "lat"}

var experienceWords = []string{"experience", "experiences", "exp", "professional", "working", "work in", "building", "developing", "background", "industry", "hands-on", "programming", "engineering", "in a", "in software", "in the field", "designing", "leading", "managing", "writing", "selling", "closing", "practice", "customer contact", "operating", "shipping", "working on", "developer", "coding", "track record", "practical", "relevant", "erfahrung", "berufserfahrung", "expérience", "experiencia", "experiência", "esperienza", "ervaring", "erfarenhet", "doświadczenia"}

var numberWords = map[string]int{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "zwei": 2, "drei": 3, "fünf": 5}

// minYears is the least experience in years that the text asks for, nil when it asks for none.
// Inside a paragraph the smallest figure counts ("PhD and 2 years, or 5 years"); of several
// paragraphs, each of which must be met, the largest. What is only preferred does not
// count, unless the line itself calls it the minimum.
func minYears(doc document) *int {
	best := -1
	for _, p := range doc.paragraphs {
		switch p.section {
		case sectionBenefits, sectionLegal, sectionAbout, sectionProcess:
			continue
		}
		if !p.signals.has(signalYears) || p.section == sectionPreferred && !holdsWord(p.lower, "minimum") {
			continue
		}
		if n, ok := paragraphYears(requirementText(doc, p)); ok && n > best {
			best = n
		}
	}
	if best < 0 {
		return nil
	}
	return &best
}

// requirementText is a paragraph in lower case, as far as it is searched.
func requirementText(doc document, p paragraph) string {
	if p.end-p.start <= requirementBytesMax {
		return p.lower
	}
	return strings.ToLower(truncate(doc.text[p.start:p.end], requirementBytesMax))
}

// alternativeWords make sentences alternatives: "5 years with a Bachelor's. 3 years with a Master's."
var alternativeWords = []string{"bachelor", "master", "phd", "ph.d", "degree", "b.s", "m.s", "b.a"}

// paragraphYears is the least number of years a paragraph asks for. Of its sentences each must be
// met, unless they tell degrees apart.
func paragraphYears(s string) (int, bool) {
	if !strings.Contains(s, ". ") || holdsAny(s, alternativeWords) {
		return sentenceYears(s)
	}
	best, found := 0, false
	for sentence := range strings.SplitSeq(s, ". ") {
		n, ok := sentenceYears(sentence)
		if ok && strings.HasPrefix(sentence, "or ") && found {
			n = min(n, best)
			best = n
		}
		if ok && (!found || n > best) {
			best, found = n, true
		}
	}
	return best, found
}

func sentenceYears(s string) (int, bool) {
	best, found, last := 0, false, 0
	if !strings.ContainsAny(s, "0123456789") && !holdsAny(s, []string{"year", "jahr", "ans", "año", "ano", "anni", "jaar"}) {
		return 0, false
	}
	for from := 0; from < len(s); {
		at, w := nextYearWord(s, from)
		if at < 0 {
			break
		}
		from = at + len(w)
		n, start, ok := yearsBefore(s, at)
		if !ok || n > yearsMax || !aboutExperience(s, start, from) {
			continue
		}
		if found && isPartOfYears(s[max(last, start-partReach):start], s[last:start]) {
			continue
		}
		last = from
		if !found || n < best {
			best, found = n, true
		}
	}
	return best, found
}

// isPartOfYears reports whether a figure is a part of the one before it: "7 years, including 3 with
// databases", "5+ years in sales, with at least 1 as a manager". before is the text right before the
// figure, between all since the last one.
func isPartOfYears(before, between string) bool {
	if holdsAny(before, []string{"including", "of which"}) {
		return true
	}
	return holdsAny(before, []string{", with ", ", and at least"}) && !strings.Contains(between, " or ") && !holdsAny(between, alternativeWords)
}

func nextYearWord(s string, from int) (int, string) {
	best, word := -1, ""
	for _, w := range yearWords {
		for i := from; ; {
			k := strings.Index(s[i:], w)
			if k < 0 {
				break
			}
			k += i
			if wordStart(s, k) && !startsWord(s[k+len(w):]) {
				if best < 0 || k < best {
					best, word = k, w
				}
				break
			}
			i = k + len(w)
		}
	}
	return best, word
}

// yearsBefore reads the figure right before "years": "5+", "3-5", "3 to 5", "five (5)", "at least 2".
// Of a range it is the lower end. start is where the figure begins.
func yearsBefore(s string, at int) (n, start int, ok bool) {
	head := strings.TrimRight(s[max(0, at-32):at], " -'’")
	base := max(0, at-32)
	head = strings.TrimRight(head, "+ )")
	high, i, ok := numberAtEnd(head)
	if !ok {
		return 0, 0, false
	}
	rest := strings.TrimRight(head[:i], " (")
	for _, joint := range []string{"-", "–", "—", "to", "bis", "à", "a", "or", "/", "~"} {
		t, cut := strings.CutSuffix(rest, joint)
		if !cut {
			continue
		}
		if low, j, ok := numberAtEnd(strings.TrimRight(t, " +")); ok && low <= high {
			return low, base + j, true
		}
	}
	return high, base + i, true
}

// numberAtEnd reads the number that s ends in, in digits or as a word.
func numberAtEnd(s string) (n, start int, ok bool) {
	i := len(s)
	for i > 0 && isDigit(s[i-1]) {
		i--
	}
	if i < len(s) {
		if len(s)-i > 2 || i > 0 && (s[i-1] == '.' || s[i-1] == ',' || s[i-1] == '$') {
			return 0, 0, false
		}
		for _, c := range []byte(s[i:]) {
			n = 10*n + int(c-'0')
		}
		return n, i, true
	}
	i = strings.LastIndexAny(s, " (-/") + 1
	n, ok = numberWords[s[i:]]
	return n, i, ok
}

// aboutExperience reports whether the figure speaks of what the applicant brings.
func aboutExperience(s string, start, end int) bool {
	before := s[max(0, start-yearsReach):start]
	after := s[end:min(len(s), end+yearsReach)]
	for _, stop := range []string{". ", "; "} {
		if i := strings.Index(after, stop); i >= 0 {
			after = after[:i]
		}
		if i := strings.LastIndex(before, stop); i >= 0 {
			before = before[i+len(stop):]
		}
	}
	for _, w := range []string{"our ", "we have", "we've", "founded", "for over", "the past", "the last", "last ", "next ", "within ", "first ", "every ", "combined", "years old", "celebrat", "team has"} {
		if strings.Contains(before, w) {
			return false
		}
	}
	for _, w := range []string{" old", " ago", " in a row", " contract", " warranty", " of age", " in business", " of service", " vest"} {
		if strings.HasPrefix(after, w) {
			return false
		}
	}
	return holdsAny(after, experienceWords) || holdsAny(before, []string{"experience", "erfahrung", "expérience", "experiencia", "minimum", "at least", "mindestens"}) ||
		strings.HasPrefix(after, "+") || strings.HasPrefix(after, " in ") || strings.HasPrefix(after, " of ") || strings.HasPrefix(after, " with ")
}
