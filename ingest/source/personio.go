package source

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// Personio reads {company}.jobs.personio.de/xml?language=en, an XML feed of the whole board. It has
// no total and no addresses of postings.
//
// The XML is read without document types: no entity is ever defined, so none can grow or fetch.
type Personio struct{}

// Kind implements Source.
func (Personio) Kind() string { return "personio" }

// Proof implements Source: the feed is the whole board.
func (Personio) Proof() posting.Proof { return posting.ProofFull }

// Plan implements Crawler.
func (Personio) Plan() Plan { return Plan{Whole: true} }

// Request implements Crawler. The board is the company's name, or its whole host (some end in .com).
func (Personio) Request(site Site, _ int) (Request, error) {
	host, err := site.host(".jobs.personio.de")
	if err != nil {
		return Request{}, err
	}
	req, err := site.get(host, "/xml?language=en")
	req.Accept = "text/xml, application/xml"
	return req, err
}

// Limits of the feed's XML. Real feeds nest five levels.
const (
	xmlDepthMax = 16
	// xmlElementsMax bounds the work of a feed of tiny elements: 12,000 postings of forty elements, the
	// most seen.
	xmlElementsMax = 500_000
)

// Parse implements Source.
func (p Personio) Parse(payload []byte) (Board, error) {
	payload = bytes.TrimSpace(bytes.TrimPrefix(payload, []byte("\xef\xbb\xbf")))
	if len(payload) == 0 {
		return Board{}, fmt.Errorf("read %s payload: it is empty", p.Kind())
	}
	jobs, err := personioPositions(payload)
	if err != nil {
		return Board{}, fmt.Errorf("read %s payload: %w", p.Kind(), err)
	}
	return collect(jobs, payload, readPersonio), nil
}

// personioPositions turns each <position> into a JSON object of the same shape, which the rest of
// this package reads. The feed has to be whole: a root element that is closed, and nothing after it.
func personioPositions(payload []byte) ([]json.RawMessage, error) {
	r := xmlReader{dec: xml.NewDecoder(bytes.NewReader(payload))}
	root, err := r.start()
	if err != nil {
		return nil, err
	}
	if root.Name.Local != "workzag-jobs" {
		return nil, fmt.Errorf("want XML with the root <workzag-jobs>, got <%s>; is this the feed's address?", headOf([]byte(root.Name.Local), 40))
	}
	jobs := []json.RawMessage{}
	for {
		t, err := r.next()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			v, err := r.value(t.Name.Local, 2)
			if err != nil {
				return nil, err
			}
			if t.Name.Local != "position" {
				continue
			}
			if jobs = append(jobs, marshal(v)); len(jobs) > postingsMax {
				return nil, fmt.Errorf("more than %d postings", postingsMax)
			}
		case xml.EndElement:
			return jobs, r.end()
		}
	}
}

// xmlReader reads XML token by token, within limits.
type xmlReader struct {
	dec      *xml.Decoder
	elements int
}

// next returns the next token. A document type is refused: it is where entities are defined.
func (r *xmlReader) next() (xml.Token, error) {
	t, err := r.dec.Token()
	switch {
	case errors.Is(err, io.EOF) || err != nil && strings.Contains(err.Error(), "unexpected EOF"):
		return nil, fmt.Errorf("the XML breaks off at byte %d; is it cut off?", r.dec.InputOffset())
	case err != nil:
		return nil, fmt.Errorf("not well-formed XML at byte %d: %w", r.dec.InputOffset(), err)
	}
	switch t.(type) {
	case xml.Directive:
		return nil, errors.New("the XML has a document type, which no feed needs")
	case xml.StartElement:
		if r.elements++; r.elements > xmlElementsMax {
			return nil, fmt.Errorf("more than %d elements", xmlElementsMax)
		}
	}
	return t, nil
}

// start returns the root element.
func (r *xmlReader) start() (xml.StartElement, error) {
	for {
		t, err := r.next()
		if err != nil {
			return xml.StartElement{}, err
		}
		if s, ok := t.(xml.StartElement); ok {
			return s, nil
		}
	}
}

// end checks that nothing but comments follows the root element.
func (r *xmlReader) end() error {
	for {
		t, err := r.dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("not well-formed XML at byte %d: %w", r.dec.InputOffset(), err)
		}
		switch t := t.(type) {
		case xml.Comment:
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return errors.New("text after the XML")
			}
		default:
			return errors.New("more than one XML document")
		}
	}
}

// listsOf are the elements whose children are a list, whatever their number.
var listsOf = map[string]string{"jobDescriptions": "jobDescription", "additionalOffices": "office"}

// value reads an element whose start was just read: its text, or an object of its children.
func (r *xmlReader) value(name string, depth int) (any, error) {
	if depth > xmlDepthMax {
		return nil, fmt.Errorf("nested deeper than %d levels", xmlDepthMax)
	}
	var text strings.Builder
	var children map[string]any
	list := []any{}
	for {
		t, err := r.next()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			v, err := r.value(t.Name.Local, depth+1)
			if err != nil {
				return nil, err
			}
			if listsOf[name] == t.Name.Local {
				list = append(list, v)
				continue
			}
			if children == nil {
				children = map[string]any{}
			}
			children[t.Name.Local] = v
		case xml.EndElement:
			switch _, isList := listsOf[name]; {
			case isList:
				return list, nil
			case children != nil:
				return children, nil
			}
			return strings.TrimSpace(text.String()), nil
		}
	}
}

func readPersonio(o *object) (posting.Record, string) {
	rec := posting.Record{
		ExternalID: o.id("id"),
		Title:      o.text("name"),
		Company:    o.text("subcompany"),
		Department: o.text("department"),
		PostedAt:   o.time("createdAt"),
	}
	for _, text := range append([]string{o.text("office")}, o.texts("additionalOffices")...) {
		if text != "" {
			rec.Places = append(rec.Places, posting.Place{Text: text})
		}
	}
	var employment []string
	for _, key := range []string{"employmentType", "schedule"} { // "permanent", "full-time"
		if s := o.text(key); s != "" {
			employment = append(employment, s)
		}
	}
	rec.Employment = strings.Join(employment, ", ")
	rec.Description = personioText(o.objects("jobDescriptions"))
	rec.Pay = personioPay(o)
	return rec, ""
}

func personioText(sections []*object) string {
	var parts []string
	for _, s := range sections {
		parts = section(parts, s.text("name"), s.html("value"))
	}
	return strings.Join(parts, "\n")
}

// personioPay reads salaryInformation, which few feeds have.
func personioPay(o *object) []posting.Pay {
	if jsonType(o.fields["salaryInformation"]) != "an object" {
		return nil // empty, which reads as a text
	}
	s := o.object("salaryInformation")
	p := posting.Pay{Min: s.amount("min"), Max: s.amount("max"), Currency: s.text("currencyCode"), Interval: s.text("type")}
	if p.Min == 0 && p.Max == 0 {
		return nil
	}
	return []posting.Pay{p}
}
