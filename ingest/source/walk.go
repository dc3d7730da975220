package source

import "fmt"

// Limits bound the crawl of one board.
type Limits struct {
	Pages    int // answers read; 0 is pagesMax
	Postings int // 0 is postingsMax
	Details  int // details asked for after one listing; 0 is detailsMax
}

// Defaults of Limits.
const (
	// pagesMax lets a board of 20 postings a page have 20,000, ten times what such APIs list.
	pagesMax = 1000
	// detailsMax is an hour and a half of requests at one a second, within the shortest schedules
	// boards of that size are worth; the others wait for the next listing.
	detailsMax = 5000
)

// WithDefaults fills in the zero fields.
func (l Limits) WithDefaults() Limits {
	if l.Pages <= 0 {
		l.Pages = pagesMax
	}
	if l.Postings <= 0 {
		l.Postings = postingsMax
	}
	if l.Details <= 0 {
		l.Details = detailsMax
	}
	return l
}

// Walk reads the answers of one board one after another: which request comes next, and what the
// answers together prove. It is a state machine without I/O.
//
// A board of many pages is proven whole when the distinct postings read are as many as the total
// the first page stated. Later totals are not believed: one API states 0 on every page but the
// first, and crawlers that took it closed hundreds of live postings. But a later total that is
// neither 0 nor the first means that the board changed while it was read, and then proves nothing.
//
// What it cannot see: one posting leaving a page already read while another joins the end, with the
// total unchanged. The grace of the ledger heals it, because the posting missed is listed next time.
type Walk struct {
	crawler Crawler
	site    Site
	plan    Plan
	limits  Limits

	board    Board
	records  map[string]bool // ids of board.Records
	ids      map[string]bool // every id seen
	nameless int             // rejected postings without an id
	total    int             // of the first page; -1 when it states none
	offset   int             // rows received
	pages    int
	followed bool
	ended    bool
	missing  string // the first reason to believe that postings are missing
}

// NewWalk starts the crawl of a board and returns the first request.
func NewWalk(c Crawler, site Site, limits Limits) (*Walk, Request, error) {
	w := &Walk{
		crawler: c, site: site, plan: c.Plan(), limits: limits.WithDefaults(),
		records: map[string]bool{}, ids: map[string]bool{}, total: -1,
	}
	w.board.Expected = -1
	req, err := c.Request(site, 0)
	return w, req, err
}

// Single reports whether one answer is all there is, so that it may be asked for conditionally.
func (w *Walk) Single() bool {
	_, follows := w.crawler.(Follower)
	return w.plan.PageSize == 0 && !follows
}

// Pages is how many answers with postings have been read.
func (w *Walk) Pages() int { return w.pages }

// Answer reads the answer to the last request and returns the next, or nil when there is none. On
// an error the walk is over; what was read before it stays.
func (w *Walk) Answer(payload []byte) (*Request, error) {
	if w.ended {
		return nil, fmt.Errorf("read %s board %s: an answer after the last", w.crawler.Kind(), w.site.Board)
	}
	if f, ok := w.crawler.(Follower); ok && !w.followed {
		w.followed = true
		req, err := f.Follow(w.site, payload)
		if err != nil {
			w.Fail(err.Error())
			return nil, err
		}
		return &req, nil
	}
	page, err := w.crawler.Parse(payload)
	if err != nil {
		w.Fail(err.Error())
		return nil, err
	}
	w.pages++
	if w.plan.PageSize == 0 {
		w.board, w.ended = page, true
		if w.plan.Whole && page.Expected < 0 {
			w.board.Complete = page.Identified()
		}
		return nil, nil
	}
	fresh := w.add(page)
	if w.finished(page, fresh) {
		w.ended = true
		return nil, nil
	}
	req, err := w.crawler.Request(w.site, w.offset)
	if err != nil {
		w.Fail(err.Error())
		return nil, err
	}
	return &req, nil
}

// Fail ends the walk before its time: what follows the answers read so far is missing.
func (w *Walk) Fail(reason string) {
	w.ended = true
	if w.missing == "" {
		w.missing = reason
	}
}

// add takes over a page and returns how many postings no page before had.
func (w *Walk) add(page Board) (fresh int) {
	if w.pages == 1 && (page.Expected > 0 || page.Received == 0) {
		w.total = page.Expected // a total of 0 beside postings is no total
	} else if w.pages > 1 && page.Expected > 0 && page.Expected != w.total {
		w.missing = fmt.Sprintf("the total changed from %d to %d while the pages were read", w.total, page.Expected)
	}
	w.offset += page.Received
	note := func(id string) {
		if !w.ids[id] {
			w.ids[id] = true
			fresh++
		}
	}
	for _, r := range page.Records {
		note(r.ExternalID)
		if !w.records[r.ExternalID] {
			w.records[r.ExternalID] = true
			w.board.Records = append(w.board.Records, r)
		}
	}
	for _, s := range page.Skipped {
		if !w.ids[s.ExternalID] {
			w.board.Skipped = append(w.board.Skipped, s)
		}
		note(s.ExternalID)
	}
	for _, r := range page.Rejected {
		if r.ExternalID == "" {
			w.nameless++
			w.board.Rejected = append(w.board.Rejected, r)
			continue
		}
		if !w.ids[r.ExternalID] {
			w.board.Rejected = append(w.board.Rejected, r)
		}
		note(r.ExternalID)
	}
	if w.board.Note == "" {
		w.board.Note = page.Note
	}
	return fresh
}

// finished reports whether no further page is worth asking for.
func (w *Walk) finished(page Board, fresh int) bool {
	got := len(w.ids) + w.nameless
	switch {
	case page.Received == 0, fresh == 0:
		return true // past the end, or the same page again
	case w.total >= 0 && got >= w.total:
		return true
	case w.total < 0 && page.Received < w.plan.PageSize:
		return true
	case w.pages >= w.limits.Pages:
		w.missing = fmt.Sprintf("stopped at the limit of %d pages", w.limits.Pages)
		return true
	case got >= w.limits.Postings:
		w.missing = fmt.Sprintf("stopped at the limit of %d postings", w.limits.Postings)
		return true
	}
	return false
}

// Board is what all answers so far say together.
func (w *Walk) Board() Board {
	b := w.board
	if w.plan.PageSize > 0 {
		b.Received, b.Expected = len(w.ids)+w.nameless, w.total
		b.Company = mostCommon(b.Records)
		// A total of 0 proves no board: one API answers so for names it does not know.
		if w.plan.TotalMax > 0 && w.total >= w.plan.TotalMax {
			w.Fail(fmt.Sprintf("the API lists at most %d postings of a board", w.plan.TotalMax))
		}
		b.Complete = w.ended && w.total > 0 && b.Received == w.total && b.Identified()
	}
	b.Missing = w.missing
	if b.Missing != "" || !w.ended {
		b.Complete = false
	}
	return b
}
