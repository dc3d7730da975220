package source

import (
	"encoding/json"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// noiseKeys are fields that change without the posting saying anything else: update stamps, consent
// settings, the application form, addresses to apply at, and which neighbours a department has.
// (On one board 969 of 1,033 changes of updated_at came with no other change.)
var noiseKeys = []string{
	"updated_at", "updatedAt", "data_compliance", "child_ids", "applyUrl", "apply_url",
	"questions", "location_questions", "compliance", "demographic_questions",
}

// personalKeys are fields that name a person: compared in lower case without separators.
var personalKeys = []string{
	"contact", "contacts", "contactname", "contactperson", "coordinator", "createdby", "creator",
	"hiringteam", "interviewer", "interviewers", "leader", "owner", "postedby", "reportsto",
	"sourcer", "supervisor", "updatedby", "user", "users", "avatarurl", "firstname", "lastname", "fullname",
}

// personalParts make any key that contains one of them personal.
var personalParts = []string{"recruiter", "hiringmanager", "email", "phone", "hrbp"}

// personal reports whether a field of this name holds data of a person.
func personal(key string) bool {
	key = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1 // separators, and the 2 in "Leader -2"
	}, key)
	if slices.Contains(personalKeys, key) {
		return true
	}
	return slices.ContainsFunc(personalParts, func(p string) bool { return strings.Contains(key, p) })
}

// clean returns a decoded JSON value without noise, personal data and empty values; nil when nothing
// is left. An empty value says nothing, so null, "" and an absent field are the same version.
func clean(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return cleanMap(v)
	case []any:
		var list []any
		for _, e := range v {
			if e = clean(e); e != nil {
				list = append(list, e)
			}
		}
		if list == nil {
			return nil
		}
		return list
	case string:
		s := cleanText(v)
		if strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") {
			s = cleanURL(s)
		} else {
			s = mask(s)
		}
		if strings.TrimSpace(s) == "" {
			return nil
		}
		return s
	case json.Number:
		// Numbers no reader can hold stay as text rather than spoil the posting.
		if _, err := strconv.ParseFloat(v.String(), 64); err != nil {
			return v.String()
		}
		return v
	case nil:
		return nil
	}
	return v
}

func cleanMap(m map[string]any) any {
	if namesPerson(m) {
		return nil
	}
	out := map[string]any{}
	for key, e := range m {
		if slices.Contains(noiseKeys, key) || personal(key) || plainTwin(m, key) {
			continue
		}
		if e = clean(e); e != nil {
			out[mask(cleanText(key))] = e
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// namesPerson reports whether m is a custom field such as {"name":"Recruiter","value":...}.
func namesPerson(m map[string]any) bool {
	name, _ := m["name"].(string)
	_, hasValue := m["value"]
	kind, _ := m["value_type"].(string)
	return hasValue && (personal(name) || strings.HasPrefix(kind, "user"))
}

// plainTwin reports whether key repeats another field as plain text, such as openingPlain.
func plainTwin(m map[string]any, key string) bool {
	base, ok := strings.CutSuffix(key, "Plain")
	if !ok {
		return false
	}
	_, twin := m[base]
	return twin
}

// cleanText drops control characters but line feeds and tabs, and replaces what is not UTF-8 by
// U+FFFD. Carriage returns become line feeds.
func cleanText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// trackingParameters name where a reader came from, not what is read.
var trackingParameters = []string{
	"gh_src", "lever-source", "lever-source[]", "lever-origin", "source", "src", "ref", "referrer",
	"fbclid", "gclid", "msclkid", "mc_cid", "mc_eid", "trk", "trackingid", "_ga",
}

func tracking(parameter string) bool {
	name, _, _ := strings.Cut(parameter, "=")
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "utm_") || slices.Contains(trackingParameters, name)
}

// cleanURL removes tracking parameters and e-mail addresses from an address and leaves the rest as
// it is written. Phones are not looked for: the numbers in an address are ids.
func cleanURL(s string) string {
	address, fragment, hasFragment := strings.Cut(s, "#")
	path, query, hasQuery := strings.Cut(address, "?")
	if hasQuery {
		kept := slices.DeleteFunc(strings.Split(query, "&"), tracking)
		address = path
		if q := strings.Join(kept, "&"); q != "" {
			address += "?" + q
		}
	}
	if hasFragment {
		address += "#" + fragment
	}
	return maskEmails(address)
}

// section adds a section of an advert under its heading, unless it says nothing.
func section(parts []string, heading, text string) []string {
	if text = strings.TrimSpace(text); text == "" {
		return parts
	}
	if heading != "" {
		parts = append(parts, "<h3>"+html.EscapeString(heading)+"</h3>")
	}
	return append(parts, text)
}
