package enrich

import (
	"slices"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// vacancyOf is the identity of the job behind a posting: one company's postings whose normalised
// title, seniority, employment type and essential text are equal are one vacancy, however many places
// they name. It is a function of the one posting alone, so two adverts that were edited apart are two.
func vacancyOf(p posting.Posting, doc document, places placeBooks, r *room) string {
	title := strings.Join([]string{p.TitleNormalised, p.Seniority, p.EmploymentType}, "\n")
	text := essentialText(doc, places, r)
	if text == "" {
		// Slim sources give no text; the team then tells two jobs of one title apart.
		text = foldLatin(p.Team)
	}
	if p.CompanyKey == "" && text == "" {
		text = p.PostingID // of an employer that nobody knows, nothing says that two adverts are one job
	}
	return posting.VacancyID(p.CompanyKey, title, text)
}

// essentialText is what a vacancy is recognised by: the set of the description's sentences, as words
// without digits, sorted. Left out are headings, paragraphs about the employer, benefits, law and
// procedure, and sentences that name a place, pay, a language to speak or a requisition.
func essentialText(doc document, places placeBooks, r *room) string {
	var sentences []string
	for _, p := range doc.paragraphs {
		if p.kind == heading || !speaksOfWork(p.section) {
			continue
		}
		words := splitSentences(r.words[:0], p.folded)
		r.words = words
		for start := 0; start < len(words); {
			end := start + 1
			for end < len(words) && words[end].join != joinSegment {
				end++
			}
			if !differsByCopy(words[start:end], places) {
				sentences = append(sentences, sentenceText(words[start:end]))
			}
			start = end
		}
	}
	slices.Sort(sentences)
	sentences = slices.DeleteFunc(slices.Compact(sentences), func(s string) bool { return s == "" })
	return strings.Join(sentences, "\n")
}

func sentenceText(words []titleWord) string {
	n := 0
	for _, w := range words {
		n += len(w.text) + 1
	}
	b := make([]byte, 0, n)
	for _, w := range words {
		if w.text[0] >= '0' && w.text[0] <= '9' {
			continue // years asked for, hours and head counts are edited from copy to copy
		}
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, w.text...)
	}
	return string(b)
}

// splitSentences is splitParagraph with joinSegment only where a sentence begins; a currency sign is
// a word of its own.
func splitSentences(words []titleWord, s string) []titleWord {
	join := joinSegment
	for i := 0; i < len(s); {
		n := textWordLen(s[i:])
		if n == 0 {
			switch {
			case (s[i] == '.' || s[i] == '!' || s[i] == '?') && (i+1 == len(s) || s[i+1] == ' '):
				join = joinSegment
			case s[i] == '$' || strings.HasPrefix(s[i:], "€") || strings.HasPrefix(s[i:], "£"):
				words = append(words, titleWord{text: "$", stem: "$", join: join})
				join = joinSpace
			}
			i++
			continue
		}
		words = append(words, titleWord{text: s[i : i+n], stem: singular(s[i : i+n]), join: join})
		join = joinSpace
		i += n
	}
	return words
}

// differsByCopy reports whether a sentence is of the kind that differs between the copies of one job.
func differsByCopy(words []titleWord, places placeBooks) bool {
	for i, w := range words {
		switch w.stem {
		case "$", "usd", "eur", "gbp", "cad", "aud", "inr", "chf", "salary", "salarie", "ote", "compensation", "gehalt", "salaire", "salario", "remuneration", "pay",
			"office", "onsite", "hybrid", "remote", "remotely", "relo", "relocate", "relocation", "commute", "timezone", "located", "location", "based", "reside", "headquarter", "hq", "ordinance", "jurisdiction",
			"utc", "gmt", "cet", "fluent", "fluency", "bilingual", "fliessend", "courant", "requisition", "airport":
			return true
		case "req":
			if next := wordAt(words, i+1); next == "id" || next == "number" {
				return true
			}
		case "time":
			if before := wordAt(words, i-1); before == "standard" || before == "eastern" || before == "pacific" {
				return true
			}
		}
		if places.inText(words, i) {
			return true
		}
	}
	return false
}
