package web

import (
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// functions are what templates may call. None of them returns trusted markup: everything shown is
// escaped where it stands.
func (s *server) functions() template.FuncMap {
	return template.FuncMap{
		"command": func(a trend.Audit) string { return a.Command(s.Program) },
		"label":   label, "segment": url.PathEscape, "thousands": thousands,
		"day":      func(t time.Time) string { return when(t, time.DateOnly) },
		"minute":   func(t time.Time) string { return when(t, "2006-01-02 15:04 UTC") },
		"clock":    clock,
		"words":    func(s string) string { return short(shownMax, strings.ReplaceAll(s, "_", " ")) },
		"strength": strengthClass, "dict": dict,
		"short": func(s string) string { return short(shownMax, s) },
	}
}

// shownMax is how much of a title, company or place a list shows, in runes.
const shownMax = 160

func short(most int, s string) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

func when(t time.Time, layout string) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(layout)
}

// clock is the time of day. A page tells when, not how long ago: it is the same until something is stored.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("15:04 UTC")
}

// thousands groups digits with a thin space, which no reader takes for a decimal sign.
func thousands(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// strengthClass is the style of a mention: how strongly it is asked for, by its underline.
func strengthClass(strength string) string {
	switch strength {
	case "required", "preferred":
		return "s-" + strength
	}
	return "s-mentioned"
}

// dict hands several named values to a part of a page.
func dict(pairs ...any) (map[string]any, error) {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("name %v is no string", pairs[i])
		}
		out[name] = pairs[i+1]
	}
	return out, nil
}
