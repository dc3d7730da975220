package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/store/engine"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

// client is one driver of the suite. It only translates: rows are what
// JSONCompactEachRow says of them, with 64-bit integers and decimals as texts.
type client interface {
	// command runs a statement without an answer.
	command(ctx context.Context, sql string) error
	// query returns the first keep rows and the number of all.
	query(ctx context.Context, sql string, params map[string]any, keep int) (answer, error)
	// count returns the number of rows.
	count(ctx context.Context, sql string) (int, error)
	// insert stores rows; with repeat, so many of them, the row's number in the first column.
	insert(ctx context.Context, table string, columns []column, rows [][]any, repeat int) error
	// another is a client of its own to the same server.
	another(t testing.TB) client
	// peak is the most memory the client's process took, 0 when it cannot be told.
	peak() int64
}

type column struct{ name, kind string }

type answer struct {
	Rows  [][]any `json:"rows"`
	Count int     `json:"count"`
}

// codeError is an error of the server with ClickHouse's code.
type codeError struct {
	code int
	text string
}

func (e *codeError) Error() string { return fmt.Sprintf("code %d: %s", e.code, e.text) }

// server under test: the embedded engine, or the one ROLESCOPE_TEST_CLICKHOUSE_URL names.
type testServer struct {
	base, user, password, database string
	pid                            int // 0 when external
	npm                            func() (dir string, err error)
}

func conformanceServer(t testing.TB) testServer {
	if address := os.Getenv("ROLESCOPE_TEST_CLICKHOUSE_URL"); address != "" {
		u, err := url.Parse(address)
		if err != nil || u.User == nil {
			t.Fatalf("ROLESCOPE_TEST_CLICKHOUSE_URL is not http://user:password@host:8123/database")
		}
		password, _ := u.User.Password()
		s := testServer{u.Scheme + "://" + u.Host, u.User.Username(), password, strings.Trim(u.Path, "/"), 0, npmInstaller(t)}
		if s.database == "" {
			s.database = "default"
		}
		return s
	}
	e := enginetest.Start(t)
	return testServer{"http://" + e.Addr(), engine.UserWriter, enginetest.Password, "default", e.PID(), npmInstaller(t)}
}

// typeCases are columns with what is put in and comes out, in the suite's form.
var typeCases = []struct {
	kind   string
	values string // JSON array
}{
	{"UInt8", `[0, 255]`},
	{"Int64", `["-9223372036854775808", "9223372036854775807"]`},
	{"UInt64", `["0", "18446744073709551615"]`},
	{"Float64", `[0.1, -1e300]`},
	{"Bool", `[true, false]`},
	{"String", `["", "it's \"quoted\" \\ \t\n\n\u0000 end", "\u00fc\ud83d\ude00"]`},
	{"FixedString(3)", `["abc", "a\u0000c"]`},
	{"Nullable(String)", `[null, "", "NULL", "\\N"]`},
	{"Nullable(Int32)", `[null, -5]`},
	{"Array(String)", `[[], ["", "a'b"], ["\n"]]`},
	{"Array(Nullable(UInt16))", `[[1, null, 65535], []]`},
	{"Array(Array(Int32))", `[[[1], [], [2, 3]], []]`},
	{"LowCardinality(String)", `["a", "b", "a"]`},
	{"LowCardinality(Nullable(String))", `["a", null]`},
	{"Date", `["1970-01-01", "2149-06-06"]`},
	{"DateTime('UTC')", `["2026-01-02 03:04:05"]`},
	{"DateTime64(3, 'UTC')", `["2026-01-02 03:04:05.678", "1969-12-31 23:59:59.999"]`},
	{"DateTime64(9, 'UTC')", `["2026-01-02 03:04:05.123456789"]`},
	{"Decimal(18, 4)", `["12345678901234.5678", "-0.0001"]`},
	{"Decimal(38, 10)", `["1234567890123456789012345678.0123456789"]`},
	{"UUID", `["61f0c404-5cb3-11e7-907b-a6006ad3dba0"]`},
	{"IPv4", `["192.0.2.1"]`},
	{"IPv6", `["2001:db8::1", "::"]`},
	{"Enum8('new' = 1, 'old one' = -2)", `["new", "old one"]`},
	{"Map(String, UInt16)", `[{}, {"a": 1, "b'": 2}]`},
	{"Map(String, Array(String))", `[{"k": ["", "v"]}]`},
	{"Tuple(Int8, String)", `[[-1, "x"]]`},
	{"JSON", `[{"a": "x", "b": {"c": true}}]`},
}

// paramCases are statements with parameters and the one row they give.
var paramCases = []struct {
	sql    string
	params map[string]any
	want   string
}{
	{"SELECT {n:UInt8} + 1", map[string]any{"n": 41}, `[42]`},
	{"SELECT {s:String}", map[string]any{"s": "it's \\ \"a\"\n\tend; -- {x}"}, `["it's \\ \"a\"\n\tend; -- {x}"]`},
	{"SELECT {s:String}, length({s:String})", map[string]any{"s": ""}, `["", "0"]`},
	{"SELECT {a:Array(String)}", map[string]any{"a": []string{"a", "b'c", ""}}, `[["a", "b'c", ""]]`},
	{"SELECT {n:Nullable(String)}", map[string]any{"n": nil}, `[null]`},
	{"SELECT {f:Float64}, {i:Int64}", map[string]any{"f": 0.5, "i": -7}, `[0.5, "-7"]`},
	{"SELECT count() > 0 FROM {db:Identifier}.{t:Identifier}", map[string]any{"db": "system", "t": "one"}, `[1]`},
}

// failCases are statements with the code of their error; rows says that it comes after some rows.
var failCases = []struct {
	sql  string
	code int
	rows bool
}{
	{"SELEC 1", 62, false},
	{"SELECT * FROM no_such_table", 60, false},
	{"SELECT no_such_column", 47, false},
	{"SELECT no_such_function(1)", 46, false},
	{"SELECT throwIf(1)", 395, false},
	{"SELECT toUInt8('x')", 6, false},
	{"SELECT {missing:UInt8}", 456, false},
	{"SELECT sleepEachRow(0.1) FROM numbers(20) SETTINGS max_execution_time = 0.2, max_block_size = 1", 159, false},
	{"SELECT number, throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_block_size = 65000, max_threads = 1", 395, true},
}

func TestConformance(t *testing.T) {
	server := conformanceServer(t)
	for _, driver := range []struct {
		name, compression string
		open              func(testing.TB, testServer, string) client
	}{
		{"clickhouse-go", "", openGo},
		{"clickhouse-go", "lz4", openGo},
		{"clickhouse-go", "zstd", openGo},
		{"clickhouse-go", "gzip", openGo},
		{"node", "", openNode},
		{"node", "gzip", openNode},
		{"curl", "", openCurl},
		{"curl", "gzip", openCurl},
	} {
		t.Run(strings.TrimSuffix(driver.name+" "+driver.compression, " "), func(t *testing.T) {
			if driver.compression != "" && testing.Short() {
				t.Skip("only without compression in short mode")
			}
			c := driver.open(t, server, driver.compression)
			s := &suite{server, c, "conformance_" + strings.ReplaceAll(driver.name, "-", "_") + driver.compression, driver.name == "node" && driver.compression != ""}
			t.Run("types", s.types)
			t.Run("parameters", s.parameters)
			t.Run("errors", s.errors)
			t.Run("cancellation", s.cancellation)
			t.Run("concurrency", s.concurrency)
			t.Run("insert", s.bulkInsert)
			if driver.compression == "" && !testing.Short() {
				t.Run("select", s.bulkSelect)
			}
		})
	}
}

// suite is the cases with one driver.
type suite struct {
	server testServer
	client client
	table  string // prefix
	// codeMayBeLost: @clickhouse/client unpacks gzip in the background and may see the broken
	// connection, or half of the exception, first. It reports an error, but which is chance.
	codeMayBeLost bool
}

func (s *suite) create(t *testing.T, name, columns, engine string) string {
	t.Helper()
	table := s.table + "_" + name
	sql := "CREATE OR REPLACE TABLE " + table + " (" + columns + ") ENGINE = " + engine
	if err := s.client.command(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	t.Cleanup(func() { s.client.command(context.WithoutCancel(t.Context()), "DROP TABLE IF EXISTS "+table) })
	return table
}

func parse[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func (s *suite) types(t *testing.T) {
	for i, c := range typeCases {
		t.Run(c.kind, func(t *testing.T) {
			table := s.create(t, fmt.Sprint("type", i), "id UInt32, v "+c.kind, "Memory")
			var rows, want [][]any
			for i, v := range parse[[]any](t, c.values) {
				rows = append(rows, []any{float64(i), v})
				want = append(want, []any{v})
			}
			if err := s.client.insert(t.Context(), table, []column{{"id", "UInt32"}, {"v", c.kind}}, rows, 0); err != nil {
				t.Fatal(err)
			}
			got, err := s.client.query(t.Context(), "SELECT v FROM "+table+" ORDER BY id", nil, 100)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Rows); diff != "" {
				t.Errorf("(-in +out)\n%s", diff)
			}
		})
	}
}

func (s *suite) parameters(t *testing.T) {
	for _, c := range paramCases {
		got, err := s.client.query(t.Context(), c.sql, c.params, 10)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		if diff := cmp.Diff([][]any{parse[[]any](t, c.want)}, got.Rows); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.sql, diff)
		}
	}
}

func (s *suite) errors(t *testing.T) {
	for _, c := range failCases {
		got, err := s.client.query(t.Context(), c.sql, nil, 1)
		var code *codeError
		switch {
		case err != nil && c.rows && s.codeMayBeLost:
			t.Logf("%s: %v", c.sql, err)
		case !errors.As(err, &code) || code.code != c.code:
			t.Errorf("%s: got %v, want code %d", c.sql, err, c.code)
		}
		if c.rows != (got.Count > 0) {
			t.Errorf("%s: %d rows before the error", c.sql, got.Count)
		}
	}
	table := s.create(t, "refuse", "id UInt32, v String, CONSTRAINT small CHECK id < 50000", "Memory")
	err := s.client.insert(t.Context(), table, []column{{"id", "UInt32"}, {"v", "String"}}, [][]any{{0.0, strings.Repeat("x", 100)}}, 60_000)
	var code *codeError
	if !errors.As(err, &code) || code.code != 469 {
		t.Errorf("an INSERT with a row that the table refuses: got %v, want code 469", err)
	}
}

// cancellation: the client leaves, and within two seconds the statement is gone from the server.
func (s *suite) cancellation(t *testing.T) {
	watcher := s.client.another(t)
	for _, c := range []struct{ name, sql, begun string }{
		{"before the first row", "SELECT max(sipHash64(number)) AS conformance_%s FROM numbers(100000000000)", "read_rows > 0"},
		{"in the middle of the answer", "SELECT number AS conformance_%s FROM numbers(100000000000)", "read_rows > 200000"},
	} {
		mark := fmt.Sprint(time.Now().UnixNano())
		running := func(condition string) bool {
			got, err := watcher.query(t.Context(), "SELECT count() FROM system.processes WHERE query LIKE '%conformance_"+mark+"%' AND query NOT LIKE '%system.processes%' AND "+condition, nil, 1)
			if err != nil {
				t.Fatal(err)
			}
			return !cmp.Equal(got.Rows, [][]any{{"0"}})
		}
		ctx, leave := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		var asking sync.WaitGroup
		asking.Go(func() {
			_, err := s.client.query(ctx, fmt.Sprintf(c.sql, mark), nil, 1)
			gone <- err
		})
		defer asking.Wait()
		defer leave()
		eventually(t, 10*time.Second, c.name+": the statement runs", func() bool { return running(c.begun) })
		leave()
		left := time.Now()
		eventually(t, 2*time.Second, c.name+": the statement is gone", func() bool { return !running("1") })
		t.Logf("%s: gone after %s", c.name, time.Since(left).Round(10*time.Millisecond))
		if err := <-gone; err == nil {
			t.Errorf("%s: no error for who left", c.name)
		}
	}
}

// concurrency: twenty clients at once, each gets its own answers.
func (s *suite) concurrency(t *testing.T) {
	const clients, each = 20, 5
	var all sync.WaitGroup
	for i := range clients {
		c := s.client.another(t)
		all.Go(func() {
			for n := range each {
				want := [][]any{{float64(i), float64(n), "10000"}}
				got, err := c.query(t.Context(), "SELECT {i:UInt8}, {n:UInt8}, uniqExact(number) FROM numbers(10000)", map[string]any{"i": i, "n": n}, 10)
				if diff := cmp.Diff(want, got.Rows); err != nil || diff != "" {
					t.Errorf("client %d: %v (-want +got)\n%s", i, err, diff)
				}
			}
		})
	}
	all.Wait()
}

func (s *suite) bulkInsert(t *testing.T) {
	const rows = 100_000
	table := s.create(t, "bulk", "id UInt32, v String, a Array(String)", "MergeTree ORDER BY id")
	row := []any{0.0, strings.Repeat("lorem ipsum ", 20), []any{"go", "rust", "sql"}}
	begun := time.Now()
	if err := s.client.insert(t.Context(), table, []column{{"id", "UInt32"}, {"v", "String"}, {"a", "Array(String)"}}, [][]any{row}, rows); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)
	got, err := s.client.query(t.Context(), "SELECT count(), uniqExact(id), min(length(v)), sum(length(a)) FROM "+table, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]any{{"100000", "100000", "240", "300000"}}, got.Rows); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	const rowBytes = 4 + 240 + 9
	t.Logf("%d rows in %s: %.0f rows/s, %.1f MB/s", rows, took.Round(time.Millisecond), rows/took.Seconds(), rows*rowBytes/took.Seconds()/1e6)
}

// bulkSelect: ten million rows take no more memory than two, at either side.
func (s *suite) bulkSelect(t *testing.T) {
	const slack = 128 << 20
	peaks := func(rows int) (server, client int64, took time.Duration) {
		resetPeak(s.server.pid)
		begun := time.Now()
		got, err := s.client.count(t.Context(), fmt.Sprintf("SELECT number, toString(number) FROM numbers(%d)", rows))
		if err != nil || got != rows {
			t.Fatalf("%d of %d rows: %v", got, rows, err)
		}
		took = time.Since(begun)
		if s.server.pid != 0 {
			server = childBytes(t, s.server.pid, "VmHWM")
		}
		return server, s.client.peak(), took
	}
	server2, client2, _ := peaks(2_000_000)
	server10, client10, took := peaks(10_000_000)
	t.Logf("10 million rows in %s (%.2f million/s); peak MB at 2 and 10 million rows: server %d, %d; client %d, %d",
		took.Round(time.Millisecond), 10/took.Seconds(), server2>>20, server10>>20, client2>>20, client10>>20)
	if server10 > server2+slack || client10 > client2+slack {
		t.Errorf("five times as many rows took %d MB more at the server, %d MB more at the client", (server10-server2)>>20, (client10-client2)>>20)
	}
}

// resetPeak has Linux forget the most memory that a process took, where it lets us.
func resetPeak(pid int) {
	if pid != 0 {
		os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0) //nolint:errcheck // then the peak is of its whole life
	}
}

func names(columns []column) (names []string) {
	for _, c := range columns {
		names = append(names, c.name)
	}
	return slices.Clip(names)
}
