package source

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden shows a parser change as a difference of what an invented board gives.
func TestGolden(t *testing.T) {
	t.Parallel()
	type golden struct {
		name string
		src  Source
	}
	var all []golden
	for _, src := range All() {
		all = append(all, golden{src.Kind(), src})
	}
	all = append(all, golden{"workday_detail", Workday{}}, golden{"smartrecruiters_detail", SmartRecruiters{}})
	for _, c := range all {
		src, payload := c.src, fixture(t, c.name)
		b, err := src.Parse(payload)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.MarshalIndent(b, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", c.name+".golden")
		if *update {
			if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
			t.Errorf("%s (run with -update after checking):\n%s", src.Kind(), diff)
		}
	}
}

func fixture(t testing.TB, kind string) []byte {
	t.Helper()
	name := kind + ".json"
	if kind == "personio" {
		name = kind + ".xml"
	}
	payload, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func TestByKind(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		if s, err := ByKind(kind); err != nil || s.Kind() != kind {
			t.Errorf("ByKind(%q) = %v, %v", kind, s, err)
		}
	}
	for _, c := range []struct{ kind, want string }{
		{"grenhouse", `did you mean "greenhouse"?`},
		{"Lever ", `did you mean "lever"?`},
		{"ahsby", `did you mean "ashby"?`},
		{"workable", "the kinds are ashby, greenhouse, hn, lever, personio"},
		{"smartrecruiter", `did you mean "smartrecruiters"?`},
		{"", "the kinds are"},
		{strings.Repeat("x", 1000), "the kinds are"},
	} {
		if _, err := ByKind(c.kind); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ByKind(%q): %v, want %q", c.kind, err, c.want)
		}
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	one := `{"id":1,"title":"A","absolute_url":"https://x.example/1"}`
	for _, c := range []struct {
		name, kind, payload string
		received, expected  int
		complete            bool
	}{
		{"total agrees", "greenhouse", `{"jobs":[` + one + `],"meta":{"total":1}}`, 1, 1, true},
		{"empty board", "greenhouse", `{"jobs":[],"meta":{"total":0}}`, 0, 0, true},
		{"cut short", "greenhouse", `{"jobs":[` + one + `],"meta":{"total":9}}`, 1, 9, false},
		{"no total", "greenhouse", `{"jobs":[` + one + `]}`, 1, -1, false},
		{"odd total", "greenhouse", `{"jobs":[` + one + `],"meta":{"total":"1"}}`, 1, -1, false},
		{"a posting without an id", "greenhouse", `{"jobs":[` + one + `,{"title":"B"}],"meta":{"total":2}}`, 2, 2, false},
		{"a rejected posting with an id", "greenhouse", `{"jobs":[` + one + `,{"id":2,"title":[]}],"meta":{"total":2}}`, 2, 2, true},
		{"the same posting twice", "greenhouse", `{"jobs":[` + one + `,` + one + `],"meta":{"total":2}}`, 2, 2, false},
		{"the same posting twice beside the total", "greenhouse", `{"jobs":[` + one + `,` + one + `],"meta":{"total":1}}`, 2, 1, true},
		{"single posting", "greenhouse", one, 1, -1, false},
		{"lever board", "lever", `[{"id":"a","text":"A"}]`, 1, -1, false},
		{"lever empty", "lever", `[]`, 0, -1, false},
		{"lever posting", "lever", `{"id":"a","text":"A"}`, 1, -1, false},
		{"ashby board", "ashby", `{"jobs":[{"id":"a","title":"A"}],"apiVersion":"1"}`, 1, -1, false},
		{"ashby posting", "ashby", `{"id":"a","title":"A"}`, 1, -1, false},
	} {
		src, err := ByKind(c.kind)
		if err != nil {
			t.Fatal(err)
		}
		b, err := src.Parse([]byte(c.payload))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if b.Received != c.received || b.Expected != c.expected || b.Complete != c.complete {
			t.Errorf("%s: received %d of %d, complete %v", c.name, b.Received, b.Expected, b.Complete)
		}
	}
}

func TestPayloadErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, kind, payload, want string }{
		{"empty", "greenhouse", "", "it is empty"},
		{"blank", "greenhouse", " \n\t", "it is empty"},
		{"page", "greenhouse", "<!DOCTYPE html><html>", "got an HTML page"},
		{"cut off", "greenhouse", `{"jobs":[{"id":1`, "breaks off at byte 16"},
		{"cut off list", "lever", `[{"id":"a"},`, "breaks off at byte 12"},
		{"not JSON", "greenhouse", `{"jobs":[nope]}`, "not JSON at byte 11"},
		{"words", "greenhouse", `Not found`, "not JSON"},
		{"deep", "greenhouse", strings.Repeat("[", 1<<20), "nested deeper than 64 levels at byte 64"},
		{"deep objects", "lever", strings.Repeat(`{"a":`, 1<<16), "nested deeper than 64 levels"},
		{"too many", "lever", "[" + strings.Repeat("{},", postingsMax) + "{}]", "more than 200000 postings"},
		{"too many in an object", "ashby", `{"jobs":[` + strings.Repeat("1,", postingsMax) + "1]}", "more than 200000 postings"},
		{"number", "ashby", `12`, "got a single value"},
		{"null", "lever", `null`, "got a single value"},
		{"jobs null", "greenhouse", `{"jobs":null}`, `whose "jobs" is null`},
		{"jobs object", "ashby", `{"jobs":{}}`, `whose "jobs" is an object`},
		{"other fields", "greenhouse", `{"a":1,"b":2}`, "the fields a, b"},
		{"no fields", "greenhouse", `{}`, "no fields"},
		{"an answer", "lever", `{"ok":false,"error":"Document not found"}`, "Document not found"},
		{"lever as greenhouse", "greenhouse", `[{"id":"a","text":"A","categories":{}}]`, "it looks like lever"},
		{"ashby as greenhouse", "greenhouse", `{"jobs":[{"id":"a","jobUrl":"x"}]}`, "it looks like ashby"},
		{"greenhouse as lever", "lever", `{"jobs":[{"id":1,"absolute_url":"x"}]}`, "it looks like greenhouse"},
		{"gzip", "lever", "\x1f\x8b\x08", "compressed"},
		{"UTF-16", "lever", "\xff\xfe[\x00", "UTF-16"},
	} {
		src, err := ByKind(c.kind)
		if err != nil {
			t.Fatal(err)
		}
		_, err = src.Parse([]byte(c.payload))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.kind) {
			t.Errorf("%s: error %v, want %q and the kind", c.name, err, c.want)
		}
	}
}

// TestRejected checks that a bad posting is named with its reason and that the good one beside it
// is kept.
func TestRejected(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ posting, id, want string }{
		{`17`, "", "a number, not an object"},
		{`null`, "", "null, not an object"},
		{`{"title":"x"}`, "", "without an id"},
		{`{"id":null,"title":"x"}`, "", "without an id"},
		{`{"id":"  ","title":"x"}`, "", "without an id"},
		{`{"id":0,"title":"x"}`, "", "at least one"},
		{`{"id":1.5,"title":"x"}`, "", "whole number"},
		{`{"id":-4,"title":"x"}`, "", "whole number"},
		{`{"id":{"a":1},"title":"x"}`, "", `field "id": want an id, got an object`},
		{`{"id":"a\u0000b","title":"x"}`, "", "control characters"},
		{`{"id":"` + strings.Repeat("9", 300) + `","title":"x"}`, "", "300 bytes"},
		{`{"id":7}`, "7", "without a title"},
		{`{"id":7,"title":" \u00a0"}`, "7", "without a title"},
		{`{"id":7,"title":["x"]}`, "7", `field "title": want text, got a list`},
		{`{"id":7,"title":"x","location":"Rome"}`, "7", `field "location": want an object, got text`},
		{`{"id":7,"title":"x","location":{"name":3}}`, "7", `field "location.name": want text, got a number`},
		{`{"id":7,"title":"x","departments":[{"name":3}]}`, "7", `field "departments[].name"`},
		{`{"id":7,"title":"x","first_published":3}`, "7", `field "first_published": want a time`},
		{`{"id":7,"title":"x","pay_input_ranges":[{"min_cents":1e999}]}`, "7", `min_cents": want a number`},
	} {
		b, err := Greenhouse{}.Parse([]byte(`{"jobs":[` + c.posting + `,{"id":8,"title":"good"}]}`))
		if err != nil {
			t.Errorf("%s: %v", c.posting, err)
			continue
		}
		if len(b.Records) != 1 || len(b.Rejected) != 1 {
			t.Errorf("%s: %d records, %d rejected", c.posting, len(b.Records), len(b.Rejected))
			continue
		}
		r := b.Rejected[0]
		if r.ExternalID != c.id || !strings.Contains(r.Reason, c.want) || len(r.Hash) != 64 || r.Size == 0 {
			t.Errorf("%s: rejected %+v, want id %q and %q", c.posting, r, c.id, c.want)
		}
	}
}

// TestDuplicates checks that neither order nor repetition decides which of two postings stays.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	a, b := `{"id":1,"title":"A"}`, `{"title":"B", "id":1}`
	first := parse(t, Greenhouse{}, `{"jobs":[`+a+`,`+b+`,`+a+`]}`)
	second := parse(t, Greenhouse{}, `{"jobs":[`+b+`,`+a+`]}`)
	if diff := cmp.Diff(first.Records, second.Records); diff != "" || len(first.Records) != 1 {
		t.Errorf("the order decides which stays:\n%s", diff)
	}
	for _, board := range []Board{first, second} {
		for _, r := range board.Rejected {
			if r.Reason != "duplicate id" || r.ExternalID != "1" {
				t.Errorf("rejected %+v", r)
			}
		}
		if len(board.Rejected) == 0 {
			t.Error("the other posting is not accounted for")
		}
	}
	if same := parse(t, Greenhouse{}, `{"jobs":[`+a+`,`+a+`]}`); len(same.Records) != 1 || len(same.Rejected) != 0 {
		t.Errorf("a plain copy: %d records, %d rejected", len(same.Records), len(same.Rejected))
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	b := parse(t, Greenhouse{}, "\xef\xbb\xbf"+`{"jobs":[{"id":1,"title":"a`+"\xff"+`b\u0000\u0007c","content":"x\r\ny\u001b","weird":1e999}]}`)
	r := b.Records[0]
	if r.Title != "a\uFFFDbc" || r.Description != "x\ny" || !strings.Contains(b.Note, "UTF-8") {
		t.Errorf("title %q, description %q, note %q", r.Title, r.Description, b.Note)
	}
	if string(r.Extra) != `{"weird":"1e999"}` {
		t.Errorf("extra %s", r.Extra)
	}
}

func parse(t testing.TB, src Source, payload string) Board {
	t.Helper()
	b, err := src.Parse([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
