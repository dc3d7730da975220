package enrich

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// variants are the spellings that follow from one under each of its vendor's names: "Amazon Redshift"
// is also "AWS Redshift".
func (w skillWords) variants(text string) []string {
	out := variants(text)
	for _, names := range w.Vendors {
		for _, name := range names {
			product, ok := strings.CutPrefix(text, name+" ")
			if !ok {
				continue
			}
			for _, other := range names {
				if other != name {
					out = append(out, other+" "+product)
				}
			}
		}
	}
	return out
}

// variants are the spellings that follow from one: the words run together, and the plural of what
// ends in a common noun (written in lower case: "AI agent") or an acronym (ending in a capital:
// "LoRA"). Names have no plural.
func variants(text string) []string {
	out := []string{text}
	if plural := pluralOf(text); plural != "" {
		out = append(out, plural)
	}
	for _, v := range slices.Clone(out) {
		if joined := lettersOf(v); len(wordsOf(v)) == 2 && len(joined) >= joinedMin && joined != v {
			out = append(out, joined)
		}
	}
	return out
}

// joinedMin is the fewest letters two words must have to be looked for run together: shorter ones
// are too easily another word.
const joinedMin = 6

func pluralOf(text string) string {
	last := text[strings.LastIndexAny(text, " -/.")+1:]
	if len(last) < 2 || wordEnd(last, 0) != len(last) {
		return ""
	}
	r, _ := utf8.DecodeLastRuneInString(last)
	noun := strings.ToLower(last) == last
	switch {
	case unicode.IsUpper(r) && len(last) >= acronymMin:
		return text + "s"
	case !unicode.IsLetter(r) || strings.HasSuffix(strings.ToLower(last), "s"):
		return ""
	case strings.ToUpper(last) == last:
		return text + "s"
	case !noun || strings.HasSuffix(last, "ing"):
		return ""
	case strings.HasSuffix(last, "y") && !strings.ContainsAny(last[len(last)-2:len(last)-1], "aeiou"):
		return strings.TrimSuffix(text, "y") + "ies"
	}
	return text + "s"
}

// acronymMin is how long an acronym must be to have a plural whatever it ends with: "CMSs", but no
// "JSs".
const acronymMin = 3

// wordsOf cuts a spelling into words. A dot it begins with, as in ".NET", is part of its first word.
func wordsOf(text string) []token {
	var dotted *wordNumbers
	if strings.HasPrefix(text, ".") {
		dotted = &wordNumbers{numbers: map[string]int32{}}
		dotted.number(foldWord(text[:wordEnd(text, 1)]))
	}
	return tokenise(nil, text, dotted)
}

// lettersOf leaves out all that stands between words.
func lettersOf(text string) string {
	var b strings.Builder
	for _, t := range wordsOf(text) {
		b.WriteString(text[t.start:t.end])
	}
	return b.String()
}
