package enrich

import (
	"strings"
	"sync"
)

// signal is what a set of phrases in a text tells a later step. All sets are looked for in one pass,
// when the document is made: the steps then read only the paragraphs that speak of their subject.
type signal uint8

const (
	signalLegal signal = iota
	signalBenefit
	signalHybrid
	signalRemote
	signalOnsite
	signalEmployment
	signalDegree
	signalNoDegree
	signalYears
	signalFigure // a digit
	signalDays
	signalBase
	signalContract
	signalCount
)

// signals is a set of them.
type signals uint16

func (s signals) has(x signal) bool { return s&(1<<x) != 0 }

// signalBook is the phrases of all signals.
type signalBook struct {
	finder *finder
	of     []signalPhrase // by number of the phrase in finder
}

type signalPhrase struct {
	signal signal
	place  int  // in its list
	whole  bool // counts only between characters that are no letters or digits
}

var loadSignals = sync.OnceValue(func() *signalBook {
	b := &signalBook{}
	var all []string
	add := func(s signal, whole bool, phrases []string) {
		for i, p := range phrases {
			all = append(all, p)
			b.of = append(b.of, signalPhrase{s, i, whole})
		}
	}
	add(signalLegal, false, legalPhrases)
	add(signalBenefit, false, benefitPhrases)
	add(signalHybrid, false, hybridPhrases)
	add(signalRemote, false, remotePhrases)
	add(signalOnsite, false, onsitePhrases)
	for i, w := range textEmployment {
		all = append(all, w.word)
		b.of = append(b.of, signalPhrase{signalEmployment, i, true})
	}
	for _, d := range degreeWords {
		add(signalDegree, true, d.words)
	}
	add(signalNoDegree, false, noDegreePhrases)
	add(signalYears, true, yearWords)
	add(signalFigure, false, strings.Split("0123456789", ""))
	add(signalDays, false, dayPhrases)
	add(signalBase, false, basePhrases)
	add(signalContract, true, contractPhrases)
	b.finder = newFinder(all)
	return b
})

// readSignals notes for every paragraph which signals it gives, and for the document the first
// phrase, in the order of its list, of each.
func (d *document) readSignals() {
	book := loadSignals()
	seen := make([]int, len(book.of)) // by phrase: 1 + the last paragraph it was found in
	for i := range d.paragraphs {
		p := &d.paragraphs[i]
		book.finder.find(p.lower, func(phrase, start, end int) {
			s := book.of[phrase]
			if seen[phrase] == i+1 || s.whole && (!wordStart(p.lower, start) || startsWord(p.lower[end:])) {
				return
			}
			seen[phrase] = i + 1
			p.signals |= 1 << s.signal
			switch s.signal {
			case signalLegal:
				p.legal++
			case signalBenefit:
				p.benefits++
			}
			if first := &d.first[s.signal]; *first == 0 || s.place < *first-1 {
				*first = s.place + 1
			}
		})
	}
}

// gives reports whether any paragraph gives the signal.
func (d *document) gives(s signal) bool { return d.first[s] > 0 }
