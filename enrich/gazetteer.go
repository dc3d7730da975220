package enrich

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The gazetteer was compiled by hand from general knowledge of places that job adverts name.
var (
	//go:embed places/countries.tsv
	countriesTSV string
	//go:embed places/regions.tsv
	regionsTSV string
	//go:embed places/scopes.tsv
	scopesTSV string
	//go:embed places/cities.tsv
	citiesTSV string
)

// area is one thing a place name can mean: a country, a region of one, or a city in one.
type area struct {
	country  string
	region   string
	city     string // display form, empty for countries and regions
	dominant bool   // meant where the name stands alone
}

// placeName is everything one name can mean. A name can be a city, a region and a country at once.
type placeName struct {
	cities, regions []area
	country         string
	scope           string
}

// gazetteer finds names by their folded form, and codes by their exact form.
type gazetteer struct {
	names   map[string]*placeName
	codes   map[string]*placeName // "CA", "USA", "NSW"
	regions map[string]bool       // "US-CA"
	alpha2  map[string]bool
	begins  map[string]int // by the first word of a name: the words of the longest that begins so
}

// wordCodes are the three-letter country codes that mean something else in adverts (Eastern time,
// words in capitals), so they are not recognised in texts.
const wordCodes = "EST AND COM PER ARM MAC GIN COD NIC PAN BEN LIE TON"

// loadGazetteer reads the embedded files once; they are part of the program, so it cannot fail.
var loadGazetteer = sync.OnceValue(func() *gazetteer {
	g := &gazetteer{names: map[string]*placeName{}, codes: map[string]*placeName{}, regions: map[string]bool{}, alpha2: map[string]bool{}, begins: map[string]int{}}
	for _, f := range tsvRows(countriesTSV, 4) {
		g.alpha2[f[0]] = true
		code(g.codes, f[0]).country = f[0]
		if !strings.Contains(wordCodes, f[1]) {
			code(g.codes, f[1]).country = f[0]
		}
		for _, name := range append(strings.Split(f[3], "|"), f[2]) {
			if isCode(name) {
				code(g.codes, name).country = f[0]
			} else if n := g.name(name); n != nil {
				n.country = f[0]
			}
		}
	}
	for _, f := range tsvRows(regionsTSV, 4) {
		a := area{country: f[0], region: f[1]}
		g.regions[f[0]+"-"+f[1]] = true
		if f[0] == "US" || f[0] == "CA" || f[0] == "AU" {
			n := code(g.codes, f[1])
			n.regions = append(n.regions, a)
		}
		for _, name := range append(strings.Split(f[3], "|"), f[2]) {
			if n := g.name(name); n != nil {
				n.regions = append(n.regions, a)
			}
		}
	}
	for _, f := range tsvRows(scopesTSV, 2) {
		for _, name := range strings.Split(f[1], "|") {
			if n := g.name(name); n != nil {
				n.scope = f[0]
			}
		}
	}
	for _, f := range tsvRows(citiesTSV, 3) {
		for _, entry := range strings.Split(f[2], "; ") {
			g.addCity(f[0], f[1], entry)
		}
	}
	g.settleDominance()
	return g
})

func tsvRows(s string, columns int) [][]string {
	var rows [][]string
	for l := range strings.Lines(s) {
		l = strings.TrimRight(l, "\r\n")
		if l == "" || l[0] == '#' {
			continue
		}
		f := strings.Split(l, "\t")
		for len(f) < columns {
			f = append(f, "")
		}
		rows = append(rows, f)
	}
	return rows
}

func code(m map[string]*placeName, s string) *placeName {
	if m[s] == nil {
		m[s] = &placeName{}
	}
	return m[s]
}

// isCode reports whether a name is only recognised in capitals, because its lower-case form is a
// word ("us", "la", "or").
func isCode(s string) bool {
	if len(s) < 2 || len(s) > 3 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

func (g *gazetteer) name(s string) *placeName {
	k := foldPlace(s)
	if k == "" {
		return nil
	}
	n := strings.Count(k, " ") + 1
	first, _, _ := strings.Cut(k, " ")
	g.begins[first] = max(g.begins[first], n)
	return code(g.names, k)
}

func (g *gazetteer) addCity(country, region, entry string) {
	mark := byte(0)
	if n := len(entry); n > 0 && (entry[n-1] == '!' || entry[n-1] == '?') {
		mark, entry = entry[n-1], entry[:n-1]
	}
	first := ""
	for name := range strings.SplitSeq(entry, "|") {
		own := mark
		if n := len(name); n > 0 && name[n-1] == '?' {
			own, name = '?', name[:n-1]
		}
		if first == "" {
			first = name
		}
		a := area{country: country, region: region, city: first, dominant: own == '!'}
		var n *placeName
		if isCode(name) {
			n = code(g.codes, name)
		} else {
			n = g.name(name)
		}
		if own == '?' {
			a.region += "?" // marks it until dominance is settled
		}
		// Spellings that fold to one name are one meaning.
		if !slices.Contains(n.cities, a) {
			n.cities = append(n.cities, a)
		}
	}
}

// settleDominance makes a city whose name nobody shares the one that is meant, unless the file
// says it never is.
func (g *gazetteer) settleDominance() {
	for _, m := range []map[string]*placeName{g.names, g.codes} {
		for _, n := range m {
			alone := len(n.cities) == 1
			for i := range n.cities {
				a := &n.cities[i]
				if r, never := strings.CutSuffix(a.region, "?"); never {
					a.region = r
				} else if alone {
					a.dominant = true
				}
			}
		}
	}
}

// lookup finds what a phrase means as a whole, in either form.
func (g *gazetteer) lookup(s string) *placeName {
	s = strings.TrimSpace(s)
	if n := g.codes[s]; n != nil {
		return n
	}
	return g.names[foldPlace(s)]
}

// foldPlace is the form in which names are compared: lower case, without accents, with single
// spaces for everything that is neither letter nor digit.
func foldPlace(s string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r), r == '.', r == '\'', r == '’', r == 'ʻ':
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			space = true
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		switch r = unicode.ToLower(r); r {
		case 'ø':
			b.WriteByte('o')
		case 'ł':
			b.WriteByte('l')
		case 'ß':
			b.WriteString("ss")
		case 'ı':
			b.WriteByte('i')
		case 'æ':
			b.WriteString("ae")
		case 'đ':
			b.WriteByte('d')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// countryNames maps the two-letter code to the English name.
var countryNames = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, f := range tsvRows(countriesTSV, 4) {
		m[f[0]] = f[2]
	}
	return m
})
