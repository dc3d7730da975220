package enrich

import "slices"

// Software is what many roles are made of, so its evidence adds up in their descriptions too. A text
// for it is one for AI, data or machine learning engineers, or for who leads engineers, when the evidence
// for those is at least so much, and at least this share, in percent, of that for software. Measured
// against the titles of Ashby boards' postings (AI and data 3,913, the others 2,273): of those this
// changes, four in five then agree with their title.
const (
	narrowAIMin, narrowAIShare     = 10, 60
	narrowDataMin, narrowDataShare = 8, 40
	narrowMLMin, narrowMLShare     = 15, 70
	narrowLeadMin, narrowLeadShare = 10, 50
)

// narrower is the place of the role that software is the means of, or of software itself.
func (t textReading) narrower(roles []string, software int) int {
	written := t.scores[software]
	if t.named == roleSoftwareEngineer {
		written -= roleNamedWeight
	}
	ai, data := slices.Index(roles, roleAIEngineer), slices.Index(roles, roleDataEngineer)
	ml, lead := slices.Index(roles, roleMLEngineer), slices.Index(roles, roleManagement)
	switch {
	case t.named == "" && t.scores[lead] >= narrowLeadMin && 100*t.scores[lead] >= narrowLeadShare*written:
		return lead // of engineers, whose work the text is full of
	case t.named == "" && t.scores[ml] >= narrowMLMin && 100*t.scores[ml] >= narrowMLShare*written && t.scores[ml] >= t.scores[ai]:
		return ml
	case t.scores[ai] >= narrowAIMin && 100*t.scores[ai] >= narrowAIShare*written:
		return ai
	case t.named == "" && t.scores[data] >= narrowDataMin && 100*t.scores[data] >= narrowDataShare*written:
		return data
	}
	return software
}
