package engine_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/rolescope/rolescope/store/engine"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

// TestStreamedIsWhole: an answer sent piece by piece is byte for byte the one that waits for its end.
func TestStreamedIsWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of answers")
	}
	t.Parallel()
	e := enginetest.Start(t)
	for _, sql := range []string{
		"SELECT number AS k, concat('s\"', toString(number)) AS `a\"b\nc`, [number, 1] AS a FROM numbers(150000) ORDER BY k",
		"SELECT number AS k FROM numbers(150000) WHERE 0",
		"SELECT number % 100000 AS k, count() AS c FROM numbers(150000) GROUP BY k WITH TOTALS ORDER BY k",
		"SELECT number AS k FROM numbers(150000) ORDER BY k SETTINGS extremes = 1",
		"SELECT number AS k FROM numbers(150000) ORDER BY k SETTINGS output_format_json_array_of_rows = 1",
		"SELECT toString(number) AS s FROM numbers(150000) ORDER BY number",
	} {
		for _, format := range []string{
			"TSV", "TSVWithNamesAndTypes", "CSVWithNames", "JSONEachRow", "JSONCompactEachRowWithNamesAndTypes",
			"RowBinaryWithNames", "RowBinaryWithNamesAndTypes", "Native", "MsgPack", "RawBLOB",
		} {
			if format == "RawBLOB" && !strings.HasPrefix(sql, "SELECT toString") {
				continue
			}
			streamed, got := post(t, e, engine.UserWriter, "default_format="+format, sql)
			whole, want := post(t, e, engine.UserWriter, "wait_end_of_query=1&default_format="+format, sql)
			if streamed.StatusCode != 200 || whole.StatusCode != 200 || got != want {
				t.Errorf("%s FORMAT %s: %d bytes, and %d when it waits for the end", sql, format, len(got), len(want))
			}
		}
	}
}

// TestInsertFormats: what a format's SELECT says, its INSERT takes.
func TestInsertFormats(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	const query = "SELECT number AS id, concat('a\n\n', toString(number)) AS s, number % 2 ? NULL : [number] = [0] AS b FROM numbers(30000)"
	_, want := post(t, e, engine.UserWriter, "", "SELECT count(), sum(cityHash64(id, s, b)) FROM ("+query+")")
	for _, format := range []string{
		"Values", "TSV", "TSVWithNames", "TSVWithNamesAndTypes", "CSV", "CSVWithNames", "TSKV", "JSON", "JSONCompact", "JSONColumns",
		"JSONColumnsWithMetadata", "JSONEachRow", "JSONCompactEachRow", "JSONCompactEachRowWithNamesAndTypes", "JSONObjectEachRow",
		"RowBinary", "RowBinaryWithNamesAndTypes", "Native", "MsgPack", "BSONEachRow", "Parquet", "Arrow", "ArrowStream", "ORC", "Avro",
	} {
		post(t, e, engine.UserWriter, "", "CREATE OR REPLACE TABLE f (id UInt64, s String, b Nullable(UInt8)) ENGINE = MergeTree ORDER BY id")
		_, data := post(t, e, engine.UserWriter, "", query+" FORMAT "+format)
		r, answer := post(t, e, engine.UserWriter, "query="+url.QueryEscape("INSERT INTO f FORMAT "+format), data)
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", format, answer)
			continue
		}
		if _, got := post(t, e, engine.UserWriter, "", "SELECT count(), sum(cityHash64(id, s, b)) FROM f"); got != want {
			t.Errorf("%s: got %q, want %q", format, got, want)
		}
	}
}

// send posts a body with headers and returns the answer as it came over the wire.
func send(t *testing.T, e *engine.Engine, query, body string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+e.Addr()+"/?"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(engine.UserWriter, enginetest.Password)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := (&http.Transport{DisableCompression: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

func TestHTTPCompression(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	post(t, e, engine.UserWriter, "", "CREATE TABLE z (a UInt64) ENGINE = MergeTree ORDER BY a")
	packs := map[string]func(io.Writer) io.WriteCloser{
		"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		"zstd":    func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z },
	}
	unpacks := map[string]func(io.Reader) (io.Reader, error){
		"gzip":    func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"deflate": func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) },
		"zstd":    func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	}
	data := strings.Repeat("1\n2\n3\n", 50_000)
	for name, pack := range packs {
		var body bytes.Buffer
		w := pack(&body)
		io.WriteString(w, data)
		w.Close()
		r, answer := send(t, e, "query="+url.QueryEscape("INSERT INTO z FORMAT TSV"), body.String(), "Content-Encoding", name)
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", name, answer)
		}
		// Cut short, it must not be taken for whole; garbage is refused.
		for _, wrong := range []string{body.String()[:body.Len()-9], "garbage that is long enough to be seen"} {
			if r, answer = send(t, e, "query="+url.QueryEscape("INSERT INTO z FORMAT TSV"), wrong, "Content-Encoding", name); r.StatusCode == http.StatusOK {
				t.Errorf("%s: a broken body was taken: %q", name, answer)
			}
		}
		for _, sql := range []string{"SELECT number FROM numbers(300000)", "SELECT 1 WHERE 0", "SELECT 1 FORMAT Vertical"} {
			_, plain := send(t, e, "", sql)
			r, answer := send(t, e, "enable_http_compression=1", sql, "Accept-Encoding", name)
			unpacked, err := unpacks[name](strings.NewReader(answer))
			if err != nil || r.Header.Get("Content-Encoding") != name {
				t.Errorf("%s %s: Content-Encoding %q, %v", name, sql, r.Header.Get("Content-Encoding"), err)
				continue
			}
			if got, err := io.ReadAll(unpacked); err != nil || len(got) != len(plain) {
				t.Errorf("%s %s: %d bytes, want %d: %v", name, sql, len(got), len(plain), err)
			}
		}
	}
	if _, got := send(t, e, "", "SELECT count(), sum(a) FROM z"); got != "450000\t900000\n" {
		t.Errorf("stored %q", got)
	}
	for _, c := range []struct{ header, value, query string }{
		{"Accept-Encoding", "gzip", ""}, {"Accept-Encoding", "br", "enable_http_compression=1"},
	} {
		if r, answer := send(t, e, c.query, "SELECT 1", c.header, c.value); r.Header.Get("Content-Encoding") != "" || answer != "1\n" {
			t.Errorf("%v: %q", c, answer)
		}
	}
	if r, answer := send(t, e, "", "x", "Content-Encoding", "br"); r.StatusCode != http.StatusNotImplemented || !strings.Contains(answer, "gzip") {
		t.Errorf("br: %d %s", r.StatusCode, answer)
	}
}

// TestHeaders: the answer says what ClickHouse's does.
func TestHeaders(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	post(t, e, engine.UserWriter, "", "CREATE TABLE h (a UInt64) ENGINE = MergeTree ORDER BY a")
	for _, c := range []struct {
		query, sql   string
		read, result string
	}{
		{"", "INSERT INTO h SELECT number FROM numbers(1000)", "1000", ""},
		{"", "INSERT INTO h FORMAT TSV 1\n2\n", "", ""},
		{"", "SELECT a FROM h WHERE a < 10", "1002", "12"},
		{"default_format=JSON", "SELECT a FROM h", "1002", ""},
		{"wait_end_of_query=1", "SELECT number FROM numbers(500000)", "500000", ""},
	} {
		r, answer := post(t, e, engine.UserWriter, "query_id=q&session_timezone=Asia/Tokyo&"+c.query, c.sql)
		var summary map[string]string
		err := json.Unmarshal([]byte(r.Header.Get("X-ClickHouse-Summary")), &summary)
		if err != nil || c.read != "" && summary["read_rows"] != c.read || c.result != "" && summary["result_rows"] != c.result || summary["elapsed_ns"] == "0" {
			t.Errorf("%s: summary %v, %v; %.100s", c.sql, summary, err, answer)
		}
		if strings.HasPrefix(c.sql, "INSERT INTO h FORMAT") && summary["written_rows"] != "2" {
			t.Errorf("%s: summary %v", c.sql, summary)
		}
		for name, want := range map[string]string{
			"X-ClickHouse-Query-Id": "q", "X-ClickHouse-Timezone": "Asia/Tokyo", "X-ClickHouse-Server-Display-Name": "rolescope",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", c.sql, name, got, want)
			}
		}
		if tag := r.Header.Get("X-ClickHouse-Exception-Tag"); len(tag) != 16 || strings.Trim(tag, "0123456789abcdef") != "" {
			t.Errorf("%s: exception tag %q", c.sql, tag)
		}
	}
}

// TestWaitEndOfQuery: an error in the middle has its status, for nothing was sent before.
func TestWaitEndOfQuery(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	r, answer := post(t, e, engine.UserWriter, "wait_end_of_query=1", "SELECT number, throwIf(number = 900000) FROM numbers(1000000)")
	if r.StatusCode != http.StatusInternalServerError || r.Header.Get("X-ClickHouse-Exception-Code") != "395" || !strings.HasPrefix(answer, "Code: 395.") {
		t.Errorf("status %d, %.200q", r.StatusCode, answer)
	}
}

// TestProgress comes in interim answers; the last is in the answer's own headers, whose status stays right.
func TestProgress(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	for sql, status := range map[string]int{
		"SELECT sum(sleepEachRow(0.03)) FROM numbers(10) SETTINGS max_block_size = 1":                             200,
		"SELECT number, sleepEachRow(0.03) FROM numbers(10) SETTINGS max_block_size = 1":                          200,
		"SELECT sleepEachRow(0.03), throwIf(number = 9) FROM numbers(10) SETTINGS max_block_size = 1 FORMAT JSON": 500,
		"SELECT sum(sleepEachRow(0.03)) FROM numbers(30) SETTINGS max_block_size = 1, max_execution_time = 0.3":   408,
		"EXPLAIN PIPELINE SELECT 1": 200,
	} {
		var told []string
		r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
				told = append(told, fmt.Sprint(code, " ", h.Get("X-ClickHouse-Progress")))
				return nil
			},
		}), http.MethodPost, "http://"+e.Addr()+"/?send_progress_in_http_headers=1&http_headers_progress_interval_ms=0", strings.NewReader(sql))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(engine.UserWriter, enginetest.Password)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != status {
			t.Errorf("%s: status %d, %v, %.200q", sql, response.StatusCode, err, body)
		}
		if last := response.Header.Get("X-ClickHouse-Progress"); !strings.HasPrefix(sql, "EXPLAIN") && (len(told) == 0 || !strings.HasSuffix(told[len(told)-1], last) || !strings.Contains(last, `"read_rows":"`)) {
			t.Errorf("%s: told %v, and last %q", sql, told, last)
		}
	}
}

// TestAuthentication: one way at a time, as ClickHouse has it.
func TestAuthentication(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	for _, c := range []struct {
		query  string
		header []string
		status int
	}{
		{"user=rolescope&password=test", nil, 200},
		{"user=analyst&password=test", nil, 200},
		{"user=default&password=test", nil, 200},
		{"user=default", nil, 403},
		{"", []string{"X-ClickHouse-User", "rolescope", "X-ClickHouse-Key", "test"}, 200},
		{"", []string{"Authorization", "Basic cm9sZXNjb3BlOnRlc3Q="}, 200},
		{"user=rolescope&password=test", []string{"X-ClickHouse-User", "rolescope"}, 403},
		{"user=rolescope", []string{"Authorization", "Basic cm9sZXNjb3BlOnRlc3Q="}, 403},
		{"", []string{"X-ClickHouse-User", "rolescope", "X-ClickHouse-Key", "nope"}, 403},
		{"", []string{"Authorization", "Bearer x"}, 401},
		{"", nil, 401},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+e.Addr()+"/?"+c.query, strings.NewReader("SELECT 1"))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(c.header); i += 2 {
			r.Header.Set(c.header[i], c.header[i+1])
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != c.status {
			t.Errorf("%s %v: status %d, want %d", c.query, c.header, response.StatusCode, c.status)
		}
	}
}

// TestRefusedClearly: what is not there says so, and what to do.
func TestRefusedClearly(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	for _, c := range []struct{ query, sql, says string }{
		{"session_id=s", "SELECT 1", "Sessions"},
		{"role=r", "SELECT 1", "Roles"},
		{"", "INSERT INTO FUNCTION null('a UInt8') SELECT a FROM input('a UInt8') FORMAT CSV\n1\n", "input()"},
		{"compress=1&network_compression_method=XZ", "SELECT 1", "LZ4, ZSTD, NONE"},
	} {
		r, answer := post(t, e, engine.UserWriter, c.query, c.sql)
		if r.StatusCode != http.StatusNotImplemented || !strings.Contains(answer, c.says) {
			t.Errorf("%s %s: %d %s", c.query, c.sql, r.StatusCode, answer)
		}
	}
	r, answer := post(t, e, engine.UserWriter, "decompress=1", fmt.Sprintf("%100s", "SELECT 1"))
	if r.Header.Get("X-ClickHouse-Exception-Code") != "271" {
		t.Errorf("no blocks: %d %s", r.StatusCode, answer)
	}
}
