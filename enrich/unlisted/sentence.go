package unlisted

import "strings"

// sentence is what is tagged at once.
type sentence struct {
	words  []word
	listed []listedAt // in order of their starts
	cues   uint32     // bits of the groups of telling words that stand in it
	tools  uint32     // how many of its words are in lists of tools, in powers of two
}

// listedAt is a find of the dictionary in a sentence.
type listedAt struct {
	Range
	kind uint32 // hash of the kind of skill
}

// cueGroups are words that tell what a sentence is about, such as asking or offering.
var cueGroups = [...]string{
	"experience experienced background",
	"knowledge understanding familiar familiarity familiarize proficient proficiency expertise fluent fluency master mastery expert skilled command grasp exposure",
	"degree bsc msc phd bachelor master bachelor's master's education educated graduate diploma",
	"skills skill ability able capable",
	"plus bonus advantage nice preferred desired desirable must required requirement requirements qualifications",
	"we our us",
	"you your",
	"benefits salary offer offices office vacation holidays insurance pension lunch",
	"company founded customers global worldwide leading mission industry",
	"technologies technology stack tools languages frameworks",
}

// functionWords govern what follows them: in a list the nearest one before it tells what it lists.
const functionWords = "in with of for to using on by from within as at like through via including and or into about between across such e.g i.e is are be will you we our your that who which have has the a an"

// cues knows the telling words by hash.
type cues struct {
	groups   map[uint32]uint32 // bits of cueGroups
	function map[uint32]bool
	stop     uint32
	and, or  uint32
}

func newCues() cues {
	c := cues{groups: map[uint32]uint32{}, function: map[uint32]bool{}, stop: fold("."), and: fold("and"), or: fold("or")}
	for i, group := range cueGroups {
		for w := range strings.FieldsSeq(group) {
			c.groups[fold(w)] |= 1 << i
		}
	}
	for w := range strings.FieldsSeq(functionWords) {
		c.function[fold(w)] = true
	}
	return c
}

// tell sums up the sentence, whose words the lexicon has read.
func (c *cues) tell(s *sentence) {
	s.cues, s.tools = 0, 0
	listed := 0
	for i := range s.words {
		w := &s.words[i]
		s.cues |= c.groups[w.norm]
		w.function = c.function[w.norm]
		if w.listed[listDictionary]|w.listed[listTechnology] != 0 {
			listed++
		}
	}
	for ; listed > 0; listed /= 2 {
		s.tools++
	}
}
