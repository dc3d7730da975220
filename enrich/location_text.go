package enrich

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rolescope/rolescope/posting"
)

const (
	// headerFieldsMin is how many fields make a line the header of a post ("Acme | Engineer | Berlin").
	headerFieldsMin = 3
	// headerBytesMax is the longest first line that is read as a header: longer ones are sentences.
	headerBytesMax = 400
	// headerLinesMax and placeLineMax: posts without a header line have the place on a line of its own
	// below the employer's name.
	headerLinesMax = 4
	placeLineMax   = 120
	// evidentCityMin is the least length of a city's name that is believed at the edge of a field of
	// other words; shorter ones are words and names of people too often.
	evidentCityMin = 4
)

// textPlaces reads where the work is from a posting whose source states no place: its header line or
// title, then a line that says "Location:", then what its sentences say of the job and last of the
// employer. Only what has a country or a scope counts.
func (g *gazetteer) textPlaces(doc document) []posting.Location {
	first := ""
	if len(doc.paragraphs) > 0 {
		p := doc.paragraphs[0]
		first = doc.text[p.start:p.end]
	}
	lines := []string{first}
	for i := 1; i < min(len(doc.paragraphs), headerLinesMax); i++ {
		if p := doc.paragraphs[i]; p.end-p.start <= placeLineMax && p.kind != item {
			lines = append(lines, doc.text[p.start:p.end])
		}
	}
	if doc.title != "" && !strings.HasPrefix(first, doc.title) {
		lines = []string{doc.title, first}
	}
	for _, line := range lines {
		if out := g.headerPlaces(line); len(out) > 0 {
			return out
		}
	}
	if out := g.labelledPlaces(doc); len(out) > 0 {
		return out
	}
	return g.statedPlaces(doc)
}

// headerPlaces reads the header line of a post, whose fields stand between bars, dashes or brackets.
// Fields of nothing but places come first; else a place counts where the words around it say so. The
// first field is the employer's name, which may hold one.
func (g *gazetteer) headerPlaces(line string) []posting.Location {
	if len(line) > placeBytesMax {
		line = truncate(line, placeBytesMax)
	}
	bars := strings.Split(line, "|")
	if len(bars) >= headerFieldsMin {
		if out := g.purePlaces(bars[1:]); len(out) > 0 {
			return slices.Concat(g.leadingPlaces(bars[0]), out)
		}
	} else if len(line) > headerBytesMax {
		return nil
	}
	fields := headerFields(line)
	if len(fields) == 0 {
		return nil
	}
	if out := countryOnly(g.purePlaces(fields[1:])); len(out) > 0 {
		return slices.Concat(g.leadingPlaces(fields[0]), out)
	}
	// "San Francisco - Acme - Engineer"
	if out := countryOnly(g.purePlaces(fields[:1])); len(out) > 0 {
		return out
	}
	var out []posting.Location
	for i, f := range fields {
		out = append(out, g.mentioned(f, i > 0)...)
	}
	return out
}

// leadingPlaces are the places of the first field of a header whose other fields hold some: a city
// with its state or country ("Oslo, Norway | Acme | REMOTE in Europe"), or a city behind the
// employer's name ("Acme, Oslo | Bergen"). A lone city may be the employer's name.
func (g *gazetteer) leadingPlaces(field string) []posting.Location {
	for _, f := range headerFields(field) {
		if out := g.mentioned(f, false); len(out) > 0 {
			return out
		}
	}
	return nil
}

// purePlaces are the places of the fields that hold nothing else.
func (g *gazetteer) purePlaces(fields []string) []posting.Location {
	var out []posting.Location
	for _, f := range fields {
		f = strings.Trim(f, " .!,")
		if !isPurePlace(scanPlace(g, f)) {
			continue
		}
		out = append(out, g.parse(f)...)
	}
	// A bare "Remote" beside a place says how, not where.
	if len(out) > 1 {
		out = slices.DeleteFunc(out, func(l posting.Location) bool { return l.Country == "" && l.Scope == "" })
	}
	return out
}

// isPurePlace reports whether a field holds nothing but places: names the gazetteer knows, or an
// unknown one right before its state or country. A field that begins with a country's code is more
// often a trade or a programme (QA, ML, AI, LCA).
func isPurePlace(tokens []placeToken) bool {
	named := false
	for i, t := range tokens {
		switch t.kind {
		case tokenUnknown:
			if i+2 >= len(tokens) || tokens[i+1].kind != tokenComma || tokens[i+2].kind != tokenName || !isTownName(t.text) ||
				tokens[i+2].name.country == "" && len(tokens[i+2].name.regions) == 0 {
				return false
			}
			named = true
		case tokenName:
			if t.code && !named && !strings.Contains(plainCodes, " "+t.text+" ") && (len(t.text) == 2 || len(t.name.cities) == 0) {
				return false
			}
			named = true
		}
	}
	return true
}

// plainCodes are the codes that mean a place wherever they stand in capitals.
const plainCodes = " US USA UK UAE SF LA NY DC EU "

// notTowns are words of titles and firms, which stand before a comma as towns do.
const notTowns = " engineer engineers engineering developer developers dev devs manager designer lead scientist director product data software inc llc ltd gmbh co corp sales marketing team " +
	"analyst architect head senior junior full stack backend frontend mobile web remote onsite time positions multiple various vp cto founder "

// isTownName reports whether an unknown text can be the name of a town.
func isTownName(s string) bool {
	words := strings.Fields(s)
	if len(words) == 0 || len(words) > 3 || strings.ContainsAny(s, "0123456789./@&+#") {
		return false
	}
	for _, w := range words {
		if !startsUpper(w) || strings.Contains(notTowns, " "+strings.ToLower(w)+" ") {
			return false
		}
	}
	return true
}

func countryOnly(ls []posting.Location) []posting.Location {
	return slices.DeleteFunc(ls, func(l posting.Location) bool { return l.Country == "" && l.Scope == "" })
}

// headerFields splits a line where headers separate their fields: at bars, brackets, dashes between
// spaces, colons and the ends of sentences. Web addresses are left out.
func headerFields(line string) []string {
	var out []string
	var b strings.Builder
	flush := func() {
		if s := strings.Trim(b.String(), " ,.!"); s != "" {
			out = append(out, s)
		}
		b.Reset()
	}
	for w := range strings.FieldsSeq(line) {
		if strings.Contains(w, "://") || strings.Contains(w, "www.") || strings.Contains(w, "@") && len(w) > 1 {
			flush()
			continue
		}
		if strings.IndexFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '&' || r == '+' }) < 0 {
			flush()
			continue
		}
		if i := strings.Index(w, "--"); i > 0 {
			b.WriteString(" " + w[:i])
			flush()
			w = strings.TrimLeft(w[i:], "-")
		}
		for w != "" {
			i := strings.IndexAny(w, "|()[]{}<>;—–")
			if i < 0 {
				break
			}
			b.WriteString(" " + w[:i])
			flush()
			_, size := utf8.DecodeRuneInString(w[i:])
			w = w[i+size:]
		}
		b.WriteString(" " + w)
		if last := w[max(0, len(w)-1):]; last == ":" || last == "!" || last == "?" || last == "-" || last == "." && len(w) > 4 {
			flush()
		}
	}
	flush()
	return out
}

// wordNames are places whose names are everyday or technical words: they count only where the words
// around them say that they are places.
const wordNames = " phoenix golden superior surprise sandy mobile split nice bath reading orange mesa bend sparks essen tours best chad jordan turkey austin charlotte lincoln " +
	"madison victoria franklin logan murray carmel mason chandler gilbert georgia guinea mali cuba jersey buffalo cork kent lund global anywhere international distributed " +
	"worldwide independence enterprise liberty hollywood stanford oxford cambridge washington dover media man concord salem florence sofia roman ada union "

// mentioned are the places a field names among other words: behind a preposition, as a city with its
// state or country, or, where edges says that the field may be one of a place, at its beginning or end.
func (g *gazetteer) mentioned(field string, edges bool) []posting.Location {
	words := g.placeWords(field)
	var out []posting.Location
	for i := 0; i < len(words); {
		end, names, first := g.nameRun(field, words, i)
		if names == 0 {
			i++
			continue
		}
		phrase := field[words[i].start : words[end-1].start+len(words[end-1].text)]
		prep := i > 0 && words[i].sep == tokenUnknown && isPlacePreposition(words[i-1].text) && !holdsAny(lowerASCII(field[max(0, words[i].start-statedReach):words[i].start]), notOurPlace)
		comma := i > 0 && words[i].sep == tokenComma && (end == len(words) || words[end].sep == tokenComma)
		edge := (comma || edges && (i == 0 || end == len(words))) && g.sureName(first)
		if startsUpper(phrase) && (names > 1 || prep && !(first.code && len(phrase) < 3 && !strings.Contains(plainCodes, " "+phrase+" ")) || edge) {
			out = append(out, countryOnly(g.parse(phrase))...)
		}
		i = end
	}
	return out
}

// nameRun is the run of known names that begins with word i: "Boulder, CO" and "Oslo, Bergen, Norway".
func (g *gazetteer) nameRun(s string, words []word, i int) (end, names int, first placeToken) {
	n, first := g.longestName(s, words[i:])
	if n == 0 || n == 1 && first.code && isWordCode(words, i, nil) {
		return i + 1, 0, first
	}
	end, names = i+n, 1
	for end < len(words) && (words[end].sep == tokenComma || words[end].sep == tokenUnknown) {
		if joinsPlaces(words[end].text) && end+1 < len(words) && words[end+1].sep == tokenUnknown {
			if m, t := g.longestName(s, words[end+1:]); m > 0 && startsUpper(t.text) {
				end += 1 + m
				names++
				continue
			}
			break
		}
		m, t := g.longestName(s, words[end:])
		if m == 0 || m == 1 && t.code && isWordCode(words, end, []placeToken{first}) || words[end].sep == tokenUnknown && !t.code && t.name.country == "" || !startsUpper(t.text) {
			break
		}
		end += m
		names++
	}
	return end, names, first
}

func joinsPlaces(w string) bool {
	switch w {
	case "or", "and", "&", "OR", "AND", "oder", "und":
		return true
	}
	return false
}

// sureName reports whether a name by itself, among other words, is surely a place.
func (g *gazetteer) sureName(t placeToken) bool {
	if strings.Contains(wordNames, " "+strings.ToLower(t.text)+" ") {
		return false
	}
	if t.code {
		return t.text == "SF" || t.text == "NYC" || t.text == "USA" || t.text == "UK"
	}
	n := t.name
	return len(t.text) >= evidentCityMin && startsUpper(t.text) &&
		(n.country != "" || slices.ContainsFunc(n.cities, func(a area) bool { return a.dominant }) || len(n.regions) > 0 && len(n.cities) == 0)
}

func isPlacePreposition(w string) bool {
	switch strings.ToLower(w) {
	case "in", "at", "near", "from", "downtown", "around", "outside", "sunny", "beautiful", "central", "based", "à", "bei":
		return true
	}
	return false
}
