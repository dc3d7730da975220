package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// spool answers a SELECT in a format that is one document, such as JSON or
// Parquet: the engine writes it to a file first, for in memory it might not fit.
func (s *server) spool(w http.ResponseWriter, q *request, session *session, mark string) error {
	path := filepath.Join(s.answers, newQueryID())
	defer os.Remove(path)
	sql := q.body + "\nINTO OUTFILE " + quoteText(path) + " FORMAT " + q.format + " " + q.tail + "\n" + mark
	r, err := session.query(sql, q.format, q.params)
	if err != nil {
		return err
	}
	r.destroy()
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	out := s.begin(w, q)
	w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	if _, err := io.CopyBuffer(out, onlyReader{file}, make([]byte, writeBytes)); err != nil {
		s.log.Debug("send answer", "error", err) // the client left
	}
	return nil
}

// onlyReader keeps io.Copy from going past output's time limits.
type onlyReader struct{ io.Reader }

// emptyResult gives an empty Native answer its columns.
func (s *server) emptyResult(q *request, session *session) []byte {
	if q.format != "Native" {
		return nil
	}
	r, err := session.query("DESCRIBE TABLE ("+q.body+"\n)", "JSONCompactEachRow", q.params)
	if err != nil { // then without columns, as the engine has it
		s.log.Debug("describe empty result", "error", err)
		return nil
	}
	defer r.destroy()
	var columns [][2]string
	decoder := json.NewDecoder(bytes.NewReader(r.bytes()))
	for {
		var row []any
		if err := decoder.Decode(&row); errors.Is(err, io.EOF) {
			return emptyNative(columns)
		} else if err != nil || len(row) < 2 {
			return nil
		}
		columns = append(columns, [2]string{fmt.Sprint(row[0]), fmt.Sprint(row[1])})
	}
}

// answer sends a whole output at once.
func (s *server) answer(w http.ResponseWriter, q *request, body []byte) {
	out := s.begin(w, q)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	out.Write(body) //nolint:errcheck // the client left
}

func (s *server) begin(w http.ResponseWriter, q *request) *output {
	tag := newQueryID()[:16]
	w.Header().Set("Content-Type", contentType(q.format))
	w.Header().Set("X-ClickHouse-Format", q.format)
	w.Header().Set("X-ClickHouse-Exception-Tag", tag)
	return &output{w: w, control: http.NewResponseController(w), tag: tag}
}

// summary tells what a finished statement read and wrote, as ClickHouse does.
func (s *server) summary(w http.ResponseWriter, readRows, readBytes, writtenRows, writtenBytes uint64) {
	w.Header().Set("X-ClickHouse-Summary", fmt.Sprintf(
		`{"read_rows":"%d","read_bytes":"%d","written_rows":"%d","written_bytes":"%d"}`, readRows, readBytes, writtenRows, writtenBytes))
}

// output is an answer under way.
type output struct {
	w       http.ResponseWriter
	control *http.ResponseController
	tag     string
}

// Write sends p in pieces that each have their own time limit.
func (o *output) Write(p []byte) (sent int, err error) {
	for sent < len(p) {
		if err := o.control.SetWriteDeadline(time.Now().Add(stallTimeout)); err != nil {
			return sent, err
		}
		n, err := o.w.Write(p[sent:min(len(p), sent+writeBytes)])
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// writeBytes is how much must get through within stallTimeout.
const writeBytes = 1 << 20

// breakOff ends an answer that had begun: ClickHouse's framed exception, which
// its clients look for, and then a broken connection, so that no client takes
// the part for the whole.
func (o *output) breakOff(err error) {
	text := err.Error()
	fmt.Fprintf(o.w, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", o.tag, text, len(text)+1, o.tag)
	o.control.Flush() //nolint:errcheck // it breaks anyway
	panic(http.ErrAbortHandler)
}
