package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Limits of what is laid out for a person.
const (
	// tableWindow is how many rows are seen before widths are settled: what a few screens hold.
	tableWindow = 500
	// tableBytesMax bounds the rows held until then.
	tableBytesMax = 8 << 20
	// tableRowsMax is how many rows a terminal is shown; nobody reads more, and files take all of them.
	tableRowsMax = 1000
	// tableColumnMin is the least width of a column that is cut; with less, rows stand upright.
	tableColumnMin = 8
	// cutMark stands for the rest of a value.
	cutMark = "…"
)

// errTableFull ends an answer of which no more is shown.
var errTableFull = errors.New("enough rows")

// table lays out an answer in answerFormat that is written to it. Close writes what is left.
type table struct {
	out io.Writer
	// width is the terminal's; 0 is no terminal: nothing is cut and no row left out.
	width    int
	vertical bool
	wrap     bool   // the last column takes further lines and is not cut
	began    func() // called once, before the first line is written

	partial  []byte
	names    []string
	types    []string
	window   [][]string
	held     int
	settled  bool
	columns  []int // widths
	rows     int
	cut      bool // some value was cut
	upright  bool // rows stand upright because the columns do not fit
	more     bool // rows were left out
	nameRoom int
	left     []string // empty columns that were left out, so that the others fit
}

func (t *table) Write(p []byte) (int, error) {
	n := len(p)
	for {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			t.partial = append(t.partial, p...)
			return n, nil
		}
		line := p[:end]
		if len(t.partial) > 0 {
			line = append(t.partial, line...)
		}
		if err := t.line(line); err != nil {
			return 0, err
		}
		t.partial = t.partial[:0]
		p = p[end+1:]
	}
}

func (t *table) line(line []byte) error {
	var values []string
	if err := json.Unmarshal(line, &values); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	switch {
	case t.names == nil:
		t.names = make([]string, len(values))
		for i, name := range values {
			t.names[i] = plain(name)
		}
		return nil
	case t.types == nil:
		t.types = values
		return nil
	case len(values) != len(t.names):
		return fmt.Errorf("read answer: a row of %d values for %d columns", len(values), len(t.names))
	case t.width > 0 && t.rows == tableRowsMax:
		t.more = true
		return errTableFull
	}
	t.rows++
	for i, v := range values {
		if v == "ᴺᵁᴸᴸ" {
			values[i] = "NULL"
		}
	}
	if t.settled {
		return t.row(t.rows, values)
	}
	t.window = append(t.window, values)
	t.held += len(line)
	if len(t.window) == tableWindow || t.held > tableBytesMax {
		return t.settle()
	}
	return nil
}

// Close writes the rows that were held back.
func (t *table) Close() error {
	if t.names == nil || t.settled {
		return nil
	}
	switch one := len(t.names) == 1 && len(t.window) == 1; {
	case t.width == 0 || t.vertical:
	case one && (strings.Contains(t.window[0][0], "\n") || !t.fits()):
		return t.single(t.window[0][0])
	case !t.fits():
		t.leaveEmpty()
	}
	return t.settle()
}

// single writes the only value of an answer whole, as it is: what SHOW CREATE answers, or a text.
func (t *table) single(value string) error {
	t.settled = true
	if t.began != nil {
		t.began()
	}
	return t.print(t.names[0] + "\n" + strings.Repeat("─", min(textWidth(t.names[0]), t.width)) + "\n" + plainLines(value) + "\n")
}

// fits reports whether the rows held back fit the width as they are.
func (t *table) fits() bool {
	t.measure()
	total := 2 * (len(t.columns) - 1)
	for _, w := range t.columns {
		total += w
	}
	return total <= t.width
}

// leaveEmpty takes out the columns that hold nothing, such as most of DESCRIBE's.
func (t *table) leaveEmpty() {
	if len(t.window) == 0 {
		return
	}
	for i := len(t.names) - 1; i >= 0; i-- {
		if slices.ContainsFunc(t.window, func(row []string) bool { return row[i] != "" }) {
			continue
		}
		t.left = append([]string{t.names[i]}, t.left...)
		t.names, t.types = slices.Delete(t.names, i, i+1), slices.Delete(t.types, i, i+1)
		for j, row := range t.window {
			t.window[j] = slices.Delete(row, i, i+1)
		}
	}
}

// measure sets the columns' widths to what they hold.
func (t *table) measure() {
	t.columns, t.nameRoom = make([]int, len(t.names)), 0
	for i, name := range t.names {
		t.columns[i] = textWidth(name)
		t.nameRoom = max(t.nameRoom, t.columns[i])
	}
	for _, row := range t.window {
		for i, v := range row {
			t.columns[i] = max(t.columns[i], textWidth(plain(v)))
		}
	}
}

// settle decides on the widths and writes what was held back.
func (t *table) settle() error {
	t.settled = true
	if t.began != nil {
		t.began()
	}
	t.measure()
	t.upright = !t.vertical && !t.fit()
	if !t.vertical && !t.upright {
		if err := t.head(); err != nil {
			return err
		}
	}
	for i, row := range t.window {
		if err := t.row(i+1, row); err != nil {
			return err
		}
	}
	t.window = nil
	return nil
}

// fit narrows the widest texts until a line fits, and reports whether that can be done. Figures and
// dates are never cut: a part of them is another one.
func (t *table) fit() bool {
	room := t.width - 2*(len(t.columns)-1)
	var texts []int
	total := 0
	for i, w := range t.columns {
		total += w
		if cuttable(t.typeOf(i)) {
			texts = append(texts, i)
		}
	}
	if t.width == 0 || total <= room {
		return true
	}
	for limit := max(room, 0); limit >= tableColumnMin; limit-- {
		narrowed := total
		for _, i := range texts {
			narrowed -= max(0, t.columns[i]-limit)
		}
		if narrowed > room {
			continue
		}
		for _, i := range texts {
			if spare := room - narrowed; t.columns[i] > limit {
				t.columns[i] = min(t.columns[i], limit+min(spare, 1))
				narrowed += t.columns[i] - limit
			}
		}
		return true
	}
	return false
}

func (t *table) typeOf(i int) string {
	if i >= len(t.types) {
		return ""
	}
	typ := t.types[i]
	for _, wrapper := range []string{"LowCardinality(", "Nullable("} {
		typ = strings.TrimPrefix(typ, wrapper)
	}
	return typ
}

func figure(typ string) bool {
	for _, prefix := range []string{"Int", "UInt", "Float", "Decimal", "BFloat"} {
		if strings.HasPrefix(typ, prefix) {
			return true
		}
	}
	return false
}

func cuttable(typ string) bool {
	return !figure(typ) && !strings.HasPrefix(typ, "Date") && !strings.HasPrefix(typ, "Bool")
}

func (t *table) head() error {
	var names, rule []string
	for i, name := range t.names {
		names = append(names, t.cell(i, name))
		rule = append(rule, strings.Repeat("─", t.columns[i]))
	}
	return t.print(strings.TrimRight(strings.Join(names, "  "), " ") + "\n" + strings.Join(rule, "  ") + "\n")
}

func (t *table) row(number int, values []string) error {
	if t.vertical || t.upright {
		return t.standing(number, values)
	}
	cells := make([]string, len(values))
	last := len(values) - 1
	var rest []string
	for i, v := range values {
		if i == last && t.wrap && t.width > 0 {
			lines := strings.Split(wrapped(plain(v), t.columns[i]), "\n")
			v, rest = lines[0], lines[1:]
		}
		cells[i] = t.cell(i, v)
	}
	text := strings.TrimRight(strings.Join(cells, "  "), " ") + "\n"
	for _, line := range rest {
		indent := 0
		for _, w := range t.columns[:last] {
			indent += w + 2
		}
		text += strings.Repeat(" ", indent) + line + "\n"
	}
	return t.print(text)
}

// cell is a value in its column's width.
func (t *table) cell(i int, value string) string {
	text := plain(value)
	width := textWidth(text)
	if t.width > 0 && width > t.columns[i] && cuttable(t.typeOf(i)) {
		text, t.cut = cutText(text, t.columns[i]), true
		width = textWidth(text)
	}
	pad := strings.Repeat(" ", max(0, t.columns[i]-width))
	if figure(t.typeOf(i)) {
		return pad + text
	}
	return text + pad
}

// standing writes a row as lines of name and value: whole when that was asked for, else cut to the width.
func (t *table) standing(number int, values []string) error {
	var b strings.Builder
	title := fmt.Sprintf("── row %d ", number)
	rule := 40
	if t.width > 0 {
		rule = min(t.width, 72)
	}
	fmt.Fprintf(&b, "%s%s\n", title, strings.Repeat("─", max(0, rule-textWidth(title))))
	indent := strings.Repeat(" ", t.nameRoom+2)
	for i, v := range values {
		b.WriteString(fillRight(t.names[i], t.nameRoom) + "  ")
		if t.vertical {
			lines := strings.Split(strings.TrimRight(v, "\n"), "\n")
			for j, line := range lines {
				lines[j] = strings.TrimRight(plain(line), " ")
			}
			b.WriteString(strings.Join(lines, "\n"+indent) + "\n")
			continue
		}
		text := plain(v)
		if room := max(t.width-t.nameRoom-2, tableColumnMin); textWidth(text) > room {
			text, t.cut = cutText(text, room), true
		}
		b.WriteString(text + "\n")
	}
	return t.print(b.String())
}

func (t *table) print(s string) error {
	_, err := io.WriteString(t.out, s)
	return err
}
