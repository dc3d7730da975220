package enrich

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	// roleScoreMin is the least evidence a role by text needs: a decisive phrase with a typical one, or
	// the role's name after a trigger.
	roleScoreMin = 5
	// roleLeadMin is how far ahead of every other role it must be.
	roleLeadMin = 1
	// roleNamedWeight counts a role named by the text itself ("As a data scientist, you will").
	// It is said of this job, where every phrase may be said of those it works with.
	roleNamedWeight = 30
	// roleTeamWeight counts the field of the team the text says one joins: much, but people of several
	// trades are in one team.
	roleTeamWeight = 8
	// teamWords is how many words behind a trigger may name a team.
	teamWords = 6
	// roleNameWords is how many words behind a trigger may hold the role's name.
	roleNameWords = 9
	// workWordsMin is the least words about the work; with less, those about the employer are read too.
	workWordsMin = 40
	// textWordsMax bounds the words of a description that are looked at: ten times a long advert.
	textWordsMax = 20_000
)

// rolesOfNone is the key of the phrases of texts that are about no job, such as talent pools.
const rolesOfNone = "none"

// textFile is roles/text.yaml; its comments say what each part means.
type textFile struct {
	Roles    map[string]map[int][]string `yaml:"roles"`
	Triggers struct {
		Sentence []string `yaml:"sentence"`
		Anywhere []string `yaml:"anywhere"`
		Followed []string `yaml:"followed"`
		Team     []string `yaml:"team"`
	} `yaml:"triggers"`
	Track map[string]map[int][]string `yaml:"track"`
}

// evidence is what one phrase speaks for.
type evidence struct {
	id     int // position among all phrases, so that each counts once
	phrase string
	votes  []vote
}

type vote struct {
	subject int // a role's place in Roles, or a track
	weight  int
}

// The subjects of track evidence, behind those of the roles.
const (
	subjectResearch = 100 + iota
	subjectEngineering
)

// trigger is a phrase that introduces the role's name.
type trigger struct {
	sentenceOnly bool // where a sentence begins
	team         bool // where the team's name follows, not the role's
	followed     bool // where the name is followed by "will", "role" or "position"
}

// textRules is the compiled text.yaml. It is never changed after loading.
type textRules struct {
	evidence *phraseBook[*evidence]
	triggers *phraseBook[trigger]
	roles    []string
	phrases  int
}

func loadTextRules() (*textRules, error) {
	data, err := roleFiles.ReadFile("roles/text.yaml")
	if err != nil {
		return nil, fmt.Errorf("read text rules: %w", err)
	}
	var f textFile
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("decode text rules: %w", err)
	}
	r, err := f.compile()
	if err != nil {
		return nil, fmt.Errorf("compile text rules: %w", err)
	}
	return r, nil
}

func (f textFile) compile() (*textRules, error) {
	r := &textRules{evidence: newPhraseBook[*evidence](), triggers: newPhraseBook[trigger](), roles: append(Roles(), "")}
	seen := map[string]*evidence{}
	file := func(subject int, byWeight map[int][]string) error {
		for _, weight := range slices.Sorted(maps.Keys(byWeight)) {
			for _, phrase := range byWeight[weight] {
				if err := r.file(seen, phrase, vote{subject, weight}); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for i, role := range r.roles {
		if err := file(i, f.Roles[cmp.Or(role, rolesOfNone)]); err != nil {
			return nil, fmt.Errorf("role %s: %w", role, err)
		}
	}
	for role := range f.Roles {
		if role == rolesOfNone {
			continue
		}
		if err := checkRole(role); err != nil {
			return nil, err
		}
	}
	if err := file(subjectResearch, f.Track["research"]); err != nil {
		return nil, fmt.Errorf("track research: %w", err)
	}
	if err := file(subjectEngineering, f.Track["engineering"]); err != nil {
		return nil, fmt.Errorf("track engineering: %w", err)
	}
	for _, p := range f.Triggers.Sentence {
		if err := r.triggers.add(p, trigger{sentenceOnly: true}); err != nil {
			return nil, fmt.Errorf("triggers: %w", err)
		}
	}
	for _, p := range f.Triggers.Followed {
		if err := r.triggers.add(p, trigger{followed: true}); err != nil {
			return nil, fmt.Errorf("triggers: %w", err)
		}
	}
	for _, p := range f.Triggers.Team {
		if err := r.triggers.add(p, trigger{team: true}); err != nil {
			return nil, fmt.Errorf("triggers: %w", err)
		}
	}
	for _, p := range f.Triggers.Anywhere {
		if err := r.triggers.add(p, trigger{}); err != nil {
			return nil, fmt.Errorf("triggers: %w", err)
		}
	}
	return r, nil
}

// file adds a vote to a phrase, filing the phrase the first time. Two weights for one subject are an
// error.
func (r *textRules) file(seen map[string]*evidence, phrase string, v vote) error {
	words := splitTitle(phrase)
	stems := make([]string, len(words))
	for i, w := range words {
		stems[i] = w.stem
	}
	key := strings.Join(stems, " ")
	e := seen[key]
	if e == nil {
		e = &evidence{id: r.phrases, phrase: phrase}
		r.phrases++
		seen[key] = e
		if err := r.evidence.add(phrase, e); err != nil {
			return err
		}
	}
	for _, other := range e.votes {
		if other.subject == v.subject {
			return fmt.Errorf("phrase %q is there twice", phrase)
		}
	}
	e.votes = append(e.votes, v)
	return nil
}

// splitText appends the paragraphs that speak of the work, cut into words. A new paragraph or sentence begins
// with joinSegment, a word behind a comma too.
func splitText(words []titleWord, doc document) []titleWord {
	from := len(words)
	words = splitSections(words, doc, speaksOfWork)
	if len(words)-from < workWordsMin {
		// The whole text may stand under "About us".
		words = splitSections(words[:from], doc, func(s section) bool { return speaksOfWork(s) || s == sectionAbout })
	}
	return words
}

func splitSections(words []titleWord, doc document, wanted func(section) bool) []titleWord {
	for _, p := range doc.paragraphs {
		if !wanted(p.section) {
			continue
		}
		folded := p.folded
		if folded == "" {
			folded = foldLatin(doc.text[p.start:p.end]) // foldWork leaves what does not speak of the work
		}
		words = splitParagraph(words, folded)
		if len(words) >= textWordsMax {
			return words[:textWordsMax]
		}
	}
	return words
}

func speaksOfWork(s section) bool {
	switch s {
	case sectionAbout, sectionBenefits, sectionLegal, sectionProcess:
		return false
	}
	return true
}

func splitParagraph(words []titleWord, s string) []titleWord {
	join := joinSegment
	for i := 0; i < len(s); {
		n := textWordLen(s[i:])
		if n == 0 {
			r, size := utf8.DecodeRuneInString(s[i:])
			switch r {
			case '.', ',', ';', ':', '!', '?', '(', ')', '|', '•', '—', '–':
				join = joinSegment
			}
			i += size
			continue
		}
		w := s[i : i+n]
		i += n
		if isConjunction(w) {
			continue
		}
		words = append(words, titleWord{text: w, stem: singular(w), join: join})
		join = joinSpace
	}
	return words
}

func textWordLen(s string) int {
	n := 0
	for n < len(s) {
		if c := s[n]; c < utf8.RuneSelf {
			if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
				n++
				continue
			}
			break
		}
		r, size := utf8.DecodeRuneInString(s[n:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		n += size
	}
	return n
}

// textReading is the evidence found in one description.
type textReading struct {
	scores     []int    // per role, in the order of Roles
	phrases    []string // the phrases found, by their first position, as filed
	votes      [][]vote
	named      string // the role the text calls the job, "" if none
	namedBy    string
	teamed     bool // the team it is in was read
	research   int
	engineered int
}

// readDocument counts the evidence of a description; the job's name is looked for in what is said of the
// employer too.
func (r *textRules) readDocument(doc document, titles *titleRules, room *room) textReading {
	room.words = splitText(room.words[:0], doc)
	out := r.read(room.words, titles)
	if out.named == "" {
		room.words = splitSections(room.words[:0], doc, func(s section) bool { return s == sectionAbout })
		r.nameIn(&out, room.words, titles)
	}
	return out
}

// read counts the evidence of words.
func (r *textRules) read(words []titleWord, titles *titleRules) textReading {
	out := textReading{scores: make([]int, len(r.roles))}
	seen := make([]bool, r.phrases)
	for i := range words {
		r.collect(&out, seen, words, i)
		if out.named == "" {
			if t, n := r.triggers.endingAt(words, i); n > 0 {
				if !t.sentenceOnly || words[i+1-n].join == joinSegment {
					r.name(&out, words, i+1, t, titles)
				}
			}
		}
	}
	return out
}

// collect counts every phrase that ends with word i, the shorter ones inside the longer too: "ml
// model" in "deploy ml model" is evidence of its own.
func (r *textRules) collect(out *textReading, seen []bool, words []titleWord, i int) {
	for _, e := range r.evidence.endingWith(words[i].stem) {
		k := len(e.words)
		if k > i+1 || seen[e.value.id] || !endsWith(words[:i+1], e.words) {
			continue
		}
		seen[e.value.id] = true
		out.phrases = append(out.phrases, e.value.phrase)
		out.votes = append(out.votes, e.value.votes)
		for _, v := range e.value.votes {
			switch v.subject {
			case subjectResearch:
				out.research += v.weight
			case subjectEngineering:
				out.engineered += v.weight
			default:
				out.scores[v.subject] += v.weight
			}
		}
	}
}

func endsWith(words []titleWord, phrase []string) bool {
	tail := words[len(words)-len(phrase):]
	for j, w := range phrase {
		if tail[j].stem != w {
			return false
		}
	}
	return true
}

// role is the role the evidence is for, with the phrases that decided, or "" when it is weak or
// speaks for two roles alike.
func (t textReading) role(roles []string) (role, reason string) {
	best, second := -1, 0
	for i, s := range t.scores {
		switch {
		case best < 0 || s > t.scores[best]:
			if best >= 0 {
				second = max(second, t.scores[best])
			}
			best = i
		default:
			second = max(second, s)
		}
	}
	if best < 0 || t.scores[best] < roleScoreMin || t.scores[best]-second < roleLeadMin {
		return "", ""
	}
	if roles[best] == roleSoftwareEngineer {
		best = t.narrower(roles, best)
	}
	if roles[best] == "" {
		return "", ruleNoJob
	}
	return roles[best], t.reason(roles, best)
}

// reasonPhrasesMax bounds the phrases a reason quotes.
const reasonPhrasesMax = 4

// reason quotes the heaviest phrases for subject, by weight, then by position.
func (t textReading) reason(roles []string, subject int) string {
	var parts []string
	if t.named == roles[subject] {
		parts = append(parts, fmt.Sprintf("named %q", t.namedBy))
	}
	for weight := 3; weight >= 1; weight-- {
		for i, votes := range t.votes {
			for _, v := range votes {
				if v.subject == subject && v.weight == weight && len(parts) < reasonPhrasesMax {
					parts = append(parts, t.phrases[i])
				}
			}
		}
	}
	return fmt.Sprintf("%s (%d)", strings.Join(parts, ", "), t.scores[subject])
}
