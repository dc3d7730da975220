package unlisted

import (
	_ "embed"
	"strings"
)

//go:embed generic.txt
var genericFile string

// What makes a phrase worth to be counted as an unlisted skill, and so to be searched for news.
const (
	// worthProbability: it is likelier than not that exactly this is one.
	worthProbability = 0.5
	// worthWordsMax: longer phrases are said in so many ways that none recurs.
	worthWordsMax = 5
)

// degreeWords name what a person has been awarded, which is read by a step of its own.
const degreeWords = "degree degrees bachelor bachelors bachelor's master masters master's mba phd ph.d doctorate diploma certification certifications certificate bsc msc b.s m.s b.a ba bs ms undergraduate graduate postgraduate"

// worth tells which phrases are worth to be counted.
type worth struct {
	generic, degree map[string]bool
	lexicon         *lexicon
	known           func(phrase string) bool
}

func newWorth(l *lexicon, known func(phrase string) bool) worth {
	w := worth{generic: map[string]bool{}, degree: map[string]bool{}, lexicon: l, known: known}
	for line := range strings.Lines(genericFile) {
		if !strings.HasPrefix(line, "#") {
			for word := range strings.FieldsSeq(line) {
				w.generic[word] = true
			}
		}
	}
	for word := range strings.FieldsSeq(degreeWords) {
		w.degree[word] = true
	}
	return w
}

// of reports whether a phrase is worth to be counted: sure, short, not only of generic words, no
// degree, no natural language and nothing that the taxonomy has decided about.
func (w *worth) of(phrase string, probability float64) bool {
	words := strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(phrase, "’", "'")), func(r rune) bool { return r == ' ' || r == '/' || r == '&' || r == '(' || r == ')' || r == ',' })
	if probability < worthProbability || len(words) == 0 || len(words) > worthWordsMax {
		return false
	}
	generic := true
	for _, word := range words {
		if w.degree[strings.Trim(word, ".")] {
			return false
		}
		generic = generic && w.generic[word]
	}
	if generic || w.known != nil && w.known(phrase) {
		return false
	}
	key := uint32(hashSeed)
	for _, word := range words {
		key = mix(key, fold(word))
	}
	return w.lexicon.phrases[key]&(1<<listLanguage) == 0
}
