package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/enrich/unlisted"
	"github.com/rolescope/rolescope/posting"
)

// Widths in columns: of a page that is no terminal, the narrowest that is written for, and the widest
// that is pleasant to read.
const (
	columnsDefault = 80
	columnsMin     = 20
	columnsMax     = 100
)

// errEnough ends the reading of lines: who asked has what they wanted.
var errEnough = errors.New("enough lines read")

// explain shows the first postings of stdin with what was found in them.
func (a *app) explain(ctx context.Context, tagger *enrich.Tagger, extra *unlisted.Tagger, first int) error {
	w := bufio.NewWriterSize(a.stdout, 1<<16)
	page := explainer{w: w, columns: a.columns(), colour: a.wantColour()}
	shown, bad := 0, 0
	err := readLines(a.stdin, tagLineBytesMax, func(number int, line []byte, err error) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var p tagged
		if err == nil {
			p, err = tagPosting(tagger, extra, line)
		}
		if err != nil {
			bad++
			fmt.Fprintf(a.stderr, "rolescope: line %d: %v\n", number, err)
			return nil
		}
		if shown > 0 {
			page.line("")
		}
		page.posting(p.id, p.Posting)
		if shown++; shown == first {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err == nil && bad > 0 {
		err = exitStatus(exitPartial)
	}
	return flushed(w, err)
}

// columns is the width of the terminal, else what COLUMNS says.
func (a *app) columns() int {
	n := columnsDefault
	if v, err := strconv.Atoi(a.env("COLUMNS")); err == nil {
		n = v
	}
	if f, ok := a.stdout.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			n = w
		}
	}
	return min(columnsMax, max(columnsMin, n))
}

// wantColour reports whether to colour: on a terminal, unless NO_COLOR or a dumb terminal forbids it.
func (a *app) wantColour() bool {
	return isTerminal(a.stdout) && a.env("NO_COLOR") == "" && a.env("TERM") != "dumb"
}

// env is a variable of the surroundings; empty if not set.
func (a *app) env(name string) string {
	value := ""
	for _, pair := range a.environ {
		if rest, ok := strings.CutPrefix(pair, name+"="); ok {
			value = rest // the last one counts
		}
	}
	return value
}

// style is how a piece of text looks: an SGR code, empty for plain.
type style string

const (
	styleBold      style = "1"
	styleDim       style = "2"
	styleRequired  style = "1;32"
	stylePreferred style = "1;36"
	styleMentioned style = "1;33"
	styleUnlisted  style = "1;35"
	styleSalary    style = "4"
)

// cell is one character with its looks.
type cell struct {
	r     rune
	style style
}

// explainer writes pages for people.
type explainer struct {
	w       io.Writer
	columns int
	colour  bool
}

// mark is a span of a text that is shown apart, in brackets where there is no colour.
type mark struct {
	start, end  int
	style       style
	open, close string
}

// posting writes one posting: what it is, its text with the finds marked, the skills.
func (x *explainer) posting(id string, p posting.Posting) {
	x.wrap("", cells(cleanLine(id), styleDim))
	marks := skillMarks(p.Skills, "title")
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.start, b.start) })
	x.wrap("", x.marked(p.Title, marks, styleBold))
	x.field("role", cmp.Or(p.RoleTitle, "-")+" by title, "+cmp.Or(p.RoleText, "-")+" by text")
	if len(p.Roles) > 0 {
		x.field("roles", strings.Join(p.Roles, ", "))
	}
	x.field("because", cmp.Or(p.RoleReason, "-"))
	if p.ONETCode != "" {
		x.field("O*NET", p.ONETCode)
	}
	if p.ESCOCode != "" {
		x.field("ESCO", p.ESCOCode)
	}
	x.field("seniority", cmp.Or(p.Seniority, "-"))
	if p.Track != nil {
		x.field("track", fmt.Sprintf("%d per mille engineering", *p.Track))
	}
	x.field("company", p.Company)
	x.field("language", p.Language)
	x.field("work", strings.Join(slices.DeleteFunc([]string{p.Workplace, p.EmploymentType}, func(s string) bool { return s == "" }), ", "))
	for _, l := range p.Locations {
		x.field("place", placeText(l))
	}
	for _, s := range p.Salaries {
		x.field("salary", fmt.Sprintf("%s (%s: %q)", salaryText(s), s.Source, s.Text))
	}
	if p.MinYears != nil {
		x.field("years", strconv.Itoa(*p.MinYears))
	}
	x.field("degree", p.Degree)
	x.line("")

	marks = skillMarks(p.Skills, "description")
	for _, s := range p.Salaries {
		if i := strings.Index(p.Description, s.Text); s.Text != "" && i >= 0 {
			marks = append(marks, mark{i, i + len(s.Text), styleSalary, "{", "}"})
		}
	}
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.start, b.start) })
	text := x.marked(p.Description, marks, "")
	for len(text) > 0 {
		end := slices.IndexFunc(text, func(c cell) bool { return c.r == '\n' })
		if end < 0 {
			end = len(text)
		}
		hang := ""
		if end > 2 && text[0].r == '-' && text[1].r == ' ' {
			hang = "  " // the items of a list
		}
		x.wrapHang(nil, hang, text[:end])
		text = text[min(end+1, len(text)):]
	}
	x.line("")
	x.skills(p.Skills)
}

// skills lists each skill once, with every different way it was found.
func (x *explainer) skills(skills []posting.Skill) {
	if len(skills) == 0 {
		x.line("no skills")
	}
	var order []string
	ways := map[string][]string{}
	looks := map[string]style{}
	for _, s := range skills {
		if _, ok := ways[s.ID]; !ok {
			order = append(order, s.ID)
			looks[s.ID] = skillStyle(s)
		}
		section := s.Section
		if s.Field == "title" {
			section = "title"
		}
		way := fmt.Sprintf("%s, %s, by %s", cmp.Or(section, "no section"), s.Strength, cmp.Or(s.Rule, "-"))
		if s.Unlisted {
			way += ", unlisted"
		}
		if !slices.Contains(ways[s.ID], way) {
			ways[s.ID] = append(ways[s.ID], way)
		}
	}
	for _, id := range order {
		i := slices.IndexFunc(skills, func(s posting.Skill) bool { return s.ID == id })
		head := append(cells(cleanLine(id), looks[id]), cells(" ("+skills[i].Kind+")", "")...)
		x.wrap("", head)
		for _, way := range ways[id] {
			x.wrap("    ", cells(cleanLine(way), ""))
		}
	}
}

func placeText(l posting.Location) string {
	parts := slices.DeleteFunc([]string{l.City, l.Region, l.Country}, func(s string) bool { return s == "" })
	s := strings.Join(parts, ", ")
	if l.Remote {
		s = strings.TrimSpace(s + " remote " + l.Scope)
	}
	return fmt.Sprintf("%s (%q)", cmp.Or(s, "-"), l.Text)
}

// skillMarks are the marks of a field's skills, in order.
func skillMarks(skills []posting.Skill, field string) []mark {
	var out []mark
	for _, s := range skills {
		if s.Field == field {
			out = append(out, mark{s.Start, s.End, skillStyle(s), "[", "]"})
		}
	}
	return out
}

func skillStyle(s posting.Skill) style {
	switch {
	case s.Unlisted:
		return styleUnlisted
	case s.Strength == "required":
		return styleRequired
	case s.Strength == "preferred":
		return stylePreferred
	}
	return styleMentioned
}

// marked is a text with its marks, sorted by start; a mark inside another gives way to it.
func (x *explainer) marked(text string, marks []mark, plain style) []cell {
	out := make([]cell, 0, len(text))
	at := 0
	for _, m := range marks {
		if m.start < at || m.end > len(text) || m.end <= m.start {
			continue
		}
		out = append(out, cells(text[at:m.start], plain)...)
		if x.colour {
			out = append(out, cells(text[m.start:m.end], m.style)...)
		} else {
			out = append(out, cells(m.open+text[m.start:m.end]+m.close, plain)...)
		}
		at = m.end
	}
	return append(out, cells(text[at:], plain)...)
}

// cells gives every character of a text one look. What a terminal would obey becomes a space.
func cells(s string, look style) []cell {
	out := make([]cell, 0, len(s))
	for i, part := range strings.Split(s, "\n") {
		if i > 0 {
			out = append(out, cell{'\n', look})
		}
		for _, r := range printable(part) {
			out = append(out, cell{r, look})
		}
	}
	return out
}

func cleanLine(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }

// field writes a name and what is known; nothing when nothing is.
func (x *explainer) field(name, value string) {
	if value == "" {
		return
	}
	head := cells(fmt.Sprintf("%-10s ", name), styleDim)
	x.wrapHang(head, "           ", cells(cleanLine(value), ""))
}

func (x *explainer) line(s string) { fmt.Fprintln(x.w, s) }

// wrap writes a text in lines no wider than the page, all after indent.
func (x *explainer) wrap(indent string, text []cell) { x.wrapHang(cells(indent, ""), indent, text) }

// wrapHang is wrap with a head before the first line and hang before the others.
func (x *explainer) wrapHang(head []cell, hang string, text []cell) {
	row, used := slices.Clone(head), columnsOf(head)
	begun := false // a word stands in the row
	for len(text) > 0 {
		near := text[:min(len(text), 4*x.columns)] // a longer word is cut in any case
		n := slices.IndexFunc(near, func(c cell) bool { return unicode.IsSpace(c.r) })
		if n == 0 {
			text = text[1:]
			continue
		}
		if n < 0 {
			n = len(near)
		}
		word, size := text[:n], columnsOf(text[:n])
		space := 0
		if begun {
			space = 1
		}
		switch {
		case used+space+size <= x.columns:
			if begun {
				row = append(row, cell{' ', between(row, word)})
			}
			row, used, begun, text = append(row, word...), used+space+size, true, text[n:]
			continue
		case !begun: // wider than a line: cut
			fit := 0
			for used+columnsOf(word[:fit+1]) <= x.columns {
				fit++
			}
			fit = max(fit, 1)
			row, text = append(row, word[:fit]...), text[fit:]
		}
		x.row(row)
		row, used, begun = cells(hang, ""), len(hang), false
	}
	if begun || len(row) > 0 {
		x.row(row)
	}
}

// between is the look of a space between two words: theirs where they are of one mark.
func between(row, word []cell) style {
	if last := row[len(row)-1]; last.style == word[0].style {
		return last.style
	}
	return ""
}

// row writes one line, with codes where the looks change.
func (x *explainer) row(row []cell) {
	var b strings.Builder
	now := style("")
	for _, c := range row {
		if x.colour && c.style != now {
			if now != "" {
				b.WriteString("\x1b[0m")
			}
			if c.style != "" {
				b.WriteString("\x1b[" + string(c.style) + "m")
			}
			now = c.style
		}
		b.WriteRune(c.r)
	}
	s := strings.TrimRight(b.String(), " ")
	if now != "" {
		s += "\x1b[0m"
	}
	x.line(s)
}

// columnsOf is how many columns a terminal takes: two for wide letters and emoji, none for accents.
func columnsOf(text []cell) int {
	n := 0
	for _, c := range text {
		switch kind := width.LookupRune(c.r).Kind(); {
		case unicode.Is(unicode.Mn, c.r) || unicode.Is(unicode.Me, c.r):
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
