package enrich

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestReadDocumentText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"empty":             {"", ""},
		"paragraphs":        {"<p>One</p><p>Two &amp; three</p>", "One\nTwo & three"},
		"list":              {"<p>You will:</p><ul><li>Build</li><li><p>Ship</p></li></ul><p>End</p>", "You will:\n- Build\n- Ship\nEnd"},
		"list without ul":   {"<li>Build</li><li>Ship</li>", "- Build\n- Ship"},
		"nested list":       {"<ul><li>A<ul><li>B</li></ul></li><li>C</li></ul>", "- A\n- B\n- C"},
		"br":                {"One<br>Two<br/><br />Three", "One\nTwo\nThree"},
		"heading":           {"<h2>About</h2>text", "About\ntext"},
		"escaped":           {"&lt;p&gt;One&lt;/p&gt;&lt;p&gt;R&amp;amp;D&lt;/p&gt;", "One\nR&D"},
		"escaped twice":     {"&amp;lt;p&amp;gt;One&amp;lt;/p&amp;gt;", "One"},
		"script":            {"<style>p{}</style><p>A</p><script>alert('<p>x</p>')</script><svg><path/><text>no</text></svg><!-- c --><p>B</p>", "A\nB"},
		"spaces":            {"<p>a\u00a0\u2009b\u200b\u00adc \n  d</p>", "a bc d"},
		"entities":          {"<p>it&rsquo;s&nbsp;C&#43;&#x2B;</p>", "it’s C++"},
		"bullets":           {"<p>• One</p><p>·  Two</p><p>– three</p><p>-four</p>", "- One\n- Two\n- three\n-four"},
		"bullet in li":      {"<ul><li>• One</li><li></li><li>&nbsp;</li></ul>", "- One"},
		"table":             {"<table><tr><th>Zone</th><th>Pay</th></tr><tr><td>A</td><td>$1</td></tr></table>", "Zone | Pay\nA | $1"},
		"generic":           {"<p>Use List&lt;String&gt; and &lt;your name&gt;</p>", "Use List<String> and <your name>"},
		"less than":         {"<p>If x < 5 and y <3</p>", "If x < 5 and y <3"},
		"plain":             {"One\n\n\n Two\r\n* a\r\n* b", "One\nTwo\n- a\n- b"},
		"plain with link":   {"One\n\nTwo <a href=\"x\">site</a>\n- a", "One\nTwo site\n- a"},
		"newline in html":   {"<p>One\n two</p>", "One two"},
		"pre":               {"<pre>One\nTwo</pre>", "One\nTwo"},
		"hn":                {"Acme | Engineer | Remote<p>We build &#x27;things&#x27;.<p>Apply", "Acme | Engineer | Remote\nWe build 'things'.\nApply"},
		"office element":    {"<p>A<o:p></o:p></p>", "A"},
		"query string":      {"see x?a=1&copy=2 and R&D", "see x?a=1&copy=2 and R&D"},
		"invalid utf8":      {"<p>a\xffb</p>", "a\uFFFDb"},
		"decomposed":        {"<p>Zu\u0308rich</p>", "Zürich"},
		"cdata":             {"<![CDATA[<p>A</p>]]>", "A"},
		"unclosed":          {"<p>One<div>Two<b>three", "One\nTwothree"},
		"wrapped":           {"We are looking for an engineer who likes to build large\nsystems that many people use every day, and who writes\nthem well.\n\n- Write code that is read more often than it is written\n  by others\n- Ship\n\nShort\nlines", "We are looking for an engineer who likes to build large systems that many people use every day, and who writes them well.\n- Write code that is read more often than it is written by others\n- Ship\nShort\nlines"},
		"markup in text":    {"<p>A &lt;br&gt; B</p><p>C</p>", "A\nB\nC"},
		"inline bullets":    {"Duties include " + strings.Repeat("these things ", 20) + " • Build • Ship • Run", "Duties include " + strings.TrimSpace(strings.Repeat("these things ", 20)) + "\n- Build\n- Ship\n- Run"},
		"bullets as fields": {"Acme • Berlin • Remote • Engineer", "Acme • Berlin • Remote • Engineer"},
		"separators vanish": {"<p>One\u2028Two</p>", "One Two"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, readDocument("", tt.in).text); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadDocumentKinds(t *testing.T) {
	t.Parallel()
	d := readDocument(" Senior&nbsp;<b>Engineer</b>\n (m/f) ", "<p><strong>About you</strong></p><p>You build.</p><p>What you'll bring:</p><ul><li>Go</li></ul><p><strong>We pay well. You work well.</strong></p>")
	if d.title != "Senior Engineer (m/f)" {
		t.Errorf("title %q", d.title)
	}
	var got []paragraphKind
	for _, p := range d.paragraphs {
		got = append(got, p.kind)
	}
	if diff := cmp.Diff([]paragraphKind{heading, prose, heading, item, prose}, got); diff != "" {
		t.Error(diff)
	}
}

func TestParagraphHashFoldsTemplates(t *testing.T) {
	t.Parallel()
	a, b, c := paragraphHash("We are  Acme - hello."), paragraphHash("- we are ACME, hello"), paragraphHash("We are Acne")
	if a != b || a == c || len(a) != 16 {
		t.Errorf("hashes %s %s %s", a, b, c)
	}
}

// checkDocument fails unless the invariants every later step relies on hold.
func checkDocument(t interface {
	Helper()
	Fatalf(string, ...any)
}, title, in string,
) {
	t.Helper()
	d := readDocument(title, in)
	if !utf8.ValidString(d.text) || !utf8.ValidString(d.title) || strings.Contains(d.title, "\n") {
		t.Fatalf("invalid text %q title %q", d.text, d.title)
	}
	at := 0
	for i, l := range strings.Split(d.text, "\n") {
		if d.text == "" {
			break
		}
		if l == "" || strings.Contains(l, "  ") || l != strings.TrimSpace(l) {
			t.Fatalf("line %q of %q", l, in)
		}
		for _, r := range l {
			if unicode.IsControl(r) || r == '\u00a0' || r == '\u200b' || r == '\u00ad' {
				t.Fatalf("rune %q in %q", r, l)
			}
		}
		if p := d.paragraphs[i]; p.start != at || p.end != at+len(l) {
			t.Fatalf("paragraph %d is %+v, line begins at %d", i, p, at)
		}
		at += len(l) + 1
	}
	again := readDocument(d.title, d.text)
	if again.text != d.text || again.title != d.title {
		t.Fatalf("not idempotent:\n%q\n%q\n%q", in, d.text, again.text)
	}
}

func TestReadDocumentProperties(t *testing.T) {
	t.Parallel()
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"<p>", "</p>", "<li>", "</li>", "<br>", "<b>", "</b>", "&lt;p&gt;", "&amp;", "&nbsp;", "&amp;amp;lt;", "<h2>", "</h2>", "\n", "\n\n", " ", "- ", "•", "<", ">", "&", "<!--", "-->", "\u200b", "u\u0308", "&#38;", "<svg>", "</svg>", "<td>", "<x>", "\u037e", "<pre>"}),
		rapid.StringN(0, 8, -1), rapid.SampledFrom([]string{"word", "some longer words that fill up the line nicely", "Requirements:"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(piece, 0, 40).Draw(t, "pieces"), "")
		checkDocument(t, in, in)
	})
}

func FuzzReadDocument(f *testing.F) {
	for _, s := range []string{"<p>a</p>", "&lt;p&gt;x", "a\n\nb c\n- d", "<ul><li>a<li>b", "&#38;#38;lt;p>", "<svg><p>", "\xff<", "<![CDATA[x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkDocument(t, s, s) })
}

func TestReadDocumentIsLinear(t *testing.T) {
	t.Parallel()
	const size = 128 << 10
	for name, unit := range map[string]string{"nested": "<div>", "items": "<li>a", "lt": "<", "amp": "&amp;", "entities": "&amp;lt;p&amp;gt;", "comments": "<!--", "strong": "<b>x", "words": "word ", "wrapped": "some words and some more words and some more of them\n", "cells": "<td>", "open": "<p ", "bullets": "• ", "marks": "a\u0308\u0323"} {
		in := strings.Repeat(unit, size/len(unit))
		began := time.Now()
		readDocument("", in)
		// The limit is far above the few ten milliseconds it takes and far below what a quadratic
		// step would take (minutes).
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// FuzzReadSimple holds the quick reader of plainly written markup to the tokenizer for all of HTML.
func FuzzReadSimple(f *testing.F) {
	for _, s := range []string{
		"<p>One</p><ul><li>Two &amp; 3</li></ul>", "<P class=\"a>b\" id='x'>T</P >", "<br/><br /><o:p>x</o:p>", "<a b=c>d", "<a ='x'>", "a < b", "<script>x</script>", "<p\n\thidden>x", "<svg/>y<svg>z</svg>", "<td>a</td><td>b", "<x>List</x>", "<p/ a=\"\">",
		"&ampx &lt;p>", "<pre>a\nb</pre>", "<a b=\"", "<!-- -->", "<p\f>", "<i a=\"x\"b=\"y\">z",
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, keepBreaks bool) {
		s = strings.ToValidUTF8(s, "\uFFFD")
		simple, full := markupReader{keepBreaks: keepBreaks}, markupReader{keepBreaks: keepBreaks}
		if !simple.readSimple(s) {
			return
		}
		full.read(s)
		if diff := cmp.Diff(full.lines, simple.lines, cmp.AllowUnexported(line{})); diff != "" {
			t.Errorf("%q: %s", s, diff)
		}
	})
}

func BenchmarkReadDocument(b *testing.B) {
	in := strings.Repeat("<h3>What you’ll do</h3><p>We build models of the weather for farmers &amp; insurers, and answer them with care.</p>"+
		"<ul><li><p style=\"min-height:1.5em\">Own data pipelines on Airflow, Spark and Kafka</p></li><li>5+ years of <strong>Python</strong>; Go is a plus</li></ul>", 16)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		readDocument("Machine Learning Engineer (m/w/d)", in)
	}
}
