package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/ingest/source"
)

var observed = time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)

// read returns every snapshot of a file as "line board time expected: payload" or "line error".
func read(t testing.TB, data []byte, o Options, l limits) []string {
	t.Helper()
	r, err := newReader("FILE", bytes.NewReader(data), nil, int64(len(data)), o, l)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for s := range r.Snapshots(t.Context()) {
		if s.Err != nil {
			out = append(out, fmt.Sprintf("%d error: %v", s.Line, s.Err))
			continue
		}
		out = append(out, fmt.Sprintf("%d %s %s %d: %s", s.Line, s.Board, s.ObservedAt.Format(time.RFC3339), s.Expected, s.Payload))
	}
	return out
}

func zipped(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSnapshots(t *testing.T) {
	t.Parallel()
	asked := Options{Board: "asked", ObservedAt: observed}
	line := func(board, day string) string {
		return `{"board":"` + board + `","recorded_at":"2026-01-` + day + `T00:00:00Z","payload":{"jobs":[]}}`
	}
	recorded := `{"company":"quill","fetched_at":"2025-11-06T03:43:06.361918","job_count":2,"jobs":[]}`
	const badEnvelope = `want an envelope {"board","recorded_at","payload"} or {"company","fetched_at","job_count","jobs"}`
	for _, c := range []struct {
		name, file string
		options    Options
		want       []string
	}{
		{"one bare payload", `{"jobs":[]}`, asked, []string{`0 asked 2026-01-05T06:00:00Z -1: {"jobs":[]}`}},
		{"one list", "[\n{\"id\":1},\n{\"id\":2}\n]\n", asked, []string{"0 asked 2026-01-05T06:00:00Z -1: [\n{\"id\":1},\n{\"id\":2}\n]"}},
		{"pretty payload", "\n{\n \"jobs\": []\n}\n\n", asked, []string{"0 asked 2026-01-05T06:00:00Z -1: {\n \"jobs\": []\n}"}},
		{"a page", "<html>\n<p>\n", asked, []string{"0 asked 2026-01-05T06:00:00Z -1: <html>\n<p>"}},
		{"words", "Not found", asked, []string{"0 asked 2026-01-05T06:00:00Z -1: Not found"}},
		{"one envelope", line("a", "01"), Options{}, []string{`0 a 2026-01-01T00:00:00Z -1: {"jobs":[]}`}},
		{"pretty envelope", "{\n\"board\":\"a\",\n\"recorded_at\":\"2026-01-01\",\n\"payload\":[]\n}", Options{}, []string{`0 a 2026-01-01T00:00:00Z -1: []`}},
		{"the envelope wins", line("a", "01"), asked, []string{`0 a 2026-01-01T00:00:00Z -1: {"jobs":[]}`}},
		{"half an envelope", `{"payload":[]}`, asked, []string{`0 asked 2026-01-05T06:00:00Z -1: []`}},
		{"recorded form", recorded, Options{}, []string{`0 quill 2025-11-06T03:43:06Z 2: ` + recorded}},
		{"recorded lines", recorded + "\n" + recorded + "\n", Options{}, []string{`1 quill 2025-11-06T03:43:06Z 2: ` + recorded, `2 quill 2025-11-06T03:43:06Z 2: ` + recorded}},
		{"lines, blank ones between", "\n\n" + line("a", "01") + "\r\n\n" + line("b", "02"), Options{}, []string{`3 a 2026-01-01T00:00:00Z -1: {"jobs":[]}`, `5 b 2026-01-02T00:00:00Z -1: {"jobs":[]}`}},
		{"a line separator of Unicode", `{"board":"a","recorded_at":"2026-01-01","payload":"` + "\u2028" + `"}` + "\n" + line("b", "02"), Options{}, []string{"1 a 2026-01-01T00:00:00Z -1: \"\u2028\"", `2 b 2026-01-02T00:00:00Z -1: {"jobs":[]}`}},
		{"bad lines", line("a", "01") + "\nnope\n{}\n" + line("b", "02"), Options{}, []string{
			`1 a 2026-01-01T00:00:00Z -1: {"jobs":[]}`, `2 error: read FILE line 2: ` + badEnvelope, `3 error: read FILE line 3: ` + badEnvelope, `2 b`,
		}},
		{"the first line is bad", "nope\n" + line("b", "02"), Options{}, []string{`1 error: read FILE line 1: ` + badEnvelope, `2 b`}},
		{"the first line is cut off", `{"board":"a","recorded_at":"2026-01-01","payload":{"jobs":[` + "\n" + line("b", "02"), Options{}, []string{`1 error: read FILE line 1: not JSON at byte 59`, `2 b`}},
		{"the last line is cut off", line("a", "01") + "\n" + line("b", "02")[:50], Options{}, []string{`1 a`, `2 error: read FILE line 2: not JSON at byte 50`}},
		{"one line, cut off", line("a", "01")[:60], Options{}, []string{`0 error: read FILE: not JSON at byte 60`}},
		{"no board", `{"jobs":[]}`, Options{ObservedAt: observed}, []string{`0 error: read FILE: the board is not named in the file: name it with --board`}},
		{"no time", `{"jobs":[]}`, Options{Board: "x"}, []string{`0 error: read FILE: the file does not say when it was recorded: say so with --observed-at`}},
		{"odd time", `{"board":"a","recorded_at":"yesterday","payload":[]}`, Options{}, []string{`0 error: read FILE: read the time of recording "yesterday"`}},
		{"board of another type", `{"board":7,"recorded_at":"2026-01-01","payload":[]}`, Options{}, []string{`0 error: read FILE: decode the envelope`}},
		{"no board's name", `{"board":"a\nb","recorded_at":"2026-01-01","payload":[]}`, Options{}, []string{`0 error: read FILE: the board's name "a\nb" is none`}},
		{"nothing", "", asked, []string{`0 error: read FILE: the file is empty`}},
		{"blank", " \n\n ", asked, []string{`0 error: read FILE: the file is empty`}},
		{"gzip", zipped(t, line("a", "01")+"\n"+line("b", "02")+"\n"), Options{}, []string{`1 a`, `2 b`}},
		{"two gzip members", zipped(t, line("a", "01")+"\n") + zipped(t, line("b", "02")+"\n"), Options{}, []string{`1 a`, `2 b`}},
		{"gzip cut off", zipped(t, line("a", "01")+"\n"+line("b", "02"))[:60], Options{}, []string{`error: read FILE line`}},
		{"zstd", "\x28\xb5\x2f\xfd\x00", asked, []string{`packed with zstd; unpack it first`}},
		{"zip", "PK\x03\x04", asked, []string{`zip archive`}},
		{"bzip2", "BZh9", asked, []string{`bzip2`}},
		{"deep", strings.Repeat("[", 1<<20), asked, []string{`0 asked 2026-01-05T06:00:00Z -1: [[[`}},
	} {
		got := read(t, []byte(c.file), c.options, defaultLimits())
		if len(got) != len(c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
			continue
		}
		for i := range got {
			if !strings.Contains(got[i], strings.TrimPrefix(c.want[i], "2 b")) {
				t.Errorf("%s: snapshot %d\n got %q\nwant %q", c.name, i, got[i], c.want[i])
			}
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	small := limits{payload: 100, file: 1 << 20, bombMin: 1 << 10, bombRatio: 50}
	good := `{"board":"a","recorded_at":"2026-01-01","payload":[]}`
	long := `{"board":"b","recorded_at":"2026-01-01","payload":"` + strings.Repeat("x", 100_000) + `"}`
	for _, c := range []struct{ name, file, want string }{
		{"a long line is read past", good + "\n" + long + "\n" + good, `line 2: a payload over the cap of 100 bytes`},
		{"a long first line", long + "\n" + good, `line 1: a payload over the cap`},
		{"a long document", "[\n" + strings.Repeat("1,", 200) + "1]", `a payload over the cap`},
		{"a long file", strings.Repeat(good+"\n", 30_000), `over the cap of 1048576 bytes for one file`},
		{"a bomb", zipped(t, strings.Repeat(strings.Repeat(" ", 80)+"\n", 10_000)), `unpacks to more than 50 times its size`},
	} {
		got := strings.Join(read(t, []byte(c.file), Options{}, small), "\n")
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %.300q, want %q", c.name, got, c.want)
		}
		if strings.Contains(c.name, "line") && !strings.Contains(got, "a 2026-01-01") {
			t.Errorf("%s: the good line is lost: %q", c.name, got)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "board.json.gz")
	if err := os.WriteFile(path, []byte(zipped(t, `[]`)), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path, Options{Board: "b", ObservedAt: observed})
	if err != nil {
		t.Fatal(err)
	}
	for s := range r.Snapshots(t.Context()) {
		if s.Err != nil || string(s.Payload) != "[]" {
			t.Errorf("%+v", s)
		}
	}
	if read, size := r.Progress(); read != size || size <= 0 {
		t.Errorf("progress %d of %d", read, size)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(dir, "missing"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), "directory") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := Open("-", Options{}); err == nil {
		t.Error("no standard input: no error")
	}
	in, err := Open("-", Options{Board: "b", ObservedAt: observed, Stdin: strings.NewReader("[]")})
	if err != nil {
		t.Fatal(err)
	}
	for s := range in.Snapshots(t.Context()) {
		if s.Err != nil || string(s.Payload) != "[]" {
			t.Errorf("standard input: %+v", s)
		}
	}
}

func TestSnapshotsStop(t *testing.T) {
	t.Parallel()
	line := `{"board":"a","recorded_at":"2026-01-01","payload":[]}` + "\n"
	r, err := newReader("FILE", strings.NewReader(strings.Repeat(line, 5)), nil, -1, Options{}, defaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var errs []error
	for s := range r.Snapshots(ctx) {
		errs = append(errs, s.Err)
		cancel()
	}
	if len(errs) != 2 || !errors.Is(errs[1], context.Canceled) {
		t.Errorf("after cancelling: %v", errs)
	}
}

func TestSnapshotParse(t *testing.T) {
	t.Parallel()
	s := Snapshot{Board: "q", Expected: 1, Payload: []byte(`{"company":"q","fetched_at":"2026-01-01","job_count":1,"jobs":[{"id":1,"title":"A"}]}`)}
	b, err := s.Parse(source.Greenhouse{})
	if err != nil || !b.Complete || b.Expected != 1 {
		t.Errorf("job_count does not prove the board: %+v, %v", b, err)
	}
	s.Expected = 2
	if b, err = s.Parse(source.Greenhouse{}); err != nil || b.Complete || b.Expected != 2 {
		t.Errorf("a job_count that disagrees: %+v, %v", b, err)
	}
	s.Payload = []byte("<html>")
	if _, err = s.Parse(source.Greenhouse{}); err == nil || !strings.Contains(err.Error(), "board q") {
		t.Errorf("a page: %v", err)
	}
	s.Err = errors.New("bad line")
	if _, err = s.Parse(source.Greenhouse{}); !errors.Is(err, s.Err) {
		t.Errorf("a snapshot with an error: %v", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"", "[]", "{\n}", "<html>", "nope\n{}", `{"board":"a","recorded_at":"2026-01-01","payload":[]}` + "\n{", zipped(f, "[]\n[]"),
		`{"company":"q","fetched_at":"2026-01-01T00:00:00","job_count":1,"jobs":[]}`, "\xef\xbb\xbf[]", "\n\n{",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		small := limits{payload: 1 << 10, file: 1 << 20, bombMin: 1 << 16, bombRatio: 50}
		first := read(t, data, Options{Board: "b", ObservedAt: observed}, small)
		if len(first) == 0 {
			if len(bytes.TrimSpace(data)) > 0 && data[0] != 0x1f {
				t.Errorf("%q gives nothing, not even an error", data)
			}
		}
		if diff := cmp.Diff(first, read(t, data, Options{Board: "b", ObservedAt: observed}, small)); diff != "" {
			t.Error(diff)
		}
	})
}
