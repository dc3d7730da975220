package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/rolescope/rolescope/store/engine"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

// stuckSQL works for minutes within one block, in which the engine looks at no limit and at no KILL.
const stuckSQL = "SELECT arrayLevenshteinDistance(range(300000), range(1, 300001)) AS d, 'swordfish' AS s"

// journal is a log to look into.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// ask posts and returns code and answer; the engine may be on its way back.
func ask(ctx context.Context, e *engine.Engine, user, urlQuery, sql string) (code, text string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+e.Addr()+"/?"+urlQuery, strings.NewReader(sql))
	if err != nil {
		return "", "", err
	}
	r.SetBasicAuth(user, enginetest.Password)
	r.Close = true
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", "", err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	return response.Header.Get("X-ClickHouse-Exception-Code"), string(b), err
}

// runs waits until the engine works on a statement that begins so.
func runs(t *testing.T, e *engine.Engine, begin string) {
	t.Helper()
	eventually(t, 10*time.Second, begin+" runs", func() bool {
		_, n, err := ask(t.Context(), e, engine.UserWriter, "", "SELECT count() FROM system.processes WHERE startsWith(query, '"+begin+"')")
		return err == nil && n != "0\n"
	})
}

// TestStuckStatement: a statement that obeys neither its limit nor a leaving client ends with the
// engine, which is back at once; the pipeline's acknowledged inserts are there, others' places are not
// taken, who waits is told, and who does it again waits longer.
func TestStuckStatement(t *testing.T) {
	t.Parallel()
	const limit, grace = 2 * time.Second, time.Second
	o := enginetest.Options(t, t.TempDir())
	log := &journal{}
	o.StatementTimeout, o.StuckGrace, o.Logger = limit, grace, slog.New(slog.NewTextHandler(io.MultiWriter(log, t.Output()), nil))
	e, err := engine.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	conn := connect(t, e)
	exec(t, conn, "CREATE TABLE k (id UInt64) ENGINE = MergeTree ORDER BY id")
	pid := e.PID()
	type reply struct {
		code, text string
		err        error
		after      time.Duration
	}
	told := make(chan reply, 1)
	begun := time.Now()
	go func() {
		code, text, err := ask(t.Context(), e, engine.UserAnalyst, "", stuckSQL)
		told <- reply{code, text, err, time.Since(begun)}
	}()
	runs(t, e, "SELECT arrayLeven")
	if code, text, err := ask(t.Context(), e, engine.UserReader, "", "SELECT 1"); err != nil || text != "1\n" {
		t.Errorf("the reader behind the analyst: %s %q %v", code, text, err)
	}
	var acknowledged []uint64
	const size = 100
	for i := uint64(0); e.PID() == pid; i++ { // up to the moment it ends
		if sendBatch(t.Context(), conn, i*size, size) == nil {
			acknowledged = append(acknowledged, i)
		}
	}
	eventually(t, 30*time.Second, "the engine is back", func() bool {
		_, text, err := ask(t.Context(), e, engine.UserWriter, "", "SELECT 1")
		return err == nil && text == "1\n"
	})
	t.Logf("answers %s after the statement's limit, grace %s", (time.Since(begun) - limit).Round(time.Millisecond), grace)
	if r := <-told; r.err != nil || r.code != "159" || !strings.Contains(r.text, "took no notice of its limit") {
		t.Errorf("who asked it was told %s %q %v after %s", r.code, r.text, r.err, r.after)
	}
	if len(acknowledged) < 3 {
		t.Errorf("only %d batches got through meanwhile", len(acknowledged))
	}
	for _, i := range acknowledged {
		var rows uint64
		if err := conn.QueryRow(t.Context(), fmt.Sprintf("SELECT uniqExact(id) FROM k WHERE intDiv(id, %d) = %d", size, i)).Scan(&rows); err != nil || rows != size {
			t.Errorf("acknowledged batch %d has %d rows: %v", i, rows, err)
		}
	}
	if text := log.String(); !strings.Contains(text, "restarting the engine") || !strings.Contains(text, "user=analyst") || !strings.Contains(text, "arrayLevenshteinDistance(range(300000)") || strings.Contains(text, "swordfish") || strings.Contains(text, "crashes=") {
		t.Errorf("the log is %s", text)
	}

	// Again, and the client leaves.
	pid = e.PID()
	ctx, leave := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	asking.Go(func() { _, _, _ = ask(ctx, e, engine.UserAnalyst, "", stuckSQL) })
	runs(t, e, "SELECT arrayLeven")
	leave()
	left := time.Now()
	asking.Wait()
	eventually(t, grace+5*time.Second, "the engine is another", func() bool { return e.PID() != pid })
	t.Logf("ended %s after the client left, grace %s", time.Since(left).Round(time.Millisecond), grace)
	for user, want := range map[string]string{engine.UserAnalyst: "202", engine.UserReader: ""} {
		if code, text, err := ask(t.Context(), e, user, "", "SELECT 1"); err != nil || code != want || want != "" && !strings.Contains(text, "may ask again in") {
			t.Errorf("%s afterwards: %s %q %v", user, code, text, err)
		}
	}
	if err := e.Err(); err != nil {
		t.Error(err)
	}
}

// TestCloseWithStuckStatement: closing waits for the writer's statements and not for one that nothing stops.
func TestCloseWithStuckStatement(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	told := make(chan string, 1)
	go func() {
		code, _, err := ask(t.Context(), e, engine.UserAnalyst, "", stuckSQL)
		told <- fmt.Sprint(code, err)
	}()
	runs(t, e, "SELECT arrayLeven")
	begun := time.Now()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	took := time.Since(begun)
	t.Logf("closed after %s", took.Round(time.Millisecond))
	if took > 6*time.Second {
		t.Error("closing waited for it")
	}
	if got := <-told; got != "236<nil>" {
		t.Errorf("the analyst was told %s", got)
	}
}

// TestPausedReadersKeepNoPlace: an answer that nobody reads yet waits in a file, whole, and as many others
// as there are places and more are answered beside it.
func TestPausedReadersKeepNoPlace(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	const rows = 2_000_000
	for _, format := range []string{"CSV", "JSON"} {
		var paused []*http.Response
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+e.Addr()+"/?user=analyst&password=test", strings.NewReader(fmt.Sprintf("SELECT number FROM numbers(%d) FORMAT %s", rows, format)))
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.DefaultClient.Do(r) //nolint:bodyclose // below
			if err != nil {
				t.Fatalf("%s behind %d paused readers: %v", format, len(paused), err)
			}
			defer response.Body.Close()
			paused = append(paused, response)
		}
		begun := time.Now()
		if _, text, err := ask(t.Context(), e, engine.UserAnalyst, "", "SELECT 1"); err != nil || text != "1\n" {
			t.Errorf("behind paused readers of %s: %q %v", format, text, err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("behind paused readers of %s after %s", format, took)
		}
		for _, response := range paused {
			n, err := io.Copy(io.Discard, response.Body)
			if err != nil || n < 6*rows {
				t.Errorf("%s: %d bytes: %v", format, n, err)
			}
		}
	}
}

// TestGreetingTakesNoPlace: clients greet a server within their time limit for connecting; the
// statement behind may wait longer.
func TestGreetingTakesNoPlace(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	var sleepers sync.WaitGroup
	defer sleepers.Wait()
	for range 6 {
		sleepers.Go(func() {
			_, _, _ = ask(t.Context(), e, engine.UserReader, "", "SELECT sleep(1) AS sleeps")
		})
	}
	runs(t, e, "SELECT sleep(1) AS sleeps")
	conn, err := clickhouse.Open(&clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: []string{e.Addr()}, DialTimeout: 500 * time.Millisecond,
		Auth: clickhouse.Auth{Database: "default", Username: engine.UserReader, Password: enginetest.Password},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var one uint8
	if err := conn.QueryRow(t.Context(), "SELECT 1").Scan(&one); err != nil {
		t.Error(err)
	}
}

// TestCutInTheMiddle: an answer of a held user that fails after its beginning was sent does not look whole.
func TestCutInTheMiddle(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	r, err := http.Get("http://" + e.Addr() + "/?user=analyst&password=test&query=" + url.QueryEscape("SELECT number, throwIf(number = 900000) FROM numbers(1000000) FORMAT CSV"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err == nil || !strings.HasPrefix(string(body), "0,0\n1,0\n") || !strings.Contains(string(body), "__exception__\r\n") || !strings.Contains(string(body), "Code: 395.") {
		t.Errorf("read error %v; the body ends %q", err, body[max(0, len(body)-200):])
	}
}

// TestCloseWithPausedReaders: who reads an answer slowly, or not at all, does not hold up closing, and does
// not take the part for the whole.
func TestCloseWithPausedReaders(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	var bodies []io.ReadCloser
	for _, sql := range []string{"SELECT number FROM numbers(9000000) FORMAT CSV", "SELECT number FROM numbers(3000000) FORMAT JSON"} {
		r, err := http.Post("http://"+e.Addr()+"/?user=analyst&password=test", "", strings.NewReader(sql))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		bodies = append(bodies, r.Body)
	}
	begun := time.Now()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 6*time.Second {
		t.Errorf("closed after %s", took)
	} else {
		t.Logf("closed after %s", took.Round(time.Millisecond))
	}
	for _, body := range bodies {
		if n, err := io.Copy(io.Discard, body); err == nil {
			t.Errorf("%d bytes look whole", n)
		}
	}
}

// TestParquetInLittleMemory: a table that is longer than a statement's memory can be had as Parquet.
func TestParquetInLittleMemory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("300 MB of table; not in short mode")
	}
	o := enginetest.Options(t, t.TempDir())
	o.MemoryBytesMax = 1 << 30
	e, err := engine.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, sql := range []string{"CREATE TABLE long (n UInt64, t String) ENGINE = MergeTree ORDER BY n", "INSERT INTO long SELECT number, randomPrintableASCII(2000) FROM numbers(150000) SETTINGS max_block_size = 8192"} {
		if _, text, err := ask(t.Context(), e, engine.UserWriter, "", sql); err != nil || text != "" {
			t.Fatal(text, err)
		}
	}
	if _, text, err := ask(t.Context(), e, engine.UserReader, "", "SELECT * FROM long FORMAT Parquet"); err != nil || !strings.HasPrefix(text, "PAR1") || len(text) < 200<<20 {
		t.Errorf("%d bytes, %v: %.300q", len(text), err, text)
	}
}

// TestLongStatementIsStopped: one that is longer than the list of processes would show ends with its client, too.
func TestLongStatementIsStopped(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	for _, user := range []string{engine.UserWriter, engine.UserAnalyst} {
		ctx, leave := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _, _ = ask(ctx, e, user, "", "SELECT max(sipHash128(number)) FROM numbers(1000000000) WHERE '"+strings.Repeat("x", 200_000)+"' != ''")
		}()
		runs(t, e, "SELECT max(sip")
		leave()
		<-done
		eventually(t, 5*time.Second, user+"'s statement is gone", func() bool {
			_, n, err := ask(t.Context(), e, engine.UserWriter, "", "SELECT count() FROM system.processes WHERE startsWith(query, 'SELECT max(sip')")
			return err == nil && n == "0\n"
		})
	}
}
