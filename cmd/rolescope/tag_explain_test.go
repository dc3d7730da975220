package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/rolescope/rolescope/posting"
)

// TestExplainColours: each strength has its own colour, every line ends uncoloured, and without its
// codes the coloured page is the plain one without its brackets.
func TestExplainColours(t *testing.T) {
	t.Parallel()
	p := posting.Posting{
		Title: "Engineer", Description: "We use PyTorch Lightning and\n- Go or \u4f60\u597d",
		Skills: []posting.Skill{
			{ID: "pytorch-lightning", Kind: "framework", Field: "description", Start: 7, End: 24, Text: "PyTorch Lightning", Strength: "required", Rule: "PyTorch Lightning"},
			{ID: "go", Kind: "language", Field: "description", Start: 31, End: 33, Text: "Go", Strength: "preferred", Rule: "Go"},
		},
	}
	var coloured, plain bytes.Buffer
	(&explainer{w: &coloured, columns: 60, colour: true}).posting("a", p)
	(&explainer{w: &plain, columns: 60}).posting("a", p)
	for _, want := range []string{"We use \x1b[1;32mPyTorch Lightning\x1b[0m and\n", "- \x1b[1;36mGo\x1b[0m or", "\x1b[1mEngineer\x1b[0m\n"} {
		if !strings.Contains(coloured.String(), want) {
			t.Errorf("%q does not hold %q", coloured.String(), want)
		}
	}
	bare := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(coloured.String(), "")
	if want := strings.NewReplacer("[", "", "]", "").Replace(plain.String()); bare != want {
		t.Errorf("coloured page\n%s\nplain page\n%s", bare, want)
	}
}

// TestWrapKeepsToThePage: no line is wider than the page, and no character but white space is lost.
func TestWrapKeepsToThePage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab  \u4f60\u0301\u00fc\n\x1b\u202e\U0001f642")), 0, 300, -1).Draw(t, "text")
		columns := rapid.IntRange(columnsMin, 80).Draw(t, "columns")
		var out bytes.Buffer
		x := explainer{w: &out, columns: columns}
		x.wrap("  ", cells(text, ""))
		for line := range strings.Lines(out.String()) {
			if n := columnsOf(cells(strings.TrimRight(line, "\n"), "")); n > columns {
				t.Fatalf("%d columns: %q", n, line)
			}
		}
		if got, want := strings.Join(strings.Fields(out.String()), ""), strings.Join(strings.Fields(printable(text)), ""); got != want {
			t.Fatalf("%q became %q", want, got)
		}
	})
	var out bytes.Buffer
	start := time.Now()
	(&explainer{w: &out, columns: 60}).wrap("", cells(strings.Repeat("x", 512<<10), ""))
	if took := time.Since(start); took > 10*time.Second || utf8.RuneCount(out.Bytes()) < 512<<10 {
		t.Errorf("%v for one word of 512 KiB", took)
	}
}

func TestWhereColourIsWanted(t *testing.T) {
	t.Parallel()
	a := &app{environ: []string{"COLUMNS=7", "COLUMNS=61", "NO_COLOR=1"}, stdout: &bytes.Buffer{}}
	if a.columns() != 61 || a.wantColour() || a.env("NO_COLOR") != "1" || a.env("NO") != "" {
		t.Errorf("%d columns, colour %v", a.columns(), a.wantColour())
	}
}
