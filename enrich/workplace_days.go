package enrich

import "strings"

const (
	// workweek is the days in the office that leave none at home.
	workweek = 5
	// officeReach is how far from a number of days, in bytes, the word office may stand.
	officeReach = 70
	// linePlaceMax is the length of a label such as "work location:".
	linePlaceMax = 24
	// lineStatedMax is how much behind a label is read.
	lineStatedMax = 80
)

// dayPhrases are where numbers of days a week are looked for.
var dayPhrases = []string{" day", "/week", "x a week", "x per week", "times a week", "times per week"}

// basePhrases are followed by an office in "this role is based out of our Austin office".
var basePhrases = []string{"role is based in our", "role is based out of our", "role is based at our", "position is based in our", "position is based out of our", "based out of our", "work out of our", "work from our"}

// officeWords are the places whose days count.
var officeWords = []string{"office", "onsite", "on-site", "on site", "in-person", "in person", "headquarters", " hq"}

// notOfficeDays are words of a sentence whose days are no working week: leave, trials, travel.
var notOfficeDays = []string{
	"holiday", "vacation", "pto", "leave", "interview", "workshop", "trial", "per month", "a month", "per quarter", "a quarter", "per year", "a year", "days off", "shift", "travel", "retreat", "offsite", "off-site", "business days", "working days of", "first day",
	"customer site", "client site", "lunch", "snacks", "meals", "catered", "dogs",
}

// workplaceOfDays reads "4 days a week in our Boston office": up to four is hybrid, five on site.
// The fewest days that any sentence names count; a range counts by its lower end.
func workplaceOfDays(doc document) string {
	fewest := 0
	for _, p := range doc.paragraphs {
		if !p.signals.has(signalDays) || p.section == sectionLegal {
			continue
		}
		if n := officeDays(requirementText(doc, p)); n > 0 && (fewest == 0 || n < fewest) {
			fewest = n
		}
	}
	switch {
	case fewest == 0:
		return ""
	case fewest < workweek:
		return workplaceHybrid
	}
	return workplaceOnsite
}

// officeDays is the fewest days a week in the office that a paragraph names, 0 for none.
func officeDays(s string) int {
	fewest := 0
	for from := 0; from < len(s); {
		at, length := nextDays(s[from:])
		if at < 0 {
			break
		}
		at += from
		from = at + length
		n, start, ok := yearsBefore(s, at)
		if !ok || n < 1 || n > workweek || fewest > 0 && n >= fewest {
			continue
		}
		before, after := s[max(0, start-officeReach):start], s[at:min(len(s), at+officeReach)]
		for _, stop := range []string{". ", "; "} {
			if i := strings.LastIndex(before, stop); i >= 0 {
				before = before[i:]
			}
			if i := strings.Index(after, stop); i >= 0 {
				after = after[:i]
			}
		}
		if n == 1 && !strings.Contains(after, "week") {
			continue // "one day you are on site, another in the office"
		}
		// "3 days in the office and 2 at home": what is nearer behind the number is its place.
		home := strings.Index(after, "remote")
		if i := strings.Index(after, "home"); i >= 0 && (home < 0 || i < home) {
			home = i
		}
		office := firstOf(after, officeWords)
		if home >= 0 && (office < 0 || home < office) || office < 0 && firstOf(before, officeWords) < 0 {
			continue
		}
		if holdsAny(before, notOfficeDays) || holdsAny(after, notOfficeDays) {
			continue
		}
		fewest = n
	}
	return fewest
}

// nextDays finds the next word of days in s, and its length.
func nextDays(s string) (at, length int) {
	at = -1
	for _, w := range dayPhrases {
		if i := strings.Index(s, w); i >= 0 && (at < 0 || i < at) {
			at, length = i, len(w)
		}
	}
	return at, length
}

// firstOf is where the first of the words stands in s, -1 for nowhere.
func firstOf(s string, words []string) int {
	best := -1
	for _, w := range words {
		if i := strings.Index(s, w); i >= 0 && (best < 0 || i < best) {
			best = i
		}
	}
	return best
}

// workplaceOfLines reads lines that state the workplace and nothing else: "Modality: on-site", "In
// person in Tacoma." Lines that differ tell nothing, unless hybrid reconciles them.
func workplaceOfLines(doc document) string {
	found := ""
	for i := range doc.paragraphs {
		w := statedLine(strings.TrimPrefix(doc.paragraphs[i].lower, itemPrefix))
		switch {
		case w == "" || w == found:
		case found == "":
			found = w
		case w == workplaceHybrid || found == workplaceHybrid:
			found = workplaceHybrid
		default:
			return ""
		}
	}
	return found
}

func statedLine(s string) string {
	for _, w := range []string{"in person in ", "in-person in ", "onsite in ", "on-site in "} {
		if strings.HasPrefix(s, w) {
			return workplaceOnsite
		}
	}
	head := s[:min(len(s), linePlaceMax)]
	i := strings.IndexByte(head, ':')
	if i < 0 {
		return ""
	}
	switch strings.TrimSpace(head[:i]) {
	case "location", "job location", "work location", "office location", "modality", "workplace", "workplace type", "work mode", "work model", "work type", "work arrangement", "work setting", "work environment", "location type", "working model", "arbeitsort", "lieu":
	default:
		return ""
	}
	rest := s[i+1:]
	if len(rest) > lineStatedMax {
		rest = rest[:lineStatedMax]
	}
	if dot := strings.Index(rest, ". "); dot >= 0 {
		rest = rest[:dot]
	}
	return statedWorkplace(rest)
}

// basedInOffice reports "based out of our Austin office".
func (d *document) basedInOffice() bool {
	if !d.gives(signalBase) {
		return false
	}
	for i := range d.paragraphs {
		p := &d.paragraphs[i]
		if !p.signals.has(signalBase) {
			continue
		}
		for _, w := range basePhrases {
			if _, after, ok := strings.Cut(p.lower, w); ok && holdsAny(after[:min(len(after), officeReach)], []string{"office", " hq", "headquarters"}) {
				return true
			}
		}
	}
	return false
}
