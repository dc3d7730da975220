package enrich

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rolescope/rolescope/posting"
)

// postSource is the source whose board is a thread: nobody's board, whose posts say themselves who they are of.
const postSource = "hn"

const (
	// postBytesMax is how much of a post is read for its employer: no post of eight years was longer.
	postBytesMax = 16 << 10
	// postLinesMax is how many lines at the top of a post are read as its header.
	postLinesMax = 4
	// postLineMax is the longest line below the first that is read as a header: longer ones are sentences.
	postLineMax = 120
	// employerWordsMax is how many words an employer's name has at most.
	employerWordsMax = 7
	// aloneWordsMax is how many words a line of nothing but a name has at most.
	aloneWordsMax = 4
)

var (
	barField      = regexp.MustCompile(`\s*[|│¦]\s*`)
	dashField     = regexp.MustCompile(`\s+[-–—•·*~]+\s+|\s*(?:--+|[—•·])\s*|\s+[-–]+|[-–]+\s+`)
	commaField    = regexp.MustCompile(`\s*[,;]\s+|:\s+|\.\s+|[!:.]$`)
	slashField    = regexp.MustCompile(`\s*/+\s*`)
	batchTail     = regexp.MustCompile(`(?i)\s+yc ?[swf]?\d{2,4}$`)
	batch         = regexp.MustCompile(`(?i)\b(?:yc|y combinator|techstars|tech stars)\b`)
	bracket       = regexp.MustCompile(`\s*[(\[<{][^()\[\]<>{}]*[)\]>}]?\s*`)
	shortened     = regexp.MustCompile(`(?i)\b(sr|jr|st|mt|ft|dr|inc|ltd|corp|co|no|vs)\.(\s)`)
	bareHost      = regexp.MustCompile(`(?i)\b[a-z0-9-]+\.(?:com|io|net|org|co|ai)\b`)
	ownerOf       = regexp.MustCompile(`(?:^|\s)@\s+|\s(?:at|with|for|join)\s+(?:the\s+)?`)
	employerLabel = regexp.MustCompile(`(?i)^(?:company(?: name)?|employer|organi[sz]ation|firm|who)\s*:+\s*(.+)`)
	termField     = regexp.MustCompile(`(?i)\b(?:(?:no |100% |fully |partially )?remotely?(?: ok(?:ay)?| only| friendly| possible| welcome)?|on-?\s?site|hybrid|in-?office|(?:full|half)[ -]*time(?:rs)?|part[ -]*time|ft|h-?1-?b|visas?|interns?(?:hips?)?|contract(?:ors?)?|freelance|permanent|perm|relocat\w+|relo|equity|salary|sponsor\w*|ok(?:ay)?|welcome|only|local|locals|transfers?|area|bay area|several locations|multiple locations|location|locations|anywhere|worldwide|greater|downtown|metro|preferred|possible|no|and|or|the|in|all|levels?|friendly|soma|sfba|hiring|now|available|please|usa)\b`)
	payField      = regexp.MustCompile(`(?i)[$€£]\s?\d|\d\s?k\b`)
)

// employerOfPost is the employer that a post of a thread names, "" where none can be read. It asks, in this
// order: the fields of the header line ("Acme | Engineer | Oslo", "Oslo - Acme (YC S15)", "Engineer at Acme"),
// sentences with an employer for a subject ("Acme is hiring ..."), and the address of the employer's own pages.
func (t *Tagger) employerOfPost(doc document) string {
	e := employerReader{tagger: t, gazetteer: loadGazetteer(), text: doc.text}
	if len(e.text) > postBytesMax {
		e.text = truncate(e.text, postBytesMax)
	}
	e.hosts = hostsOf(e.text)
	lines := []string{doc.title}
	for _, p := range doc.paragraphs[:min(len(doc.paragraphs), postLinesMax)] {
		if line := doc.text[p.start:p.end]; len(line) <= postLineMax {
			lines = append(lines, line)
		}
	}
	for i, line := range lines {
		if name := e.ofHeader(line, i == 0); name != "" {
			return name
		}
	}
	if name := e.ofSentences(); name != "" {
		return name
	}
	return e.ofAddress()
}

// employerReader reads who a post is of.
type employerReader struct {
	tagger    *Tagger
	gazetteer *gazetteer
	text      string // the post, as much of it as is read
	hosts     []host // in it
}

// ofHeader reads one line as a header.
func (e employerReader) ofHeader(line string, first bool) string {
	line = shortened.ReplaceAllString(strings.Trim(withoutAddresses(line), " |-–—=*#♦★.,;/~"), "$1$2")
	if found := employerLabel.FindStringSubmatch(line); found != nil {
		return e.cleaned(barField.Split(found[1], 2)[0])
	}
	if name := e.ofSubject(line); name != "" {
		return name
	}
	if found := isA.FindStringSubmatch(line); found != nil && first && !strings.Contains(found[1], ". ") {
		if name := e.subject(found[1]); name != "" {
			return name
		}
	}
	bars := barField.Split(line, -1)
	if len(bars) < 2 && !first && len(strings.Fields(line)) > 2*employerWordsMax {
		return ""
	}
	before := fieldNone
	asked := false // a field before names a post
	for i, bar := range bars {
		for j, field := range e.fields(bar, i == 0, len(bars) > 1) {
			kind := e.kindOf(field)
			if kind == fieldRole {
				if name := e.employing(field); name != "" {
					return name
				}
				asked = true
			}
			name := ""
			if kind == fieldName {
				if name = e.cleaned(field); name != "" && e.kindOf(name) != fieldName {
					name = ""
				}
			}
			leads := first && i == 0 && j == 0
			switch {
			case name == "" || !leads && e.isSkill(name):
			case leads && len(bars) > 1 && (isNamed(name) || len(strings.Fields(name)) <= plainWordsMax):
				return name
			case leads && len(bars) == 1 && e.alone(line, name):
				if e.mentions(name) == 0 && !e.ownHost(name) {
					if said := e.ofSeekers(); said != "" {
						return said
					}
				}
				return name
			case !isNamed(name):
			case batch.MatchString(field), e.ownHost(name), e.mentions(name) > 1, first && e.mentions(name) > 0:
				return name
			case first && i <= 1 && j <= 2 && (!asked || before == fieldRole && strings.Contains(name, " ")):
				return name
			}
			before = kind
		}
	}
	return ""
}

// plainWordsMax is how many words the first field of a header has at most that begins without a capital.
const plainWordsMax = 3

// isNamed reports whether words are written as names are: capitals or digits, with small words only between them.
func isNamed(name string) bool {
	words := strings.Fields(name)
	for i, w := range words {
		if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsUpper(r) || unicode.IsDigit(r) }) || strings.Contains(w, ".") || unicode.Is(unicode.Lo, []rune(w)[0]) {
			continue
		}
		switch w {
		case "of", "the", "and", "&", "for", "by", "at", "de", "du", "des", "la", "le", "von", "van", "der", "und", "y", "+", "-", "/", "@", "on":
			if i > 0 && i < len(words)-1 {
				continue
			}
		}
		return false
	}
	return len(words) > 0 && !strings.ContainsAny(name, "?")
}

// isSkill reports whether a skill stands where a name is expected ("Python", "Backbone.js and PHP").
func (e employerReader) isSkill(name string) bool {
	for w := range strings.FieldsSeq(strings.ToLower(name)) {
		switch w = strings.Trim(w, ",."); w {
		case "rails", "ror", "android", "ios", "qa", "php", "c++", "c#", ".net", "js", "javascript", "html", "css", "node", "node.js", "aws", "linux", "sql", "nlp", "ml", "golang", "ui", "ux":
			return true
		case "meta", "go", "spring", "less", "r", "c", "swift", "oracle", "mongodb", "databricks", "snowflake", "elastic", "docker", "github", "gitlab", "salesforce":
			continue
		}
		if e.tagger.taxonomy.byID[w] != nil && len(strings.Fields(name)) < 4 {
			return true
		}
	}
	return false
}

// alone reports whether a line without bars begins with a name: what follows is cut off, or the line is no more
// than a name.
func (e employerReader) alone(line, name string) bool {
	if !isNamed(name) && e.mentions(name) == 0 && !e.ownHost(name) || e.isSkill(name) && !e.ownHost(name) {
		return false
	}
	return len(strings.Fields(line)) > len(strings.Fields(name)) || len(strings.Fields(name)) <= aloneWordsMax && len(e.text) > 2*len(line)
}

// fields cuts a field between bars further: at dashes, and where there are no bars at commas and slashes too.
func (e employerReader) fields(bar string, first, barred bool) []string {
	var out []string
	for _, part := range dashField.Split(bar, -1) {
		kind := e.kindOf(part)
		if kind == fieldPlace || barred && !(first && kind == fieldRole && strings.Contains(part, ", ")) {
			out = append(out, part)
			continue
		}
		cut := commaField
		if strings.Count(part, "/") > 1 {
			cut = slashField
		}
		out = append(out, cut.Split(part, -1)...)
	}
	return out
}

type fieldKind uint8

const (
	fieldNone fieldKind = iota
	fieldRole
	fieldPlace // or the terms of the work
	fieldName
)

// kindOf says what a field of a header is: a post, a place or terms, or what may be a name.
func (e employerReader) kindOf(field string) fieldKind {
	bare := strings.TrimSpace(bracket.ReplaceAllString(field, " "))
	if bare == "" {
		return fieldNone
	}
	rest := strings.Trim(strings.Join(strings.Fields(termField.ReplaceAllString(bare, " ")), " "), " ,./&+-()")
	if rest == "" || payField.MatchString(bare) {
		return fieldPlace
	}
	for _, place := range []string{bare, rest} {
		if len(e.gazetteer.purePlaces([]string{place})) > 0 {
			return fieldPlace
		}
	}
	words := splitTitle(bare)
	if len(words) == 0 {
		return fieldNone
	}
	if len(words) == 1 && (isState(words[0].text) || words[0].text == "uk" || words[0].text == "us") && strings.ToUpper(rest) == rest {
		return fieldPlace
	}
	r := e.tagger.titles
	for _, s := range r.segments(words) {
		if _, headed := mainHead(s.heads, s.cut); headed {
			return fieldRole
		}
	}
	if isAsked(words) {
		return fieldRole
	}
	if roles, _ := r.fieldsOf(words, true); len(roles) > 0 && len(words) > 1 {
		return fieldRole
	}
	return fieldName
}

// isAsked reports whether a field speaks of posts without naming one ("Multiple positions", "C++, Full Stack").
func isAsked(words []titleWord) bool {
	for _, w := range words {
		switch w.stem {
		case "position", "role", "opening", "vacancy", "vacancie", "dev", "developer", "engineer", "frontend", "backend", "fullstack", "devops", "sre", "sysadmin", "hacker", "eng":
			return true
		}
	}
	return false
}

// employing is who follows a post in its own field: "Backend Engineer at Acme", "Engineer @ Acme".
func (e employerReader) employing(field string) string {
	at := ownerOf.FindAllStringIndex(field, -1)
	if len(at) == 0 {
		return ""
	}
	name := field[at[len(at)-1][1]:]
	if name = e.cleaned(commaField.Split(name, 2)[0]); name == "" || e.isSkill(name) || !startsUpper(name) || e.kindOf(name) != fieldName {
		return ""
	}
	return name
}

// cleaned is the name in a field, "" where it can be none.
func (e employerReader) cleaned(field string) string {
	name := strings.TrimSpace(bracket.ReplaceAllString(withoutAddresses(field), " "))
	if bare := strings.TrimSpace(bareHost.ReplaceAllString(name, " ")); strings.ContainsFunc(bare, unicode.IsLetter) {
		name = bare
	}
	name = strings.Trim(strings.Join(strings.Fields(name), " "), " ,;:|-–—=*#♦★~/.!\"'“”()[]<>{}")
	for _, verb := range []string{" is ", " are ", " in ", " Locations:", " locations:"} {
		name, _, _ = strings.Cut(name, verb)
	}
	if before, _, ok := strings.Cut(name, ", "); ok && len(e.gazetteer.purePlaces([]string{before})) == 0 {
		name = before
	}
	words := strings.Fields(e.withoutCity(batchTail.ReplaceAllString(name, "")))
	name = strings.Join(words, " ")
	if len(words) == 0 || len(words) > employerWordsMax || len(name) > companyNameMax || !strings.ContainsFunc(name, unicode.IsLetter) ||
		isNoName(name) && !(len(words) > 2 && isNamed(name) && (e.mentions(name) > 0 || e.ownHost(name))) {
		return ""
	}
	return name
}

// withoutCity is a name without the city before it or behind it ("Acme Oslo"), where the post itself leaves that out;
// "University of Oslo" keeps it.
func (e employerReader) withoutCity(name string) string {
	words := strings.Fields(name)
	for i := 1; i < len(words); i++ {
		before, after := strings.TrimRight(strings.Join(words[:i], " "), ",-–"), strings.Join(words[i:], " ")
		switch words[i-1] {
		case "of", "for", "the", "de", "&", "and", "at", "New", "The":
			continue
		}
		for _, cut := range [][2]string{{before, after}, {after, before}} {
			places := e.gazetteer.purePlaces(cut[1:])
			if len(places) > 0 && places[0].City != "" && isNamed(cut[0]) && (e.mentions(cut[0]) > e.mentions(name) || e.ownHost(cut[0])) {
				return cut[0]
			}
		}
	}
	return name
}

// isNoName reports whether words stand where a name is expected, for somebody who does not tell it, or for none.
func isNoName(name string) bool {
	lower := strings.ToLower(name)
	switch first, _, _ := strings.Cut(lower, " "); strings.Trim(first, "'’,.!:") {
	case "we", "we're", "we’re", "we'll", "we've", "i", "i'm", "i’m", "i've", "my", "our", "us", "you", "your", "it", "it's", "this", "that", "these", "there", "here", "he", "she", "they", "who", "what", "where", "when", "why", "how",
		"if", "as", "at", "in", "on", "for", "from", "and", "but", "so", "to", "is", "are", "seeking", "looking", "hiring", "wanted", "want", "need", "join", "come", "help", "hi", "hello", "hey", "please",
		"edit", "update", "note", "disclaimer", "yes", "no", "not", "any", "some", "many", "most", "both", "each", "every", "another", "other", "current", "currently", "now", "full", "part", "re", "ps", "tl;dr", "tldr",
		"salary", "location", "locations", "about", "position", "positions", "job", "jobs", "apply", "contact", "email", "e-mail", "tech", "stack", "skills", "requirements", "responsibilities", "http", "https", "href", "test", "role", "roles", "title", "department", "type", "description", "overview", "also", "while", "because", "since",
		"experience", "must", "application", "applications", "qualifications", "skillset", "short-term", "long-term", "distro", "technology:", "technology", "willing", "greetings", "opportunity", "although", "should", "find", "visit", "message", "get", "take", "reach", "say", "stealth", "checkout", "telecommuting", "extensive", "proficiency", "recently", "required", "preferred", "startup", "start-up", "yc", "bonus", "benefits", "perks", "work", "working", "build", "building", "make", "use", "using", "check", "see", "read", "send", "more", "new", "technologies", "do", "are you", "feel", "thanks", "just", "after", "with", "first", "then", "later", "today", "founded", "series", "headquartered", "based", "located", "remote":
		return true
	}
	switch strings.TrimSuffix(strings.NewReplacer("-", " ", "/", " ").Replace(lower), "s") {
	case "hedge fund", "large hedge fund", "top hedge fund", "startup", "start up", "stealth startup", "stealth start up", "stealth", "stealth mode", "stealth mode startup", "stealth company", "confidential", "company", "the company",
		"agency", "recruiter", "early stage startup", "funded startup", "unknown", "unnamed", "anonymou", "team", "the team", "engineering", "software", "candidate", "client", "planet earth", "earth", "everywhere",
		"the role", "the product", "the platform", "the project", "the idea", "the app", "the candidate", "the ideal candidate", "the successful candidate", "the position", "the job", "the right candidate":
		return true
	}
	return false
}

// mentions counts how often the post speaks of a name below its first line, as a whole word.
func (e employerReader) mentions(name string) int {
	_, body, _ := strings.Cut(e.text, "\n")
	n := 0
	for at := 0; len(name) > 1; {
		i := strings.Index(body[at:], name)
		if i < 0 {
			break
		}
		start, end := at+i, at+i+len(name)
		before, _ := utf8.DecodeLastRuneInString(body[:start])
		after, _ := utf8.DecodeRuneInString(body[end:])
		if !unicode.IsLetter(before) && !unicode.IsLetter(after) {
			n++
		}
		at = end
	}
	return n
}

// companyOf is the employer of a posting. A thread's posts are of whom they name; no board stands for them.
func (t *Tagger) companyOf(raw posting.Raw, doc document) (display, key string) {
	if raw.Source != postSource || raw.Company != "" {
		return companyOf(raw)
	}
	display = cleanName(t.employerOfPost(doc))
	if display == "" {
		return "", ""
	}
	return display, companyKey(display)
}
