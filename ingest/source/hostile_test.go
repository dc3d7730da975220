package source

import (
	"strings"
	"testing"
)

// TestAddresses checks that a record's address is one of the web: people are shown it as a link.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://acme.example/1":         "https://acme.example/1",
		"HTTP://acme.example/1":          "HTTP://acme.example/1",
		"javascript:alert(1)":            "",
		" JavaScript:alert(1)":           "",
		"java\\tscript:alert(1)":         "",
		"data:text/html,<script>":        "",
		"//acme.example/1":               "",
		"vbscript:x":                     "",
		"https:javascript:alert(1)":      "",
		"javascript:alert(1)//https://x": "",
	} {
		b := parse(t, Greenhouse{}, `{"jobs":[{"id":1,"title":"A","absolute_url":"`+address+`"}]}`)
		rec := b.Records[0]
		if rec.URL != want || (want == "") != strings.Contains(string(rec.Extra), "absolute_url") {
			t.Errorf("%q is %q, beside %s", address, rec.URL, rec.Extra)
		}
	}
}

// TestFieldsTwice checks that a payload with two lists of postings, or two totals, is no board: one of
// them would close what the other names.
func TestFieldsTwice(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{
		`{"jobs":[{"id":1,"title":"A"},{"id":2,"title":"B"}],"meta":{"total":1},"jobs":[{"id":1,"title":"A"}]}`,
		`{"jobs":[{"id":1,"title":"A"}],"meta":{"total":2},"meta":{"total":1}}`,
		`{"jobs":[{"id":1,"title":"A"}],"meta":{"total":1},"j\u006fbs":[]}`,
	} {
		if _, err := (Greenhouse{}).Parse([]byte(payload)); err == nil || !strings.Contains(err.Error(), "stands twice") {
			t.Errorf("%s: %v", payload, err)
		}
	}
}
