package source

import "strings"

// What stands for personal data in texts. The tokens hold no digit and no at sign, and their
// brackets end every search, so that masking a masked text changes nothing.
const (
	emailToken = "[e-mail]"
	phoneToken = "[phone]"
)

// mask replaces e-mail addresses and phone numbers of a text by fixed tokens. Numbers that may be
// pay, years, ids or versions are left alone: a phone needs a plus sign with a country code, an area
// code in parentheses, or a word such as "call" before it. mask(mask(s)) is mask(s). The time it
// takes grows with the length of the text and with nothing else, whatever the text.
func mask(s string) string {
	return maskPhones(maskEmails(s))
}

// masker builds a text from pieces of another, copying nothing when there is nothing to replace.
type masker struct {
	in  string
	out strings.Builder
	end int // how far in has been copied or replaced
}

func (m *masker) replace(start, end int, token string) {
	m.out.WriteString(m.in[m.end:start])
	m.out.WriteString(token)
	m.end = end
}

func (m *masker) text() string {
	if m.end == 0 {
		return m.in
	}
	m.out.WriteString(m.in[m.end:])
	return m.out.String()
}
