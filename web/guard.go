package web

import (
	"bytes"
	"net"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// policy lets a page load its own scripts, styles and pictures and nothing else: no inline code, no
// other host, no frame, no form to elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// Limits on what a request may carry. The longest honest address is a search with a few filters.
const (
	addressBytesMax = 4096
	valueBytesMax   = 256
	valuesMax       = 32 // of one parameter: the roles there are
)

// guard is what every answer passes through: the headers, and the refusal of requests that no
// reader of the dashboard makes.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.recovered(w, r)
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		switch {
		case !s.knownHost(r.Host) && !probed(r.URL.Path):
			plain(w, http.StatusMisdirectedRequest, "This server does not go by that name: ask for localhost, its IP address, or a name it was configured with.")
		case r.Method != http.MethodGet && r.Method != http.MethodHead && !s.mayAct(r):
			h.Set("Allow", "GET, HEAD")
			plain(w, http.StatusMethodNotAllowed, "Only GET and HEAD: nothing here can be changed.")
		case len(r.URL.RequestURI()) > addressBytesMax:
			plain(w, http.StatusRequestURITooLong, "The address is too long.")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// knownHost reports whether the Host header is one a reader types. A name of a stranger that points
// here (DNS rebinding) is not; an IP address cannot be such a name.
func (s *server) knownHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host) != nil ||
		slices.ContainsFunc(s.Hosts, func(known string) bool { return strings.EqualFold(known, host) })
}

// probed reports whether a machine may ask for it by any name, as those that watch a service do: it
// tells nothing of what is stored but how much and how old.
func probed(path string) bool {
	return path == "/healthz" || path == "/readyz" || path == "/metrics"
}

// clean makes the bytes of an answer valid UTF-8 and drops control characters and those that
// reorder the text around them (UAX 9: embeddings, overrides, isolates), which an advert could use
// to make a page read as it is not. It runs over whole pages, so that nothing is forgotten; markup
// is ASCII and passes.
func clean(b []byte) []byte {
	if !bytes.ContainsFunc(b, unwanted) && utf8.Valid(b) {
		return b
	}
	return bytes.Map(func(r rune) rune {
		if unwanted(r) {
			return -1
		}
		return r
	}, b) // an invalid byte is mapped as U+FFFD
}

func unwanted(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return unicode.IsControl(r)
}
