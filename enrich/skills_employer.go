package enrich

import (
	"slices"
	"strings"
	"unicode"
)

// isOwn reports whether a match lies wholly within a mention of the employer's name.
func (f *field) isOwn(m found) bool {
	if f.own == nil {
		return false
	}
	for i := m.first; i <= m.last; i++ {
		if !f.own[i] {
			return false
		}
	}
	return true
}

// employer is the hiring company as its adverts name it.
type employer struct {
	words   []string // folded, without legal form
	name    string   // the words joined by single spaces
	letters string   // the words run together, without a leading article
}

// legalForms are the endings of company names that adverts leave out.
func legalForms() []string {
	return []string{
		"inc", "incorporated", "llc", "ltd", "limited", "gmbh", "ag", "se", "sa", "sas", "bv", "ab", "oy",
		"corp", "corporation", "co", "company", "plc", "pbc", "lp", "group", "holdings",
	}
}

// markAll marks the employer's name in all fields and reports whether it stands in any.
func (e employer) markAll(fields []*field, words *wordNumbers) bool {
	marked := false
	var short int32
	if len(e.words) > 1 {
		short = words.numbers[e.words[0]]
	}
	for _, f := range fields {
		f.short = short
		f.own = e.mark(f.text, f.tokens)
		marked = marked || f.own != nil
	}
	return marked
}

// employerOf is the employer by the first part of a title such as "Acme | Engineer | Berlin", the
// custom of Hacker News, for postings that do not name the company they came with. A part that names
// a post or a language is no company.
func (t *taxonomy) employerOf(title *field) employer {
	name, rest, _ := strings.Cut(title.text, "|")
	if !strings.Contains(rest, "|") {
		return employer{} // a single bar may also stand between a post and its place
	}
	for _, m := range title.matches {
		if int(title.tokens[m.last].end) <= len(name) && m.kind == isSkill && m.candidates[0].skill.isMade() {
			return employer{}
		}
	}
	for _, word := range title.tokens {
		if int(word.end) <= len(name) && has(t.matcher.worker, word) {
			return employer{}
		}
	}
	name, _, _ = strings.Cut(name, "(")
	if e := newEmployer(name); len(e.words) <= nameWordsMax {
		return e
	}
	return employer{}
}

// nameWordsMax is how many words a company's name has at most; a longer first part is a sentence.
const nameWordsMax = 4

// boardTails are what employers add to their name for that of their board.
func boardTails() []string { return []string{"careers", "career", "jobs", "hq"} }

// bareNameMin is the fewest letters of a name without such an addition.
const bareNameMin = 3

func newEmployer(company string) employer {
	var e employer
	for _, t := range tokenise(nil, company, nil) {
		e.words = append(e.words, foldWord(company[t.start:t.end]))
	}
	for len(e.words) > 1 && slices.Contains(legalForms(), e.words[len(e.words)-1]) {
		e.words = e.words[:len(e.words)-1]
	}
	e.name = strings.Join(e.words, " ")
	e.letters = strings.Join(e.words, "")
	for _, tail := range boardTails() {
		if bare := strings.TrimSuffix(e.letters, tail); len(bare) >= bareNameMin {
			e.letters = bare
		}
	}
	if bare := strings.TrimPrefix(e.letters, "the"); len(bare) >= joinedMin {
		e.letters = bare
	}
	return e
}

// owns reports whether a spelling names a product of the employer: one that is said to be its own, or
// bears its name.
func (e employer) owns(sp *spelling) bool {
	return e.makes(sp) || e.name != "" && sp.skill.Kind != "language" && strings.EqualFold(sp.skill.Label, e.name)
}

// makes reports whether a spelling names a product that is said to be the employer's.
func (e employer) makes(sp *spelling) bool {
	return e.name != "" && slices.Contains(sp.skill.Owner, e.name)
}

// mark finds the employer's name in a text, also where one of both is written in one word: boards
// are often named so ("acmerobotics"). A name counts only when it is written with a capital.
func (e employer) mark(text string, tokens []token) []bool {
	if e.letters == "" {
		return nil
	}
	var own []bool
	for i := range tokens {
		n := e.at(text, tokens[i:])
		if n == 0 {
			continue
		}
		if own == nil {
			own = make([]bool, len(tokens))
		}
		for j := range n {
			own[i+j] = true
		}
	}
	return own
}

// at returns how many words at the beginning of tokens are the name, 0 if they are not.
func (e employer) at(text string, tokens []token) int {
	c := text[tokens[0].start]
	if lowerByte(c) != e.letters[0] || unicode.IsLower(firstRune(text, tokens[0])) {
		return 0
	}
	rest, ok := e.letters, false
	for i, t := range tokens {
		if i > 0 && t.before > gapApostrophe || int(t.end-t.start) > len(rest) {
			return 0
		}
		if rest, ok = strings.CutPrefix(rest, foldWord(text[t.start:t.end])); !ok {
			return 0
		}
		if rest == "" {
			return i + 1
		}
	}
	return 0
}
