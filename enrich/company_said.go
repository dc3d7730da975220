package enrich

import (
	"regexp"
	"strings"
	"unicode"
)

const (
	// saidBytesMax is how much of a post is read for a sentence that names the employer.
	saidBytesMax = 2500
	// subjectWordsMax is how many words the subject of such a sentence has at most.
	subjectWordsMax = 5
)

var (
	// subjectOf ends the subject of a sentence that an employer is the subject of.
	subjectOf   = regexp.MustCompile(`^(.{2,80}?)(?:, (?:an?|the|one of) [^.|]{3,160}?,)?\s+(?:is|are)\s+(?:currently |now |also |actively |always |still |again )*(?:hiring|looking (?:for|to)|seeking|recruiting|expanding|growing)\b`)
	seeks       = regexp.MustCompile(`^(.{2,60}?)\s+(?:seeks|(?:currently )?seeking|(?:currently )?hiring|looking for|wants you|needs|has (?:several|multiple|a few|many|an?|some) (?:open|opening|position|role))`)
	atUs        = regexp.MustCompile(`^(?:Here )?[Aa]t (.{2,40}?),? (?:we|our)\b`)
	isA         = regexp.MustCompile(`^(.{2,60}?)(?:\s*\([^)]*\))?(?:'s (?:mission|goal) is|,? (?:is|are) (?:an?|the|one of|building|developing|creating|making|changing|on a|transforming|redefining|revolutioni[sz]ing|disrupting|helping|working|where|here|based|backed|trying|leading|bringing|pioneering|using|reinventing|defining|solving|fixing)|\s+(?:helps|makes|builds|provides|offers|enables|develops|lets|allows|gives|powers|creates|connects|delivers|was founded|has been|leverages|specializes|empowers|brings))\b`)
	weAre       = regexp.MustCompile(`\b(?:[Ww]e(?:'re| are) |[Hh]ere at |[Ww]ork(?:ing)? (?:at|for) |[Jj]oin(?:ing)? |[Aa]t |[Ii]'m (?:a|an|the) [\w /-]{2,30} (?:at|of|@) |[Ww]e \(|[Cc]areers at |[Ww]hy )((?:\p{Lu}|\d)[\p{L}\d.&'-]*(?: (?:\p{Lu}|\d)[\p{L}\d.&'-]*){0,3})([,)!.:]|\s(?:we|is|are|and|has|\()|$)`)
	sentenceEnd = regexp.MustCompile(`[.!?:]\s+|\n+`)
	address     = regexp.MustCompile(`(?i)(?:https?:/+)?(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,12}\b(?:/[^\s)>\]|]*)?`)
	fullURL     = regexp.MustCompile(`(?i)[(<\[]?\b(?:h?ttps?:/+|www\.)[^\s)>\]|,]+[)>\]]?`)
)

func withoutAddresses(s string) string { return fullURL.ReplaceAllString(s, " ") }

// ofSubject is the subject of a sentence in which an employer looks for people: "Acme is hiring ...".
func (e employerReader) ofSubject(line string) string {
	line = strings.Join(strings.Fields(bracket.ReplaceAllString(line, " ")), " ")
	for _, pattern := range []*regexp.Regexp{subjectOf, seeks, atUs} {
		if found := pattern.FindStringSubmatch(line); found != nil {
			if name := e.subject(found[1]); name != "" {
				return name
			}
		}
	}
	return ""
}

// subject is the name at the end of what stands before a verb: "San Francisco, CA - Acme".
func (e employerReader) subject(s string) string {
	parts := dashField.Split(barField.ReplaceAllString(s, " - "), -1)
	s = strings.TrimSpace(parts[len(parts)-1])
	if _, after, ok := strings.Cut(s, ": "); ok {
		s = after
	}
	if before, after, ok := strings.Cut(s, ", "); ok && len(e.gazetteer.purePlaces([]string{before})) == 0 {
		if !startsUpper(after) || len(strings.Fields(after)) > 2 { // "Acme, makers of paper"
			s = before
		}
	}
	s = strings.TrimPrefix(s, "Here at ")
	s = strings.TrimPrefix(s, "The team at ")
	name := e.cleaned(s)
	words := strings.Fields(name)
	if len(words) == 0 || len(words) > subjectWordsMax || e.kindOf(name) != fieldName {
		return ""
	}
	if !isNamed(name) && (len(words) > 1 || !e.ownHost(name)) || e.isSkill(name) && !e.ownHost(name) {
		return ""
	}
	return name
}

// sentences are those at the top of the post, without addresses and brackets.
func (e employerReader) sentences() []string {
	text := e.text
	if len(text) > saidBytesMax {
		text = truncate(text, saidBytesMax)
	}
	var sentences []string
	for _, s := range sentenceEnd.Split(shortened.ReplaceAllString(text, "$1$2"), -1) {
		s = strings.Trim(strings.Join(strings.Fields(bracket.ReplaceAllString(withoutAddresses(s), " ")), " "), " -*•,")
		if s != "" {
			sentences = append(sentences, s)
		}
	}
	return sentences
}

// ofSeekers is the subject of the first sentence in which an employer looks for people.
func (e employerReader) ofSeekers() string {
	for _, s := range e.sentences() {
		if name := e.ofSubject(s); name != "" {
			return name
		}
	}
	return ""
}

// ofSentences looks for a sentence that an employer is the subject of, those that seek people first.
func (e employerReader) ofSentences() string {
	if name := e.ofSeekers(); name != "" {
		return name
	}
	sentences, best := e.sentences(), ""
	for _, s := range sentences {
		if found := isA.FindStringSubmatch(s); found != nil && best == "" {
			if name := e.subject(found[1]); name != "" && (e.ownHost(name) || strings.Count(e.text, name) > 1) {
				best = name
			}
		}
	}
	if best != "" {
		return best
	}
	for _, found := range weAre.FindAllStringSubmatch(strings.Join(sentences, "\n"), -1) {
		name := e.subject(strings.TrimRight(found[1], ".'"))
		if name != "" && (e.ownHost(name) || strings.Count(e.text, name) > 1) {
			return name
		}
	}
	for _, s := range sentences {
		if found := isA.FindStringSubmatch(s); found != nil {
			if name := e.subject(found[1]); name != "" && len(strings.Fields(name)) <= 3 {
				return name
			}
		}
	}
	return ""
}

// ownHost reports whether an address in the post is called as a name is: "Course Hero", coursehero.com.
func (e employerReader) ownHost(name string) bool {
	letters := runTogether(name)
	if len(letters) < 3 {
		return false
	}
	for _, host := range e.hosts {
		if strings.Contains(strings.ReplaceAll(host.name, "-", ""), letters) {
			return true
		}
	}
	return false
}

func runTogether(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// host is an address of a post.
type host struct {
	name  string // the part of it that somebody chose: "acme" of jobs.acme.co.uk/hiring
	whole string // its domain without dots: "acmecouk"
	works bool   // it leads to where posts are told
}

var workPath = regexp.MustCompile(`(?i)job|career|hiring|work-?with|join|openings|positions|recruit`)

// hostsMax is how many addresses of a post are looked at: more are a list of links.
const hostsMax = 20

// hostsOf are the addresses that may be the employer's, in the order in which they stand.
func hostsOf(text string) []host {
	var out []host
	for _, found := range address.FindAllString(text, hostsMax) {
		a := strings.ToLower(found)
		a = strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(a, "https:"), "http:"), "/")
		plain := len(a) == len(found) && !strings.HasPrefix(a, "www.")
		domain, path, isPath := strings.Cut(a, "/")
		parts := strings.Split(domain, ".")
		if last := parts[len(parts)-1]; len(parts) < 2 || !isTopDomain(last) || plain && !isPath && isWordDomain(last) {
			continue
		}
		i := len(parts) - 2
		switch parts[i] {
		case "co", "com", "ac", "org", "net", "gov", "edu": // acme.co.uk
			i = max(0, i-1)
		}
		name, works := parts[i], workPath.MatchString(a)
		switch {
		case isJobSite(name):
			if name = ofJobSite(parts[:i], path); name == "" {
				continue
			}
			works = true
		case isPublicSite(name):
			continue
		}
		out = append(out, host{name: name, whole: strings.ReplaceAll(strings.Join(parts[i:], ""), "-", ""), works: works})
	}
	return out
}

func isTopDomain(s string) bool {
	switch s {
	case "com", "net", "org", "io", "co", "ai", "me", "us", "uk", "de", "fr", "ch", "at", "nl", "be", "se", "no", "dk", "fi", "es", "it", "pl", "pt", "ie", "in", "au", "nz", "ca", "jp", "cn", "sg", "hk", "il", "br", "eu", "tv", "ly", "fm", "im", "is", "sm", "am", "gg", "so", "to", "biz", "info", "edu", "gov",
		"tech", "dev", "app", "xyz", "health", "work", "works", "jobs", "careers", "life", "cloud", "media", "studio", "engineering", "systems", "global", "world", "team", "one", "labs", "energy", "network", "rocks", "care", "vc", "ventures", "city", "digital", "group", "email", "li", "cc", "ws", "sh", "gr", "cz", "ro", "ru", "kr", "za", "mx", "ar", "cl", "my", "ph", "vn", "th", "id", "ee", "lt", "lv":
		return true
	}
	return false
}

// isWordDomain reports whether a top domain is a word, too: "for limos.in Oslo" lacks a space.
func isWordDomain(s string) bool {
	switch s {
	case "so", "to", "in", "is", "it", "at", "me", "no", "us", "be", "one", "work", "works", "team", "city", "care", "life", "world", "group", "email", "media", "am", "my", "energy", "network", "health", "systems", "global", "studio", "engineering", "jobs", "careers", "app", "id", "es", "se", "de", "la":
		return true
	}
	return false
}

// isJobSite reports whether a host tells posts for others, with the employer in the address.
func isJobSite(name string) bool {
	switch name {
	case "greenhouse", "lever", "workable", "recruitee", "smartrecruiters", "ashbyhq", "breezy", "bamboohr", "theresumator", "applytojob", "recruiterbox", "teamtailor", "personio", "workday", "myworkdayjobs", "icims", "catsone", "homerun", "welcomekit", "resumatorapi", "hire":
		return true
	}
	return false
}

// ofJobSite is the employer in the address of such a site: acme.workable.com, jobs.lever.co/acme.
func ofJobSite(before []string, path string) string {
	if len(before) > 0 {
		switch before[0] {
		case "www", "jobs", "boards", "apply", "careers", "app", "api", "hire", "job-boards", "grnh":
		default:
			return before[0]
		}
	}
	name, _, _ := strings.Cut(path, "/")
	if name, _, _ = strings.Cut(name, "?"); len(name) < 3 || name == "jobs" || name == "embed" || name == "j" {
		return ""
	}
	return name
}

// isPublicSite reports whether a host is everybody's: what is found there is not the host's.
func isPublicSite(name string) bool {
	switch name {
	case "ycombinator", "github", "gitlab", "bitbucket", "google", "goo", "bit", "tinyurl", "t", "twitter", "facebook", "linkedin", "lnkd", "youtube", "youtu", "vimeo", "medium", "wikipedia", "techcrunch", "nytimes", "forbes", "wired", "wsj", "bloomberg", "businessinsider", "venturebeat", "mashable",
		"theverge", "reddit", "angel", "angellist", "stackoverflow", "stackexchange", "craigslist", "indeed", "glassdoor", "dice", "monster", "hired", "jobvite", "jobscore", "taleo", "ultipro", "adp", "workforcenow", "zohorecruit", "typeform", "docs", "dropbox", "meetup", "slack", "slideshare", "imgur", "flickr", "instagram", "crunchbase",
		"amazonaws", "appspot", "herokuapp", "heroku", "blogspot", "wordpress", "tumblr", "quora", "apple", "python", "golang", "rubyonrails", "nodejs", "reactjs", "scala-lang", "haskell", "clojure", "gmail", "hotmail", "yahoo", "outlook", "protonmail", "grnh", "gartner", "inc", "fortune", "arstechnica", "readwrite", "gigaom", "pandodaily", "recode",
		"asp", "vb", "node", "socket", "backbone", "ember", "angular", "vue", "d3", "three", "jobs", "careers", "weworkremotely", "remoteok", "hnhiring", "whoishiring", "mailto", "e-mail", "ow", "owl", "dribbble", "behance", "news", "bbc", "theguardian", "cnn", "cnbc", "zdnet", "economist", "producthunt", "kickstarter", "indiegogo", "ted", "coursera", "maps", "googleblog", "soundcloud", "spotify", "itunes", "npmjs", "pypi", "readthedocs", "hackerrank", "codility", "skype", "calendly", "workinstartups", "startupjobs", "thenextweb", "jobylon", "talentbait", "clsr", "gplus", "about", "asana", "trello", "notion", "airtable", "evernote", "s3", "pastebin":
		return true
	}
	return false
}

// ofAddress is the employer by the address of its pages: as the post writes it ("Course Hero", coursehero.com), or
// the address itself where the post begins with it or posts are told there.
func (e employerReader) ofAddress() string {
	for _, h := range e.hosts {
		if name := e.asWritten(h.name); name != "" {
			return name
		}
		if name := e.writtenAs(h.whole); name != "" {
			return name
		}
	}
	head, _, _ := strings.Cut(e.text, "\n")
	for i, h := range e.hosts {
		if len(h.name) >= 3 && (h.works || i == 0 && strings.Contains(strings.ToLower(head), h.name)) {
			return h.name
		}
	}
	return ""
}

// asWritten is how the post writes the words that an address runs together.
func (e employerReader) asWritten(name string) string {
	want := strings.ReplaceAll(name, "-", "")
	if written := e.writtenAs(want); written != "" {
		return written
	}
	for _, prefix := range []string{"get", "try", "join", "use", "go", "hello", "team", "my", "the"} {
		if short, ok := strings.CutPrefix(want, prefix); ok && len(short) > 3 {
			if written := e.writtenAs(short); written != "" {
				return written
			}
		}
	}
	for _, suffix := range []string{"hq", "app", "inc", "labs", "jobs", "careers", "company", "software", "tech"} {
		if short, ok := strings.CutSuffix(want, suffix); ok && len(short) > 3 {
			if written := e.writtenAs(short); written != "" {
				return written
			}
		}
	}
	return ""
}

// writtenAs looks for words that give want when they are run together.
func (e employerReader) writtenAs(want string) string {
	if len(want) < 3 {
		return ""
	}
	words := strings.FieldsFunc(withoutAddresses(e.text), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("()[]<>|,;:!?\"“”/", r) })
	for i := range words {
		letters := ""
		for j := i; j < min(len(words), i+4); j++ {
			letters += runTogether(words[j])
			if len(letters) > len(want) {
				break
			}
			if written := strings.Trim(strings.Join(words[i:j+1], " "), ".-–'’*"); letters == want && (startsUpper(written) || strings.Contains(written, ".")) {
				return written
			}
		}
	}
	return ""
}
