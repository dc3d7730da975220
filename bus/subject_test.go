package bus_test

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/rolescope/rolescope/bus"
)

// token is what NATS allows in a subject's token and in a key.
var token = regexp.MustCompile(`^[-_=a-zA-Z0-9]+$`)

func TestEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"acme": "acme", "": "=", "acme.io": "acme=2Eio", "a b": "a=20b", "a%20b": "a=2520b",
		"*": "=2A", ">": "=3E", "=": "=3D", "ü": "=C3=BC", "\xff": "=FF", "\x00": "=00", "A-b_9": "A-b_9",
	} {
		if got := bus.Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in := string(rapid.SliceOf(rapid.Byte()).Draw(t, "text"))
		if rapid.Bool().Draw(t, "as text") {
			in = rapid.String().Draw(t, "string")
		}
		out := bus.Escape(in)
		if !token.MatchString(out) {
			t.Errorf("Escape(%q) = %q is not one token", in, out)
		}
		if back, err := bus.Unescape(out); err != nil || back != in {
			t.Errorf("Unescape(Escape(%q)) = %q, %v", in, back, err)
		}
	})
}

func FuzzUnescape(f *testing.F) {
	for _, s := range []string{"", "=", "a=2Eb", "=2e", "=41", "=4", "==", "a.b", "=FF"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out, err := bus.Unescape(in)
		if err == nil && bus.Escape(out) != in {
			t.Errorf("Unescape(%q) = %q, which escapes to %q", in, out, bus.Escape(out))
		}
	})
}
