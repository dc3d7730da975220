package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/rolescope/rolescope/web"
)

// elements are all that the pages are made of. None of them runs, loads or embeds anything, but for
// script and link, which inspect looks at closer.
var elements = strings.Fields(`html head meta title link script body a p header nav main footer h1 h2 h3 h4 figure figcaption
	div span section article aside noscript details summary pre code table caption thead tbody tr th td dl dt dd ul li
	svg path rect form label select option input button mark small b em bdi abbr br`)

// inspect returns what in a page could run, load, embed or mislead.
func inspect(page []byte) []string {
	var found []string
	add := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if !utf8.Valid(page) {
		add("the page is not UTF-8")
	}
	for _, r := range string(page) {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069) {
			add("the page has the character %U in it", r)
		}
	}
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return append(found, err.Error())
	}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			add("a comment: %.50q", n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if !slices.Contains(elements, n.Data) {
			add("element %s", n.Data)
		}
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || slices.Contains([]string{"style", "srcdoc", "http-equiv", "formaction", "ping", "background"}, a.Key) {
				add("attribute %s=%.50q of %s", a.Key, a.Val, n.Data)
			}
			if address := slices.Contains([]string{"href", "src", "action", "data", "poster", "cite", "xlink:href"}, a.Key); address && !harmless(n, a) {
				add("address %s=%.80q of %s", a.Key, a.Val, n.Data)
			}
		}
		if n.Data == "script" {
			inspectScript(n, attributes, add)
		}
	}
	return found
}

// harmless reports whether an address stays here, or is the one link that leaves: to an advert.
func harmless(n *html.Node, a html.Attribute) bool {
	local := strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//") && !strings.HasPrefix(a.Val, `/\`) ||
		strings.HasPrefix(a.Val, "?") || strings.HasPrefix(a.Val, "#")
	external := n.Data == "a" && (strings.HasPrefix(a.Val, "http://") || strings.HasPrefix(a.Val, "https://")) &&
		slices.Contains(n.Attr, html.Attribute{Key: "rel", Val: "noopener noreferrer nofollow external"})
	if n.Data == "script" || n.Data == "link" {
		return strings.HasPrefix(a.Val, "/static/")
	}
	return local || external
}

func inspectScript(n *html.Node, attributes map[string]string, add func(string, ...any)) {
	content := ""
	if n.FirstChild != nil {
		content = n.FirstChild.Data
	}
	switch {
	case attributes["type"] == "application/json" && attributes["src"] == "":
		if !json.Valid([]byte(content)) {
			add("a data block that is no JSON: %.80q", content)
		}
	case attributes["src"] == "" || content != "":
		add("a script of its own: %.80q", content)
	}
}

// check inspects an answer: its headers always, its page when it is one.
func check(t testing.TB, address string, w *httptest.ResponseRecorder) {
	t.Helper()
	h := w.Header()
	for name, want := range map[string]string{
		"Content-Security-Policy": web.Policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin", "Set-Cookie": "",
	} {
		if h.Get(name) != want {
			t.Errorf("%.80s: %s is %q", address, name, h.Get(name))
		}
	}
	switch kind := h.Get("Content-Type"); {
	case w.Code == http.StatusSeeOther: // has no content
	case strings.HasPrefix(kind, "text/html; charset=utf-8"):
		for _, problem := range inspect(w.Body.Bytes()) {
			t.Errorf("%.80s: %s", address, problem)
		}
	case strings.HasPrefix(kind, "application/json"):
		if !json.Valid(w.Body.Bytes()) || !utf8.Valid(w.Body.Bytes()) {
			t.Errorf("%.80s: not JSON in UTF-8: %.200q", address, w.Body)
		}
	case w.Code == http.StatusNotModified || w.Code == http.StatusFound || strings.HasPrefix(kind, "text/"), strings.HasPrefix(kind, "image/svg"):
	default:
		t.Errorf("%.80s: an answer of type %q", address, kind)
	}
}

// TestInspectSees shows that the inspection can fail.
func TestInspectSees(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		`<script>alert(1)</script>`:                                  "a script of its own",
		`<script src="https://evil.example/x.js"></script>`:          "address src",
		`<script type="application/json">{</script>`:                 "no JSON",
		`<img src="/x" onerror="alert(1)">`:                          "attribute onerror",
		`<a href="javascript:alert(1)">x</a>`:                        "address href",
		`<a href="https://evil.example/">x</a>`:                      "address href",
		`<a href="//evil.example/">x</a>`:                            "address href",
		`<a href="data:text/html,x">x</a>`:                           "address href",
		`<p style="color:red">x</p>`:                                 "attribute style",
		`<svg><animate/></svg>`:                                      "element animate",
		`<iframe></iframe>`:                                          "element iframe",
		`<meta http-equiv="refresh" content="0">`:                    "attribute http-equiv",
		"<p>\u202eabc</p>":                                           "U+202E",
		"<p>\xff</p>":                                                "not UTF-8",
		`<!-- x -->`:                                                 "a comment",
		`<form action="https://evil.example/"><input></form>`:        "address action",
		`<base href="https://evil.example/">`:                        "element base",
		`<p>fine</p><a href="/x?y=1">x</a><svg><path d="M0"/></svg>`: "",
	} {
		if got := strings.Join(inspect([]byte(page)), "\n"); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%q: got %q, want %q", page, got, want)
		}
	}
}
