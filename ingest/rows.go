package ingest

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rolescope/rolescope/ingest/source"
)

// rowBytesMax bounds one row, so that one quote that is never closed cannot fill the memory with the
// rest of the file. The longest texts of postings have some 100 kB.
const rowBytesMax = 4 << 20

// columnsMax bounds the columns of a table.
const columnsMax = 1000

// rowReader reads a table row by row: CSV with a header, one JSON object a line, or one JSON array of
// objects, told apart by the first byte.
type rowReader struct {
	columns []string
	next    func() (tableRow, error)
}

// newRowReader reads far enough to know the columns. Those of JSON are the keys of the first object.
func newRowReader(r *Reader) (*rowReader, error) {
	first := byte(0)
	for {
		b, err := r.body.Peek(1)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("the file is empty")
			}
			return nil, fmt.Errorf("read %s: %w", r.name, err)
		}
		if first = b[0]; !bytes.ContainsAny(b, " \t\r\n") {
			break
		}
		if _, err := r.body.Discard(1); err != nil {
			return nil, fmt.Errorf("read %s: %w", r.name, err)
		}
	}
	rows := &rowReader{}
	switch first {
	case '[':
		rows.next = jsonArray(r.body)
	case '{':
		rows.next = jsonLines(r)
	default:
		return rows, rows.csv(r)
	}
	return rows, rows.peek(r.name)
}

// peek takes the columns from the first object, which is then the first row.
func (rows *rowReader) peek(name string) error {
	next := rows.next
	row, err := next()
	if errors.Is(err, io.EOF) {
		err = errors.New("it has no rows")
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	for column := range row.fields {
		rows.columns = append(rows.columns, column)
	}
	slices.Sort(rows.columns)
	given := false
	rows.next = func() (tableRow, error) {
		if !given {
			given = true
			return row, nil
		}
		return next()
	}
	return nil
}

// allowance lets a decoder read so much and no more until it is renewed.
type allowance struct {
	from io.Reader
	left int
}

func (a *allowance) Read(p []byte) (int, error) {
	if a.left <= 0 {
		return 0, fmt.Errorf("a row over the cap of %d bytes; is a quote never closed?", rowBytesMax)
	}
	n, err := a.from.Read(p[:min(len(p), a.left)])
	a.left -= n
	return n, err
}

// csv reads fields as RFC 4180 has them: a quote inside a field is doubled, and its field quoted. A quote
// that stands alone rejects its row, because nobody can tell how many of the next rows it has swallowed.
func (rows *rowReader) csv(r *Reader) error {
	limited := &allowance{from: r.body, left: rowBytesMax}
	dec := csv.NewReader(bufio.NewReader(limited))
	dec.FieldsPerRecord = -1
	head, _ := r.body.Peek(4096)
	dec.Comma = delimiter(firstLine(head))
	header, err := dec.Read()
	if err != nil {
		return fmt.Errorf("read %s: the header: %w", r.name, err)
	}
	if len(header) > columnsMax {
		return fmt.Errorf("read %s: %d columns, over the cap of %d", r.name, len(header), columnsMax)
	}
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	rows.columns = header
	rows.next = func() (tableRow, error) {
		limited.left = rowBytesMax
		fields, err := dec.Read()
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return tableRow{line: broken.StartLine, bad: "a quote stands alone: want it doubled, in a field between quotes"}, nil
		}
		if err != nil {
			return tableRow{}, err
		}
		row := tableRow{fields: make(source.Row, len(fields))}
		row.line, _ = dec.FieldPos(0)
		if len(fields) != len(header) {
			row.bad = fmt.Sprintf("%d fields under a header of %d", len(fields), len(header))
			return row, nil
		}
		for i, v := range fields {
			row.fields[header[i]] = v
			row.damaged = row.damaged || !utf8.ValidString(v)
		}
		return row, nil
	}
	return nil
}

// delimiter is the sign that divides the most fields of a header.
func delimiter(header []byte) rune {
	best, most := ',', bytes.Count(header, []byte(","))
	for _, sign := range "\t;" {
		if n := bytes.Count(header, []byte(string(sign))); n > most {
			best, most = sign, n
		}
	}
	return best
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return line
}

func jsonLines(r *Reader) func() (tableRow, error) {
	n := 0
	return func() (tableRow, error) {
		for {
			line, err := r.line()
			n++
			switch {
			case errors.Is(err, errTooLong):
				return tableRow{line: n, bad: err.Error()}, nil
			case err != nil:
				return tableRow{}, err
			case len(bytes.TrimSpace(line)) == 0:
				continue
			}
			return jsonRow(line, n), nil
		}
	}
}

func jsonArray(body io.Reader) func() (tableRow, error) {
	limited := &allowance{from: body, left: rowBytesMax}
	dec := json.NewDecoder(limited)
	n, opened := 0, false
	return func() (tableRow, error) {
		limited.left = rowBytesMax
		if !opened {
			if _, err := dec.Token(); err != nil {
				return tableRow{}, err
			}
			opened = true
		}
		if !dec.More() {
			if _, err := dec.Token(); err != nil {
				return tableRow{}, fmt.Errorf("after row %d: %w; is the file cut off?", n, io.ErrUnexpectedEOF)
			}
			return tableRow{}, io.EOF
		}
		n++
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return tableRow{}, fmt.Errorf("row %d: %w", n, err)
		}
		return jsonRow(raw, n), nil
	}
}

// jsonRow turns an object into a row. Lists of texts are joined, an object with a name is its name,
// and what else is no text stays JSON.
func jsonRow(raw []byte, line int) tableRow {
	row := tableRow{line: line, damaged: !utf8.Valid(raw)}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		row.bad = "not a JSON object; is the line cut off?"
		return row
	}
	if len(fields) > columnsMax {
		row.bad = fmt.Sprintf("%d columns, over the cap of %d", len(fields), columnsMax)
		return row
	}
	row.fields = make(source.Row, len(fields))
	for key, v := range fields {
		row.fields[key] = jsonText(v)
	}
	return row
}

func jsonText(raw json.RawMessage) string {
	var s string
	var list []string
	var named struct {
		Name string `json:"name"`
	}
	switch {
	case string(raw) == "null":
		return ""
	case raw[0] == '"' && json.Unmarshal(raw, &s) == nil:
		return s
	case raw[0] == '[' && json.Unmarshal(raw, &list) == nil:
		return strings.Join(list, "; ")
	case raw[0] == '{' && json.Unmarshal(raw, &named) == nil && named.Name != "":
		return named.Name
	}
	return string(raw)
}
