package enrich

import (
	"slices"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// The values of Posting.Workplace.
const (
	workplaceOnsite = "onsite"
	workplaceHybrid = "hybrid"
	workplaceRemote = "remote"
)

// workplaceWord reads a source's own word ("Hybrid", "on-site", "Remote"); "" when it says nothing.
func workplaceWord(s string) string {
	s = strings.ToLower(s)
	switch {
	case strings.Contains(s, "hybrid"):
		return workplaceHybrid
	case strings.Contains(s, "remote"), strings.Contains(s, "telecommut"), strings.Contains(s, "home"):
		return workplaceRemote
	case strings.Contains(s, "site"), strings.Contains(s, "office"), strings.Contains(s, "person"), strings.Contains(s, "physical"):
		return workplaceOnsite
	}
	return ""
}

// Phrases that tell the workplace in running text. They name the work, not the technology: "hybrid
// cloud" and "remote sensing" are everywhere.
var (
	hybridPhrases = []string{
		"hybrid work", "hybrid role", "hybrid position", "hybrid model", "hybrid schedule", "hybrid environment", "hybrid policy", "hybrid approach", "hybrid set", "hybrid office", "hybrid job", "is hybrid", "(hybrid)", "hybrid:", "hybrid -", "hybrid,", "hybrides arbeiten", "hybrid arbeiten",
		"days a week in the office", "days per week in the office", "days a week in our", "days per week in our", "days in the office", "days in office", "days in-office", "days onsite", "days on-site", "days per week onsite", "days a week onsite", "in-office days", "in the office at least", "in one of our offices at least", "in our offices at least", "days of remote", "days remote", "partially remote", "days a week from the office", "days from the office",
		"remote days on", "hybrid capacity", "hybrid-working", "hybrid working", "work from home day", "work-from-home day", "be hybrid", "hybrid based", "#li-hybrid",
	}
	remotePhrases = []string{"fully remote", "100% remote", "remote-first", "remote first", "fully distributed", "remote position", "remote role", "remote job", "remote opportunity", "this is a remote", "is remote", "work remotely from", "remote company", "work from anywhere", "all-remote", "remote (", "(remote", "remote-based", "remote within", "remote in the", "remote us", "location: remote", "remote anywhere", "remote work from", "full remote", "vollständig remote", "télétravail complet", "100% télétravail", "100% remoto", "entirely remote", "home based", "home-based", "#li-remote"}
	onsitePhrases = []string{"fully onsite", "fully on-site", "100% onsite", "100% on-site", "on-site role", "onsite role", "on-site position", "onsite position", "in-person role", "in-person position", "is on-site", "is onsite", "is in-person", "is in person", "fully in-person", "fully in person", "in-office role", "in-office position", "is in-office", "is an in-office", "is an on-site", "is an onsite", "is an in-person", "5 days a week in", "five days a week in", "5 days per week in", "five days per week in", "5 days a week onsite", "5 days in office", "five days in", "(onsite)", "(on-site)", "(in-office)", "not remote", "no remote", "not a remote", "work onsite", "work on-site", "in person from our", "in-person from our", "in person at our", "in-person at our", "in-person team", "in-office culture", "must be on-site", "in-office company", "in-person company", "in-office team", "#li-onsite"}
)

// workplace tells whether the work is done on site, remotely or both: by the source's own word,
// then by the places, the title, the days in the office the text names, a line that states it, and
// last by what the text says of the work. Contradicting
// statements of equal rank give "", unless hybrid reconciles them.
func workplace(rec posting.Record, doc document) string {
	if w := workplaceWord(rec.Workplace); w != "" {
		return w
	}
	flagged := rec.Remote != nil && *rec.Remote
	if w := workplaceOfPlaces(rec.Places); w != "" && (w == workplaceHybrid || !flagged) {
		return w
	}
	if w := statedWorkplace(strings.ToLower(doc.title)); w != "" {
		return w
	}
	if !flagged && len(rec.Places) == 0 && len(doc.paragraphs) > 0 {
		// The header line of a post without fields.
		if first := doc.paragraphs[0].lower; strings.Count(first, "|")+1 >= headerFieldsMin {
			return statedWorkplace(first)
		}
	}
	// Boards set the flag for hybrid work too; what the advert says of this job is more exact.
	if w := workplaceOfDays(doc); w != "" {
		return w
	}
	if w := workplaceOfLines(doc); w != "" {
		return w
	}
	if flagged {
		if doc.states(signalHybrid) {
			return workplaceHybrid
		}
		return workplaceRemote
	}
	remote, onsite := doc.states(signalRemote), doc.states(signalOnsite)
	switch {
	case doc.states(signalHybrid):
		return workplaceHybrid
	case remote && onsite:
		return ""
	case remote:
		return workplaceRemote
	case onsite || doc.basedInOffice():
		return workplaceOnsite
	}
	return ""
}

// openPhrases are words of a paragraph that speaks of every job of the employer and leaves open what
// this one is.
var openPhrases = []string{"position is listed as", "role is listed as", "job is listed as", "is not guaranteed", "if this role is remote", "if this is a remote"}

// states reports whether a paragraph gives the signal for this job.
func (d *document) states(s signal) bool {
	return d.gives(s) && slices.ContainsFunc(d.paragraphs, func(p paragraph) bool { return p.signals.has(s) && !holdsAny(p.lower, openPhrases) })
}

// workplaceOfPlaces reads "Remote - US" and "Berlin (Hybrid)"; places that differ tell nothing.
func workplaceOfPlaces(places []posting.Place) string {
	found := ""
	for _, p := range places {
		w := statedWorkplace(strings.ToLower(p.Text))
		if w == "" || found != "" && w != found {
			return ""
		}
		found = w
	}
	return found
}

// statedWorkplace reads a short text in which the bare words mean the workplace.
func statedWorkplace(lower string) string {
	hybrid := holdsWord(lower, "hybrid") || holdsWord(lower, "híbrido")
	remote := holdsWord(lower, "remote") || holdsWord(lower, "remoto") || holdsWord(lower, "télétravail") || holdsWord(lower, "telecommute")
	onsite := holdsWord(lower, "onsite") || holdsWord(lower, "on-site") || holdsWord(lower, "in-office") || holdsAny(lower, []string{"(in office", "- in office", ", in office", "| in office", ": in office"}) || strings.HasPrefix(lower, "in office")
	if strings.Contains(lower, "no remote") || strings.Contains(lower, "not remote") {
		hybrid, remote, onsite = false, false, true
	}
	switch {
	case hybrid:
		return workplaceHybrid
	case remote && !onsite:
		if strings.Contains(lower, "remote sensing") || strings.Contains(lower, " or remote") || strings.Contains(lower, "remote or ") || strings.Contains(lower, "/remote") {
			return ""
		}
		return workplaceRemote
	case onsite && !remote:
		return workplaceOnsite
	}
	return ""
}

func holdsAny(s string, phrases []string) bool {
	for _, p := range phrases {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

// holdsWord reports whether w occurs in s between characters that are no letters or digits.
func holdsWord(s, w string) bool {
	for from := 0; ; {
		i := strings.Index(s[from:], w)
		if i < 0 {
			return false
		}
		i += from
		if wordStart(s, i) && !startsWord(s[i+len(w):]) {
			return true
		}
		from = i + len(w)
	}
}

func wordStart(s string, i int) bool {
	return i == 0 || !endsInWord(s[:i], "a")
}
