package enrich

// document is the canonical text of one posting, which every later step reads and every evidence
// offset points into. It is made once, by readDocument, and never changed.
type document struct {
	title      string // canonical title: one line, single spaces
	text       string // canonical description: paragraphs separated by "\n", list items begin with "- "
	paragraphs []paragraph
	first      [signalCount]int // by signal: 1 + the place in its list of the first phrase the text holds, 0 for none
}

// paragraph is one line of document.text: text[start:end] without its newline.
type paragraph struct {
	start, end int // byte offsets into document.text
	kind       paragraphKind
	section    section
	lower      string // the paragraph in lower case, whose offsets may differ
	folded     string // likewise without accents (see foldLatin), where it speaks of the work
	signals    signals
	legal      uint8 // how many different phrases of signalLegal it holds
	benefits   uint8 // likewise of signalBenefit
}

type paragraphKind uint8

const (
	prose paragraphKind = iota
	heading
	item
)

// section is the part of an advert a paragraph stands in.
type section string

const (
	sectionNone             section = ""
	sectionAbout            section = "about"            // the employer, the team
	sectionResponsibilities section = "responsibilities" // what one will do
	sectionRequirements     section = "requirements"     // what one must bring
	sectionPreferred        section = "preferred"        // what one may bring
	sectionBenefits         section = "benefits"         // pay, perks
	sectionLegal            section = "legal"            // equal opportunity, privacy, fraud warnings
	sectionProcess          section = "process"          // how to apply
)

// lowerText gives every paragraph its text in lower case.
func (d *document) lowerText() {
	b := make([]byte, 0, len(d.text)+len(d.text)/64)
	ends := make([]int, len(d.paragraphs))
	for i, p := range d.paragraphs {
		b = appendLower(b, d.text[p.start:p.end])
		ends[i] = len(b)
	}
	lower, from := string(b), 0
	for i, end := range ends {
		d.paragraphs[i].lower = lower[from:end]
		from = end
	}
}

// foldWork gives the paragraphs that speak of the work their text without accents.
func (d *document) foldWork() {
	for i := range d.paragraphs {
		p := &d.paragraphs[i]
		switch {
		case !speaksOfWork(p.section):
		case isASCII(p.lower):
			p.folded = p.lower
		default:
			p.folded = foldLatin(d.text[p.start:p.end])
		}
	}
}
