package enrich

import (
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// companyOf is the employer of a raw posting: display is the name as configured for the board, else
// as the record states it, else the board's own; key groups spellings of one employer.
func companyOf(raw posting.Raw) (display, key string) {
	display = raw.Board
	for _, name := range []string{raw.Company, raw.Record.Company} {
		if name = cleanName(name); name != "" {
			display = name
			break
		}
	}
	display = cleanName(display)
	return display, companyKey(display)
}

// companyNameMax bounds a company's name; what is longer is a header line, not a name.
const companyNameMax = 200

func cleanName(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	s = strings.Trim(s, " ,;|-")
	if len(s) > companyNameMax {
		s = strings.ToValidUTF8(s[:companyNameMax], "")
	}
	return s
}

// companyKey is a name in lower case without accents, punctuation, a leading article, trailing legal
// forms ("GmbH", "Inc.") and trailing words of job boards ("Careers"). A name made of nothing else
// keeps its words.
func companyKey(name string) string {
	words := splitTitle(strings.ReplaceAll(name, ".", ""))
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.text
	}
	end := len(texts)
	for end > 1 && isNameTail(texts[end-1]) {
		end--
	}
	start := 0
	if end-start > 1 && texts[start] == "the" {
		start++
	}
	key := strings.Join(texts[start:end], " ")
	if key == "" {
		return foldLatin(name)
	}
	return key
}

func isNameTail(w string) bool {
	switch w {
	case "inc", "incorporated", "llc", "llp", "lp", "ltd", "limited", "plc", "corp", "corporation", "co", "company", "gmbh", "ag", "se", "kg", "kgaa", "mbh", "ug", "ev",
		"sa", "sas", "sarl", "srl", "spa", "bv", "nv", "ab", "as", "aps", "oy", "oyj", "pty", "pte", "pvt", "private", "ltda", "sl", "slu", "kk", "sro", "doo", "zoo", "pbc",
		"careers", "career", "jobs", "hiring", "recruiting", "recruitment":
		return true
	}
	return false
}
