package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"time"

	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// Kinds of work of a slot. Listing a board and reading a posting's text are apart, each with its
// own attempts: crawlers that did both at once lost nine in ten texts of a board to a rate limit
// and the listing with them.
const (
	KindBoard  = "board"
	KindDetail = "detail"
)

// Fetcher makes the requests of a crawl; *fetch.Client is one.
type Fetcher interface {
	Do(ctx context.Context, req fetch.Request) (*fetch.Response, error)
	// Admit returns an error when the host has failed so often that it shall be left alone.
	Admit(host string, now time.Time) error
	// Report tells how a crawl admitted at the host ended.
	Report(host string, ok bool, now time.Time)
}

// Task is one crawl.
type Task struct {
	Slot   posting.Slot
	Source source.Crawler
	Site   source.Site // Board is that of the slot when empty
	State  State       // as last stored for the board
	Now    func() time.Time
	Limits source.Limits
}

// State is what is kept of a board between its crawls: plain data. The zero value knows nothing,
// which costs sending everything again.
type State struct {
	Normaliser string            `json:"normaliser,omitempty"` // of the code that made the hashes
	Hashes     map[string]string `json:"hashes,omitempty"`     // external id -> content hash as last listed
	// Rows maps external ids to the fingerprints of the list rows under which their details were
	// read. A posting in Hashes but not here is known by its list row alone.
	Rows         map[string]string `json:"rows,omitempty"`
	ETag         string            `json:"etag,omitempty"`          // of the last answer that was the whole board
	LastModified string            `json:"last_modified,omitempty"` // likewise
	// AnsweredAt is when the run that had this answer was observed: a 304 confirms that run, and means
	// nothing to a run that is earlier.
	AnsweredAt time.Time `json:"answered_at,omitzero"`
}

// Result is what a crawl did.
type Result struct {
	Summary   Summary
	Published bool  // a run was published
	Details   int   // slots for details published
	Pending   int   // postings listed whose detail has not been read yet
	Err       error // what went wrong with the board or posting; nil when nothing did

	began, ended State
	keep         bool   // ended adds to what is stored instead of replacing it
	detail       string // the one posting read; empty for a board
}

// Apply returns the state to store, given the one that is stored now: read it again just before
// writing, because details of the board may have been read while its list was.
func (r Result) Apply(latest State) State {
	if latest.Normaliser != source.NormaliserVersion {
		latest = State{}
	}
	if r.Err != nil && r.ended.Hashes == nil {
		return latest
	}
	out := State{Normaliser: source.NormaliserVersion, Hashes: map[string]string{}, Rows: map[string]string{}}
	if r.keep || r.detail != "" {
		maps.Copy(out.Hashes, latest.Hashes)
		maps.Copy(out.Rows, latest.Rows)
		out.ETag, out.LastModified, out.AnsweredAt = latest.ETag, latest.LastModified, latest.AnsweredAt
	}
	maps.Copy(out.Hashes, r.ended.Hashes)
	maps.Copy(out.Rows, r.ended.Rows)
	if r.detail != "" {
		return out
	}
	out.ETag, out.LastModified, out.AnsweredAt = r.ended.ETag, r.ended.LastModified, r.ended.AnsweredAt
	for id := range r.ended.Hashes {
		// A detail read during the crawl knows more than the list did.
		if row, ok := latest.Rows[id]; ok && row != r.began.Rows[id] {
			out.Rows[id], out.Hashes[id] = row, latest.Hashes[id]
		}
	}
	if len(out.Hashes) > 2*postingsKept {
		out.Hashes, out.Rows = r.ended.Hashes, r.ended.Rows // ids that change with every answer
	}
	return out
}

// postingsKept is how many postings a board's state is kept for beyond what one listing may name.
const postingsKept = 100_000

// Crawl does the work of one slot: it asks the board, publishes what is new or changed, then the
// run with its listing, then a slot for every posting whose text takes a request of its own.
//
// A board's crawl always publishes a run: when it fails, one with the outcome, the reason and no
// listing, so that the ledger says what was tried. A failed detail publishes none, because it says
// nothing about the board; the posting stays listed by its list row, and is ordered again with
// the next list.
//
// An error means that ctx ended or that publishing failed: the slot is to be worked again.
func Crawl(ctx context.Context, from Fetcher, to Publisher, task Task) (Result, error) {
	if task.Site.Board == "" {
		task.Site.Board = task.Slot.Board
	}
	task.Limits = task.Limits.WithDefaults()
	before := task.State.Hashes
	if task.State.Normaliser != source.NormaliserVersion {
		task.State = State{}
	}
	observed := task.Slot.ObservedAt
	if observed.IsZero() {
		observed = task.Now()
	}
	run := posting.NewRun(task.Source.Kind(), task.Slot.Board, task.Slot.Company, task.Source.Proof(), task.Slot.PlannedAt, observed)
	c := &crawl{Task: task, from: from, to: to, run: run, before: before}
	c.result.began = task.State
	var err error
	switch task.Slot.Kind {
	case KindBoard, "":
		err = c.board(ctx)
	case KindDetail:
		err = c.detail(ctx)
	default:
		err = fmt.Errorf("%w: unknown kind of work %q", posting.ErrInvalid, task.Slot.Kind)
	}
	if err != nil {
		return c.result, fmt.Errorf("crawl %s board %s: %w", run.Source, run.Board, err)
	}
	return c.result, nil
}

// crawl is one call of Crawl.
type crawl struct {
	Task
	from   Fetcher
	to     Publisher
	run    posting.Run
	before map[string]string // ids listed before, whichever normaliser made their hashes
	result Result
	host   string
	fault  bool // the host failed, not the board
}

// board lists the board.
func (c *crawl) board(ctx context.Context) error {
	walk, first, err := source.NewWalk(c.Source, c.Site, c.Limits)
	if err != nil {
		return c.failed(ctx, posting.OutcomeError, err)
	}
	if err := c.admit(first); err != nil {
		return c.failed(ctx, posting.OutcomeError, err)
	}
	conditional := walk.Single() && len(c.State.Hashes) > 0 && !c.State.AnsweredAt.IsZero() && c.State.AnsweredAt.Before(c.run.ObservedAt)
	answer, err := c.fetch(ctx, first, conditional)
	if err == nil && answer.NotModified {
		c.report()
		return c.notModified(ctx)
	}
	for next := &first; ; {
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			walk.Fail(fmt.Sprintf("page %d: %s", walk.Pages()+1, err))
			break
		}
		if next, err = walk.Answer(answer.Body); err != nil || next == nil {
			break
		}
		answer, err = c.fetch(ctx, *next, false)
	}
	c.report()
	if err != nil && walk.Pages() == 0 {
		return c.failed(ctx, fetch.Outcome(err), err)
	}
	c.result.Err = err
	return c.publish(ctx, walk, answer)
}

// publish sends what the walk found, the run and the slots of details.
func (c *crawl) publish(ctx context.Context, walk *source.Walk, last *fetch.Response) error {
	board := walk.Board()
	rows, err := c.rows(board)
	if err != nil {
		return err
	}
	slots := c.order(board, rows)
	emitter := Emitter{Keep: rows.keep}
	if c.result.Pending > 0 {
		// What was done stays true when the texts are there, which is mostly soon.
		c.run.Note = fmt.Sprintf("the texts of %d postings were ordered", len(slots))
		if left := c.result.Pending - len(slots); left > 0 {
			c.run.Note += fmt.Sprintf("; %d are left for later lists", left)
		}
	}
	sum, err := emitter.Emit(ctx, c.to, c.run, board, c.State.Hashes)
	if err != nil {
		return err
	}
	c.result.Summary, c.result.Published = sum, true
	ended := State{Hashes: sum.Hashes, Rows: map[string]string{}}
	for id := range rows.keep {
		ended.Rows[id] = c.State.Rows[id]
	}
	if sum.Run.Complete && walk.Single() && last != nil && !shrunk(c.before, sum.Hashes) {
		ended.ETag, ended.LastModified, ended.AnsweredAt = last.Validators.ETag, last.Validators.LastModified, sum.Run.ObservedAt
	}
	c.result.ended = ended
	// A listing that may lack postings forgets none. One of events is never whole, and what it does
	// not name any more will not come back.
	c.result.keep = !sum.Run.Complete && c.run.Proof != posting.ProofEvent
	// After the run, because a detail says more than the row the run lists, so it has to be later.
	for start := 0; start < len(slots); start += chunkCount {
		part := slots[start:min(start+chunkCount, len(slots))]
		if err := c.to.Publish(ctx, part...); err != nil {
			return fmt.Errorf("publish %d slots of details: %w", len(part), err)
		}
		c.result.Details += len(part)
	}
	return nil
}

// shrunk reports whether a listing lacks more than half of what was listed before. The ledger doubts
// it, and a 304 decides nothing there, so the next crawl shall ask for the whole answer.
func shrunk(before, now map[string]string) bool {
	missing := 0
	for id := range before {
		if _, ok := now[id]; !ok {
			missing++
		}
	}
	return 2*missing > len(before)
}

// notModified publishes that the board is as it last was.
func (c *crawl) notModified(ctx context.Context) error {
	c.run.Outcome, c.run.Confirms = posting.OutcomeNotModified, posting.RunID(c.run.Source, c.run.Board, c.State.AnsweredAt)
	c.result.ended, c.result.keep = c.State, true
	return c.publishBare(ctx)
}

// failed publishes a run that found nothing out about any posting.
func (c *crawl) failed(ctx context.Context, outcome posting.Outcome, reason error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if outcome == posting.OutcomeOK {
		outcome = posting.OutcomeError
	}
	c.run.Outcome, c.run.Note = outcome, cut(reason.Error(), noteBytesMax)
	c.result.Err = reason
	return c.publishBare(ctx)
}

func (c *crawl) publishBare(ctx context.Context) error {
	run := c.run.Split()[0]
	if err := c.to.Publish(ctx, run); err != nil {
		return fmt.Errorf("publish the run: %w", err)
	}
	c.result.Summary.Run, c.result.Published = run, true
	return nil
}

// admit asks the breaker of the request's host.
func (c *crawl) admit(req source.Request) error {
	u, err := url.Parse(req.URL)
	if err != nil {
		return fmt.Errorf("read the address of the board: %w", err)
	}
	if err := c.from.Admit(u.Host, c.Now()); err != nil {
		return err
	}
	c.host = u.Host
	return nil
}

func (c *crawl) report() { c.from.Report(c.host, !c.fault, c.Now()) }

// fetch makes one request. conditional sends the validators of the last whole answer.
func (c *crawl) fetch(ctx context.Context, req source.Request, conditional bool) (*fetch.Response, error) {
	r := fetch.Request{Method: req.Method, URL: req.URL, Body: req.Body, Accept: req.Accept}
	if conditional {
		r.Validators = fetch.Validators{ETag: c.State.ETag, LastModified: c.State.LastModified}
	}
	answer, err := c.from.Do(ctx, r)
	switch {
	case err != nil:
		c.fault = c.fault || fetch.HostFault(err)
		return nil, err
	case answer == nil:
		return nil, errors.New("the fetcher gave no answer")
	case answer.NotModified && r.Validators == (fetch.Validators{}):
		return nil, errors.New("answered that nothing has changed, which was not asked")
	}
	return answer, nil
}
