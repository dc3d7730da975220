package bus

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// tokenBytesMax caps one escaped token of a subject: NATS reads a protocol line of at most 4 KiB.
const tokenBytesMax = 1 << 10

const upperHex = "0123456789ABCDEF"

// Escape makes any text one token of a subject and of a key: ASCII letters, digits, '-' and '_'
// stay, every other byte becomes '=' and two upper-case hex digits, as in quoted-printable, and
// the empty text becomes '='. (Percent signs are not allowed in keys, and boards contain them.)
func Escape(s string) string {
	if s == "" {
		return "="
	}
	var out strings.Builder
	for i := range len(s) {
		if c := s[i]; plain(c) {
			out.WriteByte(c)
		} else {
			out.WriteByte('=')
			out.WriteByte(upperHex[c>>4])
			out.WriteByte(upperHex[c&15])
		}
	}
	return out.String()
}

// Unescape is the inverse of Escape. It returns an error for what Escape cannot have made.
func Unescape(token string) (string, error) {
	if token == "=" {
		return "", nil
	}
	var out strings.Builder
	for i := 0; i < len(token); i++ {
		c := token[i]
		switch {
		case plain(c):
			out.WriteByte(c)
			continue
		case c != '=' || i+2 >= len(token):
			return "", fmt.Errorf("unescape %q: %w: byte %d", token, posting.ErrInvalid, i)
		}
		hi, lo := strings.IndexByte(upperHex, token[i+1]), strings.IndexByte(upperHex, token[i+2])
		if hi < 0 || lo < 0 || plain(byte(hi<<4|lo)) {
			return "", fmt.Errorf("unescape %q: %w: byte %d", token, posting.ErrInvalid, i)
		}
		out.WriteByte(byte(hi<<4 | lo))
		i += 2
	}
	if out.Len() == 0 {
		return "", fmt.Errorf("unescape %q: %w: empty", token, posting.ErrInvalid)
	}
	return out.String(), nil
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// subject is where a message belongs, or an error wrapping posting.ErrInvalid when its source or
// board is too long to name.
func subject(m posting.Message, prefix string) (string, error) {
	tokens := []string{prefix, Escape(m.Source)}
	if m.Type != posting.TypeDead {
		tokens = append(tokens, Escape(m.Board))
	}
	for _, t := range tokens {
		if len(t) > tokenBytesMax {
			return "", fmt.Errorf("%w: a name of %d escaped bytes, over the cap of %d", posting.ErrInvalid, len(t), tokenBytesMax)
		}
	}
	return strings.Join(tokens, "."), nil
}

// fromSubject is the source and board a subject names, as far as it does.
func fromSubject(subject string) (source, board string) {
	tokens := strings.Split(subject, ".")
	if len(tokens) > 2 {
		board, _ = Unescape(tokens[2])
	}
	if len(tokens) > 1 && tokens[0] != "dead" {
		source, _ = Unescape(tokens[1])
	}
	return source, board
}

func isNetError(err error) bool {
	var netErr net.Error
	return errors.As(err, &netErr)
}
