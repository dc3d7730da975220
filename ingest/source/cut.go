package source

import (
	"bytes"
	"encoding/json"
)

// Cutting a payload with encoding/json reads every text of it twice at each level, once to check and
// once to skip it: the payload, its list, its postings, their fields. These cut what was checked once.

// fieldsOf cuts an object into its fields, each undecoded and sharing raw's memory. raw must be a valid
// JSON object. Of two fields of one name the last counts, as in encoding/json; twice is such a name.
func fieldsOf(raw json.RawMessage) (fields map[string]json.RawMessage, twice string) {
	fields = map[string]json.RawMessage{}
	for rest := raw[1:]; ; {
		var key, value json.RawMessage
		if key, rest = nextValue(rest); key == nil {
			return fields, twice
		}
		value, rest = nextValue(rest)
		name := nameOf(key)
		if _, ok := fields[name]; ok {
			twice = name
		}
		fields[name] = value
	}
}

// elementsOf cuts an array into its elements, likewise. It is never nil.
func elementsOf(raw json.RawMessage) []json.RawMessage {
	elements := []json.RawMessage{}
	for rest := raw[1:]; ; {
		var value json.RawMessage
		if value, rest = nextValue(rest); value == nil {
			return elements
		}
		elements = append(elements, value)
	}
}

// nameOf decodes the name of a field.
func nameOf(key json.RawMessage) string {
	plain := func(c byte) bool { return c >= ' ' && c < 0x7f && c != '\\' }
	for _, c := range key {
		if !plain(c) {
			var name string
			_ = json.Unmarshal(key, &name) // it was checked
			return name
		}
	}
	return string(key[1 : len(key)-1])
}

// nextValue returns the next value of an object or array and what follows it; nil at the end.
func nextValue(rest json.RawMessage) (value, after json.RawMessage) {
	rest = bytes.TrimLeft(rest, " \t\r\n,:")
	if len(rest) == 0 || rest[0] == '}' || rest[0] == ']' {
		return nil, nil
	}
	end, depth := 0, 0
	for end < len(rest) {
		switch c := rest[end]; {
		case c == '"':
			end += textLen(rest[end:])
		case c == '{' || c == '[':
			depth++
			end++
		case c == '}' || c == ']':
			depth--
			end++
		case depth > 0:
			end++
			continue
		default:
			if n := bytes.IndexAny(rest[end:], " \t\r\n,}]"); n >= 0 {
				end += n
			} else {
				end = len(rest)
			}
		}
		if depth == 0 {
			break
		}
	}
	return rest[:end:end], rest[end:]
}

// textLen is the length of the text that raw begins with, its quotes included.
func textLen(raw json.RawMessage) int {
	for end := 1; ; {
		n := bytes.IndexByte(raw[end:], '"')
		if n < 0 {
			return len(raw)
		}
		end += n
		escapes := 0
		for raw[end-1-escapes] == '\\' {
			escapes++
		}
		end++
		if escapes%2 == 0 {
			return end
		}
	}
}
