package unlisted

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// magic begins a model file; its last digit is the version of the format and of the features.
const magic = "rolescope unlisted 2\n"

// countMax bounds every count of a model file, against a damaged one.
const countMax = 4 << 20

// Encode returns the model as the file that Decode reads: gzip over ascending hashes as differences,
// each followed by its values.
func (m *Model) Encode() ([]byte, error) {
	b := []byte(magic)
	l := m.reader.lexicon
	b = binary.AppendUvarint(b, uint64(len(l.rows)))
	b = appendKeys(b, l.rows)
	for column := range columns {
		for _, h := range slices.Sorted(maps.Keys(l.rows)) {
			b = binary.AppendUvarint(b, uint64(l.values[l.rows[h]][column]))
		}
	}
	for _, table := range []map[uint32]uint8{l.phrases, l.pairs} {
		b = binary.AppendUvarint(b, uint64(len(table)))
		b = appendKeys(b, table)
		for _, h := range slices.Sorted(maps.Keys(table)) {
			b = append(b, table[h])
		}
	}
	b = append(b, l.classes...)
	b = binary.AppendUvarint(b, uint64(len(m.keys)))
	last := uint32(0)
	for _, key := range m.keys {
		b = binary.AppendUvarint(b, uint64(key-last))
		last = key
	}
	for j := range rowWidth { // one column after another packs better
		for i := range m.weights {
			b = append(b, byte(m.weights[i][j]))
		}
	}
	for k := range kinds {
		b = binary.AppendUvarint(b, uint64(m.least[k]))
		for x := range labels {
			for y := range labels {
				b = binary.AppendVarint(b, int64(m.trans[k][x][y]))
			}
		}
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("encode model: %w", err)
	}
	if _, err := z.Write(b); err != nil {
		return nil, fmt.Errorf("encode model: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("encode model: %w", err)
	}
	return out.Bytes(), nil
}

func appendKeys[V any](b []byte, table map[uint32]V) []byte {
	last := uint32(0)
	for _, h := range slices.Sorted(maps.Keys(table)) {
		b = binary.AppendUvarint(b, uint64(h-last))
		last = h
	}
	return b
}

// errModel is the error of a damaged model file.
var errModel = errors.New("not a model of this version")

// Decode reads a model file.
func Decode(file []byte) (*Model, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("decode model: %w", err)
	}
	d := &decoder{in: bufio.NewReaderSize(z, 1<<16)}
	if string(d.bytes(len(magic))) != magic {
		return nil, fmt.Errorf("decode model: %w", errModel)
	}
	l := newLexicon()
	m := &Model{reader: reader{lexicon: l}}
	d.words(l)
	for _, table := range []map[uint32]uint8{l.phrases, l.pairs} {
		keys := d.keys(d.count())
		for i, v := range d.bytes(len(keys)) {
			table[keys[i]] = v
		}
	}
	l.classes = d.bytes(len(l.classes))
	m.keys = d.keys(d.count())
	m.weights = make([][rowWidth]int8, len(m.keys))
	for j := range rowWidth {
		for i, v := range d.bytes(len(m.keys)) {
			m.weights[i][j] = int8(v)
		}
	}
	for k := range kinds {
		m.least[k] = int32(d.share())
		for x := range labels {
			for y := range labels {
				m.trans[k][x][y] = d.small()
			}
		}
	}
	if d.err == nil {
		if _, err := d.in.ReadByte(); !errors.Is(err, io.EOF) {
			d.err = errModel
		}
	}
	if d.err != nil {
		return nil, fmt.Errorf("decode model: %w", d.err)
	}
	m.index()
	return m, nil
}

// decoder reads a model file; after an error it reads nothing but zeros.
type decoder struct {
	in  *bufio.Reader
	err error
}

func (d *decoder) number(limit uint64) uint64 {
	if d.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(d.in)
	if err == nil && n > limit {
		err = errModel
	}
	if err != nil {
		d.err = err
		return 0
	}
	return n
}

func (d *decoder) count() int { return int(d.number(countMax)) }

// small is a weight of a pair of labels; larger ones would overflow a path's score.
func (d *decoder) small() int32 {
	const limit = 1 << 16
	n := int64(0)
	if d.err == nil {
		n, d.err = binary.ReadVarint(d.in)
	}
	if n < -limit || n > limit {
		d.err = errModel
		return 0
	}
	return int32(n)
}

// share is a probability between nothing and certain.
func (d *decoder) share() uint64 {
	n := d.number(certain - 1)
	if n == 0 && d.err == nil {
		d.err = errModel
	}
	return n
}

func (d *decoder) bytes(n int) []byte {
	b := make([]byte, n)
	if d.err == nil {
		_, d.err = io.ReadFull(d.in, b)
	}
	return b
}

func (d *decoder) keys(n int) []uint32 {
	out := make([]uint32, n)
	last := uint64(0)
	for i := range out {
		last += d.number(1<<32 - 1)
		out[i] = uint32(last)
	}
	if last >= 1<<32 && d.err == nil {
		d.err = errModel
	}
	return out
}

func (d *decoder) words(l *lexicon) {
	keys := d.keys(d.count())
	l.values = append(l.values, make([][columns]uint16, len(keys))...)
	for i, h := range keys {
		l.rows[h] = int32(i + 1)
	}
	for column := range columns {
		limit := uint64(1<<16 - 1)
		if column < len(clusterSizes) {
			limit = uint64(clusterSizes[column])
		}
		for i := range keys {
			l.values[i+1][column] = uint16(d.number(limit))
		}
	}
}
