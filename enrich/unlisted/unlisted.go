// Package unlisted finds phrases in adverts that look like something one can know, whether or not the
// taxonomy lists them: tools, languages and fields ("Knowledge") and, less surely, things one can do
// ("Skill"). It is a linear-chain conditional random field over hashed features of the words, their
// neighbours, clusters of words and word lists, trained by the command in train on the SkillSpan
// sentences (Zhang et al. 2022) and kept in model.bin; the model is a few megabytes of hashes and
// whole numbers.
//
// It is not the skill tagger: what it finds has no id that means the same for ever and is wrong two
// times in five, so it is kept apart as unlisted, is never counted as a skill and only feeds the
// search for skills that are missing in the taxonomy: by hand (`rolescope tag --unlisted`), and by `rolescope trend emerging`,
// for which the pipeline calls it once a posting. It is pure, knows English only, is given what the dictionary found, and must not know enrich, NATS or SQL.
package unlisted

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/rolescope/rolescope/posting"
)

// Kind is what a phrase is.
type Kind uint8

// Kinds of phrases, as SkillSpan defines them.
const (
	Knowledge Kind = iota // something one can know: "PyTorch", "supply chain management"
	Skill                 // something one can do: "communicate with customers"
	kinds
)

func (k Kind) String() string {
	if k == Skill {
		return "skill"
	}
	return "knowledge"
}

// Span is one phrase that was found.
type Span struct {
	Start, End int     // bytes of the text
	Score      float64 // probability by the model that it is one, and with these ends
	Kind       Kind
}

//go:embed model.bin
var modelFile []byte

// Tagger finds phrases. It never changes after New and serves any number of goroutines.
type Tagger struct {
	model *Model
	worth worth
	rooms sync.Pool // of *desk; what is in one never reaches a result
}

// desk is memory that one text after another is worked on in.
type desk struct {
	room
	tokens   []token
	sentence sentence
	cut      []bool
}

// New reads the built-in model, which takes some hundredths of a second. An error means that the
// program was built from a bad file. known tells which phrases the taxonomy has decided about, so that
// where the dictionary did not tag one it is not unlisted either; nil for none.
func New(known func(phrase string) bool) (*Tagger, error) {
	m, err := BuiltIn()
	if err != nil {
		return nil, err
	}
	return NewTagger(m, known), nil
}

// BuiltIn reads the built-in model, to measure it.
func BuiltIn() (*Model, error) { return Decode(modelFile) }

// NewTagger makes a tagger of a model; known is as for New.
func NewTagger(m *Model, known func(phrase string) bool) *Tagger {
	return &Tagger{model: m, worth: newWorth(m.reader.lexicon, known)}
}

// sentenceWordsMax is the longest sentence that is tagged at once; the rest of a longer one is tagged
// as another. The longest of the labelled ones has 748 words, nearly all under 60.
const sentenceWordsMax = 512

// Find returns the phrases of a tagged posting's description, one paragraph a line, in order of their
// starts. Phrases of one kind do not overlap. The model knows English; postings in other languages
// have none. The time is linear in the text.
func (t *Tagger) Find(p posting.Posting) []Span { return t.find(p, kinds) }

// find returns the phrases of the first kinds.
func (t *Tagger) find(p posting.Posting, first Kind) []Span {
	if p.Language != "" && p.Language != "en" {
		return nil
	}
	text, listed := p.Description, listedIn(p)
	d, _ := t.rooms.Get().(*desk)
	if d == nil {
		d = &desk{}
	}
	defer t.rooms.Put(d)
	var out []Span
	for from := 0; from <= len(text); {
		to := from + strings.IndexByte(text[from:], '\n')
		if to < from {
			to = len(text)
		}
		d.tokens = tokenise(d.tokens[:0], text, from, to)
		for rest := d.tokens; len(rest) > 0; {
			size := sentenceEnd(text, rest)
			listed = d.sentence.know(listed, rest[:size])
			out = t.sentence(out, d, text, rest[:size], first)
			rest = rest[size:]
		}
		from = to + 1
	}
	return out
}

// sentence tags one sentence.
func (t *Tagger) sentence(out []Span, d *desk, text string, tokens []token, first Kind) []Span {
	s := &d.sentence
	s.words, d.cut = s.words[:0], d.cut[:0]
	marks := 0
	for i, tok := range tokens {
		s.words = append(s.words, readWord(text[tok.start:tok.end], tok.mark))
		d.cut = append(d.cut, tok.cut)
		if s.words[i].isMark {
			marks++
		}
	}
	if marks == len(tokens) {
		return out // nothing to know in half a megabyte of brackets
	}
	lexicon := t.model.reader.lexicon
	lexicon.read(s)
	s.knowCommas(d.cut)
	t.model.label(&d.room, s, d.cut, first)
	begin := len(out)
	for k := range first {
		l := &d.lattices[k]
		for _, f := range l.found {
			if start, end, ok := trim(text, tokens[f.From:f.To]); ok {
				out = append(out, Span{Start: start, End: end, Score: float64(f.probability/perMille) / 1000, Kind: k})
			}
		}
	}
	sortSpans(out[begin:])
	return out
}

// perMille of certain are what scores are told in: no more is known.
const perMille = certain / 1000

// know takes the dictionary's finds that begin in the sentence, whose tokens these are, and returns
// the rest.
func (s *sentence) know(listed []posting.Skill, tokens []token) []posting.Skill {
	s.listed = s.listed[:0]
	from := 0
	for len(listed) > 0 && listed[0].Start < int(tokens[len(tokens)-1].end) {
		f := listed[0]
		listed = listed[1:]
		for int(tokens[from].end) <= f.Start {
			from++
		}
		to := from
		for to < len(tokens) && int(tokens[to].start) < f.End {
			to++
		}
		if to > from {
			s.listed = append(s.listed, listedAt{Range{from, to}, fold(f.Kind)})
		}
	}
	return listed
}

// noCommaMax is the likeliness of a comma, in steps, that is left when there is none: the lists of
// adverts do without at times.
const noCommaMax = 4

// knowCommas puts what is seen in place of what is likely: unlike the labelled sentences, texts have
// their commas.
func (s *sentence) knowCommas(cut []bool) {
	for i := 1; i < len(s.words); i++ {
		step := min(s.words[i].cutBefore, noCommaMax)
		if cut[i] {
			step = cutSteps
		}
		s.words[i-1].cutAfter, s.words[i].cutBefore = step, step
	}
}

// sentenceEnd is how many of the tokens belong to the first sentence: up to a full stop with a
// capital behind, unless what stands before is an abbreviation.
func sentenceEnd(text string, tokens []token) int {
	n := min(len(tokens), sentenceWordsMax)
	for i := 1; i+1 < n; i++ {
		t, before := tokens[i], tokens[i-1]
		if text[t.start] != '.' || before.end-before.start < 3 || strings.IndexByte(text[before.start:before.end], '.') >= 0 {
			continue
		}
		if r, _ := utf8.DecodeRuneInString(text[tokens[i+1].start:]); unicode.IsUpper(r) {
			return i + 1
		}
	}
	return n
}

// trim takes marks off both ends of a phrase, and a bracket that does not close. ok is false if no letter is left.
func trim(text string, tokens []token) (start, end int, ok bool) {
	isEdge := func(t token) bool {
		return strings.IndexFunc(text[t.start:t.end], func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0
	}
	for len(tokens) > 0 && isEdge(tokens[0]) {
		tokens = tokens[1:]
	}
	for n := len(tokens); n > 0 && isEdge(tokens[n-1]); n-- {
		tokens = tokens[:n-1]
	}
	if len(tokens) == 0 {
		return 0, 0, false
	}
	start, end = int(tokens[0].start), int(tokens[len(tokens)-1].end)
	if open := strings.IndexByte(text[start:end], '('); open > 0 && strings.IndexByte(text[start+open:end], ')') < 0 {
		end = start + len(strings.TrimRightFunc(text[start:start+open], unicode.IsSpace))
	}
	return start, end, strings.IndexFunc(text[start:end], unicode.IsLetter) >= 0
}
