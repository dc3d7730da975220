package engine_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/store/engine"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

// TestChildIsConfined lets the writer, whom no lexer and no role holds, reach for what is not
// the store's: the kernel refuses it. The variable is set, so it runs beside no other test.
func TestChildIsConfined(t *testing.T) {
	t.Setenv("ROLESCOPE_TEST_SECRET", "swordfish")
	active, detail := engine.Confinement()
	t.Log(detail)
	dir := t.TempDir()
	canary := filepath.Join(dir, "canary.csv")
	if err := os.WriteFile(canary, []byte("a,b\n1,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	e := enginetest.StartDir(t, filepath.Join(dir, "data"))
	if _, text := post(t, e, engine.UserWriter, "", "SELECT * FROM file('/proc/self/environ', LineAsString)"); strings.Contains(text, "swordfish") || strings.HasPrefix(text, "Code: ") {
		t.Errorf("the child's environment: %q", text)
	}
	if !active {
		t.Skip("not confined here: " + detail)
	}
	const denied = "Permission denied"
	for _, c := range []struct{ sql, want string }{
		{"SELECT * FROM file('" + canary + "')", denied},
		{"SELECT file('" + canary + "')", denied},
		{"SELECT 1 INTO OUTFILE '" + canary + "' TRUNCATE", denied},
		{"SELECT 1 INTO OUTFILE '" + filepath.Join(dir, "new") + "'", denied},
		{"INSERT INTO FUNCTION file('" + filepath.Join(dir, "new.csv") + "') SELECT 1", denied},
		{"SELECT * FROM file('/etc/passwd', LineAsString)", denied},
		{fmt.Sprintf("SELECT * FROM file('/proc/%d/environ', LineAsString)", os.Getpid()), denied},
		{fmt.Sprintf("SELECT * FROM file('/proc/%d/maps', LineAsString)", os.Getpid()), denied},
		{"SELECT * FROM url('http://" + e.Addr() + "/ping', LineAsString) SETTINGS http_max_tries = 1, http_make_head_request = 0", "I/O error"},
		{"SELECT * FROM remote('" + e.Addr() + "', system.one) SETTINGS connections_with_failover_max_tries = 1", "I/O error"},
	} {
		r, text := post(t, e, engine.UserWriter, "", c.sql)
		if strings.Contains(c.want, "I/O") && strings.Contains(detail, "network is not confined") {
			continue
		}
		if r.StatusCode == http.StatusOK || !strings.Contains(text, c.want) {
			t.Errorf("%s: status %d, %.300q, want %q", c.sql, r.StatusCode, text, c.want)
		}
	}
	if text, err := os.ReadFile(canary); err != nil || string(text) != "a,b\n1,2\n" {
		t.Errorf("the canary is %q now, %v", text, err)
	}
	// What a store does with its own files still works.
	for _, sql := range []string{
		"CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a PARTITION BY a % 2", "INSERT INTO t SELECT number FROM numbers(1000)", "ALTER TABLE t DETACH PARTITION 1", "ALTER TABLE t ATTACH PARTITION 1", "RENAME TABLE t TO u",
		"ALTER TABLE u DELETE WHERE a < 10 SETTINGS mutations_sync = 2", "OPTIMIZE TABLE u FINAL", "TRUNCATE TABLE u", "DROP TABLE u SYNC",
		"SELECT groupArray(x) FROM (SELECT toString(number) AS x FROM numbers(100000) ORDER BY rand() SETTINGS max_bytes_before_external_sort = 100000) FORMAT Null",
	} {
		if r, text := post(t, e, engine.UserWriter, "", sql); r.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", sql, text)
		}
	}
}
