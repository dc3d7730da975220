package enrich

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// matcher finds the taxonomy's spellings, shields and cues in a text: leftmost, longest, without
// overlap. It works on whole words, so its time is linear in the text and hardly depends on the
// number of spellings.
type matcher struct {
	words   *wordNumbers
	edges   map[edge]int32     // trie over word numbers; node 0 is the root
	entries [][]*spelling      // by node: what ends there
	first   []int32            // by word number: the node of the spellings that begin with it, 0 for none
	longer  []bool             // by node: some spelling goes on
	filler  map[int32]struct{} // words that may stand between a negation and what it negates
	connect map[int32]struct{} // words that may stand between the items of a list
	either  map[int32]struct{} // "or": spreads a negation over a list
	article map[int32]struct{} // "a": what is negated is a thing, such as a post
	post    map[int32]struct{} // "role": the kinds of post an advert may say it is not
	asks    map[int32]struct{} // "experience": the sentence speaks of the post and what it needs
	uses    map[int32]struct{} // "using": the employer works with what follows
	worker  map[int32]struct{} // "engineers": who does the work
	group   map[int32]struct{} // "team": others at the employer
	partner map[int32]struct{} // "closely": one works with others
	aim     map[int32]struct{} // "to": ends the list of those one works with
	with    map[int32]struct{} // "with the": others are meant
	like    map[int32]struct{} // "such as": examples follow
	to      map[int32]struct{} // "to" itself
	us      map[int32]struct{} // "our": the employer's own
	role    map[int32]struct{} // "as": "as an engineer" begins another thought
	legal   map[int32]struct{} // "Inc": a company's name stands before it
	team    map[int32]struct{} // "team"
	is      map[int32]struct{} // "is"
	hiring  map[int32]struct{} // "hiring": its subject is the employer
	joint   map[int32]struct{} // "interface": software does so with software
	manner  map[int32]struct{} // "agile": how a team works, not what it does
	work    map[int32]struct{} // "work": before "with", one works with others
	head    map[int32]struct{} // "head": somebody's post, of a field
	founder map[int32]struct{} // "founders": what they did follows
	report  map[int32]struct{} // "reporting": the name of a superior follows
	trade   map[int32]struct{} // "industry": a field before it is a market
	where   map[int32]struct{} // "at": a company follows
	was     map[int32]struct{} // "was a": somebody's story
	analogy map[int32]struct{} // "the Acme for robots" says what the employer is like
	serving map[int32]struct{} // "for" of an analogy
}

type edge struct{ node, word int32 }

// spellingKind says what finding a spelling means.
type spellingKind uint8

const (
	isSkill spellingKind = iota
	isShield
	cueRequired
	cuePreferred
	cueNegatedBefore
	cueNegatedAfter
	cueCompanies // names in its sentence are companies
	cueSelf      // its sentence says what the employer is
)

// spelling is one way to write a skill, a shield or a cue.
type spelling struct {
	kind    spellingKind
	skill   *skill
	rule    *aliasRule
	text    string // as the taxonomy writes it: the name of the rule in evidence
	gaps    []gap  // what stands between its words
	letters string // its words run together and folded
	exact   string // its words run together, when case matters
	// what context proves it; numbers of words
	near, prev, next map[int32]struct{}
	notNear          map[int32]struct{} // what context speaks against it
	with             []int              // ordinals of skills
}

// found is one match: the words tokens[first:last+1].
type found struct {
	first, last int
	kind        spellingKind
	candidates  []*spelling // of a skill: those whose letters fit, in order of the taxonomy
}

// newMatcher indexes the taxonomy's spellings.
func newMatcher(t *taxonomy) (*matcher, error) {
	m := &matcher{
		words: &wordNumbers{numbers: map[string]int32{}}, edges: map[edge]int32{}, entries: make([][]*spelling, 1), first: make([]int32, 1), longer: make([]bool, 1),
	}
	for _, s := range t.list {
		for _, rule := range s.spellings() {
			if err := m.addRule(t, s, rule); err != nil {
				return nil, fmt.Errorf("skill %q: %w", s.ID, err)
			}
		}
	}
	for i := range t.words.Shields {
		if err := m.addShield(&t.words.Shields[i]); err != nil {
			return nil, err
		}
	}
	for _, group := range []struct {
		kind    spellingKind
		phrases []string
	}{
		{cueRequired, t.words.Cues.Required},
		{cuePreferred, t.words.Cues.Preferred},
		{cueNegatedBefore, t.words.Cues.NegatedBefore},
		{cueNegatedAfter, t.words.Cues.NegatedAfter},
		{cueCompanies, t.words.Cues.Companies},
		{cueSelf, t.words.Cues.Self},
	} {
		for _, phrase := range group.phrases {
			if err := m.add(spelling{kind: group.kind, text: phrase}, phrase); err != nil {
				return nil, fmt.Errorf("phrase %q: %w", phrase, err)
			}
		}
	}
	m.filler = m.numbers(t.words.Fillers)
	m.asks = m.numbers(t.words.Asks)
	m.uses = m.numbers(t.words.Uses)
	m.worker = m.numbers(t.words.Workers)
	m.group = m.numbers(t.words.Colleagues)
	m.partner = m.numbers(t.words.Partners)
	m.aim = m.numbers([]string{"to", "that", "which", "who", "using", "on", "for", "in", "into", "through", "during", "via", "by", "across"})
	m.with = m.numbers([]string{"with"})
	m.where = m.numbers([]string{"at", "former", "formerly", "ex"})
	m.was = m.numbers([]string{"was"})
	m.analogy = m.numbers([]string{"the", "building"})
	m.serving = m.numbers([]string{"for", "of"})
	m.like = m.numbers([]string{"such", "like", "including"})
	m.to = m.numbers([]string{"to"})
	m.us = m.numbers([]string{"our", "we", "us"})
	m.role = m.numbers([]string{"as"})
	m.legal = m.numbers([]string{"inc", "incorporated", "llc", "gmbh", "ltd", "corp", "corporation"})
	m.team = m.numbers([]string{"team", "teams"})
	m.is = m.numbers([]string{"is", "are"})
	m.hiring = m.numbers([]string{"hiring", "looking", "seeking", "recruiting"})
	m.joint = m.numbers([]string{"interface", "interfaces", "interfacing"})
	m.manner = m.numbers([]string{"agile", "scrum", "kanban", "safe", "lean", "xp"})
	m.work = m.numbers([]string{"work", "works", "working", "worked"})
	m.head = m.numbers([]string{"head", "vp", "svp", "evp", "director", "chief", "president", "manager"})
	m.founder = m.numbers([]string{"founder", "founders", "cofounder", "cofounders"})
	m.report = m.numbers([]string{"report", "reports", "reporting"})
	m.trade = m.numbers([]string{"industry", "industries", "market", "markets", "company", "companies", "startup", "startups", "firm", "firms", "agency", "space", "sector", "vendor", "vendors"})
	m.connect = m.numbers(t.words.Connectives)
	m.article = m.numbers([]string{"a", "an", "your", "the"})
	m.post = m.numbers([]string{"role", "position", "job", "internship", "shop", "opportunity", "gig"})
	m.either = m.numbers([]string{"or", "nor", "oder", "ou", "o"})
	return m, nil
}

// addShield adds a phrase in which nothing is a skill.
func (m *matcher) addShield(rule *aliasRule) error {
	if rule.guarded() || len(rule.NotIn)+len(rule.NotNear) > 0 {
		return fmt.Errorf("shield %q: a shield holds everywhere, only its case may matter", rule.Text)
	}
	for _, text := range rule.Text {
		sp := spelling{kind: isShield, text: text}
		if rule.Exact {
			sp.exact = lettersOf(text)
		}
		if err := m.add(sp, text); err != nil {
			return fmt.Errorf("shield %q: %w", text, err)
		}
	}
	return nil
}

// addRule adds every variant of every spelling of a rule.
func (m *matcher) addRule(t *taxonomy, s *skill, rule aliasRule) error {
	proto := spelling{kind: isSkill, skill: s, rule: &rule, near: m.numbers(rule.Near), prev: m.numbers(rule.Prev), next: m.numbers(rule.Next), notNear: m.numbers(rule.NotNear)}
	for _, id := range rule.With {
		proto.with = append(proto.with, t.byID[id].ordinal)
	}
	for _, text := range rule.Text {
		proto.text = text
		for _, variant := range t.words.variants(text) {
			if s.Kind == "language" && variant == pluralOf(text) {
				continue // languages have no plural: "SQLs" are sales qualified leads
			}
			sp := proto
			if rule.Exact {
				sp.exact = lettersOf(variant)
			}
			if err := m.add(sp, variant); err != nil {
				return err
			}
		}
	}
	return nil
}

// add puts one spelling in the trie. Signs at its edges that make no word, as in "(RAG)", are refused.
func (m *matcher) add(sp spelling, text string) error {
	tokens := wordsOf(text)
	if len(tokens) == 0 || tokens[0].start != 0 || int(tokens[len(tokens)-1].end) != len(text) {
		return fmt.Errorf("spelling %q must begin and end with a word", text)
	}
	sp.letters = foldWord(lettersOf(text))
	node := int32(0)
	for _, t := range tokens {
		node = m.step(node, m.number(text[t.start:t.end]))
		sp.gaps = append(sp.gaps, t.before)
	}
	m.entries[node] = append(m.entries[node], &sp)
	return nil
}

// number returns the number of a word, giving it one if it has none.
func (m *matcher) number(word string) int32 {
	n := m.words.number(foldWord(word))
	if int(n) == len(m.first) {
		m.first = append(m.first, 0)
	}
	return n
}

func (m *matcher) numbers(words []string) map[int32]struct{} {
	if len(words) == 0 {
		return nil
	}
	out := make(map[int32]struct{}, len(words))
	for _, w := range words {
		out[m.number(w)] = struct{}{}
	}
	return out
}

func (m *matcher) step(node, word int32) int32 {
	next := m.edges[edge{node, word}]
	if next == 0 {
		next = int32(len(m.entries))
		m.edges[edge{node, word}] = next
		m.entries = append(m.entries, nil)
		m.longer = append(m.longer, false)
		m.longer[node] = true
		if node == 0 {
			m.first[word] = next
		}
	}
	return next
}

// foundShare is how many words of an advert there are to one that is found.
const foundShare = 6

// scan finds all matches in order. At each word the longest spelling whose letters and gaps fit
// wins, and the search goes on behind it.
func (m *matcher) scan(text string, tokens []token) []found {
	out := make([]found, 0, len(tokens)/foundShare)
	for i := 0; i < len(tokens); i++ {
		if m.first[tokens[i].word] == 0 {
			continue
		}
		f := m.longestAt(text, tokens, i)
		if f.candidates == nil {
			continue
		}
		out = append(out, f)
		i = f.last
	}
	return out
}

// longestAt returns the longest match that begins with tokens[i], or one without candidates.
func (m *matcher) longestAt(text string, tokens []token, i int) found {
	var best found
	node := m.first[tokens[i].word]
	for j := i; ; {
		if fits := fitting(m.entries[node], text, tokens[i:j+1]); len(fits) > 0 && standsAlone(text, tokens, i, j, fits[0].kind) {
			best = found{first: i, last: j, kind: fits[0].kind, candidates: fits}
		}
		j++
		if !m.longer[node] || j == len(tokens) || tokens[j].word == 0 || tokens[j].before > gapApostrophe {
			return best // no spelling goes across a comma or the end of a sentence
		}
		if node = m.edges[edge{node, tokens[j].word}]; node == 0 {
			return best
		}
	}
}

// fitting selects the spellings whose gaps and letters fit. The slice given is not changed; where
// all fit, as nearly always, it is returned as it is.
func fitting(entries []*spelling, text string, tokens []token) []*spelling {
	for n, sp := range entries {
		if sp.fits(text, tokens) {
			continue
		}
		out := slices.Clone(entries[:n])
		for _, rest := range entries[n+1:] {
			if rest.fits(text, tokens) {
				out = append(out, rest)
			}
		}
		return out
	}
	return entries
}

// fits reports whether the words, already equal but for case, are written as the spelling wants.
func (sp *spelling) fits(text string, tokens []token) bool {
	for i := 1; i < len(tokens); i++ {
		if !gapFits(sp.gaps[i], tokens[i].before) {
			return false
		}
	}
	if sp.exact == "" {
		return true
	}
	rest := sp.exact
	for _, t := range tokens {
		var ok bool
		if rest, ok = strings.CutPrefix(rest, text[t.start:t.end]); !ok {
			return false
		}
	}
	return rest == ""
}

// gapFits reports whether what stands in the text may stand for what stands in a spelling. A space
// or hyphen in a spelling stands for each other; a dot, slash or ampersand also for itself.
func gapFits(want, got gap) bool {
	switch {
	case got == gapSpace || got == gapHyphen || got == gapJoined:
		return true
	case want == gapSpace || want == gapHyphen:
		return false
	}
	return want == got
}

// standsAlone reports whether tokens[i:j+1] are not a part of an address, a domain or an initial.
func standsAlone(text string, tokens []token, i, j int, kind spellingKind) bool {
	if kind != isSkill {
		return true
	}
	first, last := tokens[i], tokens[j]
	if first.inURL {
		return false
	}
	single := i == j && utf8.RuneCountInString(text[first.start:last.end]) == 1
	if i > 0 {
		switch first.before {
		case gapDot:
			if !afterLostSpace(text, tokens[i-1], first) {
				return false
			}
		case gapApostrophe, gapHyphen, gapJoined:
			if single {
				return false
			}
		case gapAmp:
			if single && text[first.start-1] != ' ' {
				return false
			}
		}
	}
	if j+1 == len(tokens) {
		return true
	}
	next := tokens[j+1]
	switch next.before {
	case gapDot:
		// "kafka.apache.org" is no Kafka, but "Kafka.We" has only lost a space, and "Python.3" is one.
		return !unicode.IsLower(firstRune(text, next)) && !single
	case gapApostrophe, gapHyphen:
		return !single
	case gapAmp:
		return !single || text[last.end] == ' '
	case gapJoined: // "C++17"
		return true
	}
	return true
}

// afterLostSpace reports whether a dot between two words ends a sentence that lacks its space, as
// in "experience.Python": small letters before it, a capital after it.
func afterLostSpace(text string, before, after token) bool {
	return unicode.IsLower(firstRune(text, before)) && unicode.IsUpper(firstRune(text, after)) &&
		after.end-after.start > 2
}

func firstRune(text string, t token) rune {
	r, _ := utf8.DecodeRuneInString(text[t.start:])
	return r
}
