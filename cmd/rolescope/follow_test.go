package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestUpWebFollows: a process of nothing but the dashboard, which refreshes nothing, shows what another process stores
// and refreshes, although it remembers the page that was there before.
func TestUpWebFollows(t *testing.T) {
	t.Parallel()
	bin, m, dir := binary(t), newMarket(t), filepath.Join(t.TempDir(), "data")
	env := crawlEnv(t, m, dir, "acme")
	s := startUp(t, bin, env, "web")
	at := dashboardOf(t, s)
	const nothing = "Nothing is stored yet."
	if page := get(t, at+"/", http.StatusOK); !strings.Contains(page, nothing) {
		t.Fatalf("the overview of an empty store:\n%s", page)
	}
	output(t, commandEnv(bin, env, "import", "--as", "ashby", "--complete", boardsFile(t, "acme", 1, 20)))
	page := ""
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-time.After(100 * time.Millisecond) {
		if page = get(t, at+"/", http.StatusOK); !strings.Contains(page, nothing) {
			break
		}
	}
	if !strings.Contains(page, "<dt>postings</dt><dd>20</dd>") {
		t.Errorf("the overview after another process stored 20 postings:\n%s", page)
	}
	if strings.Contains(s.log.String(), "rollups refreshed") || strings.Contains(s.log.String(), "level=WARN") {
		t.Errorf("it refreshes, or something is wrong:\n%s", s.log)
	}
	if code := s.stop(t); code != exitOK {
		t.Errorf("exit status %d:\n%s", code, s.log)
	}
}
