package enrich

import (
	"slices"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

const (
	// locationsMax bounds the locations of one posting; the longest real lists name every state.
	locationsMax = 64
	// placeBytesMax bounds one location text; the longest real ones are lists of 50 places.
	placeBytesMax = 4 << 10
	// partBytesMax bounds one address part; some boards put a whole address into the city.
	partBytesMax = 256
)

// locations reads where the work can be done from the places the source states, address parts
// first. What no rule resolves keeps its text and stays without a country.
func locations(rec posting.Record, doc document, workplace string) []posting.Location {
	g := loadGazetteer()
	stated := rec.Workplace != "" || rec.Remote != nil && *rec.Remote
	remote := stated && workplace == workplaceRemote
	var out []posting.Location
	add := func(l posting.Location) {
		if remote {
			l.Remote = true
		}
		if l.Remote && l.Scope == "" {
			l.Scope = l.Country
		}
		same := func(o posting.Location) bool {
			return o.Country == l.Country && o.Region == l.Region && o.City == l.City && o.Remote == l.Remote && o.Scope == l.Scope &&
				(l.Country != "" || l.Scope != "" || o.Text == l.Text)
		}
		if len(out) < locationsMax && !slices.ContainsFunc(out, same) {
			out = append(out, l)
		}
	}
	for _, p := range rec.Places {
		for _, l := range g.place(p) {
			add(l)
		}
	}
	if !slices.ContainsFunc(out, func(l posting.Location) bool { return l.Country != "" || l.Scope != "" || l.Remote }) &&
		(len(rec.Places) == 0 || isHeaderTitle(doc)) {
		for _, l := range g.textPlaces(doc) {
			add(l)
		}
	}
	return out
}

// isHeaderTitle reports a post whose title is its own first line, so that its places were read from
// there too and are no better than what is found in it.
func isHeaderTitle(doc document) bool {
	return strings.Contains(doc.title, "|") && len(doc.paragraphs) > 0 && strings.HasPrefix(doc.text, doc.title[:strings.IndexByte(doc.title, '|')])
}

// place reads one place: its address parts say where, its text may add that it is remote, or more
// places.
func (g *gazetteer) place(p posting.Place) []posting.Location {
	text := readTitle(truncate(p.Text, placeBytesMax))
	p.City, p.Region, p.Country = truncate(p.City, partBytesMax), truncate(p.Region, partBytesMax), truncate(p.Country, partBytesMax)
	found := g.parse(text)
	address, ok := g.address(p)
	if !ok {
		// A text of nothing but "Hybrid" or "Multiple locations" is no place at all.
		unknown := func(t placeToken) bool { return t.kind == tokenUnknown || t.kind == tokenName }
		if len(found) == 0 && slices.ContainsFunc(scanPlace(g, text), unknown) {
			return []posting.Location{{Text: text}}
		}
		return found
	}
	if text == "" {
		text = strings.Join(slices.DeleteFunc([]string{p.City, p.Region, p.Country}, func(s string) bool { return s == "" }), ", ")
	}
	address.Text = text
	// "Remote (US)" at the address of the head office means the country, not the office.
	if len(found) > 0 && !slices.ContainsFunc(found, func(l posting.Location) bool { return !l.Remote || l.City != "" }) {
		for i := range found {
			if found[i].Country == "" && found[i].Scope == "" {
				found[i].Country = address.Country
			}
		}
		return found
	}
	out := []posting.Location{address}
	for _, l := range found {
		switch {
		case l.Country == address.Country && (l.City == "" || strings.EqualFold(foldPlace(l.City), foldPlace(address.City)) || address.City == ""):
			if address.City == "" && l.City != "" {
				out[0].City, out[0].Region = l.City, l.Region
			}
			out[0].Remote = out[0].Remote || l.Remote
		case len(found) > 1 && l.Country != "":
			out = append(out, l)
		}
	}
	return out
}

// address reads the address parts alone; ok is false when they do not tell the country.
func (g *gazetteer) address(p posting.Place) (posting.Location, bool) {
	var l posting.Location
	if n := g.lookup(p.Country); n != nil {
		l.Country = n.country
	} else if c := strings.ToUpper(strings.TrimSpace(p.Country)); g.alpha2[c] {
		l.Country = c
	}
	region := g.lookup(p.Region)
	city := g.lookup(p.City)
	if l.Country == "" {
		// The city and region alone, read as text, may tell it.
		joined := strings.Join([]string{p.City, p.Region, p.Country}, ", ")
		for _, f := range g.parse(joined) {
			f.Remote = false
			return f, f.Country != ""
		}
		return l, false
	}
	if region != nil && city != nil && !inCountry(region.regions, l.Country) && region.country != l.Country && !inCountry(city.cities, l.Country) {
		// "Moab, Utah, United Kingdom": two parts that agree are no slip, one that differs from both is.
		if c := commonCountry(city, region); c != "" {
			l.Country = c
		}
	}
	if region != nil {
		for _, a := range region.regions {
			if a.country == l.Country {
				l.Region = a.region
			}
		}
	}
	l.City = strings.TrimSpace(p.City)
	if i := strings.LastIndexByte(l.City, ','); city == nil && i >= 0 {
		// "Bandar Utama, Petaling Jaya": the quarter stands before its city.
		if n := g.lookup(l.City[i+1:]); n != nil && inCountry(n.cities, l.Country) {
			city = n
		}
	}
	if city != nil && city.country == l.Country && !inCountry(city.cities, l.Country) {
		l.City = "" // the country's name in the city's field
	}
	if city != nil {
		for _, a := range city.cities {
			if a.country == l.Country && (l.Region == "" || a.region == "" || a.region == l.Region) {
				l.City = a.city
				if l.Region == "" {
					l.Region = a.region
				}
				break
			}
		}
	}
	if strings.ContainsAny(l.City, ";|/") || len(l.City) > cityBytesMax {
		l.City = ""
	}
	return l, true
}

// cityBytesMax is above the longest place name in use; longer texts are not cities.
const cityBytesMax = 60

func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
