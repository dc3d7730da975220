package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/go-faster/city"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// ClickHouse's own framing of compressed data (compress=1, decompress=1): blocks
// that follow each other, each a checksum of 16 bytes (CityHash128, in the version
// ClickHouse froze, of all that follows it), a method, the size of what follows the
// checksum, the size of the data, and the compressed data. Numbers are little-endian.
const (
	blockChecksum = 16
	blockHeader   = blockChecksum + blockPrefix
	blockPrefix   = 1 + 4 + 4 // method and two sizes, which the compressed size counts
	// blockBytesMax bounds a block of the writer's requests: clickhouse-go sends a batch as one. ClickHouse takes 1 GiB.
	blockBytesMax = 128 << 20
	// blockBytes is how much of an answer goes into one block, as ClickHouse does.
	blockBytes = 1 << 20
)

// Methods of a block.
const (
	methodNone = 0x02
	methodLZ4  = 0x82 // LZ4HC too
	methodZSTD = 0x90
)

var errBlock = errors.New("the data are not in ClickHouse's compressed form (decompress=1)")

// blockReader reads the data out of blocks. io.EOF comes only at a block's end.
type blockReader struct {
	src   io.Reader
	max   int64 // bytes of one block, packed or not
	frame []byte
	data  []byte
	rest  []byte // of data, unread
	zstd  *zstd.Decoder
}

func (r *blockReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// next decodes one block.
func (r *blockReader) next() error {
	var head [blockHeader]byte
	if _, err := io.ReadFull(r.src, head[:]); err != nil {
		return err // io.EOF only when not a byte was there
	}
	size := int64(binary.LittleEndian.Uint32(head[blockChecksum+1:])) - blockPrefix
	length := int64(binary.LittleEndian.Uint32(head[blockChecksum+5:]))
	if size < 0 {
		return errBlock
	}
	if size > r.max || length > r.max {
		return fmt.Errorf("%w: a block is larger than %d bytes, send smaller batches", errBlock, r.max)
	}
	r.frame = append(r.frame[:0], head[blockChecksum:]...)
	body, err := readAtMost(r.frame, r.src, size)
	if err != nil {
		return err
	}
	r.frame = body
	sum := city.CH128(r.frame)
	if sum.Low != binary.LittleEndian.Uint64(head[:]) || sum.High != binary.LittleEndian.Uint64(head[8:]) {
		return fmt.Errorf("%w: a block's checksum is wrong", errBlock)
	}
	return r.decode(head[blockChecksum], r.frame[blockPrefix:], int(length))
}

// readAtMost appends size bytes of src to b, as they come, so that a lie about the size costs no memory.
func readAtMost(b []byte, src io.Reader, size int64) ([]byte, error) {
	const step = 1 << 20
	for size > 0 {
		n := int(min(size, step))
		b = append(b, make([]byte, n)...)
		if _, err := io.ReadFull(src, b[len(b)-n:]); errors.Is(err, io.EOF) {
			return b, io.ErrUnexpectedEOF
		} else if err != nil {
			return b, err
		}
		size -= int64(n)
	}
	return b, nil
}

func (r *blockReader) decode(method byte, packed []byte, length int) (err error) {
	if cap(r.data) < length {
		r.data = make([]byte, length)
	}
	r.data = r.data[:length]
	n := 0
	switch method {
	case methodNone:
		n = copy(r.data, packed)
		if len(packed) != length {
			return errBlock
		}
	case methodLZ4:
		n, err = lz4.UncompressBlock(packed, r.data)
	case methodZSTD:
		if r.zstd == nil {
			if r.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(r.max))); err != nil {
				return err
			}
		}
		var out []byte
		if out, err = r.zstd.DecodeAll(packed, r.data[:0]); err == nil {
			r.data, n = out, len(out)
		}
	default:
		return fmt.Errorf("%w: method 0x%02x is not one of LZ4, ZSTD, NONE", errBlock, method)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errBlock, err)
	}
	if n != length {
		return fmt.Errorf("%w: a block holds %d bytes and says %d", errBlock, n, length)
	}
	r.rest = r.data
	return nil
}

// blockWriter packs what is written into blocks of blockBytes.
type blockWriter struct {
	dst    io.Writer
	method byte
	lz4    lz4.Compressor
	zstd   *zstd.Encoder
	data   []byte
	frame  []byte
}

func newBlockWriter(dst io.Writer, method byte) (*blockWriter, error) {
	w := &blockWriter{dst: dst, method: method}
	if method == methodZSTD {
		var err error
		if w.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest)); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *blockWriter) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		take := min(len(p), blockBytes-len(w.data))
		w.data = append(w.data, p[:take]...)
		p, n = p[take:], n+take
		if len(w.data) == blockBytes {
			if err := w.Flush(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// Flush ends the block that is under way.
func (w *blockWriter) Flush() error {
	if len(w.data) == 0 {
		return nil
	}
	method := w.method
	w.frame = append(w.frame[:0], make([]byte, blockHeader)...)
	switch method {
	case methodZSTD:
		w.frame = w.zstd.EncodeAll(w.data, w.frame)
	case methodLZ4:
		w.frame = append(w.frame, make([]byte, lz4.CompressBlockBound(len(w.data)))...)
		n, err := w.lz4.CompressBlock(w.data, w.frame[blockHeader:])
		if err != nil {
			return err
		}
		w.frame = w.frame[:blockHeader+n]
	default:
		w.frame = append(w.frame, w.data...)
	}
	w.frame[blockChecksum] = method
	binary.LittleEndian.PutUint32(w.frame[blockChecksum+1:], uint32(len(w.frame)-blockChecksum))
	binary.LittleEndian.PutUint32(w.frame[blockChecksum+5:], uint32(len(w.data)))
	sum := city.CH128(w.frame[blockChecksum:])
	binary.LittleEndian.PutUint64(w.frame, sum.Low)
	binary.LittleEndian.PutUint64(w.frame[8:], sum.High)
	w.data = w.data[:0]
	_, err := w.dst.Write(w.frame)
	return err
}

func (w *blockWriter) Close() error { return w.Flush() }
