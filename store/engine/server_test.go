package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/store/engine"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

func TestMain(m *testing.M) { os.Exit(enginetest.Main(m)) }

func connect(t testing.TB, e *engine.Engine) driver.Conn {
	t.Helper()
	conn, err := clickhouse.Open(&clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: []string{e.Addr()},
		Auth: clickhouse.Auth{Database: "default", Username: engine.UserWriter, Password: enginetest.Password},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func exec(t testing.TB, conn driver.Conn, sql string, args ...any) {
	t.Helper()
	if err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// post sends a raw request as curl would and returns status, headers and body.
func post(t testing.TB, e *engine.Engine, user, urlQuery, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+e.Addr()+"/?"+urlQuery, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(user, enginetest.Password)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("read answer to %q: %v", body, err)
	}
	return response, string(text)
}

// eventually asks until the answer is yes.
func eventually(t testing.TB, within time.Duration, what string, yes func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !yes() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", within, what)
		case <-ticker.C:
		}
	}
}

func TestTypesRoundTrip(t *testing.T) {
	t.Parallel()
	conn := connect(t, enginetest.Start(t))
	exec(t, conn, `CREATE TABLE r (id UInt64, i Int32, f Float64, s String, x FixedString(3), l LowCardinality(String), n Nullable(String),
		d Date, t DateTime64(3, 'UTC'), u UUID, a Array(String), m Map(String, UInt16), p Tuple(Int8, String), e Enum8('a' = 1, 'b' = 2),
		c Decimal(18, 4), b Bool, ip IPv4) ENGINE = MergeTree ORDER BY id`)
	binary := "line\n\n\x00'\\\"\xff end"
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	type row struct {
		ID uint64            `ch:"id"`
		I  int32             `ch:"i"`
		F  float64           `ch:"f"`
		S  string            `ch:"s"`
		X  string            `ch:"x"`
		L  string            `ch:"l"`
		N  *string           `ch:"n"`
		D  time.Time         `ch:"d"`
		T  time.Time         `ch:"t"`
		A  []string          `ch:"a"`
		M  map[string]uint16 `ch:"m"`
		E  string            `ch:"e"`
		B  bool              `ch:"b"`
	}
	want := []row{
		{1, -7, 0.1, binary, "abc", "low", nil, at.Truncate(24 * time.Hour), at, []string{"", binary}, map[string]uint16{"k": 9}, "b", true},
		{2, 7, -1e300, "", "\x00\x01\x02", "", &binary, at.Truncate(24 * time.Hour), at, []string{}, map[string]uint16{}, "a", false},
	}
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO r (id, i, f, s, x, l, n, d, t, a, m, e, b)")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range want {
		if err := batch.AppendStruct(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	var got []row
	if err := conn.Select(t.Context(), &got, "SELECT id, i, f, s, x, l, n, d, t, a, m, e, b FROM r ORDER BY id"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	rows, err := conn.Query(t.Context(), "SELECT id, a FROM r WHERE id > {least:UInt64} ORDER BY id", clickhouse.Named("least", "99"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if diff := cmp.Diff([]string{"id", "a"}, rows.Columns()); diff != "" || rows.Next() {
		t.Errorf("an empty answer's columns (-want +got)\n%s", diff)
	}
}

func TestBatchOfTenThousandIsOnePart(t *testing.T) {
	t.Parallel()
	conn := connect(t, enginetest.Start(t))
	exec(t, conn, "CREATE TABLE b (id UInt64, s String) ENGINE = MergeTree ORDER BY id")
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO b")
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(10_000) {
		if err := batch.Append(i, strings.Repeat("x", 100)); err != nil {
			t.Fatal(err)
		}
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	var rows, parts uint64
	if err := conn.QueryRow(t.Context(), "SELECT sum(rows), count() FROM system.parts WHERE table = 'b' AND active").Scan(&rows, &parts); err != nil {
		t.Fatal(err)
	}
	if rows != 10_000 || parts != 1 {
		t.Errorf("got %d rows in %d parts, want 10000 in 1", rows, parts)
	}
}

func TestRawRequests(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	q := url.QueryEscape
	for _, step := range []struct{ user, url, body, want string }{
		{"", "", "CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a", ""},
		{"", "", "INSERT INTO t VALUES (1, 'x;'), (1+1, concat('a', 'b'));", ""},
		{"", "", "INSERT INTO t FORMAT JSONEachRow {\"a\":3,\"s\":\"q\"}\n\n\n{\"a\":4,\"s\":\"\\u0000\"}", ""},
		{"", "query=" + q("INSERT INTO t FORMAT TSV"), "5\tone\\n\\n\\0\n6\ttwo\n", ""},
		{"", "query=" + q("INSERT INTO t FORMAT RowBinary"), "\x07\x00\x00\x00\x00\x00\x00\x00\x05a\n\n\x00b", ""},
		{"", "query=" + q("INSERT INTO t (a, s)"), "VALUES (8, 'url and body')", ""},
		{"", "param_x=9&param_s=it%27s", "INSERT INTO t SELECT {x:UInt64}, {s:String}", ""},
		{"", "", "SELECT a, hex(s) FROM t ORDER BY a FORMAT CSV", "1,\"783B\"\n2,\"6162\"\n3,\"71\"\n4,\"00\"\n5,\"6F6E650A0A00\"\n6,\"74776F\"\n7,\"610A0A0062\"\n8,\"75726C20616E6420626F6479\"\n9,\"69742773\"\n"},
		{"", "query=" + q("SELECT count()"), "FROM t", "9\n"},
		{"", "default_format=JSONCompactEachRow&max_threads=1", "SELECT getSetting('max_threads')", "[1]\n"},
		{"", "", "SELECT getSetting('async_insert'), currentDatabase() FORMAT TSV", "false\tdefault\n"},
		{"", "database=system", "SELECT currentDatabase()", "system\n"},
		{"", "param_v=a%5C%27b%5Cnc", "SELECT {v:String}", "a\\'b\\nc\n"},
		{engine.UserAnalyst, "", "SELECT count() FROM t", "9\n"},
		{engine.UserAnalyst, "max_execution_time=0&max_memory_usage=1e30", "SELECT getSetting('max_execution_time'), getSetting('max_memory_usage') BETWEEN 64000000 AND 600000000", "60\t1\n"},
		{engine.UserAnalyst, "max_execution_time=7.2&max_result_rows=5&result_overflow_mode=break", "SELECT getSetting('max_execution_time'), getSetting('max_result_rows')", "8\t5\n"},
		{engine.UserAnalyst, "max_threads=1", "SELECT getSetting('max_threads'), getSetting('readonly')", "1\t1\n"},
		{"", "", "SELECT getSetting('priority')", "1\n"},
		{engine.UserAnalyst, "", "SELECT getSetting('priority'), getSetting('low_priority_query_wait_time_ms')", "2\t1000\n"},
		{engine.UserReader, "", "SELECT getSetting('priority')", "0\n"},
	} {
		if step.user == "" {
			step.user = engine.UserWriter
		}
		r, got := post(t, e, step.user, step.url, step.body)
		if r.StatusCode != http.StatusOK || got != step.want {
			t.Errorf("%s %q: status %d, got %q, want %q", step.url, step.body, r.StatusCode, got, step.want)
		}
	}
	r, err := http.Get("http://" + e.Addr() + "/ping")
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatal(r, err)
	}
	r.Body.Close()
	r, _ = post(t, e, engine.UserWriter, "query_id=mine", "SELECT 1 FORMAT JSON")
	if id, format := r.Header.Get("X-ClickHouse-Query-Id"), r.Header.Get("X-ClickHouse-Format"); id != "mine" || format != "JSON" {
		t.Errorf("query id %q, format %q", id, format)
	}
	r, err = http.Get("http://" + e.Addr() + "/?user=rolescope&password=test&query=" + q("CREATE TABLE g (a Int8) ENGINE = Memory"))
	if err != nil || r.Header.Get("X-ClickHouse-Exception-Code") != "164" {
		t.Errorf("GET may change something: %v %v", r, err)
	}
	r.Body.Close()
}

func TestErrors(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	post(t, e, engine.UserWriter, "", "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
	for _, c := range []struct {
		user, url, body string
		status, code    int
	}{
		{"rolescope", "", "SELECT * FROM nope", 404, 60},
		{"rolescope", "", "SELEC 1", 400, 62},
		{"rolescope", "", "", 400, 62},
		{"rolescope", "", "SELECT 1; SELECT 2", 400, 62},
		{"rolescope", "", "SELECT nocolumn", 404, 47},
		{"rolescope", "", "SELECT throwIf(1)", 500, 395},
		{"rolescope", "", "INSERT INTO t FORMAT TSV\nx\n", 400, 27},
		{"rolescope", "", "INSERT INTO nope FORMAT CSV\n1\n", 404, 60},
		{"rolescope", "", "SELECT 1 FORMAT Nope", 404, 73},
		{"rolescope", "nosuchsetting=1", "SELECT 1", 404, 115},
		{"rolescope", "max_memory_usage=100000", "SELECT groupArray(number) FROM numbers(10000000)", 500, 241},
		{"rolescope", "compress=1&network_compression_method=BROTLI", "SELECT 1", 501, 48},
		{"rolescope", "session_id=s", "SELECT 1", 501, 48},
		{"rolescope", "", "SELECT '" + strings.Repeat("x", 5<<20) + "'", 413, 229},
		{"nobody", "", "SELECT 1", 403, 516},
		{"analyst", "", "INSERT INTO t VALUES (1)", 500, 164},
		{"default", "", "INSERT INTO t VALUES (1)", 500, 164},
		{"analyst", "", "SELECT 1 INTO OUTFILE '/tmp/x' TRUNCATE", 500, 164},
		{"rolescope", "readonly=1", "SELECT 1 INTO OUTFILE '/tmp/x' TRUNCATE", 500, 164},
		{"analyst", "", "SELECT file('/etc/hostname')", 500, 164},
		{"analyst", "", "SELECT arrayMap(file, ['/etc/hostname'])", 500, 164},
		{"analyst", "", "SELECT * APPLY file FROM (SELECT '/etc/hostname')", 500, 164},
		{"analyst", "", "SELECT `\\x66ile`('/etc/hostname')", 500, 164},
		{"analyst", "", "DESCRIBE TABLE file('/etc/hostname')", 500, 164},
		{"analyst", "", "KILL QUERY WHERE 1", 500, 164},
		{"analyst", "", "SELECT 1 SETTINGS readonly = 0", 500, 164},
		{"analyst", "max_execution_time=none", "SELECT 1", 500, 164},
		{"analyst", "max_result_rows=-1", "SELECT 1", 500, 164},
		{"analyst", "max_rows_to_read=1", "SELECT sum(number) FROM numbers(9)", 500, 158},
		{"analyst", "max_network_bandwidth=1", "SELECT 1", 500, 164},
		{"analyst", "max_result_rows=2", "SELECT number FROM numbers(9)", 500, 396},
	} {
		r, body := post(t, e, c.user, c.url, c.body)
		head := c.body[:min(len(c.body), 60)]
		if r.StatusCode != c.status || r.Header.Get("X-ClickHouse-Exception-Code") != strconv.Itoa(c.code) {
			t.Errorf("%s %q: status %d, code %s, want %d, %d", c.url, head, r.StatusCode, r.Header.Get("X-ClickHouse-Exception-Code"), c.status, c.code)
		}
		if !strings.HasPrefix(body, fmt.Sprintf("Code: %d. DB::Exception: ", c.code)) || strings.Contains(body, "/*rolescope-") {
			t.Errorf("%s %q: %q", c.url, head, body)
		}
	}
	r, err := http.Post("http://"+e.Addr()+"/", "", strings.NewReader("SELECT 1"))
	if err != nil || r.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a user: %v %v", r, err)
	}
	r.Body.Close()
	var exception *clickhouse.Exception
	if err := connect(t, e).Exec(t.Context(), "DROP TABLE nope"); !errors.As(err, &exception) || exception.Code != 60 {
		t.Errorf("clickhouse-go got %v, want an exception with code 60", err)
	}
}

// TestErrorInTheMiddle: a statement that fails after its answer began must not
// look complete, and clickhouse-go must see its code.
func TestErrorInTheMiddle(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	const sql = "SELECT number, throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_block_size = 65000"
	r, err := http.Get("http://" + e.Addr() + "/?user=rolescope&password=test&query=" + url.QueryEscape(sql+" FORMAT CSV"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err == nil || !strings.Contains(string(body), "__exception__\r\n") || !strings.Contains(string(body), "Code: 395.") {
		t.Errorf("read error %v; the body ends %q", err, body[max(0, len(body)-200):])
	}
	rows, err := connect(t, e).Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for rows.Next() {
		n++
	}
	var exception *clickhouse.Exception
	if err := rows.Err(); n == 0 || !errors.As(err, &exception) || exception.Code != 395 {
		t.Errorf("clickhouse-go read %d rows, then %v, want code 395", n, err)
	}
}

// childBytes reads one of the child's memory figures from /proc.
func childBytes(t testing.TB, pid int, field string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatalf("%s is not in /proc", field)
	return 0
}

// TestStreamsInFlatMemory: three times as long an answer takes no more memory.
func TestStreamsInFlatMemory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	e := enginetest.Start(t)
	peak := func(rows int) int64 {
		sql := fmt.Sprintf("SELECT number, repeat('x', 300) FROM numbers(%d) FORMAT TSVWithNames", rows)
		r, err := http.Get("http://" + e.Addr() + "/?user=rolescope&password=test&query=" + url.QueryEscape(sql))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if n, err := io.Copy(io.Discard, r.Body); err != nil || n < int64(rows)*300 {
			t.Fatal(n, err)
		}
		return childBytes(t, e.PID(), "VmHWM")
	}
	short := peak(600_000)
	long := peak(2_000_000)
	t.Logf("peak memory %d MB after 180 MB, %d MB after 600 MB", short>>20, long>>20)
	if long-short > 150<<20 {
		t.Errorf("420 MB more of answer took %d MB more of memory", (long-short)>>20)
	}
}

func TestStreamedHeaderOnce(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	for _, format := range []string{"CSVWithNames", "TSVWithNamesAndTypes", "JSONCompactEachRowWithNames"} {
		_, body := post(t, e, engine.UserWriter, "", "SELECT number AS \"a\\\"b\" FROM numbers(200000) FORMAT "+format)
		lines := strings.Count(body, "\n")
		if want := 200_001 + strings.Count(format, "Types"); lines != want {
			t.Errorf("%s: %d lines, want %d; begins %q", format, lines, want, body[:50])
		}
	}
}

func TestAbandonedStatementIsStopped(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	running := func() string {
		_, n := post(t, e, engine.UserWriter, "", "SELECT count() FROM system.processes WHERE query LIKE 'SELECT max(sip%'")
		return n
	}
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+e.Addr()+"/?user=rolescope&password=test",
			strings.NewReader("SELECT max(sipHash64(number)) FROM numbers(100000000000)"))
		if err == nil {
			_, err = http.DefaultClient.Do(r) //nolint:bodyclose // it never answers
		}
		gone <- err
	}()
	eventually(t, 10*time.Second, "the statement runs", func() bool { return running() == "1\n" })
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "the statement is stopped", func() bool { return running() == "0\n" })
}

// TestBrokenBodyStoresNothing: an INSERT whose body breaks off must not be stored as if it were whole.
func TestBrokenBodyStoresNothing(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	post(t, e, engine.UserWriter, "", "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
	reader, writer := io.Pipe()
	go func() {
		io.WriteString(writer, strings.Repeat("1\n", 1000))
		writer.CloseWithError(errors.New("the client fails"))
	}()
	r, err := http.Post("http://"+e.Addr()+"/?user=rolescope&password=test&query="+url.QueryEscape("INSERT INTO t FORMAT TSV"), "", reader)
	if err == nil {
		r.Body.Close()
		t.Fatal("the client did not fail")
	}
	// The next statement runs behind it: one connection serves both is not given, so ask until it is over.
	eventually(t, 10*time.Second, "the INSERT is over", func() bool {
		_, n := post(t, e, engine.UserWriter, "", "SELECT count() FROM system.processes WHERE query LIKE 'INSERT%'")
		return n == "0\n"
	})
	if _, n := post(t, e, engine.UserWriter, "", "SELECT count() FROM t"); n != "0\n" {
		t.Errorf("%q rows stored", n)
	}
}
