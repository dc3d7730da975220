package source

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// Workday reads the two answers of {tenant}.wd{N}.myworkdayjobs.com/wday/cxs/{tenant}/{site}: a page
// of the list, POST .../jobs, and one posting, GET .../job/...
//
// The list states its total on the first page only; the others state 0. It has no dates but
// "Posted 11 Days Ago", which is left out because it changes every day.
type Workday struct{}

// workdayTotalMax is the highest total the API states, whatever the board has.
const workdayTotalMax = 2000

// workdayPage is the largest page the API gives; it refuses more.
const workdayPage = 20

// Kind implements Source.
func (Workday) Kind() string { return "workday" }

// Proof implements Source: all pages together are the board.
func (Workday) Proof() posting.Proof { return posting.ProofFull }

// Plan implements Crawler.
func (Workday) Plan() Plan {
	return Plan{
		PageSize: workdayPage, TotalMax: workdayTotalMax,
		Terms: "the API is that of Workday's own pages and not documented for the public; have its terms reviewed",
	}
}

// Parse implements Source.
func (w Workday) Parse(payload []byte) (Board, error) {
	clean, err := check(w.Kind(), payload)
	if err != nil {
		return Board{}, err
	}
	var detail struct {
		Info json.RawMessage `json:"jobPostingInfo"`
		Org  json.RawMessage `json:"hiringOrganization"`
	}
	if json.Unmarshal(clean, &detail) == nil && detail.Info != nil {
		return collect([]json.RawMessage{detail.Info}, payload, func(o *object) (posting.Record, string) {
			if detail.Org != nil {
				o.fields["hiringOrganization"] = detail.Org
			}
			return readWorkdayDetail(o)
		}), nil
	}
	top, jobs, single, err := split(w.Kind(), "jobPostings", payload)
	if err != nil {
		return Board{}, err
	}
	b := collect(jobs, payload, readWorkdayRow)
	if !single {
		b.Expected = wholeNumber(top["total"])
	}
	return b, nil
}

// wholeNumber is a count, or -1 when raw is none.
func wholeNumber(raw json.RawMessage) int {
	n := -1
	if err := json.Unmarshal(raw, &n); err != nil || n < 0 {
		return -1
	}
	return n
}

// severalPlaces is what the list says instead of more than one place. It names none.
var severalPlaces = regexp.MustCompile(`^\d+ \pL+$`)

func readWorkdayRow(o *object) (posting.Record, string) {
	rec := posting.Record{ExternalID: workdayID(o, o.peek("externalPath")), Title: o.text("title")}
	if fields := o.texts("bulletFields"); len(fields) > 0 {
		rec.Requisition = fields[0]
	}
	if place := o.text("locationsText"); place != "" && !severalPlaces.MatchString(place) {
		rec.Places = []posting.Place{{Text: place}}
	}
	o.drop("postedOn")
	return rec, ""
}

// workdayID takes the end of a posting's path, "/job/Oslo/Sonar-Engineer_JR1024-1": the requisition
// and, where one requisition has several postings, a number. The rest of the path changes with the
// title. A row without a path has only its requisition, which may be that of several postings.
func workdayID(o *object, path string) string {
	last := path[strings.LastIndexByte(path, '/')+1:]
	id := strings.TrimSpace(cleanText(last[strings.LastIndexByte(last, '_')+1:]))
	if id == "" || len(id) > idBytesMax {
		o.root.err = fmt.Errorf("posting without an id: its path is %q", headOf([]byte(path), 80))
		return ""
	}
	return id
}

func readWorkdayDetail(o *object) (posting.Record, string) {
	rec := posting.Record{
		ExternalID:  workdayID(o, o.peek("jobPostingId")),
		Title:       o.text("title"),
		Company:     o.object("hiringOrganization").text("name"),
		Description: o.html("jobDescription"),
		Employment:  o.text("timeType"),
		Workplace:   o.text("remoteType"),
		URL:         o.url("externalUrl"),
		Requisition: o.scalar("jobReqId"),
		PostedAt:    o.time("startDate"),
		ValidUntil:  o.time("endDate"),
	}
	country := o.object("country").text("descriptor")
	if text := o.text("location"); text != "" || country != "" {
		rec.Places = append(rec.Places, posting.Place{Text: text, Country: country})
	}
	for _, text := range o.texts("additionalLocations") {
		if text != "" {
			rec.Places = append(rec.Places, posting.Place{Text: text})
		}
	}
	o.drop("postedOn", "jobPostingId", "questionnaireId", "includeResumeParsing", "logoImage", "canApply")
	delete(o.children, "country") // what is left of it is Workday's own id
	if posted := o.flag("posted"); posted != nil && !*posted {
		return rec, "not posted"
	}
	return rec, ""
}

// parts splits a board's name "tenant/wd5/Site"; lists of boards also write "tenant|wd5|Site".
func (Workday) parts(site Site) (tenant, pod, name string, err error) {
	parts := strings.FieldsFunc(site.Board, func(r rune) bool { return r == '/' || r == '|' })
	if len(parts) != 3 {
		return "", "", "", fmt.Errorf("board %q: want tenant/wd5/Site, as in https://tenant.wd5.myworkdayjobs.com/Site", site.Board)
	}
	for i, p := range parts {
		if parts[i], err = (Site{Board: p}).token(); err != nil {
			return "", "", "", err
		}
	}
	if _, err := (Site{Board: parts[0] + "." + parts[1]}).host(""); err != nil {
		return "", "", "", err
	}
	return parts[0], parts[1], parts[2], nil
}

func (w Workday) at(site Site, path string) (Request, error) {
	tenant, pod, name, err := w.parts(site)
	if err != nil {
		return Request{}, err
	}
	return site.get("https://"+tenant+"."+pod+".myworkdayjobs.com", "/wday/cxs/"+tenant+"/"+name+path)
}

// Request implements Crawler.
func (w Workday) Request(site Site, offset int) (Request, error) {
	req, err := w.at(site, "/jobs")
	req.Method = "POST"
	req.Body = fmt.Appendf(nil, `{"appliedFacets":{},"limit":%d,"offset":%d,"searchText":""}`, workdayPage, offset)
	return req, err
}

// Ref implements Detailer: the path of the posting.
func (Workday) Ref(row posting.Record) string {
	var extra struct {
		Path string `json:"externalPath"`
	}
	_ = json.Unmarshal(row.Extra, &extra) // a row without a path cannot be asked for
	return extra.Path
}

// Detail implements Detailer.
func (w Workday) Detail(site Site, ref string) (Request, error) {
	if !strings.HasPrefix(ref, "/job/") || strings.Contains(ref, "..") || strings.ContainsAny(ref, "?#\\ \r\n") {
		return Request{}, fmt.Errorf("%w: the path %q is none of a posting", posting.ErrInvalid, headOf([]byte(ref), 80))
	}
	return w.at(site, ref)
}
