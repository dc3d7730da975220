package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// printJSON writes v indented; slices are written as a JSON array, nil as an empty one.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// wantJSON reports whether the answer shall be JSON: asked for, or the output is not a terminal.
func (a *app) wantJSON(flag bool) bool { return flag || !isTerminal(a.stdout) }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// progress is a status line on stderr that exists only on a terminal.
type progress struct{ bar *progressbar.ProgressBar }

// newProgress starts a bar of total units; -1 is an unknown total. When bytes is set the units are
// shown as such.
func (a *app) newProgress(total int64, label string, bytes bool) *progress {
	if !isTerminal(a.stderr) {
		return &progress{}
	}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(a.stderr), progressbar.OptionSetDescription(label),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(24), progressbar.OptionThrottle(80 * time.Millisecond),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(total > 0), progressbar.OptionSpinnerType(14),
	}
	if bytes {
		options = append(options, progressbar.OptionShowBytes(true))
	}
	return &progress{progressbar.NewOptions64(total, options...)}
}

func (p *progress) set(n int64) {
	if p.bar != nil {
		_ = p.bar.Set64(n)
	}
}

// left sets the bar from what remains; a remainder that grows past the first one restarts it.
func (p *progress) left(n uint64) {
	if p.bar == nil {
		return
	}
	if total := p.bar.GetMax64(); int64(n) > total {
		p.bar.ChangeMax64(int64(n))
	}
	_ = p.bar.Set64(p.bar.GetMax64() - int64(n))
}

func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// redactURL hides what may be secret in a URL, or in several separated by commas: the password of its
// user information, a token that stands there without one, and every value of its query, where
// ClickHouse takes passwords too.
func redactURL(s string) string {
	parts := strings.Split(s, ",")
	for i, part := range parts {
		parts[i] = redactOne(part)
	}
	return strings.Join(parts, ",")
}

func redactOne(s string) string {
	if s == "" {
		return ""
	}
	if !strings.Contains(s, "://") { // NATS takes host:port
		return strings.TrimPrefix(redactOne("nats://"+s), "nats://")
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return "(not a URL)"
	}
	switch _, ok := u.User.Password(); {
	case ok:
		u.User = url.UserPassword(u.User.Username(), "xxxxx")
	case u.User != nil:
		u.User = url.User("xxxxx")
	}
	if u.RawQuery != "" {
		u.RawQuery = hiddenValues(u.RawQuery)
	}
	u.Fragment = ""
	return u.String()
}

// hiddenValues is a query with its names alone. It is not parsed, so that what is no query shows nothing.
func hiddenValues(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, _, ok := strings.Cut(pair, "=")
		if pairs[i] = name + "=xxxxx"; !ok {
			pairs[i] = "xxxxx"
		}
	}
	return strings.Join(pairs, "&")
}

// shellPlain are words that every shell takes as they are.
var shellPlain = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// shellWord writes a text as one word of a command that people may copy.
func shellWord(s string) string {
	if shellPlain.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// exitStatusHelp is the EXIT STATUS section of a command's help.
func exitStatusHelp(statuses ...int) string {
	meaning := map[int]string{
		exitOK: "done", exitError: "error", exitPartial: "done, but some of the input could not be used",
		exitCondition: "the check found something", exitUsage: "wrong usage", exitInterrupted: "interrupted",
	}
	var b strings.Builder
	b.WriteString("\n\nEXIT STATUS")
	for _, s := range append(statuses, exitUsage, exitInterrupted) {
		fmt.Fprintf(&b, "\n  %-4d %s", s, meaning[s])
	}
	return b.String()
}

// count writes n with thousands separated by commas.
func count[T ~int | ~int64 | ~uint64](n T) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// writeTable writes rows with the first column to the left and the others, which are figures, to the
// right. Widths are counted in characters.
func writeTable(w io.Writer, rows [][]string) error {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			switch {
			case i == 0:
				b.WriteString(cell + pad)
			default:
				b.WriteString("  " + pad + cell)
			}
		}
		b.WriteByte('\n')
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
