package source

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// Crawler is a Source that says which requests to make; package ingest makes them. It holds no
// state and does no I/O.
type Crawler interface {
	Source
	// Plan says how the kind is asked.
	Plan() Plan
	// Request asks for the postings of a board from offset on, counted from 0. A kind that answers
	// with the whole board ignores the offset. Its error is one of the configuration.
	Request(site Site, offset int) (Request, error)
}

// Detailer is a Crawler whose list holds no texts: each posting takes one more request, whose
// answer Parse reads as a single posting with the same external id.
type Detailer interface {
	Crawler
	// Ref is what Detail needs to ask for a posting of the list; empty when the row does not say.
	Ref(row posting.Record) string
	// Detail asks for one posting.
	Detail(site Site, ref string) (Request, error)
}

// Follower is a Crawler whose first answer is no board but says where the board is.
type Follower interface {
	Crawler
	// Follow reads the first answer and returns the request for the board.
	Follow(site Site, payload []byte) (Request, error)
}

// Plan is how a kind of board is asked.
type Plan struct {
	// Terms is why the kind may be crawled only after somebody has said that they accept it; empty
	// when nothing speaks against reading it.
	Terms string
	// Whole says that one answer, read to its end, is the whole board though it states no total.
	Whole bool
	// PageSize is how many postings a request asks for; 0 when one answer has all.
	PageSize int
	// TotalMax is the highest total the API states: a board at it may have more. 0 is none.
	TotalMax int
}

// Site is one board as configured.
type Site struct {
	Board   string
	BaseURL string // replaces scheme and host of the source's API and keeps its path; empty for the vendor's
}

// Request is one question to a board's API.
type Request struct {
	Method string // empty for GET
	URL    string
	Accept string // media types wanted
	Body   []byte // JSON, of a POST
}

// acceptJSON is what every API but Personio's answers with.
const acceptJSON = "application/json"

// CrawlerByKind returns the crawler of a kind.
func CrawlerByKind(kind string) (Crawler, error) {
	s, err := ByKind(kind)
	if err != nil {
		return nil, err
	}
	c, ok := s.(Crawler)
	if !ok {
		return nil, fmt.Errorf("find source: %s can be imported, not crawled", kind)
	}
	return c, nil
}

// token is a board's name as one segment of a path. Some recorders kept names percent-encoded.
func (s Site) token() (string, error) {
	name := s.Board
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	if strings.TrimSpace(name) == "" || name == "." || name == ".." || len(name) > idBytesMax || strings.ContainsAny(name, "/\\\x00\r\n") {
		return "", fmt.Errorf("board %q: want the name that stands in the address of its job board", s.Board)
	}
	return url.PathEscape(name), nil
}

// host is a board's name as a host: the name itself when it holds a dot, else with the vendor's suffix.
func (s Site) host(suffix string) (string, error) {
	host := strings.ToLower(s.Board)
	if !strings.Contains(host, ".") {
		host += suffix
	}
	valid := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' }
	if len(host) > 253 || strings.HasPrefix(host, ".") || strings.HasPrefix(host, "-") || strings.Contains(host, "..") ||
		strings.ContainsFunc(host, func(r rune) bool { return !valid(r) }) {
		return "", fmt.Errorf("board %q: want a name such as acme or a host such as jobs.acme.com", s.Board)
	}
	return "https://" + host, nil
}

// get asks for a path below base, the vendor's scheme and host.
func (s Site) get(base, pathAndQuery string) (Request, error) {
	if s.BaseURL != "" {
		u, err := url.Parse(s.BaseURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			// It is not repeated: it may hold a password.
			return Request{}, errors.New("base_url: want scheme and host without user, query or fragment, such as https://api.eu.lever.co")
		}
		base = strings.TrimRight(s.BaseURL, "/")
	}
	return Request{URL: base + pathAndQuery, Accept: acceptJSON}, nil
}

// Plan implements Crawler.
func (Greenhouse) Plan() Plan { return Plan{} }

// Request implements Crawler.
func (Greenhouse) Request(site Site, _ int) (Request, error) {
	token, err := site.token()
	if err != nil {
		return Request{}, err
	}
	return site.get("https://boards-api.greenhouse.io", "/v1/boards/"+token+"/jobs?content=true")
}

// Plan implements Crawler.
func (Lever) Plan() Plan { return Plan{Whole: true} }

// Request implements Crawler. Boards of the European site need the base_url https://api.eu.lever.co.
func (Lever) Request(site Site, _ int) (Request, error) {
	token, err := site.token()
	if err != nil {
		return Request{}, err
	}
	return site.get("https://api.lever.co", "/v0/postings/"+token+"?mode=json")
}

// Plan implements Crawler.
func (Ashby) Plan() Plan {
	return Plan{Whole: true, Terms: "a robots.txt of Ashby's is said to refuse agents it does not name; nobody has checked of which host"}
}

// Request implements Crawler.
func (Ashby) Request(site Site, _ int) (Request, error) {
	token, err := site.token()
	if err != nil {
		return Request{}, err
	}
	return site.get("https://api.ashbyhq.com", "/posting-api/job-board/"+token+"?includeCompensation=true")
}
