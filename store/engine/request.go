package engine

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// statementBytesMax bounds the SQL of one request, without an INSERT's data. The
// engine itself parses 256 KiB by default (max_query_size); this leaves room for
// a caller who raises that, and keeps a stray upload out of memory.
const statementBytesMax = 4 << 20

// request is what one HTTP request asks for.
type request struct {
	statement
	user     string // who asks
	format   string // the output's format, or the INSERT data's
	database string
	queryID  string
	// protocolVersion is the revision that the client says it knows.
	protocolVersion string

	params   []param
	settings []param
	// readonly refuses writing: GET promises to change nothing.
	readonly bool
	// packing is how the client wants its answer compressed.
	packing packing
	// atEnd says to answer only when the statement has ended (wait_end_of_query), so that every error has its status.
	atEnd bool
	// progress is how often to tell of progress, 0 for never; stopProgress ends it, before the answer begins.
	progress     time.Duration
	stopProgress func()
	// begun is when the request came.
	begun time.Time
	// data is an INSERT's body, to be read once, in order.
	data io.Reader
}

// knownParameters are URL parameters of ClickHouse that are no settings of the
// statement: read here, or of no meaning to this server, which knows no quotas.
var knownParameters = []string{
	"query", "user", "password", "database", "default_format", "query_id", "quota_key", "client_protocol_version",
	"wait_end_of_query", "http_wait_end_of_query", "buffer_size", "http_response_buffer_size",
	"session_timeout", "session_check", "close_session", "stacktrace", "add_http_cors_header",
	"compress", "decompress", "enable_http_compression", "http_zlib_compression_level",
	"network_compression_method", "network_zstd_compression_level",
	"send_progress_in_http_headers", "http_headers_progress_interval_ms",
}

var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)

// parseRequest reads everything but an INSERT's data; blockMax bounds one compressed
// block of the body. The error is an *Exception.
func parseRequest(r *http.Request, blockMax int64) (*request, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, exceptionf(codeSyntaxError, "SYNTAX_ERROR", "The URL's parameters cannot be read: %v", err)
	}
	q := &request{
		database: cmp.Or(r.Header.Get("X-ClickHouse-Database"), query.Get("database")),
		queryID:  query.Get("query_id"),
		readonly: r.Method != http.MethodPost,
		atEnd:    on(query.Get("wait_end_of_query")) || on(query.Get("http_wait_end_of_query")),
		progress: parseProgress(query.Get), stopProgress: func() {},
		begun: time.Now(),

		protocolVersion: query.Get("client_protocol_version"),
	}
	if q.packing, err = parsePacking(query.Get, r.Header); err != nil {
		return nil, err
	}
	if q.queryID == "" {
		q.queryID = newQueryID()
	}
	if err := refuseUnsupported(r, query); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		value := query.Get(name)
		switch {
		case strings.HasPrefix(name, "param_"):
			q.params = append(q.params, param{strings.TrimPrefix(name, "param_"), value})
		case name == "", slices.Contains(knownParameters, name):
		case !settingName.MatchString(name):
			return nil, exceptionf(115, "UNKNOWN_SETTING", "Unknown setting %q", name)
		default:
			q.settings = append(q.settings, param{name, value})
		}
	}
	body, err := decodeBody(r.Header.Get("Content-Encoding"), on(query.Get("decompress")), blockMax, r.Body)
	if err != nil {
		return nil, err
	}
	if err := q.readStatement(query.Get("query"), body); err != nil {
		return nil, err
	}
	if q.readsInput() {
		return nil, exceptionf(codeNotImplemented, "NOT_IMPLEMENTED", "INSERT ... SELECT FROM input() is not supported: insert into the table, or into a Null table with a materialized view")
	}
	fallback := cmp.Or(r.Header.Get("X-ClickHouse-Format"), query.Get("default_format"), "TabSeparated")
	q.format = cmp.Or(q.statement.format, fallback)
	if !settingName.MatchString(q.format) {
		return nil, exceptionf(codeUnknownFormat, "UNKNOWN_FORMAT", "Unknown format %q", q.format)
	}
	return q, nil
}

// refuseUnsupported names what this server does not do, instead of doing it half.
func refuseUnsupported(r *http.Request, query url.Values) error {
	refused := ""
	switch {
	case query.Get("session_id") != "":
		refused = "Sessions (session_id) are not supported: every request stands alone"
	case strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data"):
		refused = "External tables (multipart/form-data) are not supported"
	case query.Get("role") != "":
		refused = "Roles (role) are not supported"
	}
	if refused != "" {
		return exceptionf(codeNotImplemented, "NOT_IMPLEMENTED", "%s", refused)
	}
	return nil
}

// readStatement takes the SQL from the URL and the body, in this order, as
// ClickHouse does: they are one text with a line end between.
func (q *request) readStatement(fromURL string, body io.Reader) error {
	head := fromURL
	if fromURL != "" {
		head += "\n"
		if s, err := parseStatement(head); err == nil && s.kind == kindInsert && !s.implicit {
			q.statement = s
			rest := head[s.dataStart:]
			if strings.TrimSpace(rest) == "" { // the line end is ours
				rest = ""
			}
			q.data = io.MultiReader(strings.NewReader(rest), body)
			return nil
		}
	}
	room := statementBytesMax - len(head)
	if room < 0 {
		return tooLarge()
	}
	read, err := io.ReadAll(io.LimitReader(body, int64(room)+1))
	if err != nil {
		return bodyError(err)
	}
	head += string(read)
	s, err := parseStatement(head)
	if err != nil {
		return err
	}
	q.statement = s
	if s.kind == kindInsert {
		q.data = io.MultiReader(strings.NewReader(head[s.dataStart:]), body)
		return nil
	}
	if len(read) > room {
		return tooLarge()
	}
	return nil
}

func tooLarge() error {
	return exceptionf(codeQueryTooLarge, "QUERY_IS_TOO_LARGE", "The statement is longer than %d bytes; only an INSERT's data may be", statementBytesMax)
}

// bodyError is a body that broke off: the client left, stalled or lied about the length.
func bodyError(err error) error {
	var exception *Exception
	if errors.As(err, &exception) {
		return exception
	}
	for _, packed := range []error{
		errBlock, gzip.ErrHeader, gzip.ErrChecksum, zlib.ErrHeader, zlib.ErrChecksum, zlib.ErrDictionary,
		zstd.ErrMagicMismatch, zstd.ErrWindowSizeExceeded, zstd.ErrCRCMismatch, zstd.ErrReservedBlockType, zstd.ErrUnknownDictionary,
	} {
		if errors.Is(err, packed) {
			return exceptionf(codeCannotDecompress, "CANNOT_DECOMPRESS", "The request's body cannot be decompressed: %v", err)
		}
	}
	return exceptionf(codeNetworkError, "NETWORK_ERROR", "The request's body broke off: %v", err)
}

// readsInput says that an INSERT selects from the table function input(), which in the library
// reads the process's standard input and would wait for ever.
func (q *request) readsInput() bool {
	if q.keyword != "INSERT" || q.kind != kindOther {
		return false
	}
	l := &lexer{src: q.sql}
	for t := l.next(); t.kind != tokenEnd; t = l.next() {
		if l.is(t, "input") && l.symbol(l.peek(), '(') {
			return true
		}
	}
	return false
}

// newQueryID is random: it only has to be unlike the others.
func newQueryID() string {
	var b [16]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand never returns an error
	s := hex.EncodeToString(b[:])
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}

// asksReadonly reports whether the request shall change nothing: by its method, or by the setting,
// which the engine itself does not hold against OUTFILE.
func (q *request) asksReadonly() bool {
	for _, setting := range q.settings {
		if setting.name == "readonly" && setting.value != "0" {
			return true
		}
	}
	return q.readonly
}

// timezone is what the client shall read times in: the session's, where it sets one.
func (q *request) timezone(server string) string {
	for _, setting := range q.settings {
		if setting.name == "session_timezone" && setting.value != "" && !strings.ContainsAny(setting.value, "\r\n") {
			return setting.value
		}
	}
	return server
}
