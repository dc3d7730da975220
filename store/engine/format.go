package engine

import (
	"bytes"
	"strings"
)

// header is how many leading lines a format repeats at the head of every piece
// that the engine hands out when a result is streamed. The engine writes each
// piece as a document of its own, so only formats whose documents can be put
// one after the other are streamed; the rest are built whole.
type header int

const (
	headerUnknown  header = iota // not streamable
	headerNone                   // pieces simply follow each other
	headerNames                  // one line of names
	headerAndTypes               // names, then types
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
	}
	return headerUnknown
}

// skipHeader returns the piece without its leading header lines. Only CSV keeps
// the line ends of a column's name, inside double quotes; the others escape them.
func skipHeader(piece []byte, format string) []byte {
	lines := int(streamable(format) - headerNone)
	csv := strings.HasPrefix(format, "CSV")
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
