package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolescope/rolescope/ingest/fetch"
	"github.com/rolescope/rolescope/ingest/fetch/fetchtest"
)

var (
	// publicAddr stands for the public internet.
	publicAddr = netip.MustParseAddr("127.0.0.1")
	// privateAddr stands for one's own network.
	privateAddr = netip.MustParseAddr("127.0.0.2")
)

// foe is one trouble's board with all that is its own: a server, because patience and breakers are a
// host's, a name, a clock and a crawler.
type foe struct {
	trouble
	board string // its name in sources.yaml
	port  uint16
	url   string // its base_url

	public  *httptest.Server
	private *secret
	answer  atomic.Pointer[http.HandlerFunc]
	rules   atomic.Pointer[http.HandlerFunc]
	address atomic.Pointer[netip.Addr] // what its name resolves to
	sent    atomic.Int64               // bytes of bodies without end
	clock   *waitingClock
	crawler *crawler
}

// secret is a server at a private address on the port of a public one, which nobody may connect to.
type secret struct{ asked atomic.Int32 }

// waitingClock is a clock that only waiting moves, and a board that says it is slow.
type waitingClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *waitingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *waitingClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func (c *waitingClock) wait(ctx context.Context, d time.Duration) error {
	c.set(c.Now().Add(d))
	return ctx.Err()
}

func newFoes(t *testing.T) []*foe {
	var out []*foe
	for i, c := range troubles() {
		c.kind, c.size, c.times = c.source(), max(c.size, 12), max(c.times, 1)
		b := &foe{trouble: c, board: fmt.Sprintf("b%d", i), private: &secret{}, clock: &waitingClock{now: firstDay}}
		if c.kind == "workday" {
			b.board += "/wd5/jobs"
		}
		b.listen(t)
		b.url = fmt.Sprintf("http://%s:%d", publicAddr, b.port)
		if c.named {
			b.url = fmt.Sprintf("http://b%d.boards.example:%d", i, b.port)
		}
		out = append(out, b)
	}
	return out
}

// listen serves at the public address, and at the private one with the same port.
func (b *foe) listen(t *testing.T) {
	b.public = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			(*b.rules.Load())(w, r)
			return
		}
		(*b.answer.Load())(w, r)
	}))
	t.Cleanup(b.public.Close)
	if b.named {
		b.public.Config.SetKeepAlivesEnabled(false) // every request resolves the name anew
	}
	b.port = netip.MustParseAddrPort(b.public.Listener.Addr().String()).Port()
	l, err := net.Listen("tcp", netip.AddrPortFrom(privateAddr, b.port).String())
	if err != nil {
		t.Logf("%s: nothing listens at the private address, so only the refusal is seen: %v", b.name, err)
		return
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			b.private.asked.Add(1)
			_ = conn.Close()
		}
	}()
}

// start begins a crawler's process: it has read no robots.txt and has no connections.
func (b *foe) start(t *testing.T, s *system) {
	o := fetch.Options{
		Contact: "tests@rolescope.example", Limiter: limiter{s.bus}, Now: b.clock.Now, Wait: b.clock.wait,
		Permit:   func(ap netip.AddrPort) bool { return ap.Addr() == publicAddr },
		Resolver: fetchtest.Resolver(func() netip.Addr { return *b.address.Load() }),
	}
	if b.hasty {
		o.Silence = 2 * time.Second
	}
	client, err := fetch.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	list, err := parseSources("sources.yaml", sourcesOf([]*foe{b}))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	b.crawler = &crawler{
		sys: s, fetch: &fetcher{Client: client, bus: s.bus, log: log},
		sources: func() *sourceList { return list }, now: b.clock.Now, log: log,
	}
}

func (b *foe) set(answer, rules http.HandlerFunc) {
	addr := publicAddr
	b.answer.Store(&answer)
	b.rules.Store(&rules)
	b.address.Store(&addr)
}

func (b *foe) move(addr netip.Addr) { b.address.Store(&addr) }

func (b *foe) wellToday(t *testing.T, s *system) {
	b.set(b.well(), http.NotFound)
	if b.never {
		b.set(b.serve(b), b.robots(b))
	}
	b.start(t, s)
}

func (b *foe) inTrouble(t *testing.T, s *system) {
	b.set(b.well(), http.NotFound)
	if b.serve != nil {
		serve := b.serve(b)
		b.answer.Store(&serve)
	}
	if b.robots != nil {
		rules := b.robots(b)
		b.rules.Store(&rules)
	}
	if b.fresh {
		b.start(t, s)
	}
}

func (b *foe) wellAgain(t *testing.T, s *system) {
	b.set(b.well(2), http.NotFound)
	if b.after != nil {
		b.set(b.after(b), http.NotFound)
	}
	if b.hasty {
		b.hasty = false // what is in time shall not depend on how busy this machine is
		b.start(t, s)
	}
}

// well serves the whole board but for what has left.
func (b *foe) well(left ...int) http.HandlerFunc {
	ids := numbered(b.size, left...)
	switch b.kind {
	case "workday":
		return workday(ids, nil)
	case "smartrecruiters":
		return paged(ids, nil)
	case "personio":
		return feed("", ids)
	}
	return jobs(ids...)
}

func sourcesOf(foes []*foe) []byte {
	var b bytes.Buffer
	b.WriteString("sources:\n")
	for _, f := range foes {
		fmt.Fprintf(&b, "  - {kind: %s, board: %s, company: %q, schedule: \"@every 6h\", base_url: %q, accept_terms: true}\n", f.kind, f.board, f.name, f.url)
	}
	return b.Bytes()
}

// numbered are n postings 1 to n, those of without left out.
func numbered(n int, without ...int) []string {
	var ids []string
	for i := 1; i <= n; i++ {
		left := false
		for _, w := range without {
			left = left || i == w
		}
		if !left {
			ids = append(ids, strconv.Itoa(i))
		}
	}
	return ids
}

func mustJSON(v any) string {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(body)
}

// capped answers with the first ids of a board that says it has total.
func capped(total int, ids ...string) http.HandlerFunc {
	list := []map[string]any{}
	for _, id := range ids {
		list = append(list, map[string]any{"id": json.Number(id), "title": "Machine Learning Engineer"})
	}
	return says(http.StatusOK, "application/json", mustJSON(map[string]any{"jobs": list, "meta": map[string]int{"total": total}}))
}

func says(status int, contentType, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// pages cuts a list: page may move the offset, change the total, or answer itself and return true.
type pages func(w http.ResponseWriter, offset, total *int) (answered bool)

func (p pages) cut(w http.ResponseWriter, ids []string, offset, size int) (page []string, total int, answered bool) {
	total = len(ids)
	if p != nil && p(w, &offset, &total) {
		return nil, 0, true
	}
	offset = min(offset, len(ids))
	return ids[offset:min(len(ids), offset+size)], total, false
}

// paged answers as SmartRecruiters in pages, and with single postings.
func paged(ids []string, p pages) http.HandlerFunc {
	row := func(id string) map[string]any {
		return map[string]any{
			"id": id, "name": "Machine Learning Engineer", "visibility": "PUBLIC", "releasedDate": "2026-02-01T00:00:00.000Z",
			"jobAd": map[string]any{"sections": map[string]any{"jobDescription": map[string]string{"title": "Job", "text": "<p>PyTorch</p>"}}},
		}
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if _, id, ok := strings.Cut(r.URL.Path, "/postings/"); ok {
			_, _ = io.WriteString(w, mustJSON(row(id)))
			return
		}
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		page, total, answered := p.cut(w, ids, offset, 100)
		if answered {
			return
		}
		rows := []any{}
		for _, id := range page {
			rows = append(rows, row(id))
		}
		_, _ = io.WriteString(w, mustJSON(map[string]any{"offset": offset, "limit": 100, "totalFound": total, "content": rows}))
	}
}

// workday answers as Workday in pages, and with single postings.
func workday(ids []string, p pages) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if _, id, ok := strings.Cut(r.URL.Path, "/job/Oslo/Engineer_"); ok {
			_, _ = io.WriteString(w, mustJSON(map[string]any{"jobPostingInfo": map[string]string{
				"jobPostingId": "Engineer_" + id, "title": "Machine Learning Engineer", "jobDescription": "<p>PyTorch</p>",
			}}))
			return
		}
		var ask struct{ Offset int }
		if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		page, total, answered := p.cut(w, ids, ask.Offset, 20)
		if answered {
			return
		}
		rows := []any{}
		for _, id := range page {
			rows = append(rows, map[string]any{"title": "Machine Learning Engineer", "externalPath": "/job/Oslo/Engineer_" + id})
		}
		_, _ = io.WriteString(w, mustJSON(map[string]any{"total": total, "jobPostings": rows}))
	}
}

// feed answers as Personio; the document type stands before the root.
func feed(docType string, ids []string, more ...string) http.HandlerFunc {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + docType + "<workzag-jobs>")
	for _, id := range ids {
		fmt.Fprintf(&b, "<position><id>%s</id><name>Machine Learning Engineer%s</name></position>", id, strings.Join(more, ""))
	}
	return says(http.StatusOK, "text/xml", b.String()+"</workzag-jobs>")
}

// zipped is n MiB of spaces in a gzip body of some hundred kilobytes.
func zipped(n int) []byte {
	var member bytes.Buffer
	z := gzip.NewWriter(&member)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 10<<20))
	_ = z.Close()
	return bytes.Repeat(member.Bytes(), n/10)
}
