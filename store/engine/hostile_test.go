package engine_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/store/engine"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

// hostile is one thing an analyst may try. {dir} stands for the directory above the
// data directory, where the canaries are.
type hostile struct {
	// class is what the attack is after.
	class string
	sql   string
	// url is more of the URL's parameters, encoded.
	url string
	// stopped says that it is begun and then stopped; else it is refused.
	stopped bool
	code    int
}

// refusedStatements are hostile statements that are only sent, in the request's body.
var refusedStatements = []struct {
	class string
	code  int
	sqls  []string
}{
	{"write", 164, []string{
		"INSERT INTO t VALUES (1)", "INSERT INTO t SELECT 1", "INSERT INTO FUNCTION file('{dir}/x.csv') SELECT 1", "INSERT INTO t FROM INFILE '{dir}/canary.csv' FORMAT CSV",
		"CREATE TABLE x (a Int8) ENGINE = Memory", "CREATE TEMPORARY TABLE x (a Int8)", "CREATE TABLE x ENGINE = File(CSV, '{dir}/x.csv') AS SELECT 1", "CREATE VIEW x AS SELECT 1",
		"DROP TABLE t", "TRUNCATE TABLE t", "ALTER TABLE t DELETE WHERE 1", "DELETE FROM t WHERE 1", "UPDATE t SET a = 1 WHERE 1", "OPTIMIZE TABLE t FINAL",
		"RENAME TABLE t TO u", "EXCHANGE TABLES t AND u", "UNDROP TABLE t", "DETACH TABLE t", "CHECK TABLE t",
		"ATTACH TABLE x FROM '{dir}' (a Int8) ENGINE = MergeTree ORDER BY a", "COPY t TO '{dir}/x'", "/* SELECT */ DROP TABLE t", "-- SELECT\nDROP TABLE t", ";;DROP TABLE t",
	}},
	{"write in a SELECT's clothes", 497, []string{"WITH 1 AS a INSERT INTO t SELECT a", "EXPLAIN PIPELINE INSERT INTO t SELECT 1"}},
	{"operator's", 164, []string{
		"BACKUP TABLE t TO File('{dir}/b.zip')", "RESTORE TABLE t FROM File('{dir}/b.zip')", "KILL QUERY WHERE 1", "KILL MUTATION WHERE 1", "SYSTEM SHUTDOWN", "SYSTEM STOP MERGES", "SYSTEM FLUSH LOGS",
		"CREATE FUNCTION f AS (x) -> x", "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(FILE(path '{dir}/canary.csv' format 'CSV')) LAYOUT(FLAT()) LIFETIME(1)",
		"CREATE USER mallory", "GRANT writer TO default", "REVOKE ALL ON *.* FROM default", "CREATE NAMED COLLECTION c AS a = 1", "CREATE ROW POLICY p ON t USING 1 TO ALL",
		"EXECUTE AS default SELECT 1", "BEGIN TRANSACTION", "PARALLEL WITH SELECT 1", "USE system", "WATCH t",
	}},
	{"role and settings", 164, []string{
		"SET readonly = 0", "SET ROLE writer", "SET ROLE ALL", "SET DEFAULT ROLE writer TO default", "SELECT 1 SETTINGS readonly = 0", "SELECT 1 SETTINGS max_execution_time = 0",
		"SELECT * FROM (SELECT 1 SETTINGS readonly = 0)", "SELECT (SELECT 1 SETTINGS max_threads = 64)", "WITH x AS (SELECT 1 SETTINGS extremes, readonly = 0) SELECT * FROM x",
		"SELECT * FROM (SELECT 1 /**/ settings /**/ `readonly` = 0)", "SELECT 1 UNION ALL (SELECT 1 SETTINGS profile = 'default')", "SELECT * FROM (SELECT 1 SETTINGS allow_introspection_functions)",
	}},
	{"OUTFILE", 164, []string{
		"SELECT 1 INTO OUTFILE '{dir}/canary.csv' TRUNCATE", "SELECT 1 INTO/**/OUTFILE '{dir}/canary.csv' APPEND", "SELECT 1 into outfile '{dir}/x'", "(SELECT 1) INTO OUTFILE '{dir}/x' AND STDOUT",
		"SELECT 1 INTO -- \n OUTFILE '{dir}/x'", "SELECT 1 INTO #!\n OUTFILE $$/x$$", "SELECT 1 INTO /* /* */ */ OUTFILE x'2f78'", "SELECT \u2018'\u2019 INTO OUTFILE '{dir}/x'", "SELECT $a$'$a$ INTO OUTFILE '{dir}/x'",
		"FROM t SELECT 1 INTO OUTFILE '{dir}/x'", "EXPLAIN SELECT 1 INTO OUTFILE '{dir}/x'", "SHOW TABLES INTO OUTFILE '{dir}/x'", "DESCRIBE t INTO OUTFILE '{dir}/x' COMPRESSION 'none'",
		"SELECT 1 INTO OUTFILE '{dir}/x' FORMAT CSV", "SELECT 1 FORMAT CSV INTO OUTFILE '{dir}/x'", "WITH 1 AS a SELECT a INTO\u00a0OUTFILE '{dir}/x'",
	}},
	{"files", 164, []string{
		"SELECT * FROM file('{dir}/canary.csv')", "SELECT file('{dir}/canary.csv')", "SELECT * FROM fileCluster('c', '/etc/passwd', LineAsString)", "SELECT * FROM filesystem('{dir}')",
		"SELECT arrayMap(file, ['/etc/passwd'])", "SELECT * APPLY file FROM (SELECT '/etc/passwd')", "SELECT `\\x66ile`('/etc/passwd')", "SELECT \"file\"/**/('/etc/passwd')", "SELECT * FROM sqlite('{dir}/x.db', 't')",
		"SELECT * FROM icebergLocal('{dir}')", "SELECT * FROM deltaLakeLocal('{dir}')", "DESCRIBE TABLE file('{dir}/canary.csv')", "EXPLAIN SELECT * FROM file('{dir}/canary.csv')", "SELECT catboostEvaluate('/etc/passwd', 1)",
		"SELECT * FROM eval('SELECT 1')", "SELECT * FROM values('a String', (SELECT file('/etc/passwd')))",
	}},
	{"a path as a table", 60, []string{
		"SELECT * FROM `{dir}/canary.csv`", "SELECT * FROM default.`{dir}/canary.csv`", "SELECT * FROM '{dir}/canary.csv'", "SELECT * FROM t, '{dir}/canary.csv'", "DESCRIBE `{dir}/canary.csv`", "EXISTS `{dir}/canary.csv`",
		"EXISTS TABLE default.\"{dir}/canary.csv\"", "SHOW CREATE TABLE `{dir}/canary.csv`", "SELECT 1 IN `{dir}/canary.csv`", "SELECT hasColumnInTable('default', '{dir}/canary.csv', 'a')", "SELECT * FROM \u201c{dir}/canary.csv\u201d",
		"SELECT * FROM `{dir}/can*.csv`",
	}},
	{"other machines", 164, []string{
		"SELECT * FROM url('http://127.0.0.1:1/', LineAsString)", "SELECT * FROM urlCluster('c', 'http://127.0.0.1:1/', CSV)", "SELECT * FROM remote('127.0.0.1:9000', system.one)", "SELECT * FROM remoteSecure('127.0.0.1', system.one)",
		"SELECT * FROM s3('http://127.0.0.1:1/b/k', CSV)", "SELECT * FROM s3Cluster('c', 'http://127.0.0.1:1/b/k', CSV)", "SELECT * FROM gcs('http://127.0.0.1:1/b/k')", "SELECT * FROM oss('http://127.0.0.1:1/b/k')",
		"SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')", "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')", "SELECT * FROM mongodb('127.0.0.1:1', 'd', 'c', 'u', 'p', 'a Int8')", "SELECT * FROM redis('127.0.0.1:1', 'k', 'k String')",
		"SELECT * FROM odbc('DSN=x', 't')", "SELECT * FROM jdbc('jdbc:x', 't')", "SELECT * FROM hdfs('hdfs://127.0.0.1:1/x', CSV)", "SELECT * FROM azureBlobStorage('http://127.0.0.1:1', 'c', 'k')", "SELECT * FROM hudi('http://127.0.0.1:1/b')",
		"SELECT * FROM iceberg('http://127.0.0.1:1/b')", "SELECT * FROM icebergS3('http://127.0.0.1:1/b')", "SELECT * FROM deltaLake('http://127.0.0.1:1/b')", "SELECT * FROM paimon('http://127.0.0.1:1/b')", "SELECT * FROM cluster('default', system.one)",
		"SELECT * FROM arrowFlight('127.0.0.1:1', 'd')", "DESCRIBE TABLE s3('http://127.0.0.1:1/b/k', CSV)", "EXPLAIN TABLE OVERRIDE mysql('a', 'b', 'c', 'd', 'e')", "SELECT * FROM executable('id', TSV, 'x String')", "SELECT * FROM ytsaurus('http://127.0.0.1:1', 'p', 't', 'a Int8')",
	}},
	{"this machine", 497, []string{
		"SELECT getServerSetting('path')", "SELECT hostName()", "SELECT hostname()", "SELECT FQDN()", "SELECT fullHostName()", "SELECT `hostName` ()", "SELECT getServerPort('tcp_port')", "SELECT tcpPort()", "SELECT uptime()", "SELECT getOSKernelVersion()",
		"SELECT filesystemAvailable()", "SELECT filesystemCapacity(), filesystemUnreserved('default')", "SELECT arrayMap(filesystemAvailable, ['default'])", "SELECT arrayMap(getServerSetting, ['path'])", "SELECT serverUUID()", "SELECT getMacro('x')", "SELECT showCertificate()",
		"SELECT buildId()", "SELECT getClientHTTPHeader('x')", "SELECT * FROM t WHERE a = /**/hostname/**/()",
	}},
	{"secrets", 497, []string{
		"SELECT * FROM system.processes", "SELECT * FROM `system` . \"processes\"", "SELECT * FROM system.query_log", "SELECT * FROM system.users", "SELECT * FROM system.server_settings", "SELECT * FROM system.errors",
		"SELECT * FROM system.disks", "SELECT * FROM system.parts", "SELECT * FROM system.stack_trace", "SELECT * FROM SYSTEM.grants", "DESCRIBE system.processes", "SHOW PROCESSLIST", "SHOW GRANTS", "SHOW USERS", "SHOW ACCESS", "SHOW CREATE USER default",
		"SHOW CREATE ROLE writer", "SELECT addressToSymbol(0)", "SELECT * FROM loop('system', 'processes')", "SELECT * FROM system./**/clusters",
	}},
	{"no statement", 62, []string{"SELEC 1", "EXPORT DATA", "$$x$$", "\u00a0SELECT 1"}},
	{"more than one statement", 62, []string{"SELECT 1; DROP TABLE t", "SELECT 1;\nSELECT 2", "SELECT 1 /* ; */; -- ;\n DROP TABLE t"}},
}

// single hostile requests: by the URL, by what they take, by what they break.
func hostileRequests() []hostile {
	q := url.QueryEscape
	list := []hostile{
		{"settings in the URL", "SELECT 1", "readonly=0&max_memory_usage=0&allow_ddl=1", false, 164},
		{"settings in the URL", "SELECT 1", "max_bytes_to_read=0", false, 164},
		{"settings in the URL", "SELECT 1", "profile=default", false, 164},
		{"settings in the URL", "SELECT 1", "max_execution_time=1%27,readonly=0", false, 164},
		{"settings in the URL", "SELECT 1", q("max_threads=1, readonly") + "=0", false, 115},
		{"settings in the URL", "SELECT 1", "extremes=" + q("1', readonly = '0"), false, 467},
		{"settings in the URL", "SELECT 1", "role=writer", false, 48},
		{"database in the URL", "SELECT * FROM processes", "database=system", false, 497},
		{"database in the URL", "SELECT 1", "database=" + q("default`; SET readonly = 0; --"), false, 81},
		{"parameters", "SELECT * FROM {t:Identifier}", "param_t=" + q("{dir}/canary.csv"), false, 497},
		{"parameters", "SELECT * FROM {d:Identifier}.{t:Identifier}", "param_d=system&param_t=processes", false, 497},
		{"parameters", "SELECT * FROM {d : Identifier}.processes", "param_d=SYSTEM", false, 497},
		{"parameters", "SELECT 1 SETTINGS readonly = {x:UInt8}", "param_x=0", false, 164},
		{"format", "SELECT 1 FORMAT Template SETTINGS format_template_row = '/etc/passwd'", "", false, 164},
		{"format", "SELECT 1 FORMAT Template", "format_template_row=/etc/passwd", false, 164},
		{"format", "SELECT 1 FORMAT Protobuf", "format_schema=" + q("/etc/passwd:X"), false, 164},
		{"format", "SELECT 1 FORMAT CapnProto", "", false, 73},
		{"format", "SELECT 1", "default_format=" + q("CSV INTO OUTFILE '/x'"), false, 73},
		{"format", "SELECT formatRow('Template', 1)", "", false, 474},
		{"format", "SELECT 1 FORMAT JSON\u00a0INTO OUTFILE '/x'", "", false, 164},
		{"statement in the URL", "INTO OUTFILE '{dir}/x'", "query=" + q("SELECT 1"), false, 164},
		{"statement in the URL", "readonly = 0)", "query=" + q("SELECT * FROM (SELECT 1 SETTINGS"), false, 164},
		{"statement in the URL", "DROP TABLE t", "query=" + q("SELECT 1;"), false, 62},

		{"nesting", "SELECT " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000), "", false, 306},
		{"nesting", "SELECT " + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), "", false, 306},
		{"nesting", "SELECT " + strings.Repeat("NOT ", 100_000) + "1", "", false, 167},
		{"nesting", "SELECT " + strings.Repeat("1+", 100_000) + "1", "", false, 167},
		{"nesting", "SELECT " + strings.Repeat("abs(", 5_000) + "1" + strings.Repeat(")", 5_000), "", false, 167},
		{"nesting", "SELECT " + strings.Repeat("(SELECT ", 1_000) + "1" + strings.Repeat(")", 1_000), "", false, 306},
		{"nesting", "SELECT CAST('x', '" + strings.Repeat("Array(", 3_000) + "Int8" + strings.Repeat(")", 3_000) + "')", "", false, 306},
		{"length", "SELECT 1" + strings.Repeat(" UNION ALL SELECT 1", 15_000), "", false, 168},
		{"length", "SELECT '" + strings.Repeat("x", 2<<20) + "'", "", false, 62},
		{"length", "SELECT '" + strings.Repeat("x", 5<<20) + "'", "", false, 229},
		{"expansion", doubled("WITH 1 AS a0", ", (a%[1]d, a%[1]d) AS a%[2]d", " SELECT a40"), "", false, 36},
		{"recursion", "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r", "", true, 306},

		{"rows", "SELECT max(sipHash64(number)) FROM numbers(1000000000000)", "", true, 158},
		{"rows", "SELECT number FROM numbers(900000000)", "", true, 396},
		{"rows", "SELECT number FROM numbers(900000000) FORMAT JSON", "", true, 396},
		{"rows", "SELECT * FROM generateRandom('a UInt64') FORMAT Null", "", true, 396},
		{"rows", "SELECT count() FROM numbers(100000) a, numbers(100000) b, numbers(100000) c", "max_execution_time=1", true, 159},
		{"rows", "SELECT * FROM t a CROSS JOIN t b CROSS JOIN t c FORMAT Null", "", true, 396},
		{"rows", "SELECT sum(a.a * b.a * c.a) FROM t a CROSS JOIN t b CROSS JOIN t c", "max_execution_time=1", true, 159},
		{"time", "SELECT sleepEachRow(1) FROM numbers(100) SETTINGS max_block_size = 1", "", false, 164},
		{"time", "SELECT sleepEachRow(1) FROM numbers(1000)", "", false, 160},
		{"time", "SELECT sleep(4)", "", false, 160},
		{"time", "SELECT sum(sipHash64(number, toString(number))) FROM numbers(999999999)", "max_execution_time=1", true, 159},
		{"memory", "SELECT groupArray(number) FROM numbers(900000000)", "", true, 241},
		{"memory", "SELECT arrayMap(x -> arrayMap(y -> y, range(1000000)), range(1000000))", "", false, 241},
		{"memory", "SELECT repeat('x', 1000000000000)", "", false, 131},
		{"memory", "SELECT range(1000000000000)", "", false, 69},
		{"memory", "SELECT * FROM generateRandom('a Array(String)', 1, 1000000000, 1000000000) LIMIT 1", "", true, 241},
		{"patterns", "SELECT match('x', '(a{1000}){1000}')", "", false, 427},
		{"patterns", "SELECT multiMatchAny(repeat('a', 1000), ['" + strings.Repeat("a?", 30) + "', '(a{1,3000}){1,30}'])", "", false, 447},
	}
	for _, group := range refusedStatements {
		for _, sql := range group.sqls {
			list = append(list, hostile{class: group.class, sql: sql, code: group.code})
		}
	}
	return list
}

// doubled is a statement in which each name stands for two of the one before.
func doubled(head, step, tail string) string {
	for i := range 40 {
		head += fmt.Sprintf(step, i, i+1)
	}
	return head + tail
}

// exceptionInside is an exception in the middle of an answer.
var exceptionInside = regexp.MustCompile(`__exception__\r\n\w+\r\nCode: (\d+)\.`)

// attack sends one statement as the analyst and returns the exception's code, "" without, and
// the answer, of a long one the end.
func attack(t *testing.T, e *engine.Engine, urlQuery, sql string) (code, text string) {
	t.Helper()
	r, err := http.Post("http://"+e.Addr()+"/?user=analyst&password="+enginetest.Password+"&"+urlQuery, "", strings.NewReader(sql))
	if err != nil {
		t.Fatalf("%.100q: %v", sql, err)
	}
	defer r.Body.Close()
	var last []byte
	for chunk := make([]byte, 1<<20); err == nil; {
		var n int
		n, err = r.Body.Read(chunk)
		last = append(last, chunk[:n]...)
		last = last[max(0, len(last)-1<<16):]
	}
	code = r.Header.Get("X-ClickHouse-Exception-Code")
	if m := exceptionInside.FindSubmatch(last); code == "" && m != nil {
		code = string(m[1])
	}
	return code, string(last)
}

// canaries hashes every file below dir but the store's own.
func canaries(t *testing.T, dir, store string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == store {
			return errorsOr(err, fs.SkipDir)
		}
		if d.IsDir() {
			sums[path] = "directory"
			return nil
		}
		b, err := os.ReadFile(path)
		sums[path] = fmt.Sprintf("%x", sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

func errorsOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// TestHostileAnalyst sends everything an analyst may try: each is refused or stopped with the
// code it should be, and nothing of the host or of the store is another afterwards.
func TestHostileAnalyst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	for name, text := range map[string]string{"canary.csv": "a,b\n1,2\n", "secret": "swordfish", "x.db": "SQLite format 3\x00"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e := enginetest.StartDir(t, data)
	for _, sql := range []string{"CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a", "CREATE TABLE u (a UInt64) ENGINE = MergeTree ORDER BY a", "INSERT INTO t SELECT number FROM numbers(100000)"} {
		if r, text := post(t, e, engine.UserWriter, "", sql); r.StatusCode != http.StatusOK {
			t.Fatal(text)
		}
	}
	before, pid := canaries(t, dir, data), e.PID()
	_, stateBefore := post(t, e, engine.UserWriter, "", stateOf)
	refused, stopped := 0, 0
	classes := map[string]int{}
	for _, h := range hostileRequests() {
		sql := strings.ReplaceAll(h.sql, "{dir}", dir)
		begun := time.Now()
		code, text := attack(t, e, strings.ReplaceAll(h.url, "%7Bdir%7D", url.QueryEscape(dir)), sql)
		took := time.Since(begun)
		if code != strconv.Itoa(h.code) {
			t.Errorf("%s: %.100q with %q: code %q, want %d: %.200q", h.class, sql, h.url, code, h.code, text)
		}
		if strings.Contains(text, "swordfish") || strings.Contains(text, "root:") || strings.Contains(text, data) && !strings.Contains(sql, data) {
			t.Errorf("%s: %.100q tells of the host: %.300q", h.class, sql, text)
		}
		if h.stopped {
			stopped++
		} else if refused++; took > 10*time.Second {
			t.Errorf("%s: %.100q was refused after %s", h.class, sql, took)
		}
		classes[h.class]++
	}
	t.Logf("%d refused, %d stopped, in %d classes", refused, stopped, len(classes))
	if diff := cmp.Diff(before, canaries(t, dir, data)); diff != "" {
		t.Errorf("the host's files changed (-before +after)\n%s", diff)
	}
	if _, after := post(t, e, engine.UserWriter, "", stateOf); after != stateBefore {
		t.Errorf("the store changed:\n%s\nwas\n%s", after, stateBefore)
	}
	if left, err := os.ReadDir(filepath.Join(data, "answers")); err != nil || len(left) > 0 {
		t.Errorf("files of answers are left: %v %v", left, err)
	}
	if e.PID() != pid {
		t.Error("the engine died of it and was restarted")
	}
}

// stateOf lists what is in the store.
const stateOf = "SELECT * FROM (SELECT name, toString(uuid), total_rows, create_table_query FROM system.tables WHERE database = 'default' UNION ALL SELECT name, '', 0, '' FROM system.databases) ORDER BY ALL"

// TestNoOracleOfFiles: whether a file of this machine exists cannot be told from any answer.
func TestNoOracleOfFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{dir, filepath.Join(dir, "data")} { // the second is where the engine begins to stand
		if err := errors.Join(os.MkdirAll(name, 0o700), os.WriteFile(filepath.Join(name, "there.csv"), []byte("a,b\n1,2\n"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	e := enginetest.StartDir(t, filepath.Join(dir, "data"))
	for _, sql := range []string{
		"SELECT * FROM `%s`", "SELECT * FROM '%s'", "SELECT 1 FROM system.one, '%s'", "SELECT * FROM nope, '%s'", "SELECT * FROM '%s', nope", "DESCRIBE `%s`", "DESCRIBE TABLE default.`%s`", "EXISTS `%s`", "EXISTS TABLE `%s`", "SHOW CREATE TABLE `%s`",
		"SHOW COLUMNS FROM `%s`", "SHOW INDEX FROM `%s`", "SELECT hasColumnInTable('default', '%s', 'a')", "SELECT hasColumnInTable('default', concat('%s', ''), 'a')", "SELECT joinGet('%s', 'a', 1)", "SELECT joinGet('default.`%s`', 'a', 1)",
		"SELECT dictGet('%s', 'a', 1)", "SELECT * FROM loop('default', '%s')", "SELECT * FROM merge('default', '%s')", "SELECT * FROM mergeTreeIndex('default', '%s')", "SELECT 1 IN `%s`", "SELECT 1 IN ('%s')", "EXPLAIN SELECT * FROM `%s`",
		"EXPLAIN SYNTAX SELECT * FROM `%s`", "EXPLAIN QUERY TREE SELECT * FROM `%s`", "EXPLAIN ESTIMATE SELECT * FROM `%s`", "SELECT count() FROM system.columns WHERE table = '%s'", "SELECT count() FROM system.tables WHERE name = '%s'",
		"SELECT * FROM view(SELECT * FROM `%s`)", "SELECT * FROM viewIfPermitted(SELECT a FROM `%s` ELSE null('a Int64'))", "SELECT (SELECT count() FROM `%s`)", "WITH x AS (SELECT * FROM `%s`) SELECT 1", "SELECT * FROM prometheusQuery('%s', 'up', now())",
	} {
		for _, beneath := range []string{dir, ""} {
			answers := make([]string, 2)
			for i, name := range []string{"there.csv", "miss.csv"} {
				path := filepath.Join(beneath, name)
				_, text := post(t, e, engine.UserAnalyst, "", fmt.Sprintf(sql, path))
				answers[i] = strings.ReplaceAll(text, strings.TrimSuffix(path, filepath.Ext(path)), "PATH")
			}
			if answers[0] != answers[1] {
				t.Errorf("%s in %q tells whether a file is there:\n%s%s", sql, beneath, answers[0], answers[1])
			}
		}
	}
}

// TestAnalystReads: what people and their tools ask every day is not refused.
func TestAnalystReads(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	post(t, e, engine.UserWriter, "", "CREATE TABLE t (a UInt64, settings UInt8, file_name String) ENGINE = MergeTree ORDER BY a")
	post(t, e, engine.UserWriter, "", "INSERT INTO t VALUES (1, 1, 'a/b')")
	post(t, e, engine.UserWriter, "", "CREATE VIEW v AS SELECT * FROM t")
	for _, c := range []struct{ url, sql, want string }{
		{"", "SELECT a FROM v", "1\n"},
		{"", "SHOW TABLES", "t\nv\n"},
		{"", "SHOW FULL TABLES LIKE 'v'", "v\tView\n"},
		{"", "SELECT settings, a FROM t WHERE settings = 1", "1\t1\n"},
		{"", "SELECT a AS format FROM t ORDER BY format DESC", "1\n"},
		{"", "SELECT domain('http://x.example/') AS hostname, 1 AS uptime ORDER BY hostname", "x.example\t1\n"},
		{"", "SELECT displayName()", "rolescope\n"},
		{"", "SELECT t.settings FROM t ORDER BY settings DESC", "1\n"},
		{"", "SELECT max(settings) AS settings FROM t", "1\n"},
		{"", "SELECT count() FROM t WHERE file_name = 'a/b' -- comment / with slash", "1\n"},
		{"", "SELECT a AS \"a/b\" FROM t ORDER BY \"a/b\"", "1\n"},
		{"", "SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name", "t\nv\n"},
		{"", "SELECT count() > 0 FROM system.functions", "1\n"},
		{"", "SELECT count() > 1 FROM system.columns WHERE table = 't'", "1\n"},
		{"", "SELECT table_name FROM INFORMATION_SCHEMA.tables WHERE table_schema = 'default' ORDER BY 1", "t\nv\n"},
		{"", "EXISTS TABLE t", "1\n"},
		{"", "EXISTS nope", "0\n"},
		{"", "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT max(n) FROM r", "10\n"},
		{"", "SELECT * FROM values('x Int8', 1, 2)", "1\n2\n"},
		{"", "SELECT sum(number) FROM numbers(10)", "45\n"},
		{"param_t=t&param_c=a", "SELECT {c:Identifier} FROM {t:Identifier}", "1\n"},
		{"param_x=a/b", "SELECT count() FROM t WHERE file_name = {x:String}", "1\n"},
		{"readonly=1&max_threads=8&max_rows_to_read=100", "SELECT getSetting('readonly'), getSetting('max_threads'), getSetting('max_rows_to_read')", "1\t1\t100\n"},
		{"", "SELECT count() FROM merge('default', '^t$')", "1\n"},
		{"database=information_schema", "SELECT count() FROM tables WHERE table_name = 't'", "1\n"},
	} {
		if r, got := post(t, e, engine.UserAnalyst, c.url, c.sql); r.StatusCode != http.StatusOK || got != c.want {
			t.Errorf("%s %s: status %d, %q, want %q", c.url, c.sql, r.StatusCode, got, c.want)
		}
	}
	if _, got := post(t, e, engine.UserAnalyst, "", " /* a comment */ SELEC 1"); !strings.Contains(got, "failed at position 18 (SELEC)") || !strings.Contains(got, "Expected one of: SELECT, WITH") {
		t.Errorf("a misspelt first word: %q", got)
	}
	if r, got := post(t, e, engine.UserAnalyst, "", "SELECT * FROM typo WHERE x = 'a/b'"); r.Header.Get("X-ClickHouse-Exception-Code") != "60" || !strings.Contains(got, "typo") {
		t.Errorf("a slip of the pen is not named: %q", got)
	}
	// The second wall: an analyst finds nothing of others even where no name is looked at.
	if _, got := post(t, e, engine.UserAnalyst, "", "SELECT count() FROM merge('system', '^processes$')"); got != "0\n" && !strings.HasPrefix(got, "Code: ") {
		t.Errorf("merge() shows an analyst %s statements", got)
	}
}

// TestServersUsersParse has the engine read every statement of deploy/clickhouse/users.sql; it has
// no storage of users to run them in.
func TestServersUsersParse(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "clickhouse", "users.sql"))
	if err != nil {
		t.Fatal(err)
	}
	e := enginetest.Start(t)
	var sql strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "--") {
			sql.WriteString(line)
		}
	}
	n := 0
	for statement := range strings.SplitSeq(sql.String(), ";") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		n++
		if r, text := post(t, e, engine.UserWriter, "", "EXPLAIN AST "+statement); r.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", statement, text)
		}
	}
	if n < 12 {
		t.Errorf("%d statements", n)
	}
}
