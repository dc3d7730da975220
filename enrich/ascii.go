package enrich

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

// Eight bytes are looked at together: everyByte*x has x in each of them, and the highest bits of a
// sum or difference tell which bytes left the range of ASCII.
const (
	everyByte = 0x0101010101010101
	highBits  = everyByte * 0x80
)

// asciiLen is the length of the beginning of s that is ASCII.
func asciiLen(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if eightBytes(s, i)&highBits != 0 {
			break
		}
	}
	for ; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return i
		}
	}
	return len(s)
}

func isASCII(s string) bool { return asciiLen(s) == len(s) }

// printableLen is the length, or a little less, of the beginning of s that is printing ASCII.
func printableLen(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if x := eightBytes(s, i); (x|(x-everyByte*' ')|(x+everyByte))&highBits != 0 {
			return i
		}
	}
	for ; i < len(s) && ' ' <= s[i] && s[i] < 0x7f; i++ {
	}
	return i
}

func eightBytes(s string, i int) uint64 {
	return binary.LittleEndian.Uint64([]byte(s[i : i+8]))
}

// appendLower appends valid UTF-8 in lower case, as strings.ToLower makes it.
func appendLower(b []byte, s string) []byte {
	for s != "" {
		n := asciiLen(s)
		from := len(b)
		b = append(b, s[:n]...)
		for i, c := range b[from:] {
			b[from+i] = lowerByte(c)
		}
		if s = s[n:]; s != "" {
			r, size := utf8.DecodeRuneInString(s)
			b = utf8.AppendRune(b, unicode.ToLower(r))
			s = s[size:]
		}
	}
	return b
}

// lowerByte is an ASCII letter in lower case, any other byte as it is.
func lowerByte(c byte) byte {
	if c-'A' < 26 {
		c |= 'a' - 'A'
	}
	return c
}

// isLetter reports the letters of ASCII.
func isLetter(c byte) bool { return (c|0x20)-'a' < 26 }
