package engine

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
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
	// writerSessionsMax is how many of the pipeline's requests run at once; more wait.
	writerSessionsMax = 16
	// sessionWaitMax is how long a request waits for a free session.
	sessionWaitMax = 30 * time.Second
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
	engine    *library
	path      string              // the engine's data
	answers   string              // files of answers under way
	passwords map[string][32]byte // user -> hash of the password
	slots     map[string]chan struct{}
	version   string
	timezone  string
	log       *slog.Logger

	// closing ends analysts' statements; nobody waits for them to close the engine.
	closing context.Context
	leave   context.CancelFunc

	// control is the session that keeps the engine up and stops other sessions' statements.
	control   *session
	controlMu sync.Mutex
}

// newServer opens the engine's directories below the data directory, made if missing.
func newServer(lib *library, config childConfig, log *slog.Logger) (*server, error) {
	s := &server{
		engine: lib, log: log,
		path: filepath.Join(config.DataDir, "store"), answers: filepath.Join(config.DataDir, "answers"),
		passwords: map[string][32]byte{UserWriter: sha256.Sum256([]byte(config.WriterPassword))},
		slots: map[string]chan struct{}{
			UserWriter:  make(chan struct{}, writerSessionsMax),
			UserAnalyst: make(chan struct{}, analystSessionsMax()),
		},
	}
	if config.AnalystPassword != "" {
		s.passwords[UserAnalyst] = sha256.Sum256([]byte(config.AnalystPassword))
	}
	s.closing, s.leave = context.WithCancel(context.Background())
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
	if user == UserWriter {
		blockMax = blockBytesMax
	}
	q, err := parseRequest(r, blockMax)
	if err != nil {
		s.fail(w, body, err)
		return
	}
	setHeader(w.Header(), headerQueryID, q.queryID)
	setHeader(w.Header(), headerZone, q.timezone(s.timezone))
	if user == UserAnalyst {
		err = checkAnalyst(q)
	} else if q.asksReadonly() && q.reaches {
		err = exceptionf(codeReadonly, "READONLY", "Cannot execute query in readonly mode: no OUTFILE, no INFILE, no functions that reach files, programs or other machines")
	} else if q.readonly && q.kind == kindInsert {
		err = exceptionf(codeReadonly, "READONLY", "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries")
	}
	if err != nil {
		s.fail(w, body, err)
		return
	}
	release, err := s.acquire(r.Context(), user)
	if err != nil {
		s.fail(w, body, err)
		return
	}
	defer release()
	ctx := r.Context()
	if user == UserAnalyst {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.closing, cancel)()
	}
	if err := s.execute(ctx, w, q, user); err != nil {
		s.fail(w, body, err)
	}
}

// authenticate takes the user from X-ClickHouse-User and -Key, basic
// authentication or the URL, but from one of them only, as ClickHouse does.
func (s *server) authenticate(r *http.Request) (string, error) {
	user, password := r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	name, secret, basic := r.BasicAuth()
	query := r.URL.Query()
	inURL := query.Has("user") || query.Has("password")
	if inHeaders := user != "" || password != ""; inHeaders && (basic || inURL) || basic && inURL {
		return "", exceptionf(codeAuthentication, "AUTHENTICATION_FAILED", "Invalid authentication: give user and password in one way only (basic authentication, X-ClickHouse-User and X-ClickHouse-Key, or the URL)")
	}
	switch {
	case basic:
		user, password = name, secret
	case inURL:
		user, password = query.Get("user"), query.Get("password")
	}
	if user == "" {
		return "", exceptionf(codeRequiredPassword, "REQUIRED_PASSWORD", "Authentication is required: send user and password (basic authentication, X-ClickHouse-User and X-ClickHouse-Key, or user and password in the URL)")
	}
	asked := user
	if user == userDefault {
		user = UserAnalyst
	}
	want, known := s.passwords[user]
	got := sha256.Sum256([]byte(password))
	if equal := subtle.ConstantTimeCompare(want[:], got[:]) == 1; !known || !equal {
		return "", exceptionf(codeAuthentication, "AUTHENTICATION_FAILED", "%s: Authentication failed: password is incorrect, or there is no user with such name", strconv.Quote(asked))
	}
	return user, nil
}

// acquire waits for one of the user's session slots.
func (s *server) acquire(ctx context.Context, user string) (release func(), err error) {
	slots := s.slots[user]
	timer := time.NewTimer(sessionWaitMax)
	defer timer.Stop()
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, exceptionf(codeTooManyQueries, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many simultaneous queries for user %s. Maximum: %d", user, cap(slots))
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
