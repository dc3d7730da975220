package enrich

import (
	"slices"
	"strings"
)

// name reads the role's name behind a trigger that ends before word i.
func (r *textRules) name(out *textReading, words []titleWord, i int, t trigger, titles *titleRules) {
	for i < len(words) && isArticle(words[i].text) {
		i++
	}
	end := i
	for end < len(words) && end < i+roleNameWords && (end == i || words[end].join != joinSegment) && !endsName(words[end].text) {
		end++
	}
	if t.team {
		r.team(out, words, i, titles)
		return
	}
	if end == i || t.followed && (end == len(words) || !isRoleEnd(words[end].text)) {
		return
	}
	// Only a head says that a role is named; a function word may be anything ("as a product we").
	heads := titles.headsOf(words, i, end)
	if len(heads) == 0 {
		return
	}
	head, ok := mainHead(heads, end)
	role := titles.roleOf(words[i:end])
	if !ok && strings.Contains(role.rule, " + ") {
		// "As our first Analytics Lead": a bare title and the field before it.
		head, ok = headFound{rule: headRule{kind: headRole}}, heads[len(heads)-1].start > i
	}
	if !ok {
		return
	}
	// A bare "engineer" or "manager" names nothing.
	if head.rule.kind == headRole && head.end > 0 && !endsPhrase(words[:end], head.end) && head.end-head.start == 1 {
		return // "our clinical network", "our talent community"
	}
	bare := head.rule.kind != headRole && head.end-head.start == 1 && !strings.Contains(role.rule, " + ")
	if bare || role.role == "" || role.role == roleOther && head.rule.kind != headRole || isFigure(strings.SplitN(role.rule, " + ", 2)[0]) {
		return // "hiring an ex-founder" says what one was
	}
	out.named, out.namedBy = role.role, joinWords(words[i:end])
	out.scores[slices.Index(r.roles, role.role)] += roleNamedWeight
}

// nameIn reads the role's name where employers speak of themselves: some say there whom they look for.
// What they call themselves ("As a leading bank, we") is none.
func (r *textRules) nameIn(out *textReading, words []titleWord, titles *titleRules) {
	for i := range words {
		if t, n := r.triggers.endingAt(words, i); n > 0 && !t.sentenceOnly && !t.followed && !t.team {
			if r.name(out, words, i+1, t, titles); out.named != "" {
				return
			}
		}
	}
}

// team reads the team the job is in: what stands between a trigger that ends before word i and "team".
func (r *textRules) team(out *textReading, words []titleWord, i int, titles *titleRules) {
	for end := i; end < len(words) && end < i+teamWords && (end == i || words[end].join != joinSegment); end++ {
		if s := words[end].stem; s != "team" && s != "department" && s != "organization" {
			continue
		}
		if role, _ := titles.lastFunction(words, i, end); role != "" && role != roleSoftwareEngineer && !out.teamed {
			out.teamed = true
			out.scores[slices.Index(r.roles, role)] += roleTeamWeight
		}
		return
	}
}

// isFigure tells the heads that are mostly said of character: "a hands-on operator", "a player-coach".
func isFigure(rule string) bool {
	switch rule {
	case "founder", "co founder", "operator", "coach", "investor", "ai builder", "storyteller", "artist", "hacker", "mentor", "driver", "seller", "owner", "expert", "leader", "ambassador", "advocate", "authority":
		return true
	}
	return false
}

func isArticle(w string) bool {
	return w == "a" || w == "an" || w == "our" || w == "the"
}

// isRoleEnd tells the words that make what stands before them the name of this job.
func isRoleEnd(w string) bool { return w == "will" || w == "role" || w == "position" }

func endsName(w string) bool {
	switch w {
	case "who", "you", "we", "that", "to", "with", "at", "role", "position", "will", "is", "your", "our", "the", "passionate", "well", "former":
		return true
	}
	return false
}
