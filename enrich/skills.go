package enrich

import (
	"github.com/rolescope/rolescope/posting"
)

// Limits of the skill tagger.
const (
	// mentionsMax is how often one skill is reported for one posting. Readers need a few; a text of
	// half a megabyte that repeats one word must not become ten megabytes of evidence.
	mentionsMax = 20
	// nearWindow is how many words on either side the near rule looks at: about one line of text.
	nearWindow = 12
)

// Strengths of a mention.
const (
	strengthRequired  = "required"
	strengthPreferred = "preferred"
	strengthMentioned = "mentioned"
)

// field is the title or the description while its skills are looked for.
type field struct {
	name    string // as posting.Skill.Field names it
	text    string
	tokens  []token
	matches []mention
	own     []bool // by token: part of the employer's name; nil if the name does not occur
	short   int32  // the number of the first word of the employer's name, where the name has more
	told    []part // the parts under headings that name the employer
	lead    int    // paragraphs before this one stand before the first heading
}

// mention is a match and what became of it.
type mention struct {
	found
	chosen    *spelling // nil while unproven
	rule      string    // what proved it
	run       int       // number of the list it stands in
	paragraph int       // index into document.paragraphs, -1 in the title
	negated   bool
	wished    bool // the sentence says that it is a plus
	strength  string
}

// skills finds the skills a posting names, in order of field (title first) and offset. company is
// the employer's name; its own name and products are no skills. The same input always gives the
// same answer.
func (t *taxonomy) skills(doc document, company string, r *room) []posting.Skill {
	title := t.open("title", doc.title, tokenise(nil, doc.title, t.matcher.words))
	r.tokens = tokenise(r.tokens[:0], doc.text, t.matcher.words)
	body := t.open("description", doc.text, r.tokens)
	fields := []*field{title, body}
	body.lead = leadOf(doc)
	employer := newEmployer(company)
	if !employer.markAll(fields, t.matcher.words) {
		if titled := t.employerOf(title); titled.letters != "" && titled.markAll(fields, t.matcher.words) {
			employer = titled
		}
	}
	body.told = toldOf(body, doc)
	tagged := make([]bool, len(t.list)) // with every broader skill
	for _, f := range fields {
		locate(f, doc.paragraphs)
		t.prove(f, doc, employer, tagged)
	}
	for _, f := range fields {
		t.proveWith(f, doc, employer, tagged)
		t.judge(f, doc)
	}
	return t.report(fields, doc)
}

func (t *taxonomy) open(name, text string, tokens []token) *field {
	f := &field{name: name, text: text, tokens: tokens}
	matches := t.matcher.scan(text, tokens)
	f.matches = make([]mention, len(matches))
	for i, m := range matches {
		f.matches[i] = mention{found: m, paragraph: -1}
	}
	t.matcher.joinLists(f)
	return f
}

// locate finds the paragraph of each match.
func locate(f *field, paragraphs []paragraph) {
	if f.name == "title" {
		return
	}
	p := 0
	for i := range f.matches {
		start := int(f.tokens[f.matches[i].first].start)
		for p < len(paragraphs) && paragraphs[p].end <= start {
			p++
		}
		if p < len(paragraphs) && paragraphs[p].start <= start {
			f.matches[i].paragraph = p
		}
	}
}

// sectionOf names where a mention stands: "title" or the section of its paragraph.
func (m *mention) sectionOf(f *field, doc document) section {
	switch {
	case f.name == "title":
		return "title"
	case m.paragraph < 0:
		return sectionNone
	}
	return doc.paragraphs[m.paragraph].section
}

// reportedGuess bounds what is allocated before repeats are cut off at mentionsMax.
const reportedGuess = 256

func accepted(fields []*field) int {
	n := 0
	for _, f := range fields {
		for i := range f.matches {
			if f.matches[i].chosen != nil && !f.matches[i].negated {
				n++
			}
		}
	}
	return n
}

// report turns what is left into evidence.
func (t *taxonomy) report(fields []*field, doc document) []posting.Skill {
	var out []posting.Skill
	if n := accepted(fields); n > 0 {
		out = make([]posting.Skill, 0, min(n, reportedGuess))
	}
	count := make([]int, len(t.list))
	hashed, hash := -1, "" // mentions come in order, so a paragraph is hashed once
	for _, f := range fields {
		for i := range f.matches {
			m := &f.matches[i]
			if m.chosen == nil || m.negated {
				continue
			}
			s := m.chosen.skill
			if count[s.ordinal]++; count[s.ordinal] > mentionsMax {
				continue
			}
			start, end := int(f.tokens[m.first].start), int(f.tokens[m.last].end)
			found := posting.Skill{
				ID: s.ID, Label: s.Label, Kind: s.Kind, Field: f.name, Start: start, End: end,
				Text: f.text[start:end], Strength: m.strength, Rule: m.rule,
			}
			if m.paragraph >= 0 {
				found.Section = string(doc.paragraphs[m.paragraph].section)
				if m.paragraph != hashed {
					p := doc.paragraphs[m.paragraph]
					hashed, hash = m.paragraph, paragraphHash(doc.text[p.start:p.end])
				}
				found.ParagraphHash = hash
			}
			out = append(out, found)
		}
	}
	return out
}
