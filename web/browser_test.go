package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/web"
)

// inBrowser opens pages of a handler in a real browser and returns what it complains of.
func inBrowser(t *testing.T, h http.Handler, paths []string) (string, error) {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	node := exec.CommandContext(t.Context(), "node", "../internal/proof/browser/check.mjs", server.URL)
	node.Stdin = strings.NewReader(strings.Join(paths, "\n"))
	out, err := node.CombinedOutput()
	return string(out), err
}

// TestHostileTextsInABrowser is the proof that TestHostileTexts' reading of HTML is a browser's. It
// needs a Chromium and playwright-core, so it runs by hand: see docs/proof/README.md.
func TestHostileTextsInABrowser(t *testing.T) {
	if os.Getenv("ROLESCOPE_BROWSER") == "" || os.Getenv("ROLESCOPE_PLAYWRIGHT") == "" {
		t.Skip("ROLESCOPE_BROWSER and ROLESCOPE_PLAYWRIGHT name no browser")
	}
	t.Parallel()
	for name, page := range map[string]string{
		"dialog":   `<body onload="alert(1)">`,
		"console":  `<img src="/missing">`,
		"request":  `<img src="http://127.0.0.1:9/x">`,
		"sideways": `<p>` + strings.Repeat("W", 1000),
		"list":     `<div style="overflow-x: auto"><table class="list"><tr><td>` + strings.Repeat("W", 1000) + `</table></div>`,
		"chart":    `<div data-chart="x">`,
	} {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				http.NotFound(w, r)
				return
			}
			_, _ = w.Write([]byte("<!doctype html>" + page))
		})
		if out, err := inBrowser(t, h, []string{"/"}); err == nil || !strings.Contains(out, "FAIL") {
			t.Errorf("the check does not see a %s: %v\n%s", name, err, out)
		}
	}
	var messages []any
	paths := []string{"/", "/?period=week", "/skills", "/postings", "/about"}
	for n, attack := range attacks() {
		board := hostileBoard(t, n, attack)
		for i, m := range board {
			if p, ok := m.(posting.Posting); ok && (n == 0 || i < 2) {
				paths = append(paths, "/postings/"+p.PostingID)
			}
		}
		if usable(attack) {
			paths = append(paths, "/postings?q="+url.QueryEscape(attack), "/roles/"+url.PathEscape(attack), "/skills/"+url.PathEscape(attack))
		}
		messages = append(messages, board...)
	}
	s := open(t, messages...)
	if err := s.Activate(t.Context(), hostileTagger); err != nil {
		t.Fatal(err)
	}
	refresh(t, s)
	out, err := inBrowser(t, dashboard(t, web.Options{Querier: querier{s}, Notice: attacks()[0], Version: attacks()[1]}), paths)
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Log(out)
}
