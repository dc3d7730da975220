package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// idBytesMax bounds an external id. Real ids are UUIDs or numbers; a longer text is no id.
const idBytesMax = 256

// object is a JSON object whose fields are taken one by one; what nobody took is the rest. The
// first field of a wrong type is kept as err, so that a parser reads like a list of fields.
type object struct {
	fields   map[string]json.RawMessage
	children map[string][]*object
	path     string
	inList   bool // one of several under its key
	err      error
	root     *object // holds err for the whole posting
}

// newObject cuts raw, which must be valid JSON.
func newObject(raw json.RawMessage) (*object, error) {
	if jsonType(raw) != "an object" {
		return nil, fmt.Errorf("posting is %s, not an object", jsonType(raw))
	}
	o := &object{}
	o.fields, _ = fieldsOf(raw)
	o.root = o
	return o, nil
}

// take removes a field and decodes it into v. An absent or null field leaves v alone and is false.
func (o *object) take(key, want string, v any) bool {
	raw, ok := o.fields[key]
	delete(o.fields, key)
	if !ok || string(raw) == "null" {
		return false
	}
	if err := json.Unmarshal(raw, v); err != nil {
		o.fail(key, want, raw)
		return false
	}
	return true
}

func (o *object) fail(key, want string, raw json.RawMessage) {
	if o.root.err == nil {
		o.root.err = fmt.Errorf("field %q: want %s, got %s", o.path+key, want, jsonType(raw))
	}
}

// drop removes fields that are noise.
func (o *object) drop(keys ...string) {
	for _, k := range keys {
		delete(o.fields, k)
	}
}

// id takes an external id: a text, or a whole number of at least one.
func (o *object) id(key string) string {
	raw := o.fields[key]
	delete(o.fields, key)
	var id string
	switch jsonType(raw) {
	case "a number":
		n, err := strconv.ParseUint(string(raw), 10, 63)
		if err != nil || n == 0 {
			o.root.err = fmt.Errorf("field %q: want a whole number of at least one, got %s", key, headOf(raw, 40))
			return ""
		}
		id = strconv.FormatUint(n, 10)
	case "text":
		if err := json.Unmarshal(raw, &id); err != nil {
			o.fail(key, "an id", raw)
			return ""
		}
		id = strings.TrimSpace(id)
	case "nothing", "null":
	default:
		o.fail(key, "an id", raw)
		return ""
	}
	switch {
	case id == "":
		o.root.err = errors.New("posting without an id")
	case len(id) > idBytesMax:
		o.root.err = fmt.Errorf("field %q: an id of %d bytes, over the cap of %d", key, len(id), idBytesMax)
	case strings.ContainsFunc(id, unicode.IsControl):
		o.root.err = fmt.Errorf("field %q: control characters in an id", key)
	default:
		return id
	}
	return ""
}

// plain takes a text as it is, without control characters.
func (o *object) plain(key string) string {
	var s string
	o.take(key, "text", &s)
	return cleanText(s)
}

// text takes a short text, masked and trimmed.
func (o *object) text(key string) string { return strings.TrimSpace(mask(o.plain(key))) }

// scalar takes a text or a number as text.
func (o *object) scalar(key string) string {
	if raw := o.fields[key]; jsonType(raw) == "a number" {
		delete(o.fields, key)
		return string(raw)
	}
	return o.text(key)
}

// html takes a text in HTML, masked.
func (o *object) html(key string) string { return mask(o.plain(key)) }

// url takes an address without tracking parameters. One that is not of the web stays in the rest,
// because people are shown a record's address as a link.
func (o *object) url(key string) string {
	raw := o.fields[key]
	address := strings.TrimSpace(o.plain(key))
	head := strings.ToLower(address[:min(len(address), len("https://"))])
	if address != "" && !strings.HasPrefix(head, "http://") && head != "https://" {
		o.fields[key] = raw
		return ""
	}
	return cleanURL(address)
}

// flag takes a boolean; nil when there is none.
func (o *object) flag(key string) *bool {
	var b bool
	if !o.take(key, "true or false", &b) {
		return nil
	}
	return &b
}

// number takes a number; 0 when there is none.
func (o *object) number(key string) float64 {
	var n float64
	o.take(key, "a number", &n)
	return n
}

// amount takes a number that may be written as text; 0 when there is none.
func (o *object) amount(key string) float64 {
	raw := o.fields[key]
	if jsonType(raw) != "text" {
		return o.number(key)
	}
	s := strings.TrimSpace(o.plain(key))
	if s == "" {
		return 0
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		o.fields[key] = raw // nothing is lost and nothing guessed
		return 0
	}
	return n
}

// peek is a text that stays where it is; empty when there is none.
func (o *object) peek(key string) string {
	var s string
	if err := json.Unmarshal(o.fields[key], &s); err != nil {
		return ""
	}
	return s
}

// texts takes a list of texts.
func (o *object) texts(key string) []string {
	var list []string
	o.take(key, "a list of texts", &list)
	for i, s := range list {
		list[i] = strings.TrimSpace(mask(cleanText(s)))
	}
	return list
}

// object takes a nested object; what is not taken from it stays in the rest under the same key. It
// is never nil.
func (o *object) object(key string) *object {
	child := &object{path: o.path + key + ".", root: o.root}
	if o.take(key, "an object", &child.fields) {
		o.adopt(key, child)
	}
	return child
}

// objects takes a list of objects; what is not taken from them stays in the rest.
func (o *object) objects(key string) []*object {
	var list []map[string]json.RawMessage
	o.take(key, "a list of objects", &list)
	var children []*object
	for _, fields := range list {
		children = append(children, &object{fields: fields, path: o.path + key + "[].", root: o.root, inList: true})
	}
	o.adopt(key, children...)
	return children
}

func (o *object) adopt(key string, children ...*object) {
	if o.children == nil {
		o.children = map[string][]*object{}
	}
	o.children[key] = children
}

// Times a source may claim. Outside them a claim is nonsense, and the far ones cannot even be
// written as RFC 3339.
const (
	yearMin = 1990
	yearMax = 2200
)

func plausible(t time.Time) bool { return t.Year() >= yearMin && t.Year() <= yearMax }

// time takes a time written as RFC 3339 or a day. A text that is neither stays in the rest, so that
// nothing is lost and nothing is guessed.
func (o *object) time(key string) time.Time { return o.timeAs(key, time.RFC3339Nano, time.DateOnly) }

// timeAs takes a time written in one of the layouts, like time.
func (o *object) timeAs(key string, layouts ...string) time.Time {
	raw := o.fields[key]
	var s string
	if !o.take(key, "a time", &s) || s == "" {
		return time.Time{}
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil && plausible(t.UTC()) {
			return t.UTC().Truncate(time.Millisecond)
		}
	}
	o.fields[key] = raw
	return time.Time{}
}

// millis takes a time in milliseconds since 1970.
func (o *object) millis(key string) time.Time { return o.sinceEpoch(key, 1) }

// seconds takes a time in seconds since 1970.
func (o *object) seconds(key string) time.Time { return o.sinceEpoch(key, 1000) }

func (o *object) sinceEpoch(key string, unit float64) time.Time {
	raw := o.fields[key]
	n := o.number(key) * unit
	if n == 0 {
		return time.Time{}
	}
	if math.Abs(n) < 1e14 {
		if t := time.UnixMilli(int64(n)).UTC(); plausible(t) {
			return t
		}
	}
	o.fields[key] = raw
	return time.Time{}
}

// remains gathers what nobody took, cleaned, or nil when nothing is left.
func (o *object) remains() any {
	left := map[string]any{}
	for key, raw := range o.fields {
		if v := decodeAny(raw); v != nil {
			left[key] = v
		}
	}
	cleaned, _ := clean(left).(map[string]any)
	if cleaned == nil {
		cleaned = map[string]any{}
	}
	for key, children := range o.children {
		var list []any
		for _, child := range children {
			v := child.remains()
			switch {
			case v == nil:
			case child.inList:
				list = append(list, v)
			default:
				cleaned[key] = v
			}
		}
		if len(list) > 0 {
			cleaned[key] = list
		}
	}
	if len(cleaned) == 0 {
		return nil
	}
	return cleaned
}

// rest is what nobody took as one JSON object with sorted keys; nil when nothing is left.
func (o *object) rest() json.RawMessage {
	left := o.remains()
	if left == nil {
		return nil
	}
	return marshal(left)
}

// marshal writes JSON values that came from JSON, which cannot fail.
func marshal(v any) json.RawMessage {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSpace(buf.Bytes())
}

// decodeAny decodes a value with its numbers as written.
func decodeAny(raw json.RawMessage) any {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return strings.ToValidUTF8(string(raw), "\uFFFD")
	}
	return v
}

// reject describes a posting that cannot be used. Its hash leaves noise out, so that the same
// broken posting is one dead letter however often its board is crawled.
func reject(raw json.RawMessage, id, title, reason string) Rejected {
	masked := marshal(clean(decodeAny(raw)))
	sum := sha256.Sum256(masked)
	return Rejected{
		ExternalID: id, Title: title, Reason: reason,
		Raw: headOf(masked, HeadBytesMax), Size: int64(len(raw)), Hash: hex.EncodeToString(sum[:]),
	}
}

// RejectText describes a row or line that could not even be read as a posting. Its text is not kept,
// because nothing can be masked in it; two of the same reason in one run are one dead letter, so the
// reason has to name the place.
func RejectText(reason string) Rejected {
	sum := sha256.Sum256([]byte(reason))
	return Rejected{Reason: reason, Hash: hex.EncodeToString(sum[:])}
}

// jsonType names the type of a JSON value for people.
func jsonType(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}
