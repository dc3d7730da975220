package enrich

import (
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// vacancyOf is the identity of the job behind a posting: one company's postings whose normalised
// title, seniority, employment type and essential text are equal are one vacancy, however many places they
// name. It is a function of the one posting alone.
func vacancyOf(p posting.Posting, doc document, places placeBooks) string {
	title := strings.Join([]string{p.TitleNormalised, p.Seniority, p.EmploymentType}, "\n")
	text := essentialText(doc, places)
	if text == "" {
		// Slim sources give no text; the team then tells two jobs of one title apart.
		text = foldLatin(p.Team)
	}
	return posting.VacancyID(p.CompanyKey, title, text)
}

// essentialText is the description as its vacancy is recognised by: words only, without paragraphs
// about the employer, benefits, law and procedure, and without sentences that name a place or pay.
func essentialText(doc document, places placeBooks) string {
	var b strings.Builder
	var words []titleWord
	for _, p := range doc.paragraphs {
		if !speaksOfWork(p.section) {
			continue
		}
		words = splitSentences(words[:0], foldLatin(doc.text[p.start:p.end]))
		for start := 0; start < len(words); {
			end := start + 1
			for end < len(words) && words[end].join != joinSegment {
				end++
			}
			if !namesPlaceOrPay(words[start:end], places) {
				for _, w := range words[start:end] {
					b.WriteString(w.text)
					b.WriteByte(' ')
				}
			}
			start = end
		}
	}
	return strings.TrimSpace(b.String())
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

// namesPlaceOrPay reports whether a sentence differs between the copies of one job.
func namesPlaceOrPay(words []titleWord, places placeBooks) bool {
	for i, w := range words {
		switch w.stem {
		case "$", "usd", "eur", "gbp", "cad", "aud", "inr", "chf", "salary", "salarie", "ote", "compensation", "gehalt", "salaire", "salario", "remuneration", "pay",
			"office", "onsite", "hybrid", "remote", "remotely", "relocate", "relocation", "commute", "timezone", "located", "location", "based", "reside", "headquarter", "hq", "ordinance", "jurisdiction":
			return true
		}
		if places.inText(words, i) {
			return true
		}
	}
	return false
}
