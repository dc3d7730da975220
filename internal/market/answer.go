package market

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
	"time"
)

// Response is what a board answers.
type Response struct {
	Status int
	ETag   string // of a list; empty otherwise
	Total  int    // of a list: how many postings the board says it has
	Body   []byte
}

// Answer is what a board's API answers at a moment, without HTTP.
func (m *Market) Answer(source, board string, at time.Time) (status int, body []byte) {
	r := m.Respond(source, board, at, "")
	return r.Status, r.Body
}

// Respond is Answer with the answer's ETag. A list whose tag is known is a 304 without body.
func (m *Market) Respond(source, board string, at time.Time, known string) Response {
	r, listing := m.Listing(Key{source, board}, at, known)
	switch {
	case r.Status == http.StatusNotModified:
		return r
	case r.Status != http.StatusOK:
		r.Body = fmt.Appendf(nil, `{"status":%d,"error":%q}`, r.Status, http.StatusText(r.Status))
		return r
	}
	size := 64
	for _, w := range listing {
		size += len(w.Job()) + 1
	}
	body := bytes.NewBuffer(make([]byte, 0, size))
	before, after := "[", "]"
	switch source {
	case "greenhouse":
		before, after = `{"jobs":[`, fmt.Sprintf(`],"meta":{"total":%d}}`, r.Total)
	case "ashby":
		before, after = `{"jobs":[`, `],"apiVersion":"1"}`
	}
	body.WriteString(before)
	for i, w := range listing {
		if i > 0 {
			body.WriteByte(',')
		}
		body.Write(w.Job())
	}
	body.WriteString(after)
	r.Body = body.Bytes()
	return r
}

// Wording is one version of one advert as its board lists it.
type Wording struct {
	advert  *advert
	version int
}

// Job is the wording as one element of the list, in the source's format.
func (w Wording) Job() []byte { return w.advert.render(w.version) }

// Version counts the advert's wordings from 0.
func (w Wording) Version() int { return w.version }

// ID is the advert's id at its source.
func (w Wording) ID() string { return w.advert.ID }

// listing is what the board lists at a moment, and how many postings it says it has.
func (m *Market) listing(e *employer, at time.Time, empty bool) (out []Wording, total int) {
	for _, a := range e.adverts {
		if !empty && a.listedAt(at) {
			out = append(out, Wording{a, a.versionAt(at)})
		}
	}
	total = len(out)
	oldest := func(share float64) []Wording { return out[:min(len(out), max(1, int(share*float64(len(out)))))] }
	for _, p := range m.script.Partials {
		if p.Rank == e.Rank && m.within(at, p.Week, p.Weeks) {
			out = oldest(p.Listed)
		}
	}
	for _, v := range m.script.Vanishings {
		if v.Rank == e.Rank && m.within(at, v.Week, 1) {
			out = oldest(v.Listed)
			total = len(out)
		}
	}
	return out, total
}

// within reports whether a moment is in one of the weeks.
func (m *Market) within(at time.Time, week, weeks int) bool {
	return !at.Before(m.Week(week)) && at.Before(m.Week(week+weeks))
}

// tag is the ETag of a listing.
func tag(listing []Wording, total int) string {
	h := fnv.New128a()
	fmt.Fprintf(h, "%d\n", total)
	for _, w := range listing {
		fmt.Fprintf(h, "%s %d\n", w.advert.ID, w.version)
	}
	return fmt.Sprintf(`"%x"`, h.Sum(nil))
}

// Listing is Respond without the bytes: the response, and what a body would hold, in its order. Equal
// wordings are equal values and have equal bytes.
func (m *Market) Listing(k Key, at time.Time, known string) (Response, []Wording) {
	e, ok := m.boards[k]
	if !ok {
		return Response{Status: http.StatusNotFound}, nil
	}
	status, empty := m.status(e, at)
	if status != http.StatusOK {
		return Response{Status: status}, nil
	}
	listing, total := m.listing(e, at, empty)
	etag := tag(listing, total)
	if known == etag {
		return Response{Status: http.StatusNotModified, ETag: etag}, nil
	}
	return Response{Status: status, ETag: etag, Total: total}, listing
}

// Handler serves all boards under the paths of their APIs, as they are by the clock now:
//
//	/v1/boards/{board}/jobs            Greenhouse
//	/v0/postings/{board}               Lever
//	/posting-api/job-board/{board}     Ashby
//	/robots.txt                        allows everything
func (m *Market) Handler(now func() time.Time) http.Handler {
	mux := http.NewServeMux()
	serve := func(source string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			answer := m.Respond(source, r.PathValue("board"), now(), strings.TrimPrefix(r.Header.Get("If-None-Match"), "W/"))
			if answer.ETag != "" {
				w.Header().Set("ETag", answer.ETag)
			}
			if answer.Status != http.StatusNotModified {
				w.Header().Set("Content-Type", "application/json; charset=utf-8")
			}
			w.WriteHeader(answer.Status)
			_, _ = w.Write(answer.Body) // a client that went away is none of our business
		}
	}
	mux.HandleFunc("GET /v1/boards/{board}/jobs", serve("greenhouse"))
	mux.HandleFunc("GET /v0/postings/{board}", serve("lever"))
	mux.HandleFunc("GET /posting-api/job-board/{board}", serve("ashby"))
	mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("User-agent: *\nAllow: /\n"))
	})
	return mux
}
