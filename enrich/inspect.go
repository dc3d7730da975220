package enrich

import (
	"slices"
	"strings"
)

// What is here is for those who judge the tagger: `rolescope eval` and `rolescope bench`.

// stepCheck names what comes before the chain: the ids are derived again and compared.
const stepCheck = "check"

// StepNames lists the steps in the order in which Observe reports them.
func StepNames() []string {
	names := []string{stepCheck}
	for _, s := range chain() {
		names = append(names, s.name)
	}
	return names
}

// Words cuts a text into words as the skill step does and returns how many there are: the least that
// any tagger over words has to do, and what its speed is compared with.
func (t *Tagger) Words(text string) int {
	r, _ := t.rooms.Get().(*room)
	if r == nil {
		r = &room{}
	}
	defer t.rooms.Put(r)
	r.tokens = tokenise(r.tokens[:0], text, t.taxonomy.matcher.words)
	return len(r.tokens)
}

// SkillName is how the taxonomy names a skill.
type SkillName struct{ ID, Label, Kind string }

// Skill returns how the taxonomy names a skill, and whether it has it.
func (t *Tagger) Skill(id string) (SkillName, bool) {
	s, ok := t.taxonomy.byID[id]
	if !ok {
		return SkillName{}, false
	}
	return SkillName{s.ID, s.Label, s.Kind}, true
}

// SkillsNamed returns the skills that a name of somebody else's vocabulary can stand for: the one
// with that id or label, else those that it is a spelling of, whatever their context rules ask, in
// order of id. Of a name with another in brackets, "Large Language Models (LLMs)", either will do. It
// is empty for what the taxonomy does not know.
func (t *Tagger) SkillsNamed(name string) []SkillName {
	name = strings.Join(strings.Fields(name), " ")
	if skills := t.skillsSpelt(name); len(skills) > 0 {
		return skills
	}
	outside, rest, _ := strings.Cut(name, " (")
	inside, ends := strings.CutSuffix(rest, ")")
	if !ends {
		return nil
	}
	if skills := t.skillsSpelt(outside); len(skills) > 0 {
		return skills
	}
	return t.skillsSpelt(inside)
}

func (t *Tagger) skillsSpelt(name string) []SkillName {
	folded := foldWord(name)
	var out []SkillName
	for _, s := range t.taxonomy.list {
		if s.ID == folded || foldWord(s.Label) == folded {
			return []SkillName{{s.ID, s.Label, s.Kind}}
		}
	}
	for _, sp := range t.spellings(name) {
		if sp.kind != isSkill {
			continue
		}
		if found := (SkillName{sp.skill.ID, sp.skill.Label, sp.skill.Kind}); !slices.Contains(out, found) {
			out = append(out, found)
		}
	}
	slices.SortFunc(out, func(a, b SkillName) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Knows reports whether a phrase as a whole is a spelling of a skill, or of something that the
// taxonomy says is none, whatever context rules ask: where the tagger did not tag it, that was decided.
func (t *Tagger) Knows(phrase string) bool { return len(t.spellings(phrase)) > 0 }

// spellings are the entries of the taxonomy that have these words.
func (t *Tagger) spellings(phrase string) []*spelling {
	m := t.taxonomy.matcher
	tokens := tokenise(nil, phrase, m.words)
	if len(tokens) == 0 || tokens[0].word == 0 {
		return nil
	}
	node := m.first[tokens[0].word]
	for _, t := range tokens[1:] {
		if node != 0 {
			node = m.edges[edge{node, t.word}]
		}
	}
	if node == 0 || tokens[0].start != 0 || int(tokens[len(tokens)-1].end) != len(phrase) {
		return nil
	}
	return m.entries[node]
}
