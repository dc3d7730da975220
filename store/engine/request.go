package engine

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// statementBytesMax bounds the SQL of one request, without an INSERT's data. The
// engine itself parses 256 KiB by default (max_query_size); this leaves room for
// a caller who raises that, and keeps a stray upload out of memory.
const statementBytesMax = 4 << 20

// request is what one HTTP request asks for.
type request struct {
	statement
	format   string // the output's format, or the INSERT data's
	database string
	queryID  string
	// protocolVersion is the revision that the client says it knows.
	protocolVersion string

	params   []param
	settings []param
	// readonly refuses writing: GET promises to change nothing.
	readonly bool
	// data is an INSERT's body, to be read once, in order.
	data io.Reader
}

// ignoredParameters are URL parameters of ClickHouse that say nothing to this
// server: we always answer when the work is done, and know no quotas or roles.
var ignoredParameters = []string{
	"query", "user", "password", "database", "default_format", "query_id", "quota_key", "client_protocol_version",
	"wait_end_of_query", "buffer_size", "session_timeout", "session_check", "stacktrace", "add_http_cors_header",
	"enable_http_compression", "http_zlib_compression_level", "send_progress_in_http_headers",
	"http_headers_progress_interval_ms", "network_compression_method", "network_zstd_compression_level", "close_session",
}

var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)

// parseRequest reads everything but an INSERT's data. The error is an *Exception.
func parseRequest(r *http.Request) (*request, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, exceptionf(codeSyntaxError, "SYNTAX_ERROR", "The URL's parameters cannot be read: %v", err)
	}
	q := &request{
		database: cmp.Or(query.Get("database"), r.Header.Get("X-ClickHouse-Database")),
		queryID:  query.Get("query_id"),
		readonly: r.Method != http.MethodPost,

		protocolVersion: query.Get("client_protocol_version"),
	}
	if q.queryID == "" {
		q.queryID = newQueryID()
	}
	if err := refuseUnsupported(r, query); err != nil {
		return nil, err
	}
	for _, name := range sortedKeys(query) {
		value := query.Get(name)
		switch {
		case strings.HasPrefix(name, "param_"):
			q.params = append(q.params, param{strings.TrimPrefix(name, "param_"), value})
		case slices.Contains(ignoredParameters, name):
		case !settingName.MatchString(name):
			return nil, exceptionf(115, "UNKNOWN_SETTING", "Unknown setting %q", name)
		default:
			q.settings = append(q.settings, param{name, value})
		}
	}
	if err := q.readStatement(query.Get("query"), r.Body); err != nil {
		return nil, err
	}
	fallback := cmp.Or(query.Get("default_format"), r.Header.Get("X-ClickHouse-Format"), "TabSeparated")
	q.format = cmp.Or(q.statement.format, fallback)
	if !settingName.MatchString(q.format) {
		return nil, exceptionf(codeUnknownFormat, "UNKNOWN_FORMAT", "Unknown format %q", q.format)
	}
	return q, nil
}

func sortedKeys(values url.Values) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// refuseUnsupported names what this server does not do, instead of doing it half.
func refuseUnsupported(r *http.Request, query url.Values) error {
	on := func(name string) bool { v := query.Get(name); return v != "" && v != "0" && v != "false" }
	refused := ""
	switch {
	case on("compress"), on("decompress"):
		refused = "Compression (compress, decompress) is not supported on this loopback endpoint: use a client without compression"
	case !slices.Contains([]string{"", "identity"}, r.Header.Get("Content-Encoding")):
		refused = fmt.Sprintf("Content-Encoding %s is not supported on this loopback endpoint: send the body as it is", r.Header.Get("Content-Encoding"))
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
	return exceptionf(codeNetworkError, "NETWORK_ERROR", "The request's body broke off: %v", err)
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
