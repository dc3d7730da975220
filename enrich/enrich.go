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
	places   *phraseBook[placeUse]
	rooms    sync.Pool // of *room; what is in one never reaches a posting
}

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
	return &Tagger{taxonomy: taxonomy, titles: titles, text: text, places: knownPlaces(loadGazetteer())}, nil
}

// Enrich reads one raw posting. It returns an error wrapping posting.ErrInvalid when the raw
// posting's ids contradict its content or its title is over 10 KiB; no description makes it fail.
func (t *Tagger) Enrich(raw posting.Raw) (posting.Posting, error) {
	if err := raw.Validate(); err != nil {
		return posting.Posting{}, fmt.Errorf("enrich: %w", err)
	}
	rec := raw.Record
	if len(rec.Title) > titleBytesMax {
		return posting.Posting{}, fmt.Errorf("enrich raw %q: %w: title of %d bytes, over the limit of %d", raw.ID, posting.ErrInvalid, len(rec.Title), titleBytesMax)
	}
	p := origin(raw)
	r, _ := t.rooms.Get().(*room)
	if r == nil {
		r = &room{}
	}
	defer t.rooms.Put(r)
	doc := readDocument(rec.Title, rec.Description)
	p.Title, p.Description = doc.title, doc.text
	p.Language = language(doc, rec.Language)
	p.Company, p.CompanyKey = companyOf(raw)
	p.Team = teamOf(rec)

	p.Workplace = workplace(rec, doc)
	p.EmploymentType = employmentType(rec, doc)
	p.Locations = locations(rec, doc, p.Workplace)
	p.Salaries = salaries(rec, doc, p.Locations)
	p.MinYears = minYears(doc)
	p.Degree = degree(doc)
	p.Skills = t.taxonomy.skills(doc, p.Company, r)

	t.tagRole(&p, doc, r)
	places := placeBooks{known: t.places, own: ownPlaces(rec, p.Locations)}
	p.TitleNormalised = normaliseTitle(splitTitle(doc.title), places)
	p.VacancyID = vacancyOf(p, doc, places, r)
	return p, nil
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
	r.words = splitText(r.words[:0], doc)
	text := t.text.read(r.words, t.titles)
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
	if technical == roleOther {
		technical = p.RoleText
	}
	p.Track = trackOf(technical, text)
	if len(p.Roles) > 0 && slices.ContainsFunc(p.Roles, isTechnical) {
		p.Track = trackOf(roleSoftwareEngineer, text)
	}
}

// teamOf is the team as the source states it, else the department.
func teamOf(rec posting.Record) string {
	for _, s := range []string{rec.Team, rec.Department} {
		if s = cleanName(s); s != "" {
			return s
		}
	}
	return ""
}
