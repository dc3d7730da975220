package enrich

import (
	"slices"
)

// run numbers begin at 0; each match starts a new one or goes on in the list of the one before it.

// joinLists finds the lists that matches stand in: "Python, Go or Rust" is one.
func (m *matcher) joinLists(f *field) {
	run, previous := 0, -1
	for i := range f.matches {
		if f.matches[i].kind != isSkill {
			continue
		}
		if previous >= 0 && !m.sameList(f, f.matches[previous].found, f.matches[i].found) {
			run++
		}
		f.matches[i].run = run
		previous = i
	}
}

// Between two items of a list stand at most strangersMax unknown words ("Python, the good parts, Go"
// is none) and at most connectivesMax words such as "or" and "as well as".
const (
	strangersMax   = 2
	connectivesMax = 4
)

// mutualProofMin is how many names in one list are skills although each alone might be something
// else: two everyday words side by side are common, three names of tools are no chance.
const mutualProofMin = 3

// sameList reports whether only what separates items of a list stands between two matches.
func (m *matcher) sameList(f *field, a, b found) bool {
	between := f.tokens[a.last+1 : b.first]
	if len(between) > connectivesMax {
		return false
	}
	strangers, separators, connectives := 0, 0, 0
	for i := range len(between) + 1 {
		g := f.tokens[a.last+1+i].before
		switch g {
		case gapList, gapSlash, gapAmp:
			separators++
		case gapLine:
			return len(between) == 0 && f.endsLine(b.last)
		case gapSentence:
			return false
		case gapHard:
			return false
		}
		if i == len(between) {
			break
		}
		if _, ok := m.connect[between[i].word]; ok {
			connectives++
			continue
		}
		strangers++
	}
	if strangers == 0 {
		return separators+connectives > 0
	}
	// An unknown item: it must be fenced by separators on both sides.
	return strangers <= strangersMax && isSeparator(f.tokens[a.last+1].before) &&
		(isSeparator(f.tokens[b.first].before) || connectives > 0)
}

func isSeparator(g gap) bool { return g == gapList || g == gapSlash || g == gapAmp }

func (f *field) endsLine(i int) bool {
	return i+1 == len(f.tokens) || f.tokens[i+1].before == gapLine
}

// prove decides each match by what stands around it, and notes the skills that are certain.
func (t *taxonomy) prove(f *field, doc document, e employer, tagged []bool) {
	certain := t.proveAlone(f, doc, e)
	for i := range f.matches {
		m := &f.matches[i]
		if m.kind != isSkill || f.isOwn(m.found) {
			continue
		}
		for _, sp := range m.candidates {
			if m.chosen != nil {
				break
			}
			if !sp.rule.guarded() || !f.allows(sp, m, doc) || e.owns(sp) {
				continue
			}
			if proof := f.proof(sp, m, certain[m.run]); proof != "" {
				m.chosen, m.rule = sp, sp.text+"|"+proof
			}
		}
		if m.chosen != nil {
			for _, ancestor := range m.chosen.skill.ancestors {
				tagged[ancestor] = true
			}
		}
	}
}

// proveAlone accepts the spellings that need no proof or have it in the word before or behind them,
// and returns which lists hold one: these prove the rest of their list.
func (t *taxonomy) proveAlone(f *field, doc document, e employer) []bool {
	certain := make([]bool, len(f.matches)+1)
	length := make([]int, len(f.matches)+1)
	for i := range f.matches {
		m := &f.matches[i]
		if m.kind != isSkill || f.isOwn(m.found) {
			continue
		}
		// Enough doubtful names in one list prove each other: "Nim, Zig or Rust".
		if length[m.run]++; length[m.run] == mutualProofMin {
			certain[m.run] = true
		}
		for _, sp := range m.candidates {
			proof := ""
			if sp.rule.guarded() {
				if proof = f.beside(sp, m); proof == "" {
					continue
				}
				proof = "|" + proof
			}
			certain[m.run] = true
			if f.allows(sp, m, doc) && !e.owns(sp) {
				m.chosen, m.rule = sp, sp.text+proof
				break
			}
		}
	}
	return certain
}

// allowed reports whether the spelling counts in a section. What needs proof never counts in
// benefits and legal paragraphs: "Vision" there is an insurance.
func (sp *spelling) allowed(s section) bool {
	if sp.rule.guarded() && (s == sectionBenefits || s == sectionLegal) {
		return false
	}
	return !slices.Contains(sp.rule.NotIn, string(s))
}

// allows reports whether the spelling counts where it stands, as far as section and words that speak
// against it go.
func (f *field) allows(sp *spelling, m *mention, doc document) bool {
	return sp.allowed(m.sectionOf(f, doc)) && (len(sp.notNear) == 0 || !f.near(sp.notNear, m))
}

// proof names the rule that proves a spelling where it stands, or is empty.
func (f *field) proof(sp *spelling, m *mention, inCertainList bool) string {
	switch {
	case sp.rule.List && inCertainList:
		return "list"
	case len(sp.near) > 0 && f.near(sp.near, m):
		return "near"
	}
	return ""
}

// beside names the rule that proves a spelling by the word next to it, or is empty.
func (f *field) beside(sp *spelling, m *mention) string {
	switch {
	case len(sp.prev) > 0 && m.first > 0 && f.tokens[m.first].before < gapList && has(sp.prev, f.tokens[m.first-1]):
		return "prev"
	case len(sp.next) > 0 && m.last+1 < len(f.tokens) && f.tokens[m.last+1].before < gapList && has(sp.next, f.tokens[m.last+1]):
		return "next"
	}
	return ""
}

func has(words map[int32]struct{}, t token) bool {
	_, ok := words[t.word]
	return ok
}

func (f *field) near(words map[int32]struct{}, m *mention) bool {
	for i := m.first - 1; i >= max(0, m.first-nearWindow) && f.tokens[i+1].before != gapLine; i-- {
		if has(words, f.tokens[i]) {
			return true
		}
	}
	for i := m.last + 1; i < min(len(f.tokens), m.last+1+nearWindow) && f.tokens[i].before != gapLine; i++ {
		if has(words, f.tokens[i]) {
			return true
		}
	}
	return false
}

// proveWith decides what is left by the skills found elsewhere in the posting.
func (t *taxonomy) proveWith(f *field, doc document, e employer, tagged []bool) {
	for i := range f.matches {
		m := &f.matches[i]
		if m.kind != isSkill || m.chosen != nil || f.isOwn(m.found) {
			continue
		}
		for _, sp := range m.candidates {
			with := slices.ContainsFunc(sp.with, func(ordinal int) bool { return tagged[ordinal] })
			if with && !e.owns(sp) && f.allows(sp, m, doc) {
				m.chosen, m.rule = sp, sp.text+"|with"
				break
			}
		}
	}
}
