package enrich

import (
	"slices"
	"strings"
)

// The values of Posting.Degree.
const (
	degreeNone     = "none"
	degreeBachelor = "bachelor"
	degreeMaster   = "master"
	degreePhD      = "phd"
)

// degreeWords name degrees; a word must stand alone unless it ends in a letter that continues
// ("bachelor's"). Short forms count only where they can be nothing else.
var degreeWords = []struct {
	rank  int
	words []string
}{
	{1, []string{"bachelor", "bachelors", "bachelor's", "bachelor’s", "b.s", "b.s.", "b.sc", "bsc", "b.a", "ba/bs", "bs/ba", "bs/ms", "bs in", "bs or", "bs degree", "bs,", "ba in", "ba or", "b.tech", "btech", "b.e.", "b.eng", "beng", "undergraduate degree", "university degree", "college degree", "four-year degree", "4-year degree", "4 year degree", "bs", "degree in", "degree or", "technical degree", "abgeschlossenes studium", "hochschulabschluss", "hochschulstudium", "licenciatura", "grado en", "graduação", "laurea", "hbo", "bacharel", "diplôme d'ingénieur"}},
	{2, []string{"master", "masters", "master's", "master’s", "m.s", "m.s.", "msc", "m.sc", "ms in", "ms or", "ms/phd", "ms/ph.d", "ms degree", "m.eng", "meng", "m.tech", "mba", "graduate degree", "advanced degree", "postgraduate degree", "máster", "bac+5", "bac +5", "ms"}},
	{3, []string{"phd", "ph.d", "ph.d.", "ph.d’s", "phds", "phd's", "doctorate", "doctoral", "doctor of", "psyd", "psy.d", "psy.d.", "edd", "pharmd", "sc.d.", "promotion in", "doktor"}},
}

var noDegreePhrases = []string{"no degree required", "no degree is required", "no degree needed", "no degree necessary", "degree not required", "degree is not required", "degrees are not required", "don't require a degree", "do not require a degree", "don’t require a degree", "don't need a degree", "don’t need a degree", "no formal degree", "no college degree", "no university degree", "with or without a degree", "regardless of degree", "degree not necessary", "no formal education"}

// degree is the lowest degree that suffices: of all degrees the requirements name, the lowest;
// "none" only when the text says that none is needed. "Or equivalent experience" does not change
// what is named, and what is only preferred does not count.
func degree(doc document) string {
	lowest := 0
	for _, p := range doc.paragraphs {
		switch p.section {
		case sectionBenefits, sectionLegal, sectionAbout, sectionProcess:
			continue
		}
		lower := requirementText(doc, p)
		if p.signals.has(signalNoDegree) && holdsAny(lower, noDegreePhrases) {
			return degreeNone
		}
		if p.section == sectionPreferred || !p.signals.has(signalDegree) {
			continue
		}
		for sentence := range strings.SplitSeq(lower, "; ") {
			if r := sentenceDegree(sentence); r > 0 && (lowest == 0 || r < lowest) {
				lowest = r
			}
		}
	}
	return [...]string{"", degreeBachelor, degreeMaster, degreePhD}[lowest]
}

// sentenceDegree is the rank of the lowest degree a sentence asks for, 0 for none.
func sentenceDegree(s string) int {
	for _, d := range degreeWords {
		for _, w := range d.words {
			i := degreeAt(s, w)
			if i < 0 {
				continue
			}
			// "PhD preferred": only a wish, when it is said of this degree and not of another.
			tail := s[i+len(w) : min(len(s), i+len(w)+wishReach)]
			if cut := strings.IndexAny(tail, ".,("); cut > 0 {
				tail = tail[:cut]
			}
			if holdsAny(tail, []string{"preferred", "a plus", "desirable", "nice to have", "desired", "bonus", "not required"}) {
				continue
			}
			if endsAsWish(s[i+len(w):]) {
				continue
			}
			return d.rank
		}
	}
	return 0
}

// wishLineMax is the longest rest of a sentence whose last word still speaks of its first degree.
const wishLineMax = 100

// endsAsWish reports whether the rest of a sentence behind a degree makes it a wish by its last word:
// "or equivalent work experience, preferred".
func endsAsWish(rest string) bool {
	rest, _, _ = strings.Cut(rest, ". ")
	rest = strings.TrimRight(rest, " .")
	if len(rest) > wishLineMax || strings.Contains(rest, "(") || holdsAny(rest, []string{"required", "must", "master", "phd", "ph.d", "mba", "m.s", "advanced", "graduate", "bachelor"}) {
		return false
	}
	return strings.HasSuffix(rest, " preferred") || strings.HasSuffix(rest, " a plus") || strings.HasSuffix(rest, " desirable") || strings.HasSuffix(rest, " desired") || strings.HasSuffix(rest, " nice to have")
}

// wishReach is how far behind a degree the word "preferred" still speaks of it.
const wishReach = 60

// productWords follow "MS" where it is Microsoft, and "master" where it is data or a verb.
var productWords = []string{"data", "sql", "office", "excel", "the", "word", "project", "dynamics", "azure", "teams", "powerpoint", "access", "visio", "windows", "outlook", "sharepoint"}

// notOwnDegree reports a degree's word that asks nothing of the applicant: "no BS", an associate's
// degree, "leading PhD programs", "a team of PhDs".
func notOwnDegree(before, word, after string) bool {
	for _, w := range []string{"no ", "associate's ", "associate’s ", "associates ", "associate ", "team of ", "founded by ", "dozens of ", "top ", "group of "} {
		if strings.HasSuffix(before, w) {
			return true
		}
	}
	return strings.HasPrefix(word, "ph") && (strings.HasPrefix(after, " program") || strings.HasPrefix(after, " student"))
}

// degreeAt finds a degree's word where it can mean a degree: the short and ambiguous ones need a
// word of education in the same sentence.
func degreeAt(s, w string) int {
	for from := 0; ; {
		i := strings.Index(s[from:], w)
		if i < 0 {
			return -1
		}
		i += from
		from = i + len(w)
		if !wordStart(s, i) || startsWord(s[i+len(w):]) || notOwnDegree(s[:i], w, s[i+len(w):]) {
			continue
		}
		if (len(w) <= 5 || w == "master" || w == "masters" || strings.HasPrefix(w, "degree")) && !strings.HasPrefix(w, "phd") && !strings.HasPrefix(w, "ph.d") {
			if !holdsAny(s, []string{"degree", "computer science", "mathematics", "engineering", "studium", "statistics", "physics", "phd", "ph.d", "bachelor", "equivalent", "related field", "quantitative", "economics", "studies", "diploma"}) {
				continue
			}
			next, _, _ := strings.Cut(strings.TrimLeft(s[i+len(w):min(len(s), i+len(w)+16)], " "), " ")
			if slices.ContainsFunc(productWords, func(w string) bool { return strings.HasPrefix(next, w) }) || strings.HasSuffix(s[:i], "scrum ") {
				continue
			}
		}
		if strings.HasPrefix(w, "degree") && (strings.HasSuffix(s[:i], "high ") || holdsAny(s, []string{"master", "phd", "ph.d", "advanced", "graduate"})) && w != "bachelor" {
			// "advanced degree in": the word alone does not make it a bachelor's.
			continue
		}
		return i
	}
}
