package engine

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// blocksOfOthers are blocks that another implementation, ch-go's, made of the same text.
var blocksOfOthers = map[string]string{
	"LZ4":   "6e0c0c1b9f159a91f976836b736d05c78224000000b40000009f53454c45435420312009008901a200a02053454c454354203120",
	"LZ4HC": "0e300d12f01330c946402014b911cf718222000000b4000000af53454c4543542031205309008da02053454c454354203120",
	"ZSTD":  "6c405b0aebee6f750592f1b3fb2d4fa49027000000b400000028b52ffd04008d00004853454c454354203120015409032b280645acb532",
}

func TestReadBlocksOfOthers(t *testing.T) {
	t.Parallel()
	for name, text := range blocksOfOthers {
		packed, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(&blockReader{src: bytes.NewReader(append(bytes.Clone(packed), packed...)), max: blockBytesMax})
		if want := strings.Repeat("SELECT 1 ", 40); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

// TestBlocksRoundTrip: what was written is read; what is cut or changed anywhere is not taken for whole.
func TestBlocksRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		data := bytes.Repeat(rapid.SliceOfN(rapid.Byte(), 1, 3000).Draw(t, "data"), rapid.IntRange(1, 1000).Draw(t, "times"))
		for _, method := range []byte{methodNone, methodLZ4, methodZSTD} {
			packed := pack(t, method, data)
			got, err := io.ReadAll(&blockReader{src: bytes.NewReader(packed), max: blockBytesMax})
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("method %#x: read something else: %v", method, err)
			}
			at := rapid.IntRange(0, len(packed)-1).Draw(t, "at")
			got, err = io.ReadAll(&blockReader{src: bytes.NewReader(packed[:at]), max: blockBytesMax})
			if err == nil && len(got)%blockBytes != 0 {
				t.Fatalf("method %#x: blocks cut at %d of %d read as whole", method, at, len(packed))
			}
			packed[at] ^= 0x10
			if _, err := io.ReadAll(&blockReader{src: bytes.NewReader(packed), max: blockBytesMax}); err == nil {
				t.Fatalf("method %#x: changed at %d of %d, nobody notices", method, at, len(packed))
			}
		}
	})
}

func pack(t rapid.TB, method byte, data []byte) []byte {
	var packed bytes.Buffer
	w, err := newBlockWriter(&packed, method)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(data)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// TestBlocksAreBounded: a small block that unpacks to much is refused before it is unpacked.
func TestBlocksAreBounded(t *testing.T) {
	t.Parallel()
	for _, method := range []byte{methodLZ4, methodZSTD} {
		packed := pack(t, method, make([]byte, blockBytes))
		if _, err := io.ReadAll(&blockReader{src: bytes.NewReader(packed), max: blockBytes / 2}); !errors.Is(err, errBlock) {
			t.Errorf("method %#x: %d bytes that hold 1 MiB: %v", method, len(packed), err)
		}
	}
}

func FuzzBlocks(f *testing.F) {
	for _, text := range blocksOfOthers {
		packed, err := hex.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
		f.Add(append(bytes.Clone(packed), packed...))
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		data, err := io.ReadAll(&blockReader{src: bytes.NewReader(packed), max: 1 << 20})
		if err == nil && len(data) > 0 && len(packed) < blockHeader {
			t.Fatalf("%d bytes out of %d", len(data), len(packed))
		}
	})
}

func TestChooseEncoding(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": "", "gzip": "gzip", "gzip, deflate, br, zstd": "zstd", "deflate;q=0.5": "deflate", "br": "",
		"zstd;q=0, GZIP;q=1.0": "gzip", "*": "", "gzip;q=nonsense": "",
	} {
		if got := chooseEncoding(accept); got != want {
			t.Errorf("%q: got %q, want %q", accept, got, want)
		}
	}
}

func TestSkipBinaryHeader(t *testing.T) {
	t.Parallel()
	piece := "\x02\x01a\x02bb\x05UInt8\x06String" + "\x07\x01x"
	for format, want := range map[string]string{"RowBinaryWithNamesAndTypes": "\x07\x01x", "RowBinaryWithNames": "\x05UInt8\x06String\x07\x01x", "RowBinary": piece} {
		if got := string(skipHeader([]byte(piece), format)); got != want {
			t.Errorf("%s: got %q, want %q", format, got, want)
		}
	}
	for cut := range len(piece) - 3 {
		skipHeader([]byte(piece[:cut]), "RowBinaryWithNamesAndTypes") // must not panic
	}
}
