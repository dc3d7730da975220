package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	marketBoards  = 120             // each is crawled once at the start and then every 15 minutes
	marketVersion = 7 * time.Second // how long a board's answer stays the same
	marketSlots   = 30              // postings a board may show
)

// market is a loopback server of invented boards in Greenhouse's format. What a board shows depends
// on the seed, the board and the version alone, so that an answer can be made again.
type market struct {
	seed    uint64
	start   time.Time
	url     string
	server  net.Listener
	mu      sync.Mutex
	answers map[string][]answer // by board, in the order they were given
}

// answer is one that was given.
type answer struct {
	At      time.Time
	Version int
}

func openMarket(seed uint64) (*market, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &market{seed: seed, start: time.Now(), url: "http://" + l.Addr().String(), answers: map[string][]answer{}, server: l}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			go m.serve(conn)
		}
	}()
	return m, nil
}

func boardName(i int) string { return fmt.Sprintf("board%03d", i) }

// dice is a number from 0 to n-1 that follows from the seed and the rest.
func (m *market) dice(n uint64, of ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprintln(h, append([]any{m.seed}, of...)...)
	x := h.Sum64()
	x ^= x >> 33 // FNV's low bits alone are poor
	return (x * 0xff51afd7ed558ccd >> 33) % n
}

// connMax is how long a connection may take: what a killed crawler leaves behind ends by itself.
const connMax = time.Minute

// serve answers one GET and closes the connection, which is all of HTTP that a market needs.
func (m *market) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(connMax))
	in := textproto.NewReader(bufio.NewReader(conn))
	line, err := in.ReadLine()
	if err != nil {
		return
	}
	header, err := in.ReadMIMEHeader()
	if err != nil {
		return
	}
	path, _, _ := strings.Cut(strings.TrimPrefix(line, "GET "), " ")
	status, tag, body := m.answer(path, header.Get("If-None-Match"))
	head := "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Type: application/json\r\n"
	if tag != "" {
		head += "ETag: " + tag + "\r\n"
	}
	_, _ = io.WriteString(conn, fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body))
}

// answer is the board as it is now, or 304 where that is known.
func (m *market) answer(path, known string) (status, tag string, body []byte) {
	path, _, _ = strings.Cut(path, "?")
	board, ok := strings.CutPrefix(path, "/v1/boards/")
	board, isJobs := strings.CutSuffix(board, "/jobs")
	if !ok || !isJobs {
		return "404 Not Found", "", nil
	}
	now := time.Now()
	version := int(now.Sub(m.start) / marketVersion)
	m.mu.Lock()
	m.answers[board] = append(m.answers[board], answer{now, version})
	m.mu.Unlock()
	body = m.payload(board, version)
	tag = strconv.Quote(fmt.Sprint(m.dice(1<<40, "tag", string(body))))
	if known == tag {
		return "304 Not Modified", tag, nil
	}
	return "200 OK", tag, body
}

// payload is a board's answer: some postings come, go, come back and change; one answer of eight
// says that there is more than it shows, one of thirty shows nothing.
func (m *market) payload(board string, version int) []byte {
	jobs := []map[string]any{}
	for j := range marketSlots {
		if m.dice(10, "there", board, j, (version+j)/3) >= 7 {
			continue
		}
		jobs = append(jobs, map[string]any{
			"id": j + 1, "title": fmt.Sprintf("Machine Learning Engineer %d", m.dice(3, "title", board, j, (version+j)/5)),
			"absolute_url": fmt.Sprintf("https://jobs.example/%s/%d", board, j),
			"location":     map[string]string{"name": "Zurich"},
			"content":      fmt.Sprintf("&lt;p&gt;Team %d trains models with PyTorch and SQL.&lt;/p&gt;", j),
		})
	}
	if m.dice(30, "empty", board, version) == 0 {
		jobs = jobs[:0]
	}
	total := len(jobs)
	if m.dice(8, "more", board, version) == 0 {
		total += 5
	}
	body, err := json.Marshal(map[string]any{"jobs": jobs, "meta": map[string]int{"total": total}})
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return body
}

// seen is the version that a run saw which began at that moment: the first answer given after it.
func (m *market) seen(board string, began time.Time) (int, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.answers[board] {
		if !a.At.Before(began) {
			return a.Version, true
		}
	}
	return 0, false
}

func (m *market) sources() string {
	var b strings.Builder
	b.WriteString("sources:\n")
	for i := range marketBoards {
		fmt.Fprintf(&b, "  - {kind: greenhouse, board: %s, company: %s, schedule: \"@every 15m\", base_url: %q}\n", boardName(i), boardName(i), m.url)
	}
	return b.String()
}
