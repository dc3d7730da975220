package engine

import (
	"bytes"
	"strconv"
)

// helloQuery is how clickhouse-go greets a server.
const helloQuery = "SELECT displayName(), version(), revision(), timezone()"

// displayName is what this server calls itself.
const displayName = "rolescope"

// customSerialization is the protocol revision from which on a Native block has
// the block info in front and a byte about serialization in each column.
const customSerialization = 54454

// hello answers helloQuery: a Native block as the client's protocol version wants
// it, saying that our revision is 0. The client then expects Native blocks of
// revision 0, which is all that the library writes.
func hello(protocolVersion, version, timezone string) []byte {
	var b bytes.Buffer
	v, err := strconv.Atoi(protocolVersion)
	modern := err == nil && v >= customSerialization
	if modern { // field 1: not overflows; field 2: no bucket; the end
		b.Write([]byte{1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0})
	}
	text := func(s string) {
		writeVarint(&b, uint64(len(s)))
		b.WriteString(s)
	}
	columns := []struct{ name, kind, value string }{
		{"displayName()", "String", displayName},
		{"version()", "String", version},
		{"revision()", "UInt32", ""},
		{"timezone()", "String", timezone},
	}
	writeVarint(&b, uint64(len(columns)))
	writeVarint(&b, 1)
	for _, column := range columns {
		text(column.name)
		text(column.kind)
		if modern {
			b.WriteByte(0)
		}
		if column.kind == "UInt32" {
			b.Write([]byte{0, 0, 0, 0})
			continue
		}
		text(column.value)
	}
	return b.Bytes()
}
