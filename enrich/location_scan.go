package enrich

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// placeToken is one step of a location text: a name the gazetteer knows, a word of its own meaning,
// a run of words nobody knows, or what separates them.
type placeToken struct {
	kind placeTokenKind
	name *placeName // for tokenName
	text string
	code bool // recognised by its capitals only
}

type placeTokenKind uint8

const (
	tokenUnknown placeTokenKind = iota
	tokenName
	tokenRemote
	tokenComma  // a comma or an opening bracket: narrower to wider
	tokenDash   // a dash, colon or closing bracket
	tokenEither // begins another place altogether
)

// Words of a location text that say nothing about where it is. "or" and "and" separate places.
const placeNoise = " hq headquarters headquarter office offices hub campus metro metropolitan area greater region city county " +
	"based hybrid onsite on site in person in the of at from within only flexible preferred required eligible multiple locations location " +
	"various select us-based remote-friendly friendly first optional possible ok okay allowed home work time zone timezone " +
	"full part fulltime state states province near close to any within us-only candidates must be hours hiring downtown suburbs relocation visa permanent contract interns internship intern h1b "

const placeRemote = " remote remotely homeoffice wfh telecommute telework télétravail teletrabajo remoto remota fernarbeit virtual remote-first リモート勤務 リモート " +
	"fully-remote "

type word struct {
	text  string
	sep   placeTokenKind // separator before the word; tokenUnknown for a mere space
	start int
}

// scanPlace splits a location text into tokens, longest known name first.
func scanPlace(g *gazetteer, s string) []placeToken {
	words := g.placeWords(s)
	var out []placeToken
	for i := 0; i < len(words); {
		if words[i].sep != tokenUnknown {
			out = append(out, placeToken{kind: words[i].sep})
		}
		n, tok := g.longestName(s, words[i:])
		if n == 1 && tok.code && isWordCode(words, i, out) {
			n = 0
		}
		if n > 0 {
			// A separator inside the name ("Washington, DC") belongs to it.
			out = append(out, tok)
			i += n
			continue
		}
		w := words[i].text
		folded := " " + strings.ToLower(w) + " "
		switch {
		case w == "":
		case strings.Contains(placeRemote, folded):
			out = append(out, placeToken{kind: tokenRemote, text: w})
		case folded == " or " || folded == " and " || folded == " & " || folded == " and/or " || folded == " oder " || folded == " und " || folded == " + ":
			out = append(out, placeToken{kind: tokenEither})
		case strings.Contains(placeNoise, folded):
		default:
			// Words that follow each other unseparated are one unknown name.
			if k := len(out); k > 0 && words[i].sep == tokenUnknown && out[k-1].kind == tokenUnknown {
				out[k-1].text += " " + w
			} else {
				out = append(out, placeToken{kind: tokenUnknown, text: w})
			}
		}
		i++
	}
	return out
}

// isWordCode reports whether the code at word i is a word in capitals: "REMOTE OK", "ON SITE", "ONSITE
// OR REMOTE". A code that is also a word needs a comma or a city before it, or stands alone between
// dashes.
func isWordCode(words []word, i int, before []placeToken) bool {
	if !strings.Contains(" IN OR OK ON ME HI NO IS SO TO BY MY AT BE DO AM IT AS ", " "+words[i].text+" ") {
		return false
	}
	next := i+1 < len(words) && words[i+1].sep == tokenUnknown
	if words[i].sep != tokenUnknown || i == 0 {
		return next // "IN LONDON", but not "IN - Indianapolis"
	}
	if k := len(before); k > 0 && before[k-1].kind == tokenName {
		return next && len(before[k-1].name.cities) == 0
	}
	return next || strings.ToUpper(words[i-1].text) == words[i-1].text || strings.Contains(placeRemote, " "+strings.ToLower(words[i-1].text)+" ")
}

// longestName matches the longest name at the beginning of words and returns how many it takes.
func (g *gazetteer) longestName(s string, words []word) (int, placeToken) {
	first, _, _ := strings.Cut(foldPlace(words[0].text), " ")
	for n := min(len(words), max(1, g.begins[first])); n >= 1; n-- {
		crosses := false
		for _, w := range words[1:n] {
			crosses = crosses || w.sep != tokenUnknown
		}
		last := words[n-1]
		phrase := s[words[0].start : last.start+len(last.text)]
		if crosses {
			// Only the names that are written with a separator may hold one.
			if _, ok := separatedNames[strings.ToLower(phrase)]; !ok {
				continue
			}
		}
		if n == 1 {
			p := g.codes[phrase]
			if p == nil && words[0].sep == tokenComma && len(phrase) == 2 {
				// "Smallville, Tx": behind a comma a code needs no capitals.
				if q := g.codes[strings.ToUpper(phrase)]; q != nil && inCountry(q.regions, "US") {
					p = q
				}
			}
			if p != nil {
				return 1, placeToken{kind: tokenName, name: p, text: phrase, code: true}
			}
		}
		if p := g.names[foldPlace(phrase)]; p != nil && (n > 1 || startsUpper(phrase) || len(phrase) > 3) {
			return n, placeToken{kind: tokenName, name: p, text: phrase}
		}
	}
	return 0, placeToken{}
}

// separatedNames are the names that are written with a separator inside.
var separatedNames = map[string]struct{}{
	"washington, dc": {}, "washington, d.c.": {}, "washington, d.c": {}, "dallas/fort worth": {}, "raleigh-durham": {}, "us/canada": {}, "usa/canada": {},
	"minneapolis/st. paul": {}, "frankfurt/main": {}, "korea, republic of": {}, "delhi / ncr": {}, "europe, middle east & africa": {},
}

func startsUpper(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r) || unicode.IsLetter(r) && !unicode.IsLower(r)
}

// placeWords splits at spaces and separators. A hyphen inside a word separates only when what is
// before or after it is "remote" or the like ("US-Remote"), a code ("US-CA-Irvine") or a place
// that needs no help ("Lagos-Nigeria").
func (g *gazetteer) placeWords(s string) []word {
	var words []word
	sep := tokenUnknown
	begin := -1
	raise := func(k placeTokenKind) {
		if k > sep {
			sep = k
		}
	}
	flush := func(end int) {
		if begin < 0 {
			return
		}
		for i, part := range g.splitHyphens(s[begin:end]) {
			if i > 0 {
				sep = tokenDash
			}
			words = append(words, word{text: part.text, sep: sep, start: begin + part.start})
			sep = tokenUnknown
		}
		begin = -1
	}
	for i, r := range s {
		k, isSep := placeSeparator(r)
		switch {
		case (r == '-' || r == '–' || r == '—' || r == '/') && begin >= 0 && r == '-' && i+1 < len(s) && s[i+1] != ' ':
			// inside a word
		case isSep || unicode.IsSpace(r):
			flush(i)
			raise(k)
		case begin < 0:
			begin = i
		}
	}
	flush(len(s))
	return words
}

func placeSeparator(r rune) (placeTokenKind, bool) {
	switch r {
	case ',', '(', '[', '、', '，':
		return tokenComma, true
	case '-', '–', '—', ')', ']', ':', '*', '"', '_', '>', '@', '·', '#', '→':
		return tokenDash, true
	case ';', '|', '/', '\n', '•', '\t', '\\':
		return tokenEither, true
	}
	return tokenUnknown, false
}

type hyphenPart struct {
	text  string
	start int
}

func (g *gazetteer) splitHyphens(s string) []hyphenPart {
	if !strings.Contains(s, "-") || g.names[foldPlace(s)] != nil {
		return []hyphenPart{{s, 0}}
	}
	split := false
	for part := range strings.SplitSeq(s, "-") {
		switch strings.ToLower(part) {
		case "remote", "hybrid", "onsite", "office", "hq":
			split = true
		}
		split = split || isCode(part)
	}
	first, _, _ := strings.Cut(s, "-")
	split = split || g.evident(first) || g.evident(s[strings.LastIndexByte(s, '-')+1:])
	if !split {
		return []hyphenPart{{s, 0}}
	}
	var parts []hyphenPart
	at := 0
	for part := range strings.SplitSeq(s, "-") {
		if part != "" {
			parts = append(parts, hyphenPart{part, at})
		}
		at += len(part) + 1
	}
	return parts
}

// evidentBytesMin keeps short words, which have too many other meanings, from splitting a name.
const evidentBytesMin = 4

// evident reports whether s alone names a country, a region or a city beyond doubt.
func (g *gazetteer) evident(s string) bool {
	n := g.names[foldPlace(s)]
	return n != nil && len(s) >= evidentBytesMin &&
		(n.country != "" || len(n.regions) > 0 || len(n.cities) == 1 && n.cities[0].dominant)
}
