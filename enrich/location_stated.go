package enrich

import (
	"slices"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

const (
	// statedParagraphsMax and statedBytesMax bound what is searched for "we are based in".
	statedParagraphsMax = 60
	statedBytesMax      = 4 << 10
	// statedReach is how far behind "based in" the place is looked for.
	statedReach = 80
)

// placeLabels begin a line that says where the job is.
var placeLabels = []string{"location", "locations", "job location", "job locations", "work location", "office location", "office locations", "primary location", "place", "where", "standort", "arbeitsort", "einsatzort", "lieu", "localisation", "ubicación", "localização", "sede", "locatie", "standplaats"}

// labelledPlaces reads lines such as "Location: Oslo, Norway".
func (g *gazetteer) labelledPlaces(doc document) []posting.Location {
	for i := range doc.paragraphs {
		p := &doc.paragraphs[i]
		head, _, ok := strings.Cut(strings.TrimPrefix(p.lower[:min(len(p.lower), linePlaceMax)], itemPrefix), ":")
		if !ok || !slices.Contains(placeLabels, strings.Trim(head, " *-")) {
			continue
		}
		_, value, _ := strings.Cut(doc.text[p.start:p.end], ":")
		if strings.TrimSpace(value) == "" && i+1 < len(doc.paragraphs) {
			value = doc.text[doc.paragraphs[i+1].start:doc.paragraphs[i+1].end]
		}
		if len(value) > headerBytesMax {
			continue
		}
		if out := countryOnly(g.purePlaces([]string{value})); len(out) > 0 {
			return out
		}
		if out := g.headerPlaces("| " + value); len(out) > 0 {
			return out
		}
	}
	return nil
}

// jobPlaces and employerPlaces are what sentences say before the place of the job, and of the
// employer, which is the job's where nothing better is said.
var (
	jobPlaces      = []string{"role is based in", "position is based in", "job is based in", "role is located in", "position is located in", "job is located in", "is to be based in", "will be based in", "you will work in our", "work from our", "work out of our", "work in our", "based out of our", "based in our", "based at our", "join our team in", "joining our team in", "join us in", "onsite in", "on-site in", "hiring in"}
	employerPlaces = []string{"we're based in", "we are based in", "we're located in", "we are located in", "are based in", "is based in", "are located in", "is located in", "located in", "based in", "based out of", "office in", "offices in", "office is in", "offices are in", "team in", "we're in", "we are in", "startup in", "company in", "located near", "offices at", "office at"}
	// notOurPlace are words before such a phrase that make it somebody else's.
	notOurPlace = []string{"customer", "client", "candidate", "investor", "users", "companies", "applicant", "members", "not ", "people", "partners", "anyone", "employees", "if you", "clinic", "hospital", "brands", "cofounder", "co-founder", "headquarter", "founded", "served", "serving"}
)

// statedPlaces reads "This role is based in Oslo" and "we're located in downtown Boulder".
func (g *gazetteer) statedPlaces(doc document) []posting.Location {
	for _, phrases := range [][]string{jobPlaces, employerPlaces} {
		for i := range doc.paragraphs[:min(len(doc.paragraphs), statedParagraphsMax)] {
			p := &doc.paragraphs[i]
			if p.section == sectionLegal || p.section == sectionBenefits {
				continue
			}
			text := truncate(doc.text[p.start:p.end], statedBytesMax)
			if out := g.statedIn(text, lowerASCII(text), phrases); len(out) > 0 {
				return out
			}
		}
	}
	return nil
}

func (g *gazetteer) statedIn(text, lower string, phrases []string) []posting.Location {
	for _, phrase := range phrases {
		from := 0
		for {
			i := strings.Index(lower[from:], phrase+" ")
			if i < 0 {
				break
			}
			i += from
			from = i + len(phrase)
			before := lower[max(0, i-statedReach/2):i]
			if dot := strings.LastIndex(before, ". "); dot >= 0 {
				before = before[dot:]
			}
			if !wordStart(lower, i) || holdsAny(before, notOurPlace) {
				continue
			}
			rest := text[from:min(len(text), from+statedReach)]
			if stop := strings.IndexAny(rest, ".;!?()|"); stop > 0 && !strings.HasPrefix(rest[stop:], ".C") {
				rest = rest[:stop]
			}
			out := slices.DeleteFunc(g.placeAtHead(rest), func(l posting.Location) bool { return l.Country == "" })
			if len(out) > 0 {
				return out
			}
		}
	}
	return nil
}

// headFillers may stand between "based in" and the place.
const headFillers = " the beautiful downtown sunny central heart of lovely historic our a and both center city "

// placeAtHead reads the places a text begins with.
func (g *gazetteer) placeAtHead(s string) []posting.Location {
	words := g.placeWords(s)
	for i := 0; i < len(words); {
		end, names, first := g.nameRun(s, words, i)
		if names == 0 {
			if !strings.Contains(headFillers, " "+strings.ToLower(words[i].text)+" ") {
				return nil
			}
			i++
			continue
		}
		phrase := s[words[i].start : words[end-1].start+len(words[end-1].text)]
		if !startsUpper(phrase) || first.code && len(phrase) < 3 && !strings.Contains(plainCodes, " "+phrase+" ") {
			return nil
		}
		return countryOnly(g.parse(phrase))
	}
	return nil
}
