package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Limits of the endpoint. It serves one machine's pipeline and a few people.
const (
	// headerBytesMax bounds the request line and headers: a statement in the URL
	// may be as long as ClickHouse allows (http_max_uri_size, 1 MiB).
	headerBytesMax = 1<<20 + 64<<10
	// headerTimeout bounds how long a client may take to send its headers.
	headerTimeout = 10 * time.Second
	// idleTimeout closes a kept connection nobody uses; clickhouse-go keeps its own for an hour.
	idleTimeout = 65 * time.Minute
	// stallTimeout is how long one read or write of a body may make no progress.
	stallTimeout = 5 * time.Minute
	// drainBodyMax and drainBodyTimeout bound what is read of a body after its statement failed.
	drainBodyMax     = 256 << 20
	drainBodyTimeout = 10 * time.Second
	// killInterval is how often a statement whose client left is told to stop.
	killInterval = 200 * time.Millisecond
)

// server answers ClickHouse's HTTP interface with one engine.
type server struct {
	engine   *library
	path     string // the engine's data
	answers  string // files of answers under way
	shelf    *shelf
	accounts map[string]*account
	memory   int64   // of a held user's statement
	limits   []limit // of held users
	grace    time.Duration
	version  string
	timezone string
	log      *slog.Logger

	// jobs are under way. Once ending is set, held users' are stopped for it.
	jobsMu sync.Mutex
	jobs   map[*job]int // how many of its two sides are at it: the engine, the client
	ending error
	// stuck gets a job that nothing stops.
	stuck chan *job

	attendant attendant

	// control is the session that keeps the engine up and stops other sessions' statements.
	control   *session
	controlMu sync.Mutex
}

// newServer opens the engine's directories below the data directory, made if missing.
func newServer(lib *library, config childConfig, log *slog.Logger) (*server, error) {
	memory := heldMemory(config.MemoryBytesMax)
	s := &server{
		engine: lib, log: log,
		path: filepath.Join(config.DataDir, "store"), answers: filepath.Join(config.DataDir, "answers"),
		shelf: newShelf(config.DataDir), accounts: newAccounts(config),
		memory: memory, limits: heldLimits(cmp.Or(config.StatementTimeout, statementTimeout), memory), grace: cmp.Or(config.StuckGrace, stuckGrace),
		jobs: map[*job]int{}, stuck: make(chan *job, 1),
	}
	// What a killed child left there is of no use.
	if err := errors.Join(os.RemoveAll(s.answers), os.Mkdir(s.answers, 0o700)); err != nil {
		return nil, err
	}
	arguments, err := writeConfig(config.DataDir)
	if err != nil {
		return nil, err
	}
	arguments = append(arguments, "--path="+s.path)
	if config.MemoryBytesMax > 0 {
		arguments = append(arguments, memoryArgument(config.MemoryBytesMax))
	}
	if s.control, err = lib.open(arguments...); err != nil {
		return nil, err
	}
	for sql, field := range map[string]*string{"SELECT timezone()": &s.timezone, "SELECT version()": &s.version} {
		if *field, err = s.scalar(sql); err != nil {
			s.control.close()
			return nil, fmt.Errorf("ask the engine: %w", err)
		}
	}
	s.attendant.open = s.present
	s.attendant.fail = func(err error) { log.Warn("have analysts' statements give way", "error", err) }
	return s, nil
}

// scalar asks the control session for one value.
func (s *server) scalar(sql string) (string, error) {
	s.controlMu.Lock()
	defer s.controlMu.Unlock()
	r, err := s.control.query(sql, "TSVRaw", nil)
	if err != nil {
		return "", err
	}
	defer r.destroy()
	b := r.bytes()
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
	}
	return string(b), nil
}

// close shuts the engine down; no request may be running.
func (s *server) close() {
	s.attendant.close()
	s.controlMu.Lock()
	defer s.controlMu.Unlock()
	s.control.close()
}

// http is the server to run; its connections' contexts end with ctx.
func (s *server) http(ctx context.Context) *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytesMax,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setHeader(w.Header(), headerName, displayName)
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "method "+r.Method+" is not supported", http.StatusMethodNotAllowed)
	case r.URL.Path == "/ping":
		io.WriteString(w, "Ok.\n")
	case r.URL.Path == "/" && r.Method != http.MethodPost && r.URL.RawQuery == "":
		io.WriteString(w, "Ok.\n")
	case r.URL.Path == "/":
		s.serveQuery(w, r)
	default:
		http.Error(w, "There is no handle "+r.URL.Path+"\n\nUse / or /ping for health checks.\nSend queries to / with GET (query parameter) or POST (body).", http.StatusNotFound)
	}
}

func (s *server) serveQuery(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	defer control.SetWriteDeadline(time.Time{}) //nolint:errcheck // the next request on a kept connection starts afresh
	body := &steadyBody{ReadCloser: r.Body, control: control}
	r.Body = body
	user, err := s.authenticate(r)
	if err != nil {
		s.fail(w, body, err)
		return
	}
	blockMax := int64(statementBytesMax)
	if !user.held {
		blockMax = blockBytesMax
	}
	q, err := parseRequest(r, blockMax)
	if err != nil {
		s.fail(w, body, err)
		return
	}
	setHeader(w.Header(), headerQueryID, q.queryID)
	setHeader(w.Header(), headerZone, q.timezone(s.timezone))
	q.user = user.name
	if user.held {
		err = checkHeld(q)
	} else if q.asksReadonly() && q.reaches {
		err = exceptionf(codeReadonly, "READONLY", "Cannot execute query in readonly mode: no OUTFILE, no INFILE, no functions that reach files, programs or other machines")
	} else if q.readonly && q.kind == kindInsert {
		err = exceptionf(codeReadonly, "READONLY", "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries")
	}
	if err != nil {
		s.fail(w, body, err)
		return
	}
	if err := s.execute(r, w, q, user); err != nil {
		s.fail(w, body, err)
	}
}

// fail sends an error before anything of the answer went out.
func (s *server) fail(w http.ResponseWriter, body *steadyBody, err error) {
	var exception *Exception
	if !errors.As(err, &exception) {
		exception = exceptionf(1002, "UNKNOWN_EXCEPTION", "%v", err)
	}
	h := w.Header()
	delete(h, headerFormat)
	h.Del("Content-Encoding")
	setHeader(h, headerCode, strconv.Itoa(exception.Code))
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	if exception.Code == codeRequiredPassword {
		h.Set("WWW-Authenticate", `Basic realm="ClickHouse server HTTP API"`)
	}
	if !body.drain() { // keeping the connection would mean reading it all
		h.Set("Connection", "close")
	}
	w.WriteHeader(exception.status())
	io.WriteString(w, exception.Text+"\n")
}

// steadyBody gives every read of a body its own time limit, so that a long
// INSERT may take hours while a stalled one ends.
type steadyBody struct {
	io.ReadCloser
	control *http.ResponseController
	ended   bool
}

// drain reads what is left of the body, within bounds: most clients read an answer only when they
// have sent everything. It reports whether the body ended.
func (b *steadyBody) drain() bool {
	if !b.ended {
		//nolint:errcheck // then it did not end
		b.control.SetReadDeadline(time.Now().Add(drainBodyTimeout))
		io.Copy(io.Discard, io.LimitReader(onlyReader{b.ReadCloser}, drainBodyMax)) //nolint:errcheck // as above
		n, err := b.ReadCloser.Read(make([]byte, 1))
		b.ended = n == 0 && errors.Is(err, io.EOF)
		b.control.SetReadDeadline(time.Time{}) //nolint:errcheck // the connection is gone then
	}
	return b.ended
}

func (b *steadyBody) Read(p []byte) (int, error) {
	if err := b.control.SetReadDeadline(time.Now().Add(stallTimeout)); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	b.ended = errors.Is(err, io.EOF)
	if err != nil { // the deadline must not outlive the body: the connection is kept
		b.control.SetReadDeadline(time.Time{}) //nolint:errcheck // the connection is gone then
	}
	return n, err
}
