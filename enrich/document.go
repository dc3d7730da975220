package enrich

// document is the canonical text of one posting, which every later step reads and every evidence
// offset points into. It is made once, by readDocument, and never changed.
type document struct {
	title      string // canonical title: one line, single spaces
	text       string // canonical description: paragraphs separated by "\n", list items begin with "- "
	paragraphs []paragraph
}

// paragraph is one line of document.text: text[start:end] without its newline.
type paragraph struct {
	start, end int // byte offsets into document.text
	kind       paragraphKind
	section    section
	hash       string // 16 hex digits over the folded text; equal for equal boilerplate
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
