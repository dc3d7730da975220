package enrich

import (
	"slices"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// majorityCountry is the country that the unambiguous places of a text are all in, if they are.
func majorityCountry(groups []placeGroup) string {
	found := ""
	for _, p := range groups {
		l, ok := p.resolve("")
		if !ok || l.Country == "" {
			continue
		}
		if found != "" && found != l.Country {
			return ""
		}
		found = l.Country
	}
	return found
}

// resolve settles what the group means. With nothing to go by, an ambiguous name keeps its text
// and gets no country; hint is the country the other places of the same text are in.
func (p placeGroup) resolve(hint string) (posting.Location, bool) {
	if p.scope != "" {
		return posting.Location{Scope: p.scope}, true
	}
	country := p.country
	var region string
	if country == "" && p.region != nil {
		switch {
		case p.city != nil:
			country = commonCountry(p.city, p.region)
		case p.unknown != "" && len(p.region.regions) > 0:
			country = p.region.regions[0].country
		}
		if country == "" {
			country = p.regionAlone(hint)
		}
	}
	if p.region != nil {
		for _, r := range p.region.regions {
			if r.country == country {
				region = r.region
				break
			}
		}
	}
	l := posting.Location{Country: country, Region: region, City: p.unknown}
	if p.city != nil {
		return p.withCity(l, hint), true
	}
	return l, l.Country != "" || p.region != nil || p.unknown != ""
}

// regionAlone is the country of a region with no city to tell: "TX" can be nothing else, "CA" and
// "Georgia" can.
func (p placeGroup) regionAlone(hint string) string {
	n := p.region
	if hint != "" && inCountry(n.regions, hint) {
		return hint
	}
	if p.city != nil {
		// The city is known, but not there: the region that was stated wins. Only codes of other
		// countries than the US are weaker, because they have namesakes ("Tijuana, BC").
		if p.code && n.regions != nil && n.regions[0].country != "US" && slices.ContainsFunc(p.city.cities, func(c area) bool { return c.dominant }) {
			return ""
		}
		if len(n.regions) > 0 {
			return n.regions[0].country
		}
		return n.country
	}
	if n.country != "" && !(p.code && strings.Contains(stateCodes, n.regions[0].region)) {
		return ""
	}
	c := n.regions[0].country
	for _, r := range n.regions {
		if r.country != c {
			return ""
		}
	}
	return c
}

// stateCodes are the codes of US states whose country of the same code practically never occurs in
// an advert. CA, IN, DE, IL, CO and the like are not among them.
const stateCodes = "AZ GA KY LA MN MO MS NC NE SC SD TN VA"

// commonCountry is the one country in which both names make sense, the city's region first.
func commonCountry(city, region *placeName) string {
	for _, c := range city.cities {
		for _, r := range region.regions {
			if c.country == r.country && c.region == r.region {
				return c.country
			}
		}
	}
	if region.country != "" && inCountry(city.cities, region.country) {
		return region.country
	}
	for _, r := range region.regions {
		if inCountry(city.cities, r.country) {
			return r.country
		}
	}
	return ""
}

// withCity settles a known city name: by region, by country, by the hint, else by dominance.
func (p placeGroup) withCity(l posting.Location, hint string) posting.Location {
	n := p.city
	pick := func(match func(area) bool) bool {
		best := -1
		for i, c := range n.cities {
			if match(c) && (best < 0 || c.dominant && !n.cities[best].dominant) {
				best = i
			}
		}
		if best < 0 {
			return false
		}
		c := n.cities[best]
		l.Country, l.City = c.country, c.city
		if l.Region == "" {
			l.Region = c.region
		}
		return true
	}
	switch {
	case l.Country != "" && l.Region != "":
		if !pick(func(c area) bool { return c.country == l.Country && (c.region == l.Region || c.region == "") }) {
			l.City = p.cityRaw
		}
	case l.Country != "":
		if len(n.regions) > 0 && inCountry(n.regions, l.Country) && !slices.ContainsFunc(n.cities, func(c area) bool { return c.dominant }) {
			for _, r := range n.regions {
				if r.country == l.Country {
					l.Region = r.region
				}
			}
			return l
		}
		if one(n.cities, l.Country) {
			pick(func(c area) bool { return c.country == l.Country })
		} else if !pick(func(c area) bool { return c.country == l.Country && c.dominant }) && n.country != l.Country {
			l.City = p.cityRaw
		}
	case pick(func(c area) bool { return c.dominant }):
	case len(n.cities) == 0 && n.country != "" && len(n.regions) > 0: // Georgia
		if hint != "" && inCountry(n.regions, hint) {
			l.Country, l.Region = hint, n.regions[0].region
		} else if hint == n.country {
			l.Country = hint
		}
	case len(n.regions) > 0 && !slices.ContainsFunc(n.cities, func(c area) bool { return c.country != n.regions[0].country }): // Washington
		l.Country, l.Region = n.regions[0].country, n.regions[0].region
	case hint != "" && one(n.cities, hint):
		pick(func(c area) bool { return c.country == hint })
	default:
		l.City = p.cityRaw
		if c := n.cities[0].country; !slices.ContainsFunc(n.cities, func(a area) bool { return a.country != c }) && len(n.cities) > 1 {
			l.Country = c // Springfield: whichever it is, the country is the same
		}
	}
	return l
}

// one reports whether exactly one of the areas is in the country.
func one(areas []area, country string) bool {
	n := 0
	for _, a := range areas {
		if a.country == country {
			n++
		}
	}
	return n == 1
}
