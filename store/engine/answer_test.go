package engine_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/store/engine"
	"github.com/rolescope/rolescope/store/engine/enginetest"
)

// TestDocumentFormats: a format that is one document is one, however many pieces the engine makes.
func TestDocumentFormats(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine: of no use to the race detector")
	}
	dir := filepath.Join(t.TempDir(), "a 'b' \\ \u00e9")
	e := enginetest.StartDir(t, dir)
	const sql = "SELECT number AS n FROM numbers(200000)"
	for _, query := range []string{
		sql + " FORMAT JSON",
		sql + " -- the end",
		sql + " FORMAT JSON SETTINGS max_block_size = 1000;",
		"SELECT n FROM (" + sql + " SETTINGS max_block_size = 1000) SETTINGS max_threads = 1",
		"SELECT n FROM (" + sql + ") WHERE n >= {least:UInt64} FORMAT JSON",
	} {
		r, body := post(t, e, engine.UserWriter, "default_format=JSON&param_least=0", query)
		var answer struct{ Rows, Data any }
		if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Rows != 200000.0 || len(answer.Data.([]any)) != 200000 {
			t.Errorf("%s: status %d, rows %v, %v", query, r.StatusCode, answer.Rows, err)
		}
	}
	_, body := post(t, e, engine.UserAnalyst, "", sql+" FORMAT Parquet")
	if !strings.HasPrefix(body, "PAR1") || !strings.HasSuffix(body, "PAR1") || strings.Contains(body, "PAR1PAR1") {
		t.Error("no single Parquet file")
	}
	r, body := post(t, e, engine.UserWriter, "", "SELECT throwIf(number = 190000) FROM numbers(200000) FORMAT JSON")
	if r.StatusCode != 500 || !strings.HasPrefix(body, "Code: 395.") {
		t.Errorf("status %d, %q", r.StatusCode, body)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "answers")); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
