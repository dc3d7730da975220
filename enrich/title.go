package enrich

import "strings"

// normaliseTitle is a title reduced to the work: lower case, without accents, seniority, places,
// workplace and contract words, gender markers, requisition numbers and years; segments stay, joined
// by ", ". "Senior Software Engineer (m/w/d), Payments - Berlin (Req. 4411)" becomes "software
// engineer, payments". A title that would lose every word keeps them all.
func normaliseTitle(words []titleWord, places placeBooks) string {
	drop := make([]bool, len(words))
	for i := range words {
		for k := i + 1 - places.inTitle(words, i); k <= i; k++ {
			drop[k] = true
		}
		if gradeWord(words, i) || contractWord(words, i) || isNumberWord(words[i].text) {
			drop[i] = true
		}
	}
	var b strings.Builder
	pending := false
	for i, w := range words {
		if w.join == joinSegment {
			pending = true
		}
		if drop[i] {
			continue
		}
		switch {
		case b.Len() == 0:
		case pending:
			b.WriteString(", ")
		default:
			b.WriteByte(' ')
		}
		pending = false
		b.WriteString(w.text)
	}
	if b.Len() == 0 {
		return joinWords(words)
	}
	return b.String()
}

// gradeWord reports whether word i is only a grade.
func gradeWord(words []titleWord, i int) bool {
	switch words[i].stem {
	case "manager", "director", "head", "chief", "president", "vp", "svp", "evp", "founder", "cofounder", "supervisor", "student", "stage", "op",
		"ceo", "cto", "cfo", "cmo", "coo", "cro", "cio", "ciso", "graduate", "grad", "intern", "internship", "leiter", "thesis", "career", "leader", "associate", "trainee", "entry":
		return words[i].stem == "associate" && levelAt(words, i, wordAt(words, i-1), wordAt(words, i+1)) != ""
	case "level":
		return wordAt(words, i-1) == "entry" || wordAt(words, i-1) == "mid"
	case "distinguished", "lead":
		return levelAt(words, i, wordAt(words, i-1), wordAt(words, i+1)) != ""
	}
	return levelAt(words, i, wordAt(words, i-1), wordAt(words, i+1)) != ""
}

// contractWord reports whether word i is about the contract or the workplace, not the work.
func contractWord(words []titleWord, i int) bool {
	before, after := wordAt(words, i-1), wordAt(words, i+1)
	switch words[i].text {
	case "remote", "hybrid", "onsite", "hibrido", "remoto", "teletravail", "homeoffice", "fulltime", "parttime", "vollzeit", "teilzeit", "festanstellung", "befristet",
		"unbefristet", "cdi", "cdd", "freelance", "wfh", "telework", "presencial", "temporaire", "permanent", "req", "urgent", "ftc":
		return true
	case "month", "months":
		return isNumberWord(before)
	case "contract":
		return before == "month" || before == "months" || before == "term" || aloneInSegment(words, i)
	case "fixed":
		return after == "term"
	case "term":
		return before == "fixed"
	case "summer", "winter", "spring", "fall", "autumn":
		return isNumberWord(before) || isNumberWord(after) || aloneInSegment(words, i)
	case "full", "part":
		return after == "time"
	case "time":
		return before == "full" || before == "part"
	case "on":
		return after == "site"
	case "site":
		return before == "on"
	case "based":
		return i > 0
	}
	return false
}

func aloneInSegment(words []titleWord, i int) bool {
	return words[i].join == joinSegment && (i+1 == len(words) || words[i+1].join == joinSegment)
}

// isNumberWord reports whether w has a requisition number's shape: three digits or more, letters
// allowed around them ("r12345"), or a year. "3d", "b2b", "s3", "web3" and "365" of a product's name
// are short enough to stay.
func isNumberWord(w string) bool {
	digits := 0
	for i := range len(w) {
		if w[i] >= '0' && w[i] <= '9' {
			digits++
		}
	}
	return digits >= 4 || digits == len(w) && digits > 0
}
