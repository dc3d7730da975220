package enrich

import (
	"strings"
	"unicode"

	"github.com/rolescope/rolescope/posting"
)

// teamWordsMax is how many words a team's name in a title has at most; what is longer is a sentence.
const teamWordsMax = 5

// teamOf is the team as the source states it, else the department, else the team that the title ends
// with ("Backend Engineer, Growth & Engagement Team"), without filing numbers and the word team.
func teamOf(rec posting.Record, title string) string {
	for _, s := range []string{rec.Team, rec.Department} {
		if s = normaliseTeam(s); s != "" {
			return s
		}
	}
	return teamOfTitle(title)
}

// normaliseTeam cleans a name as a source files it: "10200 - Engineering Team" and "ENG" are
// Engineering. Names that only say that there is none are "".
func normaliseTeam(s string) string {
	s = cleanName(s)
	if rest := strings.TrimLeft(s, "0123456789"); rest != s {
		// A number in front is the accountants' ("02 Accounting", "1200-Sales"), not a name ("3D", "1Password").
		if t := strings.TrimLeft(rest, " -–—.:_/"); t != rest && t != "" {
			s = t
		}
	}
	for _, tail := range []string{" team", " department", " dept", " dept."} {
		if n := len(s) - len(tail); n > 0 && strings.EqualFold(s[n:], tail) {
			s = strings.TrimRight(s[:n], " -–—,:")
		}
	}
	switch strings.ToLower(s) {
	case "eng":
		return "Engineering"
	case "hr":
		return "Human Resources"
	case "n/a", "na", "none", "other", "others", "general", "default", "misc", "miscellaneous", "no department", "all", "tbd", "unassigned", "team":
		return ""
	}
	if strings.IndexFunc(s, unicode.IsLetter) < 0 {
		return ""
	}
	return s
}

// notTeams are first words of what ends in "team" without being a part of the employer.
const notTeams = " red blue purple leadership executive management founding our the a your remote global-remote join core-team dream scrum agile one "

// teamOfTitle reads a team from the last segment of a title or from brackets, only where the segment
// says that it is one.
func teamOfTitle(title string) string {
	const word = "team"
	lower := lowerASCII(title)
	for from := 0; ; {
		i := strings.Index(lower[from:], word)
		if i < 0 {
			return ""
		}
		i += from
		from = i + len(word)
		rest := title[from:]
		if i == 0 || title[i-1] != ' ' || strings.Trim(rest, " ") != "" && !strings.HasPrefix(rest, ")") && !strings.HasPrefix(rest, ",") && !strings.HasPrefix(rest, " -") && !strings.HasPrefix(rest, " (") && !strings.HasPrefix(rest, " |") {
			continue
		}
		start := segmentStart(title[:i])
		if start == 0 {
			continue // "Customer Support Team" may be the whole of the job
		}
		name := strings.Trim(title[start:i], " ")
		words := strings.Fields(name)
		if len(words) == 0 || len(words) > teamWordsMax || strings.Contains(notTeams, " "+strings.ToLower(words[len(words)-1])+" ") ||
			strings.Contains(notTeams, " "+strings.ToLower(words[0])+" ") || !startsUpper(name) {
			continue
		}
		return normaliseTeam(name)
	}
}

// segmentStart is where the last segment of a title begins: behind a comma, an opening bracket, a bar
// or a dash between spaces; 0 when there is none.
func segmentStart(s string) int {
	start := 0
	for _, sep := range []string{",", "(", "|", " - ", " – ", " — ", ": "} {
		if i := strings.LastIndex(s, sep); i >= 0 {
			start = max(start, i+len(sep))
		}
	}
	if i := strings.LastIndex(s, ")"); i >= start { // "(Backend) Grant Growth Team"
		start = i + 1
	}
	return start
}
