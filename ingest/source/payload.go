package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rolescope/rolescope/posting"
)

// depthMax is how deep a payload may nest. Real boards nest six or seven levels; a hostile one
// could nest millions and is refused before anything recurses into it.
const depthMax = 64

// postingsMax is how many postings a payload may have. The largest boards known have some 5,000 and
// a board of 100,000 has to fit; a payload of millions of tiny values would fill the memory.
const postingsMax = 200_000

// check looks at a payload as a whole and returns it without byte order mark. Its errors are for
// people who have given the wrong file or address.
func check(kind string, payload []byte) ([]byte, error) {
	payload = bytes.TrimPrefix(payload, []byte("\xef\xbb\xbf"))
	payload = bytes.TrimSpace(payload)
	switch {
	case len(payload) == 0:
		return nil, fmt.Errorf("read %s payload: it is empty", kind)
	case payload[0] == '<':
		return nil, fmt.Errorf("read %s payload: got an HTML page: %q; is this the board's API address?", kind, headOf(payload, 80))
	case bytes.HasPrefix(payload, []byte{0xff, 0xfe}) || bytes.HasPrefix(payload, []byte{0xfe, 0xff}):
		return nil, fmt.Errorf("read %s payload: it is UTF-16; JSON must be UTF-8", kind)
	case bytes.HasPrefix(payload, []byte{0x1f, 0x8b}):
		return nil, fmt.Errorf("read %s payload: it is still compressed with gzip", kind)
	}
	if _, err := measure(payload); err != nil {
		return nil, fmt.Errorf("read %s payload: %w", kind, err)
	}
	return payload, nil
}

// Unclosed reports whether a JSON text ends inside an object or array, outside any string: the
// beginning of a document that goes on in the next line. text is not empty.
func Unclosed(text []byte) bool {
	unclosed, _ := measure(text)
	return unclosed
}

// measure returns an error when a payload nests deeper or lists more than any board does, and whether
// it ends inside an object or array, outside any string. It does not recurse and allocates nothing
// for a good one, so that it may look at anything.
func measure(payload []byte) (unclosed bool, err error) {
	level := 1 // of the postings: inside a list, or inside a list of an object
	if payload[0] == '{' {
		level = 2
	}
	depth, commas, quoted, escaped := 0, 0, false, false
	for i, c := range payload {
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped = c == '\\'
			quoted = c != '"'
		case c == '"':
			quoted = true
		case c == '[' || c == '{':
			if depth++; depth > depthMax && err == nil {
				err = fmt.Errorf("nested deeper than %d levels at byte %d", depthMax, i)
			}
		case c == ']' || c == '}':
			depth--
		case c == ',' && depth == level:
			if commas++; commas >= postingsMax && err == nil {
				err = fmt.Errorf("more than %d postings at byte %d", postingsMax, i)
			}
		}
	}
	return depth > 0 && !quoted, err
}

// jsonError says where JSON broke off. got is the length of what was read.
func jsonError(kind string, err error, got int) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return fmt.Errorf("read %s payload: %w", kind, err)
	}
	if int(syntax.Offset) >= got && strings.Contains(syntax.Error(), "unexpected end") {
		return fmt.Errorf("read %s payload: it breaks off at byte %d inside a JSON value; is it cut off? %w", kind, syntax.Offset, err)
	}
	return fmt.Errorf("read %s payload: not JSON at byte %d: %w", kind, syntax.Offset, err)
}

// valid returns an error that says where a payload is not JSON.
func valid(kind string, payload []byte) error {
	if json.Valid(payload) {
		return nil
	}
	var whole json.RawMessage
	return jsonError(kind, json.Unmarshal(payload, &whole), len(payload))
}

// split cuts a payload into the fields beside the postings and the postings, each undecoded. A
// board is an object whose field named key is an array, or an array when key is empty; a single
// posting is an object with the field id. single reports which it was.
func split(kind, key string, payload []byte) (top map[string]json.RawMessage, jobs []json.RawMessage, single bool, err error) {
	payload, err = check(kind, payload)
	if err != nil {
		return nil, nil, false, err
	}
	want := "an array of postings"
	if key != "" {
		want = fmt.Sprintf("an object whose field %q is an array of postings", key)
	}
	if payload[0] == '[' {
		if err := valid(kind, payload); err != nil {
			return nil, nil, false, err
		}
		jobs = elementsOf(payload)
		if key != "" {
			return nil, nil, false, shapeError(kind, want, "an array", kindOf(nil, jobs))
		}
		return nil, jobs, false, otherKind(kind, want, nil, jobs)
	}
	if payload[0] != '{' {
		if !json.Valid(payload) {
			return nil, nil, false, fmt.Errorf("read %s payload: not JSON: it begins with %q", kind, headOf(payload, 40))
		}
		return nil, nil, false, shapeError(kind, want, "a single value", "")
	}
	if err := valid(kind, payload); err != nil {
		return nil, nil, false, err
	}
	top, twice := fieldsOf(payload)
	raw, isBoard := top[key]
	switch {
	case isBoard:
		if twice != "" {
			return nil, nil, false, fmt.Errorf("read %s payload: the field %q stands twice; which is the board's?", kind, headOf([]byte(cleanText(twice)), 40))
		}
		if raw[0] != '[' {
			return nil, nil, false, shapeError(kind, want, fmt.Sprintf("an object whose %q is %s", key, jsonType(raw)), "")
		}
		jobs = elementsOf(raw)
		return top, jobs, false, otherKind(kind, want, top, jobs)
	case !isBoard && top["id"] != nil:
		jobs = []json.RawMessage{json.RawMessage(payload)}
		return nil, jobs, true, otherKind(kind, want, nil, jobs)
	}
	got := "an object with " + keyList(top)
	if says := answerError(top); says != "" {
		got = fmt.Sprintf("an answer that says %q", says)
	}
	for _, other := range []string{"jobs", "jobPostings", "content", "offers", "comments", "children"} {
		if raw, ok := top[other]; ok {
			_ = json.Unmarshal(raw, &jobs) // only to name the kind it looks like
		}
	}
	return nil, nil, false, shapeError(kind, want, got, kindOf(top, jobs))
}

func shapeError(kind, want, got, looksLike string) error {
	hint := ""
	if looksLike != "" && looksLike != kind {
		hint = fmt.Sprintf("; it looks like %s", looksLike)
	}
	return fmt.Errorf("read %s payload: want %s or one posting, got %s%s", kind, want, got, hint)
}

// otherKind returns an error when the postings are those of another kind of board: better one clear
// error than every posting rejected.
func otherKind(kind, want string, top map[string]json.RawMessage, jobs []json.RawMessage) error {
	if like := kindOf(top, jobs); like != "" && like != kind {
		return shapeError(kind, want, "another kind of board", like)
	}
	return nil
}

// kindOf names the kind of board whose field names the first posting has, or "".
func kindOf(top map[string]json.RawMessage, jobs []json.RawMessage) string {
	if len(jobs) == 0 {
		return ""
	}
	var first map[string]json.RawMessage
	if err := json.Unmarshal(jobs[0], &first); err != nil {
		return ""
	}
	has := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(k string) bool { _, ok := first[k]; return ok })
	}
	switch {
	case has("absolute_url", "first_published", "internal_job_id"):
		return "greenhouse"
	case has("jobUrl", "descriptionHtml", "isListed"):
		return "ashby"
	case has("hostedUrl", "categories", "descriptionBody"):
		return "lever"
	case has("externalPath", "locationsText"):
		return "workday"
	case has("releasedDate", "refNumber"):
		return "smartrecruiters"
	case has("careers_url", "mailbox_email"):
		return "recruitee"
	case has("parent", "parent_id") && has("text", "deleted"):
		return "hn"
	}
	return ""
}

// answerError returns the error text of an answer such as {"ok":false,"error":"Document not found"}.
func answerError(top map[string]json.RawMessage) string {
	for _, key := range []string{"error", "message", "errors"} {
		if raw, ok := top[key]; ok {
			return mask(headOf(raw, 120))
		}
	}
	return ""
}

func keyList(top map[string]json.RawMessage) string {
	if len(top) == 0 {
		return "no fields"
	}
	var keys []string
	for k := range top {
		keys = append(keys, cleanText(headOf([]byte(k), 40)))
	}
	slices.Sort(keys)
	if len(keys) > 8 {
		keys = append(keys[:8], "...")
	}
	return "the fields " + strings.Join(keys, ", ")
}

// headOf is the beginning of b, cut before a character it would break.
func headOf(b []byte, n int) string {
	if len(b) <= n {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return strings.ToValidUTF8(string(b[:n]), "\uFFFD")
}

// readOne turns one posting into a record. skip is not empty when the source says that the posting
// is not for the public.
type readOne func(o *object) (rec posting.Record, skip string)

// collect reads every posting apart and keeps one record for each id.
func collect(jobs []json.RawMessage, payload []byte, read readOne) Board {
	b := Board{Received: len(jobs), Expected: -1}
	if !utf8.Valid(payload) {
		b.Note = "the payload holds bytes that are not UTF-8; each was replaced by U+FFFD"
	}
	type kept struct {
		at, place int // in b.Records; in jobs
		hash      string
		raw       json.RawMessage
	}
	refuse := func(place int, r Rejected) {
		r.At = place + 1
		b.Rejected = append(b.Rejected, r)
	}
	seen := map[string]kept{}
	for i, raw := range jobs {
		o, err := newObject(raw)
		if err != nil {
			refuse(i, reject(raw, "", "", err.Error()))
			continue
		}
		rec, skip := read(o)
		if o.err == nil && skip == "" && rec.Title == "" {
			o.err = errors.New("posting without a title")
		}
		rec.Extra = o.rest()
		hash := ""
		if o.err == nil {
			hash, o.err = rec.Hash()
		}
		switch {
		case rec.ExternalID != "" && skip != "":
			b.Skipped = append(b.Skipped, Skipped{ExternalID: rec.ExternalID, Title: rec.Title, Reason: skip})
			continue
		case o.err != nil:
			r := reject(raw, rec.ExternalID, rec.Title, o.err.Error())
			r.PostedAt = rec.PostedAt
			refuse(i, r)
			continue
		}
		first, again := seen[rec.ExternalID]
		switch {
		case !again:
			seen[rec.ExternalID] = kept{len(b.Records), i, hash, raw}
			b.Records = append(b.Records, rec)
		case first.hash < hash:
			// The larger hash stays, so that the order of the payload decides nothing.
			refuse(first.place, reject(first.raw, rec.ExternalID, b.Records[first.at].Title, reasonDuplicate))
			b.Records[first.at] = rec
			seen[rec.ExternalID] = kept{first.at, i, hash, raw}
		case first.hash > hash:
			refuse(i, reject(raw, rec.ExternalID, rec.Title, reasonDuplicate))
		}
	}
	b.Company = mostCommon(b.Records)
	return b
}

// reasonDuplicate rejects the second of two different postings that share an id.
const reasonDuplicate = "duplicate id"
