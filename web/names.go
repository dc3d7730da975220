package web

import "strings"

// colours is how many line colours the style sheet has (--c0 to --c7), chosen to be told apart with
// any colour vision; dashes tell roles of one colour apart.
const colours = 8

// roleOrder fixes each role's colour and dash, so that a role looks the same on every page: the four
// roles of the thesis have colours of their own, drawn through.
func roleOrder() []string {
	return []string{
		"research_scientist", "research_engineer", "applied_scientist", "ml_engineer",
		"data_scientist", "data_engineer", "software_engineer", "other",
		"ai_engineer", "member_of_technical_staff", "data_analyst", "ml_platform_engineer",
		"prompt_engineer", "forward_deployed_engineer", "hardware_engineer", "unknown",
		"product_manager", "design", "sales", "marketing",
		"operations", "people", "finance_legal", "management", "customer_success_support",
	}
}

// look is a role's colour and dash; roles that are not in roleOrder share one.
func look(role string) (colour, dash int) {
	for i, known := range roleOrder() {
		if role == known {
			return i % colours, i / colours
		}
	}
	return colours - 1, 3
}

// words that are not written as the ids write them.
func spelling(word string) string {
	switch word {
	case "ml", "ai", "phd", "us":
		return strings.ToUpper(word)
	case "legal":
		return "and legal"
	case "support":
		return "and support"
	}
	return word
}

// label makes an id readable: ml_engineer is "ML engineer".
func label(id string) string {
	if id == "" {
		return "unknown"
	}
	words := strings.Split(id, "_")
	for i, w := range words {
		words[i] = spelling(w)
	}
	text := strings.Join(words, " ")
	if c := text[0]; c >= 'a' && c <= 'z' {
		text = string(c-'a'+'A') + text[1:]
	}
	return text
}

// kindFamily groups the taxonomy's kinds into the six colours of the mentions, which are told apart
// by more than their hue; an unknown kind is "other".
func kindFamily(kind string) string {
	switch kind {
	case "language":
		return "language"
	case "framework", "library", "model":
		return "framework"
	case "tool", "platform", "service", "system":
		return "tool"
	case "database", "format", "protocol", "standard":
		return "data"
	case "method", "field", "practice":
		return "knowledge"
	case "hardware":
		return "hardware"
	}
	return "other"
}

// kindFamilies are what kindFamily returns, with what they stand for.
func kindFamilies() []struct{ Class, Text string } {
	return []struct{ Class, Text string }{
		{"language", "language"},
		{"framework", "framework, library, model"},
		{"tool", "tool, platform, service"},
		{"data", "database, format, protocol"},
		{"knowledge", "field, method, practice"},
		{"hardware", "hardware"},
		{"other", "other"},
	}
}
