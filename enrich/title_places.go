package enrich

import (
	"maps"
	"slices"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// placeBooks are the names that tell copies of one job in several places apart.
type placeBooks struct {
	known *phraseBook[placeUse] // the gazetteer and the areas below, the same for every posting
	own   *phraseBook[placeUse] // the places this posting gives
}

// placeUse is how sure a name is to mean a place.
type placeUse uint8

const (
	placeAlone placeUse = iota + 1 // only where it fills a whole segment: "Golden" is also a word
	placeEdge                      // at the edge of a segment: "Account Executive Berlin"
)

const (
	placeNameMax = 80 // the longest names of places have some 60 letters
	placesMax    = 50 // adverts that list more list the world
)

// inTitle is the number of words of a place name that ends with word i of a title, 0 if none. A place
// inside a phrase ("New York Times account") is part of the work, one at an edge says where.
func (p placeBooks) inTitle(words []titleWord, i int) int {
	for _, book := range []*phraseBook[placeUse]{p.own, p.known} {
		use, n := book.endingAt(words, i)
		if n == 0 {
			continue
		}
		left := words[i+1-n].join != joinSpace || isPreposition(wordAt(words, i-n))
		right := i+1 == len(words) || words[i+1].join != joinSpace
		if left && right || use == placeEdge && (left || right) && n < len(words) {
			return n
		}
	}
	return 0
}

// inText reports whether a name of a place ends with word i of a sentence.
func (p placeBooks) inText(words []titleWord, i int) bool {
	for _, book := range []*phraseBook[placeUse]{p.own, p.known} {
		if _, n := book.endingAt(words, i); n > 0 && (n > 1 || len(words[i].text) > 2 || words[i].text == "sf" || words[i].text == "uk") {
			return true
		}
	}
	return false
}

// knownPlaces files the gazetteer's names that mean a place where they stand alone, and the areas.
func knownPlaces(g *gazetteer) *phraseBook[placeUse] {
	book := newPhraseBook[placeUse]()
	for _, name := range areaNames() {
		filePlace(book, name, placeEdge)
	}
	for _, name := range slices.Sorted(maps.Keys(g.names)) {
		n := g.names[name]
		dominant := slices.ContainsFunc(n.cities, func(a area) bool { return a.dominant })
		if dominant || n.country != "" || n.scope != "" || len(n.regions) > 0 {
			filePlace(book, name, placeAlone)
		}
	}
	return book
}

// ownPlaces files the names a posting gives: city, region, country and the parts of the display
// texts, of the record and as read by the locations step.
func ownPlaces(rec posting.Record, locations []posting.Location) *phraseBook[placeUse] {
	book := newPhraseBook[placeUse]()
	fileParts := func(text string) {
		if len(text) > placeNameMax*placesMax {
			return
		}
		for _, part := range strings.FieldsFunc(text, isPlaceSeparator) {
			filePlace(book, part, placeEdge)
		}
	}
	for _, p := range rec.Places[:min(len(rec.Places), placesMax)] {
		for _, name := range []string{p.City, p.Region, p.Country} {
			filePlace(book, name, placeEdge)
		}
		fileParts(p.Text)
	}
	for _, l := range locations[:min(len(locations), placesMax)] {
		for _, name := range []string{l.City, l.Region, l.Country, l.Scope} {
			filePlace(book, name, placeEdge)
		}
		fileParts(l.Text)
	}
	return book
}

func filePlace(book *phraseBook[placeUse], name string, use placeUse) {
	name = strings.TrimSpace(name)
	if len(name) < 2 || len(name) > placeNameMax {
		return
	}
	// A name without words, or one that is there already, changes nothing.
	_ = book.add(name, use)
}

func isPlaceSeparator(r rune) bool {
	switch r {
	case ',', ';', '|', '/', '(', ')', '-', '–', '—', '•', '·', ':', '&':
		return true
	}
	return false
}

// areaNames are names of countries and of sales and remote areas that stand inside titles without a
// comma ("Account Executive DACH").
func areaNames() []string {
	return []string{
		"us", "usa", "u.s.", "united states", "north america", "americas", "latam", "latin america", "south america", "canada", "mexico", "brazil", "brasil",
		"uk", "u.k.", "united kingdom", "ireland", "eu", "europe", "emea", "mea", "middle east", "apac", "asia", "asia pacific", "anz", "dach", "nordics", "benelux", "iberia", "japac",
		"germany", "deutschland", "deutschlandweit", "bundesweit", "france", "spain", "italy", "netherlands", "poland", "portugal", "switzerland", "austria", "sweden", "denmark", "norway", "finland",
		"nyc", "sf", "bay area", "belgium", "romania", "ukraine", "israel", "uae", "india", "china", "japan", "korea", "south korea", "singapore", "australia", "new zealand", "hong kong", "taiwan", "philippines", "indonesia",
		"vietnam", "thailand", "malaysia", "africa", "south africa", "worldwide", "anywhere", "east coast", "west coast", "midwest", "northeast", "southeast", "southwest", "northwest", "est", "pst", "cst",
	}
}
