package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"github.com/rolescope/rolescope/store"
)

// stopTimeout is how long the server may take to hear that nobody wants an answer any more.
const stopTimeout = 2 * time.Second

// sqlQuestion is a statement and how its answer shall look.
type sqlQuestion struct {
	statement string // without its FORMAT clause
	format    string // ours or ClickHouse's
	params    map[string]string
	terminal  bool // the answer is for a person in front of a terminal
	describes bool // the last column is prose
	prompt    bool // asked at the prompt, whose hints differ
}

// question takes a statement's FORMAT clause, or the format asked for, or the one the file's name tells,
// or what suits where the answer goes. Its error is a name that tells a format which nobody writes here.
func (a *app) question(statement, format, output string) (sqlQuestion, error) {
	q := sqlQuestion{terminal: output == "" && isTerminal(a.stdout)}
	q.statement, q.format = cutFormat(statement)
	switch {
	case q.format != "":
	case format != "":
		q.format = formatNamed(format)
	case formatOfFile(output) != "":
		q.format = formatOfFile(output)
	case unknownExtension(output) != "":
		return q, hintf("--format, or a name that ends with "+strings.Join(fileExtensions(), ", "),
			"no format is known by the name %s", filepath.Base(output))
	case q.terminal:
		q.format = formatTable
	default:
		q.format = "JSONEachRow"
	}
	return q, nil
}

// laidOut reports whether the answer is laid out here.
func (q sqlQuestion) laidOut() bool { return q.format == formatTable || q.format == formatVertical }

// answer asks and writes the answer to the file, or to stdout without one. On a terminal it tells how far
// it is, and afterwards what it was.
func (a *app) answer(ctx context.Context, s *store.Store, q sqlQuestion, file string) error {
	secret, err := newSecret()
	if err != nil {
		return err
	}
	if ofRollups(q.statement) {
		a.freshen(ctx, s)
	}
	run := &sqlRun{app: a, store: s, q: q, mark: "rolescope-sql-" + secret, rows: newRowCounter(q.format), start: time.Now()}
	if file == "" {
		err = run.into(ctx, a.stdout)
	} else {
		err = writeResult(file, func(w io.Writer) error { return run.into(ctx, w) })
	}
	if err != nil {
		return err
	}
	run.sayDone(file)
	run.sayAbsent(ctx)
	return nil
}

// sqlRun is a question under way.
type sqlRun struct {
	app   *app
	store *store.Store
	q     sqlQuestion
	mark  string
	start time.Time

	rows  *rowCounter
	table *table
	read  store.Running // as last seen
	// answered is how many rows ClickHouse says there are; 0 when it does not, or there are none.
	answered int64
}

func (r *sqlRun) into(ctx context.Context, out io.Writer) error {
	unwatch := r.watch(ctx)
	defer unwatch()
	format := r.q.format
	switch {
	case r.q.laidOut():
		format = answerFormat
		r.table = &table{out: out, vertical: r.q.format == formatVertical, began: unwatch, wrap: strings.HasPrefix(firstWord(r.q.statement), "DESC") || r.q.describes}
		if r.q.terminal {
			r.table.width = r.app.terminalWidth()
		}
		out = r.table
	case r.q.terminal:
		out = &harmless{out: firstWrite{out, unwatch}}
	case isPipe(out): // a pager may have the terminal
		out = firstWrite{out, unwatch}
	}
	var sum store.Summary
	err := r.store.Raw(store.WithSummary(ctx, &sum), io.MultiWriter(out, r.rows), r.q.statement+"\n/*"+r.mark+"*/", format, r.q.params)
	if err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if stopErr := r.store.Stop(ctx, r.mark); stopErr != nil {
			r.app.logger().Debug("stop the query", "error", stopErr)
		}
	}
	if errors.Is(err, errTableFull) {
		err = nil
	}
	unwatch()
	if sum.Whole {
		r.answered = int64(sum.ResultRows)
		r.read = store.Running{ReadRows: sum.ReadRows, ReadBytes: sum.ReadBytes}
	}
	if err == nil && r.table != nil {
		err = r.table.Close()
	}
	return err
}

// isPipe reports whether somebody reads along.
func isPipe(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeNamedPipe != 0
}

// firstWrite calls a function before the first piece is written.
type firstWrite struct {
	out   io.Writer
	began func()
}

func (f firstWrite) Write(p []byte) (int, error) {
	if len(p) > 0 {
		f.began()
	}
	return f.out.Write(p)
}

// terminalWidth is stdout's, 80 when it does not tell.
func (a *app) terminalWidth() int {
	if f, ok := a.stdout.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

// Progress is shown when an answer lets people wait, and not so often that they cannot read it.
const (
	progressAfter = 400 * time.Millisecond
	progressEvery = 250 * time.Millisecond
)

// watch shows the progress on stderr, if that is a terminal, until the returned function is called, which
// may be called again.
func (r *sqlRun) watch(ctx context.Context) (stop func()) {
	if !isTerminal(r.app.stderr) {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		wait, shown := time.NewTimer(progressAfter), false
		defer wait.Stop()
		for {
			select {
			case <-ctx.Done():
				if shown {
					fmt.Fprint(r.app.stderr, "\r\x1b[2K")
				}
				return
			case <-wait.C:
			}
			if read, ok, err := r.store.Running(ctx, r.mark); err == nil && ok {
				r.read = read
			}
			if ctx.Err() == nil {
				fmt.Fprint(r.app.stderr, "\r\x1b[2K"+runesCut(r.progressLine(), r.app.terminalWidth()-1))
				shown = true
			}
			wait.Reset(progressEvery)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

func runesCut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:max(n, 0)])
	}
	return s
}

func (r *sqlRun) progressLine() string {
	line := fmt.Sprintf("%.1f s", time.Since(r.start).Seconds())
	if r.read.ReadRows > 0 {
		line += ", " + count(r.read.ReadRows) + " rows read"
		if total := r.read.TotalRows; total > r.read.ReadRows {
			line += fmt.Sprintf(" (%d %%)", r.read.ReadRows*100/total)
		}
		line += ", " + byteSize(int64(r.read.ReadBytes))
	}
	if n := r.rows.bytes.Load(); n > 0 {
		line += "; " + byteSize(n) + " answered"
	}
	return line + "; Ctrl-C stops"
}

// readWorthSaying is how many rows an answer must have cost for anybody to care.
const readWorthSaying = 1000

// sayDone tells a person what came.
func (r *sqlRun) sayDone(file string) {
	if !isTerminal(r.app.stderr) || file == "" && isPipe(r.app.stdout) {
		return
	}
	var parts []string
	rows := r.rows.count()
	switch {
	case r.table != nil:
		rows = int64(r.table.rows)
	case rows < 0 && r.answered > 0: // a format that cannot be counted
		rows = r.answered
	}
	switch {
	case r.table != nil && r.table.more:
		parts = append(parts, "the first "+count(rows)+" rows")
	case rows == 1:
		parts = append(parts, "1 row")
	case rows >= 0:
		parts = append(parts, count(rows)+" rows")
	}
	if file != "" {
		size := r.rows.bytes.Load()
		if st, err := os.Stat(file); err == nil && st.Mode().IsRegular() {
			size = st.Size()
		}
		parts = append(parts, byteSize(size)+" in "+file)
	}
	line := strings.Join(append(parts, fmt.Sprintf("%.2f s", time.Since(r.start).Seconds())), ", ")
	if r.read.ReadRows >= readWorthSaying {
		line += fmt.Sprintf(" (%s rows read, %s)", count(r.read.ReadRows), byteSize(int64(r.read.ReadBytes)))
	}
	fmt.Fprintln(r.app.stderr, line)
	for _, hint := range r.hints() {
		fmt.Fprintln(r.app.stderr, hint)
	}
}

// hints say how to see what was not shown.
func (r *sqlRun) hints() []string {
	if r.table == nil {
		return nil
	}
	vertical, all := "--format vertical", "--output FILE"
	if r.q.prompt {
		vertical, all = `\G in place of ;`, `\o FILE`
	}
	var out []string
	if r.table.upright && r.table.rows > 0 {
		out = append(out, fmt.Sprintf("Rows stand upright: %d columns do not fit %d characters.", len(r.table.names), r.table.width))
	}
	if len(r.table.left) > 0 {
		out = append(out, "Left out, being empty: "+strings.Join(r.table.left, ", ")+".")
	}
	if r.table.cut {
		out = append(out, cutMark+" ends what is cut: "+vertical+" shows it whole.")
	}
	if r.table.more {
		out = append(out, "There is more: "+all+" takes all rows.")
	}
	return out
}

// byteSize writes a number of bytes for people.
func byteSize(n int64) string {
	value, unit := float64(n), ""
	for _, u := range []string{"k", "M", "G", "T"} {
		if value < 1000 {
			break
		}
		value, unit = value/1000, u
	}
	if unit == "" {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %sB", value, unit)
}

// rowCounter counts the rows that pass, in formats that let them be counted.
type rowCounter struct {
	format string
	bytes  atomic.Int64
	lines  int64
	quoted bool
	tail   []byte // the end of what passed
}

// tailBytes hold the statistics behind a JSON document's rows.
const tailBytes = 1024

func newRowCounter(format string) *rowCounter { return &rowCounter{format: format} }

func (c *rowCounter) Write(p []byte) (int, error) {
	c.bytes.Add(int64(len(p)))
	switch {
	case strings.HasPrefix(c.format, "CSV"):
		for _, b := range p {
			switch {
			case b == '"':
				c.quoted = !c.quoted
			case b == '\n' && !c.quoted:
				c.lines++
			}
		}
	default:
		c.lines += int64(bytes.Count(p, []byte("\n")))
	}
	c.tail = append(c.tail, p[max(0, len(p)-tailBytes):]...)
	c.tail = append(c.tail[:0], c.tail[max(0, len(c.tail)-tailBytes):]...)
	return len(p), nil
}

var jsonRows = regexp.MustCompile(`"rows":\s*(\d+)`)

// count is the number of rows, -1 when the format does not tell.
func (c *rowCounter) count() int64 {
	header := int64(0)
	switch {
	case strings.HasSuffix(c.format, "WithNamesAndTypes"):
		header = 2
	case strings.HasSuffix(c.format, "WithNames"):
		header = 1
	}
	switch name := strings.TrimSuffix(strings.TrimSuffix(c.format, "AndTypes"), "WithNames"); name {
	case "CSV", "TSV", "TSVRaw", "TabSeparated", "TabSeparatedRaw", "TSKV", "JSONLines", "NDJSON",
		"JSONEachRow", "JSONStringsEachRow", "JSONCompactEachRow", "JSONCompactStringsEachRow":
		return max(0, c.lines-header)
	case "JSON", "JSONStrings", "JSONCompact", "JSONCompactStrings":
		if found := jsonRows.FindAllSubmatch(c.tail, -1); len(found) > 0 {
			n, err := strconv.ParseInt(string(found[len(found)-1][1]), 10, 64)
			if err == nil {
				return n
			}
		}
	}
	return -1
}
