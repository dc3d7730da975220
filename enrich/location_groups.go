package enrich

import (
	"slices"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// placeGroup collects the tokens that describe one place.
type placeGroup struct {
	city    *placeName // known city
	cityRaw string
	unknown string // a name nobody knows that stands where a city stands
	region  *placeName
	country string
	code    bool // region was given by its code
	scope   string
	dashed  bool // something wider was followed by a dash: what follows is inside it
}

func (p *placeGroup) empty() bool {
	return p.city == nil && p.unknown == "" && p.region == nil && p.country == "" && p.scope == ""
}

// parse reads a location text. Every place it names becomes a location; a text in which nothing is
// recognised becomes none.
func (g *gazetteer) parse(s string) []posting.Location {
	tokens := scanPlace(g, s)
	var groups []placeGroup
	var remotes []bool
	bareRemote := false // an alternative that only says "remote"
	for len(tokens) > 0 {
		n := slices.IndexFunc(tokens, func(t placeToken) bool { return t.kind == tokenEither })
		part := tokens
		if n >= 0 {
			part, tokens = tokens[:n], tokens[n+1:]
		} else {
			tokens = nil
		}
		if i := ownRemote(part); i > 0 {
			tokens = slices.Concat(part[i:], []placeToken{{kind: tokenEither}}, tokens)
			part = part[:i]
		}
		remote := slices.ContainsFunc(part, func(t placeToken) bool { return t.kind == tokenRemote })
		found := groupPlaces(part)
		if len(found) == 0 && remote {
			bareRemote = true
		}
		for _, f := range found {
			groups, remotes = append(groups, f), append(remotes, remote)
		}
	}
	out := make([]posting.Location, 0, len(groups))
	majority := majorityCountry(groups)
	cities := false
	for i, p := range groups {
		l, ok := p.resolve(majority)
		if !ok {
			continue
		}
		l.Remote, l.Text = remotes[i], s
		cities = cities || l.City != ""
		out = append(out, l)
	}
	if bareRemote {
		if len(out) == 0 || cities {
			return append(out, posting.Location{Remote: true, Text: s})
		}
		for i := range out {
			out[i].Remote = true
		}
	}
	for i := range out {
		if out[i].Remote && out[i].Scope == "" {
			out[i].Scope = out[i].Country
		}
	}
	return out
}

// ownRemote finds where "remote" begins an alternative of its own inside a comma list: "Berlin,
// Oslo, Remote" and "Toronto, Remote Canada", but not "Berlin, Remote". It returns 0 for nowhere.
func ownRemote(part []placeToken) int {
	for i := 1; i+1 < len(part); i++ {
		if part[i].kind != tokenComma || part[i+1].kind != tokenRemote {
			continue
		}
		after := slices.ContainsFunc(part[i+1:], func(t placeToken) bool { return t.kind == tokenName })
		cities := 0
		for _, p := range groupPlaces(part[:i]) {
			if p.city != nil || p.unknown != "" {
				cities++
			}
		}
		if cities > 1 || cities > 0 && after {
			return i
		}
		return 0
	}
	return 0
}

// groupPlaces assigns the tokens of one alternative to places.
func groupPlaces(tokens []placeToken) []placeGroup {
	var out []placeGroup
	var cur placeGroup
	next := func() {
		if !cur.empty() {
			out = append(out, cur)
		}
		cur = placeGroup{}
	}
	sep := tokenUnknown
	for i, t := range tokens {
		switch t.kind {
		case tokenComma, tokenDash:
			if t.kind == tokenDash && cur.city == nil && cur.unknown == "" {
				cur.dashed = true
			}
			sep = t.kind
			continue
		case tokenRemote:
		case tokenUnknown:
			following := tokenUnknown
			if i+1 < len(tokens) {
				following = tokens[i+1].kind
			}
			follows := i+2 < len(tokens) && tokens[i+2].kind == tokenName
			if following == tokenName && tokens[i+1].code && i+2 == len(tokens) && inCountry(tokens[i+1].name.regions, "US") {
				following, follows = tokenComma, true // "Smallville KS"
			}
			placeUnknown(&cur, t, following, follows, next)
		case tokenName:
			placeKnown(&cur, t, sep, next)
		}
		sep = tokenUnknown
	}
	next()
	return out
}

// placeUnknown takes a name nobody knows: a city where a known region or country follows it behind
// a comma, or where it follows one behind a dash.
func placeUnknown(cur *placeGroup, t placeToken, following placeTokenKind, nameFollows bool, next func()) {
	if strings.ContainsAny(t.text, "0123456789") || len(t.text) > cityBytesMax || t.text == "" {
		return
	}
	switch {
	case following == tokenComma && nameFollows && (cur.country != "" || cur.region != nil) && !cur.dashed:
		next()
		cur.unknown = t.text
	case cur.city != nil || cur.unknown != "":
		// A second unknown name is a region nobody told us, or an office's name.
	case cur.empty() && following == tokenComma && nameFollows:
		cur.unknown = t.text
	case cur.dashed && (cur.country != "" || cur.region != nil):
		cur.unknown = t.text
	}
}

func placeKnown(cur *placeGroup, t placeToken, sep placeTokenKind, next func()) {
	n := t.name
	if n.scope != "" && len(n.cities) == 0 {
		if !cur.empty() {
			next()
		}
		cur.scope = n.scope
		return
	}
	if cur.scope != "" {
		// "APAC - India - Pune": the narrower name says it all.
		if cur.dashed {
			*cur = placeGroup{dashed: true}
		} else {
			next()
		}
	}
	hasCity := cur.city != nil || cur.unknown != ""
	switch {
	case hasCity && cur.country == "" && cur.region == nil && len(n.regions) > 0 && fits(cur, n, len(n.cities) > 0 && !t.code):
		cur.region, cur.code = n, t.code
		return
	case (hasCity || cur.region != nil) && cur.country == "" && n.country != "" && agrees(cur, n.country):
		cur.country = n.country
		return
	case !hasCity && cur.country != "" && len(n.cities) > 0 && inCountry(n.cities, cur.country):
		cur.city, cur.cityRaw = n, t.text
		return
	case !hasCity && cur.region == nil && cur.country != "" && inCountry(n.regions, cur.country):
		cur.region, cur.code = n, t.code
		return
	case !hasCity && cur.region != nil && len(n.cities) > 0 && sharesRegion(cur.region, n):
		cur.city, cur.cityRaw = n, t.text
		return
	case cur.country != "" && n.country == cur.country:
		return // "Singapore, Singapore"
	case hasCity && cur.region == nil && inCountry(n.regions, cur.country) && fits(cur, n, true):
		cur.region, cur.code = n, t.code
		return // "USA - New York NY"
	case cur.country != "" && !hasCity && cur.region == nil && t.code && sep == tokenComma && inCountry(n.regions, "US"):
		// "Lebanon, NH": a town with a country's name.
		cur.unknown, cur.country, cur.region = countryNames()[cur.country], "", n
		return
	case hasCity && cur.city == n:
		return // "Dublin, Dublin, Ireland"
	}
	if cur.unknown != "" && cur.region == nil && cur.country == "" {
		*cur = placeGroup{} // "Acme Tower (Evanston, IL)"
	}
	next()
	switch {
	case n.country != "" && len(n.regions) == 0 && !slices.ContainsFunc(n.cities, func(a area) bool { return a.dominant }):
		cur.country = n.country // Malta the country, not its namesake
	case len(n.cities) > 0:
		cur.city, cur.cityRaw = n, t.text
	case len(n.regions) > 0:
		cur.region, cur.code = n, t.code
		if n.country != "" && !t.code {
			cur.city, cur.region = n, nil // Georgia: settled by what follows
		}
	default:
		cur.country = n.country
	}
}

// fits reports whether a region can be the one the group's city is in. A name that is also a city
// (New York) must match exactly, or it is the next city of a list.
func fits(cur *placeGroup, n *placeName, strict bool) bool {
	if cur.city == nil {
		return !strict || cur.unknown != ""
	}
	for _, c := range cur.city.cities {
		for _, r := range n.regions {
			if c.country == r.country && (!strict || c.region == r.region) {
				return true
			}
		}
	}
	return !strict
}

// agrees reports whether the group can be in the country. A city known only elsewhere can be: no
// gazetteer knows every namesake, but a dominant city elsewhere begins a list of places.
func agrees(cur *placeGroup, country string) bool {
	if cur.region != nil {
		return inCountry(cur.region.regions, country) || cur.region.country == country
	}
	if cur.city == nil {
		return true
	}
	if inCountry(cur.city.cities, country) || inCountry(cur.city.regions, country) || cur.city.country == country {
		return true
	}
	return false
}

func inCountry(areas []area, country string) bool {
	return slices.ContainsFunc(areas, func(a area) bool { return a.country == country })
}

func sharesRegion(r, n *placeName) bool {
	for _, a := range r.regions {
		for _, c := range n.cities {
			if a.country == c.country && (c.region == "" || c.region == a.region) {
				return true
			}
		}
	}
	return r.country != "" && inCountry(n.cities, r.country)
}
