package engine

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// header is what a format repeats at the head of every piece that the engine
// hands out when a result is streamed. The engine writes each piece as a document
// of its own, so only formats whose documents can be put one after the other are
// streamed; the rest are built whole.
type header int

const (
	headerUnknown        header = iota // not streamable
	headerNone                         // pieces simply follow each other
	headerNames                        // one line of names
	headerAndTypes                     // names, then types
	headerBinaryNames                  // the number of columns and their names, each with its length
	headerBinaryAndTypes               // the same, then types
)

// streamable says how the pieces of a format join. Names as ClickHouse writes
// them; anything not listed is built whole.
func streamable(format string) header {
	switch format {
	case "Native", "RowBinary", "TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "Raw", "CSV", "TSKV",
		"JSONEachRow", "JSONLines", "NDJSON", "JSONStringsEachRow", "JSONCompactEachRow",
		"JSONCompactStringsEachRow", "MsgPack", "LineAsString", "RawBLOB":
		return headerNone
	case "TabSeparatedWithNames", "TSVWithNames", "CSVWithNames", "JSONCompactEachRowWithNames", "JSONCompactStringsEachRowWithNames":
		return headerNames
	case "TabSeparatedWithNamesAndTypes", "TSVWithNamesAndTypes", "CSVWithNamesAndTypes",
		"JSONCompactEachRowWithNamesAndTypes", "JSONCompactStringsEachRowWithNamesAndTypes":
		return headerAndTypes
	case "RowBinaryWithNames":
		return headerBinaryNames
	case "RowBinaryWithNamesAndTypes":
		return headerBinaryAndTypes
	}
	return headerUnknown
}

// wholeWords make an answer more than rows one after the other: totals and extremes
// stand behind them all, and array_of_rows puts brackets around.
var wholeWords = []string{"totals", "extremes", "array_of_rows"}

// streams says whether the statement's answer can be sent piece by piece.
func (q *request) streams() bool {
	if q.atEnd || streamable(q.format) == headerUnknown {
		return false
	}
	text := strings.ToLower(q.sql)
	for _, setting := range q.settings {
		text += " " + setting.name
	}
	return !slices.ContainsFunc(wholeWords, func(word string) bool { return strings.Contains(text, word) })
}

// skipHeader returns the piece without its header.
func skipHeader(piece []byte, format string) []byte {
	switch kind := streamable(format); kind {
	case headerBinaryNames, headerBinaryAndTypes:
		return skipBinaryHeader(piece, int(kind-headerBinaryNames)+1)
	default:
		return skipLines(piece, int(kind-headerNone), strings.HasPrefix(format, "CSV"))
	}
}

// skipLines leaves out leading lines. Only CSV keeps the line ends of a column's
// name, inside double quotes; the others escape them.
func skipLines(piece []byte, lines int, csv bool) []byte {
	quoted := false
	for i := 0; lines > 0; i++ {
		if i == len(piece) {
			return nil
		}
		switch {
		case csv && piece[i] == '"': // a doubled quote toggles twice
			quoted = !quoted
		case piece[i] == '\n' && !quoted:
			lines--
			if lines == 0 {
				return piece[i+1:]
			}
		}
	}
	return piece
}

// skipBinaryHeader leaves out the number of columns and as many texts for each.
func skipBinaryHeader(piece []byte, texts int) []byte {
	columns, n := binary.Uvarint(piece)
	for range columns * uint64(texts) {
		if n <= 0 || n >= len(piece) {
			return nil
		}
		length, m := binary.Uvarint(piece[n:])
		if m <= 0 || length > uint64(len(piece)-n-m) {
			return nil
		}
		n += m + int(length)
	}
	return piece[max(n, 0):]
}

// contentType is what ClickHouse's HTTP interface declares for a format.
func contentType(format string) string {
	switch {
	case strings.HasPrefix(format, "JSON") && !strings.Contains(format, "EachRow") && format != "JSONLines":
		return "application/json; charset=UTF-8"
	case strings.HasPrefix(format, "JSON"), format == "NDJSON":
		return "application/x-ndjson; charset=UTF-8"
	case strings.HasPrefix(format, "CSV"):
		return "text/csv; charset=UTF-8"
	case strings.HasPrefix(format, "TabSeparated"), strings.HasPrefix(format, "TSV"):
		return "text/tab-separated-values; charset=UTF-8"
	case format == "XML":
		return "application/xml; charset=UTF-8"
	case format == "Native", format == "Parquet", format == "ORC", format == "Avro", format == "MsgPack",
		strings.HasPrefix(format, "Arrow"), strings.HasPrefix(format, "RowBinary"), format == "RawBLOB":
		return "application/octet-stream"
	}
	return "text/plain; charset=UTF-8"
}

// emptyNative is a Native block with these columns and no rows. The engine
// writes nothing for an empty result, while clients expect the columns.
func emptyNative(columns [][2]string) []byte {
	var b bytes.Buffer
	writeVarint(&b, uint64(len(columns)))
	writeVarint(&b, 0)
	for _, column := range columns {
		for _, text := range column {
			writeVarint(&b, uint64(len(text)))
			b.WriteString(text)
		}
	}
	return b.Bytes()
}

func writeVarint(b *bytes.Buffer, v uint64) {
	for ; v >= 0x80; v >>= 7 {
		b.WriteByte(byte(v) | 0x80)
	}
	b.WriteByte(byte(v))
}
