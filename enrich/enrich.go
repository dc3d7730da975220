// Package enrich reads postings: it turns what a source says (posting.Raw) into what rolescope
// counts (posting.Posting) - canonical text, language, role by title and by text, seniority, track,
// team, skills with evidence, places, pay, experience, the employer and the vacancy.
//
// It is an ordered list of pure steps and nothing else. The same Raw and Version give the same bytes
// on any machine, in any order and with any number of workers: there is no clock, no network, no
// randomness and no state between postings. cmd/rolescope runs it as a stage of the bus. It must not
// know NATS, SQL or any source's format, and imports only the nouns.
package enrich

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rolescope/rolescope/posting"
)

// Version names what the tags mean. Every posting carries it, and versions never mix in one answer.
// Raise it with every change that alters any tag of any posting: the golden corpus in
// testdata/golden fails otherwise.
const Version = "1"

// titleBytesMax is the longest title that is read: fifty times the longest real one. What is longer
// is a description in the wrong field.
const titleBytesMax = 10 << 10

// Tagger holds the compiled rules and the taxonomy. It never changes after New, so one Tagger serves
// any number of goroutines.
type Tagger struct {
	taxonomy *taxonomy
	titles   *titleRules
	text     *textRules
	codes    *occupations
	places   *phraseBook[placeUse]
	chain    []step
	rooms    sync.Pool // of *room; what is in one never reaches a posting
}

// Version is the version that the tagger's readings carry.
func (*Tagger) Version() string { return Version }

// room is memory that one posting after another is worked on in: the words of a text take more than
// the text, and asking for them anew is a tenth of the time.
type room struct {
	tokens []token
	words  []titleWord
}

// New compiles the embedded rules and taxonomy. An error means that the program was built from bad
// files.
func New() (*Tagger, error) {
	taxonomy, err := loadTaxonomy()
	if err != nil {
		return nil, fmt.Errorf("load taxonomy: %w", err)
	}
	titles, err := loadTitleRules()
	if err != nil {
		return nil, err
	}
	text, err := loadTextRules()
	if err != nil {
		return nil, err
	}
	codes, err := loadOccupations(titles)
	if err != nil {
		return nil, err
	}
	return &Tagger{codes: codes, taxonomy: taxonomy, titles: titles, text: text, places: knownPlaces(loadGazetteer()), chain: chain()}, nil
}

// work is one posting on its way through the steps.
type work struct {
	raw    posting.Raw
	doc    document
	places placeBooks
	p      posting.Posting
	room   *room
}

// step is one link of the chain: it reads what the steps before it wrote.
type step struct {
	name string
	run  func(*Tagger, *work)
}

// chain is every step in order. Its names are what Observe reports and StepNames lists.
func chain() []step {
	return []step{
		{"text", func(_ *Tagger, w *work) {
			w.doc = readDocument(w.raw.Record.Title, w.raw.Record.Description)
			w.p.Title, w.p.Description = w.doc.title, w.doc.text
		}},
		{"language", func(_ *Tagger, w *work) { w.p.Language = language(w.doc, w.raw.Record.Language) }},
		{"company", func(t *Tagger, w *work) {
			w.p.Company, w.p.CompanyKey = t.companyOf(w.raw, w.doc)
			w.p.Team = teamOf(w.raw.Record, w.doc.title)
		}},
		{"workplace", func(_ *Tagger, w *work) { w.p.Workplace = workplace(w.raw.Record, w.doc) }},
		{"employment", func(_ *Tagger, w *work) { w.p.EmploymentType = employmentType(w.raw.Record, w.doc) }},
		{"locations", func(_ *Tagger, w *work) { w.p.Locations = locations(w.raw.Record, w.doc, w.p.Workplace) }},
		{"salary", func(_ *Tagger, w *work) { w.p.Salaries = salaries(w.raw.Record, w.doc, w.p.Locations) }},
		{"experience", func(_ *Tagger, w *work) { w.p.MinYears, w.p.Degree = minYears(w.doc), degree(w.doc) }},
		{"skills", func(t *Tagger, w *work) { w.p.Skills = t.taxonomy.skills(w.doc, w.p.Company, w.room) }},
		{"roles", func(t *Tagger, w *work) { t.tagRole(&w.p, w.doc, w.room) }},
		{"title", func(t *Tagger, w *work) {
			w.places = placeBooks{known: t.places, own: ownPlaces(w.raw.Record, w.p.Locations)}
			w.p.TitleNormalised = normaliseTitle(splitTitle(w.doc.title), w.places)
		}},
		{"vacancy", func(_ *Tagger, w *work) { w.p.VacancyID = vacancyOf(w.p, w.doc, w.places, w.room) }},
	}
}

// Enrich reads one raw posting. It returns an error wrapping posting.ErrInvalid when the raw
// posting's ids contradict its content or its title is over 10 KiB; no description makes it fail.
func (t *Tagger) Enrich(raw posting.Raw) (posting.Posting, error) { return t.Observe(raw, nil) }

// Observe is Enrich for those who measure: after, unless nil, is called with the name of each step
// (see StepNames) when it has ended, the first of them being the checks before the chain. What it
// does changes no tag.
func (t *Tagger) Observe(raw posting.Raw, after func(step string)) (posting.Posting, error) {
	if err := raw.Validate(); err != nil {
		return posting.Posting{}, fmt.Errorf("enrich: %w", err)
	}
	if n := len(raw.Record.Title); n > titleBytesMax {
		return posting.Posting{}, fmt.Errorf("enrich raw %q: %w: title of %d bytes, over the limit of %d", raw.ID, posting.ErrInvalid, n, titleBytesMax)
	}
	r, _ := t.rooms.Get().(*room)
	if r == nil {
		r = &room{}
	}
	defer t.rooms.Put(r)
	w := work{raw: raw, p: origin(raw), room: r}
	if after != nil {
		after(stepCheck)
	}
	for _, s := range t.chain {
		s.run(t, &w)
		if after != nil {
			after(s.name)
		}
	}
	return w.p, nil
}

// origin copies what identifies the posting and its version.
func origin(raw posting.Raw) posting.Posting {
	return posting.Posting{
		ID: posting.TagID(raw.ID, Version), RawID: raw.ID, PostingID: raw.PostingID,
		Source: raw.Source, Board: raw.Board, ExternalID: raw.Record.ExternalID,
		ContentHash: raw.ContentHash, ObservedAt: raw.ObservedAt, TaggerVersion: Version,
		URL: raw.Record.URL, PostedClaim: raw.Record.PostedAt,
	}
}

// tagRole decides role by title, role by text, seniority and track. The reason quotes the rule and
// the phrases that decided.
func (t *Tagger) tagRole(p *posting.Posting, doc document, r *room) {
	words := splitTitle(doc.title)
	title := t.titles.roleOfTitle(doc.title, words)
	p.RoleTitle, p.Roles = title.role, title.roles
	code := t.codes.of(title)
	p.ONETCode, p.ESCOCode = code.ONET, code.ESCO
	text := t.text.readDocument(doc, t.titles, r)
	role, why := text.role(t.text.roles)
	p.RoleText = role

	var reason []string
	if title.rule != "" {
		reason = append(reason, "title: "+title.rule)
	}
	if why != "" {
		reason = append(reason, "text: "+why)
	}
	p.RoleReason = strings.Join(reason, "; ")
	p.Seniority = seniorityOf(words, title, p.MinYears)

	technical := p.RoleTitle
	if technical == roleOther || technical == "" {
		technical = p.RoleText
	}
	p.Track = trackOf(technical, text)
	if len(p.Roles) > 0 && slices.ContainsFunc(p.Roles, isTechnical) {
		p.Track = trackOf(roleSoftwareEngineer, text)
	}
}
