package export

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// footerBytesMax bounds the footer that is read: one of a file with a thousand row groups is smaller.
const footerBytesMax = 64 << 20

// parquetRows is the number of rows that a Parquet file says it has. Its footer is a struct in Thrift's
// compact protocol, before its length and the magic number at the end: FileMetaData { 1: i32 version,
// 2: list<SchemaElement>, 3: i64 num_rows, ... } (github.com/apache/parquet-format).
func parquetRows(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // only read
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	var tail [8]byte
	if _, err := f.ReadAt(tail[:], max(0, st.Size()-8)); err != nil || string(tail[4:]) != "PAR1" {
		return 0, errors.New("it is no whole Parquet file")
	}
	size := int64(binary.LittleEndian.Uint32(tail[:4]))
	if size > footerBytesMax || size > st.Size()-12 {
		return 0, fmt.Errorf("its footer claims %d bytes", size)
	}
	footer := make([]byte, size)
	if _, err := f.ReadAt(footer, st.Size()-8-size); err != nil {
		return 0, err
	}
	rows, err := footerRows(footer)
	if err != nil {
		return 0, fmt.Errorf("read its footer: %w", err)
	}
	return rows, nil
}

// Types of Thrift's compact protocol.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftStruct = 12
)

// thriftDepthMax bounds how deep structs nest; a footer's schema is a flat list.
const thriftDepthMax = 16

var errFooter = errors.New("not as it should be")

func footerRows(footer []byte) (int64, error) {
	const numRows = 3
	r := &thrift{bytes.NewReader(footer)}
	for id := int64(0); ; {
		kind, err := r.field(&id)
		switch {
		case err != nil:
			return 0, err
		case kind == thriftStop:
			return 0, errFooter
		case id == numRows && kind == thriftI64:
			n, err := r.varint()
			if err == nil && n < 0 {
				err = errFooter
			}
			return n, err
		}
		if err := r.skip(kind, 0); err != nil {
			return 0, err
		}
	}
}

type thrift struct{ *bytes.Reader }

// varint reads a zigzag number.
func (r *thrift) varint() (int64, error) { return binary.ReadVarint(r) }

// field reads the head of a struct's next field.
func (r *thrift) field(id *int64) (kind byte, err error) {
	b, err := r.ReadByte()
	if err != nil || b == thriftStop {
		return thriftStop, err
	}
	if delta := int64(b >> 4); delta > 0 {
		*id += delta
		return b & 15, nil
	}
	*id, err = r.varint()
	return b & 15, err
}

// skip passes over a value of a field.
func (r *thrift) skip(kind byte, depth int) error {
	if depth > thriftDepthMax {
		return errFooter
	}
	switch kind {
	case thriftTrue, thriftFalse:
		return nil
	case thriftByte:
		return r.pass(1)
	case thriftI16, thriftI32, thriftI64:
		_, err := r.varint()
		return err
	case thriftDouble:
		return r.pass(8)
	case thriftBinary:
		n, err := binary.ReadUvarint(r)
		if err != nil {
			return err
		}
		return r.pass(n)
	case thriftList, thriftSet:
		return r.skipList(depth)
	case thriftStruct:
		for id := int64(0); ; {
			kind, err := r.field(&id)
			if err != nil || kind == thriftStop {
				return err
			}
			if err := r.skip(kind, depth+1); err != nil {
				return err
			}
		}
	}
	return errFooter // a map, of which FileMetaData has none before the rows, or nothing that exists
}

func (r *thrift) skipList(depth int) error {
	b, err := r.ReadByte()
	if err != nil {
		return err
	}
	n, kind := uint64(b>>4), b&15
	if n == 15 {
		if n, err = binary.ReadUvarint(r); err != nil {
			return err
		}
	}
	if kind == thriftTrue || kind == thriftFalse {
		return r.pass(n) // in a list, a truth value is a byte
	}
	for range n {
		if r.Len() == 0 {
			return io.ErrUnexpectedEOF
		}
		if err := r.skip(kind, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (r *thrift) pass(n uint64) error {
	if n > uint64(r.Len()) {
		return io.ErrUnexpectedEOF
	}
	_, err := r.Seek(int64(n), io.SeekCurrent)
	return err
}
