package engine

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// windowBytesMax bounds what unpacking a zstd body may keep: the window of zstd's usual levels.
const windowBytesMax = 8 << 20

// contentEncodings are the packings of HTTP that this server knows, best first.
var contentEncodings = []string{"zstd", "gzip", "deflate"}

// packing says how an answer is compressed.
type packing struct {
	// block is the method of ClickHouse's own blocks (compress=1); 0 is none.
	block byte
	// content is HTTP's Content-Encoding of the answer; "" is none.
	content string
	// level of gzip and deflate.
	level int
}

// decodeBody returns the request's body as its Content-Encoding and decompress=1 say. The error is an *Exception.
func decodeBody(encoding string, blocks bool, blockMax int64, body io.Reader) (io.Reader, error) {
	var err error
	switch encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		body = &lazyReader{open: func(src io.Reader) (io.Reader, error) { return gzip.NewReader(src) }, src: body}
	case "deflate":
		body = &lazyReader{open: func(src io.Reader) (io.Reader, error) { return zlib.NewReader(src) }, src: body}
	case "zstd":
		body, err = zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(windowBytesMax))
	default:
		err = exceptionf(codeNotImplemented, "NOT_IMPLEMENTED", "Content-Encoding %q is not supported: send the body as it is, or with one of %s",
			encoding, strings.Join(contentEncodings, ", "))
	}
	if err == nil && blocks {
		body = &blockReader{src: body, max: blockMax}
	}
	return body, err
}

// lazyReader reads the packing's header at the first Read: an empty body is no error, nor is it read too early.
type lazyReader struct {
	open   func(io.Reader) (io.Reader, error)
	src    io.Reader
	opened io.Reader
}

func (r *lazyReader) Read(p []byte) (int, error) {
	if r.opened == nil {
		opened, err := r.open(r.src)
		if err != nil {
			return 0, err
		}
		r.opened = opened
	}
	return r.opened.Read(p)
}

// chooseEncoding picks the answer's Content-Encoding out of Accept-Encoding.
func chooseEncoding(accept string) string {
	var accepted []string
	for part := range strings.SplitSeq(accept, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if q, ok := strings.CutPrefix(strings.TrimSpace(weight), "q="); ok {
			if v, err := strconv.ParseFloat(q, 64); err != nil || v <= 0 {
				continue
			}
		}
		accepted = append(accepted, strings.ToLower(strings.TrimSpace(name)))
	}
	for _, encoding := range contentEncodings {
		if slices.Contains(accepted, encoding) {
			return encoding
		}
	}
	return ""
}

// on is how ClickHouse reads a flag in the URL.
func on(value string) bool { return value != "" && value != "0" && value != "false" }

// parsePacking reads how the client wants its answer: its own blocks only when it says so, HTTP's
// packing only when it says so in the URL besides Accept-Encoding, as with ClickHouse.
func parsePacking(get func(string) string, header http.Header) (packing, error) {
	p := packing{level: gzip.BestSpeed}
	if on(get("compress")) {
		switch method := strings.ToUpper(get("network_compression_method")); method {
		case "", "LZ4", "LZ4HC":
			p.block = methodLZ4
		case "ZSTD":
			p.block = methodZSTD
		case "NONE":
			p.block = methodNone
		default:
			return p, exceptionf(codeNotImplemented, "NOT_IMPLEMENTED", "Compression method %q is not supported: choose one of LZ4, ZSTD, NONE", method)
		}
	}
	if on(get("enable_http_compression")) {
		p.content = chooseEncoding(header.Get("Accept-Encoding"))
	}
	if level, err := strconv.Atoi(get("http_zlib_compression_level")); err == nil && level >= gzip.BestSpeed && level <= gzip.BestCompression {
		p.level = level
	}
	return p, nil
}

// packer is one stage of compression.
type packer interface {
	io.WriteCloser
	Flush() error
}

// pack puts the stages in front of out; the last of them is written to first.
func (p packing) pack(out io.Writer) (stages []packer, err error) {
	var stage packer
	switch p.content {
	case "gzip":
		stage, err = gzip.NewWriterLevel(out, p.level)
	case "deflate":
		stage, err = zlib.NewWriterLevel(out, p.level)
	case "zstd":
		stage, err = zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<20))
	}
	if err != nil {
		return nil, fmt.Errorf("compress the answer: %w", err)
	}
	if stage != nil {
		stages = append(stages, stage)
		out = stage
	}
	if p.block != 0 {
		blocks, err := newBlockWriter(out, p.block)
		if err != nil {
			return nil, fmt.Errorf("compress the answer: %w", err)
		}
		stages = append(stages, blocks)
	}
	return stages, nil
}
