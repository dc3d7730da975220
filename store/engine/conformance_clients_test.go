package engine_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	osexec "os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/chcol"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/shopspring/decimal"
)

// npmClient is the version of @clickhouse/client under test.
const npmClient = "@clickhouse/client@1.23.1"

// missing skips a driver whose program is not here, or fails where all must run.
func missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("ROLESCOPE_REQUIRE_CLIENTS") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format+" (ROLESCOPE_REQUIRE_CLIENTS=1 makes this a failure)", args...)
}

// goClient translates for clickhouse-go.
type goClient struct {
	conn   driver.Conn
	server testServer
	method string
}

func openGo(t testing.TB, server testServer, compression string) client {
	u, err := url.Parse(server.base)
	if err != nil {
		t.Fatal(err)
	}
	options := &clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: []string{u.Host}, MaxOpenConns: 2,
		Auth: clickhouse.Auth{Database: server.database, Username: server.user, Password: server.password},
	}
	switch compression {
	case "lz4":
		options.Compression = &clickhouse.Compression{Method: clickhouse.CompressionLZ4}
	case "zstd":
		options.Compression = &clickhouse.Compression{Method: clickhouse.CompressionZSTD}
	case "gzip":
		options.Compression = &clickhouse.Compression{Method: clickhouse.CompressionGZIP, Level: 1}
		options.Settings = clickhouse.Settings{"enable_http_compression": 1}
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &goClient{conn, server, compression}
}

func (c *goClient) another(t testing.TB) client { return openGo(t, c.server, c.method) }

// peak is the most of this process since resetPeak; it holds the tests too.
func (c *goClient) peak() int64 {
	text, err := os.ReadFile("/proc/self/status")
	m := regexp.MustCompile(`VmHWM:\s+(\d+)`).FindSubmatch(text)
	if err != nil || m == nil {
		return 0
	}
	resetPeak(os.Getpid())
	kib, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return kib << 10
}

func goError(err error) error {
	var exception *clickhouse.Exception
	if errors.As(err, &exception) {
		return &codeError{int(exception.Code), exception.Message}
	}
	return err
}

func (c *goClient) command(ctx context.Context, sql string) error {
	return goError(c.conn.Exec(ctx, sql))
}

func (c *goClient) query(ctx context.Context, sql string, params map[string]any, keep int) (a answer, err error) {
	var named []any
	for name, value := range params {
		named = append(named, clickhouse.Named(name, value))
	}
	rows, err := c.conn.Query(ctx, sql, named...)
	if err != nil {
		return a, goError(err)
	}
	defer rows.Close()
	types := rows.ColumnTypes()
	for rows.Next() {
		if a.Count++; a.Count > keep {
			continue
		}
		into, row := make([]any, len(types)), make([]any, len(types))
		for i, t := range types {
			into[i] = reflect.New(t.ScanType()).Interface()
		}
		if err := rows.Scan(into...); err != nil {
			return a, err
		}
		for i, t := range types {
			row[i] = fromGo(t.DatabaseTypeName(), reflect.ValueOf(into[i]).Elem().Interface())
		}
		a.Rows = append(a.Rows, row)
	}
	return a, goError(rows.Err())
}

func (c *goClient) count(ctx context.Context, sql string) (int, error) {
	a, err := c.query(ctx, sql, nil, 0)
	return a.Count, err
}

// fromGo says a value of clickhouse-go in the suite's form.
func fromGo(kind string, v any) any {
	switch v := v.(type) {
	case nil, string, bool, float64:
		return v
	case time.Time:
		switch {
		case strings.HasPrefix(kind, "DateTime64(9"):
			return v.Format("2006-01-02 15:04:05.000000000")
		case strings.HasPrefix(kind, "DateTime64"):
			return v.Format("2006-01-02 15:04:05.000")
		case strings.HasPrefix(kind, "DateTime"):
			return v.Format(time.DateTime)
		}
		return v.Format(time.DateOnly)
	case decimal.Decimal:
		return v.String()
	case chcol.JSON:
		return plain(v.NestedMap())
	case fmt.Stringer: // UUID, IP
		return v.String()
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer:
		if r.IsNil() {
			return nil
		}
		return fromGo(kind, r.Elem().Interface())
	case reflect.Int64, reflect.Uint64:
		return fmt.Sprint(v)
	case reflect.Slice, reflect.Map:
		return plain(v)
	default:
		return plain(v)
	}
}

// plain is the value as JSON has it.
func plain(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		return err.Error()
	}
	return out
}

func (c *goClient) insert(ctx context.Context, table string, columns []column, rows [][]any, repeat int) error {
	batch, err := c.conn.PrepareBatch(ctx, "INSERT INTO "+table+" ("+strings.Join(names(columns), ", ")+")")
	if err != nil {
		return goError(err)
	}
	values := make([][]any, len(rows))
	for i, row := range rows {
		values[i] = make([]any, len(columns))
		for j, column := range columns {
			if values[i][j], err = toGo(column.kind, row[j]); err != nil {
				return fmt.Errorf("%s: %w", column.kind, err)
			}
		}
	}
	for i := range max(repeat, len(rows)) {
		row := values[i%len(rows)]
		if repeat > 0 {
			row[0] = uint32(i)
		}
		if err := batch.Append(row...); err != nil {
			return err
		}
	}
	return goError(batch.Send())
}

// toGo says a value of the suite as the Go type that clickhouse-go takes for the column.
func toGo(kind string, v any) (any, error) {
	into := map[string]any{
		"UInt8": new(uint8), "UInt32": new(uint32), "Float64": new(float64), "Bool": new(bool),
		"Nullable(String)": new(*string), "Nullable(Int32)": new(*int32), "LowCardinality(Nullable(String))": new(*string),
		"Array(String)": new([]string), "Array(Nullable(UInt16))": new([]*uint16), "Array(Array(Int32))": new([][]int32),
		"Map(String, UInt16)": new(map[string]uint16), "Map(String, Array(String))": new(map[string][]string),
		"Tuple(Int8, String)": new([]any),
	}[kind]
	text, isText := v.(string)
	switch {
	case kind == "String": // the frequent one
		return v, nil
	case kind == "UInt32":
		return uint32(v.(float64)), nil
	case kind == "Int64":
		return strconv.ParseInt(text, 10, 64)
	case kind == "UInt64":
		return strconv.ParseUint(text, 10, 64)
	case strings.HasPrefix(kind, "Decimal"):
		return decimal.NewFromString(text)
	case strings.HasPrefix(kind, "DateTime"):
		return time.Parse("2006-01-02 15:04:05.999999999", text)
	case kind == "Date":
		return time.Parse(time.DateOnly, text)
	case kind == "JSON":
		b, err := json.Marshal(v)
		return string(b), err
	case into != nil:
		b, err := json.Marshal(v)
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		value := reflect.ValueOf(into).Elem().Interface()
		if list, ok := value.([]any); ok {
			list[0] = int8(list[0].(float64))
		}
		return value, err
	case isText:
		return text, nil
	}
	return nil, fmt.Errorf("no way to say %v", v)
}

// npmInstaller puts the client and its script into one folder, once, when it is first asked for;
// nil where there is no node or no npm.
func npmInstaller(t testing.TB) func() (string, error) {
	for _, program := range []string{"node", "npm"} {
		if _, err := osexec.LookPath(program); err != nil {
			return nil
		}
	}
	ctx, dir := t.Context(), t.TempDir()
	return sync.OnceValues(func() (string, error) {
		script, err := os.ReadFile("testdata/client.mjs")
		if err != nil {
			return "", err
		}
		for name, text := range map[string][]byte{"client.mjs": script, "package.json": []byte(`{"private": true}`)} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				return "", err
			}
		}
		install := osexec.CommandContext(ctx, "npm", "install", npmClient, "--ignore-scripts", "--no-audit", "--no-fund",
			"--loglevel=error", "--no-update-notifier", "--fetch-retries=1", "--prefer-offline")
		install.Dir = dir
		if out, err := install.CombinedOutput(); err != nil {
			return "", fmt.Errorf("npm could not fetch it: %w\n%s", err, out)
		}
		return dir, nil
	})
}

// nodeClient translates for @clickhouse/client, by a node process that runs testdata/client.mjs.
type nodeClient struct {
	*nodeProcess
	key int64
}

type nodeProcess struct {
	mu      sync.Mutex
	stdin   io.Writer
	last    atomic.Int64
	waiting map[int64]chan nodeAnswer
	pid     int
}

type nodeAnswer struct {
	answer
	ID    int64  `json:"id"`
	Error string `json:"error"`
	Code  int    `json:"code"`
	Peak  int64  `json:"peak"`
}

func openNode(t testing.TB, server testServer, compression string) client {
	if server.npm == nil {
		missing(t, "@clickhouse/client is not tested: no node or no npm in PATH")
	}
	dir, err := server.npm()
	if err != nil {
		missing(t, "@clickhouse/client is not tested: %v", err)
	}
	config, err := json.Marshal(map[string]any{
		"url": server.base, "username": server.user, "password": server.password, "database": server.database, "compression": compression != "",
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := osexec.CommandContext(t.Context(), "node", "client.mjs", string(config))
	cmd.Dir, cmd.Stderr = dir, t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &nodeProcess{stdin: stdin, waiting: map[int64]chan nodeAnswer{}, pid: cmd.Process.Pid}
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.read(stdout)
	}()
	t.Cleanup(func() {
		stdin.Close()
		<-read
		cmd.Wait()
	})
	return &nodeClient{p, 0}
}

// read hands every answer to who waits for it.
func (p *nodeProcess) read(stdout io.Reader) {
	decoder := json.NewDecoder(stdout)
	for {
		var a nodeAnswer
		if err := decoder.Decode(&a); err != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, waiting := range p.waiting {
				waiting <- nodeAnswer{Error: fmt.Sprintf("node ended: %v", err)}
			}
			return
		}
		p.mu.Lock()
		waiting := p.waiting[a.ID]
		delete(p.waiting, a.ID)
		p.mu.Unlock()
		waiting <- a
	}
}

func (c *nodeClient) another(testing.TB) client { return &nodeClient{c.nodeProcess, c.last.Add(1)} }

func (c *nodeClient) do(ctx context.Context, command map[string]any) (nodeAnswer, error) {
	id, done := c.last.Add(1), make(chan nodeAnswer, 1)
	command["id"], command["client"] = id, c.key
	if err := c.send(id, done, command); err != nil {
		return nodeAnswer{}, err
	}
	var a nodeAnswer
	select {
	case a = <-done:
	case <-ctx.Done():
		if err := c.send(0, nil, map[string]any{"op": "cancel", "target": id}); err != nil {
			return nodeAnswer{}, err
		}
		a = <-done
	}
	if a.Error != "" {
		return a, &codeError{a.Code, a.Error}
	}
	return a, nil
}

func (c *nodeClient) send(id int64, done chan nodeAnswer, command map[string]any) error {
	line, err := json.Marshal(command)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if done != nil {
		c.waiting[id] = done
	}
	_, err = c.stdin.Write(append(line, '\n'))
	return err
}

func (c *nodeClient) command(ctx context.Context, sql string) error {
	_, err := c.do(ctx, map[string]any{"op": "command", "sql": sql})
	return err
}

func (c *nodeClient) query(ctx context.Context, sql string, params map[string]any, keep int) (answer, error) {
	a, err := c.do(ctx, map[string]any{"op": "query", "sql": sql, "params": params, "keep": keep})
	return a.answer, err
}

func (c *nodeClient) count(ctx context.Context, sql string) (int, error) {
	a, err := c.do(ctx, map[string]any{"op": "count", "sql": sql})
	return a.Count, err
}

func (c *nodeClient) insert(ctx context.Context, table string, columns []column, rows [][]any, repeat int) error {
	_, err := c.do(ctx, map[string]any{"op": "insert", "table": table, "columns": names(columns), "rows": rows, "repeat": repeat})
	return err
}

func (c *nodeClient) peak() int64 {
	a, err := c.do(context.Background(), map[string]any{"op": "peak"})
	resetPeak(c.pid)
	if err != nil {
		return 0
	}
	return a.Peak
}

// curlClient translates for curl, one process a request.
type curlClient struct {
	server      testServer
	compression string
	most        int64 // memory of a curl process
}

func openCurl(t testing.TB, server testServer, compression string) client {
	if _, err := osexec.LookPath("curl"); err != nil {
		missing(t, "curl is not tested: it is not in PATH")
	}
	return &curlClient{server: server, compression: compression}
}

func (c *curlClient) another(testing.TB) client {
	return &curlClient{server: c.server, compression: c.compression}
}
func (c *curlClient) peak() int64 { return c.most }

// run posts body and hands the answer's body to read. The password goes by curl's configuration on
// a file descriptor, not by its arguments.
func (c *curlClient) run(ctx context.Context, query url.Values, body io.Reader, read func(*bufio.Reader) error) error {
	query.Set("database", c.server.database)
	query.Set("output_format_json_quote_64bit_integers", "1")
	query.Set("output_format_json_quote_decimals", "1")
	args := []string{"-sS", "-i", "--no-buffer", "-H", "X-ClickHouse-User: " + c.server.user, "-H", "X-ClickHouse-Key: " + c.server.password, "-H", "Expect:"}
	if c.compression != "" {
		query.Set("enable_http_compression", "1")
		args = append(args, "-H", "Content-Encoding: "+c.compression, "--compressed")
		plain := body
		reader, writer := io.Pipe()
		go func() {
			packer := gzip.NewWriter(writer)
			_, err := io.Copy(packer, plain)
			writer.CloseWithError(errors.Join(err, packer.Close()))
		}()
		body = reader
	}
	cmd := osexec.CommandContext(ctx, "curl", append(args, "-X", "POST", "-T", "-", c.server.base+"/?"+query.Encode())...)
	var complaint bytes.Buffer
	cmd.Stdin, cmd.Stderr = body, &complaint
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	r := bufio.NewReaderSize(stdout, 1<<20)
	readErr := skipHeaders(r)
	if readErr == nil {
		readErr = read(r)
	}
	io.Copy(io.Discard, r)
	waitErr := cmd.Wait()
	c.most = max(c.most, peakOf(cmd.ProcessState))
	if readErr != nil {
		return readErr
	}
	if waitErr != nil {
		return fmt.Errorf("curl: %w: %s", waitErr, complaint.String())
	}
	return nil
}

// skipHeaders reads up to the answer's body; an answer that is an error is returned as such.
func skipHeaders(r *bufio.Reader) error {
	code := ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if name, value, ok := strings.Cut(line, ":"); ok && name == "X-ClickHouse-Exception-Code" {
			code = strings.TrimSpace(value)
		}
		if strings.TrimSpace(line) != "" {
			continue
		}
		if code == "" {
			return nil
		}
		text, err := io.ReadAll(r)
		n, _ := strconv.Atoi(code)
		return errors.Join(err, &codeError{n, string(text)})
	}
}

func (c *curlClient) command(ctx context.Context, sql string) error {
	return c.run(ctx, url.Values{}, strings.NewReader(sql), func(*bufio.Reader) error { return nil })
}

var framedCode = regexp.MustCompile(`^Code: (\d+)\.`)

func (c *curlClient) query(ctx context.Context, sql string, params map[string]any, keep int) (a answer, err error) {
	query := url.Values{"default_format": {"JSONCompactEachRow"}}
	for name, value := range params {
		query.Set("param_"+name, curlParam(value))
	}
	err = c.run(ctx, query, strings.NewReader(sql), func(r *bufio.Reader) error {
		for {
			line, err := r.ReadBytes('\n')
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if m := framedCode.FindSubmatch(line); m != nil {
				n, _ := strconv.Atoi(string(m[1]))
				return &codeError{n, string(line)}
			}
			if line[0] != '[' { // the frame around it
				continue
			}
			if a.Count++; a.Count > keep {
				continue
			}
			var row []any
			if err := json.Unmarshal(line, &row); err != nil {
				return err
			}
			a.Rows = append(a.Rows, row)
		}
	})
	return a, err
}

func (c *curlClient) count(ctx context.Context, sql string) (int, error) {
	a, err := c.query(ctx, sql, nil, 0)
	return a.Count, err
}

// curlParam says a parameter as ClickHouse's URL has it: escaped text.
func curlParam(v any) string {
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`)
	switch v := v.(type) {
	case nil:
		return `\N`
	case string:
		return escape.Replace(v)
	case []string:
		var quoted []string
		for _, s := range v {
			quoted = append(quoted, "'"+strings.ReplaceAll(escape.Replace(s), "'", `\'`)+"'")
		}
		return "[" + strings.Join(quoted, ",") + "]"
	}
	return fmt.Sprint(v)
}

func (c *curlClient) insert(ctx context.Context, table string, columns []column, rows [][]any, repeat int) error {
	sql := "INSERT INTO " + table + " (" + strings.Join(names(columns), ", ") + ") FORMAT JSONCompactEachRow"
	reader, writer := io.Pipe()
	go func() {
		buffered := bufio.NewWriterSize(writer, 1<<20)
		encoder := json.NewEncoder(buffered)
		encoder.SetEscapeHTML(false)
		var err error
		for i := 0; i < max(repeat, len(rows)) && err == nil; i++ {
			row := rows[i%len(rows)]
			if repeat > 0 {
				row = append([]any{i}, row[1:]...)
			}
			err = encoder.Encode(row)
		}
		writer.CloseWithError(errors.Join(err, buffered.Flush()))
	}()
	defer reader.Close()
	return c.run(ctx, url.Values{"query": {sql}}, reader, func(*bufio.Reader) error { return nil })
}
