package enrich

import (
	"slices"
	"strings"
)

// skillWishReach is how many words may stand between a skill and what makes it a wish, as in "Experience with
// Rust, or another language of its kind, would be a big plus".
const skillWishReach = 12

// wishEnds are the last words of those preferred cues that say it of what stands before them.
var wishEnds = []string{
	"plus", "pluses", "plusses", "bonus", "preferred", "desirable", "desired", "advantage", "advantageous", "beneficial", "helpful", "appreciated", "optional",
	"vorteil", "wünschenswert", "souhaité", "atout", "deseable", "valorable", "desejável", "gradito", "preferibile",
}

// wishGoesOn are the words that may follow such a cue.
var wishGoesOn = []string{"but", "and", "though", "although", "however", "as", "not", "when", "since", "because"}

// listEnds are the words before a list's last item: a list that has one is wished for as a whole.
var listEnds = []string{"and", "or", "and/or", "und", "oder", "et", "ou", "y", "o", "e"}

// wish marks what the sentence says is a plus: "experience with Rust is a plus" wishes for Rust, although
// "experience with" stands nearer to it. A cue between the two breaks the tie.
func (s *sentence) wish() {
	for i := range s.matches {
		if s.matches[i].kind != cuePreferred || !s.isVerdict(s.matches[i].found) {
			continue
		}
		cue := s.matches[i].first
		last := i - 1
		for last >= 0 && s.matches[last].kind == isSkill && s.matches[last].chosen == nil {
			last--
		}
		if last < 0 || s.matches[last].kind != isSkill || cue-s.matches[last].last > skillWishReach || s.broken(s.matches[last].last+1, cue, gapHard) {
			continue
		}
		s.matches[last].wished = true
		run := s.matches[last].run
		first := last
		for first > 0 && s.matches[first-1].kind == isSkill && s.matches[first-1].run == run {
			first--
		}
		if first < last && s.joined(s.matches[last-1].last+1, s.matches[last].first) {
			for k := first; k < last; k++ {
				s.matches[k].wished = true
			}
		}
	}
}

// isVerdict says whether a cue speaks of what stands before it, and not of what follows as "Preferred: Rust" does.
func (s *sentence) isVerdict(cue found) bool {
	if !slices.Contains(wishEnds, s.word(cue.last)) {
		return false
	}
	next := cue.last + 1
	return next >= len(s.f.tokens) || s.f.tokens[next].before == gapList || s.f.tokens[next].before >= gapSentence || slices.Contains(wishGoesOn, s.word(next))
}

// broken says whether a gap of at least this size stands before one of the tokens from..to.
func (s *sentence) broken(from, to int, least gap) bool {
	for i := from; i <= to; i++ {
		if s.f.tokens[i].before >= least {
			return true
		}
	}
	return false
}

// joined says whether one of the tokens from..to ends a list, or a slash stands there.
func (s *sentence) joined(from, to int) bool {
	for i := from; i <= to; i++ {
		if s.f.tokens[i].before == gapSlash || slices.Contains(listEnds, s.word(i)) {
			return true
		}
	}
	return false
}

func (s *sentence) word(i int) string {
	return strings.ToLower(s.f.text[s.f.tokens[i].start:s.f.tokens[i].end])
}
