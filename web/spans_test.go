package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/rolescope/rolescope/trend"
	"github.com/rolescope/rolescope/web"
)

func TestSegments(t *testing.T) {
	t.Parallel()
	m := func(start, end uint32) trend.Mention { return trend.Mention{Start: start, End: end} }
	for _, c := range []struct {
		name, text string
		mentions   []trend.Mention
		want       string // mentions in brackets
	}{
		{"none", "Go and SQL", nil, "Go and SQL"},
		{"two", "Go and SQL", []trend.Mention{m(7, 10), m(0, 2)}, "[Go] and [SQL]"},
		{"beside each other", "GoSQL", []trend.Mention{m(0, 2), m(2, 5)}, "[Go][SQL]"},
		{"inside another", "machine learning", []trend.Mention{m(8, 16), m(0, 16)}, "[machine learning]"},
		{"across another", "abcd", []trend.Mention{m(0, 3), m(2, 4)}, "[abc]d"},
		{"twice", "Go", []trend.Mention{m(0, 2), m(0, 2)}, "[Go]"},
		{"empty, reversed, out of range", "Go", []trend.Mention{m(1, 1), m(2, 1), m(1, 3), m(9, 10), m(0, 4294967295)}, "Go"},
		{"inside a character", "é ü", []trend.Mention{m(1, 2), m(0, 1), m(3, 5)}, "é [ü]"},
		{"of nothing", "", []trend.Mention{m(0, 0), m(0, 1)}, ""},
	} {
		var got strings.Builder
		for _, s := range web.Segments(c.text, c.mentions) {
			if s.Mention != nil {
				fmt.Fprintf(&got, "[%s]", s.Text)
			} else {
				got.WriteString(s.Text)
			}
		}
		if got.String() != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got.String(), c.want)
		}
	}
}

// single is a store with one posting in it.
type single struct {
	text     string
	mentions []trend.Mention
}

func (s *single) Select(_ context.Context, dest any, _ string, _ map[string]string) error {
	switch rows := dest.(type) {
	case *[]trend.PostingFields:
		*rows = append(*rows, trend.PostingFields{Title: s.text, ContentHash: "h"})
	case *[]trend.Version:
		*rows = append(*rows, trend.Version{ContentHash: "h", Description: s.text})
	case *[]trend.Mention:
		*rows = append(*rows, s.mentions...)
	}
	return nil
}

// FuzzPosting shows any text with any mentions: the pieces are the text, and the page is sound.
func FuzzPosting(f *testing.F) {
	f.Add("We use Go and SQL.", []byte{7, 9, 14, 17}, "Go", "language")
	f.Add("é<script>ü", []byte{0, 1, 1, 9, 2, 3, 255, 255, 5, 4}, "\xff", "\"'><")
	f.Add("\x00\u202e{{.}}\n\n<b>", []byte{0, 200, 0, 0, 3, 5}, "</mark>", "")
	store := &single{}
	h := dashboard(f, web.Options{Querier: store})
	asked := 0 // every posting has an id of its own: answers are remembered
	f.Fuzz(func(t *testing.T, text string, offsets []byte, label, kind string) {
		var mentions []trend.Mention
		for i := 0; i+1 < len(offsets) && i < 200; i += 2 {
			field := "description"
			if i%4 == 2 {
				field = "title"
			}
			mentions = append(mentions, trend.Mention{Skill: label, Label: label, Kind: kind, Field: field, Start: uint32(offsets[i]), End: uint32(offsets[i+1]), Section: kind, Strength: kind})
		}
		var whole strings.Builder
		for _, s := range web.Segments(text, mentions) {
			if s.Text == "" || s.Mention != nil && utf8.ValidString(text) && !utf8.ValidString(s.Text) {
				t.Errorf("a piece is %q", s.Text)
			}
			whole.WriteString(s.Text)
		}
		if whole.String() != text {
			t.Errorf("the pieces are %q, the text %q", whole.String(), text)
		}
		*store = single{text, mentions}
		asked++
		w := get(t, h, fmt.Sprintf("/postings/%032x", asked))
		if w.Code != http.StatusOK {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		check(t, "posting", w)
		if got, want := shownText(t, w.Body.Bytes()), visible(text); got != want {
			t.Error(gocmp.Diff(want, got))
		}
	})
}

// shownText is the text of the page's posting, without what is there for screen readers.
func shownText(t *testing.T, page []byte) string {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	var walk func(*html.Node, bool)
	walk = func(n *html.Node, inside bool) {
		for _, a := range n.Attr {
			if a.Key == "class" && (a.Val == "hidden" || a.Val == "muted") {
				return
			}
			inside = inside || a.Key == "class" && a.Val == "text"
		}
		if n.Type == html.TextNode && inside {
			text.WriteString(n.Data)
		}
		for c := range n.ChildNodes() {
			walk(c, inside)
		}
		if n.Type == html.ElementNode && n.Data == "p" && inside {
			text.WriteString("\n")
		}
	}
	walk(root, false)
	return strings.TrimSuffix(text.String(), "\n")
}

// visible is a text without the characters that pages leave out. A NUL is shown as what stands for one.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 0:
			return utf8.RuneError
		case r != '\n' && r != '\t' && unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, text)
}
